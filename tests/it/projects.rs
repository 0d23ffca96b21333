//! The projects that `toolface agents agents-sdk` and `chatkit` write: typed strictly, and run with the packages they
//! name against the real executable. Only the model is a script, from the SDKs' own testing tools.
//!
//! What is checked of a run stands in `tests/agents`; here is which project meets which server, and what must come of
//! it, as the command line says it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::installed::{self, agents_node, agents_python};
use crate::support::{Output, Project, Server, fixtures, root, run, widget};

/// Longest time for a project's run, and for its types.
const PATIENCE: Duration = Duration::from_secs(300);

/// Writes a project into a folder of its own.
fn made(dir: &Path, target: &[&str]) -> TempDir {
    let out = TempDir::new().expect("a folder");
    let to = out.path().to_str().expect("a path");
    let output = run(dir, &[&["agents"], target, &["--out", to]].concat());
    assert_eq!(output.code, 0, "{}", output.stderr);
    out
}

fn data(made: &TempDir) -> Value {
    let text = std::fs::read_to_string(made.path().join("toolface.json")).expect("toolface.json");
    serde_json::from_str(&text).expect("JSON")
}

/// What a tool answers, as the command line says it.
fn called(dir: &Path, tool: &str, arguments: &Value) -> Value {
    let arguments = arguments.to_string();
    let of = |form| run(dir, &["--log", "off", "call", tool, "--args", &arguments, "--as", form]);
    let full = of("full").json();
    let text = full["content"][1]["text"].as_str().expect("the Markdown");
    json!({
        "envelope": full["structuredContent"], "tree": of("tree").json(), "text": text,
        "copy_text": full["_meta"]["dev.toolface/widget"]["copyText"],
        "widget_id": full["_meta"]["dev.toolface/widget"]["id"],
    })
}

/// A question for a route, and what must come of it.
fn question(dir: &Path, route: &str, tool: &str, arguments: &Value) -> Value {
    let mut question = called(dir, tool, arguments);
    for (key, value) in [("route", json!(route)), ("tool", json!(tool)), ("arguments", arguments.clone())] {
        question[key] = value;
    }
    question
}

/// The calls of tests/clients, one question each. The tool that writes is asked only where nobody else has.
fn demo_questions(writes: bool) -> Vec<Value> {
    let text = std::fs::read_to_string(root().join("tests/clients/examples.json")).expect("examples");
    let examples: Value = serde_json::from_str(&text).expect("JSON");
    let calls = examples["calls"].as_array().expect("calls").iter();
    calls
        .map(|call| (call["tool"].as_str().expect("a tool"), &call["arguments"]))
        .filter(|(tool, _)| writes || *tool != "confirm_appointment")
        .map(|(tool, arguments)| question(root(), tool, tool, arguments))
        .collect()
}

fn over_stdio(command: &mut Command, dir: &Path) {
    let dir = dir.to_str().expect("a path");
    command.env("TOOLFACE_STDIO", format!("{} --log off --dir {dir} stdio", env!("CARGO_BIN_EXE_toolface")));
}

fn over_http(command: &mut Command, server: &Server) {
    command.env("TOOLFACE_URL", format!("http://{}/mcp", server.at));
}

/// Runs a driver of tests/agents, which needs no network. The key lets whatever would report home try it.
fn meets(mut driver: Command, order: &Value, lines: usize) {
    driver.env_remove("OPENAI_AGENTS_DISABLE_TRACING").env("OPENAI_API_KEY", "none");
    driver.env("PYTHONDONTWRITEBYTECODE", "1");
    let output = installed::run(driver, order.to_string().as_bytes(), PATIENCE);
    assert_eq!(output.code, 0, "\n{}\n{}", output.stdout, output.stderr);
    assert_eq!(output.stdout.matches("ok ").count(), lines, "\n{}", output.stdout);
}

fn finished(mut command: Command) -> Output {
    command.env("NO_COLOR", "1");
    installed::run(command, b"", PATIENCE)
}

fn python(script: &str) -> Option<Command> {
    let mut command = agents_python()?;
    command.arg(root().join("tests/agents").join(script));
    Some(command)
}

/// The TypeScript project of `dir` with its packages beside it, and a Node for it.
fn typescript(dir: &Path) -> Option<(Command, TempDir)> {
    let (node, packages) = agents_node()?;
    let made = made(dir, &["agents-sdk", "--lang", "typescript"]);
    std::os::unix::fs::symlink(packages, made.path().join("node_modules")).expect("a link");
    Some((node, made))
}

/// Tools whose names are no identifiers, some of which models do not take of a function, and words that are not ASCII.
/// Each tool has a route, and one more route has them all.
fn odd() -> Project {
    let mut names = ["2nd", "a.dotted.name", "class", "get-order", "get_order"].map(str::to_owned).to_vec();
    names.push("long-".repeat(25));
    let routes: String =
        names.iter().map(|name| format!("[routes.\"{name}\"]\ntools = [\"{name}\"]\n")).collect();
    let settings = format!(
        "[server]\nname = \"test\"\ntitle = \"日本 “shop”\"\n{routes}[routes.all]\ntools = {names:?}\n"
    );
    names.iter().fold(Project::empty().file("toolface.toml", settings), |project, name| {
        let tool = format!(
            "title = \"Größe “{name}”\"\ndescription = \"Says {{{{ x }}}} — 大きさ \\\"{name}\\\"\"\nwidget = \"card-{name}\"\n\
             widget_id = \"wig-{name}\"\ntext = \"{{{{ größe }}}}\"\n[input.class]\ntype = \"string\"\nexamples = [\"é\"]\n\
             [source]\ndata = {{ \"größe\" = \"ja {name}\" }}\n"
        );
        let schema = json!({
            "type": "object", "required": ["größe"], "additionalProperties": false,
            "properties": {"größe": {"type": "string"}},
        });
        let template = r#"{"type":"Card","children":[{"type":"Text","value":{{ (größe) | tojson }}}]}"#;
        project
            .file(&format!("tools/{name}.toml"), tool)
            .file(&format!("widgets/card-{name}.widget"), widget(template, &schema))
    })
}

fn odd_questions(project: &Project) -> Vec<Value> {
    let made = made(project.path(), &["agents-sdk"]);
    let routes = data(&made)["routes"].as_array().expect("routes").clone();
    let questions: Vec<Value> = routes
        .iter()
        .flat_map(|route| {
            let tools = route["tools"].as_array().expect("tools").iter();
            tools.map(|tool| (route["name"].as_str().expect("a name"), tool.as_str().expect("a tool")))
        })
        .map(|(route, tool)| question(project.path(), route, tool, &json!({"class": "é"})))
        .collect();
    assert_eq!(questions.len(), 12);
    questions
}

#[test]
fn the_python_project_sends_each_question_to_its_agent_over_stdio() {
    let Some(mut driver) = python("sdk.py") else { return };
    let made = made(root(), &["agents-sdk"]);
    over_stdio(&mut driver, root());
    let questions = demo_questions(true);
    let routes: BTreeSet<&str> = questions.iter().filter_map(|q| q["route"].as_str()).collect();
    assert_eq!(routes.len(), data(&made)["routes"].as_array().map_or(0, Vec::len), "a question per route");
    meets(driver, &json!({"project": made.path(), "questions": questions}), questions.len() + 1);
}

#[test]
fn the_python_project_sends_each_question_to_its_agent_over_http() {
    let Some(mut driver) = python("sdk.py") else { return };
    let made = made(root(), &["agents-sdk", "--url", "https://shop.example.com/mcp"]);
    assert_eq!(data(&made)["url"], "https://shop.example.com/mcp");
    let server = Server::start(root());
    over_http(&mut driver, &server);
    let questions = demo_questions(false);
    meets(driver, &json!({"project": made.path(), "questions": questions}), questions.len() + 1);
}

#[test]
fn the_typescript_project_sends_each_question_to_its_agent() {
    let Some((mut driver, made)) = typescript(root()) else { return };
    driver.arg(root().join("tests/agents/sdk.mjs"));
    let server = Server::start(root());
    over_http(&mut driver, &server);
    let questions = demo_questions(false);
    meets(driver, &json!({"project": made.path(), "questions": questions}), questions.len() + 1);
}

#[test]
fn odd_names_run_in_both_languages() {
    let odd = odd();
    if let Some(mut driver) = python("sdk.py") {
        let made = made(odd.path(), &["agents-sdk"]);
        over_stdio(&mut driver, odd.path());
        let questions = odd_questions(&odd);
        meets(driver, &json!({"project": made.path(), "questions": questions}), questions.len() + 1);
    }
    if let Some((mut driver, made)) = typescript(odd.path()) {
        driver.arg(root().join("tests/agents/sdk.mjs"));
        over_stdio(&mut driver, odd.path());
        let questions = odd_questions(&odd);
        meets(driver, &json!({"project": made.path(), "questions": questions}), questions.len() + 1);
    }
}

#[test]
fn a_server_that_is_not_there_is_told_in_words() {
    let without = |mut command: Command, main: &str, made: &TempDir, server: (&str, &str), lines: usize| {
        command.arg(main).current_dir(made.path()).env(server.0, server.1);
        let output = finished(command);
        assert_eq!(output.code, 1, "{}", output.stderr);
        assert_eq!(output.stderr.lines().count(), lines, "{}", output.stderr);
        let hint = output.stderr.lines().last().unwrap_or_default();
        assert!(hint.starts_with("Is the server running? TOOLFACE_URL"), "{}", output.stderr);
    };
    let demo = Server::start(root());
    let nowhere = format!("http://{}/nowhere", demo.at);
    let servers = [
        ("TOOLFACE_URL", "http://127.0.0.1:9/mcp"),
        ("TOOLFACE_URL", nowhere.as_str()),
        ("TOOLFACE_STDIO", "false"),
    ];
    let python_made = made(root(), &["agents-sdk"]);
    for server in servers {
        if let Some(python) = agents_python() {
            without(python, "main.py", &python_made, server, 2);
        }
    }
    if let Some((node, made)) = typescript(root()) {
        // Its SDK has a line of its own to say.
        without(node, "main.ts", &made, servers[0], 3);
    }
}

#[test]
fn a_server_that_ends_comes_back_to_the_next_question() {
    let order = |made: &TempDir| {
        let dir = root().to_str().expect("a path");
        let serve = [env!("CARGO_BIN_EXE_toolface"), "--log", "off", "--dir", dir, "serve", "--listen"];
        let question = question(root(), "get_order", "get_order", &json!({"order_id": "1001"}));
        json!({"project": made.path(), "serve": serve, "question": question})
    };
    let Some(driver) = python("restart.py") else { return };
    meets(driver, &order(&made(root(), &["agents-sdk"])), 1);
    let Some(mut driver) = python("restart.py") else { return };
    over_stdio(&mut driver, root());
    driver.env("CHATKIT_DATABASE", ":memory:");
    meets(driver, &order(&made(root(), &["chatkit"])), 1);
}

/// A demo whose routes are named, with two tools in one.
fn routed() -> Project {
    let demo = Project::demo();
    let settings = std::fs::read_to_string(demo.path().join("toolface.toml")).expect("toolface.toml");
    let routes = "\n[routes.orders]\ndescription = \"Orders and their parcels\"\ntools = [\"get_order\", \"track_package\"]\n\
                  [routes.visits]\ntools = [\"book_appointment\"]\n\n[view]\nimage_domains = [\"https://img.example.com\"]\n";
    demo.file("toolface.toml", settings + routes)
}

#[test]
fn an_agent_of_a_route_is_shown_the_tools_of_its_route() {
    let project = routed();
    let made = made(project.path(), &["agents-sdk"]);
    let routes = &data(&made)["routes"];
    assert_eq!(routes[0]["description"], "Orders and their parcels");
    assert_eq!(routes[0]["tools"], json!(["get_order", "track_package"]));
    let Some(mut driver) = python("sdk.py") else { return };
    over_stdio(&mut driver, project.path());
    let arguments = json!({"tracking_number": "SW-4471-2290"});
    let questions = [
        question(project.path(), "orders", "get_order", &json!({"order_id": "1001"})),
        question(project.path(), "orders", "track_package", &arguments),
        question(project.path(), "visits", "book_appointment", &json!({"product_id": "commuter"})),
    ];
    meets(driver, &json!({"project": made.path(), "questions": questions}), questions.len() + 1);
}

/// All trees there are: those ChatKit makes of its own files, and those made to be difficult.
fn all_trees() -> Vec<Value> {
    let folders = ["chatkit/gallery", "chatkit/samples", "trees"];
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(fixtures(folder)).expect("a folder"));
    let files = entries.map(|entry| entry.expect("an entry").path()).filter(|file| {
        let name = file.to_str().expect("a name");
        name.ends_with(".expected.json") || (name.contains("/trees/") && name.ends_with(".json"))
    });
    let read = files.map(|file| std::fs::read_to_string(file).expect("text"));
    let trees = read.flat_map(|text| match serde_json::from_str(&text).expect("JSON") {
        Value::Object(tree) if tree.contains_key("type") => vec![Value::Object(tree)],
        Value::Object(several) => several.into_values().collect(),
        // What ChatKit cannot draw.
        _ => vec![],
    });
    let trees: Vec<Value> = trees.collect();
    assert!(trees.len() > 10, "the trees are not all there");
    trees
}

fn action(after: usize, kind: &str, payload: Value, replaces: bool, tool: &str, arguments: &Value) -> Value {
    let tree = called(root(), tool, arguments)["tree"].clone();
    json!({"after": after, "type": kind, "payload": payload, "replaces": replaces, "tree": tree})
}

/// The order for the ChatKit back end of the demo.
fn conversation(made: &TempDir, image_domains: Value) -> Value {
    let questions = demo_questions(false);
    let asked = |tool: &str| questions.iter().position(|q| q["tool"] == tool).expect("a question");
    let visit = json!({
        "kind": "fitting", "day": "2026-12-02", "time": "09:30", "name": "Mila Solano", "phone": "555 0142",
        "notes": "", "reminder": false,
    });
    let (mut sent, mut booked) = (visit.clone(), visit);
    sent["productId"] = json!("commuter");
    booked["product_id"] = json!("commuter");
    // The fields of a form give text.
    sent["reminder"] = json!("false");
    let actions = [
        // Another tool's answer is added; the card's own tool and one that writes answer in its place.
        action(
            asked("get_order"),
            "order.track",
            json!({"number": "SW-4471-2290"}),
            false,
            "track_package",
            &json!({"tracking_number": "SW-4471-2290"}),
        ),
        action(
            asked("get_stock"),
            "stock.open",
            json!({"symbol": "NRDL"}),
            true,
            "get_stock",
            &json!({"symbol": "NRDL"}),
        ),
        action(asked("book_appointment"), "appointment.confirm", sent, true, "confirm_appointment", &booked),
    ];
    json!({
        "project": made.path(), "questions": questions, "actions": actions, "trees": all_trees(),
        "hidden": ["@example.com", "555 0142", "data:image"], "image_domains": image_domains,
    })
}

#[test]
fn the_chatkit_back_end_streams_each_tools_own_widget_over_http() {
    let Some(mut driver) = python("backend.py") else { return };
    let made = made(root(), &["chatkit"]);
    let server = Server::start(root());
    over_http(&mut driver, &server);
    driver.env("CHATKIT_DATABASE", made.path().join("threads.sqlite"));
    driver.env("CHATKIT_HOSTS", "127.0.0.1, localhost");
    meets(driver, &conversation(&made, Value::Null), 2);
}

#[test]
fn the_chatkit_back_end_keeps_one_process_and_lets_declared_pictures_in() {
    let Some(mut driver) = python("backend.py") else { return };
    let project = Project::demo();
    let settings = std::fs::read_to_string(project.path().join("toolface.toml")).expect("toolface.toml");
    let pictures =
        "\n[view]\nimage_domains = [\"https://img.example.com\", \"https://*.pics.example.com:8443\"]\n";
    let project = project.file("toolface.toml", settings + pictures);
    let made = made(project.path(), &["chatkit"]);
    over_stdio(&mut driver, project.path());
    driver.env("CHATKIT_DATABASE", made.path().join("threads.sqlite"));
    meets(driver, &conversation(&made, json!(["*.pics.example.com:8443", "img.example.com"])), 2);
}

#[test]
fn the_python_of_both_projects_is_strictly_typed() {
    for target in ["agents-sdk", "chatkit"] {
        let Some(mut mypy) = agents_python() else { return };
        let made = made(root(), &[target]);
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mypy");
        mypy.args(["-m", "mypy", "--strict", "--cache-dir"]).arg(cache).arg(".").current_dir(made.path());
        let output = finished(mypy);
        assert_eq!(output.code, 0, "{target}\n{}\n{}", output.stdout, output.stderr);
    }
}

#[test]
fn the_typescript_is_strictly_typed() {
    let Some((mut node, made)) = typescript(root()) else { return };
    node.args(["node_modules/typescript/bin/tsc", "--project", "."]).current_dir(made.path());
    let output = finished(node);
    assert_eq!(output.code, 0, "{}\n{}", output.stdout, output.stderr);
}

#[test]
fn the_packages_that_projects_name_are_those_they_are_tested_with() {
    let tested = std::fs::read_to_string(root().join("tests/agents/requirements.txt")).expect("requirements");
    let tested: BTreeSet<&str> = tested.lines().collect();
    for target in ["agents-sdk", "chatkit"] {
        let named = std::fs::read_to_string(made(root(), &[target]).path().join("requirements.txt"));
        let named = named.expect("requirements");
        assert!(named.lines().count() > 2, "{named}");
        for package in named.lines() {
            assert!(tested.contains(package), "{target} names {package}");
        }
    }
    let json = |path: &Path| -> Value {
        serde_json::from_str(&std::fs::read_to_string(path).expect("package.json")).expect("JSON")
    };
    let made = made(root(), &["agents-sdk", "--lang", "typescript"]);
    let (named, tested) =
        (json(&made.path().join("package.json")), json(&root().join("tests/agents/package.json")));
    for kind in ["dependencies", "devDependencies"] {
        assert!(named[kind].is_object());
        assert_eq!(named[kind], tested[kind]);
    }
}

#[test]
fn what_is_written_is_the_same_each_time_and_names_no_path() {
    for target in [&["agents-sdk"][..], &["agents-sdk", "--lang", "typescript"], &["chatkit"]] {
        let (one, two) = (made(root(), target), made(root(), target));
        assert!(one.path().join(".gitignore").exists(), "{target:?}");
        for entry in std::fs::read_dir(one.path()).expect("a folder").map(|entry| entry.expect("an entry")) {
            if entry.path().is_dir() {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).expect("text");
            let again = std::fs::read_to_string(two.path().join(entry.file_name())).expect("text");
            assert_eq!(text, again, "{}", entry.path().display());
            assert!(
                !text.contains(root().to_str().expect("a path")),
                "{} names a path",
                entry.path().display()
            );
        }
    }
    let refused = run(root(), &["agents", "chatkit", "--lang", "python", "--out", "unused"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
}
