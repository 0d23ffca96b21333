//! A server that is a program of ours to start.
//!
//! Owns what is heard of it: the end of standard error, how much came on standard output, and the first line there that
//! is no message. Its life is [`crate::source::process`]'s: nothing it started stays behind.

use std::ffi::OsStr;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::{ChildStdin, ChildStdout};

use crate::source::process::{Child, Inherit, Spec, Stderr};

/// Bytes of standard output that are read at most.
const MAX_OUTPUT: usize = 64 << 20;
/// Bytes that are kept of a line that is no message, the first ones.
const KEPT: usize = 2048;
/// Characters told of a line that is no message.
const LINE: usize = 120;
/// How long a program may take to end by itself.
const LEAVE: Duration = Duration::from_millis(500);

/// What is heard of a program besides its messages.
#[derive(Debug, Default)]
struct Heard {
    /// The line of standard output that is being read, as much of it as is needed to judge it.
    line: Vec<u8>,
    /// The first line there that is no message.
    stray: Option<String>,
    output: usize,
}

impl Heard {
    /// Hears more of standard output.
    fn output(&mut self, bytes: &[u8]) {
        self.output += bytes.len();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.stray.is_some() {
                return;
            }
            let part = if self.line.is_empty() { part.trim_ascii_start() } else { part };
            // Whether it is a message is said anywhere in it; of what begins as none, the beginning is enough.
            let may_be_message = matches!(self.line.first().or(part.first()), Some(b'{' | b'['));
            let room = if may_be_message { part.len() } else { KEPT.saturating_sub(self.line.len()) };
            self.line.extend(part.iter().take(room));
            if part.ends_with(b"\n") {
                self.stray = self.stray();
                self.line.clear();
            }
        }
    }

    /// The first line that is no message, for people: short, and with nothing that moves a cursor. An unfinished line
    /// is one if it cannot become a message.
    fn stray(&self) -> Option<String> {
        let line = self.line.trim_ascii_end();
        let is_message = match line.first() {
            None => true,
            Some(b'{' | b'[') => {
                !self.line.ends_with(b"\n") || memchr::memmem::find(line, b"\"jsonrpc\"").is_some()
            }
            Some(_) => false,
        };
        if self.stray.is_some() || is_message {
            return self.stray.clone();
        }
        let text = String::from_utf8_lossy(line);
        let shown =
            text.chars().take(LINE).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
        let rest = if text.chars().nth(LINE).is_some() { "…" } else { "" };
        Some(shown.chain(rest.chars()).collect())
    }
}

/// A running program.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    heard: Arc<Mutex<Heard>>,
}

impl Process {
    /// Starts it.
    ///
    /// # Errors
    /// There is no such program, or it may not be run.
    pub(super) fn start(
        program: &OsStr,
        arguments: &[impl AsRef<OsStr>],
    ) -> io::Result<(Self, Overheard, ChildStdin)> {
        let spec = Spec {
            program: program.to_owned(),
            args: arguments.iter().map(|one| one.as_ref().to_owned()).collect(),
            inherit: Inherit::All,
            stderr: Stderr::Kept,
            ..Spec::default()
        };
        let mut child = spec.start()?;
        let (Some(stdin), Some(stdout)) = (child.take_stdin(), child.take_stdout()) else {
            return Err(io::Error::other("its standard streams cannot be used"));
        };
        let heard = Arc::<Mutex<Heard>>::default();
        Ok((Self { child, heard: heard.clone() }, Overheard { stdout, heard }, stdin))
    }

    /// What is known of it when something went wrong: what it printed, and if it was not we who closed the
    /// connection, how it ended.
    pub(super) async fn account(&mut self, ended_itself: bool) -> String {
        let mut parts = Vec::new();
        if ended_itself && let Ok(Ok(status)) = tokio::time::timeout(LEAVE, self.child.wait()).await {
            parts.push(format!("the program has ended ({status})"));
        }
        // Its last words may still be on their way.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let errors = self.child.last_words().await;
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.output >= MAX_OUTPUT {
            parts.push(format!("it wrote more than {} MiB on standard output", MAX_OUTPUT >> 20));
        }
        if let Some(line) = heard.stray() {
            parts.push(format!("on standard output, which is for messages alone, it printed: {line}"));
        }
        if !errors.trim().is_empty() {
            parts.push(format!("on standard error it wrote:\n{}", errors.trim()));
        }
        parts.join("; ")
    }

    /// Whether it was cut off because it wrote too much.
    pub(super) fn flooded(&self) -> bool {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).output >= MAX_OUTPUT
    }

    /// Lets it end by itself for a moment. Its standard input must be closed before. Gives the first line on its
    /// standard output that was no message.
    pub(super) async fn leave(self) -> Option<String> {
        self.child.leave(LEAVE).await;
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).stray()
    }
}

/// Standard output of a program, read along. Ends early when there is too much of it.
#[derive(Debug)]
pub(super) struct Overheard {
    stdout: ChildStdout,
    heard: Arc<Mutex<Heard>>,
}

impl AsyncRead for Overheard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.heard.lock().unwrap_or_else(PoisonError::into_inner).output >= MAX_OUTPUT {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.stdout).poll_read(cx, buffer);
        if polled.is_ready() {
            let new = buffer.filled().get(before..).unwrap_or_default();
            let mut heard = this.heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.output(new);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_is_no_message_is_heard_however_it_arrives() {
        let message = "{\"jsonrpc\":\"2.0\",\"a\":1}\n\r\n  [{\"jsonrpc\":\"2.0\"}]\n";
        for (stray, told) in [
            ("  Listening on \u{1b}[1m1\r\nsecond\n", Some("Listening on \u{fffd}[1m1")),
            ("[INFO] ready\n", Some("[INFO] ready")),
            ("{\"level\": \"info\"}\nmore", Some("{\"level\": \"info\"}")),
            ("no end of line", Some("no end of line")),
            ("{\"jsonrpc\"", None),
            ("", None),
        ] {
            for size in [1, 3, 1000] {
                let mut heard = Heard::default();
                let all = format!("{message}{stray}");
                all.as_bytes().chunks(size).for_each(|part| heard.output(part));
                assert_eq!(heard.stray().as_deref(), told, "{size}");
            }
        }
        let mut heard = Heard::default();
        heard.output(&[b'x'; 10_000]);
        assert_eq!((heard.line.len(), heard.stray()), (KEPT, Some("x".repeat(LINE) + "…")));
    }
}
