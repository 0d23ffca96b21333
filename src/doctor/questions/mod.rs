//! The questions, in the order in which troubles hide one another.
//!
//! Owns the table of questions and how findings become an answer. One question is one function of the facts; none
//! asks the server anything more.

mod data;
mod hosts;
mod listing;
mod results;
mod server;
mod tree;
mod views;

use super::facts::{Facts, Tool};
use super::report::{Answered, Finding, Report, Verdict};

/// A question.
struct Question {
    /// Name that does not change.
    id: &'static str,
    /// As people ask it.
    title: &'static str,
    /// What must be there to ask it of.
    needs: Needs,
    /// The answer.
    ask: fn(&Facts) -> Answer,
}

/// What a question is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Nothing.
    Nothing,
    /// A connection.
    Connection,
    /// Listed tools.
    Tools,
}

const fn question(
    id: &'static str,
    title: &'static str,
    needs: Needs,
    ask: fn(&Facts) -> Answer,
) -> Question {
    Question { id, title, needs, ask }
}

/// All of them.
const QUESTIONS: [Question; 19] = [
    question("reachable", "Does it answer?", Needs::Nothing, server::reachable),
    question("revisions", "Which revisions of MCP does it speak?", Needs::Connection, server::revisions),
    question("tools", "Does it list its tools?", Needs::Connection, server::tools),
    question(
        "names",
        "Are names and descriptions such that every host takes them?",
        Needs::Tools,
        listing::names,
    ),
    question("schemas", "Are the schemas of the tools valid?", Needs::Tools, listing::schemas),
    question("calls", "Do tools answer when they are called?", Needs::Tools, results::calls),
    question(
        "wrapper",
        "Is the wrapper in structuredContent and in content?",
        Needs::Tools,
        results::wrapper,
    ),
    question(
        "widget-id",
        "Is the widget's id known, and the same everywhere?",
        Needs::Tools,
        results::widget_id,
    ),
    question("required", "Are required fields there?", Needs::Tools, data::required),
    question("types", "Do values have the types they should have?", Needs::Tools, data::types),
    question("field-names", "Do the names of fields match?", Needs::Tools, data::names),
    question("views", "Does every host find the view?", Needs::Tools, views::named),
    question("view-page", "Can the view be read, as what it is?", Needs::Tools, views::page),
    question("view-csp", "Does the view say what it loads?", Needs::Tools, views::policy),
    question("view-size", "Is the view small enough?", Needs::Tools, views::size),
    question("tree", "Is the component tree valid?", Needs::Tools, tree::tree),
    question("actions", "Do actions lead to tools that exist?", Needs::Tools, tree::actions),
    question("text", "Is there text for clients that draw nothing?", Needs::Tools, results::text),
    question("hosts", "Is enough left of a result in each host?", Needs::Tools, hosts::hosts),
];

/// What a question came to.
#[derive(Debug, Default)]
struct Answer {
    notes: Vec<String>,
    findings: Vec<Finding>,
    not_asked: Option<&'static str>,
}

impl Answer {
    /// It could not be asked of anything.
    fn not_asked(why: &'static str) -> Self {
        Self { not_asked: Some(why), ..Self::default() }
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Adds a finding, once: both clients usually see the same.
    fn found(
        &mut self,
        verdict: Verdict,
        id: &'static str,
        subject: &str,
        message: impl Into<String>,
        cure: impl Into<String>,
    ) {
        let finding =
            Finding { id, verdict, subject: subject.to_owned(), message: message.into(), cure: cure.into() };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn fault(
        &mut self,
        id: &'static str,
        subject: &str,
        message: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.found(Verdict::Fault, id, subject, message, cure);
    }

    fn warn(&mut self, id: &'static str, subject: &str, message: impl Into<String>, cure: impl Into<String>) {
        self.found(Verdict::Warning, id, subject, message, cure);
    }
}

/// Asks all questions.
pub(super) fn ask(facts: &Facts, target: String) -> Report {
    let connected = facts.seen().next().is_some();
    let hellos = [&facts.legacy, &facts.modern].into_iter().flatten();
    Report {
        target,
        server: hellos.clone().find_map(|hello| hello.server.clone()),
        revisions: hellos.map(|hello| hello.revision.clone()).collect(),
        questions: QUESTIONS.iter().map(|question| answered(question, facts, connected)).collect(),
    }
}

fn answered(question: &Question, facts: &Facts, connected: bool) -> Answered {
    let Answer { mut notes, findings, not_asked } = match question.needs {
        Needs::Nothing => (question.ask)(facts),
        _ if !connected => Answer::not_asked("there is no connection"),
        Needs::Tools if facts.tools().is_empty() => Answer::not_asked("no tools are listed"),
        Needs::Connection | Needs::Tools => (question.ask)(facts),
    };
    let worst = findings.iter().map(|f| f.verdict).max();
    // A part that could not be asked does not make the rest unasked.
    let verdict = match (worst, not_asked) {
        (_, Some(why)) => {
            notes.push(why.to_owned());
            Verdict::NotAsked
        }
        (Some(Verdict::NotAsked) | None, None) => Verdict::Ok,
        (Some(worst), None) => worst,
    };
    Answered { id: question.id, title: question.title, verdict, notes, findings }
}

/// The tools that answer in a view.
fn with_views(facts: &Facts) -> impl Iterator<Item = &Tool> {
    facts.tools().iter().filter(|tool| tool.view().is_some())
}

/// Names in backticks, with commas.
fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
