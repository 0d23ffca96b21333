//! The short way of a plain `tools/call`: from the bytes of the request to the bytes of the response.
//!
//! Owns recognising such a request. Nearly all traffic of a server are these calls, and the general machinery spends
//! more on one than the work itself takes (see ARCHITECTURE.md for the figures). This way takes a request only when
//! it is exactly in order and asks for nothing besides its result; with the least doubt it is left to rmcp, which
//! then also says what is wrong with it. So no rule of the protocol is decided here that rmcp decides otherwise.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::wire::Revision;

/// The revision whose requests carry everything with them.
pub const MODERN: &str = "2026-07-28";
/// The extension by which a client says that it draws views.
pub const UI_EXTENSION: &str = "io.modelcontextprotocol/ui";

/// A plain call.
#[derive(Debug)]
pub struct PlainCall<'a> {
    /// The request's id as JSON text.
    pub id: &'a str,
    /// The tool.
    pub tool: Cow<'a, str>,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// What the request says of its client; `None` before 2026-07-28, where the session knows.
    pub client: Option<bool>,
    /// The revision.
    pub revision: Revision,
    /// What the client says of itself, as JSON text.
    pub about: Option<&'a str>,
    /// The request says that its client can be asked something.
    pub answers: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a> {
    jsonrpc: &'a str,
    #[serde(borrow)]
    id: &'a RawValue,
    method: &'a str,
    #[serde(borrow)]
    params: Params<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    arguments: Map<String, Value>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<Meta<'a>>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<&'a str>,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities")]
    capabilities: Option<Capabilities<'a>>,
    #[serde(borrow, rename = "io.modelcontextprotocol/clientInfo")]
    about: Option<&'a RawValue>,
    #[serde(borrow, rename = "io.modelcontextprotocol/logLevel")]
    log_level: Option<&'a RawValue>,
    #[serde(borrow, rename = "progressToken")]
    progress: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Capabilities<'a> {
    #[serde(borrow)]
    extensions: Option<Extensions<'a>>,
    #[serde(borrow)]
    elicitation: Option<&'a RawValue>,
    #[serde(borrow)]
    sampling: Option<&'a RawValue>,
    #[serde(borrow)]
    roots: Option<&'a RawValue>,
}

impl Capabilities<'_> {
    fn answers(&self) -> bool {
        [self.elicitation, self.sampling, self.roots].iter().any(Option::is_some)
    }
}

#[derive(Deserialize)]
struct Extensions<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/ui")]
    ui: Option<&'a RawValue>,
}

/// Reads a message if it is a plain `tools/call`.
pub fn plain_call(message: &[u8]) -> Option<PlainCall<'_>> {
    // Cheaper than parsing what is something else.
    memchr::memmem::find(message, b"\"tools/call\"")?;
    let message: Message<'_> = serde_json::from_slice(message).ok()?;
    let id = message.id.get();
    let plain_id = id.starts_with('"') || id.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if message.jsonrpc != "2.0" || message.method != "tools/call" || !plain_id {
        return None;
    }
    let Params { name, arguments, meta } = message.params;
    let asks_for_more = |m: &Meta<'_>| m.log_level.is_some() || m.progress.is_some();
    if meta.as_ref().is_some_and(asks_for_more) {
        return None;
    }
    let about = meta.as_ref().and_then(|m| m.about).map(RawValue::get);
    let (client, revision, answers) = match meta.map(|m| (m.version, m.capabilities)) {
        None | Some((None, None)) => (None, Revision::Legacy, false),
        Some((Some(MODERN), Some(capabilities))) => {
            let answers = capabilities.answers();
            let draws = capabilities.extensions.is_some_and(|e| e.ui.is_some());
            (Some(draws), Revision::Modern, answers)
        }
        Some(_) => return None,
    };
    Some(PlainCall { id, tool: name, arguments, client, revision, about, answers })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"t","arguments":{"a":1},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/ui":{}}}}}}"#;

    #[test]
    fn a_plain_call_is_taken() {
        let call = plain_call(PLAIN.as_bytes()).unwrap();
        assert_eq!(
            (call.id, &*call.tool, call.client, call.revision),
            ("7", "t", Some(true), Revision::Modern)
        );
        let legacy =
            plain_call(br#"{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"t"}}"#).unwrap();
        assert_eq!((legacy.id, legacy.client, legacy.revision), ("\"x\"", None, Revision::Legacy));
    }

    #[test]
    fn anything_else_is_left_alone() {
        for (from, to) in [
            ("\"2.0\"", "\"1.0\""),
            ("tools/call", "tools/list"),
            ("\"id\":7", "\"id\":null"),
            ("\"id\":7", "\"id\":1.5"),
            ("\"id\":7", "\"id\":{}"),
            ("\"arguments\":{\"a\":1}", "\"arguments\":[1]"),
            ("\"name\":\"t\",", ""),
            ("\"name\":\"t\",", "\"name\":\"t\",\"task\":{},"),
            ("2026-07-28", "2099-01-01"),
            ("\"_meta\":{", "\"_meta\":{\"progressToken\":1,"),
            ("\"_meta\":{", "\"_meta\":{\"io.modelcontextprotocol/logLevel\":\"info\","),
            (
                "\"io.modelcontextprotocol/clientCapabilities\":{\"extensions\":{\"io.modelcontextprotocol/ui\":{}}}",
                "\"x\":1",
            ),
            ("}}}}", "}}}"),
        ] {
            let message = PLAIN.replace(from, to);
            assert!(plain_call(message.as_bytes()).is_none(), "{message}");
        }
    }
}
