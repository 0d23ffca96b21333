//! Strings that never print themselves, and how a project's files name them.
//!
//! Owns [`Secret`] and [`Setting`]; must not read the environment itself (`config::env` does) and must not be given
//! a `Display`, so that a secret cannot slip into a message.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// A secret value, e.g. a database URL. `Debug` prints `***`; the value comes out only by [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A value that may be secret: a string, or `{ env = "NAME" }` to take it from the environment. Nothing else in a
/// project's files expands.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Setting {
    /// The value itself.
    Plain(String),
    /// The name of an environment variable.
    Env(EnvName),
}

/// An environment variable to take a value from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvName {
    /// Name of the environment variable. It must be set when the project is loaded.
    pub env: String,
    /// Text put before the value, e.g. `"Bearer "`.
    #[serde(default)]
    pub prefix: String,
}

impl Setting {
    /// The value, with variables taken from `lookup`.
    ///
    /// # Errors
    /// The name of the variable that is not set.
    pub fn resolve(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Secret, String> {
        match self {
            Self::Plain(value) => Ok(Secret::new(value)),
            Self::Env(EnvName { env, prefix }) => match lookup(env) {
                Some(value) => Ok(Secret::new(format!("{prefix}{value}"))),
                None => Err(env.clone()),
            },
        }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("***"),
            Self::Env(name) => name.fmt(f),
        }
    }
}
