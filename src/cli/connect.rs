//! `toolface connect`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{Common, Verdict, complain, describe, say};
use crate::catalog::Catalog;
use crate::connect::{self, CLIENTS, Client, Connection, Place, Reach, Written, absolute};
use crate::diag::suggestion;

/// `toolface connect`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  toolface connect claude-desktop --write\n  toolface connect vscode --http              a running `toolface serve`\n  toolface connect codex --route get_order    one tool alone\n  toolface connect json --file mcp.json --write"
)]
pub(super) struct Connect {
    /// The program that shall use the project's tools
    #[arg(value_parser = PossibleValuesParser::new(CLIENTS.iter().map(|client| client.id)))]
    client: String,
    /// Over HTTP instead of starting Toolface; without URL: the address in toolface.toml
    #[arg(long, value_name = "URL", num_args = 0..=1)]
    #[allow(clippy::option_option, reason = "a flag that may be absent, alone, or with a value")]
    http: Option<Option<String>>,
    /// Only the tools of this route
    #[arg(long, value_name = "NAME")]
    route: Option<String>,
    /// Name of the entry; default: the server's, and the route's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The client's configuration, if it is not where it usually is
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// The user's configuration rather than that of the current folder
    #[arg(long, conflicts_with = "file")]
    user: bool,
    /// Merge the entry into the file instead of only printing it
    #[arg(long)]
    write: bool,
    /// Replace an entry of this name even if Toolface did not make it
    #[arg(long, requires = "write")]
    force: bool,
}

impl Connect {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        let Some(catalog) = describe(&common.dir) else { return Ok(Verdict::Fault) };
        let client = connect::by_name(&self.client).context("no such client")?;
        if let Some(route) = &self.route {
            check_route(&catalog, route)?;
        }
        let reach = self.reach(client, &catalog, &common.dir)?;
        let name = self.name.clone().unwrap_or_else(|| match &self.route {
            Some(route) => format!("{}-{route}", catalog.server.name),
            None => catalog.server.name.clone(),
        });
        let Some(connection) = Connection::new(client, &name, &reach)? else {
            return self.by_hand(client, &name, &reach, &catalog);
        };
        let snippet = connection.snippet()?;
        let file = match self.file.clone() {
            Some(file) => Some(file),
            None => client.file(if self.user { Place::User } else { Place::Usual }, &here()?)?,
        };
        match (self.write, file) {
            (true, Some(file)) => {
                let written = connection.write(&file, self.force)?;
                say(snippet.trim_end())?;
                tell(&written, client, &file);
            }
            (true, None) => bail!("say which file to write: --file PATH"),
            (false, file) => {
                say(snippet.trim_end())?;
                complain(&match file {
                    Some(file) => format!("This goes into {}; --write merges it.", file.display()),
                    None => "This goes into the client's file; --file PATH --write merges it.".to_owned(),
                });
            }
        }
        warn(client, &reach, &catalog);
        Ok(Verdict::Done)
    }

    /// How the client gets to the server. What has no file cannot start a command.
    fn reach(&self, client: &Client, catalog: &Catalog, dir: &Path) -> anyhow::Result<Reach> {
        let route = self.route.as_deref();
        match &self.http {
            None if client.has_file() => {
                let command = std::env::current_exe().context("cannot tell where this program is")?;
                let mut args = vec!["stdio".to_owned(), "--dir".to_owned(), absolute(dir)?];
                if let Some(route) = route {
                    // A name that begins with a hyphen would be read as a flag.
                    match route.starts_with('-') {
                        true => args.push(format!("--route={route}")),
                        false => args.extend(["--route".to_owned(), route.to_owned()]),
                    }
                }
                Ok(Reach::Stdio { command: absolute(&command)?, args })
            }
            Some(Some(url)) => Ok(Reach::http(url, route)?),
            _ => Ok(Reach::http(&own_url(&catalog.http.listen)?, route)?),
        }
    }

    /// Tells what to do where no file will do.
    fn by_hand(
        &self,
        client: &Client,
        name: &str,
        reach: &Reach,
        catalog: &Catalog,
    ) -> anyhow::Result<Verdict> {
        if self.write || self.file.is_some() {
            bail!("{} is connected by hand; leave --write and --file out to read how", client.title);
        }
        let Reach::Http { url } = reach else { bail!("{} reaches servers over HTTP only", client.title) };
        say(&client.steps(name, url))?;
        if !url.starts_with("https://") || reach.host().is_some_and(|(_, local)| local) {
            complain(
                "This URL will not do. Put a tunnel or a proxy with https in front of `toolface serve`, and say its \
                 address: --http https://….",
            );
        }
        warn(client, reach, catalog);
        Ok(Verdict::Done)
    }
}

/// Whether the project has this route.
fn check_route(catalog: &Catalog, route: &str) -> anyhow::Result<()> {
    if catalog.routes.contains_key(route) {
        return Ok(());
    }
    let known = || catalog.routes.keys().map(String::as_str);
    match suggestion(route, known()) {
        Some(suggestion) => bail!("there is no route `{route}`; {suggestion}"),
        None => bail!("there is no route `{route}`; there are: {}", known().collect::<Vec<_>>().join(", ")),
    }
}

fn here() -> anyhow::Result<PathBuf> {
    std::env::current_dir().context("cannot tell which folder this is")
}

/// The address `toolface serve` can be reached at from this machine.
fn own_url(listen: &str) -> anyhow::Result<String> {
    let Ok(mut address) = listen.parse::<SocketAddr>() else { return Ok(format!("http://{listen}/mcp")) };
    if address.port() == 0 {
        bail!("toolface.toml listens on any free port; say which URL: --http http://127.0.0.1:8787/mcp");
    }
    if address.ip().is_unspecified() {
        address.set_ip([127, 0, 0, 1].into());
    }
    Ok(format!("http://{address}/mcp"))
}

fn tell(written: &Written, client: &Client, file: &Path) {
    let file = file.display();
    match written {
        Written::Already => complain(&format!("{file} says so already; nothing was written.")),
        Written::Made => complain(&format!("Written to {file}. Now {}.", client.then)),
        Written::Replaced { backup } => complain(&format!(
            "Written to {file}; as it was before: {}. Now {}.",
            backup.display(),
            client.then
        )),
    }
}

/// What would keep the entry from working.
fn warn(client: &Client, reach: &Reach, catalog: &Catalog) {
    let (Reach::Stdio { command: text, .. } | Reach::Http { url: text }) = reach;
    let args = if let Reach::Stdio { args, .. } = reach { args.as_slice() } else { &[] };
    if client.expands && (text.contains("${") || args.iter().any(|arg| arg.contains("${"))) {
        complain(&format!(
            "{} puts something else for ${{…}}; move the project to a path without it.",
            client.title
        ));
    }
    let Some((host, local)) = reach.host() else { return };
    let allowed = |name: &String| name.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case(&host));
    if !local && !catalog.http.allowed_hosts.iter().any(allowed) {
        complain(&format!(
            "Toolface answers requests to {host} only if toolface.toml says so: [http] allowed_hosts = [\"{host}\"]"
        ));
    }
    complain("The server must be running: toolface serve");
}
