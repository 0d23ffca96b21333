//! Questions of what a call brings: an answer at all, the wrapper, the ids in it, text.

use serde_json::Value;

use super::{Answer, listed};
use crate::diag::suggestion;
use crate::doctor::facts::{Called, Facts, Tool};
use crate::doctor::report::Verdict;
use crate::doctor::wrapper::{self, Wrapper};

pub(super) const UNSIGNED: &str = "no tool that was called shows a sign of Toolface's wrapper";
pub(super) const UNCALLED: &str = "no tool was called with success";

pub(super) fn calls(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    for seen in facts.seen() {
        for (name, called) in &seen.calls {
            match called {
                // What was called as the host is not told again.
                Called::Not(why) if is_answered_elsewhere(facts, name) || why.is_empty() => {}
                Called::Not(why) => answer.found(Verdict::NotAsked, "call-not-asked", name, why, ""),
                Called::Unknown if facts.lists(name) => {}
                Called::Unknown => {
                    let all = || facts.tools().iter().map(Tool::name);
                    let cure =
                        suggestion(name, all()).unwrap_or_else(|| format!("listed are {}", listed(all())));
                    answer.fault(
                        "call-unknown",
                        name,
                        "--args or --call names it, and no such tool is listed",
                        cure,
                    );
                }
                Called::Failed(trouble) => answer.fault(
                    "call-failed",
                    name,
                    &trouble.message,
                    "a tool that fails answers with isError and a sentence; look at the server's log",
                ),
                Called::Answered(result, given) => judge(&mut answer, name, result, *given),
            }
        }
    }
    answer
}

fn is_answered_elsewhere(facts: &Facts, name: &str) -> bool {
    facts.seen().any(|seen| matches!(seen.calls.get(name), Some(Called::Answered(..) | Called::Failed(_))))
}

fn judge(answer: &mut Answer, name: &str, result: &Value, given: bool) {
    let asks_back = result.get("resultType").and_then(Value::as_str).is_some_and(|t| t != "complete");
    if asks_back {
        answer.found(Verdict::NotAsked, "call-asks-back", name, "it asks the user something first", "");
    } else if result.get("isError") == Some(&Value::Bool(true)) {
        let said = wrapper::texts(result).next().unwrap_or("nothing");
        let said: String = said.chars().take(300).collect();
        let cure =
            if given { "mend the arguments or the tool" } else { "give arguments that it knows: --args" };
        answer.warn(
            "call-error",
            name,
            format!("it answers with an error: {said}"),
            format!("{cure} ({name})"),
        );
    } else if !result.get("content").is_some_and(Value::is_array) {
        answer.fault(
            "content-missing",
            name,
            "the result has no list `content`",
            "every result has one, with the same as structuredContent in it as text",
        );
    }
}

/// Results with a sign of the wrapper.
pub(super) fn signed(facts: &Facts) -> impl Iterator<Item = (&Tool, &Value)> {
    facts.results().filter(|(tool, result)| wrapper::is_signed(tool, result))
}

pub(super) fn wrapper(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    let mut asked = false;
    for (tool, result) in signed(facts) {
        asked = true;
        let name = tool.name();
        let structured = result.get("structuredContent");
        let wrapped = structured.filter(|value| wrapper::of(value).is_some());
        let content = wrapper::in_content(result);
        if wrapped.is_none() {
            let found = if structured.is_some() { "has no widget id and data" } else { "is not there" };
            answer.fault(
                "wrapper-missing",
                name,
                format!("structuredContent {found}, so no host can tell which widget this is"),
                "let the server wrap results; a proxy in between must hand structuredContent on",
            );
        }
        if content.is_none() {
            answer.fault(
                "wrapper-missing-in-content",
                name,
                "no text of content is the wrapper as JSON; hosts that drop structuredContent have nothing",
                "put the same JSON into the first text block",
            );
        }
        if let (Some(wrapped), Some(content)) = (wrapped, &content)
            && wrapped != content
        {
            answer.fault(
                "wrapper-differs",
                name,
                "structuredContent and the JSON in content are not the same",
                "write one and copy it; which of the two is seen depends on the host",
            );
        }
    }
    if asked { answer } else { Answer::not_asked(UNSIGNED) }
}

pub(super) fn widget_id(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    let mut asked = false;
    for (tool, result) in signed(facts) {
        asked = true;
        let content = wrapper::in_content(result);
        let meta = wrapper::meta(result).map(|meta| {
            let text = |key: &str| meta.get(key).and_then(Value::as_str).unwrap_or_default();
            Wrapper { id: text("id"), kind: text("type") }
        });
        let places = [
            ("structuredContent", result.get("structuredContent").and_then(wrapper::of)),
            ("content", content.as_ref().and_then(wrapper::of)),
            ("_meta", meta),
        ];
        let said: Vec<(&str, Wrapper<'_>)> =
            places.into_iter().filter_map(|(at, w)| Some((at, w?))).collect();
        same(&mut answer, tool, &said);
        if let Some((_, wrapper)) = said.first() {
            known(&mut answer, tool, wrapper);
        }
    }
    if asked { answer } else { Answer::not_asked(UNSIGNED) }
}

fn same(answer: &mut Answer, tool: &Tool, said: &[(&str, Wrapper<'_>)]) {
    type Part = for<'w> fn(&Wrapper<'w>) -> &'w str;
    let parts: [(&'static str, &str, Part); 2] =
        [("widget-id-differs", "id", |w| w.id), ("widget-type-differs", "type", |w| w.kind)];
    for (id, what, part) in parts {
        let first = said.first().map(|(_, wrapper)| part(wrapper));
        if said.iter().any(|(_, wrapper)| Some(part(wrapper)) != first) {
            let all: Vec<String> = said.iter().map(|(at, w)| format!("{at} says `{}`", part(w))).collect();
            let cure = "take it from one place, the .widget file or toolface.toml";
            answer.fault(id, tool.name(), format!("the widget's {what} differs: {}", all.join(", ")), cure);
        }
    }
}

/// Whether the tool's listing knows the widget of its result.
fn known(answer: &mut Answer, tool: &Tool, wrapper: &Wrapper<'_>) {
    let name = tool.name();
    if wrapper.id.is_empty() {
        let cure = "[widgets.<name>] id = \"wig_…\" in toolface.toml gives it one";
        return answer.fault("widget-id-empty", name, "the widget's id is empty", cure);
    }
    let stated: Vec<&str> = tool.widgets().iter().filter_map(|w| w.get("id")?.as_str()).collect();
    let constants = tool.output().map(wrapper::ids).unwrap_or_default();
    for (place, ids) in [("its listing (_meta)", stated), ("its outputSchema", constants)] {
        if !ids.is_empty() && !ids.contains(&wrapper.id) {
            answer.fault(
                "widget-id-unknown",
                name,
                format!("the result says `{}`, {place} knows {}", wrapper.id, listed(ids)),
                "list tools and answer calls from the same version of the project; restart the server",
            );
        }
    }
}

pub(super) fn text(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    let Some(terminal) = facts.terminal.as_ref().or(facts.host.as_ref()) else {
        return Answer::not_asked(UNCALLED);
    };
    let mut asked = false;
    for (tool, result) in terminal.results() {
        asked = true;
        let mut texts = wrapper::texts(result).filter(|text| !text.trim().is_empty()).peekable();
        let blocks = result.get("content").and_then(Value::as_array).map_or(0, Vec::len);
        if texts.peek().is_none() && (blocks == 0 || tool.view().is_some()) {
            answer.fault(
                "text-missing",
                tool.name(),
                "content has no text, so a terminal shows nothing and its model knows nothing",
                "put the answer into content as text, too",
            );
        } else if wrapper::is_signed(tool, result) && texts.all(is_json) && facts.terminal.is_some() {
            answer.warn(
                "text-only-json",
                tool.name(),
                "a client that draws nothing gets JSON only",
                "add a second text block with the answer in words for clients without the UI extension",
            );
        }
    }
    if asked { answer } else { Answer::not_asked(UNCALLED) }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object() || value.is_array())
}
