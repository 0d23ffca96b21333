//! One widget: what its file says, and saving it.
//!
//! Owns the named samples beside a widget. How a file is written so that ChatKit Studio opens it is the starter's.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::files::{self, Kind};
use super::tools::conflict;
use super::{Body, Refusal, Studio, read};
use crate::diag::SourceText;
use crate::starter::{self, Edit};
use crate::widget::{file, sample};

/// Largest number of named samples.
const MOST: usize = 100;

/// A named sample.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    name: String,
    data: Value,
}

/// `GET api/widgets/<name>`
pub async fn get(
    State(studio): State<Arc<Studio>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let catalog = studio.shared.catalog();
    let unknown = || {
        if catalog.widgets.contains_key(&name) {
            let told = format!("{} is gone", Kind::Widget.shown(&name));
            return Refusal::new(StatusCode::NOT_FOUND, told)
                .help("what was read before goes on being served; put the file back, or take the widget out of its tools");
        }
        let told = Refusal::unknown("widget", &name);
        match crate::diag::suggestion(&name, catalog.widgets.keys().map(String::as_str)) {
            Some(help) => told.help(help),
            None => told,
        }
    };
    // Samples that cannot be read are told, and do not keep the widget from being opened.
    let mut unread = None;
    let (text, states) = match catalog.widgets.get(&name) {
        // A file may have a name under which none would be written here. It is shown all the same.
        Some(widget) if !files::is_name(&name) => (widget.source.text().to_owned(), Vec::new()),
        _ => {
            let text = files::read(&catalog.root, Kind::Widget, &name)?.ok_or_else(unknown)?;
            (text, states(&catalog.root, &name).map_err(|refusal| unread = Some(refusal)).unwrap_or_default())
        }
    };
    let tools = catalog.tools.values().filter(|tool| tool.widgets().any(|w| w.name == name));
    let mut told = said(&name, &text);
    if let Some(about) = told.as_object_mut() {
        let shown = Kind::Widget.shown(&name);
        let unread = unread.map(|refusal| refusal.fault(&Kind::States.shown(&name)));
        let faults: Vec<Value> = studio.faults_of(&shown).into_iter().chain(unread).collect();
        about.insert("faults".to_owned(), faults.into());
        about.insert("file".to_owned(), shown.into());
        about.insert("states".to_owned(), json!(states));
        about.insert("tools".to_owned(), tools.map(|tool| tool.name.as_str()).collect());
        let id = catalog.widgets.get(&name).and_then(|w| w.id.clone());
        about.insert("id".to_owned(), json!(id));
    }
    Ok(Json(told))
}

/// What a widget file says, as far as it can be read: one with faults is opened to be mended.
fn said(name: &str, text: &str) -> Value {
    let source = SourceText::new(name, text);
    let loose: Value = serde_json::from_str(text).unwrap_or_default();
    let loose_text = |key: &str| loose.get(key).and_then(Value::as_str).map(str::to_owned);
    let (title, template, schema, own) = match file::read(&source) {
        Ok(written) => {
            let title = written.editor.name.or(written.name);
            (title, Some(written.template), Some(written.schema), written.editor.sample)
        }
        Err(_) => (loose_text("name"), loose_text("template"), loose.get("jsonSchema").cloned(), None),
    };
    let schema = schema.unwrap_or_else(|| json!({}));
    let is_own = own.is_some();
    json!({
        "name": name,
        "hash": files::hash(text),
        "text": text,
        "title": title.unwrap_or_else(|| name.to_owned()),
        "template": template.unwrap_or_default(),
        "sample": own.unwrap_or_else(|| sample::from_schema(&schema)),
        "schema": schema,
        "sampleIsOwn": is_own,
    })
}

/// The named samples beside a widget. A file that cannot be read as such is told, not replaced.
fn states(root: &std::path::Path, name: &str) -> Result<Vec<Sample>, Refusal> {
    let Some(text) = files::read(root, Kind::States, name)? else { return Ok(Vec::new()) };
    serde_json::from_str(&text).map_err(|e| {
        let shown = Kind::States.shown(name);
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{shown} is no list of {{name, data}}: {e}"))
            .help("mend it, or remove it")
    })
}

/// A widget to save.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Save {
    /// The digest of the text it was made from; none for a new file.
    base: Option<String>,
    title: String,
    template: String,
    schema: Value,
    sample: Value,
    #[serde(default)]
    states: Option<Vec<Sample>>,
}

/// `PUT api/widgets/<name>`
pub async fn put(
    State(studio): State<Arc<Studio>>,
    Path(name): Path<String>,
    body: Body<Save>,
) -> Result<Json<Value>, Refusal> {
    let Save { base, title, template, schema, sample, states: named } = read(body)?;
    if named.as_ref().is_some_and(|named| named.len() > MOST) {
        return Err(Refusal::bad(format!("a widget can have {MOST} named samples, not more")));
    }
    let _one = studio.saving.lock().await;
    let root = studio.shared.catalog().root.clone();
    let disk = files::read(&root, Kind::Widget, &name)?;
    if disk.as_deref().map(files::hash) != base {
        return Err(changed(&root, &name, disk.as_deref()));
    }
    if named.is_some() {
        // Samples that cannot be read are not replaced unseen.
        states(&root, &name)?;
    }
    let edit = Edit { name: title, template, schema, sample };
    let written = starter::rewrite(disk.as_deref().unwrap_or_default(), &edit).map_err(|e| {
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, e.to_string())
            .help("mend the template or the sample data; nothing was saved")
    })?;
    if disk.as_deref() != Some(&written.text) {
        files::write(&root, Kind::Widget, &name, &written.text)?;
    }
    if let Some(named) = named {
        save_states(&root, &name, &named)?;
    }
    let state = studio.shared.live().reload().await;
    let shown = Kind::Widget.shown(&name);
    let faults = state.faults.iter().map(super::faults::fault);
    Ok(Json(json!({
        "hash": files::hash(&written.text),
        "text": written.text,
        "notes": written.notes,
        "state": super::state(&state),
        "faults": faults.filter(|f| f.get("file").is_some_and(|of| *of == shown)).collect::<Vec<_>>(),
    })))
}

fn save_states(root: &std::path::Path, name: &str, named: &[Sample]) -> Result<(), Refusal> {
    if named.is_empty() {
        return files::remove(root, Kind::States, name);
    }
    let text = serde_json::to_string_pretty(named).map_err(|e| Refusal::bad(e.to_string()))? + "\n";
    if files::read(root, Kind::States, name)?.as_deref() == Some(&text) {
        return Ok(());
    }
    files::write(root, Kind::States, name, &text)
}

/// The file was changed elsewhere: what it says now.
fn changed(root: &std::path::Path, name: &str, disk: Option<&str>) -> Refusal {
    let told = conflict(disk);
    let Some(text) = disk else { return told };
    let now = said(name, text);
    let parts = ["title", "template", "schema", "sample"];
    let told = parts.iter().fold(told, |told, key| match now.get(*key) {
        Some(value) => told.with(key, value.clone()),
        None => told,
    });
    match states(root, name) {
        Ok(states) => told.with("states", json!(states)),
        Err(_) => told,
    }
}
