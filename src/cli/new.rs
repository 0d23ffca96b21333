//! `toolface new`

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{Common, Verdict, complain, say};
use crate::catalog::compile::is_name;
use crate::config::{self, Project};
use crate::diag::{Diagnostics, SourceText, suggestion};
use crate::export::files::{Files, Occupied};
use crate::starter::{self, ToolDraft};
use crate::template::Limits;
use crate::widget::{Widget, tree::TreeLimits};

/// `toolface new`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  toolface new project ~/desk                            a folder with a tool and a widget\n  toolface new widget order-card --from order.json       for data like this, or for a JSON Schema\n  toolface new widget contact --from schema.json --form  a form that asks for what a schema describes\n  toolface new widget team --starter profile             one of the starters\n  toolface new tool get_order --widget order-card        a tool that shows the widget with its sample"
)]
pub(super) struct New {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A widget: blank, from a starter, or for a JSON Schema or a sample of its data
    Widget(NewWidget),
    /// A tool file for a widget
    Tool(NewTool),
    /// A project: a folder with a tool, its data and its widget
    Project(NewProject),
}

#[derive(Debug, Args)]
struct NewWidget {
    /// Its name: the file is widgets/NAME.widget
    name: String,
    /// JSON file to make it for: a JSON Schema, or data as the widget is to get; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "starter")]
    from: Option<PathBuf>,
    /// What the file is; looked up in it if left out
    #[arg(long = "as", value_enum, requires = "from")]
    kind: Option<FromKind>,
    /// Make a form that asks for what the schema describes
    #[arg(long, requires = "from", conflicts_with = "kind")]
    form: bool,
    /// Starter to begin with
    #[arg(long, value_name = "STARTER", value_parser = starters())]
    starter: Option<String>,
    /// Its name for people
    #[arg(long)]
    title: Option<String>,
    /// Replace a file of that name
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FromKind {
    /// A JSON Schema
    Schema,
    /// A sample of the data
    Data,
}

#[derive(Debug, Args)]
struct NewTool {
    /// Its name: the file is tools/NAME.toml
    name: String,
    /// Widget that shows its data; the one of the tool's name if left out
    #[arg(long)]
    widget: Option<String>,
    /// Connection of toolface.toml to take the data from; a JSON file with the widget's sample if left out
    #[arg(long)]
    connection: Option<String>,
    /// Its name for people
    #[arg(long)]
    title: Option<String>,
    /// What the model reads to decide when to use it
    #[arg(long)]
    description: Option<String>,
    /// Replace files of these names
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
struct NewProject {
    /// The folder: a new one, or an empty one
    folder: PathBuf,
}

fn starters() -> clap::builder::PossibleValuesParser {
    let values =
        starter::gallery().iter().map(|e| clap::builder::PossibleValue::new(e.name).help(e.description));
    values.collect::<Vec<_>>().into()
}

impl New {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        match self.what {
            What::Widget(widget) => widget.run(common),
            What::Tool(tool) => tool.run(common),
            What::Project(project) => project.run(),
        }
    }
}

impl NewWidget {
    fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        named(&self.name)?;
        let (text, select) = self.made()?;
        let path = format!("widgets/{}.widget", self.name);
        write(&common.dir, &[(&path, text)], self.force)?;
        let there = in_folder(common);
        let mut told = format!(
            "{path} is written. Look at it:\n  toolface {there}render {name} --as text\nand give it to a tool:\n  toolface {there}new tool TOOL --widget {name}",
            name = self.name
        );
        if let Some(select) = select {
            told.push_str(&format!(
                "\nIts data is made of what it was made for with this, as `select` of a tool's [data]:\n  {select}"
            ));
        }
        say(&told)?;
        Ok(Verdict::Done)
    }

    /// The file's text, and the jq that makes its data of what it was made for.
    fn made(&self) -> anyhow::Result<(String, Option<String>)> {
        let (name, title) = (self.name.as_str(), self.title.as_deref());
        if let Some(starter) = &self.starter
            && let Some(entry) = starter::gallery().iter().find(|e| e.name == starter)
        {
            return Ok((starter::from_gallery(entry, name, title), None));
        }
        let Some(from) = &self.from else { return Ok((starter::blank(name, title).widget_file(), None)) };
        let json = read_json(from)?;
        if self.form {
            let made = starter::form(name, title, &json, &format!("{name}.send"));
            return Ok((made.widget_file(), None));
        }
        let is_schema = self.kind.map_or_else(|| starter::is_schema(&json), |kind| kind == FromKind::Schema);
        let make = if is_schema { starter::from_schema } else { starter::from_data };
        let made = make(name, title, &json);
        Ok((made.widget_file(), made.select))
    }
}

impl NewTool {
    fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        named(&self.name)?;
        let mut faults = Diagnostics::new();
        let Some(project) = config::read(&common.dir, &mut faults) else {
            complain(&faults.render(std::io::IsTerminal::is_terminal(&std::io::stderr())));
            return Ok(Verdict::Fault);
        };
        let widget = self.widget(&project)?;
        let sample = widget.sample().0;
        let mut files: Vec<(String, String)> = Vec::new();
        let mut draft = ToolDraft {
            title: Some(self.title.clone().unwrap_or_else(|| widget.title.clone())),
            description: self.description.clone().unwrap_or_else(|| {
                format!(
                    "Show {}. Say here what it is good for: the model decides by this when to use it.",
                    widget.title
                )
            }),
            widget: Some(widget.name),
            annotations: vec![("read_only".to_owned(), true)],
            ..ToolDraft::default()
        };
        match &self.connection {
            None => {
                let file = format!("data/{}.json", self.name);
                let text = serde_json::to_string_pretty(&sample)? + "\n";
                files.push((file.clone(), text));
                draft.source = vec![("file".to_owned(), json!(file))];
                draft
                    .remarks
                    .push("The data is fixed: the widget's sample, in the file named below.".to_owned());
            }
            Some(name) => connect(name, &project, &sample, &mut draft)?,
        }
        let path = format!("tools/{}.toml", self.name);
        files.insert(0, (path, starter::tool_file(&draft)));
        let files: Vec<(&str, String)> =
            files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
        write(&common.dir, &files, self.force)?;
        let there = in_folder(common);
        let written: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        say(&format!(
            "{} written. What next:\n  toolface {there}check\n  toolface {there}call {} --as text\n  toolface {there}serve",
            written.join(" and "),
            self.name
        ))?;
        Ok(Verdict::Done)
    }

    fn widget(&self, project: &Project) -> anyhow::Result<Widget> {
        let name = self.widget.as_ref().unwrap_or(&self.name);
        let Some(found) = project.widgets.iter().find(|w| w.name == *name) else {
            let all: Vec<&str> = project.widgets.iter().map(|w| w.name.as_str()).collect();
            let help = suggestion(name, all.iter().copied()).unwrap_or_else(|| match all.as_slice() {
                [] => "make one first: toolface new widget NAME".to_owned(),
                some => format!("name one with --widget: {}", some.join(", ")),
            });
            bail!("there is no widget `{name}`; {help}");
        };
        Widget::compile(name, &found.source, None, Limits::default(), TreeLimits::default())
            .map_err(|_| anyhow::anyhow!("the widget `{name}` has faults; `toolface check` tells them"))
    }
}

/// A source of a connection that gives the widget's sample, until it is given something better to ask.
fn connect(name: &str, project: &Project, sample: &Value, draft: &mut ToolDraft) -> anyhow::Result<()> {
    let all = &project.server.content.connections;
    let Some(spec) = all.get(name) else {
        let known: Vec<&str> = all.keys().map(String::as_str).collect();
        let help = suggestion(name, known.iter().copied()).unwrap_or_else(|| match known.as_slice() {
            [] => "toolface.toml has none".to_owned(),
            some => format!("there are: {}", some.join(", ")),
        });
        bail!("there is no connection `{name}` in toolface.toml; {help}");
    };
    if !starter::ask(draft, name, spec.kind(), sample) {
        bail!("a source of the connection `{name}` has to be written by hand; see docs/connections.md");
    }
    Ok(())
}

impl NewProject {
    fn run(self) -> anyhow::Result<Verdict> {
        let folder = std::path::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone());
        let stem = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = if is_name(&stem) { stem } else { "toolface".to_owned() };
        let Some(entry) = starter::gallery().iter().find(|e| e.name == "timeline") else {
            bail!("there are no starters");
        };
        let text = starter::from_gallery(entry, "progress", Some("Progress"));
        let source = SourceText::new("progress.widget", text.clone());
        let widget = Widget::compile("progress", &source, None, Limits::default(), TreeLimits::default())
            .map_err(|_| anyhow::anyhow!("the starter has faults"))?;
        let draft = ToolDraft {
            title: Some("Progress".to_owned()),
            description: "Show how far the permit is: each step, when it was done, and what comes next.".to_owned(),
            widget: Some("progress".to_owned()),
            text: Some("{{ title }}: {{ status }}.".to_owned()),
            remarks: vec!["The data is fixed. A [connections] table in toolface.toml names a database or an API to ask.".to_owned()],
            annotations: vec![("read_only".to_owned(), true)],
            source: vec![("file".to_owned(), json!("data/get_progress.json"))],
            ..ToolDraft::default()
        };
        let mut files = Files::new();
        files.add("toolface.toml", format!("[server]\nname = \"{name}\"\ntitle = \"{name}\"\n"))?;
        files.add("tools/get_progress.toml", starter::tool_file(&draft))?;
        files.add("data/get_progress.json", serde_json::to_string_pretty(&widget.sample().0)? + "\n")?;
        files.add("widgets/progress.widget", text)?;
        files.write(&self.folder, Occupied::Refuse)?;
        let there = self.folder.display();
        say(&format!(
            "A project is in {there}. What next:\n  toolface --dir {there} call get_progress --as text\n  toolface --dir {there} serve\n  toolface --dir {there} new widget NAME --from data.json"
        ))?;
        Ok(Verdict::Done)
    }
}

/// Refuses names that files of a project cannot have.
fn named(name: &str) -> anyhow::Result<()> {
    if !is_name(name) || name.starts_with('.') {
        bail!(
            "`{name}` cannot be a name: take up to 128 letters (a-z), digits, `_`, `-` and `.`, no `.` first"
        );
    }
    Ok(())
}

/// How the next command reaches the same project.
fn in_folder(common: &Common) -> String {
    if common.dir == Path::new(".") { String::new() } else { format!("--dir {} ", common.dir.display()) }
}

fn read_json(file: &Path) -> anyhow::Result<Value> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .with_context(|| format!("{} is no JSON", file.display()))
}

/// Writes files beside those that are there.
fn write(dir: &Path, files: &[(&str, String)], force: bool) -> anyhow::Result<()> {
    let mut all = Files::new();
    for (path, text) in files {
        all.add(*path, text.as_str())?;
    }
    all.write(dir, if force { Occupied::Replace } else { Occupied::Join })?;
    Ok(())
}
