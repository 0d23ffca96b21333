//! A datum made from a schema, for widgets whose file carries no sample.
//!
//! Owns nothing but the choice of values: defaults and examples first, then plain ones of the right type. Always the
//! same for the same schema.

use serde_json::{Map, Value, json};

/// Levels of nesting after which optional parts are left out.
const MAX_DEPTH: usize = 8;

/// A value that fits `schema`, or comes close.
pub fn from_schema(schema: &Value) -> Value {
    value(schema, schema, "value", 0)
}

fn value(schema: &Value, root: &Value, name: &str, depth: usize) -> Value {
    let schema = match schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).unwrap_or(schema),
        None => schema,
    };
    for key in ["const", "default"] {
        if let Some(given) = schema.get(key) {
            return given.clone();
        }
    }
    for key in ["examples", "enum"] {
        if let Some(first) = schema.get(key).and_then(Value::as_array).and_then(|all| all.first()) {
            return first.clone();
        }
    }
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    let branches = ["anyOf", "oneOf", "allOf"].iter().find_map(|k| schema.get(*k)).and_then(Value::as_array);
    if let Some(branches) = branches {
        let some = branches.iter().find(|b| b.get("type") != Some(&json!("null")));
        return some.or_else(|| branches.first()).map_or(Value::Null, |b| value(b, root, name, depth + 1));
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().find(|k| *k != "null").and_then(Value::as_str),
        kind => kind.and_then(Value::as_str),
    };
    match kind {
        Some("string") => json!(text(schema, name)),
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("number") => schema.get("minimum").cloned().unwrap_or(json!(1.5)),
        Some("boolean") => json!(true),
        Some("array") => {
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(2).clamp(1, 5);
            let items = schema.get("items").unwrap_or(&Value::Null);
            (0..least).map(|n| value(items, root, &format!("{name} {}", n + 1), depth + 1)).collect()
        }
        Some("object") => object(schema, root, depth),
        _ if schema.get("properties").is_some() => object(schema, root, depth),
        _ => Value::Null,
    }
}

fn object(schema: &Value, root: &Value, depth: usize) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let members = properties.map(|(name, inner)| (name.clone(), value(inner, root, name, depth + 1)));
    Value::Object(members.collect::<Map<_, _>>())
}

fn text(schema: &Value, name: &str) -> String {
    let sample = match schema.get("format").and_then(Value::as_str) {
        Some("date") => "2026-01-31".to_owned(),
        Some("date-time") => "2026-01-31T12:00:00Z".to_owned(),
        Some("time") => "12:00:00Z".to_owned(),
        Some("email") => "person@example.com".to_owned(),
        Some("uri" | "uri-reference" | "iri") => "https://example.com/".to_owned(),
        Some("uuid") => "00000000-0000-4000-8000-000000000000".to_owned(),
        _ => name.to_owned(),
    };
    let longest = schema.get("maxLength").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    sample.chars().take(longest.unwrap_or(usize::MAX)).collect()
}
