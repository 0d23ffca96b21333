//! The studio's page, and the pages of widgets in its frames.
//!
//! Owns the policies both are served with. The studio's page runs its own script and nothing else; a widget's page runs
//! in a sandbox of its own origin and cannot reach the studio.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::files::{self, Kind};
use super::{Refusal, Studio};
use crate::catalog::Catalog;
use crate::view;

/// The page, built from `web/studio`.
const PAGE: &str = include_str!("../../web/dist/studio.html");
/// Where it is told what it must know.
const PLACE: &str = "<!--toolface:studio-->";
/// How its one script begins.
const SCRIPT: &str = "<script type=\"module\"";
/// Stands in for what ChatGPT gives a page.
const STAND_IN: &str = include_str!("../../web/studio/host/standin.js");

/// `GET /studio` and every address below it that is nothing else: the page, which reads the address itself.
pub async fn get(State(studio): State<Arc<Studio>>) -> Response {
    let token = studio.access.token();
    // A script that is not this page's does not know the number.
    let nonce = token.get(..16).unwrap_or(token);
    let about = json!({"token": token, "base": "/studio"}).to_string();
    let meta = format!("<meta name=\"toolface-studio\" content='{about}'>");
    let script = format!("<script nonce=\"{nonce}\" type=\"module\"");
    let html = PAGE.replacen(PLACE, &meta, 1).replacen(SCRIPT, &script, 1);
    let images = images(&studio.shared.catalog());
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src 'self' data: {images}; \
         connect-src 'self'; frame-src 'self'; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    whole(html, policy)
}

/// `GET /studio/view/<widget>`: the page of a widget as a host loads it. `?host=chatgpt`: as ChatGPT does.
pub async fn view(
    State(studio): State<Arc<Studio>>,
    Path(widget): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let catalog = studio.shared.catalog();
    // One whose file has faults is edited too, and drawn by the last that worked.
    let there =
        catalog.widgets.contains_key(&widget) || files::read(&catalog.root, Kind::Widget, &widget)?.is_some();
    if !there {
        return Err(Refusal::unknown("widget", &widget));
    }
    let mut html = view::tried(&catalog, &widget).html();
    if query.is_some_and(|query| query.split('&').any(|part| part == "host=chatgpt")) {
        html = html.replacen("<head>", &format!("<head><script>{STAND_IN}</script>"), 1);
    }
    let images = images(&catalog);
    let policy = format!(
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
         img-src data: {images}; media-src data: {images}; connect-src 'none'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'"
    );
    Ok(whole(html, policy))
}

fn whole(html: String, policy: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, html).into_response()
}

/// Where pictures of the project may come from. `check` holds these to be origins; whatever else stands there is left
/// out, so that it cannot change the policy.
fn images(catalog: &Catalog) -> String {
    let own = catalog.tools.values().flat_map(|tool| &tool.view.image_domains);
    let all: BTreeSet<&String> = catalog.view.image_domains.iter().chain(own).collect();
    let plain = |domain: &&&String| {
        domain
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'/' | b'.' | b'-' | b'*' | b'_'))
    };
    all.iter().filter(plain).map(|domain| domain.as_str()).collect::<Vec<_>>().join(" ")
}
