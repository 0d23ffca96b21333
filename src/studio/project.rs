//! The project at a glance: tools, widgets, and how widgets look.
//!
//! Owns what of it is told. It stays small and quick in a project of a thousand tools.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Body, Refusal, Studio, faults, read};
use crate::call::envelope;
use crate::catalog::{Catalog, Tool, builtin};
use crate::schema::shape::{OnMissing, Shape};
use crate::template::Data;
use crate::widget::Widget;

/// Thumbnails made for one request.
const AT_ONCE: usize = 50;

/// `GET api/project`
pub async fn get(State(studio): State<Arc<Studio>>) -> Json<Value> {
    let state = studio.shared.state();
    let catalog = &state.catalog;
    let mut makers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for tool in catalog.tools.values() {
        for widget in tool.widgets() {
            let makers = makers.entry(&widget.name).or_default();
            if makers.last() != Some(&tool.name.as_str()) {
                makers.push(&tool.name);
            }
        }
    }
    let widgets = catalog.widgets.values().map(|widget| {
        json!({
            "name": widget.name,
            "title": widget.title,
            "id": widget.id,
            "file": widget.file,
            "tools": makers.get(widget.name.as_str()).cloned().unwrap_or_default(),
            "actions": widget.action_types(),
        })
    });
    let routes = catalog.routes.values().map(|route| {
        json!({"name": route.name, "title": route.title, "tools": route.tools, "companions": route.companions})
    });
    let server = &catalog.server;
    Json(json!({
        "server": {"name": server.name, "title": server.title.as_ref().unwrap_or(&server.name), "version": catalog.version()},
        "state": super::state(&state),
        "studio": {"writable": true},
        "mcp": "/mcp",
        "tools": catalog.tools.values().map(|tool| entry(catalog, tool)).collect::<Vec<_>>(),
        "widgets": widgets.collect::<Vec<_>>(),
        "connections": catalog.connections().map(|(name, kind)| json!({"name": name, "kind": kind})).collect::<Vec<_>>(),
        "routes": routes.collect::<Vec<_>>(),
    }))
}

fn entry(catalog: &Catalog, tool: &Tool) -> Value {
    // The main one comes last in a tool's answer, and first here.
    let mut widgets: Vec<&str> = tool.widgets().map(|w| w.name.as_str()).collect();
    let main = usize::from(!widgets.is_empty());
    widgets.rotate_right(main);
    let builtin = tool.name == builtin::RENDER;
    json!({
        "name": tool.name,
        "title": tool.title.as_ref().unwrap_or(&tool.name),
        "description": tool.description,
        "widgets": widgets,
        "visibility": catalog.visibility(tool),
        "readOnly": tool.annotations.read_only,
        "file": (!builtin).then(|| format!("tools/{}.toml", tool.name)),
        "builtin": builtin,
        "inputs": tool.arguments.schema.json().get("properties").and_then(Value::as_object).map_or(0, Map::len),
    })
}

/// `GET api/thumbnail/<widget>`
pub async fn thumbnail(
    State(studio): State<Arc<Studio>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let catalog = studio.shared.catalog();
    let widget = catalog.widgets.get(&name).ok_or_else(|| Refusal::unknown("widget", &name))?;
    Ok(Json(drawn(widget)))
}

/// What thumbnails are asked for.
#[derive(Debug, Deserialize)]
pub struct Names {
    names: Vec<String>,
}

/// `POST api/thumbnails`
pub async fn thumbnails(
    State(studio): State<Arc<Studio>>,
    body: Body<Names>,
) -> Result<Json<Value>, Refusal> {
    let Names { names } = read(body)?;
    let catalog = studio.shared.catalog();
    let made = names.iter().take(AT_ONCE).filter_map(|name| {
        let widget = catalog.widgets.get(name)?;
        Some((name.clone(), drawn(widget)))
    });
    Ok(Json(Value::Object(made.collect())))
}

/// A widget with its sample data.
pub(super) fn drawn(widget: &Widget) -> Value {
    let (mut sample, own) = widget.sample();
    Shape::compile(&widget.schema, OnMissing::Null).fill(&mut sample);
    let data = Data::new(&sample);
    let tree = widget.print(&data).and_then(|printed| {
        let tree = widget.tree(&printed)?;
        Ok((tree.to_value(), envelope::markdown(&tree, &BTreeMap::new())))
    });
    match tree {
        Ok((tree, markdown)) => json!({"tree": tree, "markdown": markdown, "own": own}),
        Err(error) => {
            let told = faults::fault(&widget.told(&error, &data));
            json!({"tree": null, "markdown": null, "own": own, "fault": told})
        }
    }
}
