//! A template taken apart: texts, expressions, conditions and loops, for those that write it in another language.
//!
//! Owns the way from the engine's syntax tree to one that says only what ChatKit's templates use. What else a template
//! holds is named with its place; it is for the reader to refuse.

use std::ops::Range;

use minijinja::machinery::ast::{self, BinOpKind, CallArg, CompareOpKind, Stmt, UnaryOpKind};
use minijinja::machinery::{self, Span};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use serde_json::Value;

use super::{TemplateError, rewrite};

/// An expression over the data.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A name of the data, or of a loop.
    Name(String),
    /// `x.name`
    Member(Box<Expr>, String),
    /// `x["name"]`, `x[0]`, `x[key]`
    Index(Box<Expr>, Box<Expr>),
    /// `x[from:to]`
    Slice(Box<Expr>, Option<Box<Expr>>, Option<Box<Expr>>),
    /// A string, a number, a boolean or null.
    Literal(Value),
    /// Neither true, nor anything that counts as true.
    Not(Box<Expr>),
    /// The first if it counts as false, else the second.
    And(Box<Expr>, Box<Expr>),
    /// The first if it counts as true, else the second.
    Or(Box<Expr>, Box<Expr>),
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`, `+`, `-`, `*`, `/`, `%`
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// Texts joined.
    Join(Vec<Expr>),
    /// The second if the first counts as true, else the third.
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// It is neither absent nor null.
    Given(Box<Expr>),
    /// The second where the first is absent.
    Default(Box<Expr>, Box<Expr>),
    /// How many.
    Length(Box<Expr>),
    /// The names in an object.
    Keys(Box<Expr>),
    /// Its JSON, as a text.
    Json(Box<Expr>),
    /// A list.
    List(Vec<Expr>),
    /// An object.
    Object(Vec<(String, Expr)>),
}

/// A part of a template.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Text that is printed as it is, and where it begins in the source.
    Text(String, usize),
    /// `{{ … }}`
    Print(Result<Expr, Odd>, Range<usize>),
    /// `{% if %}`
    If(Result<Expr, Odd>, Vec<Piece>, Vec<Piece>, Range<usize>),
    /// `{% for item in list %}`
    For(String, Result<Expr, Odd>, Vec<Piece>, Range<usize>),
    /// `{% set name = … %}`
    Set(String, Result<Expr, Odd>, Range<usize>),
    /// `{% set name %}…{% endset %}`
    Block(String, Vec<Piece>, Range<usize>),
    /// Anything else.
    Odd(Odd),
}

/// Something of Jinja that ChatKit's templates do not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// What it is, as a noun.
    pub what: String,
    /// Bytes in the source.
    pub place: Range<usize>,
}

/// Takes a template apart.
///
/// # Errors
/// The first place at which the source is no template.
pub fn outline(source: &str) -> Result<Vec<Piece>, TemplateError> {
    rewrite::check_shape(source)?;
    let tree = machinery::parse(source, "template", SyntaxConfig::default())
        .map_err(|e| super::engine::told(&e, None))?;
    match &tree {
        Stmt::Template(template) => Ok(pieces(&template.children, source)),
        _ => Ok(Vec::new()),
    }
}

fn bytes(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

fn pieces(all: &[Stmt<'_>], source: &str) -> Vec<Piece> {
    all.iter().map(|stmt| piece(stmt, source)).collect()
}

fn piece(stmt: &Stmt<'_>, source: &str) -> Piece {
    let odd = |what: &str, span: Span| Piece::Odd(Odd { what: what.to_owned(), place: bytes(span) });
    match stmt {
        Stmt::EmitRaw(text) => {
            // A raw text is a part of the source; how far it is from its start tells where.
            let at = (text.raw.as_ptr() as usize).saturating_sub(source.as_ptr() as usize);
            Piece::Text(text.raw.to_owned(), at)
        }
        Stmt::EmitExpr(print) => Piece::Print(expr(&print.expr), bytes(print.span())),
        Stmt::IfCond(cond) => Piece::If(
            expr(&cond.expr),
            pieces(&cond.true_body, source),
            pieces(&cond.false_body, source),
            bytes(cond.expr.span()),
        ),
        Stmt::ForLoop(each) => match &each.target {
            ast::Expr::Var(name)
                if each.filter_expr.is_none() && each.else_body.is_empty() && !each.recursive =>
            {
                let list = expr(&each.iter);
                Piece::For(name.id.to_owned(), list, pieces(&each.body, source), bytes(each.iter.span()))
            }
            _ => odd("a `for` with a condition, an `else` or several names", each.iter.span()),
        },
        Stmt::Set(set) => match &set.target {
            ast::Expr::Var(name) => Piece::Set(name.id.to_owned(), expr(&set.expr), bytes(set.span())),
            _ => odd("a `set` of several names", set.span()),
        },
        Stmt::SetBlock(set) => match &set.target {
            ast::Expr::Var(name) if set.filter.is_none() => {
                Piece::Block(name.id.to_owned(), pieces(&set.body, source), bytes(name.span()))
            }
            _ => odd("a `set` with a filter", set.span()),
        },
        Stmt::Macro(it) => odd("a macro", it.span()),
        Stmt::CallBlock(it) => odd("a `call` block", it.span()),
        Stmt::FilterBlock(it) => odd("a `filter` block", it.span()),
        Stmt::WithBlock(it) => odd("a `with` block", it.span()),
        Stmt::Do(it) => odd("a `do`", it.span()),
        _ => Piece::Odd(Odd { what: "a statement".to_owned(), place: 0..0 }),
    }
}

fn boxed(of: &ast::Expr<'_>) -> Result<Box<Expr>, Odd> {
    expr(of).map(Box::new)
}

fn expr(of: &ast::Expr<'_>) -> Result<Expr, Odd> {
    let odd = |what: String| Err(Odd { what, place: bytes(of.span()) });
    Ok(match of {
        ast::Expr::Var(name) => Expr::Name(name.id.to_owned()),
        ast::Expr::Const(value) => match constant(&value.value) {
            Some(value) => Expr::Literal(value),
            None => return odd("a constant".to_owned()),
        },
        ast::Expr::GetAttr(get) => match (&get.expr, get.name) {
            (ast::Expr::Var(name), "index0") if name.id == "loop" => Expr::Name("index".to_owned()),
            (ast::Expr::Var(name), "index") if name.id == "loop" => {
                Expr::Binary("+", Box::new(Expr::Name("index".to_owned())), Box::new(Expr::Literal(1.into())))
            }
            (ast::Expr::Var(name), other) if name.id == "loop" => return odd(format!("`loop.{other}`")),
            _ => Expr::Member(boxed(&get.expr)?, get.name.to_owned()),
        },
        ast::Expr::GetItem(get) => Expr::Index(boxed(&get.expr)?, boxed(&get.subscript_expr)?),
        ast::Expr::Slice(slice) => {
            if slice.step.is_some() {
                return odd("a slice with a step".to_owned());
            }
            let bound = |bound: &Option<ast::Expr<'_>>| bound.as_ref().map(boxed).transpose();
            Expr::Slice(boxed(&slice.expr)?, bound(&slice.start)?, bound(&slice.stop)?)
        }
        ast::Expr::UnaryOp(op) => match (&op.op, &op.expr) {
            (UnaryOpKind::Not, ast::Expr::Test(test)) if test.name == "none" => {
                Expr::Given(boxed(&test.expr)?)
            }
            (UnaryOpKind::Not, _) => Expr::Not(boxed(&op.expr)?),
            (UnaryOpKind::Neg, _) => Expr::Binary("-", Box::new(Expr::Literal(0.into())), boxed(&op.expr)?),
        },
        ast::Expr::BinOp(op) => return binary(op),
        ast::Expr::Compare(compare) => match compare.ops.as_slice() {
            [one] => match comparison(&one.op) {
                Some(op) => Expr::Binary(op, boxed(&compare.expr)?, boxed(&one.expr)?),
                None => return odd("`in`".to_owned()),
            },
            _ => return odd("several comparisons in a row".to_owned()),
        },
        ast::Expr::IfExpr(choice) => {
            let no = choice.false_expr.as_ref().map_or(Ok(Expr::Literal(Value::Null)), expr)?;
            Expr::Choice(boxed(&choice.test_expr)?, boxed(&choice.true_expr)?, Box::new(no))
        }
        ast::Expr::Filter(filter) => return filtered(filter, bytes(of.span())),
        ast::Expr::Test(test) => match test.name {
            "none" => Expr::Not(Box::new(Expr::Given(boxed(&test.expr)?))),
            "defined" => Expr::Binary("!=", boxed(&test.expr)?, Box::new(Expr::Name("undefined".to_owned()))),
            other => return odd(format!("the test `is {other}`")),
        },
        ast::Expr::List(list) => Expr::List(list.items.iter().map(expr).collect::<Result<_, _>>()?),
        ast::Expr::Map(map) => Expr::Object(members(map)?),
        ast::Expr::Call(_) => return odd("a call".to_owned()),
        ast::Expr::Tuple(_) => return odd("a tuple".to_owned()),
    })
}

fn members(map: &ast::Map<'_>) -> Result<Vec<(String, Expr)>, Odd> {
    let members = map.keys.iter().zip(&map.values).map(|(key, value)| match expr(key)? {
        Expr::Literal(Value::String(name)) => Ok((name, expr(value)?)),
        _ => Err(Odd { what: "a computed name in an object".to_owned(), place: bytes(key.span()) }),
    });
    members.collect()
}

fn comparison(op: &CompareOpKind) -> Option<&'static str> {
    Some(match op {
        CompareOpKind::Eq => "==",
        CompareOpKind::Ne => "!=",
        CompareOpKind::Lt => "<",
        CompareOpKind::Lte => "<=",
        CompareOpKind::Gt => ">",
        CompareOpKind::Gte => ">=",
        CompareOpKind::In | CompareOpKind::NotIn => return None,
    })
}

fn binary(op: &ast::Spanned<ast::BinOp<'_>>) -> Result<Expr, Odd> {
    let (left, right) = (boxed(&op.left)?, boxed(&op.right)?);
    let sign = match op.op {
        BinOpKind::ScAnd => return Ok(Expr::And(left, right)),
        BinOpKind::ScOr => return Ok(Expr::Or(left, right)),
        BinOpKind::Concat => {
            let mut parts = match *left {
                Expr::Join(parts) => parts,
                other => vec![other],
            };
            parts.push(*right);
            return Ok(Expr::Join(parts));
        }
        BinOpKind::Eq => "==",
        BinOpKind::Ne => "!=",
        BinOpKind::Lt => "<",
        BinOpKind::Lte => "<=",
        BinOpKind::Gt => ">",
        BinOpKind::Gte => ">=",
        BinOpKind::Add => "+",
        BinOpKind::Sub => "-",
        BinOpKind::Mul => "*",
        BinOpKind::Div => "/",
        BinOpKind::Rem => "%",
        BinOpKind::In | BinOpKind::FloorDiv | BinOpKind::Pow => {
            return Err(Odd { what: "an operator (`in`, `//` or `**`)".to_owned(), place: bytes(op.span()) });
        }
    };
    Ok(Expr::Binary(sign, left, right))
}

fn filtered(filter: &ast::Spanned<ast::Filter<'_>>, place: Range<usize>) -> Result<Expr, Odd> {
    let odd = |what: String| Err(Odd { what, place: place.clone() });
    let Some(of) = &filter.expr else { return odd("a filter of a block".to_owned()) };
    let of = boxed(of)?;
    match (filter.name, filter.args.as_slice()) {
        ("default" | "d", [CallArg::Pos(other)]) => Ok(Expr::Default(of, boxed(other)?)),
        ("default" | "d", [CallArg::Pos(other), CallArg::Pos(ast::Expr::Const(flag))])
            if flag.value.is_true() =>
        {
            Ok(Expr::Or(of, boxed(other)?))
        }
        ("length" | "count", []) => Ok(Expr::Length(of)),
        ("tojson", []) => Ok(Expr::Json(of)),
        ("list", []) => Ok(Expr::Keys(of)),
        ("string", []) => Ok(Expr::Join(vec![*of])),
        (other, _) => odd(format!("the filter `{other}`")),
    }
}

fn constant(value: &minijinja::Value) -> Option<Value> {
    Some(match value.kind() {
        ValueKind::None | ValueKind::Undefined => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::String => Value::String(value.as_str()?.to_owned()),
        ValueKind::Number => serde_json::from_str(&value.to_string()).ok()?,
        _ => return None,
    })
}
