//! A connection for `toolface.toml`.
//!
//! Owns putting it there: comments and everything else stay as they are, and a connection that is there is kept.

use std::collections::BTreeMap;

use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

use crate::secret::Setting;
use crate::source::ConnectionSpec;
use crate::source::mcp::{Expose, McpSpec};

/// A value from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromEnv {
    /// The header or query parameter it is for.
    pub name: String,
    /// The variable.
    pub env: String,
    /// What is put before it.
    pub prefix: String,
}

/// `[connections.<name>]` of kind `http`.
#[derive(Debug, Clone, Default)]
pub struct HttpDraft {
    /// Its name.
    pub name: String,
    /// The base URL.
    pub url: String,
    /// Headers that let us in.
    pub headers: Vec<FromEnv>,
    /// Query parameters that let us in.
    pub query: Vec<FromEnv>,
    /// Lines of remarks above it, without `#`.
    pub remarks: Vec<String>,
}

/// Why there is no place for it.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The file is no TOML.
    #[error("toolface.toml cannot be read, and stays as it is: {0}; `toolface check` tells more")]
    Malformed(String),
    /// Another connection has its name.
    #[error("toolface.toml has another connection `{0}`; name this one with --connection NAME")]
    Taken(String),
}

/// The text of `toolface.toml` with the connection in it; `None` if it is there already.
///
/// # Errors
/// It cannot be put there.
pub fn put(text: &str, draft: &HttpDraft) -> Result<Option<String>, Refused> {
    let mut entry = Table::new();
    entry.insert("kind", value("http"));
    entry.insert("url", value(&draft.url));
    for (key, settings) in [("headers", &draft.headers), ("query", &draft.query)] {
        if !settings.is_empty() {
            entry.insert(key, value(from_env(settings)));
        }
    }
    let same = |there: &Item| {
        let said = |key: &str| there.get(key).and_then(Item::as_str);
        // An address from the environment may be any.
        let same = said("url").is_none_or(|url| url.trim_end_matches('/') == draft.url.trim_end_matches('/'));
        said("kind") == Some("http") && same
    };
    put_entry(text, &draft.name, entry, &draft.remarks, same)
}

/// `[connections.<name>]` of kind `mcp`: a program or an address.
#[derive(Debug, Clone, Default)]
pub struct McpDraft {
    /// Its name.
    pub name: String,
    /// The program and its arguments; empty where there is an address.
    pub command: Vec<String>,
    /// The address.
    pub url: Option<String>,
}

impl McpDraft {
    /// The same, as a project's file would say it.
    pub fn spec(&self) -> ConnectionSpec {
        ConnectionSpec::Mcp(McpSpec {
            command: self.url.is_none().then(|| self.command.clone()),
            url: self.url.clone().map(Setting::Plain),
            dir: None,
            env: BTreeMap::new(),
            headers: BTreeMap::new(),
            oauth: None,
            revision: None,
            expose: Expose::Bound,
            prefix: None,
            // It is asked once.
            health_ms: 0,
        })
    }
}

/// As [`put`], for an MCP server.
///
/// # Errors
/// It cannot be put there.
pub fn put_mcp(text: &str, draft: &McpDraft) -> Result<Option<String>, Refused> {
    let mut entry = Table::new();
    entry.insert("kind", value("mcp"));
    match &draft.url {
        Some(url) => entry.insert("url", value(url)),
        None => entry.insert("command", value(draft.command.iter().collect::<toml_edit::Array>())),
    };
    let same = |there: &Item| {
        let list = there.get("command").and_then(Item::as_array);
        let command: Option<Vec<String>> =
            list.map(|l| l.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect());
        there.get("kind").and_then(Item::as_str) == Some("mcp")
            && there.get("url").and_then(Item::as_str) == draft.url.as_deref()
            && command.unwrap_or_default() == draft.command
    };
    put_entry(text, &draft.name, entry, &[], same)
}

fn put_entry(
    text: &str,
    name: &str,
    mut entry: Table,
    remarks: &[String],
    is_same: impl Fn(&Item) -> bool,
) -> Result<Option<String>, Refused> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|e: toml_edit::TomlError| Refused::Malformed(e.message().replace('\n', ", ")))?;
    let taken = || Refused::Taken(name.to_owned());
    let section = document.entry("connections").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let inline = section.is_inline_table();
    let all = section.as_table_like_mut().ok_or_else(taken)?;
    if let Some(there) = all.get(name) {
        return if is_same(there) { Ok(None) } else { Err(taken()) };
    }
    if inline {
        all.insert(name, value(entry.into_inline_table()));
    } else {
        let remarks: String = remarks.iter().map(|line| format!("# {line}\n")).collect();
        let gap = if text.trim().is_empty() { "" } else { "\n" };
        entry.decor_mut().set_prefix(format!("{gap}{remarks}"));
        all.insert(name, Item::Table(entry));
    }
    Ok(Some(document.to_string()))
}

fn from_env(settings: &[FromEnv]) -> InlineTable {
    let mut table = InlineTable::new();
    for setting in settings {
        let mut from = InlineTable::new();
        from.insert("env", setting.env.as_str().into());
        if !setting.prefix.is_empty() {
            from.insert("prefix", setting.prefix.as_str().into());
        }
        table.insert(&setting.name, from.into());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays() {
        let draft = HttpDraft {
            name: "pets".into(),
            url: "https://pets.example.com/v1".into(),
            headers: vec![FromEnv { name: "X-Key".into(), env: "PETS_KEY".into(), prefix: String::new() }],
            remarks: vec!["set it".into()],
            ..HttpDraft::default()
        };
        let made = put("", &draft).unwrap().unwrap();
        let told = "# set it\n[connections.pets]\nkind = \"http\"\nurl = \"https://pets.example.com/v1\"\nheaders = { X-Key = { env = \"PETS_KEY\" } }\n";
        assert_eq!(made, told);
        let there = "# mine\n[server] # too\nname = 'x'\n\n[connections.shop]\nkind = 'sqlite'\n";
        let both = put(there, &draft).unwrap().unwrap();
        assert_eq!(both, format!("{there}\n{told}"));
        assert!(put(&both, &draft).unwrap().is_none());
        let other = HttpDraft { url: "https://other.example.com".into(), ..draft.clone() };
        assert!(matches!(put(&both, &other), Err(Refused::Taken(_))));
        assert!(matches!(put("[", &draft), Err(Refused::Malformed(_))));
        let inline = put("connections = { a = { kind = 'sqlite' } }\n", &draft).unwrap().unwrap();
        assert!(inline.contains("pets = { kind = \"http\""), "{inline}");
    }
}
