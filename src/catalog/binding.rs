//! Bindings: tool → widget.
//!
//! Owns the envelope's fixed parts, the schema of the data in it, and where the widget's actions lead. Everything that
//! can be made before a call is made here.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::config::server::Format;
use crate::schema::path::DataPath;
use crate::schema::shape::{OnMissing, Shape};
use crate::schema::{Formats, Schema};
use crate::template::Template;
use crate::widget::Widget;

/// One tool bound to one widget, ready for calls.
#[derive(Debug)]
pub struct Binding {
    /// The widget.
    pub widget: Arc<Widget>,
    /// The id in this tool's envelopes.
    pub id: String,
    /// The form of the envelope.
    pub format: Format,
    /// Fills what is absent.
    pub shape: Shape,
    /// What filled data must satisfy.
    pub schema: Schema,
    /// Kept from the model.
    pub private: Vec<DataPath>,
    /// The schema of the data in the envelope: `schema` without what is private.
    pub public: Value,
    /// Copy text.
    pub copy_text: Option<Template>,
    /// The envelope up to its data, as JSON text.
    head: String,
}

/// Where an action of a widget leads.
#[derive(Debug, Clone)]
pub struct Action {
    /// The tool it calls.
    pub tool: String,
    /// Tool argument → field of the action's payload. Arguments not named here come from fields of the same name.
    pub arguments: BTreeMap<String, String>,
}

/// The parts of a binding that a tool file decides.
#[derive(Debug)]
pub struct Parts {
    /// The widget.
    pub widget: Arc<Widget>,
    /// The id in this tool's envelopes.
    pub id: String,
    /// The form of the envelope.
    pub format: Format,
    /// Fills what is absent.
    pub shape: Shape,
    /// What filled data must satisfy.
    pub schema: Schema,
    /// Kept from the model.
    pub private: Vec<DataPath>,
    /// The schema of the data in the envelope.
    pub public: Value,
    /// Copy text.
    pub copy_text: Option<Template>,
}

impl Binding {
    /// Joins the parts and writes the envelope's head.
    pub fn new(parts: Parts) -> Self {
        let Parts { widget, id, format, shape, schema, private, public, copy_text } = parts;
        let (id_json, kind_json) = (json!(id), json!(widget.name));
        let head = match format {
            Format::Flat => format!("{{\"widget_id\":{id_json},\"widget_type\":{kind_json},\"data\":"),
            Format::Nested => format!("{{\"widget\":{{\"id\":{id_json},\"type\":{kind_json}}},\"data\":"),
        };
        Self { widget, id, format, shape, schema, private, public, copy_text, head }
    }

    /// A widget bound to no tool: any data will do, and what is missing is filled in.
    pub fn plain(widget: &Arc<Widget>, format: Format) -> Option<Self> {
        Some(Self::new(Parts {
            widget: widget.clone(),
            id: widget.id.clone().unwrap_or_default(),
            format,
            shape: Shape::compile(&widget.schema, OnMissing::Partial),
            schema: Schema::compile(json!({}), Formats::Described).ok()?,
            private: Vec::new(),
            public: widget.schema.clone(),
            copy_text: None,
        }))
    }

    /// The envelope around `data`, as JSON text.
    pub fn envelope(&self, data: &Value) -> String {
        let mut text = Vec::with_capacity(self.head.len() + 512);
        text.extend_from_slice(self.head.as_bytes());
        // Writing JSON to memory cannot fail.
        let _ = serde_json::to_writer(&mut text, data);
        text.push(b'}');
        String::from_utf8(text).unwrap_or_default()
    }

    /// The JSON Schema of the envelope; `at` is the JSON Pointer at which it will stand, so that references inside
    /// keep leading where they did.
    pub fn envelope_schema(&self, at: &str) -> Value {
        let mut data = self.public.clone();
        rebase(&mut data, &format!("#{at}/properties/data"));
        if let Some(object) = data.as_object_mut() {
            object.shift_remove("$schema");
            object.shift_remove("$id");
        }
        let constant = |value: &str| json!({"type": "string", "const": value});
        let object = |properties: Map<String, Value>| {
            let required: Vec<&String> = properties.keys().collect();
            json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
        };
        let head = match self.format {
            Format::Flat => {
                vec![("widget_id", constant(&self.id)), ("widget_type", constant(&self.widget.name))]
            }
            Format::Nested => {
                let pair =
                    [("id".to_owned(), constant(&self.id)), ("type".to_owned(), constant(&self.widget.name))];
                vec![("widget", object(Map::from_iter(pair)))]
            }
        };
        let members = head.into_iter().chain([("data", data)]).map(|(k, v)| (k.to_owned(), v));
        object(members.collect())
    }

    /// The data with what is private taken out.
    pub fn public_data(&self, data: &Value) -> Value {
        let mut public = data.clone();
        self.private.iter().for_each(|path| path.remove_from(&mut public));
        public
    }
}

/// Puts `base` before every local reference, because the schema moves to another place of a document.
fn rebase(schema: &mut Value, base: &str) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value {
                    Value::String(target) if key == "$ref" => {
                        if let Some(pointer) =
                            target.strip_prefix('#').filter(|p| p.is_empty() || p.starts_with('/'))
                        {
                            *target = format!("{base}{pointer}");
                        }
                    }
                    _ if matches!(key.as_str(), "const" | "enum" | "default" | "examples") => {}
                    value => rebase(value, base),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rebase(item, base)),
        _ => {}
    }
}
