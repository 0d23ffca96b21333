//! Data as the engine has it.
//!
//! Owns the conversion from JSON. Every digit of an integer is kept; a float is what Python would read.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectExt as _, ObjectRepr, Value};
use serde_json::{Map, Number, Value as Json};

/// Levels of nesting data may have; deeper parts become null, and no JSON that reached us is as deep.
const MAX_DEPTH: usize = 256;

/// Data as templates take it: converted once, for all templates of a call.
#[derive(Debug, Clone)]
pub struct Data {
    pub(super) value: Value,
    /// It has a float that Python writes with an exponent.
    pub(super) has_exponents: bool,
    /// It has a member `index`.
    pub(super) has_index: bool,
}

impl Data {
    /// Converts JSON, an object whose members are the names a template can use.
    pub fn new(json: &Json) -> Self {
        let mut found = Found::default();
        let value = of(json, &mut found, MAX_DEPTH);
        Self { value, has_exponents: found.exponents, has_index: json.get("index").is_some() }
    }
}

/// What was seen while converting.
#[derive(Debug, Default)]
struct Found {
    exponents: bool,
}

fn of(json: &Json, found: &mut Found, depth: usize) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(bit) => Value::from(*bit),
        Json::Number(number) => number_of(number, found),
        Json::String(text) => Value::from(text.as_str()),
        _ if depth == 0 => Value::from(()),
        Json::Array(items) => {
            Value::from(items.iter().map(|item| of(item, found, depth - 1)).collect::<Vec<_>>())
        }
        Json::Object(object) => Value::from_object(Record::of(object, found, depth)),
    }
}

fn number_of(number: &Number, found: &mut Found) -> Value {
    if let Some(integer) = number.as_i64() {
        return Value::from(integer);
    }
    let text = number.as_str();
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return integer(text);
    }
    let float = text.parse::<f64>().unwrap_or(f64::NAN);
    found.exponents |= float != 0.0 && !(1e-4..1e16).contains(&float.abs());
    Value::from(float)
}

/// The integer these digits are, of any size.
pub(super) fn integer(digits: &str) -> Value {
    match (digits.parse::<i64>(), digits.parse::<i128>(), digits.parse::<u128>()) {
        (Ok(integer), ..) => Value::from(integer),
        (_, Ok(integer), _) => Value::from(integer),
        (.., Ok(integer)) => Value::from(integer),
        _ => Value::from_object(Digits(digits.into())),
    }
}

/// An object of the data. Built once per call and read a few times, so a list of pairs beats a hash map until it is
/// long; then an index is made.
#[derive(Debug)]
struct Record {
    members: Vec<(Value, Value)>,
    /// Positions in `members` sorted by name, for long objects.
    sorted: Vec<u32>,
}

/// Members from which on an index pays.
const LONG: usize = 16;

impl Record {
    fn of(object: &Map<String, Json>, found: &mut Found, depth: usize) -> Self {
        // The engine keeps a short string in the value itself.
        let members: Vec<(Value, Value)> = object
            .iter()
            .map(|(name, value)| (Value::from(name.as_str()), of(value, found, depth - 1)))
            .collect();
        let mut sorted = Vec::new();
        if members.len() >= LONG {
            sorted.extend(0..u32::try_from(members.len()).unwrap_or(u32::MAX));
            sorted.sort_by(|a, b| name_at(&members, *a).cmp(name_at(&members, *b)));
        }
        Self { members, sorted }
    }
}

fn name_at(members: &[(Value, Value)], at: u32) -> &str {
    members.get(at as usize).and_then(|(name, _)| name.as_str()).unwrap_or_default()
}

impl Object for Record {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if self.sorted.is_empty() {
            return self
                .members
                .iter()
                .find(|(name, _)| name.as_str() == Some(key))
                .map(|(_, value)| value.clone());
        }
        let at = self.sorted.binary_search_by(|at| name_at(&self.members, *at).cmp(key)).ok()?;
        let member = self.members.get(*self.sorted.get(at)? as usize)?;
        Some(member.1.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.mapped_key_value_enumerator(|this| {
            Box::new(this.members.iter().map(|(name, value)| (name.clone(), value.clone())))
        })
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.members.len())
    }
}

/// An integer beyond 128 bits: it prints, and is compared with its like; the engine cannot reckon with it.
#[derive(Debug)]
pub(super) struct Digits(Box<str>);

impl Digits {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Object for Digits {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }

    fn custom_cmp(self: &Arc<Self>, other: &minijinja::value::DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        let key = |digits: &str| (digits.len(), digits.to_owned());
        match (self.0.strip_prefix('-'), other.0.strip_prefix('-')) {
            (None, None) => Some(key(&self.0).cmp(&key(&other.0))),
            (Some(a), Some(b)) => Some(key(b).cmp(&key(a))),
            (Some(_), None) => Some(std::cmp::Ordering::Less),
            (None, Some(_)) => Some(std::cmp::Ordering::Greater),
        }
    }
}
