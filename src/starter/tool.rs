//! Tool files, written.
//!
//! Owns the form of a new tool file: what stands in which order, and how JSON is said in TOML. What the keys mean is
//! [`crate::config`]'s.

use serde_json::{Map, Value};
use toml_edit::{Array, InlineTable, Key};

/// What a new tool file says.
#[derive(Debug, Clone, Default)]
pub struct ToolDraft {
    /// For people.
    pub title: Option<String>,
    /// For the model. Empty where another server says it.
    pub description: String,
    /// The widget's name.
    pub widget: Option<String>,
    /// Copy text: Jinja over the data.
    pub text: Option<String>,
    /// Lines of remarks at the top, without `#`.
    pub remarks: Vec<String>,
    /// `[annotations]`: `read_only` and the like.
    pub annotations: Vec<(String, bool)>,
    /// The JSON Schema of the arguments.
    pub input: Option<Value>,
    /// `[source]`: keys and values in their order. What is null is left out.
    pub source: SourceDraft,
    /// `[data] select`
    pub select: Option<String>,
    /// `[actions]`
    pub actions: Vec<ActionDraft>,
}

/// The keys of `[source]`, in their order.
pub type SourceDraft = Vec<(String, Value)>;

/// What an action of the widget leads to.
#[derive(Debug, Clone, Default)]
pub struct ActionDraft {
    /// Its type.
    pub kind: String,
    /// The tool it calls.
    pub tool: String,
    /// Tool argument, and the field of the payload it is.
    pub arguments: Vec<(String, String)>,
}

/// Lets a tool ask a connection of a kind, so that it already answers with `sample` where that can be. `false`: nobody
/// can say what to ask of this kind.
pub fn ask(draft: &mut ToolDraft, connection: &str, kind: &str, sample: &Value) -> bool {
    let mut source: SourceDraft = vec![("connection".to_owned(), connection.into())];
    let remark = match kind {
        "sqlite" | "postgres" | "mysql" => {
            let quoted = sample.to_string().replace('\'', "''");
            let quoted = if kind == "mysql" { quoted.replace('\\', "\\\\") } else { quoted };
            source.push(("sql".to_owned(), format!("select '{quoted}' as data").into()));
            source.push(("returns".to_owned(), "one".into()));
            draft.select = Some(".data | fromjson".to_owned());
            "The statement gives the widget's sample as it stands. Write your own, with columns named as the widget's\nfields; then `select` is not needed."
        }
        "http" => {
            source.push(("path".to_owned(), "/".into()));
            "Say which path is asked, and with `select` in [data] what of the answer is the widget's data."
        }
        _ => return false,
    };
    draft.remarks.push(remark.to_owned());
    draft.source = source;
    true
}

/// The text of a tool file. `toolface check` takes it if what it names is there.
pub fn tool_file(draft: &ToolDraft) -> String {
    let mut out = String::new();
    for line in draft.remarks.iter().flat_map(|text| text.lines()) {
        out.push_str(format!("# {line}").trim_end());
        out.push('\n');
    }
    if !draft.remarks.is_empty() {
        out.push('\n');
    }
    let text = |key: &str, value: Option<&str>, out: &mut String| {
        if let Some(value) = value {
            line(key, &Value::String(value.to_owned()), out);
        }
    };
    text("title", draft.title.as_deref(), &mut out);
    text("description", Some(draft.description.as_str()).filter(|text| !text.is_empty()), &mut out);
    text("widget", draft.widget.as_deref(), &mut out);
    text("text", draft.text.as_deref(), &mut out);
    if !draft.annotations.is_empty() {
        out.push_str("\n[annotations]\n");
        draft.annotations.iter().for_each(|(key, value)| line(key, &Value::Bool(*value), &mut out));
    }
    if let Some(schema) = &draft.input {
        input(schema, &mut out);
    }
    out.push_str("\n[source]\n");
    draft.source.iter().for_each(|(key, value)| line(key, value, &mut out));
    if let Some(select) = &draft.select {
        out.push_str(&format!("\n[data]\nselect = {}\n", literal(&in_lines(select))));
    }
    for action in &draft.actions {
        out.push_str(&format!("\n[actions.{}]\n", quoted(&action.kind)));
        text("tool", Some(&action.tool), &mut out);
        let arguments: Map<String, Value> = action
            .arguments
            .iter()
            .map(|(name, field)| (name.clone(), Value::String(field.clone())))
            .collect();
        if !arguments.is_empty() {
            line("arguments", &Value::Object(arguments), &mut out);
        }
    }
    out
}

/// The arguments: a table for each where that says the same, else the whole schema.
fn input(schema: &Value, out: &mut String) {
    let properties = schema.get("properties").and_then(Value::as_object);
    let plain_keys =
        ["type", "properties", "required", "additionalProperties", "$schema", "title", "description"];
    let plain =
        schema.as_object().is_some_and(|all| all.keys().all(|key| plain_keys.contains(&key.as_str())))
            && schema
                .get("additionalProperties")
                .is_none_or(|rest| *rest == Value::Bool(false) || *rest == Value::Object(Map::new()));
    let Some(properties) = properties else { return };
    // A schema of its own has a `type` that is a text, as no argument's table is.
    if !plain || properties.values().any(|inner| !inner.is_object()) {
        out.push_str("\n[input]\n");
        for (key, value) in schema.as_object().into_iter().flatten() {
            line(key, value, out);
        }
        return;
    }
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, inner) in properties {
        out.push_str(&format!("\n[input.{}]\n", quoted(name)));
        let has_default = inner.get("default").is_some_and(|d| !d.is_null());
        for (key, value) in inner.as_object().into_iter().flatten() {
            if key != "required" || value.is_array() {
                line(key, value, out);
            }
        }
        let is_required = required.contains(&name.as_str());
        if !is_required && !has_default && inner.get("required").is_none() {
            out.push_str("required = false\n");
        }
    }
}

fn line(key: &str, value: &Value, out: &mut String) {
    if let Some(value) = toml(value) {
        out.push_str(&format!("{} = {}\n", quoted(key), value.to_string().trim()));
    }
}

fn quoted(key: &str) -> String {
    Key::new(key).to_string().trim().to_owned()
}

/// JSON in TOML, which knows no null: what is null is left out.
fn toml(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => (*flag).into(),
        Value::String(text) => text.as_str().into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::Array(all) => all.iter().filter_map(toml).collect::<Array>().into(),
        Value::Object(all) => {
            let mut table = InlineTable::new();
            for (key, value) in all {
                if let Some(value) = toml(value) {
                    table.insert(key, value);
                }
            }
            table.into()
        }
    })
}

/// A text in which nothing is escaped, where TOML has a form for it.
fn literal(text: &str) -> String {
    match () {
        () if text.contains("'''") || text.contains('\r') => {
            toml_edit::Value::from(text).to_string().trim().to_owned()
        }
        () if text.contains('\n') || text.contains('\'') => format!("'''\n{}\n'''", text.trim_end()),
        () => format!("'{text}'"),
    }
}

/// A long jq object with a line for each member.
fn in_lines(select: &str) -> String {
    const WIDTH: usize = 100;
    if select.chars().count() <= WIDTH || select.contains('\n') {
        return select.to_owned();
    }
    let (mut out, mut depth, mut text, mut escaped) = (String::new(), 0usize, false, false);
    for c in select.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if text => escaped = true,
            '"' => text = !text,
            _ if text => {}
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match c {
            '{' if depth == 1 && !text && out.is_empty() => out.push_str("{\n  "),
            '}' if depth == 0 && !text => out.push_str("\n}"),
            ' ' if depth == 1 && !text && out.ends_with(',') => out.push_str("\n  "),
            _ => out.push(c),
        }
    }
    out
}
