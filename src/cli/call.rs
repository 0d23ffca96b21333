//! `toolface call`

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::{Common, Verdict, complain, json_object, load, pretty, runtime, say};
use crate::call::{self, CallError, CallErrorKind, Outcome, Request, Text, Trace};
use crate::server::wire::{self, Revision, Style};
use crate::source::input::Caller;

/// `toolface call`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  toolface call get_order --args '{\"order_id\": \"1001\"}'\n  toolface call get_order --args @order.json --as text\n  toolface call get_order --args '{\"order_id\": \"1001\"}' --as trace"
)]
pub(super) struct Call {
    /// The tool
    tool: String,
    /// Its arguments, as JSON or @file
    #[arg(long, default_value = "{}", value_name = "JSON|@FILE", value_parser = json_object)]
    args: Map<String, Value>,
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
        let Some(catalog) = load(&common.dir) else { return Ok(Verdict::Fault) };
        runtime()?.block_on(self.print(&catalog))
    }

    async fn print(&self, catalog: &crate::catalog::Catalog) -> anyhow::Result<Verdict> {
        let mut trace = if self.form == Form::Trace { Trace::full() } else { Trace::times() };
        let (arguments, caller) = (self.args.clone(), Caller::default());
        let request = Request { tool: &self.tool, arguments, text: Text::Wanted, caller: &caller };
        let outcome = call::run(catalog, request, &mut trace).await;
        let verdict = if outcome.is_ok() { Verdict::Done } else { Verdict::Fault };
        // On the wire an unknown tool is an error of the protocol, not a result.
        let unknown = outcome.as_ref().is_err_and(|error| error.kind == CallErrorKind::UnknownTool);
        let form = if unknown && self.form == Form::Full { Form::Text } else { self.form };
        match (form, &outcome) {
            (Form::Trace, outcome) => {
                let error = outcome
                    .as_ref()
                    .err()
                    .map(|e| json!({"kind": e.kind.name(), "message": e.message, "detail": e.detail}));
                say(&pretty(&json!({"stages": trace.to_json(), "error": error})))?;
            }
            (Form::Full, outcome) => {
                let mut out = Vec::new();
                let style = Style { revision: Revision::Modern, identity: &catalog.identity, call: None };
                wire::write_result(&mut out, outcome, style);
                say(&pretty(&serde_json::from_slice(&out)?))?;
                if let Err(error) = outcome {
                    tell_detail(error);
                }
            }
            (_, Err(error)) => {
                complain(&format!("error: {}", error.message));
                tell_detail(error);
            }
            (_, Ok(Outcome::Fixed(result))) => say(&pretty(result))?,
            (_, Ok(Outcome::Passed(result))) => say(&pretty(result))?,
            (_, Ok(Outcome::InputRequired(asked))) => say(&pretty(&asked.result()))?,
            (Form::Envelope, Ok(Outcome::Widget(e))) => say(&pretty(&serde_json::from_str(&e.json)?))?,
            (Form::Tree, Ok(Outcome::Widget(e))) => say(&pretty(&serde_json::from_str(&e.tree)?))?,
            (Form::Text, Ok(Outcome::Widget(e))) => say(e.markdown.as_deref().unwrap_or_default())?,
        }
        Ok(verdict)
    }
}

/// What the model is not told. Faults of the data are in the message already.
fn tell_detail(error: &CallError) {
    if let (Some(detail), true) = (&error.detail, error.kind != CallErrorKind::Data) {
        complain(&format!("  ({detail})"));
    }
}
