//! OAuth 2 for upstreams: tokens by client credentials (RFC 6749, 4.4), and the HTTP client that sends them.
//!
//! Owns where a token comes from, when the next is fetched, and where the client's secret may go: to `token_url`, or
//! to the authorization server that the upstream names, over https or on this machine, and never along a redirect.
//! Discovery and the exchange itself are rmcp's. Client credentials give no refresh token, so renewing is asking again.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::stream::BoxStream;
use oauth2::{HttpRequest, HttpResponse, TokenResponse};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use rmcp::model::ClientJsonRpcMessage;
use rmcp::service::ClientInitializeError;
use rmcp::transport::auth::AuthorizationMetadata;
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    StreamableHttpResponseLimits,
};
use rmcp::transport::{
    AuthError, AuthorizationManager, ClientCredentialsConfig, OAuthHttpClient, OAuthHttpClientError,
    OAuthHttpClientFuture, OAuthHttpRequest,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sse_stream::Sse;

use super::client::chain;
use super::locked;
use crate::secret::{Secret, Setting};
use crate::source::{SpecFault, Surroundings};

/// How long one answer of an authorization server may take.
const ANSWER: Duration = Duration::from_secs(10);
/// How long it may take to find the authorization server and to get a token.
const PATIENCE: Duration = Duration::from_secs(25);
/// How long before its end a token is renewed, at most; at most half of its life.
const AHEAD: Duration = Duration::from_secs(30);
/// How long nobody is asked again after there was no token.
const REST: Duration = Duration::from_secs(3);
/// Bytes of an authorization server's answer.
const MAX_ANSWER: usize = 1 << 20;
/// What is kept of the answer to a request for a token; there may be more that must not be logged.
const GRANT: [&str; 4] = ["access_token", "token_type", "expires_in", "scope"];

/// `oauth` of a connection, as written: this server is a client of its own (client credentials).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OauthSpec {
    /// The client's name at the authorization server.
    pub client_id: Setting,
    /// The client's secret: `{ env = "NAME" }`.
    pub client_secret: Setting,
    /// What the token is asked for. Default: what the server says it needs.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Where tokens are fetched. Default: at the authorization server that the server names (RFC 9728, RFC 8414).
    pub token_url: Option<Setting>,
}

/// Why there is no token.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
struct NoToken(String);

/// The tokens of one connection.
pub(super) struct Tokens {
    client: (Secret, Secret),
    scopes: Vec<String>,
    /// `None`: it is discovered.
    token_url: Option<Url>,
    /// The address of the upstream.
    resource: Url,
    state: tokio::sync::Mutex<State>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

#[derive(Default)]
struct State {
    desk: Option<Desk>,
    token: Option<Token>,
    failed: Option<(Instant, NoToken)>,
}

/// Where tokens are fetched, once that is known.
struct Desk {
    manager: AuthorizationManager,
    config: ClientCredentialsConfig,
    token_url: String,
    door: Arc<Door>,
}

struct Token {
    text: String,
    renew: Option<Instant>,
    end: Option<Instant>,
}

impl Tokens {
    /// What must not be told: the secret, as it is and as it is sent, and the token of this moment.
    pub(super) fn secrets(&self) -> Vec<String> {
        let (id, secret) = (self.client.0.expose(), self.client.1.expose());
        let mut all = vec![secret.to_owned(), BASE64_STANDARD.encode(format!("{id}:{secret}"))];
        let state = self.state.try_lock();
        all.extend(state.ok().and_then(|state| state.token.as_ref().map(|token| token.text.clone())));
        all
    }

    /// Those of the connection with this address, if they are wanted.
    pub(super) fn compile(
        spec: Option<&OauthSpec>,
        url: &str,
        headers: &[(String, Secret)],
        around: &Surroundings<'_>,
    ) -> Result<Option<Arc<Self>>, Vec<SpecFault>> {
        let Some(spec) = spec else { return Ok(None) };
        let mut faults = Vec::new();
        let mut settle = |setting| around.resolve("oauth", setting).map_err(|fault| faults.push(fault)).ok();
        let client = settle(&spec.client_id).zip(settle(&spec.client_secret));
        let written = spec.token_url.as_ref().and_then(&mut settle);
        if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
            let message = "there is `oauth` too, which makes this header; keep one of the two";
            faults.push(SpecFault::new("headers", message));
        }
        let resource = Url::parse(url).ok();
        let token_url = written.as_ref().map(|text| Url::parse(text.expose()).ok());
        match (&token_url, &resource) {
            (Some(None), _) => {
                let help = "write it whole: token_url = \"https://example.com/oauth/token\"";
                faults.push(SpecFault::new("oauth", "`token_url` is no address").help(help));
            }
            (Some(Some(url)), _) if !is_guarded(url) => {
                let message = "the secret would go to `token_url` in the clear";
                faults.push(SpecFault::new("oauth", message).help("an address that begins with https://"));
            }
            (None, Some(url)) if !is_guarded(url) => {
                let message = "over plain http anybody on the way could name another authorization server";
                let help = "write `token_url`, or an `url` that begins with https://";
                faults.push(SpecFault::new("oauth", message).help(help));
            }
            _ => {}
        }
        match (client, resource) {
            (Some(client), Some(resource)) if faults.is_empty() => Ok(Some(Arc::new(Self {
                client,
                scopes: spec.scopes.clone(),
                token_url: token_url.flatten(),
                resource,
                state: tokio::sync::Mutex::default(),
            }))),
            _ => Err(faults),
        }
    }

    /// The header with a token that is good for a while; `None` if there is none.
    pub(super) async fn header(&self) -> Option<HeaderValue> {
        // Boxed: seldom more is done than to look for it.
        let token = Box::pin(self.token(None)).await.ok()?;
        let mut header = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// A token that is good for a while, other than `spent`. All who ask at once wait for the same one.
    async fn token(&self, spent: Option<&str>) -> Result<String, NoToken> {
        let mut state = self.state.lock().await;
        let is_good = |token: &&Token| {
            token.renew.is_none_or(|then| Instant::now() < then) && Some(token.text.as_str()) != spent
        };
        if let Some(token) = state.token.as_ref().filter(is_good) {
            return Ok(token.text.clone());
        }
        if let Some((_, why)) = state.failed.as_ref().filter(|(when, _)| when.elapsed() < REST) {
            return Err(why.clone());
        }
        let late =
            || NoToken(format!("the authorization server gave no token within {} s", PATIENCE.as_secs()));
        let fetched = tokio::time::timeout(PATIENCE, self.fetch(&mut state.desk)).await;
        match fetched.unwrap_or_else(|_| Err(late())) {
            Ok(token) => {
                let text = token.text.clone();
                (state.token, state.failed) = (Some(token), None);
                Ok(text)
            }
            Err(NoToken(why)) => {
                // A server may repeat what it was sent.
                let why = NoToken(plain(&why.replace(self.client.1.expose(), "***")));
                state.desk = None;
                let now = Instant::now();
                let is_alive = |token: &&mut Token| {
                    token.end.is_some_and(|end| now < end) && Some(token.text.as_str()) != spent
                };
                if let Some(token) = state.token.as_mut().filter(is_alive) {
                    tracing::warn!("a token cannot be renewed yet: {why}");
                    token.renew = Some(now + REST);
                    return Ok(token.text.clone());
                }
                (state.token, state.failed) = (None, Some((now, why.clone())));
                Err(why)
            }
        }
    }

    async fn fetch(&self, desk: &mut Option<Desk>) -> Result<Token, NoToken> {
        let desk = match desk {
            Some(desk) => desk,
            None => desk.insert(self.find().await?),
        };
        let asked = Instant::now();
        let granted = desk.manager.exchange_client_credentials(&desk.config).await;
        let granted = granted.map_err(|e| {
            let why = locked(&desk.door.refusal).take().unwrap_or_else(|| chain(&e));
            NoToken(format!("{why} (asked at {})", desk.token_url))
        })?;
        // A life that is longer than a clock can tell is none.
        let end = granted.expires_in().and_then(|life| asked.checked_add(life));
        let renew = end.map(|end| end - AHEAD.min((end - asked) / 2));
        Ok(Token { text: granted.access_token().secret().clone(), renew, end })
    }

    /// Finds the authorization server.
    async fn find(&self) -> Result<Desk, NoToken> {
        let lost = |e: &(dyn Error + 'static)| NoToken(format!("cannot ask for a token: {}", chain(e)));
        let is_local = |url: &Url| url.host_str().is_some_and(is_loopback);
        let door = Arc::new(Door::new(is_local(self.token_url.as_ref().unwrap_or(&self.resource)))?);
        let managed = AuthorizationManager::new_with_oauth_http_client(self.resource.clone(), door.clone());
        let mut manager = managed.await.map_err(|e| lost(&e))?;
        let (mut metadata, mut scopes) = (AuthorizationMetadata::default(), self.scopes.clone());
        if let Some(url) = &self.token_url {
            (metadata.token_endpoint, metadata.authorization_endpoint) = (url.to_string(), url.to_string());
        } else {
            let cure = "; write `token_url` to name it";
            let found = manager.resolve_metadata().await.map_err(|e| {
                let is_silent = matches!(e, AuthError::DiscoveryRequestFailed { .. });
                let cure = if is_silent { "" } else { cure };
                NoToken(format!("the authorization server is not found: {}{cure}", chain(&e)))
            })?;
            if !found.source.is_discovered() {
                let why = "the MCP server does not say which authorization server it trusts (RFC 9728)";
                return Err(NoToken(format!("{why}{cure}")));
            }
            metadata = found.metadata;
            if scopes.is_empty() {
                scopes = manager.select_initial_scopes(&[]).await;
            }
        }
        // What a server supports that does not say it (RFC 6749, 2.3.1; RFC 8414, 2). rmcp takes another.
        let methods = "token_endpoint_auth_methods_supported".to_owned();
        metadata.additional_fields.entry(methods).or_insert_with(|| json!(["client_secret_basic"]));
        let config = ClientCredentialsConfig::ClientSecret {
            client_id: self.client.0.expose().to_owned(),
            client_secret: self.client.1.expose().to_owned(),
            scopes,
            resource: Some(self.called(locked(&door.resource).take())),
        };
        let token_url = metadata.token_endpoint.clone();
        manager.set_metadata(metadata);
        manager.validate_client_credentials_metadata(&config).map_err(|e| lost(&e))?;
        manager.configure_client_credentials(&config).map_err(|e| lost(&e))?;
        Ok(Desk { manager, config, token_url, door })
    }

    /// What the upstream calls itself. A name that is not its own would get it a token that is good elsewhere.
    fn called(&self, named: Option<String>) -> String {
        let is_own = |name: &String| Url::parse(name).is_ok_and(|name| covers(&name, &self.resource));
        named.filter(is_own).unwrap_or_else(|| self.resource.to_string())
    }
}

/// Whether `whole` is an address that `part` is below: a server may call itself by it (RFC 9728, 7.3).
fn covers(whole: &Url, part: &Url) -> bool {
    let below = part.path().strip_prefix(whole.path());
    let is_below =
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || whole.path().ends_with('/'));
    whole.origin() == part.origin() && is_below
}

/// On one line, and bounded.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

/// Whether what is sent there is nobody else's to read.
fn is_guarded(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => url.host_str().is_some_and(is_loopback),
        _ => false,
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// The way to the authorization server, for rmcp.
struct Door {
    client: reqwest::Client,
    /// Servers on this machine may be asked: what leads there is on it, too.
    local: bool,
    /// Why the last request for a token was refused, in words.
    refusal: Mutex<Option<String>>,
    /// What the upstream calls itself.
    resource: Mutex<Option<String>>,
}

impl Door {
    fn new(local: bool) -> Result<Self, NoToken> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("toolface/", env!("CARGO_PKG_VERSION")))
            .timeout(ANSWER)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| NoToken(chain(&e)))?;
        Ok(Self { client, local, refusal: Mutex::default(), resource: Mutex::default() })
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, OAuthHttpClientError> {
        let mut request = reqwest::Request::try_from(request)?;
        let (url, is_exchange) = (request.url().clone(), request.method() == reqwest::Method::POST);
        let is_local = url.host_str().is_some_and(is_loopback);
        if !is_guarded(&url) || (is_local && !self.local) {
            return Err(
                format!("{url} is not asked: it must be https, and on this machine only if all is").into()
            );
        }
        if let Some(secret) = request.headers_mut().get_mut(AUTHORIZATION) {
            secret.set_sensitive(true);
        }
        let mut response = self.client.execute(request).await.map_err(reqwest::Error::without_url)?;
        let mut whole = HttpResponse::default();
        *whole.status_mut() = response.status();
        *whole.headers_mut() = response.headers().clone();
        while let Some(chunk) = response.chunk().await? {
            if whole.body().len() + chunk.len() > MAX_ANSWER {
                return Err(format!("the answer of {url} is larger than {MAX_ANSWER} bytes").into());
            }
            whole.body_mut().extend_from_slice(&chunk);
        }
        let said = serde_json::from_slice::<Map<String, Value>>(whole.body()).unwrap_or_default();
        if is_exchange {
            *whole.body_mut() = self.judge(whole.status().as_u16(), said);
        } else if said.contains_key("authorization_servers") {
            *locked(&self.resource) = said.get("resource").and_then(Value::as_str).map(str::to_owned);
        }
        Ok(whole)
    }

    /// Notes why there is no token, and leaves of the answer what is needed.
    fn judge(&self, status: u16, mut said: Map<String, Value>) -> Vec<u8> {
        *locked(&self.refusal) = match said.get("error").and_then(Value::as_str) {
            Some(code) => Some(refusal(code, said.get("error_description").and_then(Value::as_str))),
            None if said.contains_key("access_token") => None,
            None => {
                let cure = if status < 500 { "; check `token_url`" } else { "" };
                Some(format!("the authorization server answers {status} and no token{cure}"))
            }
        };
        if !said.contains_key("error") {
            said.retain(|name, _| GRANT.contains(&name.as_str()));
        }
        Value::Object(said).to_string().into_bytes()
    }
}

impl OAuthHttpClient for Door {
    fn execute(&self, asked: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        Box::pin(async move {
            let is_exchange = asked.request.method().as_str() == "POST";
            self.send(asked.request).await.inspect_err(|e| {
                if is_exchange {
                    let why = format!("the authorization server cannot be asked: {}", chain(e.as_ref()));
                    *locked(&self.refusal) = Some(why);
                }
            })
        })
    }
}

/// An error of an authorization server (RFC 6749, 5.2; RFC 8707, 2), with what mends it.
fn refusal(code: &str, description: Option<&str>) -> String {
    let description = description.map(|text| format!(" ({text})")).unwrap_or_default();
    let (what, cure) = match code {
        "invalid_client" => ("refuses the client", "check `client_id` and `client_secret`"),
        "unauthorized_client" | "unsupported_grant_type" => {
            ("gives this client no token by client credentials", "allow it there")
        }
        "invalid_scope" => ("does not grant these scopes", "check `scopes`"),
        "invalid_target" => ("does not know this MCP server", "check `url`, or make it known there"),
        _ => ("gives no token", "check `oauth`"),
    };
    format!("the authorization server {what}: {code}{description}; {cure}")
}

/// A client of an address, with a token on each request where there are tokens.
#[derive(Clone)]
pub(super) struct Bearer {
    pub(super) client: reqwest::Client,
    pub(super) tokens: Option<Arc<Tokens>>,
    /// What names the session of this moment.
    pub(super) named: Named,
}

/// The headers that name a session, and its revision; `None` before it begins.
pub(super) type Named = Arc<Mutex<Option<HeaderMap>>>;

type Outcome<T> = Result<T, StreamableHttpError<reqwest::Error>>;

impl Bearer {
    /// Notes how a session is named in a message of it: from then on it has begun.
    fn note(&self, session: Option<&str>, headers: &Headers) {
        let version = HeaderName::from_static("mcp-protocol-version");
        let Some(spoken) = headers.get(&version) else { return };
        let mut all = HeaderMap::from_iter([(version, spoken.clone())]);
        if let Some(Ok(session)) = session.map(HeaderValue::from_str) {
            all.insert("mcp-session-id", session);
        }
        *locked(&self.named) = Some(all);
    }

    /// Sends a request, and once more with another token if the first is refused.
    async fn send<T, F>(
        &self,
        given: Option<String>,
        request: impl Fn(Option<String>) -> F + Send + Sync,
    ) -> Outcome<T>
    where
        T: Send,
        F: Future<Output = Outcome<T>> + Send,
    {
        let Some(tokens) = &self.tokens else { return request(given).await };
        let first = tokens.token(None).await.map_err(|why| told(why.0))?;
        match request(Some(first.clone())).await {
            Err(e) if is_unauthorized(&e) => {}
            Err(StreamableHttpError::InsufficientScope(e)) => {
                return Err(told(too_little(e.required_scope.as_deref())));
            }
            other => return other,
        }
        let second = tokens.token(Some(&first)).await.map_err(|why| told(why.0))?;
        match request(Some(second)).await {
            Err(e) if is_unauthorized(&e) => {
                let why =
                    "the MCP server refuses a new token (401); check `oauth`, and which tokens it takes";
                Err(told(why.to_owned()))
            }
            Err(StreamableHttpError::InsufficientScope(e)) => {
                Err(told(too_little(e.required_scope.as_deref())))
            }
            other => other,
        }
    }
}

fn too_little(scope: Option<&str>) -> String {
    let scope = scope.map(|scope| format!(" and wants the scope `{}`", plain(scope))).unwrap_or_default();
    format!("the token is not enough for the MCP server (403){scope}; check `scopes` of `oauth`")
}

fn is_unauthorized(error: &StreamableHttpError<reqwest::Error>) -> bool {
    match error {
        StreamableHttpError::AuthRequired(_) => true,
        StreamableHttpError::Client(e) => e.status() == Some(reqwest::StatusCode::UNAUTHORIZED),
        // rmcp's words for an answer without `WWW-Authenticate`.
        StreamableHttpError::UnexpectedServerResponse(words) => words.starts_with("HTTP 401"),
        _ => false,
    }
}

fn told(words: String) -> StreamableHttpError<reqwest::Error> {
    StreamableHttpError::Auth(AuthError::OAuthError(words))
}

/// What was told here, without what others put around it.
pub(super) fn words(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(AuthError::OAuthError(words)) = error.downcast_ref() {
        return Some(words.clone());
    }
    match error.downcast_ref() {
        // These do not say that they have a source.
        Some(ClientInitializeError::TransportError { error, .. }) => words(error),
        Some(ClientInitializeError::LegacyFallbackFailed { discover, fallback }) => {
            words(discover.as_ref()).or_else(|| words(fallback.as_ref()))
        }
        _ => words(error.source()?),
    }
}

type Headers = HashMap<HeaderName, HeaderValue>;

/// All that has a limit is handed on with it: the client underneath keeps them.
impl StreamableHttpClient for Bearer {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
    ) -> Outcome<StreamableHttpPostResponse> {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session, token, headers, limits).await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Outcome<StreamableHttpPostResponse> {
        self.note(session.as_deref(), &headers);
        let post = |token| {
            let (uri, message, session, headers) =
                (uri.clone(), message.clone(), session.clone(), headers.clone());
            self.client.post_message_with_response_limits(uri, message, session, token, headers, limits)
        };
        self.send(token, post).await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        token: Option<String>,
        headers: Headers,
    ) -> Outcome<()> {
        let delete = |token| self.client.delete_session(uri.clone(), session.clone(), token, headers.clone());
        self.send(token, delete).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        token: Option<String>,
        headers: Headers,
    ) -> Outcome<BoxStream<'static, Result<Sse, SseError>>> {
        let most = StreamableHttpResponseLimits::default().max_sse_event_size;
        self.get_stream_with_max_sse_event_size(uri, session, last, token, headers, most).await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        token: Option<String>,
        headers: Headers,
        most: usize,
    ) -> Outcome<BoxStream<'static, Result<Sse, SseError>>> {
        let get = |token| {
            let (uri, session, last, headers) = (uri.clone(), session.clone(), last.clone(), headers.clone());
            self.client.get_stream_with_max_sse_event_size(uri, session, last, token, headers, most)
        };
        self.send(token, get).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_secret_may_go() {
        for (url, may) in [
            ("https://example.com/token", true),
            ("http://127.0.0.1:8080/token", true),
            ("http://localhost/token", true),
            ("http://[::1]/token", true),
            ("http://example.com/token", false),
            ("http://localhost.example.com/token", false),
            ("http://127.0.0.1.example.com/token", false),
            ("ftp://localhost/token", false),
        ] {
            assert_eq!(is_guarded(&Url::parse(url).unwrap()), may, "{url}");
        }
    }

    #[test]
    fn a_server_gets_no_token_for_another() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (whole, is_so) in [
            ("https://example.com/a/mcp", true),
            ("https://example.com/a", true),
            ("https://example.com/", true),
            ("https://example.com", true),
            ("https://example.com/a/mc", false),
            ("https://example.com/a/mcp/more", false),
            ("https://example.com:444/a/mcp", false),
            ("http://example.com/a/mcp", false),
            ("https://other.com/a/mcp", false),
        ] {
            assert_eq!(covers(&url(whole), &url("https://example.com/a/mcp")), is_so, "{whole}");
        }
    }

    #[tokio::test]
    async fn a_server_elsewhere_leads_to_no_server_on_this_machine_nor_out_of_https() {
        let door = Door::new(false).unwrap();
        for url in ["http://127.0.0.1:1/", "https://localhost:1/", "http://example.com/"] {
            let mut request = HttpRequest::default();
            *request.uri_mut() = url.parse().unwrap();
            let why = door.send(request).await.unwrap_err().to_string();
            assert!(why.contains("is not asked"), "{why}");
        }
    }

    #[test]
    fn only_the_token_is_kept_of_an_answer() {
        let door = Door::new(false).unwrap();
        let of = |said: Value| door.judge(200, said.as_object().cloned().unwrap());
        let kept = of(json!({"access_token": "a", "token_type": "Bearer", "id_token": "private"}));
        assert_eq!(kept, json!({"access_token": "a", "token_type": "Bearer"}).to_string().into_bytes());
        assert!(locked(&door.refusal).is_none());
        of(json!({"error": "invalid_client"}));
        let why = locked(&door.refusal).clone().unwrap();
        assert!(
            why.contains("refuses the client: invalid_client") && why.contains("`client_secret`"),
            "{why}"
        );
    }
}
