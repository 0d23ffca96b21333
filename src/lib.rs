//! Toolface gives every MCP tool a face: each tool's result leaves the server already wrapped with its own
//! ChatKit widget.
//!
//! Modules are listed in reading order, which is also the order in which data flows: file → config → catalog →
//! call → wire. A module uses only those above it; `tests/it/tidy.rs` holds that.

// The futures of an rmcp service are nested deeper than the compiler looks by default.
#![recursion_limit = "256"]

pub mod diag;
pub mod secret;

pub mod schema;
pub mod template;

pub mod source;
pub mod widget;

pub mod config;

pub mod catalog;

pub mod call;
pub mod connect;
pub mod live;
pub mod manifest;
pub mod net;
pub mod starter;
pub mod traffic;
pub mod view;

pub mod export;
pub mod import;

pub mod server;

pub mod doctor;
pub mod studio;

pub mod cli;
