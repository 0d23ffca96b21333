//! Who is told of changes, and of which.
//!
//! Owns the comparison of what an endpoint serves before and after a reload, and how each client hears of it: clients
//! of older revisions unasked, those of 2026-07-28 on the subscription they asked for. Each is told by a task of its
//! own and hears once of what happened many times while it was slow, so none delays another and nothing piles up.

#![allow(deprecated, reason = "resource subscriptions are deprecated, and older clients use them")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rmcp::model::{ResourceUpdatedNotificationParam, SubscriptionFilter};
use rmcp::service::SubscriptionSink;
use rmcp::{Peer, RoleServer};
use tokio::sync::watch;

use super::convert::{Listing, MANIFEST_URI};
use super::{Shared, resources};
use crate::catalog::Catalog;

/// Resources one client may want to hear of.
pub const MOST: usize = 256;
/// How often is looked whether a client that is told unasked is still there.
const LOOK: Duration = Duration::from_secs(30);

/// How often each list of one endpoint has changed so far, and anything at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    tools: u64,
    resources: u64,
    prompts: u64,
    all: u64,
}

impl Changes {
    fn count(&mut self, before: &Listing, now: &Listing) {
        // The manifest says of every tool what it takes, so its size is hardly ever the same.
        let same = |(a, b): (&rmcp::model::Resource, &rmcp::model::Resource)| {
            a == b || (a.uri == MANIFEST_URI && b.uri == MANIFEST_URI)
        };
        let resources = before.resources.len() == now.resources.len()
            && before.resources.iter().zip(&now.resources).all(same)
            && before.templates == now.templates;
        self.tools += u64::from(before.tools != now.tools);
        self.resources += u64::from(!resources);
        self.prompts += u64::from(before.prompts != now.prompts);
        self.all += 1;
    }
}

/// Counts what changes at an endpoint, as long as there is one.
pub(super) async fn count(
    shared: Weak<Shared>,
    mut catalogs: watch::Receiver<Arc<Catalog>>,
    mut before: Arc<Listing>,
) {
    while catalogs.changed().await.is_ok() {
        let Some(here) = shared.upgrade() else { return };
        let Ok(now) = tokio::task::spawn_blocking(move || here.listing()).await else { continue };
        let Some(here) = shared.upgrade() else { return };
        here.changes.send_modify(|changes| changes.count(&before, &now));
        before = now;
    }
}

/// More than [`MOST`] resources.
#[derive(Debug)]
pub struct TooMany;

/// Resources a client wants to hear of, each with a digest of what it held when the client last heard.
#[derive(Debug, Default)]
pub struct Resources(Mutex<BTreeMap<String, u64>>);

impl Resources {
    /// From now on the client hears of this one.
    ///
    /// # Errors
    /// It hears of as many already as one client may.
    pub fn add(&self, listing: &Listing, uri: String) -> Result<(), TooMany> {
        let digest = resources::digest(listing, &uri);
        let mut all = self.all();
        if all.len() >= MOST && !all.contains_key(&uri) {
            return Err(TooMany);
        }
        all.insert(uri, digest);
        Ok(())
    }

    /// No longer.
    pub fn remove(&self, uri: &str) {
        self.all().remove(uri);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those whose content is another now.
    fn changed(&self, listing: &Listing) -> Vec<String> {
        let mut changed = Vec::new();
        for (uri, before) in self.all().iter_mut() {
            let now = resources::digest(listing, uri);
            if std::mem::replace(before, now) != now {
                changed.push(uri.clone());
            }
        }
        changed
    }
}

/// One client and what it has heard of.
#[derive(Debug)]
pub struct Follower {
    shared: Weak<Shared>,
    changes: watch::Receiver<Changes>,
    heard: Changes,
    resources: Arc<Resources>,
}

impl Follower {
    /// A client that knows what is served at this moment.
    pub fn new(shared: &Arc<Shared>, resources: Arc<Resources>) -> Self {
        let changes = shared.changes();
        let heard = *changes.borrow();
        Self { shared: Arc::downgrade(shared), changes, heard, resources }
    }

    /// One that asks for these.
    pub fn asking(shared: &Arc<Shared>, filter: &SubscriptionFilter) -> Self {
        let follower = Self::new(shared, Arc::default());
        let uris = filter.resource_subscriptions.iter().flatten().cloned();
        let listing = shared.listing();
        uris.take(MOST).for_each(|uri| drop(follower.resources.add(&listing, uri)));
        follower
    }

    /// Tells a client of every later change until it is gone.
    pub async fn tell(mut self, client: impl Client) {
        loop {
            let now = *self.changes.borrow_and_update();
            let lists = [
                (List::Tools, self.heard.tools != now.tools),
                (List::Resources, self.heard.resources != now.resources),
                (List::Prompts, self.heard.prompts != now.prompts),
            ];
            for (list, _) in lists.into_iter().filter(|(_, changed)| *changed) {
                if client.list_changed(list).await.is_err() {
                    return;
                }
            }
            if self.heard.all != now.all {
                for uri in self.changed_resources().await {
                    if client.updated(uri).await.is_err() {
                        return;
                    }
                }
            }
            self.heard = now;
            tokio::select! {
                changed = self.changes.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(LOOK) => if client.is_gone() { return },
            }
        }
    }

    async fn changed_resources(&self) -> Vec<String> {
        let Some(shared) = self.shared.upgrade() else { return Vec::new() };
        if self.resources.all().is_empty() {
            return Vec::new();
        }
        let resources = self.resources.clone();
        let changed = tokio::task::spawn_blocking(move || resources.changed(&shared.listing()));
        changed.await.unwrap_or_default()
    }
}

/// The lists of MCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// `tools/list`
    Tools,
    /// `resources/list` and `resources/templates/list`
    Resources,
    /// `prompts/list`
    Prompts,
}

/// The client cannot be reached any more.
#[derive(Debug)]
pub struct Gone;

/// A way to a client.
pub trait Client: Send {
    /// Says that a list is another now.
    fn list_changed(&self, list: List) -> impl Future<Output = Result<(), Gone>> + Send;
    /// Says that a resource holds something else now.
    fn updated(&self, uri: String) -> impl Future<Output = Result<(), Gone>> + Send;
    /// Whether it certainly hears nothing any more.
    fn is_gone(&self) -> bool;
}

/// A session of an older revision.
impl Client for Peer<RoleServer> {
    async fn list_changed(&self, list: List) -> Result<(), Gone> {
        let sent = match list {
            List::Tools => self.notify_tool_list_changed().await,
            List::Resources => self.notify_resource_list_changed().await,
            List::Prompts => self.notify_prompt_list_changed().await,
        };
        sent.map_err(|_| Gone)
    }

    async fn updated(&self, uri: String) -> Result<(), Gone> {
        self.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await.map_err(|_| Gone)
    }

    fn is_gone(&self) -> bool {
        self.is_transport_closed()
    }
}

/// A subscription of 2026-07-28. What was not asked for is not sent.
impl Client for SubscriptionSink {
    async fn list_changed(&self, list: List) -> Result<(), Gone> {
        let accepted = self.accepted();
        let sent = match list {
            List::Tools if accepted.tools_list_changed == Some(true) => self.notify_tool_list_changed().await,
            List::Resources if accepted.resources_list_changed == Some(true) => {
                self.notify_resource_list_changed().await
            }
            List::Prompts if accepted.prompts_list_changed == Some(true) => {
                self.notify_prompt_list_changed().await
            }
            _ => return Ok(()),
        };
        sent.map_err(|_| Gone)
    }

    async fn updated(&self, uri: String) -> Result<(), Gone> {
        self.notify_resource_updated(uri).await.map_err(|_| Gone)
    }

    fn is_gone(&self) -> bool {
        false
    }
}
