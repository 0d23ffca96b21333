//! How a text or an icon looks, as far as that says something.
//!
//! Owns which props make a text loud or quiet, and the signs icons stand for.

use std::borrow::Cow;

use super::field::humanised;
use super::line::{Piece, Role};
use crate::widget::component::Component;
use crate::widget::tree::{Json, Node};

/// What the props of a text say of how it stands among others.
#[derive(Default)]
pub(super) struct Look<'t> {
    pub(super) value: Cow<'t, str>,
    /// Strong, medium or plain.
    pub(super) weight: Role,
    /// Set back by its colour.
    pub(super) muted: bool,
    pub(super) italic: bool,
    pub(super) struck: bool,
    pub(super) tabbed: bool,
    pub(super) editable: bool,
}

impl<'t> Look<'t> {
    /// Reads all props in one go: texts are most of a tree.
    pub(super) fn of(node: Node<'t>) -> Self {
        let mut look = Self::default();
        for (name, value) in node.props() {
            match (name.as_ref(), value) {
                ("value", value) => look.value = value.words().unwrap_or_default(),
                ("weight", Json::String(weight)) => {
                    look.weight = match weight.as_ref() {
                        "bold" | "semibold" => Role::Strong,
                        "medium" => Role::Medium,
                        _ => Role::Plain,
                    }
                }
                ("color", Json::String(color)) => {
                    look.muted = matches!(color.as_ref(), "secondary" | "tertiary")
                        || color.starts_with("alpha-")
                        || color.starts_with("gray-");
                }
                ("italic", Json::Bool(italic)) => look.italic = italic,
                ("lineThrough", Json::Bool(struck)) => look.struck = struck,
                ("width", _) => look.tabbed = true,
                ("editable", Json::Object(_)) => look.editable = node.field_name().is_some(),
                _ => {}
            }
        }
        look
    }
}

/// What an icon says beside text.
pub(super) fn icon(name: &str) -> Option<Piece> {
    let name = name.split_once(':').map_or(name, |(_, name)| name);
    let (role, sign) = match name {
        "dot" => (Role::Mark, "·"),
        "arrow-right" | "move-right" => (Role::Mark, "→"),
        "check" | "check-circle" | "check-circle-filled" | "circle-check" => (Role::Symbol, "✓"),
        "x" | "circle-x" => (Role::Symbol, "✗"),
        "star-filled" => (Role::Symbol, "★"),
        "star" => (Role::Symbol, "☆"),
        "empty-circle" | "circle" => (Role::Symbol, "○"),
        _ => return None,
    };
    Piece::new(role, sign.to_owned())
}

/// The icons below a component that says nothing else, by name.
pub(super) fn icons_of(node: Node<'_>) -> Vec<Piece> {
    if node.component() == Component::Icon {
        let name = node.str("name").unwrap_or_default();
        return icon(&name).or_else(|| Piece::new(Role::Plain, humanised(&name))).into_iter().collect();
    }
    node.children().flat_map(icons_of).collect()
}
