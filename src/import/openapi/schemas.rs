//! Schemas of an OpenAPI document as JSON Schema of today.
//!
//! Owns what differs: references are put in their place (one inside of itself is cut), OpenAPI 3.0's `nullable` and
//! boolean `exclusiveMinimum`, what is only for reading or only for writing, `allOf` of objects, and keywords that say
//! nothing about data.

use serde_json::{Map, Value, json};

use super::document::{Document, reference};

/// Which way the data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To the API: what is read-only is left out.
    In,
    /// From the API: what is write-only is left out.
    Out,
}

/// Places a schema may have in all.
const MAX_PLACES: usize = 5000;
/// How deep it may be.
const MAX_DEPTH: usize = 16;
/// Characters of a description.
const DESCRIPTION: usize = 400;

/// Keywords whose values are kept as they are.
const KEPT: &[&str] = &[
    "type",
    "enum",
    "const",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "title",
];

/// A schema with nothing to follow.
pub(super) fn plain(document: &Document, schema: &Value, way: Way) -> Value {
    let mut reader = Reader { document, way, inside: Vec::new(), left: MAX_PLACES };
    reader.schema(schema, 0)
}

struct Reader<'d> {
    document: &'d Document,
    way: Way,
    /// The references that led here.
    inside: Vec<String>,
    left: usize,
}

impl Reader<'_> {
    fn schema(&mut self, schema: &Value, depth: usize) -> Value {
        let Value::Object(members) = schema else {
            return if schema.is_boolean() { schema.clone() } else { json!({}) };
        };
        if self.left == 0 || depth > MAX_DEPTH {
            return json!({});
        }
        self.left -= 1;
        let Some(to) = reference(schema) else { return Value::Object(self.members(members, depth)) };
        if self.inside.iter().any(|other| other == to) {
            return json!({});
        }
        let Some(target) = self.document.target(to) else { return json!({}) };
        self.inside.push(to.to_owned());
        let mut read = self.schema(target, depth);
        self.inside.pop();
        // In 3.1 a reference may have its own description.
        if let (Some(said), Some(read)) = (members.get("description"), read.as_object_mut()) {
            read.insert("description".to_owned(), said.clone());
        }
        read
    }

    fn members(&mut self, members: &Map<String, Value>, depth: usize) -> Map<String, Value> {
        let mut out = Map::new();
        for (key, value) in members {
            let read = match key.as_str() {
                "properties" | "patternProperties" => self.properties(value, depth),
                "items" | "additionalProperties" | "not" | "contains" | "propertyNames" => {
                    self.schema(value, depth + 1)
                }
                "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                    let all = value.as_array().into_iter().flatten();
                    all.map(|one| self.schema(one, depth + 1)).collect()
                }
                "description" => match value.as_str() {
                    Some(text) => Value::String(super::short(text, DESCRIPTION)),
                    None => continue,
                },
                "default" if !value.is_null() && !value.is_object() => value.clone(),
                key if KEPT.contains(&key) => value.clone(),
                _ => continue,
            };
            out.insert(key.clone(), read);
        }
        if let Some(Value::Array(required)) = members.get("required") {
            let kept = |name: &&Value| match (members.get("properties"), name.as_str()) {
                (Some(all), Some(name)) => {
                    all.get(name).is_none() || out.get("properties").and_then(|p| p.get(name)).is_some()
                }
                (None, Some(_)) => true,
                _ => false,
            };
            let required: Vec<Value> = required.iter().filter(kept).cloned().collect();
            out.insert("required".to_owned(), required.into());
        }
        exclusive(&mut out, "exclusiveMinimum", "minimum");
        exclusive(&mut out, "exclusiveMaximum", "maximum");
        join(&mut out);
        if members.get("nullable") == Some(&Value::Bool(true)) {
            nullable(&mut out);
        }
        out
    }

    fn properties(&mut self, properties: &Value, depth: usize) -> Value {
        let mut out = Map::new();
        let unwanted = match self.way {
            Way::In => "readOnly",
            Way::Out => "writeOnly",
        };
        for (name, schema) in properties.as_object().into_iter().flatten() {
            let said = |schema: &Value| schema.get(unwanted) == Some(&Value::Bool(true));
            if !said(schema) && !said(self.document.follow(schema)) {
                out.insert(name.clone(), self.schema(schema, depth + 1));
            }
        }
        Value::Object(out)
    }
}

/// OpenAPI 3.0 says `minimum: 0, exclusiveMinimum: true`.
fn exclusive(schema: &mut Map<String, Value>, exclusive: &str, bound: &str) {
    match schema.get(exclusive) {
        Some(Value::Bool(true)) => match schema.remove(bound) {
            Some(at) => drop(schema.insert(exclusive.to_owned(), at)),
            None => drop(schema.remove(exclusive)),
        },
        Some(Value::Bool(false)) => drop(schema.remove(exclusive)),
        _ => {}
    }
}

fn nullable(schema: &mut Map<String, Value>) {
    if let Some(Value::String(kind)) = schema.get("type") {
        let kinds = json!([kind, "null"]);
        schema.insert("type".to_owned(), kinds);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(Value::Array(branches)) = schema.get_mut(key) {
            branches.push(json!({"type": "null"}));
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

/// `allOf` as one schema: members of all, and what is said twice as it is said first.
fn join(schema: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = schema.remove("allOf") else { return };
    for part in parts {
        let Value::Object(part) = part else { continue };
        for (key, value) in part {
            match (schema.get_mut(&key), value) {
                (Some(Value::Object(there)), Value::Object(more)) if key == "properties" => {
                    for (name, one) in more {
                        there.entry(name).or_insert(one);
                    }
                }
                (Some(Value::Array(there)), Value::Array(more)) if key == "required" => {
                    for name in more {
                        if !there.contains(&name) {
                            there.push(name);
                        }
                    }
                }
                (Some(_), _) => {}
                (None, value) => drop(schema.insert(key, value)),
            }
        }
    }
}

/// Whether it says that there may be an object, and which members it has.
pub(super) fn members(schema: &Value) -> Option<&Map<String, Value>> {
    let properties = schema.get("properties")?.as_object()?;
    let open = ["anyOf", "oneOf", "patternProperties"].iter().any(|key| schema.get(*key).is_some());
    let more = schema.get("additionalProperties").is_some_and(Value::is_object);
    (!properties.is_empty() && !open && !more).then_some(properties)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_come_to_the_same() {
        let document = Document::read(
            r##"{"openapi": "3.0.3", "components": {"schemas": {
                "Id": {"type": "integer", "minimum": 0, "exclusiveMinimum": true, "example": 7},
                "Node": {"type": "object", "required": ["id", "secret"], "properties": {
                    "id": {"$ref": "#/components/schemas/Id"}, "secret": {"type": "string", "writeOnly": true},
                    "kind": {"type": "string", "enum": ["a"], "nullable": true, "x-y": 1},
                    "next": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/Node"}]},
                    "both": {"allOf": [{"type": "object", "required": ["a"], "properties": {"a": {}}},
                                       {"required": ["b"], "properties": {"b": {}}}]}}}}}}"##,
        )
        .unwrap();
        let node = json!({"$ref": "#/components/schemas/Node"});
        assert_eq!(
            plain(&document, &node, Way::Out),
            json!({"type": "object", "required": ["id"], "properties": {
                "id": {"type": "integer", "exclusiveMinimum": 0},
                "kind": {"type": ["string", "null"], "enum": ["a", null]},
                "next": {},
                "both": {"type": "object", "required": ["a", "b"], "properties": {"a": {}, "b": {}}}}})
        );
        assert!(plain(&document, &node, Way::In).pointer("/properties/secret").is_some());
    }
}
