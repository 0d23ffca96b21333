//! `toolface new`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::Value;

use super::{Common, Verdict, say};
use crate::export::files::{Files, Occupied};
use crate::starter::{self, Starter};

/// `toolface new`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  toolface new project ~/desk                          a folder with a tool and a widget\n  toolface new widget order-card --from order.json      made for data like this, or for a JSON Schema\n  toolface new widget contact --starter profile         one of the starters\n  toolface new widget contact-form --from schema.json --form\n  toolface new tool get_order --widget order-card       a tool that shows the widget with its sample"
)]
pub(super) struct New {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A widget: from a starter, a JSON Schema, or a sample of its data
    Widget(NewWidget),
    /// A tool file
    Tool(NewTool),
    /// A folder with a project: one tool with fixed data, and its widget
    Project(NewProject),
}

#[derive(Debug, Args)]
struct NewWidget {
    /// Its name: widgets/NAME.widget
    name: String,
    /// JSON file to make it for: a JSON Schema, or data as the widget will get it; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "starter")]
    from: Option<PathBuf>,
    /// What the file is; told by looking at it if left out
    #[arg(long = "as", value_enum, requires = "from")]
    kind: Option<FromKind>,
    /// A form that asks for what the schema describes
    #[arg(long, requires = "from")]
    form: bool,
    /// A starter to begin with; `--starter list` tells all
    #[arg(long, value_name = "NAME")]
    starter: Option<String>,
    /// Its name for people
    #[arg(long)]
    title: Option<String>,
    /// Replace a file of that name
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FromKind {
    /// A JSON Schema
    Schema,
    /// A sample of the data
    Data,
}

#[derive(Debug, Args)]
struct NewTool {
    /// Its name: tools/NAME.toml
    name: String,
    /// The widget that shows its data; the one of the tool's own name if left out
    #[arg(long)]
    widget: Option<String>,
    /// Connection of toolface.toml to take the data from; fixed data if left out
    #[arg(long)]
    connection: Option<String>,
    /// Its name for people
    #[arg(long)]
    title: Option<String>,
    /// What the model reads
    #[arg(long)]
    description: Option<String>,
    /// Replace a file of that name
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
struct NewProject {
    /// The folder; made if it is not there
    folder: PathBuf,
}

impl New {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        match self.what {
            What::Widget(widget) => widget.run(common),
            What::Tool(_) | What::Project(_) => bail!("not yet"),
        }
    }
}

impl NewWidget {
    fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        let title = self.title.as_deref();
        let Some(from) = &self.from else { bail!("not yet") };
        let made = self.generate(from, title)?;
        let path = format!("widgets/{}.widget", self.name);
        write(&common.dir, &[(&path, made.widget_file())], self.force)?;
        say(&format!("{path} written."))?;
        Ok(Verdict::Done)
    }

    fn generate(&self, from: &Path, title: Option<&str>) -> anyhow::Result<Starter> {
        let json = read_json(from)?;
        if self.form {
            return Ok(starter::form(&self.name, title, &json, &format!("{}.send", self.name)));
        }
        let is_schema = self.kind.map_or_else(|| starter::is_schema(&json), |kind| kind == FromKind::Schema);
        Ok(if is_schema {
            starter::from_schema(&self.name, title, &json)
        } else {
            starter::from_data(&self.name, title, &json)
        })
    }
}

fn read_json(file: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))
}

fn write(dir: &Path, files: &[(&str, String)], force: bool) -> anyhow::Result<()> {
    let mut all = Files::new();
    for (path, text) in files {
        all.add(*path, text.as_str())?;
    }
    all.write(dir, if force { Occupied::Replace } else { Occupied::Join })?;
    Ok(())
}
