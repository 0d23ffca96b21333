//! `.widget` files, written.
//!
//! Owns a file's six members, the editor's state inside `encodedWidget`, and ids. What the members mean is
//! [`crate::widget::file`]'s.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Starter, zod};
use crate::diag::SourceText;
use crate::schema::shape::{OnMissing, Shape};
use crate::template::{Data, Limits};
use crate::widget::Widget;
use crate::widget::file::VERSION;
use crate::widget::tree::TreeLimits;

/// The text of a new file.
pub(super) fn new(starter: &Starter) -> String {
    let editor = json!({
        "id": starter.id(),
        "name": starter.title,
        "view": starter.view,
        "defaultState": starter.sample,
        "states": [],
        "schemaMode": "zod",
        "jsonSchema": {},
        "schema": zod::source(&starter.schema),
        "schemaValidity": "valid",
        "viewValidity": "valid",
        "defaultStateValidity": "valid",
    });
    let mut file = json!({
        "version": VERSION,
        "name": starter.title,
        "template": starter.template,
        "jsonSchema": starter.schema,
        "outputJsonPreview": {},
        "encodedWidget": encode(&editor),
    });
    let drawn = preview(&file, &starter.sample).unwrap_or_else(|_| json!({}));
    if let Some(members) = file.as_object_mut() {
        members.insert("outputJsonPreview".to_owned(), drawn);
    }
    pretty(&file)
}

/// The tree of a file's template over some data.
pub(super) fn preview(file: &Value, data: &Value) -> Result<Value, String> {
    let source = SourceText::new("the widget", file.to_string());
    let widget = Widget::compile("widget", &source, None, Limits::default(), TreeLimits::default())
        .map_err(|faults| faults.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; "))?;
    // What is absent is filled in as a call fills it in.
    let mut data = data.clone();
    Shape::compile(&widget.schema, OnMissing::Null).fill(&mut data);
    let printed = widget.print(&Data::new(&data)).map_err(|e| e.to_string())?;
    let tree = widget.tree(&printed).map_err(|e| e.to_string())?;
    let mut text = String::new();
    tree.write_json(&mut text);
    serde_json::from_str(&text).map_err(|e| e.to_string())
}

/// The least that is a view.
pub(super) const PLAIN_VIEW: &str = "<Card></Card>";

/// What `encodedWidget` holds, as it is written there.
pub(super) fn encode(editor: &Value) -> String {
    URL_SAFE_NO_PAD.encode(editor.to_string())
}

/// `wig_` and eight characters, by the widget's name and schema.
pub(super) fn id(name: &str, schema: &Value) -> String {
    let digest =
        Sha256::new().chain_update(name).chain_update([0]).chain_update(schema.to_string()).finalize();
    let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let chars = digest.iter().take(8).filter_map(|byte| letters.get(usize::from(*byte) % letters.len()));
    format!("wig_{}", chars.map(|c| char::from(*c)).collect::<String>())
}

/// As the Studio writes files: two spaces.
pub(super) fn pretty(file: &Value) -> String {
    let mut text = serde_json::to_string_pretty(file).unwrap_or_default();
    text.push('\n');
    text
}
