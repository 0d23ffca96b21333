//! What each known host drops, and whether enough is left.
//!
//! Owns the table of hosts, as they were found to behave (November 2026).

use serde_json::{Value, json};

use super::Answer;
use super::results::UNCALLED;
use crate::doctor::facts::{Facts, Tool};
use crate::doctor::report::Verdict;
use crate::doctor::wrapper;

/// A host and what it hands on.
struct Host {
    name: &'static str,
    /// What of a result does not arrive, in words.
    way: &'static str,
    /// Whether it draws views at all.
    draws: bool,
    /// What its view gets of a result.
    view: &'static [&'static str],
    /// What its model gets of a result whose view is shown.
    model: &'static [&'static str],
}

const HOSTS: [Host; 4] = [
    Host {
        name: "Claude Desktop with a local server",
        way: "its view gets content alone",
        draws: true,
        view: &["content"],
        model: &["content", "structuredContent"],
    },
    Host {
        name: "ChatGPT",
        way: "its model gets no content while a widget shows",
        draws: true,
        view: &["content", "structuredContent", "_meta"],
        model: &["structuredContent"],
    },
    Host {
        name: "VS Code, Goose and others after the specification",
        way: "everything arrives",
        draws: true,
        view: &["content", "structuredContent", "_meta"],
        model: &["content", "structuredContent"],
    },
    Host {
        name: "terminals, such as Claude Code",
        way: "content alone arrives, and nothing is drawn",
        draws: false,
        view: &[],
        model: &["content"],
    },
];

pub(super) fn hosts(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    if facts.results().next().is_none() {
        return Answer::not_asked(UNCALLED);
    }
    for host in HOSTS {
        let before = answer.findings.len();
        let seat = if host.draws { facts.host.as_ref() } else { facts.terminal.as_ref() };
        for (tool, result) in seat.into_iter().flat_map(|seen| seen.results()) {
            judge(&mut answer, &host, tool, result);
        }
        let judgement = match (seat, answer.findings.len() == before) {
            (None, _) => "not asked",
            (_, true) => "enough is left",
            (_, false) => "not enough is left",
        };
        answer.note(format!("{}: {}; {judgement}", host.name, host.way));
    }
    blocks(&mut answer, facts);
    answer
}

fn judge(answer: &mut Answer, host: &Host, tool: &Tool, result: &Value) {
    let left = |parts: &[&str]| -> Value {
        let kept = parts.iter().filter_map(|part| Some(((*part).to_owned(), result.get(*part)?.clone())));
        Value::Object(kept.collect())
    };
    let signed = wrapper::is_signed(tool, result);
    if host.draws && tool.view().is_some() {
        let view = left(host.view);
        let enough = if signed {
            view.get("structuredContent").and_then(wrapper::of).is_some()
                || wrapper::in_content(&view).is_some()
        } else {
            has_content(&view) || view.get("structuredContent").is_some()
        };
        if !enough {
            answer.found(
                if signed { Verdict::Fault } else { Verdict::Warning },
                "host-view-starved",
                tool.name(),
                format!("in {}, the view gets nothing it could draw", host.name),
                "carry the answer in content as well as in structuredContent",
            );
        }
    }
    let model = left(host.model);
    let is_shown = host.draws && tool.view().is_some();
    let structured = model.get("structuredContent").is_some_and(|v| *v != json!({}) && !v.is_null());
    let enough = structured || has_content(&model);
    if !enough && (is_shown || !host.draws) && tool.is_visible_to("model") {
        answer.warn(
            "host-model-starved",
            tool.name(),
            format!("in {}, the model gets nothing of the answer", host.name),
            "carry what the model needs in structuredContent as well as in content",
        );
    }
}

fn has_content(result: &Value) -> bool {
    let blocks = result.get("content").and_then(Value::as_array).into_iter().flatten();
    blocks
        .into_iter()
        .any(|block| block.get("text").and_then(Value::as_str).is_none_or(|t| !t.trim().is_empty()))
}

/// Blocks of content that are dear in the Agents SDK.
fn blocks(answer: &mut Answer, facts: &Facts) {
    let mut dear = Vec::new();
    for (tool, result) in facts.results() {
        let blocks = result.get("content").and_then(Value::as_array).into_iter().flatten();
        if blocks.into_iter().any(|b| b.get("type") != Some(&json!("text"))) && !dear.contains(&tool.name()) {
            dear.push(tool.name());
        }
    }
    if !dear.is_empty() {
        let tools = super::listed(dear);
        answer.note(format!("Agents SDK: {tools} answer with more than text, which its model reads as JSON"));
    }
}
