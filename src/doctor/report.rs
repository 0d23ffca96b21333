//! What an examination came to.
//!
//! Owns verdicts and how a report reads, as text and as JSON. Decides nothing.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use crate::secret::Secret;

/// How a question was answered, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing was found.
    Ok,
    /// There was nothing to ask it of; the notes say why.
    NotAsked,
    /// It works, but not everywhere or not as well as it could.
    Warning,
    /// It does not work.
    Fault,
}

impl Verdict {
    /// As it is printed, the same as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotAsked => "not-asked",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is, in words that do not change from release to release: `wrapper-missing`.
    pub id: &'static str,
    /// How bad it is.
    pub verdict: Verdict,
    /// The tool or address it is about; empty for the whole server.
    pub subject: String,
    /// What was found.
    pub message: String,
    /// How to mend it.
    pub cure: String,
}

/// One question with its answer.
#[derive(Debug, Clone, Serialize)]
pub struct Answered {
    /// Name of the question: `wrapper`.
    pub id: &'static str,
    /// The question.
    pub title: &'static str,
    /// The worst of the findings.
    pub verdict: Verdict,
    /// What else is worth knowing; why it was not asked.
    pub notes: Vec<String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Everything that was asked.
#[derive(Debug, Clone)]
pub struct Report {
    /// What was examined.
    pub target: String,
    /// Name and version of the server, if it said so.
    pub server: Option<String>,
    /// Revisions of MCP it was spoken to in.
    pub revisions: Vec<String>,
    /// The questions in their order.
    pub questions: Vec<Answered>,
}

impl Report {
    /// How many findings there are of this kind.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.questions.iter().flat_map(|q| &q.findings).filter(|f| f.verdict == verdict).count()
    }

    /// Whether nothing is at fault. Warnings are allowed.
    pub fn is_well(&self) -> bool {
        self.count(Verdict::Fault) == 0
    }

    /// The report for programs.
    pub fn to_json(&self) -> Value {
        json!({
            "ok": self.is_well(),
            "target": self.target,
            "server": self.server,
            "revisions": self.revisions,
            "faults": self.count(Verdict::Fault),
            "warnings": self.count(Verdict::Warning),
            "questions": self.questions,
        })
    }

    /// The report for people.
    pub fn to_text(&self) -> String {
        let mut out = self.target.clone();
        if let Some(server) = &self.server {
            let _ = write!(out, "\n{server}");
        }
        out.push('\n');
        let (told, unasked) = self.questions.split_at(self.questions.len() - self.unasked_alike());
        for question in told {
            let _ = write!(out, "\n{:<10} {}", question.verdict.name(), question.title);
            for note in &question.notes {
                let _ = write!(out, "\n{:<10}   {note}", "");
            }
            for Finding { id, verdict, subject, message, cure } in &question.findings {
                let colon = if subject.is_empty() { "" } else { ": " };
                let _ = write!(out, "\n{:<10} - {} [{id}] {subject}{colon}{message}", "", verdict.name());
                if !cure.is_empty() {
                    let _ = write!(out, "\n{:<10}   cure: {cure}", "");
                }
            }
        }
        if let Some(question) = unasked.first() {
            let (verdict, why) = (question.verdict.name(), question.notes.join("; "));
            let _ = write!(out, "\n{verdict:<10} {} more questions: {why}", unasked.len());
        }
        let asked = self.questions.iter().filter(|q| q.verdict != Verdict::NotAsked).count();
        let [faults, warnings] = [Verdict::Fault, Verdict::Warning].map(|v| self.count(v));
        let _ = write!(
            out,
            "\n\n{asked} of {} questions asked: {} and {}",
            self.questions.len(),
            counted(faults, "fault"),
            counted(warnings, "warning"),
        );
        // What a server says must not move the cursor of a terminal.
        out.chars()
            .map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c })
            .collect()
    }

    /// How many questions at the end, three or more, were not asked for one and the same reason.
    fn unasked_alike(&self) -> usize {
        let Some(last) = self.questions.last() else { return 0 };
        let alike =
            |q: &&Answered| q.verdict == Verdict::NotAsked && q.findings.is_empty() && q.notes == last.notes;
        let count = self.questions.iter().rev().take_while(alike).count();
        if count < 3 { 0 } else { count }
    }

    /// Takes secrets out of everything a server may have repeated.
    pub(super) fn mask<'s>(&mut self, secrets: impl Iterator<Item = &'s Secret>) {
        // A server may repeat the token without the word before it.
        let parts =
            |whole: &'s str| std::iter::once(whole).chain(whole.split(' ').filter(|word| word.len() >= 8));
        let secrets: Vec<&str> =
            secrets.map(Secret::expose).filter(|s| !s.is_empty()).flat_map(parts).collect();
        let mask = |text: &mut String| {
            for secret in &secrets {
                if text.contains(secret) {
                    *text = text.replace(secret, "***");
                }
            }
        };
        for question in &mut self.questions {
            question.notes.iter_mut().for_each(mask);
            for finding in &mut question.findings {
                [&mut finding.subject, &mut finding.message, &mut finding.cure].into_iter().for_each(mask);
            }
        }
        self.server.iter_mut().chain([&mut self.target]).for_each(mask);
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}
