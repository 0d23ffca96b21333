//! Sources: where a tool's data comes from.
//!
//! A *connection* is shared and named (`[connections.<name>]`); a *source* is what one tool asks of one connection.
//! One kind per file, all of the same shape: the part of the file as written, then `compile`, then `fetch`. To add
//! a kind: one file, one arm in each match here. Must not know widgets: what a source returns is plain JSON.

pub mod command;
pub mod files;
pub mod fixed;
pub mod http;
pub mod input;
pub mod mcp;
mod pattern;
pub mod process;
pub mod select;
pub mod sql;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::secret::{EnvName, Secret, Setting};
use crate::template::{Data, Flavor, Limits, Template};
use files::Files;
use input::{Caller, Fetched};

/// `[connections.<name>]` as written: one shared place data comes from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ConnectionSpec {
    /// An embedded SQLite database.
    Sqlite(sql::sqlite::SqliteSpec),
    /// A PostgreSQL server.
    Postgres(sql::server::ServerSpec),
    /// A MySQL or MariaDB server.
    Mysql(sql::server::ServerSpec),
    /// An HTTP API.
    Http(http::HttpSpec),
    /// A program that is started for each call.
    Command(command::CommandSpec),
    /// Another MCP server.
    Mcp(mcp::McpSpec),
}

impl ConnectionSpec {
    /// What kind of connection this is, as written in `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
            Self::Mysql(_) => "mysql",
            Self::Http(_) => "http",
            Self::Command(_) => "command",
            Self::Mcp(_) => "mcp",
        }
    }
}

/// `[source]` of a tool file as written. Which keys apply depends on the kind of the connection.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Name of a `[connections.<name>]` table of `toolface.toml`. Left out for fixed data.
    pub connection: Option<String>,
    /// SQL: one statement with named parameters (`:order_id`), each an argument of the tool.
    pub sql: Option<String>,
    /// SQL: the statement writes. Without it the database is only read.
    #[serde(default)]
    pub writes: bool,
    /// Whether the data is the `one` thing the source finds (none is an error the model can mend) or `many`.
    /// Default: `one` for fixed data, `many` for SQL, and all of what an HTTP API or a
    /// program answers.
    pub returns: Option<Returns>,
    /// What the model is told when `returns = "one"` finds nothing; Jinja over the arguments.
    pub not_found: Option<String>,
    /// HTTP: the method. Default GET.
    pub method: Option<http::Method>,
    /// HTTP: the path below the connection's URL; `{name}` stands for an argument, encoded as one path segment.
    pub path: Option<String>,
    /// HTTP: query parameters. A value `"{name}"` is the argument itself (left out when absent, repeated for a list).
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// HTTP: headers of this request, besides those of the connection. `{name}` stands for an argument; a header that is
    /// `"{name}"` alone is left out when it is absent.
    #[serde(default)]
    pub headers: BTreeMap<String, Setting>,
    /// HTTP: the JSON body. A string `"{name}"` in it becomes the argument with its own type.
    pub body: Option<Value>,
    /// Command: what the program is started with, besides the connection's. `"{name}"` stands for an argument (left out
    /// when absent), `"{name...}"` for each item of a list; a list in the list is left out whole when an argument in it is
    /// absent: `["--order", "{order_id}"]`.
    pub args: Option<Vec<command::Position>>,
    /// Command: arguments may begin with `-`, where the program could take them for options.
    #[serde(default)]
    pub allow_dashes: bool,
    /// Command: JSON for the program's standard input. A string `"{name}"` in it becomes the argument with its own type.
    pub stdin: Option<Value>,
    /// Command: what the program prints. Default `json`.
    pub output: Option<command::Output>,
    /// Command: the exit status by which the program says that there is nothing for these arguments.
    #[schemars(range(min = 1, max = 125))]
    pub not_found_exit: Option<u8>,
    /// MCP: the tool of the other server.
    pub call: Option<String>,
    /// MCP: arguments that have another name there: `{ q = "{query}" }`. The others keep their names.
    #[serde(default)]
    pub arguments: BTreeMap<String, String>,
    /// MCP: arguments that are always the same, and that nobody else can give.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// Fixed data, written here.
    pub data: Option<Value>,
    /// Fixed data from a JSON file, relative to the project.
    pub file: Option<PathBuf>,
    /// A fixed MCP result (`content`, `isError`, …), sent as it is: for a tool without a widget.
    pub result: Option<Value>,
}

/// How many things a source finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Returns {
    /// Exactly one; the data is that one.
    One,
    /// Any number; the data is the list.
    Many,
}

/// What a source may cost. Times are absolute, sizes bytes.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// When the call must be over.
    pub deadline: Instant,
    /// Rows or list items a source may return.
    pub rows: usize,
    /// Bytes of text and numbers a source may return.
    pub bytes: usize,
}

/// Why a source did not deliver.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// What kind of failure.
    pub kind: SourceErrorKind,
    /// A sentence for the model: what happened and, if it can, how to mend it. No secrets, no internals.
    pub message: String,
    /// What the operator needs besides; goes to the log alone.
    pub detail: Option<String>,
}

/// Kinds of [`SourceError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceErrorKind {
    /// Nothing there for these arguments.
    NotFound,
    /// The place refused these arguments.
    Refused,
    /// The place cannot be reached or is not ready; trying again later may work.
    Unavailable,
    /// The deadline passed.
    Timeout,
    /// More rows or bytes than allowed.
    TooLarge,
    /// The tool itself is wrong; only its author can mend it.
    Broken,
}

impl SourceError {
    /// An error with a sentence for the model.
    pub fn new(kind: SourceErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), detail: None }
    }

    /// Adds what only the log may have.
    #[must_use]
    pub fn detail(mut self, detail: impl std::fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// The tool's own fault, told without internals.
    pub fn broken(detail: impl std::fmt::Display) -> Self {
        let message = "This tool does not work as it is written; its author finds the reason in the server's log. \
                       Other arguments will not help.";
        Self::new(SourceErrorKind::Broken, message).detail(detail)
    }

    /// The deadline passed while `what` was running.
    pub fn timeout(what: &str) -> Self {
        let message = format!("{what} did not answer in time. Try again, or ask for less.");
        Self::new(SourceErrorKind::Timeout, message)
    }

    /// More than `limit` rows.
    pub fn too_many_rows(limit: usize) -> Self {
        let message = format!("This would return more than {limit} rows. Narrow the request.");
        Self::new(SourceErrorKind::TooLarge, message)
    }

    /// More than `limit` bytes.
    pub fn too_many_bytes(limit: usize) -> Self {
        let message = format!("This would return more than {} kB of data. Narrow the request.", limit / 1000);
        Self::new(SourceErrorKind::TooLarge, message)
    }
}

/// A fault of a `[source]` or `[connections.…]` table, found at load.
#[derive(Debug, Clone)]
pub struct SpecFault {
    /// The key it is about, e.g. `sql`.
    pub key: &'static str,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    /// Byte range inside the key's string value, if known.
    pub span: Option<std::ops::Range<usize>>,
}

impl SpecFault {
    /// A fault of one key.
    pub fn new(key: &'static str, message: impl Into<String>) -> Self {
        Self { key, message: message.into(), help: None, span: None }
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What connections and sources are compiled with.
pub struct Surroundings<'a> {
    /// The project's folder, which relative paths start from.
    pub root: &'a std::path::Path,
    /// Takes a value from the environment where the file says so.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The longest a call may take.
    pub call_timeout: std::time::Duration,
    /// Reads the files a table names, and remembers which they were.
    pub files: &'a Files,
}

impl Surroundings<'_> {
    /// The value of a setting, or the fault that its variable is not set.
    ///
    /// # Errors
    /// A fault of `key` that names the variable.
    pub fn resolve(&self, key: &'static str, setting: &Setting) -> Result<Secret, SpecFault> {
        if let Setting::Env(EnvName { env, .. }) = setting {
            self.files.variable(env, (self.env)(env).as_deref());
        }
        setting.resolve(self.env).map_err(|name| {
            SpecFault::new(key, format!("the environment variable `{name}` is not set"))
                .help(format!("set it before starting: export {name}=…"))
        })
    }
}

/// One shared place data comes from. Nothing is opened before the first fetch.
#[derive(Debug)]
pub enum Connection {
    /// A database of any kind.
    Sql(sql::Database),
    /// An HTTP API.
    Http(http::Api),
    /// A program.
    Command(command::Program),
    /// Another MCP server.
    Mcp(Arc<mcp::Upstream>),
}

impl Connection {
    /// Makes a connection ready to be opened.
    ///
    /// # Errors
    /// Every fault of the table.
    pub fn compile(
        name: &str,
        spec: &ConnectionSpec,
        around: &Surroundings<'_>,
    ) -> Result<Self, Vec<SpecFault>> {
        match spec {
            ConnectionSpec::Sqlite(spec) => sql::sqlite::Sqlite::compile(name, spec, around)
                .map(|db| Self::Sql(sql::Database::Sqlite(db))),
            ConnectionSpec::Postgres(spec) => sql::postgres::Postgres::compile(name, spec, around)
                .map(|db| Self::Sql(sql::Database::Postgres(db))),
            ConnectionSpec::Mysql(spec) => {
                sql::mysql::Mysql::compile(name, spec, around).map(|db| Self::Sql(sql::Database::Mysql(db)))
            }
            ConnectionSpec::Http(spec) => http::Api::compile(name, spec, around).map(Self::Http),
            ConnectionSpec::Command(spec) => command::Program::compile(name, spec, around).map(Self::Command),
            ConnectionSpec::Mcp(spec) => mcp::Upstream::compile(name, spec, around).map(Self::Mcp),
        }
    }

    /// What kind of connection this is, as written in `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sql(database) => database.kind(),
            Self::Http(_) => "http",
            Self::Command(_) => "command",
            Self::Mcp(_) => "mcp",
        }
    }
}

/// What one tool asks of one place, ready to fetch.
#[derive(Debug)]
pub enum Source {
    /// A statement to a database.
    Sql(sql::Query),
    /// A request to an HTTP API.
    Http(http::Request),
    /// A start of a program.
    Command(command::Run),
    /// A call of a tool of another MCP server.
    Mcp(mcp::Call),
    /// Data that is always the same.
    Fixed(fixed::Fixed),
}

/// Keys of [`Spec`] that only make sense for one kind of source.
const KEYS: &[(&str, &[&str])] = &[
    ("SQL", &["sql", "writes"]),
    ("HTTP", &["method", "path", "query", "headers", "body"]),
    ("command", &["args", "allow_dashes", "stdin", "output", "not_found_exit"]),
    ("MCP", &["call", "arguments", "with"]),
    ("fixed", &["data", "file", "result"]),
];

impl Source {
    /// Compiles a `[source]` table. `arguments` are the names the tool's input schema declares; `None` when the
    /// schema leaves them open.
    ///
    /// # Errors
    /// Every fault of the table.
    pub fn compile(
        spec: &Spec,
        connection: Option<&Arc<Connection>>,
        arguments: Option<&[&str]>,
        around: &Surroundings<'_>,
    ) -> Result<Self, Vec<SpecFault>> {
        let kind = match connection.map(AsRef::as_ref) {
            Some(Connection::Sql(_)) => "SQL",
            Some(Connection::Http(_)) => "HTTP",
            Some(Connection::Command(_)) => "command",
            Some(Connection::Mcp(_)) => "MCP",
            None => "fixed",
        };
        let mut faults = stray_keys(spec, kind);
        let compiled = match connection.map(|c| (c, c.as_ref())) {
            Some((shared, Connection::Sql(_))) => sql::Query::compile(spec, shared, arguments).map(Self::Sql),
            Some((shared, Connection::Http(_))) => {
                http::Request::compile(spec, shared, arguments, around).map(Self::Http)
            }
            Some((shared, Connection::Command(_))) => {
                command::Run::compile(spec, shared, arguments).map(Self::Command)
            }
            Some((shared, Connection::Mcp(_))) => mcp::Call::compile(spec, shared, arguments).map(Self::Mcp),
            None => fixed::Fixed::compile(spec, around).map(Self::Fixed),
        };
        match compiled {
            Ok(source) if faults.is_empty() => Ok(source),
            Ok(_) => Err(faults),
            Err(more) => {
                faults.extend(more);
                Err(faults)
            }
        }
    }

    /// Asks for the data.
    ///
    /// # Errors
    /// A sentence for the model, with a detail for the log.
    pub async fn fetch(
        &self,
        arguments: &Map<String, Value>,
        caps: Caps,
        caller: &Caller,
    ) -> Result<Fetched, SourceError> {
        let data = match self {
            Self::Sql(query) => query.fetch(arguments, caps).await,
            // What waits for a network is kept elsewhere, so that the future of every call stays small.
            Self::Http(request) => Box::pin(request.fetch(arguments, caps)).await,
            Self::Command(run) => Box::pin(run.fetch(arguments, caps)).await,
            Self::Mcp(call) => return Box::pin(call.fetch(arguments, caps, caller)).await,
            Self::Fixed(fixed) => Ok(fixed.data().clone()),
        };
        data.map(Fetched::Data)
    }

    /// Whether it may need something of the caller while it works.
    pub fn may_ask(&self) -> bool {
        matches!(self, Self::Mcp(_))
    }

    /// What kind of source this is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sql(_) => "sql",
            Self::Http(_) => "http",
            Self::Command(_) => "command",
            Self::Mcp(_) => "mcp",
            Self::Fixed(_) => "fixed",
        }
    }

    /// The names of the arguments it reads.
    pub fn arguments(&self) -> Vec<&str> {
        match self {
            Self::Sql(query) => query.arguments(),
            Self::Http(request) => request.arguments(),
            Self::Command(run) => run.arguments(),
            Self::Mcp(call) => call.arguments(),
            Self::Fixed(_) => Vec::new(),
        }
    }

    /// Whether fetching can change anything. HTTP: every method but GET and HEAD. A program may do anything.
    pub fn writes(&self) -> bool {
        match self {
            Self::Sql(query) => query.writes(),
            Self::Http(request) => request.writes(),
            Self::Command(_) => true,
            Self::Mcp(call) => call.writes(),
            Self::Fixed(_) => false,
        }
    }
}

/// Keys that belong to another kind of source.
fn stray_keys(spec: &Spec, kind: &str) -> Vec<SpecFault> {
    let given = |key: &str| match key {
        "sql" => spec.sql.is_some(),
        "writes" => spec.writes,
        "method" => spec.method.is_some(),
        "path" => spec.path.is_some(),
        "query" => !spec.query.is_empty(),
        "headers" => !spec.headers.is_empty(),
        "body" => spec.body.is_some(),
        "args" => spec.args.is_some(),
        "allow_dashes" => spec.allow_dashes,
        "stdin" => spec.stdin.is_some(),
        "output" => spec.output.is_some(),
        "not_found_exit" => spec.not_found_exit.is_some(),
        "call" => spec.call.is_some(),
        "arguments" => !spec.arguments.is_empty(),
        "with" => !spec.with.is_empty(),
        "data" => spec.data.is_some(),
        "file" => spec.file.is_some(),
        "result" => spec.result.is_some(),
        _ => false,
    };
    let strays =
        KEYS.iter().filter(|(of, _)| *of != kind).flat_map(|(of, keys)| keys.iter().map(move |k| (of, *k)));
    strays
        .filter(|(_, key)| given(key))
        .map(|(of, key)| {
            let fault = SpecFault::new(
                key,
                format!("`{key}` belongs to a source of kind {of}, and this one is {kind}"),
            );
            match (kind, spec.connection.is_some()) {
                ("fixed", false) => fault.help("name the connection: connection = \"…\""),
                _ => fault,
            }
        })
        .collect()
}

/// The sentence for "nothing found", compiled.
#[derive(Debug)]
pub(crate) struct NotFound(Option<Template>);

impl NotFound {
    fn compile(spec: &Spec) -> Result<Self, SpecFault> {
        let Some(text) = &spec.not_found else { return Ok(Self(None)) };
        match Template::compile("not_found", text, Flavor::Text, Limits::default()) {
            Ok(template) => Ok(Self(Some(template))),
            Err(e) => Err(SpecFault { span: e.span.clone(), ..SpecFault::new("not_found", e.message) }),
        }
    }

    fn error(&self, arguments: &Map<String, Value>) -> SourceError {
        let rendered =
            self.0.as_ref().and_then(|t| t.render(&Data::new(&Value::Object(arguments.clone()))).ok());
        let message = rendered.unwrap_or_else(|| {
            let asked: Vec<String> = arguments
                .iter()
                .filter(|(_, v)| !v.is_null())
                .map(|(k, v)| format!("{k} = {}", shorten(&v.to_string())))
                .collect();
            match asked.as_slice() {
                [] => "Nothing was found.".to_owned(),
                asked => {
                    format!("Nothing was found for {}. Check the value and try another.", asked.join(", "))
                }
            }
        });
        SourceError::new(SourceErrorKind::NotFound, message)
    }
}

/// The beginning of a text, as much as a message can hold.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 80;
    if text.chars().count() <= SHOWN {
        text.to_owned()
    } else {
        text.chars().take(SHOWN).collect::<String>() + "…"
    }
}

/// Faults for the placeholders that name no argument.
fn unknown_arguments<'a>(
    key: &'static str,
    used: impl Iterator<Item = (&'a str, Option<std::ops::Range<usize>>)>,
    declared: Option<&[&str]>,
) -> Vec<SpecFault> {
    let Some(declared) = declared else { return Vec::new() };
    used.filter(|(name, _)| !declared.contains(name))
        .map(|(name, span)| {
            let help = crate::diag::suggestion(name, declared.iter().copied())
                .unwrap_or_else(|| format!("declare it: [input.{name}]"));
            SpecFault {
                span,
                ..SpecFault::new(key, format!("`{name}` is no argument of this tool")).help(help)
            }
        })
        .collect()
}
