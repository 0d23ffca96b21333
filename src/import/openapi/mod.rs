//! Tools for the operations of an HTTP API that an OpenAPI document describes.
//!
//! Owns which operations are chosen and what becomes of each. [`document`] reads, [`schemas`] brings schemas to their
//! form of today, [`operation`] makes a tool of an operation, [`access`] a connection of servers and security schemes.

mod access;
mod document;
mod operation;
mod schemas;

use std::collections::BTreeSet;

pub use document::{Document, Operation, Unreadable};

use super::NewTool;
use super::connection::HttpDraft;
use super::names::{self, Names};
use crate::diag::suggestion;

/// What to make.
#[derive(Debug, Clone, Copy, Default)]
pub struct Order<'o> {
    /// Operations by `operationId`, by method and path, or by the tool's name; none: all.
    pub operations: &'o [String],
    /// The connection's name, if not made of the API's.
    pub connection: Option<&'o str>,
    /// The base URL, if not the document's.
    pub url: Option<&'o str>,
    /// Where the document was fetched, which relative addresses of servers start from.
    pub fetched: Option<&'o str>,
}

/// What was made.
#[derive(Debug)]
pub struct Import {
    /// The connection all tools use.
    pub connection: HttpDraft,
    /// The tools, in the document's order.
    pub tools: Vec<NewTool>,
    /// Operations that no tool can be made of, and why.
    pub left_out: Vec<String>,
    /// What has to be looked at by people.
    pub notes: Vec<String>,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// There is no such operation.
    #[error("there is no operation `{name}`{}; --list tells all", .help.as_deref().map_or(String::new(), |h| format!(": {h}")))]
    Unknown {
        /// As it was asked for.
        name: String,
        /// One that is like it.
        help: Option<String>,
    },
    /// There is nothing to make tools of.
    #[error("the document has no operation that a tool can be made of{}", .0.first().map_or(String::new(), |why| format!(": {why}")))]
    Nothing(Vec<String>),
}

/// Operations with the names their tools get.
pub fn named(document: &Document) -> Vec<(String, Operation<'_>)> {
    let mut names = Names::new();
    // A tool of that name is Toolface's own.
    names.give("render_widget", '_', "tool");
    let all = document.operations().into_iter();
    all.map(|operation| (names.give(&operation.id(), '_', "tool"), operation)).collect()
}

/// Makes tools.
///
/// # Errors
/// Nothing can be made, or not what was asked for.
pub fn import(document: &Document, order: Order<'_>) -> Result<Import, Failed> {
    let all = named(document);
    let chosen = choose(&all, order.operations)?;
    let title = names::name(&document.title().to_lowercase(), '-', "api");
    let name = order.connection.map_or_else(|| title.chars().take(32).collect(), str::to_owned);
    let name = name.trim_end_matches('-').to_owned();
    let operations = chosen.iter().map(|(_, operation)| *operation);
    let (connection, notes) = access::connection(document, name, order, operations);
    let mut import = Import { connection, tools: Vec::new(), left_out: Vec::new(), notes };
    for (name, operation) in chosen {
        match operation::tool(document, operation, name, &import.connection.name) {
            Ok(tool) => import.tools.push(tool),
            Err(why) => import.left_out.push(format!("{}: {why}", operation.id())),
        }
    }
    if import.tools.is_empty() { Err(Failed::Nothing(import.left_out)) } else { Ok(import) }
}

fn choose<'a, 'd>(
    all: &'a [(String, Operation<'d>)],
    asked: &[String],
) -> Result<Vec<&'a (String, Operation<'d>)>, Failed> {
    if asked.is_empty() {
        return Ok(all.iter().collect());
    }
    let is = |(name, operation): &(String, Operation<'d>), asked: &str| {
        operation.id() == asked || operation.place().eq_ignore_ascii_case(asked) || name == asked
    };
    for name in asked {
        if !all.iter().any(|one| is(one, name)) {
            let ids: BTreeSet<String> = all.iter().map(|(_, operation)| operation.id()).collect();
            let help = suggestion(name, ids.iter().map(String::as_str));
            return Err(Failed::Unknown { name: name.clone(), help });
        }
    }
    Ok(all.iter().filter(|one| asked.iter().any(|name| is(one, name))).collect())
}

/// The beginning of a text, cut at a word.
fn short(text: &str, most: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(most).collect();
    let whole = beginning.rsplit_once(char::is_whitespace).map_or(beginning.as_str(), |(whole, _)| whole);
    format!("{}…", whole.trim_end())
}
