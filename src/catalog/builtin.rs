//! Tools that no file describes: `toolface_render`, which views use.
//!
//! Owns their names and arguments. They are called, bounded and logged as all others.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::arguments::Arguments;
use super::binding::Binding;
use super::tool::{Annotations, Answer, Tool};
use crate::config::server::{Format, View};
use crate::config::tool::Visibility;
use crate::schema::shape::{OnMissing, Shape};
use crate::schema::{Formats, Schema};
use crate::source::Source;
use crate::source::fixed::Fixed;
use crate::widget::Widget;

/// Draws a widget for a view whose host kept the tree from it.
pub const RENDER: &str = "toolface_render";

/// By this tool views tell what became of them. The server has it while somebody looks on; no file can have its name.
pub const SEEN: &str = "toolface_seen";

/// Whether a name is that of a tool of ours.
pub fn is_ours(name: &str) -> bool {
    matches!(name, RENDER | SEEN)
}

/// `toolface_render {widget, data}`: the widget of that name with that data. `None` in a project without widgets.
pub(super) fn render(widgets: &BTreeMap<String, Arc<Widget>>, format: Format) -> Option<Tool> {
    let bindings: BTreeMap<String, Binding> = widgets
        .iter()
        .filter_map(|(name, widget)| Some((name.clone(), Binding::plain(widget, format)?)))
        .collect();
    if bindings.is_empty() {
        return None;
    }
    let schema = json!({
        "type": "object",
        "properties": {
            "widget": {"type": "string", "enum": bindings.keys().collect::<Vec<_>>(), "description": "Name of the widget"},
            "data": {"type": "object", "description": "Its data, as in the result of the tool that answered in it"},
        },
        "required": ["widget", "data"],
        "additionalProperties": false,
    });
    let schema = Schema::compile(schema, Formats::Checked).ok()?;
    let defaults = Shape::compile(schema.json(), OnMissing::Defaults);
    Some(Tool {
        name: RENDER.to_owned(),
        title: Some("Draw a widget".to_owned()),
        description: "Used by widgets to draw themselves again. Never needed to answer a question."
            .to_owned(),
        arguments: Arc::new(Arguments { schema, defaults, in_headers: false }),
        source: Source::Fixed(Fixed::default()),
        select: None,
        answer: Answer::Asked(bindings),
        actions: BTreeMap::new(),
        annotations: Annotations {
            read_only: true,
            destructive: false,
            idempotent: Some(true),
            open_world: false,
        },
        icons: Vec::new(),
        visibility: vec![Visibility::App],
        view: View::default(),
        timeout: None,
        output_schema: None,
    })
}
