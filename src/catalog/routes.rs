//! Routes: named sets of tools, each served as a server of its own.
//!
//! Owns which tools belong to a route, which come along because its widgets' actions lead to them, and the view of the
//! project a route is: a [`Catalog`] with those tools alone, so that whoever serves a catalog serves a route.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::{Catalog, Passing, Tool, builtin, compile, identity};
use crate::config::Project;
use crate::config::server as written;
use crate::config::tool::Visibility;
use crate::diag::{Diagnostic, Diagnostics, suggestion};
use crate::schema::escape;

/// A set of tools with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its name: 1 to 128 of letters, digits, `_`, `-` and `.`; the last segment of its address.
    pub name: String,
    /// Name for people.
    pub title: Option<String>,
    /// What it is for. Made from what its tools say of themselves where nobody said.
    pub description: Option<String>,
    /// The tools a model may call, in the order of the file.
    pub tools: Vec<String>,
    /// The tools only its widgets may call, sorted: those of its tools that are for widgets alone, those its widgets'
    /// actions lead to, and [`builtin::RENDER`] where it has widgets.
    pub companions: Vec<String>,
}

/// Why a name leads to no route, and which there are.
#[derive(Debug, Serialize)]
pub struct UnknownRoute<'c> {
    /// What is wrong.
    pub error: String,
    /// What may be meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The routes there are, at most 50.
    pub routes: Vec<&'c str>,
    /// How many more there are.
    pub more: usize,
}

impl fmt::Display for UnknownRoute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.help, self.routes.as_slice()) {
            (Some(help), _) => write!(f, "{}; {help}", self.error),
            (None, []) => write!(f, "{}; there is none yet", self.error),
            (None, routes) => write!(f, "{}; there are: {}", self.error, routes.join(", ")),
        }?;
        match (&self.help, self.more) {
            (None, more @ 1..) => write!(f, ", and {more} more"),
            _ => Ok(()),
        }
    }
}

/// Routes listed where one is not found.
const LISTED: usize = 50;

type Tools = BTreeMap<String, Arc<Tool>>;

/// The routes of a project; where it names none, one for each tool a model may call. `tools` are those without faults.
pub(super) fn compile(
    project: &Project,
    tools: &Tools,
    passing: &Passing,
    faults: &mut Diagnostics,
) -> BTreeMap<String, Route> {
    let named = &project.server.content.routes;
    let routes: Vec<Route> = if named.is_empty() {
        let visible = tools.values().filter(|tool| tool.visibility.contains(&Visibility::Model));
        visible.map(|tool| route(&tool.name, tool.title.clone(), None, vec![tool], tools)).collect()
    } else {
        let files = project.tools.iter().map(|file| &file.name).chain(&project.faulty);
        let known: BTreeSet<&str> = files.chain(tools.keys()).map(String::as_str).collect();
        let written = named.iter().map(|(name, about)| (name.as_str(), about));
        written.filter_map(|entry| as_written(project, entry, (&known, passing), tools, faults)).collect()
    };
    routes.into_iter().map(|route| (route.name.clone(), route)).collect()
}

/// One `[routes.<name>]`. Its faults are told; `None` if it has no tool to serve.
fn as_written(
    project: &Project,
    (name, about): (&str, &written::Route),
    (known, passing): (&BTreeSet<&str>, &Passing),
    tools: &Tools,
    faults: &mut Diagnostics,
) -> Option<Route> {
    let document = &project.server.document;
    let at = format!("/routes/{}", escape(name));
    let sound = compile::is_name(name);
    if !sound {
        let told = Diagnostic::error("invalid-name", format!("`{name}` cannot name a route"))
            .at(document.source(), document.key_span(&at));
        faults.push(told.help("up to 128 letters (a-z), digits, `_`, `-` and `.`; neither `.` nor `..`"));
    }
    let mut seen = BTreeSet::new();
    for (n, tool) in about.tools.iter().enumerate() {
        let span = document.value_span(&format!("{at}/tools/{n}"));
        if !known.contains(tool.as_str()) && !passing.may_have(tool) {
            let all =
                || format!("there are: {}", known.iter().take(20).copied().collect::<Vec<_>>().join(", "));
            let help = match tool == builtin::RENDER {
                true => "leave it out: it comes along by itself".to_owned(),
                false => suggestion(tool, known.iter().copied()).unwrap_or_else(all),
            };
            let message = format!("there is no tool `{tool}`");
            faults.push(Diagnostic::error("unknown-tool", message).at(document.source(), span).help(help));
        } else if !seen.insert(tool) {
            let message = format!("the route `{name}` names `{tool}` twice");
            faults.push(Diagnostic::error("duplicate-tool", message).at(document.source(), span));
        }
    }
    let members: Vec<&Arc<Tool>> = about.tools.iter().filter_map(|tool| tools.get(tool)).collect();
    let complete = members.len() == about.tools.len();
    if complete && !members.iter().any(|tool| tool.visibility.contains(&Visibility::Model)) {
        let message = format!("the route `{name}` has no tool that a model may call, only what widgets call");
        let help =
            "name the tools that answer in those widgets; what their actions lead to comes along by itself";
        let span = document.value_span(&format!("{at}/tools"));
        faults.push(Diagnostic::error("invalid-route", message).at(document.source(), span).help(help));
        return None;
    }
    sound.then(|| route(name, about.title.clone(), about.description.as_deref(), members, tools))
}

fn route(
    name: &str,
    title: Option<String>,
    description: Option<&str>,
    members: Vec<&Arc<Tool>>,
    tools: &Tools,
) -> Route {
    let (own, apart): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|tool| tool.visibility.contains(&Visibility::Model));
    let mut companions: BTreeSet<&str> = apart.iter().map(|tool| tool.name.as_str()).collect();
    let mut waiting: Vec<&Tool> = own.iter().chain(&apart).map(|tool| tool.as_ref()).collect();
    let mut draws = false;
    while let Some(tool) = waiting.pop() {
        draws |= tool.answer.bindings().next().is_some();
        let targets = tool.actions.values().filter_map(|action| tools.get(&action.tool));
        for target in targets.filter(|target| target.visibility.contains(&Visibility::App)) {
            if own.iter().all(|own| own.name != target.name) && companions.insert(&target.name) {
                waiting.push(target);
            }
        }
    }
    companions.extend(draws.then_some(builtin::RENDER));
    Route {
        name: name.to_owned(),
        title,
        description: description.map(|text| text.trim().to_owned()).or_else(|| described(&own)),
        tools: own.iter().map(|tool| tool.name.clone()).collect(),
        companions: companions.into_iter().map(str::to_owned).collect(),
    }
}

/// What tools say of themselves, joined.
fn described(tools: &[&Arc<Tool>]) -> Option<String> {
    match tools {
        [] => None,
        [only] => Some(only.description.clone()),
        several => {
            let lines = several.iter().map(|tool| format!("- {}: {}", tool.name, tool.description));
            Some(lines.collect::<Vec<_>>().join("\n"))
        }
    }
}

impl Catalog {
    /// Tells that no route has this name.
    pub fn unknown_route(&self, name: &str) -> UnknownRoute<'_> {
        // What can be no name is neither repeated nor compared: it may be of any length.
        let (error, help) = match compile::is_name(name) {
            true => (
                format!("there is no route `{name}`"),
                suggestion(name, self.routes.keys().map(String::as_str)),
            ),
            false => {
                let slip =
                    name.is_empty() || name.strip_suffix('/').is_some_and(|n| self.routes.contains_key(n));
                let help = slip.then(|| "take the slash at the end away".to_owned());
                ("this cannot be the name of a route".to_owned(), help)
            }
        };
        let routes: Vec<&str> = self.routes.keys().take(LISTED).map(String::as_str).collect();
        UnknownRoute { error, help, more: self.routes.len() - routes.len(), routes }
    }

    /// The project as one route shows it: its tools and their companions, the widgets they answer in, and nothing
    /// else. Tools and widgets are shared with this catalog. `None` if there is no such route.
    pub fn route(&self, name: &str) -> Option<Self> {
        let route = self.routes.get(name)?;
        Some(self.narrowed(Some(route)))
    }

    /// The same of a route that is gone: nothing is left of it.
    pub fn nothing(&self) -> Self {
        self.narrowed(None)
    }

    fn narrowed(&self, route: Option<&Route>) -> Self {
        let names = route.into_iter().flat_map(|route| route.tools.iter().chain(&route.companions));
        let mut tools: Tools = names
            .filter_map(|name| Some((name.clone(), self.tools.get(name)?.clone())))
            .filter(|(name, _)| name != builtin::RENDER)
            .collect();
        let drawn = tools.values().flat_map(|tool| tool.answer.bindings());
        let widgets = drawn.map(|binding| (binding.widget.name.clone(), binding.widget.clone())).collect();
        if let Some(tool) = builtin::render(&widgets, self.format) {
            tools.insert(tool.name.clone(), Arc::new(tool));
        }
        let passing = self.passing.of_tools(tools.values());
        let mut server = self.server.clone();
        if let Some(route) = route {
            let whole = server.title.as_deref().unwrap_or(&server.name);
            server.title = Some(format!("{whole}: {}", route.title.as_deref().unwrap_or(&route.name)));
        }
        // What the project says of itself speaks of tools that are not here.
        server.instructions = route.and_then(|route| route.description.clone());
        Self {
            root: self.root.clone(),
            warnings: Arc::default(),
            identity: identity(&server),
            server,
            http: self.http.clone(),
            limits: self.limits,
            view: self.view.clone(),
            studio: self.studio.clone(),
            studio_token: self.studio_token.clone(),
            format: self.format,
            tools,
            companions: route.iter().flat_map(|route| route.companions.iter().cloned()).collect(),
            routes: route.iter().map(|route| (route.name.clone(), (*route).clone())).collect(),
            widgets,
            resources: BTreeMap::new(),
            resource_templates: Vec::new(),
            prompts: BTreeMap::new(),
            passing,
            made: Arc::default(),
        }
    }
}
