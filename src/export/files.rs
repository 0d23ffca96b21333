//! Files made for a folder, written whole or not at all.
//!
//! Owns what is done to a folder that has something in it already, and what is never done: following a link out of
//! it, removing what is not ours.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

/// Texts by path relative to the folder they are for, with `/` between names.
#[derive(Debug, Default)]
pub struct Files(BTreeMap<String, String>);

/// What happens in a folder that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occupied {
    /// It is left alone, and told.
    Refuse,
    /// Files of the same names are replaced; all others stay.
    Replace,
    /// Files are put among those there; one of the same name is told, and nothing is written.
    Join,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder has something in it.
    #[error("{} is not empty; name another folder, or add --force to replace the files of the same names there", .0.display())]
    NotEmpty(PathBuf),
    /// A file is there already.
    #[error("{} is there already, and stays as it is; give another name, or --force to replace it", .0.display())]
    Taken(PathBuf),
    /// Something else has the folder's name.
    #[error("{} is no folder; name another", .0.display())]
    NoFolder(PathBuf),
    /// A link stands where a file or folder would be written.
    #[error("{} is a link, which is not followed; remove it or name another folder", .0.display())]
    Link(PathBuf),
    /// A folder stands where a file would be written, or the other way round.
    #[error("{} is in the way; remove it or name another folder", .0.display())]
    InTheWay(PathBuf),
    /// Two files of one name, or a name that leads elsewhere.
    #[error("there can be no file `{0}`: rename the tool, route or widget it is named after")]
    Name(String),
    /// The project has nothing of the kind.
    #[error("there is nothing to write: {0}")]
    Nothing(&'static str),
    /// The system refuses.
    #[error("cannot write {}: {cause}; nothing was changed. Check that the folder exists, is yours and has room, or name another", .path.display())]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    |cause| WriteError::Io { path, cause }
}

impl Files {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file. `path` is relative, with `/` between names.
    ///
    /// # Errors
    /// The path leads out of the folder, or differs from another in capitals only: some systems keep one of the two.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> Result<(), WriteError> {
        let path = path.into();
        let plain = Path::new(&path).components().all(|c| matches!(c, Component::Normal(_)));
        let taken = self.0.keys().any(|other| other.to_lowercase() == path.to_lowercase());
        if path.is_empty() || !plain || path.contains(['\\', '\0']) || taken {
            return Err(WriteError::Name(path));
        }
        self.0.insert(path, text.into());
        Ok(())
    }

    /// Paths and texts, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Writes all files into `folder`, which is made if it is not there. They are written beside their places first
    /// and moved when all are complete; if a move fails, those before it are taken back.
    ///
    /// # Errors
    /// The folder is left as it was.
    pub fn write(&self, folder: &Path, occupied: Occupied) -> Result<(), WriteError> {
        match fs::metadata(folder) {
            Ok(about) if !about.is_dir() => Err(WriteError::NoFolder(folder.to_owned())),
            Ok(_) => self.fill(folder, occupied),
            Err(e) if e.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(folder).is_ok() => {
                Err(WriteError::Link(folder.to_owned()))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => self.make(folder),
            Err(e) => Err(failed(folder)(e)),
        }
    }

    /// Makes the folder with all files in it.
    fn make(&self, folder: &Path) -> Result<(), WriteError> {
        let parent = match folder.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(failed(folder))?;
        let (_stage, fresh) = self.stage(parent, folder)?;
        fs::rename(&fresh, folder).map_err(failed(folder))
    }

    /// Puts the files into a folder that is there.
    fn fill(&self, folder: &Path, occupied: Occupied) -> Result<(), WriteError> {
        let empty = fs::read_dir(folder).map_err(failed(folder))?.next().is_none();
        if !empty && occupied == Occupied::Refuse {
            return Err(WriteError::NotEmpty(folder.to_owned()));
        }
        for path in self.0.keys() {
            is_free(folder, path)?;
            let place = folder.join(path);
            if occupied == Occupied::Join && place.exists() {
                return Err(WriteError::Taken(place));
            }
        }
        let (stage, fresh) = self.stage(folder, folder)?;
        let old = stage.path().join("old");
        fs::create_dir(&old).map_err(failed(&old))?;
        let mut moves = Moves::default();
        let outcome = self.0.keys().enumerate().try_for_each(|(n, path)| {
            let to = folder.join(path);
            moves.make_folders(folder, path)?;
            if to.exists() {
                moves.rename(&to, &old.join(n.to_string()))?;
            }
            moves.rename(&fresh.join(path), &to)
        });
        if outcome.is_err() {
            moves.take_back();
        }
        outcome
    }

    /// All files in a new folder inside of `parent`, which is gone with the first value if it is not moved.
    fn stage(&self, parent: &Path, folder: &Path) -> Result<(TempDir, PathBuf), WriteError> {
        let stage =
            tempfile::Builder::new().prefix(".toolface-").tempdir_in(parent).map_err(failed(folder))?;
        // A folder of its own: the temporary one can be read by its owner only.
        let fresh = stage.path().join("new");
        fs::create_dir(&fresh).map_err(failed(folder))?;
        for (path, text) in &self.0 {
            let to = fresh.join(path);
            if let Some(above) = to.parent() {
                fs::create_dir_all(above).map_err(failed(&folder.join(path)))?;
            }
            fs::write(&to, text).map_err(failed(&folder.join(path)))?;
        }
        Ok((stage, fresh))
    }
}

/// Checks that a file can be put at `path` in `folder`: on the way there are folders, at its end a file or nothing.
fn is_free(folder: &Path, path: &str) -> Result<(), WriteError> {
    let mut at = folder.to_owned();
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        at.push(name);
        match fs::symlink_metadata(&at) {
            Ok(about) if about.is_symlink() => return Err(WriteError::Link(at)),
            Ok(about) if names.peek().is_some() == about.is_dir() => {}
            Ok(_) => return Err(WriteError::InTheWay(at)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(failed(&at)(e)),
        }
    }
    Ok(())
}

/// What was done so far, so that it can be undone.
#[derive(Debug, Default)]
struct Moves {
    made: Vec<PathBuf>,
    moved: Vec<(PathBuf, PathBuf)>,
}

impl Moves {
    fn make_folders(&mut self, folder: &Path, path: &str) -> Result<(), WriteError> {
        let mut at = folder.to_owned();
        let Some((above, _)) = path.rsplit_once('/') else { return Ok(()) };
        for name in above.split('/') {
            at.push(name);
            if !at.exists() {
                fs::create_dir(&at).map_err(failed(&at))?;
                self.made.push(at.clone());
            }
        }
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path) -> Result<(), WriteError> {
        fs::rename(from, to).map_err(failed(to))?;
        self.moved.push((from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn take_back(self) {
        for (from, to) in self.moved.into_iter().rev() {
            let _ = fs::rename(to, from);
        }
        for folder in self.made.into_iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_moved_can_be_taken_back() {
        let home = tempfile::tempdir().unwrap();
        let at = |path: &str| home.path().join(path);
        fs::create_dir(at("out")).unwrap();
        fs::write(at("out/a"), "old").unwrap();
        fs::write(at("new"), "new").unwrap();
        let mut moves = Moves::default();
        moves.rename(&at("out/a"), &at("kept")).unwrap();
        moves.rename(&at("new"), &at("out/a")).unwrap();
        moves.make_folders(&at("out"), "b/c/file").unwrap();
        assert!(moves.rename(&at("none"), &at("out/b/c/file")).is_err());
        assert_eq!(fs::read_to_string(at("out/a")).unwrap(), "new");
        moves.take_back();
        assert_eq!(fs::read_to_string(at("out/a")).unwrap(), "old");
        assert!(at("new").exists() && !at("out/b").exists());
    }

    #[test]
    fn only_paths_that_stay_inside_are_taken_and_each_once() {
        let mut files = Files::new();
        for path in ["a.md", "b/c.md", "日本.md", "...md"] {
            assert!(files.add(path, "").is_ok(), "{path}");
        }
        for path in ["", "..", "../a", "a/../b", "/a", "./a", "a//../b", "a\\b", "a\0", "A.md", "B/C.md"] {
            assert!(matches!(files.add(path, ""), Err(WriteError::Name(_))), "{path}");
        }
        // A failure while the files are laid ready leaves nothing behind.
        let home = tempfile::tempdir().unwrap();
        files.add("z".repeat(300), "").unwrap();
        for folder in ["new", ""] {
            assert!(matches!(
                files.write(&home.path().join(folder), Occupied::Refuse),
                Err(WriteError::Io { .. })
            ));
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "{folder}");
        }
    }
}
