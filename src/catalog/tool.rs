//! One tool, compiled: source, selector, and what it answers in.
//!
//! Owns everything a single tool file says besides its arguments, checked against the project's widgets, connections and other tools.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::arguments::Arguments;
use super::binding::{Action, Binding, Parts};
use crate::config::File;
use crate::config::server::{Format, View};
use crate::config::tool::{Icon, Input, ToolFile, Visibility};
use crate::diag::{Diagnostic, Diagnostics, suggestion};
use crate::schema::path::DataPath;
use crate::schema::shape::Shape;
use crate::schema::{Formats, Schema, escape};
use crate::source::select::Selector;
use crate::source::{Connection, Source, Surroundings};
use crate::template::{Flavor, Limits, Template};
use crate::widget::Widget;

/// A tool, ready to be called.
#[derive(Debug)]
pub struct Tool {
    /// Its name: the file's stem.
    pub name: String,
    /// Name for people.
    pub title: Option<String>,
    /// What the model reads.
    pub description: String,
    /// Its arguments.
    pub arguments: Arc<Arguments>,
    /// Where the data comes from.
    pub source: Source,
    /// What of it is the data.
    pub select: Option<Selector>,
    /// What it answers in.
    pub answer: Answer,
    /// Where its widgets' actions lead, by action type.
    pub actions: BTreeMap<String, Action>,
    /// Hints about what it does.
    pub annotations: Annotations,
    /// Icons.
    pub icons: Vec<Icon>,
    /// Who may call it, as written; who really may is told by [`super::Catalog::visibility`].
    pub(super) visibility: Vec<Visibility>,
    /// How its widget is drawn; what is not said here is said by the project.
    pub view: View,
    /// Its own deadline.
    pub timeout: Option<Duration>,
    /// The schema of its envelope; `None` for a fixed result.
    pub output_schema: Option<Value>,
}

/// What a tool answers in.
#[derive(Debug)]
pub enum Answer {
    /// Widgets: variants in order with their conditions, and the one used if none fits.
    Widget {
        /// Used when no variant fits.
        main: Box<Binding>,
        /// The first whose condition holds is used.
        variants: Vec<(Selector, Binding)>,
    },
    /// Always the same MCP result.
    Fixed(Value),
    /// The widget that is asked for, by name: what a view asks that got data without a tree.
    Asked(BTreeMap<String, Binding>),
    /// What the MCP server answers whose tool it is, as it is: it passes through. Its definition, under its name here.
    Passed(Box<Value>),
}

impl Answer {
    /// All bindings, variants first, the main one last.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        let (variants, main) = match self {
            Self::Widget { main, variants } => (variants.as_slice(), Some(main.as_ref())),
            Self::Fixed(_) | Self::Asked(_) | Self::Passed(_) => (&[][..], None),
        };
        variants.iter().map(|(_, binding)| binding).chain(main)
    }
}

/// Hints, settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotations {
    /// It changes nothing.
    pub read_only: bool,
    /// It may destroy something.
    pub destructive: bool,
    /// Calling it again changes nothing more; `None` where nobody said.
    pub idempotent: Option<bool>,
    /// It reaches outside of a closed world.
    pub open_world: bool,
}

/// What a tool is compiled with.
pub(super) struct Project<'a> {
    pub(super) widgets: &'a BTreeMap<String, Arc<Widget>>,
    /// Names of all widget files, also faulty ones, which are told elsewhere.
    pub(super) widget_names: &'a BTreeSet<String>,
    pub(super) connections: &'a BTreeMap<String, Arc<Connection>>,
    pub(super) connection_names: &'a BTreeSet<String>,
    pub(super) arguments: &'a BTreeMap<String, Option<Arc<Arguments>>>,
    pub(super) around: &'a Surroundings<'a>,
    pub(super) format: Format,
    pub(super) templates: Limits,
}

impl Tool {
    /// The widgets it answers in, those of variants first.
    pub fn widgets(&self) -> impl Iterator<Item = &Widget> {
        self.answer.bindings().map(|binding| binding.widget.as_ref())
    }

    /// Compiles a tool file. Its faults are told; `None` if there was one.
    pub(super) fn compile(
        file: &File<ToolFile>,
        project: &Project<'_>,
        faults: &mut Diagnostics,
    ) -> Option<Self> {
        let mut compiler = Compiler { file, project, faults };
        let arguments = project.arguments.get(&file.name).and_then(Clone::clone);
        let written = &file.content;
        let names = arguments.as_ref().map(|a| Arguments::names(a.schema.json()));
        let source = compiler.source(names.as_ref().and_then(Option::as_deref));
        let select = compiler.selector("/data/select", written.data.select.as_deref());
        let answer = compiler.answer(source.as_ref());
        let actions = compiler.actions();
        compiler.unused_arguments(source.as_ref(), arguments.as_deref());
        let (arguments, source, select, answer, actions) = (arguments?, source?, select?, answer?, actions?);
        let annotations = annotations(written, &source);
        let (title, description) = compiler.texts(&source)?;
        Some(Self {
            name: file.name.clone(),
            title,
            description,
            output_schema: output_schema(&answer),
            annotations,
            arguments,
            source,
            select,
            answer,
            actions,
            icons: written.icons.clone(),
            visibility: written.visibility.clone(),
            view: written.view.clone(),
            timeout: written.timeout_ms.map(Duration::from_millis),
        })
    }
}

fn annotations(written: &ToolFile, source: &Source) -> Annotations {
    let said = written.annotations;
    let writes = source.writes();
    let hint = |name: &str| match source {
        Source::Mcp(call) => call.definition().and_then(|definition| definition.hint(name)),
        _ => None,
    };
    Annotations {
        read_only: said.read_only.unwrap_or(!writes),
        destructive: said.destructive.or(hint("destructiveHint")).unwrap_or(writes),
        idempotent: said.idempotent.or(hint("idempotentHint")).or((!writes).then_some(true)),
        open_world: said
            .open_world
            .or(hint("openWorldHint"))
            .unwrap_or(matches!(source, Source::Http(_) | Source::Mcp(_))),
    }
}

/// The schema of all envelopes a tool can answer with. Its root is an object, as older revisions demand.
fn output_schema(answer: &Answer) -> Option<Value> {
    let bindings: Vec<&Binding> = answer.bindings().collect();
    match bindings.as_slice() {
        [] => None,
        [only] => Some(only.envelope_schema("")),
        several => {
            let branches = several.iter().enumerate().map(|(n, b)| b.envelope_schema(&format!("/oneOf/{n}")));
            Some(json!({"type": "object", "oneOf": branches.collect::<Vec<_>>()}))
        }
    }
}

struct Compiler<'a, 'f> {
    file: &'a File<ToolFile>,
    project: &'a Project<'a>,
    faults: &'f mut Diagnostics,
}

impl Compiler<'_, '_> {
    fn tell(
        &mut self,
        code: &'static str,
        message: String,
        span: Option<Range<usize>>,
        help: Option<String>,
    ) {
        let mut told = Diagnostic::error(code, message).at(self.file.document.source(), span);
        told.help = help;
        self.faults.push(told);
    }

    /// Title and description: written, or those of the other server's tool.
    fn texts(&mut self, source: &Source) -> Option<(Option<String>, String)> {
        let written = &self.file.content;
        let said = written.description.as_deref().map(|text| text.trim().to_owned());
        let Source::Mcp(call) = source else {
            if said.is_none() {
                let help = "write what the model reads to decide when to use the tool: description = \"…\"";
                self.tell(
                    "missing-description",
                    "this tool has no `description`".into(),
                    None,
                    Some(help.into()),
                );
            }
            return Some((written.title.clone(), said?));
        };
        let definition = call.definition();
        if definition.is_none() {
            let (name, why) = (call.upstream().name(), call.upstream().trouble());
            let message = format!(
                "the MCP server `{name}` cannot be reached{}",
                why.map_or(String::new(), |why| format!(": {why}"))
            );
            let told = Diagnostic::warning("unreachable-upstream", message)
                .at(self.file.document.source(), self.file.document.value_span("/source/connection"))
                .help("the tool is served, takes any arguments and answers as soon as the server is there");
            self.faults.push(told);
        }
        let title = written.title.clone().or_else(|| definition?.title().map(str::to_owned));
        let theirs = definition.and_then(|d| d.description()).map(|text| text.trim().to_owned());
        let plain = || format!("Calls `{}` of the MCP server `{}`.", call.tool(), call.upstream().name());
        Some((title, said.or(theirs).unwrap_or_else(plain)))
    }

    /// Tells that `name`, at `pointer`, is none of `known`.
    fn unknown(&mut self, what: &'static str, name: &str, pointer: &str, known: &BTreeSet<String>) {
        let all = || match known.is_empty() {
            true => format!("there is no {what} yet"),
            false => format!("there are: {}", known.iter().take(20).cloned().collect::<Vec<_>>().join(", ")),
        };
        let help = suggestion(name, known.iter().map(String::as_str)).unwrap_or_else(all);
        let code = match what {
            "widget" => "unknown-widget",
            "connection" => "unknown-connection",
            _ => "unknown-tool",
        };
        let span = self.file.document.value_span(pointer);
        self.tell(code, format!("there is no {what} `{name}`"), span, Some(help));
    }

    fn source(&mut self, arguments: Option<&[&str]>) -> Option<Source> {
        let spec = &self.file.content.source;
        let connection = match &spec.connection {
            Some(name) if !self.project.connection_names.contains(name) => {
                self.unknown("connection", name, "/source/connection", self.project.connection_names);
                return None;
            }
            Some(name) => Some(self.project.connections.get(name)?),
            None => None,
        };
        let compiled = Source::compile(spec, connection, arguments, self.project.around);
        compiled
            .map_err(|all| {
                for fault in all {
                    let pointer = format!("/source/{}", fault.key);
                    let document = &self.file.document;
                    let span = match fault.span {
                        Some(part) => document.part_span(&pointer, part),
                        None => document.value_span(&pointer),
                    };
                    self.tell("invalid-source", fault.message, span, fault.help);
                }
            })
            .ok()
    }

    /// `Some(None)`: there is none; `None`: it is wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are different outcomes")]
    fn selector(&mut self, pointer: &str, program: Option<&str>) -> Option<Option<Selector>> {
        let Some(program) = program else { return Some(None) };
        match Selector::compile(program) {
            Ok(selector) => Some(Some(selector)),
            Err(e) => {
                let span = self.file.document.part_span(pointer, e.span);
                let message = format!("in the jq program of tool `{}`: {}", self.file.name, e.message);
                self.tell("invalid-selector", message, span, None);
                None
            }
        }
    }

    fn answer(&mut self, source: Option<&Source>) -> Option<Answer> {
        let written = &self.file.content;
        let fixed = match source {
            Some(Source::Fixed(fixed)) => fixed.result(),
            _ => None,
        };
        let Some(widget) = &written.widget else {
            return match (fixed, written.source.result.is_some()) {
                (Some(result), _) => Some(Answer::Fixed(result.clone())),
                (None, true) => None,
                (None, false) => {
                    let help = "name the widget this tool answers in: widget = \"…\"";
                    let span = self.file.document.value_span("/source");
                    self.tell("missing-widget", "this tool has no `widget`".into(), span, Some(help.into()));
                    None
                }
            };
        };
        if fixed.is_some() {
            let span = self.file.document.key_span("/widget");
            self.tell("invalid-source", "a tool with a fixed `result` has no widget".into(), span, None);
            return None;
        }
        let (id, text) = (written.widget_id.as_deref(), written.text.as_deref());
        let main = self.binding(widget, "/widget", id, ("/text", text));
        let variants: Vec<_> = written
            .variants
            .iter()
            .enumerate()
            .map(|(n, variant)| {
                let at = format!("/variants/{n}");
                let when = self.selector(&format!("{at}/when"), Some(&variant.when)).flatten();
                let text = variant.text.as_deref().map(|t| (format!("{at}/text"), t));
                let text = match &text {
                    Some((pointer, text)) => (pointer.as_str(), Some(*text)),
                    None => ("/text", written.text.as_deref()),
                };
                let widget_at = format!("{at}/widget");
                let binding = self.binding(&variant.widget, &widget_at, variant.widget_id.as_deref(), text);
                Some((when?, binding?))
            })
            .collect();
        let variants = variants.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Answer::Widget { main: Box::new(main?), variants })
    }

    fn binding(
        &mut self,
        name: &str,
        pointer: &str,
        id: Option<&str>,
        (text_pointer, text): (&str, Option<&str>),
    ) -> Option<Binding> {
        if !self.project.widget_names.contains(name) {
            self.unknown("widget", name, pointer, self.project.widget_names);
            return None;
        }
        let widget = self.project.widgets.get(name)?;
        let written = &self.file.content;
        let span = self.file.document.value_span(pointer);
        let id = id.or(widget.id.as_deref());
        if id.is_none() {
            let message = format!("the widget `{name}` has no id: {} carries none", widget.file);
            let help = format!(
                "give it one, in toolface.toml ([widgets.{name}] id = \"wig_…\") or here (widget_id = \"wig_…\")"
            );
            self.tell("missing-id", message, span.clone(), Some(help));
        }
        let shape = Shape::compile(&widget.schema, written.on_missing.shape());
        let schema = Schema::compile(shape.effective().clone(), Formats::Described);
        let schema = schema.map_err(|errors| {
            let why = errors.into_iter().next().map(|e| e.message).unwrap_or_default();
            self.tell(
                "invalid-schema",
                format!("the data schema of `{name}` cannot be used: {why}"),
                span.clone(),
                None,
            );
        });
        let mut public = shape.effective().clone();
        let private = self.private(name, &mut public);
        let copy_text = match text.map(|t| Template::compile("text", t, Flavor::Text, self.project.templates))
        {
            None => Some(None),
            Some(Ok(template)) => Some(Some(template)),
            Some(Err(e)) => {
                let document = &self.file.document;
                let span = e
                    .span
                    .and_then(|part| document.part_span(text_pointer, part))
                    .or_else(|| document.value_span(text_pointer));
                self.tell("invalid-template", format!("in the copy text: {}", e.message), span, None);
                None
            }
        };
        Some(Binding::new(Parts {
            widget: widget.clone(),
            id: id?.to_owned(),
            format: written.envelope.unwrap_or(self.project.format),
            shape,
            schema: schema.ok()?,
            private: private?,
            public,
            copy_text: copy_text?,
        }))
    }

    /// The `private` paths that are in the data of `widget`, taken out of its public schema. A path that only another
    /// widget of the tool knows is left out.
    fn private(&mut self, widget: &str, public: &mut Value) -> Option<Vec<DataPath>> {
        let mut paths = Vec::new();
        let mut sound = true;
        for (n, text) in self.file.content.private.iter().enumerate() {
            let outcome = text.parse::<DataPath>().map_err(|e| (e.to_string(), None)).and_then(|path| {
                match path.remove_from_schema(public) {
                    Ok(()) => Ok(Some(path)),
                    Err(_) if self.other_widget_has(widget, &path) => Ok(None),
                    Err((name, known)) => {
                        let help = suggestion(&name, known.iter().map(String::as_str));
                        Err((format!("the data of widget `{widget}` has no `{name}`"), help))
                    }
                }
            });
            match outcome {
                Ok(path) => paths.extend(path),
                Err((message, help)) => {
                    let span = self.file.document.value_span(&format!("/private/{n}"));
                    self.tell("unknown-field", message, span, help);
                    sound = false;
                }
            }
        }
        sound.then_some(paths)
    }

    fn other_widget_has(&self, widget: &str, path: &DataPath) -> bool {
        let written = &self.file.content;
        let names =
            written.widget.iter().chain(written.variants.iter().map(|v| &v.widget)).filter(|n| *n != widget);
        let mut others = names.filter_map(|name| self.project.widgets.get(name));
        others.any(|other| path.remove_from_schema(&mut other.schema.clone()).is_ok())
    }

    fn actions(&mut self) -> Option<BTreeMap<String, Action>> {
        let written = &self.file.content;
        let mut actions = BTreeMap::new();
        let mut sound = true;
        for (kind, action) in &written.actions {
            let at = format!("/actions/{}", escape(kind));
            sound &= self.is_used(kind, &at);
            let Some(target) = self.project.arguments.get(&action.tool) else {
                let names = self.project.arguments.keys().cloned().collect();
                self.unknown("tool", &action.tool, &format!("{at}/tool"), &names);
                sound = false;
                continue;
            };
            if let Some(target) = target {
                sound &= self.mapping(kind, action, target.schema.json(), &at);
            }
            let arguments = action.arguments.clone();
            actions.insert(kind.clone(), Action { tool: action.tool.clone(), arguments });
        }
        sound.then_some(actions)
    }

    /// Whether one of the tool's widgets has the action; tells it if none has.
    fn is_used(&mut self, kind: &str, at: &str) -> bool {
        let written = &self.file.content;
        let names = written.widget.iter().chain(written.variants.iter().map(|v| &v.widget));
        let widgets: Vec<&Arc<Widget>> = names.filter_map(|name| self.project.widgets.get(name)).collect();
        let known: BTreeSet<&str> = widgets.iter().flat_map(|w| w.action_types()).collect();
        if widgets.is_empty() || known.contains(kind) || widgets.iter().any(|w| w.has_computed_actions()) {
            return true;
        }
        let shown: Vec<&str> = widgets.iter().map(|w| w.name.as_str()).collect();
        let message = format!("no action `{kind}` is used in {}", shown.join(", "));
        let help = suggestion(kind, known.iter().copied()).or_else(|| {
            (!known.is_empty())
                .then(|| format!("used there: {}", known.iter().copied().collect::<Vec<_>>().join(", ")))
        });
        let span = self.file.document.key_span(at);
        self.tell("unknown-action", message, span, help);
        false
    }

    /// Checks an action's arguments against the input schema of the tool it calls, and that each one the tool needs
    /// is mapped or in the payloads (or form fields) of that action.
    fn mapping(
        &mut self,
        kind: &str,
        action: &crate::config::tool::Action,
        schema: &Value,
        at: &str,
    ) -> bool {
        let mapped = &action.arguments;
        let mut sound = true;
        if let Some(names) = Arguments::names(schema) {
            for name in mapped.keys().filter(|n| !names.contains(&n.as_str())) {
                let span = self.file.document.key_span(&format!("{at}/arguments/{}", escape(name)));
                let help = suggestion(name, names.iter().copied());
                self.tell(
                    "unknown-argument",
                    format!("the tool `{}` has no argument `{name}`", action.tool),
                    span,
                    help,
                );
                sound = false;
            }
        }
        let carried = self.carried(kind);
        let required =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let lacking = |name: &&str| {
            let field = mapped.get(*name).map_or(*name, |path| path.split('.').next().unwrap_or(path));
            carried.as_ref().is_some_and(|fields| !fields.contains(field))
        };
        for name in required.filter(lacking) {
            let field = mapped.get(name).map_or(name, String::as_str);
            let pointer = format!("{at}/arguments/{}", escape(name));
            let span = self.file.document.value_span(&pointer);
            let message = format!(
                "the action `{kind}` carries no field `{field}`, which the argument `{name}` of tool `{}` needs",
                action.tool
            );
            let fields = carried.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
            self.tell(
                "missing-argument",
                message,
                span,
                Some(format!("it carries: {}", if fields.is_empty() { "nothing" } else { &fields })),
            );
            sound = false;
        }
        sound
    }

    /// The fields an action carries in the samples of the tool's widgets; `None` if no sample shows it.
    fn carried(&self, kind: &str) -> Option<BTreeSet<String>> {
        let written = &self.file.content;
        let names = written.widget.iter().chain(written.variants.iter().map(|v| &v.widget));
        let widgets = names.filter_map(|name| self.project.widgets.get(name));
        let uses: Vec<_> = widgets.flat_map(|w| w.actions()).filter(|a| a.kind == kind).collect();
        (!uses.is_empty()).then(|| {
            let fields = |name: &String| name.split('.').next().unwrap_or(name).to_owned();
            uses.iter()
                .flat_map(|a| a.payload.iter().chain(a.fields.iter().flat_map(|f| f.iter())))
                .map(fields)
                .collect()
        })
    }

    /// Warns of arguments that neither the source nor a selector reads.
    fn unused_arguments(&mut self, source: Option<&Source>, arguments: Option<&Arguments>) {
        let (Some(source), Some(arguments), Input::Table(_)) = (source, arguments, &self.file.content.input)
        else {
            return;
        };
        let written = &self.file.content;
        let programs = written.data.select.iter().chain(written.variants.iter().map(|v| &v.when));
        if programs.into_iter().any(|p| p.contains("$args")) || matches!(source, Source::Fixed(_)) {
            return;
        }
        let used = source.arguments();
        let names = Arguments::names(arguments.schema.json()).unwrap_or_default();
        for name in names.into_iter().filter(|n| !used.contains(n)) {
            let span = self.file.document.key_span(&format!("/input/{}", escape(name)));
            let told =
                Diagnostic::warning("unused-argument", format!("the argument `{name}` is read by nothing"));
            self.faults.push(told.at(self.file.document.source(), span));
        }
    }
}
