//! Requests that pass through to an MCP server: reading, prompts, completion. Its tools are called as all others.
//!
//! Owns the way there and back. Which request leads where is told by the catalog.

use std::time::Instant;

use rmcp::ErrorData;
use rmcp::model::*;
use serde_json::{Map, Value};

use super::convert;
use super::dialogue::{Dialogue, Step};
use super::{prompts, resources};
use crate::catalog::Catalog;
use crate::source::input::Caller;
use crate::source::mcp::Passed;

/// When such a request has to be answered.
fn until(catalog: &Catalog) -> Instant {
    Instant::now() + catalog.limits.call_timeout()
}

/// Reads a resource.
///
/// # Errors
/// The upstream's own; it does not answer.
pub async fn read(
    catalog: &Catalog,
    uri: &str,
    dialogue: Dialogue<'_>,
) -> Result<Step<ReadResourceResult>, ErrorData> {
    let until = until(catalog);
    let read = dialogue.run(|caller| {
        Box::pin(async move {
            let passed = catalog.passing.of_address(uri).ok_or_else(|| resources::unknown(uri))?;
            convert::step(passed.read(uri, until, &caller).await)
        })
    });
    convert::passed(read.await?)
}

/// Fills a prompt.
///
/// # Errors
/// As of [`read`].
pub async fn prompt(
    catalog: &Catalog,
    name: &str,
    arguments: Map<String, Value>,
    dialogue: Dialogue<'_>,
) -> Result<Step<GetPromptResult>, ErrorData> {
    let until = until(catalog);
    let filled = dialogue.run(|caller| {
        let arguments = arguments.clone();
        Box::pin(async move {
            let passed = catalog.passing.of_prompt(name).ok_or_else(|| prompts::unknown(catalog, name))?;
            convert::step(passed.prompt(name, arguments, until, &caller).await)
        })
    });
    convert::passed(filled.await?)
}

/// Where what is to be completed leads; `None` if it is the project's own, or nobody's.
pub fn completes<'c>(catalog: &'c Catalog, asked: &Reference) -> Option<&'c Passed> {
    match asked {
        Reference::Prompt(prompt) => prompt_of(catalog, &prompt.name),
        Reference::Resource(resource) => {
            let own = catalog.resource_templates.iter().any(|t| t.about.uri_template == resource.uri);
            catalog.passing.of_address(&resource.uri).filter(|_| !own)
        }
        _ => None,
    }
}

/// Where a prompt leads; `None` if it is the project's own, or nobody's.
pub fn prompt_of<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c Passed> {
    catalog.passing.of_prompt(name).filter(|_| !prompts::is_known(catalog, name))
}

/// Completes an argument.
///
/// # Errors
/// As of [`read`].
pub async fn complete(
    catalog: &Catalog,
    passed: &Passed,
    request: &CompleteRequestParams,
    session: u64,
) -> Result<CompleteResult, ErrorData> {
    let unsayable = |e| ErrorData::internal_error(format!("these parameters cannot be passed on: {e}"), None);
    let mut params = serde_json::to_value(request).map_err(unsayable)?;
    if let Some(params) = params.as_object_mut() {
        // Who asks there is we.
        params.remove("_meta");
    }
    let caller = Caller { session, ..Caller::default() };
    let completed = convert::step(passed.complete(params, until(catalog), &caller).await)?;
    match convert::passed(completed)? {
        Step::Done(result) => Ok(result),
        Step::Asks(_) => Err(ErrorData::internal_error("a completion asks nothing", None)),
    }
}
