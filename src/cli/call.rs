//! `toolface call`

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::{Common, Verdict, complain, json_argument, load, pretty, runtime, say};
use crate::call::{self, Outcome, Request, Text, Trace};
use crate::server::wire::{self, Revision, Style};

/// `toolface call`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  toolface call get_order --args '{\"order_id\": \"1001\"}'\n  toolface call get_order --args @order.json --as text\n  toolface call get_order --args '{\"order_id\": \"1001\"}' --as trace"
)]
pub(super) struct Call {
    /// The tool
    tool: String,
    /// Its arguments, as JSON or @file
    #[arg(long, default_value = "{}", value_name = "JSON|@FILE")]
    args: String,
    /// What to print
    #[arg(long = "as", value_enum, default_value_t = Form::Full)]
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The MCP result
    Full,
    /// The envelope: widget id, type, data
    Envelope,
    /// The hydrated widget tree
    Tree,
    /// The widget as Markdown
    Text,
    /// Every stage with its time and outcome
    Trace,
}

impl Call {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        let Value::Object(arguments) = json_argument(&self.args, "--args")? else {
            anyhow::bail!("--args must be a JSON object, e.g. '{{\"order_id\": \"1001\"}}'");
        };
        let Some(catalog) = load(&common.dir) else { return Ok(Verdict::Fault) };
        runtime()?.block_on(self.print(&catalog, arguments))
    }

    async fn print(
        &self,
        catalog: &crate::catalog::Catalog,
        arguments: Map<String, Value>,
    ) -> anyhow::Result<Verdict> {
        let mut trace = if self.form == Form::Trace { Trace::full() } else { Trace::times() };
        let request = Request { tool: &self.tool, arguments, text: Text::Wanted };
        let outcome = call::run(catalog, request, &mut trace).await;
        let verdict = if outcome.is_ok() { Verdict::Done } else { Verdict::Fault };
        match (self.form, &outcome) {
            (Form::Trace, outcome) => {
                let error = outcome
                    .as_ref()
                    .err()
                    .map(|e| json!({"kind": e.kind.name(), "message": e.message, "detail": e.detail}));
                say(&pretty(&json!({"stages": trace.to_json(), "error": error})))?;
            }
            (Form::Full, _) => {
                let mut out = Vec::new();
                wire::write_result(
                    &mut out,
                    &outcome,
                    Style { revision: Revision::Modern, identity: &catalog.identity },
                );
                say(&pretty(&serde_json::from_slice(&out)?))?;
            }
            (_, Err(error)) => {
                complain(&format!("error: {}", error.message));
                if let Some(detail) = &error.detail {
                    complain(&format!("  ({detail})"));
                }
            }
            (_, Ok(Outcome::Fixed(result))) => say(&pretty(result))?,
            (Form::Envelope, Ok(Outcome::Widget(e))) => say(&pretty(&serde_json::from_str(&e.json)?))?,
            (Form::Tree, Ok(Outcome::Widget(e))) => say(&pretty(&serde_json::from_str(&e.tree)?))?,
            (Form::Text, Ok(Outcome::Widget(e))) => say(e.markdown.as_deref().unwrap_or_default())?,
        }
        Ok(verdict)
    }
}
