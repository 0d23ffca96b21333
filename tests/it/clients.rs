//! Real clients against the demo: the official Python and TypeScript clients and the inspector's command line, over
//! both transports and at both revisions.
//!
//! What they check stands in `tests/clients`, once per language; here is only which client meets which server.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::installed::{self, node, python};
use crate::support::{Server, root};

/// Longest time for all runs of one client.
const PATIENCE: Duration = Duration::from_secs(300);

const MODERN: &str = "2026-07-28";
const LEGACY: &str = "2025-11-25";

/// One run of a client: how it negotiates, what must come of it, whether it draws views.
struct Run(&'static str, &'static str, bool);

/// What the clients of the SDKs do over each transport.
const SDK: [Run; 4] = [
    Run("legacy", LEGACY, false),
    Run("legacy", LEGACY, true),
    Run("auto", MODERN, true),
    Run(MODERN, MODERN, false),
];

/// The inspector starts a process per request: fewer runs will do.
const INSPECTOR: [Run; 2] = [Run("legacy", LEGACY, false), Run("modern", MODERN, true)];

fn order(run: &Run, check: &str, server: Value) -> Value {
    let Run(mode, revision, draws) = run;
    let transport = if server["url"].is_string() { "HTTP" } else { "stdio" };
    let name = format!("{transport}, {check}, {mode}, {}", if *draws { "drawing" } else { "not drawing" });
    let mut order = json!({"name": name, "check": check, "mode": mode, "revision": revision, "draws": draws});
    for (key, value) in server.as_object().expect("an object") {
        order[key] = value.clone();
    }
    order
}

/// Every run has a server of its own, because some demo tools write.
fn over_stdio(runs: &[Run]) -> Vec<Value> {
    let program = [env!("CARGO_BIN_EXE_toolface"), "--dir", root().to_str().expect("a path"), "stdio"];
    runs.iter().map(|run| order(run, "contract", json!({"command": program}))).collect()
}

fn over_http(runs: &[Run]) -> (Vec<Server>, Vec<Value>) {
    let one = |run| {
        let server = Server::start(root());
        let url = format!("http://{}/mcp", server.at);
        (server, order(run, "contract", json!({"url": url})))
    };
    runs.iter().map(one).unzip()
}

/// A tool one of whose arguments travels in a header too, which only revision 2026-07-28 has.
fn with_headers() -> (Server, Value) {
    let server = Server::start(&root().join("tests/conformance/project"));
    let url = format!("http://{}/mcp", server.at);
    (server, order(&Run(MODERN, MODERN, false), "headers", json!({"url": url})))
}

fn meets(client: Command, runs: Vec<Value>) {
    let count = runs.len();
    let order = json!({"examples": root().join("tests/clients/examples.json"), "runs": runs});
    let output = installed::run(client, order.to_string().as_bytes(), PATIENCE);
    assert_eq!(output.code, 0, "\n{}\n{}", output.stdout, output.stderr);
    assert_eq!(output.stdout.matches("ok ").count(), count, "\n{}", output.stdout);
}

#[test]
fn the_python_client_finds_the_contract_over_stdio() {
    let Some(client) = python("client.py") else { return };
    meets(client, over_stdio(&SDK));
}

#[test]
fn the_python_client_finds_the_contract_over_http() {
    let Some(client) = python("client.py") else { return };
    let (_servers, mut runs) = over_http(&SDK);
    let (_server, headers) = with_headers();
    runs.push(headers);
    meets(client, runs);
}

#[test]
fn the_typescript_client_finds_the_contract_over_stdio() {
    let Some(client) = node("client.mjs") else { return };
    meets(client, over_stdio(&SDK));
}

#[test]
fn the_typescript_client_finds_the_contract_over_http() {
    let Some(client) = node("client.mjs") else { return };
    let (_servers, mut runs) = over_http(&SDK);
    let (_server, headers) = with_headers();
    runs.push(headers);
    meets(client, runs);
}

#[test]
fn the_inspector_finds_the_contract_over_stdio() {
    let Some(client) = node("inspector.mjs") else { return };
    meets(client, over_stdio(&INSPECTOR));
}

#[test]
fn the_inspector_finds_the_contract_over_http() {
    let Some(client) = node("inspector.mjs") else { return };
    let (_servers, runs) = over_http(&INSPECTOR);
    meets(client, runs);
}
