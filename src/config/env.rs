//! The environment, read in one place.
//!
//! Owns the lookup behind `{ env = "NAME" }`. Nothing else in the program reads variables for a project's files.

/// The value of an environment variable, if it is set and valid Unicode.
pub fn lookup(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
