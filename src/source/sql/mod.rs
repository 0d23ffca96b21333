//! SQL sources: one statement with named, always bound parameters.
//!
//! Owns what the databases have in common: the statement, its arguments, the shape of what comes back. One driver
//! per file ([`sqlite`], [`postgres`], [`mysql`]; what the last two share is in [`server`]), the only doors to their
//! crates. How columns become JSON is told in each.

pub mod mysql;
pub mod params;
pub mod postgres;
pub mod server;
pub mod sqlite;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Caps, Connection, NotFound, Returns, SourceError, Spec, SpecFault, unknown_arguments};
use params::{Dialect, Statement};

/// A database of any kind. Nothing is opened before the first statement.
#[derive(Debug)]
pub enum Database {
    /// Embedded.
    Sqlite(sqlite::Sqlite),
    /// By URL.
    Postgres(postgres::Postgres),
    /// By URL.
    Mysql(mysql::Mysql),
}

impl Database {
    /// As written in `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
            Self::Mysql(_) => "mysql",
        }
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mysql(_) => Dialect::Mysql,
        }
    }
}

/// What a driver needs of a query.
#[derive(Debug)]
pub struct Prepared {
    /// The statement with its parameters found.
    pub statement: Statement,
    /// The text with the database's own placeholders.
    pub text: Arc<str>,
    /// The statement may change the database.
    pub writes: bool,
}

/// One statement of one tool.
#[derive(Debug)]
pub struct Query {
    connection: Arc<Connection>,
    prepared: Prepared,
    returns: Returns,
    not_found: NotFound,
    state: State,
}

/// What a driver keeps per query, made at first use.
#[derive(Debug)]
enum State {
    Sqlite(sqlite::QueryState),
    Postgres(postgres::QueryState),
    Mysql,
}

/// First words of a statement that only reads.
const READING: &[&str] = &["SELECT", "WITH", "VALUES", "TABLE"];
/// First words of a statement that may write.
const WRITING: &[&str] = &["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "SELECT", "WITH", "CALL"];

impl Query {
    pub(super) fn compile(
        spec: &Spec,
        connection: &Arc<Connection>,
        arguments: Option<&[&str]>,
    ) -> Result<Self, Vec<SpecFault>> {
        let Connection::Sql(database) = connection.as_ref() else { return Err(Vec::new()) };
        let Some(sql) = &spec.sql else {
            return Err(vec![SpecFault::new(
                "sql",
                "`sql` is missing: the statement to run, e.g. sql = \"select …\"",
            )]);
        };
        let dialect = database.dialect();
        let statement = Statement::parse(sql, dialect)
            .map_err(|e| vec![SpecFault::new("sql", format!("in the statement: {e}"))])?;
        let mut faults =
            unknown_arguments("sql", statement.names().map(|(n, s)| (n, Some(s.clone()))), arguments);
        faults.extend(wrong_verb(&statement, spec.writes));
        let not_found = NotFound::compile(spec).map_err(|f| faults.push(f));
        let state = match database {
            Database::Sqlite(_) => State::Sqlite(sqlite::QueryState::default()),
            Database::Postgres(_) => State::Postgres(postgres::QueryState::default()),
            Database::Mysql(_) => State::Mysql,
        };
        let text = statement.text(|n| match dialect {
            Dialect::Sqlite => format!("?{}", n + 1),
            Dialect::Postgres => format!("${}", n + 1),
            Dialect::Mysql => "?".to_owned(),
        });
        match not_found {
            Ok(not_found) if faults.is_empty() => Ok(Self {
                connection: connection.clone(),
                prepared: Prepared { statement, text: text.into(), writes: spec.writes },
                returns: spec.returns.unwrap_or(Returns::Many),
                not_found,
                state,
            }),
            _ => Err(faults),
        }
    }

    /// What the database itself finds wrong with the statement. Only an embedded one is asked.
    pub fn try_out(&self) -> Option<String> {
        match self.connection.as_ref() {
            Connection::Sql(Database::Sqlite(database)) => database.try_out(&self.prepared.text),
            _ => None,
        }
    }

    /// The members of what it delivers, if that is one row with plain columns.
    pub fn keys(&self) -> Option<Vec<String>> {
        if self.returns == Returns::One { self.prepared.statement.columns() } else { None }
    }

    /// The names of the arguments the statement reads.
    pub fn arguments(&self) -> Vec<&str> {
        self.prepared.statement.names().map(|(name, _)| name).collect()
    }

    /// Whether the statement may change the database.
    pub fn writes(&self) -> bool {
        self.prepared.writes
    }

    pub(super) async fn fetch(
        &self,
        arguments: &Map<String, Value>,
        caps: Caps,
    ) -> Result<Value, SourceError> {
        let Connection::Sql(database) = self.connection.as_ref() else {
            return Err(SourceError::broken("the connection is no database"));
        };
        let names = self.prepared.statement.names();
        let values: Vec<&Value> =
            names.map(|(name, _)| arguments.get(name).unwrap_or(&Value::Null)).collect();
        let rows = match (database, &self.state) {
            (Database::Sqlite(db), State::Sqlite(state)) => {
                db.run(&self.prepared, state, &values, caps).await
            }
            (Database::Postgres(db), State::Postgres(state)) => {
                Box::pin(db.run(&self.prepared, state, &values, caps)).await
            }
            (Database::Mysql(db), _) => Box::pin(db.run(&self.prepared, &values, caps)).await,
            _ => Err(SourceError::broken("the query belongs to another kind of database")),
        }?;
        match self.returns {
            Returns::Many => Ok(Value::Array(rows)),
            Returns::One => rows.into_iter().next().ok_or_else(|| self.not_found.error(arguments)),
        }
    }
}

fn wrong_verb(statement: &Statement, writes: bool) -> Option<SpecFault> {
    let verb = statement.verb();
    let allowed = if writes { WRITING } else { READING };
    if allowed.contains(&verb) {
        return None;
    }
    let fault = SpecFault::new(
        "sql",
        format!(
            "`{verb}` cannot start the statement of a tool that {}",
            if writes { "writes" } else { "only reads" }
        ),
    );
    Some(if WRITING.contains(&verb) && !writes {
        fault.help("say so if this tool is meant to change data: writes = true")
    } else {
        fault.help(format!("start with one of {}", allowed.join(", ")))
    })
}

/// The one row a statement without result rows gives: how many rows it changed.
pub(super) fn changed(rows: u64, last_id: Option<i64>) -> Value {
    let mut row = Map::new();
    row.insert("rows_affected".to_owned(), rows.into());
    if let Some(id) = last_id {
        row.insert("last_insert_id".to_owned(), id.into());
    }
    Value::Object(row)
}

/// A JSON text column, or the text itself where it is not JSON.
pub(super) fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
