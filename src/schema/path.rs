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

impl std::fmt::Display for DataPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            match step {
                Step::Items => f.write_str("[]")?,
                Step::Field(name) => write!(f, "{}{name}", if n > 0 { "." } else { "" })?,
            }
        }
        Ok(())
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
        match narrow(&self.0, schema, &root, MAX_NESTING) {
            Ok(_) => Ok(()),
            Err(Lost::Unknown(name, known) | Lost::OtherKind(name, known)) => Err((name, known)),
        }
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

/// References and branches followed inside each other; a schema that only leads to itself ends there.
const MAX_NESTING: usize = 12;

/// Why a schema has no place for a path.
enum Lost {
    /// The object there has no such name; those it has.
    Unknown(String, Vec<String>),
    /// What is there is no object, or no list, at all.
    OtherKind(String, Vec<String>),
}

/// Whether a schema that says a type lets values be of type `kind`.
fn may_be(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|k| k == kind),
        _ => true,
    }
}

/// Follows the steps into a schema; `Ok(false)` where the schema leaves the part open (no `properties`, no `items`).
fn narrow(steps: &[Step], schema: &mut Value, root: &Value, nesting: usize) -> Result<bool, Lost> {
    let Some(nesting) = nesting.checked_sub(1) else { return Ok(false) };
    if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#')) {
        // The reference is replaced by what it names, so that other uses of the target keep the property.
        if let Some(target) = root.pointer(target).filter(|t| t.get("$ref").is_none()) {
            *schema = target.clone();
        }
    }
    let open = in_branches(steps, schema, root, nesting);
    match steps {
        [Step::Items, ..] if !may_be(schema, "array") => Err(Lost::OtherKind("[]".to_owned(), Vec::new())),
        [Step::Items, rest @ ..] => match schema.get_mut("items") {
            Some(items) => narrow(rest, items, root, MAX_NESTING),
            None => open,
        },
        [Step::Field(name), ..] if !may_be(schema, "object") => {
            // A list without `[]` in the path is the likely slip, and would keep nothing private.
            let through = may_be(schema, "array").then(|| format!("[].{name}"));
            Err(Lost::OtherKind(format!(".{name}"), through.into_iter().collect()))
        }
        [Step::Field(name), rest @ ..] => {
            if let (true, Some(required)) =
                (rest.is_empty(), schema.get_mut("required").and_then(Value::as_array_mut))
            {
                required.retain(|r| r.as_str() != Some(name));
            }
            let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
                return open;
            };
            match (properties.get_mut(name), open) {
                (Some(inner), _) if !rest.is_empty() => narrow(rest, inner, root, MAX_NESTING),
                (Some(_), _) => {
                    properties.shift_remove(name);
                    Ok(true)
                }
                (None, Ok(true)) => Ok(true),
                (None, _) => Err(Lost::Unknown(name.clone(), properties.keys().cloned().collect())),
            }
        }
        [] => Ok(true),
    }
}

/// The same in every branch of a union. One branch that knows the name is enough; a branch of another kind, such as
/// null, says nothing unless all are.
fn in_branches(steps: &[Step], schema: &mut Value, root: &Value, nesting: usize) -> Result<bool, Lost> {
    let mut outcome = None;
    for key in ["anyOf", "oneOf", "allOf"] {
        for branch in schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            outcome = Some(match (narrow(steps, branch, root, nesting), outcome) {
                (Ok(true), _) | (_, Some(Ok(true))) => Ok(true),
                (Err(unknown @ Lost::Unknown(..)), _) => Err(unknown),
                (Ok(false), None | Some(Err(Lost::OtherKind(..)))) => Ok(false),
                (Err(Lost::OtherKind(name, known)), None) => Err(Lost::OtherKind(name, known)),
                (_, Some(earlier)) => earlier,
            });
        }
    }
    outcome.unwrap_or(Ok(false))
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
    fn a_path_that_cannot_be_there_is_told() {
        let schema = json!({"type": "object", "properties": {
            "title": {"type": "string"},
            "items": {"type": "array", "items": {"type": "object", "properties": {"cost": {"type": "number"}}}},
            "owner": {"anyOf": [{"type": "object"}, {"type": "null"}]},
        }});
        let told = |text: &str| path(text).remove_from_schema(&mut schema.clone()).err();
        assert_eq!(told("title.secret"), Some((".secret".to_owned(), vec![])));
        assert_eq!(told("title[]"), Some(("[]".to_owned(), vec![])));
        assert_eq!(told("items.cost"), Some((".cost".to_owned(), vec!["[].cost".to_owned()])));
        assert_eq!(told("owner.email"), None);
        let mut itself = json!({"allOf": [{"$ref": "#"}], "anyOf": [{"$ref": "#"}]});
        assert!(path("a.b").remove_from_schema(&mut itself).is_ok());
    }

    #[test]
    fn what_is_taken_out_is_required_nowhere() {
        let mut schema =
            json!({"properties": {"a": {}}, "anyOf": [{"required": ["a", "b"]}, {"required": ["c"]}]});
        path("a").remove_from_schema(&mut schema).unwrap();
        assert_eq!(schema, json!({"properties": {}, "anyOf": [{"required": ["b"]}, {"required": ["c"]}]}));
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
