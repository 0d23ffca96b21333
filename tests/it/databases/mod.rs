//! Tools on real database servers: what columns become, what arguments can and cannot do, and what happens when the
//! server is slow or away.
//!
//! Here is what the databases have in common; each has its cases in a file of its own. The servers are started with
//! data of their own and a password, on a free port of this machine, and are gone with the test.

mod mariadb;
mod postgres;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{PATIENCE, Project, Server, finish, signal, toolface, widget};

/// The password of the databases, which nobody may ever read in an answer or a log.
const PASSWORD: &str = "s3cret-pa55word";

/// A database server's process, which can be stopped and started again.
struct Daemon {
    command: Command,
    child: Child,
    /// The signal that ends it soon and clean.
    end: &'static str,
}

impl Daemon {
    /// Starts it, and waits until `is_up`.
    fn start(mut command: Command, end: &'static str, is_up: impl Fn() -> bool) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("a database server");
        let mut daemon = Self { command, child, end };
        daemon.wait(is_up);
        daemon
    }

    fn wait(&mut self, is_up: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_up() {
            assert!(self.child.try_wait().expect("a child").is_none(), "{:?} ended", self.command);
            assert!(start.elapsed() < PATIENCE, "{:?} does not answer", self.command);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn stop(&mut self) {
        if self.child.try_wait().expect("a child").is_none() {
            signal(&self.child, self.end);
        }
        self.child.wait().expect("an end");
    }

    fn restart(&mut self, is_up: &impl Fn() -> bool) {
        self.child = self.command.spawn().expect("a database server");
        self.wait(is_up);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A command that runs as this account if we are root, as which database servers refuse to run.
fn as_account(program: impl AsRef<std::ffi::OsStr>, account: &str) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        let (user, group) = ids(account);
        command.uid(user).gid(group).current_dir("/");
    }
    command
}

/// Gives a folder to this account if we are root.
fn hand_over(folder: &Path, account: &str) {
    if is_root() {
        let (user, group) = ids(account);
        chown(folder, Some(user), Some(group)).expect("a folder of ours");
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").expect("a process").uid() == 0
}

fn ids(account: &str) -> (u32, u32) {
    let accounts = fs::read_to_string("/etc/passwd").expect("accounts");
    let line = accounts.lines().find(|line| line.split(':').next() == Some(account)).expect("an account");
    let fields: Vec<&str> = line.split(':').collect();
    (fields[2].parse().expect("a number"), fields[3].parse().expect("a number"))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// Runs a command that must succeed, with a text on standard input.
fn must(mut command: Command, input: &str) {
    let mut file = tempfile::tempfile().expect("a file");
    std::io::Write::write_all(&mut file, input.as_bytes()).expect("a file");
    std::io::Seek::rewind(&mut file).expect("a file");
    let output = command.stdin(file).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A project on one database; its tools have a widget that takes any row.
struct Tools {
    project: Project,
    url: String,
}

impl Tools {
    fn new(kind: &str, url: &str) -> Self {
        let config = format!(
            "[server]\nname = \"test\"\n\
             [limits]\ncall_timeout_ms = 2000\n\
             [widgets.row]\nid = \"wig_row\"\n\
             [connections.db]\nkind = \"{kind}\"\nurl = {{ env = \"DB_URL\" }}\n\
             max_connections = 2\nconnect_timeout_ms = 1000\n"
        );
        let project = Project::empty().file("toolface.toml", config).file(
            "widgets/row.widget",
            widget(r#"{"type":"Card","children":[]}"#, &json!({"type": "object"})),
        );
        Self { project, url: url.to_owned() }
    }

    /// A tool that answers with one row.
    fn tool(self, name: &str, input: &[(&str, Value)], sql: &str) -> Self {
        self.tool_with(name, input, sql, "returns = \"one\"")
    }

    /// A tool that answers with one row and may write.
    fn writer(self, name: &str, input: &[(&str, Value)], sql: &str) -> Self {
        self.tool_with(name, input, sql, "returns = \"one\"\nwrites = true")
    }

    /// A tool with more to say about its source.
    fn tool_with(self, name: &str, input: &[(&str, Value)], sql: &str, more: &str) -> Self {
        let properties: Value =
            input.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
        let schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
        self.project.write(&format!("tools/{name}.json"), schema.to_string());
        let tool = format!(
            "description = \"test\"\nwidget = \"row\"\ninput = \"tools/{name}.json\"\n\
             [source]\nconnection = \"db\"\nsql = '''\n{sql}\n'''\n{more}\n"
        );
        self.project.write(&format!("tools/{name}.toml"), tool);
        self
    }

    fn command(&self) -> Command {
        let mut command = toolface(self.project.path());
        command.env("DB_URL", &self.url);
        command
    }

    /// Serves it, after `check` found no fault.
    fn serve(&self) -> Server {
        let mut check = self.command();
        check.arg("check");
        let checked = finish(check);
        assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
        let mut command = self.command();
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        Server::spawn(command)
    }
}

/// The data of a result.
fn data(server: &Server, tool: &str, arguments: Value) -> Value {
    let result = server.call(tool, arguments);
    assert_ne!(result["isError"], true, "{tool}: {result:#}\n{}", server.log.text());
    result["structuredContent"]["data"].clone()
}

/// What a failed result says.
fn failure(server: &Server, tool: &str, arguments: Value) -> String {
    let result = server.call(tool, arguments);
    assert_eq!(result["isError"], true, "{tool}: {result:#}");
    assert!(result["structuredContent"].is_null(), "{result:#}");
    result["content"][0]["text"].as_str().expect("a text").to_owned()
}

/// Compares a row with JSON text member by member, numbers by every digit.
#[track_caller]
fn same(row: &Value, expected: &str) {
    let expected: Value = serde_json::from_str(expected).expect("JSON");
    let (row, expected) = (row.as_object().expect("a row"), expected.as_object().expect("a row").clone());
    let wrong: Vec<String> = expected
        .iter()
        .filter(|(name, value)| row.get(*name) != Some(*value))
        .map(|(name, value)| {
            format!("{name}: {} instead of {value}", row.get(name).unwrap_or(&json!("nothing")))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(row.len(), expected.len(), "{row:?}");
}

/// What every database does when it goes away and comes back.
fn goes_and_comes_back(server: &Server, daemon: &mut Daemon, is_up: impl Fn() -> bool) {
    assert_eq!(data(server, "one", json!({})), json!({"n": 1}));
    daemon.stop();
    let start = Instant::now();
    for _ in 0..2 {
        let said = failure(server, "one", json!({}));
        assert_eq!(said, "The database `db` cannot be reached right now. Try again later.");
    }
    assert!(start.elapsed() < Duration::from_secs(8), "it took {:?} to say so", start.elapsed());
    daemon.restart(&is_up);
    assert_eq!(data(server, "one", json!({})), json!({"n": 1}));

    // Gone and back while nobody looked, with more than one connection open on this side.
    let both = || {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| assert_eq!(data(server, "nap", json!({})), json!({"n": 1})));
            }
            data(server, "write", json!({}));
        })
    };
    both();
    daemon.stop();
    daemon.restart(&is_up);
    std::thread::sleep(Duration::from_millis(1100));
    both();
    assert_secret(server);
}

/// A result with millions of rows is refused, soon and again and again, and costs nothing afterwards.
fn is_cut_off(server: &Server) {
    let start = Instant::now();
    for _ in 0..4 {
        let said = failure(server, "flood", json!({}));
        assert!(said.contains("rows. Narrow the request."), "{said}");
    }
    assert_eq!(data(server, "one", json!({})), json!({"n": 1}));
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

/// Nothing secret was logged.
fn assert_secret(server: &Server) {
    assert!(!server.log.text().contains(PASSWORD), "{}", server.log.text());
}
