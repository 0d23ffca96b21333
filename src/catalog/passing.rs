//! What passes through of MCP servers: all they offer that no tool file binds, as part of the project.
//!
//! Owns that its names are nobody else's, and the tools made of it, which are called, routed and listed as all others.
//! Which names and addresses it has here is [`crate::source::mcp::Passed`]'s.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

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
use crate::source::{Connection, Source};

/// What passes through.
#[derive(Debug, Clone, Default)]
pub struct Passing {
    all: Vec<Arc<Passed>>,
    /// The whole project is served, not one route of it.
    listed: bool,
    /// Tools by the names their own servers have for them, where views may use those.
    aliases: Arc<BTreeMap<String, String>>,
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
        let used: BTreeSet<&str> = tools.filter_map(|tool| upstream_of(tool)).map(Upstream::name).collect();
        let all = self.all.iter().filter(|passed| used.contains(passed.upstream().name()));
        let (all, aliases) = (all.cloned().collect(), self.aliases.clone());
        Self { all, listed: false, aliases, pending: Vec::new() }
    }
}

impl Catalog {
    /// The tool that a call of this name means: the one listed so, or one whose own server calls it so, as views of
    /// that server do.
    pub fn tool(&self, name: &str) -> Option<&Arc<Tool>> {
        self.tools.get(name).or_else(|| self.tools.get(self.passing.aliases.get(name)?))
    }
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
        let tools = match before.filter(|kept| kept.passed.is_same(&passed) && kept.bound == bound) {
            Some(kept) => kept.tools.clone(),
            None => passed.tools(&bound).filter_map(|(call, definition)| tool(call, definition)).collect(),
        };
        let sound = tools.into_iter().filter(|tool| {
            let fits = is_name(&tool.name);
            if !fits {
                let message = format!("`{}` cannot name a tool, so it does not pass through", tool.name);
                faults.push(told(Diagnostic::warning("invalid-name", message), project, name));
            }
            fits
        });
        let tools: Vec<Arc<Tool>> = sound.collect();
        names.take(project, &passed, &tools, faults);
        kept.insert(name.clone(), Kept { passed: Arc::new(passed), bound, tools });
    }
    let all: Vec<Arc<Passed>> = kept.values().map(|kept| kept.passed.clone()).collect();
    let aliases = Arc::new(aliases(&kept));
    (Passing { all, listed: true, aliases, pending }, kept)
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

/// Tools by their own servers' names, where those mean one alone. A tool that is listed under such a name goes first.
fn aliases(kept: &BTreeMap<String, Kept>) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, Option<String>> = BTreeMap::new();
    for kept in kept.values().filter(|kept| kept.passed.has_views()) {
        for tool in &kept.tools {
            let Source::Mcp(call) = &tool.source else { continue };
            let entry = all.entry(call.tool().to_owned());
            entry.and_modify(|several| *several = None).or_insert_with(|| Some(tool.name.clone()));
        }
    }
    all.into_iter().filter_map(|(name, ours)| Some((name, ours?))).collect()
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
    let why = upstream.trouble().map_or(String::new(), |why| format!(": {why}"));
    let message = format!("the MCP server `{}` cannot be reached{why}", upstream.name());
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
        let prefix = format!("give what passes through another beginning: prefix = \"{connection}.\"");
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
