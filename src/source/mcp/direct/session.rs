//! What a request over HTTP needs besides in a session, before 2026-07-28.
//!
//! Owns what comes on the stream of its answer: questions, which belong to this request for certain, and news; going on
//! with a stream that was cut; and cancelling. The session itself is rmcp's, which begins it, and begins it anew.

use std::sync::{Arc, Weak};

use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use reqwest::header::HeaderMap;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::http::{Back, Events, Http, MOST_RETRY, tell};
use super::{Left, cancelled, glance, read};
use crate::source::input::Progress;
use crate::source::mcp::client::{Lost, Part};
use crate::source::mcp::oauth::Named;
use crate::source::mcp::underway::{FADING, Registered};
use crate::source::mcp::{Upstream, locked};

/// JSON-RPC 2.0, error object.
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;

/// The session of a connection.
#[derive(Debug)]
pub(in crate::source::mcp) struct Session {
    /// How rmcp names it.
    pub(in crate::source::mcp) named: Named,
    /// Whose it is.
    pub(in crate::source::mcp) upstream: Weak<Upstream>,
}

/// One request: its number, its headers and its body.
pub(super) type Request = (u64, HeaderMap, Vec<u8>);

/// Answers to requests of the upstream, being made.
type Replies<'h> = FuturesUnordered<BoxFuture<'h, ()>>;

/// Waits for something while answers are being made.
async fn meanwhile<T>(what: impl Future<Output = T>, replies: &mut Replies<'_>) -> T {
    let mut what = std::pin::pin!(what);
    loop {
        tokio::select! {
            outcome = &mut what => return outcome,
            Some(()) = replies.next() => {}
        }
    }
}

impl Session {
    /// Adds what names it to the headers of a message.
    pub(super) fn name(&self, headers: &mut HeaderMap) -> Result<(), Left> {
        let named = locked(&self.named);
        for (name, value) in named.as_ref().ok_or(Left)? {
            headers.insert(name, value.clone());
        }
        Ok(())
    }
}

impl Http {
    /// Sends a request and waits for its result. Given up, it is cancelled, and `registered` kept until it is answered
    /// nevertheless, or for a while.
    pub(super) async fn converse(
        self: Arc<Self>,
        request: Request,
        wanted: (Part, Option<mpsc::Sender<Progress>>),
        registered: Registered,
    ) -> Result<Result<Value, Lost>, Left> {
        let (tell, answer) = oneshot::channel();
        let given_up = CancellationToken::new();
        tokio::spawn(self.see_through(request, wanted, registered, given_up.clone(), tell));
        let waiting = given_up.drop_guard();
        let answer = answer.await;
        waiting.disarm();
        answer.unwrap_or_else(|_| Ok(Err(Lost::Unreachable("it went away before it answered".to_owned()))))
    }

    async fn see_through(
        self: Arc<Self>,
        request: Request,
        wanted: (Part, Option<mpsc::Sender<Progress>>),
        registered: Registered,
        given_up: CancellationToken,
        tell: oneshot::Sender<Result<Result<Value, Lost>, Left>>,
    ) {
        let id = request.0;
        let answer = {
            let mut exchange =
                std::pin::pin!(self.exchange(request, (wanted.0, wanted.1.as_ref()), &registered, &given_up));
            tokio::select! {
                answer = &mut exchange => Some(answer),
                () = given_up.cancelled() => {
                    let cancelling = async { self.post(self.in_session()?, cancelled(id)).await };
                    let _ = tokio::time::timeout(FADING, async { tokio::join!(cancelling, exchange) }).await;
                    None
                }
            }
        };
        drop(registered);
        if let Some(answer) = answer {
            let _ = tell.send(answer);
        }
    }

    async fn exchange(
        &self,
        (id, headers, body): Request,
        (part, told): (Part, Option<&mpsc::Sender<Progress>>),
        registered: &Registered,
        given_up: &CancellationToken,
    ) -> Result<Result<Value, Lost>, Left> {
        // It may come on the stream a session has besides.
        let _hearing = told.map(|told| registered.hear(id.to_string(), told.clone()));
        let mut replies = FuturesUnordered::new();
        let (mut last, mut idle) = (None, 0);
        let mut back = self.post(headers.clone(), body).await?;
        loop {
            let mut events = match back {
                Ok(Back::Events(events)) => events,
                Ok(other) => return Ok(other.answer(id, part, None).await),
                Err(lost) => return Ok(Err(lost)),
            };
            let heard =
                self.listen(&mut events, (id, &headers), (part, told), registered, &mut replies).await;
            idle = if events.last.is_some() { 0 } else { idle + 1 };
            last = events.last.take().or(last);
            let Some(last) = last.clone().filter(|_| heard.is_none() && !given_up.is_cancelled()) else {
                return Ok(heard.unwrap_or_else(|| Err(events.broke_off())));
            };
            let wait = events.retry.saturating_mul(1 << idle.min(10)).min(MOST_RETRY);
            let resuming = async {
                tokio::time::sleep(wait).await;
                self.resume(headers.clone(), last).await
            };
            // The request was begun there: it must not be made a second time.
            let ended = || Ok(Err(Lost::Unreachable("its session ended before it answered".to_owned())));
            back = meanwhile(resuming, &mut replies).await.or_else(|Left| ended())?;
        }
    }

    /// Reads a stream until the answer comes; `None`: it ends before.
    async fn listen<'h>(
        &'h self,
        events: &mut Events,
        (id, headers): (u64, &'h HeaderMap),
        (part, told): (Part, Option<&mpsc::Sender<Progress>>),
        registered: &'h Registered,
        replies: &mut Replies<'h>,
    ) -> Option<Result<Value, Lost>> {
        loop {
            let data = match meanwhile(events.next(), replies).await? {
                Ok(data) => data,
                // It is the same whether it ends or breaks.
                Err(Lost::Unreachable(why)) => {
                    events.why = Some(why);
                    return None;
                }
                Err(lost) => return Some(Err(lost)),
            };
            if let Some(answer) = read(&data, id, part) {
                return Some(answer);
            }
            let seen = glance(&data);
            match (seen.method(), seen.id) {
                (Some(method), Some(theirs)) => {
                    let params = seen.params.and_then(|params| serde_json::from_str(params.get()).ok());
                    let question = (method.to_owned(), params.unwrap_or_else(|| json!({})));
                    replies.push(self.reply(headers, theirs.to_owned(), question, registered).boxed());
                }
                (Some(method), None) if method.ends_with("/list_changed") => {
                    if let Some(upstream) = self.session.as_ref().and_then(|one| one.upstream.upgrade()) {
                        upstream.look_again();
                    }
                }
                _ => tell(&data, id, told),
            }
        }
    }

    /// Answers a request of the upstream.
    async fn reply(
        &self,
        headers: &HeaderMap,
        id: Box<RawValue>,
        (method, params): (String, Value),
        registered: &Registered,
    ) {
        let asked = ["elicitation/create", "sampling/createMessage", "roots/list"];
        let answer = match (method.as_str(), asked.into_iter().find(|known| *known == method)) {
            (_, Some(known)) => registered.put(known, params).await.map_err(|why| (INVALID_REQUEST, why)),
            ("ping", None) => Ok(json!({})),
            _ => Err((METHOD_NOT_FOUND, format!("`{method}` is not known here"))),
        };
        let message = match answer {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err((code, why)) => {
                if let Some(upstream) = self.session.as_ref().and_then(|one| one.upstream.upgrade()) {
                    tracing::info!(connection = upstream.name(), "`{method}` is refused: {why}");
                }
                json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": why}})
            }
        };
        let _ = self.post(headers.clone(), message.to_string().into_bytes()).await;
    }
}
