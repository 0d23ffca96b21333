//! Named parameters of a SQL text: `:name` becomes the driver's placeholder.
//!
//! Owns finding them, outside of strings, quoted names and comments. Values are never put into the text: an
//! argument reaches the database only as a bound value.

use std::ops::Range;

/// Which placeholders and quotes a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `?1`
    Sqlite,
    /// `$1`, dollar quotes, `::` casts
    Postgres,
    /// `?` in order, backslash escapes, backtick names, `#` comments
    Mysql,
}

/// A SQL text with its parameters found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text between the parameters; always one more than `uses`.
    texts: Vec<String>,
    /// For each parameter in the text, its index in `names`.
    uses: Vec<usize>,
    /// The distinct names, in order of first use.
    names: Vec<String>,
    /// Where each name is first used in the original text.
    spans: Vec<Range<usize>>,
    /// The first word, in capitals.
    verb: String,
    /// The text has the word RETURNING outside of strings and comments.
    returning: bool,
}

/// Why a SQL text cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Nothing but white space and comments.
    #[error("the statement is empty")]
    Empty,
    /// A second statement after a semicolon.
    #[error("only one statement is allowed")]
    Several,
    /// A string, quoted name or comment that does not end.
    #[error("{0} is not closed")]
    Open(&'static str),
    /// `?`, `$1` and the like.
    #[error("placeholder `{0}`: parameters are written `:name`")]
    Positional(String),
}

impl Statement {
    /// Finds the parameters of `sql`.
    ///
    /// # Errors
    /// Text that is no single statement, or that uses another way of writing parameters.
    pub fn parse(sql: &str, dialect: Dialect) -> Result<Self, StatementError> {
        let mut found = Self {
            texts: vec![],
            uses: vec![],
            names: vec![],
            spans: vec![],
            verb: String::new(),
            returning: false,
        };
        let mut scan = Scan { sql, at: 0, dialect };
        let mut text = String::new();
        let mut ended = false;
        let mut empty = true;
        while let Some(piece) = scan.next()? {
            let part = scan.slice(&piece.span);
            let blank = matches!(piece.kind, Kind::Space);
            if ended && !blank {
                return Err(StatementError::Several);
            }
            empty &= blank;
            match piece.kind {
                Kind::Parameter => {
                    found.texts.push(std::mem::take(&mut text));
                    found.use_name(part.trim_start_matches(':'), piece.span);
                    continue;
                }
                Kind::Positional => return Err(StatementError::Positional(part.to_owned())),
                Kind::End => {
                    ended = true;
                    continue;
                }
                Kind::Word if found.verb.is_empty() => found.verb = part.to_ascii_uppercase(),
                Kind::Word => found.returning |= part.eq_ignore_ascii_case("returning"),
                Kind::Space | Kind::Other => {}
            }
            text.push_str(part);
        }
        found.texts.push(text.trim_end().to_owned());
        if empty { Err(StatementError::Empty) } else { Ok(found) }
    }

    fn use_name(&mut self, name: &str, span: Range<usize>) {
        let index = self.names.iter().position(|n| n == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.spans.push(span);
            self.names.len() - 1
        });
        self.uses.push(index);
    }

    /// The distinct parameter names with where each is first used.
    pub fn names(&self) -> impl Iterator<Item = (&str, &Range<usize>)> {
        self.names.iter().map(String::as_str).zip(&self.spans)
    }

    /// For each placeholder of a database that counts them by occurrence, the index of its name.
    pub fn uses(&self) -> &[usize] {
        &self.uses
    }

    /// The first word, in capitals: `SELECT`, `WITH`, `INSERT`, …
    pub fn verb(&self) -> &str {
        &self.verb
    }

    /// The names of the columns, if the statement plainly tells them: a SELECT whose list has no `*` and whose
    /// expressions all have a name.
    pub fn columns(&self) -> Option<Vec<String>> {
        if self.verb != "SELECT" {
            return None;
        }
        let sql = self.texts.join("null");
        let mut scan = Scan { sql: &sql, at: 0, dialect: Dialect::Sqlite };
        let (mut depth, mut last, mut columns, mut started) = (0usize, None, Vec::new(), false);
        while let Some(piece) = scan.next().ok()? {
            let part = scan.slice(&piece.span);
            match (piece.kind, part) {
                (Kind::Space, _) => {}
                (Kind::Other, "(") => depth += 1,
                (Kind::Other, ")") => {
                    depth = depth.saturating_sub(1);
                    last = None;
                }
                _ if depth > 0 => {}
                (Kind::Word, word) if !started => started = word.eq_ignore_ascii_case("select"),
                (Kind::Word, word) if word.eq_ignore_ascii_case("distinct") && last.is_none() => {}
                (Kind::Word, word) if word.eq_ignore_ascii_case("from") => break,
                (Kind::Other, ",") => columns.push(last.take()?),
                (Kind::Word, word) => last = Some(word.to_owned()),
                (Kind::Other, quoted) if quoted.len() > 2 && quoted.starts_with(['"', '[', '`']) => {
                    last = quoted.get(1..quoted.len() - 1).map(str::to_owned);
                }
                (Kind::Other, "*") => return None,
                (Kind::Other, ".") => {}
                _ => last = None,
            }
        }
        columns.push(last?);
        Some(columns)
    }

    /// Whether the statement has a RETURNING clause.
    pub fn is_returning(&self) -> bool {
        self.returning
    }

    /// The text with `placeholder(index of the name)` in the place of each parameter.
    pub fn text(&self, placeholder: impl Fn(usize) -> String) -> String {
        let mut texts = self.texts.iter();
        let mut out = texts.next().cloned().unwrap_or_default();
        for (name, text) in self.uses.iter().zip(texts) {
            out.push_str(&placeholder(*name));
            out.push_str(text);
        }
        out
    }
}

enum Kind {
    Space,
    Word,
    Parameter,
    Positional,
    End,
    Other,
}

struct Piece {
    kind: Kind,
    span: Range<usize>,
}

struct Scan<'a> {
    sql: &'a str,
    at: usize,
    dialect: Dialect,
}

impl<'a> Scan<'a> {
    fn slice(&self, span: &Range<usize>) -> &'a str {
        self.sql.get(span.clone()).unwrap_or_default()
    }

    fn rest(&self) -> &'a str {
        self.sql.get(self.at..).unwrap_or_default()
    }

    /// The next piece of text; `None` at the end.
    fn next(&mut self) -> Result<Option<Piece>, StatementError> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let second = rest.chars().nth(1);
        let mysql = self.dialect == Dialect::Mysql;
        let (kind, length) = match (first, second) {
            ('\'', _) => (Kind::Other, self.quoted('\'', mysql)?),
            ('"', _) => (Kind::Other, self.quoted('"', mysql)?),
            ('`', _) => (Kind::Other, self.quoted('`', false)?),
            ('[', _) if self.dialect == Dialect::Sqlite => {
                (Kind::Other, self.until("]", "a name in brackets")?)
            }
            ('-', Some('-')) => (Kind::Space, rest.find('\n').unwrap_or(rest.len())),
            ('#', _) if mysql => (Kind::Space, rest.find('\n').unwrap_or(rest.len())),
            ('/', Some('*')) => (Kind::Space, self.until("*/", "a comment")?),
            ('$', _) if self.dialect == Dialect::Postgres && dollar_tag(rest).is_some() => {
                (Kind::Other, self.until(dollar_tag(rest).unwrap_or("$$"), "a dollar-quoted string")?)
            }
            (':', Some(':')) => (Kind::Other, 2),
            (':', Some(c)) if is_start(c) => (Kind::Parameter, 1 + word(rest.get(1..).unwrap_or_default())),
            ('?', _) if self.dialect != Dialect::Postgres => (Kind::Positional, 1),
            ('$' | '@', Some(c)) if c.is_ascii_alphanumeric() && !mysql => {
                (Kind::Positional, 1 + word(rest.get(1..).unwrap_or_default()))
            }
            (';', _) => (Kind::End, 1),
            ('e' | 'E', Some('\'')) if self.dialect == Dialect::Postgres => {
                self.at += 1;
                let length = self.quoted('\'', true);
                self.at -= 1;
                (Kind::Other, 1 + length?)
            }
            (c, _) if c.is_whitespace() => (Kind::Space, c.len_utf8()),
            (c, _) if is_start(c) => (Kind::Word, word(rest)),
            (c, _) if c.is_ascii_digit() => (Kind::Other, word(rest)),
            (c, _) => (Kind::Other, c.len_utf8()),
        };
        let span = self.at..self.at + length;
        self.at = span.end;
        Ok(Some(Piece { kind, span }))
    }

    /// Length of a quoted text that starts here, quotes included; a doubled quote stays inside.
    fn quoted(&self, quote: char, backslash: bool) -> Result<usize, StatementError> {
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if c == '\\' && backslash {
                chars.next();
            } else if c == quote {
                if chars.peek().is_some_and(|(_, next)| *next == quote) {
                    chars.next();
                } else {
                    return Ok(at + quote.len_utf8());
                }
            }
        }
        Err(StatementError::Open(if quote == '\'' { "a string" } else { "a quoted name" }))
    }

    /// Length up to and including `end`, which is looked for after a start of the same length.
    fn until(&self, end: &str, what: &'static str) -> Result<usize, StatementError> {
        let start = end.len();
        let found = self.rest().get(start..).and_then(|text| text.find(end));
        found.map(|at| start + at + end.len()).ok_or(StatementError::Open(what))
    }
}

/// `$$` or `$tag$` at the start of `text`.
fn dollar_tag(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?;
    let end = inner.find('$')?;
    let tag = inner.get(..end)?;
    let fits = tag.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !tag.starts_with(|c: char| c.is_ascii_digit());
    fits.then(|| text.get(..end + 2)).flatten()
}

fn is_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// Length in bytes of the word at the start of `text`.
fn word(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sql: &str, dialect: Dialect) -> Vec<String> {
        let statement = Statement::parse(sql, dialect).unwrap();
        statement.names().map(|(n, _)| n.to_owned()).collect()
    }

    #[test]
    fn finds_parameters_and_nothing_else() {
        let sql = "select ':a', \"b:c\", x::text, -- :d\n /* :e */ :f, :g_1 || :f from t where y=':''h' and z=:i;  ";
        assert_eq!(names(sql, Dialect::Postgres), ["f", "g_1", "i"]);
        assert_eq!(names("select $q$ :a $q$, $$:b$$, e'\\':c', :d", Dialect::Postgres), ["d"]);
        assert_eq!(names("select '\\':a', `b:c`, :d # :e", Dialect::Mysql), ["d"]);
        assert_eq!(names("select [a :b], :c", Dialect::Sqlite), ["c"]);
    }

    #[test]
    fn writes_each_dialect() {
        let s = Statement::parse("select :a, :b, :a where x = ':a';", Dialect::Sqlite).unwrap();
        assert_eq!(s.text(|n| format!("?{}", n + 1)), "select ?1, ?2, ?1 where x = ':a'");
        assert_eq!(s.uses(), [0, 1, 0]);
        assert_eq!(s.verb(), "SELECT");
        assert!(
            Statement::parse("insert into t values (:a) returning id", Dialect::Sqlite)
                .unwrap()
                .is_returning()
        );
        assert!(
            !Statement::parse("insert into t values ('returning')", Dialect::Sqlite).unwrap().is_returning()
        );
    }

    #[test]
    fn tells_the_columns_where_they_are_plain() {
        let columns = |sql| Statement::parse(sql, Dialect::Sqlite).unwrap().columns().map(|c| c.join(" "));
        assert_eq!(
            columns(
                "select distinct o.id, total as \"Total Sum\", (select x, y from z) items, a || b as c, f(1, 2) d from o"
            ),
            Some("id Total Sum items c d".into())
        );
        for sql in [
            "select * from t",
            "select a, count(*) from t",
            "select a + 1 from t",
            "with x as (select 1) select a from x",
        ] {
            assert_eq!(columns(sql), None, "{sql}");
        }
    }

    #[test]
    fn refuses_what_is_not_one_statement() {
        let err = |sql| Statement::parse(sql, Dialect::Sqlite).unwrap_err();
        assert_eq!(err(" -- nothing\n"), StatementError::Empty);
        assert_eq!(err("select 1; drop table t"), StatementError::Several);
        assert_eq!(err("select 'x"), StatementError::Open("a string"));
        assert_eq!(err("select ?"), StatementError::Positional("?".into()));
        assert_eq!(err("select $1"), StatementError::Positional("$1".into()));
    }
}
