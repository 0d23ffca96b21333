//! A widget's source as a tree: components, their props, and the expressions in them.
//!
//! Owns what the template and the JSX view of one widget have in common. [`super::jinja`] and [`super::jsx`] print it;
//! knows neither syntax.

use serde_json::Value;

pub(super) use crate::template::outline::Expr;

/// The value of a prop.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Prop {
    Literal(Value),
    Computed(Expr),
    Object(Vec<(String, Prop)>),
    List(Vec<Prop>),
    Choice(Expr, Box<Prop>, Box<Prop>),
    /// `undefined` in JSX.
    Absent,
}

/// A component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) kind: String,
    pub(super) props: Vec<(String, Prop)>,
    /// `None`: it has no such member.
    pub(super) children: Option<Vec<Child>>,
}

/// What stands among children.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Child {
    Node(Node),
    If { test: Expr, then: Vec<Child>, otherwise: Vec<Child> },
    For { item: String, index: Option<String>, list: Expr, body: Vec<Child> },
}

impl Expr {
    pub(super) fn name(name: &str) -> Self {
        Self::Name(name.to_owned())
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Literal(Value::String(text.into()))
    }

    pub(super) fn null() -> Self {
        Self::Literal(Value::Null)
    }

    /// A member, in the way that works for its name.
    pub(super) fn member(self, name: &str) -> Self {
        if is_name(name) && !METHODS.contains(&name) {
            Self::Member(Box::new(self), name.to_owned())
        } else {
            Self::Index(Box::new(self), Box::new(Self::text(name)))
        }
    }

    pub(super) fn slice(self, from: usize, to: usize) -> Self {
        let number = |n: usize| Some(Box::new(Self::Literal(n.into())));
        Self::Slice(Box::new(self), if from == 0 { None } else { number(from) }, number(to))
    }

    pub(super) fn equals(self, other: &str) -> Self {
        Self::Binary("==", Box::new(self), Box::new(Self::text(other)))
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self::Or(Box::new(self), Box::new(other))
    }

    pub(super) fn given(self) -> Self {
        Self::Given(Box::new(self))
    }

    /// The same, and null where it is absent.
    pub(super) fn or_null(self) -> Self {
        Self::Default(Box::new(self), Box::new(Self::null()))
    }

    /// As a text, whatever it is.
    pub(super) fn into_text(self) -> Self {
        Self::Join(vec![Self::text(""), self])
    }
}

impl Node {
    pub(super) fn new(kind: &str) -> Self {
        Self { kind: kind.to_owned(), props: Vec::new(), children: None }
    }

    pub(super) fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.props.push((name.to_owned(), Prop::Literal(value.into())));
        self
    }

    pub(super) fn prop(mut self, name: &str, value: impl Into<Prop>) -> Self {
        self.props.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn with(mut self, children: Vec<Child>) -> Self {
        self.children = Some(children);
        self
    }
}

impl From<Node> for Child {
    fn from(node: Node) -> Self {
        Self::Node(node)
    }
}

impl From<Expr> for Prop {
    fn from(expr: Expr) -> Self {
        match expr {
            Expr::Literal(value) => Self::Literal(value),
            other => Self::Computed(other),
        }
    }
}

impl Child {
    pub(super) fn when(test: Expr, then: impl Into<Child>) -> Self {
        Self::If { test, then: vec![then.into()], otherwise: Vec::new() }
    }

    pub(super) fn each(item: &str, list: Expr, body: impl Into<Child>) -> Self {
        Self::For { item: item.to_owned(), index: None, list, body: vec![body.into()] }
    }
}

/// Whether a name can follow a point, in both languages.
pub(super) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Names that are methods of Python's objects: `x.items` is not the member.
const METHODS: &[&str] = &[
    "items",
    "keys",
    "values",
    "get",
    "pop",
    "popitem",
    "copy",
    "update",
    "clear",
    "setdefault",
    "fromkeys",
];

/// Names that are taken in templates or in JSX, so that no datum can be called so.
const TAKEN: &[&str] = &[
    "_c",
    "and",
    "as",
    "await",
    "block",
    "break",
    "call",
    "caller",
    "case",
    "catch",
    "class",
    "const",
    "context",
    "continue",
    "cycler",
    "debugger",
    "debug",
    "default",
    "defined",
    "delete",
    "dict",
    "do",
    "elif",
    "else",
    "endfor",
    "endif",
    "enum",
    "export",
    "extends",
    "false",
    "False",
    "filter",
    "finally",
    "for",
    "from",
    "function",
    "if",
    "import",
    "in",
    "include",
    "index",
    "instanceof",
    "is",
    "joiner",
    "let",
    "lipsum",
    "loop",
    "macro",
    "namespace",
    "new",
    "none",
    "None",
    "not",
    "null",
    "or",
    "range",
    "raw",
    "recursive",
    "return",
    "self",
    "set",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "True",
    "try",
    "typeof",
    "undefined",
    "var",
    "varargs",
    "void",
    "while",
    "with",
    "without",
    "yield",
    "Object",
    "JSON",
    "item",
    "entry",
    "key",
];

/// Whether the data can have a member of this name at its top: templates reach it by nothing but its name.
pub(super) fn is_root_name(name: &str) -> bool {
    is_name(name) && !TAKEN.contains(&name) && !name.starts_with("toolface_")
}
