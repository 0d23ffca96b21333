//! `toolface render`

use std::path::Path;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use super::{Common, Verdict, complain, json_object, load, pretty, say};
use crate::call::envelope;
use crate::diag::{Diagnostic, Diagnostics, SourceText};
use crate::schema::shape::{OnMissing, Shape};
use crate::template;
use crate::widget::{Widget, tree::TreeLimits};

/// `toolface render`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  toolface render order-card                       its sample data\n  toolface render order-card --data @order.json --as text\n  toolface render ~/Downloads/card.widget          any file, without a project"
)]
pub(super) struct Render {
    /// A widget of the project, or a .widget file
    widget: String,
    /// Its data, as JSON or @file, instead of the sample
    #[arg(long, value_name = "JSON|@FILE", value_parser = json_object)]
    data: Option<Map<String, Value>>,
    /// What to print
    #[arg(long = "as", value_enum, default_value_t = Form::Tree)]
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The hydrated widget tree
    Tree,
    /// The widget as Markdown
    Text,
}

impl Render {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<Verdict> {
        if Path::new(&self.widget).extension().is_some_and(|e| e == "widget") {
            let text = std::fs::read_to_string(&self.widget)
                .with_context(|| format!("cannot read {}", self.widget))?;
            let name = Path::new(&self.widget)
                .file_stem()
                .map(|s| s.to_string_lossy().into_owned())
                .unwrap_or_default();
            let source = SourceText::new(&self.widget, text);
            let limits = template::Limits::default();
            return match Widget::compile(&name, &source, None, limits, TreeLimits::default()) {
                Ok(widget) => self.print(&widget),
                Err(faults) => Ok(told(faults)),
            };
        }
        let Some(catalog) = load(&common.dir) else { return Ok(Verdict::Fault) };
        let Some(widget) = catalog.widgets.get(&self.widget) else {
            let near = crate::diag::suggestion(&self.widget, catalog.widgets.keys().map(String::as_str));
            let help = near.unwrap_or_else(|| {
                format!("there are: {}", catalog.widgets.keys().cloned().collect::<Vec<_>>().join(", "))
            });
            complain(&format!("error: there is no widget `{}`; {help}", self.widget));
            return Ok(Verdict::Fault);
        };
        self.print(widget)
    }

    fn print(&self, widget: &Widget) -> anyhow::Result<Verdict> {
        let mut data = match &self.data {
            Some(data) => Value::Object(data.clone()),
            None => widget.sample().0,
        };
        Shape::compile(&widget.schema, OnMissing::Null).fill(&mut data);
        let data = template::Data::new(&data);
        let printed = match widget.print(&data) {
            Ok(printed) => printed,
            Err(e) => return Ok(told(vec![widget.told(&e, &data)])),
        };
        let tree = match widget.tree(&printed) {
            Ok(tree) => tree,
            Err(e) => return Ok(told(vec![widget.told(&e, &data)])),
        };
        match self.form {
            Form::Tree => {
                let mut json = String::new();
                tree.write_json(&mut json);
                say(&pretty(&serde_json::from_str::<Value>(&json)?))?;
            }
            Form::Text => say(&envelope::markdown(&tree, &Default::default()))?,
        }
        Ok(Verdict::Done)
    }
}

fn told(faults: Vec<Diagnostic>) -> Verdict {
    let mut all = Diagnostics::new();
    faults.into_iter().for_each(|d| all.push(d));
    complain(&all.render(std::io::IsTerminal::is_terminal(&std::io::stderr())));
    Verdict::Fault
}
