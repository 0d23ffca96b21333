//! A tool for one operation.
//!
//! Owns how parameters and the body become arguments and where each goes in the request, and which answer the widget is
//! for. An argument has the name its parameter has, if that can be a name and no other has it.

use serde_json::{Map, Value, json};

use super::document::{Document, Operation, reference};
use super::schemas::{self, Way, plain};
use super::{NewTool, short};
use crate::import::names::{self, Names};
use crate::schema::{Formats, Schema};
use crate::starter::{self, Starter, ToolDraft};

/// Characters of a tool's description.
const DESCRIPTION: usize = 700;
/// Header parameters that OpenAPI leaves to others.
const NOT_OURS: &[&str] = &["accept", "content-type", "authorization"];

/// The request, being put together.
#[derive(Default)]
struct Request {
    names: Names,
    properties: Map<String, Value>,
    required: Vec<Value>,
    query: Map<String, Value>,
    headers: Map<String, Value>,
    path: String,
    body: Option<Value>,
    notes: Vec<String>,
}

pub(super) fn tool(
    document: &Document,
    operation: &Operation<'_>,
    name: &str,
    connection: &str,
) -> Result<NewTool, String> {
    let mut request = Request { path: operation.path.to_owned(), ..Request::default() };
    request.parameters(document, operation)?;
    request.body(document, operation)?;
    let title = operation.summary().map(|summary| short(summary.trim_end_matches('.'), 80));
    let made = widget(document, operation, name, title.as_deref());
    let draft = ToolDraft {
        title,
        description: description(operation),
        widget: Some(name.to_owned()),
        remarks: vec![format!("{}, from the OpenAPI document of the API.", operation.place())],
        annotations: annotations(operation.method),
        input: request.input(),
        source: request.source(operation.method, connection),
        select: made.select.clone(),
        ..ToolDraft::default()
    };
    Ok(NewTool {
        name: name.to_owned(),
        origin: operation.id(),
        tool: starter::tool_file(&draft),
        widget: made.widget_file(),
        notes: request.notes,
    })
}

impl Request {
    fn parameters(&mut self, document: &Document, operation: &Operation<'_>) -> Result<(), String> {
        let list = |of: &'_ Value| -> Vec<Value> {
            let all = of.get("parameters").and_then(Value::as_array).into_iter().flatten();
            all.map(|one| document.follow(one).clone()).collect()
        };
        let key = |one: &Value| (one.get("in").cloned(), one.get("name").cloned());
        let mut all = list(operation.said);
        let own: Vec<_> = all.iter().map(key).collect();
        all.extend(list(operation.item).into_iter().filter(|one| !own.contains(&key(one))));
        for parameter in &all {
            self.parameter(document, parameter)?;
        }
        self.rest_of_path();
        Ok(())
    }

    fn parameter(&mut self, document: &Document, parameter: &Value) -> Result<(), String> {
        let said = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, place) = (said("name"), said("in"));
        let required = parameter.get("required") == Some(&Value::Bool(true)) || place == "path";
        let refuse = |why: &str| match required {
            true => Err(format!("the parameter `{name}` {why}")),
            false => Ok(Some(format!("the parameter `{name}` {why}; it is left out"))),
        };
        let schema =
            parameter.get("schema").map(|schema| plain(document, schema, Way::In)).unwrap_or(json!({}));
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        let left_out = match place {
            "path" if !self.path.contains(&format!("{{{name}}}")) => return Ok(()),
            "header" if NOT_OURS.contains(&name.to_ascii_lowercase().as_str()) => return Ok(()),
            "cookie" => refuse("is a cookie")?,
            _ if parameter.get("schema").is_none() => refuse("is no plain value")?,
            _ if kind == "object" || schema.get("properties").is_some() => refuse("is an object")?,
            "path" | "query" | "header" => None,
            _ => refuse("has no known place")?,
        };
        if let Some(note) = left_out {
            self.notes.push(note);
            return Ok(());
        }
        let joined = kind == "array"
            && (place != "query"
                || parameter.get("explode") == Some(&Value::Bool(false))
                || !matches!(said("style"), "" | "form"));
        let mut schema = schema;
        let about = said("description");
        if joined {
            let between = match said("style") {
                "spaceDelimited" => "spaces",
                "pipeDelimited" => "`|`",
                _ => "commas",
            };
            let about = if about.is_empty() { "Several values" } else { about.trim().trim_end_matches('.') };
            schema =
                json!({"type": "string", "description": format!("{about}; several with {between} between")});
        } else if !about.is_empty()
            && let Some(members) = schema.as_object_mut()
        {
            members.insert("description".to_owned(), json!(short(about, 400)));
        }
        let argument = self.argument(name, schema, required);
        let filled = json!(format!("{{{argument}}}"));
        match place {
            "path" => self.path = self.path.replace(&format!("{{{name}}}"), &format!("\u{1}{argument}\u{2}")),
            "query" => drop(self.query.insert(name.to_owned(), filled)),
            _ => drop(self.headers.insert(name.to_owned(), filled)),
        }
        Ok(())
    }

    /// Placeholders of the path that are declared nowhere.
    fn rest_of_path(&mut self) {
        while let Some((before, rest)) = self.path.split_once('{')
            && let Some((name, after)) = rest.split_once('}')
        {
            let (before, name, after) = (before.to_owned(), name.to_owned(), after.to_owned());
            let argument = self.argument(&name, json!({"type": "string"}), true);
            self.path = format!("{before}\u{1}{argument}\u{2}{after}");
        }
        self.path = self.path.replace('\u{1}', "{").replace('\u{2}', "}");
    }

    /// Takes in an argument and gives its name.
    fn argument(&mut self, name: &str, schema: Value, required: bool) -> String {
        let given = names::argument(name, &mut self.names);
        if required {
            self.required.push(json!(given));
        }
        self.properties.insert(given.clone(), sound(schema));
        given
    }

    fn body(&mut self, document: &Document, operation: &Operation<'_>) -> Result<(), String> {
        let Some(body) = operation.said.get("requestBody").map(|body| document.follow(body)) else {
            return Ok(());
        };
        let required = body.get("required") == Some(&Value::Bool(true));
        let Some(content) = json_content(body) else {
            let kinds = body.get("content").and_then(Value::as_object).into_iter().flat_map(Map::keys);
            let kinds: Vec<&str> = kinds.map(String::as_str).collect();
            let why = format!("its body is no JSON ({})", kinds.join(", "));
            return if required || !kinds.is_empty() { Err(why) } else { Ok(()) };
        };
        let schema = plain(document, content.get("schema").unwrap_or(&Value::Null), Way::In);
        let Some(members) = schemas::members(&schema) else {
            let argument = self.argument("body", schema, required);
            self.body = Some(json!(format!("{{{argument}}}")));
            return Ok(());
        };
        let named: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut filled = Map::new();
        for (name, member) in members {
            let is_required = required && named.contains(&name.as_str());
            let argument = self.argument(name, member.clone(), is_required);
            filled.insert(name.clone(), json!(format!("{{{argument}}}")));
        }
        self.body = Some(Value::Object(filled));
        Ok(())
    }

    fn input(&self) -> Option<Value> {
        (!self.properties.is_empty()).then(|| {
            json!({
                "type": "object",
                "properties": self.properties,
                "required": self.required,
                "additionalProperties": false,
            })
        })
    }

    fn source(&self, method: &str, connection: &str) -> starter::SourceDraft {
        let mut source = vec![("connection".to_owned(), json!(connection))];
        let mut say = |key: &str, value: Value| source.push((key.to_owned(), value));
        if method != "get" {
            say("method", json!(method.to_ascii_uppercase()));
        }
        say("path", json!(self.path));
        if !self.query.is_empty() {
            say("query", Value::Object(self.query.clone()));
        }
        if !self.headers.is_empty() {
            say("headers", Value::Object(self.headers.clone()));
        }
        if let Some(body) = &self.body {
            say("body", body.clone());
        }
        source
    }
}

/// The schema, without its patterns if it cannot be compiled with them: they are of other dialects sometimes.
fn sound(mut schema: Value) -> Value {
    if schema.get("default").is_some_and(|default| {
        Schema::compile(schema.clone(), Formats::Described).is_ok_and(|compiled| !compiled.is_valid(default))
    }) && let Some(members) = schema.as_object_mut()
    {
        members.remove("default");
    }
    let compiles = |schema: &Value| Schema::compile(schema.clone(), Formats::Described).is_ok();
    if compiles(&schema) {
        return schema;
    }
    without_patterns(&mut schema);
    if compiles(&schema) {
        return schema;
    }
    let about = schema.get("description").cloned();
    about.map_or(json!({}), |about| json!({"description": about}))
}

fn without_patterns(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("pattern").is_some_and(Value::is_string) {
                members.remove("pattern");
            }
            members.remove("patternProperties");
            members.values_mut().for_each(without_patterns);
        }
        Value::Array(items) => items.iter_mut().for_each(without_patterns),
        _ => {}
    }
}

/// The JSON among the kinds of content.
fn json_content(of: &Value) -> Option<&Value> {
    let kinds = of.get("content")?.as_object()?;
    let is_json = |kind: &str| {
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
    };
    let any = kinds.iter().find(|(kind, _)| kind.as_str() == "*/*");
    kinds.iter().find(|(kind, _)| is_json(kind)).or(any).map(|(_, content)| content)
}

/// A widget for what the operation answers when it succeeds.
fn widget(document: &Document, operation: &Operation<'_>, name: &str, title: Option<&str>) -> Starter {
    let responses = operation.said.get("responses").and_then(Value::as_object);
    let is_success = |code: &str| code.starts_with('2');
    let found = responses.into_iter().flatten().filter(|(code, _)| is_success(code));
    let otherwise = responses.and_then(|all| all.get_key_value("default"));
    let content = found.chain(otherwise).find_map(|(_, response)| json_content(document.follow(response)));
    let Some(content) = content else {
        return starter::from_schema(name, title, &json!({"type": "object", "properties": {}}));
    };
    let schema = content.get("schema").map(|schema| plain(document, schema, Way::Out));
    match schema.filter(|schema| schema.as_object().is_some_and(|members| !members.is_empty())) {
        Some(mut schema) => {
            // What the schema is called inside of the document is no heading.
            if let Some(members) = schema.as_object_mut() {
                members.remove("title");
            }
            starter::from_schema(name, title, &schema)
        }
        None => {
            let examples = content.get("examples").and_then(Value::as_object).into_iter().flatten();
            let mut examples = examples.filter_map(|(_, one)| document.follow(one).get("value"));
            let example = content.get("example").or_else(|| examples.next());
            // Some documents refer to an example where its value should be.
            let example = example.map(|one| match reference(one).and_then(|to| document.target(to)) {
                Some(found) => found.get("value").unwrap_or(found).clone(),
                None => one.clone(),
            });
            starter::from_data(name, title, &example.unwrap_or(json!({})))
        }
    }
}

fn description(operation: &Operation<'_>) -> String {
    let long = operation.said.get("description").and_then(Value::as_str).map(str::trim).unwrap_or_default();
    let text = match (operation.summary(), long) {
        (Some(summary), "") => summary.to_owned(),
        (Some(summary), long) if long.starts_with(summary.trim_end_matches('.')) => long.to_owned(),
        (Some(summary), long) => format!("{}. {long}", summary.trim_end_matches('.')),
        (None, "") => operation.place(),
        (None, long) => long.to_owned(),
    };
    // Whole paragraphs, as many as fit; the first is what it is for.
    let mut paragraphs = text.split("\n\n");
    let mut out = short(paragraphs.next().unwrap_or_default(), DESCRIPTION);
    for paragraph in paragraphs.map(str::trim) {
        if out.chars().count() + paragraph.chars().count() > DESCRIPTION {
            break;
        }
        out = format!("{out}\n\n{paragraph}");
    }
    out
}

/// What methods mean; that GET changes nothing is known from the source.
fn annotations(method: &str) -> Vec<(String, bool)> {
    let hints: &[(&str, bool)] = match method {
        "delete" => &[("destructive", true), ("idempotent", true)],
        "put" => &[("destructive", true), ("idempotent", true)],
        "patch" => &[("destructive", true)],
        _ => &[],
    };
    hints.iter().map(|(hint, value)| ((*hint).to_owned(), *value)).collect()
}
