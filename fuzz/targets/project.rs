//! `toolface.toml` and tool files: whatever they say, a project loads or is refused with errors.
//!
//! An input is a `toolface.toml`, then, after a NUL, a tool file. The widgets are those of the demo.

#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = TempDir::new().expect("a folder");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for part in ["tools", "widgets", "data"] {
        fs::create_dir(folder.path().join(part)).expect("a folder");
    }
    for file in ["widgets/order-card.widget", "widgets/order-closed.widget", "data/shop.sql"] {
        fs::copy(demo.join(file), folder.path().join(file)).expect("a file of the demo");
    }
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (server, tool) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    fs::write(FOLDER.path().join("toolface.toml"), server).expect("a file");
    fs::write(FOLDER.path().join("tools/fuzz.toml"), tool).expect("a file");
    let (catalog, faults) = toolface::catalog::load(FOLDER.path());
    let _ = (faults.render(false), faults.to_json());
    assert_eq!(catalog.is_none(), faults.has_errors(), "{faults:?}");
});
