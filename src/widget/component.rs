//! The component table: what each ChatKit component is called, may contain and takes as props.
//!
//! Owns the facts, which live as data in `components.json` and are read once; the view is built from the same file.
//! Must not look at a tree: who judges one asks here.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::diag::suggestion;

/// Writes the enum, its names and the look-up by name from one list, so that they cannot part.
macro_rules! components {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// A component of the widget language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Component { $(#[doc = concat!("`", $name, "`")] $variant),* }

        impl Component {
            /// All of them, in the order of the table.
            pub const ALL: [Component; [$($name),*].len()] = [$(Component::$variant),*];

            /// The component whose `type` is `name`.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// Its `type`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

components! {
    Card = "Card", ListView = "ListView", Basic = "Basic", ListViewItem = "ListViewItem", Box = "Box", Row = "Row",
    Col = "Col", Form = "Form", Spacer = "Spacer", Divider = "Divider", Transition = "Transition", Title = "Title",
    Caption = "Caption", Text = "Text", Label = "Label", Markdown = "Markdown", Badge = "Badge", Icon = "Icon",
    Image = "Image", Button = "Button", Input = "Input", Textarea = "Textarea", Select = "Select",
    DatePicker = "DatePicker", Checkbox = "Checkbox", RadioGroup = "RadioGroup", Chart = "Chart", Table = "Table",
    TableRow = "Table.Row", TableCell = "Table.Cell",
}

impl Component {
    /// What the table says of it.
    pub fn spec(self) -> &'static Spec {
        table().spec(self)
    }

    /// "did you mean …?" for a `type` that names no component.
    pub fn suggestion(name: &str) -> Option<String> {
        suggestion(name, Self::ALL.map(Self::name))
    }
}

/// The whole table. Reading it takes a fraction of a millisecond, once.
pub fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        // A test holds that the file reads; without it every prop would be unknown, but nothing would fall over.
        serde_json::from_str::<Written>(SOURCE).map(Table::from).unwrap_or_default()
    });
    &TABLE
}

/// The table as written, for what is built from it outside of Rust.
pub const SOURCE: &str = include_str!("components.json");

/// The component table.
#[derive(Debug, Default)]
pub struct Table {
    /// Components that may be the root of a tree.
    pub roots: Components,
    /// Names that stand for a type.
    pub types: HashMap<&'static str, Type>,
    /// Icons.
    pub icons: Icons,
    /// Colours.
    pub colors: Colors,
    specs: Vec<Spec>,
}

impl Table {
    /// What the table says of a component.
    pub fn spec(&self, component: Component) -> &Spec {
        static UNKNOWN: Spec = Spec::unknown();
        self.specs.get(component as usize).unwrap_or(&UNKNOWN)
    }

    /// A type with its name looked up, however many names it takes.
    pub fn resolve<'t>(&'t self, mut kind: &'t Type) -> &'t Type {
        while let Type::Ref(name) = kind {
            match self.types.get(name) {
                Some(named) => kind = named,
                None => return &Type::Any,
            }
        }
        kind
    }
}

/// What the table says of one component.
#[derive(Debug)]
pub struct Spec {
    /// What it is, one sentence.
    pub doc: &'static str,
    /// How many children it takes.
    pub rule: Rule,
    /// Whether `children` must be given.
    pub needs_children: bool,
    /// Which children it takes.
    pub accepts: Components,
    /// The only parents it may have; empty where any will do.
    pub parents: Components,
    /// Whether it is a form field, named by its prop `name`.
    pub field: bool,
    /// Its props, without `type`, `key`, `id` and `children`.
    pub props: Vec<Prop>,
}

impl Spec {
    const fn unknown() -> Self {
        Self {
            doc: "",
            rule: Rule::Many,
            needs_children: false,
            accepts: Components(u32::MAX),
            parents: Components(0),
            field: false,
            props: Vec::new(),
        }
    }

    /// The prop of that name.
    pub fn prop(&self, name: &str) -> Option<&Prop> {
        self.props.iter().find(|p| p.name == name)
    }
}

/// How many children a component takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// None at all.
    None,
    /// Exactly one.
    One,
    /// A list of any length.
    Many,
    /// A list, or a single component in its place.
    ManyOrOne,
}

/// A set of components.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Components(u32);

impl Components {
    /// Whether `component` is in it.
    pub const fn contains(self, component: Component) -> bool {
        self.0 & (1 << component as u32) != 0
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// That one alone.
    pub const fn of(component: Component) -> Self {
        Self(1 << component as u32)
    }

    /// The members of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every member is in `other` too.
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Its members, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Component> {
        Component::ALL.into_iter().filter(move |c| self.contains(*c))
    }

    /// The names of its members as a phrase: "Card, ListView or Basic".
    pub fn phrase(self) -> String {
        let names: Vec<&str> = self.iter().map(Component::name).collect();
        match names.split_last() {
            None => "nothing".to_owned(),
            Some((only, [])) => (*only).to_owned(),
            Some((last, front)) => format!("{} or {last}", front.join(", ")),
        }
    }
}

impl FromIterator<Component> for Components {
    fn from_iter<I: IntoIterator<Item = Component>>(components: I) -> Self {
        Self(components.into_iter().fold(0, |set, c| set | 1 << c as u32))
    }
}

/// One prop of a component, or one member of an object type.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prop {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: Type,
    /// Whether it must be given.
    #[serde(default)]
    pub required: bool,
    /// What stands in for it, where that is known.
    pub default: Option<Value>,
    /// What it is for, one sentence.
    pub doc: &'static str,
}

/// What a prop holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Type {
    /// Any JSON.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A number without a fraction.
    Integer,
    /// Text.
    String,
    /// Text: a date, or a date and a time, in ISO 8601.
    Datetime,
    /// A number, or text in CSS.
    Length,
    /// Text: an address the host fetches.
    Url,
    /// Text: the name of an icon.
    Icon,
    /// An object of the type `ActionConfig`.
    Action,
    /// One of these values.
    One(Vec<Value>),
    /// Something of one of these types.
    Union(Vec<Type>),
    /// A list.
    List(Box<Type>),
    /// An object of any names.
    Map(Box<Type>),
    /// An object of these names.
    Object(Vec<Prop>),
    /// A colour: text, or an object of the type `ThemeColor`. Names the group of its tokens.
    Color(&'static str),
    /// A type by its name.
    Ref(&'static str),
}

/// The icons there are.
#[derive(Debug, Default, Deserialize)]
#[serde(bound = "'de: 'static")]
pub struct Icons {
    /// Names of the built-in ones.
    pub names: Vec<&'static str>,
    /// What stands before a name of another collection.
    pub prefixes: Vec<&'static str>,
}

impl Icons {
    /// Whether there is an icon of that name, as far as can be known.
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(&name)
            || self.prefixes.iter().any(|p| name.strip_prefix(p).is_some_and(|rest| !rest.is_empty()))
    }
}

/// The colours there are: tokens of a group, tokens of hue and step, and CSS.
#[derive(Debug, Default, Deserialize)]
#[serde(bound = "'de: 'static")]
pub struct Colors {
    /// Tokens by the group of the prop.
    pub groups: HashMap<&'static str, Vec<&'static str>>,
    /// Scales that have steps of their own.
    pub steps: HashMap<&'static str, Vec<&'static str>>,
    /// The hues that share one scale.
    pub hues: Hues,
    /// Hues of other palettes, and the one of ours that is nearest.
    pub near: HashMap<&'static str, &'static str>,
    /// CSS functions that make a colour.
    pub functions: Vec<&'static str>,
    /// CSS functions that make a gradient; backgrounds take them too.
    pub gradients: Vec<&'static str>,
    /// Colour names of CSS.
    pub names: Vec<&'static str>,
}

/// The hues that share one scale.
#[derive(Debug, Default, Deserialize)]
#[serde(bound = "'de: 'static")]
pub struct Hues {
    /// Their names.
    pub names: Vec<&'static str>,
    /// Their steps.
    pub steps: Vec<&'static str>,
}

impl Colors {
    /// Whether a prop of that token group takes `color`.
    pub fn contains(&self, group: &str, color: &str) -> bool {
        self.groups.get(group).is_some_and(|tokens| tokens.contains(&color))
            || color.split_once('-').is_some_and(|(hue, step)| self.scale(hue).contains(&step))
            || self.is_css(group, color.trim())
    }

    /// The token that was probably meant by `color`: the nearest step of its hue, else the nearest name.
    pub fn nearest(&self, group: &str, color: &str) -> Option<String> {
        if let Some((hue, step)) = color.split_once('-') {
            let hue = self.near.get(hue).copied().unwrap_or(hue);
            let scale = self.scale(hue);
            if let (Ok(wanted), false) = (step.parse::<u32>(), scale.is_empty()) {
                let steps = scale.iter().filter_map(|s| Some((s.parse::<u32>().ok()?.abs_diff(wanted), s)));
                return steps.min_by_key(|(distance, _)| *distance).map(|(_, step)| format!("{hue}-{step}"));
            }
        }
        let scales = self.hues.names.iter().chain(self.steps.keys());
        let shades = scales.flat_map(|hue| self.scale(hue).iter().map(move |step| format!("{hue}-{step}")));
        let tokens: Vec<String> =
            self.groups.get(group).into_iter().flatten().map(|t| (*t).to_owned()).chain(shades).collect();
        crate::diag::nearest(color, tokens.iter().map(String::as_str).chain(self.names.iter().copied()))
            .map(str::to_owned)
    }

    fn scale(&self, hue: &str) -> &[&'static str] {
        match self.steps.get(hue) {
            Some(steps) => steps,
            None if self.hues.names.contains(&hue) => &self.hues.steps,
            None => &[],
        }
    }

    fn is_css(&self, group: &str, color: &str) -> bool {
        let lower = color.to_ascii_lowercase();
        if let Some(hex) = lower.strip_prefix('#') {
            return matches!(hex.len(), 3 | 4 | 6 | 8) && hex.bytes().all(|b| b.is_ascii_hexdigit());
        }
        match lower.split_once('(') {
            Some((name, rest)) => {
                let gradient = group == "background" && self.gradients.contains(&name);
                rest.ends_with(')') && (gradient || self.functions.contains(&name))
            }
            None => self.names.contains(&lower.as_str()),
        }
    }
}

/// The file as written: shared props by group, children by name.
#[derive(Deserialize)]
#[serde(bound = "'de: 'static")]
struct Written {
    roots: Vec<&'static str>,
    shared: HashMap<&'static str, Vec<Prop>>,
    components: Vec<WrittenSpec>,
    types: HashMap<&'static str, Type>,
    icons: Icons,
    colors: Colors,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSpec {
    name: &'static str,
    doc: &'static str,
    children: WrittenChildren,
    #[serde(default)]
    parents: Vec<&'static str>,
    #[serde(default)]
    field: bool,
    #[serde(default)]
    include: Vec<&'static str>,
    props: Vec<Prop>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "'de: 'static")]
struct WrittenChildren {
    rule: Rule,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    of: Vec<&'static str>,
}

impl From<Written> for Table {
    fn from(written: Written) -> Self {
        let named =
            |names: &[&str]| names.iter().filter_map(|n| Component::from_name(n)).collect::<Components>();
        let roots = named(&written.roots);
        let tied = written.components.iter().filter(|s| !s.parents.is_empty());
        let tied = tied.filter_map(|s| Component::from_name(s.name)).collect::<Components>();
        let anywhere = Component::ALL.into_iter().filter(|c| {
            !tied.contains(*c) && (!roots.contains(*c) || *c == Component::ListView) // a list may stand in a card
        });
        let anywhere: Components = anywhere.collect();
        let accepts = |of: &[&str]| {
            of.iter().fold(named(of), |set, name| match *name {
                "@component" => set.with(anywhere),
                "@root" => set.with(roots),
                _ => set,
            })
        };
        let spec = |written_spec: &WrittenSpec| {
            let shared = written_spec.include.iter().filter_map(|group| written.shared.get(group)).flatten();
            Spec {
                doc: written_spec.doc,
                rule: written_spec.children.rule,
                needs_children: written_spec.children.required,
                accepts: accepts(&written_spec.children.of),
                parents: named(&written_spec.parents),
                field: written_spec.field,
                props: written_spec.props.iter().chain(shared).cloned().collect(),
            }
        };
        // In the order of `Component::ALL`, because that is how a spec is found.
        let specs = Component::ALL.iter().map(|component| {
            let found = written.components.iter().find(|s| s.name == component.name());
            found.map_or_else(Spec::unknown, spec)
        });
        let specs = specs.collect();
        Self { roots, specs, types: written.types, icons: written.icons, colors: written.colors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_reads_and_names_every_component_once() {
        let written: Written = serde_json::from_str(SOURCE).unwrap();
        let names: Vec<&str> = written.components.iter().map(|s| s.name).collect();
        assert_eq!(names, Component::ALL.map(Component::name));
        for component in Component::ALL {
            assert_eq!(Component::from_name(component.name()), Some(component));
            let props = &component.spec().props;
            assert!(!component.spec().doc.is_empty());
            let twice = props.iter().filter(|p| props.iter().filter(|q| q.name == p.name).count() > 1);
            assert_eq!(twice.map(|p| p.name).collect::<Vec<_>>(), Vec::<&str>::new(), "{component:?}");
        }
    }

    #[test]
    fn every_name_in_the_table_leads_somewhere() {
        fn visit(kind: &Type) {
            match kind {
                Type::Ref(name) => assert!(table().types.contains_key(name), "{name}"),
                Type::Color(group) => assert!(table().colors.groups.contains_key(group), "{group}"),
                Type::Union(all) => all.iter().for_each(visit),
                Type::List(of) | Type::Map(of) => visit(of),
                Type::Object(props) => props.iter().for_each(|p| visit(&p.kind)),
                _ => {}
            }
        }
        Component::ALL.iter().flat_map(|c| &c.spec().props).for_each(|p| visit(&p.kind));
        table().types.values().for_each(visit);
        let written: Written = serde_json::from_str(SOURCE).unwrap();
        for spec in &written.components {
            assert!(spec.include.iter().all(|g| written.shared.contains_key(g)), "{}", spec.name);
            assert!(spec.parents.iter().all(|p| Component::from_name(p).is_some()), "{}", spec.name);
            let known = |name: &&str| name.starts_with('@') || Component::from_name(name).is_some();
            assert!(spec.children.of.iter().all(known), "{}", spec.name);
        }
    }

    #[test]
    fn children_go_where_they_belong() {
        use Component::{Basic, Card, Col, ListView, ListViewItem, Table, TableCell, TableRow, Text};
        let accepts = |parent: Component, child: Component| parent.spec().accepts.contains(child);
        assert!(
            accepts(Card, Text) && accepts(Card, ListView) && accepts(Col, Table) && accepts(Basic, Card)
        );
        assert!(accepts(ListView, ListViewItem) && accepts(Table, TableRow) && accepts(TableRow, TableCell));
        assert!(!accepts(Card, ListViewItem) && !accepts(ListView, Text) && !accepts(Col, TableRow));
        assert!(!accepts(Card, Card) && !accepts(Table, TableCell) && !accepts(Text, Text));
        assert_eq!(table().roots.phrase(), "Card, ListView or Basic");
    }

    #[test]
    fn colors_are_tokens_shades_or_css() {
        let colors = &table().colors;
        for (group, color) in [
            ("text", "secondary"),
            ("border", "default"),
            ("text", "gray-925"),
            ("text", "blue-a50"),
            ("text", "alpha-05"),
            ("text", "#06b6d4"),
            ("text", "White"),
            ("text", "rgb(1 2 3 / 50%)"),
            ("background", "linear-gradient(135deg, #fff6d9 0%, #ceb0fb 100%)"),
        ] {
            assert!(colors.contains(group, color), "{group} {color}");
        }
        for (group, color, near) in [
            ("text", "teal-400", Some("green-400")),
            ("text", "alpha-90", Some("alpha-70")),
            ("text", "gray-420", Some("gray-400")),
            ("text", "secondry", Some("secondary")),
            ("border", "subtel", Some("subtle")),
            ("text", "surfaces-are-not-text", None),
            ("text", "linear-gradient(red, blue)", None),
            ("text", "#12345", None),
        ] {
            assert!(!colors.contains(group, color), "{group} {color}");
            assert_eq!(colors.nearest(group, color).as_deref(), near, "{group} {color}");
        }
    }

    #[test]
    fn icons_are_known_or_of_another_collection() {
        let icons = &table().icons;
        assert!(icons.contains("check-circle") && icons.contains("lucide:truck"));
        assert!(!icons.contains("chek") && !icons.contains("lucide:"));
    }
}
