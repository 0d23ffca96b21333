//! Form fields in words: what one holds, what it takes, how it is called.
//!
//! Owns the note behind a value: "(date, required, field `start`)". Must not decide where a field stands.

use super::escape::{code, inline};
use super::line::{Field, Piece, Role};
use crate::widget::component::Component;
use crate::widget::tree::{Json, Node};

/// Choices told of one field; more are counted.
const MAX_CHOICES: usize = 12;

/// What a field says, or nothing if the component is not one. `label` is the text of the Label that belongs to it.
pub(super) fn piece(node: Node<'_>, label: Option<String>) -> Option<Piece> {
    let name = node.field_name()?;
    let mut field = Field { named: label.is_some(), label, ..Field::default() };
    let (mut words, kind) = match node.component() {
        Component::Text => of_text(node, &mut field),
        Component::Checkbox => of_checkbox(node, &name),
        Component::Select | Component::RadioGroup => of_choices(node),
        Component::DatePicker => (text(node, "defaultValue"), of_dates(node)),
        Component::Textarea => (text(node, "defaultValue"), "text".to_owned()),
        _ => of_input(node),
    };
    if node.component() == Component::Checkbox {
        if let Some(label) = field.label.take() {
            words = format!("{} {label}", words.get(..3).unwrap_or_default());
        }
        field.named = true; // by its value
    } else if field.label.is_none() {
        let given = Some(text(node, "ariaLabel")).filter(|words| !words.is_empty());
        field.label = given.or_else(|| Some(humanised(&name)));
    }
    let has = |prop: &str| matches!(own(node, prop), Some(Json::Bool(true)));
    let mut notes = vec![kind];
    notes.extend(has("required").then(|| "required".to_owned()));
    notes.extend(has("disabled").then(|| "cannot be changed".to_owned()));
    let hint = own(node, "placeholder").and_then(Json::words).map(|words| inline(&words)).unwrap_or_default();
    let empty = words.is_empty() && field.quote.is_empty();
    notes.extend((empty && !hint.is_empty()).then(|| format!("hint: {hint}")));
    notes.push(format!("field {}", code(&name)));
    // Where one of the notes has commas in it, they cannot also part the notes.
    let comma = if notes.iter().any(|note| note.contains(',')) { "; " } else { ", " };
    field.note = format!("({})", notes.join(comma));
    Some(Piece { words, role: Role::Field, field: Some(Box::new(field)), ..Piece::default() })
}

/// A text that can be edited. One of several paragraphs is quoted.
fn of_text(node: Node<'_>, field: &mut Field) -> (String, String) {
    let value = node.prop("value").and_then(Json::words).unwrap_or_default();
    let paragraphs = paragraphs(&value);
    let kind = "text".to_owned();
    if paragraphs.len() < 2 {
        return (paragraphs.into_iter().next().unwrap_or_default(), kind);
    }
    field.quote = paragraphs;
    (String::new(), kind)
}

fn of_checkbox(node: Node<'_>, name: &str) -> (String, String) {
    let label = Some(text(node, "label")).filter(|l| !l.is_empty()).unwrap_or_else(|| humanised(name));
    let mark = if node.is("defaultChecked") { "[x]" } else { "[ ]" };
    (format!("{mark} {label}"), "checkbox".to_owned())
}

fn of_input(node: Node<'_>) -> (String, String) {
    let kind = node.str("inputType").unwrap_or("text".into());
    let value = text(node, "defaultValue");
    // A password is told to be there, nothing more.
    let value = if kind == "password" && !value.is_empty() { "••••••".to_owned() } else { value };
    (value, inline(&kind))
}

/// The label of the chosen option, and all options.
fn of_choices(node: Node<'_>) -> (String, String) {
    let chosen = node.str("defaultValue");
    let mut labels = Vec::new();
    let (mut value, mut count) = (chosen.as_deref().map(inline).unwrap_or_default(), 0);
    for option in node.prop("options").iter().flat_map(Json::items) {
        let Some(option) = option.object() else { continue };
        let own = option.get("value").and_then(Json::words);
        let Some(label) = option.get("label").and_then(Json::words).or_else(|| own.clone()) else { continue };
        let label = inline(&label);
        if own.is_some() && own == chosen {
            value.clone_from(&label);
        }
        count += 1;
        if count <= MAX_CHOICES {
            let disabled = matches!(option.get("disabled"), Some(Json::Bool(true)));
            labels.push(if disabled { format!("{label} (not available)") } else { label });
        }
    }
    let more = if count > MAX_CHOICES { format!(" … {} more", count - MAX_CHOICES) } else { String::new() };
    let kind = match labels.as_slice() {
        [] => "choice".to_owned(),
        labels => format!("one of: {}{more}", labels.join(", ")),
    };
    (value, kind)
}

fn of_dates(node: Node<'_>) -> String {
    match (text(node, "min"), text(node, "max")) {
        (min, max) if min.is_empty() && max.is_empty() => "date".to_owned(),
        (min, max) if max.is_empty() => format!("date from {min}"),
        (min, max) if min.is_empty() => format!("date up to {max}"),
        (min, max) => format!("date from {min} to {max}"),
    }
}

/// The paragraphs of a text, each on one line.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let line = inline(line);
        match out.last_mut() {
            _ if line.is_empty() => open = false,
            Some(last) if open => {
                last.push(' ');
                last.push_str(&line);
            }
            _ => {
                out.push(line);
                open = true;
            }
        }
    }
    out
}

fn text(node: Node<'_>, prop: &str) -> String {
    node.prop(prop).and_then(Json::words).map(|words| inline(&words)).unwrap_or_default()
}

/// A prop of the field, or of what makes a text one.
fn own<'t>(node: Node<'t>, prop: &str) -> Option<Json<'t>> {
    node.prop(prop).or_else(|| node.prop("editable")?.object()?.get(prop))
}

/// A field's name as a person would write it: `purchase.startDate` → "Start date".
pub(super) fn humanised(name: &str) -> String {
    let last = name.rsplit(['.', ':']).next().unwrap_or_default();
    let mut words = String::new();
    let mut before = ' ';
    for c in last.chars() {
        match c {
            '_' | '-' => words.push(' '),
            c if c.is_uppercase() && before.is_lowercase() => {
                words.push(' ');
                words.extend(c.to_lowercase());
            }
            c if words.is_empty() => words.extend(c.to_uppercase()),
            c => words.push(c),
        }
        before = c;
    }
    inline(&words)
}
