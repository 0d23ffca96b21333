//! What one call pays for its tree: an order card of 46 components in 2.4 kB.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use divan::{Bencher, black_box};
use toolface::widget::text::markdown;
use toolface::widget::tree::{Tree, TreeLimits};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ORDER: &str = include_str!("../tests/fixtures/trees/order-card.json");

fn main() {
    let tree = parse(ORDER);
    assert_eq!(tree.node_count(), 46);
    divan::main();
}

fn parse(text: &str) -> Tree<'_> {
    Tree::parse(text, TreeLimits::default()).unwrap()
}

/// Parsing, with the judgement of structure and the removal of nulls.
#[divan::bench]
fn tree_parse() -> usize {
    parse(black_box(ORDER)).node_count()
}

/// The tree into the response.
#[divan::bench]
fn tree_write(bencher: Bencher<'_, '_>) {
    let tree = parse(ORDER);
    let mut out = String::new();
    bencher.bench_local(|| {
        out.clear();
        tree.write_json(&mut out);
        out.len()
    });
}

#[divan::bench]
fn tree_parse_and_write() -> String {
    let mut out = String::new();
    parse(black_box(ORDER)).write_json(&mut out);
    out
}

/// The reading for a client that draws no widgets.
#[divan::bench]
fn tree_markdown(bencher: Bencher<'_, '_>) {
    let tree = parse(ORDER);
    bencher.bench_local(|| {
        let mut out = String::new();
        markdown(&tree, &|_| None, &mut out);
        out
    });
}

/// For comparison: the same text as a `serde_json` value and back.
#[divan::bench]
fn value_parse_and_write() -> String {
    serde_json::from_str::<serde_json::Value>(black_box(ORDER)).unwrap().to_string()
}
