//! A connection like that of any client, at either revision of MCP.
//!
//! Owns the client: rmcp's own, so that the server is met by one that others use, too. Answers come out as JSON, as
//! they were sent. Every wait has an end, every answer a greatest size. Besides `server/` the only place that names
//! rmcp.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use rmcp::RoleClient;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ClientRequest, CustomRequest, ExtensionCapabilities, Implementation,
    ProtocolVersion,
};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, RunningService, ServiceError, serve_client_with_lifecycle,
};
use rmcp::transport::streamable_http_client::{StreamableHttpClientTransportConfig, StreamableHttpError};
use rmcp::transport::{DynamicTransportError, StreamableHttpClientTransport};
use serde_json::{Value, json};

use super::Target;
use super::facts::{Hello, Trouble, TroubleKind};
use super::process::Process;
use crate::view;

/// Pages of a list that are read at most.
const MAX_PAGES: usize = 100;
/// Entries of a list that are looked at.
const MAX_ENTRIES: usize = 2000;
/// Bytes of one answer over HTTP.
const MAX_ANSWER: usize = 16 << 20;

/// How a client begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// 2025-11-25 and before: `initialize`.
    Legacy,
    /// 2026-07-28: every request stands alone.
    Modern,
}

/// What a client does with views.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Eyes {
    /// It draws them, and says so.
    Drawing,
    /// It knows nothing of them: a terminal.
    Reading,
}

/// An open connection.
pub(super) struct Connection {
    service: RunningService<RoleClient, ClientConfig>,
    process: Option<Process>,
    timeout: Duration,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// The server cannot be reached, does not speak this revision, or is no MCP server.
    pub(super) async fn open(
        target: &Target,
        era: Era,
        eyes: Eyes,
        timeout: Duration,
    ) -> Result<Self, Trouble> {
        let lifecycle = match era {
            Era::Legacy => ClientLifecycleMode::Initialize,
            Era::Modern => {
                ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
            }
        };
        let config = config(eyes);
        match target {
            Target::Http { url, headers } => {
                let transport = http(url, headers, timeout)?;
                let service = serve_client_with_lifecycle(config, transport, lifecycle);
                let service = begun(tokio::time::timeout(timeout, service).await, timeout)?;
                Ok(Self { service, process: None, timeout })
            }
            Target::Program { program, arguments } => {
                let started = Process::start(program, arguments);
                let (mut process, output, input) = started.map_err(|e| {
                    let program = program.to_string_lossy();
                    Trouble::new(TroubleKind::Unreachable, format!("cannot start {program}: {e}"))
                })?;
                let service = serve_client_with_lifecycle(config, (output, input), lifecycle);
                match begun(tokio::time::timeout(timeout, service).await, timeout) {
                    Ok(service) => Ok(Self { service, process: Some(process), timeout }),
                    Err(trouble) => Err(explained(trouble, &mut process).await),
                }
            }
        }
    }

    /// What the server said of itself.
    pub(super) fn hello(&self) -> Hello {
        let info = self.service.peer_info();
        let revision = info.as_ref().map(|i| i.protocol_version.as_str().to_owned()).unwrap_or_default();
        let server = info.as_ref().and_then(|i| i.server_info.as_ref());
        Hello { revision, server: server.map(|s| format!("{} {}", s.name, s.version)) }
    }

    /// Sends a request and waits for its result.
    ///
    /// # Errors
    /// An error of the protocol, no answer in time, or the connection is gone.
    pub(super) async fn ask(&mut self, method: &str, params: Value) -> Result<Value, Trouble> {
        let request = ClientRequest::CustomRequest(CustomRequest::new(method, Some(params)));
        let sent = self.service.peer().send_request(request);
        let trouble = match tokio::time::timeout(self.timeout, sent).await {
            Err(_) => silent(self.timeout),
            Ok(Err(error)) => refused(&error),
            Ok(Ok(result)) => {
                return serde_json::to_value(result)
                    .map_err(|e| Trouble::new(TroubleKind::Garbage, e.to_string()));
            }
        };
        match &mut self.process {
            Some(process) if trouble.kind != TroubleKind::Refused => Err(explained(trouble, process).await),
            _ => Err(trouble),
        }
    }

    /// Reads a whole list, page by page.
    ///
    /// # Errors
    /// As of [`Connection::ask`]; or the list never ends.
    pub(super) async fn list(&mut self, method: &str, member: &str) -> Result<Vec<Value>, Trouble> {
        let mut entries = Vec::new();
        let mut params = json!({});
        for _ in 0..MAX_PAGES {
            let mut page = self.ask(method, params).await?;
            let Some(Value::Array(more)) = page.get_mut(member).map(Value::take) else {
                let message = format!("the answer to {method} has no list `{member}`");
                return Err(Trouble::new(TroubleKind::Garbage, message));
            };
            entries.extend(more);
            match page.get("nextCursor").and_then(Value::as_str) {
                Some(cursor) if entries.len() < MAX_ENTRIES => params = json!({ "cursor": cursor }),
                _ => return Ok(entries),
            }
        }
        Err(Trouble::new(TroubleKind::Large, format!("{method} has more than {MAX_PAGES} pages")))
    }

    /// Says goodbye. A program may end by itself for a moment, then it is ended. Gives the first line it printed on
    /// standard output that is no message.
    pub(super) async fn close(self) -> Option<String> {
        let Self { mut service, process, .. } = self;
        let _ = service.close_with_timeout(Duration::from_millis(500)).await;
        drop(service);
        process?.leave().await
    }
}

/// A trouble with what its program printed. Too much of it is the trouble itself.
async fn explained(trouble: Trouble, process: &mut Process) -> Trouble {
    let kind = if process.flooded() { TroubleKind::Large } else { trouble.kind };
    let ended_itself = trouble.kind != TroubleKind::Silent;
    Trouble::new(kind, trouble.message).with(process.account(ended_itself).await)
}

fn config(eyes: Eyes) -> ClientConfig {
    let mut capabilities = ClientCapabilities::default();
    if eyes == Eyes::Drawing {
        let kinds = json!({ "mimeTypes": [view::MIME_TYPE] });
        let settings = kinds.as_object().cloned().unwrap_or_default();
        capabilities.extensions =
            Some(ExtensionCapabilities::from([("io.modelcontextprotocol/ui".to_owned(), settings)]));
    }
    let identity = Implementation::new("toolface-doctor", env!("CARGO_PKG_VERSION"));
    ClientConfig::new(capabilities, identity).with_protocol_version(ProtocolVersion::V_2025_11_25)
}

fn http(
    url: &str,
    headers: &[(String, crate::secret::Secret)],
    timeout: Duration,
) -> Result<StreamableHttpClientTransport<reqwest::Client>, Trouble> {
    // More than one provider could be compiled in; the sources want this one, too.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .connect_timeout(timeout)
        .pool_max_idle_per_host(0)
        // A header with a secret must not follow to another place; the answer says where it leads.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|e| Trouble::new(TroubleKind::Unreachable, chain(&e)))?;
    let mut config = StreamableHttpClientTransportConfig::with_uri(url);
    config.max_json_response_size = MAX_ANSWER;
    config.max_sse_event_size = MAX_ANSWER;
    config.max_error_response_size = 1024;
    config.reinit_on_expired_session = false;
    for (name, value) in headers {
        let bad = |what: &str| {
            Trouble::new(
                TroubleKind::Unreachable,
                format!("the header `{name}` has {what} that cannot be sent"),
            )
        };
        let key = HeaderName::try_from(name).map_err(|_| bad("a name"))?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| bad("a value"))?;
        value.set_sensitive(true);
        config.custom_headers.insert(key, value);
    }
    Ok(StreamableHttpClientTransport::with_client(client, config))
}

type Started = Result<RunningService<RoleClient, ClientConfig>, ClientInitializeError>;

fn begun(
    started: Result<Started, tokio::time::error::Elapsed>,
    timeout: Duration,
) -> Result<RunningService<RoleClient, ClientConfig>, Trouble> {
    match started {
        Err(_) => Err(silent(timeout)),
        Ok(Ok(service)) => Ok(service),
        Ok(Err(error)) => Err(not_begun(&error)),
    }
}

fn silent(timeout: Duration) -> Trouble {
    Trouble::new(TroubleKind::Silent, format!("there was no answer within {} s", timeout.as_secs_f32()))
}

fn not_begun(error: &ClientInitializeError) -> Trouble {
    let told = |kind, message| Trouble::new(kind, message);
    if error.is_authorization_required() || error.auth_challenge().is_some() {
        return told(TroubleKind::Locked, "it asks for authorization".to_owned());
    }
    match error {
        ClientInitializeError::JsonRpcError(e) => told(TroubleKind::Refused, refusal(e)),
        ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. } => {
            let named: Vec<&str> = server_supported.iter().map(ProtocolVersion::as_str).collect();
            told(TroubleKind::Refused, format!("it speaks {}", named.join(", ")))
        }
        ClientInitializeError::ConnectionClosed(_) => {
            told(TroubleKind::Gone, "the connection was closed before there was an answer".to_owned())
        }
        ClientInitializeError::TransportError { error, .. } => transport(error),
        ClientInitializeError::ExpectedInitResult(_) => told(
            TroubleKind::Garbage,
            "the answer to the first request has not the members it must have".to_owned(),
        ),
        other => told(TroubleKind::Garbage, chain(other)),
    }
}

fn refused(error: &ServiceError) -> Trouble {
    match error {
        ServiceError::McpError(e) => Trouble::new(TroubleKind::Refused, refusal(e)),
        ServiceError::TransportClosed => {
            Trouble::new(TroubleKind::Gone, "the connection was closed before there was an answer")
        }
        ServiceError::TransportSend(error) => transport(error),
        other => Trouble::new(TroubleKind::Garbage, chain(other)),
    }
}

fn refusal(error: &rmcp::ErrorData) -> String {
    let message: String = error.message.chars().take(300).collect();
    format!("it answers with error {}: {message}", error.code.0)
}

/// What went wrong on the way.
fn transport(error: &DynamicTransportError) -> Trouble {
    let error: &(dyn Error + 'static) = error.error.as_ref();
    if error.is::<std::io::Error>() {
        return Trouble::new(TroubleKind::Gone, format!("it does not read what it is sent: {error}"));
    }
    let Some(error) = error.downcast_ref::<StreamableHttpError<reqwest::Error>>() else {
        return Trouble::new(TroubleKind::Broken, chain(error));
    };
    let kind = match error {
        StreamableHttpError::Client(e) if e.is_timeout() => TroubleKind::Silent,
        StreamableHttpError::Client(e) if e.is_connect() || e.is_builder() => TroubleKind::Unreachable,
        StreamableHttpError::ResponseBodyTooLarge { .. } => TroubleKind::Large,
        StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_) => {
            TroubleKind::Locked
        }
        StreamableHttpError::UnexpectedContentType(_) | StreamableHttpError::Deserialize(_) => {
            TroubleKind::Garbage
        }
        StreamableHttpError::UnexpectedServerResponse(text) if text.contains("parse") => TroubleKind::Garbage,
        StreamableHttpError::UnexpectedEndOfStream | StreamableHttpError::SessionExpired => TroubleKind::Gone,
        _ => TroubleKind::Broken,
    };
    let message = match error {
        // Its own words hide the reason.
        StreamableHttpError::Client(e) => chain(e),
        other => chain(other),
    };
    Trouble::new(kind, message)
}

/// An error with its reasons, each told once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut reason = error.source();
    while let Some(inner) = reason {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        reason = inner.source();
    }
    text.trim_end_matches([':', ' ']).chars().take(500).collect()
}
