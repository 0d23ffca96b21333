//! Where data comes from: SQLite, an HTTP API, fixed data. What arrives is what is there, and nothing else is touched.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Output, Project, Server, Upstream, reply, run, widget};

/// A widget that takes any data.
fn open_widget() -> String {
    widget(r#"{"type":"Card","children":[]}"#, &json!({"type": "object"}))
}

/// A project with a database set up by `script`, and one tool, `ask`.
fn database(script: &str, tool: &str) -> Project {
    Project::new()
        .file("toolface.toml", "[server]\nname = 'test'\n[connections.shop]\nkind = 'sqlite'\nfile = 'shop.db'\ninit = 'init.sql'\n")
        .file("init.sql", script)
        .file("widgets/card.widget", open_widget())
        .file("tools/ask.toml", with_widget(tool))
}

fn with_widget(tool: &str) -> String {
    format!("description = 'x'\nwidget = 'card'\nwidget_id = 'wig_1'\n{tool}")
}

fn ask(project: &Project, arguments: &Value) -> Output {
    run(project.path(), &["call", "ask", "--args", &arguments.to_string(), "--as", "full"])
}

fn data(project: &Project, arguments: &Value) -> Value {
    let result = ask(project, arguments).json();
    assert_eq!(result["isError"], false, "{result:#}");
    result["structuredContent"]["data"].clone()
}

fn refusal(project: &Project, arguments: &Value) -> String {
    let result = ask(project, arguments).json();
    assert_eq!(result["isError"], true, "{result:#}");
    assert_eq!(result["structuredContent"], Value::Null);
    result["content"][0]["text"].as_str().expect("words").to_owned()
}

#[test]
fn each_type_of_sqlite_has_its_json() {
    let script = "create table t (missing text, most integer, least integer, real real, whole real, words text, blob blob, yes boolean, no bool, flag integer, doc json, odd json, day date);
        insert into t values (null, 9223372036854775807, -9223372036854775808, 0.1, 2.0, 'Zoë \"q\" \u{1F6B2}', x'00ff10', true, false, 1, '{\"a\": [1, 12345678901234567890]}', 'no json', '2026-12-01');";
    let project =
        database(script, "source = { connection = 'shop', sql = 'select * from t', returns = 'one' }");
    assert_eq!(
        data(&project, &json!({})).to_string(),
        concat!(
            r#"{"missing":null,"most":9223372036854775807,"least":-9223372036854775808,"real":0.1,"whole":2.0,"#,
            r#""words":"Zoë \"q\" 🚲","blob":"AP8Q","yes":true,"no":false,"flag":1,"#,
            r#""doc":{"a":[1,12345678901234567890]},"odd":"no json","day":"2026-12-01"}"#
        )
    );
}

#[test]
fn arguments_arrive_as_they_are() {
    let script = "create table t (x);";
    let sql = "select :v as v, typeof(:v) as kind, :w as w";
    let tool = format!(
        "input.v = {{ required = false }}\ninput.w = {{ default = 'w' }}\nsource = {{ connection = 'shop', sql = '{sql}', returns = 'one' }}"
    );
    let project = database(script, &tool);
    for (value, stored, kind) in [
        (json!(9_223_372_036_854_775_807_i64), json!(9_223_372_036_854_775_807_i64), "integer"),
        (json!(0.5), json!(0.5), "real"),
        (json!("'; drop table t; --"), json!("'; drop table t; --"), "text"),
        (json!(true), json!(1), "integer"),
        (Value::Null, Value::Null, "null"),
        (json!([1, "a"]), json!("[1,\"a\"]"), "text"),
        (json!({"a": 1}), json!("{\"a\":1}"), "text"),
        (
            serde_json::from_str("123456789012345678901234567890").expect("a number"),
            json!("123456789012345678901234567890"),
            "text",
        ),
    ] {
        assert_eq!(
            data(&project, &json!({ "v": value })),
            json!({"v": stored, "kind": kind, "w": "w"}),
            "{value}"
        );
    }
    assert_eq!(data(&project, &json!({}))["v"], Value::Null, "what is not given is NULL");
}

#[test]
fn an_argument_is_never_sql() {
    let script = "create table users (id integer primary key, name text, secret text);
        insert into users values (1, 'mila', 'hunter2'), (2, 'o''neil', 'hunter2');";
    let tool = "input.name = { type = 'string' }\nsource = { connection = 'shop', sql = 'select id, name from users where name = :name' }\ndata = { select = '{found: .}' }";
    let project = database(script, tool);
    assert_eq!(data(&project, &json!({"name": "o'neil"})), json!({"found": [{"id": 2, "name": "o'neil"}]}));
    for name in [
        "' or '1'='1",
        "mila' --",
        "'; delete from users; --",
        "mila' union select 1, secret from users --",
        "\\' or 1=1",
        "\u{2019} or 1=1",
        ":name",
        "mila\0' or 1",
        "%",
    ] {
        assert_eq!(data(&project, &json!({ "name": name })), json!({"found": []}), "{name}");
    }
    assert_eq!(data(&project, &json!({"name": "mila"}))["found"][0]["id"], 1, "all are still there");
}

#[test]
fn a_tool_writes_only_if_it_says_so() {
    let script =
        "create table t (id integer primary key, n integer check (n > 0)); insert into t (n) values (1);";
    let count = "source = { connection = 'shop', sql = 'select count(*) as n from t', returns = 'one' }";
    let project = database(script, count);
    // A statement that looks like reading, and writes.
    project.write("tools/ask.toml", with_widget("source = { connection = 'shop', sql = 'with x as (select 2 as n) insert into t (n) select n from x' }"));
    let told = run(project.path(), &["check"]);
    assert!(
        told.code == 1 || refusal(&project, &json!({})).contains("does not work as it is written"),
        "{told:?}"
    );
    project.write("tools/ask.toml", with_widget(count));
    assert_eq!(data(&project, &json!({}))["n"], 1);
    let write = "input.n = { type = 'integer' }\nsource = { connection = 'shop', sql = 'insert into t (n) values (:n) returning id, n', returns = 'one', writes = true }";
    project.write("tools/ask.toml", with_widget(write));
    assert_eq!(data(&project, &json!({"n": 5})), json!({"id": 2, "n": 5}));
    let told = refusal(&project, &json!({"n": -5}));
    assert!(told.contains("refused") && told.contains("Change the arguments"), "{told}");
    project.write("tools/ask.toml", with_widget(&write.replace(" returning id, n", "")));
    let changed = data(&project, &json!({"n": 6})).to_string();
    assert!(changed.contains('1') && changed.contains('3'), "rows changed and the new id: {changed}");
    let listed =
        Server::start(project.path()).modern("tools/list", json!({}))["result"]["tools"][0]["annotations"]
            .clone();
    assert_eq!((&listed["readOnlyHint"], &listed["destructiveHint"]), (&json!(false), &json!(true)));
    // The file keeps what was written, and is not set up again.
    project.write("tools/ask.toml", with_widget(count));
    assert_eq!(data(&project, &json!({}))["n"], 3);
}

#[test]
fn one_row_many_rows_and_none() {
    let script = "create table t (id integer primary key, name text); insert into t (name) values ('a'), ('b'), ('c');";
    let tool = |more: &str, select: &str| {
        format!(
            "input.id = {{ type = 'integer' }}\n[source]\nconnection = 'shop'\nsql = 'select id, name from t where id >= :id'\n{more}\n[data]\nselect = '{select}'"
        )
    };
    let project = database(script, &tool("returns = 'one'", "."));
    assert_eq!(data(&project, &json!({"id": 2})), json!({"id": 2, "name": "b"}), "the first");
    assert_eq!(
        refusal(&project, &json!({"id": 9})),
        "Nothing was found for id = 9. Check the value and try another."
    );
    project.write(
        "tools/ask.toml",
        with_widget(&tool("returns = 'one'\nnot_found = 'No thing {{ id }}; try {{ id - 8 }}.'", ".")),
    );
    assert_eq!(refusal(&project, &json!({"id": 9})), "No thing 9; try 1.");
    project.write("tools/ask.toml", with_widget(&tool("", "{all: map(.name)}")));
    assert_eq!(data(&project, &json!({"id": 2})), json!({"all": ["b", "c"]}));
    assert_eq!(data(&project, &json!({"id": 9})), json!({"all": []}));
    let settings = std::fs::read_to_string(project.path().join("toolface.toml")).expect("settings");
    project.write("toolface.toml", format!("{settings}\n[limits]\nmax_rows = 2\n"));
    assert_eq!(data(&project, &json!({"id": 2})), json!({"all": ["b", "c"]}));
    let told = refusal(&project, &json!({"id": 1}));
    assert!(told.contains("more than 2"), "{told}");
}

#[test]
fn a_database_that_is_broken_is_told_and_used_again_when_it_is_mended() {
    let project = database(
        "create table t (n); insert into t values (7);",
        "source = { connection = 'shop', sql = 'select n from t', returns = 'one' }",
    );
    project.write(
        "shop.db",
        "this is no database, but it is long enough to be taken for one by its size".repeat(20),
    );
    let mut server = Server::start(project.path());
    let told = server.call("ask", json!({}));
    assert_eq!(told["isError"], true);
    assert!(told["content"][0]["text"].as_str().expect("words").contains("Try again later"), "{told}");
    assert!(!told.to_string().contains("shop.db"), "no internals: {told}");
    std::fs::remove_file(project.path().join("shop.db")).expect("removed");
    assert_eq!(server.call("ask", json!({}))["structuredContent"]["data"], json!({"n": 7}));
    assert!(server.is_well());
}

/// A project whose tool `ask` asks an upstream, below `/v1`.
fn api(upstream: &Upstream, settings: &str, tool: &str) -> Project {
    let settings = format!(
        "[server]\nname = 'test'\n[connections.api]\nkind = 'http'\nurl = 'http://{}/v1/'\n{settings}",
        upstream.at
    );
    Project::new()
        .file("toolface.toml", settings)
        .file("widgets/card.widget", open_widget())
        .file("tools/ask.toml", with_widget(tool))
}

#[test]
fn arguments_enter_a_request_encoded() {
    let upstream = Upstream::saying(r#"{"ok": true}"#);
    let tool = "input.id = {}\ninput.q = { required = false }\n[source]\nconnection = 'api'\npath = '/orders/{id}/items'\nquery = { q = '{q}', fixed = 'a b&c', v = 'v{id}' }\n";
    let project = api(&upstream, "headers = { 'X-Key' = 'hunter2' }\n", tool);
    for (arguments, line) in [
        (json!({"id": 7}), "GET /v1/orders/7/items?fixed=a+b%26c&v=v7"),
        (json!({"id": "a/b?c#d"}), "GET /v1/orders/a%2Fb%3Fc%23d/items?fixed=a+b%26c&v=va%2Fb%3Fc%23d"),
        (json!({"id": "x", "q": "é&=+ "}), "GET /v1/orders/x/items?fixed=a+b%26c&q=%C3%A9%26%3D%2B+&v=vx"),
        (json!({"id": "x", "q": ["a", 2]}), "GET /v1/orders/x/items?fixed=a+b%26c&q=a&q=2&v=vx"),
        (json!({"id": "%2e%2e"}), "GET /v1/orders/%252e%252e/items?fixed=a+b%26c&v=v%252e%252e"),
        (
            json!({"id": "//evil.example"}),
            "GET /v1/orders/%2F%2Fevil.example/items?fixed=a+b%26c&v=v%2F%2Fevil.example",
        ),
        (
            json!({"id": "a\r\nX-Evil: 1"}),
            "GET /v1/orders/a%0D%0AX-Evil%3A%201/items?fixed=a+b%26c&v=va%0D%0AX-Evil%3A+1",
        ),
    ] {
        assert_eq!(data(&project, &arguments), json!({"ok": true}));
        let asked = upstream.seen().pop().expect("a request");
        assert_eq!(asked.line, line);
        assert!(
            asked.headers.iter().any(|h| h.eq_ignore_ascii_case("x-key: hunter2")),
            "{:?}",
            asked.headers
        );
        assert!(!asked.headers.iter().any(|h| h.to_lowercase().starts_with("x-evil")), "{:?}", asked.headers);
    }
    let before = upstream.seen().len();
    for id in [json!(".."), json!("."), json!(""), Value::Null] {
        let told = refusal(&project, &json!({ "id": id }));
        assert!(told.contains("`id`"), "{id}: {told}");
    }
    assert_eq!(upstream.seen().len(), before, "what would climb is not even sent");
}

#[test]
fn a_body_keeps_the_types_of_its_arguments() {
    let upstream = Upstream::saying("{}");
    let tool = "input.n = {}\ninput.tag = { required = false }\n[source]\nconnection = 'api'\npath = 'orders'\n[source.body]\nn = '{n}'\nlabel = 'no {n}'\ntag = '{tag}'\nlist = ['{n}', 1]\nbrace = '{{x}}'\n";
    let project = api(&upstream, "", tool);
    for (n, body) in [
        (json!(7), r#"{"n":7,"label":"no 7","list":[7,1],"brace":"{x}"}"#),
        (json!("\"}"), r#"{"n":"\"}","label":"no \"}","list":["\"}",1],"brace":"{x}"}"#),
        (
            json!({"a": [true]}),
            r#"{"n":{"a":[true]},"label":"no {\"a\":[true]}","list":[{"a":[true]},1],"brace":"{x}"}"#,
        ),
    ] {
        data(&project, &json!({ "n": n }));
        let asked = upstream.seen().pop().expect("a request");
        assert_eq!(asked.line, "POST /v1/orders");
        let (sent, expected): (Value, Value) =
            (serde_json::from_str(&asked.body).expect("JSON"), serde_json::from_str(body).expect("JSON"));
        assert_eq!(sent, expected);
    }
}

#[test]
fn a_redirect_leads_nowhere_else() {
    let elsewhere = Upstream::saying(r#"{"from": "elsewhere"}"#);
    let target = elsewhere.at;
    let upstream = Upstream::start(move |asked, stream| match asked.line.as_str() {
        "GET /v1/here" => reply(stream, "302 Found", "location: /v1/there\r\n", ""),
        "GET /v1/there" => reply(stream, "200 OK", "", r#"{"from": "there"}"#),
        "GET /v1/round" => reply(stream, "302 Found", "location: /v1/round\r\n", ""),
        _ => reply(stream, "302 Found", &format!("location: http://{target}/v1/stolen\r\n"), ""),
    });
    let tool = "input.to = {}\nsource = { connection = 'api', path = '/{to}' }";
    let project = api(&upstream, "headers = { Authorization = 'hunter2' }\n", tool);
    assert_eq!(data(&project, &json!({"to": "here"})), json!({"from": "there"}));
    for to in ["away", "round"] {
        let told = refusal(&project, &json!({ "to": to }));
        assert!(told.contains("not followed"), "{told}");
        assert!(!told.contains(&target.to_string()), "{told}");
    }
    assert_eq!(elsewhere.seen().len(), 0, "nobody else was asked");
}

#[test]
fn a_status_becomes_a_sentence() {
    let upstream = Upstream::start(|asked, stream| {
        let status = asked.line.trim_start_matches("GET /v1/");
        reply(stream, &format!("{status} Whatever"), "retry-after: 7\r\n", r#"{"secret": "hunter2"}"#);
    });
    let project =
        api(&upstream, "", "input.status = {}\nsource = { connection = 'api', path = '/{status}' }");
    let told: Vec<String> = [400, 401, 403, 404, 409, 410, 418, 422, 429, 500, 503]
        .map(|status| format!("{status}: {}", refusal(&project, &json!({ "status": status }))))
        .to_vec();
    assert!(!told.concat().contains("hunter2"));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_an_upstream_answers_is_bounded_and_judged() {
    let upstream = Upstream::start(|asked, stream| match asked.line.as_str() {
        "GET /v1/big" => reply(stream, "200 OK", "", &format!("{{\"x\": \"{}\"}}", "y".repeat(10_000))),
        "GET /v1/list" => reply(stream, "200 OK", "", "[{\"n\": 1}, {\"n\": 2}]"),
        "GET /v1/none" => reply(stream, "200 OK", "", "[]"),
        "GET /v1/words" => reply(stream, "200 OK", "", "<html>hunter2</html>"),
        "GET /v1/nothing" => reply(stream, "204 No Content", "", ""),
        "GET /v1/digits" => reply(stream, "200 OK", "", r#"{"n": 12345678901234567890123, "d": 0.10}"#),
        "GET /v1/cut" => {
            drop(std::io::Write::write_all(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"x\":"))
        }
        _ => thread::sleep(Duration::from_secs(30)),
    });
    let settings = "timeout_ms = 500\n[limits]\nmax_source_bytes = 5000\n";
    let tool =
        |more: &str| format!("input.to = {{}}\n[source]\nconnection = 'api'\npath = '/{{to}}'\n{more}");
    let project = api(&upstream, settings, &tool(""));
    assert_eq!(
        data(&project, &json!({"to": "digits"})).to_string(),
        r#"{"n":12345678901234567890123,"d":0.10}"#
    );
    assert_eq!(data(&project, &json!({"to": "nothing"})), json!({}));
    for (to, words) in [
        ("big", "5 kB"),
        ("words", "not JSON"),
        ("cut", "cannot be reached"),
        ("hang", "did not answer in time"),
    ] {
        let start = Instant::now();
        let told = refusal(&project, &json!({ "to": to }));
        assert!(told.contains(words) && !told.contains("hunter2"), "{to}: {told}");
        assert!(start.elapsed() < Duration::from_secs(10), "{to}: {:?}", start.elapsed());
    }
    project.write("tools/ask.toml", with_widget(&tool("returns = 'one'\nnot_found = 'No {{ to }}.'")));
    assert_eq!(data(&project, &json!({"to": "list"})), json!({"n": 1}));
    assert_eq!(refusal(&project, &json!({"to": "none"})), "No none.");
}

#[test]
fn an_upstream_that_is_down_is_told_and_asked_again() {
    let upstream = Upstream::saying(r#"{"up": true}"#);
    let project = api(&upstream, "", "source = { connection = 'api', path = '/x' }");
    let mut server = Server::start(project.path());
    assert_eq!(server.call("ask", json!({}))["structuredContent"]["data"], json!({"up": true}));
    let at = upstream.at;
    drop(upstream);
    let told = server.call("ask", json!({}));
    assert_eq!(told["isError"], true);
    assert_eq!(told["content"][0]["text"], "The service `api` cannot be reached right now. Try again later.");
    let _again = Upstream::start_at(at, |_, stream| reply(stream, "200 OK", "", r#"{"up": "again"}"#));
    assert_eq!(server.call("ask", json!({}))["structuredContent"]["data"], json!({"up": "again"}));
    assert!(server.is_well());
}

#[test]
fn secrets_come_from_the_environment_alone() {
    let upstream = Upstream::saying("{}");
    let settings = "headers = { Authorization = { env = 'TOOLFACE_TEST_TOKEN', prefix = 'Bearer ' }, 'X-Plain' = '$HOME ${HOME} {{ env }}' }\n";
    let project = api(&upstream, settings, "source = { connection = 'api', path = '/x' }");
    let mut command = crate::support::toolface(project.path());
    command.args(["--log", "trace", "call", "ask"]).env("TOOLFACE_TEST_TOKEN", "hunter2");
    let called = crate::support::finish(command);
    assert_eq!(called.code, 0, "{called:?}");
    assert!(!called.stdout.contains("hunter2") && !called.stderr.contains("hunter2"), "{called:?}");
    let headers = upstream.seen().pop().expect("a request").headers;
    assert!(headers.iter().any(|h| h.eq_ignore_ascii_case("authorization: bearer hunter2")), "{headers:?}");
    assert!(
        headers.iter().any(|h| h.ends_with(": $HOME ${HOME} {{ env }}")),
        "nothing else expands: {headers:?}"
    );
    let unset = run(project.path(), &["call", "ask"]);
    assert_eq!(unset.code, 1);
    assert!(unset.stderr.contains("TOOLFACE_TEST_TOKEN"), "{}", unset.stderr);
}

#[test]
fn fixed_data_is_what_the_file_says() {
    let project = Project::new()
        .file("widgets/card.widget", open_widget())
        .file("data/x.json", r#"{"a": [1.50, null, "é"], "b": {"c": 18446744073709551615}}"#)
        .file("tools/ask.toml", with_widget("source.file = 'data/x.json'"));
    assert_eq!(
        data(&project, &json!({})).to_string(),
        r#"{"a":[1.50,null,"é"],"b":{"c":18446744073709551615}}"#
    );
    project.write(
        "tools/ask.toml",
        with_widget(
            "[source.data]\nday = 2026-12-01\nat = 2026-12-01T09:30:00Z\nn = 1_000\nlist = [1, [2.5, 'x']]\n",
        ),
    );
    assert_eq!(
        data(&project, &json!({})),
        json!({"day": "2026-12-01", "at": "2026-12-01T09:30:00Z", "n": 1000, "list": [1, [2.5, "x"]]})
    );
}
