//! One tool: what it is, a call of it from within, its file.
//!
//! Owns what is told of a call besides its result: the messages as they are on the wire, and what went into and came
//! out of each stage. The call itself is the server's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::files::{self, Kind};
use super::{Body, Refusal, Studio, milliseconds, read};
use crate::call::envelope::markdown;
use crate::call::{CallError, CallErrorKind, Stage, Trace};
use crate::catalog::{Answer, Catalog, Tool, builtin};
use crate::server::calls::{self, Call, Client, Witness};
use crate::server::direct::{MODERN, UI_EXTENSION};
use crate::server::wire::{self, Revision};
use crate::source::input::Caller;
use crate::traffic::Cause;
use crate::widget::sample;
use crate::widget::tree::{Tree, TreeLimits};

/// `GET api/tools/<name>`
pub async fn get(
    State(studio): State<Arc<Studio>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let catalog = studio.shared.catalog();
    let Some(tool) = catalog.tools.get(&name) else {
        return broken(&studio, &catalog, &name);
    };
    let listing = studio.shared.listing();
    let has_file = name != builtin::RENDER && !matches!(tool.answer, Answer::Passed(_));
    let file = has_file.then(|| Kind::Tool.shown(&name));
    let text = match &file {
        Some(_) => files::read(&catalog.root, Kind::Tool, &name)?,
        None => None,
    };
    let mut bindings: Vec<Value> = match &tool.answer {
        Answer::Widget { main, variants } => std::iter::once((main.as_ref(), None))
            .chain(variants.iter().map(|(when, binding)| (binding, Some(when.program()))))
            .map(|(binding, when)| {
                json!({
                    "widget": binding.widget.name,
                    "id": binding.id,
                    "type": binding.widget.name,
                    "when": when,
                    "private": binding.private.iter().map(ToString::to_string).collect::<Vec<_>>(),
                })
            })
            .collect(),
        Answer::Fixed(_) | Answer::Asked(_) | Answer::Passed(_) => Vec::new(),
    };
    bindings.shrink_to_fit();
    let actions: Map<String, Value> = tool
        .actions
        .iter()
        .map(|(kind, action)| (kind.clone(), json!({"tool": action.tool, "arguments": action.arguments})))
        .collect();
    Ok(Json(json!({
        "name": name,
        "definition": listing.tool(&name),
        "file": file,
        "hash": text.as_deref().map(files::hash),
        "text": text,
        "bindings": bindings,
        "actions": actions,
        "example": {"arguments": example(tool)},
        "faults": file.map(|file| studio.faults_of(&file)).unwrap_or_default(),
        "source": {"kind": tool.source.kind()},
    })))
}

/// A tool whose file has faults, so that the catalog lacks it: its text, to be mended.
fn broken(studio: &Arc<Studio>, catalog: &Catalog, name: &str) -> Result<Json<Value>, Refusal> {
    let text = files::read(&catalog.root, Kind::Tool, name).ok().flatten();
    let text = text.ok_or_else(|| {
        let told = Refusal::unknown("tool", name);
        match crate::diag::suggestion(name, catalog.tools.keys().map(String::as_str)) {
            Some(help) => told.help(help),
            None => told,
        }
    })?;
    let file = Kind::Tool.shown(name);
    Ok(Json(json!({
        "name": name,
        "definition": {"name": name, "inputSchema": {"type": "object"}},
        "file": file,
        "hash": files::hash(&text),
        "text": text,
        "bindings": [],
        "actions": {},
        "example": {"arguments": {}},
        "faults": studio.faults_of(&file),
        "source": {"kind": "unknown"},
    })))
}

/// Arguments to begin with: what the schema has examples or defaults of, and what it demands.
fn example(tool: &Tool) -> Value {
    let schema = tool.arguments.schema.json();
    let made = sample::from_schema(schema);
    let wanted = |name: &str| {
        let required = schema.get("required").and_then(Value::as_array);
        let told = schema.get("properties").and_then(|p| p.get(name));
        required.is_some_and(|all| all.iter().any(|n| n == name))
            || told.is_some_and(|t| t.get("examples").is_some() || t.get("default").is_some())
    };
    match made {
        Value::Object(all) => all.into_iter().filter(|(name, _)| wanted(name)).collect(),
        other => other,
    }
}

/// A call to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    #[serde(default)]
    arguments: Map<String, Value>,
    revision: Option<String>,
    #[serde(default)]
    ui: bool,
    from: Option<From>,
}

/// The view that makes it.
#[derive(Debug, Deserialize)]
pub struct From {
    action: Option<String>,
    call: Option<u64>,
}

/// `POST api/tools/<name>/run`
pub async fn run(
    State(studio): State<Arc<Studio>>,
    Path(name): Path<String>,
    body: Body<Run>,
) -> Result<Json<Value>, Refusal> {
    let Run { arguments, revision, ui, from } = read(body)?;
    let modern = match revision.as_deref() {
        None | Some(MODERN) => true,
        Some("2025-11-25" | "2025-06-18") => false,
        Some(other) => return Err(Refusal::bad(format!("there is no revision `{other}`"))),
    };
    let shared = &studio.shared;
    let catalog = shared.catalog();
    let asked = Value::Object(arguments.clone());
    let (request, headers) = request(&name, &arguments, modern.then_some(ui));
    let client = Client { revision: if modern { Revision::Modern } else { Revision::Legacy }, draws: ui };
    let cause = from.map(|from| Cause { action: from.action, call: from.call });
    let call = Call {
        tool: &name,
        arguments,
        client,
        transport: "studio",
        about: Some("{\"name\":\"Toolface Studio\"}"),
        cause,
        caller: Caller::default(),
    };
    let mut witness = Witness::new(Trace::full());
    let begin = Instant::now();
    let answered = shared
        .running
        .track_future(calls::answer_before(shared, &catalog, call, wire::open_response("1"), &mut witness))
        .await;
    let took = begin.elapsed();
    let response = match answered {
        Ok(mut written) => {
            wire::close_response(&mut written);
            serde_json::from_slice(&written).map_err(|e| {
                Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the answer is no JSON: {e}"))
            })?
        }
        Err(error) => json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": error.message}}),
    };
    let text = text(&catalog, &name, &response);
    Ok(Json(json!({
        "call": witness.id,
        "ok": witness.error.is_none(),
        "milliseconds": milliseconds(took),
        "curl": curl(&catalog, &request, &headers),
        "request": request,
        "headers": headers,
        "response": response,
        "text": text,
        "trace": trace(asked, &witness.trace),
        "error": witness.error.as_ref().map(|error| failure(error, &witness.trace)),
    })))
}

/// The message as a client sends it, and the headers beside it. `draws`: for 2026-07-28, whether the client says that
/// it draws views; before, that was said in the session.
fn request(name: &str, arguments: &Map<String, Value>, draws: Option<bool>) -> (Value, Map<String, Value>) {
    let mut params = json!({"name": name, "arguments": arguments});
    let mut headers = Map::new();
    headers.insert("content-type".to_owned(), "application/json".into());
    headers.insert("accept".to_owned(), "application/json, text/event-stream".into());
    if let Some(draws) = draws {
        let extensions = match draws {
            true => json!({"extensions": {UI_EXTENSION: {"mimeTypes": [crate::view::MIME_TYPE]}}}),
            false => json!({}),
        };
        if let Some(params) = params.as_object_mut() {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": extensions,
                "io.modelcontextprotocol/clientInfo": {"name": "toolface-studio", "version": env!("CARGO_PKG_VERSION")},
            });
            params.insert("_meta".to_owned(), meta);
        }
        headers.insert("mcp-protocol-version".to_owned(), MODERN.into());
        headers.insert("mcp-method".to_owned(), "tools/call".into());
        headers.insert("mcp-name".to_owned(), name.into());
    }
    (json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}), headers)
}

/// The request as a command for a shell.
fn curl(catalog: &Catalog, request: &Value, headers: &Map<String, Value>) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let mut command = format!("curl -s http://{}/mcp", catalog.http.listen);
    for (name, value) in headers {
        let header = format!("{name}: {}", value.as_str().unwrap_or_default());
        command.push_str(&format!(" \\\n  -H {}", quoted(&header)));
    }
    command.push_str(&format!(" \\\n  -d {}", quoted(&request.to_string())));
    command
}

/// What people read of a result: its last text. A client that draws views gets none for people; then it is made of the
/// tree.
fn text(catalog: &Catalog, tool: &str, response: &Value) -> String {
    let content = response.pointer("/result/content").and_then(Value::as_array).map(Vec::as_slice);
    let block = |block: &Value| block.get("text").and_then(Value::as_str).map(str::to_owned);
    let tree = response.pointer("/result/_meta").and_then(|meta| meta.get(wire::WIDGET_META)?.get("tree"));
    match (content, tree) {
        (Some([_]) | None, Some(tree)) => {
            let json = tree.to_string();
            let actions = catalog.tools.get(tool).map(|tool| &tool.actions);
            let drawn = Tree::parse(&json, TreeLimits::default());
            drawn.map(|tree| markdown(&tree, actions.unwrap_or(&BTreeMap::new()))).unwrap_or_default()
        }
        (all, _) => all.and_then(<[Value]>::last).and_then(block).unwrap_or_default(),
    }
}

/// Each stage, with what went in: what came out of the one before.
fn trace(arguments: Value, trace: &Trace) -> Vec<Value> {
    let mut before = arguments;
    trace
        .kept()
        .iter()
        .map(|(stage, out)| {
            let told = json!({
                "stage": stage.name(),
                "milliseconds": milliseconds(trace.time(*stage)),
                "in": before,
                "out": out,
            });
            before = out.clone();
            told
        })
        .collect()
}

/// A failure at the stage where it arose: the first that was not ended.
fn failure(error: &CallError, trace: &Trace) -> Value {
    let ended = trace.kept().last().map(|(stage, _)| *stage);
    let stage = match error.kind {
        CallErrorKind::Arguments | CallErrorKind::UnknownTool => Stage::Arguments,
        CallErrorKind::Source(_) => Stage::Source,
        CallErrorKind::Select => Stage::Select,
        CallErrorKind::Data => Stage::Data,
        CallErrorKind::Render if ended == Some(Stage::Template) => Stage::Tree,
        CallErrorKind::Render => Stage::Template,
        _ => match ended {
            None => Stage::Arguments,
            Some(Stage::Arguments) => Stage::Source,
            Some(Stage::Source) => Stage::Select,
            Some(Stage::Select) => Stage::Data,
            Some(Stage::Data) => Stage::Template,
            Some(Stage::Template) => Stage::Tree,
            Some(_) => Stage::Envelope,
        },
    };
    json!({
        "stage": stage.name(),
        "message": error.message,
        "detail": error.detail,
        "help": help(stage, error.kind),
    })
}

/// What an author can do about a failure.
fn help(stage: Stage, kind: CallErrorKind) -> Option<&'static str> {
    match (stage, kind) {
        (Stage::Arguments, _) => {
            Some("Give arguments that fit; if these should, change [input] in the tool's file.")
        }
        (Stage::Source, CallErrorKind::Source(crate::source::SourceErrorKind::NotFound)) => Some(
            "Nothing is there for these arguments. What the model is told then is `not_found` in [source].",
        ),
        (Stage::Source, _) => Some("See [source] in the tool's file, and its connection in toolface.toml."),
        (Stage::Select, _) => {
            Some("See `select` in [data] of the tool's file: what it gets is the output of the source above.")
        }
        (Stage::Data, _) => Some(
            "Let `select` in [data] deliver what the widget's schema asks for, or let the schema ask for less; `on_missing = \"partial\"` puts placeholders in.",
        ),
        (Stage::Template | Stage::Tree, _) => {
            Some("Open the widget with this data: its template is at fault.")
        }
        (Stage::Envelope, _) => None,
    }
}

/// A tool file to save.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Save {
    /// The digest of the text it was made from; none for a new file.
    base: Option<String>,
    text: String,
}

/// `PUT api/tools/<name>`
pub async fn put(
    State(studio): State<Arc<Studio>>,
    Path(name): Path<String>,
    body: Body<Save>,
) -> Result<Json<Value>, Refusal> {
    let Save { base, text } = read(body)?;
    let _one = studio.saving.lock().await;
    let root = studio.shared.catalog().root.clone();
    ours(&name)?;
    let disk = files::read(&root, Kind::Tool, &name)?;
    if disk.as_deref().map(files::hash) != base {
        return Err(conflict(disk.as_deref()));
    }
    files::write(&root, Kind::Tool, &name, &text)?;
    let state = studio.shared.live().reload().await;
    let file = Kind::Tool.shown(&name);
    Ok(Json(json!({
        "hash": files::hash(&text),
        "state": super::state(&state),
        "faults": state.faults.iter().map(super::faults::fault).filter(|f| f.get("file").is_some_and(|of| *of == file)).collect::<Vec<_>>(),
    })))
}

/// Refuses the name of a tool that no file describes.
pub fn ours(name: &str) -> Result<(), Refusal> {
    match builtin::is_ours(name) {
        true => {
            Err(Refusal::bad(format!("`{name}` is a tool of Toolface's own")).help("choose another name"))
        }
        false => Ok(()),
    }
}

/// The file was changed elsewhere since it was read here.
pub fn conflict(disk: Option<&str>) -> Refusal {
    let told = match disk {
        Some(_) => "the file was changed elsewhere in the meantime",
        None => "the file is not there any more",
    };
    Refusal::new(StatusCode::CONFLICT, told)
        .with("hash", json!(disk.map(files::hash)))
        .with("text", json!(disk))
}
