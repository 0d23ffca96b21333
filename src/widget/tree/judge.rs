//! What may stand where: the rules of structure a tree must keep to be drawn at all.
//!
//! Owns the verdict on a root, a component and its children, and its words. What is merely odd is found by `check`.

use super::parse::{Level, Place};
use super::{Entry, Kind, Parsed, Tree, TreeError, TreeErrorKind, unescape};
use crate::widget::component::{Component, Rule, Table};

/// Judges the outermost component.
pub(super) fn root(tree: &Tree<'_>, table: &Table) -> Parsed<()> {
    let root = tree.entry(0);
    let found = match root.kind {
        Kind::Node(root) if table.roots.contains(root) => return Ok(()),
        Kind::Node(other) => other.name(),
        _ => "a bare value",
    };
    let message = format!("the root has to be {}, not {found}", table.roots.phrase());
    Err(TreeError::boxed(TreeErrorKind::Root, root.value.start as usize, message))
}

/// Judges what stands in place of a component or of `children` by its first byte.
#[inline]
pub(super) fn start(first: u8, place: Place, at: usize) -> Parsed<()> {
    let wrong = match first {
        b'[' | b'n' => place == Place::Child,
        b'"' | b'-' | b'0'..=b'9' | b't' | b'f' => true,
        _ => false, // a component, or no JSON, which is told when it is read
    };
    if wrong { Err(not_a_component(place, at)) } else { Ok(()) }
}

#[cold]
fn not_a_component(place: Place, at: usize) -> Box<TreeError> {
    let message = match place {
        Place::Children => "`children` has to be a list of components, one component or null",
        _ => "a component is expected here, an object with a `type`",
    };
    TreeError::boxed(TreeErrorKind::Children, at, message)
}

/// Judges a component once all its members are known, and tells which it is.
#[inline]
pub(super) fn component(tree: &Tree<'_>, table: &Table, level: &Level) -> Parsed<Component> {
    let [key, id, kind, children] = level.own;
    if (key | id) != 0 {
        identity(tree, key, "key")?;
        identity(tree, id, "id")?;
    }
    let entry = tree.entry(kind as usize);
    let component = match entry.kind {
        Kind::String => Component::from_name(tree.inner(entry)),
        Kind::Escaped => Component::from_name(&unescape(tree.inner(entry))),
        // Where there is none, this is the root's own entry, which is not filled yet.
        Kind::Gone => return Err(no_type(level.start as usize)),
        _ => return Err(not_a_string(TreeErrorKind::Type, entry, "type")),
    };
    let component =
        component.ok_or_else(|| unknown(&unescape(tree.inner(entry)), entry.value.start as usize))?;
    let spec = table.spec(component);
    if !level.children.within(spec.accepts) || spec.rule == Rule::One {
        the_children(tree, table, component, children as usize)?;
    }
    Ok(component)
}

fn identity(tree: &Tree<'_>, at: u32, name: &str) -> Parsed<()> {
    match tree.entry(at as usize).kind {
        _ if at == 0 => Ok(()),
        Kind::String | Kind::Escaped | Kind::Gone => Ok(()),
        _ => Err(not_a_string(TreeErrorKind::Identity, tree.entry(at as usize), name)),
    }
}

/// Judges the children one by one, where not all are sure to be right.
fn the_children(tree: &Tree<'_>, table: &Table, parent: Component, children: usize) -> Parsed<()> {
    if let Kind::Node(child) = tree.entry(children).kind {
        return one_child(tree, table, (parent, child), children).map_err(|e| e.inside("children"));
    }
    for (index, at) in tree.inside(children).enumerate() {
        let entry = tree.entry(at);
        let judged = match entry.kind {
            _ if index > 0 && table.spec(parent).rule == Rule::One => {
                let message = format!("{} takes one child, not several", parent.name());
                Err(TreeError::boxed(TreeErrorKind::WrongChild, entry.value.start as usize, message))
            }
            Kind::Node(child) => one_child(tree, table, (parent, child), at),
            _ => Ok(()),
        };
        judged.map_err(|e| e.inside(&format!("[{index}]")).inside("children"))?;
    }
    Ok(())
}

fn one_child(tree: &Tree<'_>, table: &Table, pair: (Component, Component), at: usize) -> Parsed<()> {
    let (spec, belongs) = (table.spec(pair.0), table.spec(pair.1).parents);
    if spec.accepts.contains(pair.1) {
        return Ok(());
    }
    let (parent, child) = (pair.0.name(), pair.1.name());
    let message = if spec.rule == Rule::None {
        format!("{parent} takes no children, so {child} cannot stand in it")
    } else if !belongs.is_empty() {
        format!("{child} belongs in {}, not in {parent}", belongs.phrase())
    } else if spec.accepts.iter().count() == 1 {
        format!("{parent} takes only {}, not {child}", spec.accepts.phrase())
    } else {
        format!("{child} is a root and cannot stand in {parent}; use Box, Row or Col")
    };
    let offset = tree.entry(at).value.start as usize;
    Err(TreeError::boxed(TreeErrorKind::WrongChild, offset, message))
}

#[cold]
fn no_type(start: usize) -> Box<TreeError> {
    TreeError::boxed(TreeErrorKind::Type, start, "a component needs a `type`, the name of the component")
}

#[cold]
fn not_a_string(kind: TreeErrorKind, entry: &Entry, name: &str) -> Box<TreeError> {
    let message = format!("`{name}` has to be a string");
    TreeError::boxed(kind, entry.value.start as usize, message).inside(name)
}

#[cold]
fn unknown(name: &str, offset: usize) -> Box<TreeError> {
    let short: String = name.chars().take(40).collect();
    let hint = Component::suggestion(name).map(|hint| format!("; {hint}")).unwrap_or_default();
    let message = format!("there is no component `{short}`{hint}");
    TreeError::boxed(TreeErrorKind::UnknownComponent, offset, message)
}
