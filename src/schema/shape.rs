//! What a schema says of absent fields: which value stands in for each, and the schema of the data after that.
//!
//! Owns `on_missing`. Walks local `$ref`s; must not validate (that is [`super::Schema`]), but for telling which
//! branch of an `anyOf` or `oneOf` a value belongs to.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Formats, Schema, escape};

/// What happens to a field that the data lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMissing {
    /// Only schema defaults are filled in: for arguments.
    Defaults,
    /// An optional field becomes the schema's default, else null. A required one is a fault.
    Null,
    /// As `Null`, and a required field gets a placeholder of its type, which is told.
    Partial,
    /// Nothing is filled in and every field is required.
    Error,
}

/// What stands in for a required string under [`OnMissing::Partial`].
pub const PLACEHOLDER: &str = "—";

/// A compiled plan for filling data, and the schema the filled data satisfies.
#[derive(Debug)]
pub struct Shape {
    nodes: Vec<Node>,
    effective: Value,
    on_missing: OnMissing,
}

/// What to do at one place of the schema. Numbers are indices into [`Shape::nodes`], 0 the root.
#[derive(Debug, Default)]
struct Node {
    fields: Vec<Field>,
    items: Option<usize>,
    all: Vec<usize>,
    /// Branches of `anyOf` and `oneOf` with the check that tells whether a value belongs there.
    any: Vec<(Schema, usize)>,
}

#[derive(Debug)]
struct Field {
    name: String,
    stand_in: Option<Value>,
    /// The stand-in hides a missing required field.
    degrades: bool,
    node: usize,
}

impl Shape {
    /// Compiles the plan for a valid schema.
    pub fn compile(schema: &Value, on_missing: OnMissing) -> Self {
        let mut effective = schema.clone();
        widen(&mut effective, on_missing);
        let mut plan = Planner {
            root: schema,
            effective: &effective,
            on_missing,
            nodes: Vec::new(),
            seen: HashMap::new(),
        };
        plan.node(schema);
        let nodes = plan.nodes;
        Self { nodes, effective, on_missing }
    }

    /// The schema of the data after [`Shape::fill`]: fields that may become null or a placeholder say so.
    pub fn effective(&self) -> &Value {
        &self.effective
    }

    /// What happens to absent fields.
    pub fn on_missing(&self) -> OnMissing {
        self.on_missing
    }

    /// Whether filling can change anything.
    pub fn is_idle(&self) -> bool {
        self.nodes.iter().all(|n| n.fields.iter().all(|f| f.stand_in.is_none()))
    }

    /// Fills what is absent. Returns the JSON Pointers of required fields that got a placeholder.
    pub fn fill(&self, data: &mut Value) -> Vec<String> {
        let mut degraded = Vec::new();
        if !self.is_idle() {
            let mut path = Path { pointer: String::new(), made: Vec::new(), nesting: 0 };
            self.fill_at(0, data, &mut path, &mut degraded);
        }
        degraded
    }

    fn fill_at(&self, at: usize, data: &mut Value, path: &mut Path, degraded: &mut Vec<String>) {
        let Some(node) = self.nodes.get(at).filter(|_| path.nesting < MAX_NESTING) else { return };
        path.nesting += 1;
        for (schema, branch) in &node.any {
            if schema.is_valid(data) {
                self.fill_at(*branch, data, path, degraded);
                break;
            }
        }
        for part in &node.all {
            self.fill_at(*part, data, path, degraded);
        }
        path.nesting -= 1;
        match data {
            Value::Object(object) => self.fill_object(node, object, path, degraded),
            Value::Array(items) => {
                let Some(inner) = node.items else { return };
                for (index, item) in items.iter_mut().enumerate() {
                    self.step(inner, item, &index.to_string(), path, degraded);
                }
            }
            _ => {}
        }
    }

    fn fill_object(
        &self,
        node: &Node,
        object: &mut Map<String, Value>,
        path: &mut Path,
        degraded: &mut Vec<String>,
    ) {
        for field in &node.fields {
            match (object.get_mut(&field.name), &field.stand_in) {
                (Some(value), _) => self.step(field.node, value, &field.name, path, degraded),
                (None, Some(stand_in)) => {
                    if field.degrades {
                        degraded.push(format!("{}/{}", path.pointer, escape(&field.name)));
                    }
                    let value = object.entry(&field.name).or_insert_with(|| stand_in.clone());
                    // A schema that asks for itself would be filled without end: what was made up is filled once.
                    if !path.made.contains(&field.node) {
                        path.made.push(field.node);
                        self.step(field.node, value, &field.name, path, degraded);
                        path.made.pop();
                    }
                }
                (None, None) => {}
            }
        }
    }

    fn step(&self, node: usize, value: &mut Value, name: &str, path: &mut Path, degraded: &mut Vec<String>) {
        if !(value.is_object() || value.is_array()) {
            return;
        }
        let (length, nesting) = (path.pointer.len(), std::mem::take(&mut path.nesting));
        path.pointer.push('/');
        path.pointer.push_str(&escape(name));
        self.fill_at(node, value, path, degraded);
        path.pointer.truncate(length);
        path.nesting = nesting;
    }
}

/// The way down to the value that is being filled.
struct Path {
    /// Where it is.
    pointer: String,
    /// The nodes of the values around it that were made up.
    made: Vec<usize>,
    /// Branches entered inside each other at this very value.
    nesting: usize,
}

/// Branches entered inside each other at one value; a schema that only leads to itself ends there.
const MAX_NESTING: usize = 12;

struct Planner<'a> {
    root: &'a Value,
    effective: &'a Value,
    on_missing: OnMissing,
    nodes: Vec<Node>,
    /// Schemas already planned, by address, so that a recursive schema ends.
    seen: HashMap<*const Value, usize>,
}

impl<'a> Planner<'a> {
    fn node(&mut self, schema: &'a Value) -> usize {
        let schema = self.resolve(schema);
        if let Some(at) = self.seen.get(&std::ptr::from_ref(schema)) {
            return *at;
        }
        let at = self.nodes.len();
        self.seen.insert(std::ptr::from_ref(schema), at);
        self.nodes.push(Node::default());
        let node = self.plan(schema);
        if let Some(slot) = self.nodes.get_mut(at) {
            *slot = node;
        }
        at
    }

    fn plan(&mut self, schema: &'a Value) -> Node {
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let fields = properties.map(|(name, inner)| {
            let resolved = self.resolve(inner);
            let required = is_required(schema, name);
            let default = inner.get("default").or_else(|| resolved.get("default")).cloned();
            let (stand_in, degrades) = match (self.on_missing, required) {
                (OnMissing::Error, _) => (None, false),
                (OnMissing::Defaults, _) => (default, false),
                (_, false) => (Some(default.unwrap_or(Value::Null)), false),
                (OnMissing::Null, true) => (default, false),
                (OnMissing::Partial, true) => {
                    let made_up = default.is_none();
                    (Some(default.unwrap_or_else(|| placeholder(resolved))), made_up)
                }
            };
            Field { name: name.clone(), stand_in, degrades, node: self.node(inner) }
        });
        let fields = fields.collect();
        let items = schema.get("items").filter(|i| i.is_object()).map(|i| self.node(i));
        let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
        let all = list("allOf").map(|branch| self.node(branch)).collect();
        let any = list("anyOf").chain(list("oneOf")).filter_map(|branch| {
            // Judged by the widened branch: what is absent and would be filled must not rule it out.
            let mut alone = branch.clone();
            widen(&mut alone, self.on_missing);
            for defs in ["$defs", "definitions"] {
                if let (Some(object), Some(all)) = (alone.as_object_mut(), self.effective.get(defs)) {
                    object.entry(defs).or_insert_with(|| all.clone());
                }
            }
            Some((Schema::compile(alone, Formats::Described).ok()?, self.node(branch)))
        });
        let any = any.collect();
        Node { fields, items, all, any }
    }

    /// Follows local references; a chain longer than any sane one ends where it is.
    fn resolve(&self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..16 {
            let target = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
            match target.and_then(|pointer| self.root.pointer(pointer)) {
                Some(next) => schema = next,
                None => break,
            }
        }
        schema
    }
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema
        .get("required")
        .and_then(Value::as_array)
        .is_some_and(|r| r.iter().any(|r| r.as_str() == Some(name)))
}

/// A value of the schema's type that says nothing.
fn placeholder(schema: &Value) -> Value {
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        kind => kind.and_then(Value::as_str),
    };
    match kind {
        Some("string") => json!(PLACEHOLDER),
        Some("integer" | "number") => json!(0),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => Value::Null,
    }
}

/// Turns a schema of data into the schema of filled data, at every depth.
fn widen(schema: &mut Value, on_missing: OnMissing) {
    match schema {
        Value::Object(object) => {
            // `const`, `enum`, `default` and `examples` hold values, not schemas.
            let inner = object.iter_mut().filter(|(k, _)| {
                !matches!(k.as_str(), "const" | "enum" | "default" | "examples" | "required" | "type")
            });
            inner.for_each(|(key, value)| match (key.as_str(), value) {
                // Their members have names of data, which may be those of keywords.
                (
                    "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas",
                    Value::Object(named),
                ) => named.values_mut().for_each(|one| widen(one, on_missing)),
                (_, value) => widen(value, on_missing),
            });
            widen_properties(object, on_missing);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| widen(item, on_missing)),
        _ => {}
    }
}

fn widen_properties(schema: &mut Map<String, Value>, on_missing: OnMissing) {
    let required: Vec<String> = match schema.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    match on_missing {
        OnMissing::Defaults => {}
        OnMissing::Error => {
            let names: Vec<Value> = properties.keys().map(|k| json!(k)).collect();
            schema.insert("required".to_owned(), Value::Array(names));
        }
        OnMissing::Null | OnMissing::Partial => {
            for (name, inner) in properties.iter_mut() {
                let stand_in = if required.contains(name) {
                    (on_missing == OnMissing::Partial && inner.get("default").is_none())
                        .then(|| placeholder(inner))
                } else {
                    Some(Value::Null)
                };
                if let Some(stand_in) = stand_in {
                    allow(inner, &stand_in);
                }
            }
        }
    }
}

/// Lets `schema` also accept `value`; left alone where it plainly does already.
fn allow(schema: &mut Value, value: &Value) {
    let probe = Schema::compile(schema.clone(), Formats::Described);
    if probe.is_ok_and(|s| s.is_valid(value)) {
        return;
    }
    let simple = schema.as_object().is_some_and(|s| {
        s.get("type").is_some_and(Value::is_string)
            && !["const", "enum", "$ref"].iter().any(|k| s.contains_key(*k))
    });
    if value.is_null() && simple {
        if let Some(kind) = schema.get_mut("type") {
            *kind = json!([kind.take(), "null"]);
        }
    } else {
        let description = schema.as_object_mut().and_then(|s| s.shift_remove("description"));
        let also = if value.is_null() { json!({"type": "null"}) } else { json!({"const": value}) };
        *schema = json!({"anyOf": [schema.take(), also]});
        if let (Some(words), Some(object)) = (description, schema.as_object_mut()) {
            object.insert("description".to_owned(), words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "$defs": {"node": {"type": "object", "properties": {
                "v": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}, "required": ["v"]}},
            "properties": {
                "id": {"type": "string", "minLength": 3},
                "note": {"type": "string"},
                "status": {"enum": ["a", "b"]},
                "limit": {"type": "integer", "default": 5},
                "items": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}, "k": {"type": "string"}}, "required": ["n"]}},
                "list": {"$ref": "#/$defs/node"},
                "who": {"anyOf": [{"type": "object", "properties": {"name": {"type": "string"}, "mail": {"type": "string"}}, "required": ["name"]}, {"type": "null"}]}
            },
            "required": ["id", "items"], "additionalProperties": false
        })
    }

    fn filled(on_missing: OnMissing, mut data: Value) -> (Value, Vec<String>, bool) {
        let shape = Shape::compile(&schema(), on_missing);
        let degraded = shape.fill(&mut data);
        let effective = Schema::compile(shape.effective().clone(), Formats::Described).unwrap();
        let fits = effective.is_valid(&data);
        (data, degraded, fits)
    }

    #[test]
    fn members_may_be_named_like_keywords() {
        let list =
            json!({"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}});
        let mut schema = json!({"type": "object", "required": ["properties", "type"], "properties": {
            "properties": list, "type": {"type": "object", "properties": {"b": {"type": "string"}}}}});
        widen(&mut schema, OnMissing::Null);
        assert!(Schema::compile(schema.clone(), Formats::Described).is_ok(), "{schema}");
        let filled = json!({"properties": [{"a": null}], "type": {"b": null}});
        assert!(Schema::compile(schema, Formats::Described).unwrap().is_valid(&filled));
    }

    #[test]
    fn optional_fields_become_default_or_null_at_every_depth() {
        let data = json!({"id": "abc", "items": [{"n": 1}], "list": {"v": 1, "next": {"v": 2}}, "who": {"name": "x"}});
        let (data, degraded, fits) = filled(OnMissing::Null, data);
        let full = json!({
            "id": "abc", "items": [{"n": 1, "k": null}], "list": {"v": 1, "next": {"v": 2, "next": null}},
            "who": {"name": "x", "mail": null}, "note": null, "status": null, "limit": 5
        });
        assert_eq!(data, full);
        assert!(degraded.is_empty() && fits);
    }

    #[test]
    fn a_missing_required_field_is_a_fault_or_a_told_placeholder() {
        assert!(!filled(OnMissing::Null, json!({"items": []})).2);
        let (data, degraded, fits) = filled(OnMissing::Partial, json!({"items": [{"k": "x"}]}));
        assert_eq!(data["id"], "—");
        assert_eq!(data["items"][0]["n"], 0);
        assert_eq!(degraded, ["/id", "/items/0/n"]);
        assert!(fits, "the effective schema accepts its own placeholders, whatever minLength says");
    }

    #[test]
    fn error_fills_nothing_and_requires_all() {
        let (data, _, fits) = filled(OnMissing::Error, json!({"id": "abc", "items": []}));
        assert_eq!(data, json!({"id": "abc", "items": []}));
        assert!(!fits);
    }

    #[test]
    fn arguments_only_get_defaults() {
        let (data, _, _) = filled(OnMissing::Defaults, json!({"id": "abc", "items": []}));
        assert_eq!(data, json!({"id": "abc", "items": [], "limit": 5}));
    }
}
