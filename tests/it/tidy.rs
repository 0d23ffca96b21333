//! The rules of the repository: which module may use which, one door per dependency, files of a size that can be read,
//! and generated or described things that are as they are said to be.

use std::path::{Path, PathBuf};

use crate::support::{root, run};

/// The modules of the library in order: a module uses only those of earlier lines.
const ORDER: &[&[&str]] = &[
    &["diag", "secret"],
    &["schema", "template"],
    &["source", "widget"],
    &["config"],
    &["catalog"],
    &["call", "connect", "live", "net", "manifest", "view", "starter", "traffic"],
    &["export", "import"],
    &["server"],
    &["doctor", "studio"],
    &["cli"],
    &["main"],
];

/// The only places that may name a dependency.
const DOORS: &[(&str, &[&str])] = &[
    (
        "rmcp",
        &["server/", "doctor/client.rs", "source/mcp/client.rs", "source/mcp/face.rs", "source/mcp/oauth.rs"],
    ),
    ("axum", &["server/http.rs", "net.rs", "studio/"]),
    ("rusqlite", &["source/sql/sqlite.rs"]),
    ("sqlx", &["source/sql/postgres.rs", "source/sql/mysql.rs", "source/sql/server.rs"]),
    (
        "reqwest",
        &[
            "source/http/",
            "source/mcp/client.rs",
            "source/mcp/direct/",
            "source/mcp/oauth.rs",
            "doctor/client.rs",
        ],
    ),
    ("rustls", &["source/http/", "source/mcp/client.rs", "source/mcp/oauth.rs", "doctor/client.rs"]),
    ("oauth2", &["source/mcp/oauth.rs"]),
    ("sse_stream", &["source/mcp/direct/", "source/mcp/oauth.rs"]),
    ("minijinja", &["template/"]),
    ("minijinja_contrib", &["template/"]),
    ("jaq_core", &["source/select.rs"]),
    ("jaq_std", &["source/select.rs"]),
    ("jaq_json", &["source/select.rs"]),
    ("jsonschema", &["schema/"]),
    ("toml", &["config/document.rs"]),
    ("pulldown_cmark", &["widget/tree/uses.rs"]),
    ("jsonc_parser", &["widget/file.rs", "connect/json.rs"]),
    ("toml_edit", &["connect/toml.rs", "starter/tool.rs", "import/connection.rs"]),
    ("yaml_edit", &["connect/yaml.rs"]),
    ("yaml_serde", &["connect/yaml.rs", "import/openapi/document.rs"]),
    ("etcetera", &["connect/clients.rs"]),
    ("annotate_snippets", &["diag.rs"]),
    ("tempfile", &["export/files.rs", "studio/files.rs"]),
    ("url", &["export/endpoint.rs", "connect/entry.rs"]),
    ("anyhow", &["cli/"]),
    ("clap", &["cli/"]),
    ("html5gum", &["doctor/page.rs"]),
    ("shlex", &["cli/doctor.rs", "cli/import_upstream.rs", "doctor/mod.rs"]),
    ("rustix", &["source/process/"]),
    ("notify", &["live/watch.rs"]),
    ("getrandom", &["studio/access.rs", "source/mcp/underway.rs"]),
];

/// Lines of a file before its tests.
const MAX_LINES: usize = 600;

/// A source file: its path below `src`, and its text without tests.
struct Source {
    path: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    files.sort();
    let sources: Vec<_> = files
        .into_iter()
        .map(|file| {
            let text = std::fs::read_to_string(&file).expect("a source file");
            let path = file.strip_prefix(root().join("src")).expect("below src");
            let path = path.to_str().expect("a name").replace('\\', "/");
            let tests =
                if path.ends_with("/tests.rs") { Some(0) } else { text.find("#[cfg(test)]\nmod tests {") };
            Source { path, text: text[..tests.unwrap_or(text.len())].to_owned() }
        })
        .collect();
    assert!(sources.len() > 50, "the sources are not all there");
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// Lines that are code.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// The names that follow `before` as whole words: `crate::` gives the modules used.
fn names_after<'a>(line: &'a str, before: &str) -> Vec<&'a str> {
    let starts = line.match_indices(before).map(|(at, _)| &line[at + before.len()..]);
    starts
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
        .collect()
}

fn layer(module: &str) -> usize {
    ORDER
        .iter()
        .position(|line| line.contains(&module))
        .unwrap_or_else(|| panic!("`{module}` has no place in the order"))
}

#[test]
fn a_module_uses_only_those_below_it() {
    for Source { path, text } in sources().iter().filter(|s| s.path != "lib.rs") {
        let module = path.split(['/', '.']).next().expect("a name");
        for line in code(text) {
            for used in names_after(line, "crate::").into_iter().filter(|used| *used != module) {
                assert!(!used.is_empty(), "src/{path} uses several modules in one line; name each: {line}");
                assert!(layer(used) < layer(module), "src/{path} may not use `{used}`: {line}");
            }
        }
    }
}

#[test]
fn the_library_lists_its_modules_in_their_order() {
    let text = std::fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs");
    let listed: Vec<usize> = code(&text).flat_map(|line| names_after(line, "pub mod ")).map(layer).collect();
    assert!(listed.is_sorted(), "{listed:?}");
    assert_eq!(listed.len(), ORDER.iter().map(|line| line.len()).sum::<usize>() - 1, "all but main");
}

#[test]
fn a_dependency_is_named_behind_its_door_alone() {
    for (dependency, doors) in DOORS {
        let mut named = 0;
        for Source { path, text } in &sources() {
            let before = format!("{dependency}::");
            let names = |line: &str| {
                line.match_indices(&before).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '<')
                }) || line.contains(&format!("use {dependency};"))
                    || line.contains(&format!("use {dependency} "))
            };
            if let Some(line) = code(text).find(|line| names(line)) {
                named += 1;
                let through =
                    doors.iter().any(|door| path == door || (door.ends_with('/') && path.starts_with(door)));
                assert!(through, "src/{path} names {dependency}, whose door is {doors:?}: {line}");
            }
        }
        assert!(named > 0, "nothing names {dependency}");
    }
}

#[test]
fn files_can_be_read_and_say_what_they_own() {
    for Source { path, text } in &sources() {
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "src/{path} has {lines} lines");
        assert!(
            path.ends_with("tests.rs") || text.starts_with("//! "),
            "src/{path} does not say what it owns"
        );
    }
}

#[test]
fn the_committed_schemas_are_those_of_the_files() {
    for kind in ["toolface", "tool", "manifest"] {
        let path = format!("schemas/{kind}.schema.json");
        let committed = std::fs::read_to_string(root().join(&path)).unwrap_or_default();
        let printed = run(root(), &["schema", kind]).stdout;
        assert!(committed == printed, "{path} is stale: run `toolface schema --out schemas`");
    }
}

#[test]
fn the_files_of_the_demo_name_their_schema() {
    let demo = std::fs::read_dir(root().join("tools")).expect("tools");
    let tools =
        demo.map(|entry| entry.expect("an entry").path()).map(|path| (path, "../schemas/tool.schema.json"));
    for (file, schema) in tools.chain([(root().join("toolface.toml"), "./schemas/toolface.schema.json")]) {
        let text = std::fs::read_to_string(&file).expect("a file");
        assert!(text.starts_with(&format!("#:schema {schema}\n")), "{}", file.display());
    }
}

#[test]
fn paths_named_in_the_architecture_exist() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let named: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| {
            ["src/", "tests/", "benches/", "schemas/", "fuzz/", ".ci/"]
                .iter()
                .any(|start| word.starts_with(start))
        })
        .filter(|word| word.chars().all(|c| c.is_alphanumeric() || "_-./".contains(c)))
        .collect();
    assert!(named.len() > 15, "few paths are named: {named:?}");
    for path in named {
        assert!(root().join(path).exists(), "ARCHITECTURE.md names `{path}`, which is not there");
    }
}
