//! What a source may need of its caller while it works.
//!
//! Owns the words for it, which are those of MCP's multi round-trip requests (2026-07-28, SEP-2322): a source that
//! cannot go on answers with [`InputRequired`], the caller is asked, and the same call is made again with its
//! [`InputResponses`]. Sources that never ask know nothing of it. Must not ask anybody: who serves the caller does.

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

/// Who calls, as far as a source may turn to them.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The MCP client capabilities by which it can be asked: `elicitation`, `sampling`, `roots`. Empty: it cannot.
    pub capabilities: Map<String, Value>,
    /// Calls with the same number come from one client; 0 is nobody known.
    pub session: u64,
    /// Where progress goes, if it is wanted.
    pub progress: Option<mpsc::Sender<Progress>>,
    /// What it answered to what the same call asked before.
    pub responses: Option<InputResponses>,
}

/// How far a call is (MCP: `notifications/progress`).
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Rises with each.
    pub progress: f64,
    /// Where it ends.
    pub total: Option<f64>,
    /// For people.
    pub message: Option<String>,
}

/// What has to be known before a call can go on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InputRequired {
    /// The requests to the client by key, each `{method, params}`.
    pub requests: Map<String, Value>,
    /// Comes back unchanged with the answers.
    pub state: Option<String>,
}

/// Answers to an [`InputRequired`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InputResponses {
    /// The client's results by the keys of the requests.
    pub responses: Map<String, Value>,
    /// The state that came with the requests.
    pub state: Option<String>,
}

/// What a source delivers.
#[derive(Debug)]
pub enum Fetched {
    /// The data.
    Data(Value),
    /// Nothing yet.
    InputRequired(InputRequired),
}

/// Why a request cannot be put to a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the client cannot be asked for {0}")]
pub struct CannotAsk(String);

impl Caller {
    /// Whether it can be asked anything.
    pub fn can_be_asked(&self) -> bool {
        !self.capabilities.is_empty()
    }

    /// Whether it can be asked this (MCP 2025-11-25, client features: a server must not use what was not declared).
    ///
    /// # Errors
    /// What it would have to declare.
    pub fn check(&self, method: &str, params: Option<&Value>) -> Result<(), CannotAsk> {
        let declared = |name: &str| self.capabilities.get(name);
        let needs = |found: bool, what: &str| found.then_some(()).ok_or_else(|| CannotAsk(what.to_owned()));
        match method {
            "elicitation/create" => {
                let elicitation = declared("elicitation");
                let has = |mode: &str| elicitation.is_some_and(|e| e.get(mode).is_some());
                match params.and_then(|p| p.get("mode")).and_then(Value::as_str) {
                    Some("url") => needs(has("url"), "a visit of an address (elicitation.url)"),
                    // Without any mode declared, forms are meant.
                    _ => needs(elicitation.is_some() && (has("form") || !has("url")), "input (elicitation)"),
                }
            }
            "sampling/createMessage" => {
                let sampling = declared("sampling");
                needs(sampling.is_some(), "a model's answer (sampling)")?;
                let tools = params.is_some_and(|p| p.get("tools").is_some() || p.get("toolChoice").is_some());
                let has = sampling.is_some_and(|s| s.get("tools").is_some());
                needs(!tools || has, "a model's answer with tools (sampling.tools)")
            }
            "roots/list" => needs(declared("roots").is_some(), "its folders (roots)"),
            other => Err(CannotAsk(format!("`{other}`, which no client knows"))),
        }
    }
}

impl InputRequired {
    /// The parts of `result`, an MCP `InputRequiredResult`. `None` if it is none.
    pub fn read(result: &mut Value) -> Option<Self> {
        if result.get("resultType").and_then(Value::as_str) != Some("input_required") {
            return None;
        }
        let requests = match result.get_mut("inputRequests").map(Value::take) {
            Some(Value::Object(requests)) => requests,
            _ => Map::new(),
        };
        let state = result.get("requestState").and_then(Value::as_str).map(str::to_owned);
        Some(Self { requests, state })
    }

    /// As MCP writes it, without what only a server adds.
    pub fn result(&self) -> Value {
        let mut result = json!({"resultType": "input_required"});
        if let (Some(result), false) = (result.as_object_mut(), self.requests.is_empty()) {
            result.insert("inputRequests".to_owned(), Value::Object(self.requests.clone()));
        }
        if let (Some(result), Some(state)) = (result.as_object_mut(), &self.state) {
            result.insert("requestState".to_owned(), state.as_str().into());
        }
        result
    }
}

impl InputResponses {
    /// Adds them to the parameters of the call they belong to.
    pub fn add_to(&self, params: &mut Map<String, Value>) {
        if !self.responses.is_empty() {
            params.insert("inputResponses".to_owned(), Value::Object(self.responses.clone()));
        }
        if let Some(state) = &self.state {
            params.insert("requestState".to_owned(), state.as_str().into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(capabilities: Value) -> Caller {
        let Value::Object(capabilities) = capabilities else { panic!("an object") };
        Caller { capabilities, ..Caller::default() }
    }

    #[test]
    fn only_what_is_declared_can_be_asked() {
        let may = |capabilities: Value, method: &str, params: Value| {
            caller(capabilities).check(method, Some(&params)).is_ok()
        };
        let (form, url) = (json!({"message": "?"}), json!({"mode": "url"}));
        for (capabilities, forms, urls) in [
            (json!({}), false, false),
            (json!({"elicitation": {}}), true, false),
            (json!({"elicitation": {"form": {}}}), true, false),
            (json!({"elicitation": {"url": {}}}), false, true),
            (json!({"elicitation": {"form": {}, "url": {}}}), true, true),
        ] {
            assert_eq!(
                may(capabilities.clone(), "elicitation/create", form.clone()),
                forms,
                "{capabilities}"
            );
            assert_eq!(may(capabilities.clone(), "elicitation/create", url.clone()), urls, "{capabilities}");
        }
        assert!(may(json!({"sampling": {}}), "sampling/createMessage", json!({"messages": []})));
        assert!(!may(json!({"sampling": {}}), "sampling/createMessage", json!({"tools": []})));
        assert!(may(json!({"sampling": {"tools": {}}}), "sampling/createMessage", json!({"tools": []})));
        assert!(may(json!({"roots": {}}), "roots/list", json!({})));
        assert!(!may(json!({"elicitation": {}, "sampling": {}, "roots": {}}), "shell/run", json!({})));
    }

    #[test]
    fn it_is_read_and_written() {
        let mut result = json!({
            "resultType": "input_required",
            "inputRequests": {"name": {"method": "elicitation/create", "params": {"message": "?"}}},
            "requestState": "s",
        });
        let before = result.clone();
        assert_eq!(InputRequired::read(&mut result).map(|asked| asked.result()), Some(before));
        assert_eq!(InputRequired::read(&mut json!({"content": []})), None);
    }
}
