//! Resources and prompts a project offers besides its tools.
//!
//! Owns reading their content at load and filling their templates at call time.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::config::server as written;
use crate::diag::Diagnostic;
use crate::source::files::Files;
use crate::template::{Data, Flavor, Limits, Template, TemplateError};

/// Largest file that is a resource, in bytes.
const MAX_RESOURCE: u64 = 256 << 20;

/// A resource with fixed content.
#[derive(Debug, Clone)]
pub struct Resource {
    /// What the file says of it.
    pub about: written::Resource,
    /// What it holds.
    pub content: Content,
}

/// What a resource holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// Text.
    Text(String),
    /// Bytes, as base64.
    Blob(String),
}

/// Resources whose address has variables.
#[derive(Debug)]
pub struct ResourceTemplate {
    /// What the file says of it.
    pub about: written::ResourceTemplate,
    text: Template,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Literal(String),
    Variable(String),
}

/// A prompt.
#[derive(Debug)]
pub struct Prompt {
    /// What the file says of it.
    pub about: written::Prompt,
    messages: Vec<(written::Role, Block)>,
}

/// A content block with its strings compiled.
#[derive(Debug)]
enum Block {
    Literal(Value),
    Text(Box<Template>),
    List(Vec<Block>),
    Object(Vec<(String, Block)>),
}

impl Resource {
    /// Reads the content. `Err` is a fault of the entry.
    pub fn compile(about: &written::Resource, root: &Path, files: &Files) -> Result<Self, Diagnostic> {
        let fault = |message: String| Diagnostic::error("invalid-resource", message);
        let content = match (&about.text, &about.file, &about.blob) {
            (Some(text), None, None) => Content::Text(text.clone()),
            (None, Some(file), None) => {
                let bytes = files.read(&root.join(file), MAX_RESOURCE).map_err(|e| {
                    fault(format!("cannot read {} of resource {}: {e}", file.display(), about.uri))
                })?;
                match std::str::from_utf8(&bytes) {
                    Ok(text) => Content::Text(text.to_owned()),
                    Err(_) => Content::Blob(BASE64_STANDARD.encode(&bytes)),
                }
            }
            (None, None, Some(blob)) => {
                let valid = BASE64_STANDARD.decode(blob).is_ok();
                let message = || fault(format!("`blob` of resource {} is not base64", about.uri));
                valid.then(|| Content::Blob(blob.clone())).ok_or_else(message)?
            }
            _ => return Err(fault(format!("resource {} needs one of `text`, `file` and `blob`", about.uri))),
        };
        Ok(Self { about: about.clone(), content })
    }
}

impl ResourceTemplate {
    /// Compiles the address and the text.
    pub fn compile(about: &written::ResourceTemplate) -> Result<Self, Diagnostic> {
        let fault = |message: String| Diagnostic::error("invalid-resource", message);
        let uri = &about.uri_template;
        let parts = parts(uri).ok_or_else(|| {
            fault(format!("`{uri}` is no address with variables"))
                .help("write variables as {name}: docs://{topic}/summary")
        })?;
        let text = Template::compile(uri, &about.text, Flavor::Text, Limits::default())
            .map_err(|e| fault(format!("in the text of {uri}: {}", e.message)))?;
        Ok(Self { about: about.clone(), text, parts })
    }

    /// The variables of `uri` if it is one of this template's addresses.
    pub fn matches(&self, uri: &str) -> Option<Map<String, Value>> {
        let mut rest = uri;
        let mut found = Map::new();
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Literal(text) => rest = rest.strip_prefix(text.as_str())?,
                Part::Variable(name) => {
                    let end = match parts.peek() {
                        Some(Part::Literal(text)) => rest.find(text.as_str())?,
                        _ => rest.len(),
                    };
                    let value = rest.get(..end).filter(|v| !v.is_empty() && !v.contains('/'))?;
                    let value = percent_encoding::percent_decode_str(value).decode_utf8().ok()?;
                    found.insert(name.clone(), Value::String(value.into_owned()));
                    rest = rest.get(end..)?;
                }
            }
        }
        rest.is_empty().then_some(found)
    }

    /// The content for these variables.
    ///
    /// # Errors
    /// The template fails.
    pub fn render(&self, variables: Map<String, Value>) -> Result<String, TemplateError> {
        self.text.render(&Data::new(&Value::Object(variables)))
    }
}

/// `a/{b}/c` → literal, variable, literal. `None` if a brace is out of place or there is no variable.
fn parts(uri: &str) -> Option<Vec<Part>> {
    let mut out = Vec::new();
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        if before.contains('}') || name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        if before.is_empty() && matches!(out.last(), Some(Part::Variable(_))) {
            return None;
        }
        if !before.is_empty() {
            out.push(Part::Literal(before.to_owned()));
        }
        out.push(Part::Variable(name.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        out.push(Part::Literal(rest.to_owned()));
    }
    let some = out.iter().any(|p| matches!(p, Part::Variable(_))) && !rest.contains('}');
    some.then_some(out)
}

impl Prompt {
    /// Compiles the messages.
    pub fn compile(name: &str, about: &written::Prompt) -> Result<Self, Diagnostic> {
        let fault = |message: String| Diagnostic::error("invalid-prompt", message);
        let message = |m: &written::PromptMessage| {
            let block = match (&m.text, &m.content) {
                (Some(text), None) => {
                    let object = [
                        ("type".to_owned(), Value::from("text")),
                        ("text".to_owned(), Value::from(text.as_str())),
                    ];
                    Block::compile(&Value::Object(Map::from_iter(object)))
                }
                (None, Some(content)) if content.is_object() => Block::compile(content),
                _ => {
                    return Err(fault(format!(
                        "a message of prompt {name} needs one of `text` and `content`"
                    )));
                }
            };
            let block = block.map_err(|e| fault(format!("in a message of prompt {name}: {}", e.message)))?;
            Ok((m.role, block))
        };
        let messages = about.messages.iter().map(message).collect::<Result<_, _>>()?;
        Ok(Self { about: about.clone(), messages })
    }

    /// The names of required arguments that are not given.
    pub fn missing<'a>(&'a self, given: &Map<String, Value>) -> Vec<&'a str> {
        let required = self.about.arguments.iter().filter(|a| a.required && !given.contains_key(&a.name));
        required.map(|a| a.name.as_str()).collect()
    }

    /// The messages for these arguments: role and MCP content block.
    ///
    /// # Errors
    /// A template fails.
    pub fn render(&self, given: &Map<String, Value>) -> Result<Vec<(written::Role, Value)>, TemplateError> {
        let mut variables = Map::new();
        for argument in &self.about.arguments {
            let value = given.get(&argument.name).cloned().unwrap_or(Value::Null);
            variables.insert(argument.name.clone(), value);
        }
        let variables = Data::new(&Value::Object(variables));
        self.messages.iter().map(|(role, block)| Ok((*role, block.render(&variables)?))).collect()
    }
}

impl Block {
    fn compile(value: &Value) -> Result<Self, TemplateError> {
        Ok(match value {
            Value::String(text) if text.contains('{') => {
                Self::Text(Box::new(Template::compile("prompt", text, Flavor::Text, Limits::default())?))
            }
            Value::Array(items) => Self::List(items.iter().map(Self::compile).collect::<Result<_, _>>()?),
            Value::Object(object) => {
                let members = object.iter().map(|(k, v)| Ok((k.clone(), Self::compile(v)?)));
                Self::Object(members.collect::<Result<_, TemplateError>>()?)
            }
            other => Self::Literal(other.clone()),
        })
    }

    fn render(&self, variables: &Data) -> Result<Value, TemplateError> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Text(template) => Value::String(template.render(variables)?),
            Self::List(items) => items.iter().map(|i| i.render(variables)).collect::<Result<_, _>>()?,
            Self::Object(members) => {
                let members = members.iter().map(|(k, v)| Ok((k.clone(), v.render(variables)?)));
                Value::Object(members.collect::<Result<_, TemplateError>>()?)
            }
        })
    }
}

/// Values offered for completing `argument`, those that start with what is typed first.
pub fn complete<'a>(values: &'a [String], typed: &str) -> Vec<&'a str> {
    fitting(values.iter().map(String::as_str), typed)
}

/// Those that start with what is typed, capitals or not.
pub fn fitting<'a>(values: impl Iterator<Item = &'a str>, typed: &str) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    values.filter(|v| v.to_lowercase().starts_with(&typed)).collect()
}

/// The values of one template variable.
pub fn values_of<'a>(values: &'a BTreeMap<String, Vec<String>>, name: &str) -> &'a [String] {
    values.get(name).map(Vec::as_slice).unwrap_or_default()
}
