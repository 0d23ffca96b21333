//! What one tool asks of an upstream.
//!
//! Owns how arguments become those of the upstream's tool, what of its result is the data, and which definition the
//! tool has if its file says nothing else.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::address::Addresses;
use super::client::{Lost, Part};
use super::upstream::Aim;
use super::{Definition, Reply, Upstream, passed};
use crate::diag::suggestion;
use crate::source::input::{Caller, Fetched};
use crate::source::{Caps, Connection, SourceError, SourceErrorKind, Spec, SpecFault, unknown_arguments};

/// A call of one tool of an upstream.
#[derive(Debug)]
pub struct Call {
    upstream: Arc<Upstream>,
    tool: String,
    definition: Option<Definition>,
    /// The upstream's argument, and ours.
    renamed: Vec<(String, String)>,
    fixed: Map<String, Value>,
    /// The arguments its file declares.
    arguments: Vec<String>,
    /// None of its arguments travel in HTTP headers (`x-mcp-header`), as far as is known.
    plain: bool,
    /// The data is the whole result, with its addresses as they are here.
    whole: Option<Addresses>,
}

/// The definition that a `[source]` table names, its input as the table leaves it to callers.
pub(crate) fn offered(spec: &Spec, upstream: &Upstream) -> Option<(Definition, Value)> {
    let name = spec.call.as_deref()?;
    let definition = upstream.offered()?.tools.iter().find(|d| d.name() == name).cloned()?;
    let mut input = definition.input();
    let renamed = |name: &str| spec.arguments.get(name).and_then(|text| placeholder(text));
    if let Some(Value::Object(properties)) = input.get_mut("properties") {
        let all = std::mem::take(properties);
        let open = all.into_iter().filter(|(name, _)| !spec.with.contains_key(name));
        properties.extend(open.map(|(name, about)| (renamed(&name).map_or(name, str::to_owned), about)));
    }
    if let Some(Value::Array(required)) = input.get_mut("required") {
        required.retain(|name| name.as_str().is_none_or(|name| !spec.with.contains_key(name)));
        for name in required.iter_mut() {
            if let Some(ours) = name.as_str().and_then(renamed).map(Value::from) {
                *name = ours;
            }
        }
    }
    Some((definition, input))
}

/// `name` of `"{name}"`.
fn placeholder(text: &str) -> Option<&str> {
    text.strip_prefix('{')?.strip_suffix('}').filter(|name| !name.is_empty() && !name.contains(['{', '}']))
}

impl Call {
    pub(in crate::source) fn compile(
        spec: &Spec,
        connection: &Arc<Connection>,
        arguments: Option<&[&str]>,
    ) -> Result<Self, Vec<SpecFault>> {
        let Connection::Mcp(upstream) = connection.as_ref() else { return Err(Vec::new()) };
        let Some(tool) = spec.call.clone() else {
            let help = "name the tool of the MCP server: call = \"…\"";
            return Err(vec![SpecFault::new("connection", "this source calls no tool").help(help)]);
        };
        let mut faults = Vec::new();
        let offered = upstream.offered();
        let definition =
            offered.as_ref().and_then(|all| all.tools.iter().find(|d| d.name() == tool)).cloned();
        if let (Some(all), None) = (&offered, &definition) {
            let message = format!("the MCP server `{}` has no tool `{tool}`", upstream.name());
            let names: Vec<&str> = all.tools.iter().map(Definition::name).collect();
            let help = suggestion(&tool, names.iter().copied())
                .unwrap_or_else(|| format!("it has: {}", names.join(", ")));
            faults.push(SpecFault::new("call", message).help(help));
        }
        let mut renamed = Vec::new();
        for (theirs, text) in &spec.arguments {
            match placeholder(text) {
                Some(ours) => renamed.push((theirs.clone(), ours.to_owned())),
                None => {
                    let help = "write \"{name}\"; a value that is always the same goes into `with`";
                    let message = format!("the argument `{theirs}` is no argument of this tool");
                    faults.push(SpecFault::new("arguments", message).help(help));
                }
            }
            if spec.with.contains_key(theirs) {
                let message = format!("`{theirs}` is in `arguments` and in `with`; keep one of the two");
                faults.push(SpecFault::new("with", message));
            }
        }
        let used = renamed.iter().map(|(_, ours)| (ours.as_str(), None));
        faults.extend(unknown_arguments("arguments", used, arguments));
        let declared = arguments.unwrap_or_default().iter().map(|name| (*name).to_owned()).collect();
        let (upstream, fixed) = (upstream.clone(), spec.with.clone());
        let plain = definition.as_ref().is_some_and(is_plain);
        match faults.is_empty() {
            true => Ok(Self {
                upstream,
                tool,
                definition,
                renamed,
                fixed,
                arguments: declared,
                plain,
                whole: None,
            }),
            false => Err(faults),
        }
    }

    /// What the upstream says of the tool; `None` if it was not reached.
    pub fn definition(&self) -> Option<&Definition> {
        self.definition.as_ref()
    }

    /// The upstream.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// The upstream's name of the tool.
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// The arguments it passes on.
    pub fn arguments(&self) -> Vec<&str> {
        self.arguments.iter().map(String::as_str).collect()
    }

    /// Whether it may change anything: unless the upstream says that it does not.
    pub fn writes(&self) -> bool {
        self.definition.as_ref().and_then(|d| d.hint("readOnlyHint")) != Some(true)
    }

    /// One that passes a tool through.
    pub(super) fn whole(upstream: Arc<Upstream>, definition: Definition, addresses: Addresses) -> Self {
        Self {
            upstream,
            tool: definition.name().to_owned(),
            plain: is_plain(&definition),
            definition: Some(definition),
            renamed: Vec::new(),
            fixed: Map::new(),
            arguments: Vec::new(),
            whole: Some(addresses),
        }
    }

    /// Calls the tool.
    pub(in crate::source) async fn fetch(
        &self,
        arguments: &Map<String, Value>,
        caps: Caps,
        caller: &Caller,
    ) -> Result<Fetched, SourceError> {
        let mut sent = Map::new();
        for (name, value) in arguments {
            let theirs =
                self.renamed.iter().find(|(_, ours)| ours == name).map_or(name, |(theirs, _)| theirs);
            sent.insert(theirs.clone(), value.clone());
        }
        sent.extend(self.fixed.iter().map(|(name, value)| (name.clone(), value.clone())));
        let params = Map::from_iter([
            ("name".to_owned(), Value::from(self.tool.as_str())),
            ("arguments".to_owned(), Value::Object(sent)),
        ]);
        let part = if self.whole.is_some() { Part::Whole } else { Part::Data(caps.bytes) };
        let aim = Aim { what: &self.tool, plain: self.plain, part };
        let reply = request(&self.upstream, "tools/call", aim, params, caps, caller).await?;
        Ok(match (reply, &self.whole) {
            (Reply::InputRequired(asked), _) => Fetched::InputRequired(asked),
            (Reply::Result(result), Some(addresses)) => Fetched::Data(passed::ours(result, addresses)),
            (Reply::Result(result), None) => Fetched::Data(data(result)?),
        })
    }
}

/// Sends a request of a caller, within the bounds of a call.
async fn request(
    upstream: &Arc<Upstream>,
    method: &'static str,
    aim: Aim<'_>,
    params: Map<String, Value>,
    caps: Caps,
    caller: &Caller,
) -> Result<Reply, SourceError> {
    let asked = upstream.converse(method, aim, params, caller);
    let who = format!("The MCP server `{}`", upstream.name());
    let left = caps.deadline.saturating_duration_since(Instant::now());
    let reply = tokio::time::timeout(left, asked).await.unwrap_or(Err(Lost::Late));
    let reply = reply.map_err(|lost| match lost {
        Lost::Late => SourceError::timeout(&who),
        Lost::Unreachable(why) => {
            let message = format!("{who} cannot be reached now. Try again in a moment.");
            SourceError::new(SourceErrorKind::Unavailable, message).detail(why)
        }
        Lost::Refused { code, message, .. } => {
            SourceError::new(SourceErrorKind::Refused, format!("{who} refuses this: {message}")).detail(code)
        }
        Lost::CannotAsk(why) => {
            let message = format!("{who} has to ask something first, and {why}.");
            SourceError::new(SourceErrorKind::Refused, message)
        }
    })?;
    if let Reply::Result(result) = &reply
        && most(result) > caps.bytes
    {
        let mut counted = Counted { left: caps.bytes };
        serde_json::to_writer(&mut counted, result).map_err(|_| SourceError::too_many_bytes(caps.bytes))?;
    }
    Ok(reply)
}

fn is_plain(definition: &Definition) -> bool {
    !definition.input().to_string().contains("\"x-mcp-header\"")
}

/// No fewer bytes than the JSON text of a value has. Counting them exactly costs as much as writing them.
fn most(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(number) => number.as_str().len(),
        Value::String(text) => 2 + 6 * text.len(),
        Value::Array(all) => 2 + all.iter().map(|one| 1 + most(one)).sum::<usize>(),
        Value::Object(all) => 2 + all.iter().map(|(key, one)| 4 + 6 * key.len() + most(one)).sum::<usize>(),
    }
}

/// Counts what is written, and keeps none of it.
struct Counted {
    left: usize,
}

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The data of a result: what is structured, else JSON in its only text, else its text and blocks.
pub(super) fn data(mut result: Value) -> Result<Value, SourceError> {
    let blocks = match result.get_mut("content").map(Value::take) {
        Some(Value::Array(blocks)) => blocks,
        _ => Vec::new(),
    };
    let texts: Vec<&str> = blocks.iter().filter_map(|block| block.get("text")?.as_str()).collect();
    if result.get("isError") == Some(&Value::Bool(true)) {
        let told = texts.join("\n");
        let message =
            if told.trim().is_empty() { "The tool failed and does not say why.".to_owned() } else { told };
        return Err(SourceError::new(SourceErrorKind::Refused, message));
    }
    if let Some(structured) = result.get_mut("structuredContent").map(Value::take).filter(|v| !v.is_null()) {
        return Ok(structured);
    }
    if let ([text], [_]) = (texts.as_slice(), blocks.as_slice())
        && let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text)
    {
        return Ok(value);
    }
    let text = texts.join("\n");
    Ok(json!({"text": text, "blocks": blocks}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_of_a_result() {
        let text = |text: &str| json!({"type": "text", "text": text});
        let of = |result: Value| data(result).map_err(|e| e.message);
        assert_eq!(of(json!({"content": [text("x")], "structuredContent": {"a": 1}})), Ok(json!({"a": 1})));
        assert_eq!(of(json!({"content": [text("[1, 2]")]})), Ok(json!([1, 2])));
        let plain = json!({"text": "7", "blocks": [text("7")]});
        assert_eq!(of(json!({"content": [text("7")]})), Ok(plain));
        assert_eq!(of(json!({"content": [text("no"), text("way")], "isError": true})), Err("no\nway".into()));
    }
}
