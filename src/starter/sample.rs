//! Data to look at a generated widget with.
//!
//! Owns sample values by kind and name; always the same for the same shape. A datum that is given is cut to what the
//! widget shows.

use serde_json::{Map, Value, json};

use super::shape::{Field, Kind, Shape};
use super::words;

/// Items of sample lists.
const ITEMS: usize = 3;
/// Points of sample series.
const POINTS: usize = 8;

/// A sample value.
pub(super) fn value(field: &Field) -> Value {
    nth(field, 0)
}

fn nth(field: &Field, n: usize) -> Value {
    let given: Vec<&Value> = field.examples.iter().filter(|value| fits(field, value)).collect();
    if let Some(example) = given.get(n % given.len().max(1)) {
        return (*example).clone();
    }
    match &field.shape {
        Shape::Text(kind) => json!(text(field, kind, n)),
        Shape::Number { whole } => number(field, *whole, n),
        Shape::Bool => json!(n.is_multiple_of(2)),
        Shape::Scalar => json!(format!("{} {}", field.label, n + 1)),
        Shape::Object(fields) => {
            fields.iter().map(|f| (f.name.clone(), nth(f, n))).collect::<Map<_, _>>().into()
        }
        Shape::List(item) => {
            let series = matches!(&item.shape, Shape::Object(fields) if super::lists::chart(field, fields, &super::ast::Expr::null()).is_some());
            (0..if series { POINTS } else { ITEMS }).map(|n| nth(item, n)).collect()
        }
        Shape::Map(inner) => ["first", "second", "third"]
            .iter()
            .enumerate()
            .map(|(n, key)| ((*key).to_owned(), nth(inner, n)))
            .collect::<Map<_, _>>()
            .into(),
        Shape::Any => Value::Null,
    }
}

/// Whether an example is one: schemas may say what does not fit themselves.
pub(super) fn fits(field: &Field, value: &Value) -> bool {
    match &field.shape {
        Shape::Text(Kind::Choice(values)) => {
            value.as_str().is_some_and(|v| values.iter().any(|one| one == v))
        }
        Shape::Text(_) => value.is_string(),
        Shape::Number { whole: true } => value.is_i64() || value.is_u64(),
        Shape::Number { .. } => value.is_number(),
        Shape::Bool => value.is_boolean(),
        Shape::Scalar => !value.is_object() && !value.is_array(),
        Shape::Any => true,
        _ => false,
    }
}

fn number(field: &Field, whole: bool, n: usize) -> Value {
    const WHOLE: [u32; 8] = [12, 18, 15, 24, 21, 30, 27, 36];
    const DECIMAL: [f64; 8] = [12.5, 18.75, 15.25, 24.5, 21.0, 30.25, 27.5, 36.75];
    let at = n % WHOLE.len();
    match () {
        () if words::id_rank(&field.name).is_some() => json!(1001 + n),
        () if whole => json!(WHOLE.get(at).copied().unwrap_or(1)),
        () => json!(DECIMAL.get(at).copied().unwrap_or(1.5)),
    }
}

fn text(field: &Field, kind: &Kind, n: usize) -> String {
    let day = n + 1;
    match kind {
        Kind::Date => format!("2026-03-{day:02}"),
        Kind::DateTime => format!("2026-03-{day:02}T09:30:00Z"),
        Kind::Time => format!("{:02}:30:00", 9 + n % 12),
        Kind::Email => "ada@example.com".to_owned(),
        Kind::Url => "https://example.com/".to_owned(),
        Kind::Image => picture(n),
        Kind::Long => {
            "A few sentences stand here. They may hold *Markdown*, and take more than one line.".to_owned()
        }
        Kind::Choice(values) => values.get(n % values.len().max(1)).cloned().unwrap_or_default(),
        Kind::Plain => plain(field, n),
    }
}

fn plain(field: &Field, n: usize) -> String {
    const NAMES: [&str; 3] = ["Ada Winter", "Ben Okoro", "Carla Ruiz"];
    const STATES: [&str; 3] = ["active", "pending", "failed"];
    let name = words::split(&field.name).join(" ");
    let pick = |all: [&str; 3]| all.get(n % 3).copied().unwrap_or_default().to_owned();
    match name.as_str() {
        "name" | "full name" | "display name" | "author" | "customer" | "customer name" | "owner" => {
            pick(NAMES)
        }
        "currency" | "currency code" => "EUR".to_owned(),
        "city" | "location" => pick(["Lisbon", "Oslo", "Kyoto"]),
        "country" => pick(["Portugal", "Norway", "Japan"]),
        _ if words::state_rank(&field.name).is_some() => pick(STATES),
        _ if words::is_axis(&field.name) => {
            let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Next"];
            days.get(n % days.len()).copied().unwrap_or_default().to_owned()
        }
        _ if words::id_rank(&field.name).is_some() => format!("{}", 1001 + n),
        _ if n == 0 => field.label.clone(),
        _ => format!("{} {}", field.label, n + 1),
    }
}

/// A picture that needs no network.
fn picture(n: usize) -> String {
    let (light, dark) = [("dbeafe", "3b82f6"), ("dcfce7", "22c55e"), ("fef3c7", "f59e0b")]
        .get(n % 3)
        .copied()
        .unwrap_or(("e5e7eb", "6b7280"));
    format!(
        "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2064%2064'%3E%3Cpath%20fill='%23{light}'%20d='M0%200h64v64H0z'/%3E%3Ccircle%20cx='44'%20cy='20'%20r='7'%20fill='%23{dark}'/%3E%3Cpath%20fill='%23{dark}'%20d='M6%2056l18-26%2012%2016%208-9%2014%2019z'/%3E%3C/svg%3E"
    )
}

/// What of a datum a widget shows.
pub(super) fn cut(field: &Field, data: &Value) -> Value {
    match (&field.shape, data) {
        (Shape::Object(fields), Value::Object(members)) => {
            let kept = fields.iter().filter_map(|f| Some((f.name.clone(), cut(f, members.get(&f.name)?))));
            Value::Object(kept.collect())
        }
        (Shape::List(item), Value::Array(all)) => all.iter().map(|one| cut(item, one)).collect(),
        (Shape::Map(inner), Value::Object(all)) => {
            Value::Object(all.iter().map(|(key, one)| (key.clone(), cut(inner, one))).collect())
        }
        _ => data.clone(),
    }
}
