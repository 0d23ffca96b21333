//! The catalog: a project compiled. Immutable, cross-checked, shared by every call.
//!
//! Owns what the files mean together: tools with their sources, selectors and bindings to widgets. A call takes one
//! `Arc<Catalog>` and keeps it to its end. Must not do any work of a call, and knows no protocol.
//!
//! - [`compile`]: from a project's files to a catalog, every fault told.
//! - [`tool`]: one tool file. [`arguments`]: its input.
//! - [`binding`]: tool → widget: envelope, data schema, actions.
//! - [`builtin`]: tools that no file describes.
//! - [`routes`]: named sets of tools, each a catalog of its own.
//! - [`extras`]: resources and prompts. [`passing`]: what passes through of MCP servers.
//! - [`again`]: the project read again. [`reuse`]: what the next catalog shares with this one.
//! - [`check`]: what `toolface check` finds beyond what keeps a project from being served.

pub mod again;
pub mod arguments;
pub mod binding;
pub mod builtin;
pub mod check;
pub mod compile;
pub mod extras;
pub mod passing;
mod reuse;
pub mod routes;
pub mod tool;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use arguments::Arguments;
pub use binding::{Action, Binding};
pub use extras::{Prompt, Resource, ResourceTemplate};
pub use passing::Passing;
pub use routes::Route;
pub use tool::{Annotations, Answer, Tool};

use crate::config::server::{Format, Http, Limits, Server, Studio, View};
use crate::config::tool::Visibility;
use crate::diag::Diagnostics;
use crate::secret::Secret;
use crate::source::files::Files;
use crate::widget::Widget;

/// A compiled project.
#[derive(Debug)]
pub struct Catalog {
    /// The project's folder.
    pub root: PathBuf,
    /// What its author should know and what does not keep it from being served.
    pub warnings: Arc<Diagnostics>,
    /// `[server]`
    pub server: Server,
    /// Name, version and title of the server, as JSON text.
    pub identity: String,
    /// `[http]`
    pub http: Http,
    /// `[limits]`
    pub limits: Limits,
    /// `[view]`
    pub view: View,
    /// `[studio]`
    pub studio: Studio,
    /// The token of `[studio]`.
    pub studio_token: Option<Secret>,
    /// The form of envelopes of tools that say nothing else.
    pub format: Format,
    /// Tools by name.
    pub tools: BTreeMap<String, Arc<Tool>>,
    /// Names of the tools that only came along with others, for their widgets' actions.
    companions: BTreeSet<String>,
    /// Sets of tools by name.
    pub routes: BTreeMap<String, Route>,
    /// Widgets by name.
    pub widgets: BTreeMap<String, Arc<Widget>>,
    /// Resources by address.
    pub resources: BTreeMap<String, Resource>,
    /// Resources whose address has variables.
    pub resource_templates: Vec<ResourceTemplate>,
    /// Prompts by name.
    pub prompts: BTreeMap<String, Prompt>,
    /// What passes through of MCP servers.
    pub passing: Passing,
    made: Arc<reuse::Made>,
}

impl Catalog {
    /// How many tools the project has.
    pub fn own_tools(&self) -> usize {
        self.tools.len() - usize::from(self.tools.contains_key(builtin::RENDER))
    }

    /// The connections, each with its kind, sorted by name.
    pub fn connections(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.made.connections.iter().map(|(name, kept)| (name.as_str(), kept.made.kind()))
    }

    /// Who may call a tool of this catalog.
    pub fn visibility<'t>(&self, tool: &'t Tool) -> &'t [Visibility] {
        if self.companions.contains(&tool.name) { &[Visibility::App] } else { &tool.visibility }
    }

    /// The version told to clients.
    pub fn version(&self) -> &str {
        version(&self.server)
    }
}

fn version(server: &Server) -> &str {
    server.version.as_deref().unwrap_or(env!("CARGO_PKG_VERSION"))
}

fn identity(server: &Server) -> String {
    let mut about = serde_json::json!({"name": server.name, "version": version(server)});
    if let (Some(title), Some(about)) = (&server.title, about.as_object_mut()) {
        about.insert("title".to_owned(), title.as_str().into());
    }
    about.to_string()
}

/// Reads and compiles the project in `root`. `None` if anything keeps it from being served; the diagnostics tell all
/// faults of all files at once, and warnings besides.
pub fn load(root: &Path) -> (Option<Catalog>, Diagnostics) {
    load_with(root, &crate::config::env::lookup)
}

/// Like [`load`], for telling others about a project and not for calls: variables of the environment need not be set,
/// because those who are told run it elsewhere.
pub fn describe(root: &Path) -> (Option<Catalog>, Diagnostics) {
    load_with(root, &|name| Some(crate::config::env::lookup(name).unwrap_or_else(|| STAND_IN.to_owned())))
}

/// What every setting takes that can come from the environment: addresses, and values of headers.
const STAND_IN: &str = "http://unset.invalid/unset";

fn load_with(root: &Path, env: &dyn Fn(&str) -> Option<String>) -> (Option<Catalog>, Diagnostics) {
    let mut faults = Diagnostics::new();
    let files = Files::default();
    let project = crate::config::read(root, &mut faults).map(Arc::new);
    let catalog = project.map(|project| compile::compile(&project, None, &files, env, &mut faults));
    (catalog.and_then(|catalog| catalog.sound(&faults)), faults)
}

impl Catalog {
    /// This catalog, if these are no errors.
    fn sound(self, faults: &Diagnostics) -> Option<Self> {
        (!faults.has_errors()).then(|| Self { warnings: Arc::new(faults.clone()), ..self })
    }
}
