//! The table of components as the editor needs it: for completion, and for help on what the pointer is at.
//!
//! Owns the form in which types are told. What components there are is the table's own.

use axum::Json;
use serde_json::{Map, Value, json};

use crate::widget::component::{Component, Prop, Rule, Table, Type, table};

/// Levels of objects told of one prop.
const DEEP: usize = 3;

/// `GET api/components`
pub async fn get() -> Json<Value> {
    let table = table();
    let components = Component::ALL.into_iter().map(|component| {
        let spec = table.spec(component);
        let children = match spec.rule {
            Rule::None => "none",
            Rule::One => "one",
            Rule::Many | Rule::ManyOrOne => "many",
        };
        json!({
            "name": component.name(),
            "doc": spec.doc,
            "root": table.roots.contains(component),
            "children": children,
            "accepts": spec.accepts.iter().map(Component::name).collect::<Vec<_>>(),
            "props": spec.props.iter().map(|p| prop(table, p, 0)).collect::<Vec<_>>(),
        })
    });
    let colors: Map<String, Value> =
        table.colors.groups.iter().map(|(group, tokens)| ((*group).to_owned(), json!(tokens))).collect();
    let hues = &table.colors.hues;
    let steps: Map<String, Value> =
        table.colors.steps.iter().map(|(hue, steps)| ((*hue).to_owned(), json!(steps))).collect();
    Json(json!({
        "components": components.collect::<Vec<_>>(),
        "icons": table.icons.names,
        "tokens": {"colors": colors, "hues": {"names": hues.names, "steps": hues.steps}, "steps": steps},
    }))
}

fn prop(table: &Table, prop: &Prop, depth: usize) -> Value {
    let mut told = json!({"name": prop.name, "type": words(table, &prop.kind), "doc": prop.doc});
    let Some(about) = told.as_object_mut() else { return told };
    if prop.required {
        about.insert("required".to_owned(), true.into());
    }
    if let Some(default) = &prop.default {
        about.insert("default".to_owned(), default.clone());
    }
    let values = values(table, &prop.kind);
    if !values.is_empty() {
        about.insert("values".to_owned(), values.into());
    }
    let members = members(table, &prop.kind);
    if !members.is_empty() && depth < DEEP {
        let members: Vec<Value> =
            members.into_iter().map(|member| self::prop(table, member, depth + 1)).collect();
        about.insert("members".to_owned(), members.into());
    }
    told
}

/// A type in a few words. Icons and colours are told as such: their values are in lists of their own.
fn words(table: &Table, kind: &Type) -> String {
    match table.resolve(kind) {
        Type::Any | Type::Ref(_) => "any".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Integer => "integer".to_owned(),
        Type::String => "string".to_owned(),
        Type::Datetime => "datetime".to_owned(),
        Type::Length => "length".to_owned(),
        Type::Url => "url".to_owned(),
        Type::Icon => "icon".to_owned(),
        Type::Action => "action".to_owned(),
        Type::One(_) => "enum".to_owned(),
        Type::Union(kinds) => {
            let mut all: Vec<String> = kinds.iter().map(|kind| words(table, kind)).collect();
            all.dedup();
            all.join(" | ")
        }
        Type::List(of) => format!("list of {}", words(table, of)),
        Type::Map(_) | Type::Object(_) => "object".to_owned(),
        Type::Color(group) => format!("color:{group}"),
    }
}

/// The values a type names.
fn values(table: &Table, kind: &Type) -> Vec<Value> {
    match table.resolve(kind) {
        Type::One(values) => values.clone(),
        Type::Union(kinds) => kinds.iter().flat_map(|kind| values(table, kind)).collect(),
        Type::Color(group) => {
            table.colors.groups.get(group).into_iter().flatten().map(|token| json!(token)).collect()
        }
        _ => Vec::new(),
    }
}

/// The members of an object a type takes, or of those in its list; each name once.
fn members<'t>(table: &'t Table, kind: &'t Type) -> Vec<&'t Prop> {
    let mut all: Vec<&Prop> = match table.resolve(kind) {
        Type::Object(members) => members.iter().collect(),
        Type::List(of) => members(table, of),
        Type::Union(kinds) => kinds.iter().flat_map(|kind| members(table, kind)).collect(),
        Type::Action => match table.types.get("ActionConfig") {
            Some(named) => members(table, named),
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|member| seen.insert(member.name));
    all
}
