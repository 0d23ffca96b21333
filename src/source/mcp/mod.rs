//! MCP connections: another MCP server, an *upstream*, whose tools are bound to widgets here, or pass through.
//!
//! Owns what is kept of an upstream ([`upstream`]): one [`client`] for all calls ([`direct`] is the short way past rmcp,
//! [`face`] what the upstream sees of us), and what it offers ([`offer`]). [`call`] is what one tool asks of it, [`passed`]
//! what passes through and under which names ([`address`]); [`underway`] is where its questions and its progress go,
//! [`visits`] one odd question, [`care`] what is done between calls, [`oauth`] where tokens come from. Clients live in a
//! runtime of their own, so that a project can be loaded with what they offer and calls go on over the same client.

mod address;
mod call;
mod care;
mod client;
mod direct;
mod face;
mod oauth;
mod offer;
mod passed;
mod underway;
mod upstream;
mod visits;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Notify;

pub use self::call::Call;
pub(crate) use self::call::offered;
pub use self::client::TOLD_HERE;
use self::client::{Asked, Lost};
pub use self::oauth::OauthSpec;
pub use self::offer::{Definition, Offer};
pub use self::passed::{Passed, Refusal};
pub use self::underway::{forget, waits};
pub use self::upstream::Upstream;
use super::input::InputRequired;
use crate::secret::Setting;

/// How long a load waits for upstreams, all together.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// How long is waited for one that is all that matters; it may have to be installed first.
pub const MUCH_PATIENCE: Duration = Duration::from_secs(90);
/// The longest wait between two tries to reach an upstream.
const MOST: Duration = Duration::from_secs(60);
/// The extension by which clients say that they draw views (MCP Apps).
const VIEWS: &str = "io.modelcontextprotocol/ui";

/// An MCP server, as written: a program or an address.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct McpSpec {
    /// A program that speaks MCP on its standard streams: `["npx", "-y", "server"]`. No shell reads it.
    pub command: Option<Vec<String>>,
    /// The folder the program runs in, relative to the project. Default: the project's folder.
    pub dir: Option<PathBuf>,
    /// Variables of the program's environment, besides `PATH`, `HOME` and `LANG`; it gets no others.
    #[serde(default)]
    pub env: BTreeMap<String, Setting>,
    /// The address of a server (Streamable HTTP).
    pub url: Option<Setting>,
    /// HTTP headers, e.g. `Authorization`.
    #[serde(default)]
    pub headers: BTreeMap<String, Setting>,
    /// OAuth 2, where a token of its own is fetched for this server (client credentials).
    pub oauth: Option<Box<OauthSpec>>,
    /// The revision of MCP that is spoken with it. Default: the newest that it speaks. For servers that can ask their client
    /// something only at an older one.
    pub revision: Option<Revision>,
    /// What of it clients see: what tool files bind, or all it offers.
    #[serde(default)]
    pub expose: Expose,
    /// `expose = "all"`: what the names of its tools and prompts begin with here. Default: the connection's name and
    /// `_`.
    pub prefix: Option<String>,
    /// How often it is asked whether it is there, in milliseconds; 0 is never. One that does not answer is begun anew.
    #[serde(default = "half_a_minute")]
    pub health_ms: u64,
}

fn half_a_minute() -> u64 {
    30_000
}

/// A revision of MCP to be spoken with an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Revision {
    /// Requests that say everything themselves.
    #[serde(rename = "2026-07-28")]
    Modern,
    /// Sessions; or the newest before it that the server speaks.
    #[serde(rename = "2025-11-25")]
    Legacy,
}

/// What of an upstream clients see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Expose {
    /// The tools that tool files bind.
    #[default]
    Bound,
    /// These, and all else it offers, as it is: tools, resources, prompts, completions, views.
    All,
}

/// What an upstream answers to a request.
#[derive(Debug)]
pub(crate) enum Reply {
    /// Its result.
    Result(Value),
    /// That it needs something of the caller first.
    InputRequired(InputRequired),
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every upstream there is.
static ALL: Mutex<Vec<Weak<Upstream>>> = Mutex::new(Vec::new());

/// Where all clients live.
fn runtime() -> Option<&'static Runtime> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let build = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).thread_name("upstreams").enable_all().build().ok()
    };
    RUNTIME.get_or_init(build).as_ref()
}

/// The same, to be worked in.
fn home() -> Result<&'static Handle, Lost> {
    runtime().map(Runtime::handle).ok_or_else(|| Lost::Unreachable("there are no threads left".to_owned()))
}

fn news() -> &'static Notify {
    static NEWS: Notify = Notify::const_new();
    &NEWS
}

/// Waits until an upstream offers something else than before.
pub async fn changed() {
    news().notified().await;
}

/// Leaves all upstreams, when the server stops: their programs may end by themselves.
pub async fn leave() {
    let upstreams: Vec<_> = locked(&ALL).drain(..).filter_map(|one| one.upgrade()).collect();
    let Some(runtime) = runtime().filter(|_| !upstreams.is_empty()) else { return };
    let leaving: Vec<_> =
        upstreams.into_iter().map(|upstream| runtime.spawn(async move { upstream.part().await })).collect();
    for one in leaving {
        let _ = one.await;
    }
}

/// Fetches what these upstreams offer, all at once, unless it is known. One that is not there in time is tried again in
/// the background, and not waited for any more. Blocks: loading a project does.
pub fn prepare(upstreams: &[&Arc<Upstream>], patience: Duration) {
    let Some(runtime) = runtime() else { return };
    let (tell, told) = std::sync::mpsc::channel();
    let mut waiting = 0_usize;
    let is_new = |upstream: &&&Arc<Upstream>| {
        upstream.offered().is_none() && !upstream.retrying.load(Ordering::Relaxed)
    };
    for upstream in upstreams.iter().filter(is_new) {
        let (upstream, tell) = (Arc::clone(upstream), tell.clone());
        let mut all = locked(&ALL);
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(&upstream));
        waiting += 1;
        runtime.spawn(async move {
            let reached = upstream.fetch().await;
            if let Err(why) = &reached {
                upstream.troubled(why);
                care::retry(&upstream);
            }
            if tell.send(()).is_err() && reached.is_ok() {
                tracing::info!(connection = upstream.name(), "the MCP server is there now");
                news().notify_one();
            }
        });
    }
    let end = Instant::now() + patience;
    while waiting > 0 && told.recv_timeout(end.saturating_duration_since(Instant::now())).is_ok() {
        waiting -= 1;
    }
    for upstream in upstreams.iter().filter(|one| waiting > 0 && is_new(one) && one.trouble().is_none()) {
        tracing::warn!(
            connection = upstream.name(),
            "the MCP server has not answered in {} s",
            patience.as_secs()
        );
    }
}

/// Asks a tool of an upstream outside of a project's tools. Blocks.
///
/// # Errors
/// Why there is no result.
pub fn sample(upstream: &Arc<Upstream>, tool: &str, arguments: Map<String, Value>) -> Result<Value, String> {
    let runtime = runtime().ok_or("there are no threads left")?;
    let params = Map::from_iter([
        ("name".to_owned(), Value::from(tool)),
        ("arguments".to_owned(), Value::Object(arguments)),
    ]);
    let asked = async {
        let client = upstream.client().await?;
        client.ask(runtime.handle(), "tools/call", params, Asked::default()).await
    };
    match runtime.block_on(async { tokio::time::timeout(offer::LISTING, asked).await }) {
        Err(_) => Err("it did not answer in time".to_owned()),
        Ok(Err(why)) => Err(why.to_string()),
        Ok(Ok(result)) => call::data(result).map_err(|e| e.message),
    }
}
