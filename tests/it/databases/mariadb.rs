//! MariaDB, which stands for MySQL too: the protocol and the driver are the same.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use super::{
    Daemon, PASSWORD, Tools, as_account, assert_secret, data, failure, free_port, goes_and_comes_back,
    hand_over, is_cut_off, must, same,
};
use crate::installed;

/// Tables with a row of everything and a row of nothing.
const SCHEMA: &str = r#"
create database shop character set utf8mb4;
use shop;
set session sql_mode = '';
create table everything (
  id int primary key, i1 tinyint, u1 tinyint unsigned, i2 smallint, i3 mediumint, u4 int unsigned, i8 bigint,
  u8 bigint unsigned, num decimal(40, 20), num2 decimal(10, 4), f4 float, f8 double, yes boolean, flags bit(10),
  day date, clock time(3), late time, stamp datetime(6), plain datetime, zoned timestamp null, zero date, made year,
  doc json, words text character set utf8mb4, short varchar(10) character set utf8mb4, code char(3), kind enum('so so', 'happy'),
  tags set('a', 'b', 'c'), bytes blob, raw varbinary(10), fix binary(3), spot point
);
set time_zone = '+02:00';
insert into everything values (
  1, -128, 255, -32768, -8388608, 4294967295, -9223372036854775808, 18446744073709551615,
  12345678901234567890.12345678901234567890, 10.5, 1.1, 0.1, true, b'1000000001', '2026-02-28', '23:59:59.250', '-838:59:59',
  '2026-11-23 10:11:12.123456', '2026-11-23 00:00:00', '2026-11-23 10:11:12', '0000-00-00', 2026,
  '{"b": 1.50, "a": [9007199254740993]}', 'äöü😀', 'äöü😀', 'abc', 'so so', 'a,c', x'00ff10', x'00ff10', x'00ff10',
  point(1, 2)
);
insert into everything (id) values (2);
create table note (
  id int primary key auto_increment, body text not null, constraint clean check (body <> 'forbidden')
);
create user 'shop'@'127.0.0.1' identified by 's3cret-pa55word';
grant all on shop.* to 'shop'@'127.0.0.1';
grant process on *.* to 'shop'@'127.0.0.1';
create function sneaky() returns int modifies sql data begin insert into note (body) values ('sneaky'); return 1; end;
"#;

const EVERYTHING: &str = r#"{
  "id": 1, "i1": -128, "u1": 255, "i2": -32768, "i3": -8388608, "u4": 4294967295, "i8": -9223372036854775808,
  "u8": 18446744073709551615, "num": 12345678901234567890.12345678901234567890, "num2": 10.5000, "f4": 1.1, "f8": 0.1,
  "yes": true, "flags": 513, "day": "2026-02-28", "clock": "23:59:59.250000", "late": "-838:59:59",
  "stamp": "2026-11-23T10:11:12.123456", "plain": "2026-11-23T00:00:00", "zoned": "2026-11-23T08:11:12", "zero": null,
  "made": 2026, "doc": "{\"b\": 1.50, \"a\": [9007199254740993]}", "words": "äöü😀", "short": "äöü😀", "code": "abc",
  "kind": "so so", "tags": "a,c", "bytes": "AP8Q", "raw": "AP8Q", "fix": "AP8Q",
  "spot": "AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="
}"#;

/// A MariaDB server with a database of its own.
struct Mariadb {
    daemon: Daemon,
    dir: TempDir,
    port: u16,
}

impl Mariadb {
    fn start() -> Option<Self> {
        let program = installed::mariadb()?;
        let dir = TempDir::new().expect("a folder");
        hand_over(dir.path(), "mysql");
        let data = dir.path().join("data");
        let mut install = as_account("mariadb-install-db", "mysql");
        install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
        install
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--tmpdir={}", dir.path().display()));
        must(install, "");
        let port = free_port();
        let command = daemon(&program, dir.path(), &data, port);
        let daemon = Daemon::start(command, "TERM", || is_up(dir.path()));
        let mariadb = Self { daemon, dir, port };
        let mut client = client(mariadb.dir.path());
        client.args(["--delimiter", ";;"]);
        let (statements, function) = SCHEMA.split_once("create function").expect("a function");
        must(client, &format!("{};;\ncreate function{function};;\n", statements.replace(";\n", ";;\n")));
        Some(mariadb)
    }

    fn tools(&self) -> Tools {
        Tools::new("mysql", &self.url(PASSWORD))
    }

    fn url(&self, password: &str) -> String {
        format!("mysql://shop:{password}@127.0.0.1:{}/shop?ssl-mode=disabled", self.port)
    }
}

fn daemon(program: &PathBuf, dir: &Path, data: &Path, port: u16) -> Command {
    let mut command = as_account(program, "mysql");
    command.args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin"]);
    command.args([
        format!("--datadir={}", data.display()),
        format!("--socket={}", socket(dir)),
        format!("--pid-file={}", dir.join("pid").display()),
        format!("--tmpdir={}", dir.display()),
        format!("--port={port}"),
    ]);
    command
}

fn socket(dir: &Path) -> String {
    dir.join("socket").display().to_string()
}

/// The client, as the account whose server it is.
fn client(dir: &Path) -> Command {
    let mut client = Command::new("mariadb");
    client.args(["--no-defaults", "-u", "root", "--default-character-set=utf8mb4", "-S", &socket(dir)]);
    client
}

fn is_up(dir: &Path) -> bool {
    let mut client = client(dir);
    client.args(["-e", "select 1"]);
    client.output().is_ok_and(|output| output.status.success())
}

#[test]
fn columns_arrive_with_every_digit() {
    let Some(mariadb) = Mariadb::start() else { return };
    let server = mariadb
        .tools()
        .tool("row", &[("id", json!({"type": "integer"}))], "select * from everything where id = :id")
        .serve();
    same(&data(&server, "row", json!({"id": 1})), EVERYTHING);
    let empty = data(&server, "row", json!({"id": 2}));
    let nulls = empty.as_object().expect("a row").iter().filter(|(_, value)| value.is_null()).count();
    assert_eq!((nulls, &empty["id"]), (31, &json!(2)));
    assert!(failure(&server, "row", json!({"id": 3})).contains("3"));
    assert_secret(&server);
}

#[test]
fn arguments_are_bound() {
    let Some(mariadb) = Mariadb::start() else { return };
    let values = [
        ("i1", json!(-128)),
        ("u8", json!(18_446_744_073_709_551_615_u64)),
        ("i8", json!("-9223372036854775808")),
        ("num2", json!(10.5)),
        ("f8", json!(0.1)),
        ("yes", json!(true)),
        ("day", json!("2026-02-28")),
        ("stamp", json!("2026-11-23T10:11:12.123456")),
        ("zoned", json!("2026-11-23 08:11:12")),
        ("words", json!("äöü😀")),
        ("kind", json!("so so")),
        ("made", json!(2026)),
    ];
    let mut tools = mariadb.tools();
    for (name, _) in &values {
        tools = tools.tool(
            name,
            &[("value", json!({}))],
            &format!("select id from everything where {name} = :value"),
        );
    }
    let server = tools
        .tool(
            "twice",
            &[("s", json!({}))],
            "select char_length(:s) as n, :s as s, ':s' as t, \":s\" as u -- :s",
        )
        .serve();
    for (name, value) in values {
        assert_eq!(data(&server, name, json!({"value": value})), json!({"id": 1}), "{name}");
    }
    let said = data(&server, "twice", json!({"s": "\\'; -- ä😀"}));
    assert_eq!(said, json!({"n": 9, "s": "\\'; -- ä😀", "t": ":s", "u": ":s"}));
}

#[test]
fn only_a_tool_that_says_so_writes() {
    let Some(mariadb) = Mariadb::start() else { return };
    let body = ("body", json!({"type": "string"}));
    let server = mariadb
        .tools()
        .tool("count", &[], "select count(*) as n from note")
        .tool("find", std::slice::from_ref(&body), "select count(*) as n from note where body = :body")
        .tool("function", &[], "select sneaky() as n")
        .writer("add", std::slice::from_ref(&body), "insert into note (body) values (:body)")
        .writer(
            "add_and_tell",
            std::slice::from_ref(&body),
            "insert into note (body) values (:body) returning id, body",
        )
        .writer("change", &[body], "update note set body = :body")
        .serve();
    let hostile = r"\'); drop table note; -- ";
    let added = data(&server, "add", json!({"body": hostile}));
    assert_eq!(added, json!({"rows_affected": 1, "last_insert_id": 1}));
    assert_eq!(data(&server, "find", json!({"body": "' or '1'='1"})), json!({"n": 0}));
    assert_eq!(data(&server, "find", json!({"body": hostile})), json!({"n": 1}));
    assert!(failure(&server, "function", json!({})).contains("does not work as it is written"));
    server.log.wait_for("READ ONLY transaction");
    assert_eq!(data(&server, "count", json!({})), json!({"n": 1}));
    let said = failure(&server, "add", json!({"body": "forbidden"}));
    assert!(said.contains("The database refused this") && said.contains("clean"), "{said}");
    let told = data(&server, "add_and_tell", json!({"body": "two"}));
    assert_eq!(told["body"], "two");
    assert_eq!(data(&server, "change", json!({"body": "same"})), json!({"rows_affected": 2}));
}

#[test]
fn a_statement_that_takes_too_long_is_given_up_on_both_sides() {
    let Some(mariadb) = Mariadb::start() else { return };
    let running = "select count(*) as n from information_schema.processlist where info like '%sleep(60)%' \
                   and id <> connection_id()";
    let server = mariadb
        .tools()
        .tool("slow", &[], "select sleep(60) as n")
        .tool("running", &[], running)
        .tool("blocking", &[], &running.replace("60", "30"))
        .writer("change", &[], "update note set body = 'x'")
        .serve();
    let start = Instant::now();
    for _ in 0..3 {
        let said = failure(&server, "slow", json!({}));
        assert!(said.contains("did not answer in time") || said.contains("too long"), "{said}");
    }
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
    let start = Instant::now();
    while data(&server, "running", json!({})) != json!({"n": 0}) {
        assert!(start.elapsed() < Duration::from_secs(5), "the statement still runs");
        std::thread::sleep(Duration::from_millis(100));
    }

    // A writer waits for another's lock no longer than for anything else.
    let mut blocker = client(mariadb.dir.path());
    blocker.args([
        "shop",
        "-e",
        "insert into note values (9, 'x'); begin; update note set body = 'y'; select sleep(30)",
    ]);
    let mut blocker = blocker.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a client");
    let start = Instant::now();
    while data(&server, "blocking", json!({})) != json!({"n": 1}) {
        assert!(start.elapsed() < Duration::from_secs(10), "nobody blocks it");
        std::thread::sleep(Duration::from_millis(50));
    }
    let said = failure(&server, "change", json!({}));
    blocker.kill().and_then(|()| blocker.wait()).expect("a client");
    assert!(said.contains("did not answer in time") || said.contains("too long"), "{said}");
    server.log.wait_for("outcome=timeout");
}

#[test]
fn a_flood_is_cut_off() {
    let Some(mariadb) = Mariadb::start() else { return };
    let many = "returns = \"many\"\n[data]\nselect = '{rows: .}'";
    let server = mariadb
        .tools()
        .tool("one", &[], "select 1 as n")
        .tool_with("flood", &[], "select seq as n from seq_1_to_5000000", many)
        .serve();
    is_cut_off(&server);
}

#[test]
fn a_server_that_went_away_is_missed_and_found_again() {
    let Some(mut mariadb) = Mariadb::start() else { return };
    let server = mariadb
        .tools()
        .tool("one", &[], "select 1 as n")
        .tool("nap", &[], "select 1 + sleep(0.5) as n")
        .writer("write", &[], "insert into note (body) values ('again')")
        .serve();
    let dir = mariadb.dir.path().to_owned();
    goes_and_comes_back(&server, &mut mariadb.daemon, || is_up(&dir));

    let wrong = Tools::new("mysql", &mariadb.url("another-s3cret")).tool("one", &[], "select 1 as n").serve();
    assert!(failure(&wrong, "one", json!({})).contains("cannot be reached"));
    wrong.log.wait_for("Access denied");
    assert!(!wrong.log.text().contains("another-s3cret"));
}
