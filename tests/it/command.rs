//! Programs as sources: what reaches them, what is made of what they print, and that none is left behind.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Output, Project, Server, finish, run, toolface, widget};

/// Prints each argument in a line of its own, byte by byte.
const ARGUMENTS: &str = "for a in \"$@\"; do printf '%s' \"$a\" | od -An -v -tx1 | tr -d ' \\n'; echo; done";

/// A project with one tool, `ask`, that starts `script` with `sh`.
fn script(script: &str, tool: &str) -> Project {
    let open = widget(r#"{"type":"Card","children":[]}"#, &json!({"type": "object"}));
    Project::new()
        .file(
            "toolface.toml",
            "[server]\nname = 'test'\n[connections.reports]\nkind = 'command'\ncommand = ['sh', 'ask.sh']\n",
        )
        .file("ask.sh", script)
        .file("widgets/card.widget", open)
        .file("tools/ask.toml", format!("description = 'x'\nwidget = 'card'\nwidget_id = 'wig_1'\n{tool}"))
}

fn call(project: &Project, arguments: &Value) -> Output {
    run(project.path(), &["call", "ask", "--args", &arguments.to_string(), "--as", "full"])
}

fn data(project: &Project, arguments: &Value) -> Value {
    let result = call(project, arguments).json();
    assert_eq!(result["isError"], false, "{result:#}");
    result["structuredContent"]["data"].clone()
}

fn refusal(project: &Project, arguments: &Value) -> String {
    let result = call(project, arguments).json();
    assert_eq!(result["isError"], true, "{result:#}");
    result["content"][0]["text"].as_str().expect("words").to_owned()
}

/// The arguments that arrived.
fn arrived(project: &Project, arguments: &Value) -> Vec<String> {
    let got = data(project, arguments);
    let lines = got["got"].as_array().expect("lines");
    lines
        .iter()
        .map(|line| {
            let hex = line.as_str().expect("hex");
            let bytes =
                (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex"));
            String::from_utf8(bytes.collect()).expect("text")
        })
        .collect()
}

/// Processes whose command line holds `mark`.
fn alive(mark: &str) -> Vec<String> {
    let all = fs::read_dir("/proc").expect("/proc").flatten();
    all.filter(|entry| entry.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit()))
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(mark))
        .collect()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(10), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A number of seconds to sleep that no other process here has.
fn mark(nth: u32) -> String {
    format!("{}.{nth:02}", 100_000 + std::process::id())
}

const ASK: &str = "input.v = {}\ninput.w = { required = false }\ninput.ids = { type = 'array', required = false }
source = { connection = 'reports', output = 'lines', args = ['--get', '{v}', ['-w', '{w}'], '{{{{}}', '{ids...}'] }
data = { select = '{got: .}' }";

#[test]
fn an_argument_is_one_position_whatever_is_in_it() {
    let ask = ASK.replace("{{{{}}", "{{x}}");
    let project = script(ARGUMENTS, &ask);
    for value in [
        "two words",
        "it's \"quoted\"",
        "a\nb\r\n",
        "$(touch x) `touch x` ; touch x & | > x",
        "*",
        "é 🚲",
        "\\n",
        " ",
        "~",
        "a--b",
        "\u{1}\u{7f}",
    ] {
        assert_eq!(arrived(&project, &json!({ "v": value })), ["--get", value, "{x}"], "{value:?}");
    }
    assert!(!project.path().join("x").exists(), "a shell has read it");
    for (value, text) in
        [(json!(7), "7"), (json!(1.50), "1.5"), (json!(true), "true"), (json!({"a": [1]}), "{\"a\":[1]}")]
    {
        assert_eq!(arrived(&project, &json!({ "v": value }))[1], text);
    }
    assert_eq!(
        arrived(&project, &json!({"v": "v", "w": "w w", "ids": ["a", 2, "c d"]})),
        ["--get", "v", "-w", "w w", "{x}", "a", "2", "c d"]
    );
    assert_eq!(arrived(&project, &json!({"v": "v", "ids": []})), ["--get", "v", "{x}"]);
    assert_eq!(arrived(&project, &json!({"v": ""}))[..1], ["--get"], "an empty one is a position too");
}

#[test]
fn what_a_program_could_misread_is_refused() {
    let project = script(ARGUMENTS, &ASK.replace("'{{{{}}', ", ""));
    for (arguments, told) in [
        (json!({"v": "-rf"}), "`v` must not begin with `-`"),
        (json!({"v": "--"}), "`v` must not begin with `-`"),
        (json!({"v": -1}), "`v` must not begin with `-`"),
        (json!({"v": "v", "w": "-"}), "`w` must not begin with `-`"),
        (json!({"v": "v", "ids": ["a", "--help"]}), "`ids` must not begin with `-`"),
        (json!({"v": "a\u{0}b"}), "`v` must not contain a NUL"),
    ] {
        let words = refusal(&project, &arguments);
        assert!(words.contains(told), "{arguments}: {words}");
    }
    let allowed = ["allow_dashes = true, args = ['{v}']", "args = ['--', '{v}']"];
    for args in allowed {
        let source = format!(
            "input.v = {{}}\nsource = {{ connection = 'reports', output = 'lines', {args} }}\ndata = {{ select = '{{got: .}}' }}"
        );
        let project = script(ARGUMENTS, &source);
        assert_eq!(arrived(&project, &json!({"v": "-rf"})).last().expect("one"), "-rf", "{args}");
    }
    let long = "x".repeat(3 << 20);
    let file = project.path().join("long.json");
    fs::write(&file, json!({ "v": long }).to_string()).expect("a file");
    let at = format!("@{}", file.display());
    let told = run(project.path(), &["call", "ask", "--args", &at, "--as", "full"]).json();
    assert!(told["content"][0]["text"].as_str().expect("words").contains("too long"), "{told}");
}

#[test]
fn standard_input_is_json_with_the_arguments_in_it() {
    let tool = "input.v = {}\ninput.w = { required = false }
source = { connection = 'reports', stdin = { value = '{v}', text = 'v={v}', w = '{w}', fixed = [1, true] } }";
    let project = script("cat", tool);
    assert_eq!(
        data(&project, &json!({"v": [1, "a\n\u{0}\"é"]})),
        json!({"value": [1, "a\n\u{0}\"é"], "text": "v=[1,\"a\\n\\u0000\\\"é\"]", "fixed": [1, true]})
    );
    let big = "x".repeat(300_000);
    let deaf = script("echo '{\"ok\": true}'", tool);
    let file = project.path().join("big.json");
    fs::write(&file, json!({ "v": big }).to_string()).expect("a file");
    let at = format!("@{}", file.display());
    for (project, key) in [(&deaf, "ok"), (&project, "value")] {
        let result = run(project.path(), &["call", "ask", "--args", &at, "--as", "full"]).json();
        assert!(
            result["structuredContent"]["data"].get(key).is_some(),
            "{key}: {}",
            result["content"][0]["text"]
        );
    }
}

#[test]
fn the_environment_is_clean() {
    let project = script(
        "env",
        "source = { connection = 'reports', output = 'lines' }\ndata = { select = '{got: .}' }",
    );
    project.write(
        "toolface.toml",
        "[server]\nname = 'test'\n[connections.reports]\nkind = 'command'\ncommand = ['sh', '../ask.sh']\ndir = 'sub'\nenv = { PLAIN = 'a b', TOKEN = { env = 'SECRET_OF_TEST', prefix = 'x-' } }",
    );
    project.write("sub/empty", "");
    let mut command = toolface(project.path());
    command.args(["call", "ask", "--as", "full"]);
    command.env("SECRET_OF_TEST", "s3cret").env("OTHER_OF_TEST", "y").env("LD_DEBUG_OUTPUT", "x");
    let result = finish(command).json();
    let lines = result["structuredContent"]["data"]["got"].as_array().expect("lines").clone();
    let mut names: Vec<&str> =
        lines.iter().filter_map(|l| l.as_str()?.split_once('=')).map(|(name, _)| name).collect();
    names.retain(|name| !["LANG", "HOME", "_", "SHLVL"].contains(name));
    names.sort_unstable();
    assert_eq!(names, ["PATH", "PLAIN", "PWD", "TOKEN"]);
    assert!(lines.contains(&json!("PLAIN=a b")) && lines.contains(&json!("TOKEN=x-s3cret")));
    assert!(lines.iter().any(|l| l.as_str().expect("text").ends_with("/sub")), "it runs in its folder");
}

#[test]
fn output_is_json_or_lines() {
    let lines = "source = { connection = 'reports', output = 'lines' }\ndata = { select = '{got: .}' }";
    for (print, got) in [
        ("printf 'one\\n\\ntwo\\r\\nthree'", json!(["one", "two", "three"])),
        ("printf '1\\n2\\n'", json!(["1", "2"])),
        (
            "printf '{\"a\": 12345678901234567890}\\n[1]\\n'",
            json!([{"a": 12_345_678_901_234_567_890_u64}, [1]]),
        ),
        ("printf '{\"a\": 1}\\nwords\\n'", json!(["{\"a\": 1}", "words"])),
        ("printf '[info] ready\\n'", json!(["[info] ready"])),
        (":", json!([])),
    ] {
        assert_eq!(data(&script(print, lines), &json!({}))["got"], got, "{print}");
    }
    let json = |more: &str| {
        format!("source = {{ connection = 'reports'{more} }}\ndata = {{ select = '{{got: .}}' }}")
    };
    for (print, more, got) in [
        ("echo ' {\"a\": 0.5} '", "", json!({"a": 0.5})),
        ("echo '[1, 2]'", ", returns = 'one'", json!(1)),
        ("echo '[1, 2]'", ", returns = 'many'", json!([1, 2])),
        (":", "", json!({})),
    ] {
        assert_eq!(
            data(&script(print, &json(more)), &json!({}))["got"].to_string(),
            got.to_string(),
            "{print}{more}"
        );
    }
    for (print, more, told) in [
        ("echo '{\"a\": 1} x'", "", "not JSON"),
        ("printf '\"\\377\\376\"'", "", "not JSON"),
        ("printf '\\377\\376'", ", output = 'lines'", "not UTF-8 text"),
        ("echo '[]'", ", returns = 'one', not_found = 'None of those.'", "None of those."),
        ("exit 4", ", not_found_exit = 4, not_found = 'None of those.'", "None of those."),
        ("echo '{}'; echo oh >&2; exit 3", ", not_found_exit = 4", "`reports` failed (exit status 3)"),
        ("echo '{}'; kill -9 $$", "", "`reports` failed (exit status 137)"),
    ] {
        let words = refusal(&script(print, &json(more)), &json!({}));
        assert!(words.contains(told), "{print}: {words}");
    }
}

#[test]
fn the_last_words_of_a_program_are_in_the_log_and_not_in_the_answer() {
    let project = script("echo 'no such table: secret' >&2; exit 3", "source = { connection = 'reports' }");
    let output = call(&project, &json!({}));
    assert!(!output.stdout.contains("secret"), "{}", output.stdout);
    assert!(output.stderr.contains("reports: no such table: secret"), "{}", output.stderr);
    assert!(output.stderr.contains("on standard error it wrote: no such table: secret"), "{}", output.stderr);
}

#[test]
fn too_much_is_cut_off_and_told() {
    let endless = format!("sleep {} & exec yes '{{\"a\": 1}}'", mark(1));
    let project = script(
        &endless,
        "source = { connection = 'reports', output = 'lines' }\ndata = { select = '{got: .}' }",
    );
    let words = refusal(&project, &json!({}));
    assert!(words.contains("more than 4194 kB"), "{words}");
    wait_until("what it started is gone", || alive(&mark(1)).is_empty());
    let many = script(
        "seq 10001",
        "source = { connection = 'reports', output = 'lines' }\ndata = { select = '{got: .}' }",
    );
    assert!(refusal(&many, &json!({})).contains("more than 10000 rows"));
}

#[test]
fn a_flood_on_standard_error_neither_blocks_nor_fills_the_log() {
    let flood = "yes 'a line of some length that is printed again and again' | head -n 400000 >&2; echo '{\"ok\": true}'";
    let project = script(flood, "source = { connection = 'reports' }");
    let output = call(&project, &json!({}));
    assert_eq!(output.json()["structuredContent"]["data"]["ok"], true);
    assert!(output.stderr.len() < 50_000, "{} bytes of log", output.stderr.len());
    assert!(output.stderr.contains("more lines, left out)"), "{}", output.stderr);
}

#[test]
fn at_the_deadline_everything_it_started_ends() {
    let (child, grandchild, daemon) = (mark(2), mark(3), mark(4));
    let tree = format!(
        "trap '' TERM HUP; (sleep {grandchild} & wait) & setsid sleep {daemon} & sleep {child}; wait"
    );
    let project = script(&tree, "timeout_ms = 1000\nsource = { connection = 'reports' }");
    let mut server = Server::start(project.path());
    thread::scope(|scope| {
        let told = scope.spawn(|| server.call("ask", json!({})));
        wait_until("all run", || [&child, &grandchild, &daemon].iter().all(|mark| !alive(mark).is_empty()));
        let told = told.join().expect("an answer");
        assert!(
            told["content"][0]["text"].as_str().expect("words").contains("did not answer in time"),
            "{told}"
        );
    });
    wait_until("all are gone", || [&child, &grandchild, &daemon].iter().all(|mark| alive(mark).is_empty()));
    assert!(server.is_well());
}

#[test]
fn what_a_program_leaves_behind_ends_with_it() {
    let (left, daemon) = (mark(5), mark(6));
    let leaves = format!("sleep {left} & setsid sleep {daemon} & echo '{{\"ok\": true}}'");
    let project = script(&leaves, "source = { connection = 'reports' }");
    let start = Instant::now();
    assert_eq!(data(&project, &json!({}))["ok"], true);
    assert!(start.elapsed() < Duration::from_secs(5), "their open output is not waited for");
    wait_until("none is left", || alive(&left).is_empty() && alive(&daemon).is_empty());
}

/// Starts a server whose tool runs for ever, and waits until `marks` run.
fn running(project: &Project, marks: &[&str]) -> std::process::Child {
    let mut command = toolface(project.path());
    command.args(["call", "ask"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().expect("it starts");
    wait_until("all run", || marks.iter().all(|mark| !alive(mark).is_empty()));
    child
}

#[test]
fn nothing_outlives_a_server_that_is_killed() {
    let (child, grandchild, daemon) = (mark(7), mark(8), mark(9));
    let tree = format!(
        "trap '' TERM HUP PIPE; (sleep {grandchild} & wait) & setsid sleep {daemon} & sleep {child}; wait"
    );
    let project = script(&tree, "source = { connection = 'reports' }");
    let mut server = running(&project, &[&child, &grandchild, &daemon]);
    server.kill().expect("SIGKILL");
    server.wait().expect("gone");
    wait_until("none is left", || [&child, &grandchild, &daemon].iter().all(|mark| alive(mark).is_empty()));
}

#[test]
fn nothing_outlives_a_guard_that_is_killed() {
    let (child, grandchild) = (mark(10), mark(11));
    let tree = format!("trap '' TERM HUP; (sleep {grandchild} & wait) & sleep {child}; wait");
    let project = script(&tree, "source = { connection = 'reports' }");
    let mut server = running(&project, &[&child, &grandchild]);
    let guard = child_of(server.id());
    let killed = Command::new("kill").args(["-9", &guard]).status().expect("kill");
    assert!(killed.success());
    wait_until("none is left", || alive(&child).is_empty() && alive(&grandchild).is_empty());
    assert_eq!(server.wait().expect("an end").code(), Some(1), "and the call is told");
}

fn child_of(process: u32) -> String {
    let tasks = fs::read_dir(Path::new("/proc").join(process.to_string()).join("task")).expect("tasks");
    let lists = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.collect::<String>().split_whitespace().next().expect("a child").to_owned()
}

#[test]
fn so_many_run_at_once_and_the_rest_waits_its_turn() {
    let busy = "mkdir running.$$; ls -d running.* | wc -l >> seen; sleep 0.1; rmdir running.$$; echo '{\"ok\": true}'";
    let project = script(busy, "source = { connection = 'reports' }");
    project.write(
        "toolface.toml",
        "[server]\nname = 'test'\n[connections.reports]\nkind = 'command'\ncommand = ['sh', 'ask.sh']\nmax_processes = 2\n",
    );
    let server = Server::start(project.path());
    thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| server.call("ask", json!({})))).collect();
        for call in calls {
            let told = call.join().expect("an answer");
            assert_eq!(told["structuredContent"]["data"]["ok"], true, "{told}");
        }
    });
    let seen = fs::read_to_string(project.path().join("seen")).expect("seen");
    let most = seen.split_whitespace().map(|n| n.parse::<u32>().expect("a number")).max();
    assert_eq!(most, Some(2), "{seen}");
}

#[test]
fn faults_of_the_files_are_told_with_a_cure() {
    let project = script(
        "",
        "input.v = {}\nsource = { connection = 'reports', args = ['--x={v}', '{nope}', '{'], stdin = { a = '{also}' }, sql = 'select 1' }",
    );
    let told = run(project.path(), &["check"]).stdout;
    for what in [
        "in `--x={v}` an argument is a part of a position",
        "`nope` is no argument of this tool",
        "`also` is no argument of this tool",
        "is no placeholder",
        "`sql` belongs to a source of kind SQL, and this one is command",
    ] {
        assert!(told.contains(what), "{what}: {told}");
    }
    let project = script("", "source = { connection = 'reports' }");
    for (connection, told) in [
        ("command = ['no-such-program']", "there is no program `no-such-program`"),
        ("command = ['./ask.sh']", "`./ask.sh` is not executable"),
        ("command = []", "connections.reports.command"),
        ("command = ['sh']\ndir = 'nowhere'", "there is no folder"),
        ("command = ['sh']\nenv = { A = { env = 'NOT_SET_IN_TEST' } }", "`NOT_SET_IN_TEST` is not set"),
    ] {
        project.write("toolface.toml", format!("[connections.reports]\nkind = 'command'\n{connection}\n"));
        let output = run(project.path(), &["check"]);
        assert!(output.stdout.contains(told), "{told}: {}", output.stdout);
    }
}
