//! PostgreSQL.

use std::path::PathBuf;
use std::process::Command;
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
create schema app;
create type app."Mood" as enum ('so so', 'happy');
create type app.pair as (x int, y text);
create domain app.percent as numeric check (value between 0 and 100);
create table everything (
  id int primary key, i2 smallint, i8 bigint, num numeric, num2 numeric(20, 4), nan numeric, f4 real, f8 double precision,
  inf double precision, yes boolean, day date, clock time, stamp timestamp, zoned timestamptz, span interval,
  doc json, docb jsonb, bytes bytea, words text[], grid int[], id2 uuid, mood app."Mood", pair app.pair,
  code char(3), short varchar(10), flags bit(4), addr inet, period int4range, share app.percent, cash money
);
insert into everything values (
  1, -32768, 9223372036854775807, 123456789012345678901234567890.12345678901234567890, 10.5, 'NaN', 1.1, 0.1,
  '-Infinity', true, '2026-02-28', '23:59:59.25', '2026-11-23 10:11:12.123456', '2026-11-23 10:11:12+02', '1 day 2:03',
  '{"b": 1.50, "a": [9007199254740993]}', '{"b": 1.50, "a": null}', '\x00ff10', array['a,b', 'c"d', null], array[[1,2],[3,4]],
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'so so', row(1, 'z'), 'abc', 'äöü😀', b'1010', '10.1.2.3', '[1,5)', 12.50, 3
);
insert into everything (id) values (2);
create table note (id serial primary key, body text not null check (body <> 'forbidden'), tags text[], mood app."Mood");
create function sneaky() returns int language sql as 'insert into note (body) values (''sneaky'') returning id';
"#;

const EVERYTHING: &str = r#"{
  "id": 1, "i2": -32768, "i8": 9223372036854775807, "num": 123456789012345678901234567890.12345678901234567890,
  "num2": 10.5000, "nan": "NaN", "f4": 1.1, "f8": 0.1, "inf": "-Infinity", "yes": true, "day": "2026-02-28",
  "clock": "23:59:59.25", "stamp": "2026-11-23T10:11:12.123456", "zoned": "2026-11-23T08:11:12+00:00",
  "span": "1 day 02:03:00", "doc": {"b": 1.50, "a": [9007199254740993]}, "docb": {"a": null, "b": 1.50},
  "bytes": "AP8Q", "words": ["a,b", "c\"d", null], "grid": [[1, 2], [3, 4]],
  "id2": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "mood": "so so", "pair": {"x": 1, "y": "z"}, "code": "abc",
  "short": "äöü😀", "flags": "1010", "addr": "10.1.2.3", "period": "[1,5)", "share": 12.50, "cash": "$3.00"
}"#;

/// A PostgreSQL server with a database of its own.
struct Postgres {
    daemon: Daemon,
    programs: PathBuf,
    port: u16,
    _dir: TempDir,
}

impl Postgres {
    fn start() -> Option<Self> {
        let programs = installed::postgres()?;
        let dir = TempDir::new().expect("a folder");
        hand_over(dir.path(), "postgres");
        let data = dir.path().join("data");
        let mut init = as_account(programs.join("initdb"), "postgres");
        init.args([
            "-U",
            "shop",
            "-E",
            "UTF8",
            "--locale=C",
            "--auth=scram-sha-256",
            "--no-sync",
            "--pwfile=/dev/stdin",
        ]);
        init.arg("-D").arg(&data);
        must(init, PASSWORD);
        let port = free_port();
        let mut command = as_account(programs.join("postgres"), "postgres");
        command
            .arg("-D")
            .arg(&data)
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-F", "-k"])
            .arg(dir.path());
        let daemon = Daemon::start(command, "INT", || is_up(&programs, port));
        let postgres = Self { daemon, programs, port, _dir: dir };
        must(postgres.psql(), SCHEMA);
        Some(postgres)
    }

    fn psql(&self) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args([
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
            "-U",
            "shop",
            "-d",
            "postgres",
            "-p",
        ]);
        psql.arg(self.port.to_string()).env("PGPASSWORD", PASSWORD);
        psql
    }

    fn tools(&self) -> Tools {
        Tools::new("postgres", &self.url(PASSWORD))
    }

    fn url(&self, password: &str) -> String {
        format!("postgres://shop:{password}@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }
}

fn is_up(programs: &std::path::Path, port: u16) -> bool {
    let mut ready = Command::new(programs.join("pg_isready"));
    ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
    ready.status().is_ok_and(|status| status.success())
}

#[test]
fn columns_arrive_with_every_digit() {
    let Some(postgres) = Postgres::start() else { return };
    let id = ("id", json!({"type": "integer"}));
    let server = postgres
        .tools()
        .tool("row", &[id], "select * from everything where id = :id")
        .tool_with(
            "selected",
            &[],
            "select i8, num, doc from everything where id = 1",
            "returns = \"one\"\n[data]\nselect = '{i8, num, a: .doc.a[0]}'",
        )
        .serve();
    same(&data(&server, "row", json!({"id": 1})), EVERYTHING);
    same(
        &data(&server, "selected", json!({})),
        r#"{"i8": 9223372036854775807, "num": 123456789012345678901234567890.12345678901234567890, "a": 9007199254740993}"#,
    );
    let empty = data(&server, "row", json!({"id": 2}));
    let nulls = empty.as_object().expect("a row").iter().filter(|(_, value)| value.is_null()).count();
    assert_eq!((nulls, &empty["id"]), (29, &json!(2)));
    assert!(failure(&server, "row", json!({"id": 3})).contains("3"));
    assert_secret(&server);
}

#[test]
fn arguments_are_bound_as_what_the_database_expects() {
    let Some(postgres) = Postgres::start() else { return };
    let text = json!({"type": "string"});
    let column = |name: &str, cast: &str| format!("select id from everything where {name} = :value{cast}");
    let mut tools = postgres.tools();
    let values = [
        ("i2", json!(-32768)),
        ("i8", json!("9223372036854775807")),
        ("num2", json!(10.5)),
        ("f8", json!(0.1)),
        ("yes", json!(true)),
        ("day", json!("2026-02-28")),
        ("zoned", json!("2026-11-23T08:11:12Z")),
        ("docb", json!({"a": null, "b": 1.5})),
        ("words", json!(["a,b", "c\"d", null])),
        ("grid", json!([[1, 2], [3, 4]])),
        ("id2", json!("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")),
        ("mood", json!("so so")),
        ("code", json!("abc")),
        ("short", json!("äöü😀")),
        ("flags", json!("1010")),
        ("addr", json!("10.1.2.3")),
        ("period", json!("[1,5)")),
        ("share", json!(12.5)),
    ];
    for (name, _) in &values {
        tools = tools.tool(name, &[("value", json!({}))], &column(name, ""));
    }
    let server = tools
        .tool(
            "many",
            &[("codes", json!({}))],
            "select count(*) as n from everything where code = any(:codes)",
        )
        .tool("length", &[("s", text)], "select length(:s) as n, :s as s, ':s' as t")
        .serve();
    for (name, value) in values {
        assert_eq!(data(&server, name, json!({"value": value})), json!({"id": 1}), "{name}");
    }
    assert_eq!(data(&server, "many", json!({"codes": ["abc", "ab"]})), json!({"n": 1}));
    let said = data(&server, "length", json!({"s": "'; -- ä😀"}));
    assert_eq!(said, json!({"n": 8, "s": "'; -- ä😀", "t": ":s"}));
    assert!(
        failure(&server, "i2", json!({"value": "one"})).contains("invalid input syntax for type smallint")
    );
    assert!(failure(&server, "i2", json!({"value": 70000})).contains("out of range"));
    assert!(failure(&server, "short", json!({"value": "a\u{0}b"})).contains("refused"));
}

#[test]
fn only_a_tool_that_says_so_writes() {
    let Some(postgres) = Postgres::start() else { return };
    let body = ("body", json!({"type": "string"}));
    let tags = ("tags", json!({"type": "array", "items": {"type": "string"}}));
    let server = postgres
        .tools()
        .tool("count", &[], "select count(*) as n from note")
        .tool("find", std::slice::from_ref(&body), "select count(*) as n from note where body = :body")
        .tool("function", &[], "select sneaky() as n")
        .tool("with", &[], "with gone as (delete from note returning id) select count(*) as n from gone")
        .writer(
            "add",
            &[body.clone(), tags],
            "insert into note (body, tags) values (:body, :tags) returning id, body, tags",
        )
        .writer(
            "mood",
            std::slice::from_ref(&body),
            "insert into note (body, mood) values ('x', :body) returning mood",
        )
        .writer("change", &[body], "update note set body = :body")
        .serve();
    let added =
        data(&server, "add", json!({"body": "'); drop table note; --", "tags": ["a", "{b}", "c\\d"]}));
    assert_eq!(added, json!({"id": 1, "body": "'); drop table note; --", "tags": ["a", "{b}", "c\\d"]}));
    assert_eq!(data(&server, "find", json!({"body": "' or '1'='1"})), json!({"n": 0}));
    assert_eq!(data(&server, "find", json!({"body": "'); drop table note; --"})), json!({"n": 1}));
    for reader in ["function", "with"] {
        let said = failure(&server, reader, json!({}));
        assert!(said.contains("does not work as it is written"), "{reader}: {said}");
    }
    server.log.wait_for("read-only transaction");
    assert_eq!(data(&server, "count", json!({})), json!({"n": 1}));
    let said = failure(&server, "add", json!({"body": "forbidden", "tags": []}));
    assert!(said.contains("The database refused this") && said.contains("note_body_check"), "{said}");
    assert_eq!(data(&server, "mood", json!({"body": "happy"})), json!({"mood": "happy"}));
    assert!(failure(&server, "mood", json!({"body": "furious"})).contains("furious"));
    assert_eq!(data(&server, "change", json!({"body": "same"})), json!({"rows_affected": 2}));
}

#[test]
fn a_statement_that_takes_too_long_is_given_up_on_both_sides() {
    let Some(postgres) = Postgres::start() else { return };
    let running = "select count(*) as n from pg_stat_activity where query like '%pg_sleep(60%' and state = 'active' \
                   and pid <> pg_backend_pid()";
    let server = postgres
        .tools()
        .tool("slow", &[], "select 1 as n from pg_sleep(60)")
        .tool("running", &[], running)
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
}

#[test]
fn a_flood_is_cut_off() {
    let Some(postgres) = Postgres::start() else { return };
    let many = "returns = \"many\"\n[data]\nselect = '{rows: .}'";
    let server = postgres
        .tools()
        .tool("one", &[], "select 1 as n")
        .tool_with("flood", &[], "select n from generate_series(1, 5000000) n", many)
        .serve();
    is_cut_off(&server);
}

#[test]
fn a_server_that_went_away_is_missed_and_found_again() {
    let Some(mut postgres) = Postgres::start() else { return };
    let server = postgres
        .tools()
        .tool("one", &[], "select 1 as n")
        .tool("nap", &[], "select 1 as n from pg_sleep(0.5)")
        .writer("write", &[], "insert into note (body) values ('again')")
        .serve();
    let (programs, port) = (postgres.programs.clone(), postgres.port);
    goes_and_comes_back(&server, &mut postgres.daemon, || is_up(&programs, port));

    let wrong =
        Tools::new("postgres", &postgres.url("another-s3cret")).tool("one", &[], "select 1 as n").serve();
    assert!(failure(&wrong, "one", json!({})).contains("cannot be reached"));
    wrong.log.wait_for("password authentication failed");
    assert!(!wrong.log.text().contains("another-s3cret"));
}
