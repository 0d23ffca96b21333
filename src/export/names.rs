//! Identifiers of programming languages for the names of tools, routes and widgets.
//!
//! Owns the mapping: the same names give the same identifiers, each is one in its language, no two are equal.

use std::collections::{BTreeMap, BTreeSet};

use unicode_ident::{is_xid_continue, is_xid_start};
use unicode_normalization::UnicodeNormalization as _;

/// A language code is generated in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// Python 3.11 and later.
    Python,
    /// TypeScript 5 and later.
    TypeScript,
}

/// How the words of an identifier are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `get_order`
    Snake,
    /// `getOrder`
    Camel,
    /// `GetOrder`
    Pascal,
}

/// An identifier for each name. A name that is an identifier of the style already keeps it; where two names come to
/// the same, the later one in the order of the alphabet gets a number.
pub fn identifiers<'n>(
    names: impl IntoIterator<Item = &'n str>,
    style: Style,
    language: Language,
) -> BTreeMap<&'n str, String> {
    let names: BTreeSet<&str> = names.into_iter().collect();
    let wished: Vec<(&str, String)> =
        names.into_iter().map(|n| (n, identifier(n, style, language))).collect();
    let (kept, changed): (Vec<_>, Vec<_>) = wished.into_iter().partition(|(name, wish)| name == wish);
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut out = BTreeMap::new();
    for (name, wish) in kept.into_iter().chain(changed) {
        let numbered = (2_u64..).map(|n| match style {
            Style::Snake => format!("{}_{n}", wish.trim_end_matches('_')),
            Style::Camel | Style::Pascal => format!("{wish}{n}"),
        });
        let free = std::iter::once(wish.clone()).chain(numbered).find(|text| !taken.contains(text));
        let free = free.unwrap_or(wish);
        taken.insert(free.clone());
        out.insert(name, free);
    }
    out
}

/// Whether `text` can stand as an identifier without quotes, and means nothing else in the language.
pub fn is_identifier(text: &str, language: Language) -> bool {
    is_word(text) && !is_keyword(text, language) && !predefined(language).contains(&text)
}

/// Whether `text` has the form of an identifier, in the normal form in which Python compares them.
pub(super) fn is_word(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|c| is_xid_start(c) || c == '_')
        && characters.all(is_xid_continue)
        && text.nfkc().eq(text.chars())
}

/// Whether a word of the form of an identifier can never be one.
pub(super) fn is_keyword(text: &str, language: Language) -> bool {
    match language {
        Language::Python => PYTHON,
        Language::TypeScript => TYPESCRIPT,
    }
    .contains(&text)
}

/// One name as an identifier; others may come to the same.
pub(super) fn identifier(name: &str, style: Style, language: Language) -> String {
    let words = words(name);
    let joined: String = match style {
        Style::Snake => words.iter().map(|w| w.to_lowercase()).collect::<Vec<_>>().join("_"),
        Style::Camel => words
            .iter()
            .enumerate()
            .map(|(n, w)| if n == 0 { w.to_lowercase() } else { capitalised(w) })
            .collect(),
        Style::Pascal => words.iter().map(|w| capitalised(w)).collect(),
    };
    // Changing case can leave the normal form, in which Python compares identifiers.
    let mut text: String = joined.nfkc().filter(|c| is_xid_continue(*c)).collect();
    if text.is_empty() {
        text.push_str(if style == Style::Pascal { "Name" } else { "name" });
    }
    if !text.starts_with(is_xid_start) {
        text.insert(0, if style == Style::Pascal { 'N' } else { 'n' });
        // The letter may join with an accent that now follows it.
        text = text.nfkc().collect();
    }
    if !is_identifier(&text, language) {
        text.push('_');
    }
    text
}

/// The words of a name: between signs, and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = '_';
    for c in name.nfkc() {
        let inside = is_xid_continue(c) && c != '_';
        if !inside || (c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit())) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (inside, words.last_mut()) {
            word.push(c);
        }
        before = c;
    }
    words.retain(|w| !w.is_empty());
    words
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn predefined(language: Language) -> &'static [&'static str] {
    match language {
        Language::Python => PYTHON_NAMES,
        Language::TypeScript => TYPESCRIPT_NAMES,
    }
}

const PYTHON: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Built-in names, and what generated code imports.
const PYTHON_NAMES: &[&str] = &[
    "Any",
    "Exception",
    "Literal",
    "Never",
    "NotImplemented",
    "NotRequired",
    "Required",
    "TypeAlias",
    "TypedDict",
    "Union",
    "all",
    "any",
    "bool",
    "bytes",
    "case",
    "dict",
    "filter",
    "float",
    "id",
    "input",
    "int",
    "list",
    "map",
    "match",
    "object",
    "open",
    "print",
    "self",
    "set",
    "str",
    "super",
    "tuple",
    "type",
];

const TYPESCRIPT: &[&str] = &[
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Predefined types and names, and what generated code uses of the standard library.
const TYPESCRIPT_NAMES: &[&str] = &[
    "Array",
    "Boolean",
    "Date",
    "Error",
    "Function",
    "Infinity",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Partial",
    "Promise",
    "Readonly",
    "Record",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "abstract",
    "any",
    "as",
    "async",
    "bigint",
    "boolean",
    "constructor",
    "declare",
    "from",
    "get",
    "is",
    "module",
    "namespace",
    "never",
    "number",
    "object",
    "of",
    "require",
    "set",
    "string",
    "symbol",
    "type",
    "undefined",
    "unknown",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(names: &[&str], style: Style, language: Language) -> Vec<String> {
        let map = identifiers(names.iter().copied(), style, language);
        names.iter().map(|n| map[n].clone()).collect()
    }

    #[test]
    fn odd_names_become_identifiers() {
        let names =
            ["get-order", "2nd", "class", "日本", "a-b", "a_b", "orderCard", "--", "ﬁ", "a.b", "None"];
        assert_eq!(
            all(&names, Style::Snake, Language::Python),
            [
                "get_order",
                "n2nd",
                "class_",
                "日本",
                "a_b_2",
                "a_b",
                "order_card",
                "name",
                "fi",
                "a_b_3",
                "none"
            ]
        );
        assert_eq!(
            all(&names, Style::Pascal, Language::Python),
            ["GetOrder", "N2nd", "Class", "日本", "AB", "AB3", "OrderCard", "Name", "Fi", "AB2", "None_"]
        );
        assert_eq!(
            all(&names, Style::Camel, Language::TypeScript),
            ["getOrder", "n2nd", "class_", "日本", "aB", "aB3", "orderCard", "name", "fi", "aB2", "none"]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn identifiers_are_unique_and_sound(names in proptest::collection::btree_set("\\PC{0,6}|[a-cA-C_.-]{0,4}|class|type|Ａ|ǆ|ß", 0..30)) {
            for style in [Style::Snake, Style::Camel, Style::Pascal] {
                for language in [Language::Python, Language::TypeScript] {
                    let map = identifiers(names.iter().map(String::as_str), style, language);
                    let backwards = identifiers(names.iter().rev().map(String::as_str), style, language);
                    prop_assert_eq!(&map, &backwards);
                    prop_assert_eq!(map.len(), names.len());
                    let distinct: BTreeSet<&String> = map.values().collect();
                    prop_assert_eq!(distinct.len(), names.len());
                    for text in map.values() {
                        prop_assert!(is_identifier(text, language), "{text}");
                    }
                }
            }
        }
    }
}
