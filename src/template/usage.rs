//! Which parts of the data a template reads, told without running it.
//!
//! Owns following names: loop variables to the list they walk, `set` to what is assigned. What cannot be followed is
//! left out, so every path told is really read.

use std::collections::HashMap;
use std::ops::Range;

use minijinja::machinery::ast::{self, Expr, Stmt};

use super::rewrite;

/// One step of a path into the data.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// A member of an object.
    Field(String),
    /// Every item of a list.
    Items,
}

/// One place at which a template reads data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What is read.
    pub path: Vec<Step>,
    /// Where in the source.
    pub span: Range<usize>,
    /// It may be absent: the template asks first, or gives a default.
    pub guarded: bool,
}

type Path = Vec<Step>;

/// The uses of a template, and whether a name `index` is used in a loop that nothing defines.
pub(super) fn of(tree: &Stmt<'_>) -> (Vec<Use>, bool) {
    let mut walker =
        Walker { scopes: vec![HashMap::new()], uses: Vec::new(), guards: Vec::new(), loops: 0, index: false };
    walker.stmt(tree);
    let mut uses: Vec<Use> = Vec::new();
    for used in walker.uses {
        if !uses.contains(&used) {
            uses.push(used);
        }
    }
    (uses, walker.index)
}

struct Walker {
    /// Names defined by the template, with the path they stand for if that is known.
    scopes: Vec<HashMap<String, Option<Path>>>,
    uses: Vec<Use>,
    /// Paths that a condition around has asked for.
    guards: Vec<Path>,
    loops: usize,
    index: bool,
}

impl Walker {
    fn define(&mut self, name: &str, path: Option<Path>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), path);
        }
    }

    fn targets(&mut self, target: &Expr<'_>, path: Option<Path>) {
        match target {
            Expr::Var(v) => self.define(v.id, path),
            Expr::List(l) => l.items.iter().for_each(|item| self.targets(item, None)),
            Expr::Tuple(t) => t.items.iter().for_each(|item| self.targets(item, None)),
            _ => {}
        }
    }

    fn scoped(&mut self, body: impl FnOnce(&mut Self)) {
        self.scopes.push(HashMap::new());
        body(self);
        self.scopes.pop();
    }

    fn stmts(&mut self, stmts: &[Stmt<'_>]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt<'_>) {
        match stmt {
            Stmt::Template(t) => self.stmts(&t.children),
            Stmt::EmitExpr(e) => self.expr(&e.expr, false),
            Stmt::EmitRaw(_) => {}
            Stmt::ForLoop(f) => self.for_loop(f),
            Stmt::IfCond(c) => self.condition(c),
            Stmt::WithBlock(w) => self.scoped(|this| {
                for (target, value) in &w.assignments {
                    this.assign(target, value);
                }
                this.stmts(&w.body);
            }),
            Stmt::Set(s) => self.assign(&s.target, &s.expr),
            Stmt::SetBlock(s) => {
                self.scoped(|this| this.stmts(&s.body));
                self.targets(&s.target, None);
            }
            Stmt::AutoEscape(a) => self.stmts(&a.body),
            Stmt::FilterBlock(f) => self.stmts(&f.body),
            Stmt::Macro(m) => {
                self.define(m.name, None);
                self.macro_body(m);
            }
            Stmt::CallBlock(c) => {
                self.call(&c.call);
                self.macro_body(&c.macro_decl);
            }
            Stmt::Do(d) => self.call(&d.call),
        }
    }

    fn assign(&mut self, target: &Expr<'_>, value: &Expr<'_>) {
        self.expr(value, false);
        let path = self.path(value);
        self.targets(target, path);
    }

    fn macro_body(&mut self, m: &ast::Macro<'_>) {
        self.scoped(|this| {
            m.args.iter().for_each(|arg| this.targets(arg, None));
            for name in ["caller", "varargs", "kwargs"] {
                this.define(name, None);
            }
            this.stmts(&m.body);
        });
    }

    fn for_loop(&mut self, f: &ast::ForLoop<'_>) {
        self.expr(&f.iter, false);
        let item = self.path(&f.iter).map(|mut path| {
            path.push(Step::Items);
            path
        });
        self.loops += 1;
        self.scoped(|this| {
            this.define("loop", None);
            this.targets(&f.target, item);
            f.filter_expr.iter().for_each(|condition| this.expr(condition, false));
            this.stmts(&f.body);
        });
        self.loops -= 1;
        self.scoped(|this| this.stmts(&f.else_body));
    }

    fn condition(&mut self, c: &ast::IfCond<'_>) {
        self.expr(&c.expr, false);
        let before = self.guards.len();
        self.guard(&c.expr);
        self.stmts(&c.true_body);
        self.guards.truncate(before);
        self.stmts(&c.false_body);
    }

    /// Remembers what a condition asks for.
    fn guard(&mut self, expr: &Expr<'_>) {
        match expr {
            Expr::BinOp(b) if matches!(b.op, ast::BinOpKind::ScAnd | ast::BinOpKind::ScOr) => {
                self.guard(&b.left);
                self.guard(&b.right);
            }
            Expr::UnaryOp(u) => self.guard(&u.expr),
            Expr::Test(t) => self.guard(&t.expr),
            Expr::Compare(c) => self.guard(&c.expr),
            other => self.guards.extend(self.path(other)),
        }
    }

    /// The path an expression stands for, if it is nothing but one. `x or []` and `x | default([])` stand for `x`.
    fn path(&self, expr: &Expr<'_>) -> Option<Path> {
        match expr {
            Expr::Var(v) => self.resolve(v.id),
            Expr::GetAttr(a) => self.path(&a.expr).map(|path| extend(path, a.name)),
            Expr::GetItem(i) => {
                let mut path = self.path(&i.expr)?;
                let Expr::Const(key) = &i.subscript_expr else { return None };
                match key.value.as_str() {
                    Some(name) => path.push(Step::Field(name.to_owned())),
                    None => path.push(Step::Items),
                }
                Some(path)
            }
            Expr::BinOp(b) if matches!(b.op, ast::BinOpKind::ScOr) => self.path(&b.left),
            Expr::Filter(f) if matches!(f.name, "default" | "d" | "list" | "sort" | "reverse") => {
                self.path(f.expr.as_ref()?)
            }
            Expr::Slice(s) => self.path(&s.expr),
            _ => None,
        }
    }

    /// What a name stands for: `None` if it is the template's own and cannot be followed.
    fn resolve(&self, name: &str) -> Option<Path> {
        match self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            Some(own) => own.clone(),
            None => Some(extend(Vec::new(), name)),
        }
    }

    fn expr(&mut self, expr: &Expr<'_>, guarded: bool) {
        match expr {
            Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) => self.read(expr, guarded),
            Expr::Const(_) => {}
            Expr::Slice(s) => {
                self.expr(&s.expr, guarded);
                s.start.iter().chain(&s.stop).chain(&s.step).for_each(|part| self.expr(part, false));
            }
            Expr::UnaryOp(u) => self.expr(&u.expr, guarded),
            Expr::BinOp(b) => {
                self.expr(&b.left, guarded);
                let before = self.guards.len();
                if matches!(b.op, ast::BinOpKind::ScAnd) {
                    self.guard(&b.left);
                }
                self.expr(&b.right, guarded);
                self.guards.truncate(before);
            }
            Expr::Compare(c) => {
                self.expr(&c.expr, guarded);
                c.ops.iter().for_each(|op| self.expr(&op.expr, guarded));
            }
            Expr::IfExpr(i) => {
                self.expr(&i.test_expr, guarded);
                let before = self.guards.len();
                self.guard(&i.test_expr);
                self.expr(&i.true_expr, guarded);
                self.guards.truncate(before);
                i.false_expr.iter().for_each(|value| self.expr(value, guarded));
            }
            Expr::Filter(f) => {
                let asks = matches!(f.name, "default" | "d");
                f.expr.iter().for_each(|value| self.expr(value, guarded || asks));
                self.arguments(&f.args);
            }
            Expr::Test(t) => {
                let asks = matches!(t.name, "defined" | "undefined" | "none");
                self.expr(&t.expr, guarded || asks);
                self.arguments(&t.args);
            }
            Expr::Call(c) => self.call(c),
            Expr::List(l) => l.items.iter().for_each(|item| self.expr(item, guarded)),
            Expr::Tuple(t) => t.items.iter().for_each(|item| self.expr(item, guarded)),
            Expr::Map(m) => m.keys.iter().chain(&m.values).for_each(|part| self.expr(part, guarded)),
        }
    }

    fn read(&mut self, expr: &Expr<'_>, guarded: bool) {
        if let Expr::Var(v) = expr {
            let own = self.scopes.iter().any(|scope| scope.contains_key(v.id));
            self.index |= v.id == "index" && self.loops > 0 && !own;
        }
        if let Expr::GetItem(i) = expr {
            self.expr(&i.subscript_expr, false);
        }
        let Some(path) = self.path(expr) else {
            return match expr {
                Expr::GetAttr(a) => self.expr(&a.expr, guarded),
                Expr::GetItem(i) => self.expr(&i.expr, guarded),
                _ => {}
            };
        };
        let asked = self.guards.iter().any(|guard| path.starts_with(guard) || guard.starts_with(&path));
        let span = rewrite::start(expr, "")..expr.span().end_offset as usize;
        self.uses.push(Use { path, span, guarded: guarded || asked });
    }

    fn call(&mut self, call: &ast::Call<'_>) {
        match &call.expr {
            // A method: what it is called on is read.
            Expr::GetAttr(a) => self.expr(&a.expr, false),
            Expr::Var(_) => {}
            other => self.expr(other, false),
        }
        self.arguments(&call.args);
    }

    fn arguments(&mut self, arguments: &[ast::CallArg<'_>]) {
        for argument in arguments {
            match argument {
                ast::CallArg::Pos(value)
                | ast::CallArg::Kwarg(_, value)
                | ast::CallArg::PosSplat(value)
                | ast::CallArg::KwargSplat(value) => self.expr(value, false),
            }
        }
    }
}

fn extend(mut path: Path, name: &str) -> Path {
    path.push(Step::Field(name.to_owned()));
    path
}
