//! Types of the data and the envelope of every binding, for programs that receive results.
//!
//! Owns which types there are and how they are called. [`model`] makes them from JSON Schemas, [`python`] and
//! [`typescript`] write them down.

mod model;
mod python;
mod typescript;

use serde_json::Value;

use super::instructions::tools;
use super::names::{identifier, identifiers};
use super::{Files, Language, Order, Style, WriteError};
use crate::catalog::{Binding, Catalog, Tool};
use crate::config::server::Format;
use model::{Member, Module, Type};

/// The files of this target: `tool_types.py` and `tool_types.ts`, or the one of the language asked for.
///
/// # Errors
/// No tool answers in a widget.
pub fn files(order: Order<'_>) -> Result<Files, WriteError> {
    if tools(order.catalog).next().is_none() {
        return Err(WriteError::Nothing("no tool of the project answers in a widget"));
    }
    let mut files = Files::new();
    for language in [Language::Python, Language::TypeScript] {
        if order.language.is_none_or(|asked| asked == language) {
            let name = match language {
                Language::Python => "tool_types.py",
                Language::TypeScript => "tool_types.ts",
            };
            files.add(name, text(order.catalog, language))?;
        }
    }
    Ok(files)
}

/// The types of a catalog as source code. `ToolResults` has a member per tool: the envelope of its results.
pub fn text(catalog: &Catalog, language: Language) -> String {
    let mut module = Module::new(language);
    let results = module.reserve("ToolResults");
    let bases = identifiers(tools(catalog).map(|t| t.name.as_str()), Style::Pascal, language);
    let mut members = Vec::new();
    for tool in tools(catalog) {
        let base = bases.get(tool.name.as_str()).map_or(tool.name.as_str(), String::as_str);
        let kind = result(tool, base, &mut module);
        members.push(Member { name: tool.name.clone(), kind, required: true, about: tool.title.clone() });
    }
    module.object(results, Some("What each tool answers, by its name.".to_owned()), members, false);
    match language {
        Language::Python => python::write(&module),
        Language::TypeScript => typescript::write(&module),
    }
}

/// The type of a tool's results.
fn result(tool: &Tool, base: &str, module: &mut Module) -> Type {
    // The main binding comes last among a tool's, and first here.
    let bindings: Vec<&Binding> = tool.answer.bindings().collect();
    let several = bindings.len() > 1;
    let whole = several.then(|| module.reserve(&format!("{base}Result")));
    let envelopes = bindings.into_iter().rev().enumerate().map(|(n, binding)| {
        let own = match n {
            0 => base.to_owned(),
            _ => identifier(&format!("{base} {}", binding.widget.name), Style::Pascal, module.language()),
        };
        envelope(tool, binding, &own, module)
    });
    let union = model::union(envelopes.collect());
    match whole {
        Some(place) => module.alias(place, Some(format!("What {} answers.", tool.name)), union),
        None => union,
    }
}

fn envelope(tool: &Tool, binding: &Binding, base: &str, module: &mut Module) -> Type {
    let place = module.reserve(&format!("{base}Envelope"));
    let widget = &binding.widget.name;
    let about = format!("The data of widget {widget} in results of {}.", tool.name);
    let data = module.schema(&format!("{base}Data"), about, &binding.public);
    let member = |name: &str, kind: Type| Member { name: name.to_owned(), kind, required: true, about: None };
    let constant = |text: &str| Type::Literal(Value::from(text));
    let head = match binding.format {
        Format::Flat => {
            vec![member("widget_id", constant(&binding.id)), member("widget_type", constant(widget))]
        }
        Format::Nested => {
            let inner = module.reserve(&format!("{base}Widget"));
            let pair = vec![member("id", constant(&binding.id)), member("type", constant(widget))];
            vec![member("widget", module.object(inner, None, pair, false))]
        }
    };
    let members = head.into_iter().chain([member("data", data)]).collect();
    module.object(
        place,
        Some(format!("The envelope of widget {widget} in results of {}.", tool.name)),
        members,
        false,
    )
}
