//! What is asked of a server, in which order, and where that ends.
//!
//! Owns which tools are called: those that say they only read, or that the user names, and only with arguments that
//! are known. What changes something is called once; what reads is called by both clients.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Examination;
use super::client::{Connection, Era, Eyes};
use super::facts::{Called, Facts, Seen, Tool, Trouble, TroubleKind};

/// Answers that may stay out before nothing more is asked.
const PATIENCE: usize = 2;
/// Views that are read at most.
const MAX_PAGES: usize = 200;

/// Gathers the facts.
pub(super) async fn facts(examination: &Examination) -> Facts {
    let open = |era, eyes| Connection::open(&examination.target, era, eyes, examination.timeout);
    let (legacy, modern) = tokio::join!(open(Era::Legacy, Eyes::Reading), open(Era::Modern, Eyes::Drawing));
    let hellos = (hello(&legacy), hello(&modern));
    // One that draws and one that reads are wanted, each at the revision that is left if only one is spoken.
    let host = match (modern, &legacy) {
        (Err(_), Ok(_)) => open(Era::Legacy, Eyes::Drawing).await.ok(),
        (modern, _) => modern.ok(),
    };
    let terminal = match legacy {
        Err(_) if host.is_some() => open(Era::Modern, Eyes::Reading).await.ok(),
        legacy => legacy.ok(),
    };
    let seen_by_host = match host {
        Some(host) => Some(look(host, examination, Eyes::Drawing).await),
        None => None,
    };
    let seen_by_terminal = match terminal {
        Some(terminal) => Some(look(terminal, examination, Eyes::Reading).await),
        None => None,
    };
    Facts { legacy: hellos.0, modern: hellos.1, host: seen_by_host, terminal: seen_by_terminal }
}

fn hello(opened: &Result<Connection, Trouble>) -> Result<super::facts::Hello, Trouble> {
    opened.as_ref().map(Connection::hello).map_err(Clone::clone)
}

async fn look(mut connection: Connection, examination: &Examination, eyes: Eyes) -> Seen {
    let tools = connection.list("tools/list", "tools").await;
    let tools = tools.map(|all| all.into_iter().map(Tool).collect::<Vec<_>>());
    let mut seen = Seen {
        resources: Ok(Vec::new()),
        pages: BTreeMap::new(),
        calls: BTreeMap::new(),
        stray: None,
        tools,
    };
    let listed = seen.tools.as_deref().unwrap_or_default();
    if eyes == Eyes::Drawing && listed.iter().any(|tool| tool.view().is_some()) {
        seen.resources = connection.list("resources/list", "resources").await;
        let uris = listed.iter().flat_map(Tool::views).map(|(_, uri)| uri);
        for uri in uris.take(MAX_PAGES) {
            if !seen.pages.contains_key(uri) {
                let read = connection.ask("resources/read", json!({ "uri": uri })).await;
                seen.pages.insert(uri.to_owned(), read);
            }
        }
    }
    seen.calls = calls(&mut connection, listed, examination, eyes).await;
    seen.stray = connection.close().await;
    seen
}

async fn calls(
    connection: &mut Connection,
    tools: &[Tool],
    examination: &Examination,
    eyes: Eyes,
) -> BTreeMap<String, Called> {
    let mut calls = BTreeMap::new();
    let mut unanswered = 0;
    for tool in tools {
        let called = match arguments(tool, examination, eyes) {
            Err(reason) => Called::Not(reason),
            Ok(_) if unanswered >= PATIENCE => {
                Called::Not(format!("{PATIENCE} calls before it were not answered; mend those first"))
            }
            Ok(arguments) => {
                let given = examination.arguments.contains_key(tool.name());
                let params = json!({"name": tool.name(), "arguments": arguments});
                match connection.ask("tools/call", params).await {
                    Ok(result) => Called::Answered(result, given),
                    Err(trouble) => {
                        unanswered += usize::from(trouble.kind != TroubleKind::Refused);
                        Called::Failed(trouble)
                    }
                }
            }
        };
        calls.insert(tool.name().to_owned(), called);
    }
    for name in examination.arguments.keys().chain(&examination.call) {
        calls.entry(name.clone()).or_insert(Called::Unknown);
    }
    calls
}

/// The arguments to call a tool with, or why it is not called.
fn arguments(tool: &Tool, examination: &Examination, eyes: Eyes) -> Result<Map<String, Value>, String> {
    let name = tool.name();
    let named = examination.call.contains(name);
    if !tool.only_reads() {
        if !named {
            return Err(format!("it may change something; `--call {name}` calls it"));
        }
        if eyes == Eyes::Reading {
            return Err("it may change something, so it was called once, as a host that draws".to_owned());
        }
    }
    if let Some(given) = examination.arguments.get(name) {
        return Ok(given.clone());
    }
    known(tool.input().unwrap_or(&Value::Null)).map_err(|unknown| {
        format!("its argument `{unknown}` has no default, example or enum; give it: --args '{name}={{…}}'")
    })
}

/// An example of the whole, or a value for each required argument: its constant, default, first example, first of
/// an enum. The error is the first that has none of them.
fn known(schema: &Value) -> Result<Map<String, Value>, String> {
    let first = |schema: &Value, key: &str| schema.get(key)?.as_array()?.first().cloned();
    if let Some(Value::Object(example)) = first(schema, "examples") {
        return Ok(example);
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let value = |name: &str| {
        let about = schema.get("properties")?.get(name)?;
        let stated = ["const", "default", "example"].into_iter().find_map(|key| about.get(key).cloned());
        stated.or_else(|| ["examples", "enum"].into_iter().find_map(|key| first(about, key)))
    };
    required
        .filter_map(Value::as_str)
        .map(|name| value(name).map(|v| (name.to_owned(), v)).ok_or_else(|| name.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_taken_from_the_schema_or_not_at_all() {
        let schema = json!({
            "properties": {
                "id": {"type": "string", "examples": ["1001", "1002"]},
                "kind": {"enum": ["any", "bikes"], "default": "bikes"},
                "size": {"type": "integer"},
            },
            "required": ["id", "kind"],
        });
        assert_eq!(known(&schema).map(Value::Object), Ok(json!({"id": "1001", "kind": "bikes"})));
        let unknown = json!({"properties": schema["properties"], "required": ["id", "size"]});
        assert_eq!(known(&unknown), Err("size".to_owned()));
        assert_eq!(
            known(&json!({"examples": [{"a": 1}], "required": ["b"]})).map(Value::Object),
            Ok(json!({"a": 1}))
        );
        assert_eq!(known(&Value::Null).map(Value::Object), Ok(json!({})));
    }
}
