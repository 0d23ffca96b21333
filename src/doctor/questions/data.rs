//! Questions of the data in a result, asked of the tool's own outputSchema.

use serde_json::{Map, Value};

use super::Answer;
use super::results::UNCALLED;
use crate::doctor::facts::{Facts, Tool};
use crate::doctor::wrapper;
use crate::schema::{Fault, Formats, Schema};

const NO_SCHEMA: &str = "no tool that was called has an outputSchema";
/// Levels of data that are looked into.
const DEPTH: usize = 32;

/// Results that can be held against a schema, with those that lack what it is for.
fn with_schemas(facts: &Facts) -> impl Iterator<Item = (&Tool, &Value, &Value)> {
    facts.results().filter_map(|(tool, result)| Some((tool, tool.output()?, result)))
}

/// Asks each result that has data and a schema.
fn each(facts: &Facts, mut ask: impl FnMut(&mut Answer, &Tool, &Value, &Value)) -> Answer {
    let mut answer = Answer::default();
    let mut asked = false;
    for (tool, schema, result) in with_schemas(facts) {
        asked = true;
        if let Some(data) = result.get("structuredContent") {
            ask(&mut answer, tool, schema, data);
        }
    }
    match (asked, facts.results().next().is_some()) {
        (true, _) => answer,
        (false, true) => Answer::not_asked(NO_SCHEMA),
        (false, false) => Answer::not_asked(UNCALLED),
    }
}

pub(super) fn required(facts: &Facts) -> Answer {
    let mut answer = each(facts, |answer, tool, schema, data| {
        let misnamed = misnamed(schema, data);
        for fault in faults(schema, data).iter().filter(|fault| fault.keyword == "required") {
            // Told where names are asked for.
            if !misnamed.iter().any(|m| m.wanted() == fault.pointer) {
                let cure = "let the tool fill it, or take it from the schema's `required`";
                let message = format!("{} {}", fault.place("the result"), fault.message);
                answer.fault("field-missing", tool.name(), message, cure);
            }
        }
    });
    for (tool, _, result) in with_schemas(facts) {
        if result.get("structuredContent").is_none() && !wrapper::is_signed(tool, result) {
            let message = "it has an outputSchema, and its result no structuredContent";
            answer.fault(
                "structured-missing",
                tool.name(),
                message,
                "give both or none; clients refuse such a result",
            );
        }
        let degraded = wrapper::meta(result).and_then(|meta| meta.get("degraded")?.as_array());
        for field in degraded.into_iter().flatten().filter_map(Value::as_str) {
            let message = format!("`{field}` had no value and shows a placeholder");
            answer.warn("field-degraded", tool.name(), message, "let the tool's source select it");
        }
    }
    answer
}

pub(super) fn types(facts: &Facts) -> Answer {
    each(facts, |answer, tool, schema, data| {
        for fault in faults(schema, data) {
            let is_name = ["required", "additionalProperties", "unevaluatedProperties"]
                .contains(&fault.keyword.as_str());
            let is_id = ["/widget_id", "/widget_type", "/widget/id", "/widget/type"]
                .contains(&fault.pointer.as_str());
            let is_told_elsewhere = is_name || (is_id && wrapper::of(data).is_some());
            if !is_told_elsewhere {
                let message = format!("{} {}", fault.place("the result"), fault.message);
                answer.fault(
                    "type-wrong",
                    tool.name(),
                    message,
                    "turn it into that type where the data is selected",
                );
            }
        }
    })
}

pub(super) fn names(facts: &Facts) -> Answer {
    each(facts, |answer, tool, schema, data| {
        let misnamed = misnamed(schema, data);
        for Misnamed { at, found, expected } in &misnamed {
            let place = if at.is_empty() { String::new() } else { format!(" in `{at}`") };
            let message = format!("the field is called `{found}`{place}, the schema calls it `{expected}`");
            answer.fault("field-misnamed", tool.name(), message, format!("rename it to `{expected}`"));
        }
        let unknown = ["additionalProperties", "unevaluatedProperties"];
        for fault in faults(schema, data).iter().filter(|f| unknown.contains(&f.keyword.as_str())) {
            if !misnamed.iter().any(|m| m.actual() == fault.pointer) {
                let message = format!("{} {}", fault.place("the result"), fault.message);
                answer.fault("field-unknown", tool.name(), message, "leave it out, or add it to the schema");
            }
        }
    })
}

/// Every way in which data does not fit. A schema that is none is told elsewhere.
fn faults(schema: &Value, data: &Value) -> Vec<Fault> {
    let mut chosen = wrapper::branch(schema, data).clone();
    if let (Some(chosen), Some(defs)) = (chosen.as_object_mut(), schema.get("$defs")) {
        chosen.entry("$defs").or_insert_with(|| defs.clone());
    }
    Schema::compile(chosen, Formats::Described).map(|schema| schema.check(data)).unwrap_or_default()
}

/// A field whose name is nearly the one that is expected.
#[derive(Debug, PartialEq, Eq)]
struct Misnamed {
    /// JSON Pointer to the object.
    at: String,
    found: String,
    expected: String,
}

impl Misnamed {
    fn wanted(&self) -> String {
        format!("{}/{}", self.at, escaped(&self.expected))
    }

    fn actual(&self) -> String {
        format!("{}/{}", self.at, escaped(&self.found))
    }
}

/// Fields that differ from those of the schema by case, `_` and `-` alone.
fn misnamed(schema: &Value, data: &Value) -> Vec<Misnamed> {
    let mut found = Vec::new();
    look(&[wrapper::branch(schema, data)], schema, data, &mut String::new(), &mut found);
    found
}

fn look(schemas: &[&Value], root: &Value, data: &Value, at: &mut String, out: &mut Vec<Misnamed>) {
    if at.matches('/').count() >= DEPTH {
        return;
    }
    let mut alternatives = Vec::new();
    schemas.iter().for_each(|schema| spread(schema, root, &mut alternatives, DEPTH));
    let length = at.len();
    match data {
        Value::Object(object) => {
            let known = |name: &str| -> Vec<&Value> {
                alternatives.iter().filter_map(|s| s.get("properties")?.get(name)).collect()
            };
            for (name, value) in object {
                let inner = known(name);
                if inner.is_empty() {
                    out.extend(near(name, object, &alternatives).map(|expected| Misnamed {
                        at: at.clone(),
                        found: name.clone(),
                        expected: expected.to_owned(),
                    }));
                } else {
                    at.push('/');
                    at.push_str(&escaped(name));
                    look(&inner, root, value, at, out);
                    at.truncate(length);
                }
            }
        }
        Value::Array(items) => {
            let inner: Vec<&Value> = alternatives.iter().filter_map(|s| s.get("items")).collect();
            for (n, item) in items.iter().enumerate().filter(|_| !inner.is_empty()) {
                at.push_str(&format!("/{n}"));
                look(&inner, root, item, at, out);
                at.truncate(length);
            }
        }
        _ => {}
    }
}

/// A schema and those it is made of.
fn spread<'s>(schema: &'s Value, root: &'s Value, out: &mut Vec<&'s Value>, levels: usize) {
    if levels == 0 || out.len() > 100 {
        return;
    }
    out.push(schema);
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|r| root.pointer(r.strip_prefix('#')?));
    let several = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    for inner in target.into_iter().chain(several.flatten()) {
        spread(inner, root, out, levels - 1);
    }
}

/// The property that was meant by a name that is none, if the object has it not already.
fn near<'s>(name: &str, object: &Map<String, Value>, schemas: &[&'s Value]) -> Option<&'s str> {
    let properties = schemas.iter().filter_map(|s| s.get("properties")?.as_object()).flat_map(Map::keys);
    let mut meant = properties.filter(|p| folded(p) == folded(name) && !object.contains_key(*p));
    meant.next().map(String::as_str)
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_that_differ_by_case_or_underscore_are_found_at_every_level() {
        let schema = json!({
            "oneOf": [{"properties": {"other": {}}}, {"$ref": "#/$defs/order"}],
            "$defs": {"order": {"properties": {
                "orderId": {"type": "string"},
                "items": {"type": "array", "items": {"properties": {"unit-price": {}}}},
            }}},
        });
        let data = json!({"order_id": "1", "extra": 1, "items": [{"unit-price": 1}, {"unitPrice": 2}]});
        let told: Vec<_> = misnamed(&schema, &data).iter().map(|m| (m.actual(), m.wanted())).collect();
        assert_eq!(
            told,
            [
                ("/order_id".to_owned(), "/orderId".to_owned()),
                ("/items/1/unitPrice".to_owned(), "/items/1/unit-price".to_owned()),
            ]
        );
        assert_eq!(misnamed(&schema, &json!({"order_id": "1", "orderId": "1"})), []);
    }
}
