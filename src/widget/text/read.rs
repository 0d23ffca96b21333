//! From components to blocks: what each component says, and which of them say it together.
//!
//! Owns how rows, columns and lists are read. How a line is joined is `line`'s, how blocks are set is `layout`'s.

use std::collections::{HashMap, HashSet};

use super::escape::{inline, markdown};
use super::field::{humanised, paragraphs, piece as field_piece};
use super::grid::{Grid, MAX_ROWS, chart};
use super::layout::{Block, Item, head_items};
use super::line::{Line, Piece, Role};
use super::look::{Look, icon, icons_of};
use super::options::{Choice, target};
use super::pattern::{Part, are_alike, drop_echoes, is_between, is_column, is_compound, is_keyed, paired};
use crate::widget::component::Component;
use crate::widget::tree::{Json, Node, Object, Tree};

/// Where an action leads: a tool, a sentence, or nothing known.
pub(super) type Leads<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A reading of one tree.
pub(super) struct Reader<'t> {
    leads: Leads<'t>,
    /// The words of each Label, by the field it belongs to.
    labels: HashMap<String, String>,
    /// Whether there is any picture, whose description may stand beside it as text.
    pictures: bool,
    /// The item being read: which list, which item.
    item: Option<(usize, usize)>,
    /// Where the form around leads, and whether a button said so.
    form: Option<(String, bool)>,
    pub(super) choices: Vec<Choice>,
    /// The lengths of the lists that were read.
    pub(super) lists: Vec<usize>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(tree: &Tree<'_>, leads: Leads<'t>) -> Self {
        let labels = if tree.has(Component::Label) { labels_of(tree.root()) } else { HashMap::new() };
        let pictures = tree.has(Component::Image);
        Self { leads, labels, pictures, item: None, form: None, choices: Vec::new(), lists: Vec::new() }
    }

    /// Reads a component and adds what it says.
    pub(super) fn read(&mut self, node: Node<'_>, out: &mut Vec<Block>) {
        match node.component() {
            Component::Card | Component::ListView => self.root(node, out),
            Component::Form => self.form(node, out),
            Component::Row | Component::ListViewItem => self.row(node, out),
            Component::Basic
            | Component::Box
            | Component::Col
            | Component::Transition
            | Component::TableCell => {
                self.flow(node, out);
            }
            Component::Divider => out.push(Block::Rule),
            Component::Spacer => {}
            Component::Markdown => {
                let source = node.prop("value").and_then(Json::words).unwrap_or_default();
                let set = markdown(&source);
                out.extend((!set.is_empty()).then_some(Block::Set(set)));
            }
            Component::Chart => out.extend(set(&chart(node))),
            Component::Table | Component::TableRow => self.table(node, out),
            _ => match self.leaf(node) {
                Part::Piece(piece) => out.push(Block::Line(Line::of(piece))),
                Part::Blocks(mut blocks) => out.append(&mut blocks),
            },
        }
    }

    /// Reads a component as a part of a row.
    fn part(&mut self, node: Node<'_>) -> Part {
        if is_leaf(node.component()) {
            return self.leaf(node);
        }
        let mut blocks = Vec::new();
        self.read(node, &mut blocks);
        Part::Blocks(blocks)
    }

    fn root(&mut self, node: Node<'_>, out: &mut Vec<Block>) {
        let status = node.prop("status").and_then(|s| s.object()?.get("text")?.words());
        let status = status.and_then(|words| Piece::new(Role::Note, inline(&words)));
        out.extend(status.map(|piece| Block::Line(Line::of(piece))));
        if node.component() == Component::ListView {
            let items: Vec<Node<'_>> = node.children().collect();
            self.list(&items, out);
            return;
        }
        let confirm = self.held_action(node, "confirm");
        let outer =
            std::mem::replace(&mut self.form, confirm.as_ref().map(|(_, target)| (target.clone(), true)));
        self.flow(node, out);
        self.form = outer;
        for (label, target) in [confirm, self.held_action(node, "cancel")].into_iter().flatten() {
            self.choose(Some(label), Some(target), false);
        }
    }

    fn form(&mut self, node: Node<'_>, out: &mut Vec<Block>) {
        let own = self.action(node, "onSubmitAction").map(|target| (target, false));
        let outer = std::mem::replace(&mut self.form, own);
        self.flow(node, out);
        if let Some((target, false)) = std::mem::replace(&mut self.form, outer) {
            self.choose(Some("Submit".to_owned()), Some(target), false);
        }
    }

    /// A container of either direction.
    fn flow(&mut self, node: Node<'_>, out: &mut Vec<Block>) {
        if node.str("direction").as_deref() == Some("row") {
            self.row(node, out)
        } else {
            self.column(node, out)
        }
    }

    /// Things side by side: one line, unless one of them needs more; columns of one pattern are a list.
    fn row(&mut self, node: Node<'_>, out: &mut Vec<Block>) {
        let children: Vec<Node<'_>> = node.children().collect();
        if children.iter().filter(|child| is_column(**child)).count() > 1 {
            let columns: Vec<Node<'_>> =
                children.iter().copied().filter(|child| !is_between(*child)).collect();
            if columns.iter().all(|child| is_column(*child)) && are_alike(&columns) {
                self.list(&columns, out);
                return;
            }
        }
        let apart = matches!(node.str("justify").as_deref(), Some("between" | "around" | "evenly"));
        let (mut side, mut parts) = (0, Vec::with_capacity(children.len()));
        for child in children {
            let part = self.part(child);
            let says_nothing = matches!(&part, Part::Blocks(blocks) if blocks.is_empty());
            side += usize::from(child.component() == Component::Spacer || (apart && !says_nothing));
            parts.push((side, part));
        }
        if self.pictures {
            drop_echoes(&mut parts);
        }
        let mut line = Line::default();
        for (side, part) in parts {
            let mut blocks = match part {
                Part::Piece(piece) => {
                    line.push(piece, side);
                    continue;
                }
                Part::Blocks(blocks) => blocks,
            };
            match blocks.as_mut_slice() {
                [Block::Line(only)] => line.absorb(std::mem::take(only), side),
                [] => {}
                several => {
                    // A sign on its own belongs to what it stands before.
                    match several.first_mut().and_then(Block::line_mut) {
                        Some(first) if line.is_decoration() => {
                            first.pieces.splice(0..0, line.pieces.drain(..)).for_each(drop)
                        }
                        _ => push_row(&mut line, out),
                    }
                    out.append(&mut blocks);
                }
            }
        }
        push_row(&mut line, out);
    }

    /// Things one below the other. Neighbours with keys or of one pattern are a list; a label and what it labels are
    /// one line.
    fn column(&mut self, node: Node<'_>, out: &mut Vec<Block>) {
        let children: Vec<Node<'_>> = node.children().collect();
        let mut blocks = Vec::with_capacity(children.len());
        let mut rest = children.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let run = match is_keyed(*first) {
                true => rest.iter().take_while(|child| is_keyed(**child)).count(),
                false if is_compound(*first) => rest.iter().take_while(|c| are_alike(&[*first, **c])).count(),
                false => 0,
            };
            if run > 1 {
                let (items, after) = rest.split_at(run);
                self.list(items, &mut blocks);
                rest = after;
            } else {
                self.read(*first, &mut blocks);
                rest = after;
            }
        }
        out.append(&mut paired(blocks));
    }

    fn list(&mut self, items: &[Node<'_>], out: &mut Vec<Block>) {
        let list = self.lists.len();
        self.lists.push(0);
        let outer = self.item;
        let mut read = Vec::with_capacity(items.len());
        for (index, node) in items.iter().enumerate() {
            self.item = Some((list, index));
            let first = self.choices.len();
            let clicked = self.action(*node, "onClickAction");
            if let Some(target) = clicked {
                self.choose(None, Some(target), false);
            }
            let mut blocks = Vec::new();
            self.read(*node, &mut blocks);
            let mut item = Item::of(blocks);
            if item.is_empty() {
                item.line = Line { label: None, pieces: icons_of(*node) };
            }
            let chosen = self.choices.get_mut(first..).unwrap_or_default();
            let name = item.line.name().map(str::to_owned);
            item.head = chosen.is_empty() && item.could_head(node.key().as_deref().unwrap_or_default());
            chosen.iter_mut().filter(|c| c.item == self.item).for_each(|c| c.of.clone_from(&name));
            item.choosable = !chosen.is_empty();
            read.push(item);
        }
        self.item = outer;
        let count = head_items(&mut read);
        if let Some(length) = self.lists.get_mut(list) {
            *length = count;
        }
        // Facts are set as a list anyway, together with those around them.
        if read.iter().all(Item::is_fact) {
            out.extend(read.into_iter().map(|item| Block::Line(item.line)));
        } else {
            out.push(Block::List(read));
        }
    }

    fn table(&mut self, node: Node<'_>, out: &mut Vec<Block>) {
        let rows: Vec<Node<'_>> = match node.component() {
            Component::TableRow => vec![node],
            _ => node.children().collect(),
        };
        let list = self.lists.len();
        self.lists.push(rows.iter().filter(|row| !row.is("header")).count());
        let outer = self.item;
        let mut grid = Grid { more: rows.len().saturating_sub(MAX_ROWS), ..Grid::default() };
        for (index, row) in rows.iter().take(MAX_ROWS).enumerate() {
            self.item = Some((list, index));
            let first = self.choices.len();
            let mut cells = Vec::new();
            for cell in row.children() {
                let right = cell.str("align").as_deref() == Some("end");
                if grid.right.len() <= cells.len() {
                    grid.right.resize(cells.len() + 1, right);
                }
                cells.push(self.cell(cell));
                let span = cell.prop("colSpan").and_then(|s| s.words()?.parse::<usize>().ok()).unwrap_or(1);
                cells.extend((1..span.min(32)).map(|_| String::new()));
            }
            let name = cells.iter().find(|c| !c.is_empty()).cloned();
            let chosen = self.choices.get_mut(first..).unwrap_or_default();
            chosen.iter_mut().for_each(|c| c.of.clone_from(&name));
            match row.is("header") {
                true if index == 0 => grid.header = cells,
                true => grid.rows.push(cells.iter().map(|c| strong(c)).collect()),
                false => grid.rows.push(cells),
            }
        }
        self.item = outer;
        out.extend(set(&grid));
    }

    /// What stands in a cell, on one line.
    fn cell(&mut self, node: Node<'_>) -> String {
        let mut blocks = Vec::new();
        self.read(node, &mut blocks);
        let mut line = String::new();
        for block in &blocks {
            let words = block.on_one_line();
            if !words.is_empty() && !line.is_empty() {
                line.push_str(" · ");
            }
            line.push_str(&words);
        }
        if line.is_empty() {
            Line { label: None, pieces: icons_of(node) }.write(&mut line);
        }
        line
    }

    /// What a component without parts says. Buttons say nothing here, but are remembered as choices.
    fn leaf(&mut self, node: Node<'_>) -> Part {
        let words =
            |prop: &str| node.prop(prop).and_then(Json::words).map(|w| inline(&w)).unwrap_or_default();
        let piece = match node.component() {
            Component::Text | Component::Title | Component::Caption | Component::Label => {
                return self.text(node);
            }
            Component::Badge => Piece::new(Role::Badge, words("label")),
            Component::Image => Piece::new(Role::Image, words("alt")),
            Component::Icon => node.str("name").and_then(|name| icon(&name)),
            Component::Button => {
                self.button(node);
                None
            }
            _ => self.field(node),
        };
        piece.map_or(Part::Blocks(Vec::new()), Part::Piece)
    }

    fn text(&mut self, node: Node<'_>) -> Part {
        let look = Look::of(node);
        let nothing = Part::Blocks(Vec::new());
        if look.editable {
            return self.field(node).map_or(nothing, Part::Piece);
        }
        // A label stands with its field, or as text where there is none.
        let component = node.component();
        if component == Component::Label
            && self.labels.contains_key(&*node.str("fieldName").unwrap_or_default())
        {
            return nothing;
        }
        let role = match component {
            Component::Title => Role::Title,
            Component::Caption | Component::Label => Role::Caption,
            _ if look.muted => Role::Muted,
            _ => look.weight,
        };
        let piece = |words| {
            let Look { italic, struck, tabbed, .. } = look;
            Some(Piece { italic, struck, tabbed, ..Piece::new(role, words)? })
        };
        if look.value.contains('\n') && look.value.contains("\n\n") {
            let lines = paragraphs(&look.value).into_iter().filter_map(piece);
            return Part::Blocks(lines.map(|piece| Block::Line(Line::of(piece))).collect());
        }
        piece(inline(&look.value)).map_or(nothing, Part::Piece)
    }

    fn field(&mut self, node: Node<'_>) -> Option<Piece> {
        let name = node.field_name()?;
        let piece = field_piece(node, self.labels.get(&*name).cloned())?;
        if let Some(target) = self.action(node, "onChangeAction") {
            let label = piece.field.as_ref().and_then(|field| field.label.as_deref());
            // Only a checkbox has none: its words are "[ ] " and what it is called.
            let called = label.or_else(|| piece.words.get(4..)).unwrap_or_default().trim_end_matches(':');
            self.choose(Some(format!("Change {called}")), Some(target), node.is("disabled"));
        }
        Some(piece)
    }

    fn button(&mut self, node: Node<'_>) {
        let own = self.action(node, "onClickAction");
        let target = match (&own, &mut self.form) {
            (None, Some((target, said))) if node.is("submit") => {
                *said = true;
                Some(target.clone())
            }
            _ => own,
        };
        let label = node.prop("label").and_then(Json::words).map(|l| inline(&l)).filter(|l| !l.is_empty());
        let icon = || node.str("iconStart").or_else(|| node.str("iconEnd")).map(|name| humanised(&name));
        let kind = || {
            node.prop("onClickAction").and_then(|a| a.object()?.get("type")?.words()).map(|k| humanised(&k))
        };
        if let Some(label) = label.or_else(icon).or_else(kind) {
            self.choose(Some(label), target, node.is("disabled"));
        }
    }

    fn choose(&mut self, label: Option<String>, target: Option<String>, disabled: bool) {
        self.choices.push(Choice { label, target, disabled, item: self.item, of: None });
    }

    /// Where the action in a prop leads.
    fn action(&self, node: Node<'_>, prop: &str) -> Option<String> {
        self.leads_to(node.prop(prop)?.object()?)
    }

    fn leads_to(&self, action: Object<'_>) -> Option<String> {
        let kind = action.get("type").and_then(Json::into_str)?;
        Some(target(&kind, (self.leads)(&kind)))
    }

    /// The label and the target of a Card's own button.
    fn held_action(&self, node: Node<'_>, prop: &str) -> Option<(String, String)> {
        let held = node.prop(prop)?.object()?;
        let label = held.get("label").and_then(Json::words).map(|l| inline(&l)).filter(|l| !l.is_empty());
        let target = self.leads_to(held.get("action")?.object()?)?;
        Some((label.unwrap_or_else(|| humanised(prop)), target))
    }
}

/// Whether a component has no parts and stands for itself.
fn is_leaf(component: Component) -> bool {
    use Component::{Badge, Button, Caption, Icon, Image, Label, Text, Title};
    matches!(component, Badge | Button | Caption | Icon | Image | Label | Text | Title)
        || component.spec().field
}

fn set(grid: &Grid) -> Option<Block> {
    let set = grid.write();
    (!set.is_empty()).then_some(Block::Set(set))
}

/// Adds what a row says, now that a part of it is whole.
fn push_row(line: &mut Line, blocks: &mut Vec<Block>) {
    let line = std::mem::take(line);
    if !line.is_empty() {
        line.settle(blocks);
    }
}

fn strong(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!("**{words}**") }
}

/// The words of the Labels whose field is there.
fn labels_of(root: Node<'_>) -> HashMap<String, String> {
    fn visit(node: Node<'_>, labels: &mut Vec<(String, String)>, fields: &mut HashSet<String>) {
        fields.extend(node.field_name().map(String::from));
        if node.component() == Component::Label
            && let (Some(field), Some(value)) =
                (node.str("fieldName"), node.prop("value").and_then(Json::words))
        {
            labels.push((field.into_owned(), inline(&value)));
        }
        node.children().for_each(|child| visit(child, labels, fields));
    }
    let (mut labels, mut fields) = (Vec::new(), HashSet::new());
    visit(root, &mut labels, &mut fields);
    labels.into_iter().filter(|(field, words)| fields.contains(field) && !words.is_empty()).collect()
}
