//! The command line.
//!
//! Owns flags, subcommands and exit codes: 0 done, 1 the project or the call has a fault, 2 the command line itself is
//! wrong. One command per file. Besides `server/stdio.rs` the only place that prints to standard output.

#![allow(clippy::print_stdout, reason = "what a command prints is its result")]

mod agents;
mod call;
mod check;
mod connect;
mod doctor;
mod import;
mod import_upstream;
mod log;
mod manifest;
mod new;
mod render;
mod schema;
mod serve;
mod stdio;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::{Map, Value};

use crate::catalog::Catalog;
use crate::diag::{Diagnostics, Severity};
use crate::live::Watch;

const EXAMPLES: &str = "\
Examples:
  toolface serve                             the project here, at http://127.0.0.1:8787/mcp
  toolface stdio --dir ~/shop                one to the program that starts this
  toolface check --strict                    everything that is wrong with it
  toolface call get_order --args '{\"order_id\": \"1001\"}'
  toolface render order-card --as text       a widget with its sample data, as Markdown

Exit codes: 0 done; 1 the project or the call has a fault; 2 the command line is wrong.";

/// An MCP server in which every tool answers in its own ChatKit widget.
#[derive(Debug, Parser)]
#[command(name = "toolface", version, about, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Common {
    /// The project's folder: where toolface.toml, tools/ and widgets/ are
    #[arg(long, short = 'C', global = true, default_value = ".", value_name = "FOLDER")]
    dir: PathBuf,
    /// Form of the log on standard error
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// What to log, e.g. `warn`, `toolface=debug`; the environment variable TOOLFACE_LOG says the same
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        env = "TOOLFACE_LOG",
        default_value = "warn,toolface=info"
    )]
    log: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// A line of text per event
    Text,
    /// A JSON object per event
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve over HTTP, http://127.0.0.1:8787/mcp, with the studio at /studio
    Serve(serve::Serve),
    /// Serve over standard input and output, to the program that starts this one
    Stdio(stdio::Stdio),
    /// Tell everything that is wrong with a project, with file, line and cure
    Check(check::Check),
    /// Examine a running server as its clients see it, with a cure for every fault
    Doctor(doctor::Doctor),
    /// Call a tool and print what it answers
    Call(call::Call),
    /// Render a widget with its sample or with data of yours
    Render(render::Render),
    /// Make tools and widgets for an MCP server, or for operations of an HTTP API
    Import(import::Import),
    /// Write a new widget, tool or project
    New(new::New),
    /// Print what a client must be told to use the tools, or merge it into the client's configuration
    Connect(connect::Connect),
    /// Print which tool is bound to which widget, with schemas, as JSON
    Manifest(manifest::Manifest),
    /// Write what agents need: instructions, workflows, types, projects to run
    Agents(agents::Agents),
    /// Print the JSON Schema of a kind of file, for editors
    Schema(schema::Schema),
}

/// Form of a report on a project or a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// An object with all of it, for programs
    Json,
}

/// What commands that serve know of changed files.
#[derive(Debug, Args)]
struct Watched {
    /// How changed files are noticed; a change takes effect without a new start
    #[arg(long, value_enum, default_value_t = Noticed::Auto, value_name = "HOW")]
    watch: Noticed,
}

/// How changed files are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Noticed {
    /// The system tells; where it cannot, as poll
    Auto,
    /// Look once a second, for network file systems
    Poll,
    /// Not at all: serve what was there at the start
    Off,
}

impl From<Noticed> for Watch {
    fn from(noticed: Noticed) -> Self {
        match noticed {
            Noticed::Auto => Self::Auto,
            Noticed::Poll => Self::Poll,
            Noticed::Off => Self::Off,
        }
    }
}

/// What a command came to, besides its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Exit code 0.
    Done,
    /// Exit code 1; the reason is printed already.
    Fault,
    /// Exit code 2, likewise.
    Misuse,
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(code) = crate::source::process::guard::entered(&arguments) {
        return ExitCode::from(code);
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    let common = &cli.common;
    // What the doctor's client meets is the doctor's to tell.
    // What it tells there is told by ourselves, with the connection's name.
    let first = match cli.command {
        Command::Doctor(_) => "rmcp=off,",
        _ => crate::source::mcp::TOLD_HERE,
    };
    if let Err(e) = log::start(common, first) {
        complain(&format!("error: {e:#}"));
        return ExitCode::from(2);
    }
    let verdict = match cli.command {
        Command::Serve(command) => command.run(common),
        Command::Stdio(command) => command.run(common),
        Command::Check(command) => command.run(common),
        Command::Doctor(command) => command.run(common),
        Command::Call(command) => command.run(common),
        Command::Render(command) => command.run(common),
        Command::Import(command) => command.run(common),
        Command::New(command) => command.run(common),
        Command::Connect(command) => command.run(common),
        Command::Manifest(command) => command.run(common),
        Command::Agents(command) => command.run(common),
        Command::Schema(command) => command.run(common),
    };
    log::flush();
    match verdict {
        Ok(Verdict::Done) => ExitCode::SUCCESS,
        Ok(Verdict::Fault) => ExitCode::from(1),
        Ok(Verdict::Misuse) => ExitCode::from(2),
        // Whoever read our output has heard enough.
        Err(e) if is_broken_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => match e.downcast_ref::<clap::Error>() {
            Some(wrong) => {
                complain(wrong.to_string().trim_end());
                ExitCode::from(2)
            }
            None => {
                complain(&format!("error: {e:#}"));
                ExitCode::from(1)
            }
        },
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Prints a text and a line's end to standard output.
fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Prints to standard error; if that is gone, nobody is there to be told.
fn complain(text: &str) {
    log::flush();
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Loads the project, telling its faults. `None`: it has errors.
fn load(dir: &Path) -> Option<Catalog> {
    told(crate::catalog::load(dir))
}

/// Loads the project to tell others about it, not to call its tools. `None`: it has errors, which were told.
fn describe(dir: &Path) -> Option<Catalog> {
    told(crate::catalog::describe(dir))
}

fn told((catalog, faults): (Option<Catalog>, Diagnostics)) -> Option<Catalog> {
    match &catalog {
        None => complain(&faults.render(std::io::stderr().is_terminal())),
        Some(_) if faults.count(Severity::Warning) > 0 => {
            tracing::warn!("{} in the project; `toolface check` tells them", faults.summary());
        }
        Some(_) => {}
    }
    catalog
}

/// A runtime for one command.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")
}

/// A flag's value: a JSON object, or `@` and the file that holds it.
fn json_object(text: &str) -> Result<Map<String, Value>, String> {
    let json = match text.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|e| format!("cannot read {file}: {e}"))?,
        None => text.to_owned(),
    };
    match serde_json::from_str(&json) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("it must be a JSON object, like {\"order_id\": \"1001\"}".to_owned()),
        Err(e) => Err(format!("it is no JSON: {e}")),
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Ends when the process is asked to stop, from now on: Ctrl-C or SIGTERM. Only in a runtime.
fn stopped() -> impl Future<Output = ()> + Send + 'static {
    // A signal is caught from here, not only when somebody waits for it.
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    };
    async move {
        #[cfg(unix)]
        if let (Ok(mut interrupt), Ok(mut terminate)) = signals {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        let _ = tokio::signal::ctrl_c().await;
    }
}
