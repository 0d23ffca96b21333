//! What every test needs: a project in a folder of its own, the real executable, clients of both transports.
//!
//! Nothing here knows what the product answers; it starts processes, sends what it is given, and never waits without
//! an end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longest wait for anything; only a failure takes this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The repository's root, which is the demo project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file or folder among the fixtures.
pub fn fixtures(path: &str) -> PathBuf {
    root().join("tests/fixtures").join(path)
}

/// A project in a folder that is gone when this is dropped.
pub struct Project {
    dir: TempDir,
}

impl Project {
    /// An empty folder with an empty `toolface.toml`.
    pub fn new() -> Self {
        Self::empty().file("toolface.toml", "[server]\nname = \"test\"\n")
    }

    /// A folder without any file.
    pub fn empty() -> Self {
        Self { dir: TempDir::new().expect("a temporary folder") }
    }

    /// A copy of the demo, to be changed freely.
    pub fn demo() -> Self {
        let project = Self::empty();
        for part in ["toolface.toml", "tools", "widgets", "data"] {
            copy(&root().join(part), &project.path().join(part));
        }
        project
    }

    /// A copy of the demo that has no studio: what it serves over HTTP is what it serves over stdio.
    pub fn demo_alone() -> Self {
        let project = Self::demo();
        let file = project.path().join("toolface.toml");
        let text = std::fs::read_to_string(&file).expect("the demo");
        std::fs::write(&file, format!("{text}\n[studio]\nenabled = false\n")).expect("a file");
        project
    }

    /// A copy of a folder among the fixtures.
    pub fn fixture(path: &str) -> Self {
        let project = Self::empty();
        copy(&fixtures(path), project.path());
        project
    }

    /// Writes a file, with the folders it needs.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    /// Writes a file, with the folders it needs.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, content).expect("a file");
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a readable folder") {
            let entry = entry.expect("an entry");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::copy(from, to).expect("a copy");
    }
}

/// The executable with a project, a quiet log and nothing of this environment that would change what it does.
pub fn toolface(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_toolface"));
    command
        .arg("--dir")
        .arg(dir)
        .env_remove("TOOLFACE_LOG")
        .env_remove("RUST_BACKTRACE")
        .env("NO_COLOR", "1");
    command
}

/// What a finished command said.
#[derive(Debug)]
pub struct Output {
    /// Its exit code; -1 if a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e} in:\n{}\nstderr:\n{}", self.stdout, self.stderr))
    }
}

/// Runs the executable on a project to its end.
pub fn run(dir: &Path, args: &[&str]) -> Output {
    let mut command = toolface(dir);
    command.args(args);
    finish(command)
}

/// Runs a command to its end, with nothing on standard input.
pub fn finish(mut command: Command) -> Output {
    command.stdin(Stdio::null());
    finish_within(command, PATIENCE)
}

/// Runs a command to its end, which must come in time.
pub fn finish_within(mut command: Command, patience: Duration) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let stdout = drain(child.stdout.take().expect("stdout"));
    let stderr = drain(child.stderr.take().expect("stderr"));
    let status = wait_within(&mut child, patience);
    Output {
        code: status.code().unwrap_or(-1),
        stdout: stdout.join().expect("a reader"),
        stderr: stderr.join().expect("a reader"),
    }
}

fn drain(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn wait(child: &mut Child) -> std::process::ExitStatus {
    wait_within(child, PATIENCE)
}

fn wait_within(child: &mut Child, patience: Duration) -> std::process::ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status;
        }
        if start.elapsed() > patience {
            let _ = child.kill();
            panic!("the process did not end within {patience:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Lines a process has written to standard error so far.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn follow(from: impl Read + Send + 'static) -> Self {
        let log = Self::default();
        let lines = log.clone();
        thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                lines.0.lock().expect("a lock").push(line);
            }
        });
        log
    }

    /// All of it.
    pub fn text(&self) -> String {
        self.0.lock().expect("a lock").join("\n")
    }

    /// Waits for a line that contains `what`.
    pub fn wait_for(&self, what: &str) -> String {
        let start = Instant::now();
        loop {
            let found = self.0.lock().expect("a lock").iter().find(|line| line.contains(what)).cloned();
            if let Some(line) = found {
                return line;
            }
            assert!(start.elapsed() < PATIENCE, "no line with {what:?} in:\n{}", self.text());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// `toolface serve` on a free port, stopped when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub at: SocketAddr,
    /// What it logs.
    pub log: Log,
}

/// What a request came to.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body, whole.
    pub body: String,
    /// `Mcp-Session-Id`, if the response has one.
    pub session: Option<String>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e} in {}: {}", self.status, self.body))
    }
}

/// Sends one HTTP request to a server and reads the answer.
pub fn request(at: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .build()
        .into();
    let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", at));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = agent.run(request.body(body).expect("a request")).expect("an answer");
    let session = response.headers().get("mcp-session-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(64 << 20).read_to_string().expect("a body");
    Answer { status, body, session }
}

impl Server {
    /// Serves a project.
    pub fn start(dir: &Path) -> Self {
        Self::start_with(dir, &[])
    }

    /// Serves a project, with more arguments.
    pub fn start_with(dir: &Path, args: &[&str]) -> Self {
        let mut command = toolface(dir);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(args);
        Self::spawn(command)
    }

    /// Starts a `serve` command that listens on a free port.
    pub fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the executable");
        let log = Log::follow(child.stderr.take().expect("stderr"));
        let line = log.wait_for(" at http://");
        let at =
            line.split(" at http://").nth(1).and_then(|rest| rest.split("/mcp").next()).expect("an address");
        Self { child, at: at.parse().expect("an address"), log }
    }

    /// Sends one HTTP request and reads the answer.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        request(self.at, method, path, headers, body)
    }

    /// GET of a path.
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], b"")
    }

    /// One MCP request of revision 2026-07-28; the answer is the JSON-RPC message.
    pub fn modern(&self, method: &str, params: Value) -> Value {
        self.modern_as(true, method, params)
    }

    /// One MCP request of revision 2026-07-28 by a client with or without the UI extension.
    pub fn modern_as(&self, draws: bool, method: &str, params: Value) -> Value {
        self.modern_at("/mcp", draws, method, params)
    }

    /// The same at the endpoint with this path.
    pub fn modern_at(&self, path: &str, draws: bool, method: &str, mut params: Value) -> Value {
        params["_meta"] = modern_meta(draws);
        self.modern_with(path, method, params)
    }

    /// The same with parameters that have their `_meta` already.
    pub fn modern_with(&self, path: &str, method: &str, params: Value) -> Value {
        let name = params["name"].as_str().or(params["uri"].as_str()).unwrap_or_default().to_owned();
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut headers = vec![
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", method),
        ];
        if !name.is_empty() {
            headers.push(("mcp-name", &name));
        }
        json_of(&self.request("POST", path, &headers, message.to_string().as_bytes()))
    }

    /// Calls a tool at 2026-07-28; the answer is the result.
    pub fn call(&self, tool: &str, arguments: Value) -> Value {
        let answer = self.modern("tools/call", json!({"name": tool, "arguments": arguments}));
        assert!(answer["result"].is_object(), "no result: {answer:#}");
        answer["result"].clone()
    }

    /// A session of an older client at this revision.
    pub fn session(&self, revision: &'static str, draws: bool) -> Session<'_> {
        self.session_at("/mcp", revision, draws)
    }

    /// The same at the endpoint with this path.
    pub fn session_at<'a>(&'a self, path: &'a str, revision: &'static str, draws: bool) -> Session<'a> {
        let capabilities = if draws { ui_capabilities() } else { json!({}) };
        self.session_with_at(path, revision, capabilities)
    }

    /// A session of an older client with these capabilities.
    pub fn session_with(&self, revision: &'static str, capabilities: Value) -> Session<'_> {
        self.session_with_at("/mcp", revision, capabilities)
    }

    fn session_with_at<'a>(
        &'a self,
        path: &'a str,
        revision: &'static str,
        capabilities: Value,
    ) -> Session<'a> {
        let mut session = Session { server: self, path, revision, id: None };
        let params = json!({
            "protocolVersion": revision, "capabilities": capabilities, "clientInfo": {"name": "test", "version": "1"},
        });
        let answer =
            session.post(json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}));
        session.id = answer.session.clone();
        assert_eq!(json_of(&answer)["result"]["protocolVersion"], revision, "{}", answer.body);
        session.post(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        session
    }

    /// Sends bytes as they are, and reads until the server closes the connection.
    pub fn raw(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        // The server may close before it has read everything.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A bare connection, for what no client would send.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.at).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs and answers.
    pub fn is_well(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none() && self.get("/healthz").status == 200
    }

    /// Asks it to stop as a service manager would.
    pub fn ask_to_stop(&self) {
        signal(&self.child, "TERM");
    }

    /// Waits for its end.
    pub fn end(mut self) -> i32 {
        wait(&mut self.child).code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status();
    assert!(sent.expect("kill").success());
}

/// A JSON-RPC message out of a response that is JSON or one server-sent event.
fn json_of(answer: &Answer) -> Value {
    let event = answer.body.lines().filter_map(|line| line.strip_prefix("data:")).find(|data| data.len() > 1);
    match event {
        Some(data) => serde_json::from_str(data).unwrap_or_else(|e| panic!("{e} in {data}")),
        None => answer.json(),
    }
}

/// The capability a client that draws views declares.
pub fn ui_capabilities() -> Value {
    json!({"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}}})
}

/// `_meta` of a request at 2026-07-28.
pub fn modern_meta(draws: bool) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": if draws { ui_capabilities() } else { json!({}) },
    })
}

/// A session of an older client over HTTP.
pub struct Session<'a> {
    server: &'a Server,
    path: &'a str,
    revision: &'static str,
    id: Option<String>,
}

impl<'a> Session<'a> {
    /// Sends a message.
    pub fn post(&self, message: Value) -> Answer {
        let mut headers =
            vec![("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        if let Some(id) = &self.id {
            headers.push(("mcp-session-id", id));
            headers.push(("mcp-protocol-version", self.revision));
        }
        self.server.request("POST", self.path, &headers, message.to_string().as_bytes())
    }

    /// A connection, and the request to be written to it, for who reads the answer as it comes.
    pub fn open(&self, message: &Value) -> (TcpStream, String) {
        let (body, id) = (message.to_string(), self.id.as_deref().unwrap_or_default());
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             accept: application/json, text/event-stream\r\nmcp-session-id: {id}\r\n\
             mcp-protocol-version: {}\r\ncontent-length: {}\r\n\r\n{body}",
            self.path,
            self.revision,
            body.len()
        );
        (self.server.connect(), head)
    }

    /// The same session, asked for at another endpoint.
    pub fn moved(&self, path: &'a str) -> Self {
        Self { path, id: self.id.clone(), ..*self }
    }

    /// The request by which a client waits for what the server says unasked.
    pub fn listening(&self) -> String {
        let id = self.id.as_deref().unwrap_or_default();
        let (path, revision) = (self.path, self.revision);
        format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\nmcp-session-id: {id}\r\nmcp-protocol-version: {revision}\r\n\r\n"
        )
    }

    /// One request; the answer is the JSON-RPC message.
    pub fn request(&self, method: &str, params: Value) -> Value {
        json_of(&self.post(json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})))
    }

    /// Calls a tool; the answer is the result.
    pub fn call(&self, tool: &str, arguments: Value) -> Value {
        let answer = self.request("tools/call", json!({"name": tool, "arguments": arguments}));
        assert!(answer["result"].is_object(), "no result: {answer:#}");
        answer["result"].clone()
    }
}

/// `toolface stdio`, stopped when dropped.
pub struct StdioClient {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    next: u64,
    /// What it logs.
    pub log: Log,
}

impl StdioClient {
    /// Starts it on a project; nothing is sent yet.
    pub fn start(dir: &Path) -> Self {
        Self::start_with(dir, &[])
    }

    /// Starts it on a project, with more arguments.
    pub fn start_with(dir: &Path, args: &[&str]) -> Self {
        let mut command = toolface(dir);
        command.arg("stdio").args(args);
        Self::spawn(command)
    }

    /// Starts a command that serves on standard input and output.
    pub fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the executable");
        let log = Log::follow(child.stderr.take().expect("stderr"));
        let stdout = child.stdout.take().expect("stdout");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, lines, next: 1, log }
    }

    /// Starts it and shakes hands as an older client.
    pub fn initialized(dir: &Path, revision: &str, draws: bool) -> Self {
        Self::initialized_with(dir, &[], revision, draws)
    }

    /// The same with more arguments.
    pub fn initialized_with(dir: &Path, args: &[&str], revision: &str, draws: bool) -> Self {
        let mut client = Self::start_with(dir, args);
        let capabilities = if draws { ui_capabilities() } else { json!({}) };
        let answer = client.request(
            "initialize",
            json!({
                "protocolVersion": revision, "capabilities": capabilities,
                "clientInfo": {"name": "test", "version": "1"},
            }),
        );
        assert_eq!(answer["result"]["protocolVersion"], revision, "{answer}");
        client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        client
    }

    /// Sends a line as it is.
    pub fn send_line(&mut self, line: &[u8]) {
        let stdin = self.stdin.as_mut().expect("open standard input");
        stdin
            .write_all(line)
            .and_then(|()| stdin.write_all(b"\n"))
            .and_then(|()| stdin.flush())
            .expect("a reader");
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        self.send_line(message.to_string().as_bytes());
    }

    /// The next message the server sends.
    pub fn receive(&mut self) -> Value {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e} in {line}")),
            Err(_) => panic!("no answer; log:\n{}", self.log.text()),
        }
    }

    /// Whether nothing more is sent for a while.
    pub fn is_silent_for(&mut self, time: Duration) -> bool {
        self.lines.recv_timeout(time).is_err()
    }

    /// Sends a request, and reads up to its answer, past whatever else is sent.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// One request of revision 2026-07-28.
    pub fn modern(&mut self, draws: bool, method: &str, mut params: Value) -> Value {
        params["_meta"] = modern_meta(draws);
        self.request(method, params)
    }

    /// Calls a tool; the answer is the result.
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.request("tools/call", json!({"name": tool, "arguments": arguments}));
        assert!(answer["result"].is_object(), "no result: {answer:#}");
        answer["result"].clone()
    }

    /// Closes standard input, as a client that leaves does. What is under way is still answered.
    pub fn leave(&mut self) {
        self.stdin = None;
    }

    /// Asks it to stop as a service manager would.
    pub fn ask_to_stop(&self) {
        signal(&self.child, "TERM");
    }

    /// Waits for its end.
    pub fn end(mut self) -> i32 {
        wait(&mut self.child).code().unwrap_or(-1)
    }
}

impl Drop for StdioClient {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A widget file with this template and data schema, without an `encodedWidget`.
pub fn widget(template: &str, schema: &Value) -> String {
    json!({"version": "1.0", "name": "Test", "template": template, "jsonSchema": schema, "outputJsonPreview": {}})
        .to_string()
}

/// A real HTTP server for tools to ask: it answers each request with what the test says, on a thread of its own.
pub struct Upstream {
    /// Where it listens.
    pub at: SocketAddr,
    seen: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
}

/// A request that an [`Upstream`] got.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method and target, as sent: `GET /v1/orders/7?q=1`.
    pub line: String,
    /// Header lines.
    pub headers: Vec<String>,
    /// The body.
    pub body: String,
}

impl Upstream {
    /// Answers on a free port; `answer` writes the response.
    pub fn start(answer: impl Fn(&Asked, &mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0".parse().expect("an address"), answer)
    }

    /// Answers at this address.
    pub fn start_at(at: SocketAddr, answer: impl Fn(&Asked, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(at).expect("a port");
        let at = listener.local_addr().expect("an address");
        let (seen, stop) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::<AtomicBool>::default());
        let (record, stopped, answer) = (seen.clone(), stop.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (record, answer) = (record.clone(), answer.clone());
                thread::spawn(move || {
                    let mut stream = stream;
                    if let Some(asked) = read_request(&stream) {
                        record.lock().expect("a lock").push(asked.clone());
                        answer(&asked, &mut stream);
                    }
                });
            }
        });
        Self { at, seen, stop }
    }

    /// One that answers everything with this JSON.
    pub fn saying(body: &'static str) -> Self {
        Self::start(move |_, stream| reply(stream, "200 OK", "", body))
    }

    /// One that answers, after a while, `{"title": "slow"}`.
    pub fn slow(time: Duration) -> Self {
        Self::start(move |_, stream| {
            thread::sleep(time);
            reply(stream, "200 OK", "", r#"{"title": "slow"}"#);
        })
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Asked> {
        self.seen.lock().expect("a lock").clone()
    }

    /// Waits until it has been asked this often.
    pub fn wait_for(&self, requests: usize) {
        let start = Instant::now();
        while self.seen().len() < requests {
            assert!(start.elapsed() < PATIENCE, "only {:?}", self.seen());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.at);
    }
}

/// Writes a response; `headers` are whole lines, each with its end.
pub fn reply(stream: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
}

fn read_request(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end() {
            "" => break,
            header => headers.push(header.to_owned()),
        }
    }
    let length = headers.iter().find_map(|h| h.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    Some(Asked { line, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
