//! Why a call failed: one sentence for the model, the rest for the log.
//!
//! Owns the words the model sees. A fault the model can mend says what to change; one it cannot says so. Values that
//! may be private are never repeated.

use crate::schema::Fault;
use crate::source::{SourceError, SourceErrorKind};

/// A call that came to nothing.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What kind of failure.
    pub kind: CallErrorKind,
    /// For the model.
    pub message: String,
    /// For the log.
    pub detail: Option<String>,
}

/// Kinds of [`CallError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallErrorKind {
    /// No tool has this name. The only kind that is an error of the protocol.
    UnknownTool,
    /// The arguments do not fit the input schema.
    Arguments,
    /// The source did not deliver.
    Source(SourceErrorKind),
    /// The selector failed.
    Select,
    /// The data does not fit the widget.
    Data,
    /// The widget did not render.
    Render,
    /// The deadline passed.
    Timeout,
    /// The caller does not wait any more.
    Cancelled,
    /// A fault of this program.
    Internal,
}

impl CallErrorKind {
    /// As written in logs and traces.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown-tool",
            Self::Arguments => "arguments",
            Self::Source(SourceErrorKind::NotFound) => "not-found",
            Self::Source(SourceErrorKind::Refused) => "refused",
            Self::Source(SourceErrorKind::Unavailable) => "unavailable",
            Self::Source(SourceErrorKind::Timeout) | Self::Timeout => "timeout",
            Self::Source(SourceErrorKind::TooLarge) => "too-large",
            Self::Source(SourceErrorKind::Broken) => "source",
            Self::Select => "select",
            Self::Data => "data",
            Self::Render => "render",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }
}

/// Told when the model can do nothing about it.
const NOT_YOURS: &str = "This is a fault of the server, not of your arguments; others will not help.";

impl CallError {
    /// No tool has this name.
    pub fn unknown_tool<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let near = crate::diag::nearest(name, known).map(|near| format!("; did you mean {near}?"));
        let message = format!("Unknown tool: {name}{}", near.unwrap_or_default());
        Self { kind: CallErrorKind::UnknownTool, message, detail: None }
    }

    /// The arguments do not fit.
    pub fn arguments(faults: &[Fault]) -> Self {
        let lines: Vec<String> =
            faults.iter().map(|f| format!("- {} {}", f.place("the arguments"), f.message)).collect();
        let message = format!("Invalid arguments:\n{}", lines.join("\n"));
        Self { kind: CallErrorKind::Arguments, message, detail: None }
    }

    /// The data does not fit the widget's schema.
    pub fn data(widget: &str, faults: &[Fault]) -> Self {
        let lines: Vec<String> =
            faults.iter().map(|f| format!("- {} {}", f.place("the data"), f.message)).collect();
        let lines = lines.join("\n");
        let message =
            format!("The data of this result does not fit its widget `{widget}`:\n{lines}\n{NOT_YOURS}");
        Self { kind: CallErrorKind::Data, message, detail: Some(lines.replace('\n', " ")) }
    }

    /// The selector failed.
    pub fn select(error: &crate::source::select::SelectError) -> Self {
        let message = format!("The data of this result could not be put together. {NOT_YOURS}");
        Self { kind: CallErrorKind::Select, message, detail: Some(error.to_string()) }
    }

    /// The widget did not render.
    pub fn render(widget: &str, error: &crate::widget::RenderError) -> Self {
        let message = format!("The widget `{widget}` could not be drawn from this result. {NOT_YOURS}");
        Self { kind: CallErrorKind::Render, message, detail: Some(error.to_string()) }
    }

    /// The deadline passed.
    pub fn timeout() -> Self {
        let message = "This took too long and was given up. Try again, or ask for less.";
        Self { kind: CallErrorKind::Timeout, message: message.to_owned(), detail: None }
    }

    /// The caller does not wait any more.
    pub fn cancelled() -> Self {
        Self { kind: CallErrorKind::Cancelled, message: "The call was cancelled.".to_owned(), detail: None }
    }

    /// A fault of this program.
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        let message = format!("Something went wrong inside of the server. {NOT_YOURS}");
        Self { kind: CallErrorKind::Internal, message, detail: Some(detail.to_string()) }
    }
}

impl From<SourceError> for CallError {
    fn from(error: SourceError) -> Self {
        Self { kind: CallErrorKind::Source(error.kind), message: error.message, detail: error.detail }
    }
}
