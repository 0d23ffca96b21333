//! Tests of what no command shows: views beside those of ChatKit Studio, and edits.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

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
