//! One call as the server runs it: bounded, contained, logged.
//!
//! Owns what surrounds the pipeline: the wait for a slot, a panic caught, the one log line. Both ways in, rmcp's
//! handler and the direct one, come through here, so a result is the same whichever way it was asked for.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use serde_json::{Map, Value};

use super::{Shared, seen, wire};
use crate::call::{self, CallError, CallErrorKind, Outcome, Request, Stage, Text, Trace};
use crate::catalog::Catalog;
use crate::source::input::{Caller, InputRequired};
use crate::traffic::{self, Cause, Record};

/// A call as a transport delivers it.
#[derive(Debug)]
pub struct Call<'r> {
    /// The tool's name.
    pub tool: &'r str,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// Who asks.
    pub client: Client,
    /// `http`, `stdio` or `studio`, for the log.
    pub transport: &'static str,
    /// What the client says of itself, as JSON text.
    pub about: Option<&'r str>,
    /// Why the studio made it.
    pub cause: Option<Cause>,
    /// Who asks, as far as they can be asked something.
    pub caller: Caller,
}

/// A call seen from within.
#[derive(Debug)]
pub struct Witness {
    /// Its stages.
    pub trace: Trace,
    /// Why it failed.
    pub error: Option<CallError>,
    /// The number under which it is kept.
    pub id: Option<u64>,
    /// What has to be known before it can go on.
    pub asked: Option<InputRequired>,
}

impl Witness {
    /// One who keeps what `trace` does.
    pub fn new(trace: Trace) -> Self {
        Self { trace, error: None, id: None, asked: None }
    }
}

/// What has to be known of the client to answer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The revision it speaks.
    pub revision: wire::Revision,
    /// Whether it draws views.
    pub draws: bool,
}

/// Runs a call and appends the JSON of its result to `out`.
///
/// # Errors
/// The tool is unknown. Every other failure is a result that says so.
pub async fn answer(
    shared: &Shared,
    catalog: &Catalog,
    call: Call<'_>,
    out: Vec<u8>,
) -> Result<Vec<u8>, CallError> {
    answer_before(shared, catalog, call, out, &mut Witness::new(Trace::times())).await
}

/// The same with somebody looking on.
///
/// # Errors
/// The tool is unknown.
pub async fn answer_before(
    shared: &Shared,
    catalog: &Catalog,
    mut call: Call<'_>,
    mut out: Vec<u8>,
    witness: &mut Witness,
) -> Result<Vec<u8>, CallError> {
    let before = out.len();
    if let Some(traffic) = &shared.traffic {
        if call.tool == seen::TOOL {
            seen::take(traffic, &call.arguments);
            seen::write_result(&mut out, call.client.revision, &catalog.identity);
            return Ok(out);
        }
        witness.id = Some(traffic.number());
    }
    let mut recorded = shared.traffic.as_ref().map(|_| record(&mut call));
    let mut line = Line::new(&call);
    let text = if call.client.draws { Text::Unwanted } else { Text::Wanted };
    let request = Request { tool: call.tool, arguments: call.arguments, text, caller: &call.caller };
    let work = async {
        let _slot = shared.slots.acquire().await.map_err(CallError::internal)?;
        witness.trace.restart();
        call::run(catalog, request, &mut witness.trace).await
    };
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    let outcome = outcome.unwrap_or_else(|panic| Err(CallError::internal(words(panic.as_ref()))));
    let unknown = matches!(&outcome, Err(error) if error.kind == CallErrorKind::UnknownTool);
    if !unknown {
        let style =
            wire::Style { revision: call.client.revision, identity: &catalog.identity, call: witness.id };
        wire::write_result(&mut out, &outcome, style);
    }
    line.end(&outcome, out.len() - before, &witness.trace);
    if let (Some(traffic), Some(id), Some(mut recorded)) = (&shared.traffic, witness.id, recorded.take()) {
        recorded.route = shared.route.clone();
        recorded.took = line.start.elapsed();
        recorded.result = traffic::keep(out.get(before..).unwrap_or_default());
        complete(&mut recorded, &outcome, out.len() - before, &witness.trace);
        traffic.record(id, recorded);
    }
    match outcome {
        Err(error) if unknown => {
            witness.error = Some(error.clone());
            Err(error)
        }
        Err(error) => {
            witness.error = Some(error);
            Ok(out)
        }
        Ok(Outcome::InputRequired(asked)) => {
            witness.asked = Some(asked);
            Ok(out)
        }
        Ok(_) => Ok(out),
    }
}

/// What is kept of a call before it runs.
fn record(call: &mut Call<'_>) -> Record {
    let arguments = serde_json::to_vec(&call.arguments).ok();
    Record {
        method: "tools/call",
        client: call.about.map(str::to_owned),
        revision: call.client.revision.name(),
        transport: call.transport,
        subject: Some(call.tool.to_owned()),
        arguments: arguments.as_deref().and_then(traffic::keep),
        cause: call.cause.take(),
        ..Record::default()
    }
}

/// The rest, when it has run.
fn complete(record: &mut Record, outcome: &Result<Outcome<'_>, CallError>, size: usize, trace: &Trace) {
    record.size = size;
    record.outcome = "ok";
    let times = Stage::ALL.iter().map(|stage| (stage.name(), trace.time(*stage)));
    record.stages = times.filter(|(_, time)| !time.is_zero()).collect();
    match outcome {
        Ok(Outcome::Widget(envelope)) => {
            record.widget = Some(envelope.binding.widget.name.clone());
            record.degraded = envelope.degraded.len();
        }
        Ok(Outcome::Fixed(_)) => {}
        Ok(Outcome::Passed(result)) => record.outcome = passed(result),
        Ok(Outcome::InputRequired(_)) => record.outcome = ASKS,
        Err(error) => {
            record.outcome = error.kind.name();
            record.detail.clone_from(&error.detail);
        }
    }
}

/// The outcome of a call that goes on when its client has answered something.
const ASKS: &str = "input-required";

/// The outcome of a call that passed through.
fn passed(result: &Value) -> &'static str {
    if result.get("isError") == Some(&Value::Bool(true)) { "refused" } else { "ok" }
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}

/// The log line of a call. Dropped before its end, it tells that the caller went away.
struct Line {
    tool: String,
    transport: &'static str,
    revision: wire::Revision,
    start: Instant,
    told: bool,
}

impl Line {
    fn new(call: &Call<'_>) -> Self {
        Self {
            tool: call.tool.to_owned(),
            transport: call.transport,
            revision: call.client.revision,
            start: Instant::now(),
            told: false,
        }
    }

    fn end(&mut self, outcome: &Result<Outcome<'_>, CallError>, bytes: usize, trace: &Trace) {
        self.told = true;
        if !tracing::enabled!(target: "toolface::call", tracing::Level::INFO) {
            return;
        }
        match outcome {
            Ok(Outcome::Widget(envelope)) => {
                self.log(&envelope.binding.widget.name, "ok", (bytes, envelope.degraded.len()), None, trace);
            }
            Ok(Outcome::Fixed(_)) => self.log("-", "ok", (bytes, 0), None, trace),
            Ok(Outcome::Passed(result)) => self.log("-", passed(result), (bytes, 0), None, trace),
            Ok(Outcome::InputRequired(_)) => self.log("-", ASKS, (bytes, 0), None, trace),
            Err(error) => self.log("-", error.kind.name(), (bytes, 0), error.detail.as_deref(), trace),
        }
    }

    fn log(
        &self,
        widget: &str,
        outcome: &str,
        (bytes, degraded): (usize, usize),
        detail: Option<&str>,
        trace: &Trace,
    ) {
        // Whole microseconds: exact enough, and written in a tenth of the time a fraction takes.
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let stage = |stage| us(trace.time(stage));
        tracing::info!(
            target: "toolface::call",
            tool = self.tool.as_str(),
            widget,
            outcome,
            us = us(self.start.elapsed()),
            source_us = stage(Stage::Source),
            select_us = stage(Stage::Select),
            data_us = stage(Stage::Data),
            template_us = stage(Stage::Template),
            tree_us = stage(Stage::Tree),
            envelope_us = stage(Stage::Envelope),
            bytes,
            degraded,
            transport = self.transport,
            revision = self.revision.name(),
            detail = detail.unwrap_or("-"),
            "tools/call"
        );
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.told {
            self.log("-", "cancelled", (0, 0), None, &Trace::times());
        }
    }
}
