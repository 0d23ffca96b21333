//! Rendering alone, for every widget there is: data in, the checked tree as JSON text out.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a benchmark")]

use std::fs;
use std::path::{Path, PathBuf};

use divan::{Bencher, black_box};
use serde_json::Value;
use toolface::diag::SourceText;
use toolface::template::{Data, Limits};
use toolface::widget::Widget;
use toolface::widget::tree::TreeLimits;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where widgets are; beside one may stand the data it is rendered with, else it is its own sample.
const FOLDERS: [&str; 3] = ["tests/fixtures/chatkit/gallery", "tests/fixtures/chatkit/samples", "widgets"];

fn main() {
    for name in names() {
        let (widget, data) = load(&name);
        assert!(render(&widget, &data).starts_with("{\"type\":"), "{name} renders");
    }
    divan::main();
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn names() -> Vec<String> {
    let files = |folder: &&str| -> Vec<PathBuf> {
        fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let widgets =
        FOLDERS.iter().flat_map(files).filter(|path| path.extension().is_some_and(|e| e == "widget"));
    let mut names: Vec<String> = widgets
        .map(|path| path.strip_prefix(root()).unwrap().with_extension("").display().to_string())
        .collect();
    names.sort();
    names
}

fn load(name: &str) -> (Widget, Value) {
    let text = fs::read_to_string(root().join(format!("{name}.widget"))).unwrap();
    let source = SourceText::new(name, text);
    let widget = Widget::compile(name, &source, None, Limits::default(), TreeLimits::default());
    let widget = widget.expect("a widget that loads");
    let data = match fs::read_to_string(root().join(format!("{name}.data.json"))) {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(_) => widget.sample().0,
    };
    (widget, data)
}

fn render(widget: &Widget, data: &Value) -> String {
    let printed = widget.print(&Data::new(data)).unwrap();
    let mut out = String::new();
    widget.tree(&printed).unwrap().write_json(&mut out);
    out
}

/// The template, the tree with its judgement, and its text.
#[divan::bench(args = names())]
fn data_to_tree(bencher: Bencher<'_, '_>, name: &str) {
    let (widget, data) = load(name);
    bencher.bench_local(|| render(black_box(&widget), black_box(&data)));
}

/// The template alone.
#[divan::bench(args = names())]
fn template(bencher: Bencher<'_, '_>, name: &str) {
    let (widget, data) = load(name);
    bencher.bench_local(|| widget.print(&Data::new(black_box(&data))).unwrap().len());
}
