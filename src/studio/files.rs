//! What the studio writes: tool files, widget files, and the named samples beside a widget.
//!
//! Owns that nothing else is written, that a file is written whole or not at all, and that an edit made elsewhere in
//! the meantime is not lost.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use sha2::{Digest as _, Sha256};

use super::Refusal;

/// A kind of file that may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `tools/<name>.toml`
    Tool,
    /// `widgets/<name>.widget`
    Widget,
    /// `widgets/<name>.states.json`
    States,
}

impl Kind {
    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Tool => ("tools", "toml"),
            Self::Widget => ("widgets", "widget"),
            Self::States => ("widgets", "states.json"),
        }
    }

    /// How the file is called, relative to the project.
    pub fn shown(self, name: &str) -> String {
        let (folder, end) = self.parts();
        format!("{folder}/{name}.{end}")
    }
}

/// Longest name of a file, without its ending.
const LONGEST: usize = 128;

/// Whether a file of this name may be written.
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (1..=LONGEST).contains(&name.len()) && name.chars().all(plain) && !name.starts_with('.')
}

/// The place of a file. A name has letters, digits, `_`, `-` and `.`, so it can lead nowhere else.
fn place(root: &Path, kind: Kind, name: &str) -> Result<PathBuf, Refusal> {
    if !is_name(name) {
        return Err(Refusal::bad("a file cannot have this name")
            .help("use up to 128 letters (a-z), digits, `_`, `-` and `.`, and begin with none of `.`"));
    }
    let (folder, end) = kind.parts();
    Ok(root.join(folder).join(format!("{name}.{end}")))
}

/// The text of a file. `None`: it is not there.
///
/// # Errors
/// It cannot be read, or its name leads elsewhere.
pub fn read(root: &Path, kind: Kind, name: &str) -> Result<Option<String>, Refusal> {
    let path = place(root, kind, name)?;
    inside(root, &path)?;
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
            let told = format!("{} is no text in UTF-8", kind.shown(name));
            Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, told).help("put a file of text in its place"))
        }
        Err(e) => Err(failed(&format!("cannot read {}: {e}", kind.shown(name)))),
    }
}

/// Replaces a file.
///
/// # Errors
/// It cannot be written, or would be written elsewhere. It is as it was then.
pub fn write(root: &Path, kind: Kind, name: &str, text: &str) -> Result<(), Refusal> {
    let path = place(root, kind, name)?;
    let told = |e: std::io::Error| failed(&format!("cannot write {}: {e}", kind.shown(name)));
    let folder = path.parent().unwrap_or(root);
    fs::create_dir_all(folder).map_err(told)?;
    inside(root, &path)?;
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(told)?;
    new.write_all(text.as_bytes()).map_err(told)?;
    new.as_file().sync_data().map_err(told)?;
    permit(&path, new.as_file()).map_err(told)?;
    new.persist(&path).map_err(|e| told(e.error))?;
    Ok(())
}

/// Removes a file, if it is there.
///
/// # Errors
/// It cannot be removed, or is elsewhere.
pub fn remove(root: &Path, kind: Kind, name: &str) -> Result<(), Refusal> {
    let path = place(root, kind, name)?;
    inside(root, &path)?;
    match fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(failed(&format!("cannot remove {}: {e}", kind.shown(name))))
        }
        _ => Ok(()),
    }
}

/// Gives a new file the permissions of the one it replaces, or those of any new file.
#[cfg(unix)]
fn permit(path: &Path, new: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = match fs::metadata(path) {
        Ok(old) => old.permissions(),
        Err(_) => fs::Permissions::from_mode(0o644),
    };
    new.set_permissions(permissions)
}

#[cfg(not(unix))]
fn permit(_: &Path, _: &fs::File) -> std::io::Result<()> {
    Ok(())
}

/// Refuses a file that is a link, or in a folder that is one and leads out of the project.
fn inside(root: &Path, path: &Path) -> Result<(), Refusal> {
    if fs::symlink_metadata(path).is_ok_and(|about| about.is_symlink()) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "this file is a link, which is not followed")
            .help("edit the file it leads to, or put a copy in its place"));
    }
    let (Some(folder), Ok(root)) = (path.parent(), root.canonicalize()) else {
        return Err(failed("the project's folder cannot be found"));
    };
    match folder.canonicalize() {
        Ok(folder) if !folder.starts_with(&root) => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "this folder is a link out of the project, which is not followed",
        )),
        _ => Ok(()),
    }
}

fn failed(why: &str) -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, why)
        .help("check that the project's folder is yours and has room")
}

/// A digest by which an edit made elsewhere is noticed.
pub fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
