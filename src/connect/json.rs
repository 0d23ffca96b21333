//! JSON files of clients, with the comments people put there.
//!
//! Owns reading and editing them; a door to `jsonc-parser`. Comments and trailing commas are let through, nothing else
//! that is not JSON: what the client would refuse is refused here, too.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use jsonc_parser::errors::ParseError;
use serde_json::{Map, Value};

use super::{Fault, Spot};

const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

pub(super) fn read(text: &str) -> Result<Value, Fault> {
    jsonc_parser::parse_to_serde_value(text, &OPTIONS).map_err(|e| fault(&e))
}

pub(super) fn put(
    text: &str,
    spot: Spot<'_>,
    keys: &Map<String, Value>,
    merge: bool,
) -> Result<String, Fault> {
    let root = CstRootNode::parse(text, &OPTIONS).map_err(|e| fault(&e))?;
    let entries = root.object_value_or_set().object_value_or_set(spot.section);
    match entries.get(spot.name) {
        None => {
            entries.append(spot.name, object(keys));
        }
        Some(there) => match there.object_value().filter(|_| merge) {
            None => there.set_value(object(keys)),
            Some(entry) => update(&entry, keys),
        },
    }
    let edited = root.to_string();
    Ok(if text.trim().is_empty() { format!("{}\n", edited.trim()) } else { edited })
}

/// Sets what differs, so that comments beside what does not stay.
fn update(entry: &CstObject, keys: &Map<String, Value>) {
    for (key, value) in keys {
        match entry.get(key) {
            None => {
                entry.append(key, input(value));
            }
            Some(there) => {
                let same = there.value().is_some_and(|v| read(&v.to_string()).is_ok_and(|v| v == *value));
                if !same {
                    there.set_value(input(value));
                }
            }
        }
    }
}

fn object(keys: &Map<String, Value>) -> CstInputValue {
    CstInputValue::Object(keys.iter().map(|(key, value)| (key.clone(), input(value))).collect())
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(bool) => CstInputValue::Bool(*bool),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(string) => CstInputValue::String(string.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(keys) => object(keys),
    }
}

fn fault(error: &ParseError) -> Fault {
    Fault::Malformed {
        at: Some((error.line_display(), error.column_display())),
        message: format!("it is no JSON: {}", error.kind()),
    }
}
