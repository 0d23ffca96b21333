//! What a tree leads out of itself: actions and addresses.
//!
//! Owns how they are found, by the component table. Must not decide where an action leads.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use pulldown_cmark::{Event, Parser, Tag};

use super::{Json, Node, Object, Tree};
use crate::widget::component::{Component, Type, table};

/// An action somewhere in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its `type`, by which a tool is found for it.
    pub kind: String,
    /// Whether the page deals with it (`client`) or the server.
    pub on_client: bool,
    /// The prop that holds it: `children[0].onClickAction`, `confirm.action`.
    pub path: String,
    /// The component that fires it.
    pub component: Component,
    /// The words people read on it, if there are any.
    pub label: Option<String>,
    /// The names in its payload.
    pub payload: Vec<String>,
    /// Inside a form: the names of the fields that join the payload.
    pub fields: Option<Arc<[String]>>,
}

impl Tree<'_> {
    /// Every action in the tree, in the order of the tree.
    pub fn actions(&self) -> Vec<Action> {
        let mut out = Vec::new();
        actions_of(self.root(), "", None, &mut out);
        out
    }

    /// Every address the host would fetch, each once: pictures, those in Markdown too, and the icon of a status line.
    pub fn images(&self) -> Vec<String> {
        let mut out = Vec::new();
        images_of(self.root(), &mut out);
        let mut seen = BTreeSet::new();
        out.retain(|address| seen.insert(address.clone()));
        out
    }
}

fn actions_of(node: Node<'_>, path: &str, form: Option<&Arc<[String]>>, out: &mut Vec<Action>) {
    let own_form = is_form(node).then(|| fields_of(node).into());
    let form = own_form.as_ref().or(form);
    let dot = if path.is_empty() { "" } else { "." };
    for prop in &node.component().spec().props {
        let Some(held) = node.prop(prop.name).and_then(|value| value.object()) else { continue };
        let (config, label, step) = match table().resolve(&prop.kind) {
            Type::Action => (held, label_of(node), ""),
            // An object that holds an action brings its label along.
            Type::Object(props) if props.iter().any(|p| matches!(p.kind, Type::Action)) => {
                let Some(config) = held.get("action").and_then(|value| value.object()) else { continue };
                (config, held.get("label").and_then(Json::words), ".action")
            }
            _ => continue,
        };
        let Some(kind) = config.get("type").and_then(Json::into_str) else { continue };
        out.push(Action {
            kind: kind.into_owned(),
            on_client: config.get("handler").and_then(Json::into_str).as_deref() == Some("client"),
            path: format!("{path}{dot}{}{step}", prop.name),
            component: node.component(),
            label: label.map(Cow::into_owned),
            payload: payload_names(config),
            fields: form.cloned(),
        });
    }
    let listed = node.has_list() == Some(true);
    for (index, child) in node.children().enumerate() {
        let step = if listed { format!("children[{index}]") } else { "children".to_owned() };
        actions_of(child, &format!("{path}{dot}{step}"), form, out);
    }
}

fn payload_names(config: Object<'_>) -> Vec<String> {
    let payload = config.get("payload").and_then(|value| value.object());
    payload.into_iter().flat_map(Object::iter).map(|(name, _)| name.into_owned()).collect()
}

/// Whether the fields inside of a component travel with its actions.
fn is_form(node: Node<'_>) -> bool {
    node.component() == Component::Form || node.is("asForm")
}

fn fields_of(node: Node<'_>) -> Vec<String> {
    let own = node.field_name().map(Cow::into_owned);
    own.into_iter().chain(node.children().flat_map(fields_of)).collect()
}

impl<'t> Node<'t> {
    /// The name of the form field it is, if it is one.
    pub fn field_name(self) -> Option<Cow<'t, str>> {
        match self.component() {
            Component::Text => self.prop("editable")?.object()?.get("name")?.into_str(),
            component if component.spec().field => self.str("name"),
            _ => None,
        }
    }
}

/// The words on a component that can be clicked: its label, else the first words inside of it.
fn label_of(node: Node<'_>) -> Option<Cow<'_, str>> {
    let named = ["label", "ariaLabel", "value", "alt"].into_iter().find_map(|name| node.str(name));
    named.filter(|words| !words.trim().is_empty()).or_else(|| match node.component() {
        Component::Form => None, // the words inside of it say what to fill in, not what it does
        _ => node.children().find_map(label_of),
    })
}

fn images_of(node: Node<'_>, out: &mut Vec<String>) {
    for prop in &node.component().spec().props {
        let address = match table().resolve(&prop.kind) {
            Type::Url => node.str(prop.name),
            Type::Union(_) | Type::Object(_) => node.prop(prop.name).and_then(|v| address_in(&prop.kind, &v)),
            _ => None,
        };
        out.extend(address.map(Cow::into_owned));
    }
    if node.component() == Component::Markdown
        && let Some(text) = node.str("value")
    {
        out.extend(Parser::new(&text).filter_map(|event| match event {
            Event::Start(Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
            _ => None,
        }));
    }
    node.children().for_each(|child| images_of(child, out));
}

/// The address inside of an object, by the name the table gives it.
fn address_in<'t>(kind: &Type, value: &Json<'t>) -> Option<Cow<'t, str>> {
    match table().resolve(kind) {
        Type::Union(branches) => branches.iter().find_map(|branch| address_in(branch, value)),
        Type::Object(props) => {
            let name = props.iter().find(|p| matches!(p.kind, Type::Url))?.name;
            value.object()?.get(name)?.into_str()
        }
        _ => None,
    }
}
