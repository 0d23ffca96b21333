//! The border between our types and MCP's, where they are listed.
//!
//! Owns how tools, resources and prompts look to a client. Nothing else in the program knows rmcp's models. A call's
//! result is written in [`super::wire`] and only read into rmcp's type here.

use std::collections::BTreeMap;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model as mcp;
use serde_json::{Map, Value, json};

use super::dialogue::Step;
use super::wire::WIDGET_META;
use crate::call::CallError;
use crate::catalog::extras::Content;
use crate::catalog::{Answer, Catalog, Prompt, Resource, ResourceTemplate, Tool};
use crate::source::input::Fetched;
use crate::source::mcp::Refusal;
use crate::view::{self, Page};

/// The address of the manifest.
pub const MANIFEST_URI: &str = "toolface://manifest";

/// A catalog as clients list it. Made once per catalog.
#[derive(Debug)]
pub struct Listing {
    /// The catalog.
    pub catalog: Arc<Catalog>,
    /// Its tools, sorted by name.
    pub tools: Vec<mcp::Tool>,
    /// Its resources, sorted by address.
    pub resources: Vec<mcp::Resource>,
    /// Its resource templates.
    pub templates: Vec<mcp::ResourceTemplate>,
    /// Its prompts, sorted by name.
    pub prompts: Vec<mcp::Prompt>,
    /// The manifest.
    pub manifest: String,
    /// The pages of its widgets, by widget.
    pub pages: BTreeMap<String, Page>,
}

impl Listing {
    /// Lists a catalog. `reports`: its views are asked to tell how they fare, by a tool that is listed too.
    pub fn new(catalog: Arc<Catalog>, reports: bool) -> Self {
        let manifest = crate::manifest::text(&catalog);
        let pages = view::pages(&catalog, reports);
        let mut resources: Vec<mcp::Resource> = catalog.resources.values().filter_map(resource).collect();
        resources.extend(manifest_resource(manifest.len()));
        resources.extend(pages.values().filter_map(page));
        let passed = || catalog.passing.listed();
        resources.extend(passed().flat_map(|passed| passed.resources()).filter_map(listed::<mcp::Resource>));
        let mut templates: Vec<mcp::ResourceTemplate> =
            catalog.resource_templates.iter().filter_map(template).collect();
        templates.extend(passed().flat_map(|passed| passed.templates()).filter_map(listed));
        resources.sort_by(|a, b| a.uri.cmp(&b.uri));
        let mut tools: Vec<mcp::Tool> =
            catalog.tools.values().filter_map(|t| tool(&catalog, t, &pages)).collect();
        if reports && !pages.is_empty() {
            tools.extend(typed(super::seen::definition()));
            tools.sort_by(|a: &mcp::Tool, b| a.name.cmp(&b.name));
        }
        Self {
            tools,
            resources,
            templates,
            prompts: super::prompts::list(&catalog),
            manifest,
            pages,
            catalog,
        }
    }

    /// A tool's definition.
    pub fn tool(&self, name: &str) -> Option<&mcp::Tool> {
        self.tools.iter().find(|t| t.name == name)
    }
}

/// A value of ours in MCP's type. What we build from JSON is always of its shape; a test lists every kind.
fn typed<T: serde::de::DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(without_nulls(value)).ok()
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(object.into_iter().filter(|(_, v)| !v.is_null()).collect()),
        other => other,
    }
}

/// What an MCP server lists, in MCP's type. What is not of its shape is left out, and told.
pub fn listed<T: serde::de::DeserializeOwned>(theirs: Value) -> Option<T> {
    let name = theirs.get("name").cloned().unwrap_or_default();
    serde_json::from_value(theirs)
        .inspect_err(|e| tracing::warn!("what an MCP server lists as {name} does not pass through: {e}"))
        .ok()
}

fn tool(catalog: &Catalog, tool: &Tool, pages: &BTreeMap<String, Page>) -> Option<mcp::Tool> {
    if let Answer::Passed(definition) = &tool.answer {
        return listed((**definition).clone());
    }
    let hints = tool.annotations;
    let annotations = without_nulls(json!({
        "readOnlyHint": hints.read_only,
        "destructiveHint": (!hints.read_only).then_some(hints.destructive),
        "idempotentHint": hints.idempotent,
        "openWorldHint": hints.open_world,
    }));
    let mut meta = Map::new();
    let widgets: Vec<Value> = tool
        .answer
        .bindings()
        .map(|b| json!({"id": b.id, "type": b.widget.name, "name": b.widget.title}))
        .collect();
    // The main binding comes last; the others are variants of it.
    if let Some((main, variants)) = widgets.split_last() {
        let mut about = main.clone();
        if let (Some(about), false) = (about.as_object_mut(), variants.is_empty()) {
            about.insert("variants".to_owned(), json!(variants));
        }
        meta.insert(WIDGET_META.to_owned(), about);
    }
    let main = tool.answer.bindings().last().and_then(|binding| pages.get(&binding.widget.name));
    meta.extend(view::tool_meta(catalog, tool, main));
    let icons: Vec<Value> = tool
        .icons
        .iter()
        .map(|i| without_nulls(json!({"src": i.src, "mimeType": i.mime_type, "sizes": (!i.sizes.is_empty()).then_some(&i.sizes)})))
        .collect();
    typed(json!({
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.arguments.schema.json(),
        "outputSchema": tool.output_schema,
        "annotations": annotations,
        "icons": (!icons.is_empty()).then_some(icons),
        "_meta": (!meta.is_empty()).then_some(meta),
    }))
}

fn manifest_resource(size: usize) -> Option<mcp::Resource> {
    typed(json!({
        "uri": MANIFEST_URI,
        "name": "manifest",
        "title": "Tool to widget bindings",
        "description": "Which tool answers in which widget, with the schemas of both: what an agent is routed by.",
        "mimeType": "application/json",
        "size": size,
    }))
}

fn page(page: &Page) -> Option<mcp::Resource> {
    typed(json!({
        "uri": page.uri,
        "name": page.name,
        "title": page.title,
        "description": page.description,
        "mimeType": view::MIME_TYPE,
        "size": page.size,
        "_meta": page.meta,
    }))
}

/// The content of a page, under the address it was asked for.
pub fn page_contents(page: &Page, uri: &str) -> Option<mcp::ResourceContents> {
    typed(json!({"uri": uri, "mimeType": view::MIME_TYPE, "text": page.html(), "_meta": page.meta}))
}

fn resource(resource: &Resource) -> Option<mcp::Resource> {
    let about = &resource.about;
    typed(json!({
        "uri": about.uri,
        "name": about.name,
        "title": about.title,
        "description": about.description,
        "mimeType": about.mime_type,
    }))
}

fn template(template: &ResourceTemplate) -> Option<mcp::ResourceTemplate> {
    let about = &template.about;
    typed(json!({
        "uriTemplate": about.uri_template,
        "name": about.name,
        "title": about.title,
        "description": about.description,
        "mimeType": about.mime_type,
    }))
}

/// A prompt of the project.
pub fn prompt(name: &str, prompt: &Prompt) -> Option<mcp::Prompt> {
    let about = &prompt.about;
    let arguments: Vec<Value> = about
        .arguments
        .iter()
        .map(|a| without_nulls(json!({"name": a.name, "description": a.description, "required": a.required})))
        .collect();
    typed(json!({
        "name": name,
        "title": about.title,
        "description": about.description,
        "arguments": (!arguments.is_empty()).then_some(arguments),
    }))
}

/// The content of a resource.
pub fn contents(resource: &Resource) -> mcp::ResourceContents {
    let uri = &resource.about.uri;
    let contents = match &resource.content {
        Content::Text(text) => mcp::ResourceContents::text(text, uri),
        Content::Blob(blob) => mcp::ResourceContents::blob(blob, uri),
    };
    match &resource.about.mime_type {
        Some(kind) => contents.with_mime_type(kind),
        None => contents,
    }
}

/// The messages of a prompt.
///
/// # Errors
/// A content block that is none of MCP's.
pub fn messages(
    rendered: Vec<(crate::config::server::Role, Value)>,
) -> Result<Vec<mcp::PromptMessage>, ErrorData> {
    let message = |(role, content)| typed(json!({"role": role, "content": content}));
    let messages: Option<Vec<mcp::PromptMessage>> = rendered.into_iter().map(message).collect();
    messages
        .ok_or_else(|| ErrorData::internal_error("a message of this prompt is no MCP content block", None))
}

/// A written result in rmcp's type.
///
/// # Errors
/// The result is none of MCP's, which only a fixed one can be.
pub fn result(written: &[u8]) -> Result<mcp::CallToolResult, ErrorData> {
    serde_json::from_slice(written).map_err(|e| {
        tracing::warn!("the result of a tool is no MCP result: {e}");
        ErrorData::internal_error("What this tool answers is no MCP result", None)
    })
}

/// The one failure of a call that is an error of the protocol.
pub fn error(error: &CallError) -> ErrorData {
    ErrorData::invalid_params(error.message.clone(), None)
}

/// What a request that passes through comes to.
///
/// # Errors
/// The upstream's own.
pub fn step(outcome: Result<Fetched, Refusal>) -> Result<Step<Value>, ErrorData> {
    match outcome {
        Ok(Fetched::Data(result)) => Ok(Step::Done(result)),
        Ok(Fetched::InputRequired(asked)) => Ok(Step::Asks(asked)),
        Err(Refusal { code, message, data }) => Err(ErrorData::new(mcp::ErrorCode(code), message, data)),
    }
}

/// A result that passes through, in rmcp's type.
///
/// # Errors
/// It is none of MCP's.
pub fn passed<T: serde::de::DeserializeOwned>(outcome: Step<Value>) -> Result<Step<T>, ErrorData> {
    let unlike =
        |e| ErrorData::internal_error(format!("the MCP server's answer is not as it must be: {e}"), None);
    Ok(match outcome {
        Step::Done(mut result) => {
            if let Some(result) = result.as_object_mut() {
                // 2026-07-28 has these with every result; rmcp takes them out where they are not known.
                result.insert("resultType".to_owned(), "complete".into());
                result.entry("ttlMs").or_insert_with(|| 0.into());
                result.entry("cacheScope").or_insert_with(|| "private".into());
            }
            Step::Done(serde_json::from_value(result).map_err(unlike)?)
        }
        Step::Asks(asked) => Step::Asks(asked),
    })
}
