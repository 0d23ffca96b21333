//! `toolface check`

use std::io::IsTerminal as _;

use clap::Args;
use serde_json::json;

use super::{Common, Form, Verdict, pretty, say};
use crate::diag::Severity;

/// `toolface check`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  toolface check\n  toolface check --strict --format json      for CI: warnings count as errors"
)]
pub(super) struct Check {
    /// Warnings count as errors
    #[arg(long)]
    strict: bool,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
}

impl Check {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        let faults = crate::catalog::check::project(&common.dir);
        let worst = if self.strict { Severity::Warning } else { Severity::Error };
        let bad = faults.iter().any(|d| d.severity <= worst);
        match self.format {
            Form::Text => say(&faults.render(std::io::stdout().is_terminal()))?,
            Form::Json => {
                let report = json!({
                    "ok": !bad,
                    "errors": faults.count(Severity::Error),
                    "warnings": faults.count(Severity::Warning),
                    "faults": faults.to_json(),
                });
                say(&pretty(&report))?;
            }
        }
        Ok(if bad { Verdict::Fault } else { Verdict::Done })
    }
}
