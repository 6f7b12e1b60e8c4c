//! Statements of the ORM: they are written and remembered here.
//!
//! No IO. The package builds statements of fragments; [`shape`] finds a statement of the same shape
//! again, [`writer`] writes the text of a new one.

mod fragment;
mod identifiers;
mod shape;
mod writer;

use pyo3::prelude::*;

/// Adds this module's names to `_native`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<fragment::Fragment>()?;
    module.add_class::<fragment::Param>()?;
    module.add_class::<fragment::Source>()?;
    module.add_class::<shape::Shapes>()?;
    module.add_class::<shape::Compiled>()?;
    module.add_function(wrap_pyfunction!(identifiers::quote_identifier, module)?)?;
    module.add_function(wrap_pyfunction!(shape::sources, module)?)?;
    module.add_function(wrap_pyfunction!(writer::write_literally, module)?)
}
