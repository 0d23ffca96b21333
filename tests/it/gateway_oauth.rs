//! Upstreams that want tokens: where these come from, when they are renewed, and that no secret is seen anywhere.
#![cfg(unix)]

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::gateway::{Foreign, ask, bound, free_port, refusal, title, until};
use crate::installed::python;
use crate::support::{Output, Project, Server, finish_within, request, toolface};

/// It has all that has to be encoded on its way.
const SECRET: &str = "s3cret/+with:odd%20chars&=";

/// The fixture: an MCP server and its authorization server, ended when dropped.
struct Guarded {
    _process: Foreign,
    at: SocketAddr,
}

impl Guarded {
    fn start(more: &[&str]) -> Option<Self> {
        let mut command = python("../fixtures/upstreams/guarded.py")?;
        let port = free_port();
        command.arg(port.to_string()).args(more).env("CLIENT_SECRET", SECRET);
        Some(Self { _process: Foreign::start(command, port), at: SocketAddr::from(([127, 0, 0, 1], port)) })
    }

    fn seen(&self) -> Value {
        request(self.at, "GET", "/seen", &[], b"").json()
    }

    /// What it was asked for tokens so far.
    fn asked(&self) -> Vec<Value> {
        self.seen()["asked"].as_array().expect("a list").clone()
    }

    fn post(&self, path: &str) {
        assert_eq!(request(self.at, "POST", path, &[], b"").status, 200);
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    /// A project whose tool `hello` calls the one there; `more` is put into `oauth`.
    fn project(&self, more: &str) -> Project {
        let oauth = format!("{{ client_id = 'desk', client_secret = {{ env = 'SHOP_SECRET' }}{more} }}");
        bound(&format!("url = '{}'\noauth = {oauth}", self.url("/mcp")), &["hello"])
    }
}

fn with_secret(project: &Project, secret: &str) -> Command {
    let mut command = toolface(project.path());
    command.env("SHOP_SECRET", secret).stdin(Stdio::null());
    command
}

fn serve(project: &Project) -> Server {
    let mut command = with_secret(project, SECRET);
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    Server::spawn(command)
}

fn run(mut command: Command, args: &[&str]) -> Output {
    command.args(args);
    finish_within(command, Duration::from_secs(60))
}

/// The result of a call, and all that was written besides.
fn called(mut command: Command) -> (Value, String) {
    command.env("TOOLFACE_LOG", "trace");
    let output = run(command, &["call", "hello", "--as", "full"]);
    (output.json(), format!("{}{}", output.stdout, output.stderr))
}

/// The words of a call that fails because there is no token. They are in the log; the model is told less.
fn trouble(project: &Project, secret: &str) -> String {
    let (result, words) = called(with_secret(project, secret));
    assert!(refusal(&result).contains("cannot be reached"), "{result:#}");
    words
}

#[test]
fn a_token_is_found_where_the_server_says_and_shared_by_all_calls() {
    let Some(guarded) = Guarded::start(&[]) else { return };
    let server = serve(&guarded.project(""));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(title(&ask(&server, "hello", json!({"name": "Bo"}))), "Hi, Bo"));
        }
    });
    // Without `scopes` it is asked for what the server needs.
    let asked = json!({
        "grant_type": "client_credentials", "scope": "read", "resource": guarded.url("/mcp"), "method": "basic",
    });
    assert_eq!(guarded.asked(), [asked]);
}

#[test]
fn a_token_is_fetched_at_its_address_with_the_scopes_that_are_written() {
    let Some(guarded) = Guarded::start(&["--silent"]) else { return };
    let more = format!(", token_url = '{}', scopes = ['read', 'write']", guarded.url("/token"));
    let (result, _) = called(with_secret(&guarded.project(&more), SECRET));
    assert_eq!(title(&result), "Hi, Ada");
    let asked = guarded.asked();
    assert_eq!((asked.len(), &asked[0]["scope"]), (1, &json!("read write")), "{asked:#?}");
    assert_eq!(asked[0]["resource"], guarded.url("/mcp").as_str());

    // Nobody says where it is.
    let words = trouble(&guarded.project(""), SECRET);
    assert!(
        words.contains("does not say which authorization server") && words.contains("`token_url`"),
        "{words}"
    );
}

#[test]
fn a_secret_goes_in_the_body_where_that_is_all_a_server_takes() {
    let Some(guarded) = Guarded::start(&["--methods", "client_secret_post"]) else { return };
    let (result, _) = called(with_secret(&guarded.project(""), SECRET));
    assert_eq!(title(&result), "Hi, Ada");
    assert_eq!(guarded.asked()[0]["method"], "post");

    let Some(guarded) = Guarded::start(&["--methods", "private_key_jwt"]) else { return };
    let words = trouble(&guarded.project(""), SECRET);
    assert!(words.contains("private_key_jwt"), "{words}");
    assert_eq!(guarded.asked(), [] as [Value; 0]);
}

#[test]
fn a_refused_client_is_told_and_nothing_secret_is_seen() {
    let Some(guarded) = Guarded::start(&[]) else { return };
    let project = guarded.project("");
    let wrong = "wr0ng-s3cret";
    let checked = run(with_secret(&project, wrong), &["check"]);
    let words = format!("{}{}", checked.stdout, checked.stderr);
    let told = "cannot be reached: the authorization server refuses the client: invalid_client";
    assert!(words.contains(told) && words.contains("check `client_id` and `client_secret`"), "{words}");
    assert!(!words.contains(wrong), "{words}");
    let words = trouble(&project, wrong);
    assert!(words.contains("refuses the client: invalid_client") && !words.contains(wrong), "{words}");

    // The right one, its token, and what else came with that, are in no log either.
    let (result, words) = called(with_secret(&project, SECRET));
    assert_eq!(title(&result), "Hi, Ada");
    assert!(words.contains("client credentials token result"), "rmcp logs no more what is looked for here");
    let encoded = "s3cret%2F%2Bwith";
    for secret in ["tok-", SECRET, encoded, "ZGVzazpz"] {
        assert!(!words.contains(secret), "{secret} in {words}");
    }
}

#[test]
fn what_else_a_server_refuses_is_told_with_a_cure() {
    let Some(guarded) = Guarded::start(&[]) else { return };
    let words = trouble(&guarded.project(", scopes = ['odd']"), SECRET);
    assert!(words.contains("does not grant these scopes: invalid_scope"), "{words}");
    // It has a token, and that is not enough.
    let words = trouble(&guarded.project(", scopes = ['other']"), SECRET);
    assert!(words.contains("not enough for the MCP server (403)"), "{words}");
    assert!(words.contains("check `scopes`"), "{words}");

    let before = guarded.asked().len();
    let moved = format!(", token_url = '{}'", guarded.url("/moved"));
    let words = trouble(&guarded.project(&moved), SECRET);
    assert!(words.contains("answers 307 and no token"), "{words}");
    assert_eq!(guarded.asked().len(), before, "the secret went along a redirect");

    let nobody = format!(", token_url = 'http://127.0.0.1:{}/token'", free_port());
    let words = trouble(&guarded.project(&nobody), SECRET);
    assert!(words.contains("the authorization server cannot be asked"), "{words}");
}

#[test]
fn a_secret_is_not_sent_in_the_clear_whatever_the_server_says() {
    let Some(guarded) = Guarded::start(&["--endpoint", "http://example.com/token"]) else { return };
    let words = trouble(&guarded.project(""), SECRET);
    assert!(words.contains("http://example.com/token is not asked: it must be https"), "{words}");
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    let Some(guarded) = Guarded::start(&["--life", "4"]) else { return };
    let server = serve(&guarded.project(""));
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(7) {
        assert_eq!(title(&ask(&server, "hello", json!({}))), "Hi, Ada");
        thread::sleep(Duration::from_millis(50));
    }
    let asked = guarded.asked().len();
    assert!((3..=6).contains(&asked), "{asked} tokens in 7 s, each good for 4 s");
    assert_eq!(guarded.seen()["refused"], 0, "not before it ends");
}

#[test]
fn a_token_is_used_to_its_end_if_there_is_no_other() {
    let Some(guarded) = Guarded::start(&["--life", "8"]) else { return };
    let server = serve(&guarded.project(""));
    assert_eq!(title(&ask(&server, "hello", json!({}))), "Hi, Ada");
    guarded.post("/close");
    // It is to be renewed after four of its eight seconds.
    until("it is not renewed", || {
        assert_eq!(title(&ask(&server, "hello", json!({}))), "Hi, Ada");
        server.log.text().contains("a token cannot be renewed yet: the authorization server answers 503")
    });
    until("it has no end", || ask(&server, "hello", json!({}))["isError"] == true);
    guarded.post("/open");
    until("it does not come back", || ask(&server, "hello", json!({}))["isError"] != true);
}

#[test]
fn a_revoked_token_is_renewed_once() {
    let Some(guarded) = Guarded::start(&[]) else { return };
    let server = serve(&guarded.project(""));
    assert_eq!(title(&ask(&server, "hello", json!({}))), "Hi, Ada");
    assert_eq!(guarded.asked().len(), 1);
    guarded.post("/revoke");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(title(&ask(&server, "hello", json!({}))), "Hi, Ada"));
        }
    });
    assert_eq!(guarded.asked().len(), 2, "one for all who were refused");
    guarded.post("/refuse");
    let result = ask(&server, "hello", json!({}));
    assert!(refusal(&result).contains("cannot be reached"), "{result:#}");
    assert_eq!(guarded.asked().len(), 3, "a new one was refused, too");
    server.log.wait_for("the MCP server refuses a new token (401)");
}

#[test]
fn all_requests_of_a_session_have_a_token() {
    let Some(guarded) = Guarded::start(&["--older"]) else { return };
    let server = serve(&guarded.project(""));
    assert_eq!(title(&ask(&server, "hello", json!({}))), "Hi, Ada");
    let served =
        |method: &str| guarded.seen()["served"].as_array().is_some_and(|all| all.contains(&json!(method)));
    until("there is no stream", || served("GET"));
    guarded.post("/revoke");
    assert_eq!(title(&ask(&server, "hello", json!({}))), "Hi, Ada");
    server.ask_to_stop();
    server.end();
    until("the session is not ended", || served("DELETE"));
    assert_eq!(guarded.asked().len(), 2);
}

#[test]
fn wrong_settings_are_told_with_a_cure() {
    let oauth = |more: &str| format!("oauth = {{ client_id = 'x', client_secret = 'plain-s3cret'{more} }}");
    let url = "url = 'https://example.com/mcp'\n";
    for (connection, told) in [
        (format!("command = ['x']\n{}", oauth("")), "`oauth` is for an address"),
        (
            format!("{url}headers = {{ authorization = 'Bearer x' }}\n{}", oauth("")),
            "there is `oauth` too, which makes this header; keep one of the two",
        ),
        (format!("{url}{}", oauth(", token_url = 'nowhere'")), "`token_url` is no address"),
        (format!("{url}{}", oauth(", token_url = 'http://example.com/token'")), "in the clear"),
        (format!("url = 'http://example.com/mcp'\n{}", oauth("")), "another authorization server"),
        (format!("{url}{}", oauth(", secret = 'x'")), "`connections.up.oauth.secret` is unknown"),
        (format!("{url}oauth = {{ client_id = 'x' }}"), "client_secret"),
        (
            format!("{url}oauth = {{ client_id = 'x', client_secret = {{ env = 'NOT_SET' }} }}"),
            "the environment variable `NOT_SET` is not set",
        ),
    ] {
        let project = bound(&connection, &[]);
        let checked = run(toolface(project.path()), &["check"]);
        let words = format!("{}{}", checked.stdout, checked.stderr);
        assert!(checked.code != 0 && words.contains(told), "{connection}: {words}");
        assert!(!words.contains("plain-s3cret"), "{words}");
    }
}
