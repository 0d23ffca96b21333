//! Tables and charts as Markdown tables, padded so that they also read well as they stand.
//!
//! Owns rows, columns and their widths. The cells of a Table are read by who calls.

use super::escape::{cell, inline};
use super::field::humanised;
use crate::widget::tree::{Json, Node, Object};

/// Rows of a chart; more are counted.
const MAX_POINTS: usize = 30;

/// Series of a chart; more are left out.
const MAX_SERIES: usize = 12;

/// Rows of a table; more are counted.
pub(super) const MAX_ROWS: usize = 100;

/// Cells wider than this do not widen their column.
const MAX_WIDTH: usize = 40;

/// Rows of finished cells.
#[derive(Debug, Default)]
pub(super) struct Grid {
    /// Names of the columns; empty where they have none.
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// Columns that keep to the right.
    pub(super) right: Vec<bool>,
    /// Rows that were left out.
    pub(super) more: usize,
}

impl Grid {
    /// As a Markdown table; nothing if there is nothing in it.
    pub(super) fn write(&self) -> String {
        let rows = || [&self.header].into_iter().chain(&self.rows);
        let columns = rows().map(Vec::len).max().unwrap_or_default();
        if columns == 0 || self.rows.iter().all(Vec::is_empty) && self.header.is_empty() {
            return String::new();
        }
        let width = |column: usize| {
            let cells = rows().filter_map(|row| row.get(column)).map(|c| cell(c).chars().count());
            cells.filter(|w| *w <= MAX_WIDTH).max().unwrap_or_default().max(3)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut out = String::new();
        self.write_row(&self.header, &widths, &mut out);
        for (column, width) in widths.iter().enumerate() {
            let right = self.is_right(column);
            out.push_str("| ");
            out.push_str(&"-".repeat(if right { width - 1 } else { *width }));
            out.push_str(if right { ": " } else { " " });
        }
        out.push_str("|\n");
        self.rows.iter().for_each(|row| self.write_row(row, &widths, &mut out));
        if self.more > 0 {
            out.push_str(&format!("\n… {} more\n", self.more));
        }
        out.truncate(out.trim_end().len());
        out
    }

    fn is_right(&self, column: usize) -> bool {
        self.right.get(column).copied().unwrap_or(false)
    }

    fn write_row(&self, row: &[String], widths: &[usize], out: &mut String) {
        for (column, width) in widths.iter().enumerate() {
            let text = row.get(column).map(|c| cell(c)).unwrap_or_default();
            let pad = " ".repeat(width.saturating_sub(text.chars().count()));
            let (before, after) =
                if self.is_right(column) { (pad, String::new()) } else { (String::new(), pad) };
            out.extend(["| ", &before, &text, &after, " "]);
        }
        out.push_str("|\n");
    }
}

/// A chart's rows: the horizontal axis, then one column per series.
pub(super) fn chart(node: Node<'_>) -> Grid {
    let series: Vec<(String, String)> =
        node.prop("series").iter().flat_map(Json::items).filter_map(series).take(MAX_SERIES).collect();
    let axis = node.prop("xAxis");
    let labels = axis.as_ref().and_then(Json::object).and_then(|axis| axis.get("labels"));
    let key = axis.and_then(|axis| match axis.object() {
        Some(object) => object.get("dataKey").and_then(Json::words),
        None => axis.words(),
    });
    let key = key.unwrap_or_default();
    let shown = |row: Object<'_>| {
        let x = row.get(&key).and_then(Json::words).unwrap_or_default();
        let label = labels.as_ref().and_then(Json::object).and_then(|l| l.get(&x)).and_then(Json::words);
        let values = series.iter().map(|(data, _)| row.get(data).and_then(Json::words).unwrap_or_default());
        let mut cells = vec![inline(&label.unwrap_or(x))];
        cells.extend(values.map(|value| inline(&value)));
        cells
    };
    let rows: Vec<Object<'_>> =
        node.prop("data").iter().flat_map(Json::items).filter_map(|row| row.object()).collect();
    let mut header = vec![humanised(&key)];
    header.extend(series.iter().map(|(_, label)| inline(label)));
    Grid {
        header,
        rows: rows.iter().take(MAX_POINTS).map(|row| shown(*row)).collect(),
        right: [false].into_iter().chain(series.iter().map(|_| true)).collect(),
        more: rows.len().saturating_sub(MAX_POINTS),
    }
}

/// The name of a series' values and the words for it.
fn series(one: Json<'_>) -> Option<(String, String)> {
    let one = one.object()?;
    let key = one.get("dataKey")?.words()?.into_owned();
    let label = one.get("label").and_then(Json::words).filter(|l| !l.trim().is_empty());
    Some((key.clone(), label.map_or(key, |l| l.into_owned())))
}
