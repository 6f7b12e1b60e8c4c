//! The native module `howdah._native`.
mod placeholders;
mod types;

use pyo3::prelude::*;

/// The native half of the `howdah` package.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(
        placeholders::convert_placeholders,
        module
    )?)
}
