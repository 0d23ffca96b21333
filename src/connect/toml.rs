//! TOML files of clients.
//!
//! Owns reading and editing them; the door to `toml_edit`.

use serde_json::{Map, Value};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, value};

use super::{Fault, Spot};
use crate::diag::SourceText;

pub(super) fn read(text: &str) -> Result<Value, Fault> {
    toml_edit::de::from_str(text).map_err(|e| Fault::Malformed {
        at: e.span().map(|span| SourceText::new("", text).position(span.start)),
        message: format!("it is no TOML: {}", e.message().trim().replace('\n', ", ")),
    })
}

pub(super) fn put(
    text: &str,
    spot: Spot<'_>,
    keys: &Map<String, Value>,
    merge: bool,
) -> Result<String, Fault> {
    let mut document: DocumentMut = text.parse().map_err(|_| Fault::Unsafe)?;
    let section = document.entry(spot.section).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true); // `[mcp_servers]` alone would say nothing
        Item::Table(table)
    });
    let inline = section.is_inline_table();
    let entries = section.as_table_like_mut().ok_or(Fault::Unsafe)?;
    let there = entries.get_mut(spot.name).filter(|_| merge).and_then(Item::as_table_like_mut);
    match there {
        Some(entry) => fill(entry, keys)?,
        None if inline => {
            let mut entry = InlineTable::new();
            fill(&mut entry, keys)?;
            entries.insert(spot.name, value(entry));
        }
        None => {
            let mut entry = Table::new();
            fill(&mut entry, keys)?;
            entries.insert(spot.name, Item::Table(entry));
        }
    }
    Ok(document.to_string())
}

/// Sets the keys; what is written around a value that was there stays.
fn fill(entry: &mut dyn TableLike, keys: &Map<String, Value>) -> Result<(), Fault> {
    for (key, new) in keys {
        let mut new = convert(new)?;
        match entry.get_mut(key).and_then(Item::as_value_mut) {
            Some(old) => {
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            None => {
                entry.insert(key, Item::Value(new));
            }
        }
    }
    Ok(())
}

fn convert(value: &Value) -> Result<toml_edit::Value, Fault> {
    Ok(match value {
        Value::String(string) => string.into(),
        Value::Bool(bool) => (*bool).into(),
        Value::Number(number) => number.as_i64().ok_or(Fault::Unsafe)?.into(),
        Value::Array(items) => items.iter().map(convert).collect::<Result<Array, _>>()?.into(),
        // TOML has no null, and no entry of ours has objects.
        Value::Null | Value::Object(_) => return Err(Fault::Unsafe),
    })
}
