//! A widget's tree as JSX, which ChatKit Studio calls the view.
//!
//! Owns the form: that of Prettier, with lines of 80 characters where they can be had. Must not decide what is shown.

use serde_json::Value;

use super::ast::{Child, Expr, Node, Prop, is_name};

const WIDTH: usize = 80;

/// The view of a widget.
pub(super) fn view(root: &Node) -> String {
    let mut out = String::new();
    node(root, 0, &mut out);
    out
}

fn pad(depth: usize) -> String {
    " ".repeat(depth)
}

fn node(node: &Node, depth: usize, out: &mut String) {
    let attributes: Vec<(&str, Js)> =
        node.props.iter().map(|(name, value)| (name.as_str(), js_of_prop(value))).collect();
    let children = node.children.as_deref().unwrap_or_default();
    let flat: String =
        attributes.iter().map(|(name, value)| format!(" {}", attribute(name, value))).collect();
    let end = if children.is_empty() { " />" } else { ">" };
    let one_line = format!("<{}{flat}{end}", node.kind);
    if depth + one_line.chars().count() <= WIDTH && !one_line.contains('\n') {
        out.push_str(&one_line);
    } else {
        out.push_str(&format!("<{}\n", node.kind));
        for (name, value) in &attributes {
            let one = attribute(name, value);
            let fits = depth + 2 + one.chars().count() <= WIDTH;
            let text = if fits { one } else { long_attribute(name, value, depth + 2) };
            out.push_str(&format!("{}{text}\n", pad(depth + 2)));
        }
        out.push_str(&pad(depth));
        out.push_str(end.trim_start());
    }
    if !children.is_empty() {
        out.push('\n');
        for child in children {
            out.push_str(&pad(depth + 2));
            among(child, depth + 2, out);
            out.push('\n');
        }
        out.push_str(&format!("{}</{}>", pad(depth), node.kind));
    }
}

/// A child as it stands among the children of an element.
fn among(child: &Child, depth: usize, out: &mut String) {
    match child {
        Child::Node(one) => node(one, depth, out),
        other => {
            out.push('{');
            value(other, depth, out);
            out.push('}');
        }
    }
}

/// A child as an expression.
fn value(child: &Child, depth: usize, out: &mut String) {
    match child {
        Child::Node(one) => in_parentheses(depth, out, |out| node(one, depth + 2, out)),
        Child::If { test, then, otherwise } => {
            out.push_str(&js(test).flat(Rank::Choice));
            out.push_str(" ? ");
            several(then, depth, out);
            out.push_str(" : ");
            several(otherwise, depth, out);
        }
        Child::For { item, index, list, body } => {
            let names = match index {
                Some(index) => format!("{item}, {index}"),
                None if body.iter().any(uses_index) => format!("{item}, index"),
                None => item.clone(),
            };
            out.push_str(&format!("{}.map(({names}) => ", js(list).flat(Rank::Unary)));
            match body.as_slice() {
                [Child::Node(_)] => several(body, depth, out),
                _ => in_parentheses(depth, out, |out| {
                    out.push_str(&pad(depth + 2));
                    fragment(body, depth + 2, out);
                }),
            }
            out.push(')');
        }
    }
}

fn several(all: &[Child], depth: usize, out: &mut String) {
    match all {
        [] => out.push_str("null"),
        [one] => value(one, depth, out),
        many => in_parentheses(depth, out, |out| {
            out.push_str(&pad(depth + 2));
            fragment(many, depth + 2, out);
        }),
    }
}

fn fragment(all: &[Child], depth: usize, out: &mut String) {
    out.push_str("<>\n");
    for child in all {
        out.push_str(&pad(depth + 2));
        among(child, depth + 2, out);
        out.push('\n');
    }
    out.push_str(&format!("{}</>", pad(depth)));
}

fn in_parentheses(depth: usize, out: &mut String, inner: impl FnOnce(&mut String)) {
    let mut text = String::new();
    inner(&mut text);
    let text = text.trim_start();
    out.push_str(&format!("(\n{}{text}\n{})", pad(depth + 2), pad(depth)));
}

fn uses_index(child: &Child) -> bool {
    format!("{child:?}").contains("Name(\"index\")")
}

fn attribute(name: &str, value: &Js) -> String {
    match value {
        Js::Atom(Rank::Primary, text) if text == "true" => name.to_owned(),
        Js::Text(text) if !text.contains(['"', '\\', '\n', '{', '&', '\r']) => format!("{name}=\"{text}\""),
        Js::Text(text) if text.contains('\n') => format!("{name}={{{}}}", template_literal(text)),
        other => format!("{name}={{{}}}", other.flat(Rank::Choice)),
    }
}

fn long_attribute(name: &str, value: &Js, depth: usize) -> String {
    match value {
        Js::Object(_) | Js::List(_) => format!("{name}={{{}}}", value.broken(depth)),
        Js::Choice(..) => {
            format!("{name}={{\n{}{}\n{}}}", pad(depth + 2), value.broken(depth + 2), pad(depth))
        }
        _ => attribute(name, value),
    }
}

/// How tightly an expression binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Choice,
    Or,
    And,
    Equal,
    Less,
    Add,
    Multiply,
    Unary,
    Primary,
}

/// An expression of JavaScript.
#[derive(Debug)]
enum Js {
    Atom(Rank, String),
    Text(String),
    Object(Vec<(String, Js)>),
    List(Vec<Js>),
    Choice(Box<Js>, Box<Js>, Box<Js>),
}

impl Js {
    /// In one line, as an operand of something that binds as tightly as `least`.
    fn flat(&self, least: Rank) -> String {
        match self {
            Self::Atom(rank, text) if *rank < least => format!("({text})"),
            Self::Atom(_, text) => text.clone(),
            Self::Text(text) => Value::String(text.clone()).to_string(),
            Self::Object(members) if members.is_empty() => "{}".to_owned(),
            Self::Object(members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{}: {}", key(name), value.flat(Rank::Choice)))
                    .collect();
                format!("{{ {} }}", members.join(", "))
            }
            Self::List(all) => {
                let all: Vec<String> = all.iter().map(|one| one.flat(Rank::Choice)).collect();
                format!("[{}]", all.join(", "))
            }
            Self::Choice(test, yes, no) => {
                let text = format!(
                    "{} ? {} : {}",
                    test.flat(Rank::Or),
                    yes.flat(Rank::Choice),
                    no.flat(Rank::Choice)
                );
                if least > Rank::Choice { format!("({text})") } else { text }
            }
        }
    }

    /// In as many lines as needed; the first begins at `depth`.
    fn broken(&self, depth: usize) -> String {
        let flat = self.flat(Rank::Choice);
        let inner = depth + 2;
        match self {
            _ if inner + flat.chars().count() <= WIDTH && !matches!(self, Self::Object(_)) => flat,
            Self::Object(members) => {
                let lines: String = members
                    .iter()
                    .map(|(name, value)| {
                        let key = key(name);
                        let flat = value.flat(Rank::Choice);
                        let fits = inner + key.len() + flat.chars().count() + 3 <= WIDTH;
                        let text = if fits { flat } else { value.broken(inner) };
                        format!("{}{key}: {text},\n", pad(inner))
                    })
                    .collect();
                format!("{{\n{lines}{}}}", pad(depth))
            }
            Self::List(all) => {
                let lines: String =
                    all.iter().map(|one| format!("{}{},\n", pad(inner), one.broken(inner))).collect();
                format!("[\n{lines}{}]", pad(depth))
            }
            Self::Choice(test, yes, no) => format!(
                "{}\n{}? {}\n{}: {}",
                test.flat(Rank::Or),
                pad(inner),
                yes.broken(inner),
                pad(inner),
                no.broken(inner)
            ),
            _ => flat,
        }
    }
}

fn key(name: &str) -> String {
    if is_name(name) { name.to_owned() } else { Value::String(name.to_owned()).to_string() }
}

fn js_of_prop(prop: &Prop) -> Js {
    match prop {
        Prop::Literal(value) => js_of_value(value),
        Prop::Computed(value) => js(value),
        Prop::Absent => Js::Atom(Rank::Primary, "undefined".to_owned()),
        Prop::Object(all) => {
            Js::Object(all.iter().map(|(name, value)| (name.clone(), js_of_prop(value))).collect())
        }
        Prop::List(all) => Js::List(all.iter().map(js_of_prop).collect()),
        Prop::Choice(test, yes, no) => {
            Js::Choice(Box::new(js(test)), Box::new(js_of_prop(yes)), Box::new(js_of_prop(no)))
        }
    }
}

fn js_of_value(value: &Value) -> Js {
    match value {
        Value::String(text) => Js::Text(text.clone()),
        Value::Array(all) => Js::List(all.iter().map(js_of_value).collect()),
        Value::Object(all) => {
            Js::Object(all.iter().map(|(name, value)| (name.clone(), js_of_value(value))).collect())
        }
        plain => Js::Atom(Rank::Primary, plain.to_string()),
    }
}

fn js(expr: &Expr) -> Js {
    let two = |op: &str, rank: Rank, a: &Expr, b: &Expr| {
        let next = [Rank::And, Rank::Equal, Rank::Less, Rank::Add, Rank::Multiply, Rank::Unary];
        let above = next.into_iter().find(|r| *r > rank).unwrap_or(Rank::Unary);
        Js::Atom(rank, format!("{} {op} {}", js(a).flat(rank), js(b).flat(above)))
    };
    let primary = |text: String| Js::Atom(Rank::Primary, text);
    let tight = |of: &Expr| js(of).flat(Rank::Primary);
    match expr {
        Expr::Name(name) => primary(name.clone()),
        Expr::Member(of, name) => primary(format!("{}.{name}", tight(of))),
        Expr::Index(of, key) => primary(format!("{}[{}]", tight(of), js(key).flat(Rank::Choice))),
        Expr::Slice(of, from, to) => {
            let bound = |bound: &Expr| js(bound).flat(Rank::Choice);
            let from = from.as_deref().map_or_else(|| "0".to_owned(), bound);
            let to = to.as_deref().map(|to| format!(", {}", bound(to))).unwrap_or_default();
            primary(format!("{}.slice({from}{to})", tight(of)))
        }
        Expr::Literal(value) => js_of_value(value),
        Expr::Not(of) => Js::Atom(Rank::Unary, format!("!{}", js(of).flat(Rank::Unary))),
        Expr::And(a, b) => two("&&", Rank::And, a, b),
        Expr::Or(a, b) => two("||", Rank::Or, a, b),
        Expr::Binary(op, a, b) => binary(op, a, b, two),
        Expr::Join(parts) => primary(join(parts)),
        Expr::Choice(test, yes, no) => Js::Choice(Box::new(js(test)), Box::new(js(yes)), Box::new(js(no))),
        Expr::Given(of) => Js::Atom(Rank::Equal, format!("{} != null", js(of).flat(Rank::Less))),
        // What is absent is undefined, which is as good as null here.
        Expr::Default(of, other) if **other == Expr::null() => js(of),
        Expr::Default(of, other) => {
            let operand = |expr: &Expr| js(expr).flat(Rank::Equal);
            Js::Atom(Rank::Choice, format!("{} ?? {}", operand(of), operand(other)))
        }
        Expr::Length(of) => primary(format!("{}.length", tight(of))),
        Expr::Keys(of) => primary(format!("Object.keys({})", js(of).flat(Rank::Choice))),
        Expr::Json(of) => primary(format!("JSON.stringify({})", js(of).flat(Rank::Choice))),
        Expr::List(all) => Js::List(all.iter().map(js).collect()),
        Expr::Object(all) => Js::Object(all.iter().map(|(name, value)| (name.clone(), js(value))).collect()),
    }
}

fn binary(op: &str, a: &Expr, b: &Expr, two: impl Fn(&str, Rank, &Expr, &Expr) -> Js) -> Js {
    match op {
        "==" => two("===", Rank::Equal, a, b),
        "!=" => two("!==", Rank::Equal, a, b),
        "+" | "-" => two(op, Rank::Add, a, b),
        "*" | "/" | "%" => two(op, Rank::Multiply, a, b),
        _ => two(op, Rank::Less, a, b),
    }
}

/// Texts joined, as a template literal.
fn join(parts: &[Expr]) -> String {
    let mut out = String::from("`");
    for part in parts {
        match part {
            Expr::Literal(Value::String(text)) => out.push_str(&in_backticks(text)),
            other => out.push_str(&format!("${{{}}}", js(other).flat(Rank::Choice))),
        }
    }
    out.push('`');
    out
}

fn template_literal(text: &str) -> String {
    format!("`{}`", in_backticks(text))
}

fn in_backticks(text: &str) -> String {
    text.replace('\\', "\\\\").replace('`', "\\`").replace("${", "\\${")
}
