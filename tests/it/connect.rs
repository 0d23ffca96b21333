//! `toolface connect`: what is written into clients' files, what is left as it was, and that what is written starts.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use crate::support::{Output, Project, Server, StdioClient, finish, toolface, widget};

/// Clients with a file: the file below the home folder (which is the current folder, too), the object its entries are
/// in, a file as people have it, a file that is none with the place of its fault.
const CLIENTS: [Client; 6] = [
    Client {
        id: "claude-desktop",
        file: ".config/Claude/claude_desktop_config.json",
        section: "mcpServers",
        people: "{\n    \"globalShortcut\": \"Ctrl+Space\",\n    \"mcpServers\": {\n        \"files\": {\n            \"command\": \"npx\",\n            \"args\": [\"-y\", \"files\"],\n            \"env\": { \"KEY\": \"s3cret\" }\n        }\n    }\n}\n",
        broken: (
            "{\n  \"mcpServers\": {\n    \"files\": {\"command\": \"npx\" \"args\": []}\n  }\n}\n",
            ":3:",
        ),
    },
    Client {
        id: "claude-code",
        file: ".mcp.json",
        section: "mcpServers",
        people: "{\"mcpServers\": {\"files\": {\"type\": \"stdio\", \"command\": \"npx\", \"args\": []}}}",
        broken: ("{\"mcpServers\": {\n", ":1:"),
    },
    Client {
        id: "vscode",
        file: ".vscode/mcp.json",
        section: "servers",
        people: "// Our servers.\n{\n\t\"inputs\": [], // none\n\t\"servers\": {\n\t\t/* read only */\n\t\t\"files\": {\n\t\t\t\"type\": \"stdio\",\n\t\t\t\"command\": \"npx\", // from npm\n\t\t\t\"args\": [\"-y\"],\n\t\t},\n\t\t// more to come\n\t},\n\t\"big\": 12345678901234567890.5\n}\n// the end\n",
        broken: ("// ours\n{\n  'servers': {}\n}\n", ":3:3"),
    },
    Client {
        id: "cursor",
        file: ".cursor/mcp.json",
        section: "mcpServers",
        people: "{\n  \"mcpServers\": {}\n}",
        broken: ("mcpServers = 1\n", ":1:1"),
    },
    Client {
        id: "goose",
        file: ".config/goose/config.yaml",
        section: "extensions",
        people: "# my goose\nGOOSE_MODE: \"smart_approve\"   # ask\nextensions:\n  developer:\n    bundled: true\n    enabled: true # always\n    type: builtin\n\n  # remembers\n  memory: {type: builtin, enabled: no}\nGOOSE_HINT: |\n  two\n  lines\n# the end\n",
        broken: ("extensions:\n  developer: [\n    enabled: true\n", ":4:1"),
    },
    Client {
        id: "codex",
        file: ".codex/config.toml",
        section: "mcp_servers",
        people: "# my codex\nmodel = \"large\" # the best\n\n[mcp_servers.files] # read only\ncommand = 'npx'\nargs = [\n    \"-y\", # yes\n]\nsince = 2026-01-01\n\n[tui]\ntheme = \"dark\"\n# the end\n",
        broken: ("model = \"large\"\n[mcp_servers\n", ":2:13"),
    },
];

struct Client {
    id: &'static str,
    file: &'static str,
    section: &'static str,
    people: &'static str,
    broken: (&'static str, &'static str),
}

/// A home folder, and a project beside it.
struct Home {
    dir: Project,
    project: Project,
}

impl Home {
    fn new() -> Self {
        let tool = |title: &str| {
            format!("description = 'x'\nwidget = 'card'\nsource.data = {{ title = '{title}' }}\n")
        };
        let card = r#"{"type":"Card","children":[{"type":"Title","value":{{ title | tojson }}}]}"#;
        let schema =
            json!({"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]});
        let project = Project::new()
            .file("toolface.toml", "[server]\nname = 'shop'\n[widgets.card]\nid = 'wig_1'\n")
            .file("widgets/card.widget", widget(card, &schema))
            .file("tools/get_order.toml", tool("Order"))
            .file("tools/get_stock.toml", tool("Stock"));
        Self { dir: Project::empty(), project }
    }

    fn with(project: Project) -> Self {
        Self { dir: Project::empty(), project }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = toolface(self.project.path());
        command.arg("connect").args(args).current_dir(self.dir.path()).env("HOME", self.dir.path());
        for variable in ["XDG_CONFIG_HOME", "CODEX_HOME", "GOOSE_PATH_ROOT"] {
            command.env_remove(variable);
        }
        command
    }

    fn connect(&self, args: &[&str]) -> Output {
        finish(self.command(args))
    }

    fn write(&self, client: &Client) -> Output {
        self.connect(&[client.id, "--write"])
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    /// The files in the folder of a file, by name.
    fn beside(&self, file: &str) -> Vec<String> {
        let folder = self.path(file);
        let entries = std::fs::read_dir(folder.parent().unwrap()).expect("a folder").map(|e| e.unwrap());
        let mut names: Vec<_> =
            entries.filter(|e| !e.path().is_dir()).map(|e| e.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// What a file means, by a parser that is not the one that edits it.
fn meaning(file: &str, text: &str) -> Value {
    match Path::new(file).extension().and_then(|e| e.to_str()) {
        Some("toml") => toml::from_str::<toml::Table>(text)
            .map(|table| serde_json::from_str(&serde_json::to_string(&table).unwrap()).unwrap())
            .unwrap_or_else(|e| panic!("{e} in\n{text}")),
        Some("yaml") => yaml_serde::from_str(text).unwrap_or_else(|e| panic!("{e} in\n{text}")),
        _ => serde_json::from_str(text)
            .or_else(|_| jsonc_parser::parse_to_serde_value(text, &Default::default()))
            .unwrap_or_else(|e| panic!("{e} in\n{text}")),
    }
}

/// The command line of an entry, in whichever words.
fn command_line(entry: &Value) -> Vec<String> {
    let command = entry["command"].as_str().or(entry["cmd"].as_str()).expect("a command");
    let args = entry["args"].as_array().expect("args").iter().map(|a| a.as_str().expect("text").to_owned());
    std::iter::once(command.to_owned()).chain(args).collect()
}

fn own_line(project: &Path) -> Vec<String> {
    let exe = std::fs::canonicalize(env!("CARGO_BIN_EXE_toolface")).expect("the executable");
    let words = [exe.to_str().unwrap(), "stdio", "--dir", project.to_str().unwrap()];
    words.map(str::to_owned).to_vec()
}

/// Starts a command line as a client would, from elsewhere and with little in the environment, and lists the tools.
fn tools_of(line: &[String]) -> Vec<String> {
    let mut command = Command::new(&line[0]);
    command.args(&line[1..]).current_dir("/").env_clear();
    let mut client = StdioClient::spawn(command);
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    assert!(client.request("initialize", hello)["result"]["serverInfo"]["name"].is_string());
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let listed = client.request("tools/list", json!({}));
    let tools = listed["result"]["tools"].as_array().expect("tools");
    let names = tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned());
    names.filter(|name| name != "toolface_render").collect() // what only views call
}

#[test]
fn a_missing_file_is_made_and_what_it_says_starts() {
    for client in &CLIENTS {
        let home = Home::new();
        let out = home.write(client);
        assert_eq!(out.code, 0, "{}: {}", client.id, out.stderr);
        let text = home.text(client.file);
        assert_eq!(text, out.stdout, "{}: what is printed is what a new file says", client.id);
        let entry = &meaning(client.file, &text)[client.section]["shop"];
        let line = command_line(entry);
        assert_eq!(line, own_line(home.project.path()), "{}", client.id);
        assert_eq!(tools_of(&line), ["get_order", "get_stock"], "{}", client.id);

        let again = home.write(client);
        assert_eq!((again.code, home.text(client.file)), (0, text), "{}", client.id);
        assert!(again.stderr.contains("says so already"), "{}", again.stderr);
        assert_eq!(home.beside(client.file).len(), 1, "no backup, no lock: {:?}", home.beside(client.file));
    }
}

#[test]
fn a_file_with_nothing_in_it_is_filled() {
    for client in &CLIENTS {
        let mut nothing = vec!["", "\n\n", "  "];
        match client.file.rsplit('.').next() {
            Some("yaml") => {
                nothing.extend(["# nothing yet\n", "extensions:\n", "extensions: {}\n", "---\n", "{}\n"])
            }
            Some("toml") => nothing.extend(["# nothing yet\n", "mcp_servers = {}\n", "[mcp_servers]\n"]),
            _ => nothing.extend(["{}", "// nothing yet\n", "{ }\n", "null"]),
        }
        for before in nothing {
            let home = Home::new();
            home.dir.write(client.file, before);
            let out = home.write(client);
            assert_eq!(out.code, 0, "{} {before:?}: {}", client.id, out.stderr);
            let text = home.text(client.file);
            let entry = &meaning(client.file, &text)[client.section]["shop"];
            assert_eq!(command_line(entry), own_line(home.project.path()), "{} {before:?}", client.id);
            assert!(!before.contains("# nothing") || text.contains("# nothing yet"), "{text}");
            assert!(!before.contains("// nothing") || text.contains("// nothing yet"), "{text}");
        }
    }
}

#[test]
fn everything_else_stays_where_and_as_it_was() {
    for client in &CLIENTS {
        for (ends, mark) in [("\n", ""), ("\r\n", ""), ("\n", "\u{feff}")] {
            let home = Home::new();
            let before = format!("{mark}{}", client.people.replace('\n', ends));
            home.dir.write(client.file, &before);
            let out = home.write(client);
            assert_eq!(out.code, 0, "{}: {}", client.id, out.stderr);
            let after = home.text(client.file);
            assert!(after.starts_with(mark), "{}", client.id);
            if before.contains('\n') {
                assert_eq!(
                    after.matches('\n').count(),
                    after.matches(ends).count(),
                    "{}: {after:?}",
                    client.id
                );
            }

            let plain = |text: &str| text.trim_start_matches('\u{feff}').to_owned();
            let mut means = meaning(client.file, &plain(&after));
            let entry = means[client.section].as_object_mut().unwrap().remove("shop").expect("our entry");
            assert_eq!(command_line(&entry), own_line(home.project.path()));
            assert_eq!(means, meaning(client.file, &plain(&before)), "{}", client.id);

            // Line by line, in the same order, with comments; only a comma may be new.
            if client.people.lines().count() > 1 {
                let mut lines = after.lines().map(|line| line.trim_end_matches(','));
                for line in before.lines().filter(|line| *line != "  \"mcpServers\": {}") {
                    assert!(
                        lines.any(|l| l == line.trim_end_matches(',')),
                        "{}: {line:?} in\n{after}",
                        client.id
                    );
                }
            }
            let name = Path::new(client.file).file_name().unwrap().to_str().unwrap();
            assert_eq!(home.beside(client.file), [name.to_owned(), format!("{name}.before-toolface")]);
            assert_eq!(home.text(&format!("{}.before-toolface", client.file)), before);
            assert!(out.stderr.contains("before-toolface"), "{}", out.stderr);
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_refused_and_untouched() {
    for client in &CLIENTS {
        let section = client.section;
        let (text, place) = client.broken;
        let mut cases = vec![(text.as_bytes().to_vec(), place), (b"\xff\xfe{\0}\0".to_vec(), "UTF-8")];
        let shapes = match client.file.rsplit('.').next() {
            Some("yaml") => vec![format!("{section}: [a]\n"), "- a\n".to_owned(), "a: 1\na: 2\n".to_owned()],
            Some("toml") => vec![format!("{section} = 1\n"), format!("[[{section}]]\na = 1\n")],
            _ => vec![format!("{{\"{section}\": []}}"), "[]".to_owned(), "3".to_owned(), "{} {}".to_owned()],
        };
        cases.extend(shapes.into_iter().map(|text| (text.into_bytes(), "")));
        for (before, said) in cases {
            let home = Home::new();
            home.dir.write(client.file, &before);
            for args in [vec![client.id, "--write"], vec![client.id, "--write", "--force"]] {
                let out = home.connect(&args);
                let shown = String::from_utf8_lossy(&before);
                assert_eq!(out.code, 1, "{} {shown:?}: {}", client.id, out.stderr);
                let named = out.stderr.contains(&home.path(client.file).display().to_string());
                assert!(named && out.stderr.contains(said), "{} {shown:?}: {}", client.id, out.stderr);
                assert_eq!(std::fs::read(home.path(client.file)).unwrap(), before, "{}", client.id);
                assert_eq!(home.beside(client.file).len(), 1, "{:?}", home.beside(client.file));
            }
        }
    }
}

#[test]
fn what_would_change_more_than_the_entry_is_not_written() {
    let cases = [
        // JSON of two minds: which one a client reads is not ours to guess.
        ("cursor", "mcp.json", "{\"mcpServers\": {\"a\": {}}, \"mcpServers\": {\"b\": {}}}"),
        // An anchor shared between entries.
        ("goose", "c.yaml", "extensions:\n  a: &x {type: stdio, cmd: toolface, args: []}\n  shop: *x\n"),
    ];
    for (client, file, before) in cases {
        let home = Home::new();
        home.dir.write(file, before);
        let out = home.connect(&[client, "--file", file, "--write"]);
        let after = home.text(file);
        assert_eq!(out.code, i32::from(client == "cursor"), "{client}: {}", out.stderr);
        if out.code == 0 {
            let mut means = meaning(file, &after);
            let section = if client == "goose" { "extensions" } else { "mcpServers" };
            means[section].as_object_mut().unwrap().remove("shop").expect("our entry");
            let mut was = meaning(file, before);
            was[section].as_object_mut().unwrap().remove("shop");
            assert_eq!(means, was, "{client}:\n{after}");
        } else {
            assert!(after == before && out.stderr.contains("by hand"), "{}", out.stderr);
        }
    }
}

#[test]
fn many_at_once_lose_nothing() {
    for client in &CLIENTS {
        let home = Home::new();
        home.dir.write(client.file, client.people);
        let children: Vec<_> = (0..16)
            .map(|n| {
                let command = home.command(&[client.id, "--write", "--name", &format!("shop-{n}")]);
                thread::spawn(move || finish(command))
            })
            .collect();
        for child in children {
            let out = child.join().unwrap();
            assert_eq!(out.code, 0, "{}: {}", client.id, out.stderr);
        }
        let means = meaning(client.file, &home.text(client.file));
        let was = meaning(client.file, client.people);
        for n in 0..16 {
            let entry = &means[client.section][format!("shop-{n}")];
            assert_eq!(command_line(entry), own_line(home.project.path()), "{} {n}", client.id);
        }
        for (name, entry) in was[client.section].as_object().unwrap() {
            assert_eq!(&means[client.section][name], entry, "{}", client.id);
        }
        assert_eq!(home.beside(client.file).len(), 2, "a backup and no lock: {:?}", home.beside(client.file));
    }
}

#[test]
fn somebody_elses_entry_is_kept_unless_forced() {
    let others = [
        r#"{"command": "npx", "args": ["--key", "s3cret"], "env": {"KEY": "s3cret"}, "disabled": true}"#,
        r#"{"url": "https://shop.example/mcp?key=s3cret", "headers": {"Authorization": "Bearer s3cret"}}"#,
        r#"{"url": "https://me:s3cret@shop.example/mcp"}"#,
        r#""s3cret""#,
    ];
    for other in others {
        let before = format!("{{\"mcpServers\": {{\"shop\": {other}, \"files\": {{}}}}}}");
        let home = Home::new();
        home.dir.write("mcp.json", &before);
        let out = home.connect(&["json", "--file", "mcp.json", "--write"]);
        assert_eq!((out.code, home.text("mcp.json").as_str()), (1, before.as_str()), "{}", out.stderr);
        assert!(!out.stderr.contains("s3cret"), "{}", out.stderr);
        assert!(out.stderr.contains("+ command: \"") && out.stderr.contains("--force"), "{}", out.stderr);
        assert!(!other.contains("npx") || out.stderr.contains("- command: \"npx\""), "{}", out.stderr);

        let out = home.connect(&["json", "--file", "mcp.json", "--write", "--force"]);
        assert_eq!(out.code, 0, "{}", out.stderr);
        let means = meaning("mcp.json", &home.text("mcp.json"));
        let entry = &means["mcpServers"]["shop"];
        assert_eq!(
            (command_line(entry), entry.as_object().unwrap().len()),
            (own_line(home.project.path()), 2)
        );
        assert_eq!(means["mcpServers"]["files"], json!({}));
    }
}

#[test]
fn our_entry_is_renewed_and_keeps_what_was_added_to_it() {
    let cases = [
        (
            "vscode",
            "mcp.json",
            "{\n  \"servers\": {\n    \"shop\": {\n      \"type\": \"stdio\", // a program\n      \"command\": \"C:\\\\old\\\\Toolface.exe\",\n      \"args\": [\"stdio\"],\n      \"env\": {\"A\": \"1\"} // ours\n    }\n  }\n}\n",
            "/servers/shop",
            vec![("/env/A", json!("1"))],
            ["// a program", "// ours"].as_slice(),
        ),
        (
            "goose",
            "c.yaml",
            "extensions:\n  shop:\n    type: stdio # a program\n    name: shop\n    cmd: /old/toolface\n    args: [stdio]\n    enabled: false # for now\n    envs: {A: \"1\"}\n    timeout: 5\n",
            "/extensions/shop",
            vec![("/envs/A", json!("1")), ("/enabled", json!(false)), ("/timeout", json!(5))],
            ["# a program", "# for now"].as_slice(),
        ),
        (
            "codex",
            "c.toml",
            "[mcp_servers.shop]\ncommand = \"toolface\" # a program\nargs = [\"stdio\"] # old\nstartup_timeout_sec = 5\n\n[mcp_servers.shop.env]\nA = \"1\"\n",
            "/mcp_servers/shop",
            vec![("/env/A", json!("1")), ("/startup_timeout_sec", json!(5))],
            ["# a program", "# old"].as_slice(),
        ),
    ];
    for (client, file, before, at, kept, comments) in cases {
        let home = Home::new();
        home.dir.write(file, before);
        let out = home.connect(&[client, "--file", file, "--write"]);
        assert_eq!(out.code, 0, "{client}: {}", out.stderr);
        let text = home.text(file);
        let means = meaning(file, &text);
        let entry = means.pointer(at).expect("the entry");
        assert_eq!(command_line(entry), own_line(home.project.path()), "{client}");
        for (pointer, value) in kept {
            assert_eq!(entry.pointer(pointer), Some(&value), "{client}:\n{text}");
        }
        for comment in comments {
            assert!(text.contains(comment), "{client}: {comment} in\n{text}");
        }
        // By another way, settings of the old one may be faults: Codex takes no env beside a URL.
        let out = home.connect(&[client, "--file", file, "--write", "--http"]);
        assert_eq!(out.code, 0, "{client}: {}", out.stderr);
        let entry = meaning(file, &home.text(file)).pointer(at).expect("the entry").clone();
        assert_eq!(entry["url"].as_str().or(entry["uri"].as_str()), Some("http://127.0.0.1:8787/mcp"));
        assert!(entry.get("command").is_none() && entry.get("cmd").is_none() && entry.get("env").is_none());
    }
}

#[test]
fn odd_names_and_odd_paths_arrive_as_they_are() {
    let names = ["my \"shop\"", "v1.0 #2: [a]", "it's {ours}", "läden 店", "back\\slash", "a.b", "true", "0"];
    for client in ["claude-desktop", "vscode"] {
        let home = Home::new();
        for name in names {
            let out = home.connect(&[client, "--file", "f.json", "--write", "--name", name]);
            assert_eq!(out.code, 0, "{client} {name}: {}", out.stderr);
        }
        let means = meaning("f.json", &home.text("f.json"));
        let section = if client == "vscode" { "servers" } else { "mcpServers" };
        let found: Vec<_> = means[section].as_object().unwrap().keys().cloned().collect();
        assert_eq!(found, names, "{client}");
    }
    let refused =
        [("claude-code", "my shop"), ("codex", "a.b"), ("goose", "Shop"), ("vscode", ""), ("cursor", "a\nb")];
    for (client, name) in refused {
        let home = Home::new();
        let out = home.connect(&[client, "--file", "f", "--write", "--name", name]);
        assert_eq!(out.code, 1, "{client} {name:?}");
        assert!(out.stderr.contains("--name") && !home.path("f").exists(), "{}", out.stderr);
    }
    let folders = [
        "C:\\Users\\Ann \"A\"\\new\\table",
        "it's: #1, [50%] {x}",
        "läden 店 \u{1f6d2}",
        " two  spaces ",
        "$HOME ~ `x`",
    ];
    for folder in folders {
        let home = Home::new();
        let path = home.project.path().join(folder);
        std::fs::create_dir(&path).expect("a folder");
        for part in ["toolface.toml", "tools", "widgets"] {
            std::fs::rename(home.project.path().join(part), path.join(part)).expect("moved");
        }
        for client in &CLIENTS {
            let mut command = toolface(&path);
            command
                .args(["connect", client.id, "--file", client.file, "--write"])
                .current_dir(home.dir.path());
            let out = finish(command);
            assert_eq!(out.code, 0, "{} {folder}: {}", client.id, out.stderr);
            let line = command_line(&meaning(client.file, &home.text(client.file))[client.section]["shop"]);
            assert_eq!(line, own_line(&path), "{}", client.id);
        }
        assert_eq!(tools_of(&own_line(&path)), ["get_order", "get_stock"], "{folder}");
    }
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_modes_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = Home::new();
    home.dir.write("dotfiles/mcp.json", "{}");
    std::fs::set_permissions(home.path("dotfiles/mcp.json"), std::fs::Permissions::from_mode(0o600)).unwrap();
    symlink("dotfiles/mcp.json", home.path("second")).unwrap();
    symlink(home.path("second"), home.path("first")).unwrap();
    symlink("dotfiles/new.json", home.path("dangling")).unwrap();
    for (link, target) in [("first", "dotfiles/mcp.json"), ("dangling", "dotfiles/new.json")] {
        let out = home.connect(&["json", "--file", link, "--write"]);
        assert_eq!(out.code, 0, "{link}: {}", out.stderr);
        assert!(home.path(link).is_symlink(), "{link}");
        assert!(!home.path(target).is_symlink(), "{target}");
        assert!(meaning(link, &home.text(target))["mcpServers"]["shop"].is_object(), "{link}");
    }
    let mode = std::fs::metadata(home.path("dotfiles/mcp.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let backup = std::fs::metadata(home.path("dotfiles/mcp.json.before-toolface")).unwrap();
    assert_eq!(backup.permissions().mode() & 0o777, 0o600);

    symlink("round", home.path("about")).unwrap();
    symlink("about", home.path("round")).unwrap();
    let out = home.connect(&["json", "--file", "round", "--write"]);
    assert!(out.code == 1 && out.stderr.contains("circles"), "{}", out.stderr);
}

#[test]
fn what_may_not_be_written_is_not() {
    let home = Home::new();
    home.dir.write("read-only.json", "{}");
    home.dir.write("a-file", "");
    let path = home.path("read-only.json");
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    std::fs::create_dir(home.path("a-folder")).unwrap();
    for (file, said) in
        [("read-only.json", "only be read"), ("a-file/mcp.json", "a-file"), ("a-folder", "it is no file")]
    {
        let out = home.connect(&["json", "--file", file, "--write"]);
        assert_eq!(out.code, 1, "{file}: {}", out.stderr);
        assert!(out.stderr.contains(said), "{file}: {}", out.stderr);
    }
    assert_eq!(home.text("read-only.json"), "{}");
    assert_eq!(home.text("a-file"), "");
    assert!(home.beside("a-folder").iter().all(|name| !name.contains("toolface")), "no lock, no backup");
}

#[test]
fn a_client_over_http_is_given_an_address_that_answers() {
    let home = Home::new();
    let server = Server::start(home.project.path());
    let url = format!("http://{}/mcp", server.at);
    for client in CLIENTS.iter().filter(|client| client.id != "claude-desktop") {
        // Without a path it is the endpoint; `--http` alone is the address in toolface.toml.
        let out = home.connect(&[client.id, "--write", "--http", &format!("http://{}", server.at)]);
        assert_eq!(out.code, 0, "{}: {}", client.id, out.stderr);
        let entry = &meaning(client.file, &home.text(client.file))[client.section]["shop"];
        let kind = match client.id {
            "goose" => Some("streamable_http"),
            "codex" | "cursor" => None,
            _ => Some("http"),
        };
        assert_eq!(entry["type"].as_str(), kind, "{}", client.id);
        let written = entry["url"].as_str().or(entry["uri"].as_str()).expect("an address");
        assert_eq!(written, url, "{}", client.id);
    }
    let told = server.session("2025-11-25", false).call("get_order", json!({}));
    assert_eq!(told["isError"], json!(false), "{told:#}");

    for (args, said) in [
        (vec!["vscode", "--http", "shop.example/mcp"], "relative URL"),
        (vec!["vscode", "--http", "ftp://shop.example/mcp"], "http://"),
        (vec!["vscode", "--http", "https://me:s3cret@shop.example/mcp"], "plain text"),
        (vec!["vscode", "--route", "get_ordr"], "did you mean `get_order`?"),
        (vec!["json", "--write"], "--file"),
        (vec!["claude-desktop", "--http", "--write"], "by hand"),
        (vec!["claude-code", "--user", "--write"], "--file"),
        (vec!["chatgpt", "--write"], "by hand"),
    ] {
        let out = home.connect(&args);
        assert_eq!((out.code, out.stdout.as_str()), (1, ""), "{args:?}: {}", out.stderr);
        assert!(out.stderr.contains(said) && !out.stderr.contains("s3cret"), "{args:?}: {}", out.stderr);
    }
    for args in [vec!["emacs"], vec![], vec!["vscode", "--force"], vec!["vscode", "--user", "--file", "x"]] {
        assert_eq!(home.connect(&args).code, 2, "{args:?}");
    }
}

#[test]
fn what_has_no_file_is_told_what_to_paste_where() {
    let home = Home::new();
    for (client, args) in [
        ("chatgpt", vec![]),
        ("agent-builder", vec![]),
        ("claude-desktop", vec!["--http"]),
        ("chatgpt", vec!["--http", "http://shop.example"]),
    ] {
        let out = home.connect(&[vec![client], args.clone()].concat());
        assert_eq!(out.code, 0, "{client}: {}", out.stderr);
        let host = if args.len() > 1 { "shop.example" } else { "127.0.0.1:8787" };
        assert!(out.stdout.contains(&format!("http://{host}/mcp\n")), "{client}:\n{}", out.stdout);
        assert!(!out.stdout.contains('{'), "{client}:\n{}", out.stdout);
        assert!(out.stderr.contains("https"), "{client}: {}", out.stderr);
    }
    let out = home.connect(&["agent-builder", "--http", "https://shop.example", "--route", "get_order"]);
    assert!(out.stdout.contains("https://shop.example/mcp/get_order\n"), "{}", out.stdout);
    assert!(out.stdout.contains("shop-get_order\n"), "{}", out.stdout);
    assert!(out.stderr.contains("allowed_hosts = [\"shop.example\"]"), "{}", out.stderr);
    assert!(!out.stderr.contains("tunnel"), "{}", out.stderr);
    assert!(home.dir.path().read_dir().unwrap().next().is_none(), "nothing is written");
}

#[test]
fn files_are_where_clients_look_for_them() {
    let home = Home::new();
    let folder = home.path("elsewhere");
    let there = folder.to_str().unwrap();
    let cases = [
        (vec!["vscode", "--user"], ("HOME", "unused"), ".config/Code/User/mcp.json"),
        (vec!["cursor", "--user"], ("HOME", "unused"), ".cursor/mcp.json"),
        (vec!["claude-desktop"], ("XDG_CONFIG_HOME", there), "elsewhere/Claude/claude_desktop_config.json"),
        (vec!["goose"], ("XDG_CONFIG_HOME", there), "elsewhere/goose/config.yaml"),
        (vec!["goose"], ("GOOSE_PATH_ROOT", there), "elsewhere/config/config.yaml"),
        (vec!["goose"], ("GOOSE_PATH_ROOT", "relative"), ".config/goose/config.yaml"),
        (vec!["codex"], ("CODEX_HOME", there), "elsewhere/config.toml"),
    ];
    for (mut args, (variable, value), file) in cases {
        args.push("--write");
        let mut command = home.command(&args);
        if variable != "HOME" {
            command.env(variable, value);
        }
        let out = finish(command);
        assert_eq!(out.code, 0, "{args:?}: {}", out.stderr);
        assert!(home.path(file).is_file(), "{args:?}: {}", out.stderr);
        std::fs::remove_file(home.path(file)).unwrap();
    }
    // Without --write nothing is; the place is told.
    let out = home.connect(&["goose"]);
    assert!(
        out.stderr.contains(".config/goose/config.yaml") && !home.path(".config/goose/config.yaml").exists()
    );
}

#[test]
fn a_route_is_in_the_entry() {
    let home = Home::new();
    for client in &CLIENTS {
        let out = home.connect(&[client.id, "--route", "get_order", "--write"]);
        assert_eq!(out.code, 0, "{}: {}", client.id, out.stderr);
        let means = meaning(client.file, &home.text(client.file));
        let line = command_line(&means[client.section]["shop-get_order"]);
        let route = ["--route", "get_order"].map(str::to_owned);
        assert_eq!(line, [own_line(home.project.path()), route.to_vec()].concat(), "{}", client.id);
    }
    let mut line = own_line(home.project.path());
    line.extend(["--route".to_owned(), "get_order".to_owned()]);
    assert_eq!(tools_of(&line), ["get_order"]);
    let out = home.connect(&["vscode", "--route", "get_order", "--http", "https://shop.example/tools/mcp/"]);
    assert_eq!(
        meaning("x.json", &out.stdout)["servers"]["shop-get_order"]["url"],
        "https://shop.example/tools/mcp/get_order"
    );
}

#[test]
fn a_project_with_faults_is_not_connected() {
    let home = Home::with(Project::new().file("tools/x.toml", "nonsense"));
    let out = home.connect(&["json", "--file", "mcp.json", "--write"]);
    assert_eq!((out.code, out.stdout.as_str()), (1, ""));
    assert!(!home.path("mcp.json").exists());
}
