//! What is wrong with the project, as the studio shows it.
//!
//! Owns the form of a fault, whom it is about, and that the second look of `check`, which takes its time in a large
//! project, is taken once per edit and outside of requests.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::Studio;
use crate::catalog::check;
use crate::diag::{Diagnostic, Diagnostics};
use crate::live;

/// The faults of one state of the project.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Found>);

#[derive(Debug, Default)]
struct Found {
    /// Of which try, and what was found; nothing while it is looked for.
    of: Option<(u64, Option<Arc<Diagnostics>>)>,
}

/// Lines shown around a fault.
const AROUND: usize = 2;
/// Characters shown of a line.
const WIDTH: usize = 200;

/// `GET api/faults`
pub async fn get(State(studio): State<Arc<Studio>>) -> Json<Value> {
    let state = studio.shared.state();
    match studio.found(&state) {
        Some(found) => {
            Json(json!({"faults": found.iter().map(fault).collect::<Vec<_>>(), "checking": false}))
        }
        None => {
            let known = state.faults.iter().map(fault).collect::<Vec<_>>();
            Json(json!({"faults": known, "checking": true}))
        }
    }
}

impl Studio {
    /// What `check` finds in the files of this state. `None`: it is being looked for.
    fn found(self: &Arc<Self>, state: &live::State) -> Option<Arc<Diagnostics>> {
        let mut cache = self.faults.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &cache.of {
            Some((of, found)) if *of == state.tries => return found.clone(),
            _ => cache.of = Some((state.tries, None)),
        }
        drop(cache);
        let (studio, root, tries) = (self.clone(), state.catalog.root.clone(), state.tries);
        tokio::task::spawn_blocking(move || {
            let found = Arc::new(check::project(&root));
            let mut cache = studio.faults.0.lock().unwrap_or_else(PoisonError::into_inner);
            if cache.of.as_ref().is_some_and(|(of, _)| *of == tries) {
                cache.of = Some((tries, Some(found)));
            }
        });
        None
    }

    /// The faults that are known of one file, `tools/….toml` or `widgets/….widget`.
    pub(super) fn faults_of(self: &Arc<Self>, file: &str) -> Vec<Value> {
        let state = self.shared.state();
        let found = self.found(&state).unwrap_or_else(|| state.faults.clone());
        let about = |d: &&Diagnostic| d.place.as_ref().is_some_and(|(source, _)| source.name() == file);
        found.iter().filter(about).map(fault).collect()
    }
}

/// One fault, with its place and whom it is about.
pub fn fault(told: &Diagnostic) -> Value {
    let mut about = Map::new();
    let mut set = |key: &str, value: Value| {
        about.insert(key.to_owned(), value);
    };
    set("severity", json!(told.severity));
    set("code", told.code.into());
    set("message", told.message.as_str().into());
    if let Some(help) = &told.help {
        set("help", help.as_str().into());
    }
    if let Some((source, span)) = &told.place {
        let file = source.name();
        set("file", file.into());
        let stem = |folder: &str, end: &str| file.strip_prefix(folder)?.strip_suffix(end);
        if let Some(tool) = stem("tools/", ".toml") {
            set("tool", tool.into());
        }
        if let Some(widget) = stem("widgets/", ".widget") {
            set("widget", widget.into());
        }
        if let Some(span) = span {
            let (line, column) = source.position(span.start);
            let (end_line, end_column) = source.position(span.end);
            set("line", line.into());
            set("column", column.into());
            set("endLine", end_line.into());
            set("endColumn", end_column.into());
            set("excerpt", excerpt(source.text(), line).into());
        }
    }
    Value::Object(about)
}

/// The lines around one, counted from 1.
fn excerpt(text: &str, line: usize) -> String {
    let first = line.saturating_sub(AROUND).max(1);
    let lines = text.lines().enumerate().skip(first - 1).take(line + AROUND + 1 - first);
    lines
        .map(|(n, text)| format!("{:>4} | {}\n", n + 1, text.chars().take(WIDTH).collect::<String>()))
        .collect()
}
