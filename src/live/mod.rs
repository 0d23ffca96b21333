//! The catalog that is being served, and its way from the files.
//!
//! Owns the one shared, changing thing: which catalog new calls begin with. A call takes a snapshot and keeps it; who
//! must know of changes subscribes. A bad project never replaces a good one: its faults are told, and the last good
//! catalog goes on serving.
//!
//! - [`watch`]: notices that files change.

pub mod watch;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Mutex, Notify, watch as channel};

use crate::catalog::Catalog;
use crate::catalog::again::{Again, Reading};
use crate::diag::{Diagnostic, Diagnostics};
pub use watch::Watch;
use watch::Watcher;

/// Files are read when nothing has happened for this long.
const QUIET: Duration = Duration::from_millis(40);
/// But at the latest this long after the first change.
const SETTLED: Duration = Duration::from_millis(160);
/// How long faults wait for who may still be writing the file they are in.
const DOUBT: Duration = Duration::from_millis(150);
/// How often files with faults are read while they are still being written, before the faults are told.
const PATIENCE: usize = 4;
/// Names of files told in one line of the log.
const NAMED: usize = 8;

/// What is served, and what came of the newest try to read the project.
#[derive(Debug, Clone)]
pub struct State {
    /// What new calls begin with.
    pub catalog: Arc<Catalog>,
    /// Of the newest try. With errors in it the catalog is older than the files.
    pub faults: Arc<Diagnostics>,
    /// When that was.
    pub changed: SystemTime,
    /// How often the project was read since the start and not found as it was before.
    pub tries: u64,
    /// Files besides the project's own that have a say in it.
    pub named: Arc<BTreeSet<PathBuf>>,
}

/// The current catalog, shared by all connections.
#[derive(Debug, Clone)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    catalogs: channel::Sender<Arc<Catalog>>,
    states: channel::Sender<Arc<State>>,
    /// Held while the project is read: one at a time.
    reading: Mutex<()>,
    nudged: Notify,
}

impl Live {
    /// Starts with a catalog.
    pub fn new(catalog: Catalog) -> Self {
        let catalog = Arc::new(catalog);
        let state = State {
            catalog: catalog.clone(),
            faults: catalog.warnings.clone(),
            changed: SystemTime::now(),
            tries: 0,
            named: Arc::default(),
        };
        Self(Arc::new(Inner {
            catalogs: channel::Sender::new(catalog),
            states: channel::Sender::new(Arc::new(state)),
            reading: Mutex::new(()),
            nudged: Notify::new(),
        }))
    }

    /// The catalog of this moment.
    pub fn snapshot(&self) -> Arc<Catalog> {
        self.0.catalogs.borrow().clone()
    }

    /// Tells of every later change of the catalog.
    pub fn subscribe(&self) -> channel::Receiver<Arc<Catalog>> {
        self.0.catalogs.subscribe()
    }

    /// What is served at this moment, and what came of the newest try.
    pub fn state(&self) -> Arc<State> {
        self.0.states.borrow().clone()
    }

    /// Tells of every later try, also of one that was refused.
    pub fn states(&self) -> channel::Receiver<Arc<State>> {
        self.0.states.subscribe()
    }

    /// Something besides the files has changed: the project is read again soon, if [`Live::keep`] runs. Many of these
    /// at once are one.
    pub fn nudge(&self) {
        self.0.nudged.notify_one();
    }

    /// Reads the project now. When this returns, what was read is in force or refused. A project that is as it was
    /// changes nothing, and nobody is told.
    pub async fn reload(&self) -> Arc<State> {
        let _one = self.0.reading.lock().await;
        let start = Instant::now();
        self.take(read(self.snapshot()).await, start)
    }

    /// The same when files have changed. What has faults while it is still being written is read again.
    async fn follow(&self, watcher: &Watcher) {
        let _one = self.0.reading.lock().await;
        for further in (0..PATIENCE).rev() {
            let start = Instant::now();
            let reading = read(self.snapshot()).await;
            let doubtful = further > 0 && reading.faults.has_errors();
            if !doubtful || tokio::time::timeout(DOUBT, watcher.changed()).await.is_err() {
                self.take(reading, start);
                return;
            }
            settle(watcher).await;
        }
    }

    /// What was read is in force from now on, or refused.
    fn take(&self, reading: Reading, start: Instant) -> Arc<State> {
        let before = self.state();
        let was_refused = before.faults.has_errors();
        let refused = reading.faults.has_errors();
        let named: BTreeSet<PathBuf> = match refused {
            // What has been asked for and what the last good catalog was made of: both can mend it.
            true => before.named.iter().cloned().chain(reading.named).collect(),
            false => reading.named.into_iter().collect(),
        };
        if reading.catalog.is_none() && !refused && !was_refused {
            return self.named(&before, named);
        }
        let fresh = reading.catalog.map(Arc::new);
        let state = Arc::new(State {
            catalog: fresh.clone().unwrap_or_else(|| before.catalog.clone()),
            faults: Arc::new(reading.faults),
            changed: SystemTime::now(),
            tries: before.tries + 1,
            named: Arc::new(named),
        });
        if let Some(catalog) = fresh {
            self.0.catalogs.send_replace(catalog);
        }
        self.0.states.send_replace(state.clone());
        tell(&before, &state, &reading.changed, start.elapsed());
        state
    }

    /// Remembers which files have a say; nobody needs to be told.
    fn named(&self, before: &Arc<State>, named: BTreeSet<PathBuf>) -> Arc<State> {
        if *before.named == named {
            return before.clone();
        }
        let state = Arc::new(State { named: Arc::new(named), ..(**before).clone() });
        self.0.states.send_if_modified(|current| {
            *current = state.clone();
            false
        });
        state
    }

    /// Reads the project again whenever its files change or [`Live::nudge`] says so. Does not end.
    pub async fn keep(self, how: Watch) {
        let root = self.snapshot().root.clone();
        let mut watcher = Watcher::new(&root, how);
        loop {
            let named = self.state().named.clone();
            // What changed before it was watched was not noticed.
            let more = watcher.look_at(named).await;
            if !more {
                tokio::select! {
                    () = watcher.changed() => settle(&watcher).await,
                    () = self.0.nudged.notified() => {}
                    () = crate::source::mcp::changed() => {}
                }
            }
            self.follow(&watcher).await;
        }
    }
}

/// Reading and compiling take threads of their own: calls go on meanwhile.
async fn read(before: Arc<Catalog>) -> Reading {
    let work = async {
        let again = tokio::task::spawn_blocking(move || Again::read(before)).await?;
        tokio::task::spawn_blocking(move || again.compile()).await
    };
    work.await.unwrap_or_else(|why: tokio::task::JoinError| {
        let mut faults = Diagnostics::new();
        faults.push(Diagnostic::error("reload", format!("the project could not be read: {why}")));
        Reading { catalog: None, changed: Vec::new(), faults, named: Vec::new() }
    })
}

/// Waits until whoever writes is done: a file is written in several steps, and several files at once.
async fn settle(watcher: &Watcher) {
    let end = tokio::time::Instant::now() + SETTLED;
    while tokio::time::Instant::now() < end {
        if tokio::time::timeout(QUIET, watcher.changed()).await.is_err() {
            return;
        }
    }
}

/// The lines of the log about one try.
fn tell(before: &State, now: &State, changed: &[String], took: Duration) {
    if now.faults.has_errors() {
        let told = now.faults.render(false);
        if !before.faults.has_errors() || before.faults.render(false) != told {
            tracing::error!("this edit is not taken, what was read before goes on being served:\n{told}");
        }
        return;
    }
    let ms = took.as_millis();
    if changed.is_empty() {
        tracing::info!("the project is as it was before the faults ({ms} ms)");
        return;
    }
    let shown = changed.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = changed.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    tracing::info!("reloaded in {ms} ms: {shown}{more}");
    let warnings = now.faults.summary();
    if now.faults.iter().next().is_some() && before.faults.summary() != warnings {
        tracing::warn!("{warnings} in the project; `toolface check` tells them");
    }
    for key in kept_settings(&before.catalog, &now.catalog) {
        tracing::warn!("{key} takes effect at the next start");
    }
}

/// Settings that differ and are only looked at when a server starts.
fn kept_settings(before: &Catalog, now: &Catalog) -> Vec<&'static str> {
    let (a, b) = (&before.http, &now.http);
    let differs = [
        ("[http] listen", a.listen != b.listen),
        ("[http] allowed_hosts", a.allowed_hosts != b.allowed_hosts),
        ("[http] allowed_origins", a.allowed_origins != b.allowed_origins),
        ("[http] max_body_bytes", a.max_body_bytes != b.max_body_bytes),
        ("[http] grace_ms", a.grace_ms != b.grace_ms),
        ("[limits] concurrent_calls", before.limits.concurrent_calls != now.limits.concurrent_calls),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(title: &str) -> String {
        format!("description = 'Greets.'\n[source.result]\ncontent = [{{type = 'text', text = '{title}'}}]\n")
    }

    #[tokio::test]
    async fn a_reload_is_in_force_or_refused_when_it_returns() {
        let dir = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| std::fs::write(dir.path().join(file), text).unwrap();
        std::fs::create_dir(dir.path().join("tools")).unwrap();
        write("toolface.toml", "");
        write("tools/a.toml", &tool("one"));
        write("tools/b.toml", &tool("one"));
        let live = Live::new(crate::catalog::load(dir.path()).0.unwrap());
        let first = live.snapshot();
        let mut states = live.states();
        let mut catalogs = live.subscribe();

        assert_eq!(live.reload().await.tries, 0, "nothing changed");
        assert!(!states.has_changed().unwrap());

        write("tools/a.toml", &tool("two"));
        let state = live.reload().await;
        assert_eq!((state.tries, state.faults.has_errors()), (1, false));
        assert!(Arc::ptr_eq(&state.catalog, &live.snapshot()) && !Arc::ptr_eq(&state.catalog, &first));
        let is_shared = |name: &str| Arc::ptr_eq(&first.tools[name], &state.catalog.tools[name]);
        assert!(is_shared("b") && !is_shared("a"), "what did not change is shared");
        catalogs.mark_unchanged();
        states.mark_unchanged();

        write("tools/a.toml", "what = 'is this'");
        let refused = live.reload().await;
        assert!(refused.faults.has_errors() && Arc::ptr_eq(&refused.catalog, &state.catalog));
        assert!(states.has_changed().unwrap() && !catalogs.has_changed().unwrap());

        write("tools/a.toml", &tool("two"));
        let mended = live.reload().await;
        assert!(!mended.faults.has_errors() && Arc::ptr_eq(&mended.catalog, &state.catalog));
        assert!(!catalogs.has_changed().unwrap(), "it is as it was before the fault");
    }

    #[tokio::test]
    async fn a_nudge_is_enough() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("tools")).unwrap();
        std::fs::write(dir.path().join("toolface.toml"), "").unwrap();
        let live = Live::new(crate::catalog::load(dir.path()).0.unwrap());
        let keeping = tokio::spawn(live.clone().keep(Watch::Off));
        tokio::time::sleep(Duration::from_millis(50)).await;
        std::fs::write(dir.path().join("tools/a.toml"), tool("one")).unwrap();
        let mut catalogs = live.subscribe();
        live.nudge();
        tokio::time::timeout(Duration::from_secs(10), catalogs.changed()).await.unwrap().unwrap();
        assert_eq!(live.snapshot().own_tools(), 1);
        keeping.abort();
    }
}
