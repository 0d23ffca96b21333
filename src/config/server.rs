//! `toolface.toml` as written.
//!
//! Owns the keys, their types and their defaults, each told once, in the doc of the key (it becomes editor help).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::secret::Setting;
use crate::source::ConnectionSpec;

/// The project: its name, limits and connections.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServerFile {
    /// Who the server is.
    pub server: Server,
    /// How it is reached over HTTP.
    pub http: Http,
    /// What a call may cost.
    pub limits: Limits,
    /// The wrapper a result carries.
    pub envelope: Envelope,
    /// How widgets are drawn.
    pub view: View,
    /// The page on which tools and widgets are seen, tried and edited.
    pub studio: Studio,
    /// Places data comes from, by name.
    pub connections: BTreeMap<String, ConnectionSpec>,
    /// What cannot be said in a widget's own file, by the widget's name.
    pub widgets: BTreeMap<String, WidgetEntry>,
    /// Sets of tools served on their own, by name. Default: one for each tool a model may call, named like it.
    pub routes: BTreeMap<String, Route>,
    /// Resources served besides the manifest.
    pub resources: Vec<Resource>,
    /// Resources whose address has variables.
    pub resource_templates: Vec<ResourceTemplate>,
    /// Prompts, by name.
    pub prompts: BTreeMap<String, Prompt>,
}

/// `[server]`: who the server is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Short name, used in addresses: small letters, digits and hyphens. Default `toolface`.
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"))]
    pub name: String,
    /// Name for people.
    pub title: Option<String>,
    /// Version told to clients. Default: Toolface's own.
    pub version: Option<String>,
    /// What the model is told about the server as a whole.
    pub instructions: Option<String>,
    /// Entries per page of a list. Default 200.
    #[schemars(range(min = 1, max = 10000))]
    pub page_size: usize,
    /// Milliseconds a client may keep a list. Default 60000.
    pub list_ttl_ms: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            name: "toolface".to_owned(),
            title: None,
            version: None,
            instructions: None,
            page_size: 200,
            list_ttl_ms: 60_000,
        }
    }
}

/// `[http]`: how the server is reached over HTTP.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Address to listen on. Default `127.0.0.1:8787`.
    pub listen: String,
    /// Host names requests may be addressed to, besides this machine's own.
    pub allowed_hosts: Vec<String>,
    /// Web origins that may ask, besides those of this machine, e.g. `https://app.example.com`.
    pub allowed_origins: Vec<String>,
    /// Largest request body, in bytes. Default 1048576.
    #[schemars(range(min = 1024))]
    pub max_body_bytes: usize,
    /// Milliseconds running calls get to finish when the server stops. Default 10000.
    pub grace_ms: u64,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8787".to_owned(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            max_body_bytes: 1 << 20,
            grace_ms: 10_000,
        }
    }
}

/// `[limits]`: what a call may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Milliseconds until a call is given up; a tool may say otherwise. Default 30000.
    #[schemars(range(min = 1))]
    pub call_timeout_ms: u64,
    /// Calls running at once; more wait. Default 256.
    #[schemars(range(min = 1))]
    pub concurrent_calls: usize,
    /// Rows a source may return. Default 10000.
    #[schemars(range(min = 1))]
    pub max_rows: usize,
    /// Bytes a source may return. Default 4194304.
    #[schemars(range(min = 1))]
    pub max_source_bytes: usize,
    /// Work a template may do, in steps of the engine. Default 1000000.
    #[schemars(range(min = 1))]
    pub template_fuel: u64,
    /// Bytes a template may print. Default 2097152.
    #[schemars(range(min = 1))]
    pub template_output_bytes: usize,
    /// Components a widget may have. Default 20000.
    #[schemars(range(min = 1))]
    pub tree_nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call_timeout_ms: 30_000,
            concurrent_calls: 256,
            max_rows: 10_000,
            max_source_bytes: 4 << 20,
            template_fuel: 1_000_000,
            template_output_bytes: 2 << 20,
            tree_nodes: 20_000,
        }
    }
}

impl Limits {
    /// The deadline of a call that says nothing else.
    pub fn call_timeout(&self) -> Duration {
        Duration::from_millis(self.call_timeout_ms)
    }
}

/// `[envelope]`: the wrapper a result carries.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Envelope {
    /// `flat`: `{"widget_id", "widget_type", "data"}`. `nested`: `{"widget": {"id", "type"}, "data"}`. Default `flat`.
    pub format: Format,
}

/// The two forms of the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `{"widget_id": "wig_…", "widget_type": "order-card", "data": {…}}`
    #[default]
    Flat,
    /// `{"widget": {"id": "wig_…", "type": "order-card"}, "data": {…}}`
    Nested,
}

/// `[view]`: how widgets are drawn in a host. In `toolface.toml` for all tools, in a tool file for that tool.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct View {
    /// Whether the host draws a border around the view. Default: as the host likes.
    pub border: Option<bool>,
    /// Said while the tool runs, up to 64 characters: "Looking up the order".
    #[schemars(length(min = 1, max = 64))]
    pub invoking: Option<String>,
    /// Said when it is done, up to 64 characters.
    #[schemars(length(min = 1, max = 64))]
    pub invoked: Option<String>,
    /// Where pictures may come from: origins such as `https://images.example.com` or `https://*.example.com`.
    pub image_domains: Vec<String>,
    /// Where the view may send requests itself. Toolface's own view sends none.
    pub connect_domains: Vec<String>,
    /// The origin a host gives the view, for hosts that let one choose. A wrong value keeps the view from being shown.
    #[schemars(regex(pattern = r"^(https://)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"))]
    pub domain: Option<String>,
}

/// `[studio]`: the page on which tools and widgets are seen, tried and edited, at `/studio` of `toolface serve`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Studio {
    /// Whether it is offered. Default true; where other machines can reach the server only with a `token`.
    pub enabled: bool,
    /// What must be known to open it: `/studio?token=…`. Best from the environment: `{ env = "STUDIO_TOKEN" }`.
    pub token: Option<Setting>,
    /// Calls kept to be looked at. Default 200.
    #[schemars(range(min = 1, max = 10000))]
    pub keep: usize,
    /// Bytes of arguments and results kept with them. Default 8388608.
    #[schemars(range(min = 65536))]
    pub keep_bytes: usize,
    /// Names of fields whose values are not shown in the traffic, in arguments and results: `["email", "phone"]`.
    pub mask: Vec<String>,
}

impl Default for Studio {
    fn default() -> Self {
        Self { enabled: true, token: None, keep: 200, keep_bytes: 8 << 20, mask: Vec::new() }
    }
}

/// `[widgets.<name>]`: what cannot be said in a widget's own file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WidgetEntry {
    /// The widget's id, for a file that has none, or instead of the file's.
    #[schemars(length(min = 1))]
    pub id: Option<String>,
}

/// `[routes.<name>]`: a set of tools served on its own, at `/mcp/<name>` and by `toolface stdio --route <name>`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Name for people.
    pub title: Option<String>,
    /// What it is for: how an agent chooses among routes. Default: what its tools say of themselves.
    #[schemars(length(min = 1))]
    pub description: Option<String>,
    /// Its tools. What the actions of their widgets lead to comes along, hidden from the model.
    #[schemars(length(min = 1))]
    pub tools: Vec<String>,
}

/// `[[resources]]`: a resource with fixed content.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Its address.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its MIME type.
    pub mime_type: Option<String>,
    /// Its content, as text.
    pub text: Option<String>,
    /// Its content, from a file relative to the project: text if it is UTF-8, else binary.
    pub file: Option<PathBuf>,
    /// Its content, as base64.
    pub blob: Option<String>,
}

/// `[[resource_templates]]`: resources whose address has variables.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceTemplate {
    /// Address with variables, each one path segment: `docs://{topic}/summary`.
    pub uri_template: String,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its MIME type.
    pub mime_type: Option<String>,
    /// Its content: Jinja over the variables.
    pub text: String,
    /// Values offered for completing a variable.
    #[serde(default)]
    pub values: BTreeMap<String, Vec<String>>,
}

/// `[prompts.<name>]`: a prompt with fixed messages.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// Its name for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What can be filled in.
    #[serde(default)]
    pub arguments: Vec<PromptArgument>,
    /// The messages it becomes.
    #[schemars(length(min = 1))]
    pub messages: Vec<PromptMessage>,
}

/// One argument of a prompt.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Whether it must be given. Default false.
    #[serde(default)]
    pub required: bool,
    /// Values offered for completing it.
    #[serde(default)]
    pub values: Vec<String>,
}

/// One message of a prompt.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptMessage {
    /// Who says it.
    pub role: Role,
    /// What is said: Jinja over the arguments.
    pub text: Option<String>,
    /// What is said, as an MCP content block; strings in it are Jinja over the arguments.
    pub content: Option<Value>,
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}
