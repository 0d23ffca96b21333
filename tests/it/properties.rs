//! Whatever data there is, a result is whole: wrapped in its widget, or an error that says so. Never half, never gone.

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Number, Value, json};
use toolface::diag::SourceText;
use toolface::template::{Data, Limits};
use toolface::widget::Widget;
use toolface::widget::tree::TreeLimits;

use crate::support::{Project, StdioClient, widget};

/// Any JSON, as deep and as odd as data can be.
fn any_json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", Number::from_f64).prop_map(Value::Number),
        "-?[1-9][0-9]{0,40}(\\.[0-9]{1,20})?"
            .prop_map(|digits| serde_json::from_str(&digits).expect("a number")),
    ];
    let text = prop_oneof![any::<String>(), "[\\x00-\\x1f{}%\"\\\\'`|*_#\u{2028}\u{202e}🚲-]{0,12}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number,
        text.prop_map(Value::String)
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

#[test]
fn any_data_arrives_whole_or_not_at_all() {
    let template = r#"{"type":"Card","children":[{"type":"Text","value":{{ v | string | tojson }}},{"type":"Button","label":"x","onClickAction":{"type":"a","payload":{"v":{{ v | tojson }}}}}{% for x in v %},{"type":"Text","value":{{ x | string | tojson }}}{% endfor %}]}"#;
    let tool = |source: &str| {
        format!("description = 'x'\nwidget = 'card'\nwidget_id = 'wig_1'\n[input.v]\n{source}")
    };
    let project = Project::demo();
    project.write(
        "widgets/card.widget",
        widget(template, &json!({"type": "object", "properties": {"v": {}}, "required": ["v"]})),
    );
    project.write("tools/fixed.toml", tool("[source.data]\nv = 1\n[data]\nselect = '{v: $args.v}'\n"));
    project.write(
        "tools/sql.toml",
        tool("[source]\nconnection = 'shop'\nreturns = 'one'\nsql = 'select :v as v'\n"),
    );
    project.write(
        "tools/number.toml",
        tool(
            "type = 'number'\n[source.data]\nv = 1\n[data]\nselect = '{v: ($args.v + 1 | tostring | [.])}'\n",
        ),
    );
    let client = RefCell::new(StdioClient::initialized(project.path(), "2025-11-25", false));
    let outcome = runner(250).run(&(any_json(), any::<bool>()), |(value, modern)| {
        for tool in ["fixed", "sql", "number"] {
            let params = json!({"name": tool, "arguments": {"v": value}});
            let mut client = client.borrow_mut();
            let answer = match modern {
                true => client.modern(false, "tools/call", params),
                false => client.request("tools/call", params),
            };
            let result = &answer["result"];
            let first = result["content"][0]["text"].as_str();
            match result["isError"].as_bool() {
                Some(true) => {
                    prop_assert!(first.is_some_and(|words| !words.is_empty()), "{}", answer);
                    prop_assert!(!first.unwrap_or_default().contains("inside of the server"), "{}", answer);
                    prop_assert_eq!(&result["structuredContent"], &Value::Null);
                    prop_assert_eq!(&result["_meta"]["dev.toolface/widget"], &Value::Null);
                }
                Some(false) => {
                    let envelope = &result["structuredContent"];
                    prop_assert_eq!(&envelope["widget_id"], "wig_1");
                    let text: Value = serde_json::from_str(first.unwrap_or_default()).expect("JSON");
                    prop_assert_eq!(&text, envelope);
                    prop_assert_eq!(&result["_meta"]["dev.toolface/widget"]["tree"]["type"], "Card");
                    prop_assert!(result["content"][1]["text"].is_string());
                    if tool == "fixed" {
                        prop_assert_eq!(&envelope["data"]["v"], &value);
                    }
                }
                None => prop_assert!(false, "no result: {}", answer),
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}\n{}", client.borrow().log.text()));
    assert!(!client.borrow().log.text().contains("panicked"), "{}", client.borrow().log.text());
}

/// Pieces templates are made of, put together at random.
fn any_template() -> impl Strategy<Value = String> {
    let pieces = [
        r#"{"type":"Card","children":["#,
        r#"{"type":"Text","value":"#,
        "}",
        "]",
        ",",
        "\"",
        "{{",
        "}}",
        "{%",
        "%}",
        "{% endfor %}",
        "{% for x in v %}",
        "{{ x | tojson }}",
        "{{ v | tojson }}",
        "{% if v %}",
        "{% endif %}",
        "{% set _c %}",
        "{% endset %}",
        "{% macro m(a) %}",
        "{% endmacro %}",
        "{{ m(1) }}",
        "{{ v[1:] }}",
        "{{ v ~ 'x' * 99 }}",
        "{{ loop.index }}",
        "{# ",
        " #}",
        "{% raw %}",
        "{{ v.append(1) }}",
        "{% set ns = namespace(a=1) %}",
        "{% set ns.a = v %}",
        "{{ range(99) }}",
        "{{ undefined }}",
    ];
    let piece =
        prop_oneof![4 => prop::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

#[test]
fn any_template_is_compiled_or_told() {
    let outcome = runner(1500).run(&(any_template(), any_json()), |(template, value)| {
        let text = widget(&template, &json!({"type": "object", "properties": {"v": {}}}));
        let source = SourceText::new("widgets/card.widget", text);
        match Widget::compile("card", &source, None, Limits::default(), TreeLimits::default()) {
            Err(faults) => prop_assert!(!faults.is_empty()),
            Ok(widget) => {
                let data = json!({ "v": value });
                let data = Data::new(&data);
                match widget.print(&data) {
                    Err(e) => prop_assert!(!widget.told(&e, &data).message.is_empty()),
                    Ok(printed) => {
                        if let Err(e) = widget.tree(&printed) {
                            prop_assert!(!widget.told(&e, &data).message.is_empty());
                        }
                    }
                }
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}
