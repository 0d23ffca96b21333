//! Plain text as Markdown that reads as that text.
//!
//! Owns what is escaped and where, so that no value can make a heading, a link, a list or a terminal sequence. Escapes
//! as little as that takes, because the text is also read as it stands.

/// The words of a value on one line: space collapsed, control characters gone, Markdown escaped.
pub fn inline(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned(); // as most are
    }
    let mut out = String::with_capacity(text.len() + 4);
    for word in text.split_whitespace() {
        let before = out.len();
        if before > 0 {
            out.push(' ');
        }
        let start = out.len();
        if word.bytes().all(is_harmless) {
            out.push_str(word)
        } else {
            escape_word(word, &mut out)
        }
        if out.len() == start {
            out.truncate(before);
        }
    }
    out
}

/// Whether a text is harmless words with single spaces between them.
fn is_plain(text: &str) -> bool {
    let mut before = b' ';
    for byte in text.bytes() {
        let harmless = HARMLESS.get(usize::from(byte)).is_some_and(|harmless| *harmless);
        if !harmless && (byte != b' ' || before == b' ') {
            return false;
        }
        before = byte;
    }
    before != b' ' || text.is_empty()
}

/// [`is_harmless`] of every byte, because it is asked of every byte of a text.
#[expect(clippy::indexing_slicing, reason = "a loop over the whole table, run by the compiler")]
const HARMLESS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        table[byte as usize] = is_harmless(byte);
        byte += 1;
    }
    table
};

/// Whether a byte means nothing to Markdown inside of a line, wherever it stands.
const fn is_harmless(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9'
        | b'.' | b',' | b':' | b';' | b'!' | b'?' | b'\'' | b'"' | b'(' | b')' | b'/' | b'-' | b'+' | b'=' | b'%'
        | b'$' | b'#' | b'@' | b'>' | b'^' | b'{' | b'}' | b'|')
}

fn escape_word(word: &str, out: &mut String) {
    let (mut before, mut rest) = (None, word.chars());
    while let Some(c) = rest.next() {
        let after = rest.clone().next();
        let escaped = match c {
            c if is_invisible(c) => continue,
            '`' | '*' | '[' | ']' => true,
            '\\' => after.is_none_or(|a| a.is_ascii_punctuation()),
            // Inside of a word, as in snake_case, it means nothing.
            '_' => !(is_word(before) && is_word(after)),
            '<' => after.is_some_and(|a| a.is_ascii_alphabetic() || "/!?".contains(a)),
            '&' => is_entity(rest.as_str()),
            // "~5 minutes" is common, and one alone means nothing.
            '~' => before.is_some() || !after.is_some_and(|a| a.is_ascii_digit()),
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

/// Control characters, which a terminal would obey, and those that turn the direction of the text around them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether what follows a `&` makes it an entity.
fn is_entity(rest: &str) -> bool {
    rest.split_once(';').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
    })
}

/// Keeps a line that starts at `start`, as [`inline`] made it, from being read as the start of a heading, list, quote or
/// rule.
pub(super) fn guard(out: &mut String, start: usize) {
    let line = out.get(start..).unwrap_or_default();
    let marker = line.split(' ').next().unwrap_or_default();
    let digits = marker.bytes().take_while(u8::is_ascii_digit).count();
    let at = match marker.as_bytes() {
        [] => return,
        [b'>', ..] => 0,
        all if all.len() <= 6 && all.iter().all(|b| *b == b'#') => 0,
        [b'-' | b'+'] => 0,
        [b'-', b'-', ..] => 0,
        [b'=', ..] if line.bytes().all(|b| b == b'=') => 0,
        [.., b'.' | b')'] if digits > 0 && digits + 1 == marker.len() => digits,
        _ => return,
    };
    out.insert(start + at, '\\');
}

/// A heading's words: trailing number signs would vanish with it.
pub(super) fn heading(words: &str) -> String {
    let bare = words.trim_end_matches('#');
    let closes = bare.len() < words.len() && (bare.is_empty() || bare.ends_with(' '));
    if closes { format!("{bare}\\{}", words.get(bare.len()..).unwrap_or_default()) } else { words.to_owned() }
}

/// Markdown as it is, but for what a terminal would obey, space at the end of lines and code without an end.
pub(super) fn markdown(source: &str) -> String {
    let shown: String = source.chars().filter(|c| matches!(c, '\n' | '\t') || !is_invisible(*c)).collect();
    let lines: Vec<&str> = shown.trim().lines().map(str::trim_end).collect();
    let mut out = lines.join("\n");
    close_code(&mut out);
    out
}

/// Ends a block of code that would swallow what follows.
pub(super) fn close_code(markdown: &mut String) {
    let fence = |line: &str| ["```", "~~~"].into_iter().find(|f| line.trim_start().starts_with(f));
    let open = markdown.lines().filter_map(fence).fold(None, |open, fence| match open {
        None => Some(fence),
        Some(started) if started == fence => None,
        other => other,
    });
    if let Some(fence) = open {
        markdown.push('\n');
        markdown.push_str(fence);
    }
}

/// A finished line inside of a table: its pipes would end the cell.
pub(super) fn cell(line: &str) -> String {
    line.replace('|', "\\|")
}

/// A name in code letters.
pub(super) fn code(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_invisible(*c)).collect();
    let name = name.trim();
    match name.contains('`') {
        _ if name.is_empty() => String::new(),
        false => format!("`{name}`"),
        true => {
            let longest = name.split(|c| c != '`').map(str::len).max().unwrap_or_default();
            let fence = "`".repeat(longest + 1);
            format!("{fence} {name} {fence}")
        }
    }
}
