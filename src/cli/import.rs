//! `toolface import`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::import_upstream::FromUpstream;
use super::{Common, Verdict, complain, runtime, say};
use crate::export::files::{Files, Occupied};
use crate::import::openapi::{self, Document, Order};
use crate::import::{NewTool, connection};
use crate::source::http;

/// Bytes of a document.
const MAX_DOCUMENT: usize = 64 << 20;

/// `toolface import`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  toolface import --command 'npx -y @modelcontextprotocol/server-everything' --as everything\n  toolface import everything --list                         the tools of a server there is a connection to\n  toolface import openapi api.yaml --list                  what there is\n  toolface import openapi api.yaml --operation listPets     a tool and a widget for one operation\n  toolface import openapi https://api.example.com/openapi.json --connection pets"
)]
pub(super) struct Import {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    upstream: FromUpstream,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Operations of an HTTP API, from its OpenAPI document (3.0 or 3.1)
    Openapi(Openapi),
}

#[derive(Debug, Args)]
struct Openapi {
    /// The document: a file, or an http(s) address; JSON or YAML
    document: String,
    /// An operation: its operationId, or "GET /path"; all of them if left out
    #[arg(long = "operation", value_name = "ID")]
    operations: Vec<String>,
    /// Only list the operations
    #[arg(long)]
    list: bool,
    /// Name of the connection in toolface.toml; made of the API's title if left out
    #[arg(long, value_name = "NAME", value_parser = connection_name)]
    connection: Option<String>,
    /// Address of the API, instead of the document's
    #[arg(long, value_name = "URL", value_parser = address)]
    url: Option<String>,
    /// Replace tool files and widgets of the same names
    #[arg(long)]
    force: bool,
}

pub(super) fn connection_name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if fits { Ok(text.to_owned()) } else { Err("letters, digits, `_` and `-`".to_owned()) }
}

fn address(text: &str) -> Result<String, String> {
    http::absolute(text, None).ok_or_else(|| "write it whole: https://api.example.com/v1".to_owned())
}

impl Import {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        match self.what {
            Some(What::Openapi(openapi)) => openapi.run(common),
            None => self.upstream.run(common),
        }
    }
}

impl Openapi {
    fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        let is_address = ["http://", "https://"].iter().any(|start| self.document.starts_with(start));
        let text = if is_address {
            runtime()?
                .block_on(http::download(&self.document, MAX_DOCUMENT))
                .context(self.document.clone())?
        } else {
            std::fs::read_to_string(&self.document)
                .with_context(|| format!("cannot read {}", self.document))?
        };
        let document = Document::read(&text).context(self.document.clone())?;
        if self.list {
            return list(&document);
        }
        let order = Order {
            operations: &self.operations,
            connection: self.connection.as_deref(),
            url: self.url.as_deref(),
            fetched: is_address.then_some(self.document.as_str()),
        };
        let import = openapi::import(&document, order)?;
        if let (false, Some(why)) = (self.operations.is_empty(), import.left_out.first()) {
            bail!("no tool can be made of {why}; nothing was written");
        }
        let settings = common.dir.join("toolface.toml");
        let before = match std::fs::read_to_string(&settings) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(e).with_context(|| format!("cannot read {}", settings.display())),
        };
        let after = connection::put(&before, &import.connection)?;
        let is_new = after.is_some();
        write(&common.dir, &import.tools, after, self.force)?;
        if is_new {
            say(&format!(
                "toolface.toml: connection `{}` ({})",
                import.connection.name, import.connection.url
            ))?;
        }
        for tool in &import.tools {
            say(&format!("tools/{0}.toml, widgets/{0}.widget: {1}", tool.name, tool.origin))?;
        }
        for tool in &import.tools {
            tool.notes.iter().for_each(|note| complain(&format!("note: {}: {note}", tool.name)));
        }
        import.left_out.iter().for_each(|why| complain(&format!("left out: {why}")));
        if is_new {
            import.notes.iter().for_each(|note| complain(&format!("note: {note}")));
        }
        Ok(Verdict::Done)
    }
}

fn list(document: &Document) -> anyhow::Result<Verdict> {
    let lines: Vec<String> = openapi::named(document)
        .iter()
        .map(|(_, operation)| {
            let (id, place) = (operation.id(), operation.place());
            let place = if id == place { String::new() } else { format!("  {place}") };
            let summary = operation.summary().map_or(String::new(), |summary| format!("  {summary}"));
            format!("{id}{place}{summary}")
        })
        .collect();
    say(&lines.join("\n"))?;
    Ok(Verdict::Done)
}

/// Writes all files or none.
pub(super) fn write(
    dir: &Path,
    tools: &[NewTool],
    settings: Option<String>,
    force: bool,
) -> anyhow::Result<()> {
    let mut files = Files::new();
    for tool in tools {
        files.add(format!("tools/{}.toml", tool.name), tool.tool.as_str())?;
        files.add(format!("widgets/{}.widget", tool.name), tool.widget.as_str())?;
    }
    let there: Vec<PathBuf> =
        files.iter().map(|(path, _)| PathBuf::from(path)).filter(|path| dir.join(path).exists()).collect();
    if let (Some(first), false) = (there.first(), force) {
        let more = match there.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        bail!(
            "{}{more} is there already, and stays as it is; nothing was written. Name others; for operations, --force replaces what is there",
            first.display()
        );
    }
    if let Some(settings) = settings {
        files.add("toolface.toml", settings)?;
    }
    files.write(dir, Occupied::Replace)?;
    Ok(())
}
