//! MCP over any transport. The only door to rmcp.
//!
//! Owns the protocol: both revisions, lists, resources, prompts, calls. What a call *does* is the pipeline's
//! (`crate::call`); here it is received, bounded, logged and written to the wire.
//!
//! - [`calls`]: one call, from arguments to the JSON of its result; shared by both ways in.
//! - [`wire`]: that JSON.
//! - [`handler`]: rmcp's methods, a few lines each. [`convert`]: its types. [`prompts`], [`resources`], [`peers`]: the
//!   rest.
//! - [`direct`]: the short way of a plain `tools/call`, from bytes to bytes.
//! - [`http`], [`stdio`]: one transport each.

pub mod calls;
pub mod convert;
pub mod direct;
pub mod handler;
pub mod http;
pub mod peers;
pub mod prompts;
pub mod resources;
pub mod stdio;
pub mod wire;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::live::Live;

/// What all connections share.
#[derive(Debug)]
pub struct Shared {
    /// The catalog being served.
    pub live: Live,
    /// Cancelled first when the server stops: streams that would never end say goodbye.
    pub drain: CancellationToken,
    /// Calls running now; a stop waits for them.
    pub running: TaskTracker,
    /// Bounds the calls that run at once.
    pub slots: Semaphore,
    /// Clients of older revisions, who are told of changes unasked.
    pub peers: peers::Peers,
    /// The current catalog as clients list it.
    listing: Mutex<Arc<convert::Listing>>,
}

impl Shared {
    /// State for serving a catalog.
    pub fn new(live: Live) -> Arc<Self> {
        let catalog = live.snapshot();
        let slots = Semaphore::new(catalog.limits.concurrent_calls);
        Arc::new(Self {
            live,
            drain: CancellationToken::new(),
            running: TaskTracker::new(),
            slots,
            peers: peers::Peers::default(),
            listing: Mutex::new(Arc::new(convert::Listing::new(catalog))),
        })
    }

    /// The current catalog as clients list it.
    pub fn listing(&self) -> Arc<convert::Listing> {
        let catalog = self.live.snapshot();
        let mut listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&listing.catalog, &catalog) {
            *listing = Arc::new(convert::Listing::new(catalog));
        }
        listing.clone()
    }
}
