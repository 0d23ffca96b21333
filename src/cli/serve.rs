//! `toolface serve`

use std::net::SocketAddr;

use clap::Args;

use super::{Common, Verdict, Watched, complain, load, runtime, stopped};
use crate::live::Live;
use crate::net;
use crate::server::{Shared, http};
use crate::source::mcp;
use crate::studio;
use crate::traffic::Traffic;

/// `toolface serve`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  toolface serve\n  toolface serve --listen 127.0.0.1:0      any free port; the log says which"
)]
pub(super) struct Serve {
    /// Address to listen on, instead of the one in toolface.toml
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    #[command(flatten)]
    watched: Watched,
}

impl Serve {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        let Some(catalog) = load(&common.dir) else { return Ok(Verdict::Fault) };
        runtime()?.block_on(async move {
            let address = self.listen.unwrap_or_else(|| catalog.http.listen.clone());
            let listener = match net::bind(&address).await {
                Ok(listener) => listener,
                Err(why) => {
                    complain(&format!("error: {why}"));
                    return Ok(Verdict::Fault);
                }
            };
            let at: SocketAddr = listener.local_addr()?;
            let stop = stopped();
            let (name, tools, widgets) = (&catalog.server.name, catalog.own_tools(), catalog.widgets.len());
            tracing::info!("{name}: {tools} tools, {widgets} widgets at http://{at}/mcp");
            if !net::is_loopback(at) && catalog.http.allowed_hosts.is_empty() {
                tracing::warn!("others can reach {at}, but only requests to this machine's own name are answered; name the host in toolface.toml: [http] allowed_hosts = [\"…\"]");
            }
            let offered = studio::is_offered(&catalog, at);
            let wanted = &catalog.studio;
            let traffic = offered.then(|| Traffic::new(wanted.keep, wanted.keep_bytes));
            if wanted.enabled && !offered {
                tracing::info!("no studio: others can reach {at}; give it a token in toolface.toml: [studio] token = {{ env = \"…\" }}");
            }
            let live = Live::new(catalog);
            tokio::spawn(live.clone().keep(self.watched.watch.into()));
            let shared = Shared::new(live, traffic);
            let pages = studio::of(&shared, at);
            if pages.is_some() {
                tracing::info!("studio: http://{at}/studio");
            }
            http::serve(shared, listener, pages.unwrap_or_default(), stop).await?;
            mcp::leave().await;
            Ok(Verdict::Done)
        })
    }
}
