//! PostgreSQL by URL, with `sqlx`.
//!
//! Owns pools, arguments and the mapping of columns to JSON. PostgreSQL makes the JSON itself (`row_to_json`), so
//! every type it has, also arrays, enums, ranges and composites, arrives without a table of types here:
//!
//! | PostgreSQL | JSON |
//! |---|---|
//! | NULL | null |
//! | smallint … bigint, numeric, real, double | number with every digit; NaN and infinities as strings |
//! | boolean | true, false |
//! | date, time, timestamp, timestamptz | string, ISO 8601; timestamptz in UTC |
//! | json, jsonb | the JSON itself |
//! | arrays, composites | list, object |
//! | bytea | string, base64 |
//! | everything else (uuid, enum, inet, interval, money, range, …) | string as PostgreSQL prints it |
//!
//! Arguments travel as text and are cast by the database to the type it expects at that place, so an integer column
//! can be compared with a string argument and no digit is lost on the way.
//!
//! Reads run on connections whose transactions are read-only; statements that write have a pool of their own.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use sqlx::postgres::{
    PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow, PgTypeInfo, Postgres as Driver,
};
use sqlx::{
    Arguments as _, AssertSqlSafe, Column as _, Either, Executor as _, Row as _, SqlSafeStr as _,
    Statement as _, TypeInfo as _,
};
use tokio::sync::OnceCell;

use super::super::{Caps, SourceError, SourceErrorKind, SpecFault, Surroundings};
use super::{Prepared, ServerSpec, changed};

/// A PostgreSQL server.
#[derive(Debug)]
pub struct Postgres {
    name: String,
    options: Box<PgConnectOptions>,
    pools: PgPoolOptions,
    reading: OnceLock<PgPool>,
    writing: OnceLock<PgPool>,
}

/// What is known of one query after the database has seen it once.
#[derive(Debug, Default)]
pub struct QueryState(OnceCell<Arc<Wrapped>>);

/// The statement as it is sent.
#[derive(Debug)]
struct Wrapped {
    text: String,
    /// For each parameter, whether the database expects an array.
    arrays: Vec<bool>,
    /// Names of bytea columns.
    bytes: Vec<String>,
    /// The statement returns rows (one column of JSON text each).
    rows: bool,
}

impl Postgres {
    pub(crate) fn compile(
        name: &str,
        spec: &ServerSpec,
        around: &Surroundings<'_>,
    ) -> Result<Self, Vec<SpecFault>> {
        let url = around.resolve("url", &spec.url).map_err(|f| vec![f])?;
        let options: PgConnectOptions = url.expose().parse().map_err(|_| {
            vec![
                SpecFault::new("url", "this is no PostgreSQL URL")
                    .help("write postgres://user:password@host:5432/database"),
            ]
        })?;
        // The server stops what nobody waits for any more.
        let bound = around.call_timeout.as_millis().to_string();
        let options = options
            .application_name("toolface")
            .options([("TimeZone", "UTC"), ("statement_timeout", bound.as_str())]);
        let pools = PgPoolOptions::new()
            .max_connections(spec.max_connections.unwrap_or(10).max(1))
            .acquire_timeout(Duration::from_millis(spec.connect_timeout_ms.unwrap_or(5000)))
            .idle_timeout(Duration::from_secs(300))
            .test_before_acquire(false);
        let (reading, writing) = Default::default();
        Ok(Self { name: name.to_owned(), options: Box::new(options), pools, reading, writing })
    }

    /// The pool, made at the first call: it needs the runtime, and a project is loaded before there is one.
    fn pool(&self, writes: bool) -> &PgPool {
        let open = |options| self.pools.clone().connect_lazy_with(options);
        if writes {
            return self.writing.get_or_init(|| open(self.options.as_ref().clone()));
        }
        let read_only = [("default_transaction_read_only", "on")];
        self.reading.get_or_init(|| open(self.options.as_ref().clone().options(read_only)))
    }

    pub(super) async fn run(
        &self,
        prepared: &Prepared,
        state: &QueryState,
        values: &[&Value],
        caps: Caps,
    ) -> Result<Vec<Value>, SourceError> {
        let work = async {
            match self.attempt(prepared, state, values, caps).await {
                // An idle connection may have died; a read can simply be asked again.
                Err(Failure::Driver(e)) if !prepared.writes && is_broken_connection(&e) => {
                    self.attempt(prepared, state, values, caps).await
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
        state: &QueryState,
        values: &[&Value],
        caps: Caps,
    ) -> Result<Vec<Value>, Failure> {
        let mut connection = self.pool(prepared.writes).acquire().await?;
        let wrapped = state.0.get_or_try_init(|| async { wrap(&mut connection, prepared).await }).await?;
        let mut arguments = PgArguments::default();
        for (value, array) in values.iter().zip(&wrapped.arrays) {
            arguments.add(text(value, *array)).map_err(sqlx::Error::Encode)?;
        }
        let query = sqlx::query_with::<Driver, _>(AssertSqlSafe(wrapped.text.as_str()), arguments);
        if !wrapped.rows {
            let done = query.execute(&mut *connection).await?;
            return Ok(vec![changed(done.rows_affected(), None)]);
        }
        let mut stream = query.fetch(&mut *connection);
        let mut rows = Vec::new();
        let mut bytes = 0;
        while let Some(row) = futures_util::TryStreamExt::try_next(&mut stream).await? {
            if rows.len() >= caps.rows {
                return Err(Failure::Told(SourceError::too_many_rows(caps.rows)));
            }
            rows.push(json(&row, wrapped, &mut bytes)?);
            if bytes > caps.bytes {
                return Err(Failure::Told(SourceError::too_many_bytes(caps.bytes)));
            }
        }
        Ok(rows)
    }

    fn told(&self, error: &sqlx::Error) -> SourceError {
        if let sqlx::Error::Database(e) = error {
            // https://www.postgresql.org/docs/current/errcodes-appendix.html: the first two characters are the class.
            let code = e.code().unwrap_or_default();
            return match code.get(..2).unwrap_or_default() {
                "22" | "23" | "P0" => {
                    let message =
                        format!("The database refused this: {}. Change the arguments.", e.message());
                    SourceError::new(SourceErrorKind::Refused, message)
                }
                "57" if code == "57014" => SourceError::timeout("The database"),
                "08" | "53" | "57" | "28" | "3D" => self.unavailable(error),
                _ => SourceError::broken(error),
            };
        }
        match error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => self.unavailable(error),
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

fn is_broken_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(e) => e.code().is_some_and(|c| c.starts_with("57P0")),
        _ => false,
    }
}

/// Asks the database once for the types of parameters and columns, and writes the statement that is sent.
async fn wrap(connection: &mut sqlx::PgConnection, prepared: &Prepared) -> Result<Arc<Wrapped>, sqlx::Error> {
    let seen = connection.prepare(AssertSqlSafe(prepared.text.to_string()).into_sql_str()).await?;
    let parameters: Vec<PgTypeInfo> = match seen.parameters() {
        Some(Either::Left(types)) => types.to_vec(),
        _ => Vec::new(),
    };
    let names: Vec<String> = parameters.iter().map(|p| p.name().to_owned()).collect();
    let cast = prepared.statement.text(|n| match names.get(n) {
        Some(kind) => format!("(${}::text::{kind})", n + 1),
        None => format!("${}", n + 1),
    });
    let rows = !seen.columns().is_empty();
    let text = match (rows, prepared.writes) {
        (false, _) => cast,
        (true, false) => format!("select row_to_json(r)::text from (\n{cast}\n) r"),
        (true, true) => format!("with r as (\n{cast}\n) select row_to_json(r)::text from r"),
    };
    let bytes =
        seen.columns().iter().filter(|c| c.type_info().name() == "BYTEA").map(|c| c.name().to_owned());
    let arrays = names.iter().map(|n| n.ends_with("[]")).collect();
    Ok(Arc::new(Wrapped { text, arrays, bytes: bytes.collect(), rows }))
}

fn json(row: &PgRow, wrapped: &Wrapped, bytes: &mut usize) -> Result<Value, sqlx::Error> {
    let text: &str = row.try_get(0)?;
    *bytes += text.len();
    let mut value: Value = serde_json::from_str(text).map_err(|e| sqlx::Error::Decode(e.into()))?;
    for name in &wrapped.bytes {
        if let Some(Value::String(hex)) = value.get_mut(name) {
            *hex = base64_of(hex);
        }
    }
    Ok(value)
}

/// `\x68656c6c6f` → base64 of the same bytes.
fn base64_of(hex: &str) -> String {
    use base64::Engine as _;
    let digits = hex.strip_prefix("\\x").unwrap_or(hex).as_bytes().chunks(2);
    let bytes: Vec<u8> =
        digits.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

/// An argument as the text the database casts.
fn text(value: &Value, array: bool) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if array => Some(array_literal(items)),
        other => Some(other.to_string()),
    }
}

/// `{1,"a\"b",NULL}`; nested lists are nested arrays.
fn array_literal(items: &[Value]) -> String {
    let one = |item: &Value| match item {
        Value::Null => "NULL".to_owned(),
        Value::Array(inner) => array_literal(inner),
        Value::String(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Value::Object(_) => format!("\"{}\"", item.to_string().replace('\\', "\\\\").replace('"', "\\\"")),
        other => other.to_string(),
    };
    format!("{{{}}}", items.iter().map(one).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arrays_and_bytes_are_written_exactly() {
        assert_eq!(
            array_literal(&[json!(1), json!("a\"\\b"), json!(null), json!([true])]),
            "{1,\"a\\\"\\\\b\",NULL,{true}}"
        );
        assert_eq!(base64_of("\\x68656c6c6f"), "aGVsbG8=");
    }
}
