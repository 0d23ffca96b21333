//! Types of any language, made from JSON Schemas.
//!
//! Owns what a schema means as a type. Where a type cannot say all that a schema says (patterns, ranges, conditions), it
//! is the wider one: whatever fits the schema fits the type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::export::names::identifier;
use crate::export::{Language, Style};

/// A type where it is used.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    /// Any JSON value.
    Unknown,
    /// No value at all.
    Never,
    Null,
    Boolean,
    Integer,
    Number,
    Text,
    /// One string, integer or boolean.
    Literal(Value),
    List(Box<Type>),
    /// A list whose first items have types of their own; `least` of them are always there.
    Tuple {
        first: Vec<Type>,
        least: usize,
        rest: Option<Box<Type>>,
    },
    /// An object with any names.
    Map(Box<Type>),
    /// A definition of the module.
    Named(String),
    Union(Vec<Type>),
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) kind: Type,
    pub(super) required: bool,
    pub(super) about: Option<String>,
}

/// A type with a name.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) about: Option<String>,
    pub(super) form: Form,
}

#[derive(Debug)]
pub(super) enum Form {
    /// Reserved, its content not known yet.
    Open,
    /// An object; `more`: it may have other members.
    Object {
        members: Vec<Member>,
        more: bool,
    },
    Alias(Type),
}

/// All definitions of one file, in the order of their first use.
#[derive(Debug)]
pub(super) struct Module {
    language: Language,
    definitions: Vec<Definition>,
    taken: BTreeSet<String>,
}

/// Where a definition stands in its module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

/// Most definitions of a module: schemas that unfold without end stop there.
const MAX_DEFINITIONS: usize = 5_000;

/// Levels of nesting inside of one schema.
const MAX_LEVELS: usize = 40;

impl Module {
    pub(super) fn new(language: Language) -> Self {
        Self { language, definitions: Vec::new(), taken: BTreeSet::new() }
    }

    pub(super) fn language(&self) -> Language {
        self.language
    }

    pub(super) fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// Takes a name like `wish` and a place for what will have it.
    pub(super) fn reserve(&mut self, wish: &str) -> Place {
        let mut name = wish.to_owned();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wish}{number}");
            number += 1;
        }
        self.definitions.push(Definition { name, about: None, form: Form::Open });
        Place(self.definitions.len() - 1)
    }

    /// Puts an object into its place.
    pub(super) fn object(
        &mut self,
        place: Place,
        about: Option<String>,
        members: Vec<Member>,
        more: bool,
    ) -> Type {
        self.put(place, about, Form::Object { members, more })
    }

    /// Gives a type a name.
    pub(super) fn alias(&mut self, place: Place, about: Option<String>, kind: Type) -> Type {
        self.put(place, about, Form::Alias(kind))
    }

    fn put(&mut self, Place(at): Place, about: Option<String>, form: Form) -> Type {
        match self.definitions.get_mut(at) {
            Some(definition) => {
                (definition.about, definition.form) = (about.or(definition.about.take()), form);
                Type::Named(definition.name.clone())
            }
            None => Type::Unknown,
        }
    }

    /// The type of a whole schema, named like `wish`.
    pub(super) fn schema(&mut self, wish: &str, about: String, schema: &Value) -> Type {
        let mut walk = Walk {
            root: schema,
            prefix: wish.to_owned(),
            module: self,
            references: BTreeMap::new(),
            direct: Vec::new(),
            levels: 0,
        };
        let kind = walk.reference("", wish);
        if let Some(definition) = self.definitions.iter_mut().find(|d| kind == Type::Named(d.name.clone())) {
            let said = definition.about.take().map(|said| format!(" {said}")).unwrap_or_default();
            definition.about = Some(about + &said);
        }
        kind
    }
}

struct Walk<'a> {
    root: &'a Value,
    prefix: String,
    module: &'a mut Module,
    /// Names of what is referred to, by JSON Pointer.
    references: BTreeMap<String, Type>,
    /// References followed without going into an object or a list: one that leads back to them says nothing.
    direct: Vec<String>,
    levels: usize,
}

/// What a type is made for: a name if it needs one, or a place it has already.
struct For<'w> {
    wish: &'w str,
    place: Option<Place>,
}

/// Keywords that say something about a value, so that they cannot be left out.
const SAYING: [&str; 12] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "items",
    "prefixItems",
    "enum",
    "const",
    "allOf",
    "anyOf",
    "oneOf",
];

impl Walk<'_> {
    /// The type a reference leads to, which has a name so that it can lead back to itself.
    fn reference(&mut self, pointer: &str, wish: &str) -> Type {
        if self.direct.iter().any(|open| open == pointer) {
            return Type::Unknown;
        }
        if let Some(known) = self.references.get(pointer) {
            return known.clone();
        }
        let root = self.root;
        let Some(target) = root.pointer(pointer) else { return Type::Unknown };
        let place = self.module.reserve(wish);
        let named = self.module.put(place, text(target, "description"), Form::Open);
        self.references.insert(pointer.to_owned(), named.clone());
        self.direct.push(pointer.to_owned());
        let kind = self.of(target, For { wish, place: Some(place) });
        self.direct.pop();
        if kind != named {
            self.module.alias(place, None, kind);
        }
        named
    }

    fn of(&mut self, schema: &Value, made: For<'_>) -> Type {
        if self.levels >= MAX_LEVELS || self.module.definitions.len() >= MAX_DEFINITIONS {
            return Type::Unknown;
        }
        self.levels += 1;
        let kind = match schema {
            Value::Bool(false) => Type::Never,
            Value::Object(object) => self.of_object(schema, object, made),
            _ => Type::Unknown,
        };
        self.levels -= 1;
        kind
    }

    fn of_object(&mut self, schema: &Value, object: &Map<String, Value>, made: For<'_>) -> Type {
        if let Some(target) = object.get("$ref").and_then(Value::as_str) {
            let alone = !SAYING.iter().any(|key| object.contains_key(*key));
            return match (target.strip_prefix('#'), alone) {
                (Some(pointer), true) => {
                    let last = pointer.rsplit('/').next().unwrap_or_default();
                    let wish =
                        identifier(&format!("{} {last}", self.prefix), Style::Pascal, self.module.language);
                    self.reference(pointer, &wish)
                }
                (Some(_), false) => {
                    let joined = self.joined(&without(schema, &["$ref"]), &json!({"$ref": target}));
                    self.of(&joined, made)
                }
                (None, _) => Type::Unknown,
            };
        }
        if let Some(parts) = object.get("allOf").and_then(Value::as_array) {
            let own = without(schema, &["allOf"]);
            let whole = parts.iter().fold(own, |whole, part| self.joined(&whole, part));
            return self.of(&whole, made);
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(branches) = object.get(key).and_then(Value::as_array) {
                let own = without(schema, &[key, "description"]);
                let says = SAYING.iter().any(|key| own.get(*key).is_some());
                let branches = branches.iter().map(|branch| {
                    let joined = says.then(|| self.joined(&own, branch));
                    self.of(joined.as_ref().unwrap_or(branch), For { wish: made.wish, place: None })
                });
                return union(branches.collect());
            }
        }
        if let Some(values) = listed(object) {
            return union(values.into_iter().map(literal).collect());
        }
        match object.get("type") {
            Some(Value::Array(kinds)) => {
                let kinds = kinds.iter().map(|kind| {
                    let mut one = object.clone();
                    one.insert("type".to_owned(), kind.clone());
                    self.of(&Value::Object(one), For { wish: made.wish, place: None })
                });
                union(kinds.collect())
            }
            Some(Value::String(kind)) => self.typed(kind, object, made),
            _ if ["properties", "required", "patternProperties"].iter().any(|k| object.contains_key(*k)) => {
                self.typed("object", object, made)
            }
            _ if ["items", "prefixItems"].iter().any(|k| object.contains_key(*k)) => {
                self.typed("array", object, made)
            }
            _ => Type::Unknown,
        }
    }

    fn typed(&mut self, kind: &str, object: &Map<String, Value>, made: For<'_>) -> Type {
        match kind {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "integer" => Type::Integer,
            "number" => Type::Number,
            "string" => Type::Text,
            // What is inside of an object or a list may lead back to it.
            "object" | "array" => {
                let direct = std::mem::take(&mut self.direct);
                let kind =
                    if kind == "array" { self.list(object, made.wish) } else { self.members(object, made) };
                self.direct = direct;
                kind
            }
            _ => Type::Unknown,
        }
    }

    fn list(&mut self, object: &Map<String, Value>, wish: &str) -> Type {
        let wish = self.below(wish, "item");
        let (first, rest) = match (object.get("prefixItems"), object.get("items")) {
            (Some(Value::Array(first)), rest) => (first.as_slice(), rest),
            // As older drafts write it.
            (_, Some(Value::Array(first))) => (first.as_slice(), object.get("additionalItems")),
            (_, rest) => (&[][..], rest),
        };
        let inner = |walk: &mut Self, schema: &Value| walk.of(schema, For { wish: &wish, place: None });
        let first: Vec<Type> = first.iter().map(|schema| inner(self, schema)).collect();
        let rest = rest.map_or(Type::Unknown, |schema| inner(self, schema));
        if first.is_empty() {
            return Type::List(Box::new(rest));
        }
        let size = |key: &str| object.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let least = size("minItems").unwrap_or(0).min(first.len());
        let full = rest == Type::Never || size("maxItems").is_some_and(|most| most <= first.len());
        Type::Tuple { first, least, rest: (!full).then(|| Box::new(rest)) }
    }

    fn members(&mut self, object: &Map<String, Value>, made: For<'_>) -> Type {
        let none = Map::new();
        let properties = object.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let required: Vec<&str> = strings(object.get("required"));
        let mut others: Vec<&Value> = object
            .get("patternProperties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::values)
            .collect();
        let more = object.get("additionalProperties");
        others.extend(more.filter(|m| **m != Value::Bool(false)));
        let closed = more == Some(&Value::Bool(false)) && others.is_empty();
        if properties.is_empty() && required.is_empty() && !closed {
            let wish = self.below(made.wish, "value");
            let values = others.into_iter().map(|schema| self.of(schema, For { wish: &wish, place: None }));
            let values: Vec<Type> = values.collect();
            return Type::Map(Box::new(if values.is_empty() { Type::Unknown } else { union(values) }));
        }
        let place = made.place.unwrap_or_else(|| self.module.reserve(made.wish));
        let Some(name) = self.module.definitions.get(place.0).map(|d| d.name.clone()) else {
            return Type::Unknown;
        };
        let mut members = Vec::new();
        for (property, schema) in properties {
            let wish = self.below(&name, property);
            let kind = self.of(schema, For { wish: &wish, place: None });
            let required = required.contains(&property.as_str());
            members.push(Member {
                name: property.clone(),
                kind,
                required,
                about: text(schema, "description"),
            });
        }
        for property in required.into_iter().filter(|name| !properties.contains_key(*name)) {
            let kind = Type::Unknown;
            members.push(Member { name: property.to_owned(), kind, required: true, about: None });
        }
        let about = object.get("description").and_then(Value::as_str).map(str::to_owned);
        self.module.object(place, about, members, !others.is_empty())
    }

    fn below(&self, name: &str, inner: &str) -> String {
        let last = identifier(inner, Style::Pascal, self.module.language);
        // An underscore keeps a keyword apart; behind another name it is none.
        format!("{name}{}", last.trim_end_matches('_'))
    }

    /// What fits both schemas, or a little more.
    fn joined(&self, one: &Value, other: &Value) -> Value {
        let mut whole = self.resolved(one);
        let Value::Object(other) = self.resolved(other) else { return whole };
        let Some(object) = whole.as_object_mut() else { return Value::Object(other) };
        for (key, value) in other {
            match (object.get_mut(&key), value) {
                (None, value) => drop(object.insert(key, value)),
                (Some(Value::Object(known)), Value::Object(more)) if key == "properties" => {
                    known.extend(more)
                }
                (Some(Value::Array(known)), Value::Array(more))
                    if matches!(key.as_str(), "required" | "allOf") =>
                {
                    known.extend(more);
                }
                // A list of types that has the other's is the wider one.
                (Some(known), value)
                    if key == "type" && value.as_array().is_none_or(|v| !v.contains(known)) =>
                {
                    *known = value;
                }
                _ => {}
            }
        }
        whole
    }

    /// A schema that is no reference; a chain longer than any sane one says nothing.
    fn resolved(&self, schema: &Value) -> Value {
        let mut schema = schema;
        for _ in 0..16 {
            let Some(target) = schema.get("$ref").and_then(Value::as_str) else { return schema.clone() };
            match target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) {
                Some(next) => schema = next,
                None => break,
            }
        }
        json!({})
    }
}

/// One of several types, each once.
pub(super) fn union(types: Vec<Type>) -> Type {
    let mut flat: Vec<Type> = Vec::new();
    for kind in types {
        let inner = match kind {
            Type::Union(inner) => inner,
            Type::Never => Vec::new(),
            other => vec![other],
        };
        for kind in inner {
            if !flat.contains(&kind) {
                flat.push(kind);
            }
        }
    }
    if flat.contains(&Type::Unknown) {
        return Type::Unknown;
    }
    match flat.len() {
        0 => Type::Never,
        1 => flat.pop().unwrap_or(Type::Never),
        _ => Type::Union(flat),
    }
}

/// The only values a schema lets be, if it lists them.
fn listed(object: &Map<String, Value>) -> Option<Vec<&Value>> {
    match (object.get("const"), object.get("enum")) {
        (Some(only), _) => Some(vec![only]),
        (None, Some(Value::Array(all))) => Some(all.iter().collect()),
        _ => None,
    }
}

/// The narrowest type both languages have for one value.
fn literal(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::String(_) | Value::Bool(_) => Type::Literal(value.clone()),
        // Beyond this, a number of JavaScript is not exact.
        Value::Number(n) if n.as_i64().is_some_and(|n| n.abs() < 1 << 53) => Type::Literal(value.clone()),
        Value::Number(n) if n.is_i64() || n.is_u64() => Type::Integer,
        Value::Number(_) => Type::Number,
        Value::Array(_) => Type::List(Box::new(Type::Unknown)),
        Value::Object(_) => Type::Map(Box::new(Type::Unknown)),
    }
}

fn without(schema: &Value, keys: &[&str]) -> Value {
    let members = schema.as_object().into_iter().flatten().filter(|(key, _)| !keys.contains(&key.as_str()));
    Value::Object(members.map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn strings(list: Option<&Value>) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for text in list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

fn text(schema: &Value, key: &str) -> Option<String> {
    schema.get(key).and_then(Value::as_str).map(str::to_owned)
}
