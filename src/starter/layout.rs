//! Which components show which values, and in which order.
//!
//! Owns the choice: what heads a card, what becomes a badge, a row, a section, a table, a chart. The same shape always
//! gives the same tree. How one value looks is [`super::parts`]'s.

use serde_json::json;

use super::ast::{Child, Expr, Node, Prop};
use super::parts::{self, Scope, guard, guarded};
use super::shape::{Field, Kind, Shape};
use super::words;

/// Members of an object, sorted by what they are for.
#[derive(Debug, Default, Clone)]
pub(super) struct Roles<'f> {
    pub(super) image: Option<&'f Field>,
    pub(super) title: Option<&'f Field>,
    /// The title is a number: it needs a word before it.
    pub(super) numbered: bool,
    pub(super) subtitle: Option<&'f Field>,
    pub(super) state: Option<&'f Field>,
    pub(super) body: Option<&'f Field>,
    pub(super) links: Vec<&'f Field>,
    /// Short values, in their order.
    pub(super) facts: Vec<&'f Field>,
    /// Lists of short values.
    pub(super) lists: Vec<&'f Field>,
    /// Objects, lists of objects, and what is neither.
    pub(super) sections: Vec<&'f Field>,
}

fn best<'f>(fields: &[&'f Field], rank: impl Fn(&'f Field) -> Option<usize>) -> Option<&'f Field> {
    fields.iter().filter_map(|f| Some((rank(f)?, *f))).min_by_key(|(rank, _)| *rank).map(|(_, f)| f)
}

/// Sorts members by what they are for.
pub(super) fn roles(fields: &[Field]) -> Roles<'_> {
    let mut left: Vec<&Field> = fields.iter().collect();
    let mut roles = Roles::default();
    let mut take = |field: Option<&Field>| {
        if let Some(field) = field {
            left.retain(|f| !std::ptr::eq(*f, field));
        }
    };
    let all: Vec<&Field> = fields.iter().collect();
    let plain = |f: &Field| matches!(f.kind(), Some(Kind::Plain));
    roles.image = best(&all, |f| (f.kind() == Some(&Kind::Image)).then_some(0));
    roles.title =
        best(&all, |f| words::title_rank(&f.name).filter(|_| plain(f) || f.kind() == Some(&Kind::Long)));
    if roles.title.is_none_or(|f| words::title_rank(&f.name).is_some_and(|rank| rank >= 40)) {
        let number = best(&all, |f| {
            let fits = plain(f) || matches!(f.shape, Shape::Number { whole: true } | Shape::Scalar);
            words::id_rank(&f.name).filter(|_| fits && !f.nullable)
        });
        if number.is_some() {
            roles.title = number;
            roles.numbered = true;
        }
    }
    let title = roles.title;
    let other = move |f: &Field| title.is_none_or(|t| !std::ptr::eq(t, f));
    roles.state = best(&all, |f| {
        let short = plain(f) || matches!(f.kind(), Some(Kind::Choice(_)));
        let named = words::state_rank(&f.name).filter(|_| short);
        let choice = matches!(f.kind(), Some(Kind::Choice(values)) if values.len() > 1).then_some(50);
        named.or(choice).filter(|_| other(f))
    });
    roles.body = best(&all, |f| (f.kind() == Some(&Kind::Long) && other(f)).then_some(0));
    roles.subtitle = best(&all, |f| {
        words::subtitle_rank(&f.name).filter(|_| other(f) && f.is_short() && !words::is_currency(&f.name))
    });
    if let (Some(subtitle), Some(state)) = (roles.subtitle, roles.state)
        && std::ptr::eq(subtitle, state)
    {
        roles.subtitle = None;
    }
    [roles.image, roles.title, roles.state, roles.body, roles.subtitle].into_iter().for_each(&mut take);
    for field in left {
        match &field.shape {
            Shape::Text(Kind::Url) => roles.links.push(field),
            Shape::Text(Kind::Image) => roles.sections.push(field),
            Shape::List(item) if item.is_scalar() => roles.lists.push(field),
            _ if field.is_scalar() => roles.facts.push(field),
            _ => roles.sections.push(field),
        }
    }
    roles
}

/// The title of an object as a text: its own, or `fallback`.
pub(super) fn title(roles: &Roles<'_>, scope: &Scope, fallback: &str) -> Prop {
    let Some(field) = roles.title else { return Prop::Literal(json!(fallback)) };
    let at = scope.at(field);
    let own = if roles.numbered {
        let word = words::singular(fallback);
        Prop::Computed(Expr::Join(vec![Expr::text(format!("{word} ")), at.clone()]))
    } else {
        parts::text(field, &at, scope)
    };
    match guard(field, &at) {
        Some(test) => Prop::Choice(test, Box::new(own), Box::new(Prop::Literal(json!(fallback)))),
        None => own,
    }
}

/// A card for an object.
pub(super) fn card(fields: &[Field], scope: &Scope, heading: &str) -> Node {
    let roles = roles(fields);
    let mut children = vec![header(&roles, scope, heading)];
    children.extend(body(&roles, scope));
    if let Some(image) = roles.sections.iter().find(|f| f.kind() == Some(&Kind::Image)) {
        children.push(wide_image(image, scope));
    }
    children.extend(facts(&roles, scope));
    for list in &roles.lists {
        children.push(short_list(list, scope));
    }
    let sections = roles.sections.iter().filter(|f| f.kind() != Some(&Kind::Image));
    for field in sections {
        children.push(section(field, scope, 0));
    }
    children.extend(links(&roles, scope));
    if fields.is_empty() {
        let nothing = Node::new("Text").set("value", "Nothing to show.").set("size", "sm");
        children.push(nothing.set("color", "secondary").into());
    }
    Node::new("Card").set("size", "md").with(children)
}

fn header(roles: &Roles<'_>, scope: &Scope, heading: &str) -> Child {
    let name = title(roles, scope, heading);
    let mut lines =
        vec![Node::new("Title").prop("value", name.clone()).set("size", "sm").set("maxLines", 3).into()];
    if let Some(field) = roles.subtitle {
        let at = scope.at(field);
        lines.push(guarded(field, &at, Node::new("Caption").prop("value", parts::text(field, &at, scope))));
    }
    let column = Node::new("Col").set("flex", 1).set("minWidth", 0).set("gap", 0).with(lines);
    let mut children = Vec::new();
    if let Some(field) = roles.image {
        children.push(parts::image(field, &scope.at(field), Some(name), 56));
    }
    children.push(column.into());
    if let Some(field) = roles.state {
        let at = scope.at(field);
        children.push(guarded(field, &at, parts::badge(field, &at, scope)));
    }
    let align = if roles.image.is_some() { "center" } else { "start" };
    Node::new("Row").set("align", align).set("gap", 3).with(children).into()
}

fn body(roles: &Roles<'_>, scope: &Scope) -> Option<Child> {
    let field = roles.body?;
    let at = scope.at(field);
    Some(guarded(field, &at, Node::new("Markdown").prop("value", parts::text(field, &at, scope))))
}

fn wide_image(field: &Field, scope: &Scope) -> Child {
    let at = scope.at(field);
    let node = Node::new("Image").prop("src", Prop::Computed(at.clone())).set("alt", field.label.as_str());
    guarded(field, &at, node.set("height", 160).set("fit", "cover").set("radius", "lg"))
}

/// Short values: numbers alone as tiles, all others as rows.
fn facts(roles: &Roles<'_>, scope: &Scope) -> Vec<Child> {
    let shown: Vec<&Field> = roles.facts.iter().copied().filter(|f| !is_shown_elsewhere(f, scope)).collect();
    if shown.is_empty() {
        return Vec::new();
    }
    let numbers: Vec<&Field> =
        shown.iter().copied().filter(|f| f.is_number() && words::id_rank(&f.name).is_none()).collect();
    let as_tiles =
        (2..=4).contains(&numbers.len()) && (roles.sections.is_empty() || shown.len() == numbers.len());
    let mut children = Vec::new();
    if as_tiles {
        let tiles = numbers.iter().map(|f| parts::tile(f, &scope.at(f), scope)).collect();
        let row = Node::new("Row").set("gap", 2).set("align", "stretch").set("wrap", "wrap").with(tiles);
        children.push(row.into());
    }
    let rows: Vec<Child> = shown
        .iter()
        .filter(|f| !(as_tiles && numbers.iter().any(|n| std::ptr::eq(*n, **f))))
        .map(|f| parts::row(f, &scope.at(f), scope))
        .collect();
    if !rows.is_empty() {
        if !as_tiles {
            children.push(Node::new("Divider").set("flush", true).into());
        }
        children.push(Node::new("Col").set("gap", 2).with(rows).into());
    }
    children
}

/// The currency stands behind every amount.
fn is_shown_elsewhere(field: &Field, scope: &Scope) -> bool {
    scope.currency.as_ref() == Some(&scope.at(field)) && words::is_currency(&field.name)
}

fn links(roles: &Roles<'_>, scope: &Scope) -> Option<Child> {
    let all: Vec<Child> = roles
        .links
        .iter()
        .take(6)
        .map(|f| {
            let at = scope.at(f);
            guarded(f, &at, parts::link(f, &at))
        })
        .collect();
    let row = Node::new("Row").set("gap", 3).set("wrap", "wrap").with(all);
    (!roles.links.is_empty()).then(|| row.into())
}

/// A list of short values: badges, or lines with a point before them.
fn short_list(field: &Field, scope: &Scope) -> Child {
    let at = scope.at(field);
    let Shape::List(item) = &field.shape else { return Node::new("Spacer").into() };
    let list = list_of_scalars(item, &at, scope, is_tag_list(field, item));
    if field.label.is_empty() {
        return guarded(field, &at, list);
    }
    let node = Node::new("Col").set("gap", 1).with(vec![parts::caption(&field.label).into(), list.into()]);
    guarded(field, &at, node)
}

fn is_tag_list(field: &Field, item: &Field) -> bool {
    let example = item.examples.iter().find_map(serde_json::Value::as_str);
    match &item.shape {
        Shape::Text(Kind::Choice(_)) | Shape::Number { .. } | Shape::Bool => true,
        Shape::Text(Kind::Plain) => {
            words::is_tags(&field.name) || example.is_some_and(|text| text.chars().count() <= 18)
        }
        _ => false,
    }
}

/// The list itself.
pub(super) fn list_of_scalars(item: &Field, list: &Expr, scope: &Scope, tags: bool) -> Node {
    let (name, scope) = scope.item("item");
    let at = Expr::name(&name);
    let one: Node = match &item.shape {
        _ if tags => parts::badge(item, &at, &scope),
        Shape::Text(Kind::Image) => {
            Node::new("Image").prop("src", Prop::Computed(at.clone())).set("size", 72).set("radius", "lg")
        }
        Shape::Text(Kind::Url) => {
            let value = Expr::Join(vec![Expr::text("<"), at.clone(), Expr::text(">")]);
            Node::new("Markdown").prop("value", Prop::Computed(value))
        }
        _ => {
            let text = Node::new("Text").prop("value", parts::text(item, &at, &scope)).set("size", "sm");
            let point = Node::new("Icon").set("name", "dot").set("size", "sm").set("color", "secondary");
            Node::new("Row").set("gap", 1).set("align", "start").with(vec![point.into(), text.into()])
        }
    };
    let line = matches!(item.shape, Shape::Text(Kind::Image)) || tags;
    let body = guarded(item, &at, one);
    let each = Child::For { item: name, index: None, list: list.clone(), body: vec![body] };
    let around = Node::new(if line { "Row" } else { "Col" }).set("gap", if line { 2 } else { 1 });
    if line { around.set("wrap", "wrap").with(vec![each]) } else { around.with(vec![each]) }
}

/// Objects inside each other that get sections of their own.
const MAX_SECTIONS: usize = 3;

/// What is nested in an object, with its label above it.
pub(super) fn section(field: &Field, scope: &Scope, depth: usize) -> Child {
    let at = scope.at(field);
    let inner: Vec<Child> = match &field.shape {
        Shape::Object(fields) if fields.is_empty() => return Node::new("Spacer").set("minSize", 0).into(),
        Shape::Object(fields) => object(fields, &scope.inside(Some(at.clone()), fields), depth),
        Shape::List(item) => vec![super::lists::list(field, item, &at, scope)],
        Shape::Map(value) => vec![super::lists::map(value, &at, scope)],
        _ => return parts::row(field, &at, scope),
    };
    let label =
        Node::new("Text").set("value", field.label.as_str()).set("size", "sm").set("weight", "semibold");
    let mut children: Vec<Child> = if field.label.is_empty() { Vec::new() } else { vec![label.into()] };
    children.extend(inner);
    let column = Node::new("Col").set("gap", 2).with(children);
    if depth > 0 {
        return guarded(field, &at, column);
    }
    // A line above each section of the card; the line belongs to it, so that both go together.
    let framed = Node::new("Col").set("gap", 3).with(vec![Node::new("Divider").into(), column.into()]);
    guarded(field, &at, framed)
}

/// An object inside of a card.
fn object(fields: &[Field], scope: &Scope, depth: usize) -> Vec<Child> {
    let roles = roles(fields);
    let mut children = Vec::new();
    let named = roles.title.is_some() && !roles.numbered;
    if named {
        children.push(super::lists::heading(&roles, scope));
    }
    let mut rows: Vec<&Field> = Vec::new();
    for field in fields.iter().filter(|f| f.is_scalar()) {
        let in_entry = named
            && [roles.image, roles.title, roles.subtitle, roles.state, roles.body]
                .iter()
                .flatten()
                .any(|f| std::ptr::eq(*f, field));
        if !in_entry && !is_shown_elsewhere(field, scope) {
            rows.push(field);
        }
    }
    let rows: Vec<Child> = rows
        .into_iter()
        .map(|f| {
            let at = scope.at(f);
            match f.kind() {
                Some(Kind::Url) => guarded(f, &at, parts::link(f, &at)),
                Some(Kind::Image) => parts::image(f, &at, None, 48),
                _ => parts::row(f, &at, scope),
            }
        })
        .collect();
    if !rows.is_empty() {
        children.push(Node::new("Col").set("gap", 2).with(rows).into());
    }
    for field in fields.iter().filter(|f| !f.is_scalar()) {
        children.push(match &field.shape {
            Shape::List(item) if item.is_scalar() => short_list(field, scope),
            _ if depth < MAX_SECTIONS => section(field, scope, depth + 1),
            _ => parts::row(field, &scope.at(field), scope),
        });
    }
    children
}
