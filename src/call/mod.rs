//! The pipeline of one call, protocol-free: arguments → source → selector → data → template → tree → envelope.
//!
//! Owns the order of the stages, the deadline and the trace. The server, `toolface call` and `toolface render` all run
//! these functions; there is no second path. Opens nothing itself: sources do.

pub mod envelope;
pub mod error;
pub mod trace;

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Map, Value};

pub use envelope::{Envelope, Outcome};
pub use error::{CallError, CallErrorKind};
pub use trace::{Stage, Trace};

use crate::catalog::{Answer, Binding, Catalog, Tool};
use crate::source::Caps;
use crate::source::input::{Caller, Fetched};
use crate::template::Data;

/// A call as the pipeline takes it.
#[derive(Debug)]
pub struct Request<'r> {
    /// The tool's name.
    pub tool: &'r str,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// Whether the widget is wanted as Markdown too.
    pub text: Text,
    /// Who calls, for sources that have to ask something.
    pub caller: &'r Caller,
}

/// Whether the widget is wanted as Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// The client draws widgets.
    Unwanted,
    /// The client shows text.
    Wanted,
}

/// Runs a call to its end.
///
/// # Errors
/// A sentence for the model. Only an unknown tool is an error of the protocol.
pub async fn run<'c>(
    catalog: &'c Catalog,
    request: Request<'_>,
    trace: &mut Trace,
) -> Result<Outcome<'c>, CallError> {
    let Some(tool) = catalog.tool(request.tool, &request.arguments) else {
        return Err(CallError::unknown_tool(request.tool, catalog.tools.keys().map(String::as_str)));
    };
    let limits = &catalog.limits;
    let deadline = Instant::now() + tool.timeout.unwrap_or_else(|| limits.call_timeout());
    let caps = Caps { deadline, rows: limits.max_rows, bytes: limits.max_source_bytes };
    let stages = run_tool(tool, request, caps, trace);
    // The sources keep the deadline themselves, with better words; this is for all the rest.
    match tokio::time::timeout_at((deadline + GRACE).into(), stages).await {
        Ok(outcome) => outcome,
        Err(_) => Err(CallError::timeout()),
    }
}

/// What a source gets past the deadline to say why it failed.
const GRACE: std::time::Duration = std::time::Duration::from_millis(500);

async fn run_tool<'c>(
    tool: &'c Tool,
    Request { arguments, text, caller, .. }: Request<'_>,
    caps: Caps,
    trace: &mut Trace,
) -> Result<Outcome<'c>, CallError> {
    if let Answer::Passed(_) = &tool.answer {
        return Ok(match tool.source.fetch(&arguments, caps, caller).await? {
            Fetched::Data(result) => {
                trace.end(Stage::Source, || result.clone());
                Outcome::Passed(result)
            }
            Fetched::InputRequired(asked) => Outcome::InputRequired(asked),
        });
    }
    let arguments = check_arguments(tool, arguments)?;
    trace.end(Stage::Arguments, || Value::Object(arguments.clone()));
    let (main, variants) = match &tool.answer {
        Answer::Fixed(result) => return Ok(Outcome::Fixed(result)),
        Answer::Asked(bindings) => {
            let (binding, data) = asked(bindings, arguments)?;
            let data = Prepared::new(binding, data)?;
            return data.render(tool, text, trace).map(|envelope| Outcome::Widget(Box::new(envelope)));
        }
        Answer::Widget { main, variants } => (main, variants),
        Answer::Passed(_) => return Err(CallError::internal("what passes through has no widget")),
    };
    let fetched = match tool.source.fetch(&arguments, caps, caller).await? {
        Fetched::Data(data) => data,
        Fetched::InputRequired(asked) => return Ok(Outcome::InputRequired(asked)),
    };
    trace.end(Stage::Source, || fetched.clone());
    let data = match &tool.select {
        Some(selector) => {
            let selected = selector.run(fetched, &arguments).map_err(|e| CallError::select(&e))?;
            trace.end(Stage::Select, || selected.clone());
            if Instant::now() > caps.deadline {
                return Err(CallError::timeout());
            }
            selected
        }
        None => fetched,
    };
    let mut binding = main.as_ref();
    for (when, variant) in variants {
        if when.test(&data, &arguments).map_err(|e| CallError::select(&e))? {
            binding = variant;
            break;
        }
    }
    let data = Prepared::new(binding, data)?;
    trace.end(Stage::Data, || data.value.clone());
    data.render(tool, text, trace).map(|envelope| Outcome::Widget(Box::new(envelope)))
}

/// The widget that the arguments name, and its data.
fn asked(
    bindings: &BTreeMap<String, Binding>,
    mut arguments: Map<String, Value>,
) -> Result<(&Binding, Value), CallError> {
    let binding = arguments.get("widget").and_then(Value::as_str).and_then(|name| bindings.get(name));
    let binding = binding.ok_or_else(|| CallError::internal("the arguments name no widget"))?;
    Ok((binding, arguments.remove("data").unwrap_or_default()))
}

/// Fills defaults in and checks the arguments against the tool's schema.
fn check_arguments(tool: &Tool, arguments: Map<String, Value>) -> Result<Map<String, Value>, CallError> {
    let mut arguments = Value::Object(arguments);
    tool.arguments.defaults.fill(&mut arguments);
    if !tool.arguments.schema.is_valid(&arguments) {
        return Err(CallError::arguments(&tool.arguments.schema.check(&arguments)));
    }
    match arguments {
        Value::Object(arguments) => Ok(arguments),
        _ => Err(CallError::internal("the arguments are no object")),
    }
}

/// Data that fits its widget: filled and checked.
#[derive(Debug)]
pub struct Prepared<'c> {
    binding: &'c Binding,
    /// The data.
    pub value: Value,
    degraded: Vec<String>,
}

impl<'c> Prepared<'c> {
    /// Fills what is absent and checks the rest.
    ///
    /// # Errors
    /// Every place at which the data does not fit the widget.
    pub fn new(binding: &'c Binding, mut data: Value) -> Result<Self, CallError> {
        let degraded = binding.shape.fill(&mut data);
        if !binding.schema.is_valid(&data) {
            return Err(CallError::data(&binding.widget.name, &binding.schema.check(&data)));
        }
        Ok(Self { binding, value: data, degraded })
    }

    /// Renders the widget and writes the envelope.
    ///
    /// # Errors
    /// The template fails or prints no tree.
    pub fn render(self, tool: &Tool, text: Text, trace: &mut Trace) -> Result<Envelope<'c>, CallError> {
        let Self { binding, value, degraded } = self;
        let widget = &binding.widget;
        let failed = |e| CallError::render(&widget.name, &e);
        let data = Data::new(&value);
        let printed = widget.print(&data).map_err(failed)?;
        trace.end(Stage::Template, || Value::String(printed.clone().into_owned()));
        let tree = widget.tree(&printed).map_err(failed)?;
        let mut json = String::new();
        tree.write_json(&mut json);
        trace.end(Stage::Tree, || serde_json::from_str(&json).unwrap_or_default());
        let markdown = match (text, binding.private.is_empty()) {
            (Text::Unwanted, _) => None,
            (Text::Wanted, true) => Some(envelope::markdown(&tree, &tool.actions)),
            (Text::Wanted, false) => public_markdown(binding, &value, tool),
        };
        let copy_text = match &binding.copy_text {
            Some(template) => Some(template.render(&data).map_err(|e| failed(e.into()))?),
            None => None,
        };
        let public = if binding.private.is_empty() { value } else { binding.public_data(&value) };
        let envelope =
            Envelope { binding, json: binding.envelope(&public), tree: json, copy_text, markdown, degraded };
        trace.end(Stage::Envelope, || serde_json::from_str(&envelope.json).unwrap_or_default());
        Ok(envelope)
    }
}

/// The Markdown of a widget without its private values: rendered again over data in which they are hidden. `None` if
/// the template cannot do without them; the envelope's JSON still tells the rest.
fn public_markdown(binding: &Binding, data: &Value, tool: &Tool) -> Option<String> {
    let mut hidden = data.clone();
    let stand_in = Value::from(envelope::HIDDEN);
    binding.private.iter().for_each(|path| path.replace_in(&mut hidden, &stand_in));
    let printed = binding.widget.print(&Data::new(&hidden)).ok()?;
    let tree = binding.widget.tree(&printed).ok()?;
    Some(envelope::markdown(&tree, &tool.actions))
}
