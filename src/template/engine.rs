//! The engine's environment: filters, methods and printing as jinja2 has them, and its errors in our words.
//!
//! Owns everything that can be cured by minijinja's own hooks.

use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Rest, Value, ValueKind, from_args};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind as Kind, Output, State, Template, UndefinedBehavior,
};

use super::rewrite::{DEFINED, HELD, ITEMS, LIST, PRINT_JSON, Rewritten, TEXT};
use super::{ErrorKind, Flavor, Limits, TemplateError, python};

/// A fresh environment for one template. Filters and tests are shared between all.
pub(super) fn environment(flavor: Flavor, limits: Limits) -> Environment<'static> {
    static WIDGET: LazyLock<Environment<'static>> = LazyLock::new(|| base(Flavor::Widget));
    static TEXT: LazyLock<Environment<'static>> = LazyLock::new(|| base(Flavor::Text));
    let mut env = match flavor {
        Flavor::Widget => WIDGET.clone(),
        Flavor::Text => TEXT.clone(),
    };
    env.set_fuel(Some(limits.fuel));
    env.set_recursion_limit(limits.depth);
    env
}

fn base(flavor: Flavor) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_debug(false);
    env.set_unknown_method_callback(method);
    env.add_filter("tojson", to_json);
    env.add_filter(PRINT_JSON, |value: Value| Value::from_object(Json(value)));
    env.add_filter("int", to_int);
    env.add_filter("float", to_float);
    env.add_filter("truncate", truncate);
    env.add_filter("wordcount", minijinja_contrib::filters::wordcount);
    env.add_filter("filesizeformat", minijinja_contrib::filters::filesizeformat);
    env.add_function("cycler", minijinja_contrib::globals::cycler);
    env.add_function("joiner", minijinja_contrib::globals::joiner);
    env.add_filter("string", |value: &Value| -> Result<Value, Error> {
        Ok(Value::from(text_of(defined(value)?)))
    });
    env.add_filter(ITEMS, items);
    env.add_filter(TEXT, |value: &Value| -> Result<Value, Error> {
        Ok(Value::from(text_of(defined(value)?)))
    });
    env.add_filter(DEFINED, |value: Value| -> Result<Value, Error> { defined(&value).cloned() });
    env.add_filter(HELD, held);
    env.add_filter(LIST, |state: &State<'_, '_>, value: Value| held(state, value).map(growing));
    env.add_function("namespace", namespace);
    // ChatKit Studio writes JavaScript's `undefined` where it means null.
    env.add_global("undefined", ());
    // A template is given its data and nothing else.
    for name in ["debug", "pprint"] {
        env.remove_global(name);
        env.remove_filter(name);
    }
    match flavor {
        Flavor::Widget => {
            env.set_undefined_behavior(UndefinedBehavior::Strict);
            env.set_formatter(print);
        }
        Flavor::Text => {
            env.set_undefined_behavior(UndefinedBehavior::Chainable);
            env.set_formatter(print_for_people);
        }
    }
    env
}

fn undefined() -> Error {
    Error::from(Kind::UndefinedError)
}

fn defined(value: &Value) -> Result<&Value, Error> {
    if value.is_undefined() { Err(undefined()) } else { Ok(value) }
}

/// Python's `str`.
fn text_of(value: &Value) -> String {
    match python::float(value) {
        Some(float) => python::repr(float),
        None => value.to_string(),
    }
}

/// A value that prints as its JSON.
#[derive(Debug)]
struct Json(Value);

impl Object for Json {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return out.write_str(text).map_err(Error::from);
    }
    if let Some(Json(value)) = value.downcast_object_ref() {
        return print_json(out, state, value);
    }
    match python::float(value) {
        // The engine has refused what is undefined before; what is left is the missing `else` of an inline `if`.
        None if value.is_undefined() => Ok(()),
        Some(float) => out.write_str(&python::repr(float)).map_err(Error::from),
        None => write!(out, "{value}").map_err(Error::from),
    }
}

fn print_json(out: &mut Output<'_>, state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    let mut meter = Metered { out, bytes: 0 };
    python::write_json(&mut meter, value, &mut python::Layout::compact())?;
    charge(state, meter.bytes)
}

/// Walking a value costs more than copying bytes; without this a large list could be written for next to nothing.
fn charge(state: &State<'_, '_>, bytes: usize) -> Result<(), Error> {
    if bytes > 1024 { state.consume_fuel(bytes as u64 / 8) } else { Ok(()) }
}

/// Counts what is written.
struct Metered<'o, 'a> {
    out: &'o mut Output<'a>,
    bytes: usize,
}

impl std::fmt::Write for Metered<'_, '_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.bytes += text.len();
        self.out.write_str(text)
    }
}

fn print_for_people(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if let Some(Json(value)) = value.downcast_object_ref() {
        return print_json(out, state, value);
    }
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Ok(()),
        ValueKind::Bool => out.write_str(if value.is_true() { "true" } else { "false" }).map_err(Error::from),
        // A whole number is written as one.
        ValueKind::Number => match python::float(value) {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => {
                write!(out, "{float:.0}").map_err(Error::from)
            }
            Some(float) => out.write_str(&python::repr(float)).map_err(Error::from),
            None => write!(out, "{value}").map_err(Error::from),
        },
        _ => write!(out, "{value}").map_err(Error::from),
    }
}

fn to_json(
    state: &State<'_, '_>,
    value: &Value,
    indent: Option<Value>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let indent = match indent {
        Some(indent) => Some(indent),
        None => kwargs.get::<Option<Value>>("indent")?,
    };
    kwargs.assert_all_used()?;
    let mut out = String::new();
    match indent.filter(|i| !i.is_none()) {
        None => python::write_json(&mut out, value, &mut python::Layout::compact())?,
        Some(indent) => {
            let unit = match (indent.as_str(), indent.as_usize()) {
                (Some(text), _) => text.to_owned(),
                (None, Some(n)) => " ".repeat(n.min(32)),
                (None, None) => return Err(Error::new(Kind::InvalidOperation, "the indent cannot be this")),
            };
            python::write_json(&mut out, value, &mut python::Layout::indented(unit))?;
        }
    }
    charge(state, out.len())?;
    Ok(Value::from(out))
}

/// Python's `int(text)` as the `int` filter uses it: what is no number is the default.
fn to_int(value: &Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let default = number_default(default, &kwargs, Value::from(0))?;
    let parsed = match (python::float(defined(value)?), value.as_str()) {
        (Some(float), _) => python::whole(float),
        (None, Some(text)) => {
            let text = python::number_text(text);
            let whole = text.as_deref().and_then(|t| t.parse::<i128>().ok());
            let float = || text.as_deref().and_then(|t| t.parse::<f64>().ok());
            whole.map(Value::from).or_else(|| float().and_then(python::whole))
        }
        (None, None) => match value.kind() {
            ValueKind::Bool => Some(Value::from(i64::from(value.is_true()))),
            ValueKind::Number => Some(value.clone()),
            _ => None,
        },
    };
    Ok(parsed.unwrap_or(default))
}

/// Python's `float(text)` as the `float` filter uses it.
fn to_float(value: &Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let default = number_default(default, &kwargs, Value::from(0.0))?;
    let parsed = match defined(value)?.as_str() {
        Some(text) => python::number_text(text).and_then(|t| t.parse::<f64>().ok()),
        None => match value.kind() {
            ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
            _ => f64::try_from(value.clone()).ok(),
        },
    };
    Ok(parsed.map_or(default, Value::from))
}

fn number_default(given: Option<Value>, kwargs: &Kwargs, otherwise: Value) -> Result<Value, Error> {
    let named = kwargs.get::<Option<Value>>("default")?;
    kwargs.assert_all_used()?;
    Ok(given.or(named).unwrap_or(otherwise))
}

/// jinja2's `truncate`, whose arguments may be positional.
fn truncate(
    state: &mut State<'_, '_>,
    value: &Value,
    positional: Rest<Value>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let mut all: Vec<(String, Value)> = Vec::new();
    for (at, name) in ["length", "killwords", "end", "leeway"].into_iter().enumerate() {
        let named = kwargs.get::<Option<Value>>(name)?;
        all.extend(positional.get(at).cloned().or(named).map(|value| (name.to_owned(), value)));
    }
    kwargs.assert_all_used()?;
    minijinja_contrib::filters::truncate(state, value, all.into_iter().collect())
}

/// What a `for` walks over: as in Python, null and numbers cannot be.
fn items(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(undefined()),
        ValueKind::None | ValueKind::Bool | ValueKind::Number => Err(Error::new(
            Kind::InvalidOperation,
            format!("a {} cannot be walked over by `for`", value.kind()),
        )),
        _ => Ok(value),
    }
}

/// Levels of nesting that what a template holds on to may have.
const MAX_HELD: usize = 100;

/// A value, if it is not nested too deeply to be held on to.
fn held(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    let mut visited = 0;
    let fits = fits(&value, MAX_HELD, &mut visited);
    state.consume_fuel(visited)?;
    let message = "values are nested in each other too deeply; the template was stopped";
    if !fits {
        return Err(Error::new(Kind::InvalidOperation, message));
    }
    // A slice of a slice of a slice … is walked by as many iterators inside each other; a list of its own is not.
    match value.kind() {
        ValueKind::Iterable | ValueKind::Seq if value.downcast_object_ref::<Growing>().is_none() => {
            Ok(Value::from(value.try_iter()?.collect::<Vec<_>>()))
        }
        _ => Ok(value),
    }
}

fn fits(value: &Value, depth: usize, visited: &mut u64) -> bool {
    *visited += 1;
    match value.kind() {
        ValueKind::Seq | ValueKind::Map if depth == 0 => false,
        ValueKind::Seq => {
            value.try_iter().is_ok_and(|mut items| items.all(|item| fits(&item, depth - 1, visited)))
        }
        ValueKind::Map => value.try_iter().is_ok_and(|mut keys| {
            keys.all(|key| value.get_item(&key).is_ok_and(|item| fits(&item, depth - 1, visited)))
        }),
        _ => true,
    }
}

/// A list a template can append to, as Python's.
#[derive(Debug, Default)]
struct Growing(Mutex<Vec<Value>>);

impl Growing {
    fn with<T>(&self, act: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Object for Growing {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = key.as_usize()?;
        self.with(|items| items.get(index).cloned())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.with(|items| items.clone()))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.with(|items| items.len()))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "append" => {
                let (value,): (Value,) = from_args(args)?;
                let value = held(state, value)?;
                self.with(|items| items.push(value));
            }
            "extend" => {
                let (more,): (Value,) = from_args(args)?;
                let more: Vec<Value> = held(state, more)?.try_iter()?.collect();
                self.with(|items| items.extend(more));
            }
            "pop" => {
                let () = from_args(args)?;
                let none = || Error::new(Kind::InvalidOperation, "pop from an empty list");
                return self.with(Vec::pop).ok_or_else(none);
            }
            _ => return Err(Error::from(Kind::UnknownMethod)),
        }
        Ok(Value::from(()))
    }
}

/// A list that can grow, in the place of one that cannot.
fn growing(value: Value) -> Value {
    let is_plain = value.kind() == ValueKind::Seq && value.downcast_object_ref::<Growing>().is_none();
    match value.try_iter() {
        Ok(items) if is_plain => Value::from_object(Growing(Mutex::new(items.collect()))),
        _ => value,
    }
}

/// jinja2's `namespace`, whose lists can be appended to.
fn namespace(kwargs: Kwargs) -> Result<Value, Error> {
    let members = kwargs.args().map(|name| Ok((name.to_owned(), growing(kwargs.get::<Value>(name)?))));
    let members = members.collect::<Result<Vec<_>, Error>>()?;
    kwargs.assert_all_used()?;
    let members: Kwargs = members.into_iter().collect();
    minijinja::functions::namespace(Some(Value::from(members).into()))
}

fn method(state: &mut State<'_, '_>, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    if name == "append" && value.kind() == ValueKind::Seq {
        let message = "this list comes from the data and cannot be appended to; begin with one of your own: \
                       namespace(items=[])";
        return Err(Error::new(Kind::InvalidOperation, message));
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args)
}

/// Bytes of the output, and the bytes of the source that printed them.
type Printed = (Range<usize>, Range<usize>);

/// Which bytes of the output each place of the source printed.
pub(super) fn spans(template: &Template<'_, '_>, data: Value) -> Result<Vec<Printed>, Error> {
    let (_, spans) = template.render_with_spans(data)?;
    Ok(spans.iter().map(|s| (s.output_range(), s.source_range())).collect())
}

/// What is told in the place of a panic of the engine.
pub(super) fn panicked() -> Error {
    Error::new(Kind::InvalidOperation, "the engine cannot be used in this way; unexpected arguments")
}

/// An error of the engine in our words. Never repeats data, which the engine's details may.
pub(super) fn told(error: &Error, rewritten: Option<&Rewritten>) -> TemplateError {
    let detail = error.detail().unwrap_or_default();
    let (kind, message) = match error.kind() {
        Kind::SyntaxError | Kind::BadEscape => (ErrorKind::Syntax, format!("this is no Jinja: {detail}")),
        Kind::UndefinedError => {
            let help = "give it in the data, or guard it: `x | default(none)`, `x is defined`";
            (ErrorKind::Undefined, format!("a value that is not there is used; {help}"))
        }
        Kind::OutOfFuel => {
            (ErrorKind::Fuel, "the template does too much work and was stopped (template_fuel)".to_owned())
        }
        Kind::UnknownFilter | Kind::UnknownTest | Kind::UnknownFunction | Kind::UnknownMethod => {
            (ErrorKind::Type, without_values(&error.kind().to_string(), detail))
        }
        Kind::InvalidOperation if detail.contains("recursion") => {
            (ErrorKind::Depth, "the template calls itself too deeply and was stopped".to_owned())
        }
        kind => (ErrorKind::Type, without_values(&kind.to_string(), detail)),
    };
    let span = error.range().map(|range| match rewritten {
        Some(rewritten) => rewritten.original(range),
        None => range,
    });
    TemplateError { kind, message, span }
}

/// The engine's sentence, unless it could quote a value of the data.
fn without_values(kind: &str, detail: &str) -> String {
    const SAFE: &[&str] = &[
        "unsupported types",
        "unknown",
        "not iterable",
        "cannot be",
        "missing",
        "too many arguments",
        "is not callable",
        "no method",
        "takes no",
        "empty list",
        "unexpected",
    ];
    if SAFE.iter().any(|phrase| detail.contains(phrase)) && detail.len() < 300 {
        format!("{kind}: {detail}")
    } else {
        kind.to_owned()
    }
}
