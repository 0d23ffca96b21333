//! Streamable HTTP: whom it answers, its routes, its lists, and its end.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stdio::asking;
use crate::support::{
    PATIENCE, Project, Server, StdioClient, Upstream, finish, modern_meta, root, run, toolface, widget,
};

/// The status of an answer as it came over the wire.
fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or_else(|| panic!("no status in {answer:?}"))
}

#[test]
fn only_known_hosts_and_pages_are_answered() {
    let settings = "[server]\nname = 'test'\n[http]\nallowed_hosts = ['shop.example']\nallowed_origins = ['https://app.example']\n";
    let mut server = Server::start(Project::new().file("toolface.toml", settings).path());
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": modern_meta(true)}})
            .to_string();
    let ask = |server: &Server, path: &str, lines: &str| {
        let (method, more) = match path {
            "/mcp" => (
                "POST",
                format!(
                    "content-type: application/json\r\naccept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: tools/list\r\ncontent-length: {}\r\n",
                    body.len()
                ),
            ),
            _ => ("GET", String::new()),
        };
        let body = if method == "POST" { body.as_str() } else { "" };
        status(&server.raw(
            format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n{more}{lines}\r\n{body}").as_bytes(),
        ))
    };
    for path in ["/mcp", "/healthz", "/readyz", "/manifest.json"] {
        for lines in [
            "host: localhost\r\n",
            "host: 127.0.0.1:9\r\n",
            "host: [::1]:8787\r\n",
            "host: shop.example\r\n",
            "host: localhost\r\norigin: http://localhost:5173\r\n",
            "host: localhost\r\norigin: https://app.example\r\n",
        ] {
            assert_eq!(ask(&server, path, lines), 200, "{path} {lines}");
        }
        for lines in [
            "host: evil.example\r\n",
            "host: localhost.evil.example\r\n",
            "host: localhost\r\norigin: https://evil.example\r\n",
            "host: localhost\r\norigin: null\r\n",
            "host: evil.example\r\norigin: http://localhost\r\n",
            "host: localhost\r\norigin: https://app.example.evil.example\r\n",
        ] {
            assert_eq!(ask(&server, path, lines), 403, "{path} {lines}");
        }
    }
    assert!(server.is_well());
}

#[test]
fn a_body_without_measure_is_refused() {
    let settings = "[server]\nname = 'test'\n[http]\nmax_body_bytes = 2048\n";
    let mut server = Server::start(Project::new().file("toolface.toml", settings).path());
    let params = json!({"name": "x", "arguments": {"x": "y".repeat(5000)}});
    for (version, method) in [("2026-07-28", "tools/call"), ("2025-11-25", "initialize")] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\nmcp-protocol-version: {version}\r\nmcp-method: {method}\r\nmcp-name: x\r\n"
        );
        let whole = server.raw(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes());
        assert_eq!(status(&whole), 413, "{whole}");
        let chunked =
            format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        let chunked = server.raw(chunked.as_bytes());
        assert_eq!(status(&chunked), 413, "{chunked}");
        // One that only says it is long is refused before it is sent.
        let said = server.raw(format!("{head}content-length: 999999999999\r\n\r\n").as_bytes());
        assert_eq!(status(&said), 413, "{said}");
        assert!(server.is_well());
    }
}

#[test]
fn there_are_these_routes_and_no_others() {
    let server = Server::start(root());
    for (method, path, expected) in [
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/manifest.json", 200),
        ("HEAD", "/healthz", 200),
        ("GET", "/", 404),
        ("GET", "/mcp/", 404),
        ("GET", "/tools/get_order.toml", 404),
        ("GET", "/manifest.json/..%2f..%2ftoolface.toml", 404),
        ("POST", "/healthz", 405),
        ("DELETE", "/manifest.json", 405),
        ("PUT", "/mcp", 405),
        ("PATCH", "/mcp", 405),
    ] {
        assert_eq!(server.request(method, path, &[], b"").status, expected, "{method} {path}");
    }
    assert_eq!(server.get("/healthz").body, "ok\n");
    let mut ready = server.get("/readyz").json();
    assert!(ready["read"].as_str().is_some_and(|at| at.ends_with('Z')), "{ready}");
    ready["read"].take();
    assert_eq!(
        ready,
        json!({"ready": true, "server": "shop", "tools": 7, "widgets": 9, "read": null, "reload": {"ok": true}})
    );
    let manifest = server.get("/manifest.json").json();
    assert_eq!(manifest, run(root(), &["manifest"]).json());
    let resource = server.modern("resources/read", json!({"uri": "toolface://manifest"}));
    let text = resource["result"]["contents"][0]["text"].as_str().expect("a text");
    assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), manifest);
    // Nothing is kept between requests of 2026-07-28, so there is nothing to get or to delete.
    for method in ["GET", "DELETE"] {
        let headers = [("mcp-protocol-version", "2026-07-28"), ("accept", "text/event-stream")];
        assert_eq!(server.request(method, "/mcp", &headers, b"").status, 405, "{method}");
    }
}

#[test]
fn revisions_are_settled_as_each_of_them_says() {
    let server = Server::start(root());
    let found = server.modern("server/discover", json!({}))["result"].clone();
    assert_eq!(found["supportedVersions"], json!(["2025-06-18", "2025-11-25", "2026-07-28"]), "{found:#}");
    assert!(found["capabilities"]["extensions"]["io.modelcontextprotocol/ui"].is_object());
    assert!(found["instructions"].as_str().expect("words").contains("Pedal & Plum"));
    for (asked, given) in [
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
    ] {
        let params = json!({"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        let message =
            json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}).to_string();
        let headers =
            [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        let answer = server.request("POST", "/mcp", &headers, message.as_bytes());
        assert!(
            answer.body.contains(&format!("\"protocolVersion\":\"{given}\"")),
            "{asked}: {}",
            answer.body
        );
        assert!(answer.session.is_some(), "{asked}");
    }
    let unknown = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {"io.modelcontextprotocol/protocolVersion": "2099-01-01", "io.modelcontextprotocol/clientCapabilities": {}}}}).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2099-01-01"),
        ("mcp-method", "tools/list"),
    ];
    let answer = server.request("POST", "/mcp", &headers, unknown.as_bytes());
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(answer.json()["error"]["code"], -32022, "{}", answer.body);
}

/// A project of many tools.
pub fn crowd(tools: usize, settings: &str) -> Project {
    let project = Project::new()
        .file("toolface.toml", format!("[server]\nname = 'test'\n{settings}"))
        .file("widgets/card.widget", widget(r#"{"type":"Card","children":[]}"#, &json!({"type": "object"})));
    for n in 0..tools {
        let tool = "description = 'x'\nwidget = 'card'\nwidget_id = 'wig_1'\n[source.data]\n";
        project.write(&format!("tools/t{n:04}.toml"), tool);
    }
    project
}

#[test]
fn long_lists_come_in_pages() {
    let project = crowd(450, "");
    let server = Server::start(project.path());
    let session = server.session("2025-11-25", true);
    let pages = |ask: &dyn Fn(Value) -> Value| {
        let (mut names, mut lengths, mut params) = (Vec::new(), Vec::new(), json!({}));
        loop {
            let page = ask(params.clone())["result"].clone();
            let tools = page["tools"].as_array().expect("tools");
            lengths.push(tools.len());
            names.extend(tools.iter().map(|t| t["name"].as_str().expect("a name").to_owned()));
            match page["nextCursor"].as_str() {
                Some(cursor) => params = json!({ "cursor": cursor }),
                None => return (names, lengths),
            }
        }
    };
    let (names, lengths) = pages(&|params| server.modern("tools/list", params));
    assert_eq!(lengths, [200, 200, 52]);
    assert!(
        names.is_sorted() && names.iter().collect::<BTreeSet<_>>().len() == 452,
        "each tool once, in order"
    );
    assert_eq!(pages(&|params| session.request("tools/list", params)), (names, lengths));
    let cursor = server.modern("tools/list", json!({}))["result"]["nextCursor"].clone();
    for _ in 0..2 {
        let page = server.modern("tools/list", json!({ "cursor": cursor }))["result"].clone();
        assert_eq!(page["tools"][0]["name"], "t0200", "a cursor can be used again");
    }
    for cursor in ["nonsense", "", "200", "YWZ0ZXI", "////", "after:t0200"] {
        for list in ["tools/list", "resources/list", "resources/templates/list", "prompts/list"] {
            let told = server.modern(list, json!({ "cursor": cursor }));
            assert_eq!(told["error"]["code"], -32602, "{list} {cursor}: {told}");
        }
        assert_eq!(
            session.request("tools/list", json!({ "cursor": cursor }))["error"]["code"],
            -32602,
            "{cursor}"
        );
    }
    let mut client = StdioClient::initialized(project.path(), "2025-11-25", true);
    for cursor in [json!(5), json!(true), json!([]), json!({}), json!(1.5)] {
        let told = [
            server.modern("tools/list", json!({ "cursor": cursor })),
            session.request("prompts/list", json!({ "cursor": cursor })),
            client.request("tools/list", json!({ "cursor": cursor })),
            client.modern(true, "resources/list", json!({ "cursor": cursor })),
        ];
        for told in told {
            assert_eq!(told["error"]["code"], -32602, "{cursor}: {told}");
            assert!(told["id"].is_u64(), "{told}");
        }
    }
    assert!(server.modern("tools/list", json!({ "cursor": null }))["result"].is_object(), "none is none");
}

#[test]
fn lists_say_how_long_they_hold() {
    let project = crowd(5, "page_size = 2\nlist_ttl_ms = 1234\n");
    let server = Server::start(project.path());
    for (method, params) in [
        ("tools/list", json!({})),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("prompts/list", json!({})),
        ("resources/read", json!({"uri": "toolface://manifest"})),
        ("server/discover", json!({})),
    ] {
        let result = server.modern(method, params)["result"].clone();
        assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(1234), &json!("public")), "{method}");
        assert_eq!(result["resultType"], "complete", "{method}");
    }
    let page = server.modern("tools/list", json!({}))["result"].clone();
    assert_eq!(page["tools"].as_array().expect("tools").len(), 2);
    assert_eq!(page, server.modern("tools/list", json!({}))["result"], "the same list each time");
}

#[test]
fn a_port_in_use_is_told() {
    let server = Server::start(root());
    let mut command = toolface(root());
    let at = server.at.to_string();
    command.args(["serve", "--listen", &at]);
    let told = finish(command);
    assert_eq!((told.code, told.stdout.as_str()), (1, ""));
    assert!(
        told.stderr.contains(&format!("{at} is in use already")) && told.stderr.contains("--listen"),
        "{}",
        told.stderr
    );
    for address in ["nonsense", "127.0.0.1:99999", "203.0.113.7:80"] {
        let told = run(root(), &["serve", "--listen", address]);
        assert_eq!(told.code, 1, "{address}");
        assert!(told.stderr.contains(&format!("cannot listen on {address}")), "{address}: {}", told.stderr);
    }
}

fn ask_slowly(server: &Server) -> Value {
    server.call("slow", json!({}))
}

#[test]
fn a_call_ends_at_its_deadline() {
    let upstream = Upstream::slow(Duration::from_secs(60));
    let project = asking(&upstream, "timeout_ms = 20000\n[limits]\ncall_timeout_ms = 400\n");
    let mut server = Server::start(project.path());
    let start = Instant::now();
    let result = ask_slowly(&server);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(result["isError"], true);
    assert!(
        result["content"][0]["text"].as_str().expect("words").contains("did not answer in time"),
        "{result}"
    );
    assert!(server.log.wait_for("outcome=timeout").contains("slow"));
    assert_eq!(server.call("soon", json!({}))["isError"], false);
    assert!(server.is_well());
}

#[test]
fn a_caller_that_goes_away_frees_its_place() {
    let upstream = Upstream::slow(Duration::from_secs(60));
    let project = asking(&upstream, "timeout_ms = 50000\n[limits]\nconcurrent_calls = 1\n");
    let mut server = Server::start(project.path());
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "slow", "arguments": {}, "_meta": modern_meta(true)}}).to_string();
    let mut stream = server.connect();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: slow\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    upstream.wait_for(1);
    drop(stream);
    assert!(server.log.wait_for("outcome=cancelled").contains("slow"));
    // The only place is free again.
    assert_eq!(server.call("soon", json!({}))["isError"], false);
    // In a session, a notification says so.
    let mut session = server.session("2025-11-25", true);
    let call = json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {"name": "slow", "arguments": {}}});
    thread::scope(|scope| {
        let session = &session;
        let asked = scope.spawn(move || session.post(call));
        upstream.wait_for(2);
        session
            .post(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9}}));
        let answer = asked.join().expect("an answer");
        assert!(!answer.body.contains("\"structuredContent\""), "{}", answer.body);
    });
    session = server.session("2025-11-25", true);
    assert_eq!(session.call("soon", json!({}))["isError"], false);
    assert!(server.is_well());
}

#[test]
fn calls_beyond_the_limit_wait_for_their_turn() {
    let upstream = Upstream::slow(Duration::from_millis(200));
    let project = asking(&upstream, "[limits]\nconcurrent_calls = 1\n");
    let server = Server::start(project.path());
    let start = Instant::now();
    thread::scope(|scope| {
        let calls: Vec<_> = (0..4).map(|_| scope.spawn(|| ask_slowly(&server))).collect();
        for call in calls {
            assert_eq!(call.join().expect("an answer")["isError"], false);
        }
    });
    assert!(start.elapsed() >= Duration::from_millis(800), "one after the other: {:?}", start.elapsed());
}

#[test]
fn a_stop_lets_running_calls_finish() {
    let upstream = Upstream::slow(Duration::from_millis(1500));
    let project = asking(&upstream, "");
    for revision in ["2026-07-28", "2025-11-25"] {
        let before = upstream.seen().len();
        let server = Server::start(project.path());
        let session = (revision != "2026-07-28").then(|| server.session("2025-11-25", true));
        let result = thread::scope(|scope| {
            let call = scope.spawn(|| match &session {
                None => ask_slowly(&server),
                Some(session) => session.call("slow", json!({})),
            });
            upstream.wait_for(before + 1);
            server.ask_to_stop();
            server.log.wait_for("stopping");
            call.join().expect("an answer")
        });
        assert_eq!(result["structuredContent"]["data"]["title"], "slow", "{revision}");
        let at = server.at;
        let start = Instant::now();
        drop(session);
        assert_eq!(server.end(), 0, "{revision}");
        assert!(start.elapsed() < Duration::from_secs(5), "{revision}: {:?}", start.elapsed());
        assert!(std::net::TcpStream::connect(at).is_err(), "{revision}");
    }
}

#[test]
fn a_stop_does_not_wait_for_ever() {
    let upstream = Upstream::slow(Duration::from_secs(60));
    let server = Server::start(asking(&upstream, "timeout_ms = 50000\n[http]\ngrace_ms = 300\n").path());
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "slow", "arguments": {}, "_meta": modern_meta(true)}}).to_string();
    let mut stream = server.connect();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: slow\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    upstream.wait_for(1);
    // A client that waits for messages of its session, and one that never finishes its request.
    let session = server.session("2025-11-25", true);
    let mut waiting = server.connect();
    waiting.write_all(session.listening().as_bytes()).expect("sent");
    let mut first = [0; 12];
    waiting.read_exact(&mut first).expect("a stream");
    let mut half = server.connect();
    half.write_all(b"POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-le").expect("sent");
    drop(session);
    let start = Instant::now();
    server.ask_to_stop();
    assert_eq!(server.end(), 0);
    assert!(start.elapsed() < PATIENCE / 3, "{:?}", start.elapsed());
}

#[test]
fn each_call_is_one_line_of_the_log() {
    let server = Server::start_with(root(), &["--log-format", "json"]);
    server.call("get_order", json!({"order_id": "1001"}));
    server.call("get_order", json!({"order_id": "secretive"}));
    server.modern("tools/call", json!({"name": "none", "arguments": {}}));
    server.log.wait_for("unknown-tool");
    let lines: Vec<Value> = server
        .log
        .text()
        .lines()
        .filter(|l| l.contains("tools/call\""))
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    let told: Vec<_> =
        lines.iter().map(|l| (l["tool"].as_str(), l["widget"].as_str(), l["outcome"].as_str())).collect();
    assert_eq!(
        told,
        [
            (Some("get_order"), Some("order-card"), Some("ok")),
            (Some("get_order"), Some("-"), Some("arguments")),
            (Some("none"), Some("-"), Some("unknown-tool")),
        ]
    );
    assert!(lines.iter().all(|l| l["us"].is_u64() && l["transport"] == "http" && l["revision"] == "modern"));
    assert!(!server.log.text().contains("secretive"), "arguments are not logged");
}
