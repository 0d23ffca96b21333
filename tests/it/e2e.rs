//! Views in a real browser, inside real host libraries, against the executable of this build.
//!
//! What is tested stands in `tests/e2e`; here is only what it needs and how it is started. One after the other, because
//! a browser takes a machine for itself.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::installed::{self, browser};
use crate::support::root;

/// Longest time for one file of tests.
const PATIENCE: Duration = Duration::from_secs(300);

static ALONE: Mutex<()> = Mutex::new(());

fn passes(file: &str) {
    let Some((node, chromium)) = browser() else { return };
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Command::new(node);
    command
        .args(["--test", "--test-reporter=spec"])
        .arg(PathBuf::from("tests/e2e").join(file))
        .current_dir(root())
        .env("TOOLFACE_BIN", env!("CARGO_BIN_EXE_toolface"))
        .env("CHROMIUM", chromium);
    let output = installed::run(command, b"", PATIENCE);
    assert_eq!(output.code, 0, "\n{}\n{}", output.stdout, output.stderr);
}

#[test]
fn views_draw_and_act_in_both_host_libraries() {
    passes("draw.test.mjs");
}

#[test]
fn views_of_other_servers_pass_through() {
    passes("gateway.test.mjs");
}

#[test]
fn views_are_never_blank_whatever_a_host_strips() {
    passes("fallback.test.mjs");
}

#[test]
fn views_are_safe_and_accessible() {
    passes("safety.test.mjs");
}

#[test]
fn views_are_fast() {
    passes("speed.test.mjs");
}

#[test]
fn views_look_as_they_did() {
    passes("looks.test.mjs");
}

#[test]
fn the_studio_shows_and_runs_everything() {
    passes("studio.test.mjs");
}

#[test]
fn the_studio_is_accessible_quick_and_keeps_widgets_out() {
    passes("studio-edges.test.mjs");
}

#[test]
fn the_studio_makes_and_edits_widgets_and_tools() {
    passes("studio-edit.test.mjs");
}

#[test]
fn the_drawing_passes_its_own_tests() {
    for script in ["types", "test"] {
        let Some(npm) = installed::npm() else { return };
        let mut command = Command::new(npm);
        command.args(["run", "--silent", script]).current_dir(root().join("web"));
        let output = installed::run(command, b"", PATIENCE);
        assert_eq!(output.code, 0, "npm run {script}\n{}\n{}", output.stdout, output.stderr);
    }
}

#[test]
fn the_committed_page_is_fresh() {
    passes("fresh.test.mjs");
}
