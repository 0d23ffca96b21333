//! Configuration: a project's files as they are written.
//!
//! Owns reading `toolface.toml`, `tools/*.toml` and `widgets/*.widget` from a folder, and telling every fault of
//! every file before anything is compiled. Raw types only: what the files *mean* is the catalog's to say.
//!
//! - [`document`]: a TOML file with the place of every value.
//! - [`server`], [`tool`]: the shape of each kind of file.
//! - [`env`]: the only place that reads the environment.
//! - [`schemas`]: the JSON Schema of each kind of file.

pub mod document;
pub mod env;
pub mod schemas;
pub mod server;
pub mod tool;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diag::{Diagnostic, Diagnostics, SourceText};
use crate::secret::Secret;
use document::Document;
use schemas::FileKind;
use server::ServerFile;
use tool::ToolFile;

/// Largest TOML file read, in bytes.
const MAX_TOML: u64 = 2 << 20;
/// Largest widget file read, in bytes.
const MAX_WIDGET: u64 = 4 << 20;

/// A project's files, read and each well-formed in itself.
#[derive(Debug)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
    /// `toolface.toml`.
    pub server: Arc<File<ServerFile>>,
    /// `tools/*.toml`, by name.
    pub tools: Vec<Arc<File<ToolFile>>>,
    /// `widgets/*.widget`, by name.
    pub widgets: Vec<Arc<WidgetText>>,
    /// Names of the tools whose files have faults, which are told: they are known all the same.
    pub faulty: BTreeSet<String>,
}

/// One TOML file.
#[derive(Debug)]
pub struct File<T> {
    /// The file's stem: the name of what it defines.
    pub name: String,
    /// What it says.
    pub content: T,
    /// Where it says it.
    pub document: Document,
    /// Its text with all that is in it.
    text: Secret,
}

/// One `.widget` file, not yet parsed.
#[derive(Debug)]
pub struct WidgetText {
    /// The file's stem: the widget's type.
    pub name: String,
    /// Its text.
    pub source: SourceText,
}

/// Reads the project in `root`. Every file is read even if another has faults; those are added to `faults`, and only
/// files without faults of their own are in the result. `None` if there is no readable `toolface.toml`.
pub fn read(root: &Path, faults: &mut Diagnostics) -> Option<Project> {
    read_again(root, None, faults)
}

/// The same, where it was read before: what did not change since is shared with what was read then.
pub fn read_again(root: &Path, before: Option<&Project>, faults: &mut Diagnostics) -> Option<Project> {
    let path = root.join("toolface.toml");
    let known = before.map(|project| &project.server);
    let server = read_toml::<ServerFile>((&path, "toolface.toml"), FileKind::Server, known, faults);
    if server.is_none() && !root.join("toolface.toml").exists() {
        let message = format!("there is no toolface.toml in {}", shown(root));
        faults.push(
            Diagnostic::error("no-project", message)
                .help("run from a project's folder, or name it: toolface --dir FOLDER …"),
        );
        return None;
    }
    let known: HashMap<&str, &Arc<File<ToolFile>>> =
        before.iter().flat_map(|project| &project.tools).map(|file| (file.name.as_str(), file)).collect();
    let mut faulty = BTreeSet::new();
    let tools = list(root, "tools", "toml", faults)
        .into_iter()
        .filter_map(|(path, shown)| {
            let name = stem(&path);
            let known = known.get(name.as_str()).copied();
            let file = read_toml::<ToolFile>((&path, &shown), FileKind::Tool, known, faults);
            faulty.extend(file.is_none().then_some(name));
            file
        })
        .collect();
    let known: HashMap<&str, &Arc<WidgetText>> =
        before.iter().flat_map(|project| &project.widgets).map(|file| (file.name.as_str(), file)).collect();
    let widgets = list(root, "widgets", "widget", faults)
        .into_iter()
        .filter_map(|(path, shown)| {
            let text = read_text(&path, &shown, MAX_WIDGET, faults)?;
            let name = stem(&path);
            let same = known.get(name.as_str()).filter(|known| known.source.text() == text);
            let new = || Arc::new(WidgetText { name, source: SourceText::new(shown, text) });
            Some(same.map_or_else(new, |same| Arc::clone(same)))
        })
        .collect();
    Some(Project { root: root.to_owned(), server: server?, tools, widgets, faulty })
}

fn shown(path: &Path) -> String {
    if path == Path::new(".") { "this folder".to_owned() } else { path.display().to_string() }
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The files of one folder with one extension, sorted by name, each with the name to show. A folder that is not
/// there has no files.
fn list(root: &Path, folder: &str, extension: &str, faults: &mut Diagnostics) -> Vec<(PathBuf, String)> {
    let entries = match std::fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(e) => {
            faults.push(Diagnostic::error("unreadable", format!("cannot read the folder {folder}/: {e}")));
            return Vec::new();
        }
    };
    let mut files = Vec::new();
    for entry in entries {
        match entry.map(|e| e.path()) {
            Ok(path) if path.extension().is_some_and(|e| e == extension) => {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                files.push((path, format!("{folder}/{name}")));
            }
            Ok(_) => {}
            Err(e) => {
                faults.push(Diagnostic::error("unreadable", format!("cannot read the folder {folder}/: {e}")))
            }
        }
    }
    files.sort();
    files
}

fn read_text(path: &Path, shown: &str, limit: u64, faults: &mut Diagnostics) -> Option<String> {
    let read = || -> Result<String, String> {
        let about = std::fs::metadata(path).map_err(|e| e.to_string())?;
        let size = about.len();
        if !about.is_file() {
            return Err("it is no regular file".to_owned());
        }
        if size > limit {
            return Err(format!("it has {size} bytes, more than the {limit} allowed"));
        }
        let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
        String::from_utf8(bytes)
            .map_err(|e| format!("it is not UTF-8 (byte {})", e.utf8_error().valid_up_to()))
    };
    read()
        .map_err(|why| faults.push(Diagnostic::error("unreadable", format!("cannot read {shown}: {why}"))))
        .ok()
}

/// Reads and checks one TOML file against the schema of its kind; all its faults are told.
fn read_toml<T: serde::de::DeserializeOwned>(
    (path, shown): (&Path, &str),
    kind: FileKind,
    known: Option<&Arc<File<T>>>,
    faults: &mut Diagnostics,
) -> Option<Arc<File<T>>> {
    if shown == "toolface.toml" && !path.exists() {
        return None;
    }
    let text = read_text(path, shown, MAX_TOML, faults)?;
    if let Some(same) = known.filter(|known| known.text.expose() == text) {
        return Some(same.clone());
    }
    let name = stem(path);
    let document = Document::parse(shown, &text, kind, faults)?;
    match serde_json::from_value(document.value().clone()) {
        Ok(content) => Some(Arc::new(File { name, content, document, text: Secret::new(text) })),
        Err(e) => {
            // The schema is made from the same type, so this is a rule that only the type knows: `1.0` is an integer
            // to JSON Schema.
            let message = format!("a value has the wrong form, perhaps `1.0` where `1` is meant: {e}");
            faults.push(Diagnostic::error("invalid-value", message).at(document.source(), None));
            None
        }
    }
}
