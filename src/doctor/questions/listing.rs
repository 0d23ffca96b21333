//! Questions of how tools are listed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Answer;
use crate::doctor::facts::{Facts, Tool};
use crate::schema::{Formats, Schema};

/// Characters of a tool's name at most, by the protocol (2025-11-25, tools).
const MAX_NAME: usize = 128;
/// Characters that all known hosts take: some put the server's name before it and stop at 64.
const SAFE_NAME: usize = 64;

pub(super) fn names(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    let mut known = BTreeSet::new();
    for tool in facts.tools().iter().filter(|tool| !tool.name().is_empty()) {
        let name = tool.name();
        let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        let length = name.chars().count();
        if !is_plain || length > MAX_NAME {
            let cure = format!("use letters, digits, `_`, `-` and `.`, at most {MAX_NAME}");
            answer.fault("name-invalid", name, "hosts may leave out a tool of this name", cure);
        } else if length > SAFE_NAME {
            let message = format!("the name has {length} characters; some hosts stop at {SAFE_NAME}");
            answer.warn("name-long", name, message, "give it a shorter one");
        }
        if !known.insert(name) {
            answer.fault("name-duplicate", name, "two tools have this name", "rename one of them");
        }
        if tool.text("description").trim().is_empty() {
            let message = "it has no description, by which a model chooses";
            answer.warn("description-missing", name, message, "say in a sentence what it is for");
        }
    }
    answer
}

pub(super) fn schemas(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    for tool in facts.tools() {
        match tool.input() {
            Some(schema) if schema.get("type") == Some(&json!("object")) => {
                compiles(&mut answer, "input-schema-invalid", "inputSchema", tool, schema);
            }
            _ => answer.fault(
                "input-schema-invalid",
                tool.name(),
                "inputSchema is no schema of an object",
                "write {\"type\": \"object\"} even if there are no arguments; clients refuse the whole list else",
            ),
        }
        if let Some(schema) = tool.output() {
            compiles(&mut answer, "output-schema-invalid", "outputSchema", tool, schema);
        }
    }
    answer
}

fn compiles(answer: &mut Answer, id: &'static str, which: &str, tool: &Tool, schema: &Value) {
    for error in Schema::compile(schema.clone(), Formats::Described).err().into_iter().flatten().take(3) {
        let at =
            if error.pointer.is_empty() { which.to_owned() } else { format!("{which} {}", error.pointer) };
        answer.fault(
            id,
            tool.name(),
            format!("{at}: {}", error.message),
            "mend the schema (JSON Schema 2020-12)",
        );
    }
}
