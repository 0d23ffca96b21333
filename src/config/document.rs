//! A TOML file with the place of every key and value, checked against the schema of its kind.
//!
//! The only door to the `toml` crate. Owns turning TOML into JSON (numbers keep their digits, dates become strings)
//! and finding the span of a JSON Pointer again, so that any later stage can point at what it is about.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::schemas::FileKind;
use crate::diag::{Diagnostic, Diagnostics, SourceText};
use crate::schema::{Fault, escape};

/// A parsed file.
#[derive(Debug)]
pub struct Document {
    source: SourceText,
    value: Value,
    places: HashMap<String, Place>,
}

/// Where one value stands.
#[derive(Debug, Clone)]
struct Place {
    key: Range<usize>,
    value: Range<usize>,
}

impl Document {
    /// Parses `text` and checks it against the schema of its kind. Every fault found is told; `None` if there was one.
    pub fn parse(name: &str, text: &str, kind: FileKind, faults: &mut Diagnostics) -> Option<Self> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let plain = SourceText::new(name, text);
        if !errors.is_empty() {
            let shown = plain.masked(&suspect_places(text));
            for e in &errors {
                faults.push(Diagnostic::error("invalid-toml", sentence(e.message())).at(&shown, e.span()));
            }
            return None;
        }
        let mut places = HashMap::new();
        let mut misfits = Vec::new();
        let value = convert_table(table.get_ref(), &mut String::new(), &mut places, &mut misfits);
        let secrets: Vec<Range<usize>> = secret_places(&value, &places);
        let document = Self { source: plain.masked(&secrets), value, places };
        for (message, span) in &misfits {
            faults.push(Diagnostic::error("invalid-value", message).at(&document.source, Some(span.clone())));
        }
        let found = kind.schema().map(|schema| schema.check(&document.value)).unwrap_or_default();
        for fault in &found {
            faults.push(document.told(fault));
        }
        (misfits.is_empty() && found.is_empty()).then_some(document)
    }

    /// The file as JSON.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The file's name and text, secrets masked.
    pub fn source(&self) -> &SourceText {
        &self.source
    }

    /// Bytes of the value at a JSON Pointer; of the nearest value around it if the file has none there.
    pub fn value_span(&self, pointer: &str) -> Option<Range<usize>> {
        self.nearest(pointer).map(|place| place.value.clone())
    }

    /// Bytes of the key at a JSON Pointer, likewise.
    pub fn key_span(&self, pointer: &str) -> Option<Range<usize>> {
        self.nearest(pointer).map(|place| place.key.clone())
    }

    /// Bytes of a part of the string at a JSON Pointer. Falls back to the whole value where the text as written has
    /// escapes, so that offsets do not carry over.
    pub fn part_span(&self, pointer: &str, part: Range<usize>) -> Option<Range<usize>> {
        let whole = self.value_span(pointer)?;
        let content = self.value.pointer(pointer).and_then(Value::as_str)?;
        let start = self.source.text().get(whole.clone()).and_then(|written| written.find(content));
        match start {
            Some(start) if !content.is_empty() => {
                let base = whole.start + start;
                Some(base + part.start..base + part.end.min(content.len()).max(part.start))
            }
            _ => Some(whole),
        }
    }

    fn nearest(&self, pointer: &str) -> Option<&Place> {
        let mut at = pointer;
        loop {
            if let Some(place) = self.places.get(at) {
                return Some(place);
            }
            at = at.rsplit_once('/')?.0;
        }
    }

    fn told(&self, fault: &Fault) -> Diagnostic {
        let name = crate::schema::dotted(&fault.pointer);
        let unknown = fault.keyword == "additionalProperties";
        let code = match fault.keyword.as_str() {
            "additionalProperties" => "unknown-key",
            "required" => "missing-key",
            _ => "invalid-value",
        };
        let (message, help) = match fault.message.split_once("; ") {
            Some((message, help)) if unknown => {
                (format!("the key `{name}` {message}"), Some(help.to_owned()))
            }
            _ => (format!("`{}` {}", if name.is_empty() { "the file" } else { &name }, fault.message), None),
        };
        let span = if unknown { self.key_span(&fault.pointer) } else { self.value_span(&fault.pointer) };
        let told = Diagnostic::error(code, message).at(&self.source, span);
        match help {
            Some(help) => told.help(help),
            None => told,
        }
    }
}

/// TOML's messages, with a full sentence's look.
fn sentence(message: &str) -> String {
    message.replace('\n', ", ")
}

type Misfits = Vec<(String, Range<usize>)>;

fn convert_table(
    table: &DeTable<'_>,
    pointer: &mut String,
    places: &mut HashMap<String, Place>,
    misfits: &mut Misfits,
) -> Value {
    let mut object = Map::new();
    for (key, value) in table {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&escape(key.get_ref()));
        places.insert(pointer.clone(), Place { key: key.span(), value: value.span() });
        object.insert(key.get_ref().to_string(), convert(value, pointer, places, misfits));
        pointer.truncate(length);
    }
    Value::Object(object)
}

fn convert(
    value: &Spanned<DeValue<'_>>,
    pointer: &mut String,
    places: &mut HashMap<String, Place>,
    misfits: &mut Misfits,
) -> Value {
    let mut misfit = |message: &str| {
        misfits.push((message.to_owned(), value.span()));
        Value::Null
    };
    match value.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(bit) => Value::Bool(*bit),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(integer) => integer.to_string().parse::<Number>().map_or(Value::Null, Value::Number),
            Err(_) => misfit("this integer is too large"),
        },
        DeValue::Float(number) => match number.as_str().trim_start_matches('+').parse::<Number>() {
            Ok(number) => Value::Number(number),
            Err(_) => misfit("only finite numbers can be used"),
        },
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(items) => {
            let items = items.iter().enumerate().map(|(index, item)| {
                let length = pointer.len();
                pointer.push_str(&format!("/{index}"));
                places.insert(pointer.clone(), Place { key: item.span(), value: item.span() });
                let json = convert(item, pointer, places, misfits);
                pointer.truncate(length);
                json
            });
            Value::Array(items.collect())
        }
        DeValue::Table(table) => convert_table(table, pointer, places, misfits),
    }
}

/// Keys of a connection whose value is never secret. Everything else under a connection may be, also under a misspelt
/// key or in the wrong form.
const PLAIN: [&str; 4] = ["kind", "file", "init", "ca_file"];

/// The token of the studio.
const TOKEN: &str = "/studio/token";

/// Places whose text may be secret: connections, the headers of a source, the token of the studio.
fn secret_places(value: &Value, places: &HashMap<String, Place>) -> Vec<Range<usize>> {
    let mut pointers = Vec::new();
    for at in ["/connections", "/source/headers"] {
        if let Some(value) = value.pointer(at) {
            strings(value, &mut at.to_owned(), &mut pointers);
        }
    }
    match value.pointer(TOKEN) {
        Some(Value::String(_)) => pointers.push(TOKEN.to_owned()),
        Some(odd) => strings(odd, &mut TOKEN.to_owned(), &mut pointers),
        None => {}
    }
    urls(value, &mut String::new(), &mut pointers);
    pointers.iter().filter_map(|p| places.get(p)).map(|place| place.value.clone()).collect()
}

/// Pointers of the addresses that hold a password, wherever they stand.
fn urls(value: &Value, pointer: &mut String, out: &mut Vec<String>) {
    let mut step = |name: &str, inner: &Value| {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&escape(name));
        urls(inner, pointer, out);
        pointer.truncate(length);
    };
    match value {
        Value::String(text) => {
            let authority = text.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
            if authority.is_some_and(|(user, _)| user.contains(':')) {
                out.push(pointer.clone());
            }
        }
        Value::Object(object) => object.iter().for_each(|(name, inner)| step(name, inner)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| step(&n.to_string(), item)),
        _ => {}
    }
}

/// Pointers of the strings in a value that may be secret.
fn strings(value: &Value, pointer: &mut String, out: &mut Vec<String>) {
    let parts: Vec<&str> = pointer.split('/').collect();
    let in_connection = matches!(parts.as_slice(), ["", "connections", _]);
    // The name of a variable is told in messages too. A header can be called `env`.
    let in_setting = parts.len() > 3 && parts.last().is_some_and(|last| *last != "headers");
    let is_plain = |name: &str| (in_connection && PLAIN.contains(&name)) || (in_setting && name == "env");
    let mut step = |name: &str, inner: &Value, pointer: &mut String| {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&escape(name));
        match inner {
            Value::String(_) => out.push(pointer.clone()),
            inner => strings(inner, pointer, out),
        }
        pointer.truncate(length);
    };
    match value {
        Value::Object(object) => {
            let members: Vec<_> = object.iter().filter(|(name, _)| !is_plain(name)).collect();
            members.into_iter().for_each(|(name, inner)| step(name, inner, pointer));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| step(&n.to_string(), item, pointer));
        }
        _ => {}
    }
}

/// Places that may be secret in a text that is no TOML, so that nobody can say what its parts are: in every line that
/// has to do with connections, headers or the studio, what comes after the first `=`.
fn suspect_places(text: &str) -> Vec<Range<usize>> {
    let mut secret = false;
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let start = line.trim_start();
        if start.starts_with('[') {
            secret = ["connections", "headers", "studio"].iter().any(|table| start.contains(table));
        } else if let Some(equals) = line.find('=') {
            let key = line.get(..equals).unwrap_or_default();
            let plain = PLAIN.contains(&key.trim()) && !line.contains('{');
            if (secret && !plain) || key.contains("connections") || key.contains("headers") {
                found.push(at + equals + 1..at + line.trim_end().len());
            }
        } else if secret {
            // A further line of a value.
            found.push(at..at + line.trim_end().len());
        }
        at += line.len();
    }
    found
}
