//! A widget while it is written: template, schema and data as they stand in the editors, drawn without any file.
//!
//! Owns where each fault is shown: in which of the three, at which line and column. Asked after every key.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Body, Refusal, Studio, milliseconds, read};
use crate::call::envelope;
use crate::diag::SourceText;
use crate::schema::shape::{OnMissing, Shape};
use crate::schema::{Formats, Schema};
use crate::template::{Data, Flavor, Limits, Template};
use crate::widget::file;
use crate::widget::tree::{Tree, TreeErrorKind, TreeLimits};

/// What stands in the editors. The texts win where both are given: they have places.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Draft {
    template: String,
    #[serde(default)]
    schema: Option<Value>,
    #[serde(default)]
    data: Option<Value>,
    schema_text: Option<String>,
    data_text: Option<String>,
    on_missing: Option<String>,
}

/// One of the three editors.
#[derive(Debug, Clone, Copy)]
enum Part {
    Template,
    Schema,
    Data,
}

/// What came of a draft.
#[derive(Debug, Default)]
struct Drawn {
    tree: Option<Value>,
    markdown: Option<String>,
    data: Value,
    degraded: Vec<String>,
    faults: Vec<Value>,
    times: Map<String, Value>,
}

/// `POST api/render`
pub async fn post(State(studio): State<Arc<Studio>>, body: Body<Draft>) -> Result<Json<Value>, Refusal> {
    let draft = read(body)?;
    let catalog = studio.shared.catalog();
    let limits = Limits {
        fuel: catalog.limits.template_fuel,
        output_bytes: catalog.limits.template_output_bytes,
        ..Limits::default()
    };
    let trees = TreeLimits { nodes: catalog.limits.tree_nodes, ..TreeLimits::default() };
    // Templates may take their time, and whoever writes one makes mistakes.
    let drawn = tokio::task::spawn_blocking(move || draw(&draft, limits, trees)).await;
    let drawn = drawn.map_err(|_| Refusal::bad("the template could not be drawn"))?;
    Ok(Json(json!({
        "ok": drawn.tree.is_some() && drawn.faults.is_empty(),
        "tree": drawn.tree,
        "markdown": drawn.markdown,
        "data": drawn.data,
        "milliseconds": drawn.times,
        "degraded": drawn.degraded,
        "faults": drawn.faults,
    })))
}

fn draw(draft: &Draft, limits: Limits, trees: TreeLimits) -> Drawn {
    let mut drawn = Drawn::default();
    let template_text = SourceText::new("template", draft.template.as_str());
    let begin = Instant::now();
    let schema = drawn.part(Part::Schema, draft.schema.as_ref(), draft.schema_text.as_deref());
    let data = drawn.part(Part::Data, draft.data.as_ref(), draft.data_text.as_deref());
    let checked = schema.and_then(|(schema, text)| drawn.schema(schema, &text));
    let data = data.map(|(data, text)| drawn.data(data, &text, checked.as_ref(), draft.on_missing()));
    drawn.time("data", begin);
    let begin = Instant::now();
    let template = Template::compile("draft", &draft.template, Flavor::Widget, limits);
    let template = match template {
        Ok(template) => template,
        Err(e) => {
            drawn.fault(Part::Template, &template_text, e.span, e.message, None, None);
            return drawn;
        }
    };
    let Some(data) = data else { return drawn };
    let data = Data::new(&data);
    let printed = template.render(&data);
    drawn.time("template", begin);
    let printed = match printed {
        Ok(printed) => printed,
        Err(e) => {
            drawn.fault(Part::Template, &template_text, e.span, e.message, None, None);
            return drawn;
        }
    };
    let begin = Instant::now();
    match Tree::parse(&printed, trees) {
        Ok(tree) => {
            drawn.tree = Some(tree.to_value());
            drawn.markdown = Some(envelope::markdown(&tree, &BTreeMap::new()));
        }
        Err(e) => {
            let place = match template.as_static() {
                Some(_) => Some(e.offset..e.offset + 1),
                None => template.locate(&data, e.offset),
            };
            let help = (e.kind == TreeErrorKind::Json)
                .then_some("what the template prints must be JSON: look for a comma, a quote or a `| tojson` that is missing");
            drawn.fault(Part::Template, &template_text, place, e.to_string(), help, None);
        }
    }
    drawn.time("tree", begin);
    drawn
}

impl Draft {
    fn on_missing(&self) -> OnMissing {
        match self.on_missing.as_deref() {
            Some("error") => OnMissing::Error,
            Some("partial") => OnMissing::Partial,
            _ => OnMissing::Null,
        }
    }
}

impl Drawn {
    fn time(&mut self, stage: &str, begin: Instant) {
        self.times.insert(stage.to_owned(), json!(milliseconds(begin.elapsed())));
    }

    /// A JSON document as it was given, or as it stands in an editor.
    fn part(&mut self, part: Part, given: Option<&Value>, text: Option<&str>) -> Option<(Value, SourceText)> {
        let Some(text) = text else {
            let given = given.cloned().unwrap_or_else(|| json!({}));
            let pretty = serde_json::to_string_pretty(&given).unwrap_or_default();
            return Some((given, SourceText::new("given", pretty)));
        };
        let source = SourceText::new("editor", text);
        if text.trim().is_empty() {
            return Some((json!({}), source));
        }
        match serde_json::from_str(text) {
            Ok(value) => Some((value, source)),
            Err(e) => {
                let start: usize =
                    text.split_inclusive('\n').take(e.line().saturating_sub(1)).map(str::len).sum();
                let at = (start + e.column().saturating_sub(1)).min(text.len());
                let message = e.to_string();
                let message = message.split(" at line ").next().unwrap_or(&message);
                let message = format!("this is no JSON: {message}");
                self.fault(part, &source, Some(at..at + 1), message, None, None);
                None
            }
        }
    }

    /// The schema, ready to check; the shape that fills data; both or none.
    fn schema(&mut self, schema: Value, source: &SourceText) -> Option<Schema> {
        match Schema::compile(schema, Formats::Described) {
            Ok(schema) => Some(schema),
            Err(errors) => {
                for e in errors {
                    let place = file::place(source.text(), &e.pointer);
                    self.fault(Part::Schema, source, place, e.message, None, Some(&e.pointer));
                }
                None
            }
        }
    }

    /// The data, filled; its faults are told.
    fn data(
        &mut self,
        mut data: Value,
        source: &SourceText,
        schema: Option<&Schema>,
        missing: OnMissing,
    ) -> Value {
        if let Some(schema) = schema {
            let shape = Shape::compile(schema.json(), missing);
            self.degraded = shape.fill(&mut data);
            if let Ok(effective) = Schema::compile(shape.effective().clone(), Formats::Described) {
                for fault in effective.check(&data) {
                    let place = file::place(source.text(), &fault.pointer);
                    let message = format!("{} {}", fault.place("the data"), fault.message);
                    self.fault(Part::Data, source, place, message, None, Some(&fault.pointer));
                }
            }
        }
        self.data = data.clone();
        data
    }

    fn fault(
        &mut self,
        part: Part,
        source: &SourceText,
        place: Option<Range<usize>>,
        message: String,
        help: Option<&str>,
        path: Option<&str>,
    ) {
        let place = place.unwrap_or(0..1);
        let (line, column) = source.position(place.start);
        let (end_line, end_column) = source.position(place.end.max(place.start + 1));
        let part = match part {
            Part::Template => "template",
            Part::Schema => "schema",
            Part::Data => "data",
        };
        let mut told = json!({
            "in": part,
            "message": message,
            "line": line,
            "column": column,
            "endLine": end_line,
            "endColumn": end_column,
        });
        if let Some(about) = told.as_object_mut() {
            about.extend(help.map(|help| ("help".to_owned(), help.into())));
            about.extend(path.map(|path| ("path".to_owned(), path.into())));
        }
        self.faults.push(told);
    }
}
