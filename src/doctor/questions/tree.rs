//! Questions of the component tree that travels in `_meta`, and of what its actions lead to.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::results::{UNSIGNED, signed};
use super::{Answer, listed, with_views};
use crate::diag::suggestion;
use crate::doctor::facts::{Facts, Tool};
use crate::doctor::wrapper;
use crate::widget::tree::{Action, Tree, TreeLimits};

/// Oddities told of one tree.
const MAX_ODD: usize = 5;

pub(super) fn tree(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    let mut asked = false;
    for (tool, result) in signed(facts) {
        asked = true;
        let Some(tree) = wrapper::meta(result).and_then(|meta| meta.get("tree")) else {
            answer.fault(
                "tree-missing",
                tool.name(),
                "the result has no tree in _meta[\"dev.toolface/widget\"]",
                "a proxy in between must hand _meta on; the view has to ask for the tree again",
            );
            continue;
        };
        let text = tree.to_string();
        match Tree::parse(&text, TreeLimits::default()) {
            Err(e) => answer.fault("tree-invalid", tool.name(), e.to_string(), "mend the widget's template"),
            Ok(tree) => {
                for odd in tree.check().into_iter().take(MAX_ODD) {
                    let message = format!("`{}` {}", odd.path, odd.message);
                    answer.warn("tree-odd", tool.name(), message, odd.help.unwrap_or_default());
                }
            }
        }
    }
    if asked { answer } else { Answer::not_asked(UNSIGNED) }
}

/// What a page knows of actions: by tool, by action type.
type Bindings = BTreeMap<String, Map<String, Value>>;

pub(super) fn actions(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    let bindings = bindings(facts);
    let results: Vec<(&Tool, &Value)> = signed(facts).collect();
    if bindings.is_empty() && results.is_empty() {
        return Answer::not_asked("no view tells its bindings, and no result has a tree");
    }
    for (tool, actions) in &bindings {
        for (kind, action) in actions {
            bound(&mut answer, facts, tool, kind, action);
        }
    }
    for (tool, result) in results {
        let Some(actions) = bindings.get(tool.name()) else { continue };
        for action in used(result).iter().filter(|a| !a.on_client && !actions.contains_key(&a.kind)) {
            let label = action.label.as_deref().unwrap_or(&action.kind);
            answer.warn(
                "action-unbound",
                tool.name(),
                format!("“{label}” has the action `{}`, which leads to no tool", action.kind),
                format!(
                    "bind it: [actions.\"{}\"] tool = \"…\"; unbound, it becomes a message to the model",
                    action.kind
                ),
            );
        }
    }
    answer
}

fn used(result: &Value) -> Vec<Action> {
    let Some(tree) = wrapper::meta(result).and_then(|meta| meta.get("tree")) else { return Vec::new() };
    Tree::parse(&tree.to_string(), TreeLimits::default()).map(|tree| tree.actions()).unwrap_or_default()
}

/// The bindings that Toolface writes into its pages.
fn bindings(facts: &Facts) -> Bindings {
    let mut bindings = Bindings::new();
    let pages = with_views(facts).filter_map(|tool| facts.page(tool.view()?)?.get("text")?.as_str());
    for html in pages {
        let Some(Value::Object(tools)) =
            told(html).and_then(|mut about| Some(about.get_mut("tools")?.take()))
        else {
            continue;
        };
        for (tool, mut about) in tools {
            if let Some(Value::Object(actions)) = about.get_mut("actions").map(Value::take) {
                bindings.entry(tool).or_default().extend(actions);
            }
        }
    }
    bindings
}

fn told(html: &str) -> Option<Value> {
    let (_, rest) = html.split_once("<script type=\"application/json\" id=\"toolface\">")?;
    serde_json::from_str(rest.split_once("</script")?.0).ok()
}

fn bound(answer: &mut Answer, facts: &Facts, from: &str, kind: &str, action: &Value) {
    let target = action.get("tool").and_then(Value::as_str).unwrap_or_default();
    let Some(tool) = facts.tools().iter().find(|tool| tool.name() == target) else {
        let near = suggestion(target, facts.tools().iter().map(Tool::name)).unwrap_or_default();
        let message = format!("the action `{kind}` leads to `{target}`, which is no tool");
        let cure = if near.is_empty() { "bind it to a tool that is listed".to_owned() } else { near };
        return answer.fault("action-tool-unknown", from, message, cure);
    };
    if !tool.is_visible_to("app") {
        let message = format!("the action `{kind}` leads to `{target}`, which views may not call");
        return answer.fault("action-tool-hidden", from, message, "add \"app\" to that tool's visibility");
    }
    let known = tool.input().and_then(|schema| schema.get("properties")?.as_object());
    let given = action.get("arguments").and_then(Value::as_object);
    let unknown: Vec<&str> = given
        .into_iter()
        .flat_map(Map::keys)
        .filter(|name| known.is_some_and(|known| !known.contains_key(*name)))
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        let message =
            format!("the action `{kind}` gives `{target}` {}, which it does not take", listed(unknown));
        answer.fault("action-arguments", from, message, "name arguments of that tool in [actions]");
    }
}
