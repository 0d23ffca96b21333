//! A workflow for OpenAI's Agent Builder and its like: a classifier, an If/Else branch per route, an agent per branch.
//!
//! Owns the workflow, as steps to follow by hand and as data. OpenAI closes Agent Builder on 2026-11-30.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::instructions::instructions;
use super::{Files, GENERATED, Order, WriteError, markdown};
use crate::catalog::{Catalog, Route, Tool};
use crate::widget::Widget;

/// The whole workflow.
#[derive(Debug, Serialize)]
struct Workflow<'c> {
    name: &'c str,
    classifier: Classifier,
    branches: Vec<Branch<'c>>,
}

/// The agent that chooses a route.
#[derive(Debug, Serialize)]
struct Classifier {
    name: &'static str,
    instructions: String,
    /// In the form of the Responses API: `{type, name, strict, schema}`.
    output_format: Value,
}

/// One branch of the If/Else node with its agent.
#[derive(Debug, Serialize)]
struct Branch<'c> {
    route: &'c str,
    /// CEL, over the classifier's answer.
    condition: String,
    agent: Agent<'c>,
}

#[derive(Debug, Serialize)]
struct Agent<'c> {
    name: &'c str,
    instructions: String,
    /// In the form of the Responses API.
    mcp_server: Value,
    /// The file to attach: an agent takes one.
    widget: Option<WidgetFile<'c>>,
    /// Other widgets the agent's tools answer in, which it cannot be given.
    other_widgets: Vec<WidgetFile<'c>>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct WidgetFile<'c> {
    id: &'c str,
    #[serde(rename = "type")]
    kind: &'c str,
    name: &'c str,
    /// In the folder that is written.
    file: String,
    /// Fields of its data that are kept from the model, so that an agent cannot fill them in.
    private: Vec<String>,
}

/// The files of this target: `README.md`, `workflow.json`, `agents/<route>.md` and the widget files to attach.
///
/// # Errors
/// There is no route, or two files have one name.
pub fn files(order: Order<'_>) -> Result<Files, WriteError> {
    let catalog = order.catalog;
    if catalog.routes.is_empty() {
        return Err(WriteError::Nothing("the project has no tool that a model may call"));
    }
    let workflow = workflow(order);
    let mut files = Files::new();
    files.add("README.md", readme(order, &workflow))?;
    files.add("workflow.json", serde_json::to_string_pretty(&workflow).unwrap_or_default() + "\n")?;
    for branch in &workflow.branches {
        files.add(instructions_file(branch.route), branch.agent.instructions.as_str())?;
    }
    let routed = catalog.routes.values().flat_map(|route| tools(catalog, route));
    let mut widgets: Vec<&Widget> = routed.flat_map(Tool::widgets).collect();
    widgets.sort_by(|a, b| a.name.cmp(&b.name));
    widgets.dedup_by(|a, b| a.name == b.name);
    for widget in widgets {
        files.add(widget_file(widget), widget.source.text())?;
    }
    Ok(files)
}

fn workflow(order: Order<'_>) -> Workflow<'_> {
    let catalog = order.catalog;
    let branches = catalog.routes.values().map(|route| Branch {
        route: &route.name,
        condition: format!("input.output_parsed.route == {}", Value::from(route.name.as_str())),
        agent: agent(order, route),
    });
    let server = &catalog.server;
    Workflow {
        name: server.title.as_deref().unwrap_or(&server.name),
        classifier: classifier(catalog),
        branches: branches.collect(),
    }
}

fn classifier(catalog: &Catalog) -> Classifier {
    let mut instructions = "\
Choose the one route that answers the user's last message, read in the light of the conversation. Answer with its name \
alone; never answer the user. If several fit, take the one for what is asked first; if none fits well, the nearest.
"
    .to_owned();
    for route in catalog.routes.values() {
        let about = route.description.as_deref().unwrap_or_default();
        let title = route.title.as_deref().map(|t| format!(" ({})", markdown::words(t))).unwrap_or_default();
        let _ = write!(instructions, "\n## {}{title}\n\n{about}\n", markdown::code(&route.name));
    }
    let routes: Vec<&String> = catalog.routes.keys().collect();
    let schema = json!({
        "type": "object",
        "properties": {"route": {"type": "string", "enum": routes, "description": "The route that answers the user"}},
        "required": ["route"],
        "additionalProperties": false,
    });
    Classifier {
        name: "Classifier",
        instructions,
        output_format: json!({"type": "json_schema", "name": "route", "strict": true, "schema": schema}),
    }
}

fn tools<'c>(catalog: &'c Catalog, route: &'c Route) -> impl Iterator<Item = &'c Tool> {
    route.tools.iter().filter_map(|name| catalog.tools.get(name)).map(AsRef::as_ref)
}

fn agent<'c>(order: Order<'c>, route: &'c Route) -> Agent<'c> {
    let catalog = order.catalog;
    let name = route.title.as_deref().unwrap_or(&route.name);
    let mut text = format!(
        "You answer what is asked of {}, with the tools below and nothing else. What they do not tell, you do not know.\n",
        markdown::words(name)
    );
    let mut widgets: Vec<WidgetFile<'_>> = Vec::new();
    for tool in tools(catalog, route) {
        let _ = match instructions(catalog, tool) {
            Some(instructions) => write!(text, "\n{}", instructions.markdown()),
            None => write!(text, "\n# {}\n\n{}\n", markdown::code(&tool.name), tool.description),
        };
        // The main binding comes last among a tool's, and first here.
        let bindings: Vec<_> = tool.answer.bindings().collect();
        for binding in bindings.into_iter().rev() {
            let widget = &binding.widget;
            let (id, kind, name) = (binding.id.as_str(), widget.name.as_str(), widget.title.as_str());
            let private = binding.private.iter().map(ToString::to_string).collect();
            let file = WidgetFile { id, kind, name, file: widget_file(widget), private };
            if widgets.iter().all(|known| known.file != file.file) {
                widgets.push(file);
            }
        }
    }
    if let Some(widget) = widgets.first().filter(|widget| !widget.private.is_empty()) {
        let _ = write!(
            text,
            "\nThe widget attached to you also has {}. You are not told what belongs there: leave them out, or empty \
             where they must be given. Never make something up for them.\n",
            fields(&widget.private)
        );
    }
    let mut widgets = widgets.into_iter();
    Agent {
        name,
        instructions: text,
        mcp_server: mcp_server(order, route),
        widget: widgets.next(),
        other_widgets: widgets.collect(),
    }
}

/// The server's entry in an agent: the route's own address, which has its tools alone, and their names besides, for
/// who would rather use the plain address.
fn mcp_server(order: Order<'_>, route: &Route) -> Value {
    let (free, asked): (Vec<&Tool>, Vec<&Tool>) =
        tools(order.catalog, route).partition(|tool| tool.annotations.read_only);
    let names = |tools: &[&Tool]| json!({"tool_names": tools.iter().map(|t| &t.name).collect::<Vec<_>>()});
    let approval = match (free.is_empty(), asked.is_empty()) {
        (_, true) => json!("never"),
        (true, false) => json!("always"),
        (false, false) => json!({"never": names(&free), "always": names(&asked)}),
    };
    json!({
        "type": "mcp",
        "server_label": label(&order.catalog.server.name),
        "server_url": order.endpoint.route(&route.name),
        "allowed_tools": route.tools,
        "require_approval": approval,
    })
}

/// A label begins with a letter; a server's name of small letters, digits and hyphens need not.
fn label(name: &str) -> String {
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name.to_owned() } else { format!("mcp_{name}") }
}

fn instructions_file(route: &str) -> String {
    format!("agents/{route}.md")
}

fn widget_file(widget: &Widget) -> String {
    format!("widgets/{}.widget", widget.name)
}

fn readme(order: Order<'_>, workflow: &Workflow<'_>) -> String {
    let mut out = format!(
        "<!-- {GENERATED} -->\n# {}: a workflow for Agent Builder\n\n",
        markdown::words(workflow.name)
    );
    out.push_str(
        "A classifier chooses a route, an If/Else node leads to the agent of that route, and that agent answers in its \
         own widget. Build it by hand in these steps; `workflow.json` holds the same for programs. OpenAI closes Agent \
         Builder on 2026-11-30; `toolface agents agents-sdk` writes the same workflow as a program.\n",
    );
    if order.endpoint.is_local() {
        out.push_str(
            "\n**The addresses below are those of this machine, which Agent Builder cannot reach.** Serve the project \
             where it can be reached, and make these files again with `--url https://…/mcp`.\n",
        );
    }
    let classifier = &workflow.classifier;
    let schema = classifier.output_format.get("schema").cloned().unwrap_or_default();
    let _ = write!(
        out,
        "\n## 1. The classifier\n\nAdd an **Agent** node after **Start** and name it {}. Its instructions:\n\n{}\n\
         Output format: **JSON**, with this schema, strict:\n\n{}",
        markdown::code(classifier.name),
        markdown::block("markdown", &classifier.instructions),
        markdown::block("json", &serde_json::to_string_pretty(&schema).unwrap_or_default()),
    );
    out.push_str("\n## 2. The branches\n\nAdd an **If/Else** node after it, with a case for each line:\n\n");
    out.push_str(&markdown::row(["case", "condition (CEL)", "leads to"]));
    out.push_str("| --- | --- | --- |\n");
    for branch in &workflow.branches {
        let (route, condition) = (markdown::code(branch.route), markdown::code(&branch.condition));
        out.push_str(&markdown::row([route.as_str(), &condition, &markdown::words(branch.agent.name)]));
    }
    out.push_str(
        "\n**Else** is never reached, because the schema allows no other route: lead it to **End**.\n",
    );
    out.push_str("\n## 3. The agents\n\nAdd an **Agent** node for each case.\n");
    workflow.branches.iter().for_each(|branch| step(branch, order, &mut out));
    out.push_str(
        "\n## 4. Keys\n\nIf the server asks for a key, give it to each MCP server in Agent Builder, under its \
         authentication. It stands in none of these files.\n",
    );
    out
}

/// How one agent is added.
fn step(branch: &Branch<'_>, order: Order<'_>, out: &mut String) {
    let agent = &branch.agent;
    let text = |key: &str| match agent.mcp_server.get(key) {
        Some(Value::String(text)) => markdown::code(text),
        Some(other) => markdown::code(&other.to_string()),
        None => String::new(),
    };
    let _ = write!(
        out,
        "\n### {}\n\n- Name: {}\n- Instructions: the text of {}\n- Tools: **MCP server**, URL {}, label {}, approval {}. Or \
         the address of all tools, {}, with {} as the only tools allowed.\n",
        markdown::code(branch.route),
        markdown::words(agent.name),
        markdown::code(&instructions_file(branch.route)),
        text("server_url"),
        text("server_label"),
        text("require_approval"),
        markdown::code(order.endpoint.all()),
        text("allowed_tools"),
    );
    match &agent.widget {
        Some(widget) => {
            let _ = writeln!(out, "- Output format: **Widget**, and attach {}", markdown::code(&widget.file));
        }
        None => out.push_str("- Output format: **Text**; its tools answer in no widget\n"),
    }
    if !agent.other_widgets.is_empty() {
        let others: Vec<String> = agent.other_widgets.iter().map(|w| markdown::code(&w.file)).collect();
        let _ = writeln!(
            out,
            "- An agent takes one widget. Results meant for {} do not fit it: answer those as text, or give them a tool \
             and a route of their own",
            others.join(", ")
        );
    }
    if let Some(widget) = agent.widget.as_ref().filter(|widget| !widget.private.is_empty()) {
        let _ = writeln!(
            out,
            "- {} of this widget are kept from the model (`private` in the tool's file), so the agent leaves them \
             empty; better take them out of the copy of the widget that you attach",
            fields(&widget.private)
        );
    }
}

/// Paths as a sentence has them.
fn fields(paths: &[String]) -> String {
    paths.iter().map(|path| markdown::code(path)).collect::<Vec<_>>().join(", ")
}
