//! `toolface new`: widgets made for schemas and data, the starters, tool files and projects.

use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Number, Value, json};
use toolface::diag::SourceText;
use toolface::schema::{Formats, Schema};
use toolface::source::select::Selector;
use toolface::starter::{self, Starter};
use toolface::template::{Data, Limits};
use toolface::widget::Widget;
use toolface::widget::tree::TreeLimits;

use crate::installed::{self, agents_python};
use crate::support::{Project, fixtures, root, run};

/// Schemas and data by name.
fn documents() -> Vec<(String, PathBuf, Value)> {
    let mut all: Vec<_> = std::fs::read_dir(fixtures("starter"))
        .expect("fixtures")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let json = serde_json::from_str(&std::fs::read_to_string(&path).expect("a file")).expect("JSON");
            (path.file_stem().expect("a stem").to_string_lossy().replace('.', "-"), path, json)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(all.len() >= 15, "the fixtures are not all there");
    all
}

fn made(name: &str, document: &Value) -> Starter {
    if starter::is_schema(document) {
        starter::from_schema(name, None, document)
    } else {
        starter::from_data(name, None, document)
    }
}

fn compiled(text: &str) -> Widget {
    let source = SourceText::new("made.widget", text);
    Widget::compile("made", &source, None, Limits::default(), TreeLimits::default())
        .unwrap_or_else(|faults| panic!("{faults:?}\n{text}"))
}

/// Draws data as it is, without anything filled in, and gives what is odd in the tree and the tree's JSON.
fn drawn(widget: &Widget, data: &Value) -> (Vec<String>, Value) {
    let printed = widget.print(&Data::new(data)).unwrap_or_else(|e| panic!("{e}: {data}"));
    let tree = widget.tree(&printed).unwrap_or_else(|e| panic!("{e}: {data}\n{printed}"));
    let mut json = String::new();
    tree.write_json(&mut json);
    let odd = tree.check().iter().map(|f| format!("{} {}", f.path, f.message)).collect();
    (odd, serde_json::from_str(&json).expect("JSON"))
}

fn faults(schema: &Value, data: &Value) -> Vec<String> {
    let schema = Schema::compile(schema.clone(), Formats::Described).expect("a schema");
    schema.check(data).iter().map(|e| format!("{e:?}")).collect()
}

#[test]
fn a_schema_or_a_datum_becomes_a_widget_that_shows_it() {
    for (name, _, document) in documents() {
        let starter = made(&name, &document);
        assert_eq!(starter, made(&name, &document), "the same each time");
        let widget = compiled(&starter.widget_file());
        let (odd, tree) = drawn(&widget, &starter.sample);
        assert!(odd.is_empty(), "{name}: {odd:?}");
        assert_eq!(faults(&starter.schema, &starter.sample), [""; 0], "{name}");
        assert_eq!(widget.written.preview, Some(tree), "{name}");
        assert_eq!(widget.id.as_deref(), Some(starter.id().as_str()));
        insta::assert_snapshot!(
            format!("made-{name}"),
            format!(
                "{}\n\n{}\n\n{}",
                starter.view,
                starter.select.clone().unwrap_or_default(),
                serde_json::to_string_pretty(&starter.schema["properties"]).expect("JSON")
            )
        );
    }
}

#[test]
fn absent_and_null_are_shown_as_nothing() {
    for (name, _, document) in documents() {
        let starter = made(&name, &document);
        let widget = compiled(&starter.widget_file());
        let required: Vec<&str> =
            starter.schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let optional =
            starter.sample.as_object().expect("an object").keys().filter(|k| !required.contains(&k.as_str()));
        let (mut absent, mut null) = (starter.sample.clone(), starter.sample.clone());
        for key in optional {
            absent.as_object_mut().expect("an object").remove(key);
            null[key.as_str()] = Value::Null;
        }
        let (odd, tree) = drawn(&widget, &absent);
        assert!(odd.is_empty(), "{name}: {odd:?}");
        assert_eq!(drawn(&widget, &null).1, tree, "{name}");
        assert_eq!(faults(&starter.schema, &null), [""; 0], "{name}");
        assert!(!tree.to_string().contains("None"), "{name}: {tree}");
    }
}

/// JSON of names and values as programs write them, and odd ones.
fn json_like() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        "[a-z][a-z_A-Z]{0,10}",
        Just("items".to_owned()),
        Just("first name".to_owned()),
        Just("title".to_owned()),
        Just("status".to_owned()),
        Just("image_url".to_owned()),
        Just("class".to_owned()),
        Just("".to_owned()),
        Just("price \"{{".to_owned()),
        Just("größe".to_owned()),
        Just("date".to_owned()),
        Just("__class__".to_owned()),
    ];
    let text = prop_oneof![
        "[a-zA-Z]{1,12}",
        Just("2026-03-04".to_owned()),
        Just("https://example.com/x.png".to_owned()),
        Just("2026-03-04T10:00:00Z".to_owned()),
        Just("{{ x }} {% if %} '\" \\ <b>".to_owned()),
        any::<String>()
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(Value::from),
        (-1e6..1e6f64).prop_filter_map("finite", Number::from_f64).prop_map(Value::Number),
        text.prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((name.clone(), inner), 0..7).prop_map(|m| Value::Object(Map::from_iter(m))),
        ]
    })
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

#[test]
fn any_datum_becomes_a_widget_and_fits_it_through_its_selector() {
    runner(400)
        .run(&json_like(), |data| {
            let starter = starter::from_data("any", None, &data);
            let widget = compiled(&starter.widget_file());
            prop_assert_eq!(faults(&starter.schema, &starter.sample), [""; 0]);
            let (odd, tree) = drawn(&widget, &starter.sample);
            prop_assert!(odd.is_empty(), "{odd:?}");
            let selected = match &starter.select {
                Some(jq) => selected(jq, &data),
                None => data,
            };
            prop_assert_eq!(faults(&starter.schema, &selected), [""; 0]);
            prop_assert_eq!(drawn(&widget, &selected).1, tree);
            prop_assert_eq!(starter::view(&starter.template), Ok(starter.view));
            Ok(())
        })
        .expect("any datum");
}

#[test]
fn any_json_taken_as_a_schema_does_no_harm() {
    let keys = prop_oneof![
        Just("type"),
        Just("properties"),
        Just("items"),
        Just("anyOf"),
        Just("allOf"),
        Just("$ref"),
        Just("enum"),
        Just("const"),
        Just("default"),
        Just("title"),
        Just("required"),
        Just("additionalProperties"),
        Just("format"),
    ];
    let leaf = prop_oneof![
        Just(json!("object")),
        Just(json!("string")),
        Just(json!("array")),
        Just(json!("null")),
        Just(json!("number")),
        Just(json!("#")),
        Just(json!("#/properties/a")),
        Just(json!(["string", "null"])),
        Just(json!(true)),
        Just(json!(null)),
        Just(json!(3)),
        Just(json!("date"))
    ];
    let schema = leaf.prop_recursive(6, 80, 6, move |inner| {
        prop_oneof![
            prop::collection::vec((keys.clone(), inner.clone()), 0..6)
                .prop_map(|m| Value::Object(m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
            prop::collection::vec(("[abc]", inner.clone()), 0..4)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
            prop::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    });
    runner(400)
        .run(&schema, |schema| {
            for starter in
                [starter::from_schema("any", None, &schema), starter::form("any", None, &schema, "any.send")]
            {
                let widget = compiled(&starter.widget_file());
                prop_assert_eq!(faults(&starter.schema, &starter.sample), [""; 0]);
                prop_assert!(drawn(&widget, &starter.sample).0.is_empty());
            }
            Ok(())
        })
        .expect("any schema");
}

fn selected(jq: &str, data: &Value) -> Value {
    let selector = Selector::compile(jq).unwrap_or_else(|e| panic!("{e:?}: {jq}"));
    selector.run(data.clone(), &Map::new()).unwrap_or_else(|e| panic!("{e:?}: {jq} over {data}"))
}

/// Every leaf of a datum, as it is written.
fn leaves(data: &Value, out: &mut Vec<String>) {
    match data {
        Value::Object(members) => members.values().for_each(|v| leaves(v, out)),
        Value::Array(all) => all.iter().for_each(|v| leaves(v, out)),
        Value::String(text) => out.push(text.clone()),
        Value::Number(number) => out.push(number.to_string()),
        _ => {}
    }
}

#[test]
fn simple_data_is_shown_with_all_its_values() {
    let word = "[a-z]{3,9}";
    let scalar = prop_oneof![word.prop_map(Value::from), (100..99_999u32).prop_map(Value::from)];
    let flat =
        prop::collection::vec(("[a-z]{4,8}", scalar), 1..6).prop_map(|m| Value::Object(Map::from_iter(m)));
    let list = flat.clone().prop_map(|one| json!([one.clone(), one]));
    let data = prop_oneof![
        flat.clone(),
        list.clone(),
        (flat.clone(), flat).prop_map(|(a, b)| json!({"name": "Ada", "first": a, "second": b})),
        list.prop_map(|all| json!({"title": "All", "entries": all})),
    ];
    runner(200)
        .run(&data, |data| {
            let starter = starter::from_data("any", None, &data);
            let widget = compiled(&starter.widget_file());
            let printed = widget.print(&Data::new(&starter.sample)).expect("printed");
            let tree = widget.tree(&printed).expect("a tree");
            let text = toolface::call::envelope::markdown(&tree, &Default::default());
            let mut all = Vec::new();
            leaves(&data, &mut all);
            for leaf in all {
                prop_assert!(text.contains(&leaf), "{leaf} is not in\n{text}\nof {data}");
            }
            Ok(())
        })
        .expect("all is shown");
}

#[test]
fn a_huge_schema_gives_a_widget_of_bounded_size() {
    fn deep(depth: usize) -> Value {
        let inner: Map<String, Value> = (0..40)
            .map(|n| {
                (
                    format!("part_{n}"),
                    if depth == 0 {
                        json!({"type": "string"})
                    } else {
                        json!({"$ref": format!("#/$defs/d{}", depth - 1)})
                    },
                )
            })
            .collect();
        json!({"type": "object", "properties": inner})
    }
    let mut schema = deep(8);
    schema["$defs"] = (0..8).map(|n| (format!("d{n}"), deep(n))).collect::<Map<_, _>>().into();
    let started = std::time::Instant::now();
    let text = starter::from_schema("huge", None, &schema).widget_file();
    assert!(text.len() < 400_000, "{} bytes", text.len());
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    compiled(&text);
}

#[test]
fn chatkit_itself_draws_the_same() {
    let Some(mut python) = agents_python() else { return };
    let project = Project::empty();
    let mut orders = String::new();
    let mut ours = Vec::new();
    let mut add = |name: &str, text: &str, data: &Value| {
        let file = format!("{name}.widget");
        project.write(&file, text);
        orders.push_str(&json!({"file": project.path().join(&file), "data": data}).to_string());
        orders.push('\n');
        ours.push((name.to_owned(), drawn(&compiled(text), data).1));
    };
    for (name, _, document) in documents() {
        let starter = made(&name, &document);
        add(&name, &starter.widget_file(), &starter.sample);
        // Without what may be absent: ChatKit fills in nothing.
        let mut least = starter.sample.clone();
        let required: Vec<&str> =
            starter.schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        least.as_object_mut().expect("an object").retain(|key, _| required.contains(&key.as_str()));
        add(&format!("{name}-least"), &starter.widget_file(), &least);
    }
    for entry in starter::gallery() {
        let widget = compiled(entry.widget_text);
        let mut data = widget.sample().0;
        toolface::schema::shape::Shape::compile(&widget.schema, toolface::schema::shape::OnMissing::Null)
            .fill(&mut data);
        add(&format!("starter-{}", entry.name), entry.widget_text, &data);
    }
    python.arg(root().join("tests/agents/starters.py"));
    let answer = installed::run(python, orders.as_bytes(), Duration::from_secs(60));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let theirs: Vec<Value> =
        answer.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(theirs.len(), ours.len(), "{}", answer.stderr);
    for ((name, ours), theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn starters_are_sound_and_each_copy_has_an_id_of_its_own() {
    assert!(starter::gallery().len() >= 8);
    for entry in starter::gallery() {
        let widget = compiled(entry.widget_text);
        assert_eq!(widget.title, entry.title);
        let mut data = widget.sample().0;
        assert_eq!(faults(&widget.schema, &data), [""; 0], "{}", entry.name);
        toolface::schema::shape::Shape::compile(&widget.schema, toolface::schema::shape::OnMissing::Null)
            .fill(&mut data);
        let (odd, tree) = drawn(&widget, &data);
        assert!(odd.is_empty(), "{}: {odd:?}", entry.name);
        assert_eq!(widget.written.preview.as_ref(), Some(&tree), "{}", entry.name);
        let [mine, other] =
            ["mine", "other"].map(|name| compiled(&starter::from_gallery(entry, name, Some("My own"))));
        assert_eq!(mine.title, "My own");
        assert!(mine.id != other.id && mine.id != widget.id);
        assert_eq!(mine.written.editor.view, widget.written.editor.view);
    }
}

#[test]
fn new_makes_a_project_that_is_sound_at_once() {
    let home = Project::empty();
    let shop = home.path().join("shop");
    let dir = shop.to_str().expect("a path");
    let made = run(home.path(), &["new", "project", dir]);
    assert_eq!((made.code, made.stderr.as_str()), (0, ""), "{made:?}");
    let check = run(&shop, &["check", "--strict"]);
    assert_eq!(check.code, 0, "{check:?}");
    assert!(run(&shop, &["call", "get_progress", "--as", "text"]).stdout.contains("Permit 31-77"));
    // A folder with something in it stays as it is.
    let again = run(home.path(), &["new", "project", dir]);
    assert!(again.code == 1 && again.stderr.contains("is not empty"), "{again:?}");

    let (_, order, _) = documents().into_iter().find(|d| d.0 == "order").expect("the order");
    let order = order.to_str().expect("a path");
    let widget = run(&shop, &["new", "widget", "order-card", "--from", order]);
    assert!(widget.code == 0 && widget.stdout.contains("render order-card --as text"), "{widget:?}");
    assert_eq!(run(&shop, &["new", "tool", "get_order", "--widget", "order-card"]).code, 0);
    assert_eq!(run(&shop, &["check"]).code, 0);
    let shown = run(&shop, &["call", "get_order", "--as", "text"]).stdout;
    for part in ["Order A-1001", "shipped", "151.9 EUR", "Lantern Front Light"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let before = std::fs::read(shop.join("widgets/order-card.widget")).expect("the widget");
    let twice = run(&shop, &["new", "widget", "order-card", "--starter", "profile"]);
    assert!(twice.code == 1 && twice.stderr.contains("is there already"), "{twice:?}");
    assert_eq!(std::fs::read(shop.join("widgets/order-card.widget")).expect("the widget"), before);
    assert_eq!(run(&shop, &["new", "widget", "order-card", "--starter", "profile", "--force"]).code, 0);
    assert_ne!(std::fs::read(shop.join("widgets/order-card.widget")).expect("the widget"), before);
    for entry in std::fs::read_dir(&shop).expect("the project") {
        let name = entry.expect("an entry").file_name();
        assert!(!name.to_string_lossy().starts_with('.'), "{name:?} was left behind");
    }
}

#[test]
fn new_refuses_what_cannot_be() {
    let demo = Project::demo();
    let refused = |args: &[&str], told: &str| {
        let out = run(demo.path(), &[&["new"], args].concat());
        assert!(out.code != 0 && out.stderr.contains(told), "{args:?}: {out:?}");
    };
    refused(&["widget", "../x"], "cannot be a name");
    refused(&["widget", ".x"], "cannot be a name");
    refused(&["widget", "x/y"], "cannot be a name");
    refused(&["widget", "x", "--starter", "profil"], "profile");
    refused(&["widget", "x", "--from", "nothing.json"], "cannot read nothing.json");
    refused(&["widget", "x", "--from", "toolface.toml"], "is no JSON");
    refused(&["tool", "x"], "there is no widget `x`");
    refused(&["tool", "x", "--widget", "order-crd"], "order-card");
    refused(&["tool", "x", "--widget", "order-card", "--connection", "shpo"], "shop");
    refused(&["tool", "get_order", "--widget", "order-card"], "is there already");
    assert!(!demo.path().join("data/get_order.json").exists(), "nothing was written");
}

#[test]
fn a_new_tool_of_a_database_answers_with_the_sample() {
    let demo = Project::demo();
    let (_, issue, _) = documents().into_iter().find(|d| d.0 == "github-issue").expect("the issue");
    assert_eq!(
        run(demo.path(), &["new", "widget", "issue", "--from", issue.to_str().expect("a path")]).code,
        0
    );
    let made = run(demo.path(), &["new", "tool", "get_issue", "--widget", "issue", "--connection", "shop"]);
    assert_eq!(made.code, 0, "{made:?}");
    assert_eq!(run(demo.path(), &["check"]).code, 0);
    let shown = run(demo.path(), &["call", "get_issue", "--as", "text"]);
    assert!(shown.stdout.contains("I'm having a problem"), "{shown:?}");
}

#[test]
fn tool_files_say_what_they_are_given() {
    let demo = Project::demo();
    let draft = starter::ToolDraft {
        title: Some("A \"quoted\" title".to_owned()),
        description: "Two lines,\nboth kept: '''.".to_owned(),
        widget: Some("nothing-found".to_owned()),
        input: Some(json!({
            "type": "object",
            "properties": {
                "q": {"type": "string", "description": "Words", "minLength": 1},
                "odd name": {"type": ["string", "null"], "default": null},
                "limit": {"type": "integer", "default": 10, "maximum": 50},
            },
            "required": ["q"],
        })),
        source: vec![("data".to_owned(), json!({"query": "x", "heading": "None", "gone": null}))],
        select: Some("{query: $args.q, text: \"it's\"}".to_owned()),
        actions: vec![starter::ActionDraft {
            kind: "search.try".to_owned(),
            tool: "search_products".to_owned(),
            arguments: vec![("query".to_owned(), "query".to_owned())],
        }],
        ..starter::ToolDraft::default()
    };
    let text = starter::tool_file(&draft);
    demo.write("tools/made.toml", &text);
    let manifest = run(demo.path(), &["manifest"]);
    assert_eq!(manifest.code, 0, "{manifest:?}\n{text}");
    insta::assert_snapshot!(text);
}
