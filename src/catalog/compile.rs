//! From a project's files to a catalog.
//!
//! Owns the order: widgets and connections, then the arguments of every tool, then the tools, which look at all of
//! those. Every fault is told before anything is given up; a name whose file is faulty counts as known, so that one
//! fault is told once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

use super::arguments::Arguments;
use super::extras::{Prompt, Resource, ResourceTemplate};
use super::reuse::{Earlier, Kept, Made};
use super::tool::{self, Tool};
use super::{Catalog, builtin, passing, routes};
use crate::config::server::{Format, ServerFile};
use crate::config::tool::ToolFile;
use crate::config::{File, Project};
use crate::diag::{Diagnostic, Diagnostics, suggestion};
use crate::schema::escape;
use crate::secret::Secret;
use crate::source::files::Files;
use crate::source::{Connection, ConnectionSpec, Surroundings, mcp};
use crate::template;
use crate::widget::{Widget, tree::TreeLimits};

/// Compiles a project. With errors in `faults` the catalog is incomplete and must not be served.
/// What it shares with an earlier one is told by [`super::reuse`].
pub(super) fn compile(
    project: &Arc<Project>,
    earlier: Option<Earlier<'_>>,
    files: &Files,
    env: &dyn Fn(&str) -> Option<String>,
    faults: &mut Diagnostics,
) -> Catalog {
    let earlier = earlier.as_ref();
    let written = &project.server.content;
    let call_timeout = written.limits.call_timeout();
    let around = Surroundings { root: &project.root, env, call_timeout, files };
    let templates = templates(written);
    let trees = TreeLimits { nodes: written.limits.tree_nodes, ..TreeLimits::default() };
    let widgets = widgets(project, earlier, templates, trees, faults);
    let kept_connections = connections(project, earlier, &around, faults);
    let connections = kept_connections.iter().map(|(name, kept)| (name.clone(), kept.made.clone())).collect();
    prepare(project, &connections);
    let (arguments, kept_arguments) = arguments(project, earlier, &connections, files, faults);
    let names = |files: &mut dyn Iterator<Item = &String>| files.cloned().collect::<BTreeSet<String>>();
    let surroundings = tool::Project {
        widgets: &widgets,
        widget_names: &names(&mut project.widgets.iter().map(|w| &w.name)),
        connections: &connections,
        connection_names: &names(&mut written.connections.keys()),
        arguments: &arguments,
        around: &around,
        format: written.envelope.format,
        templates,
    };
    let kept_tools = tools(project, earlier, &surroundings, faults);
    let before = earlier.map(Earlier::passing);
    let (passing, passed) = passing::compile(project, &connections, before, files, faults);
    let mut tools = everything(&kept_tools, &passed);
    let routes = routes::compile(project, &tools, &passing, faults);
    tools.extend(drawing(&widgets, written.envelope.format, earlier).map(|tool| (tool.name.clone(), tool)));
    origins(project, faults);
    no_tools(project, faults);
    let resources = resources(project, files, faults);
    let made = Made {
        project: Some(project.clone()),
        connections: kept_connections,
        arguments: kept_arguments,
        tools: kept_tools,
        passed,
        rest: files.take(),
    };
    Catalog {
        root: project.root.clone(),
        warnings: Arc::default(),
        identity: super::identity(&written.server),
        server: written.server.clone(),
        http: written.http.clone(),
        limits: written.limits,
        view: written.view.clone(),
        studio: written.studio.clone(),
        studio_token: studio_token(project, env, faults),
        format: written.envelope.format,
        tools,
        companions: BTreeSet::new(),
        routes,
        widgets,
        resources,
        resource_templates: resource_templates(project, faults),
        prompts: prompts(project, faults),
        passing,
        made: Arc::new(made),
    }
}

fn templates(written: &ServerFile) -> template::Limits {
    template::Limits {
        fuel: written.limits.template_fuel,
        output_bytes: written.limits.template_output_bytes,
        ..template::Limits::default()
    }
}

/// The tools of the project and those that pass through, by name. One whose name is taken, which is told already, is left
/// out.
fn everything(
    own: &BTreeMap<String, Kept<Tool>>,
    passed: &BTreeMap<String, passing::Kept>,
) -> BTreeMap<String, Arc<Tool>> {
    let mut tools: BTreeMap<_, _> = passed.values().flat_map(passing::Kept::tools).collect();
    tools.extend(own.iter().map(|(name, kept)| (name.clone(), kept.made.clone())));
    tools
}

/// The tool by which views are drawn again, kept from before where it would be the same.
fn drawing(
    widgets: &BTreeMap<String, Arc<Widget>>,
    format: Format,
    earlier: Option<&Earlier<'_>>,
) -> Option<Arc<Tool>> {
    let kept = earlier.and_then(|earlier| earlier.builtin(builtin::RENDER, widgets));
    kept.or_else(|| builtin::render(widgets, format).map(Arc::new))
}

/// The token of the studio. A variable that is not set is told.
fn studio_token(
    project: &Project,
    env: &dyn Fn(&str) -> Option<String>,
    faults: &mut Diagnostics,
) -> Option<Secret> {
    let document = &project.server.document;
    let token = project.server.content.studio.token.as_ref()?.resolve(env).map_err(|name| {
        let message = format!("the environment variable `{name}` is not set");
        let told = Diagnostic::error("invalid-studio", message)
            .at(document.source(), document.value_span("/studio/token"));
        faults.push(told.help(format!("set it before starting: export {name}=…")));
    });
    token.ok()
}

/// The arguments of every tool, `None` where they have faults; and those without faults again, as they are kept.
type AllArguments = (BTreeMap<String, Option<Arc<Arguments>>>, BTreeMap<String, Kept<Arguments>>);

fn arguments(
    project: &Project,
    earlier: Option<&Earlier<'_>>,
    connections: &BTreeMap<String, Arc<Connection>>,
    files: &Files,
    faults: &mut Diagnostics,
) -> AllArguments {
    let (mut all, mut sound) = (BTreeMap::new(), BTreeMap::new());
    all.extend(project.faulty.iter().map(|name| (name.clone(), None)));
    for file in &project.tools {
        if !is_tool_name(file, faults) {
            continue;
        }
        let kept = earlier.and_then(|earlier| earlier.arguments(file)).or_else(|| {
            let offered = offered(file, connections, files);
            let made = Arguments::compile(file, &project.root, files, offered, faults);
            let inputs = files.take();
            made.map(|made| Kept::new(made, inputs))
        });
        all.insert(file.name.clone(), kept.as_ref().map(|kept| kept.made.clone()));
        sound.extend(kept.map(|kept| (file.name.clone(), kept)));
    }
    (all, sound)
}

/// Compiles the tools, or takes them over.
fn tools(
    project: &Project,
    earlier: Option<&Earlier<'_>>,
    surroundings: &tool::Project<'_>,
    faults: &mut Diagnostics,
) -> BTreeMap<String, Kept<Tool>> {
    let mut tools = BTreeMap::new();
    for file in project.tools.iter().filter(|file| surroundings.arguments.contains_key(&file.name)) {
        let kept = earlier.and_then(|earlier| earlier.tool(file, surroundings)).or_else(|| {
            let mut told = Diagnostics::new();
            let made = Tool::compile(file, surroundings, &mut told);
            let inputs = surroundings.around.files.take();
            match made {
                Some(made) => Some(Kept { warnings: told, ..Kept::new(made, inputs) }),
                None => {
                    faults.extend(told);
                    None
                }
            }
        });
        if let Some(kept) = kept {
            faults.extend(kept.warnings.clone());
            tools.insert(file.name.clone(), kept);
        }
    }
    tools
}

/// The MCP server whose tool a tool file calls.
fn upstream<'c>(
    file: &File<ToolFile>,
    connections: &'c BTreeMap<String, Arc<Connection>>,
) -> Option<&'c Arc<mcp::Upstream>> {
    match connections.get(file.content.source.connection.as_ref()?)?.as_ref() {
        Connection::Mcp(upstream) => Some(upstream),
        _ => None,
    }
}

/// Asks the MCP servers that tools call, or that pass through, for what they offer.
fn prepare(project: &Project, connections: &BTreeMap<String, Arc<Connection>>) {
    let mut needed: BTreeMap<&str, &Arc<mcp::Upstream>> = BTreeMap::new();
    needed.extend(project.tools.iter().filter_map(|f| upstream(f, connections)).map(|u| (u.name(), u)));
    needed.extend(connections.values().filter_map(|connection| match connection.as_ref() {
        Connection::Mcp(upstream) if upstream.exposes_all() => Some((upstream.name(), upstream)),
        _ => None,
    }));
    mcp::prepare(&needed.into_values().collect::<Vec<_>>(), mcp::PATIENCE);
}

/// The schema of a tool's arguments if its file leaves them to the MCP server it calls: any, as long as that one was
/// not reached.
fn offered(
    file: &File<ToolFile>,
    connections: &BTreeMap<String, Arc<Connection>>,
    files: &Files,
) -> Option<Value> {
    let upstream = upstream(file, connections)?;
    let asked = upstream.clone();
    files.depend(&format!("{}: tools", upstream.name()), move || asked.version());
    let known = mcp::offered(&file.content.source, upstream);
    Some(known.map_or_else(|| json!({"type": "object"}), |(_, input)| input))
}

fn no_tools(project: &Project, faults: &mut Diagnostics) {
    let passes =
        |spec: &ConnectionSpec| matches!(spec, ConnectionSpec::Mcp(spec) if spec.expose == mcp::Expose::All);
    let passing = project.server.content.connections.values().any(passes);
    if project.tools.is_empty() && !passing && !faults.has_errors() {
        let message = "there is no tool yet: tools/ has no .toml file";
        let help = "write one: tools/NAME.toml; `toolface schema tool` tells what can be in it";
        faults.push(Diagnostic::warning("no-tools", message).help(help));
    }
}

/// Names a tool can have (MCP 2025-11-25, tools: names), and a route too: 1 to 128 of letters, digits, `_`, `-` and
/// `.`. Not the two that lead elsewhere in an address.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && !matches!(name, "." | "..")
}

fn is_tool_name(file: &File<ToolFile>, faults: &mut Diagnostics) -> bool {
    let name = &file.name;
    let fits = is_name(name);
    if builtin::is_ours(name) {
        let told = Diagnostic::error("invalid-name", format!("`{name}` is a tool of Toolface's own"))
            .at(file.document.source(), None);
        faults.push(told.help("rename the file"));
        return false;
    }
    if !fits {
        let told = Diagnostic::error("invalid-name", format!("`{name}` cannot name a tool"))
            .at(file.document.source(), None)
            .help("rename the file: up to 128 letters (a-z), digits, `_`, `-` and `.`");
        faults.push(told);
    }
    fits
}

/// Domains of views that are no origins: hosts would refuse the view, or load nothing.
fn origins(project: &Project, faults: &mut Diagnostics) {
    let server = (&project.server.content.view, &project.server.document);
    let tools = project.tools.iter().map(|file| (&file.content.view, &file.document));
    for (view, document) in std::iter::once(server).chain(tools) {
        for (key, domains) in
            [("image_domains", &view.image_domains), ("connect_domains", &view.connect_domains)]
        {
            for (n, domain) in domains.iter().enumerate().filter(|(_, domain)| !is_origin(domain)) {
                let told = Diagnostic::error("invalid-origin", format!("`{domain}` is no origin"))
                    .at(document.source(), document.value_span(&format!("/view/{key}/{n}")));
                faults.push(told.help(match domain.is_ascii() {
                    true => "write scheme and host, nothing else: https://media.example.com",
                    false => "write the host's name in ASCII, as browsers send it: https://xn--….example",
                }));
            }
        }
    }
}

/// `https://host`, `https://*.host`, each with a port or without; `http:` and `ws:` only for this machine.
fn is_origin(domain: &str) -> bool {
    let Some((scheme, host)) = domain.split_once("://") else { return false };
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "443"));
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let local = matches!(name, "localhost" | "127.0.0.1");
    (matches!(scheme, "https" | "wss") || (local && matches!(scheme, "http" | "ws")))
        && name.strip_prefix("*.").unwrap_or(name).split('.').all(is_label)
        && (1..=5).contains(&port.len())
        && port.bytes().all(|b| b.is_ascii_digit())
}

fn widgets(
    project: &Project,
    earlier: Option<&Earlier<'_>>,
    templates: template::Limits,
    trees: TreeLimits,
    faults: &mut Diagnostics,
) -> BTreeMap<String, Arc<Widget>> {
    let entries = &project.server.content.widgets;
    let document = &project.server.document;
    let mut widgets = BTreeMap::new();
    for text in &project.widgets {
        if let Some(same) = earlier.and_then(|earlier| earlier.widget(text)) {
            widgets.insert(text.name.clone(), same);
            continue;
        }
        let id = entries.get(&text.name).and_then(|e| e.id.as_deref());
        match Widget::compile(&text.name, &text.source, id, templates, trees) {
            Ok(widget) => drop(widgets.insert(text.name.clone(), Arc::new(widget))),
            Err(more) => more.into_iter().for_each(|d| faults.push(d)),
        }
    }
    for name in entries.keys().filter(|name| !project.widgets.iter().any(|w| w.name == **name)) {
        let told = Diagnostic::error("unknown-widget", format!("there is no file widgets/{name}.widget"))
            .at(document.source(), document.key_span(&format!("/widgets/{}", escape(name))));
        faults.push(match suggestion(name, project.widgets.iter().map(|w| w.name.as_str())) {
            Some(help) => told.help(help),
            None => told,
        });
    }
    duplicate_ids(&widgets, faults);
    widgets
}

/// Two widgets with one id cannot be told apart by whoever receives an envelope.
fn duplicate_ids(widgets: &BTreeMap<String, Arc<Widget>>, faults: &mut Diagnostics) {
    let mut owners: HashMap<&str, &Widget> = HashMap::new();
    for widget in widgets.values() {
        let Some(id) = widget.id.as_deref() else { continue };
        if let Some(first) = owners.insert(id, widget) {
            let message = format!("{} and {} have the same id {id}", first.file, widget.file);
            let help = format!(
                "give one of them another: [widgets.{}] id = \"wig_…\" in toolface.toml",
                widget.name
            );
            let place = crate::widget::file::place(widget.source.text(), "/encodedWidget");
            faults.push(Diagnostic::error("duplicate-id", message).at(&widget.source, place).help(help));
        }
    }
}

fn connections(
    project: &Project,
    earlier: Option<&Earlier<'_>>,
    around: &Surroundings<'_>,
    faults: &mut Diagnostics,
) -> BTreeMap<String, Kept<Connection>> {
    let document = &project.server.document;
    let mut connections = BTreeMap::new();
    for (name, spec) in &project.server.content.connections {
        if let Some(same) = earlier.and_then(|earlier| earlier.connection(name, spec)) {
            connections.insert(name.clone(), same);
            continue;
        }
        let compiled = Connection::compile(name, spec, around);
        let inputs = around.files.take();
        match compiled {
            Ok(connection) => drop(connections.insert(name.clone(), Kept::new(connection, inputs))),
            Err(all) => {
                for fault in all {
                    let span = document.value_span(&format!("/connections/{}/{}", escape(name), fault.key));
                    let mut told = Diagnostic::error(
                        "invalid-connection",
                        format!("connection `{name}`: {}", fault.message),
                    );
                    told.help = fault.help;
                    faults.push(told.at(document.source(), span));
                }
            }
        }
    }
    connections
}

fn resources(project: &Project, files: &Files, faults: &mut Diagnostics) -> BTreeMap<String, Resource> {
    let document = &project.server.document;
    let mut all = BTreeMap::new();
    for (n, written) in project.server.content.resources.iter().enumerate() {
        let span = document.value_span(&format!("/resources/{n}/uri"));
        match Resource::compile(written, &project.root, files) {
            Ok(resource) => {
                if all.insert(written.uri.clone(), resource).is_some() {
                    let message = format!("two resources have the address {}", written.uri);
                    faults.push(Diagnostic::error("duplicate-resource", message).at(document.source(), span));
                }
            }
            Err(told) => faults.push(told.at(document.source(), span)),
        }
    }
    all
}

fn resource_templates(project: &Project, faults: &mut Diagnostics) -> Vec<ResourceTemplate> {
    let document = &project.server.document;
    let mut all = Vec::new();
    for (n, written) in project.server.content.resource_templates.iter().enumerate() {
        match ResourceTemplate::compile(written) {
            Ok(template) => all.push(template),
            Err(told) => {
                let span = document.value_span(&format!("/resource_templates/{n}/uri_template"));
                faults.push(told.at(document.source(), span));
            }
        }
    }
    all
}

fn prompts(project: &Project, faults: &mut Diagnostics) -> BTreeMap<String, Prompt> {
    let document = &project.server.document;
    let mut all = BTreeMap::new();
    for (name, written) in &project.server.content.prompts {
        match Prompt::compile(name, written) {
            Ok(prompt) => drop(all.insert(name.clone(), prompt)),
            Err(told) => {
                let span = document.key_span(&format!("/prompts/{}", escape(name)));
                faults.push(told.at(document.source(), span));
            }
        }
    }
    all
}
