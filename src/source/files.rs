//! What a project names besides its own files: files, variables of the environment, and what changes by itself.
//!
//! Owns reading such a file once per load, and what was read while one thing was compiled: if all of that is the same at
//! the next load, so is what was made of it. Must not keep contents longer than one load takes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::secret::Secret;

/// The files named by a project, as they are during one load.
#[derive(Debug, Default)]
pub struct Files {
    read: RefCell<HashMap<PathBuf, Found>>,
    inputs: RefCell<Vec<Input>>,
}

/// A file's content and its digest, or why it cannot be read.
type Found = Result<(Arc<[u8]>, [u8; 32]), String>;

/// What was read while one thing was compiled.
#[derive(Debug, Clone, Default)]
pub struct Inputs(Arc<[Input]>);

#[derive(Debug, Clone)]
enum Input {
    File { path: PathBuf, most: u64, digest: Option<[u8; 32]> },
    Variable { name: String, value: Option<Secret> },
    Version { name: String, then: u64, now: Version },
}

/// Asks something for its version.
#[derive(Clone)]
struct Version(Arc<dyn Fn() -> u64 + Send + Sync>);

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Version")
    }
}

impl Files {
    /// The content of a file of at most this many bytes.
    ///
    /// # Errors
    /// Why it cannot be read; the file is not named.
    pub fn read(&self, path: &Path, most: u64) -> Result<Arc<[u8]>, String> {
        let found = self.find(path, most);
        let digest = found.as_ref().ok().map(|(_, digest)| *digest);
        self.inputs.borrow_mut().push(Input::File { path: path.to_owned(), most, digest });
        found.map(|(content, _)| content)
    }

    /// Remembers what a variable of the environment held.
    pub fn variable(&self, name: &str, value: Option<&str>) {
        let value = value.map(Secret::new);
        self.inputs.borrow_mut().push(Input::Variable { name: name.to_owned(), value });
    }

    /// Remembers the version of something that is no file and changes by itself, e.g. what another server offers:
    /// when `now` says another one, what is compiled from it is compiled anew. Who notices the change nudges
    /// (`live::Live::nudge`). `name` is told in the log.
    pub fn depend(&self, name: &str, now: impl Fn() -> u64 + Send + Sync + 'static) {
        let (name, then) = (name.to_owned(), now());
        self.inputs.borrow_mut().push(Input::Version { name, then, now: Version(Arc::new(now)) });
    }

    /// What was read since this was last asked.
    pub fn take(&self) -> Inputs {
        Inputs(self.inputs.take().into())
    }

    /// Whether all of it is as it was.
    pub fn are_same(&self, inputs: &Inputs, env: &dyn Fn(&str) -> Option<String>) -> bool {
        inputs.0.iter().all(|input| self.is_same(input, env))
    }

    /// The files and variables that are not as they were.
    pub fn different(&self, inputs: &Inputs, env: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
        let different = inputs.0.iter().filter(|input| !self.is_same(input, env));
        let name = |input: &Input| match input {
            Input::File { path, .. } => path.display().to_string(),
            Input::Variable { name, .. } | Input::Version { name, .. } => name.clone(),
        };
        different.map(name).collect()
    }

    fn is_same(&self, input: &Input, env: &dyn Fn(&str) -> Option<String>) -> bool {
        match input {
            Input::File { path, most, digest } => {
                self.find(path, *most).ok().map(|(_, digest)| digest) == *digest
            }
            Input::Variable { name, value } => env(name).as_deref() == value.as_ref().map(Secret::expose),
            Input::Version { then, now, .. } => (now.0)() == *then,
        }
    }

    /// The files that were asked for, also those that are not there.
    pub fn named(&self) -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = self.read.borrow().keys().cloned().collect();
        all.sort();
        all
    }

    fn find(&self, path: &Path, most: u64) -> Found {
        if let Some(found) = self.read.borrow().get(path) {
            return found.clone();
        }
        let found = content(path, most).map(|content| {
            let digest = Sha256::digest(&content).into();
            (content.into(), digest)
        });
        self.read.borrow_mut().insert(path.to_owned(), found.clone());
        found
    }
}

fn content(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let about = std::fs::metadata(path).map_err(|e| e.to_string())?;
    if !about.is_file() {
        return Err("it is no regular file".to_owned());
    }
    if about.len() > most {
        return Err(format!("it has {} bytes, more than {most}", about.len()));
    }
    std::fs::read(path).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn inputs_are_the_same_until_one_of_them_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("data.json");
        std::fs::write(&file, "1").unwrap();
        let version = Arc::new(AtomicU64::new(7));
        let (files, asked) = (Files::default(), version.clone());
        assert_eq!(&*files.read(&file, 10).unwrap(), b"1");
        files.variable("TOKEN", Some("secret"));
        files.depend("github: tools", move || asked.load(Ordering::Relaxed));
        let inputs = files.take();
        assert!(!format!("{inputs:?}").contains("secret"));

        let env = |_: &str| Some("secret".to_owned());
        let different = |env: &dyn Fn(&str) -> Option<String>| Files::default().different(&inputs, env);
        assert!(Files::default().are_same(&inputs, &env), "{:?}", different(&env));
        assert_eq!(different(&|_| None), ["TOKEN"]);
        version.store(8, Ordering::Relaxed);
        std::fs::write(&file, "2").unwrap();
        assert_eq!(different(&env), [file.display().to_string().as_str(), "github: tools"]);
        std::fs::remove_file(&file).unwrap();
        assert!(files.take().0.is_empty() && !Files::default().are_same(&inputs, &env));
    }
}
