//! The short way over the standard streams of a program, which rmcp has, too.
//!
//! Owns these streams. Lines, ours and those of rmcp, are written whole and in order, by who has them: nobody hands them
//! over to another task as long as there is room. One task reads. What answers a request of ours, or tells how far it
//! is, goes to who waits for it; every other line goes on to rmcp through a pipe in memory.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker, ready};

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::io::{
    AsyncBufReadExt, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, DuplexStream,
};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{FIRST, cancelled, follow, glance, malformed, message, read, too_large};
use crate::source::input::Progress;
use crate::source::mcp::client::{Lost, MAX_ANSWER, Part};
use crate::source::mcp::locked;
use crate::source::mcp::underway::{FADING, Registered};

/// Bytes that may wait for a program to read them.
const WAITING: usize = 16 << 20;
/// Bytes in flight to rmcp, and in one read.
const PIPE: usize = 64 << 10;
/// Bytes at either end of a line that is too long to be kept, where its number may stand.
const END: usize = 256;

/// Requests over the streams of a program.
#[derive(Debug)]
pub(in crate::source::mcp) struct Pipes {
    input: Arc<Input>,
    requests: Arc<Requests>,
    next: AtomicU64,
}

/// The standard input of a program. It is closed when nobody has this any more.
#[derive(Debug)]
struct Input {
    out: Mutex<Out>,
    /// There is something to write, and no room for it; or nobody has this any more.
    look: Arc<Notify>,
}

#[derive(Debug)]
struct Out {
    stream: ChildStdin,
    /// What is to be written, in order.
    waiting: Vec<u8>,
    /// Bytes of it that are written.
    written: usize,
    /// The writer is at it.
    busy: bool,
    /// The program does not read any more.
    closed: bool,
}

/// Where rmcp writes. When it is dropped, rmcp has ended.
#[derive(Debug)]
pub(in crate::source::mcp) struct FromRmcp {
    input: Arc<Input>,
    line: Vec<u8>,
    requests: Arc<Requests>,
}

/// Requests that are under way; `None` when nothing comes any more.
#[derive(Debug)]
struct Requests(Mutex<Option<HashMap<u64, Request>>>);

#[derive(Debug)]
struct Request {
    /// `None`: it was given up, and its answer is waited for all the same.
    tell: Option<oneshot::Sender<Told>>,
    progress: Option<mpsc::Sender<Progress>>,
    /// As long as this is kept, what the program asks may belong to the request.
    registered: Option<Registered>,
}

/// What has come of a request.
#[derive(Debug)]
enum Told {
    /// A line with its number.
    Line(Vec<u8>),
    /// A line with its number, more than can be kept.
    TooLarge,
}

impl Out {
    /// Writes what there is room for.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(rest) = self.waiting.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest)) {
                Ok(more @ 1..) => self.written += more,
                _ => {
                    self.closed = true;
                    break;
                }
            }
        }
        self.waiting.clear();
        self.waiting.shrink_to(PIPE);
        self.written = 0;
        Pin::new(&mut self.stream).poll_flush(cx).map(drop)
    }
}

impl Input {
    /// Writes whole lines, at once if there is room; `false`: they are not read.
    fn write(&self, lines: &[u8]) -> bool {
        let mut out = locked(&self.out);
        if out.closed || out.waiting.len() - out.written > WAITING {
            return false;
        }
        if out.written > PIPE && out.written > out.waiting.len() / 2 {
            let written = std::mem::take(&mut out.written);
            out.waiting.drain(..written);
        }
        out.waiting.extend_from_slice(lines);
        // Who waits for room is the writer.
        if !out.busy && out.write(&mut Context::from_waker(Waker::noop())).is_pending() {
            out.busy = true;
            self.look.notify_one();
        }
        !out.closed
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.look.notify_one();
    }
}

/// Writes what there was no room for.
async fn write_rest(input: Weak<Input>, look: Arc<Notify>) {
    loop {
        look.notified().await;
        let Some(input) = input.upgrade() else { return };
        let rest = std::future::poll_fn(|cx| {
            let mut out = locked(&input.out);
            out.busy = out.write(cx).is_pending();
            if out.busy { Poll::Pending } else { Poll::Ready(()) }
        });
        rest.await;
    }
}

impl AsyncWrite for FromRmcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.line.extend_from_slice(from);
        if self.line.last() == Some(&b'\n') {
            let lines = std::mem::take(&mut self.line);
            if !self.input.write(&lines) {
                return Poll::Ready(Err(std::io::ErrorKind::BrokenPipe.into()));
            }
        }
        Poll::Ready(Ok(from.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for FromRmcp {
    fn drop(&mut self) {
        self.requests.end();
    }
}

impl Pipes {
    /// Shares the streams of a program with rmcp. `ended` is told when nothing comes from it any more.
    pub(in crate::source::mcp) fn share(
        output: ChildStdout,
        input: ChildStdin,
        ended: CancellationToken,
    ) -> (Self, (DuplexStream, FromRmcp)) {
        let (waiting, written) = (Vec::new(), 0);
        let out = Mutex::new(Out { stream: input, waiting, written, busy: false, closed: false });
        let look = Arc::new(Notify::new());
        let input = Arc::new(Input { out, look: look.clone() });
        tokio::spawn(write_rest(Arc::downgrade(&input), look));
        let requests = Arc::new(Requests(Mutex::new(Some(HashMap::new()))));
        let (to_rmcp, for_rmcp) = tokio::io::duplex(PIPE);
        let reading = requests.clone();
        tokio::spawn(async move {
            let _ = read_lines(output, to_rmcp, &reading).await;
            ended.cancel();
            reading.end();
        });
        let from_rmcp = FromRmcp { input: input.clone(), line: Vec::new(), requests: requests.clone() };
        (Self { input, requests, next: AtomicU64::new(FIRST) }, (for_rmcp, from_rmcp))
    }

    /// Whether the program may still answer.
    pub(in crate::source::mcp) fn is_open(&self) -> bool {
        locked(&self.requests.0).is_some()
    }

    /// Sends a request and waits for its result. Given up, it is cancelled; `registered` is then kept until it is
    /// answered nevertheless, or for a while.
    pub(in crate::source::mcp) async fn ask(
        &self,
        home: &Handle,
        (method, mut params): (&'static str, Map<String, Value>),
        (part, progress): (Part, Option<mpsc::Sender<Progress>>),
        registered: Option<Registered>,
    ) -> Result<Value, Lost> {
        let gone = || Lost::Unreachable("it went away before it answered".to_owned());
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        if progress.is_some() {
            follow(&mut params, id);
        }
        let mut line = message(id, method, &params)?;
        line.push(b'\n');
        let (tell, told) = oneshot::channel();
        let request = Request { tell: Some(tell), progress, registered };
        locked(&self.requests.0).as_mut().ok_or_else(gone)?.insert(id, request);
        if !self.input.write(&line) {
            self.requests.take(id);
            return Err(Lost::Unreachable("it does not read what it is sent".to_owned()));
        }
        let _asking = Asking { pipes: self, home, id };
        match told.await.map_err(|_| gone())? {
            Told::Line(line) => read(&line, id, part).unwrap_or_else(|| Err(malformed())),
            Told::TooLarge => Err(too_large()),
        }
    }
}

/// Somebody waits for the answer to a request.
struct Asking<'p> {
    pipes: &'p Pipes,
    home: &'p Handle,
    id: u64,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let id = self.id;
        let Some(fades) = self.pipes.requests.give_up(id) else { return };
        let mut told = cancelled(id);
        told.push(b'\n');
        self.pipes.input.write(&told);
        if fades {
            let requests = Arc::downgrade(&self.pipes.requests);
            self.home.spawn(async move {
                tokio::time::sleep(FADING).await;
                requests.upgrade().and_then(|requests| requests.take(id));
            });
        }
    }
}

impl Requests {
    fn take(&self, id: u64) -> Option<Request> {
        locked(&self.0).as_mut()?.remove(&id)
    }

    /// Nobody waits for it any more; whether it counts as under way all the same. `None`: it was answered.
    fn give_up(&self, id: u64) -> Option<bool> {
        let mut requests = locked(&self.0);
        let all = requests.as_mut()?;
        let request = all.get_mut(&id)?;
        if request.registered.is_none() {
            return all.remove(&id).map(|_| false);
        }
        (request.tell, request.progress) = (None, None);
        Some(true)
    }

    /// What has come is for who waits for it.
    fn answer(&self, id: u64, told: Told) {
        // A request that was given up is forgotten by this.
        if let Some(tell) = self.take(id).and_then(|request| request.tell) {
            let _ = tell.send(told);
        }
    }

    fn progress(&self, id: u64, told: Progress) {
        let requests = locked(&self.0);
        let request = requests.as_ref().and_then(|all| all.get(&id));
        if let Some(progress) = request.and_then(|request| request.progress.as_ref()) {
            // Who does not keep up misses some.
            let _ = progress.try_send(told);
        }
    }

    /// Nothing comes any more: who waits hears it.
    fn end(&self) {
        let all = locked(&self.0).take();
        drop(all);
    }
}

/// Our number in a message.
fn ours(id: &RawValue) -> Option<u64> {
    super::number(id.get()).filter(|id| *id >= FIRST)
}

/// Reads until the program's output ends, or rmcp does not listen any more.
async fn read_lines(output: ChildStdout, mut rmcp: DuplexStream, requests: &Requests) -> std::io::Result<()> {
    let mut output = BufReader::with_capacity(PIPE, output);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut output).take(MAX_ANSWER as u64 + 1).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Ok(());
        }
        if line.len() > MAX_ANSWER && line.last() != Some(&b'\n') {
            let rest = skip_line(&mut output).await?;
            match number(&line).or_else(|| number(&rest)) {
                Some(id) => requests.answer(id, Told::TooLarge),
                None => tracing::warn!("a message of more than {} MB is left out", MAX_ANSWER >> 20),
            }
            line = Vec::new();
            continue;
        }
        let seen = glance(&line);
        if let Some((id, told)) = seen.progress().filter(|(id, _)| *id >= FIRST) {
            requests.progress(id, told);
        } else if let (None, Some(id)) = (seen.method, seen.id.and_then(ours)) {
            requests.answer(id, Told::Line(std::mem::take(&mut line)));
        } else {
            rmcp.write_all(&line).await?;
        }
    }
}

/// Our number in what there is of a line, near its beginning or its end.
fn number(part: &[u8]) -> Option<u64> {
    let head = part.get(..END).unwrap_or(part);
    let tail = part.get(part.len().saturating_sub(END)..).unwrap_or(part);
    let numbers = [head, tail].map(String::from_utf8_lossy);
    let mut found = numbers.iter().flat_map(|text| {
        text.match_indices("\"id\"").map(|(at, key)| {
            let rest = text.get(at + key.len()..).unwrap_or_default().trim_start_matches([' ', ':']);
            rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok())
        })
    });
    found.find_map(|id| id.filter(|id| *id >= FIRST))
}

/// Reads on to the end of a line, and keeps its last bytes.
async fn skip_line(output: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut last = Vec::new();
    loop {
        let buffer = output.fill_buf().await?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |at| at + 1);
        last.extend_from_slice(buffer.get(..length).unwrap_or_default());
        last.drain(..last.len().saturating_sub(END));
        let done = end.is_some() || buffer.is_empty();
        output.consume(length);
        if done {
            return Ok(last);
        }
    }
}
