//! A call that is refused until its user has been somewhere.
//!
//! Owns the one error by which an upstream of 2025-11-25 asks something: addresses have to be visited, then the call is to
//! be made again (MCP 2025-11-25, elicitation, URL mode required). It becomes a question like the others.

use serde_json::{Map, Value, json};

use super::Reply;
use super::client::Lost;
use super::upstream::may_ask;
use crate::source::input::{Caller, InputRequired, InputResponses};

/// The code of that error.
pub(super) const REQUIRED: i32 = -32042;
/// The state of a call that is simply made again.
const AGAIN: &str = "toolface-again";

/// What the client is asked because of such an error; for one that cannot be asked, the error with its addresses.
pub(super) fn required(caller: &Caller, message: String, data: Value) -> Result<Reply, Lost> {
    let listed = data.get("elicitations").and_then(Value::as_array).into_iter().flatten();
    let ask = |params: &Value| json!({"method": "elicitation/create", "params": params});
    let requests: Map<String, Value> =
        listed.enumerate().map(|(n, params)| (format!("visit{n}"), ask(params))).collect();
    let asked = InputRequired { requests, state: Some(AGAIN.to_owned()) };
    if !asked.requests.is_empty() && may_ask(caller, &asked).is_ok() {
        return Ok(Reply::InputRequired(asked));
    }
    let address = |request: &Value| request.pointer("/params/url")?.as_str().map(str::to_owned);
    let addresses: Vec<String> = asked.requests.values().filter_map(address).collect();
    let message = match addresses.as_slice() {
        [] => message,
        all => format!("{message} (first visit: {})", all.join(", ")),
    };
    Err(Lost::Refused { code: REQUIRED, message, data: Some(data) })
}

/// Answers to other questions than such a one; none, if the call is made again because of it.
///
/// # Errors
/// The user does not want to go there.
pub(super) fn made(responses: Option<&InputResponses>) -> Result<Option<&InputResponses>, Lost> {
    let Some(given) = responses.filter(|given| given.state.as_deref() == Some(AGAIN)) else {
        return Ok(responses);
    };
    let agreed = |answer: &Value| answer.get("action").and_then(Value::as_str) == Some("accept");
    if given.responses.is_empty() || !given.responses.values().all(agreed) {
        let message = "the user did not agree to visit the address".to_owned();
        return Err(Lost::Refused { code: REQUIRED, message, data: None });
    }
    Ok(None)
}
