//! A document fetched once, for commands; no call of a tool comes here.
//!
//! Owns its bounds: so many bytes, so much time.

use std::time::Duration;

use reqwest::Url;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum Undelivered {
    /// It cannot be reached, or says no.
    #[error("cannot fetch it: {0}")]
    Unreachable(String),
    /// It is too large.
    #[error("it is larger than {} MB", .0 / 1_000_000)]
    TooLarge(usize),
    /// It is no text.
    #[error("it is no UTF-8 text")]
    NoText,
}

/// The text at an `http` or `https` address, up to `most` bytes.
///
/// # Errors
/// It cannot be had, or is no text of that size.
pub async fn download(address: &str, most: usize) -> Result<String, Undelivered> {
    let told = |e: reqwest::Error| Undelivered::Unreachable(super::Causes(&e).to_string());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .user_agent(concat!("toolface/", env!("CARGO_PKG_VERSION")))
        .timeout(PATIENCE)
        .build()
        .map_err(told)?;
    let url: Url = address.parse().map_err(|_| Undelivered::Unreachable("this is no URL".to_owned()))?;
    let mut response = client.get(url).send().await.map_err(told)?;
    if !response.status().is_success() {
        return Err(Undelivered::Unreachable(format!("the server answers {}", response.status())));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(told)? {
        if body.len() + chunk.len() > most {
            return Err(Undelivered::TooLarge(most));
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| Undelivered::NoText)
}

/// An address made whole by where the document that names it was fetched. `None`: it is not one to be asked.
pub fn absolute(address: &str, fetched: Option<&str>) -> Option<String> {
    let base = fetched.and_then(|at| Url::parse(at).ok());
    let mut url = Url::options().base_url(base.as_ref()).parse(address).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    Some(url.as_str().trim_end_matches('/').to_owned())
}
