//! How a tree reads: Markdown good enough to be the only answer in a terminal.
//!
//! Owns the order of the whole: first what the tree shows, then what can be done, and never more than fits. How each
//! component reads is in `read`, what belongs together in `pattern`, how a line is joined in `line`, how a page is set
//! in `layout`.

mod escape;
mod field;
mod grid;
mod layout;
mod line;
mod look;
mod options;
mod pattern;
mod read;

pub use escape::inline;

use super::component::Component;
use super::tree::Tree;

/// The most bytes a reading takes. What is longer is cut at a line and says so.
pub const MAX_MARKDOWN: usize = 24_000;

/// The last line of a reading that was cut.
const SHORTENED: &str = "… shortened";

/// Appends the Markdown reading of a tree: its text, facts, lists and tables, then the options it offers. `actions` tells
/// where the action of a type leads: the name of a tool, or a sentence; without it the type itself is told.
pub fn markdown(tree: &Tree<'_>, actions: &dyn Fn(&str) -> Option<String>, out: &mut String) {
    let mut reader = read::Reader::new(tree, actions);
    let mut blocks = Vec::new();
    reader.read(tree.root(), &mut blocks);
    let mut text = String::with_capacity(512);
    layout::write(&blocks, &mut text);
    let options = options::write(&reader.choices, &reader.lists);
    let room = MAX_MARKDOWN.saturating_sub(options.len().min(MAX_MARKDOWN / 2));
    let cut = cut(&mut text, room);
    if text.is_empty() && options.is_empty() {
        text.push_str(without_words(tree));
    }
    out.push_str(&text);
    if !options.is_empty() {
        out.push_str(match (text.is_empty(), cut) {
            (true, _) => "",
            (false, true) => "\n\n…\n\n",
            (false, false) => "\n\n",
        });
        out.push_str(&options);
    }
    if cut {
        out.push_str("\n\n");
        out.push_str(SHORTENED);
    }
}

/// What a tree says that has no words in it.
fn without_words(tree: &Tree<'_>) -> &'static str {
    match tree.root().component() {
        Component::ListView => "The list is empty.",
        _ if tree.has(Component::Image) => "A picture without a description.",
        _ => "This widget has nothing to read.",
    }
}

/// Cuts a text after a line. Tells whether it did.
fn cut(text: &mut String, room: usize) -> bool {
    if text.len() <= room {
        return false;
    }
    text.truncate(text.floor_char_boundary(room));
    if let Some(line) = text.rfind('\n').filter(|line| *line > room / 2) {
        text.truncate(line);
    }
    text.truncate(text.trim_end().len());
    escape::close_code(text);
    true
}

#[cfg(test)]
mod tests;
