//! The small parts of which generated widgets are made: a value as text, a badge, a row of label and value.
//!
//! Owns how one value looks. Which values are shown, and where, is [`super::layout`]'s.

use serde_json::{Value, json};

use super::ast::{Child, Expr, Node, Prop};
use super::shape::{Field, Kind, Shape};
use super::words;

/// What is around a value: the object it is a member of, and which loop variables are taken.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// `None`: the top of the data.
    pub(super) base: Option<Expr>,
    /// The currency of amounts in the same object.
    pub(super) currency: Option<Expr>,
    /// Names that a loop cannot give its items.
    pub(super) taken: Vec<String>,
}

impl Scope {
    /// Where a member's value is.
    pub(super) fn at(&self, field: &Field) -> Expr {
        match &self.base {
            None => Expr::name(&field.name),
            Some(base) => base.clone().member(&field.name),
        }
    }

    /// The scope inside of an object with these members.
    pub(super) fn inside(&self, base: Option<Expr>, fields: &[Field]) -> Self {
        let mut inner = Self { base, currency: None, taken: self.taken.clone() };
        let currency = fields.iter().find(|f| words::is_currency(&f.name) && f.is_short() && !f.nullable);
        inner.currency = currency.map(|f| inner.at(f)).or_else(|| self.currency.clone());
        inner
    }

    /// A name for the items of a loop, and the scope with it taken.
    pub(super) fn item(&self, wanted: &str) -> (String, Self) {
        let free = |name: &String| !self.taken.contains(name);
        let name = std::iter::once(wanted.to_owned())
            .chain((2..).map(|n| format!("{wanted}{n}")))
            .find(free)
            .unwrap_or_else(|| wanted.to_owned());
        let mut inner = self.clone();
        inner.taken.push(name.clone());
        (name, inner)
    }
}

/// The condition under which there is something to show; `None`: always.
pub(super) fn guard(field: &Field, at: &Expr) -> Option<Expr> {
    let asked = if field.nullable { at.clone().or_null() } else { at.clone() };
    match &field.shape {
        Shape::List(_) | Shape::Map(_) => Some(asked),
        Shape::Any => Some(at.clone().or_null().given()),
        Shape::Text(_) | Shape::Object(_) if field.nullable => Some(asked),
        _ if field.nullable => Some(asked.given()),
        _ => None,
    }
}

/// A component, if its value is there.
pub(super) fn guarded(field: &Field, at: &Expr, node: impl Into<Child>) -> Child {
    match guard(field, at) {
        Some(test) => Child::when(test, node),
        None => node.into(),
    }
}

/// A value as a text. It must be there.
pub(super) fn text(field: &Field, at: &Expr, scope: &Scope) -> Prop {
    let joined = |parts: Vec<Expr>| Prop::Computed(Expr::Join(parts));
    match &field.shape {
        Shape::Text(Kind::DateTime) => {
            joined(vec![at.clone().slice(0, 10), Expr::text(" "), at.clone().slice(11, 16)])
        }
        Shape::Text(_) => Prop::Computed(at.clone()),
        Shape::Number { .. } => joined(amount(field, at, scope)),
        Shape::Bool => Prop::Choice(
            at.clone(),
            Box::new(Prop::Literal(json!("Yes"))),
            Box::new(Prop::Literal(json!("No"))),
        ),
        Shape::Scalar => Prop::Computed(at.clone().into_text()),
        Shape::List(_) => joined(vec![Expr::Length(Box::new(at.clone())), Expr::text("")]),
        _ => Prop::Computed(Expr::Json(Box::new(at.clone()))),
    }
}

/// The parts of a number's text.
fn amount(field: &Field, at: &Expr, scope: &Scope) -> Vec<Expr> {
    if let Some(sign) = words::currency_sign(&field.name) {
        return vec![Expr::text(sign), at.clone()];
    }
    if words::is_percent(&field.name) {
        return vec![at.clone(), Expr::text("%")];
    }
    match &scope.currency {
        Some(currency) if words::is_money(&field.name) => vec![at.clone(), Expr::text(" "), currency.clone()],
        _ => vec![Expr::text(""), at.clone()],
    }
}

/// A value's text with its label before it: `Quantity: 2`.
pub(super) fn labelled(field: &Field, at: &Expr, scope: &Scope) -> Prop {
    let before = format!("{}: ", field.label);
    let parts = match text(field, at, scope) {
        Prop::Computed(Expr::Join(parts)) => parts,
        Prop::Computed(other) => vec![other],
        Prop::Choice(test, yes, no) => {
            let told = |prop: &Prop| match prop {
                Prop::Literal(Value::String(word)) => Prop::Literal(json!(format!("{before}{word}"))),
                other => other.clone(),
            };
            return Prop::Choice(test, Box::new(told(&yes)), Box::new(told(&no)));
        }
        other => return other,
    };
    let parts = parts.into_iter().filter(|part| *part != Expr::text(""));
    Prop::Computed(Expr::Join(std::iter::once(Expr::text(before)).chain(parts).collect()))
}

/// A state as a badge, with a colour by its meaning.
pub(super) fn badge(field: &Field, at: &Expr, scope: &Scope) -> Node {
    Node::new("Badge")
        .prop("label", text(field, at, scope))
        .prop("color", color(field, at))
        .set("variant", "soft")
        .set("pill", true)
}

fn color(field: &Field, at: &Expr) -> Prop {
    let plain = Prop::Literal(json!("secondary"));
    let choice = |tests: Vec<Expr>, color: &str, other: Prop| match tests.into_iter().reduce(Expr::or) {
        Some(test) => Prop::Choice(test, Box::new(Prop::Literal(json!(color))), Box::new(other)),
        None => other,
    };
    match &field.shape {
        Shape::Bool => choice(vec![at.clone()], "success", plain),
        Shape::Text(Kind::Choice(values)) => {
            ["info", "warning", "danger", "success"].into_iter().fold(plain, |other, color| {
                let of = values.iter().filter(|value| words::color(value) == Some(color));
                choice(of.map(|value| at.clone().equals(value)).collect(), color, other)
            })
        }
        Shape::Text(_) => usual_colors(field, at, plain),
        _ => plain,
    }
}

/// Colours of usual states, written as the example is.
fn usual_colors(field: &Field, at: &Expr, plain: Prop) -> Prop {
    let example = field.examples.iter().find_map(Value::as_str).unwrap_or_default();
    let upper = !example.is_empty() && !example.contains(char::is_lowercase);
    let capital = !upper && example.starts_with(char::is_uppercase);
    let join = if example.contains('_') || upper {
        "_"
    } else if example.contains('-') {
        "-"
    } else {
        " "
    };
    let written = |word: &str| {
        let word = word.replace(' ', join);
        match () {
            () if upper => word.to_uppercase(),
            () if capital => words::label(&word),
            () => word,
        }
    };
    let known = words::color(example);
    let states: Vec<(&str, &[&str])> = words::usual_states().collect();
    let mut prop = plain;
    if known == Some("info") {
        prop =
            Prop::Choice(at.clone().equals(example), Box::new(Prop::Literal(json!("info"))), Box::new(prop));
    }
    for (color, list) in states.into_iter().rev() {
        let mut all: Vec<String> = list.iter().map(|word| written(word)).collect();
        if known == Some(color) && !all.iter().any(|word| word == example) {
            all.insert(0, example.to_owned());
        }
        if let Some(test) = all.iter().map(|word| at.clone().equals(word)).reduce(Expr::or) {
            prop = Prop::Choice(test, Box::new(Prop::Literal(json!(color))), Box::new(prop));
        }
    }
    prop
}

/// The text of a link in Markdown.
pub(super) fn link(field: &Field, at: &Expr) -> Node {
    let before = format!("[{}](", field.label.replace(['[', ']'], ""));
    let value = Expr::Join(vec![Expr::text(before), at.clone(), Expr::text(")")]);
    Node::new("Markdown").prop("value", Prop::Computed(value))
}

/// A row of a label and a value.
pub(super) fn row(field: &Field, at: &Expr, scope: &Scope) -> Child {
    let value = match &field.shape {
        Shape::Bool => badge(field, at, scope),
        Shape::Text(Kind::Choice(_)) if words::state_rank(&field.name).is_some() => badge(field, at, scope),
        _ if takes_lines(field) => {
            let label = caption(&field.label);
            let text =
                Node::new("Text").prop("value", text(field, at, scope)).set("size", "sm").set("maxLines", 6);
            return guarded(field, at, Node::new("Col").set("gap", 0).with(vec![label.into(), text.into()]));
        }
        _ => value(field, at, scope),
    };
    // A text may be long: the label keeps its room.
    if matches!(field.shape, Shape::Text(Kind::Plain) | Shape::Scalar) {
        let label = Node::new("Box").set("minWidth", 96).with(vec![label_text(&field.label).into()]);
        let spread = Node::new("Row").set("align", "start").set("gap", 3);
        let children = vec![label.into(), Node::new("Spacer").into(), value.into()];
        return guarded(field, at, spread.with(children));
    }
    guarded(field, at, label_and(&field.label, value))
}

/// Whether a value needs lines of its own.
fn takes_lines(field: &Field) -> bool {
    const ROOM: usize = 36;
    let long = |value: &Value| value.as_str().is_some_and(|text| text.chars().count() > ROOM);
    match &field.shape {
        Shape::Text(Kind::Long) | Shape::Any => true,
        Shape::Text(Kind::Plain) | Shape::Scalar => field.examples.iter().any(long),
        _ => false,
    }
}

fn label_text(label: impl Into<Expr>) -> Node {
    Node::new("Text").prop("value", label.into()).set("size", "sm").set("color", "secondary")
}

fn value(field: &Field, at: &Expr, scope: &Scope) -> Node {
    let weight = if words::is_total(&field.name) && field.is_number() { "semibold" } else { "medium" };
    Node::new("Text")
        .prop("value", text(field, at, scope))
        .set("size", "sm")
        .set("weight", weight)
        .set("textAlign", "end")
}

/// A label on the left, something on the right.
pub(super) fn label_and(label: impl Into<Expr>, value: Node) -> Node {
    let label = label_text(label);
    Node::new("Row").set("align", "start").set("gap", 3).with(vec![
        label.into(),
        Node::new("Spacer").into(),
        value.into(),
    ])
}

impl From<&String> for Expr {
    fn from(text: &String) -> Self {
        Self::text(text.as_str())
    }
}

pub(super) fn caption(text: &str) -> Node {
    Node::new("Caption").set("value", text)
}

/// A number in a tile.
pub(super) fn tile(field: &Field, at: &Expr, scope: &Scope) -> Child {
    let number =
        Node::new("Text").prop("value", text(field, at, scope)).set("size", "lg").set("weight", "semibold");
    let node = Node::new("Box")
        .set("flex", 1)
        .set("minWidth", 88)
        .set("padding", 3)
        .set("radius", "lg")
        .set("background", "surface-secondary")
        .with(vec![caption(&field.label).into(), number.into()]);
    guarded(field, at, node)
}

/// A picture.
pub(super) fn image(field: &Field, at: &Expr, alt: Option<Prop>, size: u32) -> Child {
    let round = words::split(&field.name).iter().any(|word| word == "avatar");
    let mut node = Node::new("Image").prop("src", Prop::Computed(at.clone()));
    node = node.prop("alt", alt.unwrap_or_else(|| Prop::Literal(json!(field.label))));
    guarded(field, at, node.set("size", size).set("radius", if round { "full" } else { "lg" }))
}
