//! What a tree must be: read as JSON strictly, judged by its structure, written in one form.

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn parse(text: &str) -> Result<Tree<'_>, TreeError> {
    Tree::parse(text, TreeLimits::default())
}

fn written(text: &str) -> String {
    let mut out = String::new();
    parse(text).unwrap().write_json(&mut out);
    out
}

/// A Card with this JSON as the prop `p`, in the written form.
fn prop(json: &str) -> String {
    let all = written(&format!(r#"{{"type":"Card","p":{json}}}"#));
    all.strip_prefix(r#"{"type":"Card","p":"#).unwrap().strip_suffix('}').unwrap().to_owned()
}

/// Name and content of every fixture with this ending, in the order of names.
pub(super) fn fixtures(ending: &str) -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/chatkit");
    let files = ["samples", "gallery"].iter().flat_map(|dir| std::fs::read_dir(root.join(dir)).unwrap());
    let mut found: Vec<(String, String)> = files
        .map(|file| file.unwrap().path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(ending)?.to_owned();
            Some((name, std::fs::read_to_string(&path).unwrap()))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn every_expected_tree_is_read_and_written_as_it_is() {
    let trees: Vec<_> = fixtures(".expected.json")
        .into_iter()
        .filter(|(_, text)| text.trim_start().starts_with('{'))
        .collect();
    assert_eq!(trees.len(), 14);
    for (name, text) in trees {
        let expected: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(parse(&text).unwrap().to_value(), expected, "{name}");
        assert_eq!(serde_json::from_str::<Value>(&written(&text)).unwrap(), expected, "{name}");
    }
}

#[test]
fn previews_hold_nothing_odd_but_what_is_known() {
    let mut odd = Vec::new();
    for (name, text) in fixtures(".widget") {
        let widget: Value = serde_json::from_str(&text).unwrap();
        let preview = widget["outputJsonPreview"].to_string();
        odd.extend(parse(&preview).unwrap().check().iter().map(|f| format!("{name} {}", told(f))));
    }
    insta::assert_snapshot!(odd.join("\n"), @r"
    event_list children[1].children[0].children[0].children[3].color is no colour token and no CSS colour: `alpha-90` (did you mean `alpha-70`?)
    event_list children[2].children[0].children[0].children[3].color is no colour token and no CSS colour: `alpha-90` (did you mean `alpha-70`?)
    flight-tracker children[0].children[1].color is no colour token and no CSS colour: `default` (tokens here are prose, primary, emphasis, secondary, tertiary, success, warning, danger)
    line_select of is not a prop of ListView
    ");
}

#[test]
fn own_members_come_first_and_props_keep_their_order() {
    assert_eq!(
        written(
            r#" { "z" : 1 , "children":[ {"value":"a","type":"Text"} ], "id":"i", "type":"Card","key":"k","a":2 } "#
        ),
        r#"{"key":"k","id":"i","type":"Card","children":[{"type":"Text","value":"a"}],"z":1,"a":2}"#
    );
    // Written as it stands, where it stands right.
    let right = r#"{"key":"k","type":"Card","children":[{"type":"Text","value":"a"},{"type":"Spacer","children":[]}],"p":{"a":[1,{}]}}"#;
    assert_eq!(written(right), right);
}

#[test]
fn nulls_vanish_but_not_as_children_of_a_payload() {
    let text = r#"{"type":"Card","key":null,"id":null,"size":null,"children":null,
        "confirm":{"label":"OK","action":{"type":"a","payload":{"children":null,"b":null,"c":[null,1,null,{"d":null}]}}}}"#;
    let expected = json!({"type": "Card", "confirm": {"label": "OK", "action": {"type": "a", "payload": {"children": null, "c": [1, {}]}}}});
    assert_eq!(parse(text).unwrap().to_value(), expected);
    assert_eq!(serde_json::from_str::<Value>(&written(text)).unwrap(), expected);
    let tree = parse(text).unwrap();
    assert!(tree.root().prop("size").is_none() && tree.root().key().is_none() && !tree.root().has_key());
    assert_eq!(tree.root().children().count(), 0);
}

#[test]
fn numbers_and_strings_keep_every_digit_and_character() {
    for number in
        ["12345678901234567890123", "1.10", "-0", "1e400", "2.5E-3", "0.1000000000000000055511151231257827"]
    {
        assert_eq!(prop(number), number);
    }
    assert_eq!(prop(r#""a\u0026b \u00e9 \ud83d\ude00 \/ \n\u0001 \" \\""#), r#""a&b é 😀 / \n\u0001 \" \\""#);
    assert_eq!(prop(r#"{"\u0061\n":"\u0062"}"#), r#"{"a\n":"b"}"#);
    let tree = parse(r#"{"type":"C\u0061rd","v\u0061lue":"\t\u00e9"}"#).unwrap();
    assert_eq!(tree.root().str("value").unwrap(), "\té");
}

#[test]
fn of_a_name_given_twice_the_last_counts() {
    assert_eq!(prop(r#"{"a":1,"b":2,"a":3,"a":4}"#), r#"{"b":2,"a":4}"#);
    assert_eq!(prop(r#"{"a":1,"\u0061":2}"#), r#"{"a":2}"#);
    assert_eq!(prop(r#"{"\u0061":1,"b":0,"a":2}"#), r#"{"b":0,"a":2}"#);
    assert_eq!(prop(r#"{"a":1,"a":null}"#), "{}");
    assert_eq!(prop(r#"{"children":null,"children":1}"#), r#"{"children":1}"#);
    assert_eq!(written(r#"{"type":"Text","type":"Card","key":7,"key":"k"}"#), r#"{"key":"k","type":"Card"}"#);
    let twice = r#"{"type":"Row","children":[{"type":"Text"}],"children":[{"type":"Badge"}]}"#;
    let text = format!(r#"{{"type":"Card","children":[{twice}]}}"#);
    let tree = parse(&text).unwrap();
    let row = tree.root().children().next().unwrap();
    assert_eq!(row.children().map(Node::component).collect::<Vec<_>>(), [Component::Badge]);
    // Above a few members they are compared all at once.
    let many: Vec<String> = (0..200).map(|i| format!(r#""k{}":{i}"#, i % 120)).collect();
    let text = prop(&format!("{{{}}}", many.join(",")));
    assert_eq!((text.matches(':').count(), text.matches("\"k7\":").count()), (120, 1));
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value.as_object().unwrap().len(), 120);
    assert_eq!((&value["k0"], &value["k79"], &value["k80"]), (&json!(120), &json!(199), &json!(80)));
}

/// What keeps a text from being a tree: the text, with `¦` where the fault is; its kind, path and message.
const BROKEN: &[(&str, TreeErrorKind, &str, &str)] = {
    use TreeErrorKind::{Children, Identity, Json, Root, Type, UnknownComponent, WrongChild};
    &[
        ("¦", Json, "", "the template printed nothing"),
        ("¦\u{feff}{}", Json, "", "the text starts with a byte order mark; it has to start with `{`"),
        ("¦Hello", Json, "", "a value is expected here"),
        ("{\"type\":\"Card\"} ¦x", Json, "", "there is text after the end of the tree"),
        ("{\"type\":\"Card\"¦", Json, "", "the text ends in the middle of the tree"),
        ("{\"type\":\"Card¦", Json, "type", "the text ends inside of a string"),
        ("{\"type\":\"Card\" ¦\"size\":1}", Json, "", "a comma or `}` is expected here"),
        ("{\"type\":\"Card\",¦}", Json, "", "there is a comma before `}` with nothing between them"),
        (
            "{\"type\":\"Card\",\"p\":[1,¦]}",
            Json,
            "p[1]",
            "there is a comma before `]` with nothing between them",
        ),
        ("{¦,\"type\":\"Card\"}", Json, "", "there is a comma with nothing before it"),
        ("{¦type:\"Card\"}", Json, "", "a name in double quotes is expected here"),
        ("{\"type\" ¦\"Card\"}", Json, "", "a colon is expected here"),
        ("{\"type\":¦'Card'}", Json, "type", "strings take double quotes; print them with `tojson`"),
        ("{\"type\":\"Card\",\"p\":¦NaN}", Json, "p", "`NaN` is no JSON number; print a number or null"),
        (
            "{\"type\":\"Card\",\"p\":[¦-Infinity]}",
            Json,
            "p[0]",
            "`-Infinity` is no JSON number; print a number or null",
        ),
        ("{\"type\":\"Card\",\"p\":¦None}", Json, "p", "`None` is no JSON; print values with `tojson`"),
        (
            "{\"type\":\"Card\",\"p\":¦01}",
            Json,
            "p",
            "this is no JSON number; numbers look like 0, -1.5 or 2e10",
        ),
        (
            "{\"type\":\"Card\",\"p\":{\"q\":¦1.}}",
            Json,
            "p.q",
            "this is no JSON number; numbers look like 0, -1.5 or 2e10",
        ),
        (
            "{\"type\":\"Card\",\"p\":\"a¦\nb\"}",
            Json,
            "p",
            "a line break, tab or other control character stands in a string as it is; `tojson` writes it as an escape",
        ),
        (
            "{\"type\":\"Card\",\"p\":\"a¦\\x\"}",
            Json,
            "p",
            "JSON has no such escape; a backslash is written `\\\\`",
        ),
        ("{\"type\":\"Card\",\"p\":\"a¦\\u12g4\"}", Json, "p", "`\\u` needs four hexadecimal digits"),
        (
            "{\"type\":\"Card\",\"p\":\"a¦\\ud83d b\"}",
            Json,
            "p",
            "this escape is half of a character; its other half is missing",
        ),
        (
            "{\"type\":\"Card\",\"p\":\"a¦\\ud83d\\u0041\"}",
            Json,
            "p",
            "this escape is half of a character; its other half is missing",
        ),
        ("¦[{\"type\":\"Card\"}]", Root, "", "the root has to be Card, ListView or Basic, not a bare value"),
        (" ¦{\"type\":\"Row\"}", Root, "", "the root has to be Card, ListView or Basic, not Row"),
        ("¦{\"size\":\"sm\"}", Type, "", "a component needs a `type`, the name of the component"),
        ("¦{\"type\":null}", Type, "", "a component needs a `type`, the name of the component"),
        ("{\"type\":¦3}", Type, "type", "`type` has to be a string"),
        (
            "{\"type\":\"Card\",\"children\":[{\"type\":¦\"text\"}]}",
            UnknownComponent,
            "children[0]",
            "there is no component `text`; did you mean `Text`?",
        ),
        ("{\"type\":¦\"Zzzzzzzz\"}", UnknownComponent, "", "there is no component `Zzzzzzzz`"),
        ("{\"type\":\"Card\",\"key\":¦7}", Identity, "key", "`key` has to be a string"),
        (
            "{\"type\":\"Card\",\"children\":[{\"type\":\"Row\",\"id\":¦[]}]}",
            Identity,
            "children[0].id",
            "`id` has to be a string",
        ),
        (
            "{\"type\":\"Card\",\"children\":¦\"a\"}",
            Children,
            "children",
            "`children` has to be a list of components, one component or null",
        ),
        (
            "{\"type\":\"Card\",\"children\":[{\"type\":\"Spacer\"},¦null]}",
            Children,
            "children[1]",
            "a component is expected here, an object with a `type`",
        ),
        (
            "{\"type\":\"Card\",\"children\":[¦[]]}",
            Children,
            "children[0]",
            "a component is expected here, an object with a `type`",
        ),
        (
            "{\"type\":\"Card\",\"children\":[{\"type\":\"Col\",\"children\":[{\"type\":\"Spacer\"},¦{\"type\":\"ListViewItem\"}]}]}",
            WrongChild,
            "children[0].children[1]",
            "ListViewItem belongs in ListView, not in Col",
        ),
        (
            "{\"type\":\"Card\",\"children\":[¦{\"type\":\"Table.Cell\"}]}",
            WrongChild,
            "children[0]",
            "Table.Cell belongs in Table.Row, not in Card",
        ),
        (
            "{\"type\":\"ListView\",\"children\":[¦{\"type\":\"Text\"}]}",
            WrongChild,
            "children[0]",
            "ListView takes only ListViewItem, not Text",
        ),
        (
            "{\"type\":\"Card\",\"children\":[{\"children\":¦{\"type\":\"Icon\"},\"type\":\"Text\"}]}",
            WrongChild,
            "children[0].children",
            "Text takes no children, so Icon cannot stand in it",
        ),
        (
            "{\"type\":\"Card\",\"children\":[¦{\"type\":\"Card\"}]}",
            WrongChild,
            "children[0]",
            "Card is a root and cannot stand in Card; use Box, Row or Col",
        ),
        (
            "{\"type\":\"Card\",\"children\":[{\"type\":\"Transition\",\"children\":[{\"type\":\"Text\"},¦{\"type\":\"Text\"}]}]}",
            WrongChild,
            "children[0].children[1]",
            "Transition takes one child, not several",
        ),
    ]
};

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (marked, kind, path, message) in BROKEN {
        let (offset, text) = (marked.find('¦').unwrap(), marked.replace('¦', ""));
        let error = parse(&text).expect_err(&text);
        let expected =
            TreeError { kind: *kind, message: (*message).to_owned(), offset, path: (*path).to_owned() };
        assert_eq!(error, expected, "{marked}");
    }
    let error = parse(r#"{"type":"Card","children":[{"type":"Txet"}]}"#).unwrap_err();
    assert_eq!(error.to_string(), "`children[0]`: there is no component `Txet`; did you mean `Text`?");
}

#[test]
fn what_real_widgets_do_is_accepted() {
    for text in [
        r#"{"type":"Basic","children":{"type":"Text","value":"a","children":[]}}"#,
        r#"{"type":"Basic","children":[{"type":"Card","children":[{"type":"ListView","children":[]}]}]}"#,
        r#"{"type":"Card","children":[{"type":"Spacer","children":null},{"type":"Text","madeUp":[{"type":"Nope"}]}]}"#,
        r#"{"type":"Card","children":{"type":"Row","children":{"type":"Text"}}}"#,
        r#"{"children":[{"children":[],"type":"Transition"}],"type":"Card"}"#,
    ] {
        parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    }
}

#[test]
fn limits_hold_before_the_stack_or_the_memory_does() {
    let kind = |text: &str, limits| Tree::parse(text, limits).unwrap_err().kind;
    let deep = TreeLimits { nodes: 10, depth: usize::MAX };
    for nested in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "{\"children\":[".repeat(100_000)] {
        assert_eq!(kind(&format!(r#"{{"type":"Card","p":{nested}"#), deep), TreeErrorKind::Depth);
    }
    let children = format!(r#"{{"type":"Card","children":[{}"#, "{\"children\":[".repeat(100_000));
    assert_eq!(kind(&children, TreeLimits { nodes: usize::MAX, depth: usize::MAX }), TreeErrorKind::Depth);
    let texts = format!(r#"{{"type":"Card","children":[{}]}}"#, [r#"{"type":"Text"}"#; 10].join(","));
    assert_eq!(kind(&texts, deep), TreeErrorKind::Nodes);
    let enough = Tree::parse(&texts, TreeLimits { nodes: 11, depth: 3 }).unwrap();
    assert_eq!(enough.node_count(), 11);
    assert_eq!(kind(&texts, TreeLimits { nodes: 11, depth: 2 }), TreeErrorKind::Depth);
}

fn told(finding: &Finding) -> String {
    let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{} {}{help}", finding.path, finding.message)
}

#[test]
fn every_kind_of_oddity_is_found_and_told() {
    use FindingKind::{MissingProp, OddColor, OddIcon, OddValue, UnknownProp, WrongType};
    let tree = json!({"type": "Card", "sise": "sm", "size": "small", "asForm": "yes", "padding": {"topp": 1},
    "border": {"color": "subtel"}, "background": {"light": "gray-420", "dark": "black"}, "confirm": {"label": 1},
    "children": [
        {"type": "Text", "color": "teal-400", "maxLines": 1.5, "editable": true},
        {"type": "Icon", "name": "chek"},
        {"type": "Row", "children": {"type": "DatePicker", "name": "d", "min": "tomorrow"}},
        {"type": "Select", "name": "s", "options": [{"value": 1, "label": "One"}]},
        {"type": "Chart", "data": [{"x": {}}], "series": [{"type": "bar", "dataKey": "y", "curveType": "step"}], "xAxis": "x"},
        {"type": "ListView", "limit": "all"},
        {"type": "Transition", "children": [{"type": "Spacer"}]},
        {"type": "Badge", "label": "new", "color": {"light": "red", "dark": "red"}},
        {"type": "Image", "src": []},
    ]});
    let text = tree.to_string();
    let findings = parse(&text).unwrap().check();
    for kind in [MissingProp, OddColor, OddIcon, OddValue, UnknownProp, WrongType] {
        assert!(findings.iter().any(|f| f.kind == kind), "{kind:?}");
    }
    insta::assert_snapshot!(findings.iter().map(told).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_right_tree_has_no_findings() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/trees/every-component.json");
    let text = std::fs::read_to_string(path).unwrap();
    let tree = parse(&text).unwrap();
    assert_eq!(tree.check(), []);
    // It uses every prop of every component, so that what passes here is all there is.
    fn visit(node: Node<'_>, used: &mut Vec<(Component, String)>) {
        used.extend(node.props().map(|(name, _)| (node.component(), name.into_owned())));
        node.children().for_each(|child| visit(child, used));
    }
    let mut used = Vec::new();
    visit(tree.root(), &mut used);
    for component in Component::ALL {
        assert!(tree.has(component), "{component:?}");
        for prop in &component.spec().props {
            assert!(used.contains(&(component, prop.name.to_owned())), "{component:?}.{}", prop.name);
        }
    }
}

#[test]
fn actions_and_images_are_found_wherever_the_table_puts_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/trees/every-component.json");
    let text = std::fs::read_to_string(path).unwrap();
    let tree = parse(&text).unwrap();
    let shown = |a: &Action| {
        let fields = a.fields.as_ref().map(|f| format!(" with {}", f.join(", "))).unwrap_or_default();
        let client = if a.on_client { " on client" } else { "" };
        let label = a.label.as_deref().unwrap_or("-");
        format!("{} {:?} {label}: {}({}){client}{fields}", a.path, a.component, a.kind, a.payload.join(", "))
    };
    let actions: Vec<String> = tree.actions().iter().map(shown).collect();
    insta::assert_snapshot!(actions.join("\n"));
    assert_eq!(tree.images(), ["https://example.com/favicon.png", "https://example.com/lisbon.jpg"]);
}

#[test]
fn a_card_can_be_a_form() {
    let input = json!({"type": "Input", "name": "a.b"});
    let confirm = json!({"label": "OK", "action": {"type": "save"}});
    for (as_form, fields) in [(true, Some(["a.b".to_owned()].as_slice())), (false, None)] {
        let tree =
            json!({"type": "Card", "asForm": as_form, "confirm": confirm, "children": [input]}).to_string();
        assert_eq!(parse(&tree).unwrap().actions()[0].fields.as_deref(), fields);
    }
}

/// The rule for nulls, as plainly as it can be said.
fn without_nulls(value: &Value, node: bool) -> Value {
    match value {
        Value::Array(items) => {
            items.iter().filter(|i| !i.is_null()).map(|i| without_nulls(i, node)).collect()
        }
        Value::Object(members) => {
            let keep = |(name, value): &(&String, &Value)| !value.is_null() || (!node && *name == "children");
            let inner = |(name, value): (&String, &Value)| {
                (name.clone(), without_nulls(value, node && name == "children"))
            };
            Value::Object(members.iter().filter(keep).map(inner).collect())
        }
        other => other.clone(),
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e6..1e6f64).prop_map(Value::from),
        "\\PC{0,6}|[\\x00-\\x7f]{0,6}".prop_map(Value::from),
    ];
    let name = "children|type|key|[a-c]|\\PC{0,3}|[\"\\\\\n]";
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..5).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn any_component(name: &'static str, children: Option<Vec<Value>>) -> impl Strategy<Value = Value> {
    let props = prop::collection::vec(("[a-z]{1,5}|\\PC{1,3}", any_json()), 0..4);
    let key = || prop::option::of("\\PC{0,4}");
    (props, key(), key(), any::<bool>()).prop_map(move |(props, key, id, last)| {
        let mut own = vec![
            ("type".to_owned(), json!(name)),
            ("key".to_owned(), json!(key)),
            ("id".to_owned(), json!(id)),
        ];
        own.extend(children.clone().map(|c| ("children".to_owned(), json!(c))));
        if last {
            own.reverse();
        }
        let props =
            props.into_iter().filter(|(n, _)| !["type", "key", "id", "children"].contains(&n.as_str()));
        Value::Object(props.chain(own).collect())
    })
}

fn any_node() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![any_component("Text", None), any_component("Spacer", Some(Vec::new()))];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop::collection::vec(inner, 0..4).prop_flat_map(|children| any_component("Col", Some(children)))
    })
    .prop_flat_map(|child| any_component("Card", Some(vec![child])))
}

/// JSON text with space and escapes where they may be, decided by the bits of `noise`.
fn noisy(value: &Value, noise: &mut u64) -> String {
    let mut bit = || {
        *noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *noise >> 63 == 1
    };
    let space = if bit() { " \n" } else { "" };
    let string = |text: &str, escape: bool| match escape {
        false => json!(text).to_string(),
        true => format!("\"{}\"", text.encode_utf16().map(|u| format!("\\u{u:04x}")).collect::<String>()),
    };
    match value {
        Value::String(text) => string(text, bit()),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|i| noisy(i, noise)).collect();
            format!("[{space}{}{space}]", items.join(&format!(",{space}")))
        }
        Value::Object(members) => {
            let escape = bit();
            let one = |(name, value): (&String, &Value)| {
                format!("{}{space}:{space}{}", string(name, escape), noisy(value, noise))
            };
            let members: Vec<String> = members.iter().map(one).collect();
            format!("{{{space}{}{space}}}", members.join(&format!("{space},")))
        }
        other => other.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_is_written_without_nulls_and_reads_back_equal(tree in any_node(), mut noise: u64) {
        for text in [tree.to_string(), noisy(&tree, &mut noise)] {
            let parsed = parse(&text).unwrap();
            let expected = without_nulls(&tree, true);
            prop_assert_eq!(&parsed.to_value(), &expected);
            let json = written(&text);
            prop_assert_eq!(&serde_json::from_str::<Value>(&json).unwrap(), &expected);
            // One tree has one written form, however it was printed.
            prop_assert_eq!(&json, &parsed.to_value().to_string());
            prop_assert_eq!(&written(&json), &json);
            parsed.check();
            parsed.actions();
        }
    }

    #[test]
    fn json_is_as_strict_as_it_is_elsewhere(value in any_json(), at: usize, with in "[\\x00-\\x7f]{0,3}|\\PC", mut noise: u64) {
        let mut text = noisy(&value, &mut noise);
        let at = text.floor_char_boundary(at % (text.len() + 1));
        text.insert_str(at, &with);
        let ours = parse(&format!(r#"{{"type":"Card","p":{text}}}"#)).map(|tree| tree.to_value());
        let theirs = serde_json::from_str::<Value>(&format!(r#"{{"type":"Card","p":{text}}}"#));
        // Some insertions break out of the prop and back into the card; what matters is whether it is JSON.
        if ours.as_ref().err().is_none_or(|e| e.kind == TreeErrorKind::Json) {
            prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{} {:?} {:?}", text, ours, theirs);
        }
    }

    #[test]
    fn nothing_makes_it_fall_over(text in "\\PC{0,40}|[\\[\\]{}:,\"\\\\a-z0-9 tnf]{0,40}") {
        let _ = parse(&text);
        let _ = parse(&format!(r#"{{"type":"Card","children":[{text}"#));
    }
}
