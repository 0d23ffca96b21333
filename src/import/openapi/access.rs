//! Where an API is, and what it lets us in by.
//!
//! Owns the connection: the first server's address with its variables filled in, and security schemes as values from the
//! environment. A secret is never asked for, read or written.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::{Document, Operation};
use super::{HttpDraft, Order};
use crate::import::connection::FromEnv;
use crate::source::http;

pub(super) fn connection<'d>(
    document: &'d Document,
    name: String,
    order: Order<'_>,
    operations: impl Iterator<Item = Operation<'d>>,
) -> (HttpDraft, Vec<String>) {
    let mut notes = Vec::new();
    let url = order.url.map(str::to_owned).or_else(|| server(document, order.fetched));
    let url = url.unwrap_or_else(|| {
        notes.push(format!("the document does not tell the address of the API; set `url` of [connections.{name}] in toolface.toml"));
        "https://api.example.com".to_owned()
    });
    let mut draft = HttpDraft { name, url, ..HttpDraft::default() };
    let mut schemes = Vec::new();
    for operation in operations {
        for scheme in required(document, operation) {
            if !schemes.contains(&scheme) {
                schemes.push(scheme);
            }
        }
    }
    let mut by_hand = BTreeSet::new();
    for name in &schemes {
        let pointer = format!("/components/securitySchemes/{}", crate::schema::escape(name));
        let scheme = document.root().pointer(&pointer).map(|scheme| document.follow(scheme));
        if let Some(told) = scheme.and_then(|scheme| set(scheme, name, &mut draft)) {
            by_hand.insert(told);
        }
    }
    for setting in draft.headers.iter().chain(&draft.query) {
        let what = if setting.prefix == "Basic " { " (`user:password` in base64)" } else { "" };
        notes.push(format!("set the environment variable {}{what} before serving", setting.env));
    }
    notes.extend(by_hand);
    draft.remarks.extend(notes.iter().map(|note| {
        let mut letters = note.chars();
        letters
            .next()
            .map_or(String::new(), |first| first.to_uppercase().chain(letters).chain(['.']).collect())
    }));
    (draft, notes)
}

/// The address of the first server that has one.
fn server(document: &Document, fetched: Option<&str>) -> Option<String> {
    let servers = document.root().get("servers").and_then(Value::as_array)?;
    servers.iter().find_map(|server| {
        let mut url = server.get("url")?.as_str()?.to_owned();
        for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
            let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
            url = url.replace(&format!("{{{name}}}"), default);
        }
        http::absolute(&url, fetched)
    })
}

/// The names of the schemes an operation asks for: those of the first alternative.
fn required<'d>(document: &'d Document, operation: Operation<'d>) -> Vec<&'d String> {
    let said = operation.said.get("security").or_else(|| document.root().get("security"));
    let alternatives = said.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    alternatives.min_by_key(|all| all.is_empty()).into_iter().flat_map(|all| all.keys()).collect()
}

/// Sets what a scheme asks for. Gives what has to be done by hand instead.
fn set(scheme: &Value, name: &str, draft: &mut HttpDraft) -> Option<String> {
    let said = |key: &str| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
    let own = crate::import::names::name(&draft.name, '_', "api").to_ascii_uppercase();
    let mut push = |to: fn(&mut HttpDraft) -> &mut Vec<FromEnv>, name: &str, what: &str, prefix: &str| {
        let all = to(draft);
        if !all.iter().any(|setting| setting.name.eq_ignore_ascii_case(name)) {
            let env = format!("{own}_{what}");
            all.push(FromEnv { name: name.to_owned(), env, prefix: prefix.to_owned() });
        }
        None
    };
    let headers: fn(&mut HttpDraft) -> &mut Vec<FromEnv> = |draft| &mut draft.headers;
    let what = crate::import::names::name(name, '_', "key").to_ascii_uppercase();
    match (said("type"), said("in"), said("scheme").to_ascii_lowercase().as_str()) {
        ("http", _, "bearer") => push(headers, "Authorization", "TOKEN", "Bearer "),
        ("http", _, "basic") => push(headers, "Authorization", "BASIC", "Basic "),
        ("apiKey", "header", _) => push(headers, said("name"), &what, ""),
        ("apiKey", "query", _) => push(|draft| &mut draft.query, said("name"), &what, ""),
        ("apiKey", "cookie", _) => push(headers, "Cookie", &what, &format!("{}=", said("name"))),
        ("oauth2" | "openIdConnect", ..) => Some(format!(
            "the API lets in by OAuth (`{name}`); get a token and set it by hand: headers = {{ Authorization = {{ env = \"{own}_TOKEN\", prefix = \"Bearer \" }} }}"
        )),
        (kind, _, other) => Some(format!(
            "the API lets in by {kind} {other} (`{name}`), which has to be set by hand in `headers`"
        )),
    }
}
