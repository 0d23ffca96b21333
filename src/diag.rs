//! Diagnostics: what is wrong in a project's files, where, and how to mend it.
//!
//! Owns the one shape in which every fault of a file is told, and its two printed forms (text with the excerpt,
//! JSON). Must not know any file format: who reads a file makes its diagnostics. Excerpts come from
//! [`SourceText`], whose text is already masked where it may hold a secret.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

/// How much a diagnostic weighs: an error keeps the project from being served, a warning does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The project cannot be served as it is.
    Error,
    /// The project works, but probably not as meant.
    Warning,
}

/// A file's name and text, as shown in excerpts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SourceText(Arc<(String, String)>);

impl SourceText {
    /// `name` is shown as is (a path relative to the project, usually); `text` is what spans count into.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Arc::new((name.into(), text.into())))
    }

    /// The name given to [`SourceText::new`].
    pub fn name(&self) -> &str {
        &self.0.0
    }

    /// The text that spans count into, in bytes.
    pub fn text(&self) -> &str {
        &self.0.1
    }

    /// The same file with every byte of `spans` replaced by `*`, so that an excerpt cannot show a secret.
    /// Spans that cut a character are widened to it.
    pub fn masked(&self, spans: &[Range<usize>]) -> Self {
        let text: String = self
            .text()
            .char_indices()
            .map(|(at, c)| {
                let hidden = spans.iter().any(|s| s.start < at + c.len_utf8() && at < s.end) && c != '\n';
                if hidden { "*".repeat(c.len_utf8()) } else { c.to_string() }
            })
            .collect();
        Self::new(self.name(), text)
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text().get(..offset).unwrap_or_else(|| self.text());
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count());
        (before.matches('\n').count() + 1, column + 1)
    }
}

/// One fault: what, where, and how to mend it.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Stable name of the kind of fault, e.g. `unknown-key`.
    pub code: &'static str,
    /// What is wrong, one sentence, without values that may be secret.
    pub message: String,
    /// Where: the file, and in it the byte range if one is known.
    pub place: Option<(SourceText, Option<Range<usize>>)>,
    /// How to mend it, where that can be said.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), place: None, help: None }
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Adds the file and the byte range in it.
    #[must_use]
    pub fn at(mut self, file: &SourceText, span: Option<Range<usize>>) -> Self {
        self.place = Some((file.clone(), span));
        self
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The line and column of its place, both from 1.
    fn position(&self) -> Option<(usize, usize)> {
        let (file, span) = self.place.as_ref()?;
        span.as_ref().map(|span| file.position(span.start))
    }

    fn render(&self, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(self.message.as_str()).id(self.code));
        match &self.place {
            Some((file, Some(span))) => {
                let (excerpt, first_line, span) = excerpt(file.text(), span);
                group = group.element(
                    Snippet::source(excerpt)
                        .line_start(first_line)
                        .path(file.name())
                        .annotation(AnnotationKind::Primary.span(span)),
                );
            }
            Some((file, None)) => group = group.element(annotate_snippets::Origin::path(file.name())),
            None => {}
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

/// In one line: `tools/x.toml:3:7: there is no widget …`
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.place, self.position()) {
            (Some((file, _)), Some((line, column))) => write!(f, "{}:{line}:{column}: ", file.name())?,
            (Some((file, _)), None) => write!(f, "{}: ", file.name())?,
            (None, _) => {}
        }
        f.write_str(&self.message)
    }
}

/// The lines around a span, and the span in them. Keeps a megabyte line out of the terminal: of a long line only
/// the neighbourhood of the span is shown.
fn excerpt<'a>(text: &'a str, span: &Range<usize>) -> (&'a str, usize, Range<usize>) {
    const REACH: usize = 60;
    let start = floor(text, span.start.min(text.len()));
    let line_start = text.get(..start).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
    let line_end = text.get(start..).and_then(|t| t.find('\n')).map_or(text.len(), |at| start + at);
    let end = floor(text, span.end.clamp(start, line_end));
    let from = line_start.max(floor(text, start.saturating_sub(REACH)));
    let to = line_end.min(floor(text, (end + REACH).min(text.len())));
    let line = text.get(..line_start).map_or(1, |t| t.matches('\n').count() + 1);
    let shown = text.get(from..to).unwrap_or_default();
    (shown, line, start - from..(end.max(start) - from).max(start - from))
}

/// The nearest character boundary at or below `at`.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The diagnostics of one load, in the order in which they were found.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one. The same fault at the same place is kept once.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let same = |d: &Diagnostic| {
            d.code == diagnostic.code
                && d.message == diagnostic.message
                && match (&d.place, &diagnostic.place) {
                    (Some((a, x)), Some((b, y))) => a.name() == b.name() && x == y,
                    (a, b) => a.is_none() && b.is_none(),
                }
        };
        if !self.0.iter().any(same) {
            self.0.push(diagnostic);
        }
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: Diagnostics) {
        other.0.into_iter().for_each(|d| self.push(d));
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// How many have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|d| d.severity == severity).count()
    }

    /// Whether at least one is an error.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// For people: each with file, line, column, excerpt and help, then a line that counts them. `color` uses
    /// terminal escapes.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut out: String = self.0.iter().map(|d| d.render(&renderer) + "\n\n").collect();
        out.push_str(&self.summary());
        out
    }

    /// "2 errors, 1 warning", or "no faults".
    pub fn summary(&self) -> String {
        let part = |n: usize, word: &str| match n {
            0 => None,
            1 => Some(format!("1 {word}")),
            n => Some(format!("{n} {word}s")),
        };
        let parts: Vec<String> =
            [part(self.count(Severity::Error), "error"), part(self.count(Severity::Warning), "warning")]
                .into_iter()
                .flatten()
                .collect();
        if parts.is_empty() { "no faults".to_owned() } else { parts.join(", ") }
    }

    /// For programs: one object each, `{severity, code, message, file, line, column, help}`; lines and columns from 1.
    pub fn to_json(&self) -> serde_json::Value {
        let one = |d: &Diagnostic| {
            let at = d.position();
            serde_json::json!({
                "severity": d.severity,
                "code": d.code,
                "message": d.message,
                "file": d.place.as_ref().map(|(f, _)| f.name()),
                "line": at.map(|(line, _)| line),
                "column": at.map(|(_, column)| column),
                "help": d.help,
            })
        };
        self.0.iter().map(one).collect()
    }
}

/// "did you mean `x`?" for a name that is not among `known`; `None` when nothing is near enough.
pub fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|near| format!("did you mean `{near}`?"))
}

/// The name among `known` that is nearest to `name`, if any is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&lower, &k.to_lowercase()), k))
        .filter(|(distance, k)| *distance <= 1 + name.chars().count().max(k.chars().count()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpt_of_a_very_long_line_is_short_and_points_right() {
        let text = format!("first\n{}XYZ{}\nlast", "ä".repeat(5000), "b".repeat(5000));
        let at = text.find("XYZ").unwrap();
        let (shown, line, span) = excerpt(&text, &(at..at + 3));
        assert!(shown.len() < 400);
        assert_eq!(line, 2);
        assert_eq!(shown.get(span), Some("XYZ"));
    }

    #[test]
    fn masked_text_keeps_offsets() {
        let file = SourceText::new("f", "url = \"sécret\"\nx = 1");
        let masked = file.masked(std::slice::from_ref(&(6..15)));
        assert_eq!(masked.text(), "url = *********\nx = 1");
        assert_eq!(masked.position(16), (2, 1));
    }

    #[test]
    fn suggestions_are_near_or_absent() {
        assert_eq!(nearest("descripton", ["title", "description"]), Some("description"));
        assert_eq!(nearest("zzz", ["title", "description"]), None);
    }
}
