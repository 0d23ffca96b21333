//! From blocks to Markdown: headings, paragraphs, lists, rules and the blank lines between them.
//!
//! Owns how a page is set. What the blocks say is read elsewhere.

use super::escape;
use super::line::{Line, Role};

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
        line.drop_echoes([].into_iter());
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
    let mut page = Page { out, headed: false, ruled: false };
    let mut rest = blocks;
    while let Some((block, after)) = rest.split_first() {
        let facts = facts(rest);
        rest = after;
        let mut part = String::new();
        match block {
            Block::Rule => page.ruled = true,
            // Several in a row are a list; rules between them would only tear it apart.
            Block::Line(_) if facts.len() > 1 => {
                let taken = facts.last().map_or(0, |(at, _)| *at);
                rest = rest.get(taken..).unwrap_or_default();
                facts.iter().for_each(|(_, fact)| write_item("- ", fact, &mut part));
            }
            Block::Line(line) if line.is_decoration() => {}
            Block::Line(line) if line.is_heading() => {
                part.push_str(if std::mem::replace(&mut page.headed, true) { "### " } else { "## " });
                line.write_heading(&mut part);
            }
            Block::Line(line) => write_line(line, &mut part),
            Block::List(items) => write_list(items, &mut part),
            Block::Set(text) => part.push_str(text),
        }
        page.add(part.trim_end());
    }
}

struct Page<'o> {
    out: &'o mut String,
    /// Whether there was a heading.
    headed: bool,
    /// Whether a rule comes before the next part.
    ruled: bool,
}

impl Page<'_> {
    fn add(&mut self, part: &str) {
        if part.is_empty() {
            return;
        }
        if !self.out.is_empty() {
            self.out.push_str(if self.ruled { "\n\n---\n\n" } else { "\n\n" });
        }
        self.ruled = false;
        self.out.push_str(part);
    }
}

/// The facts at the start, over rules between them, each with the number of blocks before it.
fn facts(blocks: &[Block]) -> Vec<(usize, &Line)> {
    let facts =
        blocks.iter().enumerate().take_while(|(_, block)| block.is_fact() || matches!(block, Block::Rule));
    facts.filter_map(|(at, block)| Some((at, block.line()?))).collect()
}

fn write_line(line: &Line, out: &mut String) {
    let mut words = String::new();
    line.write(&mut words);
    out.push_str(&words);
    for quote in line.pieces.iter().filter_map(|p| p.field.as_ref()).map(|f| &f.quote) {
        for (index, paragraph) in quote.iter().enumerate() {
            let mut paragraph = paragraph.clone();
            escape::guard(&mut paragraph);
            out.push_str(if index == 0 { "\n\n> " } else { "\n>\n> " });
            out.push_str(&paragraph);
        }
    }
}

fn write_item(marker: &str, line: &Line, out: &mut String) {
    let mut words = String::new();
    line.write(&mut words);
    out.push_str(marker);
    out.push_str(&words);
    out.push('\n');
}

fn write_list(items: &[Item], out: &mut String) {
    let items: Vec<&Item> = items.iter().filter(|item| !item.is_empty()).collect();
    let numbered = is_numbered(&items);
    let loose = items.iter().any(|item| !item.more.is_empty());
    for (index, item) in items.iter().enumerate() {
        if loose && index > 0 && !out.ends_with("\n\n") {
            out.push('\n');
        }
        if item.head {
            out.push_str(if out.is_empty() || out.ends_with("\n\n") { "" } else { "\n" });
            item.line.write_strong(out);
            out.push_str("\n\n");
            continue;
        }
        let marker = if numbered { format!("{}. ", index + 1) } else { "- ".to_owned() };
        let mut body = String::new();
        match item.line.pieces.split_first() {
            // The number is in the marker.
            Some((_, rest)) if numbered => {
                write_line(&Line { label: None, pieces: rest.to_vec() }, &mut body)
            }
            _ => write_line(&item.line, &mut body),
        }
        let mut more = String::new();
        write(&item.more, &mut more);
        body.push_str(if body.is_empty() || more.is_empty() { "" } else { "\n\n" });
        body.push_str(&more);
        for (at, line) in body.lines().enumerate() {
            let start = if at == 0 { marker.clone() } else { " ".repeat(marker.len()) };
            out.extend([if line.is_empty() { "" } else { &start }, line, "\n"]);
        }
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
