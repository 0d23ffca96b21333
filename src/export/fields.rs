//! The fields of a schema, one by one, as people name them: `items[].price`.
//!
//! Owns walking a schema of data for that. Judges nothing; the schema does.

use serde::Serialize;
use serde_json::Value;

use crate::schema::describe;

/// One field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Names joined by dots; `[]` goes into every item of a list, `.*` into every member of an object whose names are
    /// free, `["a b"]` is a name that could be misread.
    pub path: String,
    /// Its JSON types, `any` if the schema does not say.
    #[serde(rename = "type")]
    pub types: Vec<&'static str>,
    /// Type and limits in words.
    pub expects: String,
    /// The pattern in those words, which Markdown must not change.
    #[serde(skip)]
    pub pattern: Option<String>,
    /// Whether it is always there in what holds it.
    pub required: bool,
    /// The only values it has, if the schema lists them; null is told by the type.
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Value>,
    /// What stands for it if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What it holds, in the author's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Levels of nesting that are listed.
const MAX_DEPTH: usize = 12;

/// References and branches followed at one place.
const MAX_BRANCHES: usize = 12;

/// The fields of a schema, in its order, each path once.
pub fn fields(schema: &Value) -> Vec<Field> {
    let mut walk = Walk { root: schema, fields: Vec::new(), within: Vec::new() };
    walk.members(schema, "");
    walk.fields
}

struct Walk<'a> {
    root: &'a Value,
    fields: Vec<Field>,
    /// The schemas around, by address, so that one that holds itself ends.
    within: Vec<*const Value>,
}

impl<'a> Walk<'a> {
    /// Lists what is inside of a value at `path`.
    fn members(&mut self, schema: &'a Value, path: &str) {
        let branches = branches(schema, self.root);
        for branch in &branches {
            let address = std::ptr::from_ref(branch.schema);
            if self.within.contains(&address) || self.within.len() >= MAX_DEPTH {
                continue;
            }
            self.within.push(address);
            let choices = branches.iter().filter(|b| b.optional && !is_null(b.schema));
            let sure = |name: &str| choices.clone().all(|b| strings(b.schema, "required").contains(&name));
            self.object(branch, path, &sure);
            self.list(branch.schema, path);
            self.within.pop();
        }
    }

    fn object(&mut self, branch: &Branch<'a>, path: &str, sure: &dyn Fn(&str) -> bool) {
        let required = strings(branch.schema, "required");
        for (name, inner) in branch.schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let needed = required.contains(&name.as_str()) && (!branch.optional || sure(name));
            self.field(&joined(path, name), inner, needed);
        }
        for key in ["additionalProperties", "patternProperties"] {
            let inner: Vec<&Value> = match (key, branch.schema.get(key)) {
                ("patternProperties", Some(Value::Object(all))) => all.values().collect(),
                (_, Some(inner @ Value::Object(_))) => vec![inner],
                _ => Vec::new(),
            };
            let path = if path.is_empty() { "*".to_owned() } else { format!("{path}.*") };
            inner.into_iter().for_each(|inner| self.field(&path, inner, false));
        }
    }

    fn list(&mut self, schema: &'a Value, path: &str) {
        for (n, inner) in
            schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            self.field(&format!("{path}[{n}]"), inner, true);
        }
        if let Some(inner) = schema.get("items").filter(|i| i.is_object()) {
            let path = format!("{path}[]");
            // Items that hold nothing are told by the list itself, unless there is more to say of them.
            let branches = branches(inner, self.root);
            let holds = ["properties", "items", "prefixItems", "additionalProperties"];
            if branches.iter().any(|b| holds.iter().any(|k| b.schema.get(*k).is_some_and(Value::is_object))) {
                self.members(inner, &path);
            } else {
                self.field(&path, inner, true);
            }
        }
    }

    fn field(&mut self, path: &str, schema: &'a Value, required: bool) {
        let field = self.told(path, schema, required);
        match self.fields.iter_mut().find(|f| f.path == path) {
            Some(known) => join(known, field),
            None => self.fields.push(field),
        }
        self.members(schema, path);
    }

    fn told(&self, path: &str, schema: &'a Value, required: bool) -> Field {
        let branches = branches(schema, self.root);
        let mut types: Vec<&'static str> = branches.iter().flat_map(|b| types(b.schema)).collect();
        once(&mut types);
        let open = branches.iter().any(|b| values(b.schema).is_none() && !is_null(b.schema));
        let mut options = Vec::new();
        for value in branches.iter().filter_map(|b| values(b.schema)).flatten().filter(|v| !v.is_null()) {
            if !open && !options.contains(value) {
                options.push(value.clone());
            }
        }
        let say = |key: &str| schema.get(key).or_else(|| branches.iter().find_map(|b| b.schema.get(key)));
        let mut bare = schema.clone();
        if let Some(object) = bare.as_object_mut() {
            object.shift_remove("description");
            // What ChatKit Studio writes for any integer says nothing.
            object.retain(|key, limit| {
                !(matches!(key.as_str(), "minimum" | "maximum") && is_any_integer(limit))
            });
        }
        Field {
            path: path.to_owned(),
            types,
            expects: describe(&bare, self.root),
            pattern: bare.get("pattern").and_then(Value::as_str).map(str::to_owned),
            required,
            options,
            default: say("default").cloned(),
            description: say("description").and_then(Value::as_str).map(str::to_owned),
        }
    }
}

/// Keeps the first of each.
fn once(types: &mut Vec<&'static str>) {
    let mut seen = Vec::new();
    types.retain(|kind| {
        let new = !seen.contains(kind);
        seen.push(*kind);
        new
    });
}

/// Joins what two branches say of one field.
fn join(known: &mut Field, other: Field) {
    known.types.extend(other.types);
    once(&mut known.types);
    if known.expects != other.expects {
        known.expects = format!("{}, or {}", known.expects, other.expects);
    }
    known.required &= other.required;
    if known.options.is_empty() || other.options.is_empty() {
        known.options.clear();
    } else {
        let more: Vec<Value> = other.options.into_iter().filter(|v| !known.options.contains(v)).collect();
        known.options.extend(more);
    }
    known.description = known.description.take().or(other.description);
}

/// One way a value can be.
struct Branch<'a> {
    schema: &'a Value,
    /// There are others, so that what this one holds may not be there.
    optional: bool,
}

/// All ways a value can be: references followed, choices opened.
fn branches<'a>(schema: &'a Value, root: &'a Value) -> Vec<Branch<'a>> {
    let mut out = Vec::new();
    open(schema, root, false, MAX_BRANCHES, &mut out);
    out
}

fn open<'a>(schema: &'a Value, root: &'a Value, optional: bool, levels: usize, out: &mut Vec<Branch<'a>>) {
    let Some(levels) = levels.checked_sub(1) else { return };
    let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    if let Some(target) = target.and_then(|pointer| root.pointer(pointer)) {
        open(target, root, optional, levels, out);
    }
    list("allOf").for_each(|part| open(part, root, optional, levels, out));
    let choices: Vec<&Value> = list("anyOf").chain(list("oneOf")).collect();
    // A choice between something and nothing leaves what the something holds as it is.
    let several = choices.iter().filter(|c| !is_null(c)).count() > 1;
    for choice in &choices {
        open(choice, root, optional || several, levels, out);
    }
    let says = ["type", "const", "enum", "properties", "items", "prefixItems", "additionalProperties"];
    if target.is_none() && (says.iter().any(|key| schema.get(*key).is_some()) || choices.is_empty()) {
        out.push(Branch { schema, optional });
    }
}

/// The largest integer of JavaScript, or the smallest.
fn is_any_integer(limit: &Value) -> bool {
    limit.as_i64().is_some_and(|n| n.abs() == (1 << 53) - 1)
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null") || schema.get("const").is_some_and(Value::is_null)
}

/// The only values a schema lets be, if it lists them.
fn values(schema: &Value) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(only), _) => Some(vec![only]),
        (None, Some(Value::Array(all))) => Some(all.iter().collect()),
        _ => None,
    }
}

fn types(schema: &Value) -> Vec<&'static str> {
    const ALL: [&str; 7] = ["string", "integer", "number", "boolean", "object", "array", "null"];
    let named = |name: &str| ALL.into_iter().find(|kind| *kind == name);
    match schema.get("type") {
        Some(Value::String(one)) => named(one).into_iter().collect(),
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).filter_map(named).collect(),
        _ => match values(schema) {
            Some(values) => values.into_iter().map(type_of).collect(),
            None if schema.get("properties").is_some() => vec!["object"],
            None if schema.get("items").is_some() => vec!["array"],
            None => vec!["any"],
        },
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_i64() || n.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The strings in the list at `key`.
fn strings<'a>(schema: &'a Value, key: &str) -> Vec<&'a str> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn joined(path: &str, name: &str) -> String {
    let odd = |c: char| c.is_whitespace() || c.is_control() || ".[]*\"".contains(c);
    let plain = !name.is_empty() && !name.contains(odd);
    match (plain, path.is_empty()) {
        (true, true) => name.to_owned(),
        (true, false) => format!("{path}.{name}"),
        (false, _) => format!("{path}[{}]", Value::from(name)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_is_listed_once_by_its_path() {
        let schema = json!({
            "type": "object", "required": ["id", "items", "who"],
            "$defs": {"node": {"type": "object", "required": ["v"], "properties": {
                "v": {"type": "integer", "description": "Value"}, "next": {"$ref": "#/$defs/node"}}}},
            "properties": {
                "id": {"type": "string", "minLength": 3},
                "a.b": {"type": ["string", "null"]},
                "class": {"const": 1},
                "status": {"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}], "description": "State"},
                "items": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "number", "default": 2}}, "required": ["n"]}},
                "tags": {"type": "array", "items": {"type": "string"}},
                "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
                "prices": {"type": "object", "additionalProperties": {"type": "number"}},
                "list": {"$ref": "#/$defs/node"},
                "who": {"oneOf": [
                    {"type": "object", "properties": {"kind": {"const": "person"}, "name": {"type": "string"}}, "required": ["kind", "name"]},
                    {"type": "object", "properties": {"kind": {"const": "firm"}}, "required": ["kind"]}]},
                "any": {}
            }
        });
        let told: Vec<String> = fields(&schema)
            .iter()
            .map(|f| {
                let options = if f.options.is_empty() { String::new() } else { json!(f.options).to_string() };
                format!("{} {}{} {options}", f.path, f.types.join("|"), if f.required { "" } else { "?" })
            })
            .collect();
        assert_eq!(
            told,
            [
                "id string ",
                "[\"a.b\"] string|null? ",
                "class integer? [1]",
                "status string|null? [\"a\",\"b\"]",
                "items array ",
                "items[].n number ",
                "tags array? ",
                "tags[] string ",
                "pair array? ",
                "pair[0] string ",
                "pair[1] integer ",
                "prices object? ",
                "prices.* number? ",
                "list object? ",
                "list.v integer ",
                "list.next object? ",
                "who object ",
                "who.kind string [\"person\",\"firm\"]",
                "who.name string? ",
                "any any? "
            ]
        );
        assert_eq!(fields(&schema)[3].description.as_deref(), Some("State"));
    }
}
