//! What belongs together: items of a list without a ListView, facts of one pattern, labels and their fields.
//!
//! Owns the tell-tale signs. Decides by how components are built and what their lines are, never by what words mean.

use super::layout::Block;
use super::line::{Line, Piece, is_mark, texts_beside_pictures};
use crate::widget::component::Component;
use crate::widget::tree::{Json, Node};

/// Whether a child of a column is one of several.
pub(super) fn is_keyed(node: Node<'_>) -> bool {
    is_container(node) && node.has_key()
}

fn is_container(node: Node<'_>) -> bool {
    matches!(node.component(), Component::Row | Component::Col | Component::Box)
}

/// Whether a component has parts that have parts, and so says more than a line.
pub(super) fn is_compound(node: Node<'_>) -> bool {
    is_container(node)
        && node.children().any(|child| is_container(child) && child.children().nth(1).is_some())
}

pub(super) fn is_column(node: Node<'_>) -> bool {
    matches!(node.component(), Component::Col | Component::Box)
        && node.str("direction").as_deref() != Some("row")
}

/// Whether what stands in a row only keeps its neighbours apart.
pub(super) fn is_between(node: Node<'_>) -> bool {
    match node.component() {
        Component::Spacer | Component::Icon | Component::Divider => true,
        Component::Text => node.prop("value").and_then(Json::words).is_some_and(|words| is_mark(&words)),
        _ => false,
    }
}

/// Whether components are built alike, of two parts or more.
pub(super) fn are_alike(nodes: &[Node<'_>]) -> bool {
    fn parts(node: Node<'_>) -> impl Iterator<Item = Component> {
        node.children().map(Node::component)
    }
    let Some((first, others)) = nodes.split_first() else { return false };
    parts(*first).nth(1).is_some()
        && others.iter().all(|n| n.component() == first.component() && parts(*n).eq(parts(*first)))
}

/// What one of the things in a row says.
pub(super) enum Part {
    Piece(Piece),
    Blocks(Vec<Block>),
}

/// Drops pictures from a row whose description stands in it as text anyway.
pub(super) fn drop_echoes(parts: &mut [(usize, Part)]) {
    let texts = texts_beside_pictures(parts.iter().flat_map(|(_, part)| part.pieces()));
    if texts.is_empty() {
        return;
    }
    for (_, part) in parts {
        match part {
            Part::Piece(piece) if piece.echoes(&texts) => *part = Part::Blocks(Vec::new()),
            Part::Piece(_) => {}
            Part::Blocks(blocks) => {
                blocks.iter_mut().filter_map(Block::line_mut).for_each(|line| line.drop_echoes(&texts));
                blocks.retain(|block| block.line().is_none_or(|line| !line.is_empty()));
            }
        }
    }
}

impl Part {
    fn pieces(&self) -> impl Iterator<Item = &Piece> + Clone {
        let (piece, blocks) = match self {
            Self::Piece(piece) => (Some(piece), &[][..]),
            Self::Blocks(blocks) => (None, blocks.as_slice()),
        };
        piece.into_iter().chain(blocks.iter().filter_map(Block::line).flat_map(|line| &line.pieces))
    }
}

/// Joins what belongs together in a column: a caption and what it heads, the texts before fields, rows of one pattern.
pub(super) fn paired(mut blocks: Vec<Block>) -> Vec<Block> {
    if blocks.len() < 2 {
        return blocks;
    }
    let lines: Vec<&Line> = blocks.iter().filter_map(Block::line).collect();
    if lines.len() == blocks.len()
        && let Some(fact) = Line::fact_of(&lines)
    {
        return vec![Block::Line(fact)];
    }
    let alike = |pair: &[Block]| match pair {
        [Block::Line(one), Block::Line(other)] => one.is_like(other),
        _ => false,
    };
    let alike: Vec<bool> = blocks.windows(2).map(alike).collect();
    for (at, line) in blocks.iter_mut().enumerate().filter_map(|(at, block)| Some((at, block.line_mut()?))) {
        let with = |at: Option<usize>| at.and_then(|at| alike.get(at)).copied().unwrap_or(false);
        if with(Some(at)) || with(at.checked_sub(1)) {
            line.make_fact();
        }
    }
    let with_field = |block: &Block| block.line().is_some_and(Line::has_field);
    if blocks.iter().any(with_field) { pair_fields(blocks) } else { blocks }
}

/// Gives each field of a column the text above it as its label, if every field has such a text.
fn pair_fields(mut blocks: Vec<Block>) -> Vec<Block> {
    let label = |block: Option<&Block>| {
        let only = block.and_then(Block::line).and_then(Line::only)?;
        only.could_label().then(|| only.words.clone())
    };
    let mut fields = Vec::new();
    for at in 0..blocks.len() {
        let above = at.checked_sub(1).and_then(|above| label(blocks.get(above)));
        if blocks.get_mut(at).and_then(Block::line_mut).and_then(Line::unnamed_field).is_some() {
            let Some(above) = above else { return blocks };
            fields.push((at, above));
        }
    }
    let mut labels = vec![false; blocks.len()];
    for (at, label) in fields {
        if let Some(field) = blocks.get_mut(at).and_then(Block::line_mut).and_then(Line::unnamed_field) {
            field.give_label(&label);
        }
        if let Some(is_label) = at.checked_sub(1).and_then(|above| labels.get_mut(above)) {
            *is_label = true;
        }
    }
    let mut labels = labels.into_iter();
    blocks.retain(|_| !labels.next().unwrap_or(false));
    blocks
}
