//! The client of an upstream.
//!
//! Owns the connection: a program or an address, begun at the newest revision both sides speak, requests side by side
//! over it, each cancelled at the upstream when nobody waits for it any more. Besides `server/` and
//! `doctor/client.rs` and [`super::oauth`] the only place that names rmcp.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use rmcp::model::{
    CancelledNotificationParam, ClientCapabilities, ClientConfig, ClientRequest, CustomRequest,
    Implementation, ProtocolVersion, RequestId,
};
use rmcp::service::{
    ClientLifecycleMode, NotificationContext, PeerRequestOptions, RunningService, ServiceError,
    serve_client_with_lifecycle,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, Peer, RoleClient};
use serde_json::Value;
use tokio::runtime::Handle;

use super::Upstream;
use super::oauth::{self, Bearer, Tokens};
use crate::secret::Secret;
use crate::source::process;

/// How long the first exchange may take: a program may have to be installed before.
const BEGINNING: Duration = Duration::from_secs(30);
/// How long a program may take to end, and again after it was asked to.
const PARTING: Duration = Duration::from_secs(1);
/// Bytes of one answer over HTTP.
const MAX_ANSWER: usize = 16 << 20;

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
    },
}

/// A connection that was begun.
pub(super) struct Client {
    service: RunningService<RoleClient, Face>,
    /// Ends when this is dropped.
    process: Option<process::Child>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

/// What an upstream sees of us.
struct Face(Weak<Upstream>);

impl ClientHandler for Face {
    fn get_info(&self) -> ClientConfig {
        let identity = Implementation::new("toolface", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), identity)
            .with_protocol_version(ProtocolVersion::V_2025_11_25)
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        if let Some(upstream) = self.0.upgrade() {
            upstream.look_again();
        }
    }
}

impl Client {
    /// Connects, at 2026-07-28 if the upstream speaks it.
    pub(super) async fn open(target: &Target, upstream: Weak<Upstream>) -> Result<Self, Lost> {
        let lifecycle = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: Some(ProtocolVersion::V_2025_11_25),
        };
        let face = Face(upstream);
        let lost = |why: String| Lost::Unreachable(why.chars().take(500).collect());
        let silent = || Lost::Unreachable(format!("no answer within {} s", BEGINNING.as_secs()));
        match target {
            Target::Http { url, headers, tokens } => {
                let transport = http(url, headers, tokens.clone()).map_err(lost)?;
                let begun = serve_client_with_lifecycle(face, transport, lifecycle);
                let service = tokio::time::timeout(BEGINNING, begun).await.map_err(|_| silent())?;
                Ok(Self { service: service.map_err(|e| lost(chain(&e)))?, process: None })
            }
            Target::Program(spec) => {
                let program = spec.program.to_string_lossy();
                let mut child = spec.start().map_err(|e| lost(format!("cannot start {program}: {e}")))?;
                let (Some(output), Some(input)) = (child.take_stdout(), child.take_stdin()) else {
                    return Err(lost(format!("{program} has no standard streams")));
                };
                let begun = serve_client_with_lifecycle(face, (output, input), lifecycle);
                let why = match tokio::time::timeout(BEGINNING, begun).await {
                    Ok(Ok(service)) => return Ok(Self { service, process: Some(child) }),
                    Ok(Err(e)) => lost(chain(&e)),
                    Err(_) => silent(),
                };
                let words = child.last_words().await;
                let last = words.lines().rfind(|line| !line.trim().is_empty());
                Err(last.map_or(why.clone(), |line| lost(format!("{why} (it said: {})", line.trim()))))
            }
        }
    }

    /// Ends it: a program's standard input is closed, and it has a moment to end by itself.
    pub(super) async fn leave(self) {
        let _ = tokio::time::timeout(PARTING, self.service.cancel()).await;
        if let Some(process) = self.process {
            process.leave(PARTING).await;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.service.is_closed() && !self.service.peer().is_transport_closed()
    }

    /// Sends a request and waits for its result. Given up, it is cancelled.
    pub(super) async fn ask(&self, home: &Handle, method: &str, params: Value) -> Result<Value, Lost> {
        let request = ClientRequest::CustomRequest(CustomRequest::new(method, Some(params)));
        let peer = self.service.peer();
        let sent = peer.send_cancellable_request(request, PeerRequestOptions::no_options()).await;
        let handle = sent.map_err(|e| lost(&e))?;
        let mut pending = Pending { peer: peer.clone(), home, id: Some(handle.id.clone()) };
        let answer = handle.await_response().await;
        pending.id = None;
        let answer = answer.map_err(|e| lost(&e))?;
        serde_json::to_value(answer).map_err(|e| Lost::Unreachable(e.to_string()))
    }
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
            Lost::Refused { code: e.code.0, message: e.message.chars().take(2000).collect() }
        }
        ServiceError::TransportClosed => Lost::Unreachable("it went away before it answered".to_owned()),
        other => Lost::Unreachable(chain(other)),
    }
}

fn http(
    url: &str,
    headers: &[(String, Secret)],
    tokens: Option<Arc<Tokens>>,
) -> Result<StreamableHttpClientTransport<Bearer>, String> {
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
    Ok(StreamableHttpClientTransport::with_client(Bearer { client, tokens }, config))
}

/// An error with its reasons, each told once.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(words) = oauth::words(error) {
        return words;
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
