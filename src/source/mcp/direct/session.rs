//! What a request over HTTP needs besides in a session, before 2026-07-28.
//!
//! Owns what comes on the stream of its answer: questions, which belong to this request for certain, and news; going on
//! with a stream that was cut; and cancelling. The session itself is rmcp's, which begins it, and begins it anew.

use std::sync::{Arc, Weak};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reqwest::header::HeaderMap;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::http::{Back, Events, Http, refused, tell};
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
                std::pin::pin!(self.exchange(request, (wanted.0, wanted.1.as_ref()), &registered));
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
    ) -> Result<Result<Value, Lost>, Left> {
        let mut back = self.post(headers.clone(), body).await?;
        let mut last = None;
        loop {
            let mut events = match back {
                Ok(Back::Events(events)) => events,
                Ok(other) => return Ok(other.answer(id, part, None).await),
                Err(lost) => return Ok(Err(lost)),
            };
            let outcome = self.listen(&mut events, (id, &headers), (part, told), registered).await;
            last = events.last.take().or(last);
            let Some(last) =
                last.clone().filter(|_| matches!(outcome, None | Some(Err(Lost::Unreachable(_)))))
            else {
                return Ok(outcome.unwrap_or_else(|| Err(refused(events.status))));
            };
            tokio::time::sleep(events.retry).await;
            // The request was begun there: it must not be made a second time.
            let ended = || Ok(Err(Lost::Unreachable("its session ended before it answered".to_owned())));
            back = self.resume(headers.clone(), last).await.or_else(|Left| ended())?;
        }
    }

    /// Reads a stream until the answer comes; `None`: it ends before.
    async fn listen(
        &self,
        events: &mut Events,
        (id, headers): (u64, &HeaderMap),
        (part, told): (Part, Option<&mpsc::Sender<Progress>>),
        registered: &Registered,
    ) -> Option<Result<Value, Lost>> {
        let mut replies = FuturesUnordered::new();
        loop {
            let data = tokio::select! {
                data = events.next() => data,
                Some(()) = replies.next() => continue,
            };
            let data = match data {
                Some(Ok(data)) => data,
                Some(Err(lost)) => return Some(Err(lost)),
                None => break,
            };
            if let Some(answer) = read(&data, id, part) {
                return Some(answer);
            }
            let seen = glance(&data);
            match (seen.method(), seen.id) {
                (Some(method), Some(theirs)) => {
                    let params = seen.params.and_then(|params| serde_json::from_str(params.get()).ok());
                    let question = (method.to_owned(), params.unwrap_or_else(|| json!({})));
                    replies.push(self.reply(headers, theirs.to_owned(), question, registered));
                }
                (Some(method), None) if method.ends_with("/list_changed") => {
                    if let Some(upstream) = self.session.as_ref().and_then(|one| one.upstream.upgrade()) {
                        upstream.look_again();
                    }
                }
                _ => tell(&data, id, told),
            }
        }
        // What was asked may be answered yet, and the stream asked for again then.
        while replies.next().await.is_some() {}
        None
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
