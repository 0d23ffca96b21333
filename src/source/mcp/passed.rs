//! What of an upstream passes through: all it offers besides what tool files bind.
//!
//! Owns under which names and addresses that is known here, and leads requests by these names back. Changes nothing
//! else of it. [`super::address`] has the rule of addresses.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::address::Addresses;
use super::call::Call;
use super::client::{Lost, Part};
use super::upstream::Aim;
use super::{Offer, Reply, Upstream};
use crate::source::input::{Caller, Fetched};

/// What passes through of one upstream.
#[derive(Debug)]
pub struct Passed {
    upstream: Arc<Upstream>,
    offer: Arc<Offer>,
    addresses: Addresses,
}

/// Why a request that passes through has no result: an error of JSON-RPC, the upstream's own where there is one.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// JSON-RPC's code.
    pub code: i32,
    /// In words.
    pub message: String,
    /// What it says besides.
    pub data: Option<Value>,
}

/// A result as it is told here: with our addresses, and not as made by the upstream, which our clients do not know.
pub(super) fn ours(mut result: Value, addresses: &Addresses) -> Value {
    addresses.turn_result(&mut result);
    if let Some(meta) = result.get_mut("_meta").and_then(Value::as_object_mut) {
        meta.remove(SERVER_INFO);
    }
    result
}

/// Where a result of 2026-07-28 says who made it.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// JSON-RPC 2.0: internal error.
const INTERNAL: i32 = -32603;

impl Passed {
    /// What passes through of an upstream at this moment; `None` if nothing does, or it was not reached.
    pub fn new(upstream: &Arc<Upstream>) -> Option<Self> {
        let offer = upstream.offered().filter(|_| upstream.exposes_all())?;
        Some(Self { addresses: Addresses::of(upstream.name()), offer, upstream: upstream.clone() })
    }

    /// The upstream.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// The name here of a tool or a prompt.
    fn named(&self, theirs: &str) -> String {
        format!("{}{theirs}", self.upstream.prefix())
    }

    /// Whether this is what passed through before.
    pub fn is_same(&self, before: &Self) -> bool {
        Arc::ptr_eq(&self.upstream, &before.upstream) && Arc::ptr_eq(&self.offer, &before.offer)
    }

    /// The tools, without those that are bound, each with its definition under its name here.
    pub fn tools<'p>(&'p self, bound: &'p BTreeSet<String>) -> impl Iterator<Item = (Call, Value)> {
        let open = self.offer.tools.iter().filter(|definition| !bound.contains(definition.name()));
        open.map(|definition| {
            let mut ours = definition.json().clone();
            self.rename(&mut ours);
            self.addresses.turn_meta(&mut ours);
            (Call::whole(self.upstream.clone(), definition.clone(), self.addresses.clone()), ours)
        })
    }

    fn rename(&self, object: &mut Value) {
        if let Some(name) = object.get_mut("name")
            && let Some(theirs) = name.as_str()
        {
            *name = Value::String(self.named(theirs));
        }
    }

    /// The resources, as they are listed here.
    pub fn resources(&self) -> impl Iterator<Item = Value> + '_ {
        self.listed(&self.offer.resources, "uri")
    }

    /// The resource templates, as they are listed here.
    pub fn templates(&self) -> impl Iterator<Item = Value> {
        self.listed(&self.offer.templates, "uriTemplate")
    }

    /// Those of `all` that have an address.
    fn listed<'o>(&'o self, all: &'o [Value], member: &'static str) -> impl Iterator<Item = Value> + 'o {
        all.iter().filter_map(move |theirs| {
            self.addresses.outward(theirs.get(member)?.as_str()?)?;
            let mut ours = theirs.clone();
            self.addresses.turn(&mut ours, member);
            Some(ours)
        })
    }

    /// The prompts, as they are listed here.
    pub fn prompts(&self) -> impl Iterator<Item = Value> {
        self.offer.prompts.iter().map(|theirs| {
            let mut ours = theirs.clone();
            self.rename(&mut ours);
            ours
        })
    }

    /// The upstream's name of a prompt of ours.
    fn prompt_inward<'n>(&self, name: &'n str) -> Option<&'n str> {
        let theirs = name.strip_prefix(self.upstream.prefix())?;
        self.offer.prompts.iter().any(|prompt| prompt.get("name") == Some(&json!(theirs))).then_some(theirs)
    }

    /// The upstream's address of one of ours: what begins as all of its do, and what it lists of the web.
    fn inward(&self, uri: &str) -> Option<String> {
        let listed = |all: &[Value], member| all.iter().any(|one| one.get(member) == Some(&json!(uri)));
        self.addresses.inward(uri).or_else(|| {
            let known = self.addresses.outward(uri).is_some_and(|same| same == uri)
                && (listed(&self.offer.resources, "uri") || listed(&self.offer.templates, "uriTemplate"));
            known.then(|| uri.to_owned())
        })
    }

    /// Whether this prompt is one of its.
    pub fn has_prompt(&self, name: &str) -> bool {
        self.prompt_inward(name).is_some()
    }

    /// Whether this address is one of its.
    pub fn has_address(&self, uri: &str) -> bool {
        self.inward(uri).is_some()
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// The upstream refuses it, is not there, or does not answer in time.
    pub async fn read(&self, uri: &str, until: Instant, caller: &Caller) -> Result<Fetched, Refusal> {
        let uri = self.inward(uri).unwrap_or_else(|| uri.to_owned());
        self.ask("resources/read", &uri, json!({ "uri": uri }), until, caller).await
    }

    /// Fills a prompt.
    ///
    /// # Errors
    /// The upstream refuses it, is not there, or does not answer in time.
    pub async fn prompt(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        until: Instant,
        caller: &Caller,
    ) -> Result<Fetched, Refusal> {
        let name = self.prompt_inward(name).unwrap_or(name);
        self.ask("prompts/get", name, json!({"name": name, "arguments": arguments}), until, caller).await
    }

    /// Completes an argument of a prompt or a variable of an address. `params` are those of MCP, with our names.
    ///
    /// # Errors
    /// The upstream refuses it, is not there, or does not answer in time.
    pub async fn complete(
        &self,
        mut params: Value,
        until: Instant,
        caller: &Caller,
    ) -> Result<Fetched, Refusal> {
        if let Some(asked) = params.get_mut("ref") {
            let theirs = |of: &Value| {
                let name = of.get("name").and_then(Value::as_str);
                let uri = of.get("uri").and_then(Value::as_str);
                let name = name.and_then(|name| self.prompt_inward(name)).map(|n| ("name", n.to_owned()));
                name.or_else(|| uri.and_then(|uri| self.inward(uri)).map(|uri| ("uri", uri)))
            };
            if let Some((member, value)) = theirs(asked)
                && let Some(place) = asked.get_mut(member)
            {
                *place = Value::String(value);
            }
        }
        self.ask("completion/complete", "", params, until, caller).await
    }

    async fn ask(
        &self,
        method: &'static str,
        what: &str,
        params: Value,
        until: Instant,
        caller: &Caller,
    ) -> Result<Fetched, Refusal> {
        let params = params.as_object().cloned().unwrap_or_default();
        let left = until.saturating_duration_since(Instant::now());
        let aim = Aim { what, plain: true, part: Part::Whole };
        let asked = self.upstream.converse(method, aim, params, caller);
        match tokio::time::timeout(left, asked).await.unwrap_or(Err(Lost::Late)) {
            Ok(Reply::Result(result)) => Ok(Fetched::Data(ours(result, &self.addresses))),
            Ok(Reply::InputRequired(asked)) => Ok(Fetched::InputRequired(asked)),
            Err(Lost::Refused { code, message, data }) => Err(Refusal { code, message, data }),
            Err(lost) => {
                let message =
                    format!("the MCP server `{}` does not answer this: {lost}", self.upstream.name());
                Err(Refusal { code: INTERNAL, message, data: None })
            }
        }
    }
}
