//! Templates against what jinja2 itself printed (`tests/fixtures/template`), and against hostile ones.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::*;

fn render(source: &str, data: &Value) -> Result<String, TemplateError> {
    Template::compile("test", source, Flavor::Widget, Limits::default())?.render(&Data::new(data))
}

fn fixtures(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/template").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap()
}

/// Every case prints what jinja2 prints, but for those listed in `differences.json`, each under its reason. A
/// difference that is gone must be taken off the list.
#[test]
fn templates_print_what_jinja2_prints() {
    let key =
        |area: &str, case: &Value| format!("{area}\t{}\t{}", text(case, "template"), text(case, "data"));
    let mut known = BTreeSet::new();
    for group in fixtures("differences.json") {
        assert!(!text(&group, "reason").is_empty());
        for case in group["cases"].as_array().unwrap() {
            known.insert(key(text(case, "area"), case));
        }
    }
    let (mut differences, mut count) = (Vec::new(), 0);
    for entry in
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/template")).unwrap()
    {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(area) = name.strip_suffix(".json").filter(|a| *a != "differences") else { continue };
        for case in fixtures(&name) {
            count += 1;
            let data: Value = serde_json::from_str(text(&case, "data")).unwrap();
            let expected = case["expected"].as_str();
            let ours = render(text(&case, "template"), &data);
            if ours.as_deref().ok() != expected && !known.remove(&key(area, &case)) {
                differences.push(json!({
                    "area": area, "template": case["template"], "data": case["data"],
                    "expected": expected, "ours": ours.as_deref().ok(), "error": ours.as_ref().err().map(|e| &e.message),
                }));
            }
        }
    }
    assert!(count > 2000, "only {count} cases were found");
    let told: Vec<String> = differences.iter().map(Value::to_string).collect();
    assert!(told.is_empty(), "{} new differences:\n{}", told.len(), told.join("\n"));
    assert!(known.is_empty(), "no longer different: {known:#?}");
}

/// What is put into a source never keeps it from compiling.
#[test]
fn rewriting_keeps_every_template_a_template() {
    let mut count = 0;
    for entry in
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/template")).unwrap()
    {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".json") || name == "differences.json" {
            continue;
        }
        for case in fixtures(&name) {
            let source = text(&case, "template");
            let mut plain = engine::environment(Flavor::Widget, Limits::default());
            if plain.add_template_owned("t", source.to_owned()).is_err() {
                continue;
            }
            count += 1;
            let plan = rewrite::plan(source).unwrap();
            for wanted in [(false, false), (true, false), (false, true), (true, true)] {
                let rewritten =
                    rewrite::apply(source, &plan, Wanted { index: wanted.0, exponents: wanted.1 });
                let compiled = plain.add_template_owned("t", rewritten.text.clone());
                assert!(compiled.is_ok(), "{source}\n{}\n{compiled:?}", rewritten.text);
            }
        }
    }
    assert!(count > 2000);
}

/// All real widgets, against the tree openai-chatkit builds. `"error"` stands for a failure there.
#[test]
fn real_widgets_print_what_chatkit_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/chatkit");
    let read = |path: &Path| serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut count = 0;
    for folder in ["samples", "gallery"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let Some(case) = name.strip_suffix(".expected.json") else { continue };
            let expected = read(&path);
            let data = read(&path.with_file_name(format!("{case}.data.json")));
            let widget = read(&path.with_file_name(format!("{}.widget", case.trim_end_matches(".named"))));
            let printed = render(widget["template"].as_str().unwrap(), &data);
            count += 1;
            match (case, expected) {
                // The Studio's own exports, which Python cannot render: we can.
                ("playlist", _) => assert!(printed.unwrap().contains("\"Caption\",\"value\":2,"), "{case}"),
                ("create-event", _) => assert!(printed.unwrap().contains("\"border\":null"), "{case}"),
                (_, Value::String(error)) => {
                    assert_eq!(error, "error");
                    assert_eq!(printed.unwrap_err().kind, ErrorKind::Undefined, "{case}");
                }
                (_, tree) => {
                    let ours: Value = serde_json::from_str(&printed.unwrap()).unwrap();
                    assert_eq!(without_nulls(ours), tree, "{case}");
                }
            }
        }
    }
    assert_eq!(count, 17);
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            object.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, without_nulls(v))).collect()
        }
        Value::Array(items) => items.into_iter().filter(|v| !v.is_null()).map(without_nulls).collect(),
        other => other,
    }
}

#[test]
fn integers_keep_every_digit() {
    for digits in [
        "9007199254740993",
        "18446744073709551616",
        "-170141183460469231731687303715884105729",
        "1".repeat(80).as_str(),
    ] {
        let data: Value = serde_json::from_str(&format!("{{\"n\": {digits}}}")).unwrap();
        assert_eq!(
            render("{{ n }} {{ n | tojson }} {{ n ~ '' }} {{ [n] | tojson }}", &data).unwrap(),
            format!("{digits} {digits} {digits} [{digits}]")
        );
    }
}

#[test]
fn what_costs_too_much_is_stopped() {
    let stopped = |source: &str| render(source, &json!({"xs": vec![1; 1000]})).unwrap_err().kind;
    let fuel = ErrorKind::Fuel;
    let cubed =
        "{% for a in xs %}{% for b in xs %}{% for c in xs %}{{ c }}{% endfor %}{% endfor %}{% endfor %}";
    assert_eq!(stopped(cubed), fuel);
    let doubled =
        "{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}";
    assert_eq!(stopped(doubled), fuel);
    assert_eq!(stopped("{{ 'x' * 1000000000 }}"), fuel);
    assert!(matches!(stopped("{{ [1] * 1000000000 }}"), ErrorKind::Fuel | ErrorKind::Type));
    assert_eq!(stopped("{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}"), ErrorKind::Depth);
    assert_eq!(stopped("{% for x in xs recursive %}{{ loop(xs) }}{% endfor %}"), ErrorKind::Depth);
    assert!(matches!(stopped("{{ range(100000000000) | length }}"), ErrorKind::Fuel | ErrorKind::Type));
    let nested = "{% set ns = namespace(l=[]) %}{% for i in xs %}{% for i in xs %}{% set ns.l = [ns.l] %}{% endfor %}\
                  {% endfor %}{{ ns.l | tojson }}";
    assert!(matches!(stopped(nested), ErrorKind::Fuel | ErrorKind::Type));
    let many = format!("{}x", "{% set a = [a] %}".repeat(60_000));
    assert_eq!(stopped(&many), ErrorKind::Type);
    let tied = "{% set l = [] %}{% for i in xs %}{% set _ = l.append(l) %}{% endfor %}";
    assert!(matches!(stopped(tied), ErrorKind::Fuel | ErrorKind::Type));
    let small = Limits { output_bytes: 100, ..Limits::default() };
    let long = Template::compile("t", "{% for x in xs %}{{ x }}{% endfor %}", Flavor::Widget, small).unwrap();
    assert_eq!(long.render(&Data::new(&json!({"xs": vec![1; 1000]}))).unwrap_err().kind, ErrorKind::Output);
}

#[test]
fn hostile_sources_are_refused_or_harmless() {
    let deep =
        |open: &str, close: &str, n: usize| format!("{{{{ {}1{} }}}}", open.repeat(n), close.repeat(n));
    for source in [
        deep("(", ")", 100_000),
        deep("[", "]", 100_000),
        deep("not ", "", 100_000),
        deep("-", "", 100_000),
        format!("{{{{ 1{} }}}}", " ~ 1".repeat(100_000)),
        format!("{{{{ x{} }}}}", ".a".repeat(100_000)),
        format!("{{{{ x{} }}}}", "|upper".repeat(100_000)),
        "{% if 1 %}".repeat(50_000),
        format!("{}{}", "{% for x in y %}".repeat(5000), "{% endfor %}".repeat(5000)),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(50_000)),
        "x".repeat(2 << 20),
    ] {
        let outcome = Template::compile("t", &source, Flavor::Widget, Limits::default());
        let shown: String = source.chars().take(40).collect();
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::Syntax, "{shown}");
    }
    for source in
        ["{{ loop.cycle() }}", "{% for i in [1] %}{{ loop.cycle() }}{% endfor %}", "{{", "{% for", "{{ 'a"]
    {
        let _ = render(source, &json!({}));
    }
}

#[test]
fn nothing_outside_is_reached() {
    for source in [
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{{ debug() }}",
        "{{ env }}",
        "{{ self }}",
    ] {
        assert!(render(source, &json!({})).is_err(), "{source}");
    }
}

#[test]
fn errors_point_into_the_source_as_written() {
    let at = |source: &str, data: Value| {
        let e = render(source, &data).unwrap_err();
        source.get(e.span.unwrap()).unwrap().to_owned()
    };
    assert_eq!(
        at(
            "{% for x in xs %}{{ x.a == y.b }} {{ x.nope | tojson }}{% endfor %}",
            json!({"xs": [{"a": 1}], "y": {"b": 1}})
        ),
        "x.nope | tojson"
    );
    assert_eq!(at("abc {{ a.b.c }}", json!({"a": {}})), "a.b.c");
    assert_eq!(at("{{ x | nofilter }}", json!({})), "nofilter");
    assert_eq!(at("{% for x in n %}{% endfor %}", json!({"n": null})), "n");
    let e = render("{{ secret.foo() }}", &json!({"secret": "hunter2"})).unwrap_err();
    assert!(!e.message.contains("hunter2"), "{e}");
}

#[test]
fn texts_for_people_are_lenient() {
    let render = |source: &str| {
        let data = json!({"a": null, "b": true, "c": 2.0, "d": 1.5, "n": 3, "s": "x"});
        Template::compile("t", source, Flavor::Text, Limits::default())
            .unwrap()
            .render(&Data::new(&data))
            .unwrap()
    };
    assert_eq!(
        render("{{ a }}|{{ nope }}|{{ nope.x }}|{{ b }}|{{ c }}|{{ d }}|{{ n }}|{{ s }}"),
        "|||true|2|1.5|3|x"
    );
}

#[test]
fn uses_are_followed_through_loops_and_assignments() {
    let source = "{{ a.b }}{% for x in items or [] %}{{ x.name }}{% set y = x.sub %}{{ y.z }}{{ index }}{% endfor %}\
                  {% if o.p is defined %}{{ o.p.q }}{% endif %}{{ (r | default({})).s }}{{ l[0].k }}{{ m['n'] }}";
    let template = Template::compile("t", source, Flavor::Widget, Limits::default()).unwrap();
    let uses: Vec<String> = template
        .uses()
        .iter()
        .map(|u| {
            let path: Vec<&str> = u
                .path
                .iter()
                .map(|s| match s {
                    Step::Field(name) => name.as_str(),
                    Step::Items => "[]",
                })
                .collect();
            format!("{}{}", path.join("."), if u.guarded { "?" } else { "" })
        })
        .collect();
    for expected in [
        "a.b",
        "items",
        "items.[].name",
        "items.[].sub",
        "items.[].sub.z",
        "o.p?",
        "o.p.q?",
        "r.s",
        "l.[].k",
        "m.n",
    ] {
        assert!(uses.contains(&expected.to_owned()), "{expected} not in {uses:?}");
    }
}

/// Floats by value: the same one can be written in several ways.
fn by_value(value: Value) -> Value {
    match value {
        Value::Number(n) if !n.is_i64() && !n.is_u64() => json!(format!("{:?}", n.as_f64())),
        Value::Array(items) => items.into_iter().map(by_value).collect(),
        Value::Object(object) => object.into_iter().map(|(k, v)| (k, by_value(v))).collect(),
        other => other,
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn data() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(|f| json!(f)),
            "\\PC*".prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map("[a-z]{1,3}", inner, 0..6).prop_map(|m| m.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn tojson_is_read_back_the_same(value in data()) {
            let printed = render("{{ v | tojson }}", &json!({ "v": value })).unwrap();
            prop_assert!(printed.is_ascii());
            let back: Value = serde_json::from_str(&printed).unwrap();
            prop_assert_eq!(by_value(back), by_value(value));
        }

        #[test]
        fn no_template_panics(source in "(\\{\\{|\\{%|\\}\\}|%\\}|[a-z.|()\\[\\] ~+*/'\"0-9-]|for|in|if|endif|endfor|set|loop|x){0,40}", value in data()) {
            let _ = render(&source, &json!({ "x": value, "a": [1, {"b": null}] }));
        }
    }
}
