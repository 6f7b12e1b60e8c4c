//! What was changed in a loaded object: the values before the first change.
//!
//! No IO. Made by [`super::instance`] at an object's first change, where it takes the place of the
//! object's reference to its cohort, so that objects nobody changes pay nothing.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use super::cohort::Cohort;

/// The cohort of a changed object, and its old values by attribute name.
#[pyclass(frozen, module = "howdah._native")]
pub(super) struct Changes {
    pub(super) cohort: Py<Cohort>,
    pub(super) values: Py<PyDict>,
}

#[pymethods]
impl Changes {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.cohort)?;
        visit.call(&self.values)
    }
}

/// The old value of an attribute that had none.
#[pyclass(frozen, module = "howdah._native", name = "NotLoadedType")]
pub(super) struct NotLoaded;

#[pymethods]
impl NotLoaded {
    fn __repr__(_slf: &Bound<'_, Self>) -> &'static str {
        "NOT_LOADED"
    }

    fn __bool__(_slf: &Bound<'_, Self>) -> bool {
        false
    }

    /// By name, so that a copy is the same object.
    fn __reduce__(_slf: &Bound<'_, Self>) -> &'static str {
        "NOT_LOADED"
    }
}

/// `_native.NOT_LOADED`, the only one of its kind.
pub(super) fn not_loaded(py: Python<'_>) -> PyResult<&Bound<'_, NotLoaded>> {
    static SENTINEL: PyOnceLock<Py<NotLoaded>> = PyOnceLock::new();
    let sentinel = SENTINEL.get_or_try_init(py, || Py::new(py, NotLoaded))?;
    Ok(sentinel.bind(py))
}
