//! Markdown for people and models: code that reads as that code, cells that stay in their row.
//!
//! Owns quoting. Names and values may hold any character.

use crate::widget::text;

/// A code span: the text as it is, on one line.
pub fn code(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let fence = "`".repeat(longest_run(&line) + 1);
    let edge = line.starts_with(['`', ' ']) || line.ends_with(['`', ' ']);
    // A space inside of the fence is taken off again by readers.
    let space = if edge && !line.trim().is_empty() { " " } else { "" };
    format!("{fence}{space}{line}{space}{fence}")
}

/// A block of code.
pub fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// Words as they are, on one line.
pub fn words(text: &str) -> String {
    text::inline(text)
}

/// A row of a table. Cells are Markdown already.
pub fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    // In a table a bar ends its cell even inside of code.
    let cells: Vec<String> = cells.into_iter().map(|c| c.replace('|', "\\|").replace('\n', " ")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;

    #[test]
    fn code_reads_as_that_code() {
        for text in ["get_order", "a|b", "`", "``a`", " a ", "a`", "*x*", "<b>", "\\", "日本"] {
            let read: Vec<Event<'_>> = Parser::new(&code(text)).map(Event::into_static).collect();
            assert!(read.contains(&Event::Code(text.into())), "{text:?}: {read:?}");
            let table = format!("{}| --- | --- |\n{}", row(["a", "b"]), row([code(text).as_str(), "end"]));
            let read: Vec<Event<'_>> =
                Parser::new_ext(&table, Options::ENABLE_TABLES).map(Event::into_static).collect();
            assert!(read.contains(&Event::Code(text.into())), "{text:?}: {read:?}");
            assert_eq!(
                read.iter().filter(|e| matches!(e, Event::Start(Tag::TableCell))).count(),
                4,
                "{text:?}"
            );
        }
        let text = "a\n```\nb";
        let inside = block("json", text);
        assert!(
            Parser::new(&inside).any(|e| e == Event::Text("a\n```\nb\n".into()))
                || inside.starts_with("````")
        );
    }
}
