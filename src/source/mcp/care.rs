//! What is done for a client between calls.
//!
//! Owns looking whether the upstream still answers, and hearing of its changes where they have to be asked for
//! (2026-07-28). A client that does not answer is ended, and the upstream begun anew.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::client::{Client, Lost};
use super::upstream::Upstream;
use super::{MOST, home};

/// How long an upstream may take to say that it is there.
const ANSWER: Duration = Duration::from_secs(10);
/// So often in a row it may miss that.
const MISSES: usize = 2;
/// A subscription that ended sooner is asked for later each time.
const LASTING: Duration = Duration::from_secs(60);

/// Takes care of a client until it or the upstream is gone.
pub(super) fn begin(upstream: &Arc<Upstream>, client: &Arc<Client>) {
    let Ok(home) = home() else { return };
    if let Some(every) = upstream.health {
        home.spawn(look(Arc::downgrade(upstream), Arc::downgrade(client), every));
    }
    if client.is_modern() {
        home.spawn(follow(Arc::downgrade(upstream), Arc::downgrade(client)));
    }
}

async fn look(upstream: Weak<Upstream>, client: Weak<Client>, every: Duration) {
    let mut misses = 0;
    loop {
        tokio::time::sleep(every).await;
        let (Some(upstream), Some(client)) = (upstream.upgrade(), client.upgrade()) else { return };
        let why = match (client.is_open(), tokio::time::timeout(ANSWER.min(every), client.ping()).await) {
            (false, _) => "it went away",
            // An error is an answer.
            (true, Ok(Ok(()) | Err(Lost::Refused { .. }))) => {
                misses = 0;
                continue;
            }
            (true, _) if misses + 1 < MISSES => {
                misses += 1;
                continue;
            }
            (true, _) => "it does not answer any more",
        };
        tracing::warn!(connection = upstream.name(), "the MCP server is begun anew: {why}");
        client.close();
        drop(client);
        retry(&upstream);
        return;
    }
}

/// Tries until the upstream is there, or nobody wants it any more; once, however often this is asked.
pub(super) fn retry(upstream: &Arc<Upstream>) {
    let Ok(home) = home() else { return };
    if upstream.retrying.swap(true, Ordering::Relaxed) {
        return;
    }
    let upstream = Arc::downgrade(upstream);
    home.spawn(async move {
        let mut wait = Duration::from_secs(1);
        loop {
            tokio::time::sleep(wait).await;
            let Some(upstream) = upstream.upgrade() else { return };
            if upstream.refresh().await {
                upstream.retrying.store(false, Ordering::Relaxed);
                return;
            }
            wait = (wait * 2).min(MOST);
        }
    });
}

/// Hears of changes.
async fn follow(upstream: Weak<Upstream>, client: Weak<Client>) {
    let mut wait = Duration::from_secs(1);
    loop {
        // Nothing of it is held while it waits: that would keep it from ending.
        let Some(subscribing) = client.upgrade().filter(|client| client.is_open()).map(|c| c.subscribe())
        else {
            return;
        };
        let start = Instant::now();
        match subscribing.await {
            Ok(mut news) => {
                // First, what changed before.
                let mut is_open = true;
                while is_open {
                    let Some(upstream) = upstream.upgrade() else { return };
                    upstream.look_again();
                    is_open = news.next().await;
                }
            }
            Err(Lost::Refused { code, message, .. }) => {
                let name = upstream.upgrade().map(|upstream| upstream.name().to_owned());
                tracing::debug!(connection = name, "it tells of no changes: error {code}: {message}");
                return;
            }
            Err(_) => {}
        }
        if start.elapsed() > LASTING {
            wait = Duration::from_secs(1);
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(MOST);
    }
}
