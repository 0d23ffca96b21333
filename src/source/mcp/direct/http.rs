//! The short way over HTTP.
//!
//! Owns sending a request and reading what comes back: one body, or a stream of events. With the least doubt a request
//! is left to rmcp: one whose arguments travel in headers, whose name is no plain text, whose session ended, or whose
//! token is refused. At 2026-07-28 a request is whole in itself; what a [`session`](super::session) needs besides is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, Response, StatusCode, Url};
use serde_json::{Map, Value};
use sse_stream::{Sse, SseStream};
use tokio::sync::mpsc;

use super::session::Session;
use super::{
    FIRST, INTERNAL, Left, REVISION, follow, glance, introduce, malformed, message, read, too_large,
};
use crate::source::input::Progress;
use crate::source::mcp::client::{Lost, MAX_ANSWER, Part, chain};
use crate::source::mcp::oauth::Tokens;
use crate::source::mcp::underway::Registered;

/// How long is waited before a stream that was cut is asked for again, where its server does not say it.
const RETRY: Duration = Duration::from_secs(1);
/// The longest such wait.
pub(super) const MOST_RETRY: Duration = Duration::from_secs(10);

/// Where requests are sent, and what is the same in all of them.
#[derive(Debug)]
pub(in crate::source::mcp) struct Http {
    client: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    tokens: Option<Arc<Tokens>>,
    /// `None`: requests of 2026-07-28.
    pub(super) session: Option<Session>,
    next: AtomicU64,
}

/// What comes back.
pub(super) enum Back {
    /// One body of JSON.
    Json(Vec<u8>, StatusCode),
    /// A stream of events.
    Events(Events),
    /// Neither.
    Other(StatusCode),
}

impl Http {
    /// `headers` are those of every request of the connection.
    pub(in crate::source::mcp) fn new(
        client: reqwest::Client,
        url: Url,
        headers: impl Iterator<Item = (HeaderName, HeaderValue)>,
        tokens: Option<Arc<Tokens>>,
        session: Session,
    ) -> Self {
        let mut all: HeaderMap = headers.collect();
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        all.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        Self { client, url, headers: all, tokens, session: Some(session), next: AtomicU64::new(FIRST) }
    }

    /// The same for a connection of 2026-07-28, where there are no sessions, or of an older one.
    pub(in crate::source::mcp) fn of(mut self, modern: bool) -> Self {
        self.session.take_if(|_| modern);
        self
    }

    /// The `Mcp-Name` of a request (MCP 2026-07-28, transports), if it may go this way.
    fn name(method: &str, params: &Map<String, Value>) -> Option<HeaderValue> {
        let member = match method {
            "tools/call" | "prompts/get" => "name",
            "resources/read" => "uri",
            _ => return None,
        };
        let name = params.get(member)?.as_str()?;
        let plain = name.bytes().all(|b| b.is_ascii_graphic()) && !name.is_empty() && !name.starts_with("=?");
        HeaderValue::from_str(name).ok().filter(|_| plain)
    }

    /// Sends a request and waits for its result. Given up, it is cancelled: at 2026-07-28 by closing its connection.
    /// `registered` is wanted before; `plain`, that no argument travels in headers, later.
    pub(in crate::source::mcp) async fn ask(
        self: &Arc<Self>,
        method: &'static str,
        params: &mut Map<String, Value>,
        (capabilities, plain): (&Map<String, Value>, bool),
        (part, told): (Part, Option<&mpsc::Sender<Progress>>),
        registered: Option<Registered>,
    ) -> Result<Result<Value, Lost>, Left> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut headers;
        match &self.session {
            Some(_) => headers = self.in_session()?,
            None => {
                headers = self.headers.clone();
                let name = Self::name(method, params).filter(|_| plain).ok_or(Left)?;
                introduce(params, capabilities);
                headers.insert("mcp-protocol-version", HeaderValue::from_static(REVISION));
                headers.insert("mcp-method", HeaderValue::from_static(method));
                headers.insert("mcp-name", name);
            }
        }
        if told.is_some() {
            follow(params, id);
        }
        let body = match message(id, method, params) {
            Ok(body) => body,
            Err(lost) => return Ok(Err(lost)),
        };
        match registered.filter(|_| self.session.is_some()) {
            Some(registered) => {
                self.clone().converse((id, headers, body), (part, told.cloned()), registered).await
            }
            None => {
                let back = match self.post(headers, body).await? {
                    Ok(back) => back,
                    Err(lost) => return Ok(Err(lost)),
                };
                Ok(back.answer(id, part, told).await)
            }
        }
    }

    /// What is the same in the headers of all messages of a session.
    pub(super) fn in_session(&self) -> Result<HeaderMap, Left> {
        let mut headers = self.headers.clone();
        self.session.as_ref().ok_or(Left)?.name(&mut headers)?;
        Ok(headers)
    }

    /// Sends a message. `headers` are all there are besides a token.
    pub(super) async fn post(&self, headers: HeaderMap, body: Vec<u8>) -> Result<Result<Back, Lost>, Left> {
        let mut request = Request::new(Method::POST, self.url.clone());
        *request.body_mut() = Some(body.into());
        self.send(request, headers).await
    }

    /// Asks for what came on a stream after an event (MCP 2025-11-25, transports: resumability).
    pub(super) async fn resume(
        &self,
        mut headers: HeaderMap,
        last: HeaderValue,
    ) -> Result<Result<Back, Lost>, Left> {
        headers.insert("last-event-id", last);
        self.send(Request::new(Method::GET, self.url.clone()), headers).await
    }

    async fn send(&self, mut request: Request, mut headers: HeaderMap) -> Result<Result<Back, Lost>, Left> {
        if let Some(tokens) = &self.tokens {
            headers.insert(AUTHORIZATION, tokens.header().await.ok_or(Left)?);
        }
        *request.headers_mut() = headers;
        let response = match self.client.execute(request).await {
            Ok(response) => response,
            Err(e) => return Ok(Err(Lost::Unreachable(chain(&e)))),
        };
        let status = response.status();
        let is_refused = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.tokens.is_some(),
            StatusCode::NOT_FOUND => self.session.is_some(),
            _ => false,
        };
        if is_refused {
            return Err(Left);
        }
        let kind = response.headers().get(CONTENT_TYPE).map(|kind| kind.as_bytes().to_ascii_lowercase());
        let kind = kind.unwrap_or_default();
        Ok(match () {
            () if kind.starts_with(b"text/event-stream") => Ok(Back::Events(Events::new(response))),
            () if kind.starts_with(b"application/json") => {
                whole(response).await.map(|body| Back::Json(body, status))
            }
            () => Ok(Back::Other(status)),
        })
    }
}

impl Back {
    /// The answer in it. What else comes in a stream of events is how far it is.
    pub(super) async fn answer(
        self,
        id: u64,
        part: Part,
        told: Option<&mpsc::Sender<Progress>>,
    ) -> Result<Value, Lost> {
        match self {
            Self::Json(body, status) => read(&body, id, part).unwrap_or_else(|| Err(refused(status))),
            Self::Events(mut events) => {
                while let Some(data) = events.next().await {
                    let data = data?;
                    if let Some(answer) = read(&data, id, part) {
                        return answer;
                    }
                    tell(&data, id, told);
                }
                Err(events.broke_off())
            }
            Self::Other(status) => Err(refused(status)),
        }
    }
}

/// Hands on how far a request is, if that is what a message says.
pub(super) fn tell(message: &[u8], id: u64, told: Option<&mpsc::Sender<Progress>>) {
    if let Some(told) = told
        && let Some((token, progress)) = glance(message).progress()
        && token == id
    {
        // Who does not keep up misses some.
        let _ = told.try_send(progress);
    }
}

/// Why there is no answer with this status.
fn refused(status: StatusCode) -> Lost {
    if status.is_success() {
        return malformed();
    }
    let message = format!("it answers with HTTP status {status}");
    // Another try would not help.
    match status.is_client_error() && !matches!(status.as_u16(), 401 | 408 | 429) {
        true => Lost::Refused { code: INTERNAL, message, data: None },
        false => Lost::Unreachable(message),
    }
}

/// A body, whole.
async fn whole(response: Response) -> Result<Vec<u8>, Lost> {
    let mut body = Vec::with_capacity(response.content_length().unwrap_or(0).min(64 << 10) as usize);
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.map_err(|e| Lost::Unreachable(chain(&e)))?);
        if body.len() > MAX_ANSWER {
            return Err(too_large());
        }
    }
    Ok(body)
}

/// A stream of messages.
pub(super) struct Events {
    stream: BoxStream<'static, Result<Sse, sse_stream::Error>>,
    /// Bytes that came since the last event.
    since: Arc<AtomicUsize>,
    /// The event after which it can be asked for again.
    pub(super) last: Option<HeaderValue>,
    /// How long is to be waited before.
    pub(super) retry: Duration,
    /// Why it broke, if it did not end.
    pub(super) why: Option<String>,
    status: StatusCode,
}

/// Why a stream breaks.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Connection(#[from] reqwest::Error),
    #[error("an event has more than {} MB", MAX_ANSWER >> 20)]
    TooLarge,
}

impl Events {
    fn new(response: Response) -> Self {
        let (status, since) = (response.status(), Arc::new(AtomicUsize::new(0)));
        let counted = since.clone();
        // Before they are gathered: a line may never end.
        let bytes = response.bytes_stream().map(move |chunk| -> Result<_, Broken> {
            let chunk = chunk?;
            let before = counted.fetch_add(chunk.len(), Ordering::Relaxed);
            if before > MAX_ANSWER { Err(Broken::TooLarge) } else { Ok(chunk) }
        });
        let stream = SseStream::from_bytes_stream(bytes).boxed();
        Self { stream, since, last: None, retry: RETRY, why: None, status }
    }

    /// The next message; `None` when the stream ends.
    pub(super) async fn next(&mut self) -> Option<Result<Vec<u8>, Lost>> {
        loop {
            let event = match self.stream.next().await? {
                Ok(event) => event,
                Err(_) if self.since.load(Ordering::Relaxed) > MAX_ANSWER => return Some(Err(too_large())),
                Err(e) => return Some(Err(Lost::Unreachable(chain(&e)))),
            };
            self.since.store(0, Ordering::Relaxed);
            if let Some(id) = event.id.filter(|id| !id.is_empty()) {
                self.last = HeaderValue::try_from(id).ok();
            }
            if let Some(wait) = event.retry {
                self.retry = Duration::from_millis(wait).min(MOST_RETRY);
            }
            match event.data.filter(|data| !data.is_empty()) {
                None => {}
                Some(data) if data.len() > MAX_ANSWER => return Some(Err(too_large())),
                Some(data) => return Some(Ok(data.into_bytes())),
            }
        }
    }

    /// It ended, and there was no answer.
    pub(super) fn broke_off(self) -> Lost {
        match self.status.is_success() {
            true => Lost::Unreachable(self.why.unwrap_or_else(|| "its answer broke off".to_owned())),
            false => refused(self.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn which_requests_of_2026_07_28_go_this_way() {
        let named = |method: &str, params: Value| {
            let name = Http::name(method, params.as_object().unwrap());
            name.map(|name| name.to_str().unwrap().to_owned())
        };
        assert_eq!(named("tools/call", json!({"name": "echo"})).as_deref(), Some("echo"));
        assert_eq!(named("resources/read", json!({"uri": "ui://a/b"})).as_deref(), Some("ui://a/b"));
        for (method, params) in [
            ("tools/call", json!({"name": "größe"})),
            ("tools/call", json!({"name": " a"})),
            ("tools/call", json!({"name": ""})),
            ("tools/call", json!({"name": "=?base64?YQ==?="})),
            ("tools/call", json!({})),
            ("completion/complete", json!({"name": "x"})),
        ] {
            assert_eq!(named(method, params.clone()), None, "{method} {params}");
        }
    }
}
