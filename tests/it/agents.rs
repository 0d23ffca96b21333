//! `toolface agents`: what it writes, what it refuses, and that generated types compile with the real compilers.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::installed;
use crate::support::{Output, Project, Server, StdioClient, finish_within, fixtures, root, run, widget};

/// Longest time for a compiler.
const PATIENCE: Duration = Duration::from_secs(120);

/// Writes a target into a folder of `home`.
fn made(project: &Path, home: &Project, folder: &str, args: &[&str]) -> Output {
    let out = home.path().join(folder);
    let mut all = vec!["agents"];
    all.extend(args);
    all.extend(["--out", out.to_str().expect("a path")]);
    run(project, &all)
}

fn written(home: &Project, file: &str) -> String {
    fs::read_to_string(home.path().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn parsed(home: &Project, file: &str) -> Value {
    serde_json::from_str(&written(home, file)).expect("JSON")
}

fn files(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        match path.is_dir() {
            true => all.extend(files(&path).into_iter().map(|inner| format!("{name}/{inner}"))),
            false => all.push(name),
        }
    }
    all.sort();
    all
}

fn fixture(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(fixtures("agents").join(name)).expect("a fixture"))
        .expect("JSON")
}

/// Tools, a widget, titles and fields whose names are identifiers of no language.
fn odd() -> Project {
    let template = r#"{"type":"Card","children":[{"type":"Text","value":{{ plain | tojson }}}]}"#;
    let mut file: Value =
        serde_json::from_str(&widget(template, &fixture("odd.schema.json"))).expect("a widget");
    let editor = json!({"name": "Odd | `one`", "defaultState": fixture("odd.data.json")});
    file["encodedWidget"] = json!(BASE64_URL_SAFE_NO_PAD.encode(editor.to_string()));
    let mut project = Project::new().file("widgets/日本 x.widget", file.to_string());
    for (n, name) in ["get-order", "2nd", "class", "a-b", "a_b", "a.b", "None"].into_iter().enumerate() {
        let (envelope, on_missing) = (["flat", "nested"][n % 2], ["default", "partial", "error"][n % 3]);
        let tool = format!(
            "title = 'A | `title` of # {name}'\ndescription = '''Ends \"\"\" nothing | and */ neither.'''\nwidget = '日本 x'\n\
             widget_id = 'wig_{n}'\nenvelope = '{envelope}'\non_missing = '{on_missing}'\nprivate = ['list']\n\
             [input.'in-put']\ntype = 'string'\ndefault = 'a|b'\n[source.data]\nplain = 'x'\n"
        );
        project = project.file(&format!("tools/{name}.toml"), tool);
    }
    project
}

#[test]
fn instructions_tell_a_tool_and_every_field() {
    let home = Project::empty();
    let told = made(root(), &home, "a", &["instructions"]);
    assert_eq!((told.code, told.stdout.lines().count()), (0, 14), "{told:?}");
    insta::assert_snapshot!("instructions", written(&home, "a/get_order.md"));
    let manifest = run(root(), &["manifest"]).json();
    for binding in manifest["bindings"].as_array().expect("bindings") {
        let tool = binding["tool"].as_str().expect("a name");
        let told = parsed(&home, &format!("a/{tool}.json"));
        let others = binding["variants"].as_array().cloned().unwrap_or_default();
        let answers = told["answers"].as_array().expect("answers");
        assert_eq!(answers.len(), 1 + others.len());
        for (answer, bound) in answers.iter().zip(std::iter::once(binding).chain(&others)) {
            assert_eq!(answer["widget_id"], bound["widget"]["id"]);
            assert_eq!(answer["when"], bound["when"]);
            let fields = answer["fields"].as_array().expect("fields");
            let schema = &bound["data_schema"];
            let required: Vec<&Value> = schema["required"].as_array().expect("required").iter().collect();
            for name in schema["properties"].as_object().expect("properties").keys() {
                let field = fields.iter().find(|f| f["path"] == name.as_str()).expect("a field");
                assert_eq!(field["required"], required.iter().any(|r| *r == name), "{tool} {name}");
            }
            let example = &answer["example"];
            assert_eq!(
                (&example["widget_id"], &example["widget_type"]),
                (&answer["widget_id"], &answer["widget_type"])
            );
            assert!(jsonschema::is_valid(schema, &example["data"]), "{tool}: {example:#}");
        }
    }
    let profile = written(&home, "a/get_profile.md");
    assert!(
        !profile.contains("`email`") && !profile.contains("`picture`"),
        "private fields are told: {profile}"
    );
    made(root(), &home, "b", &["instructions"]);
    for file in files(&home.path().join("a")) {
        assert_eq!(written(&home, &format!("a/{file}")), written(&home, &format!("b/{file}")));
    }
}

#[test]
fn odd_names_stay_what_they_are_in_instructions() {
    let (project, home) = (odd(), Project::empty());
    let told = made(project.path(), &home, "a", &["instructions"]);
    assert_eq!(told.code, 0, "{told:?}");
    let told = parsed(&home, "a/2nd.json");
    let answer = &told["answers"][0];
    assert_eq!(answer["example"]["widget"], json!({"id": "wig_1", "type": "日本 x"}));
    let mut data = fixture("odd.data.json");
    data.as_object_mut().expect("data").shift_remove("list");
    assert_eq!(answer["example"]["data"], data, "the sample, without what is private");
    let field =
        |path: &str| answer["fields"].as_array().expect("fields").iter().find(|f| f["path"] == path).cloned();
    assert_eq!(field("list"), None, "it is private");
    assert_eq!(field("tree.children[].value"), None, "a schema that holds itself is told once");
    for (path, types, required) in [
        ("[\"a.b\"]", json!(["number"]), true),
        ("tree.value", json!(["integer"]), true),
        ("who.kind", json!(["string"]), true),
        ("who.first-name", json!(["string"]), false),
        ("prices.*", json!(["number"]), false),
        ("pair[0]", json!(["string"]), true),
        ("日本", json!(["string", "null"]), false),
    ] {
        let field = field(path).unwrap_or_else(|| panic!("no {path} in {answer:#}"));
        assert_eq!((&field["type"], &field["required"]), (&types, &json!(required)), "{path}");
    }
    let missing = |tool: &str| {
        parsed(&home, &format!("a/{tool}.json"))["missing"][2].as_str().expect("words").to_owned()
    };
    // The tools say "default", "partial" and "error" in turn.
    assert!(missing("get-order").contains("null is not known") && !missing("get-order").contains("degraded"));
    assert!(missing("2nd").contains("degraded") && missing("class").contains("Every field is there"));
    // Each table keeps its columns, whatever the words in it.
    let page = written(&home, "a/2nd.md");
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");
    }
}

#[test]
fn a_workflow_leads_each_route_to_its_agent() {
    let home = Project::empty();
    let url = "https://shop.example.com/mcp";
    let told = made(root(), &home, "a", &["agent-builder", "--url", url]);
    assert_eq!(told.code, 0, "{told:?}");
    insta::assert_snapshot!("workflow", written(&home, "a/README.md"));
    let workflow = parsed(&home, "a/workflow.json");
    let format = &workflow["classifier"]["output_format"];
    let schema = &format["schema"];
    assert_eq!((&format["strict"], &schema["additionalProperties"]), (&json!(true), &json!(false)));
    assert_eq!(schema["required"], json!(["route"]));
    let manifest = run(root(), &["manifest"]).json();
    let branches = workflow["branches"].as_array().expect("branches");
    let routes: Vec<&Value> = branches.iter().map(|b| &b["route"]).collect();
    assert_eq!(json!(routes), schema["properties"]["route"]["enum"]);
    assert_eq!(routes.len(), 7);
    for branch in branches {
        let (route, agent) = (branch["route"].as_str().expect("a route"), &branch["agent"]);
        assert!(jsonschema::is_valid(schema, &json!({"route": route})));
        assert_eq!(branch["condition"], format!("input.output_parsed.route == \"{route}\""));
        assert_eq!(agent["mcp_server"]["server_url"], format!("{url}/{route}"));
        assert_eq!(agent["mcp_server"]["allowed_tools"], json!([route]));
        let bindings = manifest["bindings"].as_array().expect("bindings");
        let binding = bindings.iter().find(|b| b["tool"] == route).expect("a binding");
        assert_eq!(
            agent["mcp_server"]["require_approval"],
            if binding["read_only"] == true { "never" } else { "always" }
        );
        assert_eq!(agent["widget"]["id"], binding["widget"]["id"]);
        let file = agent["widget"]["file"].as_str().expect("a file");
        assert_eq!(
            written(&home, &format!("a/{file}")),
            fs::read_to_string(root().join(file)).expect("a widget")
        );
        assert_eq!(agent["instructions"], written(&home, &format!("a/agents/{route}.md")));
        assert!(
            workflow["classifier"]["instructions"].as_str().expect("words").contains(&format!("`{route}`"))
        );
    }
    assert!(!jsonschema::is_valid(schema, &json!({"route": "other"})));
}

#[test]
fn a_workflow_heeds_routes_of_several_tools_and_odd_titles() {
    let project = odd();
    let routes = "\n[routes.2nd]\ntitle = 'The | `second`'\ndescription = 'Second.'\ntools = ['2nd', 'pong']\n[routes.'a.b']\ntools = ['a.b', 'a-b']\n";
    project.write("toolface.toml", format!("[server]\nname = '2-x'\ntitle = 'tést | x'\n{routes}"));
    project.write(
        "tools/pong.toml",
        "description = 'Pong.'\n[source]\nresult = { content = [] }\n[annotations]\nread_only = false\n",
    );
    let home = Project::empty();
    let told = made(project.path(), &home, "a", &["agent-builder"]);
    assert_eq!(told.code, 0, "{told:?}");
    let workflow = parsed(&home, "a/workflow.json");
    let server = &workflow["branches"][0]["agent"]["mcp_server"];
    assert_eq!(
        server,
        &json!({
            "type": "mcp", "server_label": "mcp_2-x", "server_url": "http://127.0.0.1:8787/mcp/2nd", "allowed_tools": ["2nd", "pong"],
            "require_approval": {"never": {"tool_names": ["2nd"]}, "always": {"tool_names": ["pong"]}}
        })
    );
    assert_eq!(workflow["branches"][0]["agent"]["other_widgets"], json!([]));
    assert_eq!(
        files(&home.path().join("a")),
        ["README.md", "agents/2nd.md", "agents/a.b.md", "widgets/日本 x.widget", "workflow.json"]
    );
    let page = written(&home, "a/README.md");
    assert!(page.contains("those of this machine"), "{page}");
    assert!(page.contains("| The \\| \\`second\\` |"), "{page}");
}

/// A value as Python writes it.
fn python_literal(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(python_literal).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let members =
                members.iter().map(|(k, v)| format!("{}: {}", Value::from(k.as_str()), python_literal(v)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// The program that the documentation of the types shows.
fn shown(language: &str) -> String {
    let page = fs::read_to_string(root().join("docs/agents.md")).expect("a page");
    let types = page.split("### types").nth(1).expect("a section");
    let start = types.split(&format!("```{language}\n")).nth(1).expect("a program");
    start.split("```").next().expect("a program").to_owned()
}

/// Writes the types of a project, and programs that use them: line by line, what each tool answers. Gives what the
/// compilers of Python and TypeScript say; `None` where they are missing.
fn compiled(project: &Path, lines: &[Value]) -> Option<[Output; 2]> {
    let home = Project::empty();
    let told = made(project, &home, "types", &["types"]);
    assert_eq!(told.code, 0, "{told:?}");
    let (mut python, mut typescript) = (String::new(), String::new());
    for (n, line) in lines.iter().enumerate() {
        python.push_str(&format!("r{n}: tool_types.ToolResults = {}\n", python_literal(line)));
        typescript.push_str(&format!("export const r{n}: ToolResults = {line};\n"));
    }
    home.write("types/use.py", format!("import tool_types\n{python}"));
    home.write(
        "types/use.ts",
        format!("import type {{ ToolResults }} from \"./tool_types.js\";\n{typescript}"),
    );
    if project == root() {
        home.write("types/shown.py", shown("python"));
        home.write("types/shown.ts", shown("ts"));
    }
    let options = json!({
        "compilerOptions": {"strict": true, "noEmit": true, "target": "es2022", "module": "nodenext", "types": [],
            "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true, "isolatedModules": true},
        "include": ["*.ts"]
    });
    home.write("types/tsconfig.json", options.to_string());
    let folder = home.path().join("types");
    let mut mypy = installed::mypy()?;
    mypy.args(["--strict", "--cache-dir"]).arg(home.path().join("cache")).arg(".").current_dir(&folder);
    let mut tsc = installed::tsc()?;
    tsc.args(["--pretty", "false"]).current_dir(&folder);
    Some([finish_within(mypy, PATIENCE), finish_within(tsc, PATIENCE)])
}

/// Checks that the types of a project compile, and let these results be.
fn compiles(project: &Path, results: &Value) {
    let Some(told) = compiled(project, std::slice::from_ref(results)) else { return };
    for told in told {
        assert_eq!(told.code, 0, "{}\n{}", told.stdout, told.stderr);
    }
}

/// What the tools of a project answer with the examples of their instructions.
fn examples(project: &Path) -> Value {
    let home = Project::empty();
    made(project, &home, "a", &["instructions"]);
    let json = files(&home.path().join("a")).into_iter().filter(|file| file.ends_with(".json"));
    let told = json.map(|file| parsed(&home, &format!("a/{file}")));
    let entry = |told: Value| {
        (told["tool"].as_str().expect("a name").to_owned(), told["answers"][0]["example"].clone())
    };
    Value::Object(told.map(entry).collect::<Map<_, _>>())
}

#[test]
fn types_of_the_demo_compile_and_fit_its_samples() {
    let results = examples(root());
    assert_eq!(results.as_object().map(Map::len), Some(7));
    compiles(root(), &results);
    // A result of another tool, a value of another type, a field that is not there: each is found by both.
    let wrong = [
        ("/get_order/widget_id", json!("wig_t2f8jz4b")),
        ("/get_order/data/pieces", json!("4")),
        ("/get_order/data/status", json!("lost")),
        ("/get_stock/data/prices/0", json!({"day": "x"})),
        ("/search_products", results["get_order"].clone()),
    ];
    let lines = wrong.map(|(pointer, wrong)| {
        let mut results = results.clone();
        *results.pointer_mut(pointer).expect("a place") = wrong;
        results
    });
    let Some([mypy, tsc]) = compiled(root(), &lines) else { return };
    for line in 2..7 {
        assert!(mypy.stdout.contains(&format!("use.py:{line}: error")), "{line}: {}", mypy.stdout);
        assert!(tsc.stdout.contains(&format!("use.ts({line},")), "{line}: {}", tsc.stdout);
    }
}

#[test]
fn types_of_odd_names_and_schemas_compile() {
    let project = odd();
    let home = Project::empty();
    made(project.path(), &home, "types", &["types"]);
    // The types of all tools, and those of one.
    let part = |file: &str, end: &str| {
        let text = written(&home, &format!("types/{file}"));
        text.split(end).next().expect("a part").to_owned()
    };
    insta::assert_snapshot!("python", part("tool_types.py", "class N2ndWidget"));
    insta::assert_snapshot!("typescript", part("tool_types.ts", "export interface N2ndWidget"));
    let mut results = examples(project.path());
    let names: Vec<String> = results.as_object().expect("results").keys().cloned().collect();
    assert_eq!(names, ["2nd", "None", "a-b", "a.b", "a_b", "class", "get-order"]);
    let mut data = fixture("odd.data.json");
    data.as_object_mut().expect("data").shift_remove("list");
    for (n, name) in ["get-order", "2nd", "class", "a-b", "a_b", "a.b", "None"].into_iter().enumerate() {
        results[name] = match n % 2 {
            0 => json!({"widget_id": format!("wig_{n}"), "widget_type": "日本 x", "data": data}),
            _ => json!({"widget": {"id": format!("wig_{n}"), "type": "日本 x"}, "data": data}),
        };
    }
    // But with "error", what is optional may be absent.
    for name in ["get-order", "2nd", "a-b", "a_b", "None"] {
        let data = results[name]["data"].as_object_mut().expect("data");
        data.retain(|key, _| {
            ["plain", "get-order", "class", "tree", "who", "either", "a.b", "constructor"]
                .contains(&key.as_str())
        });
        data["tree"].as_object_mut().expect("a tree").shift_remove("children");
        data["either"].as_object_mut().expect("a choice").shift_remove("mail");
    }
    compiles(project.path(), &results);
    if installed::mypy().is_none() {
        return;
    }
    // What the annotations say can be looked up when the program runs, too.
    let mut hints = Command::new(root().join(".venv/bin/python"));
    let program = "import typing, tool_types as t\nfor n in dir(t):\n    if typing.is_typeddict(getattr(t, n)): typing.get_type_hints(getattr(t, n), include_extras=True)";
    hints.args(["-c", program]).current_dir(home.path().join("types"));
    let hints = finish_within(hints, PATIENCE);
    assert_eq!(hints.code, 0, "{hints:?}");
}

#[test]
fn types_of_real_widgets_compile_and_fit_their_data() {
    let mut project = Project::new();
    let mut results = Map::new();
    for folder in ["chatkit/gallery", "chatkit/samples"] {
        let entries = fs::read_dir(fixtures(folder)).expect("fixtures").map(|e| e.expect("an entry").path());
        for path in entries.filter(|path| path.extension().is_some_and(|e| e == "widget")) {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let tool = format!(
                "description = 'Shows.'\nwidget = '{name}'\nwidget_id = 'wig_{name}'\n[source.data]\n"
            );
            project = project.file(&format!("widgets/{name}.widget"), fs::read(&path).expect("a widget"));
            project = project.file(&format!("tools/{name}.toml"), tool);
            let data = fs::read_to_string(path.with_extension("data.json")).expect("data");
            let data: Value = serde_json::from_str(&data).expect("JSON");
            results.insert(
                name.clone(),
                json!({"widget_id": format!("wig_{name}"), "widget_type": name, "data": data}),
            );
        }
    }
    assert!(results.len() > 12);
    compiles(project.path(), &Value::Object(results));
}

#[test]
fn a_command_line_that_means_nothing_is_refused() {
    let home = Project::empty();
    for (args, words) in [
        (&["nope"][..], "[possible values: instructions, agent-builder"),
        (&["types", "--lang", "cobol"], "possible values: python, typescript"),
        (&["instructions", "--lang", "python"], "--lang means nothing"),
        (&["types", "--url", "https://x.example/mcp"], "--url means nothing"),
        (&["agent-builder", "--url", "shop.example"], "write it like https://"),
        (
            &["agent-builder", "--url", "https://me:secret@x.example/mcp"],
            "must hold no user, password or query",
        ),
    ] {
        let told = made(root(), &home, "a", args);
        assert_eq!((told.code, told.stdout.as_str()), (2, ""), "{args:?}: {told:?}");
        assert!(told.stderr.contains(words), "{args:?}: {}", told.stderr);
    }
    assert_eq!(run(root(), &["agents", "types"]).code, 2, "no folder");
    let told = made(&fixtures("projects/bad/unknown-names"), &home, "a", &["types"]);
    assert!(told.code == 1 && told.stderr.contains("error["), "{told:?}");
    for target in ["types", "agent-builder"] {
        let told = made(Project::new().path(), &home, "a", &[target]);
        assert!(told.code == 1 && told.stderr.contains("nothing to write"), "{target}: {told:?}");
    }
    assert!(!home.path().join("a").exists());
}

#[test]
fn one_language_is_written_where_one_is_asked_for() {
    let home = Project::empty();
    for (lang, file) in [("python", "tool_types.py"), ("typescript", "tool_types.ts")] {
        assert_eq!(made(root(), &home, lang, &["types", "--lang", lang]).code, 0);
        assert_eq!(files(&home.path().join(lang)), [file]);
    }
}

#[test]
fn a_folder_is_written_whole_or_not_at_all() {
    let home =
        Project::empty().file("full/mine.txt", "mine").file("full/tool_types.py", "old").file("plain", "x");
    fs::create_dir(home.path().join("empty")).expect("a folder");
    let write = |folder: &str, force: bool| {
        made(root(), &home, folder, if force { &["types", "--force"] } else { &["types"] })
    };
    for folder in ["empty", "new", "new/and/deeper"] {
        let told = write(folder, folder == "new/and/deeper");
        assert_eq!(told.code, 0, "{told:?}");
        assert!(written(&home, &format!("{folder}/tool_types.ts")).contains("ToolResults"));
    }
    let told = write("full", false);
    assert!(
        told.code == 1 && told.stderr.contains("not empty") && told.stderr.contains("--force"),
        "{told:?}"
    );
    assert_eq!(
        (files(&home.path().join("full")).len(), written(&home, "full/tool_types.py").as_str()),
        (2, "old")
    );
    let told = write("full", true);
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(files(&home.path().join("full")), ["mine.txt", "tool_types.py", "tool_types.ts"]);
    assert!(
        written(&home, "full/mine.txt") == "mine"
            && written(&home, "full/tool_types.py").contains("ToolResults")
    );
    for (folder, words) in [("plain", "is no folder"), ("plain/below", "nothing was changed")] {
        let told = write(folder, true);
        assert!(told.code == 1 && told.stderr.contains(words), "{told:?}");
    }
    assert_eq!(written(&home, "plain"), "x");
    assert_eq!(fs::read_dir(home.path()).expect("a folder").count(), 4, "something was left behind");
}

#[cfg(unix)]
#[test]
fn what_is_in_the_way_stays_and_no_link_is_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let home = Project::empty()
        .file("outside/kept.txt", "kept")
        .file("way/README.md", "old")
        .file("way/agents", "a file");
    let at = |path: &str| home.path().join(path);
    let write = |folder: &str| made(root(), &home, folder, &["agent-builder", "--force"]);
    for folder in ["inner", "file"] {
        fs::create_dir(at(folder)).expect("a folder");
    }
    symlink(at("outside"), at("inner/agents")).expect("a link");
    symlink(at("outside/kept.txt"), at("file/README.md")).expect("a link");
    symlink(at("nowhere"), at("lost")).expect("a link");
    for (folder, words) in [
        ("inner", "agents is a link"),
        ("file", "README.md is a link"),
        ("lost", "lost is a link"),
        ("way", "agents is in the way"),
    ] {
        let told = write(folder);
        assert!(told.code == 1 && told.stderr.contains(words), "{folder}: {told:?}");
    }
    assert_eq!(files(&at("outside")), ["kept.txt"]);
    assert_eq!(
        (written(&home, "outside/kept.txt").as_str(), written(&home, "way/README.md").as_str()),
        ("kept", "old")
    );
    assert_eq!(
        (files(&at("inner/agents")), files(&at("way"))),
        (vec!["kept.txt".to_owned()], vec!["README.md".to_owned(), "agents".to_owned()])
    );
    // A folder that is itself reached by a link is what was asked for.
    symlink(at("real"), at("alias")).expect("a link");
    fs::create_dir(at("real")).expect("a folder");
    assert_eq!(write("alias").code, 0);
    assert!(at("real/workflow.json").exists());
    let mode = fs::metadata(at("real/agents")).expect("a folder").permissions().mode();
    assert_eq!(mode & 0o500, 0o500, "{mode:o}");
    // The system's own answer, where not even the superuser may write.
    let told = run(root(), &["agents", "types", "--out", "/proc/toolface"]);
    assert!(
        told.code == 1
            && told.stderr.contains("cannot write /proc/toolface")
            && told.stderr.contains("name another"),
        "{told:?}"
    );
}

/// Asks for a prompt's text, what completes its argument, and what is told of a tool there is not.
fn prompt(mut ask: impl FnMut(&str, Value) -> Value) -> (Vec<Value>, Value, Value, Value) {
    let listed = ask("prompts/list", json!({}))["result"]["prompts"].as_array().expect("prompts").clone();
    let mut get = |tool: Value| ask("prompts/get", json!({"name": "widget-instructions", "arguments": tool}));
    let got = get(json!({"tool": "get_order"}))["result"]["messages"][0].clone();
    let unknown = json!([get(json!({"tool": "get_ordr"}))["error"], get(json!({}))["error"]]);
    let completed = ask(
        "completion/complete",
        json!({"ref": {"type": "ref/prompt", "name": "widget-instructions"}, "argument": {"name": "tool", "value": "GET_"}}),
    );
    (listed, got, completed["result"]["completion"]["values"].clone(), unknown)
}

#[test]
fn every_client_is_offered_the_instructions() {
    let home = Project::empty();
    made(root(), &home, "a", &["instructions"]);
    let server = Server::start(root());
    let session = server.session("2025-11-25", false);
    let mut modern = StdioClient::start(root());
    let mut legacy = StdioClient::initialized(root(), "2025-11-25", true);
    for (listed, got, completed, errors) in [
        prompt(|method, params| server.modern(method, params)),
        prompt(|method, params| session.request(method, params)),
        prompt(|method, params| modern.modern(false, method, params)),
        prompt(|method, params| legacy.request(method, params)),
    ] {
        assert_eq!(listed.len(), 1);
        assert_eq!(
            (&listed[0]["name"], &listed[0]["arguments"][0]["name"]),
            (&json!("widget-instructions"), &json!("tool"))
        );
        assert_eq!(listed[0]["arguments"][0]["required"], true);
        assert_eq!(
            got,
            json!({"role": "user", "content": {"type": "text", "text": written(&home, "a/get_order.md")}})
        );
        assert_eq!(completed, json!(["get_order", "get_profile", "get_stock"]));
        assert_eq!((&errors[0]["code"], &errors[1]["code"]), (&json!(-32602), &json!(-32602)), "{errors}");
        assert!(
            errors[0]["message"].as_str().is_some_and(|m| m.contains("did you mean get_order?")),
            "{errors}"
        );
        assert_eq!(errors[1]["message"], "Missing argument: tool");
    }
}

#[test]
fn a_route_offers_the_instructions_of_its_own_tools() {
    let mut client = StdioClient::start_with(root(), &["--route", "get_order"]);
    let (listed, got, completed, errors) = prompt(|method, params| client.modern(false, method, params));
    assert_eq!((listed.len(), &completed), (1, &json!(["get_order"])));
    assert!(got["content"]["text"].as_str().is_some_and(|text| text.starts_with("# `get_order`")), "{got}");
    assert!(errors[0]["message"].as_str().is_some_and(|m| m.contains("get_order")), "{errors}");
    let mut get = |tool: &str| {
        let params = json!({"name": "widget-instructions", "arguments": {"tool": tool}});
        client.modern(false, "prompts/get", params)
    };
    // A companion, which is for widgets, and a tool of another route.
    assert_eq!(get("track_package")["error"]["code"], -32602);
    assert_eq!(get("get_stock")["error"]["code"], -32602);
}

#[test]
fn a_project_can_replace_the_prompt_and_one_without_widgets_has_none() {
    let project = odd();
    project.write("toolface.toml", "[server]\nname = 'test'\n[prompts.widget-instructions]\nmessages = [{ role = 'user', text = 'Mine.' }]\n");
    project.write("tools/pong.toml", "description = 'Pong.'\n[source]\nresult = { content = [] }\n");
    let mut client = StdioClient::initialized(project.path(), "2025-11-25", false);
    let got = client.request("prompts/get", json!({"name": "widget-instructions"}));
    assert_eq!(got["result"]["messages"][0]["content"]["text"], "Mine.");
    assert_eq!(
        client.request("prompts/list", json!({}))["result"]["prompts"].as_array().map(Vec::len),
        Some(1)
    );
    project.write("toolface.toml", "[server]\nname = 'test'\n");
    let mut client = StdioClient::initialized(project.path(), "2025-11-25", false);
    let mut get = |tool: &str| {
        client.request("prompts/get", json!({"name": "widget-instructions", "arguments": {"tool": tool}}))
    };
    assert!(get("2nd")["result"].is_object());
    assert_eq!(
        get("pong")["error"]["message"],
        "The tool pong answers in no widget that a model may ask for"
    );
    let plain = Project::new()
        .file("tools/pong.toml", "description = 'Pong.'\n[source]\nresult = { content = [] }\n");
    let mut client = StdioClient::initialized(plain.path(), "2025-11-25", false);
    assert_eq!(client.request("prompts/list", json!({}))["result"]["prompts"], json!([]));
    assert_eq!(
        client.request("prompts/get", json!({"name": "widget-instructions"}))["error"]["code"],
        -32602
    );
}
