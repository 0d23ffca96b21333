//! Toolface gives every MCP tool a face: each tool's result leaves the server already wrapped with its own
//! ChatKit widget.
//!
//! Modules are listed in reading order, which is also the order in which data flows: file → config → catalog →
//! call → wire. A module uses only those above it; `tests/it/tidy.rs` holds that.

pub mod diag;
pub mod schema;
pub mod secret;
