//! `ObjectRows`: objects as the rows of a COPY, their values read from the slots.
//!
//! No IO. Made by the writing half of `howdah.orm`, read by the COPY of rows, object by object: no row
//! is made of them in Python. Invariant: there is a value for each column of every object.

use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use super::layout::{Layout, Slot};

/// The rows of objects of one model.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct ObjectRows {
    layout: Py<Layout>,
    objects: Py<PyList>,
    /// Values of the first column, which are not in the objects yet.
    first: Option<Py<PyList>>,
    columns: Vec<Column>,
}

struct Column {
    name: Py<PyString>,
    slot: Slot,
    /// Makes a value of the program one of the driver.
    bind: Option<Py<PyAny>>,
}

#[pymethods]
impl ObjectRows {
    #[new]
    #[pyo3(signature = (layout, objects, columns, first=None))]
    fn new(
        layout: Bound<'_, Layout>,
        objects: Py<PyList>,
        columns: Vec<(Py<PyString>, Option<Py<PyAny>>)>,
        first: Option<Py<PyList>>,
    ) -> PyResult<Self> {
        let py = layout.py();
        let column = |(name, bind): (Py<PyString>, _)| {
            let slot = layout.get().column_named(name.bind(py))?;
            Ok(Column { name, slot, bind })
        };
        let columns = columns.into_iter().map(column);
        Ok(Self {
            columns: columns.collect::<PyResult<_>>()?,
            layout: layout.unbind(),
            objects,
            first,
        })
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.objects.bind(py).len()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.layout)?;
        visit.call(&self.objects)?;
        visit.call(&self.first)?;
        let mut columns = self.columns.iter();
        columns.try_for_each(|column| visit.call(&column.bind))
    }
}

impl ObjectRows {
    /// The objects.
    pub(crate) fn objects<'py>(&self, py: Python<'py>) -> &Bound<'py, PyList> {
        self.objects.bind(py)
    }

    /// Appends the values of an object, the one at this place of the list.
    ///
    /// # Errors
    /// `ValueError` where one is missing, and what converting it raises.
    #[inline]
    pub(crate) fn values<'py>(
        &self,
        object: &Bound<'py, PyAny>,
        place: usize,
        values: &mut Vec<Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let py = object.py();
        let object = self.layout.get().own(object.clone())?;
        if let Some(first) = &self.first {
            values.push(first.bind(py).get_item(place)?);
        }
        for column in &self.columns {
            let value = column
                .slot
                .read(&object)
                .ok_or_else(|| column.missing(py))?;
            values.push(match &column.bind {
                Some(bind) if !value.is_none() => bind.bind(py).call1((value,))?,
                _ => value,
            });
        }
        Ok(())
    }
}

impl Column {
    #[cold]
    fn missing(&self, py: Python<'_>) -> PyErr {
        let name = self.name.bind(py);
        PyValueError::new_err(format!("an object has no value for `{name}`"))
    }
}
