//! A template read back into a tree, so that the view can follow edits made to it by hand.
//!
//! Owns the subset ChatKit Studio emits: JSON with expressions, conditions and loops at places where a value or a child
//! can stand. What is outside of it is named, with its place; nothing is guessed.

use std::ops::Range;

use serde_json::Value;

use super::ast::{Child, Expr, Node, Prop};
use crate::template::outline::{self, Odd, Piece};

/// Reads a template.
///
/// # Errors
/// The first thing that has no counterpart in JSX, with its place in the template.
pub(super) fn tree(template: &str) -> Result<Node, Odd> {
    let pieces = outline::outline(template).map_err(|e| Odd {
        what: format!("something that is no template ({})", e.message),
        place: e.span.unwrap_or_default(),
    })?;
    let mut reader = Reader { pieces: &pieces, at: 0, offset: 0 };
    let root = reader.node()?;
    reader.end()?;
    Ok(root)
}

struct Reader<'p> {
    pieces: &'p [Piece],
    at: usize,
    /// Bytes read of the text at `at`.
    offset: usize,
}

fn odd<T>(what: impl Into<String>, place: Range<usize>) -> Result<T, Odd> {
    Err(Odd { what: what.into(), place })
}

fn place_of(piece: &Piece) -> Range<usize> {
    match piece {
        Piece::Text(text, at) => *at..at + text.len(),
        Piece::Print(_, place)
        | Piece::If(_, _, _, place)
        | Piece::For(_, _, _, place)
        | Piece::Set(_, _, place)
        | Piece::Block(_, _, place) => place.clone(),
        Piece::Odd(odd) => odd.place.clone(),
    }
}

impl<'p> Reader<'p> {
    fn inside(pieces: &'p [Piece]) -> Self {
        Self { pieces, at: 0, offset: 0 }
    }

    /// What is left of the text here; `None` at anything else.
    fn text(&mut self) -> Option<(&'p str, usize)> {
        loop {
            match self.pieces.get(self.at)? {
                Piece::Text(text, at) => {
                    let rest = text.get(self.offset..).unwrap_or_default();
                    if !rest.is_empty() {
                        return Some((rest, at + self.offset));
                    }
                    self.at += 1;
                    self.offset = 0;
                }
                _ => return None,
            }
        }
    }

    fn peek(&mut self) -> Option<char> {
        loop {
            let (rest, _) = self.text()?;
            let trimmed = rest.trim_start();
            self.offset += rest.len() - trimmed.len();
            if let Some(c) = trimmed.chars().next() {
                return Some(c);
            }
        }
    }

    /// The piece here that is no text.
    fn piece(&mut self) -> Option<&'p Piece> {
        match self.peek() {
            Some(_) => None,
            None => self.pieces.get(self.at),
        }
    }

    fn skip(&mut self) {
        self.at += 1;
        self.offset = 0;
    }

    fn here(&mut self) -> Range<usize> {
        if let Some((_, at)) = self.text() {
            return at..at + 1;
        }
        let last = self.pieces.get(self.at).or_else(|| self.pieces.last());
        last.map(place_of).unwrap_or_default()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.offset += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), Odd> {
        if self.take(wanted) {
            return Ok(());
        }
        match self.piece() {
            Some(Piece::Odd(what)) => Err(what.clone()),
            Some(Piece::Set(name, _, place)) => odd(format!("`set {name}`"), place.clone()),
            _ => odd(format!("something else than `{wanted}`"), self.here()),
        }
    }

    fn end(&mut self) -> Result<(), Odd> {
        if self.peek().is_none() && self.piece().is_none() {
            return Ok(());
        }
        odd("something after the end", self.here())
    }

    /// A component: an object with `type`.
    fn node(&mut self) -> Result<Node, Odd> {
        let place = self.here();
        self.expect('{')?;
        let mut node = Node::new("");
        self.members(|reader, name| {
            match name.as_str() {
                "type" => match reader.value()? {
                    Prop::Literal(Value::String(kind)) => node.kind = kind,
                    _ => return odd("a computed `type`", reader.here()),
                },
                "children" => node.children = Some(reader.children()?),
                _ => {
                    let value = reader.value()?;
                    node.props.push((name, value));
                }
            }
            Ok(())
        })?;
        if node.kind.is_empty() { odd("an object without `type` among children", place) } else { Ok(node) }
    }

    /// The members of an object up to its end.
    fn members(&mut self, mut member: impl FnMut(&mut Self, String) -> Result<(), Odd>) -> Result<(), Odd> {
        if self.take('}') {
            return Ok(());
        }
        loop {
            if self.peek() != Some('"') {
                self.expect('"')?;
            }
            let name = self.string()?;
            self.expect(':')?;
            member(self, name)?;
            if self.take('}') {
                return Ok(());
            }
            self.expect(',')?;
        }
    }

    fn string(&mut self) -> Result<String, Odd> {
        let place = self.here();
        let Some((rest, at)) = self.text() else { return odd("a text", place) };
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, c)| match c {
            _ if escaped => {
                escaped = false;
                false
            }
            '\\' => {
                escaped = true;
                false
            }
            c => *c == '"',
        });
        let Some((end, _)) = end else {
            return odd("a text with an expression inside of its quotes", at..at + rest.len());
        };
        let json = rest.get(..=end).unwrap_or_default();
        self.offset += json.len();
        serde_json::from_str(json).or_else(|_| odd("a text that is no JSON", at..at + json.len()))
    }

    fn value(&mut self) -> Result<Prop, Odd> {
        match self.peek() {
            Some('{') => {
                self.take('{');
                let mut members = Vec::new();
                self.members(|reader, name| {
                    let value = reader.value()?;
                    members.push((name, value));
                    Ok(())
                })?;
                Ok(Prop::Object(members))
            }
            Some('[') => self.list(),
            Some('"') => self.string().map(|text| Prop::Literal(Value::String(text))),
            Some(_) => self.word(),
            None => self.computed(),
        }
    }

    fn list(&mut self) -> Result<Prop, Odd> {
        self.take('[');
        let mut all = Vec::new();
        if self.take(']') {
            return Ok(Prop::List(all));
        }
        loop {
            if let Some(Piece::Block(_, _, place) | Piece::For(_, _, _, place)) = self.piece() {
                return odd("a loop in a prop", place.clone());
            }
            all.push(self.value()?);
            if self.take(']') {
                return Ok(Prop::List(all));
            }
            self.expect(',')?;
        }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Prop, Odd> {
        let place = self.here();
        let Some((rest, at)) = self.text() else { return odd("a value", place) };
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        self.offset += word.len();
        match serde_json::from_str(word) {
            Ok(value) => Ok(Prop::Literal(value)),
            Err(_) => odd("something that is no JSON", at..at + word.len().max(1)),
        }
    }

    fn computed(&mut self) -> Result<Prop, Odd> {
        let Some(piece) = self.piece() else { return odd("the end of the template", self.here()) };
        let value = match piece {
            Piece::Print(Ok(Expr::Json(of)), _) => match of.as_ref() {
                Expr::Literal(Value::Null) => Prop::Absent,
                Expr::Name(name) if name == "undefined" => Prop::Absent,
                other => Prop::from(other.clone()),
            },
            Piece::Print(Ok(_), place) => return odd("an expression without `tojson`", place.clone()),
            Piece::If(test, then, otherwise, place) => {
                let branch = |pieces: &'p [Piece]| {
                    let mut reader = Reader::inside(pieces);
                    if reader.peek().is_none() && reader.piece().is_none() {
                        return odd("a value that is printed only sometimes", place.clone());
                    }
                    let value = reader.value()?;
                    reader.end()?;
                    Ok(value)
                };
                Prop::Choice(test.clone()?, Box::new(branch(then)?), Box::new(branch(otherwise)?))
            }
            Piece::Print(Err(what), _) | Piece::Odd(what) => return Err(what.clone()),
            other => return odd("a statement where a value stands", place_of(other)),
        };
        self.skip();
        Ok(value)
    }

    /// What stands at `children`.
    fn children(&mut self) -> Result<Vec<Child>, Odd> {
        match self.peek() {
            Some('{') => return Ok(vec![self.node()?.into()]),
            Some('[') => self.take('['),
            Some(_) => return self.word().map(|_| Vec::new()),
            None => return odd("computed children", self.here()),
        };
        let all = self.among(true)?;
        self.expect(']')?;
        Ok(all)
    }

    /// Children up to a bracket or to the end. Commas stand before, between or nowhere: the blocks of the Studio begin
    /// with one.
    fn among(&mut self, in_list: bool) -> Result<Vec<Child>, Odd> {
        let mut all = Vec::new();
        loop {
            match self.peek() {
                Some(',') => drop(self.take(',')),
                Some('{') => all.push(self.node()?.into()),
                Some(']') if in_list => return Ok(all),
                Some(_) => return odd("something that is no component", self.here()),
                None => match self.piece() {
                    None => return Ok(all),
                    Some(piece) => self.statement(piece, &mut all)?,
                },
            }
        }
    }

    fn statement(&mut self, piece: &'p Piece, all: &mut Vec<Child>) -> Result<(), Odd> {
        self.skip();
        match piece {
            Piece::If(test, then, otherwise, _) => {
                let then = Reader::inside(then).among(false)?;
                let otherwise = Reader::inside(otherwise).among(false)?;
                all.push(Child::If { test: test.clone()?, then, otherwise });
            }
            Piece::For(item, list, body, _) => {
                let index = body.iter().find_map(|piece| match piece {
                    Piece::Set(name, Ok(Expr::Name(of)), _) if of == "index" => Some(name.clone()),
                    _ => None,
                });
                let body = Reader::inside(body).among(false)?;
                all.push(Child::For { item: item.clone(), index, list: list.clone()?, body });
            }
            // The block and the expression that prints it without its first comma.
            Piece::Block(name, body, place) => {
                all.extend(Reader::inside(body).among(false)?);
                match self.piece() {
                    Some(Piece::Print(Ok(Expr::Choice(_, yes, no)), _))
                        if **no == Expr::name(name)
                            && matches!(yes.as_ref(), Expr::Slice(of, _, _) if **of == Expr::name(name)) =>
                    {
                        self.skip();
                    }
                    _ => return odd(format!("`set {name}` that is not printed at once"), place.clone()),
                }
            }
            // The name of the index, taken above.
            Piece::Set(_, Ok(Expr::Name(of)), _) if of == "index" => {}
            Piece::Set(name, _, place) => return odd(format!("`set {name}`"), place.clone()),
            Piece::Print(Err(what), _) | Piece::Odd(what) => return Err(what.clone()),
            Piece::Print(_, place) => return odd("a child that is an expression", place.clone()),
            Piece::Text(..) => {}
        }
        Ok(())
    }
}
