//! Tools for those of another MCP server.
//!
//! Owns what becomes of each: a tool file that calls it, and a widget for what it answers. Asks no server itself.

use serde_json::{Value, json};

use super::NewTool;
use super::names::Names;
use crate::source::mcp::Definition;
use crate::starter::{self, ToolDraft};

/// The jq for answers of which nothing is known: what is no plain text is shown as JSON.
const ANYTHING: &str =
    r#"if type == "object" and has("text") and has("blocks") then {text: .text} else {text: tojson} end"#;

/// A tool for each of `chosen`. A sample answer, if there is one, is of the only one chosen.
pub fn tools(connection: &str, chosen: &[&Definition], sample: Option<&Value>) -> Vec<NewTool> {
    let mut names = Names::new();
    names.give("render_widget", '_', "tool");
    chosen.iter().map(|definition| tool(connection, definition, sample, &mut names)).collect()
}

fn tool(connection: &str, definition: &Definition, sample: Option<&Value>, names: &mut Names) -> NewTool {
    let name = names.give(definition.name(), '_', "tool");
    let title = definition.title();
    let mut notes = Vec::new();
    let (starter, select) = match (definition.output(), sample) {
        (_, Some(sample)) => {
            let made = starter::from_data(&name, title, sample);
            let select = made.select.clone();
            (made, select)
        }
        (Some(schema), None) => {
            let made = starter::from_schema(&name, title, schema);
            let select = made.select.clone();
            (made, select)
        }
        (None, None) => {
            notes.push(format!(
                "the server does not say what `{}` answers, so its widget shows text; --call '{{…}}' takes a sample",
                definition.name()
            ));
            let schema = json!({
                "type": "object",
                "properties": {"text": {"type": "string", "description": "Markdown", "format": "markdown"}},
                "required": ["text"]
            });
            (starter::from_schema(&name, title, &schema), Some(ANYTHING.to_owned()))
        }
    };
    let draft = ToolDraft {
        widget: Some(name.clone()),
        remarks: vec![format!(
            "Title, description, arguments and hints are those of `{}` at `{connection}`. What is written here stands over them.",
            definition.name()
        )],
        source: vec![
            ("connection".to_owned(), json!(connection)),
            ("call".to_owned(), json!(definition.name())),
        ],
        select,
        ..ToolDraft::default()
    };
    NewTool {
        origin: format!("{} of {connection}", definition.name()),
        tool: starter::tool_file(&draft),
        widget: starter.widget_file(),
        name,
        notes,
    }
}
