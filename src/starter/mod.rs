//! Starters: widgets and tool files made from a schema or from a sample datum.
//!
//! Owns the way from any JSON to a widget that shows it: always the same for the same input, in the constructs that
//! ChatKit Studio emits, so that it can be edited there. Writes no file and asks nothing of the network.
//!
//! - [`shape`] reads a schema, [`infer`] makes one of a datum, [`words`] knows names.
//! - [`layout`], [`lists`] and [`parts`] choose components; [`form`] does for what is to be filled in.
//! - [`ast`] is the result, printed by [`jinja`] (the template) and [`jsx`] (the view); [`zod`] writes the schema as
//!   the Studio does.
//! - [`gallery`] holds starters written by hand; [`read`] and [`rewrite`] take what was edited.
//! - [`file`] writes `.widget` files, [`tool`] tool files.

mod ast;
mod file;
mod form;
mod gallery;
mod infer;
mod jinja;
mod jsx;
mod layout;
mod lists;
mod parts;
mod read;
mod rewrite;
mod sample;
mod shape;
mod tool;
mod words;
mod zod;

#[cfg(test)]
mod tests;

use serde_json::{Value, json};

pub use gallery::{GalleryEntry, gallery};
pub use rewrite::{Edit, RewriteError, Rewritten, rewrite, view};
pub use tool::{ActionDraft, SourceDraft, ToolDraft, ask, tool_file};

use ast::{Expr, Node};
use parts::Scope;
use shape::{Field, Shape};

/// A widget that was made, not designed.
#[derive(Debug, Clone, PartialEq)]
pub struct Starter {
    /// Its name for people.
    pub title: String,
    /// Jinja source.
    pub template: String,
    /// JSON Schema of the data: closed.
    pub schema: Value,
    /// Data that fits.
    pub sample: Value,
    /// The same as the template, as JSX.
    pub view: String,
    /// The jq that makes the widget's data of what it was made from: leaves out what is not shown, and wraps what is no
    /// object. `None`: it can be taken as it is.
    pub select: Option<String>,
    /// The name it was made with.
    name: String,
}

impl Starter {
    /// The text of a `.widget` file.
    pub fn widget_file(&self) -> String {
        file::new(self)
    }

    /// Its id: the same for the same name and schema.
    pub fn id(&self) -> String {
        file::id(&self.name, &self.schema)
    }
}

/// A widget for data of a schema.
pub fn from_schema(name: &str, title: Option<&str>, schema: &Value) -> Starter {
    let field = shape::read(name, schema);
    let told =
        schema.get("title").and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty() && t.len() < 60);
    make(name, title.or(told), field, None)
}

/// A widget for data like this.
pub fn from_data(name: &str, title: Option<&str>, data: &Value) -> Starter {
    let field = shape::read(name, &infer::schema(data));
    make(name, title, field, Some(data))
}

/// A widget to begin with from nothing: a title and a text.
pub fn blank(name: &str, title: Option<&str>) -> Starter {
    let schema = json!({
        "type": "object",
        "properties": {
            "title": {"type": "string", "examples": [title.map_or_else(|| words::heading(name), str::to_owned)]},
            "text": {"type": "string", "description": "Markdown", "format": "markdown",
                     "examples": ["Edit `template`, `jsonSchema` and the sample data, or open the file in ChatKit Studio."]}
        },
        "required": ["title", "text"]
    });
    from_schema(name, title, &schema)
}

/// The text of a `.widget` file that begins as one of [`gallery`] does, under a name and an id of its own.
pub fn from_gallery(entry: &GalleryEntry, name: &str, title: Option<&str>) -> String {
    rewrite::copy(entry.widget_text, name, title)
}

/// A form that asks for what a schema describes, e.g. the arguments of a tool. Its button sends them as `action`.
pub fn form(name: &str, title: Option<&str>, schema: &Value, action: &str) -> Starter {
    let field = shape::read(name, schema);
    let title = title.map_or_else(|| words::heading(name), str::to_owned);
    let fields = match field.shape {
        Shape::Object(fields) => fields,
        _ => Vec::new(),
    };
    let made = form::form(&fields, &title, action, schema);
    starter(name, title, &made.root, made.schema, made.sample, None)
}

fn starter(
    name: &str,
    title: String,
    root: &Node,
    schema: Value,
    sample: Value,
    select: Option<String>,
) -> Starter {
    let mut closed = json!({"$schema": "https://json-schema.org/draft/2020-12/schema"});
    if let (Some(all), Value::Object(rest)) = (closed.as_object_mut(), schema) {
        all.extend(rest);
    }
    Starter {
        title,
        template: jinja::template(root),
        schema: closed,
        sample,
        view: jsx::view(root),
        select,
        name: name.to_owned(),
    }
}

fn make(name: &str, title: Option<&str>, field: Field, data: Option<&Value>) -> Starter {
    let heading = title.map_or_else(|| words::heading(name), str::to_owned);
    let (fields, wrapped) = top(field);
    let sample = match (data, wrapped) {
        (None, _) => sample::value(&Field::around("", Shape::Object(fields.clone()))),
        (Some(data), None) => sample::cut(&Field::around("", Shape::Object(fields.clone())), data),
        (Some(data), Some(key)) => {
            let inner = fields.first().map_or(Value::Null, |f| sample::cut(f, data));
            json!({key: inner})
        }
    };
    let root = root(&fields, wrapped, &heading);
    let select = match (fields.as_slice(), wrapped) {
        ([one], Some(key)) => Some(match one.select() {
            Some(inner) => format!("{{{key}: {inner}}}"),
            None => format!("{{{key}: .}}"),
        }),
        _ => Field::around("", Shape::Object(fields.clone())).select(),
    };
    starter(name, heading, &root, shape::closed(&fields), sample, select)
}

/// The members of the data, and the name under which what was given is among them if it is no plain object.
fn top(field: Field) -> (Vec<Field>, Option<&'static str>) {
    let wrap = |key: &'static str, mut field: Field| {
        field.name = key.to_owned();
        if matches!(field.shape, Shape::List(_) | Shape::Map(_)) {
            field.label = String::new(); // the card's title says it
        }
        (vec![field], Some(key))
    };
    match &field.shape {
        Shape::Object(fields) if fields.iter().all(|f| ast::is_root_name(&f.name)) && !field.nullable => {
            (fields.clone(), None)
        }
        Shape::Object(_) => wrap("data", field),
        Shape::List(_) => wrap("items", field),
        Shape::Map(_) => wrap("entries", field),
        _ => wrap("value", field),
    }
}

fn root(fields: &[Field], wrapped: Option<&str>, heading: &str) -> Node {
    let mut taken: Vec<String> = fields.iter().map(|f| f.name.clone()).collect();
    taken.push("loop".to_owned());
    let scope = Scope { base: None, currency: None, taken }.inside(None, fields);
    let lists = || fields.iter().filter_map(|f| objects(f).map(|inner| (f, inner)));
    if let (Some((list, (item, inner))), true) = (lists().next(), lists().count() == 1)
        && fields.iter().all(|f| std::ptr::eq(f, list) || (f.is_scalar() && words::is_counting(&f.name)))
        && lists::chart(list, inner, &Expr::null()).is_none()
    {
        let label = if wrapped.is_some() { words::singular(heading) } else { words::singular(&list.label) };
        return lists::list_view(list, inner, item.nullable, &scope, &label);
    }
    match (fields, wrapped) {
        ([one], Some("data")) => match &one.shape {
            Shape::Object(inner) if !one.nullable => {
                let base = Expr::name(&one.name);
                layout::card(inner, &scope.inside(Some(base), inner), heading)
            }
            _ => layout::card(fields, &scope, heading),
        },
        _ => layout::card(fields, &scope, heading),
    }
}

/// The items of a list of objects, and their members.
fn objects(field: &Field) -> Option<(&Field, &Vec<Field>)> {
    let Shape::List(item) = &field.shape else { return None };
    match &item.shape {
        Shape::Object(inner) if !inner.is_empty() => Some((item, inner)),
        _ => None,
    }
}

/// Whether a JSON document is rather a JSON Schema than a datum.
pub fn is_schema(document: &Value) -> bool {
    let Some(members) = document.as_object() else { return false };
    const TYPES: [&str; 7] = ["object", "array", "string", "number", "integer", "boolean", "null"];
    let typed = match members.get("type") {
        Some(Value::String(kind)) => TYPES.contains(&kind.as_str()),
        Some(Value::Array(kinds)) => {
            kinds.iter().all(|kind| kind.as_str().is_some_and(|k| TYPES.contains(&k)))
        }
        _ => false,
    };
    let has_object = |key: &str| members.get(key).is_some_and(Value::is_object);
    let has_list = |key: &str| members.get(key).is_some_and(Value::is_array);
    members.contains_key("$schema")
        || (members.contains_key("$ref") && (has_object("$defs") || has_object("definitions")))
        || (typed
            && (members.len() == 1
                || has_object("properties")
                || has_object("items")
                || has_list("enum")
                || members.contains_key("additionalProperties")
                || members.contains_key("format")))
        || (members.len() <= 2 && ["anyOf", "oneOf", "allOf"].iter().any(|key| has_list(key)))
}
