//! Names of tools, arguments and connections, made of the names others use.
//!
//! Owns what is kept of a name, and that no two are the same.

use std::collections::BTreeSet;

/// Characters of a name at most.
const MOST: usize = 64;

/// Names given so far, compared without capitals: some systems keep one of two such files.
#[derive(Debug, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// No names.
    pub fn new() -> Self {
        Self::default()
    }

    /// A name made of `text`, with `joint` between its words, that was not given before.
    pub fn give(&mut self, text: &str, joint: char, otherwise: &str) -> String {
        let plain = name(text, joint, otherwise);
        let mut given = plain.clone();
        let mut nth = 2_usize;
        while !self.0.insert(given.to_lowercase()) {
            given = format!("{plain}{joint}{nth}");
            nth += 1;
        }
        given
    }
}

/// `text` as small words of ASCII letters and digits. What has none of them is called `otherwise`.
pub fn name(text: &str, joint: char, otherwise: &str) -> String {
    let mut out = String::new();
    let mut last = None::<char>;
    for c in text.chars() {
        let starts_word =
            c.is_ascii_uppercase() && last.is_some_and(|l| l.is_ascii_lowercase() || l.is_ascii_digit());
        if c.is_ascii_alphanumeric() {
            let parted = last.is_some_and(|l| !l.is_ascii_alphanumeric());
            if (starts_word || parted) && !out.is_empty() {
                out.push(joint);
            }
            out.push(c.to_ascii_lowercase());
        }
        last = Some(c);
    }
    let short: String = out.chars().take(MOST).collect();
    let short = short.trim_end_matches(joint);
    if short.is_empty() { otherwise.to_owned() } else { short.to_owned() }
}

/// The name of an argument: as it is if it can be, since the model reads it beside its description.
pub fn argument(text: &str, names: &mut Names) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !text.is_empty() && text.len() <= MOST && text.chars().all(fits) && names.0.insert(text.to_lowercase())
    {
        return text.to_owned();
    }
    names.give(text, '_', "value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_and_differ() {
        let mut names = Names::new();
        for (text, given) in [
            ("issues/list-for-repo", "issues_list_for_repo"),
            ("listPets", "list_pets"),
            ("GET /pets/{petId}", "get_pets_pet_id"),
            ("List_Pets", "list_pets_2"),
            ("getHTTPInfo2", "get_httpinfo2"),
            ("日本", "tool"),
            ("..", "tool_2"),
        ] {
            assert_eq!(names.give(text, '_', "tool"), given, "{text}");
        }
        assert_eq!(name(&"x".repeat(200), '_', "tool").len(), MOST);
        let mut names = Names::new();
        for (text, given) in
            [("orderId", "orderId"), ("filter[a]", "filter_a"), ("ORDERID", "orderid_2"), ("", "value")]
        {
            assert_eq!(argument(text, &mut names), given);
        }
    }
}
