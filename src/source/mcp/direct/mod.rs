//! The short way of a request to an upstream, past rmcp.
//!
//! Owns a request and its answer as bytes: over HTTP ([`http`], and [`session`] before 2026-07-28), and over the standard
//! streams of a program ([`pipes`]).
//! Most of what rmcp's client does for a request (queues, tasks, types for every answer there is) is not needed for one
//! whose answer is wanted as it is, and costs more than the rest of a call (see ARCHITECTURE.md for the figures). How a
//! connection is begun, what the upstream asks, and news of changes are rmcp's.

pub(super) mod http;
pub(super) mod pipes;
pub(super) mod session;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use self::http::Http;
use self::pipes::Pipes;
use super::VIEWS;
use super::client::{Lost, MAX_ANSWER, MIME_TYPE, Part};
use crate::source::input::Progress;

/// JSON-RPC 2.0: internal error.
const INTERNAL: i32 = -32603;
/// The revision whose requests say everything themselves.
const REVISION: &str = "2026-07-28";
/// Our first number. rmcp counts from 0, and has few requests; some servers take no numbers above 2^31.
const FIRST: u64 = 1 << 30;
/// The method of what is told of a request while it is under way.
const PROGRESS: &str = "notifications/progress";

/// The short way there is.
#[derive(Debug)]
pub(super) enum Direct {
    /// Requests of ours beside those of rmcp.
    Http(Arc<Http>),
    /// All requests of ours; rmcp has the same pipes.
    Pipes(Pipes),
}

/// This request is left to rmcp.
#[derive(Debug)]
pub(super) struct Left;

#[derive(Serialize)]
struct Message<'a> {
    jsonrpc: &'static str,
    id: u64,
    method: &'a str,
    params: &'a Map<String, Value>,
}

/// What of a message tells whose it is.
#[derive(Default, Deserialize)]
struct Glance<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Answer<'a, R> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    result: Option<R>,
    error: Option<Refused>,
}

/// What of the result of a tool is data, or tells that there are none. The rest, its view for instance, is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    structured_content: Option<Value>,
    is_error: Option<Value>,
    result_type: Option<Value>,
    input_requests: Option<Value>,
    request_state: Option<Value>,
}

impl From<Data<'_>> for Value {
    fn from(data: Data<'_>) -> Self {
        // The text that most servers put beside data says the same once more.
        let is_enough = data.structured_content.is_some() && data.is_error != Some(Self::Bool(true));
        let content = data.content.filter(|_| !is_enough);
        let content = content.and_then(|content| serde_json::from_str(content.get()).ok());
        let all = [
            ("content", content),
            ("structuredContent", data.structured_content),
            ("isError", data.is_error),
            ("resultType", data.result_type),
            ("inputRequests", data.input_requests),
            ("requestState", data.request_state),
        ];
        Self::Object(all.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))).collect())
    }
}

#[derive(Deserialize)]
struct Refused {
    code: i32,
    message: String,
    data: Option<Value>,
}

/// The parameters of a notification of progress (MCP 2025-11-25, basic utilities).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    #[serde(borrow)]
    progress_token: &'a RawValue,
    progress: f64,
    total: Option<f64>,
    message: Option<String>,
}

/// A number of ours, also as servers write it that keep numbers as text.
fn number(id: &str) -> Option<u64> {
    id.trim_matches('"').parse().ok()
}

/// A request as bytes.
fn message(id: u64, method: &str, params: &Map<String, Value>) -> Result<Vec<u8>, Lost> {
    let message = Message { jsonrpc: "2.0", id, method, params };
    serde_json::to_vec(&message).map_err(|e| Lost::Unreachable(e.to_string()))
}

/// The notification that nobody waits for a request any more (MCP 2025-11-25, basic utilities).
fn cancelled(id: u64) -> Vec<u8> {
    let told = json!({
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": {"requestId": id, "reason": "given up"},
    });
    told.to_string().into_bytes()
}

/// Says in a request of 2026-07-28 who asks, and what can be asked back.
pub(super) fn introduce(params: &mut Map<String, Value>, capabilities: &Map<String, Value>) {
    let mut declared = capabilities.clone();
    declared.insert("extensions".to_owned(), json!({VIEWS: {"mimeTypes": [MIME_TYPE]}}));
    let about = json!({
        "io.modelcontextprotocol/protocolVersion": REVISION,
        "io.modelcontextprotocol/clientInfo": {"name": "toolface", "version": env!("CARGO_PKG_VERSION")},
        "io.modelcontextprotocol/clientCapabilities": declared,
    });
    params.insert("_meta".to_owned(), about);
}

/// Asks to be told how far a request is.
fn follow(params: &mut Map<String, Value>, token: u64) {
    let meta = params.entry("_meta").or_insert_with(|| json!({}));
    if let Some(meta) = meta.as_object_mut() {
        meta.insert("progressToken".to_owned(), token.into());
    }
}

impl Glance<'_> {
    /// The method, as long as it is written plainly, as all methods are.
    fn method(&self) -> Option<&str> {
        Some(self.method?.get().trim_matches('"'))
    }

    /// How far a request is, and the number it was sent with, if this is such a notification.
    fn progress(&self) -> Option<(u64, Progress)> {
        let is_progress = self.method()? == PROGRESS;
        let params = self.params.filter(|_| is_progress)?.get();
        let Told { progress_token, progress, total, message } = serde_json::from_str(params).ok()?;
        Some((progress_token.get().parse().ok()?, Progress { progress, total, message }))
    }
}

/// Reads what tells whose a message is; nothing does where there is none.
fn glance(message: &[u8]) -> Glance<'_> {
    serde_json::from_slice(message).unwrap_or_default()
}

fn too_large() -> Lost {
    let message = format!("its answer has more than {} MB; ask for less", MAX_ANSWER >> 20);
    Lost::Refused { code: INTERNAL, message, data: None }
}

/// What stands where the answer to a request must be is none.
fn malformed() -> Lost {
    let message = "what it answers is no JSON-RPC response to the request".to_owned();
    Lost::Refused { code: INTERNAL, message, data: None }
}

/// The outcome in a message, if it is the response to this request, or to one whose id could not be read.
fn read(message: &[u8], id: u64, part: Part) -> Option<Result<Value, Lost>> {
    match part {
        Part::Data(most) if message.len() <= most => outcome::<Data<'_>>(message, id),
        Part::Data(_) | Part::Whole => outcome::<Value>(message, id),
    }
}

fn outcome<'a, R: Deserialize<'a> + Into<Value>>(message: &'a [u8], id: u64) -> Option<Result<Value, Lost>> {
    let answer: Answer<'_, R> = serde_json::from_slice(message).ok()?;
    let theirs = answer.id.map_or("null", RawValue::get);
    let ours = number(theirs) == Some(id) || (theirs == "null" && answer.error.is_some());
    if answer.method.is_some() || !ours {
        return None;
    }
    match (answer.result, answer.error) {
        (Some(result), None) => Some(Ok(result.into())),
        (_, Some(Refused { code, message, data })) => {
            Some(Err(Lost::Refused { code, message: message.chars().take(2000).collect(), data }))
        }
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_messages_are_answers() {
        let of = |message: &str| {
            read(message.as_bytes(), 7, Part::Whole).map(|outcome| outcome.map_err(|lost| lost.to_string()))
        };
        assert_eq!(of(r#"{"jsonrpc":"2.0","id":7,"result":{"a":1}}"#), Some(Ok(json!({"a": 1}))));
        let refused = "it answers with error -32602: no".to_owned();
        for id in ["7", "null"] {
            let message =
                format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32602,"message":"no"}}}}"#);
            assert_eq!(of(&message), Some(Err(refused.clone())), "{id}");
        }
        assert_eq!(of(r#"{"jsonrpc":"2.0","id":"7","result":{}}"#), Some(Ok(json!({}))));
        for message in [
            r#"{"jsonrpc":"2.0","id":8,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":null,"result":{}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{}}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":7}"#,
            "[]",
            "words",
        ] {
            assert_eq!(of(message), None, "{message}");
        }
    }

    #[test]
    fn what_of_a_result_is_data() {
        let of = |result: Value| {
            let message = json!({"jsonrpc": "2.0", "id": 7, "result": result}).to_string();
            read(message.as_bytes(), 7, Part::Data(1000)).unwrap().unwrap()
        };
        let text = json!([{"type": "text", "text": "{}"}]);
        let both = json!({"content": text, "structuredContent": {"a": 1}, "_meta": {"view": {}}});
        assert_eq!(of(both), json!({"structuredContent": {"a": 1}}));
        let large = json!({"structuredContent": {"a": 1}, "content": "x".repeat(1000)});
        assert_eq!(of(large.clone()), large);
        for whole in [
            json!({"content": text}),
            json!({"content": text, "isError": true}),
            json!({"content": text, "structuredContent": {"a": 1}, "isError": true}),
            json!({"resultType": "input_required", "inputRequests": {"k": {}}, "requestState": "s"}),
            json!({}),
        ] {
            assert_eq!(of(whole.clone()), whole);
        }
    }
}
