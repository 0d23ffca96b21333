//! Database servers: what those reached by URL have in common.
//!
//! Owns how such a connection is written, when its pools come to be, and whether one that rested is still there.

use std::sync::LazyLock;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::secret::Setting;

/// A database server, as written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerSpec {
    /// `postgres://user:password@host/database` or `mysql://…`; a string, or `{ env = "NAME" }`.
    pub url: Setting,
    /// Connections kept at most. Default 10.
    pub max_connections: Option<u32>,
    /// Milliseconds to wait for a connection. Default 5000.
    pub connect_timeout_ms: Option<u64>,
}

/// A pool that comes to be at its first use: a pool needs a running Tokio, which commands that only read a project
/// do not have.
pub(super) type Lazy<P> = LazyLock<P, Box<dyn FnOnce() -> P + Send>>;

/// A pool that `make` makes at its first use.
pub(super) fn lazy<P>(make: impl FnOnce() -> P + Send + 'static) -> Lazy<P> {
    LazyLock::new(Box::new(make))
}

/// A connection that rested this long may have died meanwhile.
const REST: Duration = Duration::from_secs(1);

/// Asks a connection that rested whether it is still there; under load nothing is asked.
pub(super) async fn is_alive<C: sqlx::Connection>(
    connection: &mut C,
    about: sqlx::pool::PoolConnectionMetadata,
) -> Result<bool, sqlx::Error> {
    if about.idle_for >= REST {
        connection.ping().await?;
    }
    Ok(true)
}
