//! From text to tree: one pass without recursion, in which structure is judged as it closes.
//!
//! Owns the way through the text, the limits and what makes an entry. What may stand where is judged in `judge`.

use super::judge;
use super::lex::Lexer;
use super::{Entry, Kind, Name, Parsed, Span, Tree, TreeError, TreeErrorKind, TreeLimits, offset, unescape};
use crate::widget::component::{Components, Table, table};

/// Nesting beyond this is refused whatever the limits say: those who walk a tree do it by recursion.
const MAX_DEPTH: usize = 256;

/// Members of one object that are compared with each other as they come; above this they are sorted once.
const FEW: u32 = 24;

/// Where a value stands, and so what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A prop, or inside one: any JSON.
    Prop,
    /// The value of `children`.
    Children,
    /// The root, or an item of `children`.
    Child,
}

pub(super) fn parse(text: &str, limits: TreeLimits) -> Parsed<Tree<'_>> {
    if u32::try_from(text.len()).is_err() {
        return Err(TreeError::boxed(TreeErrorKind::Size, 0, "the text is larger than 4 GiB"));
    }
    // Trees hold one value in about ten bytes; a long text is probably long strings.
    let entries = Vec::with_capacity((text.len() / 8).clamp(16, 4096));
    let mut parser = Parser {
        lexer: Lexer::new(text),
        tree: Tree { text, entries, nodes: 0, present: Components::default() },
        level: Level::new(0, 0, Holds::Components),
        around: Vec::with_capacity(16),
        limits,
        table: table(),
    };
    parser.document().map_err(|error| parser.locate(error))?;
    judge::root(&parser.tree, parser.table)?;
    Ok(parser.tree)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    tree: Tree<'a>,
    /// The list or object being read, and those around it. The outermost is the text: a list of which the root is the
    /// only item.
    level: Level,
    around: Vec<Level>,
    limits: TreeLimits,
    table: &'static Table,
}

/// A list or an object while it is read. Kept small, because it moves with every bracket.
pub(super) struct Level {
    /// One bit per kind of name seen, so that a new name is nearly always known to be new.
    seen: u64,
    /// The entries of a component's own members, by [`Name`]; 0 where there is none.
    pub(super) own: [u32; 4],
    pub(super) entry: u32,
    /// Where it begins in the text.
    pub(super) start: u32,
    /// The member being read. Between members, and in a list, it has no name.
    key: Span,
    /// Members or items so far.
    count: u32,
    /// The components seen as children.
    pub(super) children: Components,
    holds: Holds,
    close: u8,
    name: Name,
    last: Name,
    /// Whether the name being read and the colon stand in the text as they are to be written.
    tight: bool,
    /// Whether all of it so far does.
    plain: bool,
}

/// What a list or an object consists of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// A list: components.
    Components,
    /// A list in a prop: any JSON.
    Items,
    /// A component: its members.
    Node,
    /// An object in a prop: members of any JSON.
    Members,
}

impl Level {
    #[inline]
    fn new(entry: usize, start: usize, holds: Holds) -> Self {
        Self {
            seen: 0,
            own: [0; 4],
            entry: offset(entry),
            start: offset(start),
            key: Span::EMPTY,
            count: 0,
            children: Components::default(),
            holds,
            close: if matches!(holds, Holds::Node | Holds::Members) { b'}' } else { b']' },
            name: Name::Item,
            last: Name::Key,
            tight: true,
            plain: true,
        }
    }

    fn is_object(&self) -> bool {
        self.close == b'}'
    }

    /// Where the value stands that is read next.
    #[inline]
    fn place_of_next(&self) -> Place {
        match self.holds {
            Holds::Components => Place::Child,
            Holds::Node if self.name == Name::Children => Place::Children,
            _ => Place::Prop,
        }
    }
}

impl Parser<'_> {
    fn document(&mut self) -> Parsed<()> {
        if self.tree.text.starts_with('\u{feff}') {
            return Err(self
                .lexer
                .fault(0, "the text starts with a byte order mark; it has to start with `{`"));
        }
        let mut at = self.lexer.space(0);
        if self.lexer.peek(at).is_none() {
            return Err(self.lexer.fault(at, "the template printed nothing"));
        }
        if self.lexer.peek(at) != Some(b'{') {
            self.level.holds = Holds::Items; // read it all the same, to tell what is no JSON from what is no tree
        }
        loop {
            at = self.value(at)?;
            match self.advance(at)? {
                Some(next) => at = next,
                None => return Ok(()),
            }
        }
    }

    /// Reads a value without parts, or goes into one that has them.
    fn value(&mut self, start: usize) -> Parsed<usize> {
        let Some(first) = self.lexer.peek(start) else { return Err(self.lexer.unexpected(start, "")) };
        let place = self.level.place_of_next();
        if place != Place::Prop {
            judge::start(first, place, start)?;
        }
        let (end, kind, plain) = match first {
            b'{' if place == Place::Prop => return self.open(start, Holds::Members),
            b'{' => return self.open(start, Holds::Node),
            b'[' if place == Place::Prop => return self.open(start, Holds::Items),
            b'[' => return self.open(start, Holds::Components),
            b'"' => match self.lexer.string(start)? {
                (end, false) => (end, Kind::String, true),
                (end, true) => (end, Kind::Escaped, false),
            },
            b'-' | b'0'..=b'9' => (self.lexer.number(start)?, Kind::Number, true),
            b'n' => (self.lexer.word(start)?, self.null(), false),
            _ => (self.lexer.word(start)?, Kind::Bool, true),
        };
        let index = self.tree.entries.len();
        let entry = self.done(Span::new(start, end), kind, plain, index);
        self.tree.entries.push(entry);
        Ok(end)
    }

    fn open(&mut self, start: usize, holds: Holds) -> Parsed<usize> {
        if self.around.len() >= self.limits.depth.min(MAX_DEPTH) {
            let message = format!("more than {} lists and objects inside each other", self.around.len());
            return Err(TreeError::boxed(TreeErrorKind::Depth, start, message));
        }
        self.tree.nodes += usize::from(holds == Holds::Node);
        if self.tree.nodes > self.limits.nodes {
            let message = format!("more than {} components; show less at once", self.limits.nodes);
            return Err(TreeError::boxed(TreeErrorKind::Nodes, start, message));
        }
        // Entered before its parts, mended when it closes.
        let level = Level::new(self.tree.entries.len(), start, holds);
        self.tree.entries.push(Entry::nothing());
        self.around.push(std::mem::replace(&mut self.level, level));
        Ok(start + 1)
    }

    /// Goes from an opening bracket or the end of a value to the next value, out of every level that ends here.
    fn advance(&mut self, mut at: usize) -> Parsed<Option<usize>> {
        loop {
            at = self.space(at);
            let next = self.lexer.peek(at);
            if self.around.is_empty() {
                let after = || self.lexer.fault(at, "there is text after the end of the tree");
                return if next.is_none() { Ok(None) } else { Err(after()) };
            }
            let close = self.level.close;
            if next == Some(close) {
                at += 1;
                self.close(at)?;
                continue;
            }
            if self.level.count > 0 {
                if next != Some(b',') {
                    return Err(self.no_comma(at, close));
                }
                at = self.space(at + 1);
                if self.lexer.peek(at) == Some(close) {
                    return Err(self.stray_comma(at, close));
                }
            }
            return if self.level.is_object() { self.name(at).map(Some) } else { Ok(Some(at)) };
        }
    }

    fn close(&mut self, end: usize) -> Parsed<()> {
        let Some(outer) = self.around.pop() else { return Ok(()) };
        let mut level = std::mem::replace(&mut self.level, outer);
        if level.count > FEW && level.is_object() {
            level.plain &= !self.replace_all(level.entry as usize);
        }
        let kind = match level.holds {
            Holds::Node => {
                let component = judge::component(&self.tree, self.table, &level)?;
                level.children = Components::of(component);
                self.tree.present = self.tree.present.with(level.children);
                Kind::Node(component)
            }
            Holds::Members => Kind::Object,
            Holds::Items | Holds::Components => Kind::List,
        };
        self.level.children = self.level.children.with(level.children);
        let entry =
            self.done(Span { start: level.start, end: offset(end) }, kind, level.plain, level.entry as usize);
        if let Some(entered) = self.tree.entries.get_mut(level.entry as usize) {
            *entered = entry;
        }
        Ok(())
    }

    /// Counts a value as a part of the level around it, and makes its entry.
    #[inline]
    fn done(&mut self, value: Span, kind: Kind, plain: bool, index: usize) -> Entry {
        let (level, end) = (&mut self.level, self.tree.entries.len().max(index + 1));
        let (key, name) = (level.key, level.name);
        let plain = plain && level.tight;
        level.plain &= plain;
        level.count += 1;
        if level.holds == Holds::Node {
            if let Some(own) = level.own.get_mut(name as usize) {
                *own = offset(index);
            }
            // A component's own members come in an order, its props in any.
            level.plain &= level.last <= name;
            level.last = name.min(Name::Other);
        }
        level.name = Name::Item;
        Entry { key, value, end: offset(end), kind, name, plain }
    }

    /// Reads a member's name and the colon.
    #[inline]
    fn name(&mut self, at: usize) -> Parsed<usize> {
        if self.lexer.peek(at) != Some(b'"') {
            return Err(self.lexer.unexpected(at, "a name in double quotes is expected here"));
        }
        let (end, short, escaped) = match self.lexer.short_name(at) {
            Some((end, short)) => (end, short, false),
            None => {
                let (end, escaped) = self.lexer.string(at)?;
                (end, start_of(self.tree.bytes(Span::new(at + 1, end - 1))), escaped)
            }
        };
        let key = Span::new(at + 1, end - 1);
        let colon = self.space(end);
        if self.lexer.peek(colon) != Some(b':') {
            return Err(self.lexer.unexpected(colon, "a colon is expected here"));
        }
        if self.meets(short, escaped) {
            self.level.plain &= !self.replace(key);
        }
        let name = match (self.level.holds == Holds::Node, escaped) {
            (true, false) => Name::of(short, key.len()),
            (false, false) => Name::Other,
            (true, true) => self.escaped_name(key),
            (false, true) => Name::Escaped,
        };
        (self.level.key, self.level.name) = (key, name);
        let value = self.space(colon + 1);
        self.level.tight = !escaped && value == end + 1;
        Ok(value)
    }

    #[cold]
    fn escaped_name(&self, key: Span) -> Name {
        let name = unescape(self.tree.slice(key));
        match Name::of(start_of(name.as_bytes()), name.len()) {
            Name::Other => Name::Escaped,
            own => own,
        }
    }

    /// Whether a member whose name starts like that may have been here before. A wrong yes costs time, a wrong no cannot
    /// be.
    #[inline]
    fn meets(&mut self, short: u64, escaped: bool) -> bool {
        if escaped {
            self.level.seen = u64::MAX; // may be equal to a name that looks different
        }
        let bit = 1 << (short.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58);
        let met = self.level.seen & bit != 0;
        self.level.seen |= bit;
        met && self.level.count < FEW // above, all are compared at the end
    }

    /// The next byte that is not space. What has space in it is not plain.
    #[inline]
    fn space(&mut self, at: usize) -> usize {
        match self.lexer.peek(at) {
            Some(..=b' ') => {
                self.level.plain = false;
                self.lexer.space(at)
            }
            _ => at,
        }
    }

    /// In a payload a member named `children` keeps its null; every other null goes.
    fn null(&self) -> Kind {
        let level = &self.level;
        let keeps = level.holds == Holds::Members && unescape(self.tree.slice(level.key)) == "children";
        if keeps { Kind::Null } else { Kind::Gone }
    }

    /// Drops an earlier member of that name; the last one counts. Tells whether there was one.
    fn replace(&mut self, key: Span) -> bool {
        let name = unescape(self.tree.slice(key));
        let mut at = self.level.entry as usize + 1;
        while let Some(entry) = self.tree.entries.get(at) {
            if entry.kind != Kind::Gone && unescape(self.tree.slice(entry.key)) == name {
                self.drop_entry(at);
                return true;
            }
            at = entry.end as usize;
        }
        false
    }

    /// As [`Parser::replace`], for all members of a large object at once.
    fn replace_all(&mut self, object: usize) -> bool {
        let mut members = Vec::new();
        let mut at = object + 1;
        while let Some(entry) = self.tree.entries.get(at) {
            members.push((unescape(self.tree.slice(entry.key)), at));
            at = entry.end as usize;
        }
        members.sort_unstable();
        let earlier = members.windows(2).filter_map(|pair| match pair {
            [(name, earlier), (next, _)] if name == next => Some(*earlier),
            _ => None,
        });
        let earlier: Vec<usize> = earlier.collect();
        earlier.iter().for_each(|at| self.drop_entry(*at));
        !earlier.is_empty()
    }

    fn drop_entry(&mut self, at: usize) {
        if let Some(entry) = self.tree.entries.get_mut(at) {
            entry.kind = Kind::Gone;
        }
    }

    /// Tells a fault where it is: inside of every level that is open.
    #[cold]
    fn locate(&self, error: Box<TreeError>) -> Box<TreeError> {
        let levels: Vec<&Level> = self.around.iter().chain([&self.level]).skip(1).collect();
        levels.into_iter().rev().fold(error, |error, level| match (level.is_object(), level.name) {
            (false, _) => error.inside(&format!("[{}]", level.count)),
            (true, Name::Item) => error,
            (true, _) => error.inside(&unescape(self.tree.slice(level.key))),
        })
    }

    #[cold]
    fn no_comma(&self, at: usize, close: u8) -> Box<TreeError> {
        self.lexer.unexpected(at, &format!("a comma or `{}` is expected here", char::from(close)))
    }

    #[cold]
    fn stray_comma(&self, at: usize, close: u8) -> Box<TreeError> {
        let message = format!("there is a comma before `{}` with nothing between them", char::from(close));
        self.lexer.fault(at, message)
    }
}

/// The first eight bytes of a name as a number, the first one lowest; fewer are filled up with zeros.
fn start_of(name: &[u8]) -> u64 {
    name.iter().take(8).rev().fold(0, |all, byte| all << 8 | u64::from(*byte))
}
