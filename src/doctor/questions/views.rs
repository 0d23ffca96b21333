//! Questions of views: where they are, whether they can be read, what they may load, how large they are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Answer, with_views};
use crate::doctor::facts::{Facts, VIEW_KEYS};
use crate::doctor::page::{self, List};
use crate::doctor::report::Verdict;
use crate::view::MIME_TYPE;

const NO_VIEWS: &str = "no tool has a view";
/// Bytes of a page at most: one known host refuses more.
const MAX_PAGE: usize = 1 << 20;
/// Characters of a result at most: above, it may not reach the view in Claude.
const MAX_RESULT: usize = 150_000;

pub(super) fn named(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    let mut asked = false;
    for tool in facts.tools() {
        let views = tool.views();
        let (name, is_ours) = (tool.name(), !tool.widgets().is_empty());
        asked |= is_ours || !views.is_empty();
        let different: BTreeSet<&str> = views.iter().map(|(_, uri)| *uri).collect();
        let missing: Vec<&str> =
            VIEW_KEYS.into_iter().filter(|key| !views.iter().any(|(named, _)| named == key)).collect();
        if views.is_empty() {
            // What only views call has none: its answer goes to the view that called it.
            if is_ours && tool.is_visible_to("model") {
                let message = "its widget has no view, so hosts show JSON or text";
                answer.warn(
                    "view-missing",
                    name,
                    message,
                    "update the server, which must list _meta.ui.resourceUri",
                );
            }
            continue;
        }
        if different.len() > 1 {
            let all: Vec<String> = views.iter().map(|(key, uri)| format!("{key} says {uri}")).collect();
            let cure = "name one address under all keys, to the letter: hosts cache by it";
            answer.fault("view-uri-differs", name, all.join(", "), cure);
        }
        if missing.contains(&"ui.resourceUri") {
            let message =
                "_meta.ui.resourceUri is missing; only hosts that read an alias of it find the view";
            answer.fault("view-uri-missing", name, message, "name the view there, and keep the aliases");
        } else if is_ours && !missing.is_empty() {
            let message = format!("hosts that read {} alone find no view", super::listed(missing));
            answer.warn("view-alias-missing", name, message, "name the view under every key");
        }
        for uri in different {
            if !uri.starts_with("ui://") {
                answer.fault(
                    "view-scheme",
                    name,
                    format!("{uri} is no ui:// address"),
                    "hosts load no other",
                );
            } else if uri.contains(['?', '#']) {
                let message = format!("{uri} has `?` or `#`, which gateways cut off");
                answer.warn("view-uri-query", name, message, "put what changes into the path");
            }
        }
    }
    if asked { answer } else { Answer::not_asked(NO_VIEWS) }
}

/// The addresses of views, each once.
fn addresses(facts: &Facts) -> BTreeSet<&str> {
    with_views(facts).flat_map(|tool| tool.views()).map(|(_, uri)| uri).collect()
}

fn entry<'f>(facts: &'f Facts, uri: &str) -> Option<&'f Value> {
    let listed = facts.host.as_ref()?.resources.as_ref().ok()?;
    listed.iter().find(|resource| resource.get("uri").and_then(Value::as_str) == Some(uri))
}

pub(super) fn page(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    let Some(host) = facts.host.as_ref().filter(|_| with_views(facts).next().is_some()) else {
        return Answer::not_asked(NO_VIEWS);
    };
    if let Err(trouble) = &host.resources {
        let message = format!("resources/list has no answer: {}", trouble.message);
        answer.warn("resources-unlisted", "", message, "hosts look there for a view's metadata");
    }
    for uri in addresses(facts) {
        let contents = match host.pages.get(uri) {
            None => continue,
            Some(Err(trouble)) => {
                let cure = "serve every address that a tool names, older ones too: hosts keep them";
                answer.fault("view-unreadable", uri, &trouble.message, cure);
                continue;
            }
            Some(Ok(_)) => facts.page(uri),
        };
        let text = contents.and_then(|c| c.get("text")?.as_str());
        let is_blob = contents.is_some_and(|c| c.get("blob").is_some());
        if text.is_none_or(|text| text.trim().is_empty()) {
            match is_blob {
                true => answer.warn("view-blob", uri, "the page comes as a blob", "send it as text"),
                false => answer.fault(
                    "view-empty",
                    uri,
                    "there is no page at this address",
                    "send its HTML as text",
                ),
            }
        }
        let entry = entry(facts, uri);
        for (place, value) in [("resources/read", contents), ("resources/list", entry)] {
            let kind = value.map(|v| v.get("mimeType").and_then(Value::as_str).unwrap_or("none"));
            if let Some(kind) = kind.filter(|kind| *kind != MIME_TYPE) {
                let message = format!("{place} says its MIME type is {kind}");
                answer.fault("view-mime", uri, message, format!("hosts draw nothing but {MIME_TYPE}"));
            }
        }
        if entry.is_none() && host.resources.is_ok() {
            let cure = "list it: some hosts take its metadata from there";
            answer.warn("view-unlisted", uri, "resources/list does not have it", cure);
        }
    }
    answer
}

pub(super) fn policy(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    if with_views(facts).next().is_none() {
        return Answer::not_asked(NO_VIEWS);
    }
    for uri in addresses(facts) {
        let Some(page) = facts.page(uri) else { continue };
        let csp = |value: &'_ Value| value.pointer("/_meta/ui/csp").filter(|csp| csp.is_object()).cloned();
        let read = csp(page);
        let entry = entry(facts, uri);
        let listed = entry.and_then(csp);
        let is_ours = facts.tools().iter().any(|t| !t.widgets().is_empty() && t.view() == Some(uri));
        for (place, there, csp) in
            [("resources/read", true, &read), ("resources/list", entry.is_some(), &listed)]
        {
            if is_ours && there && csp.is_none() {
                let message = format!("{place} has no _meta.ui.csp");
                answer.fault(
                    "csp-missing",
                    uri,
                    message,
                    "say in both what the view loads, even if it is nothing",
                );
            }
        }
        if let (Some(read), Some(listed)) = (&read, &listed)
            && read != listed
        {
            let cure = "say the same in both; hosts differ in which one they read";
            answer.fault("csp-differs", uri, "resources/list and resources/read name other domains", cure);
        }
        let html = page.get("text").and_then(Value::as_str).unwrap_or_default();
        let policy = read.or(listed).unwrap_or_default();
        for (list, origin) in page::loads(html) {
            let key = list.key();
            if page::names(policy.get(key), &origin) {
                continue;
            }
            let (verdict, does, cure) = match list {
                List::Resource => (Verdict::Fault, "loads from", "or put what is loaded into the page"),
                List::Frame => (Verdict::Fault, "frames", "or do without: not every host allows frames"),
                // Whether that line of a script is ever reached cannot be told.
                List::Connect => (Verdict::Warning, "has a script that asks", "or let a tool ask it"),
            };
            let message = format!("the page {does} {origin}, which its csp.{key} does not name");
            answer.found(verdict, "csp-blocks", uri, message, format!("name it there, {cure}"));
        }
    }
    answer
}

pub(super) fn size(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    if with_views(facts).next().is_none() {
        return Answer::not_asked(NO_VIEWS);
    }
    let mut largest = 0;
    for uri in addresses(facts) {
        let size = facts.page(uri).and_then(|p| p.get("text")?.as_str()).map_or(0, str::len);
        largest = largest.max(size);
        if size > MAX_PAGE {
            let message = format!("the page has {} KiB; one known host stops at 1024", size >> 10);
            answer.fault("view-large", uri, message, "take out what is not needed, or draw less in it");
        }
    }
    for (tool, result) in facts.results().filter(|(tool, _)| tool.view().is_some()) {
        let size = result.to_string().chars().count();
        if size > MAX_RESULT {
            let message =
                format!("its result has {size} characters; above {MAX_RESULT} it may not reach the view");
            answer.warn("result-large", tool.name(), message, "answer with fewer items at a time");
        }
    }
    answer.note(format!("the largest page has {} KiB", largest.div_ceil(1024)));
    answer
}
