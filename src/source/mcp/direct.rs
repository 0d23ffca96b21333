//! The short way of a request to an upstream of 2026-07-28 over HTTP.
//!
//! Owns sending one and reading its answer, as bytes. At this revision a request is whole in itself, so most of what
//! rmcp's client does for one (queues, tasks, types for every answer there is) is not needed, and costs more than the
//! rest of a call (see ARCHITECTURE.md for the figures). With the least doubt a request is left to rmcp: one whose
//! progress is wanted, whose arguments travel in headers, whose name is no plain text, or that needs a token.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt as _;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use sse_stream::SseStream;

use super::VIEWS;
use super::client::{Lost, MAX_ANSWER, MIME_TYPE, chain};

/// JSON-RPC 2.0: internal error.
const INTERNAL: i32 = -32603;
/// The revision.
const REVISION: &str = "2026-07-28";

/// Where requests are sent, and what is the same in all of them.
#[derive(Debug)]
pub(super) struct Direct {
    client: reqwest::Client,
    url: String,
    headers: HeaderMap,
    next: AtomicU64,
}

#[derive(Serialize)]
struct Message<'a> {
    jsonrpc: &'static str,
    id: u64,
    method: &'a str,
    params: &'a Map<String, Value>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    result: Option<Value>,
    error: Option<Refused>,
}

#[derive(Deserialize)]
struct Refused {
    code: i32,
    message: String,
    data: Option<Value>,
}

impl Direct {
    /// `headers` are those of every request of the connection.
    pub(super) fn new(
        client: reqwest::Client,
        url: &str,
        headers: impl Iterator<Item = (HeaderName, HeaderValue)>,
    ) -> Self {
        let mut all: HeaderMap = headers.collect();
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        all.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        all.insert("mcp-protocol-version", HeaderValue::from_static(REVISION));
        Self { client, url: url.to_owned(), headers: all, next: AtomicU64::new(1) }
    }

    /// The `Mcp-Name` of a request (MCP 2026-07-28, transports), if it may go this way.
    pub(super) fn name(method: &str, params: &Map<String, Value>) -> Option<HeaderValue> {
        let member = match method {
            "tools/call" | "prompts/get" => "name",
            "resources/read" => "uri",
            _ => return None,
        };
        let name = params.get(member)?.as_str()?;
        let plain = name.bytes().all(|b| b.is_ascii_graphic()) && !name.is_empty() && !name.starts_with("=?");
        HeaderValue::from_str(name).ok().filter(|_| plain)
    }

    /// Sends a request and waits for its result. Given up, its connection is closed, which cancels it.
    pub(super) async fn ask(
        &self,
        method: &'static str,
        name: HeaderValue,
        mut params: Map<String, Value>,
        capabilities: &Map<String, Value>,
    ) -> Result<Value, Lost> {
        let mut declared = capabilities.clone();
        declared.insert("extensions".to_owned(), json!({VIEWS: {"mimeTypes": [MIME_TYPE]}}));
        let about = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientInfo": {"name": "toolface", "version": env!("CARGO_PKG_VERSION")},
            "io.modelcontextprotocol/clientCapabilities": declared,
        });
        params.insert("_meta".to_owned(), about);
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let message = Message { jsonrpc: "2.0", id, method, params: &params };
        let body = serde_json::to_vec(&message).map_err(|e| Lost::Unreachable(e.to_string()))?;
        let mut headers = self.headers.clone();
        headers.insert("mcp-method", HeaderValue::from_static(method));
        headers.insert("mcp-name", name);
        let sent = self.client.post(&self.url).headers(headers).body(body).send().await;
        let response = sent.map_err(|e| Lost::Unreachable(chain(&e)))?;
        let status = response.status();
        let kind = response.headers().get(CONTENT_TYPE).map(|kind| kind.as_bytes().to_ascii_lowercase());
        let kind = kind.unwrap_or_default();
        let outcome = match () {
            () if kind.starts_with(b"text/event-stream") => events(response, id).await,
            () if kind.starts_with(b"application/json") => read(&whole(response).await?, id),
            () => None,
        };
        outcome.unwrap_or_else(|| {
            if status.is_success() {
                let why = "what it answers is no JSON-RPC response to the request";
                return Err(Lost::Unreachable(why.to_owned()));
            }
            let message = format!("it answers with HTTP status {status}");
            // Another try would not help.
            match status.is_client_error() && !matches!(status.as_u16(), 401 | 408 | 429) {
                true => Err(Lost::Refused { code: INTERNAL, message, data: None }),
                false => Err(Lost::Unreachable(message)),
            }
        })
    }
}

/// A body, whole.
async fn whole(response: reqwest::Response) -> Result<Vec<u8>, Lost> {
    let mut body = Vec::with_capacity(response.content_length().unwrap_or(0).min(64 << 10) as usize);
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.map_err(|e| Lost::Unreachable(chain(&e)))?);
        if body.len() > MAX_ANSWER {
            return Err(too_large());
        }
    }
    Ok(body)
}

fn too_large() -> Lost {
    let message = format!("its answer has more than {} MB; ask for less", MAX_ANSWER >> 20);
    Lost::Refused { code: INTERNAL, message, data: None }
}

/// The answer in a stream of events. What comes before it is for who asked for it, and nobody did.
async fn events(response: reqwest::Response, id: u64) -> Option<Result<Value, Lost>> {
    let mut read_so_far = 0;
    let mut events = SseStream::from_bytes_stream(response.bytes_stream());
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            Err(e) => return Some(Err(Lost::Unreachable(chain(&e)))),
        };
        let Some(data) = event.data else { continue };
        read_so_far += data.len();
        if read_so_far > MAX_ANSWER {
            return Some(Err(too_large()));
        }
        if let Some(answer) = read(data.as_bytes(), id) {
            return Some(answer);
        }
    }
    None
}

/// The outcome in a message, if it is the response to this request, or to one whose id could not be read.
fn read(message: &[u8], id: u64) -> Option<Result<Value, Lost>> {
    let answer: Answer<'_> = serde_json::from_slice(message).ok()?;
    let theirs = answer.id.map_or("null", RawValue::get);
    let ours = theirs.parse() == Ok(id) || (theirs == "null" && answer.error.is_some());
    if answer.method.is_some() || !ours {
        return None;
    }
    match (answer.result, answer.error) {
        (Some(result), None) => Some(Ok(result)),
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
    fn which_requests_go_this_way() {
        let named = |method: &str, params: Value| {
            let name = Direct::name(method, params.as_object().unwrap());
            name.map(|name| name.to_str().unwrap().to_owned())
        };
        assert_eq!(named("tools/call", json!({"name": "echo"})).as_deref(), Some("echo"));
        assert_eq!(named("resources/read", json!({"uri": "ui://a/b"})).as_deref(), Some("ui://a/b"));
        for (method, params) in [
            ("tools/call", json!({"name": "größe"})),
            ("tools/call", json!({"name": " a"})),
            ("tools/call", json!({"name": ""})),
            ("tools/call", json!({"name": "=?base64?YQ==?="})),
            ("tools/call", json!({})),
            ("completion/complete", json!({"name": "x"})),
        ] {
            assert_eq!(named(method, params.clone()), None, "{method} {params}");
        }
    }

    #[test]
    fn which_messages_are_answers() {
        let of = |message: &str| {
            read(message.as_bytes(), 7).map(|outcome| outcome.map_err(|lost| lost.to_string()))
        };
        assert_eq!(of(r#"{"jsonrpc":"2.0","id":7,"result":{"a":1}}"#), Some(Ok(json!({"a": 1}))));
        let refused = "it answers with error -32602: no".to_owned();
        for id in ["7", "null"] {
            let message =
                format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32602,"message":"no"}}}}"#);
            assert_eq!(of(&message), Some(Err(refused.clone())), "{id}");
        }
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
}
