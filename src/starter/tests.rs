//! Tests of what no command shows: views beside those of ChatKit Studio, and edits.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

/// Widgets of others and of the demo: name, file, editor's state.
fn widgets() -> Vec<(String, Value, Value)> {
    let mut all = Vec::new();
    for folder in ["tests/fixtures/chatkit/gallery", "tests/fixtures/chatkit/samples", "widgets"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|e| e != "widget") {
                continue;
            }
            let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let editor = URL_SAFE_NO_PAD.decode(file["encodedWidget"].as_str().unwrap()).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            all.push((name, file, serde_json::from_slice(&editor).unwrap()));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(all.len() > 20);
    all
}

/// A view without what formatting alone decides: white space, parentheses around elements, commas at the end, `&&`
/// for `? :`, and quotes.
fn normal(view: &str) -> String {
    let mut text: String = view.chars().filter(|c| !c.is_whitespace()).collect();
    for (from, to) in
        [("(<", "<"), (">)", ">"), (",}", "}"), (",]", "]"), (",)", ")"), ("<Box></Box>", "<Box/>")]
    {
        text = text.replace(from, to);
    }
    text
}

#[test]
fn templates_of_the_studio_read_back_as_their_views() {
    let mut told = String::new();
    for (name, file, editor) in widgets() {
        let made = view(file["template"].as_str().unwrap());
        let own = editor["view"].as_str().unwrap_or_default();
        let line = match &made {
            Err(why) => format!("{name}: {why}"),
            Ok(made) if normal(made) == normal(own) => format!("{name}: equal"),
            Ok(made) => {
                let (made, own) = (normal(made), normal(own));
                let at = made.chars().zip(own.chars()).position(|(a, b)| a != b).unwrap_or(0);
                let part = |text: &str| text.chars().skip(at.saturating_sub(20)).take(60).collect::<String>();
                format!("{name}: `{}` for `{}`", part(&made), part(&own))
            }
        };
        told.push_str(&line);
        told.push('\n');
    }
    insta::assert_snapshot!(told);
}

#[test]
fn an_edit_keeps_what_it_does_not_touch_and_the_view_follows() {
    let starter = from_data("ticket", None, &json!({"title": "Printer", "status": "open"}));
    let mut file: Value = serde_json::from_str(&starter.widget_file()).unwrap();
    file["x-mine"] = json!({"kept": [1, 2.50]});
    let order: Vec<String> = file.as_object().unwrap().keys().cloned().collect();
    let edit = Edit {
        name: "Ticket".to_owned(),
        template: r#"{"type":"Card","children":[{"type":"Title","value":{{ (title) | tojson }}},{"type":"Icon","name":{% if status == "open" %}"mail"{% else %}"check"{% endif %}}]}"#.to_owned(),
        schema: starter.schema.clone(),
        sample: json!({"title": "Scanner", "status": "open"}),
    };
    let Rewritten { text, notes } = rewrite(&file.to_string(), &edit).unwrap();
    assert_eq!(notes, [""; 0]);
    assert!(!text.contains('\n'), "a file in one line stays one");
    let new: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(new.as_object().unwrap().keys().cloned().collect::<Vec<_>>(), order);
    assert_eq!(new["x-mine"], file["x-mine"]);
    assert_eq!(new["outputJsonPreview"]["children"][0]["value"], "Scanner");
    let editor: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(new["encodedWidget"].as_str().unwrap()).unwrap())
            .unwrap();
    assert_eq!(editor["id"], starter.id());
    assert_eq!(editor["defaultState"], edit.sample);
    assert_eq!(
        editor["view"],
        "<Card>\n  <Title value={title} />\n  <Icon name={status === \"open\" ? \"mail\" : \"check\"} />\n</Card>"
    );
    // What JSX has no word for is told, and the view stays.
    let loops = Edit { template: format!("{{% set x = 1 %}}{}", edit.template), ..edit.clone() };
    let again = rewrite(&text, &loops).unwrap();
    assert!(again.notes[0].contains("line 1, column 4 of the template has `set x`"), "{:?}", again.notes);
    let kept: Value = serde_json::from_str(&again.text).unwrap();
    let kept = URL_SAFE_NO_PAD.decode(kept["encodedWidget"].as_str().unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&kept).unwrap()["view"], editor["view"]);
    // What cannot be drawn is not written.
    let broken = Edit { template: "{{ nothing }}".to_owned(), ..edit };
    assert!(matches!(rewrite(&text, &broken), Err(RewriteError::Draw(_))));
    assert!(matches!(rewrite("[]", &loops), Err(RewriteError::File(_))));
}

#[test]
fn a_template_reads_back_as_the_view_it_was_made_with() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/starter");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let json: Value =
            serde_json::from_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        let made =
            if is_schema(&json) { from_schema("it", None, &json) } else { from_data("it", None, &json) };
        assert_eq!(view(&made.template).as_ref(), Ok(&made.view));
        seen += 1;
    }
    assert!(seen >= 10);
    for entry in gallery() {
        let file: Value = serde_json::from_str(entry.widget_text).unwrap();
        assert!(view(file["template"].as_str().unwrap()).is_ok(), "{}", entry.name);
    }
}

#[test]
fn a_real_file_saved_as_it_is_stays_what_it_was() {
    for (name, file, editor) in widgets() {
        let edit = Edit {
            name: file["name"].as_str().unwrap().to_owned(),
            template: file["template"].as_str().unwrap().to_owned(),
            schema: file["jsonSchema"].clone(),
            sample: editor["defaultState"].clone(),
        };
        let saved = rewrite(&file::pretty(&file), &edit);
        if name == "line_select" {
            assert!(
                matches!(saved, Err(RewriteError::Draw(_))),
                "its template reads what its sample has not"
            );
            continue;
        }
        let saved = saved.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(saved.notes, [""; 0], "{name}");
        let mut new: Value = serde_json::from_str(&saved.text).unwrap();
        let mut now: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(new["encodedWidget"].as_str().unwrap()).unwrap())
                .unwrap();
        let mut was = editor;
        was["name"] = file["name"].clone();
        now["schemaMode"] = was["schemaMode"].clone();
        was["schemaMode"] = was["schemaMode"].clone();
        assert_eq!(now, was, "{name}");
        for key in ["encodedWidget", "outputJsonPreview"] {
            new[key] = file[key].clone();
        }
        assert_eq!(file::pretty(&new), file::pretty(&file), "{name}");
    }
}

#[test]
fn a_file_without_an_editors_state_gets_one() {
    for broken in [json!("bm8ganNvbg"), json!(null), json!(7)] {
        let template = r#"{"type":"Basic","children":[]}"#;
        let old = json!({"version": "1.0", "encodedWidget": broken, "template": template});
        let edit = Edit {
            name: "Plain".to_owned(),
            template: template.to_owned(),
            schema: json!({"type": "object", "properties": {}, "additionalProperties": false}),
            sample: json!({}),
        };
        let saved = rewrite(&old.to_string(), &edit).unwrap();
        let source = crate::diag::SourceText::new("plain.widget", saved.text);
        let read = crate::widget::file::read(&source).unwrap().editor;
        assert_eq!(read.view.as_deref(), Some("<Basic />"));
        assert_eq!(read.name.as_deref(), Some("Plain"));
        assert!(read.id.is_some_and(|id| id.starts_with("wig_") && id.len() == 12));
    }
}
