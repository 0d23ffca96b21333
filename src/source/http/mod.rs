//! HTTP sources: one request to one API. The only door to `reqwest`.
//!
//! Owns the connection, and the bounds of a request. An argument can never change the host or climb the path: it fills one path
//! segment or one query value, percent-encoded, and `.`, `..` and empty segments are refused. Redirects are followed
//! on the same host only. The answer is JSON; its size and time are capped.

mod download;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{StatusCode, Url, redirect};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::pattern::{Body, Pattern, plain};
use super::{
    Caps, Connection, NotFound, Returns, SourceError, SourceErrorKind, Spec, SpecFault, Surroundings,
    unknown_arguments,
};
use crate::secret::{Secret, Setting};

pub use download::{Undelivered, absolute, download};

/// Redirects followed at most.
const MAX_REDIRECTS: usize = 5;
/// Largest file of certificates, in bytes.
const MAX_CERTIFICATES: u64 = 8 << 20;

/// An HTTP API, as written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpSpec {
    /// Base URL; request paths are put behind it. `https://api.example.com/v1`
    pub url: Setting,
    /// Headers of every request, e.g. `Authorization = { env = "API_TOKEN", prefix = "Bearer " }`.
    #[serde(default)]
    pub headers: BTreeMap<String, Setting>,
    /// Query parameters of every request, e.g. `key = { env = "API_KEY" }`.
    #[serde(default)]
    pub query: BTreeMap<String, Setting>,
    /// Milliseconds until a request is given up. Default 10000.
    pub timeout_ms: Option<u64>,
    /// PEM file with certificates to trust besides the system's, relative to the project.
    pub ca_file: Option<PathBuf>,
}

/// HTTP methods a tool can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "they are HTTP's own")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    fn wire(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Head => reqwest::Method::HEAD,
            Self::Post => reqwest::Method::POST,
            Self::Put => reqwest::Method::PUT,
            Self::Patch => reqwest::Method::PATCH,
            Self::Delete => reqwest::Method::DELETE,
        }
    }
}

/// An HTTP API, ready to be asked.
#[derive(Debug)]
pub struct Api {
    name: String,
    base: Url,
    headers: HeaderMap,
    query: Vec<(String, Secret)>,
    timeout: Duration,
    roots: Vec<reqwest::Certificate>,
    client: OnceLock<reqwest::Client>,
}

impl Api {
    pub(super) fn compile(
        name: &str,
        spec: &HttpSpec,
        around: &Surroundings<'_>,
    ) -> Result<Self, Vec<SpecFault>> {
        let mut faults = Vec::new();
        let base = around.resolve("url", &spec.url).and_then(|url| base_url(url.expose()));
        let headers = headers(&spec.headers, around);
        let mut query = Vec::new();
        for (name, setting) in &spec.query {
            let value = around.resolve("query", setting).map(|value| query.push((name.clone(), value)));
            faults.extend(value.err());
        }
        let read = |file: &PathBuf| around.files.read(&around.root.join(file), MAX_CERTIFICATES);
        let roots = match spec.ca_file.as_ref().map(|f| (f, read(f))) {
            None => Ok(Vec::new()),
            Some((_, Ok(pem))) => reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|e| SpecFault::new("ca_file", format!("this is no PEM file: {e}"))),
            Some((file, Err(e))) => {
                Err(SpecFault::new("ca_file", format!("cannot read {}: {e}", file.display())))
            }
        };
        let base = base.map_err(|f| faults.push(f));
        let headers = headers.map_err(|more| faults.extend(more));
        let roots = roots.map_err(|f| faults.push(f));
        let (Ok(base), Ok(headers), Ok(roots), true) = (base, headers, roots, faults.is_empty()) else {
            return Err(faults);
        };
        let timeout = Duration::from_millis(spec.timeout_ms.unwrap_or(10_000));
        Ok(Self { name: name.to_owned(), base, headers, query, timeout, roots, client: OnceLock::new() })
    }

    /// The client, made at the first request: reading the system's certificates takes a while.
    fn client(&self) -> Result<&reqwest::Client, SourceError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // More than one provider could be compiled in; both TLS users here want this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let same_host = redirect::Policy::custom(|attempt| {
            let first = attempt.previous().first();
            let stays = first.is_some_and(|from| {
                from.host() == attempt.url().host()
                    && from.port_or_known_default() == attempt.url().port_or_known_default()
                    && from.scheme() == attempt.url().scheme()
            });
            if stays && attempt.previous().len() <= MAX_REDIRECTS { attempt.follow() } else { attempt.stop() }
        });
        let mut builder = reqwest::Client::builder()
            .redirect(same_host)
            .user_agent(concat!("toolface/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.timeout)
            .pool_idle_timeout(Duration::from_secs(60));
        if !self.roots.is_empty() {
            builder = builder.tls_certs_merge(self.roots.iter().cloned());
        }
        let client = builder.build().map_err(SourceError::broken)?;
        Ok(self.client.get_or_init(|| client))
    }
}

fn base_url(text: &str) -> Result<Url, SpecFault> {
    let fault = |why: &str| SpecFault::new("url", why).help("write it whole: https://api.example.com/v1");
    let url: Url = text.parse().map_err(|_| fault("this is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(fault("only http and https URLs can be asked"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(fault("a base URL has no query and no fragment"));
    }
    Ok(url)
}

fn headers(spec: &BTreeMap<String, Setting>, around: &Surroundings<'_>) -> Result<HeaderMap, Vec<SpecFault>> {
    let mut map = HeaderMap::new();
    let mut faults = Vec::new();
    for (name, setting) in spec {
        let value = around.resolve("headers", setting).and_then(|secret| {
            HeaderValue::from_str(secret.expose()).map_err(|_| {
                SpecFault::new("headers", format!("the value of `{name}` cannot be sent in a header"))
            })
        });
        let name = HeaderName::try_from(name.as_str())
            .map_err(|_| SpecFault::new("headers", format!("`{name}` is no header name")));
        match (name, value) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                map.append(name, value);
            }
            (name, value) => faults.extend(name.err().into_iter().chain(value.err())),
        }
    }
    if faults.is_empty() { Ok(map) } else { Err(faults) }
}

type Headers = BTreeMap<String, Setting>;

/// The headers of a tool without arguments in them, and those with.
fn sorted_headers(all: &Headers, faults: &mut Vec<SpecFault>) -> (Headers, Vec<(HeaderName, Pattern)>) {
    let mut fixed = all.clone();
    let mut filled = Vec::new();
    for (name, setting) in all {
        let Setting::Plain(text) = setting else { continue };
        match Pattern::parse(text) {
            Err(e) => faults.push(SpecFault::new("headers", e)),
            Ok(pattern) if pattern.names().next().is_none() => {
                fixed.insert(name.clone(), Setting::Plain(pattern.fill(&Map::new(), false)));
            }
            Ok(pattern) => {
                if let Ok(valid) = HeaderName::try_from(name.as_str()) {
                    fixed.remove(name);
                    filled.push((valid, pattern));
                }
            }
        }
    }
    (fixed, filled)
}

/// One request of one tool.
#[derive(Debug)]
pub struct Request {
    connection: Arc<Connection>,
    method: Method,
    segments: Vec<Pattern>,
    query: Vec<(String, Pattern)>,
    headers: HeaderMap,
    /// Headers with arguments in them.
    filled: Vec<(HeaderName, Pattern)>,
    body: Option<Body>,
    returns: Option<Returns>,
    not_found: NotFound,
}

impl Request {
    pub(super) fn compile(
        spec: &Spec,
        connection: &Arc<Connection>,
        arguments: Option<&[&str]>,
        around: &Surroundings<'_>,
    ) -> Result<Self, Vec<SpecFault>> {
        let mut faults = Vec::new();
        let path = spec.path.as_deref().unwrap_or_default();
        if path.contains(['?', '#']) {
            faults.push(
                SpecFault::new("path", "a path has no `?` or `#`")
                    .help("put parameters under [source.query]"),
            );
        }
        let mut segments = Vec::new();
        for segment in path.split('/').filter(|s| !s.is_empty()) {
            match Pattern::parse(segment) {
                Ok(pattern) => segments.push(pattern),
                Err(e) => faults.push(SpecFault::new("path", e)),
            }
        }
        if path.split('/').any(is_climbing) {
            faults.push(SpecFault::new("path", "a path has no `.` or `..` segment"));
        }
        let mut query = Vec::new();
        for (name, text) in &spec.query {
            match Pattern::parse(text) {
                Ok(pattern) => query.push((name.clone(), pattern)),
                Err(e) => faults.push(SpecFault::new("query", e)),
            }
        }
        let body = spec.body.as_ref().map(Body::parse).transpose();
        let body = body.unwrap_or_else(|e| {
            faults.push(SpecFault::new("body", e));
            None
        });
        let mut in_body = Vec::new();
        body.iter().for_each(|b| b.names(&mut in_body));
        let unknown =
            |key, names: Vec<&str>| unknown_arguments(key, names.into_iter().map(|n| (n, None)), arguments);
        faults.extend(unknown("path", segments.iter().flat_map(Pattern::names).collect()));
        faults.extend(unknown("query", query.iter().flat_map(|(_, p)| p.names()).collect()));
        faults.extend(unknown("body", in_body));
        let (fixed, filled) = sorted_headers(&spec.headers, &mut faults);
        faults.extend(unknown("headers", filled.iter().flat_map(|(_, p)| p.names()).collect()));
        let headers = headers(&fixed, around).map_err(|more| faults.extend(more));
        let not_found = NotFound::compile(spec).map_err(|f| faults.push(f));
        let (Ok(headers), Ok(not_found), true) = (headers, not_found, faults.is_empty()) else {
            return Err(faults);
        };
        let method = spec.method.unwrap_or(if body.is_some() { Method::Post } else { Method::Get });
        let connection = connection.clone();
        Ok(Self {
            connection,
            method,
            segments,
            query,
            headers,
            filled,
            body,
            returns: spec.returns,
            not_found,
        })
    }

    /// The names of the arguments the request reads.
    pub fn arguments(&self) -> Vec<&str> {
        let patterns = self.segments.iter().chain(self.query.iter().map(|(_, pattern)| pattern));
        let patterns = patterns.chain(self.filled.iter().map(|(_, pattern)| pattern));
        let mut names: Vec<&str> = patterns.flat_map(Pattern::names).collect();
        self.body.iter().for_each(|body| body.names(&mut names));
        names
    }

    /// Whether the method may change something: all but GET and HEAD.
    pub fn writes(&self) -> bool {
        !matches!(self.method, Method::Get | Method::Head)
    }

    pub(super) async fn fetch(
        &self,
        arguments: &Map<String, Value>,
        caps: Caps,
    ) -> Result<Value, SourceError> {
        let Connection::Http(api) = self.connection.as_ref() else {
            return Err(SourceError::broken("the connection is no HTTP API"));
        };
        let url = self.url(api, arguments)?;
        let left = caps.deadline.saturating_duration_since(Instant::now()).min(api.timeout);
        let mut request = api
            .client()?
            .request(self.method.wire(), url)
            .headers(api.headers.clone())
            .headers(self.headers.clone())
            .headers(self.filled(arguments)?)
            .header(reqwest::header::ACCEPT, "application/json")
            .timeout(left);
        if let Some(body) = &self.body {
            let body = body.fill(arguments).unwrap_or(Value::Null).to_string();
            request = request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body);
        }
        let response = request.send().await.map_err(|e| unreachable_api(api, &e))?;
        self.read(api, response, arguments, caps).await
    }

    /// The headers with arguments in them; one whose argument is absent is left out.
    fn filled(&self, arguments: &Map<String, Value>) -> Result<HeaderMap, SourceError> {
        let mut headers = HeaderMap::new();
        for (name, pattern) in &self.filled {
            if pattern.alone().is_some_and(|name| arguments.get(name).is_none_or(Value::is_null)) {
                continue;
            }
            let value = HeaderValue::from_str(&pattern.fill(arguments, false)).map_err(|_| {
                let argument = pattern.names().next().unwrap_or("header");
                let message = format!("The argument `{argument}` has characters that a header cannot have.");
                SourceError::new(SourceErrorKind::Refused, message)
            })?;
            headers.append(name, value);
        }
        Ok(headers)
    }

    fn url(&self, api: &Api, arguments: &Map<String, Value>) -> Result<Url, SourceError> {
        let mut path = api.base.path().trim_end_matches('/').to_owned();
        for segment in &self.segments {
            let filled = segment.fill(arguments, true);
            if is_climbing(&filled) || filled.is_empty() {
                let name = segment.names().next().unwrap_or("path");
                let message = format!("The argument `{name}` must not be empty, `.` or `..`.");
                return Err(SourceError::new(SourceErrorKind::Refused, message));
            }
            path.push('/');
            path.push_str(&filled);
        }
        let mut url = api.base.clone();
        url.set_path(&path);
        for (name, value) in &api.query {
            url.query_pairs_mut().append_pair(name, value.expose());
        }
        for (name, pattern) in &self.query {
            match pattern.alone().map(|n| arguments.get(n).unwrap_or(&Value::Null)) {
                Some(Value::Null) => {}
                Some(Value::Array(items)) => {
                    url.query_pairs_mut().extend_pairs(items.iter().map(|item| (name, plain(item))));
                }
                _ => drop(url.query_pairs_mut().append_pair(name, &pattern.fill(arguments, false))),
            }
        }
        Ok(url)
    }

    async fn read(
        &self,
        api: &Api,
        mut response: reqwest::Response,
        arguments: &Map<String, Value>,
        caps: Caps,
    ) -> Result<Value, SourceError> {
        let status = response.status();
        if status == StatusCode::NOT_FOUND || status == StatusCode::GONE {
            return Err(self.not_found.error(arguments));
        }
        if !status.is_success() {
            return Err(refused(api, &response));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| unreachable_api(api, &e))? {
            if body.len() + chunk.len() > caps.bytes {
                return Err(SourceError::too_many_bytes(caps.bytes));
            }
            body.extend_from_slice(&chunk);
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Object(Map::new()));
        }
        let data: Value = serde_json::from_slice(&body).map_err(|e| {
            let message = format!("The service `{}` answered with something that is not JSON.", api.name);
            SourceError::new(SourceErrorKind::Unavailable, message).detail(e)
        })?;
        match (self.returns, data) {
            (Some(Returns::One), Value::Array(items)) => {
                items.into_iter().next().ok_or_else(|| self.not_found.error(arguments))
            }
            (Some(Returns::One), Value::Null) => Err(self.not_found.error(arguments)),
            (Some(Returns::Many), Value::Array(items)) if items.len() > caps.rows => {
                Err(SourceError::too_many_rows(caps.rows))
            }
            (_, data) => Ok(data),
        }
    }
}

fn is_climbing(segment: &str) -> bool {
    // A URL parser takes `%2e` for a dot too.
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

fn unreachable_api(api: &Api, error: &reqwest::Error) -> SourceError {
    if error.is_timeout() {
        return SourceError::timeout(&format!("The service `{}`", api.name)).detail(Causes(error));
    }
    let message = format!("The service `{}` cannot be reached right now. Try again later.", api.name);
    SourceError::new(SourceErrorKind::Unavailable, message).detail(Causes(error))
}

/// An error with everything that led to it, without the URL (it holds arguments).
struct Causes<'a>(&'a reqwest::Error);

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut next = std::error::Error::source(self.0);
        write!(f, "{}", if self.0.is_connect() { "connection failed" } else { "request failed" })?;
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}

/// A status that is no success, as a sentence for the model.
fn refused(api: &Api, response: &reqwest::Response) -> SourceError {
    let status = response.status();
    let name = &api.name;
    let shown = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let (kind, message) = match status.as_u16() {
        300..=399 => (
            SourceErrorKind::Broken,
            format!(
                "The service `{name}` wants to send this request elsewhere ({shown}); that is not followed."
            ),
        ),
        400 | 409 | 422 => (
            SourceErrorKind::Refused,
            format!("The service `{name}` refused these arguments ({shown}). Change them."),
        ),
        401 | 403 => {
            let message = format!(
                "The service `{name}` does not let this server in ({shown}). Other arguments will not help; its operator must renew the access."
            );
            (SourceErrorKind::Unavailable, message)
        }
        429 => {
            let after = response.headers().get(reqwest::header::RETRY_AFTER).and_then(|v| v.to_str().ok());
            let wait = after.map_or_else(
                || "a while".to_owned(),
                |s| {
                    if s.bytes().all(|b| b.is_ascii_digit()) {
                        format!("{s} seconds")
                    } else {
                        "a while".to_owned()
                    }
                },
            );
            (
                SourceErrorKind::Unavailable,
                format!("The service `{name}` is asked too often. Try again in {wait}."),
            )
        }
        500..=599 => (
            SourceErrorKind::Unavailable,
            format!("The service `{name}` has a fault of its own ({shown}). Try again later."),
        ),
        _ => (SourceErrorKind::Refused, format!("The service `{name}` answered {shown}.")),
    };
    SourceError::new(kind, message).detail(format!("HTTP {shown}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(path: &str) -> (Request, Arc<Connection>) {
        let env = |_: &str| None;
        let around = Surroundings {
            root: std::path::Path::new("."),
            env: &env,
            call_timeout: Duration::from_secs(1),
            files: &crate::source::files::Files::default(),
        };
        let spec = HttpSpec {
            url: Setting::Plain("https://api.example.com/v1".into()),
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
            timeout_ms: None,
            ca_file: None,
        };
        let api = Arc::new(Connection::Http(Api::compile("api", &spec, &around).unwrap()));
        let spec = Spec {
            path: Some(path.into()),
            query: BTreeMap::from([("q".into(), "{q}".into()), ("v".into(), "v{id}".into())]),
            ..Spec::default()
        };
        (Request::compile(&spec, &api, Some(&["id", "q"]), &around).unwrap(), api)
    }

    fn url(path: &str, arguments: Value) -> Result<String, String> {
        let (request, connection) = request(path);
        let Connection::Http(api) = connection.as_ref() else { panic!() };
        let Value::Object(arguments) = arguments else { panic!() };
        request.url(api, &arguments).map(|u| u.to_string()).map_err(|e| e.message)
    }

    #[test]
    fn arguments_fill_one_segment_or_value_and_no_more() {
        assert_eq!(
            url("/orders/{id}/items", json!({"id": "a/b?c#d é", "q": ["x&y", 2]})).unwrap(),
            "https://api.example.com/v1/orders/a%2Fb%3Fc%23d%20%C3%A9/items?q=x%26y&q=2&v=va%2Fb%3Fc%23d+%C3%A9"
        );
        assert_eq!(url("o/{id}", json!({"id": 7})).unwrap(), "https://api.example.com/v1/o/7?v=v7");
        assert_eq!(
            url("o/{id}", json!({"id": "//evil.example"})).unwrap(),
            "https://api.example.com/v1/o/%2F%2Fevil.example?v=v%2F%2Fevil.example"
        );
    }

    #[test]
    fn climbing_is_refused() {
        for id in ["..", ".", "", "%2e%2e", "%2E."] {
            let outcome = url("o/{id}/x", json!({ "id": id }));
            match outcome {
                Err(message) => assert!(message.contains("`id`"), "{message}"),
                // A percent sign is encoded itself, so these are names, not dots.
                Ok(url) => assert!(url.contains("/v1/o/%252"), "{url}"),
            }
        }
    }
}
