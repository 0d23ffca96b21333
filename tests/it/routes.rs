//! Routes: sets of tools served as servers of their own, over both transports and at both revisions.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::crowd;
use crate::stdio::asking;
use crate::support::{PATIENCE, Project, Server, StdioClient, Upstream, modern_meta, root, run, widget};

/// A client of one endpoint: asks a method, gets the JSON-RPC message.
type Ask<'s> = Box<dyn FnMut(&str, Value) -> Value + 's>;

/// The four ways to a route.
fn ways<'s>(server: &'s Server, dir: &Path, path: &'s str) -> Vec<(&'static str, Ask<'s>)> {
    let args = ["--route", path.strip_prefix("/mcp/").expect("a route")];
    let session = server.session_at(path, "2025-11-25", true);
    let mut modern = StdioClient::start_with(dir, &args);
    let mut legacy = StdioClient::initialized_with(dir, &args, "2025-11-25", true);
    vec![
        ("HTTP, 2026-07-28", Box::new(|method, params| server.modern_at(path, true, method, params))),
        ("HTTP, 2025-11-25", Box::new(move |method, params| session.request(method, params))),
        ("stdio, 2026-07-28", Box::new(move |method, params| modern.modern(true, method, params))),
        ("stdio, 2025-11-25", Box::new(move |method, params| legacy.request(method, params))),
    ]
}

fn strings<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    list.as_array().expect("a list").iter().map(|entry| entry[key].as_str().expect("a text")).collect()
}

/// Tools a model is offered: those a host does not hide.
fn for_the_model(tools: &Value) -> Vec<&str> {
    let entries = tools.as_array().expect("tools").iter();
    let offered = entries.filter(|tool| {
        let told = tool["_meta"]["ui"]["visibility"].as_array();
        told.is_none_or(|told| told.contains(&json!("model")))
    });
    offered.map(|tool| tool["name"].as_str().expect("a name")).collect()
}

#[test]
fn a_route_is_a_server_of_its_own() {
    let project = Project::demo_alone();
    let server = Server::start(project.path());
    let order = json!({"name": "get_order", "arguments": {"order_id": "1001"}});
    let plain = server.modern("tools/call", order.clone())["result"].clone();
    for (way, mut ask) in ways(&server, project.path(), "/mcp/get_order") {
        let tools = ask("tools/list", json!({}))["result"]["tools"].clone();
        assert_eq!(for_the_model(&tools), ["get_order"], "{way}");
        let companions = ["book_appointment", "confirm_appointment", "search_products"];
        let all = [&companions[..2], &["get_order"], &companions[2..], &["toolface_render", "track_package"]];
        assert_eq!(strings(&tools, "name"), all.concat(), "{way}");
        for tool in tools.as_array().expect("tools").iter().filter(|tool| tool["name"] != "get_order") {
            let meta = &tool["_meta"];
            assert_eq!(meta["ui"], json!({"visibility": ["app"]}), "{way}: {tool}");
            assert_eq!(meta["openai/widgetAccessible"], true, "{way}: {tool}");
            assert!(meta["openai/outputTemplate"].is_null(), "{way}: {tool}");
        }
        let mut called = ask("tools/call", order.clone())["result"].clone();
        for key in ["content", "structuredContent", "isError"] {
            assert_eq!(called[key], plain[key], "{way}");
        }
        if let Some(server) = called["_meta"].get_mut("io.modelcontextprotocol/serverInfo") {
            assert_eq!(server["title"], "Toolface demo shop: Order status", "{way}");
        }
        let outside = ask("tools/call", json!({"name": "get_stock", "arguments": {"symbol": "PDLP"}}));
        assert_eq!(outside["error"]["code"], -32602, "{way}: {outside}");
        assert!(outside["error"]["message"].as_str().is_some_and(|m| m.contains("Unknown tool: get_stock")));
        // Broken arguments take the long way, which must not be a way out.
        let outside = ask("tools/call", json!({"name": "get_stock", "arguments": null, "more": 1}));
        assert!(outside["error"]["code"].is_i64(), "{way}: {outside}");
        let templates = ask("resources/templates/list", json!({}));
        assert_eq!(templates["result"]["resourceTemplates"], json!([]), "{way}");
        let prompts = ask("prompts/list", json!({}))["result"]["prompts"].clone();
        assert_eq!(
            (&prompts[0]["name"], &prompts[1]),
            (&json!("widget-instructions"), &Value::Null),
            "{way}"
        );
    }
    // Beside all that the whole project is what it was.
    let tools = server.modern("tools/list", json!({}))["result"]["tools"].clone();
    assert_eq!(tools.as_array().map(Vec::len), Some(8));
    assert_eq!(for_the_model(&tools).len(), 7);
}

#[test]
fn a_route_says_which_it_is() {
    let project = Project::demo();
    let settings = std::fs::read_to_string(root().join("toolface.toml")).expect("settings");
    let routes = "\n[routes.help]\ntitle = 'Orders and parcels'\ndescription = ' Where things are. '\ntools = ['track_package', 'get_order']\n[routes.both]\ntools = ['get_stock', 'get_order']\n";
    project.write("toolface.toml", settings + routes);
    let server = Server::start(project.path());
    let told = |path: &str| server.modern_at(path, true, "server/discover", json!({}))["result"].clone();
    let help = told("/mcp/help");
    let about = &help["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(
        (&about["name"], &about["title"]),
        (&json!("shop"), &json!("Toolface demo shop: Orders and parcels"))
    );
    assert_eq!(help["instructions"], "Where things are.");
    let both = told("/mcp/both");
    assert_eq!(both["_meta"]["io.modelcontextprotocol/serverInfo"]["title"], "Toolface demo shop: both");
    let words = both["instructions"].as_str().expect("words");
    assert!(words.starts_with("- get_stock: ") && words.contains("\n- get_order: "), "{words}");
    assert!(told("/mcp")["instructions"].as_str().expect("words").contains("Pedal & Plum"));
    let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
    let headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    let answer = server.request("POST", "/mcp/help", &headers, initialize.to_string().as_bytes());
    for part in ["\"Toolface demo shop: Orders and parcels\"", "\"Where things are.\"", "\"shop\""] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
}

#[test]
fn a_route_shows_its_own_widgets_alone() {
    let server = Server::start(root());
    let whole = server.modern("resources/list", json!({}))["result"]["resources"].clone();
    let foreign = strings(&whole, "uri").into_iter().find(|uri| uri.contains("/stock-")).expect("a page");
    for (way, mut ask) in ways(&server, root(), "/mcp/get_order") {
        let listed = ask("resources/list", json!({}))["result"]["resources"].clone();
        let uris = strings(&listed, "uri");
        let &[manifest, page] = uris.as_slice() else { panic!("{way}: {uris:?}") };
        assert_eq!(manifest, "toolface://manifest", "{way}");
        assert!(page.starts_with("ui://shop/order-card/"), "{way}: {page}");
        let read = ask("resources/read", json!({"uri": page}))["result"]["contents"][0].clone();
        let html = read["text"].as_str().expect("a page");
        assert_eq!(listed[1]["size"], html.len(), "{way}");
        let data = html.split("id=\"toolface\">").nth(1).and_then(|rest| rest.split("</script>").next());
        let data: Value = serde_json::from_str(data.expect("data")).expect("JSON");
        // Each tool the page may call is there to be called.
        let tools = ask("tools/list", json!({}))["result"]["tools"].clone();
        let there = strings(&tools, "name");
        for (name, about) in data["tools"].as_object().expect("tools") {
            assert!(there.contains(&name.as_str()), "{way}: {name}");
            for action in about["actions"].as_object().expect("actions").values() {
                assert!(there.contains(&action["tool"].as_str().expect("a tool")), "{way}: {action}");
            }
        }
        assert!(ask("resources/read", json!({"uri": foreign}))["error"].is_object(), "{way}");
        // A page without a tree asks for it; other widgets are not drawn here.
        let draw =
            |widget: &str| json!({"name": "toolface_render", "arguments": {"widget": widget, "data": {}}});
        let refused = ask("tools/call", draw("stock-card"))["result"].clone();
        assert_eq!(refused["isError"], true, "{way}");
        let words = refused["content"][0]["text"].as_str().expect("words");
        assert!(words.contains("order-card") && !words.contains("stock-card"), "{way}: {words}");
        assert_eq!(ask("tools/call", draw("order-closed"))["result"]["isError"], false, "{way}");
    }
}

/// The payload of an action somewhere in a tree.
fn payload(tree: &Value, kind: &str) -> Option<Value> {
    if tree["type"] == kind && tree["payload"].is_object() {
        return Some(tree["payload"].clone());
    }
    match tree {
        Value::Array(items) => items.iter().find_map(|item| payload(item, kind)),
        Value::Object(object) => object.values().find_map(|value| payload(value, kind)),
        _ => None,
    }
}

#[test]
fn an_action_works_through_a_companion() {
    let server = Server::start(root());
    for (way, mut ask) in ways(&server, root(), "/mcp/get_order") {
        let card = ask("tools/call", json!({"name": "get_order", "arguments": {"order_id": "1001"}}));
        let pressed = payload(&card["result"]["_meta"]["dev.toolface/widget"]["tree"], "order.track");
        let pressed = pressed.expect("a button");
        let manifest =
            ask("resources/read", json!({"uri": "toolface://manifest"}))["result"]["contents"][0].clone();
        let manifest: Value = serde_json::from_str(manifest["text"].as_str().expect("a text")).expect("JSON");
        let bindings = manifest["bindings"].as_array().expect("bindings");
        let binding = |tool: &str| bindings.iter().find(|b| b["tool"] == tool).expect("a binding");
        let action = &binding("get_order")["actions"]["order.track"];
        assert_eq!(binding("track_package")["visibility"], json!(["app"]), "{way}");
        let arguments: serde_json::Map<String, Value> = action["arguments"]
            .as_object()
            .expect("arguments")
            .iter()
            .map(|(argument, field)| (argument.clone(), pressed[field.as_str().expect("a field")].clone()))
            .collect();
        let answer =
            ask("tools/call", json!({"name": action["tool"], "arguments": arguments}))["result"].clone();
        assert_eq!(answer["structuredContent"]["widget_type"], "package-tracking", "{way}: {answer}");
        assert_eq!(
            answer["structuredContent"],
            server.call("track_package", arguments.into())["structuredContent"]
        );
        let told = manifest["routes"].as_array().expect("routes");
        assert_eq!((told.len(), &told[0]["name"]), (1, &json!("get_order")), "{way}");
    }
}

/// Tools that lead to each other by the button of their widget.
fn chain(settings: &str) -> Project {
    let button = r#"{"type":"Card","children":[{"type":"Button","label":"Go","onClickAction":{"type":"go","payload":{}}}]}"#;
    let tool = |more: &str, to: Option<&str>| {
        let action = to.map(|to| format!("[actions.go]\ntool = '{to}'\n")).unwrap_or_default();
        format!(
            "title = 'T'\ndescription = 'Does.'\nwidget = 'card'\nwidget_id = 'wig_1'\n{more}\n[source.data]\n{action}"
        )
    };
    Project::new()
        .file("toolface.toml", format!("[server]\nname = 'test'\n{settings}"))
        .file("widgets/card.widget", widget(button, &json!({"type": "object"})))
        .file("tools/a.toml", tool("", Some("b")))
        .file("tools/b.toml", tool("", Some("hidden")))
        .file("tools/hidden.toml", tool("visibility = ['app']", Some("a")))
        .file("tools/leads.toml", tool("", Some("silent")))
        .file("tools/silent.toml", tool("visibility = ['model']", Some("a")))
        .file(
            "tools/words.toml",
            "description = 'Says.'\n[source.result]\ncontent = [{ type = 'text', text = 'Hi' }]\n",
        )
}

fn routes_of(project: &Project) -> Value {
    run(project.path(), &["manifest"]).json()["routes"].clone()
}

#[test]
fn without_routes_there_is_one_per_tool() {
    let route = |name: &str, companions: &[&str]| json!({"name": name, "title": "T", "description": "Does.", "path": format!("/mcp/{name}"), "tools": [name], "companions": companions});
    // A tool for the model alone does not become one for widgets because an action names it.
    let expected = json!([
        route("a", &["b", "hidden", "toolface_render"]),
        route("b", &["a", "hidden", "toolface_render"]),
        route("leads", &["toolface_render"]),
        route("silent", &["a", "b", "hidden", "toolface_render"]),
        {"name": "words", "description": "Says.", "path": "/mcp/words", "tools": ["words"], "companions": []},
    ]);
    let project = chain("");
    assert_eq!(routes_of(&project), expected);
    let server = Server::start(project.path());
    for route in expected.as_array().expect("routes") {
        let path = route["path"].as_str().expect("a path");
        let tools = server.modern_at(path, true, "tools/list", json!({}))["result"]["tools"].clone();
        assert_eq!(json!(for_the_model(&tools)), route["tools"], "{path}");
        let names = |key: &str| route[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut all: Vec<&str> = names("tools").chain(names("companions")).collect();
        // Where there are views, they tell the studio by a tool of its own.
        all.extend(all.contains(&"toolface_render").then_some("toolface_seen"));
        all.sort_unstable();
        assert_eq!(strings(&tools, "name"), all, "{path}");
    }
    assert_eq!(server.get("/mcp/hidden").status, 404, "no route for what only widgets call");
}

#[test]
fn routes_are_as_they_are_written_and_may_overlap() {
    let project = chain(
        "[routes.one]\ntools = ['b', 'a']\n[routes.two]\ntitle = 'Two'\ndescription = 'Twice.'\ntools = ['hidden', 'a']\n[routes.'v1.0_x-y']\ntools = ['words']\n",
    );
    assert_eq!(
        routes_of(&project),
        json!([
            {"name": "one", "description": "- b: Does.\n- a: Does.", "path": "/mcp/one", "tools": ["b", "a"], "companions": ["hidden", "toolface_render"]},
            {"name": "two", "title": "Two", "description": "Twice.", "path": "/mcp/two", "tools": ["a"], "companions": ["b", "hidden", "toolface_render"]},
            {"name": "v1.0_x-y", "description": "Says.", "path": "/mcp/v1.0_x-y", "tools": ["words"], "companions": []},
        ])
    );
    let server = Server::start(project.path());
    assert_eq!(server.get("/mcp/a").status, 404, "named routes stand instead of those by tool");
    for (path, tools) in [
        ("/mcp/one", &["a", "b"][..]),
        ("/mcp/two", &["a"]),
        ("/mcp/v1.0_x-y", &["words"]),
        ("/mcp/%6Fne", &["a", "b"]),
    ] {
        let listed = server.modern_at(path, true, "tools/list", json!({}))["result"]["tools"].clone();
        assert_eq!(for_the_model(&listed), tools, "{path}");
    }
    let strict = run(project.path(), &["check"]);
    assert_eq!(strict.code, 0, "{}", strict.stdout);
}

#[test]
fn an_unknown_route_is_told_with_those_there_are() {
    let server = Server::start(root());
    let all = json!([
        "book_appointment",
        "confirm_appointment",
        "get_order",
        "get_profile",
        "get_stock",
        "search_products",
        "track_package"
    ]);
    for method in ["GET", "POST", "DELETE", "PUT"] {
        let told = server.request(method, "/mcp/get_ordr", &[], b"{}");
        assert_eq!(told.status, 404, "{method}");
        assert_eq!(
            told.json(),
            json!({"error": "there is no route `get_ordr`", "help": "did you mean `get_order`?", "routes": all, "more": 0})
        );
    }
    let long = format!("/mcp/{}", "x".repeat(20_000));
    for path in [
        "/mcp/",
        "/mcp/get_order/",
        "/mcp/a/b",
        "/mcp/..%2f..%2ftoolface.toml",
        "/mcp/%ff",
        "/mcp/toolface_render",
        &long,
    ] {
        let told = server.get(path);
        assert_eq!((told.status, &told.json()["routes"]), (404, &all), "{path}");
        let slip = matches!(path, "/mcp/" | "/mcp/get_order/");
        assert_eq!(told.json()["help"] == "take the slash at the end away", slip, "{path}");
        assert!(told.body.len() < 500, "{path}");
    }
    let foreign = "POST /mcp/get_order HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    assert!(server.raw(foreign.as_bytes()).starts_with("HTTP/1.1 403"));
    let told = run(root(), &["stdio", "--route", "get_ordr"]);
    assert_eq!((told.code, told.stdout.as_str()), (2, ""));
    assert_eq!(told.stderr, "error: there is no route `get_ordr`; did you mean `get_order`?\n");
    let told = run(root(), &["stdio", "--route", "zzzzzz"]);
    assert_eq!(told.code, 2);
    assert!(
        told.stderr.contains("there are: book_appointment, ") && !told.stderr.contains("more"),
        "{}",
        told.stderr
    );
}

#[test]
fn a_session_belongs_to_the_endpoint_it_began_at() {
    let server = Server::start(root());
    let (whole, route) =
        (server.session("2025-11-25", true), server.session_at("/mcp/get_stock", "2025-11-25", true));
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    for (session, elsewhere) in
        [(&whole, "/mcp/get_stock"), (&route, "/mcp"), (&route, "/mcp/get_order"), (&whole, "/mcp/none")]
    {
        assert_eq!(session.moved(elsewhere).post(list.clone()).status, 404, "{elsewhere}");
        assert_eq!(session.post(list.clone()).status, 200, "{elsewhere}");
    }
}

#[test]
fn all_endpoints_share_what_calls_may_cost_and_end_together() {
    let upstream = Upstream::slow(Duration::from_millis(300));
    let project = asking(&upstream, "[limits]\nconcurrent_calls = 1\n");
    let server = Server::start(project.path());
    let slow = |path: &str| {
        let params = json!({"name": "slow", "arguments": {}});
        server.modern_at(path, true, "tools/call", params)["result"]["isError"] == false
    };
    let session = server.session_at("/mcp/slow", "2025-11-25", true);
    let start = Instant::now();
    thread::scope(|scope| {
        let plain = scope.spawn(|| slow("/mcp"));
        let route = scope.spawn(|| slow("/mcp/slow"));
        let legacy = scope.spawn(|| session.call("slow", json!({}))["isError"] == false);
        assert!([plain, route, legacy].into_iter().all(|call| call.join().expect("an answer")));
    });
    assert!(start.elapsed() >= Duration::from_millis(900), "one after the other: {:?}", start.elapsed());
    // A stop waits for a call on a route.
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "slow", "arguments": {}, "_meta": modern_meta(true)}}).to_string();
    let head = "POST /mcp/slow HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: slow";
    let request = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    thread::scope(|scope| {
        let server = &server;
        let waiting = scope.spawn(move || server.raw(request.as_bytes()));
        upstream.wait_for(4);
        server.ask_to_stop();
        let answer = waiting.join().expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"slow"), "{answer}");
    });
    drop(session);
    assert_eq!(server.end(), 0);
}

#[test]
fn a_thousand_tools_are_a_thousand_routes() {
    let project = crowd(1000, "");
    let start = Instant::now();
    let server = Server::start(project.path());
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    let routes = server.get("/manifest.json").json()["routes"].clone();
    assert_eq!(routes.as_array().map(Vec::len), Some(1000));
    for n in [0, 499, 999] {
        let (name, path) = (format!("t{n:04}"), format!("/mcp/t{n:04}"));
        let tools = server.modern_at(&path, true, "tools/list", json!({}))["result"]["tools"].clone();
        assert_eq!(strings(&tools, "name"), [name.as_str(), "toolface_render", "toolface_seen"]);
        let called = server.modern_at(&path, true, "tools/call", json!({"name": name, "arguments": {}}));
        assert_eq!(called["result"]["isError"], false, "{called}");
    }
    let told = server.get("/mcp/none").json();
    assert_eq!((told["routes"].as_array().map(Vec::len), &told["more"]), (Some(50), &json!(950)));
    let told = run(project.path(), &["stdio", "--route", "none"]);
    assert!(told.stderr.trim_end().ends_with("t0049, and 950 more"), "{}", told.stderr);
    let near = run(project.path(), &["stdio", "--route", "T0777"]);
    assert!(near.stderr.contains("did you mean `t0777`?"), "{}", near.stderr);
}
