//! The `.widget` file as ChatKit Studio writes it, and as real exports are.
//!
//! Owns reading version 1.0: the template, the data schema, the preview, and the editor's state inside
//! `encodedWidget` (id, name, sample data, JSX source). Files in the wild carry no id, an id that is a UUID, an
//! `encodedWidget` that is something else altogether, or a preview of another template: everything but the template
//! has a fallback. Must not judge what the template prints.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jsonc_parser::ast;
use serde_json::Value;

use crate::diag::{Diagnostic, SourceText};
use crate::schema::{Formats, Schema};

/// The only version there is.
pub const VERSION: &str = "1.0";

/// A `.widget` file, read.
#[derive(Debug, Clone)]
pub struct WidgetFile {
    /// The outer name. Free text; the file's stem names the widget.
    pub name: Option<String>,
    /// Jinja source whose output is the JSON of one root component.
    pub template: String,
    /// JSON Schema of the data; `{}` if the file has none.
    pub schema: Value,
    /// The tree the editor last showed. Not always one of this template.
    pub preview: Option<Value>,
    /// The editor's state, if it could be read.
    pub editor: Editor,
}

/// What `encodedWidget` holds.
#[derive(Debug, Clone, Default)]
pub struct Editor {
    /// `wig_` and eight characters; in some files a UUID.
    pub id: Option<String>,
    /// The name people gave it.
    pub name: Option<String>,
    /// The JSX source.
    pub view: Option<String>,
    /// Sample data (`defaultState`).
    pub sample: Option<Value>,
}

/// Reads a `.widget` file.
///
/// # Errors
/// Every fault that keeps it from being used, with its place in the file.
pub fn read(source: &SourceText) -> Result<WidgetFile, Vec<Diagnostic>> {
    let text = source.text().trim_start_matches('\u{feff}');
    let json: Value = serde_json::from_str(text).map_err(|e| vec![not_json(source, &e)])?;
    let fault = |code, message: String, pointer: &str| {
        Diagnostic::error(code, message).at(source, place(source.text(), pointer))
    };
    if !json.is_object() {
        return Err(vec![fault("invalid-widget", "a .widget file is a JSON object".into(), "")]);
    }
    let mut faults = Vec::new();
    match json.get("version") {
        Some(Value::String(version)) if version == VERSION => {}
        Some(other) => {
            let message = format!("version {other} is not supported; only \"{VERSION}\" is");
            faults.push(
                fault("widget-version", message, "/version").help("export it again from ChatKit Studio"),
            );
        }
        None => {
            faults.push(fault("widget-version", format!("`version` is missing; expected \"{VERSION}\""), ""))
        }
    }
    let template = json.get("template").and_then(Value::as_str);
    match template {
        Some(text) if text.trim().is_empty() => {
            faults.push(fault("invalid-widget", "`template` is empty".into(), "/template"));
        }
        Some(_) => {}
        None => {
            faults.push(fault("invalid-widget", "`template` is missing or no string".into(), "/template"))
        }
    }
    let schema = match json.get("jsonSchema") {
        None | Some(Value::Null) => Value::Object(serde_json::Map::new()),
        Some(schema) => schema.clone(),
    };
    if let Err(errors) = Schema::compile(schema.clone(), Formats::Described) {
        for e in errors {
            let message = format!("the data schema is not valid: {}", e.message);
            faults.push(fault("invalid-schema", message, &format!("/jsonSchema{}", e.pointer)));
        }
    }
    match template {
        Some(template) if faults.is_empty() => Ok(WidgetFile {
            name: json.get("name").and_then(Value::as_str).map(str::to_owned),
            template: template.to_owned(),
            schema,
            preview: json.get("outputJsonPreview").filter(|p| p.is_object()).cloned(),
            editor: json.get("encodedWidget").and_then(Value::as_str).and_then(decode).unwrap_or_default(),
        }),
        _ => Err(faults),
    }
}

fn not_json(source: &SourceText, error: &serde_json::Error) -> Diagnostic {
    let line_start =
        source.text().split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let at = (line_start + error.column().saturating_sub(1)).min(source.text().len());
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    Diagnostic::error("invalid-json", format!("this is no JSON: {message}")).at(source, Some(at..at + 1))
}

/// The editor's state in `encodedWidget`, with every member. It is base64url without padding, as the Studio writes it;
/// standard and padded ones are read too.
pub fn editor_state(text: &str) -> Option<serde_json::Map<String, Value>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let url_safe = text.trim().replace('+', "-").replace('/', "_");
    let bytes = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT).decode(url_safe).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn decode(text: &str) -> Option<Editor> {
    let state = editor_state(text)?;
    let text =
        |key: &str| state.get(key).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
    Some(Editor {
        id: text("id"),
        name: text("name"),
        view: text("view"),
        sample: state.get("defaultState").filter(|s| s.is_object()).cloned(),
    })
}

/// Bytes of the value at a JSON Pointer in a JSON text; of the nearest value around it if it is not there.
/// Parses the text: for messages only.
pub fn place(text: &str, pointer: &str) -> Option<Range<usize>> {
    let parsed = jsonc_parser::parse_to_ast(text, &Default::default(), &Default::default()).ok()?;
    let mut value = parsed.value.as_ref()?;
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        let next = match value {
            ast::Value::Object(object) => {
                object.properties.iter().find(|p| p.name.as_str() == name).map(|p| &p.value)
            }
            ast::Value::Array(array) => name.parse::<usize>().ok().and_then(|at| array.elements.get(at)),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None => break,
        }
    }
    let range = jsonc_parser::common::Ranged::range(value);
    Some(range.start..range.end)
}

/// Bytes in the file of a part of the template, given as bytes of the decoded template.
pub fn template_place(text: &str, part: &Range<usize>) -> Option<Range<usize>> {
    let literal = place(text, "/template")?;
    let written = text.get(literal.clone())?.strip_prefix('"')?;
    let start = literal.start + 1;
    let mut decoded = 0;
    let mut from = None;
    let mut chars = written.char_indices();
    while let Some((at, c)) = chars.next() {
        if decoded >= part.start && from.is_none() {
            from = Some(start + at);
        }
        if decoded >= part.end || c == '"' {
            return from.map(|from| from..start + at);
        }
        decoded += if c == '\\' { escaped_length(&mut chars, written) } else { c.len_utf8() };
    }
    None
}

/// Consumes the rest of an escape sequence and gives the length of what it stands for, in bytes of UTF-8.
fn escaped_length(chars: &mut std::str::CharIndices<'_>, written: &str) -> usize {
    let Some((at, 'u')) = chars.next() else { return 1 };
    let code = |at: usize| written.get(at + 1..at + 5).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    chars.by_ref().take(4).for_each(drop);
    match code(at) {
        // The first half of a surrogate pair; the second is read with it.
        Some(0xD800..=0xDBFF) => {
            chars.by_ref().take(6).for_each(drop);
            4
        }
        Some(code) => char::from_u32(code).map_or(3, char::len_utf8),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_template_is_found_in_the_file() {
        let file = "{\"version\": \"1.0\",\n \"template\": \"{\\\"a\\\": \\u00e9\\ud83d\\ude00\\n{{ x }}\"}";
        let json: Value = serde_json::from_str(file).unwrap();
        let template = json["template"].as_str().unwrap();
        let at = template.find("{{ x").unwrap();
        let found = template_place(file, &(at..at + 5)).unwrap();
        assert_eq!(file.get(found), Some("{{ x "));
        let all = template_place(file, &(0..template.len())).unwrap();
        assert!(file.get(all).unwrap().ends_with("}}"));
    }

    #[test]
    fn a_pointer_is_found_or_what_is_around_it() {
        let text = "{\"a\": {\"b\": [1, 22]}}";
        assert_eq!(text.get(place(text, "/a/b/1").unwrap()), Some("22"));
        assert_eq!(text.get(place(text, "/a/c").unwrap()), Some("{\"b\": [1, 22]}"));
    }

    #[test]
    fn faults_point_into_the_file() {
        let told = |text: &str| {
            let source = SourceText::new("w.widget", text);
            let faults = read(&source).unwrap_err();
            let place = |d: &Diagnostic| {
                let span = d.place.as_ref().unwrap().1.clone().unwrap();
                text.get(span).unwrap_or_default().to_owned()
            };
            faults.iter().map(|d| format!("{} @ {}", d.message, place(d))).collect::<Vec<_>>()
        };
        assert_eq!(
            told("{\"version\": \"2.0\", \"template\": 3, \"jsonSchema\": {\"type\": \"strng\"}}"),
            [
                "version \"2.0\" is not supported; only \"1.0\" is @ \"2.0\"",
                "`template` is missing or no string @ 3",
                "the data schema is not valid: `type` must be one of string, integer, number, boolean, object, \
                 array, null, or a list of them @ \"strng\"",
            ]
        );
        assert_eq!(
            told("{\"version\": \"1.0\",\n  \"template\" \"x\"}"),
            ["this is no JSON: expected `:` @ \""]
        );
        assert_eq!(told("[]"), ["a .widget file is a JSON object @ []"]);
    }
}
