//! `toolface agents`

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, ValueEnum, error::ErrorKind};

use super::{Cli, Common, Verdict, describe, say};
use crate::export::files::Occupied;
use crate::export::{Endpoint, Language, Order, agent_builder, instructions, projects, types};

/// `toolface agents`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  toolface agents instructions --out made/instructions\n  toolface agents agent-builder --out made/workflow --url https://shop.example.com/mcp\n  toolface agents agents-sdk --lang typescript --out made/agents\n  toolface agents chatkit --out made/chat\n  toolface agents types --lang python --out made/types"
)]
pub(super) struct Agents {
    /// What to write
    #[arg(value_enum)]
    target: Target,
    /// Folder to write into; made if it is not there
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Language of generated code
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    lang: Option<Lang>,
    /// Where the server is reached, e.g. https://shop.example.com/mcp; this machine if left out
    #[arg(long, value_name = "URL")]
    url: Option<Endpoint>,
    /// Write into a folder that is not empty: files of the same names are replaced, others stay
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// How each tool is used and answered, as Markdown and JSON
    Instructions,
    /// A workflow for Agent Builder: a classifier, a branch and an agent per route
    AgentBuilder,
    /// A project on the Agents SDK to run: a triage agent, and one for each route, in a terminal chat
    AgentsSdk,
    /// A back end for ChatKit to run: every result in its own widget, and a page
    Chatkit,
    /// Types of all data and envelopes, for Python and TypeScript
    Types,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// Python 3.11 and later
    Python,
    /// TypeScript
    Typescript,
}

impl Target {
    /// Whether it heeds `--lang`.
    fn has_languages(self) -> bool {
        match self {
            Self::AgentsSdk | Self::Types => true,
            Self::Instructions | Self::AgentBuilder | Self::Chatkit => false,
        }
    }

    /// Whether it heeds `--url`.
    fn has_address(self) -> bool {
        match self {
            Self::AgentBuilder | Self::AgentsSdk | Self::Chatkit => true,
            Self::Instructions | Self::Types => false,
        }
    }
}

impl Agents {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        self.fits()?;
        let Some(catalog) = describe(&common.dir) else { return Ok(Verdict::Fault) };
        let endpoint = self.url.unwrap_or_else(|| Endpoint::local(&catalog.http.listen));
        let language = self.lang.map(|lang| match lang {
            Lang::Python => Language::Python,
            Lang::Typescript => Language::TypeScript,
        });
        let order = Order { catalog: &catalog, endpoint: &endpoint, language };
        let files = match self.target {
            Target::Instructions => instructions::files(order),
            Target::AgentBuilder => agent_builder::files(order),
            Target::AgentsSdk => projects::agents_sdk(order),
            Target::Chatkit => projects::chatkit(order),
            Target::Types => types::files(order),
        }?;
        files.write(&self.out, if self.force { Occupied::Replace } else { Occupied::Refuse })?;
        for (path, _) in files.iter() {
            say(&self.out.join(path).display().to_string())?;
        }
        Ok(Verdict::Done)
    }

    /// Refuses a flag that would do nothing.
    fn fits(&self) -> Result<(), clap::Error> {
        let idle = match (&self.lang, &self.url) {
            (Some(_), _) if !self.target.has_languages() => "--lang",
            (_, Some(_)) if !self.target.has_address() => "--url",
            _ => return Ok(()),
        };
        let target = self.target.to_possible_value();
        let target = target.as_ref().map_or("", |t| t.get_name());
        Err(Cli::command()
            .error(ErrorKind::ArgumentConflict, format!("{idle} means nothing to the target '{target}'")))
    }
}
