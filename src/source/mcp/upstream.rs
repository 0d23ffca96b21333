//! One upstream.
//!
//! Owns its client, begun on first use and again after it broke, each time later if it cannot be; what it offers; and
//! the conversation of one request.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::client::{Asked, Client, Lost, Part, Target};
use super::oauth::Tokens;
use super::offer::Offer;
use super::underway::{self, Talk};
use super::{Expose, MOST, McpSpec, Reply, Revision, care, home, locked, news, visits};
use crate::secret::{Secret, Setting};
use crate::source::input::{Caller, InputRequired};
use crate::source::{SpecFault, Surroundings, http, process};

/// Shorter texts than this many bytes are no secrets: too much else is written with them.
const SECRET: usize = 6;
/// Questions of an upstream that may lie before one call.
const QUESTIONS: usize = 8;
/// What an upstream tells many times within this is asked for once.
const QUIET: Duration = Duration::from_millis(20);

/// An upstream.
#[derive(Debug)]
pub struct Upstream {
    /// Tells it from others, also from an earlier one of the same name.
    id: u64,
    name: String,
    target: Target,
    /// What is known to be secret, and must not be told though the upstream tells it.
    masks: Vec<Secret>,
    revision: Option<Revision>,
    expose: Expose,
    prefix: String,
    pub(super) health: Option<Duration>,
    client: tokio::sync::Mutex<State>,
    offered: Mutex<Option<Arc<Offer>>>,
    /// Held while it is asked what it offers.
    asking: tokio::sync::Mutex<()>,
    queued: AtomicBool,
    pub(super) retrying: AtomicBool,
    version: AtomicU64,
    trouble: Mutex<Option<String>>,
}

/// What a request is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aim<'a> {
    /// A tool, a prompt, an address.
    pub(super) what: &'a str,
    /// None of its arguments travel in headers.
    pub(super) plain: bool,
    /// What is wanted of its result.
    pub(super) part: Part,
}

#[derive(Debug, Default)]
struct State {
    client: Option<Arc<Client>>,
    failures: u32,
    not_before: Option<Instant>,
}

impl Upstream {
    pub(in crate::source) fn compile(
        name: &str,
        spec: &McpSpec,
        around: &Surroundings<'_>,
    ) -> Result<Arc<Self>, Vec<SpecFault>> {
        let mut faults = Vec::new();
        let target = target(name, spec, around, &mut faults);
        let prefix = match (&spec.prefix, spec.expose) {
            (Some(_), Expose::Bound) => {
                let message = "a `prefix` is for what passes through, and nothing does";
                faults.push(SpecFault::new("prefix", message).help("add expose = \"all\", or take it out"));
                String::new()
            }
            (Some(prefix), Expose::All) => prefix.clone(),
            (None, _) => format!("{name}_"),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if spec.expose == Expose::All && !prefix.chars().all(fits) {
            let message = format!("`{prefix}` cannot be the beginning of a tool's name");
            let help = "write letters (a-z), digits, `_`, `-` and `.`: prefix = \"…_\"";
            faults.push(SpecFault::new("prefix", message).help(help));
        }
        let Some(target) = target.filter(|_| faults.is_empty()) else { return Err(faults) };
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Ok(Arc::new(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name: name.to_owned(),
            masks: masks(&target, spec.url.as_ref()),
            target,
            revision: spec.revision,
            expose: spec.expose,
            prefix,
            health: (spec.health_ms > 0).then(|| Duration::from_millis(spec.health_ms)),
            client: tokio::sync::Mutex::default(),
            offered: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            queued: AtomicBool::new(false),
            retrying: AtomicBool::new(false),
            version: AtomicU64::new(0),
            trouble: Mutex::default(),
        }))
    }

    /// The connection's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether what no tool file binds passes through.
    pub fn exposes_all(&self) -> bool {
        self.expose == Expose::All
    }

    /// What the names of tools and prompts begin with that pass through.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Counts the changes of what it offers.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    /// What it offers; `None` as long as it was not reached.
    pub fn offered(&self) -> Option<Arc<Offer>> {
        locked(&self.offered).clone()
    }

    /// Why it was not reached.
    pub fn trouble(&self) -> Option<String> {
        locked(&self.trouble).clone()
    }

    /// The client, begun if there is none. Only where clients live.
    async fn begin(self: &Arc<Self>) -> Result<Arc<Client>, Lost> {
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
        match Client::open(&self.target, self.revision, Arc::downgrade(self)).await {
            Ok(client) => {
                let client = Arc::new(client);
                care::begin(self, &client);
                *state = State { client: Some(client.clone()), ..State::default() };
                *locked(&self.trouble) = None;
                Ok(client)
            }
            Err(why) => {
                let why = self.masked(why);
                let wait = Duration::from_millis(500).saturating_mul(1 << state.failures.min(7)).min(MOST);
                state.failures += 1;
                state.not_before = Some(Instant::now() + wait);
                tracing::warn!(connection = %self.name, "cannot reach the MCP server: {why}");
                self.troubled(&why);
                Err(why)
            }
        }
    }

    /// The client, from wherever.
    pub(super) async fn client(self: &Arc<Self>) -> Result<Arc<Client>, Lost> {
        if let Ok(state) = self.client.try_lock()
            && let Some(client) = state.client.as_ref().filter(|client| client.is_open())
        {
            return Ok(client.clone());
        }
        let upstream = self.clone();
        let begun = home()?.spawn(async move { upstream.begin().await });
        begun.await.map_err(|e| Lost::Unreachable(e.to_string()))?
    }

    /// The same without what is secret.
    fn masked(&self, lost: Lost) -> Lost {
        let tokens = match &self.target {
            Target::Http { tokens: Some(tokens), .. } => tokens.secrets(),
            _ => Vec::new(),
        };
        let mask = |text: String| {
            let secrets = self.masks.iter().map(Secret::expose).chain(tokens.iter().map(String::as_str));
            secrets
                .filter(|secret| secret.len() >= SECRET)
                .fold(text, |text, secret| text.replace(secret, "•••"))
        };
        match lost {
            Lost::Unreachable(why) => Lost::Unreachable(mask(why)),
            Lost::Refused { code, message, data } => Lost::Refused { code, message: mask(message), data },
            other => other,
        }
    }

    pub(super) fn troubled(&self, why: &Lost) {
        *locked(&self.trouble) = Some(why.to_string());
    }

    /// Ends the client. One that is still being begun, or asked, ends with the process.
    pub(super) async fn part(&self) {
        let Ok(mut state) = self.client.try_lock() else { return };
        if let Some(client) = state.client.take().and_then(Arc::into_inner) {
            client.leave().await;
        }
    }

    /// Sends a request whose answer is its result, on behalf of `caller`, and waits for it, for as long as the caller
    /// waits; then it is cancelled. What the upstream needs of the caller in between comes as a [`Reply`]; the same
    /// request is then made again with the answers.
    pub(super) async fn converse(
        self: &Arc<Self>,
        method: &'static str,
        aim: Aim<'_>,
        params: Map<String, Value>,
        caller: &Caller,
    ) -> Result<Reply, Lost> {
        let outcome = self.attempt(method, aim, params, caller).await;
        match outcome.map_err(|lost| self.masked(lost)) {
            Err(Lost::Refused { code: visits::REQUIRED, message, data: Some(data) }) => {
                visits::required(caller, message, data)
            }
            outcome => outcome,
        }
    }

    async fn attempt(
        self: &Arc<Self>,
        method: &'static str,
        aim: Aim<'_>,
        mut params: Map<String, Value>,
        caller: &Caller,
    ) -> Result<Reply, Lost> {
        let about: Arc<str> = format!("{}\n{method}\n{}", self.id, aim.what).into();
        let responses = visits::made(caller.responses.as_ref())?;
        if let Some(responses) = responses {
            match underway::resume(&about, responses) {
                Some(Ok(talk)) => return talk.go_on().await,
                Some(Err(asked)) => return Ok(Reply::InputRequired(asked)),
                None => responses.add_to(&mut params),
            }
        }
        let client = self.client().await?;
        let asked = |questions| Asked {
            session: Some(caller.session),
            capabilities: Some(&caller.capabilities),
            progress: caller.progress.as_ref(),
            plain: aim.plain,
            part: aim.part,
            questions,
        };
        if client.is_modern() || !caller.can_be_asked() {
            let mut result = client.ask(home()?, method, params, asked(None)).await?;
            let Some(required) = InputRequired::read(&mut result) else { return Ok(Reply::Result(result)) };
            return may_ask(caller, &required).map(|()| Reply::InputRequired(required));
        }
        if responses.is_some() {
            let message = "nothing waits for this answer any more; call it anew".to_owned();
            return Err(Lost::Refused { code: -32602, message, data: None });
        }
        let (tell, questions) = mpsc::channel(QUESTIONS);
        let calls = client.calls().clone();
        let (session, capabilities) = (caller.session, caller.capabilities.clone());
        let (progress, plain, part) = (caller.progress.clone(), aim.plain, aim.part);
        let work = async move {
            let asked = Asked {
                session: Some(session),
                capabilities: Some(&capabilities),
                progress: progress.as_ref(),
                plain,
                part,
                questions: Some(tell),
            };
            client.ask(home()?, method, params, asked).await
        };
        let call = AbortOnDropHandle::new(home()?.spawn(work));
        Talk { about, call, questions, calls }.go_on().await
    }

    /// Fetches what it offers.
    pub(super) async fn fetch(self: &Arc<Self>) -> Result<(), Lost> {
        let _one = self.asking.lock().await;
        let client = self.client().await?;
        let read = Offer::read(&client, self.exposes_all()).await;
        let fresh = Arc::new(read.map_err(|lost| self.masked(lost))?);
        let mut offered = locked(&self.offered);
        if offered.as_ref() != Some(&fresh) {
            *offered = Some(fresh);
            self.version.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Fetches what it offers again, in the background. Many of these at once are one.
    pub(super) fn look_again(self: Arc<Self>) {
        if self.queued.swap(true, Ordering::Relaxed) {
            return;
        }
        // Boxed: what is awaited there leads back to the client whose word this is.
        let work: std::pin::Pin<Box<dyn Future<Output = bool> + Send>> = Box::pin(async move {
            tokio::time::sleep(QUIET).await;
            self.queued.store(false, Ordering::Relaxed);
            self.refresh().await
        });
        if let Ok(home) = home() {
            home.spawn(work);
        }
    }

    /// Fetches what it offers again, and tells it.
    pub(super) async fn refresh(self: &Arc<Self>) -> bool {
        let (before, is_new) = (self.version(), self.offered().is_none());
        let reached = self.fetch().await;
        if let Err(why) = &reached {
            self.troubled(why);
        }
        if self.version() != before {
            let told = match is_new {
                true => "the MCP server is there now",
                false => "the MCP server offers something else now",
            };
            tracing::info!(connection = %self.name, "{told}");
            news().notify_one();
        }
        reached.is_ok()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        underway::forget_all(&format!("{}\n", self.id));
    }
}

/// Values from settings that may be secret, the longest first; of `Bearer …` what comes last, too.
fn masks(target: &Target, url: Option<&Setting>) -> Vec<Secret> {
    let values: Vec<&str> = match target {
        Target::Http { url: whole, headers, .. } => {
            // Of an address from the environment, all that comes after the host: there may be a key in the path.
            let after = whole.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
            let path = after.map(|(_, path)| path).filter(|_| matches!(url, Some(Setting::Env(_))));
            headers.iter().map(|(_, value)| value.expose()).chain(path).collect()
        }
        Target::Program(spec) => spec.given.iter().map(|(_, value)| value.expose()).collect(),
    };
    let parts = values.iter().flat_map(|value| [Some(*value), value.split_whitespace().next_back()]);
    let mut all: Vec<Secret> = parts.flatten().filter(|text| text.len() >= SECRET).map(Secret::new).collect();
    all.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
    all
}

/// Whether a client can be asked all of this.
pub(super) fn may_ask(caller: &Caller, required: &InputRequired) -> Result<(), Lost> {
    for request in required.requests.values() {
        let method = request.get("method").and_then(Value::as_str).unwrap_or_default();
        caller.check(method, request.get("params")).map_err(Lost::CannotAsk)?;
    }
    Ok(())
}

fn target(
    name: &str,
    spec: &McpSpec,
    around: &Surroundings<'_>,
    faults: &mut Vec<SpecFault>,
) -> Option<Target> {
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
        (None, Some(_)) if spec.dir.is_some() || !spec.env.is_empty() => {
            Err(SpecFault::new("url", "`dir` and `env` are for a program, and this is an address"))
        }
        (None, Some(url)) => around.resolve("url", url).and_then(|url| {
            let whole = http::absolute(url.expose(), None);
            let help = "write it whole: https://example.com/mcp";
            let url = whole.ok_or_else(|| SpecFault::new("url", "this is no address").help(help))?;
            let tokens = Tokens::compile(spec.oauth.as_deref(), &url, &headers, around);
            let tokens = tokens.map_err(|more| faults.extend(more)).unwrap_or_default();
            Ok(Target::Http { url, headers, tokens })
        }),
        (Some(_), Some(_)) => Err(SpecFault::new("url", "there is a `command` too; keep one of the two")),
        (None, None) => Err(SpecFault::new("kind", "neither a program nor an address is named")
            .help("write command = [\"npx\", \"-y\", \"…\"] or url = \"https://…\"")),
    };
    target.map_err(|fault| faults.push(fault)).ok()
}

fn program(
    name: &str,
    spec: &McpSpec,
    command: &[String],
    env: Vec<(String, Secret)>,
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
