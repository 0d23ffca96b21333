//! Types as Python 3.11: `TypedDict`, with its functional form where a name is no identifier.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::model::{Definition, Form, Member, Module, Type};
use crate::export::GENERATED;
use crate::export::names::{Language, is_keyword, is_word};

/// Names that annotations use: a member of that name would stand for itself there.
const USED: [&str; 12] = [
    "Any",
    "Literal",
    "Never",
    "NotRequired",
    "TypeAlias",
    "TypedDict",
    "bool",
    "dict",
    "float",
    "int",
    "list",
    "str",
];

pub(super) fn write(module: &Module) -> String {
    let names: BTreeSet<&str> = module.definitions().iter().map(|d| d.name.as_str()).collect();
    let mut body = String::new();
    for definition in module.definitions() {
        write_definition(definition, &names, &mut body);
    }
    let imported: Vec<&str> =
        USED.into_iter().filter(|n| n.starts_with(char::is_uppercase) && body.contains(n)).collect();
    format!(
        "# {GENERATED}\n\nfrom __future__ import annotations\n\nfrom typing import {}\n{body}",
        imported.join(", ")
    )
}

fn write_definition(definition: &Definition, names: &BTreeSet<&str>, out: &mut String) {
    let name = &definition.name;
    let _ = match &definition.form {
        Form::Object { members, more } => {
            let about = about(definition, *more);
            let plain = members.iter().all(|member| is_plain(&member.name, names));
            if plain { class(name, &about, members, out) } else { functional(name, &about, members, out) }
        }
        Form::Alias(kind) => {
            write!(
                out,
                "\n\n{}{name}: TypeAlias = {}\n",
                comment("", definition.about.as_deref()),
                quoted(kind)
            )
        }
        Form::Open => write!(out, "\n\n{name}: TypeAlias = Any\n"),
    };
}

fn about(definition: &Definition, more: bool) -> String {
    let mut words = line(definition.about.as_deref().unwrap_or_default());
    if more {
        words.push_str(if words.is_empty() {
            "It may have other members."
        } else {
            " It may have other members."
        });
    }
    words
}

fn class(name: &str, about: &str, members: &[Member], out: &mut String) -> std::fmt::Result {
    write!(out, "\n\nclass {name}(TypedDict):\n")?;
    if !about.is_empty() {
        write!(out, "    {}\n", Value::from(about))?;
    }
    if about.is_empty() && members.is_empty() {
        out.push_str("    pass\n");
    }
    for (n, member) in members.iter().enumerate() {
        if n == 0 && !about.is_empty() {
            out.push('\n');
        }
        let kind = kind(&member.kind);
        let kind = if member.required { kind } else { format!("NotRequired[{kind}]") };
        write!(out, "{}    {}: {kind}\n", comment("    ", member.about.as_deref()), member.name)?;
    }
    Ok(())
}

/// Types are strings here, because they are read when the file is loaded.
fn functional(name: &str, about: &str, members: &[Member], out: &mut String) -> std::fmt::Result {
    write!(out, "\n\n{}{name} = TypedDict(\n    \"{name}\",\n    {{\n", comment("", Some(about)))?;
    for member in members {
        let kind = quoted(&member.kind);
        let kind = if member.required { kind } else { format!("NotRequired[{kind}]") };
        let key = Value::from(member.name.as_str());
        write!(out, "{}        {key}: {kind},\n", comment("        ", member.about.as_deref()))?;
    }
    out.push_str("    },\n)\n");
    Ok(())
}

/// Whether a member can be written in a class: names with two underscores in front would be changed there.
fn is_plain(name: &str, names: &BTreeSet<&str>) -> bool {
    is_word(name)
        && !is_keyword(name, Language::Python)
        && !name.starts_with("__")
        && !USED.contains(&name)
        && !names.contains(name)
}

fn kind(kind: &Type) -> String {
    match kind {
        Type::Unknown => "Any".to_owned(),
        Type::Never => "Never".to_owned(),
        Type::Null => "None".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::Integer => "int".to_owned(),
        Type::Number => "float".to_owned(),
        Type::Text => "str".to_owned(),
        Type::Literal(value) => format!("Literal[{}]", constant(value)),
        Type::List(item) => format!("list[{}]", self::kind(item)),
        // JSON gives a list, never a tuple.
        Type::Tuple { first, rest, .. } => {
            let all = first.iter().cloned().chain(rest.as_deref().cloned()).collect();
            format!("list[{}]", self::kind(&super::model::union(all)))
        }
        Type::Map(value) => format!("dict[str, {}]", self::kind(value)),
        Type::Named(name) => name.clone(),
        Type::Union(types) => {
            let literals: Vec<String> = types
                .iter()
                .filter_map(|kind| match kind {
                    Type::Literal(value) => Some(constant(value)),
                    _ => None,
                })
                .collect();
            let others = types.iter().filter(|kind| !matches!(kind, Type::Literal(_))).map(self::kind);
            let literals = (!literals.is_empty()).then(|| format!("Literal[{}]", literals.join(", ")));
            literals.into_iter().chain(others).collect::<Vec<_>>().join(" | ")
        }
    }
}

fn quoted(kind: &Type) -> String {
    Value::from(self::kind(kind)).to_string()
}

/// JSON's strings and integers are Python's too.
fn constant(value: &Value) -> String {
    match value {
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

fn comment(indent: &str, words: Option<&str>) -> String {
    match line(words.unwrap_or_default()) {
        words if words.is_empty() => words,
        words => format!("{indent}# {words}\n"),
    }
}

/// Words on one line.
fn line(words: &str) -> String {
    let kept = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}
