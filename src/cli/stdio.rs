//! `toolface stdio`

use clap::Args;

use super::{Common, Verdict, Watched, complain, load, runtime, stopped};
use crate::live::Live;
use crate::server::{Shared, stdio};
use crate::source::mcp;

/// `toolface stdio`
#[derive(Debug, Args)]
#[command(
    after_help = "Example, for a client's configuration file:\n  {\"command\": \"toolface\", \"args\": [\"stdio\", \"--dir\", \"/path/to/project\"]}\n\nOne tool and its widget alone:\n  toolface stdio --route get_order"
)]
pub(super) struct Stdio {
    /// Serve one route alone: its tools, and what their widgets need
    #[arg(long, value_name = "NAME")]
    route: Option<String>,
    #[command(flatten)]
    watched: Watched,
}

impl Stdio {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        let Some(catalog) = load(&common.dir) else { return Ok(Verdict::Fault) };
        let live = Live::new(catalog);
        let whole = Shared::new(live.clone(), None);
        let shared = match &self.route {
            None => whole,
            Some(route) => match whole.route(route) {
                Some(shared) => shared,
                None => {
                    complain(&format!("error: {}", live.snapshot().unknown_route(route)));
                    return Ok(Verdict::Misuse);
                }
            },
        };
        let runtime = runtime()?;
        let _inside = runtime.enter();
        let stop = stopped();
        let catalog = shared.catalog();
        tracing::info!("{}: {} tools on standard input and output", catalog.server.name, catalog.own_tools());
        runtime.spawn(live.keep(self.watched.watch.into()));
        runtime.block_on(stdio::serve(shared, stop))?;
        runtime.block_on(mcp::leave());
        // A read of standard input that is no pipe may hang for ever; nobody waits for it.
        runtime.shutdown_background();
        Ok(Verdict::Done)
    }
}
