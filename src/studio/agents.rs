//! What is made for agents, to be looked at and taken along.
//!
//! Owns nothing but the list: the files are those of `toolface agents`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Refusal, Studio};
use crate::export::{
    Endpoint, Files, Language, Order, WriteError, agent_builder, instructions, projects, types,
};
use crate::manifest;

/// One thing that is made.
struct Target {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    language: Option<Language>,
    make: fn(Order<'_>) -> Result<Files, WriteError>,
}

const TARGETS: [Target; 7] = [
    Target {
        name: "instructions",
        title: "Instructions",
        description: "How each tool is used and answered, as Markdown and JSON",
        language: None,
        make: instructions::files,
    },
    Target {
        name: "agents-sdk-python",
        title: "Agents SDK, Python",
        description: "A project to run: a triage agent and one for each route, in a terminal chat",
        language: Some(Language::Python),
        make: projects::agents_sdk,
    },
    Target {
        name: "agents-sdk-typescript",
        title: "Agents SDK, TypeScript",
        description: "The same in TypeScript",
        language: Some(Language::TypeScript),
        make: projects::agents_sdk,
    },
    Target {
        name: "chatkit",
        title: "ChatKit back end",
        description: "A self-hosted back end that streams each result in its own widget, and a page",
        language: None,
        make: projects::chatkit,
    },
    Target {
        name: "agent-builder",
        title: "Agent Builder",
        description: "A workflow to follow by hand, and as JSON",
        language: None,
        make: agent_builder::files,
    },
    Target {
        name: "types-python",
        title: "Types, Python",
        description: "Types of all data and envelopes",
        language: Some(Language::Python),
        make: types::files,
    },
    Target {
        name: "types-typescript",
        title: "Types, TypeScript",
        description: "Types of all data and envelopes",
        language: Some(Language::TypeScript),
        make: types::files,
    },
];

impl Target {
    /// The command that writes the same.
    fn command(&self) -> String {
        let (target, language) = match self.language {
            Some(Language::Python) => (self.name.trim_end_matches("-python"), " --lang python"),
            Some(Language::TypeScript) => (self.name.trim_end_matches("-typescript"), " --lang typescript"),
            None => (self.name, ""),
        };
        format!("toolface agents {target}{language} --out {}", self.name)
    }
}

/// `GET api/agents`
pub async fn get(State(studio): State<Arc<Studio>>) -> Json<Value> {
    let catalog = studio.shared.catalog();
    let tools: Map<String, Value> = instructions::tools(&catalog)
        .filter_map(|tool| {
            Some((tool.name.clone(), instructions::instructions(&catalog, tool)?.markdown().into()))
        })
        .collect();
    let all: Vec<&str> = tools.values().filter_map(Value::as_str).collect();
    let exports: Vec<Value> = TARGETS
        .iter()
        .map(|target| {
            json!({
                "target": target.name,
                "title": target.title,
                "description": target.description,
                "command": target.command(),
            })
        })
        .collect();
    let manifest = manifest::manifest(&catalog);
    Json(json!({
        "routes": manifest.routes,
        "manifest": manifest,
        "instructions": {"all": all.join("\n\n"), "tools": tools},
        "exports": exports,
    }))
}

/// `GET api/agents/export/<target>`
pub async fn export(
    State(studio): State<Arc<Studio>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.ok_or_else(|| Refusal::unknown("export", &name))?;
    let catalog = studio.shared.catalog();
    let endpoint = Endpoint::local(&catalog.http.listen);
    let order = Order { catalog: &catalog, endpoint: &endpoint, language: target.language };
    let files =
        (target.make)(order).map_err(|e| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, e.to_string()))?;
    let files: Vec<Value> = files.iter().map(|(path, text)| json!({"path": path, "text": text})).collect();
    Ok(Json(json!({"files": files})))
}
