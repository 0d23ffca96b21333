//! A widget's tree as the template ChatKit Studio would export.
//!
//! Owns the idioms of that compiler: literals stand as JSON, `{{ (x) | tojson }}`, conditions and loops around
//! children in a block `_c` whose first comma is cut off.

use serde_json::Value;

use super::ast::{Child, Expr, Node, Prop};

const END: &str = "{%- endset -%}{{- (_c[1:] if _c and _c[0] == ',' else _c) -}}";

/// The template of a widget.
pub(super) fn template(root: &Node) -> String {
    let mut out = String::new();
    node(root, &mut out);
    out
}

fn node(node: &Node, out: &mut String) {
    out.push_str("{\"type\":");
    literal(&Value::String(node.kind.clone()), out);
    for (name, value) in &node.props {
        out.push(',');
        literal(&Value::String(name.clone()), out);
        out.push(':');
        prop(value, out);
    }
    if let Some(all) = &node.children {
        out.push_str(",\"children\":[");
        children(all, out);
        out.push(']');
    }
    out.push('}');
}

fn children(all: &[Child], out: &mut String) {
    if all.iter().all(|child| matches!(child, Child::Node(_))) {
        for (n, child) in all.iter().enumerate() {
            if n > 0 {
                out.push(',');
            }
            if let Child::Node(one) = child {
                node(one, out);
            }
        }
        return;
    }
    out.push_str("{%- set _c -%}");
    all.iter().for_each(|one| child(one, out));
    out.push_str(END);
}

fn child(child_: &Child, out: &mut String) {
    match child_ {
        Child::Node(one) => {
            out.push(',');
            node(one, out);
        }
        Child::If { test, then, otherwise } => {
            out.push_str(&format!("{{%-if {} -%}}", bare(test)));
            then.iter().for_each(|one| child(one, out));
            out.push_str("{%-else-%}");
            otherwise.iter().for_each(|one| child(one, out));
            out.push_str("{%-endif-%}");
        }
        Child::For { item, index, list, body } => {
            out.push_str(&format!("{{%-for {item} in {} -%}}", bare(list)));
            if let Some(index) = index {
                out.push_str(&format!("{{%-set {index} = loop.index0 -%}}"));
            }
            body.iter().for_each(|one| child(one, out));
            out.push_str("{%-endfor-%}");
        }
    }
}

fn prop(value: &Prop, out: &mut String) {
    match value {
        Prop::Literal(value) => literal(value, out),
        Prop::Computed(value) => out.push_str(&format!("{{{{ ({}) | tojson }}}}", bare(value))),
        Prop::Absent => out.push_str("{{ (none) | tojson }}"),
        Prop::Object(members) => {
            out.push('{');
            for (n, (name, value)) in members.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                literal(&Value::String(name.clone()), out);
                out.push(':');
                prop(value, out);
            }
            out.push('}');
        }
        Prop::List(values) => {
            out.push('[');
            for (n, value) in values.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                prop(value, out);
            }
            out.push(']');
        }
        Prop::Choice(test, yes, no) => {
            out.push_str(&format!("{{% if {} %}}", bare(test)));
            prop(yes, out);
            out.push_str("{% else %}");
            prop(no, out);
            out.push_str("{% endif %}");
        }
    }
}

/// JSON that stays what it is in a template: in a text, the second character of `{{`, `{%` and `{#` is escaped.
fn literal(value: &Value, out: &mut String) {
    match value {
        Value::String(_) => {
            let json = value.to_string();
            let json = json.replace("{{", "{\\u007b").replace("{%", "{\\u0025").replace("{#", "{\\u0023");
            out.push_str(&json);
        }
        Value::Array(all) => {
            out.push('[');
            for (n, value) in all.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                literal(value, out);
            }
            out.push(']');
        }
        Value::Object(all) => {
            out.push('{');
            for (n, (name, value)) in all.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                literal(&Value::String(name.clone()), out);
                out.push(':');
                literal(value, out);
            }
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// An expression where nothing binds tighter.
fn bare(expr: &Expr) -> String {
    let text = tight;
    match expr {
        Expr::Not(of) => format!("not {}", text(of)),
        Expr::And(a, b) => format!("{} and {}", text(a), text(b)),
        Expr::Or(a, b) => format!("{} or {}", text(a), text(b)),
        Expr::Binary(op, a, b) => format!("{} {op} {}", text(a), text(b)),
        Expr::Given(of) => format!("{} is not none", text(of)),
        Expr::Choice(test, yes, no) => format!("{} if {} else {}", text(yes), text(test), text(no)),
        other => tight(other),
    }
}

/// An expression that can be an operand of anything.
fn tight(expr: &Expr) -> String {
    let list = |all: &[Expr], by: &str| all.iter().map(tight).collect::<Vec<_>>().join(by);
    match expr {
        Expr::Name(name) => name.clone(),
        Expr::Member(of, name) => format!("{}.{name}", tight(of)),
        Expr::Index(of, key) => format!("{}[{}]", tight(of), bare(key)),
        Expr::Slice(of, from, to) => {
            let bound = |bound: &Option<Box<Expr>>| bound.as_deref().map(tight).unwrap_or_default();
            format!("{}[{}:{}]", tight(of), bound(from), bound(to))
        }
        Expr::Literal(Value::Null) => "none".to_owned(),
        Expr::Literal(value) => value.to_string(),
        Expr::Join(parts) => format!("({})", list(parts, " ~ ")),
        Expr::Default(of, other) => format!("({} | default({}))", tight(of), bare(other)),
        Expr::Length(of) => format!("({} | length)", tight(of)),
        Expr::Keys(of) => format!("({} | list)", tight(of)),
        Expr::Json(of) => format!("({} | tojson)", tight(of)),
        Expr::List(all) => format!("[{}]", list(all, ", ")),
        Expr::Object(all) => {
            let members: Vec<String> = all
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::String(name.clone()), bare(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        other => format!("({})", bare(other)),
    }
}
