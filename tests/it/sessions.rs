//! Upstreams in sessions over HTTP: what comes on the stream of an answer, streams that are cut, and sessions that end.
#![cfg(unix)]

use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dialogue::{Client, Events, all, clients, plain, stream};
use crate::gateway::{Foreign, ask, binding, bound, free_port, listed, refusal, title, until};
use crate::installed::python3;
use crate::support::{Project, Server, fixtures, request};

/// An upstream that knows sessions alone, and a project with it.
fn upstream(tools: &[&str]) -> Option<(Foreign, SocketAddr, Project)> {
    let (mut command, port) = (Command::new(python3()?), free_port());
    command.arg(fixtures("upstreams/session.py")).arg(port.to_string());
    let foreign = Foreign::start(command, port);
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    Some((foreign, at, bound(&format!("url = 'http://{at}/mcp'\nexpose = 'all'"), tools)))
}

#[test]
fn a_question_on_the_stream_of_a_call_is_for_its_client_also_among_several() {
    let Some((_foreign, _, project)) = upstream(&["who", "two"]) else { return };
    let server = Server::start(project.path());
    thread::scope(|scope| {
        // They are all under way at once, and one of them cannot be asked.
        let deaf = scope.spawn(|| title(&ask(&server, "who", json!({}))).to_owned());
        let asked: Vec<_> = clients(&project, &server)
            .into_iter()
            .map(|(name, mut client)| {
                scope.spawn(move || {
                    for (tool, words, questions) in
                        [("who", "Hello, Ada", 1), ("two", "Ada and Ada", 2), ("up_slow", "slow", 0)]
                    {
                        let (result, asked) = client.call(tool);
                        let told = if tool == "up_slow" { plain(&result) } else { title(&result) };
                        assert_eq!((told, asked), (words, questions), "{name}");
                    }
                })
            })
            .collect();
        for one in asked {
            one.join().expect("an answer");
        }
        let deaf = deaf.join().expect("an answer");
        assert_eq!(deaf, "Hello, nobody (the client cannot be asked for input (elicitation))");
    });
}

#[test]
fn what_else_comes_on_the_stream_of_a_call_is_heard() {
    let Some((_foreign, _, project)) = upstream(&["who", "ping", "news", "burst"]) else { return };
    let server = Server::start(project.path());
    assert_eq!(title(&ask(&server, "ping", json!({}))), "{} `shell/run` is not known here");
    assert_eq!(listed(&server, "who")["description"], "Does it.");
    assert_eq!(title(&ask(&server, "news", json!({}))), "told");
    until("the news is not heard", || listed(&server, "who")["description"] == "Does it in another way.");

    let session = server.session("2025-11-25", false);
    let call = json!({"name": "burst", "arguments": {}, "_meta": {"progressToken": "mine"}});
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call});
    let mut events = Events::of(&session, &message);
    assert_eq!(events.steps(), (1..=200).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn a_stream_that_is_cut_is_gone_on_with_and_no_call_is_made_twice() {
    let Some((_foreign, at, project)) = upstream(&["cut", "lost", "hollow", "calls", "session"]) else {
        return;
    };
    let server = Server::start(project.path());
    let start = Instant::now();
    assert_eq!(title(&ask(&server, "cut", json!({}))), "gone on");
    for (tool, words) in [("lost", "cannot be reached"), ("hollow", "is no JSON-RPC response")] {
        let result = ask(&server, tool, json!({}));
        assert!(refusal(&result).contains(words), "{tool}: {result:#}");
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(title(&ask(&server, "calls", json!({}))), "cut lost hollow calls");

    // A session that the upstream does not know any more is begun anew, and the call made in it.
    let first = title(&ask(&server, "session", json!({}))).to_owned();
    assert_eq!(title(&ask(&server, "session", json!({}))), first);
    assert_eq!(request(at, "POST", "/forget", &[], b"").status, 204);
    let second = title(&ask(&server, "session", json!({}))).to_owned();
    assert_ne!(second, first);
    assert_eq!(title(&ask(&server, "session", json!({}))), second);
}

#[test]
fn a_call_that_is_given_up_is_cancelled_in_its_session() {
    let Some((_foreign, _, project)) = upstream(&["given_up", "who"]) else { return };
    project.write("tools/slow.toml", binding("slow", "timeout_ms = 400\n"));
    let server = Server::start(project.path());
    assert_eq!(title(&ask(&server, "given_up", json!({}))), "0");
    let result = ask(&server, "slow", json!({}));
    assert!(refusal(&result).contains("in time") || refusal(&result).contains("longer"), "{result:#}");
    until("it is not cancelled there", || title(&ask(&server, "given_up", json!({}))) == "1");
    // It stands in nobody's way.
    let session = server.session_with("2025-11-25", all());
    assert_eq!(title(&Client::LegacyHttp(session).call("who").0), "Hello, Ada");
    // Nor does a question whose client goes away.
    let session = server.session_with("2025-11-25", all());
    let params = json!({"name": "who", "arguments": {}});
    let left = thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let mut leave = |_: &Value| panic!("goes away");
            stream(&session, "tools/call", &params, &mut leave)
        });
        asked.join().is_err()
    });
    assert!(left, "it was not asked");
    let session = server.session_with("2025-11-25", all());
    assert_eq!(title(&Client::LegacyHttp(session).call("who").0), "Hello, Ada");
}

#[test]
fn a_call_ends_when_its_upstream_has_answered_or_gone_also_with_a_question_open() {
    let Some((_foreign, _, project)) = upstream(&["impatient", "leaves", "later", "who"]) else { return };
    let server = Server::start(project.path());
    for (tool, words) in [("impatient", "without you"), ("leaves", "cannot be reached"), ("later", "gone on")]
    {
        let session = server.session_with("2025-11-25", all());
        let start = Instant::now();
        let params = json!({"name": tool, "arguments": {}});
        // The person does not answer.
        let (answered, asked) = stream(&session, "tools/call", &params, &mut |_| {});
        assert!(answered["result"]["content"].to_string().contains(words), "{tool}: {answered:#}");
        assert!(asked <= 1 && start.elapsed() < Duration::from_secs(5), "{tool}: {:?}", start.elapsed());
    }
    let session = server.session_with("2025-11-25", all());
    assert_eq!(title(&Client::LegacyHttp(session).call("who").0), "Hello, Ada");
}

#[test]
fn a_stream_may_be_long_but_no_event_in_it() {
    let Some((_foreign, _, project)) = upstream(&["chatty", "endless"]) else { return };
    let server = Server::start(project.path());
    assert_eq!(title(&ask(&server, "chatty", json!({}))), "said much");
    let result = ask(&server, "endless", json!({}));
    assert!(refusal(&result).contains("more than 16 MB"), "{result:#}");
}
