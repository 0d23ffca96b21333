//! A project read again while it is served.
//!
//! Owns the two steps of it, reading and compiling, so that what a compilation needs besides the files can be fetched
//! between them; and what is told of the outcome. What is shared is told by [`super::reuse`].

use std::path::PathBuf;
use std::sync::Arc;

use super::reuse::Earlier;
use super::{Catalog, compile};
use crate::config::{self, Project, env};
use crate::diag::Diagnostics;
use crate::source::files::Files;

/// A project's files, read again.
#[derive(Debug)]
pub struct Again {
    before: Arc<Catalog>,
    project: Option<Arc<Project>>,
    faults: Diagnostics,
}

/// What came of it.
#[derive(Debug)]
pub struct Reading {
    /// What is to be served from now on; `None` if there are errors, or if nothing changed.
    pub catalog: Option<Catalog>,
    /// The files that are not as they were, also those that came or went.
    pub changed: Vec<String>,
    /// All faults of all files.
    pub faults: Diagnostics,
    /// The files named by the project's files, also those that are not there.
    pub named: Vec<PathBuf>,
}

impl Again {
    /// Reads the files of a catalog's project.
    pub fn read(before: Arc<Catalog>) -> Self {
        let mut faults = Diagnostics::new();
        let known = before.made.project.as_deref();
        let project = config::read_again(&before.root, known, &mut faults).map(Arc::new);
        Self { before, project, faults }
    }

    /// Compiles what changed; the rest is shared with the catalog of before. An open database is not opened anew.
    pub fn compile(self) -> Reading {
        let Self { before, project, mut faults } = self;
        let Some(project) = project else {
            let changed = vec!["toolface.toml".to_owned()];
            return Reading { catalog: None, changed, faults, named: Vec::new() };
        };
        let files = Files::default();
        let earlier = Earlier::new(&before, &project, &files, &env::lookup);
        let changed = earlier.as_ref().map(Earlier::changed).unwrap_or_default();
        if changed.is_empty() && !faults.has_errors() {
            faults.extend((*before.warnings).clone());
            return Reading { catalog: None, changed, faults, named: files.named() };
        }
        let catalog = compile::compile(&project, earlier, &files, &env::lookup, &mut faults);
        Reading { catalog: catalog.sound(&faults), changed, named: files.named(), faults }
    }
}
