//! What is told of a faulty project. Each folder of `tests/fixtures/projects/bad` is one kind of fault; what must not
//! be in any output is the one secret all of them use.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Project, fixtures, root, run, widget};

const SECRET: &str = "hunter2";

fn bad_projects() -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(fixtures("projects/bad")).expect("fixtures");
    let mut folders: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    assert!(folders.len() > 25, "the fixtures are not all there: {folders:?}");
    folders.into_iter().map(|f| (f.file_name().expect("a name").to_string_lossy().into_owned(), f)).collect()
}

#[test]
fn every_fault_is_told_with_its_place_and_its_cure() {
    for (name, folder) in bad_projects() {
        let told = run(&folder, &["check"]);
        assert_eq!(told.stderr, "", "{name}");
        insta::with_settings!({snapshot_path => "snapshots/load", prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(name, format!("{}\nexit code {}", told.stdout, told.code));
        });
    }
}

#[test]
fn programs_are_told_the_same() {
    let report =
        run(&fixtures("projects/bad/every-fault-of-a-project-at-once"), &["check", "--format", "json"]);
    insta::with_settings!({snapshot_path => "snapshots/load", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("as-json", report.stdout);
    });
    for (name, folder) in bad_projects() {
        let (text, json) = (run(&folder, &["check"]), run(&folder, &["check", "--format", "json"]));
        let report = json.json();
        let count = |key: &str| report[key].as_u64().expect("a count");
        let counted = |severity: &str| text.stdout.lines().filter(|l| l.starts_with(severity)).count() as u64;
        assert_eq!((count("errors"), count("warnings")), (counted("error["), counted("warning[")), "{name}");
        assert_eq!(
            report["faults"].as_array().expect("faults").len() as u64,
            count("errors") + count("warnings")
        );
        assert_eq!((json.code, &report["ok"]), (text.code, &json!(text.code == 0)), "{name}");
    }
}

#[test]
fn no_output_holds_a_secret() {
    let mut met = 0;
    for (name, folder) in bad_projects() {
        met += usize::from(
            std::fs::read_to_string(folder.join("toolface.toml")).is_ok_and(|t| t.contains(SECRET)),
        );
        for args in [
            &["check"][..],
            &["check", "--format", "json"],
            &["manifest"],
            &["call", "greet", "--as", "trace"],
        ] {
            let told = run(&folder, args);
            assert!(
                !told.stdout.contains(SECRET) && !told.stderr.contains(SECRET),
                "{name}: {args:?}: {told:?}"
            );
        }
    }
    assert!(met >= 4, "fixtures with a secret: {met}");
}

#[test]
fn a_project_that_is_half_right_is_not_served() {
    for (name, folder) in bad_projects() {
        let (served, checked) = (run(&folder, &["manifest"]), run(&folder, &["check"]));
        if served.code == 0 {
            continue;
        }
        assert_eq!((served.code, served.stdout.as_str(), checked.code), (1, "", 1), "{name}");
        // All at once here too, with file and line.
        for fault in served.stderr.lines().filter(|l| l.starts_with("error[")) {
            assert!(checked.stdout.contains(fault), "{name}: {fault}");
        }
    }
}

#[test]
fn a_sound_project_is_told_to_be_sound() {
    let sound = Project::new()
        .file("widgets/card.widget", widget(r#"{"type":"Card","children":[]}"#, &json!({"type": "object"})))
        .file(
            "tools/greet.toml",
            "description = 'Greets.'\nwidget = 'card'\nwidget_id = 'wig_1'\n[source.data]\n",
        );
    let told = run(sound.path(), &["check", "--strict"]);
    assert_eq!((told.code, told.stdout.lines().count()), (0, 1), "{told:?}");
    let strict = run(&fixtures("projects/bad/an-action-without-a-binding"), &["check", "--strict"]);
    assert_eq!(strict.code, 1, "a warning is an error to --strict");
    let demo = run(root(), &["check", "--strict"]);
    assert_eq!((demo.code, demo.stdout), (0, told.stdout), "{}", demo.stderr);
}

#[test]
fn what_cannot_be_read_is_told() {
    let unreadable = |project: Project, what: &str| {
        let told = run(project.path(), &["check"]);
        assert_eq!(told.code, 1, "{what}: {told:?}");
        assert!(told.stdout.contains("unreadable") && told.stdout.contains(what), "{what}: {told:?}");
    };
    unreadable(Project::new().file("tools", "a file"), "tools");
    unreadable(Project::new().file("widgets", "a file"), "widgets");
    unreadable(Project::empty().file("toolface.toml/inside", ""), "toolface.toml");
    unreadable(Project::new().file("tools/greet.toml/inside", ""), "tools/greet.toml");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        let circle = Project::new();
        symlink("tools", circle.path().join("tools")).expect("a link");
        unreadable(circle, "tools");
        let dangling = Project::new().file("tools/x", "");
        symlink("nowhere.toml", dangling.path().join("tools/gone.toml")).expect("a link");
        unreadable(dangling, "tools/gone.toml");
    }
    let nowhere = run(&root().join("no/such/folder"), &["check"]);
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.stdout.contains("no/such/folder"), "{nowhere:?}");
}

#[test]
fn files_without_measure_are_refused_soon() {
    let much = "x".repeat(10 << 20);
    let start = Instant::now();
    let huge = Project::new()
        .file("widgets/card.widget", widget(&much, &json!({"type": "object"})))
        .file("tools/greet.toml", format!("description = '{much}'\n"));
    let told = run(huge.path(), &["check"]);
    assert_eq!(told.code, 1);
    assert!(told.stdout.len() < 100_000, "an excerpt of {} bytes", told.stdout.len());
    let deep = "[".repeat(100_000);
    let nested = Project::new()
        .file("widgets/card.widget", format!("{{\"version\": \"1.0\", \"jsonSchema\": {deep}"))
        .file("tools/greet.toml", format!("description = 'x'\nsource.data = {deep}"));
    let told = run(nested.path(), &["check"]);
    assert_eq!(told.code, 1, "{}", told.stderr);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_tool_that_cannot_be_read_is_no_fault_of_those_that_lead_to_it() {
    let demo = Project::demo();
    let file = demo.path().join("tools/get_order.toml");
    let text = std::fs::read_to_string(&file).expect("a tool");
    demo.write("tools/get_order.toml", format!("{text}\nx = \n"));
    let told = run(demo.path(), &["check", "--format", "json"]).json();
    assert_eq!(
        (&told["errors"], &told["faults"][0]["code"]),
        (&json!(1), &json!("invalid-toml")),
        "{told:#}"
    );
}
