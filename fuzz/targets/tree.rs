//! Trees: any text is refused, or is a tree whose JSON reads as the same tree and whose Markdown can be written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use toolface::widget::text::markdown;
use toolface::widget::tree::{Tree, TreeLimits};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(tree) = Tree::parse(text, TreeLimits::default()) else { return };
    let mut written = String::new();
    tree.write_json(&mut written);
    let value: Value = serde_json::from_str(&written).expect("a tree is JSON");
    assert!(value.is_object(), "{written}");
    let again = Tree::parse(&written, TreeLimits::default()).expect("a tree reads as a tree");
    let mut twice = String::new();
    again.write_json(&mut twice);
    assert_eq!(written, twice);
    let _ = tree.actions();
    markdown(&tree, &|_| Some("a_tool".to_owned()), &mut String::new());
});
