//! What a client must be told about a server.
//!
//! Owns how a server is reached, in no client's words (`Reach`), and how an entry compares with one that is there
//! already: the same, ours, or somebody else's.

use std::path::Path;

use serde_json::{Map, Value};
use url::{Host, Url};

use super::Error;

/// The way to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// A command to start; both absolute paths and flags are as they are passed, unquoted.
    Stdio {
        /// The executable.
        command: String,
        /// What it is passed.
        args: Vec<String>,
    },
    /// Streamable HTTP.
    Http {
        /// The endpoint, e.g. `http://127.0.0.1:8787/mcp`.
        url: String,
    },
}

impl Reach {
    /// A URL as a user gives it: without a path it gets `/mcp`; a route is put behind it.
    ///
    /// # Errors
    /// [`Error::Url`]: it is no http(s) URL, or holds a password, which would end up in a file.
    pub fn http(text: &str, route: Option<&str>) -> Result<Self, Error> {
        let fault = |why: String| Error::Url { url: bare(text).to_owned(), why };
        let mut url = Url::parse(text).map_err(|e| fault(e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fault("it must start with http:// or https://".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(fault(
                "it has a user or password in it, which would be kept in plain text".to_owned(),
            ));
        }
        if url.path() == "/" {
            url.set_path("/mcp");
        }
        if let Some(route) = route
            && let Ok(mut path) = url.path_segments_mut()
        {
            path.pop_if_empty().push(route);
        }
        Ok(Self::Http { url: url.into() })
    }

    /// The host of a URL, and whether only this machine reaches it. `None` for a command.
    pub fn host(&self) -> Option<(String, bool)> {
        let Self::Http { url } = self else { return None };
        let url = Url::parse(url).ok()?;
        let local = match url.host()? {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        Some((url.host_str()?.to_owned(), local))
    }
}

/// The keys of an entry, in a client's words.
#[derive(Debug)]
pub(super) struct Entry {
    /// What makes it reach the server; must be exactly so.
    pub(super) core: Map<String, Value>,
    /// What a new entry has besides; the user may change it.
    pub(super) defaults: Map<String, Value>,
}

/// Keys of all clients for a command, and for an address.
const COMMANDS: [&str; 2] = ["command", "cmd"];
const ADDRESSES: [&str; 2] = ["url", "uri"];

impl Entry {
    /// All keys of a new entry.
    pub(super) fn whole(&self) -> Map<String, Value> {
        let mut keys = self.core.clone();
        keys.extend(self.defaults.clone());
        keys
    }

    /// Whether an entry reaches the server just so.
    pub(super) fn is_in(&self, there: &Value) -> bool {
        self.core.iter().all(|(key, value)| there.get(key) == Some(value))
    }

    /// Whether an entry is one we made: it starts a Toolface or reaches the same address.
    pub(super) fn is_ours(&self, there: &Value) -> bool {
        let command = first(there, &COMMANDS);
        let address = first(there, &ADDRESSES);
        let same = |mine: Option<&str>, theirs: Option<&str>| mine.is_some() && mine == theirs;
        let core = &Value::Object(self.core.clone());
        command.is_some_and(is_toolface)
            || same(first(core, &COMMANDS), command)
            || same(first(core, &ADDRESSES), address)
    }

    /// Whether an entry is of the same kind, command or address. Settings of one kind may be faults in the other.
    pub(super) fn reaches_like(&self, there: &Value) -> bool {
        let core = &Value::Object(self.core.clone());
        [COMMANDS, ADDRESSES].iter().all(|keys| first(core, keys).is_some() == first(there, keys).is_some())
    }

    /// What would change, a key a line. Values that may be secret are not shown.
    pub(super) fn diff(&self, there: &Value) -> String {
        let old = there.as_object().cloned().unwrap_or_default();
        let new = self.whole();
        let mut lines = Vec::new();
        for (key, value) in &old {
            if new.get(key) != Some(value) {
                lines.push(format!("  - {key}: {}", shown(key, value)));
            }
        }
        for (key, value) in &new {
            let sign = if old.get(key) == Some(value) { ' ' } else { '+' };
            lines.push(format!("  {sign} {key}: {value}"));
        }
        lines.join("\n")
    }
}

fn first<'a>(entry: &'a Value, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| entry.get(key)).and_then(Value::as_str)
}

/// Whether a command is a Toolface, wherever it is; paths of either system.
fn is_toolface(command: &str) -> bool {
    let name = command.rsplit(['/', '\\']).next().unwrap_or(command);
    matches!(name.to_ascii_lowercase().as_str(), "toolface" | "toolface.exe")
}

/// A value of somebody else's entry: arguments, headers and variables may hold secrets.
fn shown(key: &str, value: &Value) -> String {
    match value {
        Value::String(text) if ADDRESSES.contains(&key) => format!("\"{}\"", bare(text)),
        Value::String(text) if COMMANDS.contains(&key) || key == "type" => format!("\"{text}\""),
        Value::Bool(_) | Value::Null => value.to_string(),
        _ => "…".to_owned(),
    }
}

/// A URL without a query and without a user, whatever it looks like.
fn bare(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or(url);
    let start = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = start.split('/').next().unwrap_or(start);
    if authority.contains('@') { "…" } else { url }
}

/// A path as text, absolute.
///
/// # Errors
/// [`Error::Io`]: it is no Unicode, or there is no current folder.
pub fn absolute(path: &Path) -> Result<String, Error> {
    let fault = |why: String| Error::Io { what: "name", file: path.to_owned(), why };
    let full = std::path::absolute(path).map_err(|e| fault(e.to_string()))?;
    match full.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(fault("its path is no Unicode text, so no configuration can hold it".to_owned())),
    }
}
