//! The words of JSON: strings, numbers, literals and the space between them.
//!
//! Owns what each word may look like, strictly. Every function goes from one position in the text to the next. Must not
//! know what the words are for.

use super::{Parsed, TreeError, TreeErrorKind};

/// A text that is read as JSON.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes() }
    }

    #[inline]
    pub(super) fn peek(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The next byte that is not space.
    #[inline]
    pub(super) fn space(self, mut at: usize) -> usize {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek(at) {
            at += 1;
        }
        at
    }

    /// The eight bytes from here on as a number, the first one lowest.
    #[inline]
    pub(super) fn eight(self, at: usize) -> Option<u64> {
        self.bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    /// The end of the string that starts here, and whether there are escapes in it.
    #[inline]
    pub(super) fn string(self, start: usize) -> Parsed<(usize, bool)> {
        let at = self.plain(start + 1);
        if self.peek(at) == Some(b'"') { Ok((at + 1, false)) } else { Ok((self.escaped(at)?, true)) }
    }

    /// As [`Lexer::string`] for a name that ends within eight bytes: its end, and itself as a number.
    #[inline]
    pub(super) fn short_name(self, start: usize) -> Option<(usize, u64)> {
        let word = self.eight(start + 1)?;
        let bits = stop(word).trailing_zeros() & !7;
        let name = word & !u64::MAX.checked_shl(bits)?;
        let end = start + 1 + bits as usize / 8;
        (self.peek(end) == Some(b'"')).then_some((end + 1, name))
    }

    /// The next quote, backslash or control character.
    #[inline]
    fn plain(self, mut at: usize) -> usize {
        while let Some(word) = self.eight(at) {
            match stop(word) {
                0 => at += 8,
                stop => return at + stop.trailing_zeros() as usize / 8,
            }
        }
        while self.peek(at).is_some_and(|b| b != b'"' && b != b'\\' && b >= 0x20) {
            at += 1;
        }
        at
    }

    /// As [`Lexer::string`], from the first byte that is not plain.
    #[inline(never)]
    fn escaped(self, mut at: usize) -> Parsed<usize> {
        loop {
            match self.peek(at) {
                Some(b'"') => return Ok(at + 1),
                Some(b'\\') => at = self.plain(self.escape(at)?),
                Some(_) => {
                    let message = "a line break, tab or other control character stands in a string as it is; \
                                   `tojson` writes it as an escape";
                    return Err(self.fault(at, message));
                }
                None => return Err(self.fault(at, "the text ends inside of a string")),
            }
        }
    }

    fn escape(self, start: usize) -> Parsed<usize> {
        match self.peek(start + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => return Ok(start + 2),
            Some(b'u') => {}
            Some(_) => {
                return Err(self.fault(start, "JSON has no such escape; a backslash is written `\\\\`"));
            }
            None => return Err(self.fault(start, "the text ends inside of a string")),
        }
        let unit = |at: usize| {
            let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
            digits.bytes().try_fold(0, |all, b| Some(all << 4 | char::from(b).to_digit(16)?))
        };
        match (unit(start), unit(start + 6)) {
            (None, _) => Err(self.fault(start, "`\\u` needs four hexadecimal digits")),
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => Ok(start + 12),
            (Some(0xd800..=0xdfff), _) => {
                Err(self.fault(start, "this escape is half of a character; its other half is missing"))
            }
            (Some(_), _) => Ok(start + 6),
        }
    }

    /// The end of the number that starts here.
    pub(super) fn number(self, start: usize) -> Parsed<usize> {
        let sign = start + usize::from(self.peek(start) == Some(b'-'));
        let whole = if self.peek(sign) == Some(b'0') { sign + 1 } else { self.digits(sign) };
        let mut right = whole > sign;
        let mut end = whole;
        if self.peek(end) == Some(b'.') {
            end = self.digits(whole + 1);
            right &= end > whole + 1;
        }
        if let Some(b'e' | b'E') = self.peek(end) {
            let digits = end + 1 + usize::from(matches!(self.peek(end + 1), Some(b'+' | b'-')));
            end = self.digits(digits);
            right &= end > digits;
        }
        if right && !self.peek(end).is_some_and(|b| b.is_ascii_alphanumeric() || b == b'.') {
            return Ok(end);
        }
        Err(self.unexpected(start, "this is no JSON number; numbers look like 0, -1.5 or 2e10"))
    }

    fn digits(self, mut at: usize) -> usize {
        while self.peek(at).is_some_and(|b| b.is_ascii_digit()) {
            at += 1;
        }
        at
    }

    /// The end of the `true`, `false` or `null` that starts here.
    pub(super) fn word(self, start: usize) -> Parsed<usize> {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let word = ["null", "true", "false"].into_iter().find(|word| rest.starts_with(word.as_bytes()));
        word.map(|word| start + word.len()).ok_or_else(|| self.unexpected(start, "a value is expected here"))
    }

    /// The fault of what stands here: in words for what templates print by mistake, else as `expected` says.
    #[cold]
    pub(super) fn unexpected(self, at: usize, expected: &str) -> Box<TreeError> {
        let rest = self.text.get(at..).unwrap_or_default();
        let word = |c: char| !c.is_alphanumeric() && c != '-' && c != '_';
        let message = match rest.split(word).next().unwrap_or_default() {
            _ if rest.is_empty() => "the text ends in the middle of the tree".to_owned(),
            _ if rest.starts_with(',') => "there is a comma with nothing before it".to_owned(),
            _ if rest.starts_with('\'') => "strings take double quotes; print them with `tojson`".to_owned(),
            name @ ("NaN" | "Infinity" | "-Infinity") => {
                format!("`{name}` is no JSON number; print a number or null")
            }
            name @ ("None" | "none" | "True" | "False" | "undefined" | "nil") => {
                format!("`{name}` is no JSON; print values with `tojson`")
            }
            _ => expected.to_owned(),
        };
        self.fault(at, message)
    }

    #[cold]
    pub(super) fn fault(self, at: usize, message: impl Into<String>) -> Box<TreeError> {
        TreeError::boxed(TreeErrorKind::Json, at, message)
    }
}

/// The high bit of each byte that ends plain text: quotes, backslashes and control characters. Right for the lowest such
/// byte, which is all that is used.
#[inline]
fn stop(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let below = |word: u64, n: u64| word.wrapping_sub(EACH * n) & !word;
    // With the second bit turned over, a quote comes right after the control characters.
    let quote_or_control = below(word ^ (EACH * 2), 0x21);
    let backslash = below(word ^ (EACH * u64::from(b'\\')), 1);
    (quote_or_control | backslash) & (EACH * 0x80)
}
