//! Replacing somebody else's file: whole or not at all, one writer at a time, with a backup.
//!
//! Owns the lock, the backup and the order of steps. The new text is written into the lock, which then takes the
//! file's place; so no two writers of ours see the same old text, and nobody ever sees half of the new one. Programs
//! that know nothing of the lock are noticed by comparing right before.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::Error;

/// Longest wait for another writer; writing takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a writer that minds no lock may be in the way.
const ATTEMPTS: usize = 5;
/// As many links as Linux follows.
const MAX_LINKS: usize = 40;

/// What became of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    /// It said so already and was not touched.
    Already,
    /// It is new.
    Made,
    /// It was replaced; what it was is in `backup`.
    Replaced {
        /// The file as it was.
        backup: PathBuf,
    },
}

/// Replaces a file's text by what `edit` makes of it; a missing file counts as empty. `None`: leave it.
///
/// # Errors
/// What `edit` says, or why the file cannot be read or written. It is as it was then.
pub(super) fn update(
    path: &Path,
    edit: impl Fn(&str) -> Result<Option<String>, Error>,
) -> Result<Written, Error> {
    let target = behind_links(path)?;
    if edit(&read(&target)?.unwrap_or_default())?.is_none() {
        return Ok(Written::Already);
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(|e| fault("make the folder", folder, &e))?;
    }
    let mut lock = Lock::take(&target)?;
    for _ in 0..ATTEMPTS {
        let before = read(&target)?;
        let Some(after) = edit(before.as_deref().unwrap_or_default())? else { return Ok(Written::Already) };
        lock.fill(&target, &after)?;
        let backup = match &before {
            Some(text) if !text.is_empty() => Some(back_up(&target)?),
            _ => None,
        };
        if read(&target)? == before {
            lock.replace(&target)?;
            return Ok(backup.map_or(Written::Made, |backup| Written::Replaced { backup }));
        }
    }
    Err(Error::Io {
        what: "write",
        file: target,
        why: "another program keeps changing it; close that program and try again".to_owned(),
    })
}

fn fault(what: &'static str, file: &Path, error: &std::io::Error) -> Error {
    Error::Io { what, file: file.to_owned(), why: error.to_string() }
}

/// The file a path leads to, so that links stay links. The file itself need not be there.
fn behind_links(path: &Path) -> Result<PathBuf, Error> {
    let mut target = std::path::absolute(path).map_err(|e| fault("find", path, &e))?;
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("/")).join(next),
            // Not a link, or not there.
            Err(_) => return Ok(target),
        }
    }
    Err(Error::Io { what: "find", file: path.to_owned(), why: "its links go round in circles".to_owned() })
}

/// A file's text; `None` if there is no file.
fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(fault("read", path, &e)),
        Ok(about) if !about.is_file() => {
            let why = "it is no file".to_owned();
            return Err(Error::Io { what: "write", file: path.to_owned(), why });
        }
        Ok(about) if about.permissions().readonly() => {
            let why = "it may only be read; allow writing it, or name another with --file".to_owned();
            return Err(Error::Io { what: "write", file: path.to_owned(), why });
        }
        Ok(_) => {}
    }
    let bytes = fs::read(path).map_err(|e| fault("read", path, &e))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(Error::Malformed {
            file: path.to_owned(),
            at: None,
            message: "it is no UTF-8 text".to_owned(),
        }),
    }
}

/// A name beside the file.
fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    file.with_file_name(name)
}

/// Copies the file beside itself; a copy has the mode of what it copies. One that is there already stays: it is the
/// file as it was before the first change.
fn back_up(file: &Path) -> Result<PathBuf, Error> {
    let backup = beside(file, ".before-toolface");
    if backup.exists() {
        return Ok(backup);
    }
    fs::copy(file, &backup).map_err(|e| fault("write the backup", &backup, &e))?;
    Ok(backup)
}

/// The right to write a file, and the file to come. Given up when dropped.
struct Lock {
    path: PathBuf,
    taken: bool,
}

impl Lock {
    /// Waits for its turn.
    fn take(target: &Path) -> Result<Self, Error> {
        let path = beside(target, ".toolface-lock");
        let start = Instant::now();
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(Self { path, taken: true }),
                Err(e) if e.kind() == ErrorKind::AlreadyExists && start.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(5));
                }
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                    return Err(Error::Locked { file: target.to_owned(), lock: path });
                }
                Err(e) => return Err(fault("write in the folder of", target, &e)),
            }
        }
    }

    /// Writes what the file will be, down to the disk, with the mode and owner the file has.
    fn fill(&self, target: &Path, text: &str) -> Result<(), Error> {
        let result = File::create(&self.path).and_then(|mut file| {
            match fs::metadata(target) {
                Ok(about) => dress(&file, &about)?,
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        result.map_err(|e| fault("write", target, &e))
    }

    /// Puts it in the file's place.
    fn replace(&mut self, target: &Path) -> Result<(), Error> {
        fs::rename(&self.path, target).map_err(|e| fault("write", target, &e))?;
        self.taken = false;
        Ok(())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.taken {
            // Nothing can be done about it here; the next writer is told which file is in the way.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Gives a new file the mode of an old one and, where files have owners, its owner.
fn dress(file: &File, about: &fs::Metadata) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let mine = file.metadata()?;
        if (mine.uid(), mine.gid()) != (about.uid(), about.gid()) {
            fchown(file, Some(about.uid()), Some(about.gid()))?;
        }
    }
    file.set_permissions(about.permissions())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_a_program_writes_meanwhile_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mcp.json");
        fs::write(&path, "old").unwrap();
        let turn = Cell::new(0);
        let written = update(&path, |text| {
            turn.set(turn.get() + 1);
            // The first look is without the lock; the second one is what another program spoils.
            if turn.get() == 2 {
                fs::write(&path, "theirs").unwrap();
            }
            Ok(Some(format!("{text} and ours")))
        });
        let backup = folder.path().join("mcp.json.before-toolface");
        assert_eq!(written.unwrap(), Written::Replaced { backup: backup.clone() });
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs and ours");
        assert_eq!(fs::read_to_string(backup).unwrap(), "theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the lock is gone");
    }

    #[test]
    fn a_program_that_never_stops_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mcp.json");
        let turn = Cell::new(0);
        let written = update(&path, |_| {
            turn.set(turn.get() + 1);
            fs::write(&path, turn.get().to_string()).unwrap();
            Ok(Some("ours".to_owned()))
        });
        assert!(matches!(written, Err(Error::Io { why, .. }) if why.contains("keeps changing")));
        assert_eq!(fs::read_to_string(&path).unwrap(), turn.get().to_string());
        assert!(!folder.path().join("mcp.json.toolface-lock").exists());
    }
}
