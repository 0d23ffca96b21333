//! New widgets and tools.
//!
//! Owns what can be begun with. What is made of it is the starter's.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::files::{self, Kind};
use super::{Body, Refusal, Studio, read};
use crate::catalog::Catalog;
use crate::diag::SourceText;
use crate::starter::{self, Starter, ToolDraft};
use crate::template::Limits;
use crate::widget::tree::TreeLimits;
use crate::widget::{Widget, file};

/// What a widget begins with: one of these.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct From {
    blank: bool,
    starter: Option<String>,
    schema: Option<Value>,
    data: Option<Value>,
}

/// A widget to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewWidget {
    name: String,
    title: Option<String>,
    from: From,
    /// A form that asks for what the schema describes.
    #[serde(default)]
    form: bool,
    /// Only shown.
    #[serde(default)]
    dry: bool,
}

/// The action of a form that nobody has bound yet.
const SUBMIT: &str = "form.submit";

/// A widget before it is a file.
struct Made {
    text: String,
    title: String,
    template: String,
    schema: Value,
    sample: Value,
}

/// `POST api/new/widget`
pub async fn widget(
    State(studio): State<Arc<Studio>>,
    body: Body<NewWidget>,
) -> Result<Json<Value>, Refusal> {
    let asked = read(body)?;
    let made = make(&asked)?;
    if asked.dry {
        let Made { text: _, title, template, schema, sample } = made;
        return Ok(Json(json!({"title": title, "template": template, "schema": schema, "sample": sample})));
    }
    let _one = studio.saving.lock().await;
    let root = studio.shared.catalog().root.clone();
    refuse_taken(&root, Kind::Widget, &asked.name)?;
    files::write(&root, Kind::Widget, &asked.name, &made.text)?;
    let state = studio.shared.live().reload().await;
    Ok(Json(json!({
        "name": asked.name,
        "file": Kind::Widget.shown(&asked.name),
        "hash": files::hash(&made.text),
        "state": super::state(&state),
    })))
}

fn refuse_taken(root: &std::path::Path, kind: Kind, name: &str) -> Result<(), Refusal> {
    match files::read(root, kind, name)? {
        Some(_) => Err(Refusal::new(StatusCode::CONFLICT, format!("{} is there already", kind.shown(name)))
            .help("choose another name")),
        None => Ok(()),
    }
}

fn make(asked: &NewWidget) -> Result<Made, Refusal> {
    let (name, title) = (asked.name.as_str(), asked.title.as_deref().filter(|t| !t.trim().is_empty()));
    let starter = match &asked.from {
        From { starter: Some(from), .. } => return from_gallery(from, name, title),
        From { schema: Some(schema), .. } if asked.form => starter::form(name, title, schema, SUBMIT),
        From { schema: Some(schema), .. } => starter::from_schema(name, title, schema),
        From { data: Some(data), .. } => starter::from_data(name, title, data),
        From { blank: true, .. } => starter::blank(name, title),
        From { .. } => {
            return Err(Refusal::bad("say what the widget begins with: blank, starter, schema or data"));
        }
    };
    let text = starter.widget_file();
    let Starter { title, template, schema, sample, .. } = starter;
    Ok(Made { text, title, template, schema, sample })
}

fn from_gallery(from: &str, name: &str, title: Option<&str>) -> Result<Made, Refusal> {
    let entry = starter::gallery().iter().find(|entry| entry.name == from);
    let entry = entry.ok_or_else(|| Refusal::unknown("starter", from))?;
    let text = starter::from_gallery(entry, name, title);
    let written = file::read(&SourceText::new(from, text.as_str())).map_err(|_| {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the starter `{from}` cannot be read"))
    })?;
    Ok(Made {
        text,
        title: title.unwrap_or(entry.title).to_owned(),
        template: written.template,
        schema: written.schema,
        sample: written.editor.sample.unwrap_or_else(|| json!({})),
    })
}

/// `GET api/starters`
pub async fn starters() -> Json<Value> {
    let all = starter::gallery().iter().map(|entry| {
        let source = SourceText::new(entry.name, entry.widget_text);
        let compiled = Widget::compile(entry.name, &source, None, Limits::default(), TreeLimits::default());
        let mut told = compiled.map(|widget| super::project::drawn(&widget)).unwrap_or_else(|_| json!({}));
        for (key, value) in [("name", entry.name), ("title", entry.title), ("description", entry.description)]
        {
            if let Some(about) = told.as_object_mut() {
                about.insert(key.to_owned(), value.into());
            }
        }
        told
    });
    Json(all.collect())
}

/// A tool to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTool {
    name: String,
    title: Option<String>,
    description: Option<String>,
    widget: Option<String>,
    connection: Option<String>,
    #[serde(default)]
    dry: bool,
}

/// `POST api/new/tool`
pub async fn tool(State(studio): State<Arc<Studio>>, body: Body<NewTool>) -> Result<Json<Value>, Refusal> {
    let asked = read(body)?;
    super::tools::ours(&asked.name)?;
    let catalog = studio.shared.catalog();
    let text = starter::tool_file(&draft(&asked, &catalog)?);
    if asked.dry {
        return Ok(Json(json!({"text": text})));
    }
    let _one = studio.saving.lock().await;
    refuse_taken(&catalog.root, Kind::Tool, &asked.name)?;
    files::write(&catalog.root, Kind::Tool, &asked.name, &text)?;
    let state = studio.shared.live().reload().await;
    let faults = state.faults.iter().map(super::faults::fault);
    let shown = Kind::Tool.shown(&asked.name);
    Ok(Json(json!({
        "name": asked.name,
        "hash": files::hash(&text),
        "text": text,
        "faults": faults.filter(|f| f.get("file").is_some_and(|of| *of == shown)).collect::<Vec<_>>(),
        "file": shown,
        "state": super::state(&state),
    })))
}

/// A tool that answers with its widget's sample, to be drawn at once and given a source later.
fn draft(asked: &NewTool, catalog: &Catalog) -> Result<ToolDraft, Refusal> {
    let name = asked.widget.as_deref().unwrap_or(&asked.name);
    let widget = catalog.widgets.get(name).ok_or_else(|| Refusal::unknown("widget", name))?;
    let sample = widget.sample().0;
    let description = asked.description.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let mut draft = ToolDraft {
        title: Some(
            asked.title.clone().filter(|t| !t.trim().is_empty()).unwrap_or_else(|| widget.title.clone()),
        ),
        description: description.map_or_else(
            || {
                format!(
                    "Show {}. Say here what it is good for: the model decides by this when to use it.",
                    widget.title
                )
            },
            str::to_owned,
        ),
        widget: Some(name.to_owned()),
        annotations: vec![("read_only".to_owned(), true)],
        ..ToolDraft::default()
    };
    match asked.connection.as_deref() {
        None => {
            draft.source = vec![("data".to_owned(), sample)];
            draft.remarks.push(
                "The data is fixed: the widget's sample. Name a connection to ask a database or an API."
                    .to_owned(),
            );
        }
        Some(name) => {
            let found = catalog.connections().find(|(known, _)| *known == name);
            let (_, kind) = found.ok_or_else(|| Refusal::unknown("connection", name))?;
            if !starter::ask(&mut draft, name, kind, &sample) {
                let told = format!("a source of a connection of the kind `{kind}` has to be written by hand");
                return Err(
                    Refusal::bad(told).help("begin without a connection, and see docs/connections.md")
                );
            }
        }
    }
    Ok(draft)
}
