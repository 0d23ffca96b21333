//! The JSON Schema of each kind of file: editor help, and the first check every file goes through.
//!
//! Owns generating them from the types in [`super::server`] and [`super::tool`]; what `toolface schema` prints and
//! what stands in `schemas/` is exactly this.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Value, json};

use super::server::ServerFile;
use super::tool::ToolFile;
use crate::schema::{Formats, Schema};

/// A kind of file with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `toolface.toml`
    Server,
    /// `tools/<name>.toml`
    Tool,
}

impl FileKind {
    /// All kinds, with the name of the schema's file.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Server, "toolface"), (Self::Tool, "tool")];

    /// The schema as JSON.
    pub fn json(self) -> &'static Value {
        static SERVER: LazyLock<Value> = LazyLock::new(|| generate::<ServerFile>("toolface.toml"));
        static TOOL: LazyLock<Value> = LazyLock::new(|| generate::<ToolFile>("A tool file of Toolface"));
        match self {
            Self::Server => &SERVER,
            Self::Tool => &TOOL,
        }
    }

    /// The compiled schema. Made from our own types it always compiles, which a test sees to; if it did not, files
    /// would still be refused by their types.
    pub fn schema(self) -> Option<&'static Schema> {
        static SERVER: LazyLock<Option<Schema>> = LazyLock::new(|| compiled(FileKind::Server));
        static TOOL: LazyLock<Option<Schema>> = LazyLock::new(|| compiled(FileKind::Tool));
        match self {
            Self::Server => SERVER.as_ref(),
            Self::Tool => TOOL.as_ref(),
        }
    }
}

fn compiled(kind: FileKind) -> Option<Schema> {
    Schema::compile(kind.json().clone(), Formats::Checked).ok()
}

fn generate<T: schemars::JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(NoNulls);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), json!(title));
    schema.to_value()
}

/// Largest whole number that every JSON reader knows exactly.
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// TOML has no null: an optional value is there or not.
#[derive(Debug, Clone)]
struct NoNulls;

impl Transform for NoNulls {
    fn transform(&mut self, schema: &mut schemars::Schema) {
        transform_subschemas(self, schema);
        if let Some(Value::Array(kinds)) = schema.get_mut("type") {
            kinds.retain(|kind| kind != "null");
            if let [only] = kinds.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
            branches.retain(|branch| branch != &json!({"type": "null"}));
            if let [only] = branches.as_slice() {
                let Value::Object(only) = only.clone() else { return };
                schema.remove("anyOf");
                for (key, value) in only {
                    schema.insert(key, value);
                }
            }
        }
        if schema.get("default").is_some_and(Value::is_null) {
            schema.remove("default");
        }
        // What does not fit the type is told with its place, not when the value is read.
        let most = match schema.get("format").and_then(Value::as_str) {
            Some("uint" | "uint64") => Some(json!(MAX_INTEGER)),
            Some("uint32") => Some(json!(u32::MAX)),
            _ => None,
        };
        if let Some(most) = most.filter(|_| schema.get("maximum").is_none()) {
            schema.insert("maximum".to_owned(), most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_compile_and_refuse_unknown_keys() {
        for (kind, name) in FileKind::ALL {
            let schema = kind.schema().unwrap();
            assert!(schema.json().get("properties").is_some(), "{name}");
            assert!(!schema.is_valid(&json!({"nonsense": 1})), "{name}");
        }
    }
}
