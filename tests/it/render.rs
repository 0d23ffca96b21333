//! `toolface render`: the widgets ChatKit Studio exports, as trees and as text, and templates that are none.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Project, fixtures, root, run, widget};

/// Every widget of the fixtures with each of its data and what ChatKit makes of it.
fn samples() -> Vec<(PathBuf, PathBuf, PathBuf)> {
    let mut all = Vec::new();
    for folder in ["chatkit/gallery", "chatkit/samples"] {
        for entry in std::fs::read_dir(fixtures(folder)).expect("fixtures") {
            let data = entry.expect("an entry").path();
            let name = data.file_name().expect("a name").to_string_lossy().into_owned();
            let Some(stem) = name.strip_suffix(".data.json") else { continue };
            let widget = data.with_file_name(format!("{}.widget", stem.split('.').next().expect("a stem")));
            all.push((widget, data.clone(), data.with_file_name(format!("{stem}.expected.json"))));
        }
    }
    all.sort();
    assert!(all.len() >= 17, "the fixtures are not all there: {all:?}");
    all
}

fn render(args: &[&str]) -> crate::support::Output {
    run(root(), &[&["render"], args].concat())
}

#[test]
fn real_widgets_come_out_as_chatkit_draws_them() {
    let mut drawn = 0;
    for (widget, data, expected) in samples() {
        let expected: Value =
            serde_json::from_str(&std::fs::read_to_string(expected).expect("a tree")).expect("JSON");
        let shown = render(&[widget.to_str().expect("a path"), "--data", &format!("@{}", data.display())]);
        // Where ChatKit's own renderer fails, what is drawn is tested with the templates; here, that nothing breaks.
        if expected == "error" {
            assert!(shown.code == 0 || shown.stderr.starts_with("error["), "{}: {shown:?}", data.display());
            continue;
        }
        assert_eq!(shown.code, 0, "{}: {}", widget.display(), shown.stderr);
        assert!(equal(&shown.json(), &expected), "{}: {:#}", data.display(), shown.json());
        drawn += 1;
    }
    assert!(drawn >= 14, "only {drawn} are drawn");
}

/// Equal as JSON: numbers by value, and a member that is null is as good as none.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let within = |x: &serde_json::Map<String, Value>, y: &serde_json::Map<String, Value>| {
                x.iter().all(|(k, v)| equal(v, y.get(k).unwrap_or(&Value::Null)))
            };
            within(a, b) && within(b, a)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

#[test]
fn every_widget_of_the_demo_reads_as_text() {
    for entry in std::fs::read_dir(root().join("widgets")).expect("widgets") {
        let name =
            entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned();
        let (shown, file) = (render(&[&name, "--as", "text"]), root().join(format!("widgets/{name}.widget")));
        assert_eq!(shown.code, 0, "{shown:?}");
        // The same, whether it is named or given as a file.
        assert_eq!(render(&[file.to_str().expect("a path"), "--as", "text"]).stdout, shown.stdout);
        insta::with_settings!({snapshot_path => "snapshots/render", prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(name, shown.stdout);
        });
    }
}

#[test]
fn data_that_does_not_do_is_told_with_its_place() {
    let template = r#"{"type":"Card","children":[{% for i in range(n) %}{"type":"Text","value":{{ title | tojson }}},{% endfor %}{"type":"Text","value":{{ who.name | tojson }}}]}"#;
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let project = Project::empty().file("card.widget", widget(template, &schema));
    let file = project.path().join("card.widget");
    let file = file.to_str().expect("a path");
    let right = render(&[file, "--data", r#"{"n": 1, "title": "x", "who": {"name": "y"}}"#]);
    assert_eq!(right.json()["children"][1]["value"], "y");
    for (data, code, words) in [
        (r#"{"n": 0}"#, 1, "`who.name` is used and is not there"),
        (r#"{"n": "many"}"#, 1, "card.widget:1"),
        (r#"{"n": 100000000, "title": "x", "who": {}}"#, 1, "range"),
        (r#"{"n": 30000, "title": "x", "who": {"name": "y"}}"#, 1, "20000"),
        ("[]", 2, "must be a JSON object"),
        ("{", 2, "is no JSON"),
        ("@none.json", 2, "cannot read none.json"),
    ] {
        let told = render(&[file, "--data", data]);
        assert_eq!((told.code, told.stdout.as_str()), (code, ""), "{data}");
        assert!(told.stderr.contains(words), "{data}: {}", told.stderr);
    }
}
