//! Rows as columns in Arrow's memory layout (Arrow columnar format 1.5, "Physical memory layout").
//!
//! No IO. Values go from the receive buffer into the buffers of their column; no Python object is
//! made of any. Which Arrow type stands for which PostgreSQL type is decided in `types`. Invariant:
//! a value that its Arrow type cannot hold is refused with the name of its column.

mod column;
mod decimal;
mod types;

use howdah_wire::backend::DataRow;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use self::column::Column;
pub(crate) use self::types::ArrowType;
use super::columns::{Described, refusal};
use super::faults;

/// A batch ends before its buffers could exceed 32-bit offsets, and while it fits into memory easily.
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// A column's name and type.
pub(crate) struct ArrowField {
    pub(crate) name: String,
    pub(crate) kind: ArrowType,
}

impl ArrowField {
    /// How a column is carried; what has no type of its own comes as text.
    pub(crate) fn of(described: &Described) -> Self {
        let kind = ArrowType::of(described.type_oid, described.type_modifier());
        Self {
            name: described.name.clone(),
            kind: kind.unwrap_or(ArrowType::Text),
        }
    }
}

/// One batch of rows, as columns.
pub(crate) struct ArrowBatch {
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
    failed: Option<PyErr>,
}

impl ArrowBatch {
    pub(crate) fn new(fields: &[ArrowField]) -> Self {
        let columns = fields.iter().map(|field| Column::new(&field.kind));
        Self {
            columns: columns.collect(),
            rows: 0,
            bytes: 0,
            failed: None,
        }
    }

    /// Whether a value could not be carried, or no more should be taken.
    pub(crate) const fn is_full(&self) -> bool {
        self.failed.is_some() || self.bytes >= BATCH_BYTES
    }

    /// Fails with an error met elsewhere, unless it has failed already.
    pub(crate) fn fail(&mut self, error: PyErr) {
        self.failed.get_or_insert(error);
    }

    /// Takes a row.
    pub(crate) fn push(&mut self, py: Python<'_>, fields: &[ArrowField], row: &DataRow<'_>) {
        if self.failed.is_some() {
            return;
        }
        if row.columns() != self.columns.len() {
            let message = "a row has other columns than were announced";
            self.failed = Some(faults::connection_lost(py, message));
            return;
        }
        self.rows += 1;
        self.bytes += row.body().len();
        let mut values = row.values();
        for (column, field) in self.columns.iter_mut().zip(fields) {
            let pushed = match values.value() {
                Ok(value) => column.push(value),
                Err(error) => {
                    self.failed = Some(faults::protocol(py, &error));
                    return;
                }
            };
            if let Err(refused) = pushed {
                let place = format!("column `{}`", field.name);
                self.failed = Some(refusal(py, &place, refused));
                return;
            }
        }
    }

    /// The number of rows, and the buffers of each column.
    pub(crate) fn finish(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.rows == 0 {
            return Ok(PyList::empty(py).into_any().unbind());
        }
        let columns = self.columns.into_iter().map(|column| column.finish(py));
        let columns = PyList::new(py, columns.collect::<PyResult<Vec<_>>>()?)?;
        let rows = self.rows.into_pyobject(py)?;
        Ok(PyTuple::new(py, [rows.into_any(), columns.into_any()])?
            .into_any()
            .unbind())
    }
}
