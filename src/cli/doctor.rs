//! `toolface doctor`

use std::ffi::OsString;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Map, Value};

use super::{Common, Form, Verdict, json_object, pretty, runtime, say, stopped};
use crate::config::env;
use crate::doctor::{Examination, Target, examine};
use crate::secret::Secret;

const EXAMPLES: &str = "\
Examples:
  toolface doctor                                        the project here, as a client that starts it
  toolface doctor --stdio 'toolface stdio --dir shop'    any server that is a program
  toolface doctor --args 'get_order={\"order_id\": \"1001\"}'
  toolface doctor --format json                          for programs

One that is running: --url http://127.0.0.1:8787/mcp --header 'Authorization: Bearer {env:TOKEN}'

Only tools that say they only read are called, with arguments from --args or from the defaults, examples and enums of
their schema. Exit codes: 0 no faults; 1 faults; 2 the command line is wrong.";

/// `toolface doctor`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Doctor {
    /// Address of a running server
    #[arg(long, value_name = "URL", value_parser = address)]
    url: Option<String>,
    /// Command line of a server that speaks on standard input and output
    #[arg(long, value_name = "COMMAND", value_parser = command_line, conflicts_with = "url")]
    stdio: Option<Words>,
    /// Header of every request; `{env:NAME}` in its value is taken from the environment. Never printed. Repeatable
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header, requires = "url")]
    headers: Vec<(String, Secret)>,
    /// Arguments to call a tool with: JSON or @file. Repeatable
    #[arg(long = "args", value_name = "TOOL=JSON", value_parser = tool_arguments)]
    arguments: Vec<(String, Map<String, Value>)>,
    /// A tool to call although it may change something. Repeatable
    #[arg(long = "call", value_name = "TOOL")]
    calls: Vec<String>,
    /// Seconds to wait for one answer
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
}

/// A command line, taken apart.
#[derive(Debug, Clone)]
struct Words {
    program: OsString,
    arguments: Vec<OsString>,
}

impl Doctor {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        let target = match (self.url, self.stdio) {
            (Some(url), _) => Target::Http { url, headers: self.headers },
            (None, Some(Words { program, arguments })) => Target::Program { program, arguments },
            (None, None) => own(common)?,
        };
        let examination = Examination {
            target,
            timeout: self.timeout,
            arguments: self.arguments.into_iter().collect(),
            call: self.calls.into_iter().collect(),
        };
        let runtime = runtime()?;
        let report = runtime.block_on(async {
            // A dropped examination ends what it started.
            tokio::select! {
                report = examine(&examination) => Some(report),
                () = stopped() => None,
            }
        });
        runtime.shutdown_background();
        let report = report.context("stopped before the examination was done")?;
        say(&match self.format {
            Form::Text => report.to_text(),
            Form::Json => pretty(&report.to_json()),
        })?;
        Ok(if report.is_well() { Verdict::Done } else { Verdict::Fault })
    }
}

/// This program, serving the project of `--dir`.
fn own(common: &Common) -> anyhow::Result<Target> {
    let program = std::env::current_exe().context("cannot tell where this program is")?;
    let arguments =
        vec!["--dir".into(), common.dir.clone().into(), "--log".into(), "warn".into(), "stdio".into()];
    Ok(Target::Program { program: program.into(), arguments })
}

fn address(text: &str) -> Result<String, String> {
    let rest = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    match host {
        "" => Err("write it whole: http://127.0.0.1:8787/mcp".to_owned()),
        host if host.contains('@') => {
            Err("no password in a URL: --header 'Authorization: Basic {env:CREDENTIALS}'".to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}

fn command_line(text: &str) -> Result<Words, String> {
    let words = shlex::split(text).ok_or("a quote is not closed")?;
    let mut words = words.into_iter().map(OsString::from);
    let program = words.next().ok_or("it is empty")?;
    Ok(Words { program, arguments: words.collect() })
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it must be a number of seconds")?;
    if (0.05..=600.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("from 0.05 to 600".into())
    }
}

fn tool_arguments(text: &str) -> Result<(String, Map<String, Value>), String> {
    let (tool, json) = text.split_once('=').ok_or("write TOOL=JSON: get_order={\"order_id\": \"1001\"}")?;
    Ok((tool.trim().to_owned(), json_object(json)?))
}

fn header(text: &str) -> Result<(String, Secret), String> {
    let (name, value) = text.split_once(':').ok_or("write it as `Name: value`")?;
    let mut filled = String::new();
    let mut rest = value.trim();
    while let Some((before, after)) = rest.split_once("{env:") {
        let (variable, after) = after.split_once('}').ok_or("`{env:` is not closed by `}`")?;
        filled.push_str(before);
        filled.push_str(&env::lookup(variable).ok_or_else(|| format!("the variable {variable} is not set"))?);
        rest = after;
    }
    filled.push_str(rest);
    Ok((name.trim().to_owned(), Secret::new(filled)))
}
