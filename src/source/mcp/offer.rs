//! What an upstream offers, as it lists it.
//!
//! Owns reading those lists: tools always, the rest where it is passed through. Judges nothing of it.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::client::{Client, Lost};
use super::{Asked, home};
use crate::source::shorten;

/// How long one answer about what an upstream offers may take.
pub(super) const LISTING: Duration = Duration::from_secs(15);
/// Pages of one list that are read.
const PAGES: usize = 100;

/// A tool as its server lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition(Value);

impl Definition {
    /// Its name.
    pub fn name(&self) -> &str {
        self.0.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// Name for people.
    pub fn title(&self) -> Option<&str> {
        let title = self.0.get("title").or_else(|| self.0.pointer("/annotations/title"));
        title.and_then(Value::as_str).filter(|title| !title.is_empty())
    }

    /// What the model reads.
    pub fn description(&self) -> Option<&str> {
        self.0.get("description").and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    }

    /// The schema of its arguments.
    pub fn input(&self) -> Value {
        self.0.get("inputSchema").cloned().unwrap_or_else(|| json!({"type": "object"}))
    }

    /// The schema of its structured results.
    pub fn output(&self) -> Option<&Value> {
        self.0.get("outputSchema")
    }

    /// One of its hints, e.g. `readOnlyHint`.
    pub fn hint(&self, name: &str) -> Option<bool> {
        self.0.get("annotations")?.get(name)?.as_bool()
    }

    /// All of it.
    pub fn json(&self) -> &Value {
        &self.0
    }
}

/// What an upstream offers.
#[derive(Debug, Default, PartialEq)]
pub struct Offer {
    /// Its tools.
    pub tools: Vec<Definition>,
    /// Its resources.
    pub resources: Vec<Value>,
    /// Its resources whose address has variables.
    pub templates: Vec<Value>,
    /// Its prompts.
    pub prompts: Vec<Value>,
}

impl Offer {
    /// Asks for it: for the tools alone, or for `all`.
    pub(super) async fn read(client: &Client, all: bool) -> Result<Self, Lost> {
        let has = |capability: &str| all && client.offers(capability);
        let tools = list(client, "tools/list", "tools", "name").await?;
        let mut offer = Self { tools: tools.into_iter().map(Definition).collect(), ..Self::default() };
        if has("resources") {
            offer.resources = list(client, "resources/list", "resources", "uri").await?;
            offer.templates =
                list(client, "resources/templates/list", "resourceTemplates", "uriTemplate").await?;
        }
        if has("prompts") {
            offer.prompts = list(client, "prompts/list", "prompts", "name").await?;
        }
        Ok(offer)
    }
}

/// All pages of a list; of two entries with the same `key` the first. A list that is declared and yet not known is empty,
/// as many servers have no templates.
async fn list(client: &Client, method: &'static str, member: &str, key: &str) -> Result<Vec<Value>, Lost> {
    let mut all: Vec<Value> = Vec::new();
    let mut seen = HashSet::new();
    let mut is_new = |entry: &Value| {
        let key = entry.get(key).cloned().unwrap_or_default();
        let told = shorten(key.as_str().unwrap_or("nothing"));
        let sound = key.as_str().is_some_and(|key| seen.insert(key.to_owned()));
        if !sound {
            let connection = client.name();
            tracing::warn!(
                connection,
                "`{method}`: what is named `{told}` is left out: it is listed twice, or has no name"
            );
        }
        sound
    };
    let mut params = Map::new();
    for _ in 0..PAGES {
        let asked = client.ask(home()?, method, params, Asked::default());
        let late = || Lost::Unreachable(format!("it did not answer `{method}` in time"));
        let mut page = match tokio::time::timeout(LISTING, asked).await.map_err(|_| late())? {
            Err(Lost::Refused { code: METHOD_NOT_FOUND, .. }) if method != "tools/list" => return Ok(all),
            page => page?,
        };
        match page.get_mut(member).map(Value::take) {
            Some(Value::Array(more)) => all.extend(more.into_iter().filter(&mut is_new)),
            _ => tracing::warn!(
                connection = client.name(),
                "the answer to `{method}` has no list of `{member}`"
            ),
        }
        match page.get("nextCursor").and_then(Value::as_str) {
            Some(cursor) => params = Map::from_iter([("cursor".to_owned(), cursor.into())]),
            None => return Ok(all),
        }
    }
    tracing::warn!(connection = client.name(), "`{method}` has more than {PAGES} pages; no more are read");
    Ok(all)
}

/// JSON-RPC 2.0, error object.
const METHOD_NOT_FOUND: i32 = -32601;
