//! The native module `howdah._native`.
mod types;

use pyo3::prelude::*;

/// The native half of the `howdah` package.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    types::register(module)
}
