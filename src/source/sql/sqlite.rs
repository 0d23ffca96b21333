//! SQLite: embedded, in a file or in memory. The only door to `rusqlite`.
//!
//! Owns opening, limits and the mapping of columns to JSON:
//!
//! | SQLite | JSON |
//! |---|---|
//! | NULL | null |
//! | INTEGER | number, all 64 bits |
//! | REAL | number, shortest form that reads back the same; NaN and infinities null |
//! | TEXT | string |
//! | BLOB | string, base64 |
//! | column declared `BOOLEAN`/`BOOL` holding 0 or 1 | true or false |
//! | column declared `JSON`/`JSONB` holding JSON text | the JSON itself |
//!
//! SQLite stores decimals as REAL and dates as what was put in; both come out as stored.
//!
//! A short read runs where it is called: it takes microseconds, a hand-over to another thread takes as long again.
//! It may spend [`INLINE_STEPS`]; a read that needs more is stopped, started again on a blocking thread, and goes
//! there at once from then on. Writes always go there.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rusqlite::limits::Limit;
use rusqlite::types::{Value as Stored, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Number, Value};
use tokio::sync::OnceCell;

use super::super::{Caps, SourceError, SourceErrorKind, SpecFault, Surroundings};
use super::{Prepared, changed, json_or_text};

/// Virtual machine steps between two looks at the meter.
const TICK: i32 = 1000;
/// Steps a read may take on the calling thread: about a millisecond.
const INLINE_STEPS: i64 = 100_000;
/// Connections to a database file.
const FILE_CONNECTIONS: usize = 4;
/// Bytes a single value or row may have, also within a statement: whatever it is made for, it is in memory whole.
const LARGEST_VALUE: i32 = 64 << 20;
/// Largest script that sets up a database, in bytes.
const MAX_SCRIPT: u64 = 256 << 20;
/// How long a statement waits for another's lock.
const BUSY: Duration = Duration::from_secs(5);

/// An SQLite database, as written.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqliteSpec {
    /// The database file, relative to the project. Left out: a database in memory, new at every start.
    pub file: Option<PathBuf>,
    /// A SQL script that sets up a database which has no table yet, relative to the project.
    pub init: Option<PathBuf>,
}

/// An SQLite database, opened at the first statement.
#[derive(Debug)]
pub struct Sqlite {
    name: String,
    file: Option<Place>,
    init: Option<Place>,
    pool: OnceCell<Arc<Pool>>,
    trial: OnceLock<Result<Box<Mutex<Slot>>, String>>,
}

/// A file of the project.
#[derive(Debug, Clone)]
struct Place {
    path: PathBuf,
    /// As it is written in `toolface.toml`.
    shown: PathBuf,
}

impl Place {
    /// What went wrong with it.
    fn told(&self, why: impl std::fmt::Display) -> String {
        format!("{}: {why}", self.shown.display())
    }
}

/// What is remembered of one query.
#[derive(Debug, Default)]
pub struct QueryState {
    /// It once ran out of inline steps: do not try again on the calling thread.
    slow: AtomicBool,
}

#[derive(Debug)]
struct Pool {
    slots: Vec<Mutex<Slot>>,
    next: AtomicUsize,
}

#[derive(Debug)]
struct Slot {
    connection: Connection,
    meter: Arc<Meter>,
}

/// Read by the progress handler while a statement runs.
#[derive(Debug)]
struct Meter {
    steps: AtomicI64,
    /// Microseconds after `start` at which the statement is stopped.
    until: AtomicI64,
    start: Instant,
}

impl Meter {
    fn allow(&self, steps: i64, deadline: Instant) {
        let left = deadline.saturating_duration_since(self.start).as_micros();
        self.until.store(i64::try_from(left).unwrap_or(i64::MAX), Ordering::Relaxed);
        self.steps.store(steps, Ordering::Relaxed);
    }

    /// Called every [`TICK`] steps; true stops the statement.
    fn spent(&self) -> bool {
        let left = self.steps.fetch_sub(i64::from(TICK), Ordering::Relaxed) - i64::from(TICK);
        let now = i64::try_from(self.start.elapsed().as_micros()).unwrap_or(i64::MAX);
        left <= 0 || now >= self.until.load(Ordering::Relaxed)
    }
}

/// What to run, owned so that it can move to a blocking thread.
struct Job {
    text: Arc<str>,
    values: Vec<Stored>,
    writes: bool,
    rows: usize,
    bytes: usize,
}

enum Failure {
    /// The meter ran out.
    Interrupted,
    /// Told to the model or the log.
    Error(SourceError),
}

impl Sqlite {
    pub(crate) fn compile(
        name: &str,
        spec: &SqliteSpec,
        around: &Surroundings<'_>,
    ) -> Result<Self, Vec<SpecFault>> {
        let place = |file: &PathBuf| Place { path: around.root.join(file), shown: file.clone() };
        let (file, init) = (spec.file.as_ref().map(place), spec.init.as_ref().map(place));
        if let Some(script) = &init
            && let Err(e) = around.files.read(&script.path, MAX_SCRIPT)
        {
            return Err(vec![SpecFault::new("init", format!("cannot read {}", script.told(e)))]);
        }
        Ok(Self { name: name.to_owned(), file, init, pool: OnceCell::new(), trial: OnceLock::new() })
    }

    /// What is wrong with a statement, as the database itself says it. Nothing is run and no file is changed: a database that
    /// is not set up yet is set up in memory.
    pub(super) fn try_out(&self, text: &str) -> Option<String> {
        let slot = self.trial.get_or_init(|| {
            if let Some(file) = self.file.as_ref().filter(|file| file.path.exists() || self.init.is_none()) {
                let slot = Slot::open(Some(file), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                if self.init.is_none() || slot.has_tables()? {
                    return Ok(Box::new(Mutex::new(slot)));
                }
            }
            let slot = Slot::open(None, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            self.init.as_ref().map_or(Ok(()), |script| slot.set_up(script))?;
            Ok(Box::new(Mutex::new(slot)))
        });
        match slot {
            Err(why) => Some(format!("the database cannot be used: {why}")),
            Ok(slot) => {
                let why = slot.lock().unwrap_or_else(PoisonError::into_inner).wrong_with(text)?;
                Some(format!("SQLite does not take this statement: {why}"))
            }
        }
    }

    pub(super) async fn run(
        &self,
        prepared: &Prepared,
        state: &QueryState,
        values: &[&Value],
        caps: Caps,
    ) -> Result<Vec<Value>, SourceError> {
        let pool = match self.pool.get() {
            Some(pool) => pool,
            None => Box::pin(self.open(caps.deadline)).await?,
        };
        let job = Job {
            text: prepared.text.clone(),
            values: values.iter().map(|v| stored(v)).collect(),
            writes: prepared.writes,
            rows: caps.rows,
            bytes: caps.bytes,
        };
        if !job.writes
            && !state.slow.load(Ordering::Relaxed)
            && let Some(slot) = pool.free()
        {
            match slot.run(&job, INLINE_STEPS, caps.deadline) {
                Err(Failure::Interrupted) => state.slow.store(true, Ordering::Relaxed),
                Err(Failure::Error(e)) => return Err(e),
                Ok(rows) => return Ok(rows),
            }
        }
        let (pool, deadline) = (pool.clone(), caps.deadline);
        let task = tokio::task::spawn_blocking(move || pool.wait().run(&job, i64::MAX, deadline));
        match task.await {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(Failure::Error(e))) => Err(e),
            Ok(Err(Failure::Interrupted)) => Err(SourceError::timeout("The database")),
            Err(panic) => Err(SourceError::broken(panic)),
        }
    }

    /// The open database; a failure to open is tried again at the next call.
    async fn open(&self, deadline: Instant) -> Result<&Arc<Pool>, SourceError> {
        let opening = self.pool.get_or_try_init(|| async {
            let (file, init) = (self.file.clone(), self.init.clone());
            let opened = tokio::task::spawn_blocking(move || Pool::open(file.as_ref(), init.as_ref())).await;
            opened.unwrap_or_else(|e| Err(e.to_string())).map(Arc::new).map_err(|detail| {
                let message = format!("The database `{}` cannot be opened. Try again later.", self.name);
                SourceError::new(SourceErrorKind::Unavailable, message).detail(detail)
            })
        });
        let opened = tokio::time::timeout_at(deadline.into(), opening).await;
        opened.map_err(|_| SourceError::timeout("The database"))?
    }
}

impl Pool {
    fn open(file: Option<&Place>, init: Option<&Place>) -> Result<Self, String> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let create = if init.is_some() { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
        let first = Slot::open(file, flags | create)?;
        if let Some(script) = init {
            first.set_up(script)?;
        }
        // A database in memory belongs to its one connection.
        let more = if file.is_some() { FILE_CONNECTIONS - 1 } else { 0 };
        let slots = std::iter::once(Ok(first)).chain((0..more).map(|_| Slot::open(file, flags)));
        let slots = slots.map(|slot| slot.map(Mutex::new)).collect::<Result<_, String>>()?;
        Ok(Self { slots, next: AtomicUsize::new(0) })
    }

    /// A connection nobody uses right now.
    fn free(&self) -> Option<MutexGuard<'_, Slot>> {
        self.slots.iter().find_map(|slot| match slot.try_lock() {
            Ok(slot) => Some(slot),
            Err(TryLockError::Poisoned(slot)) => Some(slot.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })
    }

    /// Any connection, waiting for it. For blocking threads.
    fn wait(&self) -> MutexGuard<'_, Slot> {
        if let Some(slot) = self.free() {
            return slot;
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len().max(1);
        #[expect(
            clippy::indexing_slicing,
            reason = "a pool has at least one slot, and `turn` is below their number"
        )]
        self.slots[turn].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn open(file: Option<&Place>, flags: OpenFlags) -> Result<Self, String> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = match file {
            Some(file) => {
                let opened = Connection::open_with_flags(&file.path, flags);
                opened.map_err(|e| file.told(reason(&e)))?
            }
            None => Connection::open_in_memory().map_err(|e| e.to_string())?,
        };
        let meter = Arc::new(Meter {
            steps: AtomicI64::new(i64::MAX),
            until: AtomicI64::new(i64::MAX),
            start: Instant::now(),
        });
        let watched = meter.clone();
        connection.busy_timeout(BUSY).map_err(|e| e.to_string())?;
        connection.progress_handler(TICK, Some(move || watched.spent())).map_err(|e| e.to_string())?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LARGEST_VALUE).map_err(|e| e.to_string())?;
        connection.set_prepared_statement_cache_capacity(256);
        Ok(Self { connection, meter })
    }

    fn has_tables(&self) -> Result<bool, String> {
        let tables = self.connection.query_row("select count(*) from sqlite_master", [], |row| row.get(0));
        tables.map(|tables: i64| tables > 0).map_err(|e| e.to_string())
    }

    fn wrong_with(&self, statement: &str) -> Option<String> {
        self.connection.prepare(statement).err().map(|e| reason(&e))
    }

    /// Runs the script if there is no table yet.
    fn set_up(&self, script: &Place) -> Result<(), String> {
        if self.has_tables()? {
            return Ok(());
        }
        let text = std::fs::read_to_string(&script.path).map_err(|e| script.told(e))?;
        // A text that ends in NUL is not copied by SQLite at each of its statements.
        let (bare, wrapped) = (format!("{text}\0"), format!("begin;{text}\n;commit;\0"));
        let outcome = match self.run_whole(&wrapped) {
            // A dump brings a transaction of its own.
            Err(e) if e.to_string().contains("within a transaction") => {
                self.run_whole(&bare).map_err(|e| (bare.as_str(), e))
            }
            outcome => outcome.map_err(|e| (wrapped.as_str(), e)),
        };
        outcome.map_err(|(whole, e)| match line_of(whole, &e) {
            Some(line) => script.told(format_args!("line {line}: {}", reason(&e))),
            None => script.told(reason(&e)),
        })
    }

    /// Runs statements, all of them or none.
    fn run_whole(&self, statements: &str) -> rusqlite::Result<()> {
        self.connection
            .execute_batch(statements)
            .inspect_err(|_| drop(self.connection.execute_batch("rollback")))
    }

    fn run(&self, job: &Job, steps: i64, deadline: Instant) -> Result<Vec<Value>, Failure> {
        self.meter.allow(steps, deadline);
        let mut statement = self.connection.prepare_cached(&job.text).map_err(|e| failure(&e))?;
        if !job.writes && !statement.readonly() {
            return Err(Failure::Error(SourceError::broken(
                "the statement writes, but the tool does not say `writes = true`",
            )));
        }
        for (index, value) in job.values.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value).map_err(|e| failure(&e))?;
        }
        if statement.column_count() == 0 {
            let rows = statement.raw_execute().map_err(|e| failure(&e))?;
            return Ok(vec![changed(rows as u64, Some(self.connection.last_insert_rowid()))]);
        }
        rows(&mut statement, job)
    }
}

fn rows(statement: &mut Statement<'_>, job: &Job) -> Result<Vec<Value>, Failure> {
    let columns: Vec<(String, Kind)> =
        statement.columns().map(|c| (c.name().to_owned(), Kind::of(c.decl_type()))).collect();
    let mut out = Vec::new();
    let mut bytes = 0;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|e| failure(&e))? {
        if out.len() >= job.rows {
            return Err(Failure::Error(SourceError::too_many_rows(job.rows)));
        }
        let mut object = Map::with_capacity(columns.len());
        for (index, (name, kind)) in columns.iter().enumerate() {
            let value = row.get_ref(index).map_err(|e| failure(&e))?;
            bytes += 16 + size(value);
            if bytes > job.bytes {
                return Err(Failure::Error(SourceError::too_many_bytes(job.bytes)));
            }
            object.insert(name.clone(), json(value, *kind));
        }
        out.push(Value::Object(object));
    }
    Ok(out)
}

/// What the declared type of a column says beyond the stored value.
#[derive(Clone, Copy)]
enum Kind {
    Boolean,
    Json,
    AsStored,
}

impl Kind {
    fn of(declared: Option<&str>) -> Self {
        let is = |name: &str| declared.is_some_and(|d| d.eq_ignore_ascii_case(name));
        if is("BOOLEAN") || is("BOOL") {
            Self::Boolean
        } else if is("JSON") || is("JSONB") {
            Self::Json
        } else {
            Self::AsStored
        }
    }
}

fn json(value: ValueRef<'_>, kind: Kind) -> Value {
    match (value, kind) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(bit @ (0 | 1)), Kind::Boolean) => Value::Bool(bit == 1),
        (ValueRef::Integer(number), _) => Value::from(number),
        (ValueRef::Real(number), _) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        (ValueRef::Text(text), Kind::Json) => json_or_text(&utf8(text)),
        (ValueRef::Text(text), _) => Value::String(utf8(text).into_owned()),
        (ValueRef::Blob(bytes), _) => Value::String(BASE64_STANDARD.encode(bytes)),
    }
}

/// SQLite lets any bytes be text; nearly always they are UTF-8, which is faster to see than to mend.
fn utf8(text: &[u8]) -> Cow<'_, str> {
    str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed)
}

fn size(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        _ => 8,
    }
}

/// An argument as SQLite stores it. Lists and objects become JSON text; integers beyond 64 bits their digits.
fn stored(value: &Value) -> Stored {
    match value {
        Value::Null => Stored::Null,
        Value::Bool(bit) => Stored::Integer(i64::from(*bit)),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Stored::Integer(integer),
            (None, Some(float)) if number.as_str().contains(['.', 'e', 'E']) => Stored::Real(float),
            _ => Stored::Text(number.to_string()),
        },
        Value::String(text) => Stored::Text(text.clone()),
        list_or_object => Stored::Text(list_or_object.to_string()),
    }
}

/// What SQLite says, without the statement or the path it says it of.
fn reason(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(code, Some(_)) if code.code == ErrorCode::CannotOpen => {
            "unable to open the database file".to_owned()
        }
        other => other.to_string(),
    }
}

/// The line of a script that SQLite stumbled over. It tells the rest of the script and a place in that.
fn line_of(script: &str, error: &rusqlite::Error) -> Option<usize> {
    let rusqlite::Error::SqlInputError { sql: rest, offset, .. } = error else { return None };
    let at = script.len().checked_sub(rest.len())? + usize::try_from(*offset).unwrap_or(0);
    Some(script.get(..at)?.matches('\n').count() + 1)
}

fn failure(error: &rusqlite::Error) -> Failure {
    let code = error.sqlite_error_code();
    if code == Some(ErrorCode::OperationInterrupted) {
        return Failure::Interrupted;
    }
    Failure::Error(match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            SourceError::new(SourceErrorKind::Unavailable, "The database is busy. Try again in a moment.")
                .detail(error)
        }
        Some(ErrorCode::TooBig) => SourceError::too_many_bytes(LARGEST_VALUE as usize),
        Some(ErrorCode::ConstraintViolation) => {
            let message = format!("The database refused this: {error}. Change the arguments.");
            SourceError::new(SourceErrorKind::Refused, message)
        }
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::NotADatabase
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly,
        ) => {
            let message = "The database cannot be used right now. Try again later.";
            SourceError::new(SourceErrorKind::Unavailable, message).detail(error)
        }
        _ => SourceError::broken(error),
    })
}
