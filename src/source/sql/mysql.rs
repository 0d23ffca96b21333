//! MySQL and MariaDB by URL, with `sqlx`.
//!
//! Owns pools, arguments and the mapping of columns to JSON:
//!
//! | MySQL | JSON |
//! |---|---|
//! | NULL, zero dates | null |
//! | TINYINT … BIGINT, also unsigned, YEAR, BIT | number, all 64 bits |
//! | DECIMAL | number with every digit |
//! | FLOAT, DOUBLE | number, shortest form that reads back the same |
//! | BOOLEAN (`TINYINT(1)`) | true, false |
//! | DATE, DATETIME, TIMESTAMP, TIME | string, ISO 8601; TIMESTAMP in UTC |
//! | JSON | the JSON itself |
//! | text, ENUM, SET | string |
//! | BINARY, BLOB, GEOMETRY | string, base64 |
//!
//! Reads run in sessions that are read-only; statements that write have a pool of their own.

use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Number, Value};
use sqlx::mysql::{MySql, MySqlArguments, MySqlConnectOptions, MySqlPool, MySqlPoolOptions, MySqlRow};
use sqlx::{
    Arguments as _, AssertSqlSafe, Column as _, Executor as _, Row as _, TypeInfo as _, ValueRef as _,
};

use super::super::{Caps, SourceError, SourceErrorKind, SpecFault, Surroundings};
use super::{Prepared, ServerSpec, changed, json_or_text};

/// A MySQL or MariaDB server.
#[derive(Debug)]
pub struct Mysql {
    name: String,
    options: Box<MySqlConnectOptions>,
    pools: MySqlPoolOptions,
    reading: OnceLock<MySqlPool>,
    writing: OnceLock<MySqlPool>,
}

impl Mysql {
    pub(crate) fn compile(
        name: &str,
        spec: &ServerSpec,
        around: &Surroundings<'_>,
    ) -> Result<Self, Vec<SpecFault>> {
        let url = around.resolve("url", &spec.url).map_err(|f| vec![f])?;
        let options: MySqlConnectOptions = url.expose().parse().map_err(|_| {
            vec![
                SpecFault::new("url", "this is no MySQL URL")
                    .help("write mysql://user:password@host:3306/database"),
            ]
        })?;
        let options = options.charset("utf8mb4").timezone(Some("+00:00".to_owned()));
        let pools = MySqlPoolOptions::new()
            .max_connections(spec.max_connections.unwrap_or(10).max(1))
            .acquire_timeout(Duration::from_millis(spec.connect_timeout_ms.unwrap_or(5000)))
            .idle_timeout(Duration::from_secs(300))
            .test_before_acquire(false);
        let (reading, writing) = Default::default();
        Ok(Self { name: name.to_owned(), options: Box::new(options), pools, reading, writing })
    }

    /// The pool, made at the first call: it needs the runtime, and a project is loaded before there is one.
    fn pool(&self, writes: bool) -> &MySqlPool {
        let pools = self.pools.clone();
        if writes {
            return self.writing.get_or_init(|| pools.connect_lazy_with(self.options.as_ref().clone()));
        }
        self.reading.get_or_init(|| {
            let read_only = "set session transaction read only";
            pools
                .after_connect(move |connection, _| {
                    Box::pin(async move { connection.execute(read_only).await.map(drop) })
                })
                .connect_lazy_with(self.options.as_ref().clone())
        })
    }

    pub(super) async fn run(
        &self,
        prepared: &Prepared,
        values: &[&Value],
        caps: Caps,
    ) -> Result<Vec<Value>, SourceError> {
        let work = async {
            match self.attempt(prepared, values, caps).await {
                // An idle connection may have died; a read can simply be asked again.
                Err(Failure::Driver(sqlx::Error::Io(_) | sqlx::Error::Protocol(_))) if !prepared.writes => {
                    self.attempt(prepared, values, caps).await
                }
                outcome => outcome,
            }
        };
        match tokio::time::timeout_at(caps.deadline.into(), work).await {
            Ok(outcome) => outcome.map_err(|failure| match failure {
                Failure::Driver(e) => self.told(&e),
                Failure::Told(e) => e,
            }),
            Err(_) => Err(SourceError::timeout("The database")),
        }
    }

    async fn attempt(
        &self,
        prepared: &Prepared,
        values: &[&Value],
        caps: Caps,
    ) -> Result<Vec<Value>, Failure> {
        let mut connection = self.pool(prepared.writes).acquire().await?;
        let mut arguments = MySqlArguments::default();
        for index in prepared.statement.uses() {
            bind(&mut arguments, values.get(*index).unwrap_or(&&Value::Null)).map_err(sqlx::Error::Encode)?;
        }
        let query = sqlx::query_with::<MySql, _>(AssertSqlSafe(&*prepared.text), arguments);
        if prepared.writes && !prepared.statement.is_returning() && prepared.statement.verb() != "SELECT" {
            let done = query.execute(&mut *connection).await?;
            let id = i64::try_from(done.last_insert_id()).ok().filter(|id| *id != 0);
            return Ok(vec![changed(done.rows_affected(), id)]);
        }
        let mut stream = query.fetch(&mut *connection);
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while let Some(row) = futures_util::TryStreamExt::try_next(&mut stream).await? {
            if rows.len() >= caps.rows {
                return Err(Failure::Told(SourceError::too_many_rows(caps.rows)));
            }
            rows.push(json(&row, &mut bytes)?);
            if bytes > caps.bytes {
                return Err(Failure::Told(SourceError::too_many_bytes(caps.bytes)));
            }
        }
        Ok(rows)
    }

    fn told(&self, error: &sqlx::Error) -> SourceError {
        match error {
            sqlx::Error::Database(e) => {
                // SQLSTATE classes: 22 data, 23 constraint, 45 raised by a trigger, 08 connection, 28 authorisation.
                match e.code().unwrap_or_default().get(..2).unwrap_or_default() {
                    "22" | "23" | "45" => {
                        let message =
                            format!("The database refused this: {}. Change the arguments.", e.message());
                        SourceError::new(SourceErrorKind::Refused, message)
                    }
                    "08" | "28" => self.unavailable(error),
                    _ => SourceError::broken(error),
                }
            }
            sqlx::Error::PoolTimedOut
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed => self.unavailable(error),
            _ => SourceError::broken(error),
        }
    }

    fn unavailable(&self, error: &sqlx::Error) -> SourceError {
        let message = format!("The database `{}` cannot be reached right now. Try again later.", self.name);
        SourceError::new(SourceErrorKind::Unavailable, message).detail(error)
    }
}

enum Failure {
    Driver(sqlx::Error),
    Told(SourceError),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

fn bind(arguments: &mut MySqlArguments, value: &Value) -> Result<(), sqlx::error::BoxDynError> {
    match value {
        Value::Null => arguments.add(None::<String>),
        Value::Bool(bit) => arguments.add(*bit),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => arguments.add(integer),
            (None, Some(integer)) => arguments.add(integer),
            // Decimals keep their digits as text; the database converts where it compares.
            (None, None) => arguments.add(number.to_string()),
        },
        Value::String(text) => arguments.add(text.clone()),
        list_or_object => arguments.add(list_or_object.to_string()),
    }
}

fn json(row: &MySqlRow, bytes: &mut usize) -> Result<Value, sqlx::Error> {
    let mut object = Map::with_capacity(row.columns().len());
    for (index, column) in row.columns().iter().enumerate() {
        let value = if row.try_get_raw(index)?.is_null() {
            Value::Null
        } else {
            column_json(row, index, column.type_info().name(), bytes)?
        };
        *bytes += 16;
        object.insert(column.name().to_owned(), value);
    }
    Ok(Value::Object(object))
}

fn column_json(row: &MySqlRow, index: usize, kind: &str, bytes: &mut usize) -> Result<Value, sqlx::Error> {
    let text = || row.try_get_unchecked::<&str, _>(index);
    let raw = || row.try_get_unchecked::<&[u8], _>(index);
    Ok(match kind {
        "BOOLEAN" => Value::Bool(row.try_get_unchecked::<bool, _>(index)?),
        "DECIMAL" => text()?.parse::<Number>().map_or_else(|_| Value::Null, Value::Number),
        "FLOAT" => number(row.try_get_unchecked::<f32, _>(index)?.to_string()),
        "DOUBLE" => {
            Number::from_f64(row.try_get_unchecked::<f64, _>(index)?).map_or(Value::Null, Value::Number)
        }
        "DATE" | "DATETIME" | "TIMESTAMP" => date_time(raw()?).map_or(Value::Null, Value::String),
        "TIME" => clock(raw()?).map_or(Value::Null, Value::String),
        "JSON" => {
            let text = text()?;
            *bytes += text.len();
            json_or_text(text)
        }
        "BIT" | "YEAR" => Value::from(row.try_get_unchecked::<u64, _>(index)?),
        unsigned if unsigned.ends_with("UNSIGNED") => Value::from(row.try_get_unchecked::<u64, _>(index)?),
        integer if integer.ends_with("INT") => Value::from(row.try_get_unchecked::<i64, _>(index)?),
        binary if binary.contains("BINARY") || binary.contains("BLOB") || binary == "GEOMETRY" => {
            *bytes += raw()?.len();
            Value::String(BASE64_STANDARD.encode(raw()?))
        }
        _ => {
            let text = text()?;
            *bytes += text.len();
            Value::String(text.to_owned())
        }
    })
}

fn number(text: String) -> Value {
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

/// The binary protocol's date: a length byte, then year (2 bytes), month, day, and if longer hour, minute, second,
/// and if longer microseconds (4 bytes).
fn date_time(raw: &[u8]) -> Option<String> {
    let [length, rest @ ..] = raw else { return None };
    let [low, high, month, day, rest @ ..] = rest else { return None };
    let date = format!("{:04}-{month:02}-{day:02}", u16::from_le_bytes([*low, *high]));
    match (length, rest) {
        (4, _) => Some(date),
        (7.., [hour, minute, second, rest @ ..]) => {
            Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{}", fraction(rest)))
        }
        _ => Some(date),
    }
}

/// The binary protocol's time: a length byte, then sign, days (4 bytes), hour, minute, second, microseconds.
fn clock(raw: &[u8]) -> Option<String> {
    match raw {
        [0] => Some("00:00:00".to_owned()),
        [_, negative, d0, d1, d2, d3, hour, minute, second, rest @ ..] => {
            let hours = u64::from(u32::from_le_bytes([*d0, *d1, *d2, *d3])) * 24 + u64::from(*hour);
            let sign = if *negative == 1 { "-" } else { "" };
            Some(format!("{sign}{hours:02}:{minute:02}:{second:02}{}", fraction(rest)))
        }
        _ => None,
    }
}

fn fraction(micros: &[u8]) -> String {
    match micros {
        [a, b, c, d, ..] => format!(".{:06}", u32::from_le_bytes([*a, *b, *c, *d])),
        _ => String::new(),
    }
}
