//! Fixed data: written in the tool file or in a JSON file beside it.
//!
//! Owns reading it once, at load. There is nothing to ask at call time.

use serde_json::Value;

use super::{Spec, SpecFault, Surroundings};

/// Largest fixed-data file read, in bytes.
const MAX_FILE: u64 = 8 << 20;

/// Data that is always the same.
#[derive(Debug, Default)]
pub struct Fixed {
    data: Value,
    is_result: bool,
}

impl Fixed {
    /// Takes the one of `data`, `file` and `result` that is given.
    pub(super) fn compile(spec: &Spec, around: &Surroundings<'_>) -> Result<Self, Vec<SpecFault>> {
        match (&spec.data, &spec.file, &spec.result) {
            (Some(data), None, None) => Ok(Self { data: data.clone(), is_result: false }),
            (None, Some(file), None) => {
                let data = read(around, file).map_err(|e| {
                    vec![SpecFault::new("file", format!("cannot use {}: {e}", file.display()))]
                })?;
                Ok(Self { data, is_result: false })
            }
            (None, None, Some(result)) if result.is_object() => {
                Ok(Self { data: result.clone(), is_result: true })
            }
            (None, None, Some(_)) => {
                Err(vec![SpecFault::new("result", "`result` must be a table: an MCP result")])
            }
            (None, None, None) => {
                let message =
                    "the source says nothing: name a `connection`, or give `data`, `file` or `result`";
                Err(vec![SpecFault::new("connection", message)])
            }
            _ => Err(vec![SpecFault::new("data", "only one of `data`, `file` and `result` can be given")]),
        }
    }

    /// The data.
    pub fn data(&self) -> &Value {
        &self.data
    }

    /// The fixed MCP result, when that is what was given.
    pub fn result(&self) -> Option<&Value> {
        self.is_result.then_some(&self.data)
    }
}

fn read(around: &Surroundings<'_>, file: &std::path::Path) -> Result<Value, String> {
    let text = around.files.read(&around.root.join(file), MAX_FILE)?;
    serde_json::from_slice(&text).map_err(|e| format!("it is not JSON: {e}"))
}
