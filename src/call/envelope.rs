//! What a call answers: the envelope, the tree and the texts, protocol-free.
//!
//! Owns joining them. The JSON texts are written once here and copied to the wire as they are.

use serde_json::{Value, json};

use crate::catalog::{Action, Binding};
use crate::source::input::InputRequired;
use crate::widget::text;
use crate::widget::tree::Tree;

/// An answer of a tool.
#[derive(Debug)]
pub enum Outcome<'c> {
    /// A widget.
    Widget(Box<Envelope<'c>>),
    /// A fixed MCP result.
    Fixed(&'c Value),
    /// The MCP result of a tool that passes through.
    Passed(Value),
    /// Nothing yet: the caller has to be asked first.
    InputRequired(InputRequired),
}

/// A result wrapped with its widget.
#[derive(Debug)]
pub struct Envelope<'c> {
    /// The binding that was used.
    pub binding: &'c Binding,
    /// The envelope, JSON text: id, type and public data.
    pub json: String,
    /// The hydrated tree, JSON text without nulls. May hold private data.
    pub tree: String,
    /// Copy text. May hold private data.
    pub copy_text: Option<String>,
    /// The widget as Markdown, if it was asked for. Holds no private data.
    pub markdown: Option<String>,
    /// Fields that got a placeholder, as JSON Pointers.
    pub degraded: Vec<String>,
}

/// Stands in for private values where a text may reach the model.
pub const HIDDEN: &str = "•••";

/// The Markdown of a tree, with each action named by the tool it leads to.
pub fn markdown(tree: &Tree<'_>, actions: &std::collections::BTreeMap<String, Action>) -> String {
    let mut out = String::new();
    text::markdown(tree, &|kind| actions.get(kind).map(|action| action.tool.clone()), &mut out);
    out
}

impl Envelope<'_> {
    /// `_meta["dev.toolface/widget"]` as a JSON value, for programs that want everything in one.
    pub fn meta(&self) -> Value {
        let widget = &self.binding.widget;
        json!({
            "id": self.binding.id,
            "type": widget.name,
            "name": widget.title,
            "tree": serde_json::from_str::<Value>(&self.tree).unwrap_or_default(),
            "copyText": self.copy_text,
            "degraded": self.degraded,
        })
    }
}
