//! The last calls of all clients, and news of everything.
//!
//! Owns how a call is told, and what of it is not: fields the project calls private or wants masked. Both are done when
//! somebody looks.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::{broadcast, mpsc};

use super::{Body, Refusal, Studio, milliseconds, moment, read};
use crate::catalog::Catalog;
use crate::server::seen as report;
use crate::server::wire::WIDGET_META;
use crate::traffic::{Entry, News, Traffic};
use crate::view;

/// Calls told at once, if nobody says how many.
const PAGE: usize = 100;
/// Most calls told at once.
const MOST: usize = 1000;
/// How often a stream of news tells that it is there.
const BEAT: Duration = Duration::from_secs(15);
/// News that wait for a slow page.
const WAITING: usize = 64;
/// What stands in for a value that is not shown.
const HIDDEN: &str = "•••";

/// Which calls.
#[derive(Debug, Deserialize)]
pub struct Asked {
    before: Option<u64>,
    limit: Option<usize>,
}

/// `GET api/traffic`
pub async fn list(State(studio): State<Arc<Studio>>, Query(asked): Query<Asked>) -> Json<Value> {
    let Some(traffic) = &studio.shared.traffic else {
        return Json(json!({"calls": [], "recording": false}));
    };
    let catalog = studio.shared.catalog();
    let kept = traffic.list(asked.before, asked.limit.unwrap_or(PAGE).min(MOST));
    let calls: Vec<Value> = kept.iter().map(|entry| call(entry, traffic, &catalog)).collect();
    Json(json!({"calls": calls, "recording": true}))
}

/// `DELETE api/traffic`
pub async fn clear(State(studio): State<Arc<Studio>>) -> StatusCode {
    if let Some(traffic) = &studio.shared.traffic {
        traffic.clear();
    }
    StatusCode::NO_CONTENT
}

/// `GET api/traffic/<id>`
pub async fn detail(State(studio): State<Arc<Studio>>, Path(id): Path<u64>) -> Result<Json<Value>, Refusal> {
    let gone = || Refusal::new(StatusCode::NOT_FOUND, format!("call {id} is not kept any more"));
    let traffic = studio.shared.traffic.as_ref().ok_or_else(gone)?;
    let entry = traffic.get(id).ok_or_else(gone)?;
    let catalog = studio.shared.catalog();
    let mut told = call(&entry, traffic, &catalog);
    let record = &entry.record;
    let has_private = has_private(&entry, &catalog);
    let mut hidden = Hidden { names: &catalog.studio.mask, has_private, values: Vec::new() };
    let parsed = |bytes: &Option<Vec<u8>>| -> Value {
        bytes.as_deref().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
    };
    let mut arguments = parsed(&record.arguments);
    hidden.mask(&mut arguments);
    hidden.echoes(&mut arguments);
    let mut result = parsed(&record.result);
    hidden.result(&mut result);
    let mut detail = json!(record.detail);
    hidden.echoes(&mut detail);
    if let Some(about) = told.as_object_mut() {
        let params = json!({"name": record.subject, "arguments": arguments});
        let wire = json!({
            "request": {"jsonrpc": "2.0", "method": record.method, "params": params},
            "response": {"jsonrpc": "2.0", "result": result},
        });
        about.insert("wire".to_owned(), wire);
        about.insert("arguments".to_owned(), arguments);
        about.insert("result".to_owned(), result);
        about.insert("error".to_owned(), detail);
    }
    Ok(Json(told))
}

/// Whether the widget of a call has fields the model does not see.
fn has_private(entry: &Entry, catalog: &Catalog) -> bool {
    let tool = entry.record.subject.as_deref().and_then(|name| catalog.tools.get(name));
    tool.is_some_and(|tool| tool.answer.bindings().any(|binding| !binding.private.is_empty()))
}

/// What is not shown.
struct Hidden<'c> {
    names: &'c [String],
    has_private: bool,
    /// Texts and numbers that were masked so far.
    values: Vec<String>,
}

/// The shortest masked text that is looked for elsewhere: a shorter one is in everything.
const TELLING: usize = 3;

impl Hidden<'_> {
    /// Replaces the values of masked members, at any depth. Whether there was one.
    fn mask(&mut self, value: &mut Value) -> bool {
        let mut found = false;
        match value {
            Value::Object(members) => {
                for (name, value) in members.iter_mut() {
                    if self.names.iter().any(|hidden| hidden.eq_ignore_ascii_case(name)) {
                        self.note(value);
                        *value = HIDDEN.into();
                        found = true;
                    } else {
                        found |= self.mask(value);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| found |= self.mask(item)),
            _ => {}
        }
        found
    }

    fn note(&mut self, value: &Value) {
        match value {
            Value::String(text) if text.len() >= TELLING => self.values.push(text.clone()),
            Value::Number(number) if number.to_string().len() >= TELLING => {
                self.values.push(number.to_string());
            }
            Value::Array(items) => items.iter().for_each(|item| self.note(item)),
            Value::Object(members) => members.values().for_each(|value| self.note(value)),
            _ => {}
        }
    }

    /// Hides what was masked elsewhere wherever it is repeated, in sentences too.
    fn echoes(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                for hidden in self.values.iter().filter(|hidden| !hidden.is_empty()) {
                    if text.contains(hidden.as_str()) {
                        *text = text.replace(hidden.as_str(), HIDDEN);
                    }
                }
            }
            Value::Number(number) if self.values.contains(&number.to_string()) => *value = HIDDEN.into(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.echoes(item)),
            Value::Object(members) => members.values_mut().for_each(|value| self.echoes(value)),
            _ => {}
        }
    }

    /// Masks a result. What was made of a value cannot be told from the rest, so texts and the tree go with it.
    fn result(&mut self, result: &mut Value) {
        let masked = result.get_mut("structuredContent").is_some_and(|data| self.mask(data));
        self.echoes(result);
        let meta = result.get_mut("_meta").and_then(|meta| meta.get_mut(WIDGET_META));
        if let (true, Some(Value::Object(meta))) = (masked || self.has_private, meta) {
            for key in ["tree", "copyText"] {
                if let Some(value) = meta.get_mut(key) {
                    *value = HIDDEN.into();
                }
            }
        }
        if !masked {
            return;
        }
        let envelope = result.get("structuredContent").map(Value::to_string);
        let blocks = result.get_mut("content").and_then(Value::as_array_mut);
        for (n, block) in blocks.into_iter().flatten().enumerate() {
            if let (Some(text), Some(envelope)) = (block.get_mut("text"), &envelope) {
                *text = if n == 0 { envelope.as_str().into() } else { HIDDEN.into() };
            }
        }
    }
}

/// A call in short.
fn call(entry: &Entry, traffic: &Traffic, catalog: &Catalog) -> Value {
    let record = &entry.record;
    let client: Option<Value> = record.client.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let stages: Map<String, Value> =
        record.stages.iter().map(|(stage, time)| ((*stage).to_owned(), json!(milliseconds(*time)))).collect();
    let page = record
        .widget
        .as_deref()
        .or_else(|| view::widget_of(record.subject.as_deref()?, &catalog.server.name));
    let seen = &entry.view;
    let actions = seen.actions.iter().map(|(kind, at)| {
        let target = record.subject.as_deref().and_then(|name| catalog.tools.get(name)?.actions.get(kind));
        json!({"type": kind, "at": moment(*at), "tool": target.map(|action| &action.tool)})
    });
    let cause = record.cause.as_ref().map(|cause| {
        let kind = if cause.action.is_some() { "action" } else { "view" };
        json!({"kind": kind, "action": cause.action, "call": cause.call})
    });
    let mut told = json!({
        "id": entry.id,
        "at": moment(entry.at),
        "method": record.method,
        "client": client,
        "revision": record.revision,
        "transport": record.transport,
        "outcome": record.outcome,
        "milliseconds": milliseconds(record.took),
        "stages": stages,
        "bytes": record.size,
        "degraded": record.degraded,
        "view": {
            "read": page.is_some_and(|widget| traffic.is_read(widget)),
            "initialized": seen.initialized.and_then(moment),
            "painted": seen.painted.and_then(moment),
            "milliseconds": seen.took,
        },
        "actions": actions.collect::<Vec<_>>(),
    });
    if let Some(about) = told.as_object_mut() {
        let mut set =
            |key: &str, value: Option<Value>| about.extend(value.map(|value| (key.to_owned(), value)));
        set("route", record.route.as_deref().map(Value::from));
        set("tool", record.subject.as_deref().map(Value::from));
        set("widget", page.map(Value::from));
        set("cause", cause);
    }
    told
}

/// What a view in one of the studio's frames tells.
pub async fn seen(
    State(studio): State<Arc<Studio>>,
    body: Body<Map<String, Value>>,
) -> Result<StatusCode, Refusal> {
    let told = read(body)?;
    if let Some(traffic) = &studio.shared.traffic {
        report::take(traffic, &told);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `GET api/events`: a line of JSON for everything new, until the page goes or the server stops.
pub async fn events(State(studio): State<Arc<Studio>>) -> Response {
    let (lines, waiting) = mpsc::channel(WAITING);
    tokio::spawn(tell(studio, lines));
    let stream = futures_util::stream::unfold(waiting, async |mut waiting| {
        let line: Bytes = waiting.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(line), waiting))
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (kind, HttpBody::from_stream(stream)).into_response()
}

/// Tells what happens to one page.
async fn tell(studio: Arc<Studio>, lines: mpsc::Sender<Bytes>) {
    let shared = &studio.shared;
    let mut states = shared.live().states();
    let mut calls = shared.traffic.as_ref().map(|traffic| traffic.subscribe());
    let mut beat = tokio::time::interval(BEAT);
    loop {
        let line = tokio::select! {
            _ = beat.tick() => json!({"kind": "beat"}),
            () = shared.drain.cancelled() => return,
            () = lines.closed() => return,
            changed = states.changed() => {
                if changed.is_err() {
                    return;
                }
                let now = states.borrow_and_update().clone();
                json!({"kind": "state", "state": super::state(&now)})
            }
            news = next(&mut calls) => match (news, &shared.traffic) {
                (Some(news), Some(traffic)) => told(&news, traffic, &shared.catalog()),
                _ => continue,
            },
        };
        if lines.send(Bytes::from(line.to_string() + "\n")).await.is_err() {
            return;
        }
    }
}

/// The next news; never, where nothing is kept.
async fn next(calls: &mut Option<broadcast::Receiver<News>>) -> Option<News> {
    match calls {
        Some(calls) => match calls.recv().await {
            Ok(news) => Some(news),
            // The page asks for the list again when it is told of the next.
            Err(broadcast::error::RecvError::Lagged(_)) => None,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

fn told(news: &News, traffic: &Traffic, catalog: &Catalog) -> Value {
    match news {
        News::Call(entry) => json!({"kind": "call", "call": call(entry, traffic, catalog)}),
        News::View(entry) => {
            let whole = call(entry, traffic, catalog);
            json!({"kind": "view", "id": entry.id, "view": whole.get("view"), "actions": whole.get("actions")})
        }
    }
}
