//! The configuration of clients: what they must be told to reach a server, and merging it into their files.
//!
//! Owns the table of clients (`clients`), what an entry says (`entry`), how the three kinds of file are edited so that
//! everything else in them stays (`format`; `json`, `yaml`, `toml`), and replacing a file safely (`file`). Knows nothing of
//! projects: it is given a name and a way to reach the server.

mod clients;
mod entry;
mod file;
mod format;
mod json;
mod toml;
mod yaml;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

pub use clients::{CLIENTS, Client, Place, by_name};
use entry::Entry;
pub use entry::{Reach, absolute};
pub use file::Written;
use format::{Form, Format, Spot};

/// Why a client could not be connected.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The entry's name cannot be used with this client.
    #[error("{client} takes no entry named “{name}”: {rule}; choose another with --name")]
    Name {
        /// The client.
        client: &'static str,
        /// The name asked for.
        name: String,
        /// What a name may consist of.
        rule: &'static str,
    },
    /// The URL cannot be used.
    #[error("“{url}” cannot be used: {why}; an example is http://127.0.0.1:8787/mcp")]
    Url {
        /// As given, without what may be secret.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The client's file is nowhere to be found on this system.
    #[error("cannot tell where {client} keeps its configuration: {why}; name the file with --file")]
    Place {
        /// The client.
        client: &'static str,
        /// What is missing.
        why: String,
    },
    /// The file is not what its name says.
    #[error("{}{}: {message}; it is left as it is, mend it first", file.display(), place(*at))]
    Malformed {
        /// The file.
        file: PathBuf,
        /// Line and column, from 1, where known.
        at: Option<(usize, usize)>,
        /// What is wrong.
        message: String,
    },
    /// There is an entry of this name that somebody else made.
    #[error(
        "{} has another entry `{name}` already; it is left as it is:\n{diff}\nchoose another name with --name, or replace it with --force",
        file.display()
    )]
    Taken {
        /// The file.
        file: PathBuf,
        /// The entry.
        name: String,
        /// What is there (`-`) and what would be (`+`), a key a line.
        diff: String,
    },
    /// The edited text would not mean what it should, so it was not written.
    #[error("{} cannot be edited without changing more than the entry; add it by hand", file.display())]
    Unsafe {
        /// The file.
        file: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("cannot {what} {}: {why}", file.display())]
    Io {
        /// What was tried: `read`, `write`, …
        what: &'static str,
        /// The file or folder.
        file: PathBuf,
        /// What the system said, or why it was not tried.
        why: String,
    },
    /// Another process is writing the file, or left its lock behind.
    #[error(
        "{} is being written by another process; if there is none, remove {}",
        file.display(),
        lock.display()
    )]
    Locked {
        /// The file.
        file: PathBuf,
        /// The lock that stands in the way.
        lock: PathBuf,
    },
}

fn place(at: Option<(usize, usize)>) -> String {
    at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default()
}

/// Why a text could not be read or edited, before it is known which file it is from.
#[derive(Debug)]
enum Fault {
    Malformed { at: Option<(usize, usize)>, message: String },
    Taken { diff: String },
    Unsafe,
}

impl Fault {
    fn malformed(message: impl Into<String>) -> Self {
        Self::Malformed { at: None, message: message.into() }
    }

    fn in_file(self, file: &Path, name: &str) -> Error {
        let file = file.to_owned();
        match self {
            Self::Malformed { at, message } => Error::Malformed { file, at, message },
            Self::Taken { diff } => Error::Taken { file, name: name.to_owned(), diff },
            Self::Unsafe => Error::Unsafe { file },
        }
    }
}

/// One client to be connected to one server.
#[derive(Debug)]
pub struct Connection {
    client: &'static Client,
    name: String,
    entry: Entry,
}

impl Connection {
    /// An entry for a client that is configured by a file. `None`: this client is not, for this way to reach the server.
    ///
    /// # Errors
    /// [`Error::Name`]: the client does not take this name.
    pub fn new(client: &'static Client, name: &str, reach: &Reach) -> Result<Option<Self>, Error> {
        client.check_name(name)?;
        let entry = client.entry(name, reach);
        Ok(entry.map(|entry| Self { client, name: name.to_owned(), entry }))
    }

    fn spot(&self) -> Spot<'_> {
        Spot { section: self.client.section(), name: &self.name }
    }

    /// What a file with nothing else in it would be.
    ///
    /// # Errors
    /// [`Error::Unsafe`]: the entry cannot be written in this format.
    pub fn snippet(&self) -> Result<String, Error> {
        self.merged("", false)
            .map(Option::unwrap_or_default)
            .map_err(|fault| fault.in_file(Path::new("the entry"), &self.name))
    }

    /// Merges the entry into a file, which is made if it is missing.
    ///
    /// # Errors
    /// All of [`Error`] that are about files; nothing is changed then.
    pub fn write(&self, file: &Path, force: bool) -> Result<Written, Error> {
        file::update(file, |text| self.merged(text, force).map_err(|fault| fault.in_file(file, &self.name)))
    }

    /// The text with the entry; `None` if it is there already.
    fn merged(&self, text: &str, force: bool) -> Result<Option<String>, Fault> {
        let form = Form::of(text);
        let text = form.plain(text);
        let (format, spot) = (self.client.format(), self.spot());
        let before = format.read(&text)?;
        let there = entries(&before, spot.section)?.and_then(|entries| entries.get(spot.name));
        let merge = match there {
            None => false,
            Some(there) if self.entry.is_in(there) => return Ok(None),
            Some(there) if self.entry.is_ours(there) => self.entry.reaches_like(there),
            Some(_) if force => false,
            Some(there) => return Err(Fault::Taken { diff: self.entry.diff(there) }),
        };
        let keys = if merge { self.entry.core.clone() } else { self.entry.whole() };
        let after = format.put(&text, spot, &keys, merge)?;
        // Editors of text can be wrong; the file is somebody else's. Only the entry may have changed its meaning.
        let means = format.read(&after).map_err(|_| Fault::Unsafe)?;
        if means != expected(before, spot, keys, merge) {
            return Err(Fault::Unsafe);
        }
        Ok(Some(form.restored(&after)))
    }
}

/// The object of all entries, if there is one.
fn entries<'a>(document: &'a Value, section: &str) -> Result<Option<&'a Map<String, Value>>, Fault> {
    let root = match document {
        Value::Null => return Ok(None),
        Value::Object(root) => root,
        _ => return Err(Fault::malformed("it is no object of settings")),
    };
    match root.get(section) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(entries)) => Ok(Some(entries)),
        Some(_) => Err(Fault::malformed(format!("`{section}` is no object of servers"))),
    }
}

/// What the document must mean afterwards.
fn expected(before: Value, spot: Spot<'_>, keys: Map<String, Value>, merge: bool) -> Value {
    let mut root = into_object(before);
    let mut entries = into_object(root.remove(spot.section).unwrap_or_default());
    let mut entry = into_object(entries.remove(spot.name).filter(|_| merge).unwrap_or_default());
    entry.extend(keys);
    entries.insert(spot.name.to_owned(), entry.into());
    root.insert(spot.section.to_owned(), entries.into());
    root.into()
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
