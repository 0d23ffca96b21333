//! Prompts: those of the project, and `widget-instructions`, which every project with widgets has.
//!
//! Owns which there are, what they say and what their arguments may be. A project's own prompt of that name takes the
//! place of ours.

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::{Map, Value};

use super::convert;
use crate::call::CallError;
use crate::catalog::{Catalog, Tool, extras};
use crate::config::tool::Visibility;
use crate::export::instructions::{instructions, tools};

/// How one tool is used and answered; the text `toolface agents instructions` writes.
pub const WIDGET_INSTRUCTIONS: &str = "widget-instructions";

/// Its argument.
const TOOL: &str = "tool";

/// The tools it is about: those a model may call that answer in a widget.
fn offered(catalog: &Catalog) -> impl Iterator<Item = &Tool> {
    tools(catalog).filter(|tool| catalog.visibility(tool).contains(&Visibility::Model))
}

fn is_ours(catalog: &Catalog, name: &str) -> bool {
    name == WIDGET_INSTRUCTIONS && !catalog.prompts.contains_key(name) && offered(catalog).next().is_some()
}

/// Whether a prompt is the project's own, or ours.
pub fn is_known(catalog: &Catalog, name: &str) -> bool {
    catalog.prompts.contains_key(name) || is_ours(catalog, name)
}

/// All prompts, sorted by name.
pub fn list(catalog: &Catalog) -> Vec<Prompt> {
    let own = catalog.prompts.iter().filter_map(|(name, prompt)| convert::prompt(name, prompt));
    let ours = is_ours(catalog, WIDGET_INSTRUCTIONS).then(|| {
        let about = "How a tool is used and how its widget is filled: when to call it, each field of its data, an \
                     example, what to answer when data is missing.";
        let argument = PromptArgument::new(TOOL).with_description("Name of the tool").with_required(true);
        Prompt::new(WIDGET_INSTRUCTIONS, Some(about), Some(vec![argument])).with_title("Instructions for a tool")
    });
    let passed = catalog.passing.listed().flat_map(|passed| passed.prompts()).filter_map(convert::listed);
    let mut all: Vec<Prompt> = own.chain(ours).chain(passed).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// A prompt with its arguments filled in.
///
/// # Errors
/// There is none of that name, an argument is missing or wrong, or a template fails.
pub fn get(catalog: &Catalog, name: &str, given: &Map<String, Value>) -> Result<GetPromptResult, ErrorData> {
    if is_ours(catalog, name) {
        return widget_instructions(catalog, given);
    }
    let Some(prompt) = catalog.prompts.get(name) else {
        return Err(unknown(catalog, name));
    };
    let missing = prompt.missing(given);
    if !missing.is_empty() {
        return Err(ErrorData::invalid_params(format!("Missing argument: {}", missing.join(", ")), None));
    }
    let rendered = prompt.render(given).map_err(|e| ErrorData::internal_error(e.message, None))?;
    let mut result = GetPromptResult::new(convert::messages(rendered)?);
    result.description.clone_from(&prompt.about.description);
    Ok(result)
}

/// Tells that there is no prompt of this name.
pub fn unknown(catalog: &Catalog, name: &str) -> ErrorData {
    let known = list(catalog);
    let near = crate::diag::suggestion(name, known.iter().map(|p| p.name.as_str()));
    let near = near.map(|near| format!("; {near}")).unwrap_or_default();
    ErrorData::invalid_params(format!("Unknown prompt: {name}{near}"), None)
}

fn widget_instructions(catalog: &Catalog, given: &Map<String, Value>) -> Result<GetPromptResult, ErrorData> {
    let Some(asked) = given.get(TOOL).and_then(Value::as_str) else {
        return Err(ErrorData::invalid_params(format!("Missing argument: {TOOL}"), None));
    };
    let found = offered(catalog).find(|tool| tool.name == asked);
    let Some(found) = found.and_then(|tool| instructions(catalog, tool)) else {
        let error = match catalog.tools.contains_key(asked) {
            true => format!("The tool {asked} answers in no widget that a model may ask for"),
            false => CallError::unknown_tool(asked, offered(catalog).map(|t| t.name.as_str())).message,
        };
        return Err(ErrorData::invalid_params(error, None));
    };
    let mut result = GetPromptResult::new(vec![PromptMessage::new_text(Role::User, found.markdown())]);
    result.description = Some(format!("How {} is used and answered", found.title.unwrap_or(found.tool)));
    Ok(result)
}

/// Values for an argument of a prompt that begin with what is typed; none for what there is not.
pub fn complete<'c>(catalog: &'c Catalog, prompt: &str, argument: &str, typed: &str) -> Vec<&'c str> {
    if is_ours(catalog, prompt) {
        let names = offered(catalog).map(|tool| tool.name.as_str()).filter(|_| argument == TOOL);
        return extras::fitting(names, typed);
    }
    let prompt = catalog.prompts.get(prompt);
    let argument = prompt.and_then(|p| p.about.arguments.iter().find(|a| a.name == argument));
    extras::complete(argument.map(|a| a.values.as_slice()).unwrap_or_default(), typed)
}
