//! An OpenAPI document, read.
//!
//! Owns its text (JSON or YAML), its version, references inside of it, and what operations there are.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Methods that tools can use.
const METHODS: &[&str] = &["get", "head", "post", "put", "patch", "delete"];
/// References that lead to references.
const MAX_HOPS: usize = 32;

/// Why a document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Neither JSON nor YAML.
    #[error("it is neither JSON nor YAML: {0}")]
    Malformed(String),
    /// Swagger 2.0.
    #[error(
        "it is Swagger 2.0, which is not read; convert it to OpenAPI 3 first (swagger2openapi does, and so does Swagger Editor)"
    )]
    Swagger,
    /// Another version, or no such document at all.
    #[error("it is no OpenAPI 3.0 or 3.1 document: `openapi` is {0}")]
    Version(String),
}

/// A document of OpenAPI 3.0 or 3.1.
#[derive(Debug)]
pub struct Document {
    root: Value,
}

/// One operation of it.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'d> {
    /// `get` and the like.
    pub method: &'d str,
    /// The path as written.
    pub path: &'d str,
    pub(super) item: &'d Value,
    pub(super) said: &'d Value,
}

impl<'d> Operation<'d> {
    /// Its `operationId`, else method and path.
    pub fn id(&self) -> String {
        match self.said.get("operationId").and_then(Value::as_str) {
            Some(id) if !id.trim().is_empty() => id.trim().to_owned(),
            _ => self.place(),
        }
    }

    /// Method and path: `GET /pets`.
    pub fn place(&self) -> String {
        format!("{} {}", self.method.to_ascii_uppercase(), self.path)
    }

    /// What it is for, in a line.
    pub fn summary(&self) -> Option<&'d str> {
        let text = self.said.get("summary").or_else(|| self.item.get("summary"))?.as_str()?.trim();
        Some(text.lines().next().unwrap_or_default().trim()).filter(|line| !line.is_empty())
    }
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// It is none, or of a version that is not known.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim_start_matches('\u{feff}');
        let root = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|e| Unreadable::Malformed(e.to_string()))?
        } else {
            let yaml: yaml_serde::Value =
                yaml_serde::from_str(text).map_err(|e| Unreadable::Malformed(e.to_string()))?;
            json(yaml)
        };
        if root.get("swagger").is_some() {
            return Err(Unreadable::Swagger);
        }
        match root.get("openapi") {
            Some(Value::String(version)) if version.starts_with("3.0") || version.starts_with("3.1") => {
                Ok(Self { root })
            }
            Some(other) => Err(Unreadable::Version(other.to_string())),
            None => Err(Unreadable::Version("absent".to_owned())),
        }
    }

    /// The document's root.
    pub(super) fn root(&self) -> &Value {
        &self.root
    }

    /// What the API is called.
    pub fn title(&self) -> &str {
        self.root.pointer("/info/title").and_then(Value::as_str).unwrap_or_default()
    }

    /// All operations that tools can be made of, in their order.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.root.get("paths").and_then(Value::as_object);
        paths
            .into_iter()
            .flatten()
            .flat_map(|(path, item)| {
                let item = self.follow(item);
                METHODS.iter().filter_map(move |method| {
                    let said = item.get(*method).filter(|said| said.is_object())?;
                    Some(Operation { method, path, item, said })
                })
            })
            .collect()
    }

    /// What a reference leads to, if `value` is one; else the value.
    pub(super) fn follow<'d>(&'d self, value: &'d Value) -> &'d Value {
        let mut at = value;
        for _ in 0..MAX_HOPS {
            match reference(at).and_then(|reference| self.target(reference)) {
                Some(next) => at = next,
                None => return at,
            }
        }
        &Value::Null
    }

    /// What a reference inside of this document names.
    pub(super) fn target(&self, reference: &str) -> Option<&Value> {
        let pointer = percent_decode_str(reference.strip_prefix('#')?).decode_utf8().ok()?;
        self.root.pointer(&pointer)
    }
}

/// The reference a value is.
pub(super) fn reference(value: &Value) -> Option<&str> {
    value.get("$ref").and_then(Value::as_str)
}

/// YAML as JSON: keys become text (`200:` is one of responses), tags are left out.
fn json(yaml: yaml_serde::Value) -> Value {
    use yaml_serde::Value as Yaml;
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(n), _, _) => n.into(),
            (None, Some(n), _) => n.into(),
            (None, None, n) => n.and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number),
        },
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => items.into_iter().map(json).collect(),
        Yaml::Mapping(members) => {
            let members = members.into_iter().filter_map(|(key, value)| {
                let key = match json(key) {
                    Value::String(text) => text,
                    Value::Null | Value::Array(_) | Value::Object(_) => return None,
                    other => other.to_string(),
                };
                Some((key, json(value)))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        Yaml::Tagged(tagged) => json(tagged.value),
    }
}
