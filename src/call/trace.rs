//! What happened in a call, stage by stage.
//!
//! Owns the stages, their times, and, where somebody asked for it, what went in and came out of each.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The stages of a call, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Arguments checked, defaults filled in.
    Arguments,
    /// The source asked.
    Source,
    /// The selector run.
    Select,
    /// Defaults filled in, the widget's schema checked.
    Data,
    /// The template printed.
    Template,
    /// The tree parsed and checked.
    Tree,
    /// The envelope and texts written.
    Envelope,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Self; 7] =
        [Self::Arguments, Self::Source, Self::Select, Self::Data, Self::Template, Self::Tree, Self::Envelope];

    /// As written in logs and traces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arguments => "arguments",
            Self::Source => "source",
            Self::Select => "select",
            Self::Data => "data",
            Self::Template => "template",
            Self::Tree => "tree",
            Self::Envelope => "envelope",
        }
    }
}

/// Times of all stages, and their outcomes if they are kept.
#[derive(Debug)]
pub struct Trace {
    times: [Duration; Stage::ALL.len()],
    last: Instant,
    kept: Option<Vec<(Stage, Value)>>,
}

impl Trace {
    /// Only times.
    pub fn times() -> Self {
        Self { times: Default::default(), last: Instant::now(), kept: None }
    }

    /// Times and what came out of every stage.
    pub fn full() -> Self {
        Self { kept: Some(Vec::new()), ..Self::times() }
    }

    /// Begins the first stage now.
    pub fn restart(&mut self) {
        self.last = Instant::now();
    }

    /// What came out of each stage that was ended, if that is kept.
    pub fn kept(&self) -> &[(Stage, Value)] {
        self.kept.as_deref().unwrap_or_default()
    }

    /// Ends a stage; `outcome` is only asked for if it is kept.
    pub(super) fn end(&mut self, stage: Stage, outcome: impl FnOnce() -> Value) {
        let now = Instant::now();
        if let Some(time) = self.times.get_mut(stage as usize) {
            *time += now - self.last;
        }
        if let Some(kept) = &mut self.kept {
            kept.push((stage, outcome()));
            // Making the outcome is no work of the call.
            self.last = Instant::now();
        } else {
            self.last = now;
        }
    }

    /// How long a stage took.
    pub fn time(&self, stage: Stage) -> Duration {
        self.times.get(stage as usize).copied().unwrap_or_default()
    }

    /// All stages up to the last that ran: `[{stage, milliseconds, outcome}]`.
    pub fn to_json(&self) -> Value {
        let kept = self.kept.as_deref().unwrap_or_default();
        kept.iter()
            .map(|(stage, outcome)| {
                let milliseconds = (self.time(*stage).as_secs_f64() * 1e6).round() / 1e3;
                json!({"stage": stage.name(), "milliseconds": milliseconds, "outcome": outcome})
            })
            .collect()
    }
}
