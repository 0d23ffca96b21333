//! What passes through of MCP servers: all they offer that no tool file binds, as part of the project.
//!
//! Owns that its names are nobody else's, and the tools made of it, which are called, routed and listed as all others.
//! Which names and addresses it has here is [`crate::source::mcp::Passed`]'s.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::compile::is_name;
use super::tool::{Annotations, Answer, Tool};
use super::{Catalog, builtin};
use crate::config::Project;
use crate::config::server::View;
use crate::config::tool::Visibility;
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::escape;
use crate::source::files::Files;
use crate::source::mcp::{Call, Passed, Upstream};
use crate::source::{Connection, Source, shorten};

/// What passes through.
#[derive(Debug, Clone, Default)]
pub struct Passing {
    all: Vec<Arc<Passed>>,
    /// The whole project is served, not one route of it.
    listed: bool,
    /// Tools by the names their own servers have for them, which the views of those servers use.
    of_views: Arc<BTreeMap<String, Vec<Arc<Tool>>>>,
    /// How the names of tools begin of which it is not known yet which there are.
    pending: Vec<String>,
}

/// The tools that pass through of one upstream, and what they were made of.
#[derive(Debug)]
pub(super) struct Kept {
    passed: Arc<Passed>,
    bound: BTreeSet<String>,
    tools: Vec<Arc<Tool>>,
}

impl Passing {
    /// Of which upstreams things are listed besides tools.
    pub fn listed(&self) -> impl Iterator<Item = &Passed> {
        self.all.iter().filter(|_| self.listed).map(AsRef::as_ref)
    }

    /// Where a prompt leads.
    pub fn of_prompt(&self, name: &str) -> Option<&Passed> {
        self.listed().find(|passed| passed.has_prompt(name))
    }

    /// Where an address leads.
    pub fn of_address(&self, uri: &str) -> Option<&Passed> {
        self.all.iter().map(AsRef::as_ref).find(|passed| passed.has_address(uri))
    }

    /// Whether there may be a tool of this name as soon as its server is there.
    pub(super) fn may_have(&self, name: &str) -> bool {
        self.pending.iter().any(|prefix| name.starts_with(prefix))
    }

    /// As a route with these tools has it.
    pub(super) fn of_tools<'t>(&self, tools: impl Iterator<Item = &'t Arc<Tool>>) -> Self {
        let (mut used, mut viewed) = (BTreeSet::new(), BTreeSet::new());
        for tool in tools {
            let Some(name) = upstream_of(tool).map(Upstream::name) else { continue };
            used.insert(name);
            if has_view(tool) {
                viewed.insert(name);
            }
        }
        let all = self.all.iter().filter(|passed| used.contains(passed.upstream().name()));
        let called = |tool: &&Arc<Tool>| upstream_of(tool).is_some_and(|up| viewed.contains(up.name()));
        let of_views = self.of_views.iter().filter_map(|(name, tools)| {
            let tools: Vec<Arc<Tool>> = tools.iter().filter(called).cloned().collect();
            (!tools.is_empty()).then(|| (name.clone(), tools))
        });
        Self {
            all: all.cloned().collect(),
            listed: false,
            of_views: Arc::new(of_views.collect()),
            pending: Vec::new(),
        }
    }

    /// The tool that a view means by a name its own server has for it: the only one that takes these arguments.
    fn of_view(&self, name: &str, arguments: &Map<String, Value>) -> Option<&Arc<Tool>> {
        let called = self.of_views.get(name)?;
        if let [only] = called.as_slice() {
            return Some(only);
        }
        let arguments = Value::Object(arguments.clone());
        let mut fitting = called.iter().filter(|tool| tool.arguments.schema.is_valid(&arguments));
        fitting.next().filter(|_| fitting.next().is_none())
    }
}

impl Catalog {
    /// The tool that a call means: the one listed under this name, or one whose own server has this name for it, as
    /// views of that server use it. What draws our own widgets draws no others.
    pub fn tool(&self, name: &str, arguments: &Map<String, Value>) -> Option<&Arc<Tool>> {
        let listed = self.tools.get(name);
        let draws_another = |tool: &&Arc<Tool>| {
            name == builtin::RENDER && !tool.arguments.schema.is_valid(&Value::Object(arguments.clone()))
        };
        match listed.filter(|tool| !draws_another(tool)) {
            Some(tool) => Some(tool),
            None => self.passing.of_view(name, arguments).or(listed),
        }
    }
}

fn has_view(tool: &Tool) -> bool {
    let Answer::Passed(definition) = &tool.answer else { return false };
    let meta = definition.get("_meta");
    meta.is_some_and(|m| m.pointer("/ui/resourceUri").is_some() || m.get("ui/resourceUri").is_some())
}

fn upstream_of(tool: &Tool) -> Option<&Upstream> {
    match (&tool.source, &tool.answer) {
        (Source::Mcp(call), Answer::Passed(_)) => Some(call.upstream()),
        _ => None,
    }
}

/// What passes through, and the tools of it. `earlier` is what did before.
pub(super) fn compile(
    project: &Project,
    connections: &BTreeMap<String, Arc<Connection>>,
    earlier: Option<&BTreeMap<String, Kept>>,
    files: &Files,
    faults: &mut Diagnostics,
) -> (Passing, BTreeMap<String, Kept>) {
    let (mut kept, mut pending) = (BTreeMap::new(), Vec::new());
    let mut names = Names::of(project);
    for (name, connection) in connections {
        let Connection::Mcp(upstream) = connection.as_ref() else { continue };
        if !upstream.exposes_all() {
            continue;
        }
        let asked = upstream.clone();
        files.depend(&format!("{name}: all"), move || asked.version());
        let Some(passed) = Passed::new(upstream) else {
            unreached(project, upstream, faults);
            pending.push(upstream.prefix().to_owned());
            continue;
        };
        let bound = bound(project, name);
        let before = earlier.and_then(|earlier| earlier.get(name));
        let tools: Vec<Arc<Tool>> =
            match before.filter(|kept| kept.passed.is_same(&passed) && kept.bound == bound) {
                Some(kept) => kept.tools.clone(),
                None => passed
                    .tools(&bound)
                    .filter_map(|(call, definition)| sound(call, definition, project, name, faults))
                    .collect(),
            };
        names.take(project, &passed, &tools, faults);
        kept.insert(name.clone(), Kept { passed: Arc::new(passed), bound, tools });
    }
    let all: Vec<Arc<Passed>> = kept.values().map(|kept| kept.passed.clone()).collect();
    let of_views = of_views(&kept);
    unclear(project, &of_views, faults);
    (Passing { all, listed: true, of_views: Arc::new(of_views), pending }, kept)
}

impl Kept {
    pub(super) fn tools(&self) -> impl Iterator<Item = (String, Arc<Tool>)> {
        self.tools.iter().map(|tool| (tool.name.clone(), tool.clone()))
    }
}

/// The tools of a connection that tool files bind.
fn bound(project: &Project, connection: &str) -> BTreeSet<String> {
    let sources = project.tools.iter().map(|file| &file.content.source);
    sources
        .filter(|source| source.connection.as_deref() == Some(connection))
        .filter_map(|s| s.call.clone())
        .collect()
}

/// Tools by their own servers' names, of servers that have views: those that views may call.
fn of_views(kept: &BTreeMap<String, Kept>) -> BTreeMap<String, Vec<Arc<Tool>>> {
    let mut all: BTreeMap<String, Vec<Arc<Tool>>> = BTreeMap::new();
    for kept in kept.values().filter(|kept| kept.tools.iter().any(|tool| has_view(tool))) {
        for tool in kept.tools.iter().filter(|tool| tool.visibility.contains(&Visibility::App)) {
            let Source::Mcp(call) = &tool.source else { continue };
            all.entry(call.tool().to_owned()).or_default().push(tool.clone());
        }
    }
    all
}

/// Tells of names that views use and that mean more than one tool.
fn unclear(project: &Project, of_views: &BTreeMap<String, Vec<Arc<Tool>>>, faults: &mut Diagnostics) {
    let own = |name: &str| project.tools.iter().any(|file| file.name == *name);
    let mut told_of: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
    for (name, tools) in of_views.iter().filter(|(name, _)| !builtin::is_ours(name)) {
        if tools.len() > 1 || own(name) {
            let owners = tools.iter().filter_map(|tool| upstream_of(tool)).map(Upstream::name);
            told_of.entry(owners.collect()).or_default().push(name);
        }
    }
    for (owners, names) in told_of {
        let message = format!(
            "views of the MCP server{} {} may call `{}`, and there is more than one tool of that name",
            if owners.len() > 1 { "s" } else { "" },
            owners.iter().map(|owner| format!("`{owner}`")).collect::<Vec<_>>().join(" and "),
            names.join("`, `"),
        );
        let help = "a view calls tools by the names its own server has for them; a tool listed under the name is taken, \
                    else the only one that takes the arguments, else none";
        let warning = Diagnostic::warning("unclear-name", message);
        faults.push(told(warning, project, owners.first().copied().unwrap_or_default()).help(help));
    }
}

/// A tool, if clients can make something of its definition: one that they cannot would cost them the whole list.
fn sound(
    call: Call,
    definition: Value,
    project: &Project,
    connection: &str,
    faults: &mut Diagnostics,
) -> Option<Arc<Tool>> {
    let is_object = |value: Option<&Value>| value.is_none_or(Value::is_object);
    let input = definition.get("inputSchema");
    let is_schema = input.is_none_or(|schema| schema.get("type").is_some_and(|kind| kind == "object"));
    let properties = is_object(input.and_then(|schema| schema.get("properties")));
    let why = match () {
        () if !definition.get("name").and_then(Value::as_str).is_some_and(is_name) => {
            "this cannot name a tool"
        }
        () if !is_schema || !properties => "its `inputSchema` is no schema of an object",
        () if !is_object(definition.get("outputSchema")) => "its `outputSchema` is no schema",
        () => return tool(call, definition),
    };
    let message = format!(
        "the tool `{}` of the MCP server `{connection}` does not pass through: {why}",
        shorten(call.tool())
    );
    faults.push(told(Diagnostic::warning("unusable-tool", message), project, connection));
    None
}

fn tool(call: Call, definition: Value) -> Option<Arc<Tool>> {
    let name = definition.get("name")?.as_str()?.to_owned();
    let about = call.definition()?;
    let annotations = Annotations {
        read_only: about.hint("readOnlyHint").unwrap_or(false),
        destructive: about.hint("destructiveHint").unwrap_or(true),
        idempotent: about.hint("idempotentHint"),
        open_world: about.hint("openWorldHint").unwrap_or(true),
    };
    let visibility = definition.pointer("/_meta/ui/visibility").and_then(Value::as_array).map(|all| {
        let has = |who: &str| all.iter().any(|one| one == who);
        let both = [("model", Visibility::Model), ("app", Visibility::App)];
        both.into_iter().filter(|(name, _)| has(name)).map(|(_, who)| who).collect()
    });
    Some(Arc::new(Tool {
        title: about.title().map(str::to_owned),
        description: about.description().unwrap_or_default().trim().to_owned(),
        arguments: Arc::new(Arguments::passed(about.input())?),
        select: None,
        actions: BTreeMap::new(),
        annotations,
        icons: Vec::new(),
        visibility: visibility.unwrap_or_else(|| vec![Visibility::Model, Visibility::App]),
        view: View::default(),
        timeout: None,
        output_schema: about.output().cloned(),
        answer: Answer::Passed(Box::new(definition)),
        source: Source::Mcp(call),
        name,
    }))
}

fn unreached(project: &Project, upstream: &Upstream, faults: &mut Diagnostics) {
    let why = upstream.trouble().unwrap_or_else(|| "it has not answered yet".to_owned());
    let message = format!("the MCP server `{}` cannot be reached: {why}", upstream.name());
    let warning = Diagnostic::warning("unreachable-upstream", message);
    let help = "what it offers is served as soon as it is there";
    faults.push(told(warning, project, upstream.name()).help(help));
}

fn told(told: Diagnostic, project: &Project, connection: &str) -> Diagnostic {
    let document = &project.server.document;
    let at = format!("/connections/{}", escape(connection));
    let span = document.value_span(&format!("{at}/prefix")).or_else(|| document.key_span(&at));
    told.at(document.source(), span)
}

/// The names that are taken, and by whom.
struct Names {
    tools: BTreeMap<String, String>,
    prompts: BTreeMap<String, String>,
    addresses: BTreeMap<String, String>,
}

impl Names {
    /// Those of the project itself.
    fn of(project: &Project) -> Self {
        let server = &project.server.content;
        let mut tools: BTreeMap<String, String> = [builtin::RENDER, builtin::SEEN]
            .map(|name| (name.to_owned(), "a tool of Toolface's own".to_owned()))
            .into();
        let files = project.tools.iter().map(|file| &file.name).chain(&project.faulty);
        tools.extend(files.map(|name| (name.clone(), format!("tools/{name}.toml"))));
        let here = "toolface.toml".to_owned();
        let prompts = server.prompts.keys().map(|name| (name.clone(), here.clone())).collect();
        let fixed = server.resources.iter().map(|resource| &resource.uri);
        let open = server.resource_templates.iter().map(|template| &template.uri_template);
        Self { tools, prompts, addresses: fixed.chain(open).map(|uri| (uri.clone(), here.clone())).collect() }
    }

    /// Takes those that pass through. A name that is taken is told.
    fn take(&mut self, project: &Project, passed: &Passed, tools: &[Arc<Tool>], faults: &mut Diagnostics) {
        let connection = passed.upstream().name();
        let member = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let tools: Vec<String> = tools.iter().map(|tool| tool.name.clone()).collect();
        let prompts: Vec<String> = passed.prompts().filter_map(|prompt| member(&prompt, "name")).collect();
        let listed = passed.resources().filter_map(|one| member(&one, "uri"));
        let open = passed.templates().filter_map(|one| member(&one, "uriTemplate"));
        let addresses: Vec<String> = listed.chain(open).collect();
        let usual = format!("{connection}_");
        let other = if passed.upstream().prefix() == usual { format!("{connection}.") } else { usual };
        let prefix = format!("give what passes through another beginning: prefix = \"{other}\"");
        let name = "give the connection another name".to_owned();
        for (what, taken, names, help) in [
            ("tool", &mut self.tools, tools, &prefix),
            ("prompt", &mut self.prompts, prompts, &prefix),
            ("resource", &mut self.addresses, addresses, &name),
        ] {
            let theirs = format!("a {what} of the MCP server `{connection}`");
            for name in names {
                let Some(other) = taken.insert(name.clone(), theirs.clone()) else { continue };
                let message =
                    format!("the {what} `{name}` of the MCP server `{connection}` has the name of {other}");
                let clash = told(Diagnostic::error("duplicate-name", message), project, connection);
                faults.push(clash.help(help.clone()));
            }
        }
    }
}
