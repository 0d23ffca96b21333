//! The arguments of a tool, compiled.
//!
//! Owns what `input` of a tool file can be (one table per argument, a whole schema, or a file that holds one) and
//! the rules a schema of arguments has to keep.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::config::File;
use crate::config::document::Document;
use crate::config::tool::{Input, ToolFile};
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::shape::{OnMissing, Shape};
use crate::schema::{Fault, Formats, Schema, escape};
use crate::source::files::Files;

/// Largest file with the schema of a tool's arguments, in bytes.
const MAX_SCHEMA: u64 = 8 << 20;

/// The arguments of a tool.
#[derive(Debug)]
pub struct Arguments {
    /// What they must satisfy.
    pub schema: Schema,
    /// Fills in defaults.
    pub defaults: Shape,
    /// Some travel in HTTP headers too (`x-mcp-header`).
    pub in_headers: bool,
}

/// What an argument takes, as far as the field of a form must know: fields give text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Accepted {
    /// Text, also an empty one.
    Text,
    /// Text that cannot be empty.
    Filled,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
    /// Something a field does not give, or not known.
    Other,
}

impl Accepted {
    fn of(schema: &Value) -> Self {
        let types: Vec<&str> = match schema.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if types.contains(&"string") {
            let has = |key: &str| schema.get(key).is_some();
            let listed = schema.get("enum").and_then(Value::as_array);
            let may_be_empty = listed
                .map_or(!has("pattern") && !has("format"), |all| all.contains(&json!("")))
                && schema.get("minLength").and_then(Value::as_u64).unwrap_or(0) == 0;
            return if may_be_empty { Self::Text } else { Self::Filled };
        }
        if types.iter().any(|kind| matches!(*kind, "number" | "integer")) {
            return Self::Number;
        }
        if types.contains(&"boolean") { Self::Boolean } else { Self::Other }
    }
}

fn in_headers(schema: &Schema) -> bool {
    let properties = schema.json().get("properties").and_then(Value::as_object).into_iter().flatten();
    properties.into_iter().any(|(_, property)| property.get("x-mcp-header").is_some())
}

impl Arguments {
    /// The declared arguments, and what each takes.
    pub fn accepted(&self) -> impl Iterator<Item = (&str, Accepted)> {
        let properties = self.schema.json().get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().map(|(name, about)| (name.as_str(), Accepted::of(about)))
    }

    /// Compiles the `input` of a tool file.
    pub(super) fn compile(
        file: &File<ToolFile>,
        root: &Path,
        files: &Files,
        offered: Option<Value>,
        faults: &mut Diagnostics,
    ) -> Option<Self> {
        let before = faults.count(crate::diag::Severity::Error);
        let document = &file.document;
        let (schema, prefix) = match &file.content.input {
            Input::Table(table) if table.is_empty() && offered.is_some() => (offered?, None),
            Input::File(path) => {
                (read_schema(path, &|| files.read(&root.join(path), MAX_SCHEMA), document, faults)?, None)
            }
            Input::Table(table) if is_whole(table) => (Value::Object(table.clone()), Some("/input")),
            Input::Table(table) => (shorthand(table, document, faults)?, Some("/input!")),
        };
        let place = |pointer: &str| match prefix {
            None => document.value_span("/input"),
            Some("/input!") => document
                .value_span(&format!("/input{}", pointer.strip_prefix("/properties").unwrap_or_default())),
            Some(prefix) => document.value_span(&format!("{prefix}{pointer}")),
        };
        let told = |message: String, pointer: &str| {
            Diagnostic::error("invalid-schema", message).at(document.source(), place(pointer))
        };
        if schema.get("type") != Some(&json!("object")) {
            faults.push(told("the schema of the arguments must have type = \"object\"".into(), "/type"));
        }
        for (pointer, message) in header_faults(&schema) {
            faults.push(told(message, &pointer));
        }
        match Schema::compile(schema, Formats::Checked) {
            Ok(schema) if faults.count(crate::diag::Severity::Error) == before => {
                let defaults = Shape::compile(schema.json(), OnMissing::Defaults);
                let mut filled = json!({});
                defaults.fill(&mut filled);
                // What is missing, alone or in a choice of several, is the caller's to give.
                let of_default = |f: &Fault| f.keyword != "required" && !f.pointer.is_empty();
                for fault in schema.check(&filled).into_iter().filter(of_default) {
                    let name = fault.pointer.trim_start_matches('/');
                    let message =
                        format!("the default of {} {}", fault.place("the arguments"), fault.message);
                    faults.push(told(message, &format!("/properties/{name}/default")));
                }
                let in_headers = in_headers(&schema);
                Some(Self { schema, defaults, in_headers })
            }
            Ok(_) => None,
            Err(errors) => {
                for e in errors {
                    let message = format!("the schema of the arguments is not valid: {}", e.message);
                    faults.push(told(message, &e.pointer));
                }
                None
            }
        }
    }

    /// Those of a tool that passes through, as its server says: told, and checked there. A schema that nobody could check
    /// takes anything. `None` is never.
    pub(super) fn passed(schema: Value) -> Option<Self> {
        let schema = Schema::compile(schema, Formats::Described)
            .or_else(|_| Schema::compile(json!({"type": "object"}), Formats::Described))
            .ok()?;
        let in_headers = in_headers(&schema);
        let defaults = Shape::compile(&json!({}), OnMissing::Defaults);
        Some(Self { schema, defaults, in_headers })
    }

    /// The names the schema declares, if it allows no others.
    pub(super) fn names(schema: &Value) -> Option<Vec<&str>> {
        let closed = schema.get("additionalProperties") == Some(&json!(false));
        let properties = schema.get("properties").and_then(Value::as_object);
        let names = || properties.map(|p| p.keys().map(String::as_str).collect::<Vec<_>>());
        if closed { Some(names().unwrap_or_default()) } else { names().filter(|n| !n.is_empty()) }
    }
}

/// A table whose `type`, `$ref` or `$schema` is a string is a whole schema: an argument is always a table.
fn is_whole(table: &Map<String, Value>) -> bool {
    ["type", "$ref", "$schema"].iter().any(|key| table.get(*key).is_some_and(Value::is_string))
}

fn read_schema(
    path: &str,
    content: &dyn Fn() -> Result<Arc<[u8]>, String>,
    document: &Document,
    faults: &mut Diagnostics,
) -> Option<Value> {
    let read = || -> Result<Value, String> {
        serde_json::from_slice(&content()?).map_err(|e| format!("it is no JSON: {e}"))
    };
    let told = |why| Diagnostic::error("unreadable", format!("cannot use {path}: {why}"));
    read().map_err(|why| faults.push(told(why).at(document.source(), document.value_span("/input")))).ok()
}

/// One schema per argument → a schema of all.
fn shorthand(table: &Map<String, Value>, document: &Document, faults: &mut Diagnostics) -> Option<Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut sound = true;
    for (name, property) in table {
        let pointer = format!("/input/{}", escape(name));
        let Some(mut keywords) = property.as_object().cloned() else {
            let told = Diagnostic::error("invalid-schema", format!("the argument `{name}` must be a table"))
                .at(document.source(), document.value_span(&pointer))
                .help(format!("write [input.{name}] with type = \"string\", description = \"…\""));
            faults.push(told);
            sound = false;
            continue;
        };
        let optional = match keywords.get("required") {
            Some(Value::Bool(required)) => Some(!required),
            _ => None,
        };
        if optional.is_some() {
            keywords.shift_remove("required");
        }
        if !optional.unwrap_or_else(|| keywords.contains_key("default")) {
            required.push(json!(name));
        }
        properties.insert(name.clone(), Value::Object(keywords));
    }
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if let (false, Some(object)) = (required.is_empty(), schema.as_object_mut()) {
        object.insert("required".to_owned(), Value::Array(required));
    }
    sound.then_some(schema)
}

/// Rules for `x-mcp-header` (MCP 2026-07-28, transports): a header token, used once, on a primitive property other
/// than `number`.
fn header_faults(schema: &Value) -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let Some(header) = property.get("x-mcp-header") else { continue };
        let pointer = format!("/properties/{}/x-mcp-header", escape(name));
        let token = header.as_str().filter(|h| {
            !h.is_empty() && h.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
        });
        match token {
            None => faults.push((pointer, "`x-mcp-header` must be a name a header can have".to_owned())),
            Some(token) if !seen.insert(token.to_ascii_lowercase()) => {
                faults.push((pointer, format!("the header `{token}` is used by two arguments")));
            }
            Some(_) => {
                let kind = property.get("type").and_then(Value::as_str);
                if !matches!(kind, Some("string" | "integer" | "boolean")) {
                    let message = "`x-mcp-header` is for arguments of type string, integer or boolean";
                    faults.push((pointer, message.to_owned()));
                }
            }
        }
    }
    faults
}
