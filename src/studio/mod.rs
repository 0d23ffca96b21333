//! The studio: the page on which tools and widgets are seen, tried and edited.
//!
//! Owns its addresses below `/studio` and what they answer. It shows what the server does and does nothing another way:
//! calls go through [`crate::server::calls`], widgets through the catalog's own functions. It stands above the server,
//! which knows nothing of it.
//!
//! - [`access`]: who may. [`page`]: the page, and the pages of widgets in their frames.
//! - [`components`]: the table of components. [`project`]: everything at a glance. [`faults`]: what is wrong with it.
//! - [`tools`]: one tool, and calls of it. [`widgets`]: one widget. [`render`]: a widget while it is written.
//! - [`create`]: new ones. [`files`]: what may be written, and how.
//! - [`traffic`]: the last calls, and news. [`agents`]: what is made for agents.

pub mod access;
pub mod agents;
pub mod components;
pub mod create;
pub mod faults;
pub mod files;
pub mod page;
pub mod project;
pub mod render;
pub mod tools;
pub mod traffic;
pub mod widgets;

use std::sync::Arc;

use axum::Json;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::{Value, json};

use crate::server::Shared;
use access::Access;

/// Largest body taken, in bytes: a widget file may have 4 MB, and is sent as a JSON string.
const MAX_BODY: usize = 12 << 20;

/// What all requests need.
#[derive(Debug)]
pub struct Studio {
    /// What is served.
    shared: Arc<Shared>,
    access: Access,
    faults: faults::Cache,
    saving: tokio::sync::Mutex<()>,
}

/// The studio of a server that listens on `address`. `None`: the project says that there is none, or others could
/// reach it and no token keeps them out.
pub fn of(shared: &Arc<Shared>, address: std::net::SocketAddr) -> Option<axum::Router> {
    let catalog = shared.catalog();
    let token = catalog.studio_token.clone();
    if !is_offered(&catalog, address) {
        return None;
    }
    let studio = Arc::new(Studio {
        shared: shared.clone(),
        access: Access::new(token)?,
        faults: faults::Cache::default(),
        saving: tokio::sync::Mutex::default(),
    });
    Some(router(studio))
}

/// Whether a project has a studio where it listens.
pub fn is_offered(catalog: &crate::catalog::Catalog, address: std::net::SocketAddr) -> bool {
    catalog.studio.enabled && (catalog.studio_token.is_some() || crate::net::is_loopback(address))
}

fn router(studio: Arc<Studio>) -> axum::Router {
    let api = axum::Router::new()
        .route("/project", get(project::get))
        .route("/faults", get(faults::get))
        .route("/thumbnail/{widget}", get(project::thumbnail))
        .route("/thumbnails", post(project::thumbnails))
        .route("/tools/{name}", get(tools::get).put(tools::put))
        .route("/tools/{name}/run", post(tools::run))
        .route("/widgets/{name}", get(widgets::get).put(widgets::put))
        .route("/render", post(render::post))
        .route("/new/widget", post(create::widget))
        .route("/new/tool", post(create::tool))
        .route("/starters", get(create::starters))
        .route("/components", get(components::get))
        .route("/traffic", get(traffic::list).delete(traffic::clear))
        .route("/traffic/{id}", get(traffic::detail))
        .route("/events", get(traffic::events))
        .route("/seen", post(traffic::seen))
        .route("/agents", get(agents::get))
        .route("/agents/export/{target}", get(agents::export))
        .route("/{*other}", any(nothing))
        .layer(middleware::from_fn_with_state(studio.clone(), access::api))
        .layer(DefaultBodyLimit::max(MAX_BODY));
    let pages = axum::Router::new()
        .route("/studio", get(page::get))
        .route("/studio/", get(page::get))
        .route("/studio/view/{widget}", get(page::view))
        .route("/studio/{*path}", get(page::get))
        .layer(middleware::from_fn_with_state(studio.clone(), access::page));
    let here = middleware::from_fn_with_state(studio.clone(), access::here);
    axum::Router::new().nest("/studio/api", api).merge(pages).layer(here).with_state(studio)
}

/// What is answered at all other addresses of the API.
async fn nothing() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address")
}

/// Why a request is not answered.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    body: Value,
}

impl Refusal {
    /// With a sentence.
    pub fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, body: json!({"error": error.into()}) }
    }

    /// Nothing of this name.
    pub fn unknown(what: &str, name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no {what} `{}`", short(name)))
    }

    /// What was sent cannot be understood.
    pub fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// The same as a fault of a file.
    fn fault(&self, file: &str) -> Value {
        let said = |key: &str| self.body.get(key).cloned().unwrap_or_default();
        json!({"severity": "warning", "code": "states", "message": said("error"), "help": said("help"), "file": file})
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        self.with("help", Value::String(help.into()))
    }

    /// Adds something.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        if let Some(body) = self.body.as_object_mut() {
            body.insert(key.to_owned(), value);
        }
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

/// What is repeated of a name somebody sent.
fn short(name: &str) -> String {
    name.chars().take(80).collect()
}

/// What a request body says.
type Body<T> = Result<Json<T>, axum::extract::rejection::JsonRejection>;

/// Reads a body.
fn read<T>(body: Body<T>) -> Result<T, Refusal> {
    body.map(|Json(value)| value).map_err(|e| Refusal::new(e.status(), e.body_text()))
}

/// A moment in UTC.
fn moment(at: std::time::SystemTime) -> Option<String> {
    let at = time::OffsetDateTime::from(at);
    at.format(&time::format_description::well_known::Rfc3339).ok()
}

/// What came of the newest try to read the project.
fn state(state: &crate::live::State) -> Value {
    json!({"tries": state.tries, "ok": !state.faults.has_errors(), "changed": moment(state.changed)})
}

/// Milliseconds, to the microsecond.
fn milliseconds(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
