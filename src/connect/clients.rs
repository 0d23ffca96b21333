//! The clients, a row each.
//!
//! Owns where a client keeps its configuration, in which words it says how a server is reached, and what is to be done
//! where no file can do it. The door to `etcetera`, which knows the folders of the systems, and the one place that
//! reads variables by which a client's folder is moved.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde_json::{Map, Value, json};

use super::entry::{Entry, Reach};
use super::{Error, Format};

/// A program that uses MCP servers.
#[derive(Debug)]
pub struct Client {
    /// What it is called on the command line.
    pub id: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What is left to do once its file is written.
    pub then: &'static str,
    /// Whether it takes `${…}` in an entry for a variable of its own.
    pub expands: bool,
    settings: Option<Settings>,
    steps: &'static str,
}

/// The file a client is configured by.
#[derive(Debug)]
struct Settings {
    format: Format,
    section: &'static str,
    /// The file of one project, from its folder.
    project: Option<&'static str>,
    /// The file of a user.
    user: Option<fn() -> Result<PathBuf, String>>,
    names: Names,
    entry: fn(&str, &Reach) -> Option<Entry>,
}

/// What an entry may be called.
#[derive(Debug, Clone, Copy)]
enum Names {
    Text,
    Word,
    LowerWord,
}

/// Whose configuration is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The project's if the client has such, otherwise the user's.
    Usual,
    /// The user's, for all projects.
    User,
}

/// All of them, as they are listed.
pub static CLIENTS: [Client; 9] = [
    Client {
        id: "claude-desktop",
        title: "Claude Desktop",
        then: "quit Claude Desktop and start it again",
        expands: false,
        settings: Some(Settings {
            format: Format::Json,
            section: "mcpServers",
            project: None,
            user: Some(|| applications().map(|folder| folder.join("Claude/claude_desktop_config.json"))),
            names: Names::Text,
            entry: command_only,
        }),
        steps: "Claude Desktop's file holds only servers that it starts itself: `toolface connect claude-desktop` without
--http. One that is reached over HTTP is added by hand:

1. Settings > Connectors > Add custom connector
2. Name: {name}
3. URL:  {url}
4. Add, then switch it on in a conversation.

Claude reaches the URL from the Internet, not from this machine, and only over https.",
    },
    Client {
        id: "claude-code",
        title: "Claude Code",
        then: "start `claude` in this folder and let it use the server; `/mcp` shows whether it is connected",
        expands: true,
        settings: Some(Settings {
            format: Format::Json,
            section: "mcpServers",
            project: Some(".mcp.json"),
            user: None,
            names: Names::Word,
            entry: typed,
        }),
        steps: "",
    },
    Client {
        id: "vscode",
        title: "VS Code",
        then: "open the file in VS Code and press Start above the entry",
        expands: true,
        settings: Some(Settings {
            format: Format::Json,
            section: "servers",
            project: Some(".vscode/mcp.json"),
            user: Some(|| applications().map(|folder| folder.join("Code/User/mcp.json"))),
            names: Names::Text,
            entry: typed,
        }),
        steps: "",
    },
    Client {
        id: "cursor",
        title: "Cursor",
        then: "restart Cursor and switch the server on among its MCP servers",
        expands: true,
        settings: Some(Settings {
            format: Format::Json,
            section: "mcpServers",
            project: Some(".cursor/mcp.json"),
            user: Some(|| home().map(|folder| folder.join(".cursor/mcp.json"))),
            names: Names::Text,
            entry: cursor,
        }),
        steps: "",
    },
    Client {
        id: "goose",
        title: "Goose",
        then: "start a new session; `goose info -v` shows the extension",
        expands: false,
        settings: Some(Settings {
            format: Format::Yaml,
            section: "extensions",
            project: None,
            user: Some(goose_file),
            names: Names::LowerWord,
            entry: goose,
        }),
        steps: "",
    },
    Client {
        id: "codex",
        title: "Codex",
        then: "start Codex again; `/mcp` shows whether it is connected",
        expands: false,
        settings: Some(Settings {
            format: Format::Toml,
            section: "mcp_servers",
            project: None,
            user: Some(codex_file),
            names: Names::Word,
            entry: untyped,
        }),
        steps: "",
    },
    Client {
        id: "json",
        title: "a file of mcpServers",
        then: "restart the client that reads the file",
        expands: false,
        settings: Some(Settings {
            format: Format::Json,
            section: "mcpServers",
            project: None,
            user: None,
            names: Names::Text,
            entry: http_typed,
        }),
        steps: "",
    },
    Client {
        id: "chatgpt",
        title: "ChatGPT",
        then: "",
        expands: false,
        settings: None,
        steps: "ChatGPT is connected on its web page:

1. Settings > Apps > Advanced settings: switch Developer mode on.
2. Settings > Apps > Create app
3. Name:           {name}
4. MCP Server URL: {url}
5. Authentication: none, unless you put one in front of the server
6. Create, then choose the app with + in a new conversation.

ChatGPT reaches the URL from the Internet, not from this machine, and only over https.",
    },
    Client {
        id: "agent-builder",
        title: "Agent Builder",
        then: "",
        expands: false,
        settings: None,
        steps: "In OpenAI's Agent Builder (which closes on 30 November 2026) each agent node is connected by itself:

1. Select the agent node, then Tools > + > MCP server > + Server.
2. URL:            {url}
3. Label:          {name}
4. Authentication: none, unless you put one in front of the server
5. Connect, then choose the tools this agent may call.
6. Output format: Widget; upload the .widget file of the tool this agent calls.

A node shows one widget, so give each tool a node of its own; --route NAME makes the URL of one tool.
OpenAI reaches the URL from the Internet, not from this machine, and only over https.",
    },
];

/// The client of this name.
pub fn by_name(id: &str) -> Option<&'static Client> {
    CLIENTS.iter().find(|client| client.id == id)
}

impl Client {
    /// Whether a file tells it about servers. If not, it reaches them over HTTP alone.
    pub fn has_file(&self) -> bool {
        self.settings.is_some()
    }

    /// What to do by hand where no file can do it.
    pub fn steps(&self, name: &str, url: &str) -> String {
        self.steps.replace("{name}", name).replace("{url}", url)
    }

    /// Where its configuration is, or will be. A project's file is found from the folder `project`. `None`: nowhere
    /// in particular.
    ///
    /// # Errors
    /// [`Error::Place`]: the user's folders are unknown, or it has no file of that kind.
    pub fn file(&self, place: Place, project: &Path) -> Result<Option<PathBuf>, Error> {
        let Some(settings) = &self.settings else { return Ok(None) };
        let fault = |why: String| Error::Place { client: self.title, why };
        match (settings.project, settings.user) {
            (Some(file), _) if place == Place::Usual => Ok(Some(project.join(file))),
            (_, Some(file)) => file().map(Some).map_err(fault),
            (Some(_), None) => Err(fault(
                "its own file for all projects is rewritten by the running program, so it is left alone"
                    .to_owned(),
            )),
            (None, None) => Ok(None),
        }
    }

    pub(super) fn check_name(&self, name: &str) -> Result<(), Error> {
        let names = self.settings.as_ref().map_or(Names::Text, |settings| settings.names);
        let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let lower = |c: char| word(c) && !c.is_ascii_uppercase();
        let (fits, rule) = match names {
            Names::Text => {
                (!name.contains(char::is_control), "a name is a line of text, up to 128 characters")
            }
            Names::Word => (name.chars().all(word), "a name is letters a-z, digits, - and _"),
            Names::LowerWord => (name.chars().all(lower), "a name is small letters a-z, digits, - and _"),
        };
        if fits && !name.trim().is_empty() && name.chars().count() <= 128 {
            return Ok(());
        }
        Err(Error::Name { client: self.title, name: name.escape_debug().to_string(), rule })
    }

    pub(super) fn entry(&self, name: &str, reach: &Reach) -> Option<Entry> {
        self.settings.as_ref().and_then(|settings| (settings.entry)(name, reach))
    }

    pub(super) fn section(&self) -> &'static str {
        self.settings.as_ref().map_or("", |settings| settings.section)
    }

    pub(super) fn format(&self) -> Format {
        self.settings.as_ref().map_or(Format::Json, |settings| settings.format)
    }
}

fn entry(core: Value, defaults: Value) -> Option<Entry> {
    let object = |value| match value {
        Value::Object(keys) => keys,
        _ => Map::new(),
    };
    Some(Entry { core: object(core), defaults: object(defaults) })
}

fn command_only(name: &str, reach: &Reach) -> Option<Entry> {
    match reach {
        Reach::Stdio { .. } => untyped(name, reach),
        Reach::Http { .. } => None,
    }
}

fn untyped(_: &str, reach: &Reach) -> Option<Entry> {
    match reach {
        Reach::Stdio { command, args } => entry(json!({"command": command, "args": args}), json!({})),
        Reach::Http { url } => entry(json!({"url": url}), json!({})),
    }
}

fn typed(_: &str, reach: &Reach) -> Option<Entry> {
    match reach {
        Reach::Stdio { command, args } => {
            entry(json!({"type": "stdio", "command": command, "args": args}), json!({}))
        }
        Reach::Http { url } => entry(json!({"type": "http", "url": url}), json!({})),
    }
}

/// Cursor wants a type for commands and knows none for addresses.
fn cursor(name: &str, reach: &Reach) -> Option<Entry> {
    match reach {
        Reach::Stdio { .. } => typed(name, reach),
        Reach::Http { .. } => untyped(name, reach),
    }
}

/// What most clients of `mcpServers` understand: a command needs no type, an address does.
fn http_typed(name: &str, reach: &Reach) -> Option<Entry> {
    match reach {
        Reach::Stdio { .. } => untyped(name, reach),
        Reach::Http { .. } => typed(name, reach),
    }
}

fn goose(name: &str, reach: &Reach) -> Option<Entry> {
    let defaults = json!({
        "enabled": true, "description": "", "env_keys": [], "envs": {}, "timeout": 300,
    });
    match reach {
        Reach::Stdio { command, args } => {
            entry(json!({"type": "stdio", "name": name, "cmd": command, "args": args}), defaults)
        }
        Reach::Http { url } => entry(json!({"type": "streamable_http", "name": name, "uri": url}), defaults),
    }
}

fn home() -> Result<PathBuf, String> {
    etcetera::home_dir().map_err(|e| e.to_string())
}

/// Where programs built on a browser keep what belongs to a user.
fn applications() -> Result<PathBuf, String> {
    let folders = etcetera::base_strategy::choose_native_strategy().map_err(|e| e.to_string())?;
    Ok(if cfg!(target_os = "macos") { folders.data_dir() } else { folders.config_dir() })
}

fn goose_file() -> Result<PathBuf, String> {
    if let Some(root) = moved("GOOSE_PATH_ROOT") {
        return Ok(root.join("config/config.yaml"));
    }
    let folders = etcetera::choose_base_strategy().map_err(|e| e.to_string())?;
    let folder = if cfg!(windows) { "Block/goose/config" } else { "goose" };
    Ok(folders.config_dir().join(folder).join("config.yaml"))
}

fn codex_file() -> Result<PathBuf, String> {
    let folder = moved("CODEX_HOME").map_or_else(|| home().map(|home| home.join(".codex")), Ok)?;
    Ok(folder.join("config.toml"))
}

/// A folder a variable names. Relative ones are no places: they would depend on where a client is started.
fn moved(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute())
}
