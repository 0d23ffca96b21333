//! MCP over standard input and output. The only place, besides the command line's own output, that writes to stdout:
//! here it is the wire.
//!
//! Owns reading lines and writing whole lines. A plain `tools/call` takes the direct way; every other line goes on to
//! rmcp through a pipe in memory, and what rmcp writes comes back through one. One task writes, so lines never mix.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::transport::stdio_pipes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, DuplexStream,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::calls::{self, Call, Client};
use super::direct::{self, PlainCall, UI_EXTENSION};
use super::handler::Handler;
use super::wire::{self, Revision};
use crate::source::input::Caller;

/// Responses waiting to be written; more make the calls wait.
const QUEUE: usize = 64;
/// Bytes in flight between us and rmcp.
const PIPE: usize = 64 << 10;

/// Serves until standard input ends or `stop` does, then lets running calls finish.
///
/// # Errors
/// Standard input or output fails.
pub async fn serve(
    shared: Arc<Shared>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (input, output) = stdio_pipes();
    // A task of its own: on the thread that starts the runtime every line would be handed over to another.
    tokio::spawn(serve_on(shared, input, output, stop)).await?
}

/// The same on any pair of streams.
///
/// # Errors
/// A stream fails.
pub async fn serve_on(
    shared: Arc<Shared>,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
    stop: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let http = shared.catalog().http.clone();
    // What the client lists is made before it asks, and again after every change.
    shared.changes();
    let (lines, queue) = mpsc::channel(QUEUE);
    let writer = tokio::spawn(write_lines(output, queue));
    let mut reader = Reader {
        rmcp: Rmcp::start(&shared, &lines),
        shared: shared.clone(),
        lines,
        session: Arc::default(),
        max_line: http.max_body_bytes,
    };
    tokio::select! {
        outcome = reader.run(input) => outcome?,
        () = stop => {}
    }
    shared.drain.cancel();
    shared.running.close();
    let finish = async {
        shared.running.wait().await;
        reader.rmcp.end().await;
        // The last sender is gone: the writer ends when its queue is empty.
        drop(reader.lines);
        let _ = writer.await;
    };
    let _ = tokio::time::timeout(Duration::from_millis(http.grace_ms), finish).await;
    Ok(())
}

/// rmcp, behind a pipe in memory each way.
struct Rmcp {
    input: DuplexStream,
    service: JoinHandle<()>,
    forward: JoinHandle<()>,
}

impl Rmcp {
    fn start(shared: &Arc<Shared>, lines: &mpsc::Sender<Vec<u8>>) -> Self {
        let (input, rmcp_input) = tokio::io::duplex(PIPE);
        let (rmcp_output, from_rmcp) = tokio::io::duplex(PIPE);
        let handler = Handler::new(shared.clone(), "stdio");
        let service = tokio::spawn(async move {
            match rmcp::serve_server(handler, (rmcp_input, rmcp_output)).await {
                Ok(running) => drop(running.waiting().await),
                Err(e) => tracing::debug!("no session: {e}"),
            }
        });
        let forward = tokio::spawn(forward_lines(from_rmcp, lines.clone()));
        Self { input, service, forward }
    }

    async fn send(&mut self, message: &[u8]) -> std::io::Result<()> {
        self.input.write_all(message).await?;
        self.input.write_all(b"\n").await
    }

    async fn end(self) {
        drop(self.input);
        let _ = self.service.await;
        let _ = self.forward.await;
    }
}

/// What the session has told so far, and the calls that can be cancelled.
#[derive(Debug, Default)]
struct Session {
    /// A request has gone to rmcp.
    begun: AtomicBool,
    state: AtomicU8,
    /// The client of an older revision can be asked something.
    answers: AtomicBool,
    running: Mutex<HashMap<String, CancellationToken>>,
}

/// The number of the one client there is before 2026-07-28.
pub(super) const STDIO: u64 = 1;

/// No session, one of a client without views, one of a client with views.
const NONE: u8 = 0;
const PLAIN: u8 = 1;
const DRAWS: u8 = 2;

struct Reader {
    shared: Arc<Shared>,
    lines: mpsc::Sender<Vec<u8>>,
    session: Arc<Session>,
    rmcp: Rmcp,
    max_line: usize,
}

/// The parts of a message that are none of rmcp's business alone.
#[derive(Deserialize)]
struct Glance<'a> {
    jsonrpc: Cow<'a, str>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cancelled<'a> {
    #[serde(borrow)]
    request_id: &'a RawValue,
}

impl Reader {
    async fn run(&mut self, input: impl AsyncRead + Send + Unpin) -> std::io::Result<()> {
        let mut input = BufReader::with_capacity(PIPE, input);
        let mut line = Vec::new();
        loop {
            line.clear();
            let limit = self.max_line as u64 + 1;
            let read = (&mut input).take(limit).read_until(b'\n', &mut line).await?;
            if read == 0 {
                return Ok(());
            }
            if line.last() != Some(&b'\n') && line.len() > self.max_line {
                let message = format!("a message of more than {} bytes was dropped", self.max_line);
                tracing::warn!("{message}");
                self.tell(&wire::error(-32600, &format!("Invalid Request: {message}"))).await;
                skip_line(&mut input).await?;
                continue;
            }
            self.take(&line).await?;
        }
    }

    async fn take(&mut self, line: &[u8]) -> std::io::Result<()> {
        let message = line.trim_ascii();
        if message.is_empty() {
            return Ok(());
        }
        if let Some(call) = direct::plain_call(message)
            && let Some(client) = self.client(&call)
            && self.is_plain(&call)
        {
            self.start(call, client);
            return Ok(());
        }
        let seen: Glance<'_> = match serde_json::from_slice(message) {
            Ok(seen) => seen,
            Err(e) => {
                tracing::warn!("standard input: this line is no JSON-RPC message: {e}");
                self.tell(&wire::malformed(message)).await;
                return Ok(());
            }
        };
        let no_object = seen.params.is_some_and(|params| !params.get().starts_with('{'));
        if seen.jsonrpc != "2.0" || (seen.method.is_none() && seen.id.is_none()) || no_object {
            self.tell(&wire::malformed(message)).await;
            return Ok(());
        }
        if let Some(error) = wire::no_cursor(message) {
            self.tell(&error).await;
            return Ok(());
        }
        self.glance(&seen);
        // rmcp gives up a session that does not begin with a request.
        let begins = seen.method.is_some() && seen.id.is_some();
        if !begins && !self.session.begun.load(Ordering::Relaxed) {
            tracing::debug!("a message before the session began was dropped");
            return Ok(());
        }
        self.session.begun.store(true, Ordering::Relaxed);
        if self.rmcp.service.is_finished() {
            self.rmcp = Rmcp::start(&self.shared, &self.lines);
        }
        if self.rmcp.send(message).await.is_err() {
            tracing::debug!("the session ended; the next message begins another");
            self.session.begun.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Answers what rmcp never sees.
    async fn tell(&self, error: &serde_json::Value) {
        let _ = self.lines.send(format!("{error}\n").into_bytes()).await;
    }

    /// Who asks; `None` if an older client did not introduce itself yet.
    fn client(&self, call: &PlainCall<'_>) -> Option<Client> {
        let revision = call.revision;
        let draws = match (call.client, self.session.state.load(Ordering::Relaxed)) {
            (Some(draws), _) => draws,
            (None, NONE) => return None,
            (None, state) => state == DRAWS,
        };
        Some(Client { revision, draws })
    }

    /// Whether a call needs nothing but its answer: no unknown tool, none that may ask a client that can be asked.
    fn is_plain(&self, call: &PlainCall<'_>) -> bool {
        let catalog = self.shared.catalog();
        let answers = call.answers || self.session.answers.load(Ordering::Relaxed);
        catalog.tools.get(&*call.tool).is_some_and(|tool| !(answers && tool.source.may_ask()))
    }

    /// Runs a call beside the reading of further lines.
    fn start(&self, call: PlainCall<'_>, client: Client) {
        let PlainCall { id, tool, arguments, .. } = call;
        let (id, tool) = (id.to_owned(), tool.into_owned());
        let cancel = CancellationToken::new();
        let session = self.session.clone();
        lock(&session.running).insert(id.clone(), cancel.clone());
        let (shared, lines) = (self.shared.clone(), self.lines.clone());
        let task = async move {
            let catalog = shared.catalog();
            let asked = Call {
                tool: &tool,
                arguments,
                client,
                transport: "stdio",
                about: None,
                cause: None,
                caller: Caller {
                    session: if client.revision == Revision::Modern { 0 } else { STDIO },
                    ..Caller::default()
                },
            };
            let written = tokio::select! {
                () = cancel.cancelled() => None,
                written = calls::answer(&shared, &catalog, asked, wire::open_response(&id)) => written.ok(),
            };
            lock(&session.running).remove(&id);
            if let Some(mut line) = written {
                wire::close_response(&mut line);
                line.push(b'\n');
                let _ = lines.send(line).await;
            }
        };
        self.shared.running.spawn(task);
    }

    /// Learns what it needs of a message that goes on to rmcp.
    fn glance(&self, seen: &Glance<'_>) {
        let params = seen.params.map_or("null", RawValue::get);
        match seen.method.as_deref() {
            Some("initialize") => {
                let params: serde_json::Value = serde_json::from_str(params).unwrap_or_default();
                let extensions = params.pointer("/capabilities/extensions");
                let draws = extensions.is_some_and(|e| e.get(UI_EXTENSION).is_some());
                self.session.state.store(if draws { DRAWS } else { PLAIN }, Ordering::Relaxed);
                let declared = |name: &&str| params.pointer(&format!("/capabilities/{name}")).is_some();
                let answers = ["elicitation", "sampling", "roots"].iter().any(declared);
                self.session.answers.store(answers, Ordering::Relaxed);
            }
            Some("notifications/cancelled") => {
                if let Ok(Cancelled { request_id }) = serde_json::from_str(params)
                    && let Some(cancel) = lock(&self.session.running).get(request_id.get())
                {
                    cancel.cancel();
                }
            }
            _ => {}
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads on to the end of a line without keeping it.
async fn skip_line(input: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf().await?;
        let end = buffer.iter().position(|b| *b == b'\n');
        let length = end.map_or(buffer.len(), |at| at + 1);
        let done = end.is_some() || buffer.is_empty();
        input.consume(length);
        if done {
            return Ok(());
        }
    }
}

/// Takes rmcp's lines whole to the writer.
async fn forward_lines(from_rmcp: DuplexStream, lines: mpsc::Sender<Vec<u8>>) {
    let mut from_rmcp = BufReader::new(from_rmcp);
    loop {
        let mut line = Vec::new();
        match from_rmcp.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                if lines.send(line).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Writes lines as they come, as many at once as are there.
async fn write_lines(
    mut output: impl AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<Vec<u8>>,
) -> std::io::Result<()> {
    while let Some(mut line) = queue.recv().await {
        while let Ok(more) = queue.try_recv() {
            line.extend_from_slice(&more);
        }
        output.write_all(&line).await?;
        output.flush().await?;
    }
    Ok(())
}
