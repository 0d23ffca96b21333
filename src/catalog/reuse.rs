//! What a catalog was made of, and what of it the next one can share.
//!
//! Owns the rule of sharing: a thing is taken over if everything it was made of is the same, to the byte. An open
//! database goes on like this through all edits that are not about it. Must not change anything of the earlier catalog.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::arguments::Arguments;
use super::tool::{self, Tool};
use super::{Catalog, passing};
use crate::config::tool::ToolFile;
use crate::config::{File, Project, WidgetText};
use crate::diag::Diagnostics;
use crate::schema::escape;
use crate::source::files::{Files, Inputs};
use crate::source::{Connection, ConnectionSpec};
use crate::widget::Widget;

/// What a catalog was made of.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// The files.
    pub(super) project: Option<Arc<Project>>,
    pub(super) connections: BTreeMap<String, Kept<Connection>>,
    pub(super) arguments: BTreeMap<String, Kept<Arguments>>,
    pub(super) tools: BTreeMap<String, Kept<Tool>>,
    /// What passes through of MCP servers.
    pub(super) passed: BTreeMap<String, passing::Kept>,
    /// Of the resources, and of what passes through.
    pub(super) rest: Inputs,
}

/// A thing and what it was made of besides the project's own files.
#[derive(Debug)]
pub(super) struct Kept<T> {
    pub(super) made: Arc<T>,
    pub(super) inputs: Inputs,
    /// Told again as long as it is kept.
    pub(super) warnings: Diagnostics,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { made: self.made.clone(), inputs: self.inputs.clone(), warnings: self.warnings.clone() }
    }
}

impl<T> Kept<T> {
    pub(super) fn new(made: T, inputs: Inputs) -> Self {
        Self { made: Arc::new(made), inputs, warnings: Diagnostics::new() }
    }
}

/// An earlier catalog of the same project, looked at from the next one.
pub(super) struct Earlier<'a> {
    catalog: &'a Catalog,
    before: &'a Project,
    now: &'a Project,
    files: &'a Files,
    env: &'a dyn Fn(&str) -> Option<String>,
    tools: HashSet<*const File<ToolFile>>,
    widgets: HashSet<*const WidgetText>,
}

impl<'a> Earlier<'a> {
    /// `None` if the two have nothing in common.
    pub(super) fn new(
        catalog: &'a Catalog,
        now: &'a Project,
        files: &'a Files,
        env: &'a dyn Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        let before = catalog.made.project.as_deref().filter(|before| before.root == now.root)?;
        let tools = before.tools.iter().map(Arc::as_ptr).collect();
        let widgets = before.widgets.iter().map(Arc::as_ptr).collect();
        Some(Self { catalog, before, now, files, env, tools, widgets })
    }

    /// What is not as it was: files, also those that came or went, and variables of the environment.
    pub(super) fn changed(&self) -> Vec<String> {
        let (before, now, made) = (self.before, self.now, &self.catalog.made);
        let mut changed = Vec::new();
        if !Arc::ptr_eq(&before.server, &now.server) {
            changed.push("toolface.toml".to_owned());
        }
        let name = |file: &File<ToolFile>| file.document.source().name().to_owned();
        differing(&before.tools, &now.tools, name, &mut changed);
        differing(&before.widgets, &now.widgets, |text| text.source.name().to_owned(), &mut changed);
        let inputs = (made.connections.values().map(|kept| &kept.inputs))
            .chain(made.arguments.values().map(|kept| &kept.inputs))
            .chain(made.tools.values().map(|kept| &kept.inputs))
            .chain([&made.rest]);
        for inputs in inputs {
            for name in self.files.different(inputs, self.env) {
                let path = Path::new(&name).strip_prefix(&now.root).unwrap_or(Path::new(&name));
                let name = path.display().to_string();
                if !changed.contains(&name) {
                    changed.push(name);
                }
            }
        }
        changed
    }

    pub(super) fn widget(&self, text: &Arc<WidgetText>) -> Option<Arc<Widget>> {
        let id = |project: &Project| {
            project.server.content.widgets.get(&text.name).and_then(|entry| entry.id.clone())
        };
        let same = self.widgets.contains(&Arc::as_ptr(text))
            && self.has_same_limits()
            && id(self.before) == id(self.now);
        self.catalog.widgets.get(&text.name).filter(|_| same).cloned()
    }

    pub(super) fn connection(&self, name: &str, spec: &ConnectionSpec) -> Option<Kept<Connection>> {
        let pointer = format!("/connections/{}", escape(name));
        let written = |project: &'a Project| project.server.document.value().pointer(&pointer);
        let timeout = |project: &Project| project.server.content.limits.call_timeout_ms;
        // A database server is told how long a statement may take.
        let told = matches!(spec, ConnectionSpec::Postgres(_) | ConnectionSpec::Mysql(_));
        let same =
            written(self.before) == written(self.now) && (!told || timeout(self.before) == timeout(self.now));
        self.kept(&self.catalog.made.connections, name).filter(|_| same)
    }

    pub(super) fn arguments(&self, file: &Arc<File<ToolFile>>) -> Option<Kept<Arguments>> {
        self.has(file).then(|| self.kept(&self.catalog.made.arguments, &file.name)).flatten()
    }

    /// `with` is what the tool would be compiled with.
    pub(super) fn tool(&self, file: &Arc<File<ToolFile>>, with: &tool::Project<'_>) -> Option<Kept<Tool>> {
        let made = &self.catalog.made;
        let written = &file.content;
        let envelope = |project: &Project| project.server.content.envelope.format;
        if !self.has(file) || !self.has_same_limits() || envelope(self.before) != envelope(self.now) {
            return None;
        }
        let mut connections = written.source.connection.iter();
        let mut widgets = written.widget.iter().chain(written.variants.iter().map(|v| &v.widget));
        let mut tools = written.actions.values().map(|action| &action.tool).chain([&file.name]);
        let same = connections.all(|name| {
            is_one(with.connections.get(name), made.connections.get(name).map(|kept| &kept.made))
        }) && widgets.all(|name| is_one(with.widgets.get(name), self.catalog.widgets.get(name)))
            && tools.all(|name| {
                let now = with.arguments.get(name).and_then(Option::as_ref);
                is_one(now, made.arguments.get(name).map(|kept| &kept.made))
            });
        self.kept(&made.tools, &file.name).filter(|_| same)
    }

    pub(super) fn passing(&self) -> &'a BTreeMap<String, passing::Kept> {
        &self.catalog.made.passed
    }

    /// The earlier tool that no file describes, if it would be made of the same widgets.
    pub(super) fn builtin(&self, name: &str, widgets: &BTreeMap<String, Arc<Widget>>) -> Option<Arc<Tool>> {
        let before = &self.catalog.widgets;
        let format = self.now.server.content.envelope.format;
        let same = self.catalog.format == format
            && before.len() == widgets.len()
            && before.values().zip(widgets.values()).all(|(a, b)| Arc::ptr_eq(a, b));
        self.catalog.tools.get(name).filter(|_| same).cloned()
    }

    fn has(&self, file: &Arc<File<ToolFile>>) -> bool {
        self.tools.contains(&Arc::as_ptr(file))
    }

    fn has_same_limits(&self) -> bool {
        self.before.server.content.limits == self.now.server.content.limits
    }

    fn kept<T>(&self, all: &BTreeMap<String, Kept<T>>, name: &str) -> Option<Kept<T>> {
        all.get(name).filter(|kept| self.is_unchanged(&kept.inputs)).cloned()
    }

    fn is_unchanged(&self, inputs: &Inputs) -> bool {
        self.files.are_same(inputs, self.env)
    }
}

/// The names of what is in one of two lists alone.
fn differing<T>(before: &[Arc<T>], now: &[Arc<T>], name: impl Fn(&T) -> String, into: &mut Vec<String>) {
    let all = |list: &[Arc<T>]| list.iter().map(Arc::as_ptr).collect::<HashSet<_>>();
    let (known, there) = (all(before), all(now));
    let gone = before.iter().filter(|file| !there.contains(&Arc::as_ptr(file)));
    let new = now.iter().filter(|file| !known.contains(&Arc::as_ptr(file)));
    let names: BTreeSet<String> = gone.chain(new).map(|file| name(file)).collect();
    into.extend(names);
}

fn is_one<T>(now: Option<&Arc<T>>, before: Option<&Arc<T>>) -> bool {
    matches!((now, before), (Some(a), Some(b)) if Arc::ptr_eq(a, b))
}
