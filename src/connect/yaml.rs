//! YAML files of clients.
//!
//! Owns reading and editing them; the door to `yaml-edit`, which keeps the text around an edit, and to `yaml_serde`,
//! which says what a text means.

use std::str::FromStr as _;

use serde_json::{Map, Value};
use yaml_edit::{Document, Mapping, YamlFile};

use super::{Fault, Spot};

pub(super) fn read(text: &str) -> Result<Value, Fault> {
    let fault = |e: yaml_serde::Error| Fault::Malformed {
        at: e.location().map(|at| (at.line(), at.column())),
        message: format!("it is no YAML that can be edited: {e}"),
    };
    // Its own kind of value first: that one sees keys that are there twice.
    let value: yaml_serde::Value = yaml_serde::from_str(text).map_err(fault)?;
    yaml_serde::from_value(value).map_err(fault)
}

pub(super) fn put(
    text: &str,
    spot: Spot<'_>,
    keys: &Map<String, Value>,
    merge: bool,
) -> Result<String, Fault> {
    if read(text)?.is_null() {
        return Ok(below(text, &print(spot, keys)?));
    }
    let file = YamlFile::from_str(text).map_err(|_| Fault::Unsafe)?;
    let document = file.document().ok_or(Fault::Unsafe)?;
    let root = document.as_mapping().ok_or(Fault::Unsafe)?;
    let new = parsed(&print(spot, keys)?)?;
    let new = new.get_mapping(spot.section).ok_or(Fault::Unsafe)?;
    match root.get_mapping(spot.section) {
        None => root.set(spot.section, new),
        Some(entries) => {
            let new = new.get_mapping(spot.name).ok_or(Fault::Unsafe)?;
            match entries.get_mapping(spot.name).filter(|_| merge) {
                None => entries.set(spot.name, new),
                Some(entry) => {
                    for key in keys.keys() {
                        entry.set(key, new.get(key).ok_or(Fault::Unsafe)?);
                    }
                }
            }
        }
    }
    Ok(file.to_string())
}

/// A document with this entry alone.
fn print(spot: Spot<'_>, keys: &Map<String, Value>) -> Result<String, Fault> {
    let mut document = convert(&Value::Object(keys.clone()))?;
    for name in [spot.name, spot.section] {
        document = yaml_serde::Mapping::from_iter([(name.into(), document)]).into();
    }
    yaml_serde::to_string(&document).map_err(|_| Fault::Unsafe)
}

/// By hand, as a number of `serde_json` that keeps its digits looks like an object to others.
fn convert(value: &Value) -> Result<yaml_serde::Value, Fault> {
    Ok(match value {
        Value::Null => yaml_serde::Value::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Number(number) => number.as_i64().ok_or(Fault::Unsafe)?.into(),
        Value::String(string) => string.as_str().into(),
        Value::Array(items) => items.iter().map(convert).collect::<Result<Vec<_>, _>>()?.into(),
        Value::Object(keys) => keys
            .iter()
            .map(|(key, value)| Ok((key.as_str().into(), convert(value)?)))
            .collect::<Result<yaml_serde::Mapping, Fault>>()?
            .into(),
    })
}

fn parsed(text: &str) -> Result<Mapping, Fault> {
    Document::from_str(text).ok().and_then(|document| document.as_mapping()).ok_or(Fault::Unsafe)
}

/// Below what says nothing: comments, if any.
fn below(text: &str, document: &str) -> String {
    match text.trim() {
        "" => document.to_owned(),
        text => format!("{text}\n{document}"),
    }
}
