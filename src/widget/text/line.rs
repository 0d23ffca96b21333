//! One line of text: a few pieces, what part each plays, and how they are joined.
//!
//! Owns the difference between "label: value", "this · that" and "**name** [badge]". Must not look at a tree.

use super::escape;
use super::layout::Block;

/// A few words of one component.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    /// The words, escaped but without emphasis. Never empty, but for an empty field.
    pub(super) words: String,
    pub(super) role: Role,
    /// Counts the spacers before it in its row.
    pub(super) side: usize,
    pub(super) italic: bool,
    pub(super) struck: bool,
    /// Whether it has a width of its own, as labels in a column have.
    pub(super) tabbed: bool,
    pub(super) field: Option<Box<Field>>,
}

/// The part a piece plays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Role {
    Title,
    Strong,
    /// A little heavier than plain, as group names often are.
    Medium,
    #[default]
    Plain,
    /// Set back by its colour.
    Muted,
    Caption,
    Note,
    Badge,
    Symbol,
    /// Nothing but a separator, as "•" or "→".
    Mark,
    Image,
    Field,
}

/// What is said of a form field beside its value.
#[derive(Debug, Clone, Default)]
pub(super) struct Field {
    /// How it is called where nothing else names it; nothing where its value does so itself.
    pub(super) label: Option<String>,
    /// Whether `label` was given for just this field, or its value names it.
    pub(super) named: bool,
    /// "(text, required, field `email`)"
    pub(super) note: String,
    /// A value of several paragraphs, to be quoted below.
    pub(super) quote: Vec<String>,
}

impl Field {
    /// Whether the text beside it can be its label.
    fn takes_label(&self) -> bool {
        !self.named || self.label.is_none()
    }

    pub(super) fn give_label(&mut self, label: &str) {
        (self.label, self.named) = (Some(label.to_owned()), true);
    }
}

/// A line: perhaps a label, then pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) label: Option<String>,
    pub(super) pieces: Vec<Piece>,
}

/// Longer than this, a single text is prose and gets a paragraph of its own.
const PROSE: usize = 90;

impl Piece {
    pub(super) fn new(role: Role, words: String) -> Option<Self> {
        (!words.is_empty()).then(|| Self { words, role, ..Self::default() })
    }

    /// Whether it is a picture whose description is among `texts`, which are sorted.
    pub(super) fn echoes(&self, texts: &[String]) -> bool {
        self.role == Role::Image && texts.binary_search(&self.words).is_ok()
    }

    fn is_text(&self) -> bool {
        !matches!(self.role, Role::Badge | Role::Symbol | Role::Mark | Role::Image | Role::Field)
    }

    /// Whether it stands back behind its neighbours.
    fn is_quiet(&self) -> bool {
        matches!(self.role, Role::Caption | Role::Muted)
    }

    fn is_loud(&self) -> bool {
        matches!(self.role, Role::Title | Role::Strong)
    }

    /// Whether it could name something: a few words, no sentence, no number or time.
    fn could_name(&self) -> bool {
        let words = self.words.trim_end_matches(':');
        self.is_text()
            && words.chars().any(char::is_alphanumeric)
            && words.chars().count() <= 32
            && words.split(' ').count() <= 5
            && !words.ends_with(['.', '!', ','])
            && !words.starts_with(|c: char| c.is_ascii_digit() || "+-$€£".contains(c))
    }

    fn has_digit(&self) -> bool {
        self.words.bytes().any(|b| b.is_ascii_digit())
    }

    /// Writes it, loud pieces in strong letters if that is wanted.
    fn write(&self, strong: bool, out: &mut String) {
        if let Some(label) = self.field.as_ref().and_then(|f| f.label.as_ref()) {
            out.extend(["**", &colon(label), "** "]);
        }
        let marks = [
            ("**", strong && self.is_loud()),
            ("_", self.italic || self.role == Role::Note),
            ("~~", self.struck),
        ];
        marks.iter().filter(|(_, on)| *on).for_each(|(mark, _)| out.push_str(mark));
        match self.role {
            Role::Badge => out.extend(["[", &self.words, "]"]),
            Role::Image => out.extend(["[image: ", &self.words, "]"]),
            _ => out.push_str(&self.words),
        }
        marks.iter().rev().filter(|(_, on)| *on).for_each(|(mark, _)| out.push_str(mark));
        if let Some(field) = &self.field {
            out.push_str(if self.words.is_empty() { "" } else { " " });
            out.push_str(&field.note);
        }
    }
}

impl Line {
    pub(super) fn of(piece: Piece) -> Self {
        Self { label: None, pieces: vec![piece] }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.iter().all(|p| p.role == Role::Mark)
    }

    /// Whether there is nothing in it but one symbol, which decorates more than it says.
    pub(super) fn is_decoration(&self) -> bool {
        self.label.is_none() && matches!(self.pieces.as_slice(), [only] if only.role == Role::Symbol)
    }

    /// Whether it is a title, perhaps with badges and what stands back behind it.
    pub(super) fn is_heading(&self) -> bool {
        let mut pieces = self.pieces.iter();
        self.label.is_none()
            && pieces.next().is_some_and(|p| p.role == Role::Title)
            && pieces.all(|p| matches!(p.role, Role::Badge | Role::Symbol) || p.is_quiet())
    }

    /// Whether it is one long text.
    pub(super) fn is_prose(&self) -> bool {
        let long = |p: &Piece| !p.is_loud() && p.is_text() && p.words.chars().count() > PROSE;
        let quoted = |p: &Piece| p.field.as_ref().is_some_and(|f| !f.quote.is_empty());
        self.only().is_some_and(long) || self.pieces.iter().any(quoted)
    }

    /// Whether it is one of those that come in rows: "label: value", a field, or a text behind a sign.
    pub(super) fn is_fact(&self) -> bool {
        let signed = matches!(self.pieces.as_slice(), [first, _, ..] if first.role == Role::Symbol);
        self.label.is_some() || signed || self.has_field()
    }

    /// Whether there are only badges and signs in it.
    fn is_tag(&self) -> bool {
        self.label.is_none() && self.pieces.iter().all(|p| matches!(p.role, Role::Badge | Role::Symbol))
    }

    /// The lines of a column as one fact, if it is a caption and what it heads, or a figure and what names it.
    pub(super) fn fact_of(lines: &[&Line]) -> Option<Line> {
        let [above, below, tags @ ..] = lines else { return None };
        let (first, second) = (above.only()?, below.only()?);
        if !tags.iter().all(|line| line.is_tag()) {
            return None;
        }
        let (label, value) = match (first.heads(second), first.is_figure_of(second)) {
            (true, _) => (first, second),
            (_, true) => (second, first),
            _ => return None,
        };
        let tags = tags.iter().flat_map(|line| line.pieces.clone());
        Some(Line {
            label: Some(label.words.clone()),
            pieces: [value.clone()].into_iter().chain(tags).collect(),
        })
    }

    pub(super) fn has_field(&self) -> bool {
        self.pieces.iter().any(|p| p.role == Role::Field)
    }

    /// The only piece, if there is just one and no label.
    pub(super) fn only(&self) -> Option<&Piece> {
        match (&self.label, self.pieces.as_slice()) {
            (None, [only]) => Some(only),
            _ => None,
        }
    }

    /// What it is about, in a few words: its title or strong text, else its first text.
    pub(super) fn name(&self) -> Option<&str> {
        let texts = || self.pieces.iter().filter(|p| p.is_text());
        texts().find(|p| p.is_loud()).or_else(|| texts().next()).map(|p| p.words.as_str())
    }

    /// Adds the pieces of another line. Of several lines only the first can keep its label; the others have it in
    /// their words.
    pub(super) fn absorb(&mut self, mut other: Line, side: usize) {
        if self.pieces.is_empty() {
            self.label = other.label.take();
        } else {
            self.fold_label();
            other.fold_label();
        }
        other.pieces.iter_mut().for_each(|piece| piece.side = side);
        self.pieces.append(&mut other.pieces);
    }

    /// Adds a piece, as [`Line::absorb`] does.
    pub(super) fn push(&mut self, mut piece: Piece, side: usize) {
        self.fold_label();
        piece.side = side;
        self.pieces.push(piece);
    }

    /// Makes the label a part of the words.
    fn fold_label(&mut self) {
        if let (Some(label), Some(first)) = (self.label.take(), self.pieces.first_mut()) {
            first.words = format!("{} {}", colon(&label), first.words);
            first.role = Role::Plain;
        }
    }

    /// Drops pictures whose description is among `texts`, which are sorted.
    pub(super) fn drop_echoes(&mut self, texts: &[String]) {
        self.pieces.retain(|piece| !piece.echoes(texts));
    }

    /// Adds what the line of a row says, now that it is whole: lines for its fields, "label: value", or as it is.
    pub(super) fn settle(mut self, out: &mut Vec<Block>) {
        let last = self.pieces.len().saturating_sub(1);
        for (_, piece) in self.pieces.iter_mut().enumerate().filter(|(at, _)| *at > 0 && *at < last) {
            if piece.is_text() && is_mark(&piece.words) {
                piece.role = Role::Mark;
            }
        }
        if self.has_field() {
            out.extend(self.settle_fields().into_iter().map(Block::Line));
            return;
        }
        if let (None, [left, right @ ..]) = (&self.label, self.pieces.as_slice())
            && left.names(right)
        {
            self.label = Some(self.pieces.remove(0).words);
        }
        out.push(Block::Line(self));
    }

    /// Makes a label of the piece on the left of a spacer, whatever it looks like, if it can be one.
    pub(super) fn make_fact(&mut self) {
        if self.could_be_fact() {
            self.label = Some(self.pieces.remove(0).words);
        }
    }

    /// Whether another line is built as this one is: facts come in rows of one pattern.
    pub(super) fn is_like(&self, other: &Line) -> bool {
        let roles = |line: &Line| line.pieces.iter().map(|p| p.role).collect::<Vec<_>>();
        self.could_be_fact() && other.could_be_fact() && roles(self) == roles(other)
    }

    /// Whether it is two texts with a spacer between them, the left of which could name the right.
    pub(super) fn could_be_fact(&self) -> bool {
        match self.pieces.as_slice() {
            [left, right] => {
                self.label.is_none() && left.side != right.side && left.could_name() && right.is_text()
            }
            _ => false,
        }
    }

    /// One line per field. Text before a field is its label, other pieces stay where they are.
    fn settle_fields(self) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut before: Vec<Piece> = Vec::new();
        for mut piece in self.pieces {
            let Some(field) = &mut piece.field else {
                match lines.last_mut() {
                    // A unit or a hint after a field belongs to it, unless another field follows.
                    Some(line) if !piece.could_name() => line.pieces.push(piece),
                    _ => before.push(piece),
                }
                continue;
            };
            if let [only] = before.as_slice()
                && only.is_text()
                && field.takes_label()
            {
                field.give_label(&only.words);
                before.clear();
            }
            lines.extend(
                (!before.is_empty()).then(|| Line { label: None, pieces: std::mem::take(&mut before) }),
            );
            lines.push(Line::of(piece));
        }
        match lines.last_mut() {
            Some(line) => line.pieces.append(&mut before),
            None => lines.push(Line { label: None, pieces: before }),
        }
        lines
    }

    /// The field that still takes a label, if it is all there is.
    pub(super) fn unnamed_field(&mut self) -> Option<&mut Field> {
        let field = self.pieces.iter_mut().find_map(|p| p.field.as_deref_mut())?;
        (!field.named).then_some(field)
    }

    /// Writes it, label first.
    pub(super) fn write(&self, out: &mut String) {
        let begin = out.len();
        if let Some(label) = &self.label {
            out.push_str("**");
            out.push_str(&colon(label));
            out.push_str("**");
            out.push_str(if self.pieces.is_empty() { "" } else { " " });
        }
        let inner = self.pieces.iter().skip_while(|p| p.role == Role::Mark);
        let sides = self.is_two_sided();
        let (mut before, mut mark): (Option<&Piece>, Option<&str>) = (None, None);
        for piece in inner {
            if piece.role == Role::Mark {
                mark = Some(&piece.words);
                continue;
            }
            if let Some(before) = before {
                match mark {
                    Some(mark) => {
                        out.push(' ');
                        out.push_str(mark);
                        out.push(' ');
                    }
                    None => out.push_str(between(before, piece, sides)),
                }
            }
            let start = out.len();
            piece.write(self.label.is_none(), out);
            if start == begin {
                escape::guard(out, begin);
            }
            (before, mark) = (Some(piece), None);
        }
    }

    /// Writes a title without the emphasis that a heading has anyway.
    pub(super) fn write_heading(&self, out: &mut String) {
        let mut before: Option<&Piece> = None;
        for piece in &self.pieces {
            match before {
                None => out.push_str(&escape::heading(&piece.words)),
                Some(before) => {
                    out.push_str(between(before, piece, false));
                    piece.write(true, out);
                }
            }
            before = Some(piece);
        }
    }

    /// Writes the words of all pieces in strong letters.
    pub(super) fn write_strong(&self, out: &mut String) {
        let words: Vec<&str> = self.pieces.iter().map(|p| p.words.as_str()).collect();
        out.extend(["**", &words.join(" "), "**"]);
    }

    /// Whether there are several things on one side of a spacer, so that the sides have to be told apart.
    fn is_two_sided(&self) -> bool {
        let texts: Vec<usize> = self.pieces.iter().filter(|p| p.is_text()).map(|p| p.side).collect();
        texts.first() != texts.last() && texts.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
    }
}

impl Piece {
    /// Whether it reads as the label of `right`, all that stands beside it.
    fn names(&self, right: &[Piece]) -> bool {
        let Some(first) = right.iter().find(|p| p.is_text()).or(right.first()) else { return false };
        let apart = right.iter().all(|p| p.side > self.side);
        if !self.could_name()
            || !(apart || right.len() == 1)
            || matches!(first.role, Role::Mark | Role::Image)
        {
            return false;
        }
        if self.words.ends_with(':') || (self.tabbed && first.is_text()) {
            return true;
        }
        if !apart {
            return self.role == Role::Caption
                && matches!(first.role, Role::Plain | Role::Title | Role::Strong);
        }
        let value = first.has_digit() && !self.has_digit();
        match self.role {
            Role::Title => false,
            _ if !first.is_text() => self.is_quiet(),
            _ => (self.is_quiet() && !first.is_quiet()) || first.is_loud() || (value && !first.is_quiet()),
        }
    }

    /// Whether it reads as the label of `below`, the only other text in its column.
    pub(super) fn heads(&self, below: &Piece) -> bool {
        self.is_quiet() && self.could_name() && below.is_text() && !below.is_quiet()
    }

    /// Whether it is a number that the text below it names, as in a tile of figures.
    pub(super) fn is_figure_of(&self, below: &Piece) -> bool {
        self.is_text() && self.has_digit() && !self.could_name() && below.is_quiet() && below.could_name()
    }

    /// Whether it could be the label of a field that follows it.
    pub(super) fn could_label(&self) -> bool {
        self.role != Role::Title && self.could_name()
    }
}

/// The texts that make a picture's description superfluous, sorted; nearly always none.
pub(super) fn texts_beside_pictures<'a>(pieces: impl Iterator<Item = &'a Piece> + Clone) -> Vec<String> {
    let pictures: Vec<&str> =
        pieces.clone().filter(|p| p.role == Role::Image).map(|p| p.words.as_str()).collect();
    if pictures.is_empty() {
        return Vec::new();
    }
    let echoed = pieces.filter(|p| p.is_text() && pictures.contains(&p.words.as_str()));
    let mut texts: Vec<String> = echoed.map(|p| p.words.clone()).collect();
    texts.sort_unstable();
    texts
}

/// What stands between two pieces.
fn between(before: &Piece, piece: &Piece, sides: bool) -> &'static str {
    match (before.role, piece.role) {
        (Role::Symbol, Role::Symbol) => "",
        (Role::Symbol, _) | (_, Role::Symbol | Role::Badge) => " ",
        _ if before.is_text() && before.words.ends_with(':') => " ",
        _ if sides && before.side != piece.side => " — ",
        _ => " · ",
    }
}

/// A label with its colon, unless it ends in a mark of its own.
fn colon(label: &str) -> String {
    let label = label.trim_end_matches(':').trim_end();
    if label.ends_with(['?', '!', '…']) { label.to_owned() } else { format!("{label}:") }
}

/// Whether a text between two others only keeps them apart.
pub(super) fn is_mark(text: &str) -> bool {
    matches!(text.trim(), "•" | "·" | "|" | "/" | "-" | "–" | "—" | "→" | "➔" | "›" | ">")
}
