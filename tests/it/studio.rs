//! The studio's server side: who may ask, what may be written, what is answered, and what is remembered.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Answer, Project, Server, StdioClient, request, root, run, toolface};

/// A server whose studio is open.
struct Studio {
    server: Server,
    token: String,
}

impl Studio {
    fn open(dir: &Path) -> Self {
        let server = Server::start(dir);
        let token = token(&server.get("/studio").body);
        Self { server, token }
    }

    fn demo() -> Self {
        Self::open(root())
    }

    /// A request as the page makes it.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let headers = [("x-toolface-studio", self.token.as_str()), ("content-type", "application/json")];
        let body = body.map(Value::to_string).unwrap_or_default();
        self.server.request(method, &format!("/studio/api/{path}"), &headers, body.as_bytes())
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, None);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.ask("POST", path, Some(&body));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// One request with these header lines, as it came over the wire.
    fn raw(&self, method: &str, path: &str, lines: &str, body: &str) -> String {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n{lines}\r\n"
        );
        self.server.raw((head + body).as_bytes())
    }

    fn run(&self, tool: &str, arguments: Value) -> Value {
        let body = json!({"arguments": arguments, "revision": "2026-07-28", "ui": true});
        self.post(&format!("tools/{tool}/run"), body)
    }

    /// Asks until the answer is as wanted: what is checked in the background takes its time.
    fn until(&self, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let answer = self.get(path);
            if fits(&answer) {
                return answer;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{path} stays {answer:#}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn token(page: &str) -> String {
    let after = page.split("\"token\":\"").nth(1).unwrap_or_else(|| panic!("no token in {page:.400}"));
    after.split('"').next().expect("an end").to_owned()
}

fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or_else(|| panic!("no status in {answer:?}"))
}

fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let head = answer.split("\r\n\r\n").next().expect("a head");
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).unwrap_or_default()
}

/// Every file below a folder with its content, links with what they lead to.
fn everything(dir: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_symlink() {
            let to = std::fs::read_link(&path).expect("a link");
            found.insert(path.display().to_string(), format!("-> {}", to.display()));
        } else if path.is_dir() {
            found.extend(everything(&path));
        } else {
            let text = std::fs::read(&path).expect("a file");
            found.insert(path.display().to_string(), String::from_utf8_lossy(&text).into_owned());
        }
    }
    found
}

/// A project in the folder `p`, so that what is written beside it is seen.
fn inner() -> Project {
    let project = Project::empty()
        .file("p/toolface.toml", "[server]\nname = \"test\"\n")
        .file(
            "p/widgets/card.widget",
            std::fs::read(root().join("widgets/order-card.widget")).expect("a widget"),
        )
        .file("outside.txt", "untouched");
    std::fs::create_dir(project.path().join("p/tools")).expect("a folder");
    project
}

fn draft(base: Value) -> Value {
    json!({
        "base": base, "title": "Card", "template": "{\"type\":\"Card\",\"children\":[]}", "schema": {"type": "object"},
        "sample": {}, "states": [{"name": "empty", "data": {}}],
    })
}

#[test]
fn the_page_carries_its_token_and_a_strict_policy() {
    let studio = Studio::demo();
    assert!(
        studio.token.len() >= 32 && studio.token.bytes().all(|b| b.is_ascii_alphanumeric()),
        "{}",
        studio.token
    );
    assert_ne!(studio.token, Studio::demo().token, "random per start");
    assert!(studio.server.log.text().contains("/studio"), "{}", studio.server.log.text());
    for path in ["/studio", "/studio/tools/get_order?tab=trace", "/studio/widgets/x/y/z", "/studio/traffic/1"]
    {
        let answer = studio.raw("GET", path, "host: localhost\r\n", "");
        assert_eq!(status(&answer), 200, "{path}");
        assert_eq!(token(&answer), studio.token, "{path}");
        let policy = header(&answer, "content-security-policy");
        for part in [
            "default-src 'none'",
            "connect-src 'self'",
            "frame-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        let script =
            policy.split(';').find(|part| part.trim().starts_with("script-src")).expect("script-src");
        assert!(
            !script.contains("unsafe") && !script.contains('*') && !script.contains("'self'"),
            "{script}"
        );
        assert_eq!(header(&answer, "referrer-policy"), "no-referrer");
        assert!(header(&answer, "content-type").starts_with("text/html"));
    }
}

#[test]
fn nobody_but_the_page_is_answered() {
    let mut studio = Studio::demo();
    let given = format!("x-toolface-studio: {}\r\ncontent-type: application/json\r\n", studio.token);
    let run = r#"{"arguments":{"order_id":"1001"}}"#;
    let asks: [(&str, &str, &str); 5] = [
        ("GET", "/studio/api/project", ""),
        ("GET", "/studio/api/events", ""),
        ("POST", "/studio/api/tools/get_order/run", run),
        ("PUT", "/studio/api/tools/get_order", r#"{"base":null,"text":"x"}"#),
        ("DELETE", "/studio/api/traffic", ""),
    ];
    for (method, path, body) in asks {
        // The name in `Host` may lead here by a foreign name server; a page may be a stranger's.
        for lines in [
            "host: evil.example\r\n",
            "host: localhost.evil.example\r\n",
            "host: localhost\r\norigin: https://evil.example\r\n",
            "host: localhost\r\norigin: null\r\n",
            "host: evil.example\r\norigin: http://evil.example\r\n",
        ] {
            assert_eq!(
                status(&studio.raw(method, path, &format!("{given}{lines}"), body)),
                403,
                "{method} {path} {lines}"
            );
        }
        let wrong = studio.token.chars().rev().collect::<String>();
        let (short, long) = (&studio.token[1..], format!("{}0", studio.token));
        for token in ["", wrong.as_str(), short, long.as_str(), "null"] {
            let lines = format!(
                "host: localhost\r\nx-toolface-studio: {token}\r\ncontent-type: application/json\r\n"
            );
            assert_eq!(status(&studio.raw(method, path, &lines, body)), 403, "{method} {path} {token:?}");
        }
        assert_eq!(status(&studio.raw(method, path, "host: localhost\r\n", body)), 403, "{method} {path}");
        let query = format!("{path}?token={}", studio.token);
        assert_eq!(status(&studio.raw(method, &query, "host: localhost\r\n", body)), 403, "only as a header");
    }
    for page in ["/studio", "/studio/view/order-card"] {
        for lines in ["host: evil.example\r\n", "host: localhost\r\norigin: null\r\n"] {
            assert_eq!(status(&studio.raw("GET", page, lines, "")), 403, "{page} {lines}");
        }
    }
    assert!(studio.server.is_well());
}

#[test]
fn what_a_form_of_a_foreign_page_can_send_changes_nothing() {
    let studio = Studio::demo();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "",
    ] {
        for (method, path) in [
            ("POST", "tools/get_order/run"),
            ("PUT", "tools/get_order"),
            ("POST", "new/widget"),
            ("POST", "seen"),
        ] {
            let kind = if kind.is_empty() { String::new() } else { format!("content-type: {kind}\r\n") };
            let lines = format!("host: localhost\r\nx-toolface-studio: {}\r\n{kind}", studio.token);
            let answer = studio.raw(method, &format!("/studio/api/{path}"), &lines, r#"{"arguments":{}}"#);
            assert_eq!(status(&answer), 415, "{method} {path} {kind}");
        }
    }
    let answer = studio.raw(
        "OPTIONS",
        "/studio/api/project",
        "host: localhost\r\norigin: http://localhost:5173\r\naccess-control-request-method: PUT\r\n",
        "",
    );
    assert!(!answer.to_lowercase().contains("access-control-allow"), "no other page is let in: {answer}");
}

/// Names that lead elsewhere, as they stand in an address.
const ADDRESSES: [&str; 22] = [
    "..%2fescaped",
    "..%2f..%2fescaped",
    "%2e%2e%2fescaped",
    "..%5cescaped",
    "..\\escaped",
    "%2fetc%2fescaped",
    "C:%5cescaped",
    "a%2fb",
    "a%00b",
    "%00",
    ".hidden",
    "..",
    "%2e",
    "..%c0%afescaped",
    "%ff%fe",
    "a%0ab",
    "a%20b",
    "caf%c3%a9",
    "a%3ab",
    "%252e%252e%252fescaped",
    "a*b",
    "~root",
];

#[test]
fn no_name_leads_out_of_the_two_folders() {
    let project = inner();
    let studio = Studio::open(&project.path().join("p"));
    let before = everything(project.path());
    let long = "x".repeat(3000);
    for name in ADDRESSES.into_iter().chain([long.as_str()]) {
        for (path, body) in [
            (format!("tools/{name}"), json!({"base": null, "text": "description = \"x\"\n"})),
            (format!("widgets/{name}"), draft(Value::Null)),
        ] {
            let answer = studio.ask("PUT", &path, Some(&body));
            assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
            let answer = studio.ask("GET", &path, None);
            assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        }
    }
    let plain = [
        "../escaped",
        "..\\escaped",
        "/tmp/escaped",
        "a/b",
        "a\0b",
        "",
        ".",
        "..",
        ".x",
        "é",
        "a b",
        "a\nb",
        "con:x",
        &long,
    ];
    for name in plain {
        let body = json!({"name": name, "from": {"blank": true}});
        let answer = studio.ask("POST", "new/widget", Some(&body));
        assert!((400..500).contains(&answer.status), "{name:?}: {} {}", answer.status, answer.body);
        let answer = studio.ask("POST", "new/tool", Some(&json!({"name": name, "widget": "card"})));
        assert!((400..500).contains(&answer.status), "{name:?}: {} {}", answer.status, answer.body);
    }
    assert_eq!(everything(project.path()), before, "nothing was written anywhere");
}

#[cfg(unix)]
#[test]
fn links_are_not_written_through() {
    use std::os::unix::fs::symlink;
    let project = inner();
    let at = |path: &str| project.path().join(path);
    symlink(at("outside.txt"), at("p/widgets/link.widget")).expect("a link");
    symlink(at("outside.txt"), at("p/tools/link.toml")).expect("a link");
    symlink(at("made.txt"), at("p/tools/dangling.toml")).expect("a link");
    symlink(at("outside.txt"), at("p/widgets/card.states.json")).expect("a link");
    let server = std::fs::read_to_string(at("p/toolface.toml")).expect("a file");
    // The links are no sound files; the server starts without them.
    for link in ["p/widgets/link.widget", "p/tools/link.toml", "p/tools/dangling.toml"] {
        std::fs::rename(at(link), at("kept")).expect("a move");
        std::fs::rename(at("kept"), at(&format!("{link}.off"))).expect("a move");
    }
    let studio = Studio::open(&at("p"));
    for link in ["p/widgets/link.widget", "p/tools/link.toml", "p/tools/dangling.toml"] {
        std::fs::rename(at(&format!("{link}.off")), at(link)).expect("a move");
    }
    let before = everything(project.path());
    for (path, body) in [
        ("tools/link", json!({"base": null, "text": "x"})),
        ("tools/dangling", json!({"base": null, "text": "x"})),
        ("widgets/link", draft(Value::Null)),
    ] {
        let answer = studio.ask("PUT", path, Some(&body));
        assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        let answer = studio.ask("GET", path, None);
        assert!(answer.status >= 400 && !answer.body.contains("untouched"), "{path}: {}", answer.body);
    }
    let answer = studio.ask("GET", "widgets/card", None);
    assert!(!answer.body.contains("untouched"), "{}", answer.body);
    assert_eq!(everything(project.path()), before);
    // A whole folder that leads elsewhere.
    let elsewhere = Project::empty().file("p/toolface.toml", server).file("far/x.txt", "x");
    symlink(elsewhere.path().join("far"), elsewhere.path().join("p/tools")).expect("a link");
    symlink(elsewhere.path().join("far"), elsewhere.path().join("p/widgets")).expect("a link");
    let studio = Studio::open(&elsewhere.path().join("p"));
    let before = everything(elsewhere.path());
    for (method, path, body) in [
        ("PUT", "tools/new", json!({"base": null, "text": "x"})),
        ("PUT", "widgets/new", draft(Value::Null)),
        ("POST", "new/widget", json!({"name": "new", "from": {"blank": true}})),
    ] {
        let answer = studio.ask(method, path, Some(&body));
        assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
    }
    assert_eq!(everything(elsewhere.path()), before);
}

#[test]
fn bodies_are_bounded_and_read_strictly() {
    let mut studio = Studio::demo();
    let large = json!({"template": "x".repeat(13 << 20)});
    let length = large.to_string().len();
    let lines = format!(
        "host: localhost\r\nx-toolface-studio: {}\r\ncontent-type: application/json\r\n",
        studio.token
    );
    let head = format!(
        "POST /studio/api/render HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n{lines}\r\n"
    );
    assert_eq!(status(&studio.server.raw(format!("{head}{{\"template\":\"").as_bytes())), 413);
    for body in ["", "{", "[]", "null", "{\"names\": 1}", "{\"names\": [1]}", "{\"x\":"] {
        let answer = studio.raw("POST", "/studio/api/thumbnails", &lines, body);
        assert!((400..500).contains(&status(&answer)), "{body}: {answer}");
        assert!(answer.contains("\"error\""), "{body}: {answer}");
    }
    for path in [
        "nothing",
        "tools",
        "tools/get_order/walk",
        "thumbnail/none",
        "tools/none",
        "widgets/none",
        "traffic/999999",
        "agents/export/none",
    ] {
        let answer = studio.ask("GET", path, None);
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert!(answer.json()["error"].is_string(), "{path}: {}", answer.body);
    }
    assert!(
        studio.ask("GET", "tools/get_ordr", None).json()["help"]
            .as_str()
            .expect("help")
            .contains("get_order")
    );
    assert!(studio.server.is_well());
}

#[test]
fn the_page_of_a_widget_is_shut_in() {
    let studio = Studio::demo();
    for path in
        ["/studio/view/order-card", "/studio/view/order-card?host=chatgpt", "/studio/view/order-closed"]
    {
        let answer = studio.raw("GET", path, "host: localhost\r\n", "");
        assert_eq!(status(&answer), 200, "{path}");
        let policy = header(&answer, "content-security-policy");
        let sandbox = policy.split(';').find(|part| part.trim().starts_with("sandbox")).expect("sandbox");
        assert_eq!(sandbox.trim(), "sandbox allow-scripts", "an origin of its own, and nothing else");
        assert!(policy.contains("default-src 'none'") && !policy.contains("connect-src 'self'"), "{policy}");
        assert!(!answer.contains(&studio.token), "{path}: no token inside");
        let stands_in =
            answer.find("openai").is_some_and(|at| at < answer.find("id=\"toolface\"").expect("its data"));
        assert_eq!(stands_in, path.contains("chatgpt"), "{path}");
        assert!(answer.contains("\"report\":true"), "{path}");
    }
    assert_eq!(studio.server.get("/studio/view/none").status, 404);
    assert!(studio.server.get("/studio/view/..%2f..%2ftoolface").status >= 400);
}

#[test]
fn through_a_proxy_or_a_tunnel_nothing_is_shown_without_a_token() {
    let project = Project::demo();
    let settings = std::fs::read_to_string(project.path().join("toolface.toml")).expect("a file");
    project.write("toolface.toml", format!("{settings}\n[http]\nallowed_hosts = [\"shop.example\"]\n"));
    let studio = Studio::open(project.path());
    let given = format!("x-toolface-studio: {}\r\ncontent-type: application/json\r\n", studio.token);
    for path in ["/studio", "/studio/view/order-card", "/studio/api/project", "/studio/tools/x"] {
        assert_eq!(
            status(&studio.raw("GET", path, &format!("{given}host: localhost\r\n"), "")),
            200,
            "{path}"
        );
        for lines in [
            "host: shop.example\r\n",
            "host: localhost\r\nx-forwarded-for: 203.0.113.7\r\n",
            "host: localhost\r\nx-forwarded-host: shop.example\r\n",
            "host: localhost\r\nforwarded: for=203.0.113.7\r\n",
            "host: localhost\r\nvia: 1.1 proxy\r\n",
        ] {
            let answer = studio.raw("GET", path, &format!("{given}{lines}"), "");
            assert_eq!(status(&answer), 403, "{path} {lines}");
            assert!(!answer.contains(&studio.token));
        }
    }
    let answer = studio.raw("GET", "/healthz", "host: shop.example\r\n", "");
    assert_eq!(status(&answer), 200, "the rest answers there");
}

/// A server on all addresses, asked on this machine's own.
fn on_all_addresses(dir: &Path, token: Option<&str>) -> (Server, SocketAddr) {
    let mut command = toolface(dir);
    command.args(["serve", "--listen", "0.0.0.0:0"]).env_remove("STUDIO_TOKEN");
    if let Some(token) = token {
        command.env("STUDIO_TOKEN", token);
    }
    let server = Server::spawn(command);
    let at = SocketAddr::from(([127, 0, 0, 1], server.at.port()));
    (server, at)
}

#[test]
fn others_see_no_studio_unless_a_token_lets_them_in() {
    let project = Project::demo();
    let (_server, at) = on_all_addresses(project.path(), None);
    for path in ["/studio", "/studio/api/project", "/studio/view/order-card", "/studio/tools/get_order"] {
        assert_eq!(request(at, "GET", path, &[], b"").status, 404, "{path}");
    }
    let settings = std::fs::read_to_string(project.path().join("toolface.toml")).expect("a file");
    project.write("toolface.toml", format!("{settings}\n[studio]\ntoken = {{ env = \"STUDIO_TOKEN\" }}\n"));
    let secret = "correct-horse-battery-staple";
    let (server, at) = on_all_addresses(project.path(), Some(secret));
    let get = |path: &str, headers: &[(&str, &str)]| request(at, "GET", path, headers, b"");
    for path in [
        "/studio",
        "/studio/tools/x",
        "/studio?token=",
        "/studio?token=wrong",
        "/studio?token=correct-horse-battery-stapl",
        "/studio/view/order-card",
    ] {
        let answer = get(path, &[]);
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.body.contains(secret) && answer.body.contains("token"), "{}", answer.body);
    }
    assert_eq!(get("/studio/api/project", &[]).status, 403);
    assert_eq!(
        get("/studio/api/project", &[("x-toolface-studio", secret)]).status,
        403,
        "that is another token"
    );
    let head = format!("GET /studio?token={secret} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let answer = server.raw(head.as_bytes());
    assert_eq!(status(&answer), 303, "{answer}");
    assert!(
        header(&answer, "location").starts_with("/studio") && !header(&answer, "location").contains(secret)
    );
    let cookie = header(&answer, "set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(secret),
        "{cookie}"
    );
    let pair = cookie.split(';').next().expect("a pair");
    let page = get("/studio", &[("cookie", pair)]);
    assert_eq!(page.status, 200);
    let token = token(&page.body);
    assert_eq!(get("/studio/api/project", &[("cookie", pair)]).status, 403, "a cookie alone is not enough");
    assert_eq!(get("/studio/api/project", &[("x-toolface-studio", &token)]).status, 200);
    assert!(!server.log.text().contains(secret), "{}", server.log.text());
}

#[test]
fn a_token_that_is_not_set_is_told_and_never_shown() {
    let project = Project::new().file("toolface.toml", "[studio]\ntoken = { env = \"NO_SUCH_TOKEN\" }\n");
    let out = run(project.path(), &["check"]);
    assert!(out.code == 1 && format!("{}{}", out.stdout, out.stderr).contains("NO_SUCH_TOKEN"), "{out:?}");
    for odd in [
        "token = [\"open-sesame\"]",
        "token = { value = \"open-sesame\" }",
        "tokens = \"open-sesame\"; =",
        "token = \"open-sesame",
    ] {
        project.write("toolface.toml", format!("[studio]\n{odd}\n"));
        let out = run(project.path(), &["check"]);
        let told = format!("{}{}", out.stdout, out.stderr);
        assert!(out.code == 1 && !told.contains("open-sesame"), "{told}");
    }
}

#[test]
fn switched_off_it_leaves_no_trace() {
    let project = Project::demo();
    let settings = std::fs::read_to_string(project.path().join("toolface.toml")).expect("a file");
    project.write("toolface.toml", format!("{settings}\n[studio]\nenabled = false\n"));
    let server = Server::start(project.path());
    for path in ["/studio", "/studio/", "/studio/api/project", "/studio/view/order-card"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    assert!(!server.log.text().contains("studio"), "{}", server.log.text());
    let tools = server.modern("tools/list", json!({})).to_string();
    assert!(tools.contains("toolface_render") && !tools.contains("toolface_seen"));
    let result = server.call("get_order", json!({"order_id": "1001"}));
    assert!(result["_meta"]["dev.toolface/widget"]["tree"].is_object());
    assert!(result["_meta"].get("dev.toolface/call").is_none());
    let uri = page_of(&server, "order-card");
    let page = server.modern("resources/read", json!({"uri": uri}));
    assert!(!page["result"]["contents"][0]["text"].as_str().expect("a page").contains("\"report\""));
    // Nor does anything without pages of its own.
    let mut client = StdioClient::initialized(root(), "2025-11-25", true);
    assert!(!client.request("tools/list", json!({})).to_string().contains("toolface_seen"));
}

fn page_of(server: &Server, widget: &str) -> String {
    let list = server.modern("resources/list", json!({}));
    let all = list["result"]["resources"].as_array().expect("resources");
    let uri = |r: &Value| r["uri"].as_str().expect("an address").to_owned();
    all.iter().map(uri).find(|uri| uri.contains(&format!("/{widget}/"))).expect("a page")
}

#[test]
fn the_project_is_told_at_a_glance() {
    let studio = Studio::demo();
    let project = studio.get("project");
    assert_eq!(project["mcp"], "/mcp");
    assert_eq!(project["state"]["ok"], true);
    let named = |list: &Value, name: &str| {
        let all = list.as_array().expect("a list");
        all.iter().find(|entry| entry["name"] == name).unwrap_or_else(|| panic!("{name} in {list:#}")).clone()
    };
    let tool = named(&project["tools"], "get_order");
    assert_eq!(tool["widgets"], json!(["order-card", "order-closed"]), "the main one first");
    assert_eq!(
        (&tool["file"], &tool["builtin"], &tool["inputs"]),
        (&json!("tools/get_order.toml"), &json!(false), &json!(1))
    );
    assert_eq!(named(&project["tools"], "toolface_render")["builtin"], true);
    let widget = named(&project["widgets"], "order-card");
    assert_eq!(widget["tools"], json!(["get_order"]));
    assert!(widget["actions"].as_array().is_some_and(|all| !all.is_empty()), "{widget}");
    let thumbnails = studio.post("thumbnails", json!({"names": ["order-card", "none", "order-closed"]}));
    assert_eq!(thumbnails.as_object().expect("an object").len(), 2);
    assert_eq!(thumbnails["order-card"]["tree"]["type"], "Card");
    assert_eq!(thumbnails["order-card"], studio.get("thumbnail/order-card"));
    let faults = studio.until("faults", |answer| answer["checking"] == false);
    assert!(
        faults["faults"].as_array().expect("a list").iter().all(|fault| fault["severity"] != "error"),
        "{faults:#}"
    );
    let components = studio.get("components");
    let button = named(&components["components"], "Button");
    assert_eq!(button["children"], "none");
    assert!(button["props"].as_array().is_some_and(|props| props.len() > 5), "{button}");
    assert!(components["icons"].as_array().is_some_and(|icons| icons.len() > 50));
    for starter in studio.get("starters").as_array().expect("a list") {
        assert!(starter["name"].is_string() && starter["tree"]["type"].is_string(), "{starter}");
    }
}

#[test]
fn faults_stand_where_they_belong_and_the_last_sound_state_is_served() {
    let project = Project::demo();
    let studio = Studio::open(project.path());
    let before = studio.get("project")["state"]["tries"].as_u64().expect("a number");
    project.write(
        "tools/get_order.toml",
        "description = \"x\"\nwidgett = \"order-card\"\n[source]\nresult = {}\n",
    );
    studio.until("project", |answer| answer["state"]["tries"].as_u64() > Some(before));
    let faults = studio.until("faults", |answer| answer["checking"] == false);
    let fault =
        faults["faults"].as_array().expect("a list").iter().find(|fault| fault["code"] == "unknown-key");
    let fault = fault.unwrap_or_else(|| panic!("{faults:#}"));
    assert_eq!(
        (&fault["tool"], &fault["line"], &fault["column"]),
        (&json!("get_order"), &json!(2), &json!(1)),
        "{fault}"
    );
    assert!(fault["help"].as_str().is_some_and(|help| help.contains("widget")), "{fault}");
    assert_eq!(studio.get("project")["state"]["ok"], false);
    assert_eq!(
        studio.run("get_order", json!({"order_id": "1001"}))["ok"],
        true,
        "what was sound is served on"
    );
}

#[test]
fn a_call_is_told_stage_by_stage_and_as_on_the_wire() {
    let studio = Studio::demo();
    let tool = studio.get("tools/get_order");
    assert_eq!(tool["bindings"][0]["widget"], "order-card");
    assert_eq!(tool["definition"]["name"], "get_order");
    assert!(tool["text"].as_str().is_some_and(|text| text.contains("[source]")));
    let ran = studio.run("get_order", tool["example"]["arguments"].clone());
    assert!(ran["request"]["params"]["arguments"]["order_id"].is_string(), "the example is whole: {ran:#}");
    let ran = studio.run("get_order", json!({"order_id": "1001"}));
    assert_eq!(ran["ok"], true, "{ran:#}");
    let stages: Vec<&str> =
        ran["trace"].as_array().expect("a trace").iter().filter_map(|s| s["stage"].as_str()).collect();
    assert_eq!(stages, ["arguments", "source", "select", "data", "template", "tree", "envelope"]);
    for pair in ran["trace"].as_array().expect("a trace").windows(2) {
        assert_eq!(pair[0]["out"], pair[1]["in"], "what comes out of one goes into the next");
    }
    // The same as a client gets it, but for the number of the call.
    let mut served = studio.server.call("get_order", json!({"order_id": "1001"}));
    let mut shown = ran["response"]["result"].clone();
    for result in [&mut served, &mut shown] {
        result["_meta"].as_object_mut().expect("_meta").remove("dev.toolface/call").expect("a number");
    }
    assert_eq!(shown, served);
    let curl = ran["curl"].as_str().expect("a command");
    assert!(curl.starts_with("curl ") && curl.contains("get_order") && curl.contains("2026-07-28"), "{curl}");
    let failed = studio.run("get_order", json!({"order_id": "9999"}));
    assert_eq!((&failed["ok"], &failed["error"]["stage"]), (&json!(false), &json!("source")), "{failed:#}");
    let failed = studio.run("get_order", json!({}));
    assert_eq!(failed["error"]["stage"], "arguments");
    let text = studio.post(
        "tools/get_order/run",
        json!({"arguments": {"order_id": "1001"}, "revision": "2025-11-25", "ui": false}),
    );
    assert!(text["text"].as_str().is_some_and(|text| text.contains("1001")), "{}", text["text"]);
    assert!(text["response"]["result"].get("resultType").is_none());
    let unknown = studio.run("get_ordr", json!({}));
    assert!(
        unknown["response"]["error"]["message"].as_str().is_some_and(|m| m.contains("get_order")),
        "{unknown:#}"
    );
}

#[test]
fn a_draft_is_drawn_at_every_key_with_its_faults_in_their_places() {
    let studio = Studio::demo();
    let widgets: Vec<String> = studio.get("project")["widgets"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|w| w["name"].as_str().expect("a name").to_owned())
        .collect();
    assert!(widgets.len() > 5);
    for name in widgets {
        let widget = studio.get(&format!("widgets/{name}"));
        let draft =
            json!({"template": widget["template"], "schema": widget["schema"], "data": widget["sample"]});
        let start = Instant::now();
        let drawn = studio.post("render", draft);
        let took = start.elapsed();
        assert_eq!((&drawn["ok"], &drawn["faults"]), (&json!(true), &json!([])), "{name}: {drawn:#}");
        assert!(drawn["tree"]["type"].is_string() && drawn["markdown"].is_string());
        // A build without optimisation, on a machine that does other things too.
        assert!(took < Duration::from_millis(1000), "{name} took {took:?}");
    }
    let faults = |draft: Value| studio.post("render", draft)["faults"].clone();
    let card = "{\"type\":\"Card\",\"children\":[\n{\"type\":\"Text\",\"value\":{{ title | tojson }} } ]}";
    let schema =
        json!({"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]});
    let told = faults(
        json!({"template": "{\"type\":\"Card\",\n\"children\":[{{ title }", "schema": schema, "data": {"title": "x"}}),
    );
    assert_eq!((&told[0]["in"], &told[0]["line"]), (&json!("template"), &json!(2)), "{told:#}");
    let told = faults(json!({"template": card, "schema": schema, "dataText": "{\n  \"title\": 7\n}"}));
    assert_eq!(
        (&told[0]["in"], &told[0]["path"], &told[0]["line"], &told[0]["column"]),
        (&json!("data"), &json!("/title"), &json!(2), &json!(12)),
        "{told:#}"
    );
    let told = faults(json!({"template": card, "schema": schema, "dataText": "{\n  \"title\" 7\n}"}));
    assert_eq!((&told[0]["in"], &told[0]["line"]), (&json!("data"), &json!(2)), "{told:#}");
    let told =
        faults(json!({"template": card, "schemaText": "{\n \"type\": \"strng\"}", "data": {"title": "x"}}));
    assert_eq!((&told[0]["in"], &told[0]["line"]), (&json!("schema"), &json!(2)), "{told:#}");
    let told = faults(
        json!({"template": "{\"type\":\"Card\",\n\"children\":[{\"type\":\"Txt\"}]}", "schema": {}, "data": {}}),
    );
    assert!(
        told[0]["in"] == "template" && told[0]["message"].as_str().is_some_and(|m| m.contains("Text")),
        "{told:#}"
    );
    let endless = "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}";
    assert_eq!(studio.post("render", json!({"template": endless, "schema": {}, "data": {}}))["ok"], false);
}

#[test]
fn a_widget_is_edited_saved_and_served() {
    let project = Project::demo();
    let studio = Studio::open(project.path());
    let widget = studio.get("widgets/order-card");
    let edit = |base: &Value, template: &str, states: Value| json!({"base": base, "title": "Order, edited", "template": template, "schema": widget["schema"], "sample": widget["sample"], "states": states});
    let template = widget["template"].as_str().expect("a template");
    let edited = template.replacen("\"size\":\"md\"", "\"size\":\"lg\"", 1);
    assert_ne!(template, edited, "{template}");
    let states = json!([{"name": "long", "data": widget["sample"]}]);
    let answer =
        studio.ask("PUT", "widgets/order-card", Some(&edit(&widget["hash"], &edited, states.clone())));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let saved = answer.json();
    assert_eq!(saved["state"]["ok"], true, "{saved:#}");
    let disk = std::fs::read_to_string(project.path().join("widgets/order-card.widget")).expect("a file");
    assert_eq!(saved["text"], disk.as_str());
    let file: Value = serde_json::from_str(&disk).expect("JSON");
    assert_eq!((&file["template"], &file["name"]), (&json!(edited), &json!("Order, edited")));
    assert!(file["encodedWidget"].is_string());
    let tree =
        &studio.server.call("get_order", json!({"order_id": "1001"}))["_meta"]["dev.toolface/widget"]["tree"];
    assert_eq!(tree["size"], "lg", "a client of MCP gets it at once");
    let again = studio.get("widgets/order-card");
    assert_eq!((&again["states"], &again["hash"], &again["id"]), (&states, &saved["hash"], &widget["id"]));
    assert_eq!(run(project.path(), &["check"]).code, 0, "named samples are no widgets");
    // What cannot be drawn is not saved.
    let answer = studio.ask(
        "PUT",
        "widgets/order-card",
        Some(&edit(&saved["hash"], "{\"type\":\"Card\",", states.clone())),
    );
    assert!((400..500).contains(&answer.status), "{}", answer.body);
    assert_eq!(
        std::fs::read_to_string(project.path().join("widgets/order-card.widget")).expect("a file"),
        disk
    );
    // Somebody else has edited it.
    let theirs = disk.replace("Order, edited", "Order, by others");
    project.write("widgets/order-card.widget", &theirs);
    for base in [&saved["hash"], &widget["hash"], &Value::Null] {
        let answer = studio.ask("PUT", "widgets/order-card", Some(&edit(base, template, states.clone())));
        assert_eq!(answer.status, 409, "{}", answer.body);
        assert_eq!(answer.json()["text"], theirs.as_str());
        assert!(answer.json()["template"].is_string() && answer.json()["hash"].is_string());
    }
    assert_eq!(
        std::fs::read_to_string(project.path().join("widgets/order-card.widget")).expect("a file"),
        theirs
    );
    let names: Vec<_> = std::fs::read_dir(project.path().join("widgets"))
        .expect("a folder")
        .map(|e| e.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    assert!(
        names.iter().all(|name| name.ends_with(".widget") || name == "order-card.states.json"),
        "nothing else is left: {names:?}"
    );
}

#[test]
fn a_tool_file_is_saved_whole_or_not_at_all() {
    let project = Project::demo();
    let studio = Studio::open(project.path());
    let tool = studio.get("tools/get_order");
    let text = tool["text"].as_str().expect("a text").replacen("title = ", "title = \"Edited\" # ", 1);
    let answer = studio.ask("PUT", "tools/get_order", Some(&json!({"base": tool["hash"], "text": text})));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tools = studio.server.modern("tools/list", json!({}));
    let edited =
        tools["result"]["tools"].as_array().expect("tools").iter().any(|tool| tool["title"] == "Edited");
    assert!(edited, "served at once");
    let saved = answer.json();
    let broken =
        studio.ask("PUT", "tools/get_order", Some(&json!({"base": saved["hash"], "text": "widgett = 1\n"})));
    assert_eq!(broken.status, 200, "a file with faults is the author's to save: {}", broken.body);
    assert_eq!(broken.json()["state"]["ok"], false);
    assert!(broken.json()["faults"].as_array().is_some_and(|faults| !faults.is_empty()), "{}", broken.body);
    assert_eq!(studio.get("tools/get_order")["text"], "widgett = 1\n", "it can be opened and mended");
    for base in [json!(null), tool["hash"].clone(), json!("0000")] {
        let answer = studio.ask("PUT", "tools/get_order", Some(&json!({"base": base, "text": "x"})));
        assert_eq!(
            (answer.status, &answer.json()["text"]),
            (409, &json!("widgett = 1\n")),
            "{}",
            answer.body
        );
    }
    let answer = studio.ask("PUT", "tools/not_there", Some(&json!({"base": "0000", "text": "x"})));
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(!project.path().join("tools/not_there.toml").exists());
}

#[test]
fn new_widgets_and_tools_are_sound() {
    let project = Project::new();
    let studio = Studio::open(project.path());
    let datum =
        json!({"title": "Bike", "price": 12.5, "in_stock": true, "parts": [{"name": "bell", "cost": 3}]});
    let dry = studio.post("new/widget", json!({"name": "bike", "from": {"data": datum}, "dry": true}));
    assert!(dry["template"].is_string() && dry["schema"].is_object() && dry["sample"].is_object(), "{dry:#}");
    assert!(!project.path().join("widgets").exists(), "only shown");
    let made = studio.post("new/widget", json!({"name": "bike", "title": "Bike", "from": {"data": datum}}));
    assert_eq!(made["file"], "widgets/bike.widget");
    assert_eq!(studio.get("widgets/bike")["hash"], made["hash"]);
    let schema = json!({"type": "object", "properties": {"when": {"type": "string", "format": "date"}}, "required": ["when"]});
    studio.post("new/widget", json!({"name": "day", "from": {"schema": schema}}));
    studio.post("new/widget", json!({"name": "ask", "from": {"schema": schema}, "form": true}));
    studio.post("new/widget", json!({"name": "plain", "from": {"blank": true}}));
    for starter in studio.get("starters").as_array().expect("a list") {
        let name = starter["name"].as_str().expect("a name");
        studio.post("new/widget", json!({"name": format!("from-{name}"), "from": {"starter": name}}));
    }
    let tool = studio.post(
        "new/tool",
        json!({"name": "get_bike", "title": "Bike", "description": "Shows the bike.", "widget": "bike"}),
    );
    assert_eq!(tool["file"], "tools/get_bike.toml");
    let out = run(project.path(), &["check"]);
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    let result = studio.server.call("get_bike", json!({}));
    assert_eq!(result["isError"], false, "{result:#}");
    assert!(result["_meta"]["dev.toolface/widget"]["tree"].is_object());
    for (path, body) in [
        ("new/widget", json!({"name": "bike", "from": {"blank": true}})),
        ("new/tool", json!({"name": "get_bike", "widget": "bike"})),
    ] {
        assert_eq!(studio.ask("POST", path, Some(&body)).status, 409, "{path}: what is there stays");
    }
    assert!(
        (400..500)
            .contains(&studio.ask("POST", "new/tool", Some(&json!({"name": "x", "widget": "none"}))).status)
    );
    for ours in ["toolface_render", "toolface_seen"] {
        let answer = studio.ask("POST", "new/tool", Some(&json!({"name": ours, "widget": "bike"})));
        assert_eq!(answer.status, 400, "{ours}: {}", answer.body);
        let answer = studio.ask("PUT", &format!("tools/{ours}"), Some(&json!({"base": null, "text": "x"})));
        assert_eq!(answer.status, 400, "{ours}: {}", answer.body);
    }
}

/// A project whose one tool takes and shows something private, and something that settings mask.
fn discreet(settings: &str) -> Project {
    let widget = json!({
        "version": "1.0", "name": "Person", "template": "{\"type\":\"Card\",\"children\":[{\"type\":\"Text\",\"value\":{{ (name ~ ' ' ~ email ~ ' ' ~ phone) | tojson }} }]}",
        "jsonSchema": {"type": "object", "properties": {"name": {"type": "string"}, "email": {"type": "string"}, "phone": {"type": "string"}}, "required": ["name", "email", "phone"]},
        "encodedWidget": "",
    });
    Project::new()
        .file("toolface.toml", format!("[server]\nname = \"test\"\n[widgets.person]\nid = \"wig_person01\"\n{settings}"))
        .file("widgets/person.widget", widget.to_string())
        .file(
            "tools/get_person.toml",
            "description = \"A person.\"\nwidget = \"person\"\nprivate = [\"phone\"]\n[input.email]\ntype = \"string\"\n[input.plain]\ntype = \"string\"\n[source]\ndata = {}\n[data]\nselect = '{name: $args.plain, email: $args.email, phone: \"0123456789\"}'\n",
        )
}

#[test]
fn calls_are_remembered_with_who_asked_and_how_it_went() {
    let studio = Studio::demo();
    studio.server.modern("tools/list", json!({}));
    studio.server.call("get_order", json!({"order_id": "1001"}));
    let legacy = studio.server.session("2025-11-25", true);
    legacy.call("get_order", json!({"order_id": "9999"}));
    studio.server.modern_at(
        "/mcp/track_package",
        true,
        "tools/call",
        json!({"name": "track_package", "arguments": {"tracking_number": "SW-4471-2290"}}),
    );
    let ran = studio.run("get_order", json!({"order_id": "1002"}));
    let calls = studio.get("traffic")["calls"].clone();
    let calls: Vec<&Value> =
        calls.as_array().expect("calls").iter().filter(|call| call["method"] == "tools/call").collect();
    assert_eq!(calls.len(), 4, "{calls:#?}");
    let [ours, routed, failed, first] = calls[..] else { panic!("{calls:#?}") };
    assert_eq!((&ours["transport"], &ours["id"]), (&json!("studio"), &ran["call"]));
    assert_eq!(routed["route"], "track_package", "{routed:#}");
    assert_eq!(
        (&failed["outcome"], &failed["client"]["name"]),
        (&json!("not-found"), &json!("test")),
        "{failed:#}"
    );
    assert_eq!(
        (&first["outcome"], &first["tool"], &first["widget"]),
        (&json!("ok"), &json!("get_order"), &json!("order-card"))
    );
    assert_eq!(first["client"], json!({"name": "test", "version": "1"}));
    assert!(first["bytes"].as_u64() > Some(1000) && first["stages"]["source"].is_number(), "{first:#}");
    assert_ne!(first["revision"], failed["revision"]);
    let whole = studio.get(&format!("traffic/{}", first["id"]));
    assert_eq!(whole["arguments"], json!({"order_id": "1001"}), "{whole:#}");
    assert!(whole["result"]["structuredContent"]["data"].is_object(), "{whole:#}");
    let older = studio.get(&format!("traffic?before={}&limit=1", failed["id"]));
    assert_eq!(older["calls"].as_array().expect("calls").len(), 1);
    assert_eq!(studio.ask("DELETE", "traffic", None).status / 100, 2);
    assert_eq!(studio.get("traffic")["calls"], json!([]));
}

#[test]
fn what_is_masked_or_private_is_not_shown_in_the_traffic() {
    let project = discreet("[studio]\nmask = [\"email\"]\n");
    let studio = Studio::open(project.path());
    let arguments = json!({"email": "ada@example.org", "plain": "Ada"});
    let result = studio.server.call("get_person", arguments.clone());
    assert!(result.to_string().contains("0123456789"), "the view is told: {result}");
    studio.server.modern_as(false, "tools/call", json!({"name": "get_person", "arguments": arguments}));
    studio.server.session("2025-11-25", false).call("get_person", arguments);
    studio.server.call("get_person", json!({"email": {"inner": ["ada@example.org"]}, "plain": "x"}));
    // Repeated under another name.
    studio.server.call("get_person", json!({"email": "ada@example.org", "plain": "Ada"}));
    studio
        .server
        .call("get_person", json!({"email": "ada@example.org", "plain": "write to ada@example.org"}));
    for call in studio.get("traffic")["calls"].as_array().expect("calls") {
        let whole = studio.get(&format!("traffic/{}", call["id"]));
        let text = whole.to_string();
        assert!(!text.contains("ada@") && !text.contains("0123456789"), "{whole:#}");
        if call["outcome"] == "ok" && call["method"] == "tools/call" {
            assert!(
                whole["arguments"]["plain"]
                    .as_str()
                    .is_some_and(|plain| plain.ends_with("Ada") || plain.ends_with("•••")),
                "the rest is: {whole:#}"
            );
        }
    }
}

#[test]
fn what_is_remembered_is_bounded() {
    let project = discreet("[studio]\nkeep = 5\nkeep_bytes = 65536\n");
    let studio = Studio::open(project.path());
    for n in 0..12 {
        studio.server.call("get_person", json!({"email": "a@b.c", "plain": format!("n{n}")}));
    }
    let ids = |studio: &Studio| {
        studio.get("traffic")["calls"]
            .as_array()
            .expect("calls")
            .iter()
            .map(|c| c["id"].as_u64().expect("a number"))
            .collect::<Vec<_>>()
    };
    let kept = ids(&studio);
    assert_eq!(kept.len(), 5);
    assert_eq!(studio.ask("GET", &format!("traffic/{}", kept[4] - 1), None).status, 404, "gone");
    studio.server.call("get_person", json!({"email": "a@b.c", "plain": "x".repeat(12_000)}));
    studio.server.call("get_person", json!({"email": "a@b.c", "plain": "x".repeat(12_000)}));
    assert!(ids(&studio).len() < 5, "bytes count too: {:?}", ids(&studio));
}

#[test]
fn views_report_under_the_number_of_their_call() {
    let studio = Studio::demo();
    let tools = studio.server.modern("tools/list", json!({}));
    let tools = tools["result"]["tools"].as_array().expect("tools");
    let seen = tools.iter().find(|tool| tool["name"] == "toolface_seen").expect("the tool of views");
    assert_eq!(seen["_meta"]["ui"]["visibility"], json!(["app"]));
    let uri = page_of(&studio.server, "order-card");
    let page = studio.server.modern("resources/read", json!({"uri": uri}));
    assert!(page["result"]["contents"][0]["text"].as_str().expect("a page").contains("\"report\":true"));
    let result = studio.server.call("get_order", json!({"order_id": "1001"}));
    let id = result["_meta"]["dev.toolface/call"].as_u64().expect("a number");
    for report in [
        json!({"event": "initialized", "call": id, "tool": "get_order", "milliseconds": 20.5}),
        json!({"event": "painted", "call": id, "tool": "get_order", "milliseconds": 42.25}),
        json!({"event": "action", "call": id, "tool": "get_order", "action": "order.track"}),
    ] {
        let answer = studio.server.call("toolface_seen", report);
        assert_eq!(answer["isError"], false, "{answer}");
    }
    let legacy = studio.server.session("2025-11-25", true);
    legacy.call("get_order", json!({"order_id": "1001"}));
    legacy.call("toolface_seen", json!({"event": "painted", "tool": "get_order"}));
    let all = studio.get("traffic")["calls"].clone();
    let calls: Vec<&Value> =
        all.as_array().expect("calls").iter().filter(|c| c["tool"] == "get_order").collect();
    let [second, first] = calls[..] else { panic!("reports are no calls: {calls:#?}") };
    assert_eq!(first["id"], id);
    assert_eq!(first["view"]["read"], true, "{first:#}");
    assert!(first["view"]["initialized"].is_string() && first["view"]["painted"].is_string(), "{first:#}");
    assert_eq!(first["view"]["milliseconds"], 42.25);
    assert_eq!(first["actions"][0]["type"], "order.track");
    assert!(second["view"]["painted"].is_string(), "found by its tool: {second:#}");
    for nonsense in [
        json!({}),
        json!({"event": "x"}),
        json!({"event": "painted", "call": 99999}),
        json!({"event": "action", "action": "x".repeat(9999), "call": id}),
    ] {
        studio.server.modern("tools/call", json!({"name": "toolface_seen", "arguments": nonsense}));
    }
    let whole = studio.get(&format!("traffic/{id}"));
    assert_eq!(whole["actions"].as_array().expect("actions").len(), 1, "{whole:#}");
    let other = studio.run("get_order", json!({"order_id": "1001"}));
    let told = json!({"call": other["call"], "event": "painted", "milliseconds": 1.5});
    assert_eq!(studio.ask("POST", "seen", Some(&told)).status, 204);
    assert!(studio.get(&format!("traffic/{}", other["call"]))["view"]["painted"].is_string());
}

#[test]
fn what_happens_is_told_as_it_happens() {
    let project = Project::demo();
    let studio = Studio::open(project.path());
    let mut stream = studio.server.connect();
    let head = format!(
        "GET /studio/api/events HTTP/1.1\r\nhost: localhost\r\nx-toolface-studio: {}\r\n\r\n",
        studio.token
    );
    stream.write_all(head.as_bytes()).expect("a request");
    let mut lines = BufReader::new(stream).lines().map(|line| line.expect("a line"));
    let mut next = |kind: &str| -> Value {
        let found = lines.find_map(|line| {
            let event: Value = serde_json::from_str(&line).ok()?;
            (event["kind"] == kind).then_some(event)
        });
        found.unwrap_or_else(|| panic!("no event `{kind}`"))
    };
    next("beat");
    let result = studio.server.call("get_order", json!({"order_id": "1001"}));
    let id = result["_meta"]["dev.toolface/call"].clone();
    assert_eq!(next("call")["call"]["id"], id);
    studio.server.call("toolface_seen", json!({"event": "painted", "call": id}));
    let view = next("view");
    assert!(view["id"] == id && view["view"]["painted"].is_string(), "{view}");
    let text = studio.get("tools/get_order")["text"].as_str().expect("a text").to_owned();
    project.write("tools/get_order.toml", format!("{text}\nnonsense ="));
    assert_eq!(next("state")["state"]["ok"], false);
}

#[test]
fn what_agents_need_is_there_to_copy() {
    let studio = Studio::demo();
    let agents = studio.get("agents");
    assert_eq!(agents["manifest"]["manifest_version"], 1);
    assert!(agents["instructions"]["all"].as_str().is_some_and(|text| text.contains("get_order")));
    assert!(agents["instructions"]["tools"]["get_order"].is_string());
    let exports = agents["exports"].as_array().expect("exports");
    assert!(exports.len() >= 5, "{exports:#?}");
    for export in exports {
        let target = export["target"].as_str().expect("a target");
        assert!(
            export["command"].as_str().is_some_and(|command| command.starts_with("toolface agents")),
            "{export}"
        );
        let files = studio.get(&format!("agents/export/{target}"))["files"].clone();
        assert!(files.as_array().is_some_and(|files| !files.is_empty()), "{target}");
        assert!(files[0]["path"].is_string() && files[0]["text"].is_string());
    }
}

#[test]
fn a_thousand_tools_are_told_soon_and_in_little() {
    let project = Project::new();
    let widget = std::fs::read(root().join("widgets/order-card.widget")).expect("a widget");
    project.write("widgets/card.widget", widget);
    for n in 0..1000 {
        let text = format!(
            "title = \"Tool {n}\"\ndescription = \"Does the thing number {n}, and nothing else at all.\"\n[source]\nresult = {{ content = [] }}\n"
        );
        project.write(&format!("tools/tool_{n:04}.toml"), text);
    }
    let studio = Studio::open(project.path());
    studio.get("project");
    let start = Instant::now();
    let answer = studio.ask("GET", "project", None);
    let took = start.elapsed();
    assert_eq!(answer.json()["tools"].as_array().expect("tools").len(), 1001);
    assert!(answer.body.len() < 500_000, "{} bytes", answer.body.len());
    assert!(took < Duration::from_secs(2), "a build without optimisation took {took:?}");
}

#[test]
fn files_that_cannot_be_read_are_told_as_what_they_are() {
    let project = Project::demo();
    let studio = Studio::open(project.path());
    std::fs::write(project.path().join("widgets/order-card.states.json"), "{broken").expect("a file");
    let widget = studio.get("widgets/order-card");
    let faults = widget["faults"].to_string();
    assert!(faults.contains("order-card.states.json") && widget["template"].is_string(), "{widget:#}");
    let mut body = draft(widget["hash"].clone());
    body["states"] = json!([]);
    assert_eq!(studio.ask("PUT", "widgets/order-card", Some(&body)).status, 422);
    let kept = std::fs::read_to_string(project.path().join("widgets/order-card.states.json"));
    assert_eq!(kept.expect("a file"), "{broken");
    std::fs::write(project.path().join("widgets/binary.widget"), b"\xff\xfe\x00").expect("a file");
    let answer = studio.ask("GET", "widgets/binary", None);
    assert!(answer.status == 422 && answer.body.contains("UTF-8"), "{} {}", answer.status, answer.body);
    std::fs::remove_file(project.path().join("widgets/order-closed.widget")).expect("gone");
    let answer = studio.ask("GET", "widgets/order-closed", None);
    assert!(answer.status == 404 && answer.body.contains("is gone"), "{} {}", answer.status, answer.body);
}
