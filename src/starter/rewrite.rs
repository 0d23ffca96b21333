//! An edited widget, written over its file.
//!
//! Owns what of the file stays: its id, every member nobody here knows, and the order of all. The preview is made anew,
//! and the editor's state follows, so that ChatKit Studio opens what was edited elsewhere.

use serde_json::{Map, Value, json};

use super::{file, jsx, read, zod};
use crate::diag::SourceText;
use crate::widget::file::{VERSION, editor_state};

/// What a widget is to be.
#[derive(Debug, Clone)]
pub struct Edit {
    /// Its name for people.
    pub name: String,
    /// Jinja source.
    pub template: String,
    /// JSON Schema of the data.
    pub schema: Value,
    /// Sample data.
    pub sample: Value,
}

/// A file's new text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// The text.
    pub text: String,
    /// What could not follow, as sentences.
    pub notes: Vec<String>,
}

/// Why a file was not rewritten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// What is there is no JSON object.
    #[error("the file is no .widget file: {0}; make a new one under another name")]
    File(String),
    /// The template cannot be drawn with the sample data.
    #[error("the widget cannot be drawn with its sample data: {0}")]
    Draw(String),
}

/// The view that says what a template says.
///
/// # Errors
/// A sentence: what in the template JSX has no word for, and where.
pub fn view(template: &str) -> Result<String, String> {
    read::tree(template).map(|root| jsx::view(&root)).map_err(|odd| {
        let source = SourceText::new("template", template);
        let (line, column) = source.position(odd.place.start);
        let excerpt: String =
            template.get(odd.place.clone()).unwrap_or_default().chars().take(60).collect();
        let excerpt = if excerpt.trim().is_empty() { String::new() } else { format!(": `{}`", excerpt.trim()) };
        format!("line {line}, column {column} of the template has {}, which ChatKit Studio's view cannot say{excerpt}", odd.what)
    })
}

/// Writes an edit into a file's text; an empty text gives a new file. `outputJsonPreview` is drawn with the sample, and
/// `encodedWidget` follows; where the template says what JSX cannot, the old view is kept and a note tells it.
///
/// # Errors
/// The old text is no JSON object, or the template does not render.
pub fn rewrite(old_text: &str, edit: &Edit) -> Result<Rewritten, RewriteError> {
    let text = old_text.trim_start_matches('\u{feff}');
    let old: Map<String, Value> = if text.trim().is_empty() {
        Map::new()
    } else {
        serde_json::from_str(text).map_err(|e| RewriteError::File(e.to_string()))?
    };
    let mut notes = Vec::new();
    let editor = editor(&old, edit, &mut notes);
    let mut new = Map::new();
    let order = ["version", "name", "template", "jsonSchema", "outputJsonPreview", "encodedWidget"];
    for key in order.iter().filter(|_| old.is_empty()) {
        new.insert((*key).to_owned(), Value::Null);
    }
    new.extend(old.clone());
    new.entry("version").or_insert(Value::Null);
    for (key, value) in [
        ("version", json!(VERSION)),
        ("name", json!(edit.name)),
        ("template", json!(edit.template)),
        ("jsonSchema", edit.schema.clone()),
        ("outputJsonPreview", json!({})),
        ("encodedWidget", json!(file::encode(&Value::Object(editor)))),
    ] {
        new.insert(key.to_owned(), value);
    }
    let mut new = Value::Object(new);
    let drawn = file::preview(&new, &edit.sample).map_err(RewriteError::Draw)?;
    if let Some(members) = new.as_object_mut() {
        members.insert("outputJsonPreview".to_owned(), drawn);
    }
    let compact = !old.is_empty() && !text.trim().contains('\n');
    let text = if compact { new.to_string() } else { file::pretty(&new) };
    Ok(Rewritten { text, notes })
}

/// A starter's file under a name of its own: with another title, and an id that no other copy has.
pub(super) fn copy(widget_text: &str, name: &str, title: Option<&str>) -> String {
    let Ok(Value::Object(mut file)) = serde_json::from_str(widget_text) else {
        return widget_text.to_owned();
    };
    let editor = file.get("encodedWidget").and_then(Value::as_str).and_then(editor_state);
    let id = file::id(name, file.get("jsonSchema").unwrap_or(&Value::Null));
    let mut editor = editor.unwrap_or_default();
    editor.insert("id".to_owned(), json!(id));
    if let Some(title) = title {
        editor.insert("name".to_owned(), json!(title));
        file.insert("name".to_owned(), json!(title));
    }
    file.insert("encodedWidget".to_owned(), json!(file::encode(&Value::Object(editor))));
    file::pretty(&Value::Object(file))
}

/// The editor's state: the old one with what was edited.
fn editor(old: &Map<String, Value>, edit: &Edit, notes: &mut Vec<String>) -> Map<String, Value> {
    let known = old.get("encodedWidget").and_then(Value::as_str).and_then(editor_state);
    let fresh = known.is_none();
    let mut editor = known.unwrap_or_default();
    let was = |key: &str, value: &Value| old.get(key) == Some(value);
    let same_template = was("template", &json!(edit.template));
    let same_schema = was("jsonSchema", &edit.schema);
    if editor.get("id").and_then(Value::as_str).is_none_or(str::is_empty) {
        let id = file::id(&edit.name, &edit.schema);
        let mut with_id = Map::new();
        with_id.insert("id".to_owned(), json!(id));
        with_id.extend(editor.into_iter().filter(|(key, _)| key != "id"));
        editor = with_id;
    }
    editor.insert("name".to_owned(), json!(edit.name));
    let has_view = editor.get("view").and_then(Value::as_str).is_some_and(|view| !view.trim().is_empty());
    if !(same_template && has_view) {
        match view(&edit.template) {
            Ok(view) => drop(editor.insert("view".to_owned(), json!(view))),
            Err(why) if has_view => {
                notes.push(format!("The view for ChatKit Studio stays as it was: {why}."));
            }
            Err(why) => {
                editor.insert("view".to_owned(), json!(file::PLAIN_VIEW));
                notes.push(format!("ChatKit Studio will show an empty view: {why}."));
            }
        }
    }
    editor.insert("defaultState".to_owned(), edit.sample.clone());
    let has_schema =
        editor.get("schema").and_then(Value::as_str).is_some_and(|schema| !schema.trim().is_empty());
    if !(same_schema && has_schema) {
        editor.insert("schema".to_owned(), json!(zod::source(&edit.schema)));
    }
    if fresh {
        let rest = [("states", json!([])), ("schemaMode", json!("zod")), ("jsonSchema", json!({}))];
        rest.into_iter().for_each(|(key, value)| drop(editor.insert(key.to_owned(), value)));
    }
    for key in ["schemaValidity", "viewValidity", "defaultStateValidity"] {
        editor.insert(key.to_owned(), json!("valid"));
    }
    editor
}
