//! What no client should send and no author should write. After each, the server still serves.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Answer, Project, Server, modern_meta, root, widget};

/// Still there, and still right.
fn serves(server: &mut Server, what: &str) {
    assert!(server.is_well(), "after {what}: {}", server.log.text());
    let answer = server.call("get_order", json!({"order_id": "1001"}));
    assert_eq!(answer["structuredContent"]["data"]["total"], "$227.90", "after {what}");
}

/// A body as a client of 2026-07-28 posts it.
fn post(server: &Server, method: &str, name: &str, body: &[u8]) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
        ("mcp-name", name),
    ];
    server.request("POST", "/mcp", &headers, body)
}

#[test]
fn what_is_no_message_is_told_as_json_rpc_tells_it() {
    let mut server = Server::start(root());
    let deep = "[".repeat(200_000);
    let bodies: [(&[u8], i64); 11] = [
        (b"", -32700),
        (b"{", -32700),
        (b"hello", -32700),
        (b"\xff\xfe", -32700),
        (br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_order""#, -32700),
        (deep.as_bytes(), -32700),
        (b"[]", -32600),
        (br#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#, -32600),
        (b"null", -32600),
        (b"{}", -32600),
        (br#"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#, -32600),
    ];
    for (body, code) in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let answer = post(&server, "tools/call", "get_order", body);
        assert_eq!(answer.status, 400, "{shown}: {}", answer.body);
        assert_eq!(answer.json()["error"]["code"], code, "{shown}: {}", answer.body);
        serves(&mut server, &shown);
    }
}

#[test]
fn what_is_asked_wrongly_is_told_as_the_protocol_says() {
    let mut server = Server::start(root());
    let order = json!({"order_id": "1001"});
    for (method, params, code, words) in [
        ("tools/call", json!({"name": "get_ordr", "arguments": order}), -32602, "did you mean get_order"),
        ("tools/call", json!({"name": "../get_order", "arguments": order}), -32602, "Unknown tool"),
        ("tools/call", json!({"name": "get_order", "arguments": "x"}), -32602, "tools/call"),
        ("tools/call", json!({"name": 7}), -32602, "tools/call"),
        ("tools/burn", json!({}), -32601, "tools/burn"),
        ("resources/read", json!({"uri": "file:///etc/passwd"}), -32602, "not found"),
        ("prompts/get", json!({"name": "none"}), -32602, "Unknown prompt"),
        ("initialize", json!({}), -32601, "initialize"),
        ("ping", json!({}), -32601, "ping"),
    ] {
        let told = server.modern(method, params.clone());
        assert_eq!(told["error"]["code"], code, "{method} {params}: {told}");
        assert!(told["error"].to_string().contains(words), "{method} {params}: {told}");
        serves(&mut server, method);
    }
    // Headers that say something else than the body.
    let message = |meta: Value| {
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get_order", "arguments": order, "_meta": meta}}).to_string()
    };
    for (method, name, meta) in [
        ("tools/list", "get_order", modern_meta(true)),
        ("tools/call", "get_stock", modern_meta(true)),
        ("tools/call", "get_order", json!({})),
        ("tools/call", "get_order", json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28"})),
        ("tools/call", "get_order", json!({"io.modelcontextprotocol/protocolVersion": 7})),
    ] {
        let answer = post(&server, method, name, message(meta.clone()).as_bytes());
        assert_eq!(answer.status, 400, "{method} {name} {meta}: {}", answer.body);
        assert!(answer.json()["error"]["code"].is_i64(), "{}", answer.body);
        serves(&mut server, name);
    }
    let old = server.session("2025-11-25", true);
    let gone = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-session-id", "none"),
        ("mcp-protocol-version", "2025-11-25"),
    ];
    assert_eq!(
        server.request("POST", "/mcp", &headers, gone.as_bytes()).status,
        404,
        "a session that never was"
    );
    assert_eq!(old.call("get_order", order)["isError"], false);
}

#[test]
fn bytes_that_are_no_request_harm_nobody() {
    let mut server = Server::start(root());
    let header = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    for bytes in [
        &b"\0\x01\x02\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"POST /mcp HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        header.as_bytes(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut stream = server.connect();
        stream.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout");
        let _ = stream.write_all(bytes);
        let _ = std::io::Read::read(&mut stream, &mut [0; 64]);
        drop(stream);
        serves(&mut server, &String::from_utf8_lossy(&bytes[..bytes.len().min(20)]));
    }
    // Many who begin a request and never go on.
    let half: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(b"POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{").expect("sent");
            stream
        })
        .collect();
    serves(&mut server, "200 half requests");
    drop(half);
    serves(&mut server, "200 lost connections");
}

#[test]
fn many_at_once_are_all_answered() {
    let mut server = Server::start(root());
    thread::scope(|scope| {
        let server = &server;
        let clients: Vec<_> = (0..24)
            .map(|n| {
                scope.spawn(move || {
                    let order = if n % 2 == 0 { "1001" } else { "9999" };
                    (0..8).all(|_| {
                        server.call("get_order", json!({ "order_id": order }))["isError"] == json!(n % 2 == 1)
                    })
                })
            })
            .collect();
        assert!(clients.into_iter().all(|client| client.join().expect("a client")));
    });
    serves(&mut server, "a crowd");
}

/// Templates that cost or print too much, or print what is no widget, once `n` is this.
fn hostile() -> Vec<(&'static str, String, u64)> {
    let card = |inner: &str| format!(r#"{{"type":"Card","children":[{inner}]}}"#);
    let nodes =
        r#"{% for i in range(n) %}{"type":"Text","value":"x"}{% if not loop.last %},{% endif %}{% endfor %}"#;
    let loops = "{% for i in range(n) %}{% for j in range(n) %}{% for k in range(n) %}{% endfor %}{% endfor %}{% endfor %}";
    let flood = r#"{"type":"Text","value":"{% for i in range(n) %}{{ 'x' * 10000 }}{% endfor %}"}"#;
    let bomb = r#"{"type":"Text","value":{{ ('x' * n * 1000) | tojson }}}"#;
    let macros = "{% macro again(n) %}{{ again(n + 1) }}{% endmacro %}{% if n %}{{ again(n) }}{% endif %}";
    let nested = r#"{% for i in range(n) %}{"type":"Box","children":[{% endfor %}{% for i in range(n) %}]}{% endfor %}"#;
    let broken = r#"{"type":"Text","value":{% if n %}oops{% else %}"x"{% endif %}}"#;
    let unknown = r#"{"type":"{% if n %}Txet{% else %}Text{% endif %}","value":"x"}"#;
    vec![
        ("nodes", card(nodes), 30_000),
        ("loops", card(loops), 100_000),
        ("flood", card(flood), 100_000),
        ("bomb", card(bomb), 1_000_000_000),
        ("macros", macros.to_owned() + &card(""), 1),
        ("nested", card(nested), 5_000),
        ("broken", card(broken), 1),
        ("unknown", card(unknown), 1),
    ]
}

#[test]
fn templates_without_end_are_stopped() {
    let project = Project::demo();
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    for (name, template, _) in hostile() {
        project.write(&format!("widgets/{name}.widget"), widget(&template, &schema));
        let tool = format!(
            "description = 'x'\nwidget = '{name}'\nwidget_id = 'wig_{name}'\ninput.n = {{ type = 'integer' }}\n[source.data]\nn = 0\n[data]\nselect = '{{n: $args.n}}'\n"
        );
        project.write(&format!("tools/{name}.toml"), tool);
    }
    let mut server = Server::start(project.path());
    for (name, _, n) in hostile() {
        // What is bounded is bounded generously: a tree of 10,000 components is drawn.
        let fits = if name == "nodes" { 10_000 } else { 0 };
        let small = server.call(name, json!({ "n": fits }));
        assert_eq!(small["isError"], false, "{name}: {small:#}");
        let start = Instant::now();
        let result = server.call(name, json!({ "n": n }));
        assert_eq!(result["isError"], true, "{name}");
        assert_eq!(
            (&result["structuredContent"], &result["_meta"]["dev.toolface/widget"]),
            (&Value::Null, &Value::Null),
            "{name}"
        );
        let told = result["content"][0]["text"].as_str().expect("words");
        assert!(told.contains(&format!("`{name}` could not be drawn")), "{name}: {told}");
        assert!(start.elapsed() < Duration::from_secs(15), "{name}: {:?}", start.elapsed());
        let line = server.log.wait_for(&format!("tool={name} widget=- outcome=render"));
        assert!(!line.contains("detail=-"), "the author is told why: {line}");
        serves(&mut server, name);
    }
}

#[test]
fn statements_and_programs_without_end_are_stopped() {
    let project = Project::demo();
    let tool = |source: &str| {
        format!("description = 'x'\nwidget = 'card'\nwidget_id = 'wig_1'\ntimeout_ms = 700\n{source}")
    };
    let schema = json!({"type": "object", "properties": {"n": {}}});
    project.write("widgets/card.widget", widget(r#"{"type":"Card","children":[]}"#, &schema));
    let endless = "source = { connection = 'shop', returns = 'one', sql = 'with recursive c(n) as (select 1 union all select n + 1 from c) select max(n) as n from c' }";
    project.write("tools/endless.toml", tool(endless));
    let rows = "source = { connection = 'shop', sql = 'with recursive c(n) as (select 1 union all select n + 1 from c) select n from c' }\ndata = { select = '{n: length}' }";
    project.write("tools/rows.toml", tool(rows));
    let bytes =
        "source = { connection = 'shop', returns = 'one', sql = 'select hex(zeroblob(5000000)) as n' }";
    project.write("tools/bytes.toml", tool(bytes));
    let value = "source = { connection = 'shop', returns = 'one', sql = 'select length(hex(zeroblob(400000000))) as n' }";
    project.write("tools/value.toml", tool(value));
    project
        .write("tools/jq.toml", tool("source.data = { n = 1 }\ndata = { select = '{n: last(repeat(1))}' }"));
    let mut server = Server::start(project.path());
    for (name, words) in [
        ("endless", "time"),
        ("rows", "10000"),
        ("bytes", "4194 kB"),
        ("value", "67108 kB"),
        ("jq", "could not be put together"),
    ] {
        let start = Instant::now();
        let result = server.call(name, json!({}));
        assert_eq!(result["isError"], true, "{name}: {result:#}");
        let told = result["content"][0]["text"].as_str().expect("words");
        assert!(told.contains(words), "{name}: {told}");
        assert!(start.elapsed() < Duration::from_secs(10), "{name}: {:?}", start.elapsed());
        serves(&mut server, name);
    }
}

#[test]
fn schemas_that_lead_to_themselves_are_no_trap() {
    let project = Project::demo();
    let schema = json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "next": {"$ref": "#"}, "twin": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["name", "next"],
    });
    let template = r#"{"type":"Card","children":[{"type":"Text","value":{{ name | tojson }}}]}"#;
    project.write("widgets/chain.widget", widget(template, &schema));
    project.write("tools/chain.toml", "description = 'x'\nwidget = 'chain'\nwidget_id = 'wig_1'\non_missing = 'partial'\n[source.data]\nname = 'x'\n");
    let mut server = Server::start(project.path());
    let result = server.call("chain", json!({}));
    assert!(result["isError"].is_boolean(), "{result:#}");
    serves(&mut server, "a schema of itself");
    // Arguments as deep as JSON may be.
    let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"chain","arguments":{deep},"_meta":{}}}}}"#,
        modern_meta(true)
    );
    assert_eq!(post(&server, "tools/call", "chain", body.as_bytes()).json()["result"]["isError"], true);
    serves(&mut server, "deep arguments");
}
