//! A data schema as zod source, which ChatKit Studio edits in place of JSON Schema.
//!
//! Owns the way back from the schema the Studio exports. Must not change what a schema says: what zod has no word for is
//! left to the JSON Schema beside it.

use serde_json::Value;

use super::ast::is_name;

/// The zod source of a schema, with its default export.
pub(super) fn source(schema: &Value) -> String {
    let state = of(schema, schema, 0, 0);
    format!("import {{ z }} from \"zod\"\n\nconst WidgetState = {state}\n\nexport default WidgetState\n")
}

/// Levels after which anything is accepted.
const MAX_DEPTH: usize = 12;

fn of(schema: &Value, root: &Value, indent: usize, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return "z.any()".to_owned();
    }
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    if let Some(target) = target.and_then(|pointer| root.pointer(pointer)) {
        return of(target, root, indent, depth + 1);
    }
    let mut out = kind(schema, root, indent, depth);
    if let Some(default) = schema.get("default") {
        out.push_str(&format!(".default({default})"));
    }
    if let Some(text) = schema.get("description").and_then(Value::as_str) {
        out.push_str(&format!(".describe({})", Value::String(text.to_owned())));
    }
    out
}

fn kind(schema: &Value, root: &Value, indent: usize, depth: usize) -> String {
    if let Some(value) = schema.get("const") {
        return literals(std::slice::from_ref(value));
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return literals(values);
    }
    let branches = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(*key)).and_then(Value::as_array);
    if let Some(branches) = branches {
        return union(branches, root, indent, depth);
    }
    match schema.get("type") {
        Some(Value::Array(kinds)) => {
            let branches: Vec<Value> = kinds
                .iter()
                .map(|kind| {
                    let mut one = schema.clone();
                    if let Some(members) = one.as_object_mut() {
                        members.insert("type".to_owned(), kind.clone());
                        members.shift_remove("description");
                        members.shift_remove("default");
                    }
                    one
                })
                .collect();
            union(&branches, root, indent, depth)
        }
        Some(Value::String(kind)) => plain(kind, schema, root, indent, depth),
        _ if schema.get("properties").is_some() => object(schema, root, indent, depth),
        _ => "z.any()".to_owned(),
    }
}

fn plain(kind: &str, schema: &Value, root: &Value, indent: usize, depth: usize) -> String {
    match kind {
        "string" => text(schema),
        "integer" => number("z.number().int()", schema),
        "number" => number("z.number()", schema),
        "boolean" => "z.boolean()".to_owned(),
        "null" => "z.null()".to_owned(),
        "array" => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            let bounds = bounds(schema, &[("minItems", "min"), ("maxItems", "max")]);
            format!("z.array({}){bounds}", of(items, root, indent, depth + 1))
        }
        "object" => object(schema, root, indent, depth),
        _ => "z.any()".to_owned(),
    }
}

fn union(branches: &[Value], root: &Value, indent: usize, depth: usize) -> String {
    let is_null = |branch: &&Value| branch.get("type").and_then(Value::as_str) == Some("null");
    let nullable = branches.iter().any(|branch| is_null(&branch));
    let rest: Vec<String> =
        branches.iter().filter(|b| !is_null(b)).map(|b| of(b, root, indent, depth + 1)).collect();
    let base = match rest.as_slice() {
        [] => return "z.null()".to_owned(),
        [one] => one.clone(),
        many => format!("z.union([{}])", many.join(", ")),
    };
    if nullable { format!("{base}.nullable()") } else { base }
}

fn literals(values: &[Value]) -> String {
    let all: Vec<String> = values.iter().map(Value::to_string).collect();
    match values {
        [_] => format!("z.literal({})", all.join(", ")),
        _ if values.iter().all(Value::is_string) => format!("z.enum([{}])", all.join(", ")),
        _ => {
            let all: Vec<String> = all.iter().map(|value| format!("z.literal({value})")).collect();
            format!("z.union([{}])", all.join(", "))
        }
    }
}

fn text(schema: &Value) -> String {
    let base = match schema.get("format").and_then(Value::as_str) {
        Some("uri") => "z.url()",
        Some("email") => "z.email()",
        Some("date") => "z.iso.date()",
        Some("date-time") => "z.iso.datetime({ offset: true })",
        Some("uuid") => "z.uuid()",
        _ => "z.string()",
    };
    let mut out = format!("{base}{}", bounds(schema, &[("minLength", "min"), ("maxLength", "max")]));
    if base == "z.string()"
        && let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
    {
        out.push_str(&format!(".regex(new RegExp({}))", Value::String(pattern.to_owned())));
    }
    out
}

fn number(base: &str, schema: &Value) -> String {
    // The safe-integer bounds are what the Studio adds to every integer.
    let safe = |value: &Value| value.to_string().trim_start_matches('-') == "9007199254740991";
    let keys =
        [("minimum", "min"), ("maximum", "max"), ("exclusiveMinimum", "gt"), ("exclusiveMaximum", "lt")];
    let mut out = base.to_owned();
    for (key, method) in keys {
        if let Some(value) = schema.get(key).filter(|value| value.is_number() && !safe(value)) {
            out.push_str(&format!(".{method}({value})"));
        }
    }
    out
}

fn bounds(schema: &Value, keys: &[(&str, &str)]) -> String {
    keys.iter()
        .filter_map(|(key, method)| {
            Some(format!(".{method}({})", schema.get(*key).filter(|v| v.is_number())?))
        })
        .collect()
}

fn object(schema: &Value, root: &Value, indent: usize, depth: usize) -> String {
    let properties = schema.get("properties").and_then(Value::as_object);
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let rest = schema.get("additionalProperties").filter(|rest| rest.is_object());
    let Some(properties) = properties.filter(|all| !all.is_empty()) else {
        return match (rest, schema.get("additionalProperties")) {
            (Some(rest), _) => format!("z.record(z.string(), {})", of(rest, root, indent, depth + 1)),
            (None, Some(Value::Bool(false))) => "z.strictObject({})".to_owned(),
            _ => "z.record(z.string(), z.any())".to_owned(),
        };
    };
    let pad = " ".repeat(indent + 2);
    let members: String = properties
        .iter()
        .map(|(name, inner)| {
            let value = of(inner, root, indent + 2, depth + 1);
            let value = if required.contains(&name.as_str()) { value } else { optional(value) };
            let key = if is_name(name) { name.clone() } else { Value::String(name.clone()).to_string() };
            format!("{pad}{key}: {value},\n")
        })
        .collect();
    let kind = match schema.get("additionalProperties") {
        Some(Value::Bool(false)) => "strictObject",
        None => "looseObject",
        Some(_) => "looseObject",
    };
    format!("z.{kind}({{\n{members}{}}})", " ".repeat(indent))
}

fn optional(value: String) -> String {
    match value.strip_suffix(".nullable()") {
        Some(base) => format!("{base}.nullish()"),
        None => format!("{value}.optional()"),
    }
}
