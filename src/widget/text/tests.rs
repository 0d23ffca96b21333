//! How trees must read: the real widgets, common shapes, every component; and that no value can forge Markdown.

use std::path::PathBuf;

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};
use serde_json::{Value, json};

use super::*;
use crate::widget::tree::TreeLimits;

fn read_with(text: &str, actions: &dyn Fn(&str) -> Option<String>) -> String {
    let tree = Tree::parse(text, TreeLimits::default()).unwrap();
    let mut out = String::new();
    markdown(&tree, actions, &mut out);
    assert!(!out.trim().is_empty());
    assert!(out.lines().all(|line| line.trim_end() == line), "space at the end of a line:\n{out}");
    out
}

fn read(tree: &Value) -> String {
    read_with(&tree.to_string(), &|_| None)
}

fn fixture(path: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path);
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()
}

/// The tree of every widget file: the expected one, or the preview where rendering is expected to fail.
fn widgets() -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for folder in ["samples", "gallery"] {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/chatkit").join(folder);
        let names =
            std::fs::read_dir(root).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        for name in names.filter_map(|name| name.strip_suffix(".widget").map(str::to_owned)) {
            let at = |ending: &str| fixture(&format!("chatkit/{folder}/{name}.{ending}"));
            let named = (name == "line_select").then(|| at("named.expected.json"));
            let tree = named.unwrap_or_else(|| at("expected.json"));
            let tree = if tree.is_object() { tree } else { at("widget")["outputJsonPreview"].clone() };
            out.push((name, tree));
        }
    }
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out
}

#[test]
fn every_widget_reads_well() {
    let widgets = widgets();
    assert_eq!(widgets.len(), 16);
    for (name, tree) in widgets {
        let text = read(&tree);
        assert!(!text.contains("\n\n\n"), "two blank lines:\n{text}");
        insta::assert_snapshot!(format!("widget__{name}"), text);
    }
}

#[test]
fn an_order_reads_well() {
    insta::assert_snapshot!(read(&fixture("trees/order-card.json")));
}

#[test]
fn every_component_is_heard() {
    let text = read(&fixture("trees/every-component.json"));
    insta::assert_snapshot!(text);
}

#[test]
fn common_shapes_read_well() {
    let shapes = fixture("trees/shapes.json");
    let all: Vec<String> = shapes
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, tree)| format!("==== {name}\n{}\n", read(tree)))
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn options_lead_to_what_the_caller_knows() {
    let button = |label: &str, action: &str| json!({"type": "Button", "label": label, "onClickAction": {"type": action}});
    let tree = json!({"type": "Card", "children": [
        button("Track", "order.track"), button("Call", "order.call"), button("Odd", "a`b"), {"type": "Button", "label": "Nowhere"},
    ]});
    let known = |action: &str| match action {
        "order.track" => Some("track_package".to_owned()),
        "order.call" => Some("asks for\na call back".to_owned()),
        _ => None,
    };
    insta::assert_snapshot!(read_with(&tree.to_string(), &known), @r"
    **Options:**

    - **Track** → `track_package`
    - **Call** → asks for a call back
    - **Odd** (`` a`b ``)
    - **Nowhere**
    ");
}

#[test]
fn payloads_stay_private() {
    let action = json!({"type": "a", "payload": {"secret_name": "secret value"}});
    let tree = json!({"type": "ListView", "children": [
        {"type": "ListViewItem", "onClickAction": action, "children": [{"type": "Button", "label": "x", "onClickAction": action}]}
    ]});
    assert!(!read(&tree).contains("secret"), "{}", read(&tree));
    let password = json!({"type": "Basic", "children": {"type": "Input", "name": "p", "inputType": "password", "defaultValue": "hunter2"}});
    assert!(!read(&password).contains("hunter2"));
}

#[test]
fn number_signs_at_the_end_of_a_title_stay() {
    for title in ["C #", "#", "# a ##", "C#"] {
        let text = read(&json!({"type": "Card", "children": [{"type": "Title", "value": title}]}));
        assert_eq!(heard(&text).1, title.replace(' ', ""), "{text}");
    }
}

#[test]
fn open_code_does_not_swallow_what_follows() {
    let tree = json!({"type": "Card", "children": [{"type": "Markdown", "value": "~~~rust\nlet a = 1;\n"}, {"type": "Text", "value": "after"}]});
    assert_eq!(read(&tree), "~~~rust\nlet a = 1;\n~~~\n\nafter");
}

#[test]
fn what_is_too_long_is_cut_and_says_so_but_keeps_its_options() {
    let item = |i: usize| json!({"type": "ListViewItem", "children": [{"type": "Text", "value": format!("item {i} {}", "ä".repeat(40))}]});
    let items: Vec<Value> = (0..2000).map(item).collect();
    let code = format!("```\n{}", "x = 1\n".repeat(10_000));
    for body in [json!({"type": "ListView", "children": items}), json!({"type": "Markdown", "value": code})] {
        let confirm = json!({"label": "Fine", "action": {"type": "ok"}});
        let text = read(&json!({"type": "Card", "confirm": confirm, "children": [body]}));
        assert!(text.len() <= MAX_MARKDOWN + 100, "{}", text.len());
        assert!(text.ends_with("- **Fine** (`ok`)\n\n… shortened"), "{text}");
        assert_eq!(text.matches("```").count() % 2, 0);
    }
    let buttons: Vec<Value> =
        (0..5000).map(|i| json!({"type": "Button", "label": format!("b{i}")})).collect();
    assert!(read(&json!({"type": "Card", "children": buttons})).ends_with("- … 4960 more"));
}

#[test]
fn the_deepest_tree_is_walked_on_a_small_stack() {
    let (open, close) = (r#"{"type":"Col","children":["#, "]}");
    let inner = format!(r#"{}{{"type":"Text","value":"deep"}}{}"#, open.repeat(126), close.repeat(126));
    let text = format!(r#"{{"type":"Card","children":[{inner}]}}"#);
    let walk = move || {
        let tree = Tree::parse(&text, TreeLimits { nodes: 1000, depth: 256 }).unwrap();
        let mut out = String::new();
        markdown(&tree, &|_| None, &mut out);
        tree.write_json(&mut String::new());
        (out, tree.to_value().is_object(), tree.check().len(), tree.actions().len(), tree.images().len())
    };
    // A worker of the server has twice as much.
    let walked = std::thread::Builder::new().stack_size(1 << 20).spawn(walk).unwrap().join().unwrap();
    assert_eq!(walked, ("deep".to_owned(), true, 0, 0, 0));
}

#[test]
fn large_trees_are_read_in_no_time() {
    let field = json!({"type": "Col", "children": [{"type": "Text", "value": "Name"}, {"type": "Input", "name": "n"}]});
    let row = json!({"type": "Row", "key": "k", "children": [{"type": "Image", "src": "s", "alt": "a"}, field, {"type": "Button", "label": "b"}]});
    for one in [field, row] {
        let text = json!({"type": "Card", "children": vec![one; 3000]}).to_string();
        let start = std::time::Instant::now();
        read_with(&text, &|_| None);
        assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
    }
}

/// What a Markdown reader makes of a text: its structure, and its words without space.
fn heard(markdown: &str) -> (Vec<String>, String) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let (mut structure, mut words) = (Vec::new(), String::new());
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(text) => words.push_str(&text),
            Event::SoftBreak => {}
            Event::Start(tag) => structure.push(format!("{tag:?}")),
            Event::End(_) => {}
            other => structure.push(format!("{other:?}")),
        }
    }
    (structure, words.split_whitespace().collect())
}

/// Trees in which a value stands in every kind of place where its content decides nothing.
fn places(value: &str) -> Vec<Value> {
    let text = json!({"type": "Text", "value": value});
    let cell = |child: &Value| json!({"type": "Table.Cell", "children": [child]});
    let item = json!({"type": "ListViewItem", "children": [text]});
    vec![
        json!({"type": "Card", "children": [text]}),
        json!({"type": "Card", "children": [{"type": "Text", "value": value, "weight": "bold"}]}),
        json!({"type": "Card", "children": [{"type": "Text", "value": value, "italic": true}]}),
        json!({"type": "Card", "children": [{"type": "Title", "value": value}]}),
        json!({"type": "Card", "children": [{"type": "Badge", "label": value}]}),
        json!({"type": "Card", "children": [{"type": "Row", "children": [{"type": "Badge", "label": value}, text]}]}),
        json!({"type": "Card", "status": {"text": value}, "children": []}),
        json!({"type": "Card", "children": [{"type": "Image", "src": "s", "alt": value}]}),
        json!({"type": "ListView", "children": [item, item]}),
        json!({"type": "Card", "children": [{"type": "Table", "children": [
            {"type": "Table.Row", "children": [cell(&text), cell(&text)]}]}]}),
        json!({"type": "Card", "children": [{"type": "Input", "name": "n", "defaultValue": value}]}),
        json!({"type": "Card", "children": [{"type": "Checkbox", "name": "n", "label": value}]}),
        json!({"type": "Card", "children": [{"type": "Text", "value": format!("{value}\n\n{value}"), "editable": {"name": "n"}}]}),
        json!({"type": "Card", "children": [{"type": "Button", "label": value}]}),
        json!({"type": "Card", "children": [{"type": "Chart", "data": [{"x": value, "y": value}],
            "series": [{"type": "bar", "label": value, "dataKey": "y"}], "xAxis": "x"}]}),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_value_makes_structure_or_loses_words(
        value in "\\PC{1,12}|[ -~]{1,16}|([#>*+=~`_|<&\\-\\[\\]()!\\\\1.: ]|http://|<b>|&lt;|a){1,8}"
    ) {
        let words: String = value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        let invisible = |c: char| matches!(c as u32, 0x200b | 0x200e | 0x200f | 0x202a..=0x202e | 0x2060..=0x2069 | 0xfeff);
        prop_assume!(!words.is_empty() && !words.chars().any(invisible));
        for (with, without) in places(&value).iter().zip(places("word")) {
            let (text, plain) = (read(with), read(&without));
            let ((structure, said), (expected, pattern)) = (heard(&text), heard(&plain));
            prop_assert_eq!(&structure, &expected, "{}", text);
            prop_assert_eq!(said, pattern.replace("word", &words), "{}", text);
        }
    }

    #[test]
    fn any_tree_reads_without_falling_over(values in prop::collection::vec("\\PC{0,20}|[ -~\n]{0,30}", 0..12), shape in 0..40usize) {
        // The words of a known tree replaced by any others.
        fn replace(value: &mut Value, words: &mut std::iter::Cycle<std::vec::IntoIter<String>>) {
            match value {
                Value::Object(members) => {
                    for (name, value) in members {
                        match value {
                            Value::String(text) if !["type", "direction"].contains(&name.as_str()) => {
                                *text = words.next().unwrap_or_default();
                            }
                            other => replace(other, words),
                        }
                    }
                }
                Value::Array(items) => items.iter_mut().for_each(|item| replace(item, words)),
                _ => {}
            }
        }
        let shapes = fixture("trees/shapes.json");
        let mut tree = shapes.as_object().unwrap().values().cycle().nth(shape).unwrap().clone();
        replace(&mut tree, &mut values.into_iter().cycle());
        read(&tree);
    }
}
