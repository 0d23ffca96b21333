//! The schema of a sample datum.
//!
//! Owns what may be concluded from examples: types, formats, and what is always there. Must not choose components.

use serde_json::{Map, Value, json};

use super::words;

/// Items of a list that are looked at.
const MAX_ITEMS: usize = 100;
/// Levels looked into.
const MAX_DEPTH: usize = 8;

/// The schema of a datum, with examples in it.
pub(super) fn schema(data: &Value) -> Value {
    of(&[data], 0)
}

fn of(values: &[&Value], depth: usize) -> Value {
    let nullable = values.iter().any(|v| v.is_null());
    let there: Vec<&Value> = values.iter().copied().filter(|v| !v.is_null()).collect();
    let mut schema = match there.as_slice() {
        [] => return json!({}),
        _ if depth > MAX_DEPTH => return json!({}),
        all if all.iter().all(|v| v.is_object()) => object(all, depth),
        all if all.iter().all(|v| v.is_array()) => {
            let items: Vec<&Value> =
                all.iter().filter_map(|v| v.as_array()).flatten().take(MAX_ITEMS).collect();
            json!({"type": "array", "items": of(&items, depth + 1)})
        }
        all => scalar(all),
    };
    if nullable && let Some(members) = schema.as_object_mut() {
        members.insert("nullable".to_owned(), json!(true));
    }
    schema
}

fn object(all: &[&Value], depth: usize) -> Value {
    let mut names: Vec<&String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for member in all.iter().filter_map(|v| v.as_object()).flat_map(Map::keys) {
        if seen.insert(member) {
            names.push(member);
        }
    }
    if names.is_empty() {
        return json!({"type": "object", "additionalProperties": false});
    }
    if is_map(&names, all) {
        let values: Vec<&Value> =
            all.iter().filter_map(|v| v.as_object()).flat_map(Map::values).take(MAX_ITEMS).collect();
        return json!({"type": "object", "additionalProperties": of(&values, depth + 1)});
    }
    let mut properties = Map::new();
    let mut required = Vec::new();
    for name in names {
        let values: Vec<&Value> = all.iter().filter_map(|v| v.get(name)).collect();
        // What was seen once only may well be null the next time; what heads or numbers a thing is there.
        let heads = words::title_rank(name).is_some_and(|rank| rank < 40) || words::id_rank(name).is_some();
        let sure = all.len() > 1 || heads || words::is_currency(name);
        if sure && values.len() == all.len() && !values.iter().any(|v| v.is_null()) {
            required.push(json!(name));
        }
        properties.insert(name.clone(), of(&values, depth + 1));
    }
    json!({"type": "object", "properties": properties, "required": required})
}

/// Whether the names are data themselves: dates, numbers, or many of one type.
fn is_map(names: &[&String], all: &[&Value]) -> bool {
    let starts_as_number = |name: &&String| name.chars().next().is_some_and(|c| c.is_ascii_digit());
    let mut values = all.iter().filter_map(|v| v.as_object()).flat_map(Map::values);
    let alike = match values.next() {
        Some(first) => values.all(|v| std::mem::discriminant(v) == std::mem::discriminant(first)),
        None => false,
    };
    alike && (names.iter().all(starts_as_number) || names.len() > 30)
}

fn scalar(all: &[&Value]) -> Value {
    let mut types: Vec<&str> = Vec::new();
    for value in all {
        let kind = match value {
            Value::String(_) => "string",
            Value::Bool(_) => "boolean",
            Value::Number(n) if n.is_i64() || n.is_u64() => "integer",
            Value::Number(_) => "number",
            Value::Object(_) => "object",
            _ => "array",
        };
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
    // One decimal among whole numbers makes all of them decimals.
    if types.contains(&"number") {
        types.retain(|t| *t != "integer");
    }
    // The longest text says most about how much room it takes.
    let longest = all.iter().filter_map(|v| v.as_str()).max_by_key(|t| t.chars().count());
    let example =
        longest.map_or_else(|| all.first().map_or(Value::Null, |v| (*v).clone()), |text| json!(text));
    let mut schema = match types.as_slice() {
        [one] => json!({"type": one}),
        many if many.iter().any(|t| matches!(*t, "object" | "array")) => return json!({}),
        many => json!({"type": many}),
    };
    if let Some(members) = schema.as_object_mut() {
        members.insert("examples".to_owned(), json!([example]));
        let texts: Vec<&str> = all.iter().filter_map(|v| v.as_str()).collect();
        if texts.len() == all.len()
            && let Some(format) = format(&texts)
        {
            members.insert("format".to_owned(), json!(format));
        }
    }
    schema
}

/// The format that all of these have.
fn format(texts: &[&str]) -> Option<&'static str> {
    let all = |is: fn(&str) -> bool| !texts.is_empty() && texts.iter().all(|text| is(text));
    match () {
        () if all(is_date) => Some("date"),
        () if all(is_date_time) => Some("date-time"),
        () if all(is_web) => Some("uri"),
        () if all(is_email) => Some("email"),
        () => None,
    }
}

fn like(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(c, p)| if p == b'0' { c.is_ascii_digit() } else { c == p })
}

fn is_date(text: &str) -> bool {
    like(text, "0000-00-00")
}

fn is_date_time(text: &str) -> bool {
    let day = text.get(..10).is_some_and(is_date);
    let time = text.get(10..16).is_some_and(|t| like(t, "T00:00") || like(t, " 00:00"));
    day && time
        && text.len() <= 40
        && text.get(16..).is_some_and(|rest| rest.starts_with([':', 'Z', '+', '-']) || rest.is_empty())
}

fn is_web(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(char::is_whitespace)
}

fn is_email(text: &str) -> bool {
    let mut parts = text.split('@');
    let (name, domain, rest) = (parts.next(), parts.next(), parts.next());
    rest.is_none()
        && name.is_some_and(|n| !n.is_empty())
        && domain.is_some_and(|d| d.contains('.') && !d.starts_with('.') && !d.ends_with('.'))
        && !text.contains(char::is_whitespace)
}
