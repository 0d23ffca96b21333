//! Programs the tests need and Cargo does not bring: Node and its packages, Python and its packages, database
//! servers. `make setup` installs what is missing.
//!
//! A test whose programs are missing is left out with a message, unless `TOOLFACE_TEST_ALL` is set: then it fails.
//! Nothing here installs or starts a server.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Output, finish_within, root};

/// What was found; without it the caller leaves its test out.
pub fn need<T>(what: &str, found: Option<T>) -> Option<T> {
    if found.is_none() {
        assert!(std::env::var_os("TOOLFACE_TEST_ALL").is_none(), "{what} is missing: run `make setup`");
        let _ = writeln!(std::io::stderr(), "left out: {what} is missing (`make setup` installs it)");
    }
    found
}

/// A command of Node with a script, if the npm packages are there too.
pub fn node(script: &str) -> Option<Command> {
    let clients = root().join("tests/clients");
    let node = any_node();
    let script = existing(clients.join(script));
    let found = existing(clients.join("node_modules")).and(node).zip(script).map(|(node, script)| {
        let mut command = Command::new(node);
        command.arg(script);
        command
    });
    need("Node with the packages of tests/clients", found)
}

/// Node and Chromium, if the npm packages of the page and of its tests are there too.
pub fn browser() -> Option<(PathBuf, PathBuf)> {
    let packages = ["web", "tests/e2e"].map(|folder| root().join(folder).join("node_modules"));
    let chromium = on_path("chromium").or_else(|| on_path("chromium-browser"));
    let found = packages.iter().all(|folder| folder.exists()).then(any_node).flatten().zip(chromium);
    need("Chromium, or Node with the packages of web and tests/e2e", found)
}

/// npm, if the packages of the page are there.
pub fn npm() -> Option<PathBuf> {
    let found = existing(root().join("web/node_modules")).and(on_path("npm"));
    need("npm with the packages of web", found)
}

/// A Node of our own where that of the machine is too old for the packages.
fn any_node() -> Option<PathBuf> {
    let own = root().join("tests/clients/node/node_modules/node/bin/node");
    existing(own).or_else(|| on_path("node"))
}

/// A command of Python with a script and the packages it needs.
pub fn python(script: &str) -> Option<Command> {
    let python = existing(root().join(".venv/bin/python"));
    let found = python.map(|python| {
        let mut command = Command::new(python);
        command.arg(root().join("tests/clients").join(script));
        command
    });
    need("Python with the packages of tests/clients", found)
}

/// Python as the system has it.
pub fn python3() -> Option<PathBuf> {
    need("python3", on_path("python3"))
}

/// Python's type checker.
pub fn mypy() -> Option<Command> {
    need("mypy of tests/clients", existing(root().join(".venv/bin/mypy")).map(Command::new))
}

/// TypeScript's compiler.
pub fn tsc() -> Option<Command> {
    let script = existing(root().join("web/node_modules/typescript/bin/tsc"));
    let found = any_node().zip(script).map(|(node, script)| {
        let mut command = Command::new(node);
        command.arg(script);
        command
    });
    need("Node with the packages of web", found)
}

/// Python with the packages of generated projects, and with mypy.
pub fn agents_python() -> Option<Command> {
    let bin = root().join(".venv/bin");
    let found = existing(bin.join("mypy")).and(existing(bin.join("python"))).map(Command::new);
    need("Python with the packages of tests/agents", found)
}

/// A Node that runs TypeScript, and the packages of generated projects.
pub fn agents_node() -> Option<(Command, PathBuf)> {
    let packages = existing(root().join("tests/agents/node_modules"));
    let found = any_node().map(Command::new).zip(packages);
    need("Node with the packages of tests/agents", found)
}

/// The folder of PostgreSQL's server programs, of the newest version there is.
pub fn postgres() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|v| v.path().join("bin")).collect();
    folders.sort();
    let packaged = folders.into_iter().rev().find(|f| f.join("initdb").exists());
    let found = packaged.or_else(|| on_path("initdb").and_then(|p| p.parent().map(Path::to_path_buf)));
    need("PostgreSQL's server", found)
}

/// MariaDB's server program.
pub fn mariadb() -> Option<PathBuf> {
    let found = on_path("mariadbd").or_else(|| existing("/usr/sbin/mariadbd".into()));
    need("MariaDB's server", found.filter(|_| on_path("mariadb-install-db").is_some()))
}

fn existing(path: PathBuf) -> Option<PathBuf> {
    path.exists().then_some(path)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|p| p.is_file())
}

/// Runs a client, which reads `order` from standard input, to its end.
pub fn run(mut client: Command, order: &[u8], patience: Duration) -> Output {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(order).expect("a written order");
    std::io::Seek::rewind(&mut file).expect("a file");
    client.env("TOOLFACE_LOG", "off").stdin(Stdio::from(file));
    finish_within(client, patience)
}
