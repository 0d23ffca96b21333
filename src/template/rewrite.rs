//! What has to be changed in a template's source before the engine compiles it.
//!
//! Owns finding the places, in the engine's own syntax tree, and putting text there; and the way back from places in
//! the changed source to the source as written. Only differences that no hook of the engine can cure are here:
//!
//! - `for x in null` raises in jinja2: the list goes through a filter that refuses what cannot be walked over.
//! - `==` with something undefined raises in jinja2: operands that may be undefined go through a filter.
//! - `{% set l = [] %}` makes a list that can be appended to in jinja2. What `set` holds on to is also bounded in its
//!   nesting: values inside of values without end could not be dropped again.
//! - Inside a loop a free name `index` is the zero-based index: ChatKit Studio loses the second parameter of
//!   `.map((x, index) => …)`. If the data itself has a member `index`, that wins, as it does in ChatKit.
//! - `{{ … | tojson }}` prints JSON without making a text of it first: the one change made for speed alone.
//! - `~` writes floats as Python does: only for data with floats that need an exponent.

use std::ops::Range;

use minijinja::Error;
use minijinja::machinery::ast::{self, Expr, Stmt};
use minijinja::machinery::{self, Span, Token};
use minijinja::syntax::SyntaxConfig;

use super::usage::{self, Use};
use super::{ErrorKind, TemplateError};

/// Refuses what a `for` cannot walk over.
pub(super) const ITEMS: &str = "toolface_items";
/// Refuses what is undefined.
pub(super) const DEFINED: &str = "toolface_defined";
/// Bounds the nesting of what is held on to.
pub(super) const HELD: &str = "toolface_held";
/// Does the same and makes a list one can append to.
pub(super) const LIST: &str = "toolface_list";
/// Makes a value print as JSON: `tojson` with [`PRINT`] put before it.
pub(super) const PRINT_JSON: &str = "toolface_tojson";
const PRINT: &str = "toolface_";
/// Python's `str`.
pub(super) const TEXT: &str = "toolface_text";

/// Brackets inside each other, and operators in a row, that a template may have. The parser recurses on both.
const MAX_NESTING: usize = 100;
const MAX_OPERATORS: usize = 2000;

/// What a template's syntax tree says.
#[derive(Debug)]
pub(super) struct Plan {
    edits: Vec<(Purpose, Edit)>,
    pub(super) has_free_index: bool,
    pub(super) has_joins: bool,
    /// It can call itself.
    pub(super) can_go_deep: bool,
    pub(super) uses: Vec<Use>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Always,
    Index,
    Exponents,
}

#[derive(Debug, Clone)]
struct Edit {
    at: usize,
    text: String,
    /// Where the expression begins that this text is about.
    about: usize,
}

/// Which of the changes are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) index: bool,
    pub(super) exponents: bool,
}

/// A changed source, and where it was changed.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) text: String,
    inserted: Vec<Inserted>,
}

/// Text that was put into a source; in order of place.
#[derive(Debug)]
struct Inserted {
    at: usize,
    length: usize,
    about: usize,
}

impl Rewritten {
    /// A place of the changed source in the source as written. A place inside of what was put there is the expression
    /// it was put there for.
    pub(super) fn original(&self, range: Range<usize>) -> Range<usize> {
        let (start, about) = self.back(range.start);
        let (end, _) = self.back(range.end);
        about.unwrap_or(start).min(end)..end.max(start)
    }

    fn back(&self, at: usize) -> (usize, Option<usize>) {
        let mut shift = 0;
        for text in &self.inserted {
            let begins = text.at + shift;
            if begins >= at {
                break;
            }
            if begins + text.length > at {
                return (text.at, Some(text.about));
            }
            shift += text.length;
        }
        (at - shift, None)
    }
}

/// Refuses sources that the recursive parser could not take.
pub(super) fn check_shape(source: &str) -> Result<(), TemplateError> {
    let fault = |message: String, span: Span| TemplateError {
        kind: ErrorKind::Syntax,
        message,
        span: Some(span.start_offset as usize..span.end_offset as usize),
    };
    let (mut brackets, mut blocks, mut operators) = (0usize, 0usize, 0usize);
    let mut block_starts = false;
    for token in machinery::tokenize(source, false, SyntaxConfig::default()) {
        // A lexer's error is told by the parser, with its place.
        let Ok((token, span)) = token else { return Ok(()) };
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => brackets += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                brackets = brackets.saturating_sub(1)
            }
            Token::VariableStart => operators = 0,
            Token::BlockStart => {
                operators = 0;
                block_starts = true;
                continue;
            }
            Token::Ident("for" | "if" | "macro" | "call" | "filter" | "with") if block_starts => blocks += 1,
            Token::Ident("elif") if block_starts => blocks += 1,
            Token::Ident("endfor" | "endif" | "endmacro" | "endcall" | "endfilter" | "endwith")
                if block_starts =>
            {
                blocks = blocks.saturating_sub(1);
            }
            Token::TemplateData(_) => {}
            _ => operators += 1,
        }
        block_starts = false;
        if brackets > MAX_NESTING || blocks > MAX_NESTING {
            return Err(fault(format!("more than {MAX_NESTING} things are nested in each other here"), span));
        }
        if operators > MAX_OPERATORS {
            return Err(fault(format!("this expression has more than {MAX_OPERATORS} parts"), span));
        }
    }
    Ok(())
}

/// Reads a source.
pub(super) fn plan(source: &str) -> Result<Plan, Error> {
    let tree = machinery::parse(source, "template", SyntaxConfig::default())?;
    let mut finder =
        Finder { source, edits: Vec::new(), index_edits: Vec::new(), has_joins: false, can_go_deep: false };
    finder.stmt(&tree);
    let (uses, has_free_index) = usage::of(&tree);
    let Finder { mut edits, index_edits, has_joins, can_go_deep, .. } = finder;
    if has_free_index {
        edits.extend(index_edits.into_iter().map(|edit| (Purpose::Index, edit)));
    }
    // At one place, what closes an inner expression comes before what closes an outer one: they were found that way.
    edits.sort_by_key(|(_, edit)| edit.at);
    Ok(Plan { edits, has_free_index, has_joins, can_go_deep, uses })
}

/// Puts the wanted changes into a source.
pub(super) fn apply(source: &str, plan: &Plan, wanted: Wanted) -> Rewritten {
    let mut text = String::with_capacity(source.len() + plan.edits.len() * 24);
    let mut inserted = Vec::new();
    let mut from = 0;
    let edits = plan.edits.iter().filter(|(purpose, _)| match purpose {
        Purpose::Always => true,
        Purpose::Index => wanted.index,
        Purpose::Exponents => wanted.exponents,
    });
    for (_, edit) in edits {
        text.push_str(source.get(from..edit.at).unwrap_or_default());
        text.push_str(&edit.text);
        inserted.push(Inserted { at: edit.at, length: edit.text.len(), about: edit.about });
        from = edit.at;
    }
    text.push_str(source.get(from..).unwrap_or_default());
    Rewritten { text, inserted }
}

/// Where an expression begins. The span of one that begins with another (an operator, a member, a call, a filter) does
/// not begin where it does. Brackets around need no care: what is put inside of them stays balanced.
pub(super) fn start(expr: &Expr<'_>, source: &str) -> usize {
    let first = match expr {
        Expr::Slice(s) => &s.expr,
        Expr::BinOp(b) => &b.left,
        Expr::Compare(c) => &c.expr,
        Expr::IfExpr(i) => &i.true_expr,
        Expr::Filter(ast) => match &ast.expr {
            Some(input) => input,
            None => return expr.span().start_offset as usize,
        },
        Expr::Test(t) => &t.expr,
        Expr::GetAttr(a) => &a.expr,
        Expr::GetItem(i) => &i.expr,
        Expr::Call(c) => &c.expr,
        Expr::UnaryOp(u) => {
            let operand = start(&u.expr, source);
            let before = source.get(..operand).unwrap_or_default();
            let before = before.trim_end_matches(|c: char| c.is_whitespace() || c == '(');
            let sign = ["not", "-"].iter().find(|sign| before.ends_with(*sign));
            return sign.map_or(operand, |sign| before.len() - sign.len());
        }
        _ => return expr.span().start_offset as usize,
    };
    start(first, source)
}

/// Whether an expression makes no list or object that could hold another, and calls nothing.
fn is_plain(expr: &Expr<'_>) -> bool {
    match expr {
        Expr::Var(_) | Expr::Const(_) => true,
        Expr::UnaryOp(u) => is_plain(&u.expr),
        Expr::BinOp(b) => is_plain(&b.left) && is_plain(&b.right),
        Expr::GetAttr(a) => is_plain(&a.expr),
        Expr::GetItem(i) => is_plain(&i.expr) && is_plain(&i.subscript_expr),
        _ => false,
    }
}

struct Finder<'s> {
    source: &'s str,
    edits: Vec<(Purpose, Edit)>,
    index_edits: Vec<Edit>,
    has_joins: bool,
    can_go_deep: bool,
}

impl Finder<'_> {
    fn wrap(&mut self, purpose: Purpose, expr: &Expr<'_>, filter: &str) {
        let end = expr.span().end_offset as usize;
        let about = start(expr, self.source);
        self.edits.push((purpose, Edit { at: about, text: "(".to_owned(), about }));
        self.edits.push((purpose, Edit { at: end, text: format!(")|{filter}"), about }));
    }

    fn stmts(&mut self, stmts: &[Stmt<'_>]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt<'_>) {
        match stmt {
            Stmt::Template(t) => self.stmts(&t.children),
            Stmt::EmitExpr(e) => {
                self.expr(&e.expr);
                self.print(&e.expr);
            }
            Stmt::EmitRaw(_) => {}
            Stmt::ForLoop(f) => self.for_loop(f),
            Stmt::IfCond(c) => {
                self.expr(&c.expr);
                self.stmts(&c.true_body);
                self.stmts(&c.false_body);
            }
            Stmt::WithBlock(w) => {
                w.assignments.iter().for_each(|(_, value)| self.expr(value));
                self.stmts(&w.body);
            }
            Stmt::Set(s) => {
                self.expr(&s.expr);
                match &s.expr {
                    Expr::List(_) => self.wrap(Purpose::Always, &s.expr, LIST),
                    expr if !is_plain(expr) => self.wrap(Purpose::Always, expr, HELD),
                    _ => {}
                }
            }
            Stmt::SetBlock(s) => {
                s.filter.iter().for_each(|filter| self.expr(filter));
                self.stmts(&s.body);
            }
            Stmt::AutoEscape(a) => self.stmts(&a.body),
            Stmt::FilterBlock(f) => self.stmts(&f.body),
            Stmt::Macro(m) => {
                self.can_go_deep = true;
                m.defaults.iter().for_each(|value| self.expr(value));
                self.stmts(&m.body);
            }
            Stmt::CallBlock(c) => {
                self.call(&c.call);
                self.stmts(&c.macro_decl.body);
            }
            Stmt::Do(d) => self.call(&d.call),
        }
    }

    /// `x | tojson`, printed as it is.
    fn print(&mut self, expr: &Expr<'_>) {
        let Expr::Filter(filter) = expr else { return };
        let (Some(input), "tojson", []) = (&filter.expr, filter.name, filter.args.as_slice()) else { return };
        // The name stands at the end of the expression, after `|`.
        let end = expr.span().end_offset as usize;
        let name = end.checked_sub("tojson".len()).filter(|at| self.source.get(*at..end) == Some("tojson"));
        if let Some(at) = name {
            let about = start(input, self.source);
            self.edits.push((Purpose::Always, Edit { at, text: PRINT.to_owned(), about }));
        }
    }

    fn for_loop(&mut self, stmt: &ast::ForLoop<'_>) {
        self.can_go_deep |= stmt.recursive;
        self.expr(&stmt.iter);
        self.wrap(Purpose::Always, &stmt.iter, ITEMS);
        stmt.filter_expr.iter().for_each(|condition| self.expr(condition));
        if let Some((at, trims)) = self.tag_end(&stmt.filter_expr.as_ref().unwrap_or(&stmt.iter).span()) {
            let end = if trims { "-%}" } else { "%}" };
            self.index_edits.push(Edit { at, text: format!("{{%set index=loop.index0 {end}"), about: at });
        }
        self.stmts(&stmt.body);
        self.stmts(&stmt.else_body);
    }

    /// The byte after the `%}` that ends the tag in which `span` lies, and whether it trims what follows.
    fn tag_end(&self, span: &Span) -> Option<(usize, bool)> {
        let from = span.end_offset as usize;
        let rest = self.source.get(from..)?;
        // Between a loop's list and the end of its tag stands nothing but brackets and `recursive`.
        let end = from + rest.find("%}")? + 2;
        let before = self.source.get(..end - 2)?;
        Some((end, before.ends_with('-')))
    }

    fn expr(&mut self, expr: &Expr<'_>) {
        match expr {
            Expr::Var(_) | Expr::Const(_) => {}
            Expr::Slice(s) => {
                self.expr(&s.expr);
                s.start.iter().chain(&s.stop).chain(&s.step).for_each(|part| self.expr(part));
            }
            Expr::UnaryOp(u) => self.expr(&u.expr),
            Expr::BinOp(b) => self.operator(b),
            Expr::Compare(c) => {
                for operand in std::iter::once(&c.expr).chain(c.ops.iter().map(|op| &op.expr)) {
                    self.expr(operand);
                    self.may_be_undefined(operand);
                }
            }
            Expr::IfExpr(i) => {
                self.expr(&i.test_expr);
                self.expr(&i.true_expr);
                i.false_expr.iter().for_each(|value| self.expr(value));
            }
            Expr::Filter(f) => {
                f.expr.iter().for_each(|value| self.expr(value));
                self.arguments(&f.args);
            }
            Expr::Test(t) => {
                self.expr(&t.expr);
                self.arguments(&t.args);
            }
            Expr::GetAttr(a) => self.expr(&a.expr),
            Expr::GetItem(i) => {
                self.expr(&i.expr);
                self.expr(&i.subscript_expr);
            }
            Expr::Call(c) => self.call(c),
            Expr::List(l) => l.items.iter().for_each(|item| self.expr(item)),
            Expr::Tuple(t) => t.items.iter().for_each(|item| self.expr(item)),
            Expr::Map(m) => {
                m.keys.iter().chain(&m.values).for_each(|part| self.expr(part));
            }
        }
    }

    fn operator(&mut self, op: &ast::BinOp<'_>) {
        use ast::BinOpKind::{Concat, Eq, Gt, Gte, In, Lt, Lte, Ne};
        self.expr(&op.left);
        self.expr(&op.right);
        match op.op {
            Concat => {
                self.has_joins = true;
                self.wrap(Purpose::Exponents, &op.left, TEXT);
                self.wrap(Purpose::Exponents, &op.right, TEXT);
            }
            Eq | Ne | Lt | Lte | Gt | Gte | In => {
                self.may_be_undefined(&op.left);
                self.may_be_undefined(&op.right);
            }
            _ => {}
        }
    }

    fn may_be_undefined(&mut self, expr: &Expr<'_>) {
        if matches!(expr, Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_)) {
            self.wrap(Purpose::Always, expr, DEFINED);
        }
    }

    fn call(&mut self, call: &ast::Call<'_>) {
        self.expr(&call.expr);
        self.arguments(&call.args);
    }

    fn arguments(&mut self, arguments: &[ast::CallArg<'_>]) {
        for argument in arguments {
            match argument {
                ast::CallArg::Pos(value)
                | ast::CallArg::Kwarg(_, value)
                | ast::CallArg::PosSplat(value)
                | ast::CallArg::KwargSplat(value) => self.expr(value),
            }
        }
    }
}
