//! The client of an upstream.
//!
//! Owns the connection: a program or an address, begun at the newest revision both sides speak, requests side by side
//! over it, each cancelled at the upstream when nobody waits for it any more. Besides `server/` and
//! `doctor/client.rs`, [`super::face`] and [`super::oauth`] the only place that names rmcp.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use rmcp::model::{
    CancelledNotificationParam, ClientNotification, ClientRequest, CustomNotification, CustomRequest,
    PingRequest, ProtocolVersion, RequestId, RequestMetaObject, ServerResult, SubscriptionFilter,
};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, PeerRequestOptions, RequestHandle, RunningService,
    ServiceError, Subscription, serve_client_with_lifecycle,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::{StreamableHttpClientTransportConfig, StreamableHttpError};
use rmcp::{Peer, RoleClient};
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::direct::http::Http;
use super::direct::pipes::Pipes;
use super::direct::session::Session;
use super::direct::{Direct, Left, introduce};
use super::face::{Face, token};
use super::oauth::{self, Bearer, Named, Tokens};
use super::underway::{FADING, Question, Registered, UnderWay};
use super::{Revision, Upstream, VIEWS};
use crate::secret::Secret;
use crate::source::input::{CannotAsk, Progress};
use crate::source::process;

/// How long the first exchange may take: a program may have to be installed before.
const BEGINNING: Duration = Duration::from_secs(60);
/// How long a program may take to end, and again after it was asked to.
const PARTING: Duration = Duration::from_secs(1);
/// rmcp hands every notification to a task of its own: one may come this much earlier or later than what it belongs to.
pub(super) const STRAGGLING: Duration = Duration::from_millis(20);
/// Lines told of what a program said last.
const LINES: usize = 6;
/// Bytes of one answer over HTTP.
pub(super) const MAX_ANSWER: usize = 16 << 20;

/// A filter of the log: why a connection broke, or a request is refused, is told by ourselves, with the connection's name.
pub const TOLD_HERE: &str = "rmcp::transport::worker=off,rmcp::service=error,";
/// What the page of a view is (MCP Apps).
pub(super) const MIME_TYPE: &str = "text/html;profile=mcp-app";

/// Where an upstream is.
#[derive(Debug)]
pub(super) enum Target {
    /// A program to start.
    Program(process::Spec),
    /// An address.
    Http {
        /// The whole address.
        url: String,
        /// Headers of every request.
        headers: Vec<(String, Secret)>,
        /// Tokens for them.
        tokens: Option<Arc<Tokens>>,
    },
}

/// Why there is no result.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Lost {
    /// The upstream is not there, or went away.
    #[error("{0}")]
    Unreachable(String),
    /// It refuses the request.
    #[error("it answers with error {code}: {message}")]
    Refused {
        /// JSON-RPC's code.
        code: i32,
        /// Its words.
        message: String,
        /// What it says besides.
        data: Option<Value>,
    },
    /// It needs something that the client of the call cannot be asked for.
    #[error("it has to ask something first, and {0}")]
    CannotAsk(CannotAsk),
    /// There is none in the time there is.
    #[error("it did not answer in time")]
    Late,
}

/// A connection that was begun.
pub(super) struct Client {
    service: RunningService<RoleClient, Face>,
    modern: bool,
    /// Ends when this is dropped.
    process: Option<process::Child>,
    calls: Arc<UnderWay>,
    direct: Option<Direct>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

/// What is wanted of a result. Where more is there, it may come along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    #[default]
    Whole,
    /// Of a tool, its data, or why there are none; of an answer of more than so many bytes all, so that it is counted.
    Data(usize),
}

/// What is asked besides method and parameters.
#[derive(Debug, Default)]
pub(super) struct Asked<'a> {
    /// Calls with the same number come from one client; 0 is nobody known. `None`: this is for ourselves.
    pub(super) session: Option<u64>,
    /// By what the caller can be asked.
    pub(super) capabilities: Option<&'a Map<String, Value>>,
    /// Where progress goes.
    pub(super) progress: Option<&'a mpsc::Sender<Progress>>,
    /// None of its arguments travel in headers.
    pub(super) plain: bool,
    /// What is wanted of its result.
    pub(super) part: Part,
    /// Where requests of an upstream before 2026-07-28 go.
    pub(super) questions: Option<mpsc::Sender<Question>>,
}

/// Why a connection was not begun.
struct Failure {
    why: String,
    /// The first answer came when it was not waited for any more.
    is_late: bool,
}

impl Failure {
    fn of(error: &ClientInitializeError) -> Self {
        Self { why: words(error), is_late: is_late(error) }
    }

    fn silent() -> Self {
        format!("no answer within {} s", BEGINNING.as_secs()).into()
    }
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self { why, is_late: false }
    }
}

/// Why, without the names of types.
fn words(error: &ClientInitializeError) -> String {
    match error {
        ClientInitializeError::TransportError { error, .. } => chain(error.error.as_ref()),
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => words(fallback),
        other => chain(other),
    }
}

/// rmcp waits ten seconds for the answer to its first request, and takes it for one to the second if it comes later.
fn is_late(error: &ClientInitializeError) -> bool {
    match error {
        ClientInitializeError::UncorrelatedErrorResponse { .. }
        | ClientInitializeError::ConflictInitResponseId(..) => true,
        ClientInitializeError::LegacyFallbackFailed { discover, fallback } => {
            is_late(discover) || is_late(fallback)
        }
        _ => false,
    }
}

impl Client {
    /// Connects, at this revision, or at 2026-07-28 if the upstream speaks it.
    pub(super) async fn open(
        target: &Target,
        revision: Option<Revision>,
        upstream: Weak<Upstream>,
    ) -> Result<Self, Lost> {
        let begun = match Self::begin(target, revision, upstream.clone()).await {
            // A program that has to be installed first is there by now.
            Err(Failure { is_late: true, .. }) => Self::begin(target, revision, upstream).await,
            begun => begun,
        };
        begun.map_err(|failure| Lost::Unreachable(failure.why.chars().take(500).collect()))
    }

    async fn begin(
        target: &Target,
        revision: Option<Revision>,
        upstream: Weak<Upstream>,
    ) -> Result<Self, Failure> {
        let newest = vec![ProtocolVersion::V_2026_07_28];
        let lifecycle = match revision {
            None => ClientLifecycleMode::Auto {
                preferred_versions: newest,
                legacy_version: Some(ProtocolVersion::V_2025_11_25),
            },
            Some(Revision::Modern) => ClientLifecycleMode::Discover { preferred_versions: newest },
            Some(Revision::Legacy) => ClientLifecycleMode::Initialize,
        };
        let calls = Arc::new(UnderWay::default());
        let ended = CancellationToken::new();
        let face = Face { upstream, calls: calls.clone(), ended: ended.clone() };
        match target {
            Target::Http { url, headers, tokens } => {
                let session = Session { named: Named::default(), upstream: face.upstream.clone() };
                let (transport, way) = http(url, headers, tokens.clone(), session)?;
                let begun = serve_client_with_lifecycle(face, transport, lifecycle);
                let service = tokio::time::timeout(BEGINNING, begun).await.map_err(|_| Failure::silent())?;
                let service = service.map_err(|e| Failure::of(&e))?;
                let modern = speaks_modern(&service);
                let direct = Some(Direct::Http(Arc::new(way.of(modern))));
                Ok(Self { service, modern, process: None, calls, direct })
            }
            Target::Program(spec) => {
                let program = spec.program.to_string_lossy();
                let mut child = spec.start().map_err(|e| format!("cannot start {program}: {e}"))?;
                let (Some(output), Some(input)) = (child.take_stdout(), child.take_stdin()) else {
                    return Err(format!("{program} has no standard streams").into());
                };
                let (pipes, rest) = Pipes::share(output, input, ended);
                let begun = serve_client_with_lifecycle(face, rest, lifecycle);
                let mut failure = match tokio::time::timeout(BEGINNING, begun).await {
                    Ok(Ok(service)) => {
                        let direct = Some(Direct::Pipes(pipes));
                        let modern = speaks_modern(&service);
                        return Ok(Self { service, modern, process: Some(child), calls, direct });
                    }
                    Ok(Err(e)) => Failure::of(&e),
                    Err(_) => Failure::silent(),
                };
                drop(pipes);
                let words = child.last_words().await;
                let mut lines: Vec<&str> =
                    words.lines().rev().map(str::trim).filter(|line| !line.is_empty()).take(LINES).collect();
                lines.reverse();
                if !lines.is_empty() {
                    failure.why = format!("{} (it said: {})", failure.why, lines.join(" | "));
                }
                Err(failure)
            }
        }
    }

    /// Ends it: a program's standard input is closed, and it has a moment to end by itself.
    pub(super) async fn leave(self) {
        drop(self.direct);
        let _ = tokio::time::timeout(PARTING, self.service.cancel()).await;
        if let Some(process) = self.process {
            process.leave(PARTING).await;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        let pipes = match &self.direct {
            Some(Direct::Pipes(pipes)) => pipes.is_open(),
            _ => true,
        };
        pipes && !self.service.is_closed() && !self.service.peer().is_transport_closed()
    }

    /// Whether it speaks 2026-07-28, where every request says who asks.
    pub(super) fn is_modern(&self) -> bool {
        self.modern
    }

    /// What is under way.
    pub(super) fn calls(&self) -> &Arc<UnderWay> {
        &self.calls
    }

    /// The connection's name.
    pub(super) fn name(&self) -> Option<String> {
        self.service.service().upstream.upgrade().map(|upstream| upstream.name().to_owned())
    }

    /// Whether it declares a capability, e.g. `prompts`.
    pub(super) fn offers(&self, capability: &str) -> bool {
        let declared = self.service.peer().peer_info().map(|info| serde_json::to_value(&info.capabilities));
        matches!(declared, Some(Ok(all)) if all.get(capability).is_some())
    }

    /// Sends a request and waits for its result. Given up, it is cancelled.
    pub(super) async fn ask(
        &self,
        home: &Handle,
        method: &'static str,
        mut params: Map<String, Value>,
        asked: Asked<'_>,
    ) -> Result<Value, Lost> {
        let none = Map::new();
        let by_whom = (asked.capabilities.unwrap_or(&none), asked.plain);
        match &self.direct {
            Some(Direct::Http(http)) if asked.session.is_some() => {
                match http
                    .ask(method, &mut params, by_whom, (asked.part, asked.progress), self.register(&asked))
                    .await
                {
                    Ok(outcome) => return outcome,
                    Err(Left) => drop(params.remove("_meta")),
                }
            }
            Some(Direct::Pipes(pipes)) => {
                if self.modern {
                    introduce(&mut params, by_whom.0);
                }
                let wanted = (asked.part, asked.progress.cloned());
                return pipes.ask(home, (method, params), wanted, self.register(&asked)).await;
            }
            _ => {}
        }
        // Boxed: it is large, and seldom gone.
        Box::pin(self.ask_by_rmcp(home, method, params, &asked)).await
    }

    /// Counts a request of a client as under way. At 2026-07-28 what an upstream asks comes with a result instead.
    fn register(&self, asked: &Asked<'_>) -> Option<Registered> {
        let session = asked.session.filter(|_| !self.modern)?;
        Some(self.calls.register(session, asked.capabilities, asked.questions.clone()))
    }

    async fn ask_by_rmcp(
        &self,
        home: &Handle,
        method: &'static str,
        params: Map<String, Value>,
        asked: &Asked<'_>,
    ) -> Result<Value, Lost> {
        let mut options = PeerRequestOptions::no_options();
        if self.modern {
            let mut all = asked.capabilities.cloned().unwrap_or_default();
            all.insert("extensions".to_owned(), json!({VIEWS: {"mimeTypes": [MIME_TYPE]}}));
            let mut meta = RequestMetaObject::default();
            meta.set_client_capabilities(serde_json::from_value(Value::Object(all)).unwrap_or_default());
            options = options.with_meta(meta);
        }
        let request = ClientRequest::CustomRequest(CustomRequest::new(method, Some(Value::Object(params))));
        let peer = self.service.peer();
        let sent = peer.send_cancellable_request(request, options).await;
        let handle = sent.map_err(|e| lost(&e))?;
        let progress = asked.progress.cloned();
        let _hearing = progress.map(|progress| self.calls.hear(token(&handle.progress_token), progress));
        let answer = match self.register(asked) {
            Some(registered) => {
                let (tell, told) = oneshot::channel();
                let given_up = CancellationToken::new();
                home.spawn(see_through(handle, peer.clone(), registered, given_up.clone(), tell));
                let waiting = given_up.drop_guard();
                let answer = told.await.unwrap_or(Err(ServiceError::TransportClosed));
                waiting.disarm();
                answer
            }
            None => {
                let mut pending = Pending { peer: peer.clone(), home, id: Some(handle.id.clone()) };
                let answer = handle.await_response().await;
                pending.id = None;
                answer
            }
        };
        if asked.progress.is_some() {
            tokio::time::sleep(STRAGGLING).await;
        }
        let answer = answer.map_err(|e| lost(&e))?;
        serde_json::to_value(answer).map_err(|e| Lost::Unreachable(e.to_string()))
    }

    /// Whether it answers at all.
    pub(super) async fn ping(&self) -> Result<(), Lost> {
        let peer = self.service.peer();
        let request = match self.modern {
            true => ClientRequest::CustomRequest(CustomRequest::new("server/discover", Some(json!({})))),
            false => ClientRequest::PingRequest(PingRequest::default()),
        };
        let sent = peer.send_cancellable_request(request, PeerRequestOptions::no_options()).await;
        sent.map_err(|e| lost(&e))?.await_response().await.map(drop).map_err(|e| lost(&e))
    }

    /// Ends it now: nothing that is under way gets an answer.
    pub(super) fn close(&self) {
        self.service.cancellation_token().cancel();
    }

    /// Asks an upstream of 2026-07-28 to tell when something it offers is another. The future holds nothing of this.
    pub(super) fn subscribe(&self) -> impl Future<Output = Result<News, Lost>> + Send + use<> {
        let mut filter = SubscriptionFilter::builder().tools_list_changed();
        if self.offers("resources") {
            filter = filter.resources_list_changed();
        }
        if self.offers("prompts") {
            filter = filter.prompts_list_changed();
        }
        let (peer, filter) = (self.service.peer().clone(), filter.build());
        async move { peer.listen(filter).await.map(News).map_err(|e| lost(&e)) }
    }
}

fn speaks_modern(service: &RunningService<RoleClient, Face>) -> bool {
    let info = service.peer().peer_info();
    info.is_some_and(|info| info.protocol_version >= ProtocolVersion::V_2026_07_28)
}

/// What an upstream of 2026-07-28 tells of its changes.
pub(super) struct News(Subscription);

impl News {
    /// Waits for the next change; `false`: none comes any more.
    pub(super) async fn next(&mut self) -> bool {
        matches!(self.0.next().await, Ok(Some(_)))
    }
}

/// Waits for the answer to a request of a client, before 2026-07-28. One that was given up is under way until it is
/// answered, or for a while: as long as its upstream works on it, what that asks may belong to it.
async fn see_through(
    handle: RequestHandle<RoleClient>,
    peer: Peer<RoleClient>,
    registered: Registered,
    given_up: CancellationToken,
    tell: oneshot::Sender<Result<ServerResult, ServiceError>>,
) {
    let id = handle.id.clone();
    let mut response = std::pin::pin!(handle.await_response());
    tokio::select! {
        answer = &mut response => {
            drop(registered);
            let _ = tell.send(answer);
            return;
        }
        () = given_up.cancelled() => {}
    }
    // Said by its name, so that rmcp does not forget the request.
    let told = json!({"requestId": id, "reason": "given up"});
    let told = CustomNotification::new("notifications/cancelled", Some(told));
    let _ = peer.send_notification(ClientNotification::CustomNotification(told)).await;
    if tokio::time::timeout(FADING, response).await.is_err() {
        let _ = peer.notify_cancelled(CancelledNotificationParam::new(Some(id), None)).await;
    }
    drop(registered);
}

/// A request that is under way.
struct Pending<'h> {
    peer: Peer<RoleClient>,
    home: &'h Handle,
    id: Option<RequestId>,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            let peer = self.peer.clone();
            self.home.spawn(async move {
                let given_up = CancelledNotificationParam::new(Some(id), Some("given up".to_owned()));
                let _ = peer.notify_cancelled(given_up).await;
            });
        }
    }
}

fn lost(error: &ServiceError) -> Lost {
    match error {
        ServiceError::McpError(e) => {
            let message = e.message.chars().take(2000).collect();
            Lost::Refused { code: e.code.0, message, data: e.data.clone() }
        }
        ServiceError::TransportSend(e) => Lost::Unreachable(chain(e.error.as_ref())),
        ServiceError::TransportClosed => Lost::Unreachable("it went away before it answered".to_owned()),
        other => Lost::Unreachable(chain(other)),
    }
}

fn http(
    url: &str,
    headers: &[(String, Secret)],
    tokens: Option<Arc<Tokens>>,
    session: Session,
) -> Result<(StreamableHttpClientTransport<Bearer>, Http), String> {
    // More than one provider could be compiled in; the sources want this one, too.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        // A header with a secret must not follow to another place.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|e| chain(&e))?;
    let mut config = StreamableHttpClientTransportConfig::with_uri(url);
    config.max_json_response_size = MAX_ANSWER;
    config.max_sse_event_size = MAX_ANSWER;
    for (name, value) in headers {
        let bad = |what: &str| format!("the header `{name}` has {what} that cannot be sent");
        let key = HeaderName::try_from(name).map_err(|_| bad("a name"))?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| bad("a value"))?;
        value.set_sensitive(true);
        config.custom_headers.insert(key, value);
    }
    let known = config.custom_headers.iter().map(|(name, value)| (name.clone(), value.clone()));
    let bearer = Bearer { client: client.clone(), tokens: tokens.clone(), named: session.named.clone() };
    let url = reqwest::Url::parse(url).map_err(|e| chain(&e))?;
    let way = Http::new(client, url, known, tokens, session);
    Ok((StreamableHttpClientTransport::with_client(bearer, config), way))
}

/// An error with its reasons, each told once.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(words) = oauth::words(error) {
        return words;
    }
    if let Some(StreamableHttpError::Client(error)) =
        error.downcast_ref::<StreamableHttpError<reqwest::Error>>()
    {
        // It does not say that this is its reason.
        return chain(error);
    }
    let mut text = error.to_string();
    let mut reason = error.source();
    while let Some(inner) = reason {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        reason = inner.source();
    }
    text
}
