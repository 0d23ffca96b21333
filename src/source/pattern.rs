//! Where arguments enter what a source asks: text with placeholders, and JSON made of such texts.
//!
//! Owns the placeholders' syntax and how an argument is written: percent-encoded in a path, as it is in a query or a
//! body (whoever puts it there encodes it), as JSON where it stands alone in a body.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// Everything but unreserved characters (RFC 3986, section 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Text with `{name}` in it.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Argument(String),
}

impl Pattern {
    /// `{{` and `}}` stand for single braces.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '{' | '}' if rest.peek() == Some(&c) => {
                    rest.next();
                    literal.push(c);
                }
                '{' => {
                    let name: String = rest.by_ref().take_while(|c| *c != '}').collect();
                    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
                    {
                        return Err(format!(
                            "`{{{name}` is no placeholder; write `{{argument}}`, or `{{{{` for a brace"
                        ));
                    }
                    if !literal.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Argument(name));
                }
                '}' => return Err("a `}` without its `{`; write `}}` for a brace".to_owned()),
                c => literal.push(c),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self(parts))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Argument(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The argument this is, if it is one argument and nothing else.
    pub(super) fn alone(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Argument(name)] => Some(name),
            _ => None,
        }
    }

    pub(super) fn fill(&self, arguments: &Map<String, Value>, encode: bool) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Argument(name) => {
                    let value = plain(arguments.get(name).unwrap_or(&Value::Null));
                    if encode {
                        let _ = write!(out, "{}", utf8_percent_encode(&value, SEGMENT));
                    } else {
                        out.push_str(&value);
                    }
                }
            }
        }
        out
    }
}

/// An argument as it stands in a URL.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The body with its placeholders found.
#[derive(Debug)]
pub(super) enum Body {
    Literal(Value),
    Text(Pattern),
    List(Vec<Body>),
    Object(Vec<(String, Body)>),
}

impl Body {
    pub(super) fn parse(value: &Value) -> Result<Self, String> {
        Ok(match value {
            Value::String(text) => Self::Text(Pattern::parse(text)?),
            Value::Array(items) => Self::List(items.iter().map(Self::parse).collect::<Result<_, _>>()?),
            Value::Object(object) => {
                let members = object.iter().map(|(k, v)| Ok((k.clone(), Self::parse(v)?)));
                Self::Object(members.collect::<Result<_, String>>()?)
            }
            other => Self::Literal(other.clone()),
        })
    }

    pub(super) fn names<'a>(&'a self, out: &mut Vec<&'a str>) {
        match self {
            Self::Literal(_) => {}
            Self::Text(pattern) => out.extend(pattern.names()),
            Self::List(items) => items.iter().for_each(|item| item.names(out)),
            Self::Object(members) => members.iter().for_each(|(_, item)| item.names(out)),
        }
    }

    /// `None` leaves a member out: its argument was not given.
    pub(super) fn fill(&self, arguments: &Map<String, Value>) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Text(pattern) => match pattern.alone() {
                Some(name) => arguments.get(name).cloned(),
                None => Some(Value::String(pattern.fill(arguments, false))),
            },
            Self::List(items) => Some(items.iter().filter_map(|item| item.fill(arguments)).collect()),
            Self::Object(members) => {
                let filled = members.iter().filter_map(|(k, item)| Some((k.clone(), item.fill(arguments)?)));
                Some(Value::Object(filled.collect()))
            }
        }
    }
}
