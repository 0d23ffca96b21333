//! Toolface's wrapper around a result, as it arrives.
//!
//! Owns how it is recognised, in both of its forms. What a result carries is told in docs/results.md.

use serde_json::Value;

use super::facts::Tool;
use crate::server::wire::WIDGET_META;

/// Which widget, of which type; what of it is in the wrapper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wrapper<'v> {
    /// Id of the widget.
    pub id: &'v str,
    /// Its type.
    pub kind: &'v str,
}

/// The wrapper that a value is: `{widget_id, widget_type, data}` or `{widget: {id, type}, data}`.
pub(super) fn of(value: &Value) -> Option<Wrapper<'_>> {
    value.get("data")?;
    let text = |at: &str| value.pointer(at).and_then(Value::as_str);
    let (id, kind) = text("/widget_id")
        .map(|id| (id, text("/widget_type")))
        .or_else(|| Some((text("/widget/id")?, text("/widget/type"))))?;
    Some(Wrapper { id, kind: kind.unwrap_or_default() })
}

/// The first text block of a result that is JSON with a wrapper.
pub(super) fn in_content(result: &Value) -> Option<Value> {
    let mut parsed = texts(result).filter_map(|text| serde_json::from_str::<Value>(text).ok());
    parsed.find(|value| of(value).is_some())
}

/// The texts of a result's content.
pub(super) fn texts(result: &Value) -> impl Iterator<Item = &str> {
    let blocks = result.get("content").and_then(Value::as_array).into_iter().flatten();
    blocks
        .filter(|block| block.get("type") == Some(&Value::from("text")))
        .filter_map(|b| b.get("text")?.as_str())
}

/// What Toolface says of the widget besides, in `_meta`.
pub(super) fn meta(result: &Value) -> Option<&Value> {
    result.get("_meta")?.get(WIDGET_META)
}

/// Whether a tool's listing or this result of it has any sign of the wrapper.
pub(super) fn is_signed(tool: &Tool, result: &Value) -> bool {
    !tool.widgets().is_empty()
        || tool.output().is_some_and(|schema| !ids(schema).is_empty())
        || meta(result).is_some()
        || result.get("structuredContent").and_then(of).is_some()
        || in_content(result).is_some()
}

/// The ids of widgets that a schema has as constants.
pub(super) fn ids(schema: &Value) -> Vec<&str> {
    branches(schema).filter_map(|branch| id_of(branch)?.as_str()).collect()
}

/// The branch of a schema that is for this wrapper; the schema itself if it is none of several.
pub(super) fn branch<'s>(schema: &'s Value, value: &Value) -> &'s Value {
    let id = of(value).map(|wrapper| wrapper.id);
    branches(schema)
        .find(|branch| id.is_some() && id_of(branch).and_then(Value::as_str) == id)
        .unwrap_or(schema)
}

fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    let several = ["oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    std::iter::once(schema).chain(several.flatten())
}

fn id_of(branch: &Value) -> Option<&Value> {
    ["/properties/widget_id/const", "/properties/widget/properties/id/const"]
        .into_iter()
        .find_map(|at| branch.pointer(at))
}
