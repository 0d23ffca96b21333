//! What was gathered of a server, as it was said.
//!
//! Owns the form of these facts and how a tool's listing is read. Judges nothing.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::server::wire::WIDGET_META;

/// What a server said when a connection began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hello {
    /// The revision agreed upon.
    pub revision: String,
    /// Name and version.
    pub server: Option<String>,
}

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TroubleKind {
    /// Nobody is there.
    Unreachable,
    /// No answer in time.
    Silent,
    /// The answer is no MCP.
    Garbage,
    /// The connection or the program ended.
    Gone,
    /// An error of the protocol, in good form.
    Refused,
    /// A login is needed.
    Locked,
    /// More than anyone would read.
    Large,
    /// The transport failed otherwise.
    Broken,
}

/// Why something could not be learnt.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    /// The kind of it.
    pub kind: TroubleKind,
    /// What happened, in words.
    pub message: String,
}

impl Trouble {
    pub(super) fn new(kind: TroubleKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// With more that is known.
    pub(super) fn with(mut self, more: String) -> Self {
        if !more.is_empty() {
            self.message = format!("{}; {more}", self.message);
        }
        self
    }
}

/// Everything that was gathered.
#[derive(Debug)]
pub(super) struct Facts {
    /// How a connection at 2025-11-25 began.
    pub legacy: Result<Hello, Trouble>,
    /// How a connection at 2026-07-28 began.
    pub modern: Result<Hello, Trouble>,
    /// What a client saw that draws views.
    pub host: Option<Seen>,
    /// What a client saw that does not.
    pub terminal: Option<Seen>,
}

/// What one client saw.
#[derive(Debug)]
pub(super) struct Seen {
    /// The tools it was listed.
    pub tools: Result<Vec<Tool>, Trouble>,
    /// The resources it was listed.
    pub resources: Result<Vec<Value>, Trouble>,
    /// What came of views that were read, by address: the result.
    pub pages: BTreeMap<String, Result<Value, Trouble>>,
    /// What came of calls, by tool.
    pub calls: BTreeMap<String, Called>,
    /// The first line a program printed on standard output that is no message.
    pub stray: Option<String>,
}

/// What came of a call.
#[derive(Debug)]
pub(super) enum Called {
    /// It was not made, and why.
    Not(String),
    /// The user names it, and it is not listed.
    Unknown,
    /// There was no result.
    Failed(Trouble),
    /// There was a result. `true`: the arguments were the user's, not found in the schema.
    Answered(Value, bool),
}

impl Facts {
    /// The tools as listed to the first client that got them.
    pub(super) fn tools(&self) -> &[Tool] {
        self.seen().find_map(|seen| seen.tools.as_deref().ok()).unwrap_or_default()
    }

    /// Whether a tool of this name was listed to anyone.
    pub(super) fn lists(&self, name: &str) -> bool {
        self.seen().filter_map(|seen| seen.tools.as_ref().ok()).flatten().any(|tool| tool.name() == name)
    }

    /// Both clients' views.
    pub(super) fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.host.iter().chain(&self.terminal)
    }

    /// Results of calls that succeeded, with their tools, of both clients.
    pub(super) fn results(&self) -> impl Iterator<Item = (&Tool, &Value)> {
        self.seen().flat_map(|seen| seen.results())
    }

    /// The page of a view, as the host read it.
    pub(super) fn page(&self, uri: &str) -> Option<&Value> {
        let read = self.host.as_ref()?.pages.get(uri)?.as_ref().ok()?;
        read.get("contents")?.as_array()?.first()
    }
}

impl Seen {
    /// Results of calls that succeeded, with their tools.
    pub(super) fn results(&self) -> impl Iterator<Item = (&Tool, &Value)> {
        let tools = self.tools.as_deref().unwrap_or_default();
        tools.iter().filter_map(|tool| match self.calls.get(tool.name()) {
            Some(Called::Answered(result, _)) if result.get("isError") != Some(&Value::Bool(true)) => {
                Some((tool, result))
            }
            _ => None,
        })
    }
}

/// A tool as it was listed.
#[derive(Debug, Clone)]
pub(super) struct Tool(pub Value);

/// The places where a tool names its view, in the order in which hosts prefer them.
pub(super) const VIEW_KEYS: [&str; 3] = ["ui.resourceUri", "ui/resourceUri", "openai/outputTemplate"];

impl Tool {
    /// Its name; empty if it has none.
    pub(super) fn name(&self) -> &str {
        self.text("name")
    }

    /// A member that is a string; empty if there is none.
    pub(super) fn text(&self, member: &str) -> &str {
        self.0.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it says that it changes nothing.
    pub(super) fn only_reads(&self) -> bool {
        self.0.pointer("/annotations/readOnlyHint") == Some(&Value::Bool(true))
    }

    /// The schema of its arguments.
    pub(super) fn input(&self) -> Option<&Value> {
        self.0.get("inputSchema")
    }

    /// The schema of its structured result.
    pub(super) fn output(&self) -> Option<&Value> {
        self.0.get("outputSchema")
    }

    /// The addresses of its view, with the keys that name them.
    pub(super) fn views(&self) -> Vec<(&'static str, &str)> {
        let at = |key: &str| match key {
            "ui.resourceUri" => self.0.pointer("/_meta/ui/resourceUri"),
            other => self.0.get("_meta")?.get(other),
        };
        VIEW_KEYS.into_iter().filter_map(|key| Some((key, at(key)?.as_str()?))).collect()
    }

    /// The view a host would load.
    pub(super) fn view(&self) -> Option<&str> {
        self.views().first().map(|(_, uri)| *uri)
    }

    /// Whether `who` (`model`, `app`) may call it.
    pub(super) fn is_visible_to(&self, who: &str) -> bool {
        let named = self.0.pointer("/_meta/ui/visibility").and_then(Value::as_array);
        named.is_none_or(|all| all.iter().any(|v| v == who))
    }

    /// What Toolface says of its widget, and of the variants of it.
    pub(super) fn widgets(&self) -> Vec<&Map<String, Value>> {
        let about = self.0.get("_meta").and_then(|meta| meta.get(WIDGET_META)).and_then(Value::as_object);
        let variants = about.and_then(|about| about.get("variants")?.as_array());
        about.into_iter().chain(variants.into_iter().flatten().filter_map(Value::as_object)).collect()
    }
}
