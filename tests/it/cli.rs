//! The command line: exit codes, help whose examples run, what it prints for programs.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Project, Server, finish, fixtures, root, run, toolface, widget};

#[test]
fn exit_codes_are_those_the_help_names() {
    let bad = fixtures("projects/bad/unknown-names");
    let order = r#"{"order_id": "1001"}"#;
    for (dir, args, code) in [
        (root(), &["check"][..], 0),
        (root(), &["--help"], 0),
        (root(), &["--version"], 0),
        (root(), &["call", "--help"], 0),
        (root(), &["doctor", "--help"], 0),
        (&bad, &["doctor"], 1),
        (root(), &["manifest"], 0),
        (root(), &["schema", "tool"], 0),
        (root(), &["render", "order-card"], 0),
        (root(), &["call", "get_order", "--args", order], 0),
        (root(), &["call", "get_order", "--args", "{}"], 1),
        (root(), &["call", "get_ordr"], 1),
        (root(), &["call", "get_order", "--args", "{"], 2),
        (root(), &["call", "get_order", "--args", "[]"], 2),
        (root(), &["call", "get_order", "--args", "@none.json"], 2),
        (root(), &["render", "order-crad"], 1),
        (root(), &["render", "none.widget"], 1),
        (&bad, &["check"], 1),
        (&bad, &["manifest"], 1),
        (&bad, &["serve"], 1),
        (&bad, &["stdio"], 1),
        (root(), &[], 2),
        (root(), &["chekc"], 2),
        (root(), &["check", "--strickt"], 2),
        (root(), &["check", "--format", "yaml"], 2),
        (root(), &["call"], 2),
        (root(), &["schema"], 2),
        (root(), &["--log", "=[", "check"], 2),
    ] {
        let told = run(dir, args);
        assert_eq!(told.code, code, "{args:?}: {told:?}");
        assert!(!told.stdout.is_empty() || !told.stderr.is_empty(), "{args:?} says nothing");
    }
    let near = run(root(), &["render", "order-crad"]);
    assert!(near.stderr.contains("did you mean `order-card`"), "{}", near.stderr);
}

#[test]
fn the_examples_of_the_help_run() {
    let home = Project::demo();
    let project = home.path();
    let shop = project.join("shop");
    for folder in ["shop", "Downloads"] {
        std::fs::create_dir(project.join(folder)).expect("a folder");
    }
    for part in ["toolface.toml", "tools", "widgets", "data"] {
        #[cfg(unix)]
        std::os::unix::fs::symlink(project.join(part), shop.join(part)).expect("a link");
    }
    std::fs::copy(project.join("widgets/order-card.widget"), project.join("Downloads/card.widget"))
        .expect("a copy");
    let trace =
        run(root(), &["call", "get_order", "--args", r#"{"order_id": "1001"}"#, "--as", "trace"]).json();
    assert_eq!(trace["stages"][3]["stage"], "data");
    let order = trace["stages"][3]["outcome"].clone();
    let executable = std::path::Path::new(env!("CARGO_BIN_EXE_toolface")).parent().expect("a folder");
    let path = format!("{}:{}", executable.display(), std::env::var("PATH").unwrap_or_default());
    let mut ran = 0;
    for command in
        ["", "serve", "stdio", "check", "doctor", "call", "render", "manifest", "agents", "connect", "schema"]
    {
        let help =
            run(root(), &[command, "--help"].into_iter().filter(|a| !a.is_empty()).collect::<Vec<_>>())
                .stdout;
        for example in
            help.lines().filter_map(|line| line.strip_prefix("  ")).filter(|l| l.starts_with("toolface "))
        {
            let example = example.split("   ").next().expect("a command");
            let data = if example.contains("render") { order.clone() } else { json!({"order_id": "1001"}) };
            home.write("order.json", data.to_string());
            let mut shell = Command::new("sh");
            shell.current_dir(project).env("HOME", project).env("PATH", &path);
            if example.starts_with("toolface serve") {
                let listen = if example.contains("--listen") { "" } else { " --listen 127.0.0.1:0" };
                shell.args(["-c", &format!("exec {example}{listen}")]);
                assert!(Server::spawn(shell).is_well(), "{example}");
            } else {
                shell.args(["-c", example]);
                let told = finish(shell);
                let right = told.code == 0 || (told.code == 1 && example.contains("--strict"));
                assert!(right, "{example}: {told:?}");
            }
            ran += 1;
        }
    }
    assert!(ran >= 15, "only {ran} examples");
}

#[test]
fn what_is_printed_has_colour_on_terminals_only() {
    let mut command = toolface(&fixtures("projects/bad/unknown-names"));
    command.arg("check").env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1").env("TERM", "xterm-256color");
    let told = finish(command);
    assert!(told.stdout.contains("error[") && !told.stdout.contains('\u{1b}'), "{}", told.stdout);
    let mut command = toolface(&fixtures("projects/bad/unknown-names"));
    command.arg("serve").env_remove("NO_COLOR").env("TERM", "xterm-256color");
    let told = finish(command);
    assert!(told.stderr.contains("error[") && !told.stderr.contains('\u{1b}'), "{}", told.stderr);
}

#[test]
fn schemas_are_schemas_and_fit_the_demo() {
    for kind in ["toolface", "tool", "manifest"] {
        let schema = run(root(), &["schema", kind]).json();
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{kind}");
    }
    let schema = run(root(), &["schema", "manifest"]).json();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let mut manifest = run(root(), &["manifest"]).json();
    let faults: Vec<String> =
        validator.iter_errors(&manifest).map(|e| format!("{} {e}", e.instance_path())).collect();
    assert_eq!(faults, Vec::<String>::new());
    manifest["bindings"][0]["widget"] = json!(7);
    assert!(!validator.is_valid(&manifest));
    let out = Project::empty();
    let folder = out.path().join("made/here");
    let written = run(root(), &["schema", "--out", folder.to_str().expect("a path")]);
    assert_eq!((written.code, written.stdout.lines().count()), (0, 3), "{written:?}");
    let tool = std::fs::read_to_string(folder.join("tool.schema.json")).expect("a schema");
    assert_eq!(tool, run(root(), &["schema", "tool"]).stdout);
}

#[test]
fn the_manifest_tells_all_of_a_binding() {
    let button = r#"{"type":"Card","children":[{"type":"Button","label":"Again","onClickAction":{"type":"card.again","payload":{"who":{{ title | tojson }}}}}]}"#;
    let schema = json!({"type": "object", "properties": {"title": {"type": "string"}, "email": {"type": "string"}, "note": {"type": "string"}}, "required": ["title", "email"]});
    let tool = "title = 'Greeting'\ndescription = 'Greets.'\nwidget = 'card'\nwidget_id = 'wig_1'\nenvelope = 'nested'\nprivate = ['email']\nvisibility = ['app']
        [input.name]\ntype = 'string'\n[source.data]\ntitle = 'Mila'\nemail = 'm@x.example'\n[actions.'card.again']\ntool = 'greet'\narguments = { name = 'who' }
        [[variants]]\nwhen = '.title == \"x\"'\nwidget = 'other'\nwidget_id = 'wig_2'\n";
    let project = Project::new()
        .file("toolface.toml", "[server]\nname = 'test'\nversion = '7.0.0'\n")
        .file("widgets/card.widget", widget(button, &schema))
        .file("widgets/other.widget", widget(button, &schema))
        .file("tools/greet.toml", tool);
    insta::assert_snapshot!(run(project.path(), &["manifest"]).stdout);
}

#[test]
fn a_project_is_read_from_where_it_is_said_to_be() {
    let mut here = Command::new(env!("CARGO_BIN_EXE_toolface"));
    here.args(["manifest"]).current_dir(root());
    let here = finish(here).json();
    for args in [["-C", "."], ["--dir", "tools/.."]] {
        let mut there = Command::new(env!("CARGO_BIN_EXE_toolface"));
        there.arg("manifest").args(args).current_dir(root());
        assert_eq!(finish(there).json(), here);
    }
    assert!(here["bindings"].as_array().is_some_and(|b| b.iter().all(|b: &Value| b["tool"].is_string())));
}
