//! A JSON Schema brought to what a widget can show: few kinds of value, bounded in depth and number.
//!
//! Owns reading any schema (references, unions, nullable types, open objects), and writing the closed schema of what is
//! shown. Must not choose components.

use serde_json::{Map, Value, json};

use super::words;

/// Levels of objects and lists in each other.
const MAX_DEPTH: usize = 4;
/// Members of one object.
const MAX_MEMBERS: usize = 30;
/// Members of all objects together.
const MAX_ALL: usize = 150;
/// References followed in a row.
const MAX_REFS: usize = 16;

/// A value with its name.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) description: Option<String>,
    pub(super) shape: Shape,
    /// It may be null or absent.
    pub(super) nullable: bool,
    /// Values it may have: a default, examples.
    pub(super) examples: Vec<Value>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Plain,
    Long,
    Date,
    DateTime,
    Time,
    Url,
    Image,
    Email,
    Choice(Vec<String>),
}

/// How a value is built.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Text(Kind),
    Number {
        whole: bool,
    },
    Bool,
    /// A text or a number, or something else that is short.
    Scalar,
    Object(Vec<Field>),
    List(Box<Field>),
    /// An object with names that are data.
    Map(Box<Field>),
    Any,
}

impl Field {
    pub(super) fn is_scalar(&self) -> bool {
        matches!(self.shape, Shape::Text(_) | Shape::Number { .. } | Shape::Bool | Shape::Scalar)
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self.shape, Shape::Number { .. })
    }

    pub(super) fn kind(&self) -> Option<&Kind> {
        match &self.shape {
            Shape::Text(kind) => Some(kind),
            _ => None,
        }
    }

    /// A text in one line.
    pub(super) fn is_short(&self) -> bool {
        match &self.shape {
            Shape::Text(kind) => matches!(kind, Kind::Plain | Kind::Choice(_) | Kind::Email),
            _ => false,
        }
    }

    /// A new one around others.
    pub(super) fn around(name: &str, shape: Shape) -> Self {
        Self {
            name: name.to_owned(),
            label: words::label(name),
            description: None,
            shape,
            nullable: false,
            examples: Vec::new(),
        }
    }

    /// The closed schema of it.
    pub(super) fn schema(&self) -> Value {
        let mut schema = match &self.shape {
            Shape::Text(Kind::Choice(values)) => json!({"type": "string", "enum": values}),
            Shape::Text(_) => json!({"type": "string"}),
            Shape::Number { whole: true } => json!({"type": "integer"}),
            Shape::Number { whole: false } => json!({"type": "number"}),
            Shape::Bool => json!({"type": "boolean"}),
            Shape::Scalar => json!({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}),
            Shape::Object(fields) => closed(fields),
            Shape::List(item) => json!({"type": "array", "items": item.schema()}),
            Shape::Map(value) => json!({"type": "object", "additionalProperties": value.schema()}),
            Shape::Any => json!({}),
        };
        if self.nullable && !matches!(self.shape, Shape::Any) {
            schema = json!({"anyOf": [schema, {"type": "null"}]});
        }
        if let (Some(text), Some(members)) = (&self.description, schema.as_object_mut()) {
            members.insert("description".to_owned(), json!(text));
        }
        schema
    }

    /// The jq that leaves of a value what is shown; `None`: all of it.
    pub(super) fn select(&self) -> Option<String> {
        let inner = match &self.shape {
            Shape::Object(fields) => members(fields),
            Shape::List(item) => format!("map({})", item.select()?),
            Shape::Map(value) => format!("map_values({})", value.select()?),
            _ => return None,
        };
        Some(if self.nullable { format!("if . == null then null else {inner} end") } else { inner })
    }
}

fn members(fields: &[Field]) -> String {
    let all: Vec<String> = fields
        .iter()
        .map(|field| {
            let name = Value::String(field.name.clone()).to_string();
            // A backslash and a parenthesis would begin an interpolation; JSON writes no such escape.
            let plain = super::ast::is_name(&field.name) && !JQ.contains(&field.name.as_str());
            match field.select() {
                None if plain => field.name.clone(),
                None => format!("{name}: .[{name}]"),
                Some(inner) => {
                    let key = if plain { field.name.clone() } else { name.clone() };
                    format!("{key}: (.[{name}] | {inner})")
                }
            }
        })
        .collect();
    format!("{{{}}}", all.join(", "))
}

const JQ: &[&str] = &[
    "and", "as", "catch", "def", "elif", "else", "end", "foreach", "if", "import", "include", "label",
    "module", "not", "or", "reduce", "then", "try", "__loc__", "limit",
];

/// The schema of an object with these members and no others.
pub(super) fn closed(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|f| (f.name.clone(), f.schema())).collect();
    let required: Vec<&str> = fields
        .iter()
        .filter(|f| !f.nullable && !matches!(f.shape, Shape::Any))
        .map(|f| f.name.as_str())
        .collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Reads a schema.
pub(super) fn read(name: &str, schema: &Value) -> Field {
    let mut reader = Reader { root: schema, left: MAX_ALL, inside: vec!["#".to_owned()] };
    reader.field(name, schema, true, 0)
}

struct Reader<'s> {
    root: &'s Value,
    left: usize,
    /// The references followed to where it reads.
    inside: Vec<String>,
}

/// A schema whose references and unions are resolved.
struct Resolved {
    schema: Map<String, Value>,
    nullable: bool,
    /// The types it may have, without null.
    types: Vec<String>,
}

impl Reader<'_> {
    fn field(&mut self, name: &str, schema: &Value, required: bool, depth: usize) -> Field {
        let resolved = self.resolve(schema, 0);
        let given = |key: &str| {
            resolved.schema.get(key).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty())
        };
        let label = given("title").filter(|t| t.chars().count() <= 32 && depth > 0).map(str::to_owned);
        let mut examples: Vec<Value> = ["const", "default", "example"]
            .iter()
            .filter_map(|key| resolved.schema.get(*key).cloned())
            .collect();
        examples
            .extend(resolved.schema.get("examples").and_then(Value::as_array).into_iter().flatten().cloned());
        let nullable_by_default = examples.first().is_some_and(Value::is_null);
        examples.retain(|value| !value.is_null());
        Field {
            name: name.to_owned(),
            label: label.unwrap_or_else(|| words::label(name)),
            description: given("description").map(str::to_owned),
            shape: self.shape(name, &resolved, &examples, depth),
            nullable: !required || resolved.nullable || nullable_by_default,
            examples,
        }
    }

    fn shape(&mut self, name: &str, resolved: &Resolved, examples: &[Value], depth: usize) -> Shape {
        let schema = &resolved.schema;
        let values: Vec<Value> = match (schema.get("enum"), schema.get("const")) {
            (Some(Value::Array(all)), _) => all.iter().filter(|v| !v.is_null()).cloned().collect(),
            (_, Some(one)) if !one.is_null() => vec![one.clone()],
            _ => Vec::new(),
        };
        let types: Vec<&str> = resolved.types.iter().map(String::as_str).collect();
        match types.as_slice() {
            _ if !values.is_empty() => of_values(&values),
            ["string"] => Shape::Text(text_kind(name, schema, examples)),
            ["integer"] => Shape::Number { whole: true },
            ["number"] | ["integer", "number"] | ["number", "integer"] => Shape::Number { whole: false },
            ["boolean"] => Shape::Bool,
            ["object"] => self.object(schema, depth),
            ["array"] => self.list(name, schema, depth),
            [] => Shape::Any,
            many if many.iter().all(|t| matches!(*t, "string" | "integer" | "number" | "boolean")) => {
                Shape::Scalar
            }
            _ => Shape::Any,
        }
    }

    fn object(&mut self, schema: &Map<String, Value>, depth: usize) -> Shape {
        if depth >= MAX_DEPTH {
            return Shape::Any;
        }
        let properties = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty());
        let Some(properties) = properties else {
            return match schema.get("additionalProperties") {
                Some(rest @ Value::Object(inner)) if !inner.is_empty() => {
                    Shape::Map(Box::new(self.field("value", rest, true, depth + 1)))
                }
                Some(Value::Bool(false)) => Shape::Object(Vec::new()),
                _ => Shape::Any,
            };
        };
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut fields = Vec::new();
        // Scalars first where there are too many: what is nested takes more of the bound.
        for (name, inner) in properties.iter().take(MAX_MEMBERS) {
            if self.left == 0 {
                break;
            }
            // What holds things of its own kind is shown without them: there would be no end.
            let refs = references(inner);
            if refs.iter().any(|r| self.inside.contains(r)) {
                continue;
            }
            self.left -= 1;
            let before = self.inside.len();
            self.inside.extend(refs);
            fields.push(self.field(name, inner, required.contains(&name.as_str()), depth + 1));
            self.inside.truncate(before);
        }
        Shape::Object(fields)
    }

    fn list(&mut self, name: &str, schema: &Map<String, Value>, depth: usize) -> Shape {
        if depth >= MAX_DEPTH {
            return Shape::Any;
        }
        let first = schema.get("prefixItems").and_then(Value::as_array);
        let items = match (schema.get("items"), first) {
            (Some(items @ Value::Object(_)), None) => items.clone(),
            (_, Some(all)) => json!({"anyOf": all}),
            _ => json!({}),
        };
        Shape::List(Box::new(self.field(&words::singular(name), &items, true, depth + 1)))
    }

    /// Follows references, joins `allOf`, and joins the branches of unions where they are alike.
    fn resolve(&self, schema: &Value, refs: usize) -> Resolved {
        let Value::Object(members) = schema else {
            return Resolved { schema: Map::new(), nullable: true, types: Vec::new() };
        };
        let mut own = members.clone();
        let target = own.shift_remove("$ref").or_else(|| own.shift_remove("$dynamicRef"));
        if refs < MAX_REFS
            && let Some(target) = target.as_ref().and_then(Value::as_str)
            && let Some(found) = self.target(target)
        {
            let base = self.resolve(found, refs + 1);
            let mut joined = base.schema;
            joined.extend(own);
            return Resolved { schema: joined, nullable: base.nullable, types: base.types };
        }
        let mut types = types(&own);
        let mut nullable =
            own.get("nullable") == Some(&Value::Bool(true)) || types.iter().any(|t| t == "null");
        let typed = !types.is_empty();
        types.retain(|t| t != "null");
        if let Some(Value::Array(all)) = own.shift_remove("allOf") {
            for part in all.iter().take(MAX_MEMBERS) {
                let part = if refs < MAX_REFS { self.resolve(part, refs + 1) } else { continue };
                types.extend(part.types.into_iter().filter(|_| !typed));
                types.dedup();
                join(&mut own, part.schema, true);
            }
        }
        let union = own.shift_remove("anyOf").or_else(|| own.shift_remove("oneOf"));
        if let Some(Value::Array(all)) = union.filter(|_| refs < MAX_REFS) {
            nullable |= self.unite(&all, &mut own, &mut types, refs);
        }
        if !typed && types.is_empty() && own.contains_key("properties") {
            types.push("object".to_owned());
        }
        if !typed && types.is_empty() && !own.contains_key("enum") && !own.contains_key("const") {
            nullable = true;
        }
        Resolved { schema: own, nullable, types }
    }

    /// Joins the branches of a union into one schema; tells whether one of them is null.
    fn unite(
        &self,
        all: &[Value],
        own: &mut Map<String, Value>,
        types: &mut Vec<String>,
        refs: usize,
    ) -> bool {
        let is_null = |b: &&Value| {
            b.get("type").and_then(Value::as_str) == Some("null") || b.get("const") == Some(&Value::Null)
        };
        let rest: Vec<&Value> = all.iter().filter(|b| !is_null(b)).take(MAX_MEMBERS).collect();
        let mut nullable = rest.len() < all.len() && all.iter().any(|b| is_null(&b));
        let several = rest.len() > 1;
        let consts: Vec<Value> = rest.iter().filter_map(|b| b.get("const").cloned()).collect();
        for branch in &rest {
            let branch = self.resolve(branch, refs + 1);
            nullable |= branch.nullable && !branch.types.is_empty();
            for kind in branch.types {
                if !types.contains(&kind) {
                    types.push(kind);
                }
            }
            let mut schema = branch.schema;
            if several {
                ["format", "enum", "const", "title"].iter().for_each(|key| drop(schema.shift_remove(*key)));
            }
            join(own, schema, !several);
        }
        if several && consts.len() == rest.len() {
            own.insert("enum".to_owned(), Value::Array(consts));
        }
        nullable
    }

    fn target(&self, reference: &str) -> Option<&Value> {
        let pointer = reference.strip_prefix('#')?;
        let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8().ok()?;
        if pointer.is_empty() || pointer.starts_with('/') {
            return self.root.pointer(&pointer);
        }
        let definitions = self.root.get("$defs")?.as_object()?;
        definitions.values().find(|d| d.get("$anchor").and_then(Value::as_str) == Some(&pointer))
    }
}

/// The references a member's schema begins with: its own, those of its items and of its branches.
fn references(schema: &Value) -> Vec<String> {
    let own = schema.get("$ref").and_then(Value::as_str).map(str::to_owned);
    let items = ["items", "additionalProperties"].iter().filter_map(|key| schema.get(*key));
    let branches =
        ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten();
    own.into_iter().chain(items.chain(branches).flat_map(references)).collect()
}

/// Joins the members of two object schemas. `all`: both hold, so what either requires is required.
fn join(own: &mut Map<String, Value>, other: Map<String, Value>, all: bool) {
    for (key, value) in other {
        match (key.as_str(), own.get_mut(&key)) {
            ("properties", Some(Value::Object(have))) => {
                let Value::Object(more) = value else { continue };
                for (name, inner) in more {
                    have.entry(name).or_insert(inner);
                }
            }
            ("required", Some(Value::Array(have))) => {
                let Value::Array(more) = value else { continue };
                if all {
                    have.extend(more);
                } else {
                    have.retain(|name| more.contains(name));
                }
            }
            ("type", _) | (_, Some(_)) => {}
            _ => drop(own.insert(key, value)),
        }
    }
}

fn types(schema: &Map<String, Value>) -> Vec<String> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn of_values(values: &[Value]) -> Shape {
    let texts: Vec<String> = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    match () {
        () if texts.len() == values.len() && texts.len() <= 40 => Shape::Text(Kind::Choice(texts)),
        () if texts.len() == values.len() => Shape::Text(Kind::Plain),
        () if values.iter().all(Value::is_boolean) => Shape::Bool,
        () if values.iter().all(Value::is_i64) => Shape::Number { whole: true },
        () if values.iter().all(Value::is_number) => Shape::Number { whole: false },
        () if values.iter().all(|v| !v.is_object() && !v.is_array()) => Shape::Scalar,
        () => Shape::Any,
    }
}

fn text_kind(name: &str, schema: &Map<String, Value>, examples: &[Value]) -> Kind {
    let example = examples.iter().find_map(Value::as_str).unwrap_or_default();
    let longest = schema.get("maxLength").and_then(Value::as_u64);
    match schema.get("format").and_then(Value::as_str) {
        Some("date") => Kind::Date,
        Some("date-time") => Kind::DateTime,
        Some("time") => Kind::Time,
        Some("email") => Kind::Email,
        Some("uri" | "url" | "iri") if words::is_image(name) || looks_like_image(example) => Kind::Image,
        Some("uri" | "url" | "iri") => Kind::Url,
        Some("markdown" | "html" | "textarea" | "multiline") => Kind::Long,
        _ if looks_like_image(example) => Kind::Image,
        _ if words::is_image(name) && words::is_url(name) => Kind::Image,
        _ if words::is_url(name) && !example.contains(' ') => Kind::Url,
        _ if example.contains('\n') || example.chars().count() > 90 => Kind::Long,
        _ if example.is_empty() && words::is_long(name) && longest.is_none_or(|n| n > 90) => Kind::Long,
        _ if longest.is_some_and(|n| n > 300) && words::is_long(name) => Kind::Long,
        _ => Kind::Plain,
    }
}

/// An address of a picture, by its end or its scheme.
pub(super) fn looks_like_image(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default().to_lowercase();
    let ends =
        [".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif"].iter().any(|end| path.ends_with(end));
    text.starts_with("data:image/") || (ends && (path.starts_with("http") || path.starts_with('/')))
}
