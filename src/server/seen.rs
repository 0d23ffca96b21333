//! What views tell of themselves: `toolface_seen`.
//!
//! Owns the tool by which a view says, through its host, that it was welcomed, has drawn its result, or had an action
//! pressed. It is there only while calls are kept to be looked at, for views alone, and keeps nothing else.

use std::io::Write as _;

use serde_json::{Map, Value, json};

use super::wire::{Revision, SERVER_INFO_META};
use crate::traffic::{Seen, Traffic};

/// The tool's name.
pub const TOOL: &str = crate::catalog::builtin::SEEN;
/// Longest name of an action that is kept, in bytes.
const LONGEST: usize = 200;

/// How the tool is listed.
pub fn definition() -> Value {
    json!({
        "name": TOOL,
        "title": "Tell how a widget fares",
        "description": "Used by widgets to tell the studio that they are drawn. Never needed to answer a question.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "event": {"type": "string", "enum": ["initialized", "painted", "action"], "description": "What happened"},
                "tool": {"type": "string", "description": "The tool whose result is shown"},
                "call": {"type": "integer", "description": "Number of the call, from its result"},
                "action": {"type": "string", "description": "Type of the action that was pressed"},
                "milliseconds": {"type": "number", "description": "Since the page began"},
            },
            "required": ["event"],
        },
        "annotations": {"readOnlyHint": true, "idempotentHint": true, "openWorldHint": false},
        "_meta": {"ui": {"visibility": ["app"]}, "openai/widgetAccessible": true},
    })
}

/// Keeps what a view tells. What it is not understood in is ignored: a view can do nothing about it.
pub fn take(traffic: &Traffic, arguments: &Map<String, Value>) {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let seen = match text("event") {
        Some("initialized") => Seen::Initialized,
        Some("painted") => Seen::Painted,
        Some("action") => match text("action") {
            Some(action) if action.len() <= LONGEST => Seen::Action(action.to_owned()),
            _ => return,
        },
        _ => return,
    };
    let call = arguments.get("call").and_then(Value::as_u64);
    let took = arguments.get("milliseconds").and_then(Value::as_f64);
    traffic.seen(call, text("tool").unwrap_or_default(), seen, took);
}

/// Appends the result, which says nothing.
pub(super) fn write_result(out: &mut Vec<u8>, revision: Revision, identity: &str) {
    out.extend_from_slice(b"{\"content\":[{\"type\":\"text\",\"text\":\"noted\"}],\"isError\":false");
    if revision == Revision::Modern {
        let _ = write!(out, ",\"_meta\":{{\"{SERVER_INFO_META}\":{identity}}},\"resultType\":\"complete\"");
    }
    out.push(b'}');
}
