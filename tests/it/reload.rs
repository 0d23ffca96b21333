//! Edits while a project is served: what takes effect and when, what clients are told, and what goes on as it was.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{PATIENCE, Project, Server, Session, StdioClient, Upstream, modern_meta, widget};

/// What an edit may take.
const SOON: Duration = Duration::from_millis(500);

const SERVER: &str =
    "[server]\nname = \"test\"\n\n[connections.shop]\nkind = \"sqlite\"\ninit = \"data/shop.sql\"\n";
const RESOURCE: &str = "[[resources]]\nuri = \"docs://about\"\nname = \"about\"\nfile = \"data/about.txt\"\nmime_type = \"text/plain\"\n";
const PROMPT: &str = "[prompts.hello]\ndescription = \"Says hello\"\n[[prompts.hello.messages]]\nrole = \"user\"\ntext = \"Hello\"\n";

fn greet(title: &str) -> String {
    format!("description = 'Greets.'\nwidget = 'card'\n[source.data]\ntitle = '{title}'\n")
}

fn card(before: &str) -> String {
    let template =
        format!(r#"{{"type":"Card","children":[{{"type":"Text","value":"{before} {{{{ title }}}}"}}]}}"#);
    widget(&template, &json!({"type": "object", "properties": {"title": {"type": "string"}}}))
}

/// A tool of each kind of source, and a file of each kind.
fn project() -> Project {
    let widgets = "[widgets.card]\nid = \"wig_1\"\n";
    Project::empty()
        .file("toolface.toml", format!("{SERVER}{widgets}{RESOURCE}{PROMPT}"))
        .file("widgets/card.widget", card("Title:"))
        .file("tools/greet.toml", greet("one"))
        .file("tools/read.toml", "description = 'Reads.'\nwidget = 'card'\n[source]\nfile = 'data/fixed.json'\n")
        .file(
            "tools/find.toml",
            "description = 'Finds.'\nwidget = 'card'\n[source]\nconnection = 'shop'\nreturns = 'one'\nsql = 'select max(title) as title from item'\n",
        )
        .file(
            "tools/add.toml",
            "description = 'Adds.'\nwidget = 'card'\n[input.title]\ntype = 'string'\n[source]\nconnection = 'shop'\nwrites = true\nreturns = 'one'\nsql = 'insert into item values (:title) returning title'\n",
        )
        .file("data/fixed.json", r#"{"title": "one"}"#)
        .file("data/about.txt", "one")
        .file("data/shop.sql", "create table item (title text); insert into item values ('one');")
}

/// Serves with a log of what is not a call.
fn served_at(dir: &Path) -> Server {
    Server::start_with(dir, &["--log", "warn,toolface=info,toolface::call=warn"])
}

fn served(project: &Project) -> Server {
    served_at(project.path())
}

/// Waits until it holds; how long that took.
fn until(what: &str, server: &Server, holds: impl Fn() -> bool) -> Duration {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what} never came; log:\n{}", server.log.text());
        thread::sleep(Duration::from_millis(5));
    }
    start.elapsed()
}

fn title(server: &Server, tool: &str) -> Value {
    let answer = server.modern("tools/call", json!({"name": tool, "arguments": {}}));
    answer["result"]["structuredContent"]["data"]["title"].clone()
}

fn ready(server: &Server) -> Value {
    let answer = server.get("/readyz");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[test]
fn an_edit_of_any_file_takes_effect_within_half_a_second() {
    let project = project();
    let server = served(&project);
    ready(&server);
    type Content = fn(&str) -> String;
    type Shown = fn(&Server) -> String;
    let tree = |server: &Server| server.call("greet", json!({}))["_meta"].to_string();
    let about = |server: &Server| server.modern("resources/read", json!({"uri": "docs://about"})).to_string();
    let discover = |server: &Server| server.modern("server/discover", json!({})).to_string();
    let kinds: [(&str, Content, Shown); 6] = [
        ("tools/greet.toml", greet, |server| title(server, "greet").to_string()),
        ("widgets/card.widget", card, tree),
        (
            "data/fixed.json",
            |text| json!({"title": text}).to_string(),
            |server| title(server, "read").to_string(),
        ),
        (
            "data/shop.sql",
            |text| format!("create table item (title text); insert into item values ('{text}');"),
            |server| title(server, "find").to_string(),
        ),
        ("data/about.txt", str::to_owned, about),
        (
            "toolface.toml",
            |text| {
                format!("{SERVER}{RESOURCE}{PROMPT}[widgets.card]\nid = \"wig_1\"\n").replacen(
                    "name",
                    &format!("title = \"{text}\"\nname"),
                    1,
                )
            },
            discover,
        ),
    ];
    for (file, content, shown) in kinds {
        // Other tests run beside this one: one edit in three must be as quick as all should be.
        let times = ["first", "second", "third"].map(|text| {
            project.write(file, content(text));
            until(&format!("{file}: {text}"), &server, || shown(&server).contains(text))
        });
        let best = times.iter().min().expect("three");
        assert!(*best < SOON, "{file}: {times:?}\n{}", server.log.text());
    }
}

#[test]
fn files_come_and_go_in_every_way_editors_and_deployments_know() {
    let project = project();
    let server = served(&project);
    let at = |path: &str| project.path().join(path);
    let shows = |text: &str| until(text, &server, || title(&server, "greet") == text);
    // Written beside and put in its place.
    project.write("tools/.greet.toml.swp", greet("renamed"));
    std::fs::rename(at("tools/.greet.toml.swp"), at("tools/greet.toml")).expect("renamed");
    shows("renamed");
    // The old one kept under another name.
    std::fs::rename(at("tools/greet.toml"), at("tools/greet.toml~")).expect("renamed");
    project.write("tools/greet.toml", greet("kept"));
    shows("kept");
    // Emptied and written in pieces.
    for piece in ["", "description = 'Gr", &greet("pieces")] {
        std::fs::write(at("tools/greet.toml"), piece).expect("written");
        thread::sleep(Duration::from_millis(10));
    }
    shows("pieces");
    // A tool that is new, and one that goes.
    let names = || {
        let listed = server.modern("tools/list", json!({}));
        listed["result"]["tools"]
            .as_array()
            .expect("tools")
            .iter()
            .map(|t| t["name"].to_string())
            .collect::<String>()
    };
    project.write("tools/more.toml", greet("more"));
    until("more", &server, || names().contains("more"));
    std::fs::remove_file(at("tools/more.toml")).expect("removed");
    until("no more", &server, || !names().contains("more"));
    // The whole folder.
    std::fs::rename(at("tools"), at("aside")).expect("renamed");
    until("no tools", &server, || !names().contains("greet"));
    std::fs::rename(at("aside"), at("tools")).expect("renamed");
    shows("pieces");
    project.write("tools/greet.toml", greet("back"));
    shows("back");
    std::fs::rename(at("data"), at("aside")).expect("renamed");
    until("refused", &server, || ready(&server)["reload"]["ok"] == false);
    project.write("data/about.txt", "two");
    project.write("data/shop.sql", "create table item (title text);");
    project.write("data/fixed.json", r#"{"title": "new folder"}"#);
    until("new folder", &server, || title(&server, "read") == "new folder");
}

#[cfg(unix)]
#[test]
fn links_are_followed() {
    use std::os::unix::fs::symlink;
    let elsewhere =
        Project::empty().file("v1/greet.toml", greet("linked")).file("v2/greet.toml", greet("swapped"));
    let project = project();
    std::fs::remove_file(project.path().join("tools/greet.toml")).expect("removed");
    symlink(elsewhere.path().join("v1"), elsewhere.path().join("now")).expect("a link");
    symlink(elsewhere.path().join("now/greet.toml"), project.path().join("tools/greet.toml"))
        .expect("a link");
    let whole = Project::empty();
    symlink(project.path(), whole.path().join("here")).expect("a link");
    let server = served_at(&whole.path().join("here"));
    let shows = |text: &str| until(text, &server, || title(&server, "greet") == text);
    shows("linked");
    elsewhere.write("v1/greet.toml", greet("through the link"));
    shows("through the link");
    symlink(elsewhere.path().join("v2"), elsewhere.path().join("next")).expect("a link");
    std::fs::rename(elsewhere.path().join("next"), elsewhere.path().join("now")).expect("renamed");
    shows("swapped");
    // The project itself is another one from now on.
    let other = self::project().file("tools/greet.toml", greet("other project"));
    symlink(other.path(), whole.path().join("next")).expect("a link");
    std::fs::rename(whole.path().join("next"), whole.path().join("here")).expect("renamed");
    shows("other project");
    other.write("tools/greet.toml", greet("edited there"));
    shows("edited there");
}

#[test]
fn a_bad_edit_is_told_and_what_was_good_goes_on() {
    let project = project();
    let server = served(&project);
    let read = ready(&server);
    assert_eq!(read["reload"], json!({"ok": true}));
    let bad = greet("two").replace("'card'", "'crad'");
    project.write("tools/greet.toml", &bad);
    until("refused", &server, || ready(&server)["reload"]["ok"] == false);
    let told = ready(&server);
    assert_eq!(told["reload"]["faults"], json!(["tools/greet.toml:2:10: there is no widget `crad`"]));
    assert_eq!((&told["ready"], &told["tools"]), (&json!(true), &json!(4)));
    assert!(told["read"].as_str() > read["read"].as_str(), "{told}");
    assert_eq!(title(&server, "greet"), "one");
    server.log.wait_for("not taken");
    server.log.wait_for("did you mean `card`?");
    // The same fault is not told again; another edit is refused too as long as it is there.
    project.write(
        "tools/read.toml",
        "description = 'Reads.'\nwidget = 'card'\n[source.data]\ntitle = 'later'\n",
    );
    thread::sleep(Duration::from_millis(400));
    assert_eq!(title(&server, "read"), "one");
    assert_eq!(server.log.text().matches("not taken").count(), 1, "{}", server.log.text());
    project.write("tools/greet.toml", greet("two"));
    until("mended", &server, || title(&server, "greet") == "two");
    assert_eq!(title(&server, "read"), "later");
    assert_eq!(ready(&server)["reload"], json!({"ok": true}));
    // Nothing at all may be left of a project, and it comes back.
    let file = std::fs::read(project.path().join("toolface.toml")).expect("read");
    std::fs::remove_file(project.path().join("toolface.toml")).expect("removed");
    until("gone", &server, || ready(&server)["reload"]["ok"] == false);
    assert_eq!(title(&server, "greet"), "two");
    project.write("toolface.toml", file);
    until("back", &server, || ready(&server)["reload"]["ok"] == true);
    server.log.wait_for("as it was before the faults");
}

#[test]
fn a_database_in_memory_keeps_its_data_through_edits_that_are_not_about_it() {
    let project = project();
    let server = served(&project);
    server.call("add", json!({"title": "zwei"}));
    for (n, text) in ["a", "b", "c"].iter().enumerate() {
        project.write("tools/greet.toml", greet(text));
        project.write("widgets/card.widget", card(text));
        project.write("tools/find.toml", format!("description = 'Finds {n}.'\nwidget = 'card'\n[source]\nconnection = 'shop'\nreturns = 'one'\nsql = 'select max(title) as title from item'\n"));
        let settings = std::fs::read_to_string(project.path().join("toolface.toml")).expect("read");
        project.write("toolface.toml", format!("{settings}\n[routes.r{n}]\ntools = ['find']\n"));
        until("an edit", &server, || title(&server, "greet") == *text);
        assert_eq!(title(&server, "find"), "zwei");
    }
    project.write("data/shop.sql", "create table item (title text); insert into item values ('anew');");
    until("the new script", &server, || title(&server, "find") == "anew");
}

#[test]
fn a_running_call_ends_as_it_began() {
    let upstream = Upstream::slow(Duration::from_millis(1500));
    let tool = |select: &str| {
        format!(
            "description = 'Asks.'\nwidget = 'card'\n[source]\nconnection = 'api'\npath = '/'\n[data]\nselect = '{{title: \"{select}\"}}'\n"
        )
    };
    let project = Project::empty()
        .file(
            "toolface.toml",
            format!(
                "[connections.api]\nkind = 'http'\nurl = 'http://{}'\n[widgets.card]\nid = 'wig_1'\n",
                upstream.at
            ),
        )
        .file("widgets/card.widget", card("Title:"))
        .file("tools/ask.toml", tool("old"));
    let server = Arc::new(served(&project));
    let asking = {
        let server = server.clone();
        thread::spawn(move || title(&server, "ask"))
    };
    upstream.wait_for(1);
    project.write("tools/ask.toml", tool("new"));
    server.log.wait_for("reloaded in");
    assert_eq!(upstream.seen().len(), 1);
    assert!(!asking.is_finished(), "the call ended before the edit was there");
    assert_eq!(asking.join().expect("an answer"), "old");
    assert_eq!(title(&server, "ask"), "new");
}

/// What a client is told, besides answers.
struct Told(Receiver<Value>);

impl Told {
    /// Sends a request and hears what comes on its stream.
    fn by(server: &Server, request: &str) -> Self {
        let mut stream = server.connect();
        stream.set_read_timeout(None).expect("no timeout");
        stream.write_all(request.as_bytes()).expect("sent");
        let (sender, heard) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let message =
                    line.strip_prefix("data:").and_then(|data| serde_json::from_str(data.trim()).ok());
                if message.is_some_and(|message| sender.send(message).is_err()) {
                    return;
                }
            }
        });
        Self(heard)
    }

    fn unasked(session: &Session<'_>, server: &Server) -> Self {
        Self::by(server, &session.listening())
    }

    /// A subscription of 2026-07-28 to everything, acknowledged.
    fn subscribed(server: &Server, path: &str) -> Self {
        let body = subscription().to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: subscriptions/listen\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let told = Self::by(server, &request);
        assert_eq!(told.next(), "notifications/subscriptions/acknowledged");
        told
    }

    /// The method of the next message, and of which resource it is.
    fn next(&self) -> String {
        name(&self.0.recv_timeout(PATIENCE).expect("a message"))
    }
}

fn subscription() -> Value {
    json!({"jsonrpc": "2.0", "id": "s", "method": "subscriptions/listen", "params": {
        "_meta": modern_meta(false),
        "notifications": {
            "toolsListChanged": true, "resourcesListChanged": true, "promptsListChanged": true,
            "resourceSubscriptions": ["docs://about"],
        },
    }})
}

fn name(message: &Value) -> String {
    let method = message["method"].as_str().unwrap_or_default();
    match message["params"]["uri"].as_str() {
        Some(uri) => format!("{method} {uri}"),
        None => method.to_owned(),
    }
}

/// Edits, and of what clients of the whole project are told then.
fn edits() -> Vec<(&'static str, Vec<&'static str>)> {
    const TOOLS: &str = "notifications/tools/list_changed";
    const RESOURCES: &str = "notifications/resources/list_changed";
    const PROMPTS: &str = "notifications/prompts/list_changed";
    const UPDATED: &str = "notifications/resources/updated docs://about";
    vec![
        ("a description", vec![TOOLS]),
        ("the data of a tool", vec![]),
        ("a touch", vec![]),
        ("a resource", vec![RESOURCES]),
        ("a prompt", vec![PROMPTS]),
        ("what a resource holds", vec![UPDATED]),
        ("a fault", vec![]),
        // The page of a widget names the tools that answer in it.
        ("a tool and a prompt", vec![TOOLS, RESOURCES, PROMPTS]),
    ]
}

fn edit(project: &Project, what: &str) {
    let settings = || std::fs::read_to_string(project.path().join("toolface.toml")).expect("read");
    let more_prompts = |name: &str| PROMPT.replace("hello", name);
    match what {
        "a description" => project.write("tools/greet.toml", greet("one").replace("Greets", "Says hello")),
        "the data of a tool" => project.write("data/fixed.json", r#"{"title": "other"}"#),
        "a touch" => {
            let file = project.path().join("tools/greet.toml");
            project.write("tools/greet.toml", std::fs::read(&file).expect("read"));
        }
        "a resource" => {
            let more = RESOURCE.replace("docs://about", "docs://more");
            project.write("toolface.toml", format!("{}{more}", settings()));
        }
        "a prompt" => project.write("toolface.toml", format!("{}{}", settings(), more_prompts("more"))),
        "what a resource holds" => project.write("data/about.txt", "two"),
        "a fault" => project.write("tools/more.toml", "what = 'is this'\n"),
        "a tool and a prompt" => {
            project.write("tools/more.toml", greet("more"));
            project.write("toolface.toml", format!("{}{}", settings(), more_prompts("both")));
        }
        other => panic!("no edit {other}"),
    }
}

/// Makes all edits; after each, everyone hears what is expected and nothing else.
fn hear(project: &Project, server: &Server, everyone: &[(&str, Told)]) {
    let tries = || ready(server)["read"].clone();
    for (what, expected) in edits() {
        let before = tries();
        edit(project, what);
        for (who, told) in everyone {
            for expected in &expected {
                assert_eq!(told.next(), *expected, "{who}: {what}\n{}", server.log.text());
            }
        }
        if what != "a touch" {
            until(what, server, || tries() != before);
        }
        thread::sleep(Duration::from_millis(if expected.is_empty() { 400 } else { 50 }));
        for (who, told) in everyone {
            let more: Vec<String> = told.0.try_iter().map(|message| name(&message)).collect();
            assert!(more.is_empty(), "{who}: {what}: {more:?}");
        }
    }
}

#[test]
fn clients_over_http_hear_of_exactly_what_changed() {
    let project = project();
    let server = served(&project);
    let old = server.session("2025-06-18", false);
    let session = server.session("2025-11-25", true);
    for session in [&old, &session] {
        session.request("resources/subscribe", json!({"uri": "docs://about"}));
    }
    let everyone = [
        ("2025-06-18", Told::unasked(&old, &server)),
        ("2025-11-25", Told::unasked(&session, &server)),
        ("2026-07-28", Told::subscribed(&server, "/mcp")),
    ];
    hear(&project, &server, &everyone);
}

#[test]
fn a_route_hears_of_its_own_tools_alone() {
    let project = project();
    let server = served(&project);
    let session = server.session_at("/mcp/greet", "2025-11-25", false);
    let everyone = [Told::unasked(&session, &server), Told::subscribed(&server, "/mcp/greet")];
    let edits = [
        (
            "tools/find.toml",
            "description = 'Finds more.'\nwidget = 'card'\n[source.data]\ntitle = 'x'\n".to_owned(),
        ),
        ("tools/greet.toml", greet("one").replace("Greets", "Says hello")),
    ];
    project.write(edits[0].0, &edits[0].1);
    server.log.wait_for("tools/find.toml");
    project.write(edits[1].0, &edits[1].1);
    server.log.wait_for("tools/greet.toml");
    thread::sleep(Duration::from_millis(200));
    for told in &everyone {
        let heard: Vec<String> = told.0.try_iter().map(|message| name(&message)).collect();
        assert_eq!(heard, ["notifications/tools/list_changed"]);
    }
    // A new tool is a new route; one that goes is none any more.
    project.write("tools/more.toml", greet("more"));
    let listed = || server.modern_at("/mcp/more", false, "tools/list", json!({})).to_string();
    until("a new route", &server, || listed().contains("Greets."));
    std::fs::remove_file(project.path().join("tools/more.toml")).expect("removed");
    until("a route less", &server, || listed().contains("there is no route `more`"));
}

#[test]
fn clients_over_stdio_hear_of_exactly_what_changed() {
    for revision in ["2025-11-25", "2026-07-28"] {
        let project = project();
        let modern = revision == "2026-07-28";
        let mut client = match modern {
            true => StdioClient::start(project.path()),
            false => StdioClient::initialized(project.path(), revision, false),
        };
        if modern {
            client.send(&subscription());
            assert_eq!(name(&client.receive()), "notifications/subscriptions/acknowledged");
        } else {
            client.request("resources/subscribe", json!({"uri": "docs://about"}));
        }
        for (what, expected) in edits() {
            let lines = client.log.text().lines().count();
            edit(&project, what);
            for expected in &expected {
                assert_eq!(name(&client.receive()), *expected, "{revision}: {what}");
            }
            let quiet = Duration::from_millis(if expected.is_empty() { 400 } else { 50 });
            assert!(client.is_silent_for(quiet), "{revision}: {what}");
            assert!(what == "a touch" || client.log.text().lines().count() > lines, "{revision}: {what}");
        }
        let listed = match modern {
            true => client.modern(false, "tools/list", json!({})),
            false => client.request("tools/list", json!({})),
        };
        assert!(listed.to_string().contains("Says hello"), "{listed}");
        client.leave();
        assert_eq!(client.end(), 0);
    }
}

#[test]
fn what_only_a_start_can_change_is_told() {
    let project = project();
    let server = served(&project);
    let settings = std::fs::read_to_string(project.path().join("toolface.toml")).expect("read");
    project.write(
        "toolface.toml",
        format!("{settings}[limits]\nconcurrent_calls = 3\n[http]\nlisten = \"127.0.0.1:1\"\n"),
    );
    server.log.wait_for("[limits] concurrent_calls takes effect at the next start");
    server.log.wait_for("[http] listen takes effect at the next start");
    assert_eq!(title(&server, "greet"), "one");
}

#[test]
fn files_can_be_looked_at_or_left_alone() {
    let project = project();
    let polling = Server::start_with(project.path(), &["--watch", "poll"]);
    let still = Server::start_with(project.path(), &["--watch", "off"]);
    project.write("tools/greet.toml", greet("two"));
    until("polled", &polling, || title(&polling, "greet") == "two");
    thread::sleep(Duration::from_millis(300));
    assert_eq!(title(&still, "greet"), "one");
}

/// Resident memory in kB, and open descriptors.
#[cfg(target_os = "linux")]
fn spent(pid: u32) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    let kilobytes = line.trim().trim_end_matches(" kB").parse().expect("a number");
    (kilobytes, std::fs::read_dir(format!("/proc/{pid}/fd")).expect("descriptors").count())
}

/// The n-th of many edits: one file as it comes, and one put in its place.
fn write_edit(project: &Project, n: usize) {
    match n % 4 {
        0 => project.write("widgets/card.widget", card(&format!("Edit {n}:"))),
        1 => project.write("data/fixed.json", json!({"title": format!("edit {n}")}).to_string()),
        2 => project.write("data/about.txt", format!("edit {n}")),
        _ => project.write("tools/more.toml", greet(&format!("edit {n}"))),
    }
    let greet = greet(&format!("edit {n}")).replace("Greets", &format!("Greets {n}"));
    project.write("tools/.greet", greet);
    let tools = project.path().join("tools");
    std::fs::rename(tools.join(".greet"), tools.join("greet.toml")).expect("renamed");
}

/// `TOOLFACE_TEST_EDITS=1000` makes it longer, and `--nocapture` shows what was spent.
#[cfg(target_os = "linux")]
#[allow(clippy::print_stdout, reason = "figures for those who ask")]
#[test]
fn many_edits_under_load_fail_no_call_and_leave_nothing_behind() {
    let edits = std::env::var("TOOLFACE_TEST_EDITS").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    let project = project();
    let server = served(&project);
    let session = server.session("2025-11-25", false);
    // One that listens, and one that never reads what it is told.
    let told = Told::unasked(&session, &server);
    let silent = server.session("2025-11-25", false);
    let mut unread = server.connect();
    unread.write_all(silent.listening().as_bytes()).expect("sent");
    let (stop, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    let run = |edits: std::ops::Range<usize>| {
        for n in edits.clone() {
            write_edit(&project, n);
            // Now one by one, now in bursts.
            if n % 10 == 0 {
                let expected = format!("edit {n}");
                until(&expected, &server, || title(&server, "greet") == *expected);
            } else {
                thread::sleep(Duration::from_millis(20));
            }
        }
        let last = format!("edit {}", edits.end - 1);
        until(&last, &server, || title(&server, "greet") == *last);
    };
    let (before, after) = thread::scope(|scope| {
        for tool in ["greet", "read", "find", "greet"] {
            let (server, stop, calls) = (&server, &stop, &calls);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let result = server.call(tool, json!({}));
                    assert_eq!(result["isError"], false, "{result}");
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        run(0..edits / 3);
        let before = spent(server.pid());
        run(edits / 3..edits);
        let after = spent(server.pid());
        stop.store(true, Ordering::Relaxed);
        (before, after)
    });
    let reloads = server.log.text().matches("reloaded in").count();
    println!(
        "{edits} edits, {reloads} reloads, {} calls; kB and descriptors {before:?} → {after:?}",
        calls.load(Ordering::Relaxed)
    );
    assert_eq!(ready(&server)["reload"], json!({"ok": true}));
    assert!(after.0 < before.0 + 20_000, "memory: {before:?} → {after:?}");
    assert!(after.1 < before.1 + 12, "descriptors: {before:?} → {after:?}");
    assert!(told.0.try_iter().count() > 5, "the one who listens was told");
}

#[allow(clippy::print_stdout, reason = "figures for those who ask")]
#[test]
fn one_file_among_a_thousand_tools_is_soon_read() {
    let project = project();
    for n in 0..1000 {
        let tool = greet(&format!("tool {n}")).replace(
            "[source",
            "[input.id]\ntype = 'string'\npattern = '^[0-9]+$'\n[data]\nselect = '{title}'\n[source",
        );
        project.write(&format!("tools/t{n}.toml"), tool);
    }
    let server = served(&project);
    let mut times = Vec::new();
    for n in 0..5 {
        project.write("tools/greet.toml", greet(&format!("edit {n}")));
        until("an edit", &server, || title(&server, "greet") == format!("edit {n}"));
    }
    let log = server.log.text();
    for line in log.lines().filter(|line| line.contains("tools/greet.toml")) {
        let ms = line.split("reloaded in ").nth(1).and_then(|rest| rest.split(' ').next());
        times.push(ms.and_then(|ms| ms.parse::<u64>().ok()).expect("milliseconds"));
    }
    println!("1000 tools: {times:?} ms");
    // Without optimisation, and with other tests beside it.
    assert!(times.iter().min().is_some_and(|best| *best < 400), "{times:?}");
}
