//! Types as TypeScript: interfaces, with names in quotes where they are no identifiers.

use std::fmt::Write as _;

use serde_json::Value;

use super::model::{Definition, Form, Module, Type};
use crate::export::GENERATED;

pub(super) fn write(module: &Module) -> String {
    let mut out = format!("// {GENERATED}\n");
    for definition in module.definitions() {
        // Writing to a text cannot fail.
        let _ = write_definition(definition, &mut out);
    }
    out
}

fn write_definition(definition: &Definition, out: &mut String) -> std::fmt::Result {
    let name = &definition.name;
    write!(out, "\n{}", comment("", definition.about.as_deref()))?;
    match &definition.form {
        Form::Object { members, more } => {
            writeln!(out, "export interface {name} {{")?;
            for member in members {
                let optional = if member.required { "" } else { "?" };
                let (about, key) = (comment("  ", member.about.as_deref()), key(&member.name));
                writeln!(out, "{about}  {key}{optional}: {};", kind(&member.kind))?;
            }
            if *more {
                out.push_str("  [other: string]: unknown;\n");
            }
            out.push_str("}\n");
            Ok(())
        }
        Form::Alias(kind) => writeln!(out, "export type {name} = {};", self::kind(kind)),
        Form::Open => writeln!(out, "export type {name} = unknown;"),
    }
}

/// Any word of ASCII can name a member as it is, keywords too.
fn key(name: &str) -> String {
    let word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty();
    if word { name.to_owned() } else { Value::from(name).to_string() }
}

fn kind(kind: &Type) -> String {
    match kind {
        Type::Unknown => "unknown".to_owned(),
        Type::Never => "never".to_owned(),
        Type::Null => "null".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Integer | Type::Number => "number".to_owned(),
        Type::Text => "string".to_owned(),
        Type::Literal(value) => value.to_string(),
        Type::List(item) => format!("Array<{}>", self::kind(item)),
        Type::Tuple { first, least, rest } => {
            let first = first.iter().enumerate().map(|(n, item)| {
                if n < *least { self::kind(item) } else { format!("({})?", self::kind(item)) }
            });
            let rest = rest.iter().map(|rest| format!("...Array<{}>", self::kind(rest)));
            format!("[{}]", first.chain(rest).collect::<Vec<_>>().join(", "))
        }
        // Not `Record`, which may not lead back to itself.
        Type::Map(value) => format!("{{ [name: string]: {} }}", self::kind(value)),
        Type::Named(name) => name.clone(),
        Type::Union(types) => types.iter().map(self::kind).collect::<Vec<_>>().join(" | "),
    }
}

fn comment(indent: &str, words: Option<&str>) -> String {
    let kept: String =
        words.unwrap_or_default().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = kept.split_whitespace().collect::<Vec<_>>().join(" ").replace("*/", "* /");
    if line.is_empty() { line } else { format!("{indent}/** {line} */\n") }
}
