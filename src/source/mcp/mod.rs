//! MCP connections: another MCP server, an *upstream*, whose tools are bound to widgets here.
//!
//! Owns what is kept of an upstream: one client ([`client`]) for all calls, begun on first use and again after it
//! broke, and the definitions of its tools. [`call`] is what one tool asks of it, [`oauth`] where its tokens come from.
//! Clients live in a runtime of their own, so that definitions can be fetched while a project is loaded and calls go on
//! over the same client.

mod call;
mod client;
mod oauth;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

pub use self::call::Call;
pub(crate) use self::call::offered;
use self::client::{Client, Lost, Target};
pub use self::oauth::OauthSpec;
use self::oauth::Tokens;
use super::{SpecFault, Surroundings, process};
use crate::secret::Setting;

/// How long a load waits for upstreams, all together.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long one answer about what an upstream offers may take.
const LISTING: Duration = Duration::from_secs(15);
/// The longest wait between two tries to reach an upstream.
const MOST: Duration = Duration::from_secs(60);

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
    pub oauth: Option<OauthSpec>,
}

/// A tool as its server lists it.
#[derive(Debug, Clone)]
pub struct Definition(Value);

impl Definition {
    /// Its name.
    pub fn name(&self) -> &str {
        self.0.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// Name for people.
    pub fn title(&self) -> Option<&str> {
        let title = self.0.get("title").or_else(|| self.0.pointer("/annotations/title"));
        title.and_then(Value::as_str).filter(|title| !title.is_empty())
    }

    /// What the model reads.
    pub fn description(&self) -> Option<&str> {
        self.0.get("description").and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    }

    /// The schema of its arguments.
    pub fn input(&self) -> Value {
        self.0.get("inputSchema").cloned().unwrap_or_else(|| json!({"type": "object"}))
    }

    /// The schema of its structured results.
    pub fn output(&self) -> Option<&Value> {
        self.0.get("outputSchema")
    }

    /// One of its hints, e.g. `readOnlyHint`.
    pub fn hint(&self, name: &str) -> Option<bool> {
        self.0.get("annotations")?.get(name)?.as_bool()
    }
}

/// An upstream.
#[derive(Debug)]
pub struct Upstream {
    name: String,
    target: Target,
    client: tokio::sync::Mutex<State>,
    offered: Mutex<Option<Arc<Vec<Definition>>>>,
    version: AtomicU64,
    trouble: Mutex<Option<String>>,
}

#[derive(Debug, Default)]
struct State {
    client: Option<Arc<Client>>,
    failures: u32,
    not_before: Option<Instant>,
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

fn news() -> &'static Notify {
    static NEWS: Notify = Notify::const_new();
    &NEWS
}

/// Waits until an upstream offers other tools than before.
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

impl Upstream {
    pub(super) fn compile(
        name: &str,
        spec: &McpSpec,
        around: &Surroundings<'_>,
    ) -> Result<Arc<Self>, Vec<SpecFault>> {
        let mut faults = Vec::new();
        let mut settle = |key, settings: &BTreeMap<String, Setting>| {
            let mut settled = Vec::new();
            for (name, setting) in settings {
                match around.resolve(key, setting) {
                    Ok(value) => settled.push((name.clone(), value)),
                    Err(fault) => faults.push(fault),
                }
            }
            settled
        };
        let (env, headers) = (settle("env", &spec.env), settle("headers", &spec.headers));
        let target = match (&spec.command, &spec.url) {
            (Some(command), None) => program(name, spec, command, env, around),
            (None, Some(url)) if spec.dir.is_some() || !spec.env.is_empty() => {
                let _ = url;
                Err(SpecFault::new("url", "`dir` and `env` are for a program, and this is an address"))
            }
            (None, Some(url)) => around.resolve("url", url).and_then(|url| {
                let whole = super::http::absolute(url.expose(), None);
                let help = "write it whole: https://example.com/mcp";
                let url = whole.ok_or_else(|| SpecFault::new("url", "this is no address").help(help))?;
                let tokens = Tokens::compile(spec.oauth.as_ref(), &url, &headers, around);
                let tokens = tokens.map_err(|more| faults.extend(more)).unwrap_or_default();
                Ok(Target::Http { url, headers, tokens })
            }),
            (Some(_), Some(_)) => Err(SpecFault::new("url", "there is a `command` too; keep one of the two")),
            (None, None) => Err(SpecFault::new("kind", "neither a program nor an address is named")
                .help("write command = [\"npx\", \"-y\", \"…\"] or url = \"https://…\"")),
        };
        match target {
            Ok(target) if faults.is_empty() => {
                let upstream = Arc::new(Self {
                    name: name.to_owned(),
                    target,
                    client: tokio::sync::Mutex::default(),
                    offered: Mutex::default(),
                    version: AtomicU64::new(0),
                    trouble: Mutex::default(),
                });
                let mut all = locked(&ALL);
                all.retain(|one| one.strong_count() > 0);
                all.push(Arc::downgrade(&upstream));
                Ok(upstream)
            }
            Ok(_) => Err(faults),
            Err(fault) => {
                faults.push(fault);
                Err(faults)
            }
        }
    }

    /// The connection's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Counts the changes of what it offers.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    /// Its tools; `None` as long as it was not reached.
    pub fn offered(&self) -> Option<Arc<Vec<Definition>>> {
        locked(&self.offered).clone()
    }

    /// Why it was not reached.
    pub fn trouble(&self) -> Option<String> {
        locked(&self.trouble).clone()
    }

    /// The client, begun if there is none.
    async fn client(self: &Arc<Self>) -> Result<Arc<Client>, Lost> {
        let mut state = self.client.lock().await;
        if let Some(client) = state.client.as_ref().filter(|client| client.is_open()) {
            return Ok(client.clone());
        }
        state.client = None;
        if let Some(wait) = state.not_before.and_then(|then| then.checked_duration_since(Instant::now())) {
            let why = self.trouble().unwrap_or_default();
            let message = format!("{why}; the next try is in {} s", wait.as_secs() + 1);
            return Err(Lost::Unreachable(message));
        }
        match Client::open(&self.target, Arc::downgrade(self)).await {
            Ok(client) => {
                let client = Arc::new(client);
                *state = State { client: Some(client.clone()), ..State::default() };
                *locked(&self.trouble) = None;
                Ok(client)
            }
            Err(why) => {
                let wait = Duration::from_millis(500).saturating_mul(1 << state.failures.min(7)).min(MOST);
                state.failures += 1;
                state.not_before = Some(Instant::now() + wait);
                tracing::warn!(connection = %self.name, "cannot reach the MCP server: {why}");
                *locked(&self.trouble) = Some(why.to_string());
                Err(why)
            }
        }
    }

    /// Ends the client. One that is still being begun, or asked, ends with the process.
    async fn part(&self) {
        let Ok(mut state) = self.client.try_lock() else { return };
        if let Some(client) = state.client.take().and_then(Arc::into_inner) {
            client.leave().await;
        }
    }

    /// Sends a request and waits for its result, for as long as the caller waits; then it is cancelled. Runs where the
    /// clients live.
    async fn ask(self: &Arc<Self>, method: &'static str, params: Value) -> Result<Value, Lost> {
        let runtime = runtime().ok_or_else(|| Lost::Unreachable("there are no threads left".into()))?;
        let upstream = self.clone();
        let asked = runtime.spawn(async move { upstream.client().await });
        let client = asked.await.map_err(|e| Lost::Unreachable(e.to_string()))??;
        client.ask(runtime.handle(), method, params).await
    }

    /// Fetches what it offers.
    async fn fetch(self: &Arc<Self>) -> Result<(), Lost> {
        let mut tools = Vec::new();
        let mut params = json!({});
        for _ in 0..100 {
            let asked = tokio::time::timeout(LISTING, self.ask("tools/list", params)).await;
            let mut page =
                asked.map_err(|_| Lost::Unreachable("it did not list its tools in time".into()))??;
            if let Some(Value::Array(more)) = page.get_mut("tools").map(Value::take) {
                tools.extend(more.into_iter().map(Definition));
            }
            match page.get("nextCursor").and_then(Value::as_str) {
                Some(cursor) => params = json!({ "cursor": cursor }),
                None => break,
            }
        }
        let fresh = Arc::new(tools);
        let mut offered = locked(&self.offered);
        let same = offered.as_ref().is_some_and(|before| {
            before.len() == fresh.len() && before.iter().zip(fresh.iter()).all(|(a, b)| a.0 == b.0)
        });
        if !same {
            *offered = Some(fresh);
            self.version.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Fetches what it offers again, in the background.
    fn look_again(self: Arc<Self>) {
        // Boxed: what is awaited there leads back to the client whose word this is.
        let work: std::pin::Pin<Box<dyn Future<Output = bool> + Send>> =
            Box::pin(async move { self.refresh().await });
        tokio::spawn(work);
    }

    /// Fetches what it offers again, and tells it.
    async fn refresh(self: &Arc<Self>) -> bool {
        let (before, is_new) = (self.version(), self.offered().is_none());
        let reached = self.fetch().await;
        if let Err(why) = &reached {
            *locked(&self.trouble) = Some(why.to_string());
        }
        if self.version() != before {
            let told =
                if is_new { "the MCP server is there now" } else { "the MCP server offers other tools now" };
            tracing::info!(connection = %self.name, "{told}");
            news().notify_one();
        }
        reached.is_ok()
    }
}

fn program(
    name: &str,
    spec: &McpSpec,
    command: &[String],
    env: Vec<(String, crate::secret::Secret)>,
    around: &Surroundings<'_>,
) -> Result<Target, SpecFault> {
    if !spec.headers.is_empty() {
        return Err(SpecFault::new("headers", "`headers` are for an address, and this is a program"));
    }
    if spec.oauth.is_some() {
        return Err(SpecFault::new("oauth", "`oauth` is for an address, and this is a program"));
    }
    let dir = spec.dir.as_ref().map_or_else(|| around.root.to_owned(), |dir| around.root.join(dir));
    if !dir.is_dir() {
        return Err(SpecFault::new("dir", format!("there is no folder {}", dir.display())));
    }
    let nul = |text: &str| text.contains('\0');
    if command.iter().any(|part| nul(part)) || env.iter().any(|(n, v)| nul(n) || nul(v.expose())) {
        return Err(SpecFault::new("command", "a NUL byte cannot be given to a program"));
    }
    if let Some((name, _)) = env.iter().find(|(name, _)| name.is_empty() || name.contains('=')) {
        return Err(SpecFault::new("env", format!("`{name}` is no name of a variable")));
    }
    let Some((program, args)) = command.split_first().filter(|(program, _)| !program.is_empty()) else {
        let help = "write it: command = [\"npx\", \"-y\", \"…\"]";
        return Err(SpecFault::new("command", "no program is named").help(help));
    };
    Ok(Target::Program(process::Spec {
        name: name.to_owned(),
        program: program.into(),
        args: args.iter().map(OsString::from).collect(),
        given: env.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        dir: Some(dir),
        ..process::Spec::default()
    }))
}

/// Fetches what these upstreams offer, all at once, unless it is known. One that is not there in time is tried again in
/// the background. Blocks: loading a project does.
pub fn prepare(upstreams: &[&Arc<Upstream>]) {
    let Some(runtime) = runtime() else { return };
    let (tell, told) = std::sync::mpsc::channel();
    let mut waiting = 0_usize;
    for upstream in upstreams.iter().filter(|upstream| upstream.offered().is_none()) {
        let (upstream, tell) = (Arc::clone(upstream), tell.clone());
        waiting += 1;
        runtime.spawn(async move {
            let reached = upstream.fetch().await;
            if let Err(why) = &reached {
                *locked(&upstream.trouble) = Some(why.to_string());
            }
            let late = tell.send(()).is_err();
            match reached {
                Ok(()) if late => news().notify_one(),
                Ok(()) => {}
                Err(_) => try_again(Arc::downgrade(&upstream)).await,
            }
        });
    }
    let end = Instant::now() + PATIENCE;
    while waiting > 0 && told.recv_timeout(end.saturating_duration_since(Instant::now())).is_ok() {
        waiting -= 1;
    }
}

/// Until it is there, or nobody wants it any more.
async fn try_again(upstream: Weak<Upstream>) {
    let mut wait = Duration::from_secs(1);
    loop {
        tokio::time::sleep(wait).await;
        let Some(upstream) = upstream.upgrade() else { return };
        if upstream.refresh().await {
            return;
        }
        wait = (wait * 2).min(MOST);
    }
}

/// Asks a tool of an upstream outside of a project's tools. Blocks.
///
/// # Errors
/// Why there is no result.
pub fn sample(upstream: &Arc<Upstream>, tool: &str, arguments: Map<String, Value>) -> Result<Value, String> {
    let runtime = runtime().ok_or("there are no threads left")?;
    let params = json!({"name": tool, "arguments": arguments});
    let asked = async { tokio::time::timeout(LISTING, upstream.ask("tools/call", params)).await };
    match runtime.block_on(asked) {
        Err(_) => Err("it did not answer in time".to_owned()),
        Ok(Err(why)) => Err(why.to_string()),
        Ok(Ok(result)) => call::data(result).map_err(|e| e.message),
    }
}
