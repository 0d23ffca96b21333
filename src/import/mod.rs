//! Tools made of what others describe: operations of an HTTP API, tools of another MCP server.
//!
//! Owns reading such descriptions and what becomes of them: texts of tool files and widgets, and a connection for
//! `toolface.toml`. Writes no file: that is its caller's.

pub mod connection;
pub mod names;
pub mod openapi;
pub mod upstream;

/// One tool, ready to be written.
#[derive(Debug, Clone)]
pub struct NewTool {
    /// Its name, and its widget's.
    pub name: String,
    /// What it is made of, as its source names it.
    pub origin: String,
    /// The text of `tools/<name>.toml`.
    pub tool: String,
    /// The text of `widgets/<name>.widget`.
    pub widget: String,
    /// What has to be looked at by people.
    pub notes: Vec<String>,
}
