//! Who may use the studio.
//!
//! Owns the two keys: the token of this start, which every request to the API carries and only the page knows, and the
//! project's own token, which opens the page where other machines can reach it. The guard of Host and Origin stands in
//! front of both. Without a token of the project's only this machine is answered, also where the MCP endpoint answers
//! others through a proxy or a tunnel.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

use super::{Refusal, Studio};
use crate::net::Guard;
use crate::secret::Secret;

/// The header that carries the token of this start.
pub const HEADER: &str = "x-toolface-studio";
/// The cookie that says that the project's token was given.
const COOKIE: &str = "toolface_studio";

/// The keys.
#[derive(Debug)]
pub struct Access {
    /// The token of this start.
    start: Secret,
    /// The project's.
    project: Option<Secret>,
}

impl Access {
    /// A new token for this start. `None`: the system has no random numbers.
    pub fn new(project: Option<Secret>) -> Option<Self> {
        let mut random = [0_u8; 24];
        getrandom::fill(&mut random).ok()?;
        let start = Secret::new(hex(&random));
        Some(Self { start, project })
    }

    /// The token of this start, for the page.
    pub fn token(&self) -> &str {
        self.start.expose()
    }

    /// What the cookie holds: not the token itself.
    fn pass(&self) -> String {
        hex(&Sha256::digest(format!("page {}", self.start.expose())))
    }

    fn has_pass(&self, headers: &HeaderMap) -> bool {
        let pass = self.pass();
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(|(name, _)| *name == COOKIE).any(|(_, value)| same(value, &pass))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Whether two texts are equal, in a time that does not tell how much of them is.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (Sha256::digest(a.as_bytes()), Sha256::digest(b.as_bytes()));
    a.iter().zip(b.iter()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// What a proxy or a tunnel adds to what it passes on.
const PASSED_ON: [&str; 6] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/// Lets in who asks from this machine for this machine, if the project has no token to know others by.
pub async fn here(State(studio): State<Arc<Studio>>, request: Request, next: Next) -> Response {
    let is_here = Guard::new(&[], &[]).admits(request.uri(), request.headers())
        && !PASSED_ON.iter().any(|name| request.headers().contains_key(*name));
    if studio.access.project.is_some() || is_here {
        return next.run(request).await;
    }
    Refusal::new(
        StatusCode::FORBIDDEN,
        "the studio is shown on this machine only, not through a proxy or a tunnel",
    )
    .help("give it a token to let others in: [studio] token = { env = \"…\" } in toolface.toml")
    .into_response()
}

/// Lets requests to the API in that carry the token of this start. What changes something must come as JSON, which no
/// form of a foreign page can send.
pub async fn api(State(studio): State<Arc<Studio>>, request: Request, next: Next) -> Response {
    let access = &studio.access;
    let given = request.headers().get(HEADER).and_then(|v| v.to_str().ok());
    if !given.is_some_and(|given| same(given, access.token())) {
        let told = "this request does not carry the studio's token";
        return Refusal::new(StatusCode::FORBIDDEN, told)
            .help("reload the page: the server was started anew")
            .into_response();
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let changes = matches!(*request.method(), Method::POST | Method::PUT);
    if changes && !kind.starts_with("application/json") {
        return Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send it as application/json")
            .into_response();
    }
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > super::MAX_BODY) {
        // Told before it is sent, and nothing of it is read.
        let told = format!("at most {} bytes are taken", super::MAX_BODY);
        let mut refused = Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, told).into_response();
        refused.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        return refused;
    }
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// Lets those see the page who have given the project's token, if it has one.
pub async fn page(State(studio): State<Arc<Studio>>, request: Request, next: Next) -> Response {
    let access = &studio.access;
    let Some(project) = &access.project else { return next.run(request).await };
    if access.has_pass(request.headers()) {
        return next.run(request).await;
    }
    let given =
        request.uri().query().into_iter().flat_map(|q| q.split('&')).find_map(|p| p.strip_prefix("token="));
    let given = given.map(|text| percent_encoding::percent_decode_str(text).decode_utf8_lossy());
    if !given.is_some_and(|given| same(&given, project.expose())) {
        let told = "The studio of this server asks for a token: open /studio?token=… with what toolface.toml names in [studio] token.\n";
        return (StatusCode::UNAUTHORIZED, told).into_response();
    }
    let cookie = format!("{COOKIE}={}; Path=/studio; HttpOnly; SameSite=Strict", access.pass());
    let path = request.uri().path().to_owned();
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, path)]).into_response()
}
