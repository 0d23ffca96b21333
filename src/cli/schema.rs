//! `toolface schema`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{Common, Verdict, pretty, say};
use crate::config::schemas::FileKind;

/// `toolface schema`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  toolface schema tool               print one\n  toolface schema --out schemas      write all of them\n\nFirst line of a tool file, for editors: #:schema ../schemas/tool.schema.json"
)]
pub(super) struct Schema {
    /// Which kind of file
    #[arg(value_enum, required_unless_present = "out")]
    kind: Option<Kind>,
    /// Write all of them into this folder instead
    #[arg(long, value_name = "FOLDER", conflicts_with = "kind")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// toolface.toml
    Toolface,
    /// A tool file
    Tool,
    /// What `toolface manifest` prints
    Manifest,
}

impl Kind {
    fn schema(self) -> Value {
        match self {
            Self::Toolface => FileKind::Server.json().clone(),
            Self::Tool => FileKind::Tool.json().clone(),
            Self::Manifest => crate::manifest::schema(),
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Toolface => "toolface.schema.json",
            Self::Tool => "tool.schema.json",
            Self::Manifest => "manifest.schema.json",
        }
    }
}

impl Schema {
    pub(super) fn run(self, _: &Common) -> anyhow::Result<Verdict> {
        if let Some(kind) = self.kind {
            say(&pretty(&kind.schema()))?;
        }
        if let Some(folder) = self.out {
            std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
            for kind in [Kind::Toolface, Kind::Tool, Kind::Manifest] {
                let path = folder.join(kind.file());
                std::fs::write(&path, pretty(&kind.schema()) + "\n")
                    .with_context(|| format!("cannot write {}", path.display()))?;
                say(&path.display().to_string())?;
            }
        }
        Ok(Verdict::Done)
    }
}
