//! The catalog that is being served.
//!
//! Owns the one shared, changing thing: which catalog new calls begin with. A call takes a snapshot and keeps it; who
//! must know of changes subscribes. A bad project never replaces a good one.

use std::sync::Arc;

use tokio::sync::watch;

use crate::catalog::Catalog;

/// The current catalog, shared by all connections.
#[derive(Debug, Clone)]
pub struct Live(Arc<watch::Sender<Arc<Catalog>>>);

impl Live {
    /// Starts with a catalog.
    pub fn new(catalog: Catalog) -> Self {
        Self(Arc::new(watch::Sender::new(Arc::new(catalog))))
    }

    /// The catalog of this moment.
    pub fn snapshot(&self) -> Arc<Catalog> {
        self.0.borrow().clone()
    }

    /// Tells of every later change.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Catalog>> {
        self.0.subscribe()
    }
}
