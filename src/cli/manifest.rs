//! `toolface manifest`

use clap::Args;

use super::{Common, Verdict, describe, say};

/// `toolface manifest`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  toolface manifest | jq '.bindings[] | {tool, widget: .widget.id}'")]
pub(super) struct Manifest {}

impl Manifest {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        let Some(catalog) = describe(&common.dir) else { return Ok(Verdict::Fault) };
        say(&crate::manifest::text(&catalog))?;
        Ok(Verdict::Done)
    }
}
