//! `toolface doctor`: it passes the demo over both transports, finds each fault of servers that have one, and comes to
//! an end whatever it is pointed at.
//!
//! A server with a fault is the real one behind a proxy that changes one answer: a fault is one line of data.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::installed;
use crate::support::{
    Asked, Output, Project, Server, Upstream, finish, reply, request, root, run, signal, toolface,
};

/// A tool of the demo that only reads, has variants, actions and a view.
const ORDER: &str = "get_order";

/// One fault: which answers are changed, how, and what must be found.
struct Seed {
    /// The method whose answer is changed.
    method: &'static str,
    /// The change, to the whole message.
    change: fn(&mut Value),
    /// The findings that must come of it: all faults, in any order, and warnings that must be among others.
    finds: &'static [&'static str],
}

const fn seed(method: &'static str, finds: &'static [&'static str], change: fn(&mut Value)) -> Seed {
    Seed { method, change, finds }
}

const LIST: &str = "tools/list";
const CALL: &str = "tools/call";
const READ: &str = "resources/read";

const SEEDS: [Seed; 38] = [
    // How tools are listed.
    seed(LIST, &["tools-none"], |m| put(m, "/result/tools", json!([]))),
    seed(LIST, &["tool-nameless"], |m| put(tool(m, "toolface_render"), "/name", json!(""))),
    seed(LIST, &["name-invalid"], |m| put(tool(m, "toolface_render"), "/name", json!("draw it!"))),
    seed(LIST, &["name-duplicate"], |m| {
        let twin = tool(m, "toolface_render").clone();
        list(m, "/result/tools").push(twin);
    }),
    seed(LIST, &["warning:name-long"], |m| put(tool(m, "toolface_render"), "/name", json!("x".repeat(65)))),
    seed(LIST, &["warning:description-missing"], |m| {
        put(tool(m, "toolface_render"), "/description", json!(" "))
    }),
    seed(LIST, &["input-schema-invalid"], |m| take(tool(m, "toolface_render"), "/inputSchema")),
    seed(LIST, &["output-schema-invalid"], |m| {
        put(tool(m, "get_stock"), "/outputSchema/properties/data/type", json!("strnig"));
    }),
    seed(LIST, &["warning:tools-vary"], |m| {
        // Results of the newer revision alone say what they are.
        if m["result"]["resultType"].is_null() {
            list(m, "/result/tools").retain(|tool| tool["name"] != "toolface_render");
        }
    }),
    // What calls bring.
    seed(CALL, &["call-failed"], |m| {
        take(m, "/result");
        put(m, "/error", json!({"code": -32603, "message": "boom"}));
    }),
    seed(CALL, &["warning:call-error"], |m| put(m, "/result/isError", json!(true))),
    seed(CALL, &["wrapper-missing"], |m| take(m, "/result/structuredContent")),
    seed(CALL, &["wrapper-missing-in-content", "host-view-starved"], |m| {
        put(m, "/result/content/0/text", json!("Order 1001"));
    }),
    seed(CALL, &["wrapper-differs"], |m| put(m, "/result/structuredContent/data/total", json!("$0.00"))),
    seed(CALL, &["widget-id-differs"], |m| both(m, |w| put(w, "/widget_id", json!("wig_c7n5vh1y")))),
    seed(CALL, &["widget-id-differs", "widget-id-unknown"], |m| {
        both(m, |w| put(w, "/widget_id", json!("wig_other")))
    }),
    seed(CALL, &["widget-type-differs"], |m| {
        put(m, "/result/_meta/dev.toolface~1widget/type", json!("card"))
    }),
    seed(LIST, &["widget-id-unknown"], |m| {
        put(tool(m, ORDER), "/_meta/dev.toolface~1widget/id", json!("wig_old"))
    }),
    seed(CALL, &["text-missing", "wrapper-missing-in-content", "host-view-starved"], |m| {
        put(m, "/result/content", json!([]));
    }),
    seed(CALL, &["warning:text-only-json"], |m| list(m, "/result/content").truncate(1)),
    // The data.
    seed(CALL, &["field-missing"], |m| both(m, |w| take(w, "/data/status"))),
    seed(CALL, &["type-wrong"], |m| both(m, |w| put(w, "/data/pieces", json!("4")))),
    seed(CALL, &["field-misnamed"], |m| {
        both(m, |w| {
            let id = w["data"]["orderId"].clone();
            take(w, "/data/orderId");
            put(w, "/data/order_id", id);
        });
    }),
    seed(CALL, &["field-unknown"], |m| both(m, |w| put(w, "/data/surplus", json!(1)))),
    seed(CALL, &["warning:field-degraded"], |m| {
        put(m, "/result/_meta/dev.toolface~1widget/degraded", json!(["/note"]));
    }),
    // The view.
    seed(LIST, &["view-uri-missing"], |m| take(tool(m, ORDER), "/_meta/ui/resourceUri")),
    seed(LIST, &["view-uri-differs", "view-unreadable"], |m| {
        put(tool(m, ORDER), "/_meta/openai~1outputTemplate", json!("ui://shop/none/00.html"));
    }),
    seed(READ, &["view-mime"], |m| put(m, "/result/contents/0/mimeType", json!("text/html"))),
    seed(READ, &["view-empty"], |m| put(m, "/result/contents/0/text", json!(""))),
    seed(READ, &["csp-missing"], |m| take(m, "/result/contents/0/_meta")),
    seed(READ, &["csp-blocks"], |m| {
        page(m, |html| html.push_str("<script src=\"https://cdn.example.com/x.js\"></script>"));
    }),
    seed(READ, &["csp-blocks", "warning:csp-blocks"], |m| {
        let added = "<STYLE>@import url(//cdn.example.com/x.css);</STYLE>\
                     <script>fetch('https://api.example.com/x')</script><a href=https://www.example.com>more</a>";
        page(m, |html| html.push_str(added));
    }),
    seed(READ, &["view-large"], |m| page(m, |html| html.push_str(&" ".repeat(1 << 20)))),
    // Tree and actions.
    seed(CALL, &["tree-missing"], |m| take(m, "/result/_meta")),
    seed(CALL, &["tree-invalid"], |m| {
        put(m, "/result/_meta/dev.toolface~1widget/tree/type", json!("Carousel"))
    }),
    seed(LIST, &["action-tool-unknown"], |m| {
        list(m, "/result/tools").retain(|tool| tool["name"] != "track_package");
    }),
    seed(LIST, &["action-tool-hidden"], |m| {
        put(tool(m, "track_package"), "/_meta/ui/visibility", json!(["model"]));
    }),
    seed(LIST, &["action-arguments"], |m| {
        put(tool(m, "track_package"), "/inputSchema/properties", json!({"number": {"type": "string"}}));
    }),
];

/// Puts a value at a place whose parent is there.
fn put(value: &mut Value, pointer: &str, new: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = value.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {pointer}"));
    let name = name.replace("~1", "/");
    match parent {
        Value::Array(items) => items[name.parse::<usize>().expect("an index")] = new,
        other => other[name] = new,
    }
}

/// Takes a member out.
fn take(value: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = value.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    assert!(parent.shift_remove(name).is_some(), "nothing at {pointer}");
}

fn list<'v>(value: &'v mut Value, pointer: &str) -> &'v mut Vec<Value> {
    value.pointer_mut(pointer).and_then(Value::as_array_mut).expect("a list")
}

/// A tool in a list of tools.
fn tool<'v>(message: &'v mut Value, name: &str) -> &'v mut Value {
    list(message, "/result/tools").iter_mut().find(|tool| tool["name"] == name).expect("a tool")
}

/// Changes the wrapper in both of its places.
fn both(message: &mut Value, change: impl Fn(&mut Value)) {
    change(&mut message["result"]["structuredContent"]);
    let text = message["result"]["structuredContent"].to_string();
    put(message, "/result/content/0/text", json!(text));
}

/// Changes a page.
fn page(message: &mut Value, change: impl Fn(&mut String)) {
    let mut html = message["result"]["contents"][0]["text"].as_str().expect("a page").to_owned();
    change(&mut html);
    put(message, "/result/contents/0/text", json!(html));
}

/// The real server behind a proxy that changes answers to one method.
fn proxy(server: &Server, method: &'static str, change: fn(&mut Value)) -> Upstream {
    let at = server.at;
    Upstream::start(move |asked, stream| {
        let Some(("POST", path)) = asked.line.split_once(' ') else {
            return reply(stream, "405 Method Not Allowed", "", "");
        };
        let kept = ["content-type", "accept", "mcp-"];
        let headers: Vec<(&str, &str)> = asked
            .headers
            .iter()
            .filter_map(|line| line.split_once(": "))
            .filter(|(name, _)| kept.iter().any(|k| name.to_ascii_lowercase().starts_with(k)))
            .collect();
        let answer = request(at, "POST", path, &headers, asked.body.as_bytes());
        let session =
            answer.session.as_ref().map(|id| format!("mcp-session-id: {id}\r\n")).unwrap_or_default();
        let event =
            answer.body.lines().filter_map(|line| line.strip_prefix("data: ")).find(|data| data.len() > 2);
        let body = event.unwrap_or(&answer.body);
        let asked: Value = serde_json::from_str(&asked.body).expect("JSON");
        let body = match serde_json::from_str::<Value>(body) {
            Ok(mut message) if asked["method"] == method && concerns(&asked) => {
                change(&mut message);
                message.to_string()
            }
            _ => body.to_owned(),
        };
        let status = if body.is_empty() { "202 Accepted" } else { "200 OK" };
        reply(stream, status, &session, &body);
    })
}

/// Of calls only those of `get_order`, and of pages only its own, are changed.
fn concerns(asked: &Value) -> bool {
    let params = &asked["params"];
    let is_its_page = |uri: &Value| uri.as_str().is_some_and(|uri| uri.starts_with("ui://shop/order-card/"));
    (params["name"].is_null() || params["name"] == ORDER)
        && (params["uri"].is_null() || is_its_page(&params["uri"]))
}

fn examine(args: &[&str]) -> Output {
    run(root(), &[&["doctor", "--format", "json"], args].concat())
}

fn examine_at(at: std::net::SocketAddr, args: &[&str]) -> Output {
    examine(&[&["--url", &format!("http://{at}/mcp")], args].concat())
}

/// All findings as `verdict:id`, without those that were not asked.
fn found(report: &Value) -> Vec<String> {
    let questions = report["questions"].as_array().expect("questions").iter();
    let findings = questions.flat_map(|question| question["findings"].as_array().expect("findings"));
    let text = |finding: &Value, key: &str| finding[key].as_str().expect("text").to_owned();
    let mut all: Vec<String> =
        findings.map(|f| format!("{}:{}", text(f, "verdict"), text(f, "id"))).collect();
    all.retain(|f| !f.starts_with("not-asked"));
    all.sort();
    all.dedup();
    all
}

#[test]
fn the_demo_passes_over_both_transports() {
    let server = Server::start(root());
    for output in [examine(&[]), examine_at(server.at, &[])] {
        assert_eq!(output.code, 0, "{output:?}");
        let report = output.json();
        assert_eq!(found(&report), Vec::<String>::new(), "{report:#}");
        assert_eq!(report["revisions"], json!(["2025-11-25", "2026-07-28"]));
        for question in report["questions"].as_array().expect("questions") {
            assert_eq!(question["verdict"], "ok", "{question:#}");
        }
        let unasked = report["questions"][5]["findings"].as_array().expect("findings");
        let unasked: Vec<&str> = unasked.iter().map(|f| f["subject"].as_str().expect("a tool")).collect();
        assert_eq!(
            unasked,
            ["confirm_appointment", "toolface_render"],
            "what may change something is not called"
        );
    }
    let text = run(root(), &["doctor"]);
    assert!(text.stdout.ends_with("19 of 19 questions asked: no fault and no warning\n"), "{}", text.stdout);
    assert_eq!(text.stderr, "");
}

#[test]
fn what_may_change_something_is_called_once_and_only_if_named() {
    let booking = json!({
        "product_id": "commuter", "kind": "test-ride", "day": "2026-12-01", "time": "11:00", "name": "Mila Solano",
    });
    let seen = |args: &[&str]| {
        let server = Server::start(root());
        let watch = proxy(&server, "none", |_| {});
        let output = examine_at(watch.at, args);
        assert_eq!(output.code, 0, "{output:?}");
        let bodies = watch
            .seen()
            .into_iter()
            .map(|asked| serde_json::from_str::<Value>(&asked.body).unwrap_or_default());
        bodies.filter(|body| body["params"]["name"] == "confirm_appointment").count()
    };
    let given = format!("confirm_appointment={booking}");
    assert_eq!(seen(&["--args", &given]), 0);
    assert_eq!(seen(&["--args", &given, "--call", "confirm_appointment"]), 1);
}

#[test]
fn every_seeded_fault_is_found_and_no_other() {
    let server = Server::start(root());
    let next = std::sync::atomic::AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(seed) = SEEDS.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let Seed { method, change, finds } = seed;
                    let faulty = proxy(&server, method, *change);
                    let output = examine_at(faulty.at, &[]);
                    let report = output.json();
                    let found = found(&report);
                    let mut faults: Vec<&str> =
                        found.iter().filter_map(|f| f.strip_prefix("fault:")).collect();
                    let mut expected: Vec<&str> =
                        finds.iter().copied().filter(|f| !f.starts_with("warning:")).collect();
                    faults.sort_unstable();
                    expected.sort_unstable();
                    assert_eq!(faults, expected, "{finds:?}: {report:#}");
                    for warning in finds.iter().filter(|f| f.starts_with("warning:")) {
                        assert!(found.iter().any(|f| f == warning), "{warning}: {report:#}");
                    }
                    assert_eq!(output.code, i32::from(!expected.is_empty()), "{finds:?}");
                }
            });
        }
    });
}

#[test]
fn a_server_of_one_revision_passes_and_one_that_is_silent_at_the_other_is_warned() {
    let server = Server::start(root());
    let refuse: fn(&mut Value) = |message| {
        take(message, "/result");
        put(message, "/error", json!({"code": -32601, "message": "Method not found"}));
    };
    let wait: fn(&mut Value) = |_| thread::sleep(Duration::from_secs(6));
    for (method, change, revision, finds) in [
        ("server/discover", refuse, "2025-11-25", &[][..]),
        ("initialize", refuse, "2026-07-28", &[]),
        ("server/discover", wait, "2025-11-25", &["warning:revision-silent"]),
    ] {
        let half = proxy(&server, method, change);
        let output = examine_at(half.at, &["--timeout", "5"]);
        let report = output.json();
        assert_eq!(
            (found(&report), output.code),
            (finds.iter().map(|f| (*f).to_owned()).collect(), 0),
            "{report:#}"
        );
        assert_eq!(report["revisions"], json!([revision]));
        let unasked =
            report["questions"].as_array().expect("questions").iter().filter(|q| q["verdict"] == "not-asked");
        assert_eq!(unasked.count(), 0, "{report:#}");
    }
}

#[test]
fn findings_say_what_where_and_how_to_mend_it() {
    let server = Server::start(root());
    let misnamed = SEEDS.iter().find(|seed| seed.finds == ["field-misnamed"]).expect("a seed");
    let faulty = proxy(&server, misnamed.method, misnamed.change);
    let url = format!("http://{}/mcp", faulty.at);
    let output = run(root(), &["doctor", "--url", &url]);
    assert_eq!(output.code, 1);
    let told = "get_order: the field is called `order_id` in `/data`, the schema calls it `orderId`";
    assert!(output.stdout.contains(told), "{}", output.stdout);
    assert!(output.stdout.contains("cure: rename it to `orderId`"), "{}", output.stdout);
    assert!(output.stdout.ends_with("1 fault and no warning\n"), "{}", output.stdout);
}

#[test]
fn servers_that_are_none_are_told_as_what_they_are() {
    let garbage = Upstream::start(|_, stream| {
        let _ =
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nhello");
    });
    let locked = Upstream::start(|_, stream| {
        reply(stream, "401 Unauthorized", "www-authenticate: Bearer realm=\"x\"\r\n", "");
    });
    let hanging = Upstream::start(|_, _| thread::sleep(Duration::from_secs(5)));
    let flooding = Upstream::start(|_, stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n\"");
        while stream.write_all(&[b'x'; 1 << 16]).is_ok() {}
    });
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    for (at, finds, timeout) in [
        (garbage.at, "fault:not-mcp", "5"),
        (locked.at, "fault:auth-required", "5"),
        (hanging.at, "fault:no-answer", "0.5"),
        (flooding.at, "fault:flood", "10"),
        (free, "fault:unreachable", "5"),
    ] {
        let output = examine_at(at, &["--timeout", timeout]);
        assert_eq!((found(&output.json()), output.code), (vec![finds.to_owned()], 1), "{output:?}");
    }
    let _ = TcpStream::connect(flooding.at);
}

#[test]
fn programs_that_are_no_servers_are_told_as_what_they_are() {
    for (command, finds, says) in [
        ("/nonexistent/server", "fault:unreachable", "cannot start /nonexistent/server"),
        ("sh -c 'echo the key is missing >&2; exit 3'", "fault:server-died", "the key is missing"),
        ("sh -c 'echo Listening; sleep 60'", "fault:no-answer", "it printed: Listening"),
        ("sh -c 'cat >/dev/null; sleep 60'", "fault:no-answer", "no answer within"),
        ("head -c 200000000 /dev/zero", "fault:flood", "MiB on standard output"),
        ("cat", "fault:no-answer", "no answer within"),
    ] {
        let start = Instant::now();
        let output =
            examine(&["--stdio", command, "--timeout", if finds == "fault:flood" { "15" } else { "3" }]);
        let report = output.json();
        assert_eq!(found(&report), [finds], "{command}: {report:#}");
        assert_eq!(output.code, 1);
        assert!(report.to_string().contains(says), "{command}: {report:#}");
        assert_eq!(output.stderr, "", "{command}");
        assert!(start.elapsed() < Duration::from_secs(18), "{command} took {:?}", start.elapsed());
    }
}

#[test]
fn a_route_passes_with_tools_that_only_views_call() {
    let server = Server::start(root());
    let output = examine(&["--url", &format!("http://{}/mcp/get_order", server.at)]);
    assert_eq!((found(&output.json()), output.code), (Vec::<String>::new(), 0), "{output:?}");
}

#[test]
fn a_program_that_prints_more_than_messages_is_warned() {
    let served = format!("{} --log warn stdio", env!("CARGO_BIN_EXE_toolface"));
    let chatty = r#"while read -r line; do printf "%s\n[INFO] sent \033[2J\n" "$line"; done"#;
    for (script, says) in [
        (format!("echo Listening; exec {served}"), "printed: Listening"),
        (format!("{served} | {chatty}"), "printed: [INFO] sent \u{fffd}[2J"),
    ] {
        let output = examine(&["--stdio", &format!("sh -c '{script}'")]);
        let report = output.json();
        assert_eq!((found(&report), output.code), (vec!["warning:stdout-stray".to_owned()], 0), "{report:#}");
        let told = report["questions"][0]["findings"][0]["message"].as_str().expect("a message");
        assert!(told.ends_with(says), "{told}");
    }
}

#[test]
fn tools_that_are_named_and_not_listed_are_told() {
    let output = run(root(), &["doctor", "--args", "get_orde={}", "--call", "nope"]);
    assert_eq!(output.code, 1);
    for says in [
        "fault [call-unknown] get_orde: --args or --call names it, and no such tool is listed\n             \
         cure: did you mean `get_order`?",
        "fault [call-unknown] nope: ",
        "cure: listed are `",
    ] {
        assert!(output.stdout.contains(says), "{}", output.stdout);
    }
    assert!(output.stdout.ends_with("2 faults and no warning\n"), "{}", output.stdout);
}

#[test]
fn what_cannot_be_asked_is_told_in_one_line_under_the_command_as_it_was_given() {
    let command = r#"/nonexistent/server --say 'two words' '"quoted"'"#;
    let output = run(root(), &["doctor", "--stdio", command]);
    assert!(output.stdout.starts_with(&format!("{command}\n")), "{}", output.stdout);
    let end = "\nnot-asked  18 more questions: there is no connection\n\n1 of 19 questions asked: 1 fault and no warning\n";
    assert!(output.stdout.ends_with(end), "{}", output.stdout);
    assert_eq!(output.stdout.matches("not-asked").count(), 1);
}

/// Whether a process runs; one that has ended and is only not yet forgotten does not.
fn runs(id: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    state.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_that_was_started_stays_behind() {
    let folder = Project::empty();
    let file = folder.path().join("ids");
    let command = format!("sh -c 'sleep 300 & echo $! >> {0}; echo $$ >> {0}; wait'", file.display());
    let ids = || std::fs::read_to_string(&file).unwrap_or_default();
    let output = examine(&["--stdio", &command, "--timeout", "1"]);
    assert_eq!(found(&output.json()), ["fault:no-answer"]);
    assert_eq!(ids().lines().count(), 4, "one program per revision, with one of its own");
    // And if it is stopped while it waits.
    let mut stopped = toolface(root());
    stopped
        .args(["doctor", "--stdio", &command, "--timeout", "60"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut stopped = stopped.spawn().expect("the executable");
    let start = Instant::now();
    while ids().lines().count() < 8 {
        assert!(start.elapsed() < Duration::from_secs(20), "{}", ids());
        thread::sleep(Duration::from_millis(10));
    }
    signal(&stopped, "TERM");
    assert_eq!(stopped.wait().expect("a child").code(), Some(1));
    let start = Instant::now();
    while ids().lines().any(runs) {
        assert!(start.elapsed() < Duration::from_secs(5), "still there: {}", ids());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn headers_are_sent_and_never_printed() {
    let echo = Upstream::start(|asked: &Asked, stream| {
        let token = asked.headers.iter().find(|h| h.to_lowercase().starts_with("authorization")).cloned();
        let told = token.unwrap_or_default().rsplit(' ').next().unwrap_or_default().to_owned();
        let body =
            json!({"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": format!("no {told}")}});
        reply(stream, "200 OK", "", &body.to_string());
    });
    let url = format!("http://{}/mcp?key=4711-4711", echo.at);
    let mut command = toolface(root());
    command.env("DOCTOR_TOKEN", "s3cr3t-value").args(["doctor", "--url", &url, "--log", "trace"]);
    command.args(["--header", "Authorization: Bearer {env:DOCTOR_TOKEN}"]);
    let output = finish(command);
    assert!(echo.seen().iter().all(|asked| asked.headers.iter().any(|h| h.ends_with("Bearer s3cr3t-value"))));
    assert!(output.stdout.contains("***"), "{}", output.stdout);
    assert!(!output.stdout.contains("s3cr3t") && !output.stderr.contains("s3cr3t"), "{output:?}");
    assert!(!output.stdout.contains("4711"), "{}", output.stdout);
    for (args, says) in [
        (&["--url", "localhost:1"][..], "write it whole"),
        (&["--url", "http://"], "write it whole"),
        (&["--url", "http://me:word@host/mcp"], "no password in a URL"),
        (&["--header", "a: b"], "--url"),
        (&["--url", "http://h/", "--stdio", "x"], "cannot be used with"),
        (&["--url", "http://h/", "--header", "X: {env:TOOLFACE_NOT_SET}"], "TOOLFACE_NOT_SET is not set"),
        (&["--stdio", "sh -c 'x"], "a quote is not closed"),
        (&["--args", "get_order"], "TOOL=JSON"),
        (&["--args", "get_order=[]"], "must be a JSON object"),
        (&["--timeout", "0"], "from 0.05 to 600"),
    ] {
        let output = run(root(), &[&["doctor"], args].concat());
        assert_eq!(output.code, 2, "{args:?}: {output:?}");
        assert!(output.stderr.contains(says), "{args:?}: {}", output.stderr);
    }
}

#[test]
fn a_good_server_of_others_passes() {
    let Some(command) = installed::python("foreign.py") else { return };
    let words = [command.get_program(), command.get_args().next().expect("a script")];
    let words: Vec<String> = words.iter().map(|w| format!("'{}'", w.to_str().expect("a path"))).collect();
    let output = examine(&["--stdio", &words.join(" ")]);
    let report = output.json();
    assert_eq!(output.code, 0, "{report:#}");
    assert_eq!(found(&report), Vec::<String>::new(), "{report:#}");
    let verdict = |id: &str| {
        let questions = report["questions"].as_array().expect("questions");
        questions.iter().find(|q| q["id"] == id).expect("a question")["verdict"].clone()
    };
    for id in ["calls", "required", "types", "views", "view-page", "view-csp", "text", "hosts"] {
        assert_eq!(verdict(id), "ok", "{id}: {report:#}");
    }
    for id in ["wrapper", "widget-id", "tree", "actions"] {
        assert_eq!(verdict(id), "not-asked", "{id}: {report:#}");
    }
}

#[test]
fn the_documentation_names_every_question_and_finding() {
    let page = std::fs::read_to_string(root().join("docs/doctor.md")).expect("docs/doctor.md");
    let folder = std::fs::read_dir(root().join("src/doctor/questions")).expect("the questions");
    let mut named = 0;
    for file in folder {
        let text = std::fs::read_to_string(file.expect("an entry").path()).expect("a source file");
        for call in
            ["question(", ".fault(", ".warn(", ".found(", "=> (", "=> {\n            (", "\", \"id\", "]
        {
            for rest in text.split(call).skip(1) {
                let rest = rest.trim_start().trim_start_matches("Verdict::NotAsked,").trim_start();
                let Some((id, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) else {
                    continue;
                };
                if id.contains('-') || call == "question(" {
                    named += 1;
                    assert!(page.contains(&format!("`{id}`")), "docs/doctor.md does not name `{id}`");
                }
            }
        }
    }
    assert!(named > 60, "only {named} were found");
}
