//! The kinds of file that clients keep their configuration in.
//!
//! Owns what they have in common: where an entry is, and how a text is written down apart from what it says. What each
//! kind needs is in a file of its own.

use serde_json::{Map, Value};

use super::Fault;

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// JSON, with comments and trailing commas where somebody wrote them.
    Json,
    Yaml,
    Toml,
}

/// The place of an entry in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'a> {
    /// The object all entries are in.
    pub(super) section: &'a str,
    /// The entry.
    pub(super) name: &'a str,
}

impl Format {
    /// What a text means: an object, or null if it is empty.
    pub(super) fn read(self, text: &str) -> Result<Value, Fault> {
        match self {
            Self::Json => super::json::read(text),
            Self::Yaml => super::yaml::read(text),
            Self::Toml => super::toml::read(text),
        }
    }

    /// The text with these keys in the entry. With `merge` the entry's other keys stay, otherwise it is replaced.
    pub(super) fn put(
        self,
        text: &str,
        spot: Spot<'_>,
        keys: &Map<String, Value>,
        merge: bool,
    ) -> Result<String, Fault> {
        match self {
            Self::Json => super::json::put(text, spot, keys, merge),
            Self::Yaml => super::yaml::put(text, spot, keys, merge),
            Self::Toml => super::toml::put(text, spot, keys, merge),
        }
    }
}

/// How a text is written down, apart from what it says: kept, and out of the editors' way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    byte_order_mark: bool,
    crlf: bool,
}

impl Form {
    pub(super) fn of(text: &str) -> Self {
        let ends = text.matches('\n').count();
        Self {
            byte_order_mark: text.starts_with('\u{feff}'),
            crlf: ends > 0 && text.matches("\r\n").count() == ends,
        }
    }

    pub(super) fn plain(self, text: &str) -> String {
        let text = text.trim_start_matches('\u{feff}');
        if self.crlf { text.replace("\r\n", "\n") } else { text.to_owned() }
    }

    pub(super) fn restored(self, text: &str) -> String {
        let text = if self.crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        if self.byte_order_mark { format!("\u{feff}{text}") } else { text }
    }
}
