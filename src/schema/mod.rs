//! JSON Schema: compile once, check often, tell every fault by path and by what was expected.
//!
//! The only door to the `jsonschema` crate. Draft 2020-12 unless a schema names another. No schema reaches out of
//! itself: a `$ref` to a file or an address is refused. Messages never repeat the value that was checked.
//!
//! - [`Schema`]: a compiled schema.
//! - [`path`]: paths into data, as written in tool files.
//! - [`shape`]: what a schema says of absent fields: defaults, nulls, placeholders.

pub mod path;
pub mod shape;

use std::fmt::Write as _;

use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use serde_json::Value;

use crate::diag::suggestion;

/// Faults told of one value; more are counted, not listed.
const MAX_FAULTS: usize = 20;

/// Whether `format` (date, email, uri, …) is checked or only describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formats {
    /// A wrong format is a fault: for values a caller can correct.
    Checked,
    /// Annotation only, the default of draft 2020-12: for data that is shown as it is.
    Described,
}

/// A schema ready to check values. Compile at load, not per call.
#[derive(Debug)]
pub struct Schema {
    json: Value,
    validator: jsonschema::Validator,
}

/// Why a schema is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// JSON Pointer to the place inside the schema, empty for the whole.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

/// One way in which a value does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON Pointer to the place inside the value, empty for the whole.
    pub pointer: String,
    /// What was expected there, a predicate without a subject: "must be a string".
    pub message: String,
    /// The JSON Schema keyword that was not met.
    pub keyword: String,
}

impl Fault {
    /// The place as people write it (`items[0].price`); `whole` names the value itself.
    pub fn place(&self, whole: &str) -> String {
        let shown = dotted(&self.pointer);
        if shown.is_empty() { whole.to_owned() } else { format!("`{shown}`") }
    }
}

impl Schema {
    /// Compiles `json`.
    ///
    /// # Errors
    /// Every place at which `json` is not a valid schema, or the first reference that leads nowhere or outside.
    pub fn compile(json: Value, formats: Formats) -> Result<Self, Vec<SchemaError>> {
        let built = jsonschema::options().should_validate_formats(formats == Formats::Checked).build(&json);
        match built {
            Ok(validator) => Ok(Self { json, validator }),
            Err(first) => {
                let meta = jsonschema::meta::validator_for(&json);
                let all: Vec<SchemaError> = match meta {
                    Err(_) => vec![unknown_dialect()],
                    Ok(meta) if meta.is_valid(&json) => lost_references(&json),
                    Ok(_) => jsonschema::draft202012::meta::validator()
                        .iter_errors(&json)
                        .map(|e| meta_error(&e))
                        .collect(),
                };
                Err(if all.is_empty() { vec![meta_error(&first)] } else { all })
            }
        }
    }

    /// The schema as it was given.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Whether `value` fits. Cheaper than [`Schema::check`].
    pub fn is_valid(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// Every fault of `value`, at most 20 and then one that counts the rest. Empty when it fits.
    pub fn check(&self, value: &Value) -> Vec<Fault> {
        if self.is_valid(value) {
            return Vec::new();
        }
        let mut errors = self.validator.iter_errors(value);
        let mut faults: Vec<Fault> =
            errors.by_ref().flat_map(|e| faults_of(&e, &self.json)).take(MAX_FAULTS).collect();
        let more = errors.take(1000).count();
        if more > 0 {
            let message = format!("has {more} more faults of this kind");
            faults.push(Fault { pointer: String::new(), message, keyword: "more".into() });
        }
        faults
    }
}

fn unknown_dialect() -> SchemaError {
    let message = "`$schema` names a dialect that is not known here; leave it out, or write \
                   https://json-schema.org/draft/2020-12/schema";
    SchemaError { pointer: "/$schema".to_owned(), message: message.to_owned() }
}

/// References of a schema that cannot be built: those that lead outside of it, and those that lead nowhere in it.
fn lost_references(schema: &Value) -> Vec<SchemaError> {
    let mut lost = Vec::new();
    each_reference(schema, &mut String::new(), &mut |pointer, target| {
        let message = match target.strip_prefix('#') {
            Some(place) if place.is_empty() || schema.pointer(place).is_some() => return,
            // An anchor, or a pointer with percent signs: told by the one who resolves it.
            Some(place) if !place.starts_with('/') || place.contains('%') => return,
            Some(_) => format!("the reference `{target}` leads nowhere in this schema"),
            None => OUTSIDE.to_owned(),
        };
        lost.push(SchemaError { pointer: pointer.to_owned(), message });
    });
    lost
}

const OUTSIDE: &str =
    "refers outside of itself; only references inside the schema (`#/$defs/…`) are followed";

fn each_reference(schema: &Value, pointer: &mut String, found: &mut impl FnMut(&str, &str)) {
    let mut step = |name: &str, inner: &Value, pointer: &mut String| {
        let length = pointer.len();
        let _ = write!(pointer, "/{}", escape(name));
        match inner {
            Value::String(target) if name == "$ref" => found(pointer, target),
            inner => each_reference(inner, pointer, found),
        }
        pointer.truncate(length);
    };
    match schema {
        Value::Object(object) => object.iter().for_each(|(name, inner)| step(name, inner, pointer)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| step(&n.to_string(), item, pointer));
        }
        _ => {}
    }
}

fn meta_error(error: &ValidationError<'_>) -> SchemaError {
    let pointer = error.instance_path().to_string();
    let keyword = pointer.rsplit('/').next().unwrap_or_default();
    let message = match error.kind() {
        ValidationErrorKind::Referencing(_) => {
            let text = error.to_string();
            if text.contains("retrieving it failed") { OUTSIDE.to_owned() } else { text }
        }
        _ if keyword == "type" => {
            "`type` must be one of string, integer, number, boolean, object, array, null, or a list of them"
                .into()
        }
        _ => error.to_string(),
    };
    SchemaError { pointer, message }
}

fn fault(error: &ValidationError<'_>, message: String) -> Fault {
    Fault { pointer: error.instance_path().to_string(), message, keyword: error.kind().keyword().to_owned() }
}

/// The faults one validation error stands for: most are one, an unknown property is one each.
fn faults_of(error: &ValidationError<'_>, schema: &Value) -> Vec<Fault> {
    // The schema object that holds the keyword which failed.
    let holder = error.schema_path().to_string();
    let holder = holder.rsplit_once('/').and_then(|(up, _)| schema.pointer(up)).unwrap_or(&Value::Null);
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let mut missing = fault(error, String::from("is required"));
            if let Some(expected) = holder.get("properties").and_then(|p| p.get(name)) {
                let _ = write!(missing.message, ": {}", describe(expected, schema));
            }
            missing.pointer = format!("{}/{}", missing.pointer, escape(name));
            vec![missing]
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let known: Vec<&str> = holder
                .get("properties")
                .and_then(Value::as_object)
                .map(|p| p.keys().map(String::as_str).collect())
                .unwrap_or_default();
            let one = |name: &String| {
                let mut unknown = fault(error, format!("is unknown; {}", hint(name, &known)));
                unknown.pointer = format!("{}/{}", unknown.pointer, escape(name));
                unknown
            };
            unexpected.iter().map(one).collect()
        }
        ValidationErrorKind::Type { .. }
        | ValidationErrorKind::Enum { .. }
        | ValidationErrorKind::Pattern { .. }
        | ValidationErrorKind::Format { .. }
        | ValidationErrorKind::Minimum { .. }
        | ValidationErrorKind::Maximum { .. }
        | ValidationErrorKind::MinLength { .. }
        | ValidationErrorKind::MaxLength { .. }
        | ValidationErrorKind::MinItems { .. }
        | ValidationErrorKind::MaxItems { .. } => {
            vec![fault(error, format!("must be {}", describe_for(error, holder, schema)))]
        }
        ValidationErrorKind::Constant { expected_value } => {
            vec![fault(error, format!("must be {expected_value}"))]
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            union_faults(error, context, holder, schema)
                .unwrap_or_else(|| vec![fault(error, format!("must be {}", describe(holder, schema)))])
        }
        _ => vec![fault(error, error.masked_with("the value").to_string())],
    }
}

/// Faults of a value that fits no branch of a union whose branches are told apart by a constant, such as `kind`:
/// those of the branch it was meant for. `None` for other unions.
fn union_faults(
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    holder: &Value,
    schema: &Value,
) -> Option<Vec<Fault>> {
    let branches = ["oneOf", "anyOf"].iter().find_map(|k| holder.get(*k)).and_then(Value::as_array)?;
    let constants = |branch: &'_ Value| -> Option<(String, Value)> {
        let properties = branch.get("properties")?.as_object()?;
        properties.iter().find_map(|(name, inner)| Some((name.clone(), inner.get("const")?.clone())))
    };
    let told_apart: Vec<(String, Value)> = branches.iter().map(constants).collect::<Option<_>>()?;
    let name = &told_apart.first()?.0;
    let choices = || list(told_apart.iter().map(|(_, value)| value.to_string()), "or");
    let value = error.instance().as_object()?.get(name);
    let at = told_apart.iter().position(|(_, constant)| Some(constant) == value);
    match (at, value) {
        (Some(at), _) => Some(context.get(at)?.iter().flat_map(|e| faults_of(e, schema)).collect()),
        (None, value) => {
            let message = match value {
                Some(_) => format!("must be one of {}", choices()),
                None => format!("is required: one of {}", choices()),
            };
            let pointer = format!("{}/{}", error.instance_path(), escape(name));
            let keyword = if value.is_some() { "const" } else { "required" };
            Some(vec![Fault { pointer, message, keyword: keyword.to_owned() }])
        }
    }
}

fn hint(name: &str, known: &[&str]) -> String {
    suggestion(name, known.iter().copied()).unwrap_or_else(|| match known {
        [] => "nothing is expected here".to_owned(),
        some => format!("expected {}", list(some.iter().map(|k| format!("`{k}`")), "or")),
    })
}

fn describe_for(error: &ValidationError<'_>, holder: &Value, root: &Value) -> String {
    if holder.is_object() {
        return describe(holder, root);
    }
    match error.kind() {
        ValidationErrorKind::Type { kind: TypeKind::Single(one) } => article(&one.to_string()),
        _ => "of another type".to_owned(),
    }
}

/// What a schema expects, in words: "an integer from 1 to 50 (how many to return)". `root` is where its references
/// lead.
pub fn describe(schema: &Value, root: &Value) -> String {
    describe_within(schema, root, 8)
}

fn describe_within(schema: &Value, root: &Value, levels: usize) -> String {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let mut out = expected(schema, root, levels);
    if let Some(pattern) = text("pattern") {
        let _ = write!(out, " matching {pattern}");
    }
    if let Some(format) = text("format").filter(|_| schema.get("type") == Some(&Value::from("string"))) {
        let _ = write!(out, " in {format} format");
    }
    let mut range = |low: &str, high: &str, unit: &str| {
        let _ = match (schema.get(low), schema.get(high)) {
            (Some(low), Some(high)) if low == high => write!(out, " of exactly {low}{unit}"),
            (Some(low), Some(high)) if unit.is_empty() => write!(out, " from {low} to {high}"),
            (Some(low), Some(high)) => write!(out, " of {low} to {high}{unit}"),
            (Some(low), None) => write!(out, " of at least {low}{unit}"),
            (None, Some(high)) => write!(out, " of at most {high}{unit}"),
            (None, None) => Ok(()),
        };
    };
    range("minimum", "maximum", "");
    range("minLength", "maxLength", " characters");
    range("minItems", "maxItems", " items");
    if let Some(words) = text("description") {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = write!(out, " ({})", words.trim_end_matches('.'));
    }
    out
}

fn expected(schema: &Value, root: &Value, levels: usize) -> String {
    if levels == 0 {
        return "another value".to_owned();
    }
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    if let Some(target) = target.and_then(|pointer| root.pointer(pointer)) {
        return expected(target, root, levels - 1);
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(options) = schema.get("enum").and_then(Value::as_array) {
        return format!("one of {}", list(options.iter().map(Value::to_string), "or"));
    }
    if let Some(branches) = ["anyOf", "oneOf"].iter().find_map(|k| schema.get(*k)).and_then(Value::as_array) {
        return list(branches.iter().map(|b| describe_within(b, root, levels - 1)), "or");
    }
    match schema.get("type") {
        Some(Value::String(one)) => article(one),
        Some(Value::Array(many)) => list(many.iter().filter_map(Value::as_str).map(article), "or"),
        _ => "another value".to_owned(),
    }
}

fn article(kind: &str) -> String {
    match kind {
        "null" => "null".to_owned(),
        "integer" | "object" | "array" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

/// "a, b or c".
fn list(items: impl Iterator<Item = String>, last: &str) -> String {
    let mut items: Vec<String> = items.take(25).collect();
    match (items.pop(), items.is_empty()) {
        (None, _) => String::new(),
        (Some(only), true) => only,
        (Some(end), false) => format!("{} {last} {end}", items.join(", ")),
    }
}

/// A JSON Pointer as people write it: `/items/0/price` → `items[0].price`.
pub fn dotted(pointer: &str) -> String {
    let mut out = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            let _ = write!(out, "[{part}]");
        } else {
            let _ = write!(out, "{}{part}", if out.is_empty() { "" } else { "." });
        }
    }
    out
}

/// One member of a JSON Pointer, escaped (RFC 6901).
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(schema: Value, value: Value) -> Vec<String> {
        let schema = Schema::compile(schema, Formats::Checked).unwrap();
        schema.check(&value).iter().map(|f| format!("{} {}", f.place("the whole"), f.message)).collect()
    }

    #[test]
    fn an_unknown_dialect_is_refused_by_name() {
        let schema = json!({"$schema": "https://json-schema.org/draft/2019-12/schema", "type": "object"});
        let faults = Schema::compile(schema, Formats::Checked).expect_err("no such dialect");
        assert!(!faults.is_empty());
    }

    #[test]
    fn every_fault_names_its_place_and_what_is_expected() {
        let schema = json!({
            "type": "object",
            "properties": {
                "order_id": {"type": "string", "pattern": "^[0-9]+$", "description": "Order number, digits only."},
                "limit": {"type": "integer", "minimum": 1, "maximum": 50},
                "sort": {"enum": ["new", "old"]},
                "items": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}}
            },
            "required": ["order_id"], "additionalProperties": false
        });
        assert_eq!(
            told(schema, json!({"limit": "many", "sort": "x", "lmit": 1, "items": [{"sku": 3}]})),
            [
                "`limit` must be an integer from 1 to 50",
                "`sort` must be one of \"new\" or \"old\"",
                "`items[0].sku` must be a string",
                "`lmit` is unknown; did you mean `limit`?",
                "`order_id` is required: a string matching ^[0-9]+$ (Order number, digits only)",
            ]
        );
    }

    #[test]
    fn values_are_not_repeated() {
        let faults = told(json!({"type": "string", "maxLength": 3, "pattern": "^a"}), json!("hunter2"));
        assert!(faults.iter().all(|f| !f.contains("hunter2")), "{faults:?}");
    }

    #[test]
    fn a_union_told_apart_by_a_constant_tells_the_branch_that_was_meant() {
        let branch = |kind: &str, key: &str| {
            json!({"type": "object", "properties": {"kind": {"const": kind}, key: {"type": "string"}},
                   "required": ["kind", key], "additionalProperties": false})
        };
        let schema = json!({"properties": {"c": {"oneOf": [branch("a", "file"), branch("b", "url")]}}});
        let told = |value: Value| told(schema.clone(), json!({"c": value}));
        assert_eq!(
            told(json!({"kind": "b", "ulr": "x"})),
            ["`c.url` is required: a string", "`c.ulr` is unknown; did you mean `url`?"]
        );
        assert_eq!(told(json!({"kind": "c"})), ["`c.kind` must be one of \"a\" or \"b\""]);
        assert_eq!(told(json!({})), ["`c.kind` is required: one of \"a\" or \"b\""]);
    }

    #[test]
    fn a_broken_schema_tells_every_place() {
        let broken = json!({"properties": {"a": {"type": "strng"}}, "required": "a"});
        let errors = Schema::compile(broken, Formats::Described).unwrap_err();
        let pointers: Vec<&str> = errors.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(pointers, ["/properties/a/type", "/required"]);
        let outside =
            Schema::compile(json!({"$ref": "https://example.com/x"}), Formats::Described).unwrap_err();
        assert!(outside[0].message.contains("outside of itself"));
    }
}
