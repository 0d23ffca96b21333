//! The manifest: every binding of tool to widget, for agents to be routed by.
//!
//! Owns its shape, which is public (`schemas/manifest.schema.json`). Made from the catalog, so it cannot drift from
//! what is served.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::catalog::{Annotations, Answer, Binding, Catalog, Route, Tool};
use crate::config::server::Format;
use crate::config::tool::Visibility;

/// All bindings of a server.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Manifest<'c> {
    /// Version of this format: 1.
    pub manifest_version: u32,
    /// Who the server is.
    pub server: ServerName<'c>,
    /// One per tool that answers in a widget, sorted by tool.
    pub bindings: Vec<BindingEntry<'c>>,
    /// Sets of tools that are servers of their own, sorted by name.
    pub routes: Vec<RouteEntry<'c>>,
}

/// Who the server is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ServerName<'c> {
    /// Short name.
    pub name: &'c str,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'c str>,
    /// Its version.
    pub version: &'c str,
}

/// One tool and its widget.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BindingEntry<'c> {
    /// The tool's name.
    pub tool: &'c str,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'c str>,
    /// When to use it.
    pub description: &'c str,
    /// Who may call it.
    pub visibility: &'c [Visibility],
    /// It changes nothing.
    pub read_only: bool,
    /// JSON Schema of its arguments.
    pub input_schema: &'c Value,
    /// What its results carry.
    #[serde(flatten)]
    pub answer: AnswerEntry<'c>,
    /// Other widgets some results carry; the first whose condition holds is used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<VariantEntry<'c>>,
    /// Where the widget's actions lead, by action type.
    pub actions: BTreeMap<&'c str, ActionEntry<'c>>,
}

/// A widget in an envelope.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnswerEntry<'c> {
    /// The widget.
    pub widget: WidgetEntry<'c>,
    /// Form of the envelope.
    pub envelope: Format,
    /// JSON Schema of the envelope's data: the widget's own, with what may be null told, without what is private.
    pub data_schema: &'c Value,
    /// Fields of the data that are always there.
    pub required_fields: Vec<&'c str>,
}

/// The widget of a binding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WidgetEntry<'c> {
    /// The `widget_id` of envelopes.
    pub id: &'c str,
    /// The `widget_type` of envelopes.
    #[serde(rename = "type")]
    pub kind: &'c str,
    /// Its name for people.
    pub name: &'c str,
    /// The file it is defined in, relative to the project.
    pub file: &'c str,
    /// Changes with the file.
    pub hash: &'c str,
}

/// Another widget for some results.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VariantEntry<'c> {
    /// The condition: a jq program over the data.
    pub when: &'c str,
    /// What these results carry.
    #[serde(flatten)]
    pub answer: AnswerEntry<'c>,
}

/// Where an action leads.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActionEntry<'c> {
    /// The tool it calls.
    pub tool: &'c str,
    /// Tool argument → field of the action's payload. Arguments not named here come from fields of the same name.
    pub arguments: BTreeMap<&'c str, &'c str>,
}

/// A set of tools that is a server of its own.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RouteEntry<'c> {
    /// Its name; `toolface stdio --route` takes it.
    pub name: &'c str,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'c str>,
    /// What it is for: how an agent chooses among routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'c str>,
    /// Path of its MCP endpoint over HTTP.
    pub path: String,
    /// Names of the tools a model may call there.
    pub tools: &'c [String],
    /// Names of the tools only its widgets may call there.
    pub companions: &'c [String],
}

/// The manifest of a catalog.
pub fn manifest(catalog: &Catalog) -> Manifest<'_> {
    Manifest {
        manifest_version: 1,
        server: ServerName {
            name: &catalog.server.name,
            title: catalog.server.title.as_deref(),
            version: catalog.version(),
        },
        bindings: catalog.tools.values().filter_map(|tool| entry(catalog, tool)).collect(),
        routes: catalog.routes.values().map(route).collect(),
    }
}

/// The manifest as pretty JSON text.
pub fn text(catalog: &Catalog) -> String {
    serde_json::to_string_pretty(&manifest(catalog)).unwrap_or_default()
}

/// The JSON Schema of the manifest.
pub fn schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Manifest<'static>>();
    schema.insert("title".to_owned(), Value::from("The manifest of a Toolface server"));
    schema.to_value()
}

fn entry<'c>(catalog: &'c Catalog, tool: &'c Tool) -> Option<BindingEntry<'c>> {
    let Answer::Widget { main, variants } = &tool.answer else { return None };
    let Annotations { read_only, .. } = tool.annotations;
    Some(BindingEntry {
        tool: &tool.name,
        title: tool.title.as_deref(),
        description: &tool.description,
        visibility: catalog.visibility(tool),
        read_only,
        input_schema: tool.arguments.schema.json(),
        answer: answer(main),
        variants: variants
            .iter()
            .map(|(when, b)| VariantEntry { when: when.program(), answer: answer(b) })
            .collect(),
        actions: tool
            .actions
            .iter()
            .map(|(kind, action)| {
                let arguments = action.arguments.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                (kind.as_str(), ActionEntry { tool: &action.tool, arguments })
            })
            .collect(),
    })
}

fn route(route: &Route) -> RouteEntry<'_> {
    RouteEntry {
        name: &route.name,
        title: route.title.as_deref(),
        description: route.description.as_deref(),
        path: format!("/mcp/{}", route.name),
        tools: &route.tools,
        companions: &route.companions,
    }
}

fn answer(binding: &Binding) -> AnswerEntry<'_> {
    let widget = &binding.widget;
    let required = binding.public.get("required").and_then(Value::as_array).into_iter().flatten();
    AnswerEntry {
        widget: WidgetEntry {
            id: &binding.id,
            kind: &widget.name,
            name: &widget.title,
            file: &widget.file,
            hash: &widget.hash,
        },
        envelope: binding.format,
        data_schema: &binding.public,
        required_fields: required.filter_map(Value::as_str).collect(),
    }
}
