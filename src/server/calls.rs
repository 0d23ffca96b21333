//! One call as the server runs it: bounded, contained, logged.
//!
//! Owns what surrounds the pipeline: the wait for a slot, a panic caught, the one log line. Both ways in, rmcp's
//! handler and the direct one, come through here, so a result is the same whichever way it was asked for.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use serde_json::{Map, Value};

use super::{Shared, wire};
use crate::call::{self, CallError, CallErrorKind, Outcome, Request, Stage, Text, Trace};
use crate::catalog::Catalog;

/// A call as a transport delivers it.
#[derive(Debug)]
pub struct Call<'r> {
    /// The tool's name.
    pub tool: &'r str,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// Who asks.
    pub client: Client,
    /// `http` or `stdio`, for the log.
    pub transport: &'static str,
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
    mut out: Vec<u8>,
) -> Result<Vec<u8>, CallError> {
    let before = out.len();
    let mut line = Line::new(&call);
    let text = if call.client.draws { Text::Unwanted } else { Text::Wanted };
    let request = Request { tool: call.tool, arguments: call.arguments, text };
    let work = async {
        let _slot = shared.slots.acquire().await.map_err(CallError::internal)?;
        line.trace = Trace::times();
        call::run(catalog, request, &mut line.trace).await
    };
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    let outcome = outcome.unwrap_or_else(|panic| Err(CallError::internal(words(panic.as_ref()))));
    if let Err(error) = &outcome
        && error.kind == CallErrorKind::UnknownTool
    {
        line.end(&outcome, 0);
        return Err(error.clone());
    }
    let style = wire::Style { revision: call.client.revision, identity: &catalog.identity };
    wire::write_result(&mut out, &outcome, style);
    line.end(&outcome, out.len() - before);
    Ok(out)
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
    trace: Trace,
    told: bool,
}

impl Line {
    fn new(call: &Call<'_>) -> Self {
        Self {
            tool: call.tool.to_owned(),
            transport: call.transport,
            revision: call.client.revision,
            start: Instant::now(),
            trace: Trace::times(),
            told: false,
        }
    }

    fn end(&mut self, outcome: &Result<Outcome<'_>, CallError>, bytes: usize) {
        self.told = true;
        if !tracing::enabled!(target: "toolface::call", tracing::Level::INFO) {
            return;
        }
        match outcome {
            Ok(Outcome::Widget(envelope)) => {
                self.log(&envelope.binding.widget.name, "ok", bytes, None, envelope.degraded.len());
            }
            Ok(Outcome::Fixed(_)) => self.log("-", "ok", bytes, None, 0),
            Err(error) => self.log("-", error.kind.name(), bytes, error.detail.as_deref(), 0),
        }
    }

    fn log(&self, widget: &str, outcome: &str, bytes: usize, detail: Option<&str>, degraded: usize) {
        // Whole microseconds: exact enough, and written in a tenth of the time a fraction takes.
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let stage = |stage| us(self.trace.time(stage));
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
            self.log("-", "cancelled", 0, None, 0);
        }
    }
}
