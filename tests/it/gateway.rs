//! Tools of other MCP servers in widgets: what is taken over from them, and that none of their bad days becomes ours.
#![cfg(unix)]

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::installed::{node, python, python3};
use crate::support::{
    Output, PATIENCE, Project, Server, StdioClient, finish, finish_within, fixtures, toolface, widget,
};

/// A server from the fixtures as a command line of a connection.
pub fn line(script: &str, more: &[&str]) -> Option<String> {
    let program = python3()?;
    let script = fixtures("upstreams").join(script);
    let mut all = vec![program.display().to_string(), script.display().to_string()];
    all.extend(more.iter().map(|part| (*part).to_owned()));
    Some(serde_json::to_string(&all).expect("JSON"))
}

/// A project with a connection `up`, and a tool of each of these names that calls the tool of the same name there.
pub fn bound(connection: &str, tools: &[&str]) -> Project {
    let settings = format!("[server]\nname = 'test'\n[connections.up]\nkind = 'mcp'\n{connection}\n");
    let mut project = Project::new().file("toolface.toml", settings).file("widgets/card.widget", card());
    for tool in tools {
        project = project.file(&format!("tools/{tool}.toml"), binding(tool, ""));
    }
    project
}

pub fn card() -> String {
    widget(
        r#"{"type":"Card","children":[{"type":"Text","value":{{ (title) | tojson }}}]}"#,
        &json!({"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}),
    )
}

pub fn binding(tool: &str, more: &str) -> String {
    format!("widget = 'card'\nwidget_id = 'wig_1'\nsource = {{ connection = 'up', call = '{tool}' }}\n{more}")
}

fn upstream(tools: &[&str]) -> Option<Project> {
    Some(bound(&format!("command = {}", line("upstream.py", &[])?), tools))
}

pub fn command(project: &Project, args: &[&str]) -> Output {
    let mut command = toolface(project.path());
    command.args(args);
    command.stdin(Stdio::null());
    finish_within(command, Duration::from_secs(60))
}

fn call(project: &Project, tool: &str, arguments: &Value) -> Value {
    command(project, &["call", tool, "--args", &arguments.to_string(), "--as", "full"]).json()
}

pub fn ask(server: &Server, tool: &str, arguments: Value) -> Value {
    server.modern("tools/call", json!({"name": tool, "arguments": arguments}))["result"].clone()
}

pub fn title(result: &Value) -> &str {
    assert!(result["isError"] != true, "{result:#}");
    result["structuredContent"]["data"]["title"].as_str().unwrap_or_else(|| panic!("no title: {result:#}"))
}

pub fn refusal(result: &Value) -> &str {
    assert_eq!(result["isError"], true, "{result:#}");
    result["content"][0]["text"].as_str().expect("words")
}

pub fn listed(server: &Server, tool: &str) -> Value {
    let all = server.modern("tools/list", json!({}))["result"]["tools"].clone();
    let found = all.as_array().and_then(|all| all.iter().find(|one| one["name"] == tool).cloned());
    found.unwrap_or_else(|| panic!("no {tool} in {all:#}"))
}

/// Processes whose command line holds `mark`.
fn alive(mark: &str) -> usize {
    let all = std::fs::read_dir("/proc").expect("/proc").flatten();
    all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .filter(|line| String::from_utf8_lossy(line).contains(mark))
        .count()
}

pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A server of others over HTTP, ended when dropped.
pub struct Foreign(Child, u16);

impl Foreign {
    pub fn start(mut command: Command, port: u16) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let foreign = Self(child.expect("a program"), port);
        until("it does not listen", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        foreign
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}

#[test]
fn a_bound_tool_takes_over_what_its_file_leaves_open_and_answers_in_its_widget() {
    let Some(project) = upstream(&["hello", "json"]) else { return };
    project.write(
        "tools/plain.toml",
        binding("plain", "data = { select = '{title: \"\\(.text) \\(.blocks | length)\"}' }"),
    );
    project.write(
        "tools/greet.toml",
        "title = 'Ours'\nwidget = 'card'\nwidget_id = 'wig_1'\n[source]\nconnection = 'up'\ncall = 'hello'\n\
         arguments = { name = '{whom}' }\nwith = { greeting = 'Ahoy' }\n",
    );
    let server = Server::start(project.path());
    let hello = listed(&server, "hello");
    assert_eq!((&hello["title"], &hello["description"]), (&json!("A greeting"), &json!("Greets somebody.")));
    assert_eq!(hello["inputSchema"]["required"], json!(["name", "greeting"]));
    assert_eq!(hello["inputSchema"]["properties"]["name"]["description"], "Whom");
    let greet = listed(&server, "greet");
    assert_eq!((&greet["title"], &greet["description"]), (&json!("Ours"), &json!("Greets somebody.")));
    assert_eq!(greet["inputSchema"]["required"], json!(["whom"]));
    assert!(greet["inputSchema"]["properties"].get("greeting").is_none(), "{greet:#}");
    assert_eq!(listed(&server, "json")["annotations"]["readOnlyHint"], true);
    assert_ne!(hello["annotations"]["readOnlyHint"], true, "nobody has said so");

    let result = ask(&server, "hello", json!({"name": "Ada", "greeting": "Hi"}));
    assert_eq!(title(&result), "Hi, Ada");
    assert!(result["_meta"].to_string().contains("Hi, Ada"), "not drawn: {result:#}");
    assert_eq!(title(&ask(&server, "greet", json!({"whom": "Bo"}))), "Ahoy, Bo");
    assert_eq!(title(&ask(&server, "json", json!({}))), "from a text");
    assert_eq!(title(&ask(&server, "plain", json!({}))), "just **words** 1");
    let wrong = ask(&server, "hello", json!({"name": "Ada"}));
    assert!(refusal(&wrong).contains("greeting"), "{wrong:#}");
}

#[test]
fn an_error_of_the_tool_reaches_the_model_in_the_words_of_its_server() {
    let Some(project) = upstream(&["refuse", "error", "ask"]) else { return };
    let server = Server::start(project.path());
    let result = ask(&server, "refuse", json!({}));
    assert!(refusal(&result).contains("There is no city Oslu. Use Oslo or Rome."), "{result:#}");
    let result = ask(&server, "error", json!({}));
    assert!(refusal(&result).contains("the tool error is out of order"), "{result:#}");
    // It asks for what was never offered to it, and goes on.
    assert_eq!(title(&ask(&server, "ask", json!({}))), "asked");
}

#[test]
fn a_server_that_dies_in_a_call_is_started_anew_by_the_next() {
    let Some(project) = upstream(&["die", "pid"]) else { return };
    let server = Server::start(project.path());
    let first = title(&ask(&server, "pid", json!({}))).to_owned();
    assert_eq!(title(&ask(&server, "pid", json!({}))), first, "one client serves all calls");
    let died = ask(&server, "die", json!({}));
    assert!(refusal(&died).contains("Try again"), "{died:#}");
    assert_ne!(title(&ask(&server, "pid", json!({}))), first);
    // From outside, and between calls.
    let second = title(&ask(&server, "pid", json!({}))).to_owned();
    assert!(Command::new("kill").args(["-9", &second]).status().expect("kill").success());
    until("it does not come back", || {
        let result = ask(&server, "pid", json!({}));
        result["isError"] != true && title(&result) != second
    });
}

#[test]
fn a_call_that_hangs_ends_at_its_deadline_and_holds_up_no_other() {
    let Some(project) = upstream(&["hello", "cancelled"]) else { return };
    project.write("tools/hang.toml", binding("hang", "timeout_ms = 700\n"));
    let server = Server::start(project.path());
    assert_eq!(title(&ask(&server, "cancelled", json!({}))), "0");
    thread::scope(|scope| {
        let hanging: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let start = Instant::now();
                    let result = ask(&server, "hang", json!({}));
                    (start.elapsed(), refusal(&result).to_owned())
                })
            })
            .collect();
        for _ in 0..10 {
            let result = ask(&server, "hello", json!({"name": "x", "greeting": "y"}));
            assert_eq!(title(&result), "y, x");
        }
        for one in hanging {
            let (time, words) = one.join().expect("an answer");
            assert!(time >= Duration::from_millis(650) && time < Duration::from_secs(8), "{time:?}: {words}");
        }
    });
    until("they are not cancelled there", || title(&ask(&server, "cancelled", json!({}))) == "4");
}

#[test]
fn large_requests_get_through_and_answers_that_are_none_or_too_large_are_told_at_once() {
    let Some(project) = upstream(&["hello", "huge", "hollow", "bulky"]) else { return };
    let server = Server::start(project.path());
    let start = Instant::now();
    let words = "x".repeat(400 << 10);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let result = ask(&server, "hello", json!({"name": words, "greeting": "Hi"}));
                assert_eq!(title(&result).len(), words.len() + 4);
            });
        }
        scope.spawn(|| {
            let result = ask(&server, "huge", json!({}));
            assert!(refusal(&result).contains("more than 16 MB"), "{result:#}");
        });
        scope.spawn(|| {
            // More than `max_source_bytes`, though its data are few.
            let result = ask(&server, "bulky", json!({}));
            assert!(refusal(&result).contains("more than 4194 kB"), "{result:#}");
        });
        scope.spawn(|| {
            let result = ask(&server, "hollow", json!({}));
            assert!(refusal(&result).contains("is no JSON-RPC response"), "{result:#}");
        });
    });
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[test]
fn a_flood_on_standard_error_stops_nothing() {
    let Some(project) = upstream(&["flood"]) else { return };
    let server = Server::start(project.path());
    assert_eq!(title(&ask(&server, "flood", json!({}))), "dry again");
    let logged = server.log.text().len();
    assert!(logged < 1 << 20, "{logged} bytes logged");
}

#[test]
fn garbage_is_told_and_a_greeting_where_messages_stand_is_overlooked() {
    let (Some(garbage), Some(noise)) = (line("garbage.py", &[]), line("noise.py", &[])) else { return };
    let project = bound(&format!("command = {garbage}"), &["hello"]);
    let settings = std::fs::read_to_string(project.path().join("toolface.toml")).expect("read");
    let noisy = format!("{settings}[connections.noisy]\nkind = 'mcp'\ncommand = {noise}\n");
    project.write("toolface.toml", noisy);
    project.write("tools/json.toml", binding("json", "").replace("'up'", "'noisy'"));
    let start = Instant::now();
    let checked = command(&project, &["check"]);
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
    assert!(format!("{}{}", checked.stdout, checked.stderr).contains("`up`"), "{checked:?}");
    let result = call(&project, "json", &json!({}));
    assert_eq!(title(&result), "from a text");
    let result = call(&project, "hello", &json!({}));
    assert!(result["isError"] == true, "{result:#}");
}

#[test]
fn a_server_that_is_not_there_yet_is_warned_of_and_comes_back_by_itself() {
    let Some(program) = python3() else { return };
    let elsewhere = Project::empty();
    let script = elsewhere.path().join("late.py");
    let project = bound(&format!("command = ['{}', '{}']", program.display(), script.display()), &["hello"]);
    let checked = command(&project, &["check"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let told = format!("{}{}", checked.stdout, checked.stderr);
    assert!(told.contains("cannot be reached") || told.contains("cannot reach"), "{told}");

    let mut client = StdioClient::initialized(project.path(), "2025-11-25", false);
    let listed = client.request("tools/list", json!({}))["result"]["tools"][0].clone();
    assert_eq!(listed["name"], "hello", "{listed:#}");
    assert!(!listed.to_string().contains("Greets somebody."), "{listed:#}");
    let result = client.call("hello", json!({"name": "Ada", "greeting": "Hi"}));
    assert!(refusal(&result).contains("cannot be reached"), "{result:#}");

    std::fs::copy(fixtures("upstreams").join("upstream.py"), &script).expect("a copy");
    let news = client.receive();
    assert_eq!(news["method"], "notifications/tools/list_changed", "{news}");
    let listed = client.request("tools/list", json!({}))["result"]["tools"][0].clone();
    assert_eq!(listed["description"], "Greets somebody.", "{listed:#}");
    assert_eq!(title(&client.call("hello", json!({"name": "Ada", "greeting": "Hi"}))), "Hi, Ada");
}

#[test]
fn a_changed_list_there_is_a_changed_list_here() {
    let Some(project) = upstream(&["hello", "change"]) else { return };
    let mut client = StdioClient::initialized(project.path(), "2025-11-25", false);
    let asked = json!({"jsonrpc": "2.0", "id": "c", "method": "tools/call", "params": {"name": "change", "arguments": {}}});
    client.send(&asked);
    let methods: Vec<Value> = [client.receive(), client.receive()].map(|m| m["method"].clone()).into();
    assert!(methods.contains(&json!("notifications/tools/list_changed")), "{methods:?}");
    let listed = client.request("tools/list", json!({})).to_string();
    assert!(listed.contains("Greets somebody in another way."), "{listed}");
}

#[test]
fn sixteen_servers_start_side_by_side_and_none_is_left_behind() {
    let mark = format!("sixteen-{}", std::process::id());
    let Some(slow) = line("upstream.py", &["--after", "2", &mark]) else { return };
    let mut settings = "[server]\nname = 'test'\n".to_owned();
    let project = Project::new().file("widgets/card.widget", card());
    for nth in 0..16 {
        settings.push_str(&format!("[connections.c{nth}]\nkind = 'mcp'\ncommand = {slow}\n"));
        let tool = binding("hello", "").replace("'up'", &format!("'c{nth}'"));
        project.write(&format!("tools/t{nth}.toml"), tool);
    }
    project.write("toolface.toml", settings);
    for signal in ["KILL", "TERM"] {
        let start = Instant::now();
        let server = Server::start(project.path());
        assert!(start.elapsed() < Duration::from_secs(14), "one after the other: {:?}", start.elapsed());
        for nth in [0, 7, 15] {
            assert_eq!(listed(&server, &format!("t{nth}"))["description"], "Greets somebody.");
        }
        assert!(alive(&mark) >= 16);
        let pid = server.pid().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().expect("kill").success());
        server.end();
        until(&format!("some are left after {signal}"), || alive(&mark) == 0);
    }
}

#[test]
fn a_server_may_end_by_itself_when_we_stop_and_must_end_if_it_does_not() {
    let folder = Project::empty();
    let farewell = folder.path().join("farewell");
    let path = farewell.display().to_string();
    let Some(polite) = line("upstream.py", &["--farewell", &path]) else { return };
    let project = bound(&format!("command = {polite}"), &["hello"]);
    let server = Server::start(project.path());
    assert_eq!(title(&ask(&server, "hello", json!({"name": "x", "greeting": "y"}))), "y, x");
    server.ask_to_stop();
    assert_eq!(server.end(), 0);
    assert_eq!(std::fs::read_to_string(&farewell).unwrap_or_default(), "bye");

    let mark = format!("stays-{}", std::process::id());
    let stubborn = line("upstream.py", &["--stay", &mark]).expect("python");
    let project = bound(&format!("command = {stubborn}"), &["hello"]);
    let mut client = StdioClient::initialized(project.path(), "2025-11-25", false);
    client.request("tools/list", json!({}));
    assert!(alive(&mark) >= 1);
    client.leave();
    let start = Instant::now();
    assert_eq!(client.end(), 0);
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    until("it stays", || alive(&mark) == 0);
}

pub fn everything() -> Option<Vec<String>> {
    let script = "node_modules/@modelcontextprotocol/server-everything/dist/index.js";
    let node = node(script)?;
    let mut parts = vec![node.get_program().to_string_lossy().into_owned()];
    parts.extend(node.get_args().map(|part| part.to_string_lossy().into_owned()));
    Some(parts)
}

fn files(dir: &Path, kind: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(dir.join(kind)).into_iter().flatten().flatten();
    all.map(|entry| entry.path()).collect()
}

#[test]
fn a_server_of_others_is_imported_into_an_empty_folder_and_drawn() {
    let Some(parts) = everything() else { return };
    let project = Project::empty();
    let line = parts.join(" ");
    let imported = command(&project, &["import", "--command", &line, "--as", "everything"]);
    assert_eq!(imported.code, 0, "{imported:?}");
    let count = files(project.path(), "tools").len();
    assert!(count > 8 && files(project.path(), "widgets").len() == count, "{imported:?}");
    let checked = command(&project, &["check"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let result = call(&project, "get_structured_content", &json!({"location": "Chicago"}));
    assert_eq!(result["isError"], false, "{result:#}");
    assert!(result["content"].to_string().contains("Light rain"), "{result:#}");
    let result = call(&project, "get_sum", &json!({"a": 20, "b": 22}));
    assert!(result.to_string().contains("42"), "{result:#}");

    let listed = command(&project, &["import", "everything", "--list"]);
    assert!(listed.stdout.lines().any(|line| line.starts_with("get-sum  Returns")), "{listed:?}");
    let tool = project.path().join("tools/get_sum.toml");
    std::fs::write(&tool, "mine").expect("written");
    for args in [
        &["import", "everything", "--tool", "get-sum"][..],
        &["import", "--command", &line, "--as", "everything"],
    ] {
        let again = command(&project, args);
        assert_ne!(again.code, 0, "{again:?}");
        assert_eq!(std::fs::read_to_string(&tool).expect("read"), "mine");
    }
    std::fs::remove_file(&tool).expect("removed");
    std::fs::remove_file(project.path().join("widgets/get_sum.widget")).expect("removed");
    let again = command(&project, &["import", "everything", "--tool", "get-sum"]);
    assert_eq!(again.code, 0, "{again:?}");
    let wrong = command(&project, &["import", "everything", "--tool", "get-sun"]);
    assert!(wrong.code != 0 && wrong.stderr.contains("get-sum"), "{wrong:?}");
    let wrong = command(&project, &["import", "everythin"]);
    assert!(wrong.code != 0 && wrong.stderr.contains("everything"), "{wrong:?}");
}

#[test]
fn a_sample_answer_makes_the_widget() {
    let Some(parts) = everything() else { return };
    let script = parts[1].replace("server-everything", "server-filesystem");
    let folder = Project::empty().file("hello.txt", "words of the file");
    let project = Project::empty();
    let root = folder.path().display().to_string();
    let line = format!("{} {script} {root}", parts[0]);
    let sample = json!({"path": format!("{root}/hello.txt")}).to_string();
    let args = ["import", "--command", &line, "--as", "disk", "--tool", "read_text_file", "--call", &sample];
    let imported = command(&project, &args);
    assert_eq!(imported.code, 0, "{imported:?}");
    assert_eq!(command(&project, &["check"]).code, 0);
    let arguments = json!({"path": format!("{root}/hello.txt")});
    let result = call(&project, "read_text_file", &arguments);
    assert!(result["content"].to_string().contains("words of the file"), "{result:#}");
    let outside = call(&project, "read_text_file", &json!({"path": "/etc/hostname"}));
    assert!(refusal(&outside).contains("outside"), "{outside:#}");
}

#[test]
fn servers_of_other_kits_are_bound_over_both_transports() {
    let Some(mut fast) = python("../fixtures/upstreams/fast.py") else { return };
    let parts: Vec<String> = std::iter::once(fast.get_program())
        .chain(fast.get_args())
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let port = free_port();
    fast.arg(port.to_string());
    let _http = Foreign::start(fast, port);
    let stdio = format!("command = {}", serde_json::to_string(&parts).expect("JSON"));
    for connection in [stdio, format!("url = 'http://127.0.0.1:{port}/mcp'")] {
        let project = bound(&connection, &[]);
        project.write("tools/add.toml", binding("add", "data = { select = '{title: \"\\(.sum)\"}' }"));
        let server = Server::start(project.path());
        let add = listed(&server, "add");
        assert_eq!(add["description"], "Adds two numbers.", "{connection}");
        assert_eq!(title(&ask(&server, "add", json!({"a": 40}))), "42", "{connection}");
    }
    // The official kit, and this server itself, which speaks the newest revision.
    let clock = python("foreign.py").expect("as above");
    let parts: Vec<_> = std::iter::once(clock.get_program()).chain(clock.get_args()).collect();
    let parts: Vec<String> = parts.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let stdio = format!("command = {}", serde_json::to_string(&parts).expect("JSON"));
    let project = bound(&stdio, &[]);
    project
        .write("tools/hour.toml", binding("hour", "data = { select = '{title: \"\\(.city) \\(.hour)\"}' }"));
    let result = call(&project, "hour", &json!({"city": "Oslo"}));
    assert_eq!(title(&result), "Oslo 12");
}

#[test]
fn a_chain_of_two_draws_what_the_first_answers() {
    let Some(first) = upstream(&["hello"]) else { return };
    let first = Server::start(first.path());
    let project = bound(&format!("url = 'http://{}/mcp'", first.at), &[]);
    project.write("tools/hello.toml", binding("hello", "data = { select = '.data' }"));
    let result = call(&project, "hello", &json!({"name": "Ada", "greeting": "Hi"}));
    assert_eq!(title(&result), "Hi, Ada");
}

#[test]
fn wrong_connections_and_bindings_are_told_with_a_cure() {
    for (connection, told) in [
        ("", "neither a program nor an address"),
        ("command = []", "no program is named"),
        ("command = ['x']\nurl = 'http://localhost/mcp'", "keep one of the two"),
        ("url = 'nowhere'", "no address"),
        ("url = 'http://localhost/mcp'\ndir = '.'", "for a program"),
        ("command = ['x']\nheaders = { A = 'b' }", "for an address"),
    ] {
        let project = bound(connection, &[]);
        let mut check = toolface(project.path());
        check.arg("check");
        let checked = finish(check);
        let words = format!("{}{}", checked.stdout, checked.stderr);
        assert!(checked.code != 0 && words.contains(told), "{connection}: {words}");
    }
    // Only what is bound has a description from elsewhere.
    let project = bound("command = ['x']", &[]);
    project.write(
        "tools/own.toml",
        "widget = 'card'\nwidget_id = 'wig_1'\nsource = { data = { title = 'x' } }\n",
    );
    let checked = command(&project, &["check"]);
    let words = format!("{}{}", checked.stdout, checked.stderr);
    assert!(checked.code != 0 && words.contains("missing-description"), "{words}");
    let Some(project) = upstream(&["helo"]) else { return };
    let checked = command(&project, &["check"]);
    let words = format!("{}{}", checked.stdout, checked.stderr);
    assert!(checked.code != 0 && words.contains("no tool `helo`") && words.contains("hello"), "{words}");
}
