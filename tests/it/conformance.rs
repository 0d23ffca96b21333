//! The official conformance suite against the real server, at both revisions.
//!
//! Two projects are judged: the demo, by the scenarios that need nothing in particular of a server, and
//! `tests/conformance/project`, which has the tools, resources and prompts the other scenarios ask for, by all of
//! them. What fixed results cannot do is listed here with the checks that fail for it; any other failure, and any
//! success where a failure is listed, fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::installed::{self, node};
use crate::support::{Server, root};

/// Longest time for the scenarios of one revision.
const PATIENCE: Duration = Duration::from_secs(180);

const SUITE: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";

/// Scenarios that any server must satisfy.
const GENERIC: [(&str, &[&str]); 2] = [
    (
        "2026-07-28",
        &[
            "server-stateless",
            "completion-complete",
            "tools-list",
            "server-sse-multiple-streams",
            "resources-list",
            "sep-2164-resource-not-found",
            "prompts-list",
            "dns-rebinding-protection",
            "caching",
            "input-required-result-unsupported-methods",
            "http-header-validation",
        ],
    ),
    (
        "2025-11-25",
        &[
            "server-initialize",
            "server-session-lifecycle",
            "logging-set-level",
            "ping",
            "completion-complete",
            "tools-list",
            "server-sse-multiple-streams",
            "resources-list",
            "resources-subscribe",
            "resources-unsubscribe",
            "prompts-list",
            "dns-rebinding-protection",
        ],
    ),
];

/// How many scenarios run and succeed with the conformance project, so that none goes missing unseen.
const SUCCEED: [(&str, usize); 2] = [("2026-07-28", 28), ("2025-11-25", 27)];

const ASKS: &str = "a fixed result asks the client nothing";
const STEPS: &str = "a fixed result is sent at once, with nothing before it";
const NEEDS: &str = "a fixed result needs no capability of the client";
const TASKS: &str = "tasks are an extension that this server does not offer";

/// What fixed results cannot do: the scenario, its checks that fail (all that fail, if none is named), and why.
const OUT_OF_REACH: &[(&str, &[&str], &str)] = &[
    (
        "server-stateless",
        &["sep-2575-server-rejects-undeclared-capability", "sep-2575-missing-capability-http-400"],
        NEEDS,
    ),
    ("tools-call-with-progress", &[], STEPS),
    ("tools-call-with-logging", &[], STEPS),
    ("tools-call-sampling", &[], ASKS),
    ("tools-call-elicitation", &[], ASKS),
    ("elicitation-sep1034-defaults", &[], ASKS),
    ("elicitation-sep1330-enums", &[], ASKS),
    ("input-required-result-basic-elicitation", &[], ASKS),
    ("input-required-result-basic-sampling", &[], ASKS),
    ("input-required-result-basic-list-roots", &[], ASKS),
    ("input-required-result-request-state", &[], ASKS),
    ("input-required-result-multiple-input-requests", &[], ASKS),
    ("input-required-result-multi-round", &[], ASKS),
    ("input-required-result-non-tool-request", &[], ASKS),
    ("input-required-result-result-type", &[], ASKS),
    ("input-required-result-tampered-state", &[], ASKS),
    ("input-required-result-capability-check", &[], ASKS),
    ("tasks-lifecycle", &[], TASKS),
    ("tasks-capability-negotiation", &[], TASKS),
    ("tasks-wire-fields", &[], TASKS),
    ("tasks-request-state-removal", &[], TASKS),
    ("tasks-mrtr-input", &[], TASKS),
    ("tasks-request-headers", &[], TASKS),
    ("tasks-dispatch-and-envelope", &[], TASKS),
    ("tasks-required-task-error", &[], TASKS),
    ("tasks-mrtr-composition", &[], TASKS),
];

/// One thing a scenario looked at.
#[derive(Debug)]
struct Check {
    id: String,
    status: String,
    /// The suite could not look, because the server lacks a tool it looks with.
    untestable: bool,
    message: String,
}

/// What each scenario of a revision looked at.
type Results = BTreeMap<String, Vec<Check>>;

/// Runs all scenarios of a revision; `None` if the suite is not installed.
fn results(project: &Path, revision: &str) -> Option<Results> {
    let mut suite = node(SUITE)?;
    let server = Server::start(project);
    let out = TempDir::new().expect("a temporary folder");
    let url = format!("http://{}/mcp", server.at);
    suite.args(["server", "--url", &url, "--requirements", revision, "--output-dir"]).arg(out.path());
    let told = installed::run(suite, b"", PATIENCE);
    let results: Results = fs::read_dir(out.path())
        .expect("results")
        .map(|folder| folder.expect("a folder").path())
        .map(|folder| (scenario(&folder), checks(&folder.join("checks.json"))))
        .collect();
    assert!(results.len() >= 30, "the suite did not run:\n{}\n{}", told.stdout, told.stderr);
    Some(results)
}

/// `server-tools-list-2026-11-23T23-14-20-717Z` → `tools-list`.
fn scenario(folder: &Path) -> String {
    let name = folder.file_name().and_then(|n| n.to_str()).expect("a name");
    let name = name.strip_prefix("server-").expect("a scenario for servers");
    name[..name.len() - "-2026-11-23T23-14-20-717Z".len()].to_owned()
}

fn checks(file: &Path) -> Vec<Check> {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let checks: Vec<Value> = serde_json::from_str(&text).expect("a list of checks");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let check = |check: &Value| Check {
        id: text(&check["id"]),
        status: text(&check["status"]),
        untestable: check["details"]["untestable"] == true,
        message: text(&check["errorMessage"]),
    };
    checks.iter().map(check).collect()
}

#[test]
fn the_demo_satisfies_every_generic_scenario() {
    let mut satisfied = 0;
    for (revision, scenarios) in GENERIC {
        let Some(results) = results(root(), revision) else { return };
        for scenario in scenarios {
            let checks =
                results.get(*scenario).unwrap_or_else(|| panic!("{revision}: {scenario} did not run"));
            let failed: Vec<&Check> =
                checks.iter().filter(|c| c.status == "FAILURE" && !c.untestable).collect();
            assert!(failed.is_empty(), "{revision}, {scenario}: {failed:#?}");
            assert!(checks.iter().any(|c| c.status == "SUCCESS"), "{revision}, {scenario}: {checks:#?}");
            satisfied += 1;
        }
    }
    assert_eq!(satisfied, 23);
}

#[test]
fn fixed_results_satisfy_every_scenario_they_can() {
    for (revision, succeed) in SUCCEED {
        let Some(results) = results(&root().join("tests/conformance/project"), revision) else { return };
        let mut succeeded = 0;
        for (scenario, checks) in &results {
            let failed: BTreeSet<&str> =
                checks.iter().filter(|c| c.status == "FAILURE").map(|c| c.id.as_str()).collect();
            match OUT_OF_REACH.iter().find(|(name, ..)| name == scenario) {
                Some((_, expected, why)) => {
                    assert!(
                        !failed.is_empty(),
                        "{revision}: {scenario} succeeds, though {why}; take it off the list"
                    );
                    let expected = expected.iter().copied().collect::<BTreeSet<_>>();
                    assert!(expected.is_empty() || failed == expected, "{revision}, {scenario}: {checks:#?}");
                }
                None => assert!(failed.is_empty(), "{revision}, {scenario}: {checks:#?}"),
            }
            succeeded += usize::from(failed.is_empty() && checks.iter().any(|c| c.status == "SUCCESS"));
        }
        assert_eq!(succeeded, succeed, "{revision}: {:#?}", results.keys());
    }
}
