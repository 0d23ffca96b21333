//! Streamable HTTP: `/mcp`, `/mcp/<route>`, and besides them `/manifest.json`, `/healthz` and `/readyz`.
//!
//! Owns the paths, the guard in front of all of them, and the graceful stop. rmcp serves the endpoints; a plain
//! `tools/call` of 2026-07-28 takes the direct way in front of it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::ServiceExt as _;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

use super::Shared;
use super::calls::{self, Call, Client};
use super::direct::{self, MODERN};
use super::handler::Handler;
use super::wire::{self, Revision};
use crate::diag::Severity;
use crate::net::Guard;
use crate::source::input::Caller;

/// How long a session of an older client may be idle. It must be longer than any call, which counts as idle.
const SESSION_IDLE: Duration = Duration::from_secs(3600);

/// What connections get past the grace to bring their last answer out.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How long, and how far, a body that is too large is still taken in, so that its sender gets to read the answer.
const DRAIN: (Duration, usize) = (Duration::from_millis(500), 16 << 20);

/// Faults told in `/readyz`.
const FAULTS: usize = 20;

type Rmcp = StreamableHttpService<Handler, LocalSessionManager>;

/// Everything served. Shared, not cloned, by connections and requests; the endpoint stands in front of the router,
/// because most of what a router does for a request is not needed for it.
#[derive(Clone)]
struct App(Arc<Parts>);

struct Parts {
    guard: Guard,
    endpoint: Endpoint,
    routes: Routes,
    pages: axum::Router,
}

impl Service<Request> for App {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let parts = self.0.clone();
        Box::pin(async move {
            if !parts.guard.admits(request.uri(), request.headers()) {
                return Ok((StatusCode::FORBIDDEN, Guard::REFUSAL).into_response());
            }
            let path = request.uri().path();
            if path == "/mcp" {
                return Ok(mcp(&parts.endpoint, request).await);
            }
            let Some(route) = path.strip_prefix("/mcp/") else {
                return parts.pages.clone().call(request).await;
            };
            let name = percent_encoding::percent_decode_str(route).decode_utf8_lossy();
            match parts.routes.get(&name, &parts.endpoint) {
                Some(endpoint) => Ok(mcp(&endpoint, request).await),
                None => Ok(unknown_route(&parts.endpoint, &name)),
            }
        })
    }
}

/// What an endpoint needs of every request.
struct Endpoint {
    shared: Arc<Shared>,
    rmcp: Rmcp,
    max_body: usize,
}

/// The endpoints of routes, each made when it is first asked for. Sessions belong to the endpoint they began at.
#[derive(Default)]
struct Routes(RwLock<HashMap<String, Arc<Endpoint>>>);

impl Routes {
    /// The endpoint of a route of the project that `whole` serves. `None` if there is none of this name (any more).
    fn get(&self, name: &str, whole: &Endpoint) -> Option<Arc<Endpoint>> {
        let known = whole.shared.has_route(name);
        let made = self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        match (known, made) {
            (true, Some(endpoint)) => Some(endpoint),
            (false, None) => None,
            (_, _) => {
                let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
                let Some(shared) = whole.shared.route(name) else {
                    all.remove(name);
                    return None;
                };
                let make = || Arc::new(Endpoint::new(shared, whole.rmcp.config.clone(), whole.max_body));
                Some(all.entry(name.to_owned()).or_insert_with(make).clone())
            }
        }
    }
}

/// Serves until `stop` ends, then lets running calls finish. `pages` are served besides, behind the same guard.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    shared: Arc<Shared>,
    listener: TcpListener,
    pages: axum::Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let http = shared.catalog().http.clone();
    let hard = CancellationToken::new();
    let guard = Guard::new(&http.allowed_hosts, &http.allowed_origins);
    // What clients list is made before the first asks, and again after every change.
    shared.changes();
    let config = config(&guard, http.max_body_bytes, hard.clone());
    let endpoint = Endpoint::new(shared.clone(), config, http.max_body_bytes);
    let own = axum::Router::new()
        .route("/manifest.json", get(manifest))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(shared.clone());
    let pages = own.merge(pages);
    let app = App(Arc::new(Parts { guard, endpoint, routes: Routes::default(), pages }));
    let grace = Duration::from_millis(http.grace_ms);
    let overdue = CancellationToken::new();
    let late = overdue.clone();
    let stopping = async move {
        stop.await;
        tracing::info!("stopping: no new calls; running ones get {} ms to finish", grace.as_millis());
        // First those who wait for changes, then the calls, then whoever is still there.
        shared.drain.cancel();
        tokio::spawn(async move {
            shared.running.close();
            let end = tokio::time::Instant::now() + grace;
            let _ = tokio::time::timeout_at(end, shared.running.wait()).await;
            hard.cancel();
            tokio::time::sleep_until(end + LAST_WORDS).await;
            late.cancel();
        });
    };
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        let _ = stream.set_nodelay(true);
    });
    let serving = axum::serve(listener, app.into_make_service()).with_graceful_shutdown(stopping);
    tokio::select! {
        outcome = serving => outcome,
        // Whoever keeps a connection open without asking anything does not keep the server.
        () = overdue.cancelled() => Ok(()),
    }
}

impl Endpoint {
    fn new(shared: Arc<Shared>, config: StreamableHttpServerConfig, max_body: usize) -> Self {
        let mut sessions = LocalSessionManager::default();
        sessions.session_config.keep_alive = Some(SESSION_IDLE);
        let one = shared.clone();
        let handler = move || Ok(Handler::new(one.clone(), "http"));
        Self { shared, rmcp: StreamableHttpService::new(handler, Arc::new(sessions), config), max_body }
    }
}

fn config(guard: &Guard, max_body: usize, hard: CancellationToken) -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(true)
        .with_json_response(true)
        .with_max_request_body_bytes(max_body)
        .with_allowed_hosts(guard.hosts())
        .with_allowed_origins(guard.origins())
        .enforce_origin_validation()
        .with_cancellation_token(hard)
}

/// An MCP endpoint: the direct way if the request is plain, else rmcp.
async fn mcp(endpoint: &Endpoint, request: Request) -> Response {
    if request.method() != Method::POST {
        return pass_on(endpoint, request).await;
    }
    // A stop waits until an answer that comes as a stream is out, not only until the call is done.
    let answering = endpoint.shared.running.token();
    let response = match length(request.headers()) {
        Some(length) if length > endpoint.max_body => too_large(endpoint, length, request.into_body()).await,
        Some(_) => post(endpoint, request).await,
        // One that does not say how long it is, is rmcp's to bound.
        None => pass_on(endpoint, request).await,
    };
    if response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind != "text/event-stream") {
        return response;
    }
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _ = &answering;
            frame
        }))
    })
}

async fn post(endpoint: &Endpoint, request: Request) -> Response {
    let plain = is_plain(request.headers());
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, endpoint.max_body).collect().await {
        Ok(body) => body.to_bytes(),
        Err(e) => {
            return (StatusCode::BAD_REQUEST, format!("the request ended early: {e}\n")).into_response();
        }
    };
    if plain && let Some(response) = answer_directly(&endpoint.shared, &parts.headers, &body).await {
        return response;
    }
    let is_json = is_json(&parts.headers);
    if is_json && let Some(error) = wire::no_cursor(&body) {
        return axum::Json(error).into_response();
    }
    let response = pass_on(endpoint, Request::from_parts(parts, Body::from(body.clone()))).await;
    if is_json && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        return malformed(&body);
    }
    response
}

async fn pass_on(endpoint: &Endpoint, request: Request) -> Response {
    // Boxed: it is large, and would be moved about with each plain call.
    Box::pin(endpoint.rmcp.handle(request)).await.map(Body::new)
}

/// How long a body says it is.
fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn too_large(endpoint: &Endpoint, length: usize, mut body: Body) -> Response {
    let (time, most) = DRAIN;
    if length <= most {
        let drained = async { while let Some(Ok(_)) = body.frame().await {} };
        let _ = tokio::time::timeout(time, drained).await;
    }
    let message = format!("Payload Too Large: {length} bytes, and at most {} are taken\n", endpoint.max_body);
    (StatusCode::PAYLOAD_TOO_LARGE, message).into_response()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    kind.get(..16).is_some_and(|start| start.eq_ignore_ascii_case(b"application/json"))
}

/// Whether the headers are those of a plain call of 2026-07-28.
fn is_plain(headers: &HeaderMap) -> bool {
    let one = |name: &str, value: &str| {
        let mut all = headers.get_all(name).iter();
        all.next().is_some_and(|v| v.as_bytes() == value.as_bytes()) && all.next().is_none()
    };
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    one("mcp-protocol-version", MODERN)
        && one("mcp-method", "tools/call")
        && is_json(headers)
        && accept.contains("application/json")
        && accept.contains("text/event-stream")
        && !accept.contains("q=")
        && !headers.contains_key("mcp-session-id")
}

async fn answer_directly(shared: &Arc<Shared>, headers: &HeaderMap, body: &Bytes) -> Option<Response> {
    let call = direct::plain_call(body)?;
    let draws = call.client.filter(|_| call.revision == Revision::Modern)?;
    let mut names = headers.get_all("mcp-name").iter();
    if names.next()?.as_bytes() != call.tool.as_bytes() || names.next().is_some() {
        return None;
    }
    let catalog = shared.catalog();
    // A tool whose arguments travel in headers too is rmcp's to check; an unknown one its to refuse; and its is the way
    // back to the client.
    let tool = catalog.tools.get(&*call.tool)?;
    if tool.arguments.in_headers || (call.answers && tool.source.may_ask()) {
        return None;
    }
    let client = Client { revision: call.revision, draws };
    let (arguments, about) = (call.arguments, call.about);
    let caller = Caller::default();
    let asked = Call { tool: &call.tool, arguments, client, transport: "http", about, cause: None, caller };
    let running =
        shared.running.track_future(calls::answer(shared, &catalog, asked, wire::open_response(call.id)));
    let mut out = running.await.ok()?;
    wire::close_response(&mut out);
    Some(([(header::CONTENT_TYPE, "application/json")], out).into_response())
}

/// A body that is no JSON-RPC message, told as JSON-RPC tells it.
fn malformed(body: &[u8]) -> Response {
    let error = wire::malformed(body).to_string();
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], error).into_response()
}

/// An address that leads to no route, told with those there are.
fn unknown_route(whole: &Endpoint, name: &str) -> Response {
    (StatusCode::NOT_FOUND, axum::Json(whole.shared.catalog().unknown_route(name))).into_response()
}

async fn manifest(State(shared): State<Arc<Shared>>) -> Result<impl IntoResponse, Infallible> {
    let listing = shared.listing();
    Ok(([(header::CONTENT_TYPE, "application/json")], listing.manifest.clone()))
}

/// Ready while new calls are taken, also if the newest edit was refused: what was read before it is served.
async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    let state = shared.state();
    let catalog = &state.catalog;
    let draining = shared.drain.is_cancelled();
    let status = if draining { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let about = json!({
        "ready": !draining,
        "server": catalog.server.name,
        "tools": catalog.own_tools(),
        "widgets": catalog.widgets.len(),
        "read": moment(state.changed),
        "reload": reload(&state),
    });
    (status, axum::Json(about)).into_response()
}

/// What came of the newest try to read the project.
fn reload(state: &crate::live::State) -> serde_json::Value {
    let faults = &state.faults;
    if !faults.has_errors() {
        return json!({"ok": true});
    }
    let short: Vec<String> = faults
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .take(FAULTS)
        .map(ToString::to_string)
        .collect();
    let more = faults.count(Severity::Error) - short.len();
    let mut told = json!({"ok": false, "faults": short});
    if let (Some(told), true) = (told.as_object_mut(), more > 0) {
        told.insert("more".to_owned(), more.into());
    }
    told
}

/// A moment in UTC, to the millisecond.
fn moment(at: std::time::SystemTime) -> Option<String> {
    let at = time::OffsetDateTime::from(at);
    at.replace_nanosecond(u32::from(at.millisecond()) * 1_000_000).ok()?.format(&Rfc3339).ok()
}
