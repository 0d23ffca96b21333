//! The hydrated tree: what a template printed, parsed, judged and written.
//!
//! Owns the form of a tree in memory and how to read it; `parse` builds it, `write` gives it out, `check` finds what
//! is odd in it, `uses` lists its actions and pictures. Must not know what a component means: that is the table's.
//!
//! A tree borrows the printed text. Its parts lie in one list, in the order of the text, each as a range of the text;
//! nothing is copied, strings are unescaped when they are read, and what is already in its final form is written by
//! copying it whole. That keeps a call's tree at the price of one look at each byte and two allocations.

mod check;
mod judge;
mod lex;
mod parse;
mod uses;
mod write;

use std::borrow::Cow;
use std::fmt;

pub use check::{Finding, FindingKind};
pub use uses::Action;

use super::component::{Component, Components};

/// How large a tree may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeLimits {
    /// Components in the tree.
    pub nodes: usize,
    /// Lists and objects inside each other, as JSON counts them; a component and its `children` are two. Never more
    /// than 256, which the stack holds easily.
    pub depth: usize,
}

impl Default for TreeLimits {
    /// 20 000 components; 100 levels, so that the tree inside a response stays below the 128 at which many JSON
    /// readers give up. Trees made by people have 5 to 20.
    fn default() -> Self {
        Self { nodes: 20_000, depth: 100 }
    }
}

/// What kept a text from being a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeErrorKind {
    /// The text is not JSON.
    Json,
    /// The outermost component is not a root.
    Root,
    /// A component has no `type`, or one that is not a string.
    Type,
    /// No component has this `type`.
    UnknownComponent,
    /// `key` or `id` is not a string.
    Identity,
    /// `children` holds something that is not a component.
    Children,
    /// A component stands where it may not.
    WrongChild,
    /// More components than allowed.
    Nodes,
    /// More levels than allowed.
    Depth,
    /// More text than a tree can count.
    Size,
}

/// Why a text is not a tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", if path.is_empty() { String::new() } else { format!("`{path}`: ") })]
pub struct TreeError {
    /// The kind of fault.
    pub kind: TreeErrorKind,
    /// What is wrong and how to mend it, one sentence. Repeats no text but names of components and props.
    pub message: String,
    /// Byte in the text.
    pub offset: usize,
    /// Where in the tree, `children[0].children[2]`; empty for the root.
    pub path: String,
}

/// Boxed while it travels, so that the way without faults stays narrow.
type Parsed<T> = Result<T, Box<TreeError>>;

impl TreeError {
    #[cold]
    fn boxed(kind: TreeErrorKind, offset: usize, message: impl Into<String>) -> Box<Self> {
        Box::new(Self { kind, message: message.into(), offset, path: String::new() })
    }

    /// The same fault seen from one level up: `step` is a name, or an index in brackets.
    #[cold]
    fn inside(mut self: Box<Self>, step: &str) -> Box<Self> {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{step}{dot}{}", self.path);
        self
    }
}

/// A tree of components, borrowed from the text that was parsed.
pub struct Tree<'a> {
    text: &'a str,
    entries: Vec<Entry>,
    nodes: usize,
    present: Components,
}

impl fmt::Debug for Tree<'_> {
    /// Says how large it is, not what it shows: that may be private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("nodes", &self.nodes).finish_non_exhaustive()
    }
}

impl<'a> Tree<'a> {
    /// Parses what a template printed and judges its structure.
    ///
    /// # Errors
    /// The first fault: the text is not strict JSON, a component is unknown or stands where it may not, `key`, `id` or
    /// `children` is of the wrong type, or a limit is passed.
    pub fn parse(text: &'a str, limits: TreeLimits) -> Result<Self, TreeError> {
        parse::parse(text, limits).map_err(|error| *error)
    }

    /// The outermost component.
    pub fn root(&self) -> Node<'_> {
        Node { tree: self, at: 0 }
    }

    /// How many components were parsed.
    pub fn node_count(&self) -> usize {
        self.nodes
    }

    /// Whether there is such a component anywhere in it.
    pub fn has(&self, component: Component) -> bool {
        self.present.contains(component)
    }

    fn entry(&self, at: usize) -> &Entry {
        static NOTHING: Entry = Entry::nothing();
        self.entries.get(at).unwrap_or(&NOTHING)
    }

    fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// A string without its quotes.
    fn inner(&self, entry: &Entry) -> &str {
        let Span { start, end } = entry.value;
        self.text.get(start as usize + 1..(end as usize).saturating_sub(1)).unwrap_or_default()
    }

    fn bytes(&self, span: Span) -> &[u8] {
        self.text.as_bytes().get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The entries inside of the one at `at`, without those that are gone.
    fn inside(&self, at: usize) -> impl Iterator<Item = usize> {
        let end = self.entry(at).end as usize;
        let mut next = at + 1;
        std::iter::from_fn(move || {
            while next < end {
                let here = next;
                let entry = self.entry(here);
                next = entry.end as usize;
                if entry.kind != Kind::Gone {
                    return Some(here);
                }
            }
            None
        })
    }

    /// What a member of an object holds, by its name.
    fn member(&self, at: usize, name: &str) -> Option<Json<'_>> {
        let named = |entry: &Entry| match entry.name {
            Name::Escaped => self.key(entry) == name,
            _ => entry.key.len() == name.len() && self.slice(entry.key) == name,
        };
        self.inside(at).find(|at| named(self.entry(*at))).map(|at| self.json(at))
    }

    fn key(&self, entry: &Entry) -> Cow<'_, str> {
        let key = self.slice(entry.key);
        if entry.name == Name::Escaped { unescape(key) } else { Cow::Borrowed(key) }
    }

    fn json(&self, at: usize) -> Json<'_> {
        let entry = self.entry(at);
        let text = self.slice(entry.value);
        match entry.kind {
            Kind::Null | Kind::Gone => Json::Null,
            Kind::Bool => Json::Bool(text == "true"),
            Kind::Number => Json::Number(text),
            Kind::String => Json::String(Cow::Borrowed(unquote(text))),
            Kind::Escaped => Json::String(unescape(unquote(text))),
            Kind::List => Json::List(List { tree: self, at }),
            Kind::Object | Kind::Node(_) => Json::Object(Object { tree: self, at }),
        }
    }
}

/// A range of bytes of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    const EMPTY: Self = Self { start: 0, end: 0 };

    fn new(start: usize, end: usize) -> Self {
        Self { start: offset(start), end: offset(end) }
    }

    fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// One value of the text: the root, a member of an object, an item of a list. What it contains follows it.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The member's name without quotes.
    key: Span,
    /// The whole value.
    value: Span,
    /// The entry after the last one inside of this.
    end: u32,
    kind: Kind,
    name: Name,
    /// Whether the text holds it, name and all, as it is to be written.
    plain: bool,
}

impl Entry {
    const fn nothing() -> Self {
        Self {
            key: Span::EMPTY,
            value: Span::EMPTY,
            end: 0,
            kind: Kind::Gone,
            name: Name::Item,
            plain: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Null where null has to stay.
    Null,
    /// Null where it vanishes, or a member given again later.
    Gone,
    Bool,
    Number,
    String,
    /// A string with escapes in it.
    Escaped,
    List,
    Object,
    Node(Component),
}

/// What an entry is called. The first four are a component's own, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Key,
    Id,
    Type,
    Children,
    /// Any other name.
    Other,
    /// Any other name, with escapes in it.
    Escaped,
    /// None: the root, or an item of a list.
    Item,
}

impl Name {
    /// Told by the length of a name and its first eight bytes as a number.
    #[inline]
    fn of(start: u64, length: usize) -> Self {
        const KEY: u64 = u64::from_le_bytes(*b"key\0\0\0\0\0");
        const ID: u64 = u64::from_le_bytes(*b"id\0\0\0\0\0\0");
        const TYPE: u64 = u64::from_le_bytes(*b"type\0\0\0\0");
        const CHILDREN: u64 = u64::from_le_bytes(*b"children");
        match (start, length) {
            (KEY, 3) => Self::Key,
            (ID, 2) => Self::Id,
            (TYPE, 4) => Self::Type,
            (CHILDREN, 8) => Self::Children,
            _ => Self::Other,
        }
    }
}

/// A component of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree<'t>,
    at: usize,
}

impl<'t> Node<'t> {
    /// Which component it is.
    pub fn component(self) -> Component {
        match self.tree.entry(self.at).kind {
            Kind::Node(component) => component,
            _ => Component::Basic, // a node is only ever made of a node's entry
        }
    }

    /// Its identity among its siblings.
    pub fn key(self) -> Option<Cow<'t, str>> {
        self.own(Name::Key).and_then(|at| self.tree.json(at).into_str())
    }

    /// Whether it has one.
    pub fn has_key(self) -> bool {
        self.own(Name::Key).is_some_and(|at| self.tree.entry(at).kind != Kind::Gone)
    }

    /// Its identity for updates.
    pub fn id(self) -> Option<Cow<'t, str>> {
        self.own(Name::Id).and_then(|at| self.tree.json(at).into_str())
    }

    /// Its children, whether given as a list or alone.
    pub fn children(self) -> impl Iterator<Item = Node<'t>> {
        let tree = self.tree;
        let children = self.own(Name::Children);
        let alone = children.filter(|at| matches!(tree.entry(*at).kind, Kind::Node(_)));
        let listed = children.filter(|at| tree.entry(*at).kind == Kind::List);
        let listed = listed.into_iter().flat_map(|at| tree.inside(at));
        alone.into_iter().chain(listed).map(move |at| Node { tree, at })
    }

    /// Whether `children` is a list.
    fn has_list(self) -> Option<bool> {
        self.own(Name::Children).map(|at| self.tree.entry(at).kind == Kind::List)
    }

    /// Its props in the order of the text, without `type`, `key`, `id` and `children`.
    pub fn props(self) -> impl Iterator<Item = (Cow<'t, str>, Json<'t>)> {
        let members = self.tree.inside(self.at).map(|at| (at, self.tree.entry(at)));
        let props = members.filter(|(_, entry)| entry.name > Name::Children);
        props.map(|(at, entry)| (self.tree.key(entry), self.tree.json(at)))
    }

    /// The prop of that name, unless it is null.
    pub fn prop(self, name: &str) -> Option<Json<'t>> {
        self.tree.member(self.at, name)
    }

    /// The prop of that name, if it is a string.
    pub fn str(self, name: &str) -> Option<Cow<'t, str>> {
        self.prop(name)?.into_str()
    }

    /// Whether the prop of that name is `true`.
    pub fn is(self, name: &str) -> bool {
        matches!(self.prop(name), Some(Json::Bool(true)))
    }

    fn own(self, name: Name) -> Option<usize> {
        self.tree.inside(self.at).find(|at| self.tree.entry(*at).name == name)
    }
}

/// A JSON value inside a tree. Null only where null stays: as `children` in a payload.
#[derive(Debug, Clone)]
pub enum Json<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, digit for digit.
    Number(&'t str),
    /// A string, unescaped.
    String(Cow<'t, str>),
    /// A list.
    List(List<'t>),
    /// An object.
    Object(Object<'t>),
}

impl<'t> Json<'t> {
    /// The string, if it is one.
    pub fn into_str(self) -> Option<Cow<'t, str>> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The words to show for it: a string, a number or a truth value; nothing for anything else.
    pub fn words(self) -> Option<Cow<'t, str>> {
        match self {
            Self::String(text) => Some(text),
            Self::Number(number) => Some(Cow::Borrowed(number)),
            Self::Bool(truth) => Some(Cow::Borrowed(if truth { "true" } else { "false" })),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn object(&self) -> Option<Object<'t>> {
        match self {
            Self::Object(object) => Some(*object),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn items(&self) -> impl Iterator<Item = Json<'t>> {
        let list = if let Self::List(list) = self { Some(*list) } else { None };
        list.into_iter().flat_map(List::iter)
    }
}

/// A list inside a tree.
#[derive(Debug, Clone, Copy)]
pub struct List<'t> {
    tree: &'t Tree<'t>,
    at: usize,
}

impl<'t> List<'t> {
    /// Its items.
    pub fn iter(self) -> impl Iterator<Item = Json<'t>> {
        self.tree.inside(self.at).map(move |at| self.tree.json(at))
    }
}

/// An object inside a tree.
#[derive(Debug, Clone, Copy)]
pub struct Object<'t> {
    tree: &'t Tree<'t>,
    at: usize,
}

impl<'t> Object<'t> {
    /// The member of that name, unless it is null.
    pub fn get(self, name: &str) -> Option<Json<'t>> {
        self.tree.member(self.at, name)
    }

    /// Its members in the order of the text.
    pub fn iter(self) -> impl Iterator<Item = (Cow<'t, str>, Json<'t>)> {
        let members = self.tree.inside(self.at);
        members.map(move |at| (self.tree.key(self.tree.entry(at)), self.tree.json(at)))
    }
}

/// An offset as entries hold it. Larger texts are refused before they are read.
#[expect(clippy::cast_possible_truncation, reason = "a text that is too large for it is refused first")]
fn offset(at: usize) -> u32 {
    at as u32
}

fn unquote(text: &str) -> &str {
    text.get(1..text.len().saturating_sub(1)).unwrap_or_default()
}

/// Undoes the escapes of a string that was parsed, so that they are known to be right.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        match chars.next() {
            Some('u') => {
                let (c, taken) = code_point(after);
                out.push(c);
                chars = after.get(taken..).unwrap_or_default().chars();
            }
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some(other) => out.push(other),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of an escape that starts with `u`, and how many bytes it takes: 5, or 11 for a surrogate pair.
fn code_point(escape: &str) -> (char, usize) {
    let unit = |from: usize| u32::from_str_radix(escape.get(from..from + 4)?, 16).ok();
    let first = unit(1).unwrap_or_default();
    match (char::from_u32(first), unit(7)) {
        (Some(c), _) => (c, 5),
        (None, Some(second)) => {
            let both = 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
            (char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER), 11)
        }
        (None, None) => (char::REPLACEMENT_CHARACTER, 5),
    }
}

#[cfg(test)]
mod tests;
