//! What happens between a client and us while a request of it is under way.
//!
//! Owns asking the client what a source has to know, as its revision wants it: with the result at 2026-07-28 (the client
//! makes the request again with its answers), by requests of our own before; and telling it of progress.

use std::time::Duration;

use futures_util::future::BoxFuture;
use rmcp::model::{
    CancelledNotificationParam, CustomRequest, InputRequiredResult, InputResponses as Responses,
    ProgressNotificationParam, ServerRequest,
};
use rmcp::service::{PeerRequestOptions, RequestContext};
use rmcp::{ErrorData, Peer, RoleServer};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::wire::Revision;
use crate::source::input::{Caller, InputRequired, InputResponses, Progress};
use crate::source::mcp;

/// Notifications of progress that may lie before a slow client.
const PROGRESS: usize = 256;
/// How long one waits for others that came before it and are handed on after it.
const GATHER: Duration = Duration::from_millis(5);
/// How often one request may ask its client something.
const ROUNDS: usize = 10;
/// How long a client may take to answer.
const ANSWER: Duration = Duration::from_secs(600);
/// How often is looked whether an answer is still wanted.
const LOOK: Duration = Duration::from_secs(1);
/// Capabilities by which a client can be asked something.
const ASKABLE: [&str; 3] = ["elicitation", "sampling", "roots"];

/// What a step of a request comes to.
pub enum Step<T> {
    /// Its result.
    Done(T),
    /// Nothing before the client has answered.
    Asks(InputRequired),
}

/// One request and its client.
pub struct Dialogue<'c> {
    cx: &'c RequestContext<RoleServer>,
    revision: Revision,
    caller: Caller,
    progress: mpsc::Receiver<Progress>,
    /// How far the client believes it to be.
    told: Option<f64>,
}

impl<'c> Dialogue<'c> {
    /// Begins one. `session` tells clients apart. `responses` and `state` are what the request brings along.
    /// `may_ask`: it may come to a question.
    pub fn new(
        cx: &'c RequestContext<RoleServer>,
        revision: Revision,
        session: u64,
        (responses, state): (Option<Responses>, Option<String>),
        may_ask: bool,
    ) -> Self {
        let (tell, progress) = mpsc::channel(PROGRESS);
        let answered = responses.is_some() || state.is_some();
        let responses =
            InputResponses { responses: responses.unwrap_or_default().into_iter().collect(), state };
        let caller = Caller {
            capabilities: if may_ask { askable(cx) } else { Map::new() },
            session,
            progress: cx.meta.get_progress_token().map(|_| tell),
            responses: answered.then_some(responses),
        };
        Self { cx, revision, caller, progress, told: None }
    }

    /// Takes the steps of a request until it is done, or its client has to make it again.
    ///
    /// # Errors
    /// Those of the steps; the client cannot be asked, or does not answer; it has cancelled the request.
    pub async fn run<'s, T>(
        mut self,
        mut step: impl FnMut(Caller) -> BoxFuture<'s, Result<Step<T>, ErrorData>>,
    ) -> Result<Step<T>, ErrorData> {
        for _ in 0..ROUNDS {
            let outcome = self.during(step(self.caller.clone())).await?;
            let asked = match outcome {
                Step::Asks(asked) if self.revision == Revision::Legacy => asked,
                outcome => return Ok(outcome),
            };
            let answered = self.ask(&asked).await;
            if answered.is_err()
                && let Some(state) = &asked.state
            {
                mcp::forget(state);
            }
            self.caller.responses = Some(InputResponses { responses: answered?, state: asked.state });
        }
        let message = format!("This asked its client {ROUNDS} times and was given up");
        Err(ErrorData::internal_error(message, None))
    }

    /// Waits for `work` and tells of its progress. rmcp never drops this future: a cancelled request ends here.
    async fn during<T>(&mut self, mut work: BoxFuture<'_, Result<T, ErrorData>>) -> Result<T, ErrorData> {
        loop {
            tokio::select! {
                biased;
                () = self.cx.ct.cancelled() => return Err(cancelled()),
                Some(progress) = self.progress.recv() => self.tell(progress).await,
                outcome = &mut work => {
                    // It may have come together with its last progress.
                    if let Ok(progress) = self.progress.try_recv() {
                        self.tell(progress).await;
                    }
                    return outcome;
                }
            }
        }
    }

    /// Tells of progress, and of what else there is by now, in order: it must rise (MCP 2025-11-25, progress).
    async fn tell(&mut self, first: Progress) {
        let Some(token) = self.cx.meta.get_progress_token() else { return };
        tokio::time::sleep(GATHER).await;
        let mut all = vec![first];
        all.extend(std::iter::from_fn(|| self.progress.try_recv().ok()));
        all.sort_by(|a, b| a.progress.total_cmp(&b.progress));
        for Progress { progress, total, message } in all {
            if self.told.is_some_and(|told| told >= progress) {
                continue;
            }
            self.told = Some(progress);
            let mut param = ProgressNotificationParam::new(token.clone(), progress);
            (param.total, param.message) = (total, message);
            let _ = self.cx.peer.notify_progress(param).await;
        }
    }

    /// Puts requests to a client of an older revision.
    async fn ask(&self, asked: &InputRequired) -> Result<Map<String, Value>, ErrorData> {
        let mut answers = Map::new();
        for (key, request) in &asked.requests {
            let method = request.get("method").and_then(Value::as_str).unwrap_or_default();
            let request = CustomRequest::new(method, request.get("params").cloned());
            // Sent from this very task: rmcp knows by it which stream the client listens on.
            let options = PeerRequestOptions::with_timeout(ANSWER);
            let refused = |e: rmcp::ServiceError| {
                ErrorData::invalid_request(format!("The client does not answer `{method}`: {e}"), None)
            };
            let sent = self.cx.peer.send_request_with_option(ServerRequest::CustomRequest(request), options);
            let handle = sent.await.map_err(refused)?;
            let (peer, id) = (handle.peer.clone(), handle.id.clone());
            let (why, error) = tokio::select! {
                answer = handle.await_response() => {
                    let answer = serde_json::to_value(answer.map_err(refused)?).unwrap_or_default();
                    answers.insert(key.clone(), answer);
                    continue;
                }
                () = self.cx.ct.cancelled() => ("the call was cancelled", Some(cancelled())),
                () = gone(&peer) => ("", Some(ErrorData::internal_error("the client went away", None))),
                () = nobody_waits(asked.state.as_deref()) => ("it is not needed any more", None),
            };
            let _ =
                peer.notify_cancelled(CancelledNotificationParam::new(Some(id), Some(why.to_owned()))).await;
            // Without an answer the source tells what has come of it.
            return error.map_or(Ok(answers), Err);
        }
        Ok(answers)
    }
}

/// Ends when a client certainly hears nothing any more.
async fn gone(peer: &Peer<RoleServer>) {
    while !peer.is_transport_closed() {
        tokio::time::sleep(LOOK).await;
    }
}

/// Ends when nobody waits for answers with this state any more.
async fn nobody_waits(state: Option<&str>) {
    let Some(state) = state else { return std::future::pending().await };
    while mcp::waits(state) {
        tokio::time::sleep(LOOK).await;
    }
}

fn cancelled() -> ErrorData {
    ErrorData::internal_error("cancelled", None)
}

/// By which of its capabilities a client can be asked something.
fn askable(cx: &RequestContext<RoleServer>) -> Map<String, Value> {
    let all = cx.client_capabilities().map(|all| serde_json::to_value(all).unwrap_or_default());
    let Some(Value::Object(all)) = all else { return Map::new() };
    all.into_iter().filter(|(name, _)| ASKABLE.contains(&name.as_str())).collect()
}

/// What is asked, as rmcp's type.
///
/// # Errors
/// It is no request that MCP has.
pub fn required(asked: &InputRequired) -> Result<InputRequiredResult, ErrorData> {
    serde_json::from_value(asked.result()).map_err(|e| {
        ErrorData::internal_error(format!("what is asked first is no request of MCP: {e}"), None)
    })
}
