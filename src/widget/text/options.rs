//! What a reader can do: the buttons, items and changes of a tree as a list of named options.
//!
//! Owns how options are told apart and put together. Payloads are left out: they may hold what only the page should see.

use super::escape::code;

/// Something that can be done.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// What it is called; nothing for an item that is chosen as such.
    pub(super) label: Option<String>,
    /// Where it leads, as [`target`] writes it; nothing if it leads nowhere.
    pub(super) target: Option<String>,
    pub(super) disabled: bool,
    /// The list and the item it belongs to.
    pub(super) item: Option<(usize, usize)>,
    /// What that item is about.
    pub(super) of: Option<String>,
}

/// Options told; more are counted.
const MAX_OPTIONS: usize = 40;

/// Items named with one option; more are counted.
const MAX_NAMES: usize = 3;

/// Items that can be chosen, each with a line of its own; more share one.
const MAX_ITEMS: usize = 8;

/// Tells where an action leads, in Markdown: an arrow to the name of a tool or to a sentence. An action that leads to
/// neither is only named.
pub(super) fn target(action: &str, known: Option<String>) -> String {
    match known {
        Some(sentence) if sentence.trim().contains(char::is_whitespace) => {
            format!("→ {}", sentence.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        Some(tool) => format!("→ {}", code(&tool)),
        None => format!("({})", code(action)),
    }
}

/// The list of options, empty if there are none. `lists` are the lengths of the lists that items belong to.
pub(super) fn write(choices: &[Choice], lists: &[usize]) -> String {
    let mut groups: Vec<Vec<&Choice>> = Vec::new();
    for choice in choices {
        let same = |group: &&mut Vec<&Choice>| {
            group.first().is_some_and(|first| {
                (&first.label, &first.target, first.disabled)
                    == (&choice.label, &choice.target, choice.disabled)
                    && first.item.map(|(list, _)| list) == choice.item.map(|(list, _)| list)
            })
        };
        match groups.iter_mut().rev().take(64).find(same) {
            Some(group) => group.push(choice),
            None => groups.push(vec![choice]),
        }
    }
    let mut out = String::new();
    for group in groups.iter().take(MAX_OPTIONS) {
        let list = group.first().and_then(|c| c.item).and_then(|(list, _)| lists.get(list)).copied();
        write_group(group, list.unwrap_or(0), &mut out);
    }
    if groups.len() > MAX_OPTIONS {
        out.push_str(&format!("- … {} more\n", groups.len() - MAX_OPTIONS));
    }
    if out.is_empty() { out } else { format!("**Options:**\n\n{}", out.trim_end()) }
}

fn write_group(group: &[&Choice], items: usize, out: &mut String) {
    let Some(first) = group.first() else { return };
    let leads = match (&first.target, first.disabled) {
        (Some(target), false) => format!(" {target}"),
        (None, false) => String::new(),
        (_, true) => " (not available)".to_owned(),
    };
    let names: Vec<&str> = group.iter().filter_map(|c| c.of.as_deref()).collect();
    let all = group.len() == items && items > 1;
    match &first.label {
        Some(label) => {
            let which = match names.as_slice() {
                _ if all => ", for each item".to_owned(),
                [] => String::new(),
                few if few.len() <= MAX_NAMES => format!(", for {}", few.join(", ")),
                many => format!(", for {} of the {items} items", many.len()),
            };
            out.push_str(&format!("- **{label}**{leads}{which}\n"));
        }
        None if all => out.push_str(&format!("- **Choose an item**{leads}\n")),
        None if names.len() > MAX_ITEMS => {
            out.push_str(&format!("- **Choose one of {} items**{leads}\n", names.len()));
        }
        None if names.is_empty() => out.push_str(&format!("- **Choose**{leads}\n")),
        None => names.iter().for_each(|name| out.push_str(&format!("- **{name}**{leads}\n"))),
    }
}
