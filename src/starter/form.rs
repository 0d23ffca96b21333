//! Forms: a control for each thing a schema asks for, and a button.
//!
//! Owns the choice of controls. What the data holds is put into them as it is; what is sent keeps the schema's names.

use serde_json::{Value, json};

use super::ast::{self, Child, Expr, Node, Prop};
use super::parts::Scope;
use super::shape::{self, Field, Kind, Shape};
use super::{sample, words};

/// Options that are shown at once instead of in a list that opens.
const FEW: usize = 3;

/// A form with its data.
pub(super) struct Form {
    pub(super) root: Node,
    pub(super) schema: Value,
    pub(super) sample: Value,
}

/// A form for these members. The schema tells what is required.
pub(super) fn form(fields: &[Field], title: &str, action: &str, schema: &Value) -> Form {
    let odd = !fields.iter().all(|f| ast::is_root_name(&f.name));
    let base = odd.then(|| Expr::name("values"));
    let scope = Scope { base, currency: None, taken: Vec::new() };
    let mut children: Vec<Child> = Vec::new();
    for field in fields {
        children.push(asked(field, &scope, &field.name, required(field, schema)));
    }
    children.push(
        Node::new("Button")
            .set("submit", true)
            .set("label", "Send")
            .set("style", "primary")
            .set("block", true)
            .into(),
    );
    let form = Node::new("Form")
        .set("direction", "col")
        .set("gap", 4)
        .set("onSubmitAction", json!({"type": action}))
        .with(children);
    let heading = Node::new("Title").set("value", title).set("size", "sm");
    let root = Node::new("Card").set("size", "md").with(vec![heading.into(), form.into()]);
    let filled: Vec<Field> = fields.iter().map(optional).collect();
    let sample: Value = fields
        .iter()
        .filter(|f| f.is_scalar())
        .filter_map(|f| {
            Some((f.name.clone(), f.examples.iter().find(|value| sample::fits(f, value))?.clone()))
        })
        .collect::<serde_json::Map<_, _>>()
        .into();
    let (schema, sample) = if odd {
        let mut inner = Field::around("values", Shape::Object(filled));
        inner.nullable = false;
        (shape::closed(&[inner]), json!({"values": sample}))
    } else {
        (shape::closed(&filled), sample)
    };
    Form { root, schema, sample }
}

fn required(field: &Field, schema: &Value) -> bool {
    let named = schema.get("required").and_then(Value::as_array);
    !field.nullable && named.is_some_and(|all| all.iter().any(|name| *name == field.name.as_str()))
}

/// The same, with nothing required: a form may be shown empty.
fn optional(field: &Field) -> Field {
    let mut field = field.clone();
    field.nullable = true;
    if let Shape::Object(fields) = &mut field.shape {
        fields.iter_mut().for_each(|inner| *inner = optional(inner));
    }
    if matches!(field.shape, Shape::List(_) | Shape::Map(_)) {
        field.shape = Shape::Any;
    }
    field
}

/// A control with its label; for an object, all of its members.
fn asked(field: &Field, scope: &Scope, name: &str, required: bool) -> Child {
    let at = scope.at(field);
    if let Shape::Object(fields) = &field.shape {
        // The members are asked for one by one; what is filled in is looked up where it can be absent.
        let inner = Scope { base: Some(at.or_null()), currency: None, taken: Vec::new() };
        let mut children: Vec<Child> = vec![
            Node::new("Text")
                .set("value", field.label.as_str())
                .set("size", "sm")
                .set("weight", "semibold")
                .into(),
        ];
        for member in fields {
            children.push(asked(
                member,
                &inner,
                &format!("{name}.{}", member.name),
                !member.nullable && required,
            ));
        }
        return Node::new("Col").set("gap", 3).with(children).into();
    }
    let start = |prop: &str, node: Node| {
        let text = match field.shape {
            Shape::Text(_) => Prop::Computed(at.clone()),
            _ => Prop::Computed(at.clone().into_text()),
        };
        let test = at.clone().or_null().given();
        node.prop(prop, Prop::Choice(test, Box::new(text), Box::new(Prop::Absent)))
    };
    if matches!(field.shape, Shape::Bool) {
        let checked = Prop::Choice(
            at.clone().or_null(),
            Box::new(Prop::Literal(json!(true))),
            Box::new(Prop::Literal(json!(false))),
        );
        let node = Node::new("Checkbox").set("name", name).set("label", field.label.as_str());
        return node.prop("defaultChecked", checked).into();
    }
    let control = control(field, name, required, start);
    let label = if required { field.label.clone() } else { format!("{} (optional)", field.label) };
    let label = Node::new("Label").set("value", label).set("fieldName", name).set("size", "sm");
    Node::new("Col").set("gap", 1).with(vec![label.into(), control.into()]).into()
}

fn control(field: &Field, name: &str, required: bool, start: impl Fn(&str, Node) -> Node) -> Node {
    let hint = field.description.as_deref().filter(|text| text.chars().count() <= 60);
    let with_hint = |node: Node| match hint {
        Some(hint) => node.set("placeholder", hint),
        None => node,
    };
    let needed = |node: Node| if required { node.set("required", true) } else { node };
    let input = |kind: &str| {
        let node = Node::new("Input").set("name", name).set("inputType", kind).set("variant", "outline");
        start("defaultValue", needed(with_hint(node)))
    };
    match &field.shape {
        Shape::Text(Kind::Choice(values)) => {
            let options: Vec<Value> =
                values.iter().map(|value| json!({"value": value, "label": words::label(value)})).collect();
            if values.len() <= FEW {
                let node = Node::new("RadioGroup").set("name", name).set("ariaLabel", field.label.as_str());
                return start("defaultValue", needed(node.set("options", options).set("direction", "row")));
            }
            let node =
                Node::new("Select").set("name", name).set("options", options).set("placeholder", "Choose");
            start(
                "defaultValue",
                node.set("variant", "outline").set("block", true).set("clearable", !required),
            )
        }
        Shape::Text(Kind::Date) => start(
            "defaultValue",
            Node::new("DatePicker")
                .set("name", name)
                .set("placeholder", "Choose a day")
                .set("variant", "outline")
                .set("block", true),
        ),
        Shape::Text(Kind::Email) => input("email"),
        Shape::Text(Kind::Url | Kind::Image) => input("url"),
        Shape::Text(Kind::Long) => {
            let node = Node::new("Textarea")
                .set("name", name)
                .set("rows", 3)
                .set("autoResize", true)
                .set("maxRows", 8);
            start("defaultValue", needed(with_hint(node.set("variant", "outline"))))
        }
        Shape::Number { .. } => input("number"),
        Shape::Text(_) if words::split(name).last().is_some_and(|w| w == "password") => input("password"),
        Shape::Text(_) if words::split(name).last().is_some_and(|w| w == "phone" || w == "tel") => {
            input("tel")
        }
        Shape::Text(_) | Shape::Scalar => input("text"),
        _ => {
            let node = Node::new("Textarea").set("name", name).set("rows", 3).set("placeholder", "JSON");
            needed(node.set("variant", "outline"))
        }
    }
}
