//! `toolface import <connection>`
//!
//! Owns the command line of it: which server, which tools, and what is told.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Map, Value};

use super::{Common, Verdict, complain, say};
use crate::diag::{Diagnostics, suggestion};
use crate::import::connection::{self, McpDraft};
use crate::import::upstream;
use crate::source::files::Files;
use crate::source::mcp::{self, Definition, Upstream};
use crate::source::{Connection, ConnectionSpec, Surroundings};

#[derive(Debug, Args)]
pub(super) struct FromUpstream {
    /// A connection of kind `mcp` of toolface.toml
    #[arg(value_name = "CONNECTION", conflicts_with_all = ["command", "url"])]
    connection: Option<String>,
    /// A tool; all of them if left out
    #[arg(long = "tool", value_name = "NAME")]
    tools: Vec<String>,
    /// Only list the tools
    #[arg(long)]
    list: bool,
    /// Call the tool with these arguments (JSON), and make the widget of its answer
    #[arg(long, value_name = "ARGUMENTS")]
    call: Option<String>,
    /// Add a connection: a program that speaks MCP on its standard streams
    #[arg(long, value_name = "LINE", conflicts_with = "url", requires = "name")]
    command: Option<String>,
    /// Add a connection: the address of an MCP server
    #[arg(long, value_name = "URL", requires = "name")]
    url: Option<String>,
    /// Name of the connection that is added
    #[arg(long = "as", value_name = "NAME", value_parser = super::import::connection_name)]
    name: Option<String>,
}

impl FromUpstream {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        let settings = common.dir.join("toolface.toml");
        let before = match std::fs::read_to_string(&settings) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(e).with_context(|| format!("cannot read {}", settings.display())),
        };
        let (name, spec, after) = match (&self.connection, self.draft()?) {
            (_, Some(draft)) => {
                let after = connection::put_mcp(&before, &draft)?;
                (draft.name.clone(), draft.spec(), after)
            }
            (Some(name), None) => (name.clone(), known(name, &common.dir)?, None),
            (None, None) => bail!(
                "name a connection of toolface.toml, or a server: toolface import --command 'npx -y …' --as NAME"
            ),
        };
        let upstream = reach(&name, &spec, &common.dir)?;
        let offered = upstream.offered().unwrap_or_default();
        if self.list {
            let line = |tool: &Definition| {
                let text = tool.description().and_then(|text| text.lines().next()).unwrap_or_default();
                format!("{}  {text}", tool.name()).trim_end().to_owned()
            };
            say(&offered.tools.iter().map(line).collect::<Vec<_>>().join("\n"))?;
            return Ok(Verdict::Done);
        }
        let chosen = choose(&offered.tools, &self.tools, &name)?;
        let sample = match (&self.call, chosen.as_slice()) {
            (None, _) => None,
            (Some(text), [only]) => {
                let arguments: Map<String, Value> =
                    serde_json::from_str(text).context("the arguments of --call are no JSON object")?;
                let answer = mcp::sample(&upstream, only.name(), arguments);
                Some(answer.map_err(|why| anyhow::anyhow!("the call of `{}` failed: {why}", only.name()))?)
            }
            (Some(_), _) => bail!("--call is for one tool; name it with --tool"),
        };
        let tools = upstream::tools(&name, &chosen, sample.as_ref());
        let is_new = after.is_some();
        super::import::write(&common.dir, &tools, after, false)?;
        if is_new {
            say(&format!("toolface.toml: connection `{name}`"))?;
        }
        for tool in &tools {
            say(&format!("tools/{0}.toml, widgets/{0}.widget: {1}", tool.name, tool.origin))?;
        }
        for tool in &tools {
            tool.notes.iter().for_each(|note| complain(&format!("note: {}: {note}", tool.name)));
        }
        Ok(Verdict::Done)
    }

    fn draft(&self) -> anyhow::Result<Option<McpDraft>> {
        let name = self.name.clone().unwrap_or_default();
        match (&self.command, &self.url) {
            (Some(line), _) => {
                let command = shlex::split(line).filter(|parts| !parts.is_empty());
                let command = command.context("the line of --command is empty, or a quote is not closed")?;
                Ok(Some(McpDraft { name, command, url: None }))
            }
            (None, Some(url)) => Ok(Some(McpDraft { name, command: Vec::new(), url: Some(url.clone()) })),
            (None, None) => Ok(None),
        }
    }
}

/// A connection of the project.
fn known(name: &str, root: &Path) -> anyhow::Result<ConnectionSpec> {
    let mut faults = Diagnostics::new();
    let Some(project) = crate::config::read(root, &mut faults) else {
        bail!("the project in {} cannot be read; `toolface check` tells why", root.display());
    };
    let all = &project.server.content.connections;
    match all.get(name) {
        Some(spec @ ConnectionSpec::Mcp(_)) => Ok(spec.clone()),
        Some(_) => bail!("the connection `{name}` is no MCP server; only those are imported"),
        None => {
            let names = || all.keys().cloned().collect::<Vec<_>>().join(", ");
            let help =
                suggestion(name, all.keys().map(String::as_str)).unwrap_or_else(|| match all.is_empty() {
                    true => "add one: toolface import --command 'npx -y …' --as NAME".to_owned(),
                    false => format!("there are: {}", names()),
                });
            bail!("there is no connection `{name}` in toolface.toml; {help}")
        }
    }
}

fn reach(name: &str, spec: &ConnectionSpec, root: &Path) -> anyhow::Result<Arc<Upstream>> {
    let files = Files::default();
    let around = Surroundings {
        root,
        env: &crate::config::env::lookup,
        call_timeout: std::time::Duration::from_secs(30),
        files: &files,
    };
    let made = Connection::compile(name, spec, &around).map_err(|faults| {
        let all: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
        anyhow::anyhow!("the connection `{name}` cannot be used: {}", all.join("; "))
    })?;
    let Connection::Mcp(upstream) = made else { bail!("the connection `{name}` is no MCP server") };
    mcp::prepare(&[&upstream], mcp::MUCH_PATIENCE);
    if upstream.offered().is_none() {
        let why = upstream.trouble().unwrap_or_else(|| "it did not answer in time".to_owned());
        bail!("the MCP server `{name}` cannot be reached: {why}; nothing was written");
    }
    Ok(upstream)
}

fn choose<'o>(
    offered: &'o [Definition],
    asked: &[String],
    connection: &str,
) -> anyhow::Result<Vec<&'o Definition>> {
    for name in asked {
        if !offered.iter().any(|tool| tool.name() == name) {
            let help = suggestion(name, offered.iter().map(Definition::name))
                .unwrap_or_else(|| "--list tells all".to_owned());
            bail!("`{connection}` has no tool `{name}`; {help}");
        }
    }
    let is_chosen = |tool: &&Definition| asked.is_empty() || asked.iter().any(|name| name == tool.name());
    let chosen: Vec<_> = offered.iter().filter(is_chosen).collect();
    if chosen.is_empty() {
        bail!("the MCP server `{connection}` has no tools");
    }
    Ok(chosen)
}
