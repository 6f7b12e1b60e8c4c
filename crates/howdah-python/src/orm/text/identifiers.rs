//! Names as SQL text, for Python.
//!
//! No IO. `howdah-schema` knows which names need quotes; here is what Python may ask.

use std::borrow::Cow;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pub(super) use howdah_schema::identifiers::quoted;

/// An identifier, in quotes where it needs them.
///
/// # Errors
/// `ValueError` for what cannot be a name: the empty string, and one with U+0000.
#[pyfunction]
pub(crate) fn quote_identifier(name: &str) -> PyResult<Cow<'_, str>> {
    if name.is_empty() || name.contains('\0') {
        return Err(PyValueError::new_err(format!(
            "`{}` cannot be a name in PostgreSQL",
            name.escape_debug()
        )));
    }
    Ok(quoted(name))
}
