//! Runnable projects: agents on the Agents SDK, and a back end for ChatKit.
//!
//! Owns what their code is told of the project, `toolface.json`. The code itself is the same for every project and
//! stands, as it is written out, in `src/export/projects/`: checked and run there like any other source.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Files, Language, Order, Style, WriteError, identifiers};
use crate::catalog::arguments::Accepted;
use crate::catalog::{Action, Catalog, Tool};

/// A file of a project, and its text.
type Source = (&'static str, &'static str);

macro_rules! sources {
    ($folder:literal: $($file:literal),+ $(,)?) => {
        [$(($file, include_str!(concat!("projects/", $folder, "/", $file)))),+]
    };
}

const PYTHON: [Source; 6] = sources!("agents_sdk_python": ".gitignore", "README.md", "main.py", "project.py", "requirements.txt", "team.py");
const TYPESCRIPT: [Source; 7] = sources!(
    "agents_sdk_typescript": ".gitignore", "README.md", "main.ts", "package.json", "project.ts", "team.ts", "tsconfig.json"
);
const CHATKIT: [Source; 7] = sources!("chatkit": ".gitignore", "README.md", "app.py", "chat.py", "requirements.txt", "static/index.html", "store.py");
/// Files of the Python project that the ChatKit back end is made of, too.
const SHARED: [&str; 2] = ["project.py", "team.py"];

/// Agents in a terminal chat, in Python where no language is asked for.
///
/// # Errors
/// None that a project could cause.
pub fn agents_sdk(order: Order<'_>) -> Result<Files, WriteError> {
    match order.language.unwrap_or(Language::Python) {
        Language::Python => project(order, PYTHON),
        Language::TypeScript => project(order, TYPESCRIPT),
    }
}

/// A back end for ChatKit, with a page.
///
/// # Errors
/// None that a project could cause.
pub fn chatkit(order: Order<'_>) -> Result<Files, WriteError> {
    project(order, PYTHON.into_iter().filter(|(file, _)| SHARED.contains(file)).chain(CHATKIT))
}

fn project(order: Order<'_>, sources: impl IntoIterator<Item = Source>) -> Result<Files, WriteError> {
    let mut files = Files::new();
    for (file, text) in sources {
        files.add(file, text)?;
    }
    let data = serde_json::to_string_pretty(&data(order)).unwrap_or_default();
    files.add("toolface.json", data + "\n")?;
    Ok(files)
}

/// `toolface.json`. What its fields mean is said in `project.py` and `project.ts`, which read it.
#[derive(Debug, Serialize)]
struct Data<'c> {
    server: ServerData<'c>,
    url: &'c str,
    routes: Vec<RouteData<'c>>,
    tools: BTreeMap<&'c str, ToolData<'c>>,
    image_domains: BTreeSet<&'c str>,
}

#[derive(Debug, Serialize)]
struct ServerData<'c> {
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'c str>,
}

#[derive(Debug, Serialize)]
struct RouteData<'c> {
    name: &'c str,
    handoff: String,
    description: &'c str,
    tools: &'c [String],
}

#[derive(Debug, Serialize)]
struct ToolData<'c> {
    widgets: BTreeMap<&'c str, &'c str>,
    actions: BTreeMap<&'c str, ActionData<'c>>,
}

#[derive(Debug, Serialize)]
struct ActionData<'c> {
    tool: &'c str,
    arguments: BTreeMap<&'c str, ArgumentData<'c>>,
    replaces: bool,
}

#[derive(Debug, Serialize)]
struct ArgumentData<'c> {
    field: &'c str,
    accepts: Accepted,
}

fn data(order: Order<'_>) -> Data<'_> {
    let Order { catalog, endpoint, .. } = order;
    let handoffs = handoffs(catalog.routes.keys().map(String::as_str));
    let routes = catalog.routes.values().zip(handoffs).map(|(route, handoff)| RouteData {
        name: &route.name,
        handoff,
        description: route.description.as_deref().or(route.title.as_deref()).unwrap_or(&route.name),
        tools: &route.tools,
    });
    let tools = catalog.tools.values().filter(|tool| tool.answer.bindings().next().is_some());
    Data {
        server: ServerData {
            name: &catalog.server.name,
            title: catalog.server.title.as_deref(),
            instructions: catalog.server.instructions.as_deref().map(str::trim),
        },
        url: endpoint.all(),
        routes: routes.collect(),
        tools: tools.map(|tool| (tool.name.as_str(), tool_data(catalog, tool))).collect(),
        image_domains: image_domains(catalog),
    }
}

fn tool_data<'c>(catalog: &'c Catalog, tool: &'c Tool) -> ToolData<'c> {
    let widgets = tool.answer.bindings().map(|b| (b.id.as_str(), b.widget.name.as_str()));
    let actions = tool.actions.iter().filter_map(|(kind, action)| {
        let target = catalog.tools.get(&action.tool)?;
        Some((kind.as_str(), action_data(tool, action, target)))
    });
    ToolData { widgets: widgets.collect(), actions: actions.collect() }
}

fn action_data<'c>(tool: &Tool, action: &'c Action, target: &'c Tool) -> ActionData<'c> {
    let accepted: BTreeMap<&str, Accepted> = target.arguments.accepted().collect();
    let argument = |name: &'c str, field: &'c str| {
        (name, ArgumentData { field, accepts: accepted.get(name).copied().unwrap_or(Accepted::Other) })
    };
    let same = target.arguments.accepted().map(|(name, _)| argument(name, name));
    let named = action.arguments.iter().map(|(name, field)| argument(name, field));
    ActionData {
        tool: &action.tool,
        arguments: same.chain(named).collect(),
        // A card that refreshes itself stays where it is. A form that was sent must not be sent again.
        replaces: target.name == tool.name || !target.annotations.read_only,
    }
}

/// Longest name of a function that models take.
const LONGEST: usize = 64;

/// Names of the functions that hand over to routes: each one a name models take, no two equal.
fn handoffs<'c>(routes: impl Iterator<Item = &'c str> + Clone) -> Vec<String> {
    let plain = identifiers(routes.clone(), Style::Snake, Language::Python);
    let mut taken = BTreeSet::new();
    let mut name = |route: &str| {
        let whole = format!("transfer_to_{}", plain.get(route).map_or(route, String::as_str));
        let cut = (0_u32..).map(|n| {
            let end = if n == 0 { String::new() } else { format!("_{n}") };
            whole.chars().take(LONGEST - end.len()).collect::<String>() + &end
        });
        let free = cut.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
        taken.insert(free.clone());
        free
    };
    routes.map(&mut name).collect()
}

/// Hosts the widgets take pictures from, as the project declares them.
fn image_domains(catalog: &Catalog) -> BTreeSet<&str> {
    let views = std::iter::once(&catalog.view).chain(catalog.tools.values().map(|tool| &tool.view));
    let origins = views.flat_map(|view| &view.image_domains);
    origins.filter_map(|origin| Some(origin.split_once("://")?.1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handoff_has_a_name_that_models_take() {
        let long = "a".repeat(128);
        let longer = format!("{}b", "a".repeat(127));
        let names = ["2nd", long.as_str(), longer.as_str(), "class", "get-order", "get.order", "get_order"];
        let made = handoffs(names.into_iter());
        for name in &made {
            assert!(name.len() <= LONGEST, "{name}");
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "{name}");
        }
        assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), names.len(), "{made:?}");
        assert_eq!(made.last().map(String::as_str), Some("transfer_to_get_order"));
    }
}
