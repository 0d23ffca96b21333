//! Widgets: a `.widget` file compiled, from data to tree to text.
//!
//! Owns the steps between data and a checked tree: print (the template), parse (the tree), read aloud (Markdown).
//! Opens no file and knows no tool.
//!
//! - [`file`]: the file as written.
//! - [`component`]: the table of components, as data.
//! - [`tree`]: the hydrated tree.
//! - [`text`]: a tree as Markdown.
//! - [`sample`]: data made from a schema.

pub mod component;
pub mod file;
pub mod sample;
pub mod text;
pub mod tree;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::diag::{Diagnostic, SourceText};
use crate::template::{Data, Flavor, Limits, Template, TemplateError};
use tree::{Tree, TreeError, TreeErrorKind, TreeLimits};

/// A widget, ready to render.
#[derive(Debug)]
pub struct Widget {
    /// The file's stem: the `widget_type` of envelopes.
    pub name: String,
    /// The name people gave it.
    pub title: String,
    /// Its id; `None` if neither the file nor `toolface.toml` has one.
    pub id: Option<String>,
    /// The file, as shown in messages.
    pub file: String,
    /// First 16 hexadecimal digits of the SHA-256 of the file.
    pub hash: String,
    /// JSON Schema of the data.
    pub schema: Value,
    /// The file as written.
    pub written: file::WidgetFile,
    /// The file's text, for messages.
    pub source: SourceText,
    template: Template,
    limits: TreeLimits,
    actions: OnceLock<Vec<tree::Action>>,
}

/// Why data did not become a tree.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RenderError {
    /// The template failed.
    #[error("the template failed: {0}")]
    Template(#[from] TemplateError),
    /// What the template printed is no tree.
    #[error("the template printed something that is no widget: {0}")]
    Tree(TreeError),
}

/// What a template printed. Parse it with [`Widget::tree`].
pub type Printed<'w> = std::borrow::Cow<'w, str>;

impl Widget {
    /// Compiles a `.widget` file. `id` replaces the file's own.
    ///
    /// # Errors
    /// Every fault that keeps it from being used.
    pub fn compile(
        name: &str,
        source: &SourceText,
        id: Option<&str>,
        limits: Limits,
        trees: TreeLimits,
    ) -> Result<Self, Vec<Diagnostic>> {
        component::table(); // read now, not at the first call
        let written = file::read(source)?;
        let id = id.map(str::to_owned).or_else(|| written.editor.id.clone());
        if id.as_ref().is_some_and(|id| !id.bytes().all(|b| b.is_ascii_graphic())) {
            let told = Diagnostic::error("invalid-id", "the widget's id has characters that no id has");
            return Err(vec![told.at(source, None).help(
                "export the widget again, or give another id in toolface.toml: [widgets.NAME] id = \"…\"",
            )]);
        }
        let template = Template::compile(name, &written.template, Flavor::Widget, limits)
            .map_err(|e| vec![template_fault(source, &e)])?;
        let digest = Sha256::digest(source.text().as_bytes());
        let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let title =
            written.editor.name.clone().or_else(|| written.name.clone()).unwrap_or_else(|| name.to_owned());
        Ok(Self {
            name: name.to_owned(),
            title,
            id,
            file: source.name().to_owned(),
            hash,
            schema: written.schema.clone(),
            source: source.clone(),
            template,
            limits: trees,
            written,
            actions: OnceLock::new(),
        })
    }

    /// Prints the template over filled data.
    ///
    /// # Errors
    /// The template fails: an undefined name, a wrong type, a limit.
    pub fn print(&self, data: &Data) -> Result<Printed<'_>, RenderError> {
        match self.template.as_static() {
            Some(text) => Ok(Printed::Borrowed(text)),
            None => Ok(Printed::Owned(self.template.render(data)?)),
        }
    }

    /// Parses what the template printed, and checks its structure.
    ///
    /// # Errors
    /// The text is no JSON, or no tree of known components, or too large.
    pub fn tree<'t>(&self, printed: &'t str) -> Result<Tree<'t>, RenderError> {
        Tree::parse(printed, self.limits).map_err(RenderError::Tree)
    }

    /// The file's sample data, or data made from the schema, and whether it is the file's own.
    pub fn sample(&self) -> (Value, bool) {
        match &self.written.editor.sample {
            Some(sample) => (sample.clone(), true),
            None => (sample::from_schema(&self.schema), false),
        }
    }

    /// The actions used in the tree of the sample; none if the sample does not render.
    pub fn actions(&self) -> &[tree::Action] {
        self.actions.get_or_init(|| {
            let (sample, _) = self.sample();
            let Ok(printed) = self.print(&Data::new(&sample)) else { return Vec::new() };
            self.tree(&printed).map(|tree| tree.actions()).unwrap_or_default()
        })
    }

    /// The action types that stand in the template or in the tree of the sample.
    pub fn action_types(&self) -> BTreeSet<&str> {
        let template = self.written.template.as_str();
        let mut types: BTreeSet<&str> = self.actions().iter().map(|a| a.kind.as_str()).collect();
        for (at, _) in template.match_indices(ACTION) {
            let rest = template.get(at + ACTION.len()..).unwrap_or_default();
            if let Some(end) = rest.find('"') {
                types.extend(rest.get(..end).filter(|t| !t.is_empty()));
            }
        }
        types
    }

    /// Whether some action type is computed, so that the template does not tell them all.
    pub fn has_computed_actions(&self) -> bool {
        let compact: String = self.written.template.split_whitespace().collect();
        ["ction\":{{", "ction\":{\"type\":{", "ction\":{%"].iter().any(|start| compact.contains(start))
            && self.actions().is_empty()
    }

    /// A failure to render as a diagnostic with its place in the file. `data` is what was rendered.
    pub fn told(&self, error: &RenderError, data: &Data) -> Diagnostic {
        match error {
            RenderError::Template(e) => template_fault(&self.source, e),
            RenderError::Tree(e) => {
                let code = if e.kind == TreeErrorKind::Json { "template-json" } else { "invalid-tree" };
                let part = match self.template.as_static() {
                    Some(_) => Some(e.offset..e.offset + 1),
                    None => self.template.locate(data, e.offset),
                };
                let span = part.and_then(|part| file::template_place(self.source.text(), &part));
                let span = span.or_else(|| file::place(self.source.text(), "/template"));
                Diagnostic::error(code, error.to_string()).at(&self.source, span)
            }
        }
    }

    /// The template, for static analysis.
    pub fn template(&self) -> &Template {
        &self.template
    }
}

/// How an action begins in a compiled template: `"onClickAction":{"type":"…"`, `"action":{"type":"…"`.
const ACTION: &str = "ction\":{\"type\":\"";

fn template_fault(source: &SourceText, error: &TemplateError) -> Diagnostic {
    let span = error.span.as_ref().and_then(|part| file::template_place(source.text(), part));
    let span = span.or_else(|| file::place(source.text(), "/template"));
    Diagnostic::error("template", format!("in the template: {}", error.message)).at(source, span)
}
