//! Paths into data, as written in tool files: `customer.email`, `items[].cost`.
//!
//! Owns the syntax and what a path takes out of a value or a schema. Names with dots or brackets cannot be written.

use serde_json::{Map, Value};

/// A path into data. `[]` after a name goes into every item of the list of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Items,
}

/// Why a path is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a path; write names joined by dots, with `[]` after a list, e.g. `items[].cost`")]
pub struct PathError(String);

impl std::str::FromStr for DataPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let name = part.trim_end_matches("[]");
            if name.is_empty() || name.contains(['[', ']']) {
                return Err(PathError(text.to_owned()));
            }
            steps.push(Step::Field(name.to_owned()));
            steps.extend(std::iter::repeat_n(Step::Items, (part.len() - name.len()) / 2));
        }
        Ok(Self(steps))
    }
}

impl DataPath {
    /// Removes what the path names from `data`. What is not there is left alone.
    pub fn remove_from(&self, data: &mut Value) {
        remove(&self.0, data);
    }

    /// Puts `stand_in` in the place of every value the path names; absent and null ones stay.
    pub fn replace_in(&self, data: &mut Value, stand_in: &Value) {
        let Some((Step::Field(last), front)) = self.0.split_last() else { return };
        each(front, data, &mut |object| {
            if let Some(value) = object.get_mut(last).filter(|v| !v.is_null()) {
                *value = stand_in.clone();
            }
        });
    }

    /// Removes the named property from a schema of the data: from `properties` and from `required`.
    /// `Err` gives the name that the schema lacks and those it has there.
    pub fn remove_from_schema(&self, schema: &mut Value) -> Result<(), (String, Vec<String>)> {
        let root = schema.clone();
        narrow(&self.0, schema, &root).map(|_| ())
    }
}

fn remove(steps: &[Step], data: &mut Value) {
    match (steps, data) {
        ([Step::Field(last)], Value::Object(object)) => drop(object.shift_remove(last)),
        ([Step::Field(name), rest @ ..], Value::Object(object)) => {
            if let Some(inner) = object.get_mut(name) {
                remove(rest, inner);
            }
        }
        ([Step::Items, rest @ ..], Value::Array(items)) => {
            items.iter_mut().for_each(|item| remove(rest, item))
        }
        _ => {}
    }
}

/// Calls `act` with every object the steps lead to.
fn each(steps: &[Step], data: &mut Value, act: &mut impl FnMut(&mut Map<String, Value>)) {
    match (steps, data) {
        ([], Value::Object(object)) => act(object),
        ([Step::Field(name), rest @ ..], Value::Object(object)) => {
            if let Some(inner) = object.get_mut(name) {
                each(rest, inner, act);
            }
        }
        ([Step::Items, rest @ ..], Value::Array(items)) => {
            items.iter_mut().for_each(|item| each(rest, item, act));
        }
        _ => {}
    }
}

/// Follows the steps into a schema; `Ok(false)` where the schema leaves the part open (no `properties`, no `items`).
fn narrow(steps: &[Step], schema: &mut Value, root: &Value) -> Result<bool, (String, Vec<String>)> {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#')) {
        // The reference is replaced by what it names, so that other uses of the target keep the property.
        if let Some(target) = root.pointer(target).filter(|t| t.get("$ref").is_none()) {
            *schema = target.clone();
        }
    }
    let mut outcome = Ok(false);
    for key in ["anyOf", "oneOf", "allOf"] {
        let branches = schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten();
        for branch in branches {
            // One branch that knows the name is enough.
            outcome = match (narrow(steps, branch, root), outcome) {
                (Ok(true), _) | (_, Ok(true)) => Ok(true),
                (Err(unknown), _) => Err(unknown),
                (Ok(false), earlier) => earlier,
            };
        }
    }
    match steps {
        [Step::Items, rest @ ..] => {
            schema.get_mut("items").map_or(outcome, |items| narrow(rest, items, root))
        }
        [Step::Field(name), rest @ ..] => {
            let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
                return outcome;
            };
            if !properties.contains_key(name) {
                return Err((name.clone(), properties.keys().cloned().collect()));
            }
            if !rest.is_empty() {
                return properties.get_mut(name).map_or(outcome, |inner| narrow(rest, inner, root));
            }
            properties.shift_remove(name);
            if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|r| r.as_str() != Some(name));
            }
            Ok(true)
        }
        [] => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> DataPath {
        text.parse().unwrap()
    }

    #[test]
    fn removes_and_replaces_through_lists() {
        let mut data = json!({"a": {"b": 1, "c": 2}, "items": [{"cost": 1, "n": 1}, {"n": 2}]});
        path("items[].cost").replace_in(&mut data, &json!("•••"));
        assert_eq!(data["items"], json!([{"cost": "•••", "n": 1}, {"n": 2}]));
        path("a.b").remove_from(&mut data);
        path("items[].cost").remove_from(&mut data);
        path("absent.x").remove_from(&mut data);
        assert_eq!(data, json!({"a": {"c": 2}, "items": [{"n": 1}, {"n": 2}]}));
    }

    #[test]
    fn narrows_a_schema_and_tells_an_unknown_name() {
        let mut schema = json!({
            "$defs": {"item": {"properties": {"cost": {}, "n": {}}, "required": ["cost", "n"]}},
            "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/item"}}}
        });
        path("items[].cost").remove_from_schema(&mut schema).unwrap();
        assert_eq!(
            schema["properties"]["items"]["items"],
            json!({"properties": {"n": {}}, "required": ["n"]})
        );
        let err = path("itms[].cost").remove_from_schema(&mut schema).unwrap_err();
        assert_eq!(err, ("itms".into(), vec!["items".into()]));
    }

    #[test]
    fn refuses_what_is_no_path() {
        for bad in ["", ".", "a..b", "a[0]", "[]", "a.[]"] {
            assert!(bad.parse::<DataPath>().is_err(), "{bad}");
        }
    }
}
