//! How Python writes numbers and JSON.
//!
//! Owns `repr(float)` and `json.dumps(…, sort_keys=True)` with the HTML escapes jinja2's `tojson` adds, byte for byte.

use std::fmt::{self, Write};

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::value::Digits;

/// Levels of lists and objects inside each other that can be written.
const MAX_DEPTH: usize = 200;

/// The float a value holds, if it is one.
pub(super) fn float(value: &Value) -> Option<f64> {
    (value.is_number() && !value.is_integer()).then(|| f64::try_from(value.clone()).ok()).flatten()
}

/// Python's `repr` of a float: the shortest digits that read back the same, an exponent below 1e-4 and from 1e16 on.
pub(super) fn repr(float: f64) -> String {
    if !float.is_finite() {
        let text = if float.is_nan() {
            "nan"
        } else if float > 0.0 {
            "inf"
        } else {
            "-inf"
        };
        return text.to_owned();
    }
    let size = float.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        // Rust writes 1e21 and 1.5e-7; Python wants a sign and two digits in the exponent.
        let text = format!("{float:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let mut text = float.to_string();
    if !text.contains('.') {
        text.push_str(".0");
    }
    text
}

/// The whole part of a float as an integer with all its digits; `None` if it has none.
pub(super) fn whole(float: f64) -> Option<Value> {
    float.is_finite().then(|| super::value::integer(&format!("{:.0}", float.trunc())))
}

/// The text of a number as Python's `int` and `float` accept it: space around it and single `_` between digits.
pub(super) fn number_text(text: &str) -> Option<String> {
    let text = text.trim();
    let lone = |at: usize| {
        let near =
            |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
        near(at.checked_sub(1)) && near(Some(at + 1))
    };
    let sound = text.bytes().enumerate().all(|(at, b)| b != b'_' || lone(at));
    sound.then(|| text.replace('_', ""))
}

/// How JSON is laid out: Python's `indent`.
#[derive(Debug)]
pub(super) struct Layout {
    unit: Option<String>,
    depth: usize,
}

impl Layout {
    /// On one line.
    pub(super) fn compact() -> Self {
        Self { unit: None, depth: 0 }
    }

    /// One entry per line.
    pub(super) fn indented(unit: String) -> Self {
        Self { unit: Some(unit), depth: 0 }
    }

    fn open(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "this value cannot be JSON: it is nested too deeply",
            ));
        }
        Ok(())
    }

    /// What stands before an entry.
    fn entry(&self, out: &mut impl Write, first: bool) -> fmt::Result {
        match &self.unit {
            None if first => Ok(()),
            None => out.write_str(", "),
            Some(unit) => {
                out.write_str(if first { "\n" } else { ",\n" })?;
                (0..self.depth).try_for_each(|_| out.write_str(unit))
            }
        }
    }

    fn close(&mut self, out: &mut impl Write, empty: bool) -> fmt::Result {
        self.depth -= 1;
        if let (Some(unit), false) = (&self.unit, empty) {
            out.write_char('\n')?;
            (0..self.depth).try_for_each(|_| out.write_str(unit))?;
        }
        Ok(())
    }
}

/// Appends a value as Python's JSON.
///
/// # Errors
/// Something in it is undefined or no data.
pub(super) fn write_json(out: &mut impl Write, value: &Value, layout: &mut Layout) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return Ok(write_string(out, text)?);
    }
    match value.kind() {
        ValueKind::None => out.write_str("null")?,
        ValueKind::Bool => out.write_str(if value.is_true() { "true" } else { "false" })?,
        ValueKind::Number => match float(value) {
            // Python writes these words, which no JSON parser should take; ours will not.
            Some(float) if !float.is_finite() => {
                out.write_str(if float.is_nan() {
                    "NaN"
                } else if float > 0.0 {
                    "Infinity"
                } else {
                    "-Infinity"
                })?;
            }
            Some(float) => out.write_str(&repr(float))?,
            None => write!(out, "{value}")?,
        },
        ValueKind::Seq | ValueKind::Iterable => {
            layout.open()?;
            out.write_char('[')?;
            let mut empty = true;
            for item in value.try_iter()? {
                layout.entry(out, empty)?;
                write_json(out, &item, layout)?;
                empty = false;
            }
            layout.close(out, empty)?;
            out.write_char(']')?;
        }
        ValueKind::Map => write_object(out, value, layout)?,
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        _ => match value.downcast_object_ref::<Digits>() {
            Some(digits) => out.write_str(digits.as_str())?,
            None => {
                return Err(Error::new(
                    ErrorKind::InvalidOperation,
                    "this value cannot be JSON: it is no data",
                ));
            }
        },
    }
    Ok(())
}

fn write_object(out: &mut impl Write, value: &Value, layout: &mut Layout) -> Result<(), Error> {
    let mut members = Vec::new();
    for key in value.try_iter()? {
        let name = match key.as_str() {
            Some(name) => name.to_owned(),
            None => python_key(&key)?,
        };
        members.push((name, value.get_item(&key)?));
    }
    members.sort_by(|a, b| a.0.cmp(&b.0));
    layout.open()?;
    out.write_char('{')?;
    for (index, (name, member)) in members.iter().enumerate() {
        layout.entry(out, index == 0)?;
        write_string(out, name)?;
        out.write_str(": ")?;
        write_json(out, member, layout)?;
    }
    layout.close(out, members.is_empty())?;
    out.write_char('}')?;
    Ok(())
}

/// A key that is no string, as `json.dumps` writes it.
fn python_key(key: &Value) -> Result<String, Error> {
    let mut text = String::new();
    match key.kind() {
        ValueKind::None | ValueKind::Bool | ValueKind::Number => {
            write_json(&mut text, key, &mut Layout::compact())?
        }
        _ => {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "this value cannot be JSON: a key is no string",
            ));
        }
    }
    Ok(text)
}

/// ASCII only, and nothing that could end a script or an attribute.
fn write_string(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_special) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.write_str(plain)?;
        let mut chars = special.chars();
        if let Some(c) = chars.next() {
            write_special(out, c)?;
        }
        rest = chars.as_str();
    }
    out.write_str(rest)?;
    out.write_char('"')
}

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte >= 0x7f || matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&' | b'\'')
}

fn write_special(out: &mut impl Write, c: char) -> fmt::Result {
    match c {
        '"' => out.write_str("\\\""),
        '\\' => out.write_str("\\\\"),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '\u{8}' => out.write_str("\\b"),
        '\u{c}' => out.write_str("\\f"),
        c => c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}")),
    }
}
