//! Logs: to standard error, as text for people or as one JSON object per line.
//!
//! Owns what a line looks like and when it is written: what is routine a moment later, together with its neighbours,
//! because a write per call is felt; warnings at once. What is logged is decided where it happens.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use tracing::field::{Field, Visit};
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FormatFields, MakeWriter};

use super::{Common, LogFormat};

/// Starts logging as the command line says; `first` is a filter that it may overrule.
pub(super) fn start(common: &Common, first: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{first}{}", common.log))
        .with_context(|| format!("--log {}", common.log))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Batches)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal());
    thread::Builder::new().name("log".to_owned()).spawn(write_batches).context("cannot start a thread")?;
    match common.log_format {
        LogFormat::Text => builder.fmt_fields(Plain).init(),
        LogFormat::Json => {
            builder.json().flatten_event(true).with_current_span(false).with_span_list(false).init()
        }
    }
    Ok(())
}

/// How long a line may wait for others.
const MOMENT: Duration = Duration::from_millis(10);
/// Bytes that may wait. More are written by whoever logs them, so that a reader who is slow slows us down.
const MOST: usize = 1 << 20;

/// Lines that wait to be written.
static WAITING: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// There are lines again.
static FILLED: Condvar = Condvar::new();

/// Writes what waits. Standard error is locked first, so that lines keep their order.
pub(super) fn flush() {
    let mut out = io::stderr().lock();
    let lines = std::mem::take(&mut *WAITING.lock().unwrap_or_else(PoisonError::into_inner));
    let _ = out.write_all(&lines);
}

fn write_batches() {
    loop {
        let waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        drop(FILLED.wait_while(waiting, |lines| lines.is_empty()));
        thread::sleep(MOMENT);
        flush();
    }
}

/// Gives every event a place among the lines that wait.
struct Batches;

/// Adds a line to those that wait.
struct Waiting {
    urgent: bool,
}

impl<'a> MakeWriter<'a> for Batches {
    type Writer = Waiting;

    fn make_writer(&'a self) -> Waiting {
        Waiting { urgent: false }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Waiting {
        Waiting { urgent: *about.level() <= Level::WARN }
    }
}

impl io::Write for Waiting {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let (first, much) = {
            let mut lines = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
            lines.extend_from_slice(line);
            (lines.len() == line.len(), lines.len() > MOST)
        };
        if self.urgent || much {
            flush();
        } else if first {
            FILLED.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `message name=value name="two words"`. The library's own writer takes twice as long, which is felt at one line per
/// call.
struct Plain;

impl<'w> FormatFields<'w> for Plain {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut line = Line { writer, empty: true, result: Ok(()) };
        fields.record(&mut line);
        line.result
    }
}

struct Line<'w> {
    writer: Writer<'w>,
    empty: bool,
    result: fmt::Result,
}

impl Line<'_> {
    fn field(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let mut write = || {
            if !std::mem::replace(&mut self.empty, false) {
                self.writer.write_char(' ')?;
            }
            if field.name() != "message" {
                self.writer.write_str(field.name())?;
                self.writer.write_char('=')?;
            }
            Ok(())
        };
        self.result = self.result.and_then(|()| write()).and_then(|()| value(&mut self.writer));
    }
}

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.field(field, |out| write!(out, "{value:?}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field, |out| write!(out, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        match !value.is_empty() && value.bytes().all(is_word) {
            true => self.field(field, |out| out.write_str(value)),
            false => self.field(field, |out| write!(out, "{value:?}")),
        }
    }
}
