//! What agent platforms need, made from the live catalog: instructions, workflows, types.
//!
//! Owns the words and the code that leave this program as files, one target per module. Whatever is made here is the
//! same for the same project, and holds no secret: addresses, headers and keys only by reference. Runs no call over
//! the network and talks to no client.
//!
//! - [`files`]: what is written to a folder, whole or not at all.
//! - [`names`]: identifiers of Python and TypeScript for names that are none.
//! - [`fields`]: the fields of a schema by path. [`markdown`]: quoting.
//! - [`endpoint`]: the address that generated files name.
//! - [`instructions`], [`agent_builder`], [`types`]: one target each. [`projects`]: those that can be run.

pub mod agent_builder;
pub mod endpoint;
pub mod fields;
pub mod files;
pub mod instructions;
pub mod markdown;
pub mod names;
pub mod projects;
pub mod types;

pub use endpoint::Endpoint;
pub use files::{Files, WriteError};
pub use names::{Language, Style, identifiers};

use crate::catalog::Catalog;

/// What a target is made from.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The project.
    pub catalog: &'a Catalog,
    /// Where it is served, as given on the command line.
    pub endpoint: &'a Endpoint,
    /// The language asked for, if one was; only targets that write code heed it.
    pub language: Option<Language>,
}

/// First line of generated code and pages, after the comment sign of the language.
pub const GENERATED: &str =
    "Made by `toolface agents` from the project's tools and widgets. Make it again after a change there.";
