//! What `toolface check` finds beyond what keeps a project from being served.
//!
//! Owns the second look: every widget rendered with its sample, every field a template reads looked up in the schema,
//! every required field looked for in what a tool delivers, every statement shown to SQLite. All of it are warnings, but
//! for a sample that does not render and a statement that cannot run; what is certainly wrong is told by `compile` already.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::{Answer, Binding, Catalog, Tool, compile};
use crate::config::Project;
use crate::config::document::Document;
use crate::diag::{Diagnostic, Diagnostics, suggestion};
use crate::schema::shape::{OnMissing, Shape};
use crate::schema::{Formats, Schema, escape};
use crate::source::files::Files;
use crate::source::mcp::Expose;
use crate::source::{ConnectionSpec, Source};
use crate::template::{Data, Step};
use crate::widget::tree::Tree;
use crate::widget::{Widget, file};

/// Everything that is wrong with the project in `root`, or probably not meant.
pub fn project(root: &Path) -> Diagnostics {
    let mut faults = Diagnostics::new();
    let Some(project) = crate::config::read(root, &mut faults).map(Arc::new) else { return faults };
    let catalog =
        compile::compile(&project, None, &Files::default(), &crate::config::env::lookup, &mut faults);
    for widget in catalog.widgets.values() {
        check_fields(widget, &mut faults);
        check_sample(widget, &catalog, &mut faults);
    }
    for tool in catalog.tools.values() {
        let document = project.tools.iter().find(|file| file.name == tool.name).map(|file| &file.document);
        if let Some(document) = document {
            check_actions(tool, document, &mut faults);
            check_delivery(tool, document, &mut faults);
            check_statement(tool, document, &mut faults);
            check_view(tool, document, &mut faults);
        }
    }
    check_programs(&project, &catalog, &mut faults);
    check_unused(&project, &catalog, &mut faults);
    faults
}

/// Renders a widget with its sample and compares with what the file promises.
fn check_sample(widget: &Widget, catalog: &Catalog, faults: &mut Diagnostics) {
    let (mut sample, own) = widget.sample();
    let warn = |code, message: String, pointer: &str| {
        Diagnostic::warning(code, message).at(&widget.source, file::place(widget.source.text(), pointer))
    };
    if own && let Ok(schema) = Schema::compile(widget.schema.clone(), Formats::Described) {
        for fault in schema.check(&sample) {
            let message =
                format!("the sample data does not fit the schema: {} {}", fault.place("it"), fault.message);
            faults.push(warn("sample", message, "/jsonSchema"));
        }
    }
    Shape::compile(&widget.schema, OnMissing::Null).fill(&mut sample);
    let data = Data::new(&sample);
    let rendered = widget.print(&data);
    let printed = match &rendered {
        Ok(printed) => printed,
        Err(e) => return faults.push(unrendered(widget.told(e, &data), own)),
    };
    let tree = match widget.tree(printed) {
        Ok(tree) => tree,
        Err(e) => return faults.push(unrendered(widget.told(&e, &data), own)),
    };
    for finding in tree.check() {
        let mut told = warn("tree", format!("`{}` {}", finding.path, finding.message), "/template");
        told.help = finding.help;
        faults.push(told);
    }
    if let (Some(preview), true) = (&widget.written.preview, own)
        && let Some(place) = first_difference(&without_nulls(&tree.to_value()), &without_nulls(preview), "")
    {
        let message = format!(
            "the template does not print the file's own preview; the first difference is at `{place}`"
        );
        let help =
            "export the widget again from ChatKit Studio, so that template and preview are of one state";
        faults.push(warn("preview", message, "/outputJsonPreview").help(help));
    }
    check_images(widget, &tree, &image_domains(widget, catalog), faults);
}

/// A sample of the file that does not render is an error; data made up from the schema may just be made up badly.
fn unrendered(mut told: Diagnostic, own: bool) -> Diagnostic {
    if own {
        told.message = format!("with the file's sample data, {}", told.message);
    } else {
        told.severity = crate::diag::Severity::Warning;
        told.message = format!("with data made from the schema, {}", told.message);
    }
    told
}

/// Where pictures of a widget may come from: what the project lets in, and the tools that answer in it.
fn image_domains<'c>(widget: &Widget, catalog: &'c Catalog) -> Vec<&'c String> {
    let drawing =
        catalog.tools.values().filter(|t| t.answer.bindings().any(|b| b.widget.name == widget.name));
    catalog.view.image_domains.iter().chain(drawing.flat_map(|tool| &tool.view.image_domains)).collect()
}

/// Pictures a view could not load.
fn check_images(widget: &Widget, tree: &Tree<'_>, allowed: &[&String], faults: &mut Diagnostics) {
    for address in tree.images() {
        let (scheme, rest) = address.split_once(':').unwrap_or(("", &address));
        let told = match scheme {
            "data" => continue,
            "https" => {
                let host = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
                let origin = format!("https://{host}");
                if allowed.iter().any(|domain| is_let_in(domain, &origin)) {
                    continue;
                }
                Diagnostic::warning(
                    "image-host",
                    format!("a picture comes from {origin}, which is not declared"),
                )
                .help(format!(
                    "declare it in toolface.toml or in the tool's file: [view] image_domains = [\"{origin}\"]"
                ))
            }
            "http" => {
                Diagnostic::warning("image-host", "a picture has an http: address, which no view loads")
                    .help("use https:")
            }
            _ => Diagnostic::warning(
                "image-host",
                "a picture's address is not absolute; in a view it leads nowhere",
            )
            .help("write it whole: https://…"),
        };
        faults.push(told.at(&widget.source, None));
    }
}

/// Settings of a view that no host will draw.
fn check_view(tool: &Tool, document: &Document, faults: &mut Diagnostics) {
    if tool.answer.bindings().next().is_none() && document.value().get("view").is_some() {
        let told = Diagnostic::warning("unused-view", "this tool has no widget, so nothing is drawn for it")
            .at(document.source(), document.key_span("/view"));
        faults.push(told.help("take [view] out, or give the tool a widget"));
    }
}

fn is_let_in(domain: &str, origin: &str) -> bool {
    let domain = domain.trim_end_matches('/');
    match domain.split_once("*.") {
        Some((scheme, parent)) => {
            let host = origin.strip_prefix(scheme);
            host.is_some_and(|host| {
                host.strip_suffix(parent).is_some_and(|sub| sub.len() > 1 && sub.ends_with('.'))
            })
        }
        None => domain.eq_ignore_ascii_case(origin),
    }
}

/// Fields the template reads that the schema does not have.
fn check_fields(widget: &Widget, faults: &mut Diagnostics) {
    let text = widget.source.text();
    for used in widget.template().uses().iter().filter(|used| !used.guarded) {
        let found = lookup(&used.path, &widget.schema, &widget.schema, MAX_NESTING);
        let Err((name, known)) = found else { continue };
        // Studio's own words; they are cured where the template is compiled.
        if used.path.len() == 1 && matches!(name.as_str(), "index" | "undefined") {
            continue;
        }
        let shown = path_text(&used.path);
        let message = format!("the template reads `{shown}`, and the schema has no `{name}` there");
        let help = suggestion(&name, known.iter().map(String::as_str))
            .unwrap_or_else(|| format!("it has: {}", known.join(", ")));
        let span = file::template_place(text, &used.span).or_else(|| file::place(text, "/template"));
        faults.push(Diagnostic::warning("unknown-field", message).at(&widget.source, span).help(help));
    }
}

fn path_text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) if text.is_empty() => text.push_str(name),
            Step::Field(name) => {
                text.push('.');
                text.push_str(name);
            }
            Step::Items => text.push_str("[]"),
        }
    }
    text
}

/// References and branches followed inside each other; a schema that only leads to itself ends there.
const MAX_NESTING: usize = 8;

/// Follows a path through a schema. `Err` gives the first name that is not there, and those that are. A schema that
/// leaves a part open agrees with everything.
fn lookup(path: &[Step], schema: &Value, root: &Value, nesting: usize) -> Result<(), (String, Vec<String>)> {
    let Some(nesting) = nesting.checked_sub(1) else { return Ok(()) };
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    let schema = target.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema);
    let Some((step, rest)) = path.split_first() else { return Ok(()) };
    let branches: Vec<&Value> = ["anyOf", "oneOf", "allOf"]
        .iter()
        .filter_map(|key| schema.get(*key).and_then(Value::as_array))
        .flatten()
        .filter(|branch| branch.get("type") != Some(&Value::from("null")))
        .collect();
    if !branches.is_empty() {
        let outcomes: Vec<_> =
            branches.into_iter().map(|branch| lookup(path, branch, root, nesting)).collect();
        return if outcomes.iter().any(Result::is_ok) {
            Ok(())
        } else {
            outcomes.into_iter().next().unwrap_or(Ok(()))
        };
    }
    match step {
        Step::Items => schema.get("items").map_or(Ok(()), |items| lookup(rest, items, root, MAX_NESTING)),
        Step::Field(name) => {
            let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
            let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
                return if closed { Err((name.clone(), Vec::new())) } else { Ok(()) };
            };
            match properties.get(name) {
                Some(inner) => lookup(rest, inner, root, MAX_NESTING),
                None => Err((name.clone(), properties.keys().cloned().collect())),
            }
        }
    }
}

/// Actions that lead nowhere.
fn check_actions(tool: &Tool, document: &Document, faults: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for binding in tool.answer.bindings() {
        for action in
            binding.widget.actions().iter().filter(|a| !a.on_client && !tool.actions.contains_key(&a.kind))
        {
            if !seen.insert((binding.widget.name.as_str(), action.kind.as_str())) {
                continue;
            }
            let what = action
                .label
                .as_ref()
                .map_or_else(|| format!("`{}`", action.path), |label| format!("“{label}”"));
            let message = format!(
                "{what} in widget `{}` has the action `{}`, which leads to no tool",
                binding.widget.name, action.kind
            );
            let help = format!(
                "bind it here: [actions.\"{}\"] tool = \"…\"; unbound, it becomes a message to the model",
                action.kind
            );
            let told = Diagnostic::warning("unbound-action", message)
                .at(document.source(), document.value_span("/widget"));
            faults.push(told.help(help));
        }
    }
}

/// A statement that the embedded database it is for does not take.
fn check_statement(tool: &Tool, document: &Document, faults: &mut Diagnostics) {
    if let Source::Sql(query) = &tool.source
        && let Some(why) = query.try_out()
    {
        faults.push(Diagnostic::error("sql", why).at(document.source(), document.value_span("/source/sql")));
    }
}

/// Programs that cannot be started.
fn check_programs(project: &Project, catalog: &Catalog, faults: &mut Diagnostics) {
    let runs = catalog.tools.values().filter_map(|tool| match &tool.source {
        Source::Command(run) => run.program(),
        _ => None,
    });
    let programs: BTreeMap<&str, _> = runs.map(|program| (program.name(), program)).collect();
    for (name, program) in programs {
        if let Some(why) = program.unready() {
            let document = &project.server.document;
            let place = document.value_span(&format!("/connections/{}/command/0", escape(name)));
            let told = Diagnostic::warning("program", format!("connection `{name}`: {why}"));
            faults.push(told.at(document.source(), place).help(
                "install it, or write its path; a path that is not absolute begins at the connection's `dir`",
            ));
        }
    }
}

/// Required fields that a tool visibly never delivers.
fn check_delivery(tool: &Tool, document: &Document, faults: &mut Diagnostics) {
    let Answer::Widget { main, variants } = &tool.answer else { return };
    let (keys, pointer) = match (&tool.select, &tool.source) {
        (Some(select), _) => (select.keys().map(<[String]>::to_vec), "/data/select"),
        (None, Source::Sql(query)) => (query.keys(), "/source/sql"),
        (None, Source::Fixed(fixed)) => return check_fixed(main, fixed.data(), document, faults),
        (None, Source::Http(_) | Source::Command(_) | Source::Mcp(_)) => (None, ""),
    };
    let Some(keys) = keys else { return };
    for binding in std::iter::once(main.as_ref()).chain(variants.iter().map(|(_, binding)| binding)) {
        // What is filled in when it is missing may be missing.
        let mut set: Value = keys.iter().map(|key| (key.clone(), Value::Bool(true))).collect();
        binding.shape.fill(&mut set);
        let required = binding.widget.schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str).filter(|name| set.get(name).is_none()) {
            let message =
                format!("the widget `{}` needs `{name}`, and nothing here sets it", binding.widget.name);
            let told = Diagnostic::warning("missing-field", message)
                .at(document.source(), document.value_span(pointer));
            faults.push(told.help(format!("set here: {}", keys.join(", "))));
        }
    }
}

/// Fixed data can be checked whole.
fn check_fixed(binding: &Binding, data: &Value, document: &Document, faults: &mut Diagnostics) {
    let mut data = data.clone();
    binding.shape.fill(&mut data);
    for fault in binding.schema.check(&data) {
        let message = format!(
            "the data does not fit the widget `{}`: {} {}",
            binding.widget.name,
            fault.place("it"),
            fault.message
        );
        let span = document
            .value_span(&format!("/source/data{}", fault.pointer))
            .or_else(|| document.value_span("/source"));
        faults.push(Diagnostic::error("data", message).at(document.source(), span));
    }
}

/// Widgets and connections that nothing uses.
fn check_unused(project: &Project, catalog: &Catalog, faults: &mut Diagnostics) {
    let used: BTreeSet<&str> =
        catalog.tools.values().flat_map(|t| t.answer.bindings()).map(|b| b.widget.name.as_str()).collect();
    let sound = catalog.own_tools() == project.tools.len();
    for widget in catalog.widgets.values().filter(|w| sound && !used.contains(w.name.as_str())) {
        let message = format!("no tool answers in the widget `{}`", widget.name);
        faults.push(Diagnostic::warning("unused-widget", message).at(&widget.source, None));
    }
    let named: BTreeSet<&str> =
        project.tools.iter().filter_map(|t| t.content.source.connection.as_deref()).collect();
    let document = &project.server.document;
    let idle = project.server.content.connections.iter().filter(|(name, spec)| {
        let passes = matches!(spec, ConnectionSpec::Mcp(spec) if spec.expose == Expose::All);
        sound && !passes && !named.contains(name.as_str())
    });
    for (name, _) in idle {
        let span = document.key_span(&format!("/connections/{}", escape(name)));
        let message = format!("no tool uses the connection `{name}`");
        faults.push(Diagnostic::warning("unused-connection", message).at(document.source(), span));
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let some = object.iter().filter(|(_, v)| !v.is_null());
            some.map(|(k, v)| (k.clone(), without_nulls(v))).collect()
        }
        Value::Array(items) => items.iter().filter(|v| !v.is_null()).map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// The path of the first place at which two trees are not the same. Numbers are compared by value; an empty list of
/// children is none.
fn first_difference(a: &Value, b: &Value, at: &str) -> Option<String> {
    let here = || Some(if at.is_empty() { "the root".to_owned() } else { at.to_owned() });
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let names: BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            names.into_iter().find_map(|name| {
                let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                let nothing = |v: Option<&Value>| v.is_none_or(|v| v.as_array().is_some_and(Vec::is_empty));
                match (x.get(name), y.get(name)) {
                    (Some(a), Some(b)) => first_difference(a, b, &path),
                    (a, b) if nothing(a) && nothing(b) => None,
                    _ => Some(path),
                }
            })
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            let mut pairs = x.iter().zip(y).enumerate();
            pairs.find_map(|(index, (a, b))| first_difference(a, b, &format!("{at}[{index}]")))
        }
        (Value::Number(x), Value::Number(y)) if x.as_f64() == y.as_f64() => None,
        _ if a == b => None,
        _ => here(),
    }
}
