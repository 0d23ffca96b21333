//! What is odd in a tree that can be drawn: props the table does not know, or values it does not expect.
//!
//! Owns the comparison of a tree with the component table, and its words. For authors, at load and in traces; no call
//! waits for it. What keeps a tree from being one is judged by `judge`.

use serde_json::Value;

use super::{Json, Node, Object, Tree};
use crate::diag::suggestion;
use crate::widget::component::{Prop, Rule, Type, table};

/// Something in a tree that is probably not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind of oddity.
    pub kind: FindingKind,
    /// Where: `children[0].color`.
    pub path: String,
    /// What is odd, a sentence without a subject of its own: "is not a prop of Text".
    pub message: String,
    /// How to mend it, where that can be said.
    pub help: Option<String>,
}

/// The kinds of oddity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// The component, or the object in a prop, has nothing of that name.
    UnknownProp,
    /// Something required is absent or null.
    MissingProp,
    /// A value of another type than expected.
    WrongType,
    /// A value that is not among those expected.
    OddValue,
    /// A text that is no colour.
    OddColor,
    /// A text that names no icon.
    OddIcon,
}

/// The most findings of one tree; who mends these sees the next.
const MAX_FINDINGS: usize = 100;

impl Tree<'_> {
    /// What in the tree the component table does not expect, in the order of the tree. At most 100.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        check_node(self.root(), &mut String::new(), &mut findings);
        findings.truncate(MAX_FINDINGS);
        findings
    }
}

fn check_node(node: Node<'_>, path: &mut String, out: &mut Vec<Finding>) {
    if out.len() >= MAX_FINDINGS {
        return;
    }
    let (component, spec) = (node.component(), node.component().spec());
    for (name, value) in node.props() {
        match spec.prop(&name) {
            Some(prop) => out.extend(odd(&prop.kind, &value, &member(path, &name))),
            None => out.push(unknown(path, &name, component.name(), &spec.props)),
        }
    }
    for prop in spec.props.iter().filter(|p| p.required && node.prop(p.name).is_none()) {
        out.push(missing(member(path, prop.name), prop));
    }
    let children = |kind, message: &str| Finding::new(kind, member(path, "children"), message);
    match (node.has_list(), spec.rule) {
        (None, _) if spec.needs_children => {
            let message = format!("is missing; {} needs it", component.name());
            out.push(children(FindingKind::MissingProp, &message));
        }
        (Some(false), Rule::Many) => {
            out.push(children(FindingKind::WrongType, "has to be a list, also for one component"));
        }
        (Some(true), Rule::One) => {
            out.push(children(FindingKind::WrongType, "has to be one component, not a list"));
        }
        _ => {}
    }
    let (length, listed) = (path.len(), node.has_list() == Some(true));
    for (index, child) in node.children().enumerate() {
        let step = if listed { format!("children[{index}]") } else { "children".to_owned() };
        path.push_str(if length == 0 { "" } else { "." });
        path.push_str(&step);
        check_node(child, path, out);
        path.truncate(length);
    }
}

/// What is odd about a value that should be of a type; empty when nothing is.
fn odd(kind: &Type, value: &Json<'_>, path: &str) -> Vec<Finding> {
    let kind = table().resolve(kind);
    let one = |finding: Option<Finding>| finding.into_iter().collect();
    match (kind, value) {
        (Type::Any, _)
        | (Type::Boolean, Json::Bool(_))
        | (Type::Number | Type::Length, Json::Number(_))
        | (Type::String | Type::Length | Type::Url, Json::String(_)) => Vec::new(),
        (Type::Integer, Json::Number(number)) if is_whole(number) => Vec::new(),
        (Type::Datetime, Json::String(text)) => one(odd_date(text, path)),
        (Type::Icon, Json::String(name)) => one(odd_icon(name, path)),
        (Type::Color(group), Json::String(color)) => one(odd_color(group, color, path)),
        (Type::Color(group), Json::Object(object)) => odd_theme_color(group, *object, path),
        (Type::One(values), _) => one(odd_choice(values, value, path)),
        (Type::Union(branches), _) => odd_union(kind, branches, value, path),
        (Type::List(of), Json::List(list)) => {
            list.iter().enumerate().flat_map(|(i, item)| odd(of, &item, &format!("{path}[{i}]"))).collect()
        }
        (Type::Map(of), Json::Object(object)) => {
            object.iter().flat_map(|(name, value)| odd(of, &value, &member(path, &name))).collect()
        }
        (Type::Object(props), Json::Object(object)) => odd_object(props, *object, path),
        (Type::Action, Json::Object(_)) => odd(&Type::Ref("ActionConfig"), value, path),
        _ => {
            let message = format!("has to be {}, not {}", describe(kind), told(value));
            vec![Finding::new(FindingKind::WrongType, path, message)]
        }
    }
}

fn odd_object(props: &[Prop], object: Object<'_>, path: &str) -> Vec<Finding> {
    let mut out = Vec::new();
    for (name, value) in object.iter() {
        match props.iter().find(|p| p.name == name) {
            Some(prop) => out.extend(odd(&prop.kind, &value, &member(path, &name))),
            None => out.push(unknown(path, &name, "this object", props)),
        }
    }
    let absent = props.iter().filter(|p| p.required && object.get(p.name).is_none());
    out.extend(absent.map(|prop| missing(member(path, prop.name), prop)));
    out
}

/// The oddities of the branch that was probably meant: the one a value is nearest to.
fn odd_union(kind: &Type, branches: &[Type], value: &Json<'_>, path: &str) -> Vec<Finding> {
    let count = |findings: &[Finding], kind| findings.iter().filter(|f| f.kind == kind).count();
    let is_other_type = |f: &Finding| f.kind == FindingKind::WrongType && f.path == path;
    let judged = branches.iter().map(|branch| (is_told_apart(branch, value), odd(branch, value, path)));
    let nearest = judged.min_by_key(|(apart, findings)| {
        let other_type = findings.iter().any(is_other_type);
        (other_type, *apart, count(findings, FindingKind::UnknownProp), findings.len())
    });
    let (_, mut nearest) = nearest.unwrap_or_default();
    // What the value should be is told of all branches, not of the one.
    if let [only] = nearest.as_mut_slice()
        && only.path == path
        && matches!(only.kind, FindingKind::WrongType | FindingKind::OddValue)
    {
        only.message = format!("has to be {}, not {}", describe(kind), told(value));
    }
    nearest
}

/// Whether a member that can have one value only says that an object is of another branch.
fn is_told_apart(branch: &Type, value: &Json<'_>) -> bool {
    let (Type::Object(props), Json::Object(object)) = (table().resolve(branch), value) else { return false };
    props.iter().any(|prop| match &prop.kind {
        Type::One(values) if values.len() == 1 => {
            object.get(prop.name).is_some_and(|given| odd_choice(values, &given, "").is_some())
        }
        _ => false,
    })
}

fn odd_choice(values: &[Value], value: &Json<'_>, path: &str) -> Option<Finding> {
    let same = |known: &Value| match (known, value) {
        (Value::String(known), Json::String(text)) => known == text,
        (Value::Bool(known), Json::Bool(truth)) => known == truth,
        _ => false,
    };
    if values.iter().any(same) {
        return None;
    }
    let message = format!("has to be {}, not {}", describe_choice(values), told(value));
    let kind = match value {
        Json::String(_) if values.iter().any(Value::is_string) => FindingKind::OddValue,
        _ => FindingKind::WrongType,
    };
    let help = match value {
        Json::String(text) => suggestion(text, values.iter().filter_map(Value::as_str)),
        _ => None,
    };
    Some(Finding { help, ..Finding::new(kind, path, message) })
}

fn odd_date(text: &str, path: &str) -> Option<Finding> {
    let day = text.get(..10).unwrap_or_default();
    let fits =
        day.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    let rest = text.get(10..).unwrap_or_default();
    let right = fits && day.len() == 10 && (rest.is_empty() || rest.starts_with(['T', 't', ' ']));
    let message = "has to be a date in ISO 8601, e.g. 2026-01-31 or 2026-01-31T09:00:00Z";
    (!right).then(|| Finding::new(FindingKind::OddValue, path, message))
}

fn odd_icon(name: &str, path: &str) -> Option<Finding> {
    let icons = &table().icons;
    let message = || format!("names no icon: `{}`", short(name));
    let help = || suggestion(name, icons.names.iter().copied());
    (!icons.contains(name))
        .then(|| Finding { help: help(), ..Finding::new(FindingKind::OddIcon, path, message()) })
}

fn odd_color(group: &str, color: &str, path: &str) -> Option<Finding> {
    let colors = &table().colors;
    let message = || format!("is no colour token and no CSS colour: `{}`", short(color));
    let tokens = || colors.groups.get(group).map(|tokens| format!("tokens here are {}", tokens.join(", ")));
    let help = || colors.nearest(group, color).map(|near| format!("did you mean `{near}`?")).or_else(tokens);
    (!colors.contains(group, color))
        .then(|| Finding { help: help(), ..Finding::new(FindingKind::OddColor, path, message()) })
}

/// A colour per theme: the object as such, and the two colours in it.
fn odd_theme_color(group: &str, object: Object<'_>, path: &str) -> Vec<Finding> {
    let mut out = match table().types.get("ThemeColor") {
        Some(Type::Object(props)) => odd_object(props, object, path),
        _ => Vec::new(),
    };
    for theme in ["light", "dark"] {
        if let Some(Json::String(color)) = object.get(theme) {
            out.extend(odd_color(group, &color, &member(path, theme)));
        }
    }
    out
}

impl Finding {
    fn new(kind: FindingKind, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, path: path.into(), message: message.into(), help: None }
    }
}

fn unknown(path: &str, name: &str, owner: &str, props: &[Prop]) -> Finding {
    let help = suggestion(name, props.iter().map(|p| p.name));
    let message = format!("is not a prop of {owner}");
    Finding { help, ..Finding::new(FindingKind::UnknownProp, member(path, name), message) }
}

fn missing(path: String, prop: &Prop) -> Finding {
    let message = format!("is missing; it has to be {}", describe(&prop.kind));
    Finding::new(FindingKind::MissingProp, path, message)
}

/// What a type expects, in words.
fn describe(kind: &Type) -> String {
    match table().resolve(kind) {
        Type::Any => "any JSON".to_owned(),
        Type::Boolean => "true or false".to_owned(),
        Type::Number => "a number".to_owned(),
        Type::Integer => "a whole number".to_owned(),
        Type::String => "text".to_owned(),
        Type::Datetime => "a date as text".to_owned(),
        Type::Length => "a number or CSS text".to_owned(),
        Type::Url => "an address as text".to_owned(),
        Type::Icon => "the name of an icon".to_owned(),
        Type::Action => "an action with a `type`".to_owned(),
        Type::Color(_) => "a colour".to_owned(),
        Type::One(values) => describe_choice(values),
        Type::List(_) => "a list".to_owned(),
        Type::Map(_) => "an object".to_owned(),
        Type::Object(props) => {
            let names: Vec<String> =
                props.iter().filter(|p| p.required).map(|p| format!("`{}`", p.name)).collect();
            match names.as_slice() {
                [] => "an object".to_owned(),
                names => format!("an object with {}", names.join(" and ")),
            }
        }
        Type::Union(branches) => {
            let mut all: Vec<String> = branches.iter().map(describe).collect();
            all.dedup();
            all.join(" or ")
        }
        Type::Ref(name) => (*name).to_owned(),
    }
}

fn describe_choice(values: &[Value]) -> String {
    let words: Vec<String> =
        values.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, front)) => format!("{} or {last}", front.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// A value as far as it fits into a sentence.
fn told(value: &Json<'_>) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(truth) => truth.to_string(),
        Json::Number(number) => short(number),
        Json::String(text) => format!("`{}`", short(text)),
        Json::List(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
    }
}

/// Whether a JSON number has no fraction. `3.0` has none.
fn is_whole(number: &str) -> bool {
    number.bytes().all(|b| b.is_ascii_digit() || b == b'-')
        || number.parse::<f64>().is_ok_and(|n| n.fract() == 0.0)
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn member(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
