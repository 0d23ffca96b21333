//! Command sources: a program is started for each call, and what it prints is the data.
//!
//! Owns how arguments become positions of an argument vector, which no shell ever reads, and how a program's answer is
//! read. The life of the program is [`process`](super::process)'s.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::Semaphore;

use super::pattern::{Body, Pattern, plain};
use super::{
    Caps, Connection, NotFound, Returns, SourceError, SourceErrorKind, Spec, SpecFault, Surroundings,
    process, unknown_arguments,
};
use crate::secret::Setting;

/// A program, as written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandSpec {
    /// The program and its first arguments: `["python3", "scripts/report.py"]`. No shell reads them.
    #[schemars(length(min = 1))]
    pub command: Vec<String>,
    /// The folder it runs in, relative to the project. Default: the project's folder.
    pub dir: Option<PathBuf>,
    /// Variables of its environment, besides `PATH`, `HOME` and `LANG`; it gets no others.
    #[serde(default)]
    pub env: BTreeMap<String, Setting>,
    /// Processes running at once; more wait. Default 8.
    #[schemars(range(min = 1))]
    pub max_processes: Option<u32>,
}

/// One entry of `args`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Position {
    /// One position: text, `"{name}"`, or `"{name...}"`.
    One(String),
    /// Positions that belong together.
    Group(Vec<String>),
}

/// What a program prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// One JSON value.
    #[default]
    Json,
    /// A list, an item a line: JSON if each line is an object or a list, else text.
    Lines,
}

/// A program, ready to be started.
#[derive(Debug)]
pub struct Program {
    spec: process::Spec,
    slots: Semaphore,
}

impl Program {
    pub(super) fn compile(
        name: &str,
        spec: &CommandSpec,
        around: &Surroundings<'_>,
    ) -> Result<Self, Vec<SpecFault>> {
        let mut faults = Vec::new();
        let mut given = Vec::new();
        for (variable, setting) in &spec.env {
            let known = around.resolve("env", setting).map(|value| given.push((variable.into(), value)));
            faults.extend(known.err());
            if variable.is_empty() || variable.contains(['=', '\0']) {
                faults.push(SpecFault::new("env", format!("`{variable}` is no name of a variable")));
            }
        }
        if given.iter().any(|(_, value)| value.expose().contains('\0')) {
            faults.push(SpecFault::new("env", "a value with a NUL byte cannot be given to a program"));
        }
        if spec.command.iter().any(|part| part.contains('\0')) {
            faults.push(SpecFault::new("command", "a NUL byte cannot be given to a program"));
        }
        let dir = spec.dir.as_ref().map_or_else(|| around.root.to_owned(), |dir| around.root.join(dir));
        if !dir.is_dir() {
            faults.push(SpecFault::new("dir", format!("there is no folder {}", dir.display())));
        }
        let Some((program, args)) = spec.command.split_first().filter(|(program, _)| !program.is_empty())
        else {
            faults.push(
                SpecFault::new("command", "no program is named").help("write it: command = [\"python3\", …]"),
            );
            return Err(faults);
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let spec_of = process::Spec {
            name: name.to_owned(),
            program: program.into(),
            args: args.iter().map(OsString::from).collect(),
            given,
            dir: Some(dir),
            ..process::Spec::default()
        };
        let slots = Semaphore::new(usize::try_from(spec.max_processes.unwrap_or(8)).unwrap_or(8).max(1));
        Ok(Self { spec: spec_of, slots })
    }

    /// The connection's name.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Why it cannot be started as things are, if so.
    pub fn unready(&self) -> Option<String> {
        let program = self.spec.program.to_string_lossy();
        self.spec.find().err().map(|e| match e.kind() {
            io::ErrorKind::NotFound => format!("there is no program `{program}`"),
            io::ErrorKind::PermissionDenied => format!("`{program}` is not executable"),
            _ => format!("`{program}` cannot be started: {e}"),
        })
    }
}

/// What stands at one place of the vector.
#[derive(Debug)]
enum Part {
    Text(String),
    /// The argument, as one position; after `--` or where the author allows it, it may begin with `-`.
    One {
        name: String,
        dashes: bool,
    },
    /// Each item of the argument.
    Each {
        name: String,
        dashes: bool,
    },
}

impl Part {
    fn parse(text: &str, dashes: bool) -> Result<Self, String> {
        let each = text.strip_suffix("...}").map(|start| format!("{start}}}"));
        let pattern = Pattern::parse(each.as_deref().unwrap_or(text))?;
        let alone = pattern.alone().map(str::to_owned);
        match (alone, each.is_some()) {
            (Some(name), true) => Ok(Self::Each { name, dashes }),
            (Some(name), false) => Ok(Self::One { name, dashes }),
            (None, false) if pattern.names().next().is_none() => {
                let text = pattern.fill(&Map::new(), false);
                if text.contains('\0') {
                    Err("a NUL byte cannot be given to a program".to_owned())
                } else {
                    Ok(Self::Text(text))
                }
            }
            _ => Err(format!("in `{text}` an argument is a part of a position; it must have one to itself")),
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::One { name, .. } | Self::Each { name, .. } => Some(name),
        }
    }

    /// `false`: its argument was not given.
    fn push(&self, arguments: &Map<String, Value>, vector: &mut Vec<OsString>) -> Result<bool, SourceError> {
        let given = |name: &str| arguments.get(name).filter(|value| !value.is_null());
        match self {
            Self::Text(text) => vector.push(text.into()),
            Self::One { name, dashes } => match given(name) {
                None => return Ok(false),
                Some(value) => vector.push(position(name, value, *dashes)?),
            },
            Self::Each { name, dashes } => match given(name) {
                None => return Ok(false),
                Some(Value::Array(items)) if items.is_empty() => return Ok(false),
                Some(Value::Array(items)) => {
                    for item in items {
                        vector.push(position(name, item, *dashes)?);
                    }
                }
                Some(value) => vector.push(position(name, value, *dashes)?),
            },
        }
        Ok(true)
    }
}

/// An argument as a position of the vector.
fn position(name: &str, value: &Value, dashes: bool) -> Result<OsString, SourceError> {
    let text = plain(value);
    let refused = |why: &str| {
        Err(SourceError::new(SourceErrorKind::Refused, format!("The argument `{name}` must not {why}.")))
    };
    if text.contains('\0') {
        return refused("contain a NUL character");
    }
    if text.starts_with('-') && !dashes {
        return refused("begin with `-`");
    }
    Ok(text.into())
}

/// One start of a program, of one tool.
#[derive(Debug)]
pub struct Run {
    connection: Arc<Connection>,
    /// Groups of positions; one of which an argument is absent is left out whole.
    args: Vec<Vec<Part>>,
    stdin: Option<Body>,
    output: Output,
    returns: Option<Returns>,
    not_found: NotFound,
    not_found_exit: Option<u8>,
}

impl Run {
    pub(super) fn compile(
        spec: &Spec,
        connection: &Arc<Connection>,
        arguments: Option<&[&str]>,
    ) -> Result<Self, Vec<SpecFault>> {
        let mut faults = Vec::new();
        let args = positions(spec, &mut faults);
        let stdin = spec.stdin.as_ref().map(Body::parse).transpose();
        let stdin = stdin.unwrap_or_else(|e| {
            faults.push(SpecFault::new("stdin", e));
            None
        });
        let mut in_stdin = Vec::new();
        stdin.iter().for_each(|body| body.names(&mut in_stdin));
        let in_args = args.iter().flatten().filter_map(Part::name);
        faults.extend(unknown_arguments("args", in_args.map(|name| (name, None)), arguments));
        faults.extend(unknown_arguments("stdin", in_stdin.into_iter().map(|name| (name, None)), arguments));
        let not_found = NotFound::compile(spec).map_err(|fault| faults.push(fault));
        let (Ok(not_found), true) = (not_found, faults.is_empty()) else { return Err(faults) };
        Ok(Self {
            connection: connection.clone(),
            args,
            stdin,
            output: spec.output.unwrap_or_default(),
            returns: spec.returns,
            not_found,
            not_found_exit: spec.not_found_exit,
        })
    }

    /// The names of the arguments it reads.
    pub fn arguments(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.args.iter().flatten().filter_map(Part::name).collect();
        self.stdin.iter().for_each(|body| body.names(&mut names));
        names
    }

    /// The program it starts.
    pub fn program(&self) -> Option<&Program> {
        match self.connection.as_ref() {
            Connection::Command(program) => Some(program),
            _ => None,
        }
    }

    pub(super) async fn fetch(
        &self,
        arguments: &Map<String, Value>,
        caps: Caps,
    ) -> Result<Value, SourceError> {
        let Some(program) = self.program() else {
            return Err(SourceError::broken("the connection is no program"));
        };
        let mut spec = program.spec.clone();
        for group in &self.args {
            let before = spec.args.len();
            for part in group {
                if !part.push(arguments, &mut spec.args)? {
                    spec.args.truncate(before);
                    break;
                }
            }
        }
        let input = self.stdin.as_ref().map(|body| body.fill(arguments).unwrap_or(Value::Null).to_string());
        let what = format!("The program `{}`", program.name());
        let answered = async {
            let slot = program.slots.acquire().await.map_err(SourceError::broken)?;
            let answer = answer(&spec, input, caps).await;
            drop(slot);
            answer
        };
        // What is given up is dropped, and what is dropped is ended.
        let late = |_| SourceError::timeout(&what).detail("ended at the deadline of the call");
        let answer = tokio::time::timeout_at(caps.deadline.into(), answered).await.map_err(late)??;
        self.read(&answer, &what, arguments, caps)
    }

    fn read(
        &self,
        answer: &Answer,
        what: &str,
        arguments: &Map<String, Value>,
        caps: Caps,
    ) -> Result<Value, SourceError> {
        if !answer.status.success() {
            let code = answer.status.code();
            if code.is_some() && code == self.not_found_exit.map(i32::from) {
                return Err(self.not_found.error(arguments));
            }
            return Err(failed(what, answer));
        }
        let strange = |what_it_is: &str, detail: String| {
            let message = format!("{what} answered with something that is not {what_it_is}.");
            SourceError::new(SourceErrorKind::Unavailable, message).detail(detail)
        };
        let data = match self.output {
            Output::Json if answer.output.iter().all(u8::is_ascii_whitespace) => Value::Object(Map::new()),
            Output::Json => {
                serde_json::from_slice(&answer.output).map_err(|e| strange("JSON", answer.with_words(&e)))?
            }
            Output::Lines => {
                let text = std::str::from_utf8(&answer.output)
                    .map_err(|e| strange("UTF-8 text", answer.with_words(&e)))?;
                lines(text, caps)?
            }
        };
        match (self.returns, data) {
            (Some(Returns::One), Value::Array(items)) => {
                items.into_iter().next().ok_or_else(|| self.not_found.error(arguments))
            }
            (Some(Returns::One), Value::Null) => Err(self.not_found.error(arguments)),
            (Some(Returns::Many), Value::Array(items)) if items.len() > caps.rows => {
                Err(SourceError::too_many_rows(caps.rows))
            }
            (_, data) => Ok(data),
        }
    }
}

/// The positions as written. Behind a `--` nothing is taken for an option.
fn positions(spec: &Spec, faults: &mut Vec<SpecFault>) -> Vec<Vec<Part>> {
    let mut dashes = spec.allow_dashes;
    let mut groups = Vec::new();
    for position in spec.args.iter().flatten() {
        let texts = match position {
            Position::One(text) => std::slice::from_ref(text),
            Position::Group(texts) => texts.as_slice(),
        };
        let mut group = Vec::new();
        for text in texts {
            match Part::parse(text, dashes) {
                Ok(part) => group.push(part),
                Err(e) => faults.push(SpecFault::new("args", e).help(
                    "write [\"--order\", \"{order_id}\"], or \"{ids...}\" for each item of a list; `{{` stands for a brace",
                )),
            }
            dashes |= text == "--";
        }
        groups.push(group);
    }
    groups
}

fn lines(text: &str, caps: Caps) -> Result<Value, SourceError> {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    if lines().nth(caps.rows).is_some() {
        return Err(SourceError::too_many_rows(caps.rows));
    }
    let structured = lines().all(|line| line.trim_start().starts_with(['{', '[']));
    let values =
        structured.then(|| lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>().ok());
    Ok(Value::Array(values.flatten().unwrap_or_else(|| lines().map(Value::from).collect())))
}

/// What a program came to.
struct Answer {
    status: ExitStatus,
    output: Vec<u8>,
    last_words: String,
}

impl Answer {
    /// A fault with the end of standard error.
    fn with_words(&self, fault: &dyn std::fmt::Display) -> String {
        match self.last_words.as_str() {
            "" => fault.to_string(),
            words => format!("{fault}; on standard error it wrote: {words}"),
        }
    }
}

/// Starts the program, says what is to be said, and hears it to the end.
async fn answer(spec: &process::Spec, input: Option<String>, caps: Caps) -> Result<Answer, SourceError> {
    let mut child = spec.start().map_err(|e| unstarted(spec, &e))?;
    let (stdin, stdout) = (child.take_stdin(), child.take_stdout());
    let (_, output) = tokio::join!(tell(stdin, input), hear(stdout, caps.bytes));
    let output = output?;
    let status = child.wait().await.map_err(SourceError::broken)?;
    Ok(Answer { status, output, last_words: child.last_words().await })
}

/// A program may close its input before it has read all.
async fn tell(stdin: Option<ChildStdin>, input: Option<String>) -> io::Result<()> {
    if let (Some(mut stdin), Some(input)) = (stdin, input) {
        stdin.write_all(input.as_bytes()).await?;
        stdin.write_all(b"\n").await?;
        stdin.shutdown().await?;
    }
    Ok(())
}

async fn hear(stdout: Option<ChildStdout>, most: usize) -> Result<Vec<u8>, SourceError> {
    let mut output = Vec::new();
    if let Some(stdout) = stdout {
        let mut capped = stdout.take(u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1));
        capped.read_to_end(&mut output).await.map_err(SourceError::broken)?;
    }
    if output.len() > most { Err(SourceError::too_many_bytes(most)) } else { Ok(output) }
}

fn unstarted(spec: &process::Spec, error: &io::Error) -> SourceError {
    if error.kind() == io::ErrorKind::ArgumentListTooLong {
        let message = format!("The arguments are too long for the program `{}`. Shorten them.", spec.name);
        return SourceError::new(SourceErrorKind::Refused, message);
    }
    SourceError::broken(format!("`{}` cannot be started: {error}", spec.program.to_string_lossy()))
}

fn failed(what: &str, answer: &Answer) -> SourceError {
    let how = match answer.status.code() {
        Some(126 | 127) => return SourceError::broken(answer.with_words(&answer.status)),
        Some(code) => format!("exit status {code}"),
        None => "it was killed".to_owned(),
    };
    let message = format!(
        "{what} failed ({how}). If other arguments do not help, its operator finds the reason in the server's log."
    );
    SourceError::new(SourceErrorKind::Unavailable, message).detail(answer.with_words(&answer.status))
}
