//! What happens between the client and an upstream while a call is under way: questions and their answers, progress,
//! giving up; at every revision on either side.
#![cfg(unix)]

use serde_json::{Map, Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Command;

use crate::gateway::{Foreign, bound, everything, free_port, line, refusal, title, until};
use crate::installed::python;
use crate::passing::{command_of, parts};
use crate::support::{PATIENCE, Project, Server, Session, StdioClient, fixtures, modern_meta};

/// A project with the upstream that asks, whose tools answer in a widget and whose other things pass through.
fn asking(modern: bool) -> Option<Project> {
    let more: &[&str] = if modern { &["--modern"] } else { &[] };
    let command = line("asking.py", more)?;
    let tools = ["name", "visit", "think", "folders", "both", "two", "steps", "declared"];
    Some(bound(&format!("command = {command}\nexpose = 'all'"), &tools))
}

/// All a client can be asked for.
pub fn all() -> Value {
    json!({"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}})
}

/// What a person, a model and a client answer.
fn answer(asked: &Value) -> Value {
    match asked["method"].as_str() {
        Some("elicitation/create") if asked["params"]["mode"] == "url" => {
            assert_eq!(asked["params"]["url"], "https://example.com/in", "{asked:#}");
            json!({"action": "accept"})
        }
        Some("elicitation/create") => {
            let schema = &asked["params"]["requestedSchema"];
            assert_eq!(schema["properties"]["name"]["type"], "string", "{asked:#}");
            json!({"action": "accept", "content": {"name": "Ada"}})
        }
        Some("sampling/createMessage") => {
            assert!(asked["params"]["messages"].is_array(), "{asked:#}");
            let content = json!({"type": "text", "text": "silence"});
            json!({"role": "assistant", "content": content, "model": "m", "stopReason": "endTurn"})
        }
        Some("roots/list") => json!({"roots": [{"uri": "file:///home/ada", "name": "home"}]}),
        _ => panic!("asked for {asked:#}"),
    }
}

/// The answer of a tool that passes through.
pub fn plain(result: &Value) -> &str {
    result["structuredContent"]["title"].as_str().unwrap_or_else(|| panic!("no title: {result:#}"))
}

/// A client, and how it is asked.
pub enum Client<'a> {
    ModernHttp(&'a Server),
    ModernStdio(StdioClient),
    LegacyHttp(Session<'a>),
    LegacyStdio(StdioClient),
}

impl Client<'_> {
    /// The result of a request, all questions answered; and how many there were.
    pub fn ask(&mut self, method: &str, params: &Value) -> (Value, usize) {
        let (answered, asked) = match self {
            Self::ModernHttp(server) => rounds(params, |params| http(server, method, params)),
            Self::ModernStdio(client) => rounds(params, |params| client.request(method, params)),
            Self::LegacyStdio(client) => {
                client.send(&json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}));
                let mut asked = 0;
                loop {
                    let message = client.receive();
                    if message["id"] == 7 && message.get("method").is_none() {
                        break (message, asked);
                    }
                    if message.get("method").is_some() && message.get("id").is_some() {
                        asked += 1;
                        client.send(
                            &json!({"jsonrpc": "2.0", "id": message["id"], "result": answer(&message)}),
                        );
                    }
                }
            }
            Self::LegacyHttp(session) => stream(session, method, params, &mut |message| {
                let told = json!({"jsonrpc": "2.0", "id": message["id"], "result": answer(message)});
                assert_eq!(session.post(told).status, 202);
            }),
        };
        assert!(answered["result"].is_object(), "{answered:#}");
        (answered["result"].clone(), asked)
    }

    pub fn call(&mut self, tool: &str) -> (Value, usize) {
        self.ask("tools/call", &json!({"name": tool, "arguments": {}}))
    }
}

fn http(server: &Server, method: &str, params: Value) -> Value {
    server.modern_with("/mcp", method, params)
}

/// A request of 2026-07-28, made again with the answers as long as something is asked.
fn rounds(params: &Value, mut send: impl FnMut(Value) -> Value) -> (Value, usize) {
    let mut params = params.clone();
    params["_meta"] = modern_meta(false);
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = all();
    let mut asked = 0;
    loop {
        let answered = send(params.clone());
        let result = &answered["result"];
        if result["resultType"] != "input_required" {
            return (answered, asked);
        }
        let requests = result["inputRequests"].as_object().expect("requests");
        asked += requests.len();
        let answers: Map<String, Value> = requests.iter().map(|(key, r)| (key.clone(), answer(r))).collect();
        params["inputResponses"] = Value::Object(answers);
        params["requestState"] = result["requestState"].clone();
    }
}

/// A request of a session, whose answer comes as a stream. Requests of the server go to `asked`.
pub fn stream(
    session: &Session<'_>,
    method: &str,
    params: &Value,
    asked: &mut dyn FnMut(&Value),
) -> (Value, usize) {
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
    let mut events = Events::of(session, &message);
    let mut count = 0;
    loop {
        let message = events.next();
        if message["id"] == 7 && message.get("method").is_none() {
            return (message, count);
        }
        if message.get("method").is_some() && message.get("id").is_some() {
            count += 1;
            asked(&message);
        }
    }
}

/// The messages of a stream.
pub struct Events(BufReader<TcpStream>);

impl Events {
    pub fn of(session: &Session<'_>, message: &Value) -> Self {
        let (stream, head) = session.open(message);
        let mut stream = stream;
        stream.write_all(head.as_bytes()).expect("a server");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Self(BufReader::new(stream))
    }

    /// How far the request is told to be, up to its answer.
    pub fn steps(&mut self) -> Vec<f64> {
        let told = std::iter::from_fn(|| Some(self.next()).filter(|message| message.get("id").is_none()));
        told.filter_map(|message| message["params"]["progress"].as_f64()).collect()
    }

    pub fn next(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).expect("a line in time"), 0, "the stream ended");
            if let Some(data) = line.trim_end().strip_prefix("data: ").filter(|data| !data.is_empty()) {
                return serde_json::from_str(data).unwrap_or_else(|e| panic!("{e} in {data}"));
            }
        }
    }
}

/// The clients there are, each with its name.
pub fn clients<'a>(project: &Project, server: &'a Server) -> [(&'static str, Client<'a>); 4] {
    let mut stdio = StdioClient::start(project.path());
    let about = json!({"name": "test", "version": "1"});
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": all(), "clientInfo": about});
    assert!(stdio.request("initialize", hello)["result"].is_object());
    stdio.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    [
        ("2026-07-28 over HTTP", Client::ModernHttp(server)),
        ("2026-07-28 on stdio", Client::ModernStdio(StdioClient::start(project.path()))),
        ("2025-11-25 over HTTP", Client::LegacyHttp(server.session_with("2025-11-25", all()))),
        ("2025-11-25 on stdio", Client::LegacyStdio(stdio)),
    ]
}

#[test]
fn an_upstream_of_either_revision_asks_a_client_of_either_revision() {
    for upstream in [false, true] {
        let Some(project) = asking(upstream) else { return };
        let server = Server::start(project.path());
        for (name, mut client) in clients(&project, &server) {
            let about = format!("{name}, upstream modern: {upstream}");
            for (tool, expected, questions) in [
                ("name", "Hello, Ada", 1),
                ("visit", "accept", 1),
                ("think", "silence", 1),
                ("folders", "file:///home/ada", 1),
                ("both", "Ada thinks silence", 2),
                ("two", "Ada and silence", 2),
                ("steps", "three steps", 0),
            ] {
                let (result, asked) = client.call(tool);
                assert_eq!((title(&result), asked), (expected, questions), "{tool}: {about}");
                assert!(result["_meta"].to_string().contains(expected), "{tool} is not drawn: {about}");
            }
            // What passes through asks the same way.
            let (result, asked) = client.ask("prompts/get", &json!({"name": "up_greeting"}));
            assert_eq!(
                (&result["messages"][0]["content"]["text"], asked),
                (&json!("Greet Ada"), 1),
                "{about}"
            );
            let (result, asked) = client.ask("resources/read", &json!({"uri": "asking://up/who"}));
            if about.starts_with("2026") {
                assert_eq!(
                    (&result["resultType"], &result["cacheScope"]),
                    (&json!("complete"), &json!("private"))
                );
            }
            let contents = &result["contents"][0];
            assert_eq!((&contents["text"], asked), (&json!("Ada"), 1), "{about}");
            assert_eq!(contents["uri"], "asking://up/who", "{about}");
        }
    }
}

#[test]
fn a_client_is_asked_only_for_what_it_has_declared() {
    for modern in [false, true] {
        let Some(project) = asking(modern) else { return };
        let server = Server::start(project.path());
        let session = |capabilities| server.session_with("2025-11-25", capabilities);
        let answer = |session: &Session<'_>, tool: &str| {
            let params = json!({"name": tool, "arguments": {}});
            stream(session, "tools/call", &params, &mut |message| panic!("asked: {message:#}")).0["result"]
                .clone()
        };
        for (tool, lacks, capabilities) in [
            ("name", "elicitation", json!({})),
            ("name", "elicitation", json!({"roots": {}, "sampling": {}, "elicitation": {"url": {}}})),
            ("visit", "elicitation.url", json!({"elicitation": {}})),
            ("think", "sampling", json!({"elicitation": {}})),
            ("folders", "roots", json!({"sampling": {}})),
        ] {
            let result = answer(&session(capabilities.clone()), tool);
            let told = refusal(&result).to_owned();
            assert!(told.contains(lacks), "{tool}, {capabilities}, modern: {modern}: {told}");
        }
        let result = server.call("name", json!({}));
        assert!(refusal(&result).contains("elicitation"), "{result:#}");
        if modern {
            let result = answer(&session(json!({"roots": {}, "sampling": {}})), "declared");
            assert_eq!(title(&result), "extensions roots sampling");
            assert_eq!(title(&server.call("declared", json!({}))), "extensions");
        }
    }
}

#[test]
fn a_question_goes_to_nobody_if_it_could_be_for_several() {
    let Some(project) = asking(false) else { return };
    let server = Server::start(project.path());
    let (one, other) =
        (server.session_with("2025-11-25", all()), server.session_with("2025-11-25", json!({})));
    let slow = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "up_slow", "arguments": {}}});
    let mut slow = Events::of(&other, &slow);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let params = json!({"name": "name", "arguments": {}});
    let asked = |message: &Value| panic!("asked: {message:#}");
    let (answered, _) = stream(&one, "tools/call", &params, &mut { asked });
    assert!(refusal(&answered["result"]).contains("several clients"), "{answered:#}");
    assert_eq!(plain(&slow.next()["result"]), "slow");
    // With the other gone, it is asked again.
    let mut client = Client::LegacyHttp(one);
    assert_eq!(title(&client.call("name").0), "Hello, Ada");
}

#[test]
fn a_question_of_a_call_that_was_given_up_goes_to_nobody() {
    let Some(project) = asking(false) else { return };
    let server = Server::start(project.path());
    let (one, other) = (server.session_with("2025-11-25", all()), server.session_with("2025-11-25", all()));
    let call = |name: &str| json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": name, "arguments": {}}});
    let given_up = Events::of(&one, &call("up_late"));
    std::thread::sleep(std::time::Duration::from_millis(300));
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}});
    assert_eq!(one.post(cancel).status, 202);
    drop(given_up);
    std::thread::sleep(std::time::Duration::from_millis(200));
    // The upstream asks while the other client alone has a call under way.
    let params = json!({"name": "up_slow", "arguments": {}});
    let asked = |message: &Value| panic!("asked: {message:#}");
    let (answered, _) = stream(&other, "tools/call", &params, &mut { asked });
    assert_eq!(plain(&answered["result"]), "slow");
    // It was told that nobody can be asked, and has answered the call: no more doubts.
    let mut client = Client::LegacyHttp(other);
    assert_eq!(title(&client.call("name").0), "Hello, Ada");
}

#[test]
fn progress_reaches_who_wants_it() {
    for modern in [false, true] {
        let Some(project) = asking(modern) else { return };
        let server = Server::start(project.path());
        let session = server.session("2025-11-25", false);
        let mut stdio = StdioClient::start(project.path());
        for tool in ["steps", "up_march"] {
            let call = json!({"name": tool, "arguments": {}, "_meta": {"progressToken": "mine"}});
            let message = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call});
            let mut events = Events::of(&session, &message);
            let told: Vec<Value> = (0..4).map(|_| events.next()).collect();
            check(&told, "2025-11-25 over HTTP");
            let mut meta = modern_meta(false);
            meta["progressToken"] = json!("mine");
            let call = json!({"name": tool, "arguments": {}, "_meta": meta});
            stdio.send(&json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call}));
            let told: Vec<Value> = (0..4).map(|_| stdio.receive()).collect();
            check(&told, "2026-07-28 on stdio");
        }
    }

    fn check(told: &[Value], about: &str) {
        for (step, message) in told[..3].iter().enumerate() {
            let expected = json!({
                "progressToken": "mine", "progress": step + 1, "total": 3, "message": format!("step {}", step + 1),
            });
            assert_eq!(message["method"], "notifications/progress", "{about}: {message:#}");
            let told = &message["params"];
            assert_eq!(told["progressToken"], expected["progressToken"], "{about}");
            assert_eq!(told["progress"].as_f64(), expected["progress"].as_f64(), "{about}");
            assert_eq!(told["total"].as_f64(), Some(3.0), "{about}");
            assert_eq!(told["message"], expected["message"], "{about}");
        }
        assert!(told[3]["result"]["structuredContent"].to_string().contains("three steps"), "{about}");
    }
}

#[test]
fn progress_of_a_program_keeps_its_order_and_none_is_missing() {
    for modern in [false, true] {
        let Some(project) = asking(modern) else { return };
        let server = Server::start(project.path());
        let session = server.session("2025-11-25", false);
        let call = json!({"name": "up_burst", "arguments": {}, "_meta": {"progressToken": "mine"}});
        let message = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call});
        // Often, because the last one and the answer may come at once.
        for _ in 0..20 {
            let mut events = Events::of(&session, &message);
            assert_eq!(events.steps(), (1..=200).map(f64::from).collect::<Vec<_>>(), "{modern}");
        }
    }
}

#[test]
fn an_upstream_that_answers_before_its_client_does_is_heard() {
    let Some(project) = asking(false) else { return };
    let server = Server::start(project.path());
    let session = server.session_with("2025-11-25", all());
    let params = json!({"name": "up_impatient", "arguments": {}});
    let start = std::time::Instant::now();
    let (answered, asked) = stream(&session, "tools/call", &params, &mut |_| {});
    assert_eq!((plain(&answered["result"]), asked), ("without you", 1));
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn each_of_several_calls_of_one_client_may_ask() {
    let Some(project) = asking(false) else { return };
    let server = Server::start(project.path());
    let session = server.session_with("2025-11-25", all());
    let params = json!({"name": "name", "arguments": {}});
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..14)
            .map(|id| {
                let (session, params) = (&session, &params);
                scope.spawn(move || {
                    let message =
                        json!({"jsonrpc": "2.0", "id": 100 + id, "method": "tools/call", "params": params});
                    let mut events = Events::of(session, &message);
                    loop {
                        let message = events.next();
                        if message.get("method").is_none() {
                            break title(&message["result"]).to_owned();
                        }
                        if message.get("id").is_some() {
                            std::thread::sleep(std::time::Duration::from_millis(100));
                            let told =
                                json!({"jsonrpc": "2.0", "id": message["id"], "result": answer(&message)});
                            session.post(told);
                        }
                    }
                })
            })
            .collect();
        for call in calls {
            assert_eq!(call.join().expect("an answer"), "Hello, Ada");
        }
    });
}

#[test]
fn an_answer_may_be_no_and_a_client_may_go_away() {
    let Some(project) = asking(false) else { return };
    let mut client = StdioClient::start(project.path());
    let about = json!({"name": "test", "version": "1"});
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": all(), "clientInfo": about});
    client.request("initialize", hello);
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let call = |client: &mut StdioClient, id: u64| {
        let params = json!({"name": "name", "arguments": {}});
        client.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}));
        let asked = client.receive();
        assert_eq!(asked["method"], "elicitation/create", "{asked:#}");
        asked["id"].clone()
    };
    let asked = call(&mut client, 100);
    client.send(&json!({"jsonrpc": "2.0", "id": asked, "result": {"action": "decline"}}));
    assert_eq!(title(&client.receive()["result"]), "Hello, nobody (decline)");
    // It does not answer, but with an error.
    let asked = call(&mut client, 101);
    client
        .send(&json!({"jsonrpc": "2.0", "id": asked, "error": {"code": -1, "message": "no dialogs today"}}));
    assert!(client.receive()["error"]["message"].to_string().contains("no dialogs today"));
    // Who asked goes away.
    let params = json!({"name": "up_last_words", "arguments": {}});
    client.send(&json!({"jsonrpc": "2.0", "id": 103, "method": "tools/call", "params": params}));
    let asked = client.receive();
    assert_eq!(asked["method"], "elicitation/create", "{asked:#}");
    let withdrawn = client.receive();
    assert_eq!(withdrawn["method"], "notifications/cancelled", "{withdrawn:#}");
    assert_eq!(withdrawn["params"]["requestId"], asked["id"], "{withdrawn:#}");
    let ended = client.receive();
    assert_eq!(ended["id"], 103, "{ended:#}");
    assert!(refusal(&ended["result"]).contains("cannot be reached"), "{ended:#}");
    // It gives the call up while it is asked.
    let _ = call(&mut client, 102);
    client
        .send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 102}}));
    until("the upstream is not told", || plain(&client.call("up_given_up", json!({}))) == "1");
    assert_eq!(title(&client.call("declared", json!({}))), "elicitation extensions roots sampling");
}

#[test]
fn answers_that_nobody_waits_for_are_refused() {
    let Some(project) = asking(false) else { return };
    let server = Server::start(project.path());
    let mut params = json!({"name": "name", "arguments": {}, "_meta": modern_meta(false)});
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = all();
    let send = |params: &Value| http(&server, "tools/call", params.clone())["result"].clone();
    let asked = send(&params);
    let state = asked["requestState"].as_str().expect("a state").to_owned();
    let key = asked["inputRequests"].as_object().expect("requests").keys().next().expect("one").clone();
    let with = |state: &str, tool: &str, answers: Value| {
        let mut params = params.clone();
        params["name"] = json!(tool);
        params["requestState"] = json!(state);
        params["inputResponses"] = answers;
        params
    };
    let yes = json!({&key: {"action": "accept", "content": {"name": "Ada"}}});
    // Another tool, another state, no answer at all.
    for (state, tool, answers) in [(&*state, "both", &yes), ("toolface-waiting-0", "name", &yes)] {
        let result = send(&with(state, tool, answers.clone()));
        assert!(refusal(&result).contains("nothing waits"), "{result:#}");
    }
    let again = send(&with(&state, "name", json!({"other": {"action": "accept"}})));
    assert_eq!(again["inputRequests"], asked["inputRequests"], "it is asked again: {again:#}");
    // Once, and not twice.
    assert_eq!(title(&send(&with(&state, "name", yes.clone()))), "Hello, Ada");
    assert!(refusal(&send(&with(&state, "name", yes))).contains("nothing waits"));
}

#[test]
fn a_call_is_made_again_after_the_visit_it_needs() {
    let Some(project) = asking(false) else { return };
    let server = Server::start(project.path());
    let told = server.call("up_gate", json!({}));
    assert!(refusal(&told).contains("Sign in first (first visit: https://example.com/in)"), "{told:#}");
    for one in 0..4 {
        let server = Server::start(project.path());
        let [a, b, c, d] = clients(&project, &server);
        let (name, mut client) = [a, b, c, d].into_iter().nth(one).expect("one of four");
        let (result, asked) = client.call("up_gate");
        assert_eq!((plain(&result), asked), ("through the gate", 1), "{name}");
    }
}

#[test]
fn servers_of_other_kits_ask_and_tell_too() {
    let Some(mut fast) = python("../fixtures/upstreams/fast.py") else { return };
    let port = free_port();
    let stdio = command_of(&parts(&fast));
    fast.arg(port.to_string());
    let _http = Foreign::start(fast, port);
    for connection in [stdio, format!("url = 'http://127.0.0.1:{port}/mcp'")] {
        let project = bound(&format!("{connection}\nexpose = 'all'"), &["greet"]);
        let server = Server::start(project.path());
        for (name, mut client) in clients(&project, &server) {
            let (result, asked) = client.call("greet");
            assert_eq!((title(&result), asked), ("Hello, Ada (asked)", 1), "{name}: {connection}");
        }
        let session = server.session("2025-11-25", false);
        let call = json!({"name": "up_steps", "arguments": {}, "_meta": {"progressToken": 5}});
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call});
        let mut events = Events::of(&session, &call);
        let told: Vec<Value> = (0..4).map(|_| events.next()).collect();
        let steps: Vec<_> = told.iter().map(|one| one["params"]["progress"].as_f64()).collect();
        assert_eq!(steps, [Some(1.0), Some(2.0), Some(3.0), None], "{connection}: {told:#?}");
    }
}

#[test]
fn a_server_that_asks_only_in_sessions_is_spoken_to_in_one() {
    let Some(fast) = python("../fixtures/upstreams/fast.py") else { return };
    let connection = format!("{}\nrevision = '2025-11-25'", command_of(&parts(&fast)));
    let project = bound(&connection, &["greet_in_session"]);
    let server = Server::start(project.path());
    for (name, mut client) in clients(&project, &server) {
        let (result, asked) = client.call("greet_in_session");
        assert_eq!((title(&result), asked), ("Hello, Ada", 1), "{name}");
    }
    let wrong = bound("command = ['x']\nrevision = '2024-11-05'", &[]);
    let checked = crate::gateway::command(&wrong, &["check"]);
    assert!(checked.code != 0 && checked.stdout.contains("2025-11-25"), "{checked:?}");
}

#[test]
fn requests_side_by_side_on_one_pipe_may_be_of_several_clients() {
    let Some(project) = asking(false) else { return };
    let mut client = StdioClient::start(project.path());
    let mut meta = modern_meta(false);
    meta["io.modelcontextprotocol/clientCapabilities"] = all();
    for (id, tool) in [(1, "up_slow"), (2, "name")] {
        let params = json!({"name": tool, "arguments": {}, "_meta": meta});
        client.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}));
    }
    let first = client.receive();
    assert_eq!(first["id"], 2, "{first:#}");
    assert!(refusal(&first["result"]).contains("several clients"), "{first:#}");
    assert_eq!(plain(&client.receive()["result"]), "slow");
}

#[test]
fn the_reference_server_asks_over_both_transports() {
    let Some(parts) = everything() else { return };
    let port = free_port();
    let mut http = Command::new(&parts[0]);
    http.arg("--require").arg(fixtures("upstreams/loopback.cjs")).arg(&parts[1]).arg("streamableHttp");
    http.env("PORT", port.to_string());
    let _http = Foreign::start(http, port);
    for connection in [command_of(&parts), format!("url = 'http://127.0.0.1:{port}/mcp'")] {
        let project = bound(&format!("{connection}\nexpose = 'all'"), &[]);
        let server = Server::start(project.path());
        for (name, mut client) in clients(&project, &server) {
            let about = format!("{name}: {connection}");
            let (result, asked) = client.call("up_trigger-elicitation-request");
            // It may ask for folders besides.
            assert!(asked >= 1 && result["content"].to_string().contains("Ada"), "{about}: {result:#}");
            let call = json!({"name": "up_trigger-sampling-request", "arguments": {"prompt": "A word?"}});
            let (result, asked) = client.ask("tools/call", &call);
            assert!(asked >= 1 && result["content"].to_string().contains("silence"), "{about}: {result:#}");
            // It remembers what its first caller said.
            let (result, _) = client.call("up_get-roots-list");
            assert!(result["content"].to_string().contains("file:///home/ada"), "{about}: {result:#}");
        }
        let session = server.session("2025-11-25", false);
        let arguments = json!({"duration": 0.3, "steps": 3});
        let call = json!({"name": "up_trigger-long-running-operation", "arguments": arguments, "_meta": {"progressToken": 5}});
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call});
        let mut events = Events::of(&session, &call);
        let told: Vec<Value> = (0..4).map(|_| events.next()).collect();
        let steps: Vec<_> = told.iter().map(|one| one["params"]["progress"].as_f64()).collect();
        assert_eq!(steps, [Some(1.0), Some(2.0), Some(3.0), None], "{connection}: {told:#?}");
    }
}
