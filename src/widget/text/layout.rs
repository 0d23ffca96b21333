//! From blocks to Markdown: headings, paragraphs, lists, rules and the blank lines between them.
//!
//! Owns how a page is set. What the blocks say is read elsewhere.

use super::escape;
use super::line::{Line, Role, texts_beside_pictures};

/// A part of a page.
#[derive(Debug, Clone)]
pub(super) enum Block {
    Line(Line),
    List(Vec<Item>),
    /// Markdown that is finished.
    Set(String),
    Rule,
}

/// An item of a list: its line, and what does not fit on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Item {
    pub(super) line: Line,
    more: Vec<Block>,
    /// Whether it names the items after it.
    pub(super) head: bool,
    /// Whether something can be done with it.
    pub(super) choosable: bool,
}

impl Block {
    pub(super) fn line(&self) -> Option<&Line> {
        if let Self::Line(line) = self { Some(line) } else { None }
    }

    pub(super) fn line_mut(&mut self) -> Option<&mut Line> {
        if let Self::Line(line) = self { Some(line) } else { None }
    }

    /// What it says without line breaks.
    pub(super) fn on_one_line(&self) -> String {
        let mut out = String::new();
        match self {
            Self::Line(line) => line.write(&mut out),
            other => write(std::slice::from_ref(other), &mut out),
        }
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn is_fact(&self) -> bool {
        self.line().is_some_and(|line| line.is_fact() && !line.is_prose())
    }
}

impl Item {
    /// Short lines at the start are joined into one, the rest stands below.
    pub(super) fn of(blocks: Vec<Block>) -> Self {
        let says_nothing = |block: &Block| match block {
            Block::Line(line) => line.is_decoration(),
            other => matches!(other, Block::Rule),
        };
        let mut blocks = blocks.into_iter().filter(|block| !says_nothing(block)).peekable();
        let mut line = Line::default();
        let joins = |line: &Line, block: &Block| {
            block.line().is_some_and(|next| line.is_empty() || !(line.is_prose() || next.is_prose()))
        };
        while let Some(Block::Line(next)) = blocks.next_if(|block| joins(&line, block)) {
            line.absorb(next, 0);
        }
        line.drop_echoes(&texts_beside_pictures(line.pieces.iter()));
        Self { line, more: blocks.collect(), head: false, choosable: false }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty() && self.more.is_empty()
    }

    /// Whether it is one fact and nothing else.
    pub(super) fn is_fact(&self) -> bool {
        self.more.is_empty() && self.line.is_fact() && !self.line.is_prose()
    }

    /// Whether it says just one thing, in letters or by a key that make it the name of a group.
    pub(super) fn could_head(&self, key: &str) -> bool {
        let Some(only) = self.line.only().filter(|_| self.more.is_empty()) else { return false };
        let key = key.to_ascii_lowercase();
        let keyed = ["header", "heading", "section", "group"].iter().any(|word| key.contains(word));
        keyed || matches!(only.role, Role::Title | Role::Strong | Role::Medium)
    }

    /// All it says, without the number it starts with if that is in its marker.
    fn body(&self, numbered: bool) -> String {
        let mut body = String::new();
        match self.line.pieces.split_first() {
            Some((_, rest)) if numbered => {
                write_line(&Line { label: None, pieces: rest.to_vec() }, &mut body)
            }
            _ => write_line(&self.line, &mut body),
        }
        let mut more = String::new();
        write(&self.more, &mut more);
        body.push_str(if body.is_empty() || more.is_empty() { "" } else { "\n\n" });
        body.push_str(&more);
        body
    }

    fn is_full(&self) -> bool {
        self.choosable || self.line.pieces.len() > 1 || !self.more.is_empty()
    }
}

/// Keeps as group names only items that have at least as many fuller ones to name. Counts the items that are none.
pub(super) fn head_items(items: &mut [Item]) -> usize {
    let full = items.iter().filter(|item| item.is_full()).count();
    if full * 2 < items.len() {
        items.iter_mut().for_each(|item| item.head = false);
    }
    items.iter().filter(|item| !item.head).count()
}

/// Writes blocks with blank lines between them.
pub(super) fn write(blocks: &[Block], out: &mut String) {
    let (mut headed, mut ruled) = (false, false);
    let top = out.len();
    let mut rest = blocks;
    while let Some(block) = rest.first() {
        let mut taken = 1;
        let before = out.len();
        if before > top {
            out.push_str(if ruled { "\n\n---\n\n" } else { "\n\n" });
        }
        let start = out.len();
        match block {
            Block::Rule => {}
            Block::Line(line) if line.is_decoration() => {}
            Block::Line(line) if line.is_heading() => {
                out.push_str(if std::mem::replace(&mut headed, true) { "### " } else { "## " });
                line.write_heading(out);
            }
            Block::Line(line) if !block.is_fact() => write_line(line, out),
            Block::Line(line) => {
                let facts = facts(rest);
                match facts.as_slice() {
                    // Several in a row are a list; rules between them would only tear it apart.
                    [_, .., (last, _)] => {
                        facts.iter().for_each(|(_, fact)| write_item("- ", fact, out));
                        taken += last;
                    }
                    _ => write_line(line, out),
                }
            }
            Block::List(items) => write_list(items, out),
            Block::Set(text) => out.push_str(text),
        }
        rest = rest.get(taken..).unwrap_or_default();
        out.truncate(out.trim_end().len().max(start));
        if out.len() > start {
            ruled = false;
        } else {
            out.truncate(before);
            ruled |= matches!(block, Block::Rule);
        }
    }
}

/// The facts at the start, over rules between them, each with the number of blocks before it.
fn facts(blocks: &[Block]) -> Vec<(usize, &Line)> {
    let facts =
        blocks.iter().enumerate().take_while(|(_, block)| block.is_fact() || matches!(block, Block::Rule));
    facts.filter_map(|(at, block)| Some((at, block.line()?))).collect()
}

fn write_line(line: &Line, out: &mut String) {
    line.write(out);
    for quote in line.pieces.iter().filter_map(|p| p.field.as_ref()).map(|f| &f.quote) {
        for (index, paragraph) in quote.iter().enumerate() {
            out.push_str(if index == 0 { "\n\n> " } else { "\n>\n> " });
            let start = out.len();
            out.push_str(paragraph);
            escape::guard(out, start);
        }
    }
}

fn write_item(marker: &str, line: &Line, out: &mut String) {
    out.push_str(marker);
    line.write(out);
    out.push('\n');
}

fn write_list(items: &[Item], out: &mut String) {
    let items: Vec<&Item> = items.iter().filter(|item| !item.is_empty()).collect();
    let numbered = is_numbered(&items);
    let loose = items.iter().any(|item| !item.more.is_empty());
    let top = out.len();
    for (index, item) in items.iter().enumerate() {
        let parted = out.len() == top || out.ends_with("\n\n");
        out.push_str(if !parted && (loose || item.head) { "\n" } else { "" });
        if item.head {
            item.line.write_strong(out);
            out.push_str("\n\n");
        } else if !numbered && item.more.is_empty() && !item.line.is_prose() {
            write_item("- ", &item.line, out);
        } else {
            let marker = if numbered { format!("{}. ", index + 1) } else { "- ".to_owned() };
            write_body(&marker, &item.body(numbered), out);
        }
    }
}

/// Writes what an item says behind its marker, the following lines set in as far.
fn write_body(marker: &str, body: &str, out: &mut String) {
    let indent = " ".repeat(marker.len());
    for (at, line) in body.lines().enumerate() {
        let start = if at == 0 { marker } else { &indent };
        out.extend([if line.is_empty() { "" } else { start }, line, "\n"]);
    }
}

/// Whether the items begin with 1, 2, 3 and go on.
fn is_numbered(items: &[&Item]) -> bool {
    let numbered = |(index, item): (usize, &&Item)| match item.line.pieces.as_slice() {
        [first, _, ..] => item.line.label.is_none() && first.words.parse() == Ok(index + 1),
        _ => false,
    };
    items.len() > 1 && items.iter().enumerate().all(numbered)
}
