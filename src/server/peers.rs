//! Clients of older revisions, who are told of changes unasked.
//!
//! Owns who they are. Clients of 2026-07-28 ask for changes by a subscription and are no matter of this.

use std::sync::{Mutex, PoisonError};

use rmcp::{Peer, RoleServer};

/// Initialized sessions.
#[derive(Debug, Default)]
pub struct Peers(Mutex<Vec<Peer<RoleServer>>>);

impl Peers {
    /// Remembers a session; forgets those that are gone.
    pub fn add(&self, peer: Peer<RoleServer>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|peer| !peer.is_transport_closed());
        all.push(peer);
    }

    /// The sessions of this moment.
    pub fn all(&self) -> Vec<Peer<RoleServer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
