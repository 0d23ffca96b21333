//! From tree to JSON: without nulls, without space, a component's own members first.
//!
//! Owns the written form. What stands in the text in that form already is copied whole.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

use super::{Kind, Name, Tree, unescape, unquote};

impl Tree<'_> {
    /// Appends the tree as compact JSON: members in the order `key`, `id`, `type`, `children`, then the props as they
    /// came; no nulls; numbers digit for digit.
    pub fn write_json(&self, out: &mut String) {
        out.reserve(self.text.len());
        self.write(0, out);
    }

    /// The tree as a JSON value, equal to what [`Tree::write_json`] writes.
    pub fn to_value(&self) -> Value {
        self.value(0)
    }

    fn write(&self, at: usize, out: &mut String) {
        let entry = self.entry(at);
        let text = self.slice(entry.value);
        match entry.kind {
            _ if entry.plain => out.push_str(text),
            Kind::Gone | Kind::Null => out.push_str("null"),
            Kind::Bool | Kind::Number | Kind::String => out.push_str(text),
            Kind::Escaped => write_string(&unescape(unquote(text)), out),
            Kind::List => {
                out.push('[');
                for item in self.inside(at) {
                    self.write(item, out);
                    out.push(',');
                }
                close(']', out);
            }
            Kind::Object => {
                out.push('{');
                self.inside(at).for_each(|member| self.write_member(member, out));
                close('}', out);
            }
            Kind::Node(_) => {
                out.push('{');
                let mut own = [None; 4];
                for member in self.inside(at) {
                    if let Some(own) = own.get_mut(self.entry(member).name as usize) {
                        *own = Some(member);
                    }
                }
                for member in own.into_iter().flatten() {
                    self.write_member(member, out);
                }
                for member in self.inside(at).filter(|member| self.entry(*member).name > Name::Children) {
                    self.write_member(member, out);
                }
                close('}', out);
            }
        }
    }

    /// Writes name, value and a comma.
    fn write_member(&self, at: usize, out: &mut String) {
        let entry = self.entry(at);
        if entry.plain {
            let member = entry.key.start.saturating_sub(1) as usize..entry.value.end as usize;
            out.push_str(self.text.get(member).unwrap_or_default());
        } else {
            match entry.name {
                Name::Key => out.push_str("\"key\":"),
                Name::Id => out.push_str("\"id\":"),
                Name::Type => out.push_str("\"type\":"),
                Name::Children => out.push_str("\"children\":"),
                Name::Escaped => {
                    write_string(&unescape(self.slice(entry.key)), out);
                    out.push(':');
                }
                Name::Other | Name::Item => out.extend(["\"", self.slice(entry.key), "\":"]),
            }
            self.write(at, out);
        }
        out.push(',');
    }

    fn value(&self, at: usize) -> Value {
        let entry = self.entry(at);
        let text = self.slice(entry.value);
        match entry.kind {
            Kind::Gone | Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(text == "true"),
            Kind::Number => text.parse::<Number>().map_or(Value::Null, Value::Number),
            Kind::String => Value::String(unquote(text).to_owned()),
            Kind::Escaped => Value::String(unescape(unquote(text)).into_owned()),
            Kind::List => self.inside(at).map(|item| self.value(item)).collect(),
            Kind::Object | Kind::Node(_) => {
                let mut members: Vec<usize> = self.inside(at).collect();
                if matches!(entry.kind, Kind::Node(_)) {
                    members.sort_by_key(|member| self.entry(*member).name.min(Name::Other));
                }
                let named =
                    |member| (unescape(self.slice(self.entry(member).key)).into_owned(), self.value(member));
                Value::Object(members.into_iter().map(named).collect::<Map<_, _>>())
            }
        }
    }
}

/// Puts the bracket in the place of the last comma.
fn close(bracket: char, out: &mut String) {
    if out.ends_with(',') {
        out.pop();
    }
    out.push(bracket);
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c| matches!(c, '"' | '\\' | '\0'..='\x1f')) {
        let (before, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let mut chars = special.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some(control) => drop(write!(out, "\\u{:04x}", u32::from(control))),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}
