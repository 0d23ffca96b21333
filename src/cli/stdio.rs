//! `toolface stdio`

use clap::Args;

use super::{Common, Verdict, load, runtime, stopped};
use crate::live::Live;
use crate::server::{Shared, stdio};

/// `toolface stdio`
#[derive(Debug, Args)]
#[command(
    after_help = "Example, for a client's configuration file:\n  {\"command\": \"toolface\", \"args\": [\"stdio\", \"--dir\", \"/path/to/project\"]}"
)]
pub(super) struct Stdio {}

impl Stdio {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        let Some(catalog) = load(&common.dir) else { return Ok(Verdict::Fault) };
        let runtime = runtime()?;
        tracing::info!("{}: {} tools on standard input and output", catalog.server.name, catalog.own_tools());
        runtime.block_on(stdio::serve(Shared::new(Live::new(catalog)), stopped()))?;
        // A read of standard input that is no pipe may hang for ever; nobody waits for it.
        runtime.shutdown_background();
        Ok(Verdict::Done)
    }
}
