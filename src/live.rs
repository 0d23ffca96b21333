//! The catalog that is being served, and its way from the files.
//!
//! Owns the one shared, changing thing: which catalog new calls begin with. A call takes a snapshot and keeps it; who
//! must know of changes subscribes. A bad project never replaces a good one: its faults are told, and the last good
//! catalog goes on serving.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use tokio::sync::{Mutex, Notify, watch};

use crate::catalog::{self, Catalog};
use crate::diag::{Diagnostic, Diagnostics};

/// What is served, and what came of the newest try to read the project.
#[derive(Debug)]
pub struct State {
    /// What new calls begin with.
    pub catalog: Arc<Catalog>,
    /// Of the newest try. With errors in it the catalog is older than the files.
    pub faults: Arc<Diagnostics>,
    /// When that was.
    pub changed: SystemTime,
    /// How often the project was read since the start.
    pub tries: u64,
}

/// The current catalog, shared by all connections.
#[derive(Debug, Clone)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    catalogs: watch::Sender<Arc<Catalog>>,
    states: watch::Sender<Arc<State>>,
    tries: AtomicU64,
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
        };
        Self(Arc::new(Inner {
            catalogs: watch::Sender::new(catalog),
            states: watch::Sender::new(Arc::new(state)),
            tries: AtomicU64::new(0),
            reading: Mutex::new(()),
            nudged: Notify::new(),
        }))
    }

    /// The catalog of this moment.
    pub fn snapshot(&self) -> Arc<Catalog> {
        self.0.catalogs.borrow().clone()
    }

    /// Tells of every later change of the catalog.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Catalog>> {
        self.0.catalogs.subscribe()
    }

    /// What is served at this moment, and what came of the newest try.
    pub fn state(&self) -> Arc<State> {
        self.0.states.borrow().clone()
    }

    /// Tells of every later try, also of one that was refused.
    pub fn states(&self) -> watch::Receiver<Arc<State>> {
        self.0.states.subscribe()
    }

    /// Reads the project now. When this returns, what was read is in force or refused.
    pub async fn reload(&self) -> Arc<State> {
        let _one = self.0.reading.lock().await;
        let before = self.snapshot();
        let root = before.root.clone();
        let read = tokio::task::spawn_blocking(move || catalog::load(&root)).await;
        let (catalog, faults) = read.unwrap_or_else(|e| {
            let mut faults = Diagnostics::new();
            faults.push(Diagnostic::error("reload", format!("the project could not be read: {e}")));
            (None, faults)
        });
        let fresh = catalog.map(Arc::new);
        let state = Arc::new(State {
            catalog: fresh.clone().unwrap_or(before),
            faults: Arc::new(faults),
            changed: SystemTime::now(),
            tries: self.0.tries.fetch_add(1, Ordering::Relaxed) + 1,
        });
        if let Some(catalog) = fresh {
            self.0.catalogs.send_replace(catalog);
        }
        self.0.states.send_replace(state.clone());
        state
    }

    /// Something besides the files has changed: the project is read again soon. Many of these at once are one.
    pub fn nudge(&self) {
        self.0.nudged.notify_one();
    }

    /// Waits for the next [`Live::nudge`].
    pub async fn nudged(&self) {
        self.0.nudged.notified().await;
    }
}
