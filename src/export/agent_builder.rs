//! a workflow of a classifier and an agent per route

use super::{Files, Order, WriteError};

/// The files of this target.
///
/// # Errors
/// Two of them have one name.
pub fn files(_order: Order<'_>) -> Result<Files, WriteError> {
    Ok(Files::new())
}
