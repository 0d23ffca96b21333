//! The JSON of a call's result.
//!
//! Owns the result contract on the wire, at both revisions. Written straight to bytes: envelope and tree are JSON
//! texts already and are copied, not parsed and written again. rmcp's way in reads these bytes into its own type, so
//! there is one description of a result.

use std::io::Write as _;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::call::{CallError, Envelope, Outcome};

/// The key of a result's `_meta` under which the widget travels.
pub const WIDGET_META: &str = "dev.toolface/widget";
/// The key under which it says by which number the studio shows the call.
pub const CALL_META: &str = "dev.toolface/call";

/// A revision of MCP, as far as results differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revision {
    /// 2026-07-28: results say what they are and who made them.
    Modern,
    /// 2025-11-25 and before.
    Legacy,
}

impl Revision {
    /// For the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Legacy => "legacy",
        }
    }
}

/// How a result is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Style<'s> {
    /// The revision of the client.
    pub revision: Revision,
    /// Who we are: the JSON text of `serverInfo`.
    pub identity: &'s str,
    /// The number under which the call is kept to be looked at, if it is.
    pub call: Option<u64>,
}

/// The key of `_meta` under which a result of 2026-07-28 says who made it.
pub const SERVER_INFO_META: &str = "io.modelcontextprotocol/serverInfo";

/// Appends the result of a call.
pub fn write_result(out: &mut Vec<u8>, outcome: &Result<Outcome<'_>, CallError>, style: Style<'_>) {
    match outcome {
        Ok(Outcome::Widget(envelope)) => write_envelope(out, envelope, style),
        Ok(Outcome::Fixed(result)) => write_whole(out, result, style),
        Ok(Outcome::Passed(result)) => write_whole(out, result, style),
        Ok(Outcome::InputRequired(asked)) => write_json(out, &stamped(asked.result(), style)),
        Err(error) => {
            out.extend_from_slice(b"{\"content\":[{\"type\":\"text\",\"text\":");
            write_json(out, &error.message);
            out.extend_from_slice(b"}],\"isError\":true");
            write_tail(out, None, style);
        }
    }
}

fn write_envelope(out: &mut Vec<u8>, envelope: &Envelope<'_>, style: Style<'_>) {
    out.reserve(envelope.json.len() * 5 / 2 + envelope.tree.len() + 1024);
    out.extend_from_slice(b"{\"content\":[{\"type\":\"text\",\"text\":");
    write_json_as_string(out, &envelope.json);
    if let Some(markdown) = &envelope.markdown {
        out.extend_from_slice(b"},{\"type\":\"text\",\"text\":");
        write_json(out, markdown);
        out.extend_from_slice(b",\"annotations\":{\"audience\":[\"user\"]}");
    }
    out.extend_from_slice(b"}],\"structuredContent\":");
    out.extend_from_slice(envelope.json.as_bytes());
    out.extend_from_slice(b",\"isError\":false");
    write_tail(out, Some(envelope), style);
}

/// `_meta` and what comes after it.
fn write_tail(out: &mut Vec<u8>, envelope: Option<&Envelope<'_>>, style: Style<'_>) {
    let modern = style.revision == Revision::Modern;
    if envelope.is_some() || modern {
        out.extend_from_slice(b",\"_meta\":{");
        if let Some(envelope) = envelope {
            write_widget(out, envelope);
            if let Some(call) = style.call {
                let _ = write!(out, ",\"{CALL_META}\":{call}");
            }
        }
        if modern {
            let comma = if envelope.is_some() { "," } else { "" };
            let _ = write!(out, "{comma}\"{SERVER_INFO_META}\":{}", style.identity);
        }
        out.push(b'}');
    }
    if modern {
        out.extend_from_slice(b",\"resultType\":\"complete\"");
    }
    out.push(b'}');
}

fn write_widget(out: &mut Vec<u8>, envelope: &Envelope<'_>) {
    let binding = envelope.binding;
    let _ = write!(out, "\"{WIDGET_META}\":{{\"id\":");
    write_json(out, &binding.id);
    out.extend_from_slice(b",\"type\":");
    write_json(out, &binding.widget.name);
    out.extend_from_slice(b",\"name\":");
    write_json(out, &binding.widget.title);
    out.extend_from_slice(b",\"tree\":");
    out.extend_from_slice(envelope.tree.as_bytes());
    out.extend_from_slice(b",\"copyText\":");
    write_json(out, &envelope.copy_text);
    out.extend_from_slice(b",\"degraded\":");
    write_json(out, &envelope.degraded);
    out.push(b'}');
}

/// A result that is one already.
fn write_whole(out: &mut Vec<u8>, result: &Value, style: Style<'_>) {
    let Value::Object(members) = result else { return write_json(out, result) };
    let modern = style.revision == Revision::Modern;
    out.extend_from_slice(b"{\"content\":");
    match members.get("content") {
        Some(content) => write_json(out, content),
        None => out.extend_from_slice(b"[]"),
    }
    let is_ours = |name: &str| matches!(name, "content" | "resultType") || (modern && name == "_meta");
    for (name, member) in members.iter().filter(|(name, _)| !is_ours(name)) {
        write_member(out, name, member);
    }
    if modern {
        out.extend_from_slice(b",\"_meta\":{");
        let _ = write!(out, "\"{SERVER_INFO_META}\":{}", style.identity);
        let meta = members.get("_meta").and_then(Value::as_object);
        for (name, member) in meta.into_iter().flatten().filter(|(name, _)| *name != SERVER_INFO_META) {
            write_member(out, name, member);
        }
        out.extend_from_slice(b"},\"resultType\":\"complete\"");
    }
    out.push(b'}');
}

fn write_member(out: &mut Vec<u8>, name: &str, member: &Value) {
    out.push(b',');
    write_json(out, name);
    out.push(b':');
    write_json(out, member);
}

/// With who made it, where that is told.
fn stamped(mut result: Value, style: Style<'_>) -> Value {
    if let (Value::Object(object), Revision::Modern) = (&mut result, style.revision) {
        let meta = object.entry("_meta").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(meta) = meta {
            let identity = serde_json::from_str(style.identity).unwrap_or_default();
            meta.insert(SERVER_INFO_META.to_owned(), identity);
        }
    }
    result
}

/// Writing JSON to memory cannot fail.
fn write_json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let _ = serde_json::to_writer(out, value);
}

/// Appends JSON text as a JSON string. It is printed JSON, so nothing but quotes and backslashes needs an escape.
fn write_json_as_string(out: &mut Vec<u8>, json: &str) {
    out.push(b'"');
    let mut rest = json.as_bytes();
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((first, after)) = special.split_first() else { break };
        out.extend_from_slice(&[b'\\', *first]);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// The beginning of a JSON-RPC response, up to its result.
pub fn open_response(id: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 << 10);
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(id.as_bytes());
    out.extend_from_slice(b",\"result\":");
    out
}

/// The end of a response whose result is written.
pub fn close_response(out: &mut Vec<u8>) {
    out.push(b'}');
}

/// The JSON-RPC error for a message that no request can be read from. It has the id that can be read all the same,
/// because somebody waits for it.
pub fn malformed(message: &[u8]) -> Value {
    let read = serde_json::from_slice::<Value>(message);
    let id = read.as_ref().ok().and_then(|m| m.get("id")).filter(|id| id.is_string() || id.is_i64());
    let id = id.cloned().unwrap_or_default();
    let (code, text) = match read {
        Err(e) => (-32700, format!("Parse error: this is no JSON: {e}")),
        Ok(Value::Array(_)) => {
            (-32600, "Invalid Request: batches are not part of MCP; send one message at a time".to_owned())
        }
        Ok(m)
            if m.get("jsonrpc") == Some(&json!("2.0")) && m.get("params").is_some_and(|p| !p.is_object()) =>
        {
            (-32602, "Invalid params: `params` must be an object".to_owned())
        }
        Ok(_) => (-32600, "Invalid Request: this is no JSON-RPC 2.0 message".to_owned()),
    };
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text}})
}

/// The JSON-RPC error for asking after a cursor that is no text. rmcp would take it for none, and a client that follows
/// pages would begin again and again.
pub fn no_cursor(message: &[u8]) -> Option<Value> {
    // Cheaper than parsing what has none.
    memchr::memmem::find(message, b"\"cursor\"")?;
    let message: Value = serde_json::from_slice(message).ok()?;
    let (id, method) = (message.get("id")?, message.get("method")?.as_str()?);
    message.pointer("/params/cursor").filter(|cursor| !cursor.is_string() && !cursor.is_null())?;
    let error = json!({"code": -32602, "message": "Invalid cursor: it must be a string"});
    method.ends_with("/list").then(|| json!({"jsonrpc": "2.0", "id": id, "error": error}))
}

/// A JSON-RPC error about a message whose id is not known.
pub fn error(code: i64, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": message}})
}
