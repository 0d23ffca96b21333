//! The troubleshooting guide as a command: questions to a running MCP server, with a verdict and a cure for each.
//!
//! Owns the order of things: connect as clients do ([`client`]), gather what the server says ([`gather`]), ask the
//! questions of what was gathered ([`questions`]), report ([`report`]). Knows no file of a project: it sees what any
//! client sees, so it serves for servers that are none of ours. Prints nothing.

mod client;
mod facts;
mod gather;
mod page;
mod process;
mod questions;
pub mod report;
mod wrapper;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::secret::Secret;
use report::Report;

/// What is examined, and how.
#[derive(Debug)]
pub struct Examination {
    /// Where the server is.
    pub target: Target,
    /// Longest wait for one answer.
    pub timeout: Duration,
    /// Arguments of tools that are called, by tool.
    pub arguments: BTreeMap<String, Map<String, Value>>,
    /// Tools that may be called although they do not say that they only read.
    pub call: BTreeSet<String>,
}

/// Where a server is.
#[derive(Debug)]
pub enum Target {
    /// At an address.
    Http {
        /// Its URL.
        url: String,
        /// Headers of every request.
        headers: Vec<(String, Secret)>,
    },
    /// A program to be started, which speaks on standard input and output.
    Program {
        /// The program.
        program: OsString,
        /// Its arguments.
        arguments: Vec<OsString>,
    },
}

impl Target {
    /// As people know it. Headers are not part of it; what is secret in a URL is masked by the report.
    pub fn name(&self) -> String {
        match self {
            Self::Http { url, .. } => url.clone(),
            Self::Program { program, arguments } => {
                let words: Vec<_> =
                    std::iter::once(program).chain(arguments).map(|word| word.to_string_lossy()).collect();
                // With the quotes that a shell wants. A word that no shell could pass on is told as it is.
                shlex::try_join(words.iter().map(AsRef::as_ref)).unwrap_or_else(|_| words.join(" "))
            }
        }
    }
}

/// Examines a server. Takes as long as its answers do: each is waited for no longer than the timeout, and after a few
/// that never came nothing more is asked. Every process started is gone when this returns or is dropped.
pub async fn examine(examination: &Examination) -> Report {
    let facts = gather::facts(examination).await;
    let mut report = questions::ask(&facts, examination.target.name());
    if let Target::Http { url, headers } = &examination.target {
        let query = url.split_once('?').map(|(_, query)| Secret::new(query));
        report.mask(headers.iter().map(|(_, value)| value).chain(&query));
    }
    report
}
