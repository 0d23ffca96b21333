//! Lists of objects: a list view, entries, a table or a chart.
//!
//! Owns the choice between them. Must not lay out anything around a list.

use serde_json::{Value, json};

use super::ast::{Child, Expr, Node, Prop};
use super::layout::{self, Roles, roles, title};
use super::parts::{self, Scope, guarded};
use super::shape::{Field, Kind, Shape};
use super::words;

/// Columns a table has room for.
const MAX_COLUMNS: usize = 4;
/// Values told below an entry's title.
const MAX_FACTS: usize = 10;

/// A list inside of a card.
pub(super) fn list(field: &Field, item: &Field, at: &Expr, scope: &Scope) -> Child {
    let Shape::Object(fields) = &item.shape else {
        return other_list(item, at, scope);
    };
    if let Some(chart) = chart(field, fields, at) {
        return chart.into();
    }
    let (name, inner) = scope.item("item");
    let inner = inner.inside(Some(Expr::name(&name)), fields);
    let roles = roles(fields);
    if fits_table(fields, &roles) && !item.nullable {
        return table(fields, &name, at, &inner).into();
    }
    let body = guarded(item, &Expr::name(&name), entry(&roles, &inner, &words::singular(&field.label)));
    let each = Child::For { item: name, index: None, list: at.clone(), body: vec![body] };
    Node::new("Col").set("gap", 3).with(vec![each]).into()
}

/// A list of lists, or of anything.
fn other_list(item: &Field, at: &Expr, scope: &Scope) -> Child {
    let (name, inner) = scope.item("item");
    let one = Expr::name(&name);
    let node: Child = match &item.shape {
        _ if item.is_scalar() => return layout::list_of_scalars(item, at, scope, false).into(),
        Shape::List(of) if of.is_scalar() => {
            guarded(item, &one, layout::list_of_scalars(of, &one, &inner, true))
        }
        _ => {
            let text = Node::new("Text").prop("value", Prop::Computed(Expr::Json(Box::new(one))));
            text.set("size", "sm").set("maxLines", 4).into()
        }
    };
    let each = Child::For { item: name, index: None, list: at.clone(), body: vec![node] };
    Node::new("Col").set("gap", 2).with(vec![each]).into()
}

/// An object with names that are data: a row for each.
pub(super) fn map(value: &Field, at: &Expr, scope: &Scope) -> Child {
    let (name, inner) = scope.item("key");
    let key = Expr::name(&name);
    let one = Expr::Index(Box::new(at.clone()), Box::new(key.clone()));
    let shown: Node = match &value.shape {
        Shape::Object(fields) => {
            let inner = inner.inside(Some(one.clone()), fields);
            let rows: Vec<Child> =
                fields.iter().take(MAX_FACTS).map(|f| parts::row(f, &inner.at(f), &inner)).collect();
            let mut children = vec![
                Node::new("Text")
                    .prop("value", Prop::Computed(key))
                    .set("size", "sm")
                    .set("weight", "medium")
                    .into(),
            ];
            children.extend(rows);
            Node::new("Col").set("gap", 1).with(children)
        }
        _ => {
            let text = Node::new("Text").prop("value", parts::text(value, &one, &inner)).set("size", "sm");
            parts::label_and(key, text.set("weight", "medium").set("textAlign", "end"))
        }
    };
    // What may be anything is shown as its JSON, and `null` is JSON too.
    let body = if matches!(value.shape, Shape::Any) { shown.into() } else { guarded(value, &one, shown) };
    let keys = Expr::Keys(Box::new(at.clone()));
    Node::new("Col")
        .set("gap", 2)
        .with(vec![Child::For { item: name, index: None, list: keys, body: vec![body] }])
        .into()
}

/// An object in a list: picture, title, what belongs to it, and on the right what it is about.
pub(super) fn entry(roles: &Roles<'_>, scope: &Scope, fallback: &str) -> Child {
    let right = roles.state.or_else(|| amount(roles));
    Node::new("Row")
        .set("align", "center")
        .set("gap", 3)
        .with(entry_parts(roles, scope, fallback, right))
        .into()
}

/// The amount an entry ends with.
fn amount<'f>(roles: &Roles<'f>) -> Option<&'f Field> {
    let numbers = || roles.facts.iter().copied().filter(|f| f.is_number() || words::is_money(&f.name));
    numbers().find(|f| words::is_total(&f.name)).or_else(|| numbers().find(|f| words::is_money(&f.name)))
}

/// The head of an object inside of a card: picture, title, what stands below it, and its state.
pub(super) fn heading(roles: &Roles<'_>, scope: &Scope) -> Child {
    let head = Roles {
        facts: Vec::new(),
        lists: Vec::new(),
        sections: Vec::new(),
        links: Vec::new(),
        ..roles.clone()
    };
    let parts = entry_parts(&head, scope, "", head.state);
    Node::new("Row").set("align", "center").set("gap", 3).with(parts).into()
}

fn entry_parts(roles: &Roles<'_>, scope: &Scope, fallback: &str, right: Option<&Field>) -> Vec<Child> {
    let mut children = Vec::new();
    let name = title(roles, scope, fallback);
    if let Some(field) = roles.image {
        children.push(parts::image(field, &scope.at(field), Some(name.clone()), 44));
    }
    let mut lines: Vec<Child> = Vec::new();
    if roles.title.is_some() {
        let text = Node::new("Text").prop("value", name).set("size", "sm").set("weight", "medium");
        lines.push(text.set("maxLines", 2).into());
    }
    for field in [roles.subtitle, roles.body].into_iter().flatten() {
        let at = scope.at(field);
        let text = Node::new("Caption").prop("value", parts::text(field, &at, scope)).set("maxLines", 2);
        lines.push(guarded(field, &at, text));
    }
    lines.extend(details(roles, scope, right));
    children.push(Node::new("Col").set("flex", 1).set("minWidth", 0).set("gap", 0).with(lines).into());
    if let Some(field) = right {
        let at = scope.at(field);
        let node = match roles.state {
            Some(state) if std::ptr::eq(state, field) => parts::badge(field, &at, scope),
            _ => Node::new("Text")
                .prop("value", parts::text(field, &at, scope))
                .set("size", "sm")
                .set("weight", "medium"),
        };
        children.push(guarded(field, &at, node));
    }
    children
}

/// What else is known of an entry, in small letters.
fn details(roles: &Roles<'_>, scope: &Scope, right: Option<&Field>) -> Vec<Child> {
    let mut small: Vec<Child> = Vec::new();
    let facts = roles.facts.iter().filter(|f| right.is_none_or(|r| !std::ptr::eq(r, **f)));
    let shown = facts.filter(|f| scope.currency.as_ref() != Some(&scope.at(f)));
    for field in shown.take(MAX_FACTS) {
        let at = scope.at(field);
        let text = if field.kind().is_some_and(|k| matches!(k, Kind::Date | Kind::DateTime | Kind::Email)) {
            parts::text(field, &at, scope)
        } else {
            parts::labelled(field, &at, scope)
        };
        small.push(guarded(field, &at, Node::new("Caption").prop("value", text)));
    }
    for field in &roles.sections {
        let at = scope.at(field);
        match &field.shape {
            Shape::Object(fields) => small.extend(nested_name(field, fields, &at, scope)),
            Shape::List(_) => {
                let parts =
                    vec![Expr::text(format!("{}: ", field.label)), Expr::Length(Box::new(at.clone()))];
                let text = Node::new("Caption").prop("value", Prop::Computed(Expr::Join(parts)));
                small.push(guarded(field, &at, text));
            }
            _ => {}
        }
    }
    let mut lines = Vec::new();
    if !small.is_empty() {
        lines.push(Node::new("Row").set("gap", "0 8px").set("wrap", "wrap").with(small).into());
    }
    for field in &roles.lists {
        let at = scope.at(field);
        let Shape::List(item) = &field.shape else { continue };
        lines.push(guarded(
            field,
            &at,
            layout::list_of_scalars(item, &at, scope, item.kind() == Some(&Kind::Plain))
                .set("margin", json!({"top": 1})),
        ));
    }
    for field in roles.links.iter().take(1) {
        let at = scope.at(field);
        lines.push(guarded(field, &at, parts::link(field, &at)));
    }
    lines
}

/// The name of an object inside of an entry: `Author: Mila`.
fn nested_name(field: &Field, fields: &[Field], at: &Expr, scope: &Scope) -> Option<Child> {
    let inner = scope.inside(Some(at.clone()), fields);
    let all = roles(fields);
    let name = all.title?;
    let one = inner.at(name);
    let mut text = name.clone();
    text.label.clone_from(&field.label);
    let caption = Node::new("Caption").prop("value", parts::labelled(&text, &one, &inner));
    Some(guarded(field, at, Node::new("Row").with(vec![guarded(name, &one, caption)])))
}

fn fits_table(fields: &[Field], roles: &Roles<'_>) -> bool {
    let short = |f: &Field| match &f.shape {
        Shape::Text(kind) => matches!(kind, Kind::Plain | Kind::Choice(_) | Kind::Date | Kind::Time),
        _ => f.is_scalar(),
    };
    let numbers = fields.iter().filter(|f| f.is_number()).count();
    (2..=MAX_COLUMNS).contains(&fields.len())
        && fields.iter().all(short)
        && roles.state.is_none()
        && numbers > 0
}

fn table(fields: &[Field], name: &str, at: &Expr, scope: &Scope) -> Node {
    let cell = |field: &Field, inner: Child| {
        let cell = Node::new("Table.Cell");
        let cell = if field.is_number() { cell.set("align", "end") } else { cell };
        Child::Node(cell.with(vec![inner]))
    };
    let head = fields.iter().map(|f| cell(f, parts::caption(&f.label).into())).collect();
    let cells = fields
        .iter()
        .map(|f| {
            let at = scope.at(f);
            let text = Node::new("Text").prop("value", parts::text(f, &at, scope)).set("size", "sm");
            cell(f, guarded(f, &at, text))
        })
        .collect();
    Node::new("Table").with(vec![
        Node::new("Table.Row").set("header", true).with(head).into(),
        Child::each(name, at.clone(), Node::new("Table.Row").with(cells)),
    ])
}

/// A chart, where a list is a series of numbers along something.
pub(super) fn chart(field: &Field, fields: &[Field], at: &Expr) -> Option<Node> {
    const COLORS: [&str; 3] = ["blue", "orange", "green"];
    let (numbers, axis): (Vec<&Field>, Vec<&Field>) =
        fields.iter().partition(|f| f.is_number() && !words::is_axis(&f.name));
    let [axis] = axis.as_slice() else { return None };
    let in_time =
        matches!(axis.kind(), Some(Kind::Date | Kind::DateTime | Kind::Time)) || words::is_axis(&axis.name);
    let fits = in_time || (axis.kind() == Some(&Kind::Plain) && words::is_series(&field.name));
    if !fits || !(1..=3).contains(&numbers.len()) || !axis.is_scalar() {
        return None;
    }
    let series: Vec<Value> = numbers
        .iter()
        .zip(COLORS)
        .map(|(number, color)| {
            let kind = match (in_time, numbers.len()) {
                (false, _) => "bar",
                (true, 1) => "area",
                (true, _) => "line",
            };
            let mut one =
                json!({"type": kind, "label": number.label, "dataKey": number.name, "color": color});
            if in_time && let Some(members) = one.as_object_mut() {
                members.insert("curveType".to_owned(), json!("monotone"));
            }
            one
        })
        .collect();
    let chart = Node::new("Chart")
        .prop("data", Prop::Computed(at.clone()))
        .set("series", Value::Array(series))
        .set("xAxis", axis.name.as_str())
        .set("showTooltip", true);
    let chart = if numbers.len() > 1 { chart.set("showLegend", true) } else { chart };
    Some(chart.set("height", 180))
}

/// A list view, for data that is a list of objects.
pub(super) fn list_view(
    field: &Field,
    fields: &[Field],
    nullable: bool,
    scope: &Scope,
    singular: &str,
) -> Node {
    let at = scope.at(field);
    let (name, inner) = scope.item("item");
    let one = Expr::name(&name);
    let inner = inner.inside(Some(one.clone()), fields);
    let roles = roles(fields);
    let right = roles.state.or_else(|| amount(&roles));
    let mut node = Node::new("ListViewItem");
    let key = best_key(fields);
    if let Some(key) = key {
        node = node.prop(
            "key",
            Prop::Computed(match key.shape {
                Shape::Text(_) => inner.at(key),
                _ => inner.at(key).into_text(),
            }),
        );
    }
    node = node.set("align", "center").set("gap", 3);
    let mut parts = entry_parts(&roles, &inner, singular, right);
    if parts.is_empty() {
        parts.push(Node::new("Text").set("value", singular).into());
    }
    let body: Child = node.with(parts).into();
    let body = if nullable { Child::when(one.given(), body) } else { body };
    let list = if field.nullable { at.clone().or_null() } else { at.clone() };
    let nothing = Node::new("ListViewItem").with(vec![
        Node::new("Text").set("value", "Nothing found").set("size", "sm").set("color", "secondary").into(),
    ]);
    let each = Child::For { item: name, index: None, list: at, body: vec![body] };
    let shown = Child::If { test: list, then: vec![each], otherwise: vec![nothing.into()] };
    Node::new("ListView").with(vec![shown])
}

fn best_key(fields: &[Field]) -> Option<&Field> {
    let fits = |f: &&Field| !f.nullable && matches!(f.shape, Shape::Text(Kind::Plain) | Shape::Number { .. });
    fields.iter().filter(fits).find(|f| words::id_rank(&f.name).is_some_and(|rank| rank < 20))
}
