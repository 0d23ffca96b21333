//! MCP over any transport. The only door to rmcp.
//!
//! Owns the protocol: both revisions, lists, resources, prompts, calls. What a call *does* is the pipeline's
//! (`crate::call`); here it is received, bounded, logged and written to the wire.
//!
//! - [`calls`]: one call, from arguments to the JSON of its result; shared by both ways in.
//! - [`wire`]: that JSON.
//! - [`handler`]: rmcp's methods, a few lines each. [`convert`]: its types. [`prompts`], [`resources`], [`changes`]:
//!   the rest. [`passing`]: what leads on to another MCP server.
//! - [`dialogue`]: what is asked and told while a request is under way.
//! - [`seen`]: what views tell of themselves.
//! - [`direct`]: the short way of a plain `tools/call`, from bytes to bytes.
//! - [`http`], [`stdio`]: one transport each.

pub mod calls;
pub mod changes;
pub mod convert;
pub mod dialogue;
pub mod direct;
pub mod handler;
pub mod http;
pub mod passing;
pub mod prompts;
pub mod resources;
pub mod seen;
pub mod stdio;
pub mod wire;

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::catalog::Catalog;
use crate::live::{Live, State};
use crate::traffic::Traffic;
use changes::Changes;
use convert::Listing;

/// What all connections of one endpoint share: of the one that serves the whole project, or of one route. What is
/// bounded or ended together is shared by all endpoints.
#[derive(Debug)]
pub struct Shared {
    /// The project being served. What of it is served here is told by [`Shared::catalog`].
    live: Live,
    /// The route served here; `None` where everything is.
    route: Option<String>,
    /// Where calls are kept to be looked at, if somebody may.
    pub traffic: Option<Arc<Traffic>>,
    /// Cancelled first when the server stops: streams that would never end say goodbye.
    pub drain: CancellationToken,
    /// Calls running now; a stop waits for them.
    pub running: TaskTracker,
    /// Bounds the calls that run at once.
    pub slots: Arc<Semaphore>,
    made: Mutex<Made>,
    /// Held while a listing is made.
    listing: Mutex<()>,
    changes: watch::Sender<Changes>,
    counted: OnceLock<()>,
}

/// What is made of a catalog once, when it is first asked for.
#[derive(Debug, Default)]
struct Made {
    /// Of which.
    whole: Weak<Catalog>,
    /// The part of it that is served here.
    catalog: Option<Arc<Catalog>>,
    /// That part as clients list it.
    listing: Option<Arc<Listing>>,
}

impl Shared {
    /// State for serving a project. Its calls are kept in `traffic`.
    pub fn new(live: Live, traffic: Option<Arc<Traffic>>) -> Arc<Self> {
        let slots = Semaphore::new(live.snapshot().limits.concurrent_calls);
        Arc::new(Self {
            live,
            route: None,
            traffic,
            drain: CancellationToken::new(),
            running: TaskTracker::new(),
            slots: Arc::new(slots),
            made: Mutex::default(),
            listing: Mutex::default(),
            changes: watch::Sender::default(),
            counted: OnceLock::new(),
        })
    }

    /// What is served, and what came of the newest try to read the project.
    pub fn state(&self) -> Arc<State> {
        self.live.state()
    }

    /// The project, and its way from the files.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The route served here.
    pub fn route_name(&self) -> Option<&str> {
        self.route.as_deref()
    }

    /// Whether the project has a route of this name.
    pub fn has_route(&self, name: &str) -> bool {
        self.live.snapshot().routes.contains_key(name)
    }

    /// State for serving one route of the same project. `None` if it has no such route.
    pub fn route(&self, name: &str) -> Option<Arc<Self>> {
        self.has_route(name).then(|| {
            Arc::new(Self {
                live: self.live.clone(),
                route: Some(name.to_owned()),
                traffic: self.traffic.clone(),
                drain: self.drain.clone(),
                running: self.running.clone(),
                slots: self.slots.clone(),
                made: Mutex::default(),
                listing: Mutex::default(),
                changes: watch::Sender::default(),
                counted: OnceLock::new(),
            })
        })
    }

    /// What is served here at this moment.
    pub fn catalog(&self) -> Arc<Catalog> {
        let whole = self.live.snapshot();
        match &self.route {
            None => whole,
            Some(route) => self.made(&whole).of_route(&whole, route),
        }
    }

    /// The same as clients list it.
    pub fn listing(&self) -> Arc<Listing> {
        let whole = self.live.snapshot();
        let listed = |shared: &Self| shared.made(&whole).listing.clone();
        if let Some(listing) = listed(self) {
            return listing;
        }
        // Calls do not wait for it.
        let _one = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listing) = listed(self) {
            return listing;
        }
        let catalog = match &self.route {
            None => whole.clone(),
            Some(route) => self.made(&whole).of_route(&whole, route),
        };
        let listing = Arc::new(Listing::new(catalog, self.traffic.is_some()));
        self.made(&whole).listing = Some(listing.clone());
        listing
    }

    /// Counts the changes of what is served here, from the first time this is asked.
    pub fn changes(self: &Arc<Self>) -> watch::Receiver<Changes> {
        self.counted.get_or_init(|| {
            let catalogs = self.live.subscribe();
            tokio::spawn(changes::count(Arc::downgrade(self), catalogs, self.listing()));
        });
        self.changes.subscribe()
    }

    fn made(&self, whole: &Arc<Catalog>) -> std::sync::MutexGuard<'_, Made> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.whole.as_ptr() != Arc::as_ptr(whole) {
            *made = Made { whole: Arc::downgrade(whole), ..Made::default() };
        }
        made
    }
}

impl Made {
    /// A route that is gone since serves nothing.
    fn of_route(&mut self, whole: &Catalog, route: &str) -> Arc<Catalog> {
        let make = || Arc::new(whole.route(route).unwrap_or_else(|| whole.nothing()));
        self.catalog.get_or_insert_with(make).clone()
    }
}
