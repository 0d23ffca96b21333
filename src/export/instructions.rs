//! Instructions: how each tool is used and answered, for the model of an agent; as Markdown and as data.
//!
//! Owns the words. The server offers the same text as the prompt `widget-instructions`.

use serde::Serialize;
use serde_json::Value;

use super::fields::{Field, fields};
use super::{Files, Order, WriteError, markdown};
use crate::call::Prepared;
use crate::catalog::{Answer, Binding, Catalog, Tool};
use crate::config::server::Format;
use crate::config::tool::Visibility;
use crate::schema::shape::{OnMissing, PLACEHOLDER};
use crate::widget::sample;

/// How one tool is used and answered.
#[derive(Debug, Serialize)]
pub struct Instructions<'c> {
    /// The tool's name.
    pub tool: &'c str,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'c str>,
    /// What it is for and when to use it, in the author's words.
    pub description: &'c str,
    /// Who may call it.
    pub visibility: &'c [Visibility],
    /// It changes nothing.
    pub read_only: bool,
    /// Its arguments.
    pub arguments: Vec<Field>,
    /// The widgets it answers in: the main one first, then those for some results.
    pub answers: Vec<AnswerIn<'c>>,
    /// What to answer when there is no data, or not all of it; a sentence each.
    pub missing: Vec<String>,
}

/// One widget a tool answers in.
#[derive(Debug, Serialize)]
pub struct AnswerIn<'c> {
    /// `widget_id` of the envelope.
    pub widget_id: &'c str,
    /// `widget_type` of the envelope.
    pub widget_type: &'c str,
    /// The widget's name for people.
    pub name: &'c str,
    /// The widget's file, relative to the project.
    pub file: &'c str,
    /// The results it is for, a jq condition over the data; all that no other is for if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<&'c str>,
    /// Form of the envelope.
    pub envelope: Format,
    /// The fields of its `data`.
    pub fields: Vec<Field>,
    /// An envelope made from the widget's sample data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
}

/// The files of this target: `<tool>.md` and `<tool>.json` for each tool that answers in a widget.
///
/// # Errors
/// Two tools differ in capitals only.
pub fn files(order: Order<'_>) -> Result<Files, WriteError> {
    let mut files = Files::new();
    for tool in tools(order.catalog) {
        let Some(instructions) = instructions(order.catalog, tool) else { continue };
        let json = serde_json::to_string_pretty(&instructions).unwrap_or_default();
        files.add(format!("{}.json", tool.name), json + "\n")?;
        files.add(format!("{}.md", tool.name), instructions.markdown())?;
    }
    Ok(files)
}

/// The tools that answer in a widget of their own, sorted by name.
pub fn tools(catalog: &Catalog) -> impl Iterator<Item = &Tool> {
    catalog.tools.values().map(AsRef::as_ref).filter(|tool| matches!(tool.answer, Answer::Widget { .. }))
}

/// How a tool is used and answered; `None` for one without a widget.
pub fn instructions<'c>(catalog: &Catalog, tool: &'c Tool) -> Option<Instructions<'c>> {
    let Answer::Widget { main, variants } = &tool.answer else { return None };
    let others = variants.iter().map(|(when, binding)| answer(binding, Some(when.program())));
    Some(Instructions {
        tool: &tool.name,
        title: tool.title.as_deref(),
        description: &tool.description,
        visibility: catalog.visibility(tool),
        read_only: tool.annotations.read_only,
        arguments: fields(tool.arguments.schema.json()),
        answers: std::iter::once(answer(main, None)).chain(others).collect(),
        missing: missing(main.shape.on_missing()),
    })
}

fn answer<'c>(binding: &'c Binding, when: Option<&'c str>) -> AnswerIn<'c> {
    let widget = &binding.widget;
    AnswerIn {
        widget_id: &binding.id,
        widget_type: &widget.name,
        name: &widget.title,
        file: &widget.file,
        when,
        envelope: binding.format,
        fields: fields(&binding.public),
        example: example(binding),
    }
}

/// An envelope of this binding: with the sample of the widget's file, or if that does not fit with data made from the
/// schema; `None` if neither fits.
fn example(binding: &Binding) -> Option<Value> {
    let (sample, _) = binding.widget.sample();
    let made = || Prepared::new(binding, sample::from_schema(&binding.widget.schema));
    let data = Prepared::new(binding, sample).or_else(|_| made()).ok()?;
    serde_json::from_str(&binding.envelope(&binding.public_data(&data.value))).ok()
}

fn missing(on_missing: OnMissing) -> Vec<String> {
    let mut told = vec![
        "A result with `isError: true` has no envelope, and nothing is shown. Its text says what happened: pass that \
         on in your own words, or call again if the text says what to change. Never make up data in its place."
            .to_owned(),
        "An empty list is an answer: say that there is nothing.".to_owned(),
    ];
    told.push(match on_missing {
        OnMissing::Defaults | OnMissing::Null => {
            "A field that is null is not known. Say so if you are asked for it, and copy the null; never fill it in."
                .to_owned()
        }
        OnMissing::Error => {
            "Every field is there in every result; one that lacks a field is an error, told as above.".to_owned()
        }
        OnMissing::Partial => format!(
            "A field that is null is not known. A required field that was not delivered holds a stand-in of its type \
             (`{PLACEHOLDER}`, 0, false or nothing); the result's `_meta` lists it under `degraded`. Take `{PLACEHOLDER}` \
             for not known, say so if you are asked for it, and never fill it in."
        ),
    });
    told
}

/// What is said once of all widgets of a tool.
const COPYING: &str = "\
Every result but an error carries an envelope, as `structuredContent` and again as the text of `content`: which widget \
it is shown in, and the widget's data. Where you write an envelope or a widget's data yourself, copy each field of the \
result's `data` to the field of the same name, unchanged: none is renamed, reformatted, left out or added.
";

impl Instructions<'_> {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        let heading = match self.title {
            Some(title) => format!("# {}: {}\n", markdown::code(self.tool), markdown::words(title)),
            None => format!("# {}\n", markdown::code(self.tool)),
        };
        let mut parts = vec![heading, format!("{}\n", self.description)];
        parts.push(format!("{}\n", self.calling()));
        if !self.arguments.is_empty() {
            parts.push("## Arguments\n".to_owned());
            parts.push(table(&self.arguments));
        }
        parts.push("## What it answers\n".to_owned());
        parts.push(COPYING.to_owned());
        for answer in &self.answers {
            parts.push(answer.markdown(self.answers.len() > 1));
        }
        parts.push("## When data is missing\n".to_owned());
        parts.push(self.missing.iter().map(|line| format!("- {line}\n")).collect());
        parts.join("\n")
    }

    /// Who calls it, and with what care.
    fn calling(&self) -> String {
        let who = match (self.visibility.contains(&Visibility::Model), self.read_only) {
            (false, _) => "Widgets call this tool when the user clicks; do not call it yourself.",
            (true, true) => "It changes nothing: call it whenever its answer is needed.",
            (true, false) => "It changes data: call it only when the user wants exactly that.",
        };
        format!(
            "{who} What it answers is shown to the user as a widget, so do not repeat the widget's figures; say what \
             follows from them."
        )
    }
}

impl AnswerIn<'_> {
    fn markdown(&self, several: bool) -> String {
        let when = match self.when {
            Some(when) => format!(" when {} (jq, over the data)", markdown::code(when)),
            None if several => ", unless another section's condition holds".to_owned(),
            None => String::new(),
        };
        let mut parts = vec![
            format!("### The widget {}\n", markdown::code(self.widget_type)),
            format!(
                "A result is shown as {} ({}){when}. {}\n",
                markdown::words(self.name),
                markdown::code(self.file),
                self.carried()
            ),
            table(&self.fields),
        ];
        if let Some(example) = &self.example {
            let json = serde_json::to_string_pretty(example).unwrap_or_default();
            parts.push("An example:\n".to_owned());
            parts.push(markdown::block("json", &json));
        }
        parts.join("\n")
    }

    fn carried(&self) -> String {
        let (id, kind) = (Value::from(self.widget_id), Value::from(self.widget_type));
        let head = match self.envelope {
            Format::Flat => format!(r#"{{"widget_id": {id}, "widget_type": {kind}, "data": {{…}}}}"#),
            Format::Nested => format!(r#"{{"widget": {{"id": {id}, "type": {kind}}}, "data": {{…}}}}"#),
        };
        format!("Its envelope is {}, with these fields in `data`:", markdown::code(&head))
    }
}

/// What a field holds; a pattern stays as it is written.
fn expected(field: &Field) -> String {
    match field.pattern.as_deref().and_then(|pattern| Some((pattern, field.expects.split_once(pattern)?))) {
        Some((pattern, (before, after))) => {
            let parts = [markdown::words(before), markdown::code(pattern), markdown::words(after)];
            parts.join(" ").trim().to_owned()
        }
        None => markdown::words(&field.expects),
    }
}

fn table(fields: &[Field]) -> String {
    let mut out = markdown::row(["field", "holds", "needed", "meaning"]);
    out.push_str("| --- | --- | --- | --- |\n");
    for field in fields {
        let mut meaning = field.description.as_deref().map(markdown::words).unwrap_or_default();
        if let Some(default) = &field.default {
            let gap = if meaning.is_empty() { "" } else { " " };
            meaning.push_str(&format!("{gap}(default {})", markdown::code(&default.to_string())));
        }
        let needed = if field.required { "required" } else { "optional" };
        out.push_str(&markdown::row([
            markdown::code(&field.path).as_str(),
            &expected(field),
            needed,
            &meaning,
        ]));
    }
    out
}
