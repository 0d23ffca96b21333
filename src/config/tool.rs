//! `tools/<name>.toml` as written.
//!
//! Owns the keys, their types and their defaults, each told once, in the doc of the key (it becomes editor help).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::server::{Format, View};
use crate::schema::shape;
use crate::source::Spec;

/// One tool: what the model reads, where the data comes from, the widget it answers in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolFile {
    /// Name for people.
    pub title: Option<String>,
    /// What the model reads to decide when to use the tool. Only a tool that calls one of another MCP server can do
    /// without: it has that one's.
    #[schemars(length(min = 1))]
    pub description: Option<String>,
    /// The widget the tool answers in: the stem of a file in `widgets/`. Only a tool with a fixed result has none.
    pub widget: Option<String>,
    /// The widget's id in this tool's results, instead of the widget's own.
    #[schemars(length(min = 1))]
    pub widget_id: Option<String>,
    /// Copy text: what the copy button of a chat puts on the clipboard; Jinja over the data.
    pub text: Option<String>,
    /// Form of the envelope, instead of the project's.
    pub envelope: Option<Format>,
    /// What happens to fields that the data lacks. Default `default`.
    #[serde(default)]
    pub on_missing: OnMissing,
    /// Fields kept from the model and present in the widget: `email`, `customer.phone`, `items[].cost`.
    #[serde(default)]
    pub private: Vec<String>,
    /// Who may call it: `model`, `app` (the widget itself), or both. Default both.
    #[serde(default = "everyone")]
    #[schemars(length(min = 1))]
    pub visibility: Vec<Visibility>,
    /// Milliseconds until a call is given up, instead of the project's limit.
    #[schemars(range(min = 1))]
    pub timeout_ms: Option<u64>,
    /// What the tool does to its surroundings. Read-only sources are told as such without saying so.
    #[serde(default)]
    pub annotations: Annotations,
    /// Icons of the tool.
    #[serde(default)]
    pub icons: Vec<Icon>,
    /// How its widget is drawn, where that differs from the project's `[view]`.
    #[serde(default)]
    pub view: View,
    /// The arguments.
    #[serde(default)]
    pub input: Input,
    /// Where the data comes from.
    pub source: Spec,
    /// What of it is the widget's data.
    #[serde(default)]
    pub data: Data,
    /// What the widget's actions lead to, by action type.
    #[serde(default)]
    pub actions: BTreeMap<String, Action>,
    /// Other widgets for some results; the first that fits is used.
    #[serde(default)]
    pub variants: Vec<Variant>,
}

fn everyone() -> Vec<Visibility> {
    vec![Visibility::Model, Visibility::App]
}

/// What happens to fields that the data lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnMissing {
    /// Absent optional fields become the schema's default, else null. An absent required field is an error.
    #[default]
    Default,
    /// Every absent field is an error, optional ones too.
    Error,
    /// As `default`, and absent required fields get a placeholder of their type and are listed in `degraded`.
    Partial,
}

impl OnMissing {
    /// As the schema's shape knows it.
    pub fn shape(self) -> shape::OnMissing {
        match self {
            Self::Default => shape::OnMissing::Null,
            Self::Error => shape::OnMissing::Error,
            Self::Partial => shape::OnMissing::Partial,
        }
    }
}

/// Who may call a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// The model.
    Model,
    /// The widget, through the host.
    App,
}

/// `[annotations]`: hints about what a tool does.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Annotations {
    /// It changes nothing. Default: what the source says.
    pub read_only: Option<bool>,
    /// It may destroy something. Default: false unless the source writes.
    pub destructive: Option<bool>,
    /// Calling it again with the same arguments changes nothing more.
    pub idempotent: Option<bool>,
    /// It reaches outside of a closed world. Default: true for HTTP.
    pub open_world: Option<bool>,
}

/// One icon of a tool.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Icon {
    /// `https:` or `data:` address.
    pub src: String,
    /// Its MIME type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Its sizes, e.g. `["48x48"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<String>,
}

/// `input`: the arguments. One table per argument (`[input.order_id]`) with JSON Schema keywords; an argument is
/// required unless it has a `default` or says `required = false`. Or a whole JSON Schema: a table with
/// `type = "object"`, or the path of a JSON file relative to the project.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Input {
    /// Path of a JSON file that holds a schema.
    File(String),
    /// A whole schema, or one schema per argument.
    Table(Map<String, Value>),
}

impl Default for Input {
    fn default() -> Self {
        Self::Table(Map::new())
    }
}

impl JsonSchema for Input {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Input".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let argument = "One argument: JSON Schema keywords. It is required unless it has a `default` or says \
                        `required = false`.";
        schemars::json_schema!({
            "anyOf": [
                {"type": "string", "description": "Path of a JSON Schema file, relative to the project"},
                {
                    "type": "object",
                    "description": "One table per argument, or a whole JSON Schema",
                    "additionalProperties": {"description": argument}
                }
            ]
        })
    }
}

/// `[data]`: what of the source's answer is the widget's data.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// A jq program over the source's answer (`$args`: the arguments). Left out: the answer is the data.
    pub select: Option<String>,
}

/// `[actions."type"]`: what an action of the widget leads to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The tool it calls.
    pub tool: String,
    /// Tool argument = field of the action's payload it comes from (`order.id` for a nested one). An argument not
    /// named here comes from the payload's field of the same name, if there is one.
    #[serde(default)]
    pub arguments: BTreeMap<String, String>,
}

/// `[[variants]]`: another widget for some results.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// A jq program over the data (`$args`: the arguments); the variant is used when it gives true.
    pub when: String,
    /// The widget: the stem of a file in `widgets/`.
    pub widget: String,
    /// The widget's id in this tool's results, instead of the widget's own.
    pub widget_id: Option<String>,
    /// Copy text of this variant; Jinja over the data. Default: the tool's.
    pub text: Option<String>,
}
