//! MCP over standard input and output: what a client may send, and how it may leave.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{PATIENCE, Project, StdioClient, Upstream, finish, root, toolface, widget};

/// A project whose tool `slow` asks `upstream`.
pub fn asking(upstream: &Upstream, more: &str) -> Project {
    let template = r#"{"type":"Card","children":[{"type":"Title","value":{{ title | tojson }}}]}"#;
    let schema =
        json!({"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]});
    let settings = format!(
        "[server]\nname = 'test'\n[connections.api]\nkind = 'http'\nurl = 'http://{}'\n{more}",
        upstream.at
    );
    let tool = |source: &str| format!("description = 'x'\nwidget = 'card'\nwidget_id = 'wig_1'\n{source}");
    Project::new()
        .file("toolface.toml", settings)
        .file("widgets/card.widget", widget(template, &schema))
        .file("tools/slow.toml", tool("source = { connection = 'api', path = '/slow' }"))
        .file("tools/soon.toml", tool("source.data = { title = 'soon' }"))
}

#[test]
fn a_line_that_is_no_message_is_told_and_the_session_goes_on() {
    let deep = "[".repeat(100_000);
    let lines: [(&[u8], Value, i64); 13] = [
        (b"{", Value::Null, -32700),
        (b"hello", Value::Null, -32700),
        (br#"{"jsonrpc": "2.0", "id": 1, "method": "ping""#, Value::Null, -32700),
        (b"\xff\xfe{}", Value::Null, -32700),
        (deep.as_bytes(), Value::Null, -32700),
        (b"null", Value::Null, -32600),
        (b"7", Value::Null, -32600),
        (b"\"ping\"", Value::Null, -32600),
        (b"{}", Value::Null, -32600),
        (br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, Value::Null, -32600),
        (br#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, json!(1), -32600),
        (br#"{"id":1,"method":"ping"}"#, json!(1), -32600),
        (br#"{"jsonrpc":"2.0","id":8,"method":"tools/call","params":[1]}"#, json!(8), -32602),
    ];
    // What can be read of the id comes back, because somebody waits for it.
    for mut client in [StdioClient::start(root()), StdioClient::initialized(root(), "2025-11-25", true)] {
        for (line, id, code) in &lines {
            client.send_line(line);
            let told = client.receive();
            let shown = String::from_utf8_lossy(&line[..line.len().min(60)]);
            assert_eq!((&told["id"], &told["error"]["code"]), (id, &json!(code)), "{shown}: {told}");
        }
        // Nothing to answer: blank lines, notifications, answers to questions nobody asked.
        for line in [
            "",
            "   ",
            r#"{"jsonrpc":"2.0","method":"notifications/nothing"}"#,
            r#"{"jsonrpc":"2.0","id":99,"result":{}}"#,
        ] {
            client.send_line(line.as_bytes());
        }
        let answer =
            client.modern(true, "tools/call", json!({"name": "get_stock", "arguments": {"symbol": "PDLP"}}));
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        client.leave();
        assert_eq!(client.end(), 0);
    }
}

#[test]
fn a_line_without_measure_is_dropped_and_the_next_is_read() {
    let project = Project::demo();
    let settings = std::fs::read_to_string(project.path().join("toolface.toml")).expect("settings");
    project.write("toolface.toml", format!("{settings}\n[http]\nmax_body_bytes = 4096\n"));
    let mut client = StdioClient::initialized(project.path(), "2025-11-25", true);
    for length in [5000, 3_000_000] {
        client.send_line(
            json!({"jsonrpc": "2.0", "id": 5, "method": "ping", "params": {"x": "y".repeat(length)}})
                .to_string()
                .as_bytes(),
        );
        let told = client.receive();
        assert_eq!(told["error"]["code"], -32600, "{told}");
        assert!(told["error"]["message"].as_str().expect("words").contains("4096 bytes"), "{told}");
        assert_eq!(client.call("get_order", json!({"order_id": "1001"}))["isError"], false);
    }
}

#[test]
fn clients_of_all_revisions_share_a_process() {
    let mut client = StdioClient::initialized(root(), "2025-06-18", false);
    let params = json!({"name": "get_order", "arguments": {"order_id": "1001"}});
    let old = client.request("tools/call", params.clone());
    let new = client.modern(true, "tools/call", params);
    assert_eq!(old["result"]["structuredContent"], new["result"]["structuredContent"]);
    assert_eq!(
        (&old["result"]["resultType"], &new["result"]["resultType"]),
        (&Value::Null, &json!("complete"))
    );
    let lengths = [&old, &new].map(|m| m["result"]["content"].as_array().expect("content").len());
    assert_eq!(lengths, [2, 1], "each as its own client asked");
}

#[test]
fn what_is_asked_wrongly_is_told_as_the_protocol_says() {
    let mut client = StdioClient::initialized(root(), "2025-11-25", true);
    for (method, params, code, words) in [
        ("tools/call", json!({"name": "get_ordr", "arguments": {}}), -32602, "did you mean get_order"),
        ("tools/call", json!({"name": "get_order", "arguments": [1]}), -32602, "tools/call"),
        ("tools/call", json!({"arguments": {}}), -32602, "tools/call"),
        ("tools/list", json!({"cursor": "nonsense"}), -32602, "cursor"),
        ("tools/fetch", json!({}), -32601, "tools/fetch"),
        ("resources/read", json!({"uri": "toolface://none"}), -32002, "toolface://none"),
        ("prompts/get", json!({"name": "none"}), -32602, "none"),
    ] {
        let told = client.request(method, params.clone());
        assert_eq!(told["error"]["code"], code, "{method} {params}: {told}");
        assert!(told["error"].to_string().contains(words), "{method} {params}: {told}");
    }
    assert_eq!(client.call("get_order", json!({"order_id": "1001"}))["isError"], false);
}

#[test]
fn many_calls_can_be_under_way() {
    let mut client = StdioClient::initialized(root(), "2025-11-25", true);
    let asked: BTreeSet<u64> = (1000..1300).collect();
    for id in &asked {
        let (tool, arguments) = match id % 3 {
            0 => ("get_order", json!({"order_id": "1001"})),
            1 => ("get_order", json!({"order_id": "9999"})),
            _ => ("search_products", json!({})),
        };
        client.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}));
    }
    let answered: BTreeSet<u64> = asked
        .iter()
        .map(|_| {
            let answer = client.receive();
            let id = answer["id"].as_u64().expect("an id");
            assert_eq!(answer["result"]["isError"], json!(id % 3 == 1), "{answer}");
            id
        })
        .collect();
    assert_eq!(answered, asked);
}

#[test]
fn a_slow_call_holds_no_other_up() {
    let upstream = Upstream::slow(Duration::from_secs(2));
    let mut client = StdioClient::initialized(asking(&upstream, "").path(), "2025-11-25", true);
    client.send(&json!({"jsonrpc": "2.0", "id": "slow", "method": "tools/call", "params": {"name": "slow"}}));
    upstream.wait_for(1);
    assert_eq!(client.call("soon", json!({}))["structuredContent"]["data"]["title"], "soon");
    let answer = client.receive();
    assert_eq!(
        (&answer["id"], &answer["result"]["structuredContent"]["data"]["title"]),
        (&json!("slow"), &json!("slow"))
    );
}

#[test]
fn a_call_can_be_taken_back() {
    let upstream = Upstream::slow(Duration::from_secs(3));
    let mut client = StdioClient::initialized(asking(&upstream, "").path(), "2025-11-25", true);
    client.send(&json!({"jsonrpc": "2.0", "id": 77, "method": "tools/call", "params": {"name": "slow"}}));
    upstream.wait_for(1);
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 77}}));
    let line = client.log.wait_for("outcome=cancelled");
    assert!(line.contains("slow"), "{line}");
    assert_eq!(client.call("soon", json!({}))["isError"], false);
    assert!(client.is_silent_for(Duration::from_millis(3300)), "a cancelled call is not answered");
}

#[test]
fn a_client_that_leaves_still_gets_its_answers() {
    let upstream = Upstream::slow(Duration::from_millis(800));
    let mut client = StdioClient::initialized(asking(&upstream, "").path(), "2025-11-25", true);
    client.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "slow"}}));
    client.leave();
    assert_eq!(client.receive()["result"]["structuredContent"]["data"]["title"], "slow");
    assert_eq!(client.end(), 0);
    // Asked to stop, it does the same.
    let mut client = StdioClient::initialized(asking(&upstream, "").path(), "2025-11-25", true);
    client.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "slow"}}));
    upstream.wait_for(2);
    client.ask_to_stop();
    assert_eq!(client.receive()["result"]["structuredContent"]["data"]["title"], "slow");
    assert_eq!(client.end(), 0);
}

#[test]
fn a_client_that_is_gone_is_not_waited_for() {
    let upstream = Upstream::slow(Duration::from_secs(60));
    let project = asking(&upstream, "[http]\ngrace_ms = 300\n");
    let mut client = StdioClient::initialized(project.path(), "2025-11-25", true);
    client.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "slow"}}));
    upstream.wait_for(1);
    let start = Instant::now();
    client.leave();
    assert_eq!(client.end(), 0);
    assert!(start.elapsed() < PATIENCE / 3, "{:?}", start.elapsed());
    // Nobody reads either: writing fails, and that is no reason to stay.
    let mut command = toolface(root());
    command.arg("stdio").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the executable");
    drop(child.stdout.take());
    let line = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
    let mut stdin = child.stdin.take().expect("stdin");
    let _ = std::io::Write::write_all(&mut stdin, format!("{line}\n").as_bytes());
    drop(stdin);
    let start = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        assert!(start.elapsed() < PATIENCE, "it stays");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn standard_output_holds_messages_and_nothing_else() {
    // Reading a line that is no JSON would end this test.
    let mut client = StdioClient::start_with(root(), &["--log", "trace", "--log-format", "json"]);
    let answer =
        client.modern(false, "tools/call", json!({"name": "get_order", "arguments": {"order_id": "1001"}}));
    assert_eq!(answer["result"]["isError"], false);
    client.modern(false, "tools/list", json!({}));
    let line: Value = serde_json::from_str(&client.log.wait_for("tools/call\"")).expect("a line of JSON");
    assert_eq!(
        (&line["tool"], &line["outcome"], &line["transport"]),
        (&json!("get_order"), &json!("ok"), &json!("stdio"))
    );
    client.leave();
    assert!(client.is_silent_for(Duration::from_millis(100)));
    assert_eq!(client.end(), 0);
    // Nobody there at all.
    let mut command = toolface(root());
    command.arg("stdio");
    let alone = finish(command);
    assert_eq!((alone.code, alone.stdout.as_str()), (0, ""), "{}", alone.stderr);
}
