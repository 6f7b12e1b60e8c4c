//! `Recording`: the rows of one answer as they came, to be read again without a server.
//!
//! No IO. `row=Recording(row)` in a call makes what `row` says and keeps the bytes beside; `replay`
//! reads them once more, into objects of their own. Called by `howdah.caching`. Invariant: what is
//! replayed is what was read, decoded by the same codecs, or an error; bytes from elsewhere are checked
//! like those of a server.

use std::sync::{Arc, Mutex, PoisonError};

use howdah_wire::backend::DataRow;
use pyo3::exceptions::{PyLookupError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::columns::{Columns, Described, Unread};
use super::faults;
use super::rows::{RowKind, RowPlan};
use crate::types::{Catalogue, Scope, Settings};

const LENGTH_BYTES: usize = 4;

/// The rows of one answer as they came.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Recording {
    wish: RowKind,
    /// More bytes than that are not kept.
    limit: usize,
    tape: Mutex<Tape>,
}

#[derive(Default)]
struct Tape {
    /// None before the answer has begun.
    columns: Option<Arc<Columns>>,
    /// Each row's body after its length.
    rows: Arc<Vec<u8>>,
    is_too_long: bool,
    reading: Reading,
}

/// What decoders need to know beside the columns.
#[derive(Clone, Default)]
struct Reading {
    settings: Settings,
    catalogue: Option<Arc<Catalogue>>,
}

impl Reading {
    fn scope<'a, 'py>(&'a self, py: Python<'py>) -> Scope<'a, 'py> {
        Scope {
            py,
            settings: &self.settings,
            catalogue: self.catalogue.as_deref(),
        }
    }
}

#[pymethods]
impl Recording {
    #[new]
    #[pyo3(signature = (row, limit, *, value = false))]
    fn new(row: Option<&Bound<'_, PyAny>>, limit: usize, value: bool) -> PyResult<Self> {
        Ok(Self {
            wish: wish(row, value)?,
            limit,
            tape: Mutex::default(),
        })
    }

    /// How many bytes it keeps; None where there is nothing to replay, or it was too much.
    #[getter]
    fn size(&self) -> Option<usize> {
        self.with(|tape| (tape.columns.is_some() && !tape.is_too_long).then_some(tape.rows.len()))
    }

    /// The rows again: a list, or with `first` one of them or None.
    #[pyo3(signature = (row, *, value = false, first = false))]
    fn replay(
        &self,
        py: Python<'_>,
        row: Option<&Bound<'_, PyAny>>,
        value: bool,
        first: bool,
    ) -> PyResult<Py<PyAny>> {
        let (columns, rows, reading) = self.with(|tape| {
            let columns = tape.columns.as_ref().filter(|_| !tape.is_too_long);
            let columns = columns.map(Arc::clone);
            (columns, Arc::clone(&tape.rows), tape.reading.clone())
        });
        let columns = columns.ok_or_else(|| PyLookupError::new_err("nothing was recorded"))?;
        let plan = columns.plan(py, &wish(row, value)?)?;
        let scope = reading.scope(py);
        let mut made = Vec::new();
        for body in Bodies(&rows) {
            let row = DataRow::parse(body?).map_err(|error| faults::protocol(py, &error))?;
            made.push(plan.read(&scope, &columns, &row).map_err(unreadable)?);
            if first {
                break;
            }
        }
        if first {
            let found = made.into_iter().next();
            return Ok(found.map_or_else(|| py.None(), Bound::unbind));
        }
        Ok(PyList::new(py, made)?.into_any().unbind())
    }

    /// It as bytes, which `from_bytes` reads.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.with(|tape| {
            let columns = tape.columns.as_ref().filter(|_| !tape.is_too_long)?;
            let described = columns.to_bytes();
            let length = u32::try_from(described.len()).ok()?;
            Some(
                [
                    &length.to_be_bytes(),
                    described.as_slice(),
                    tape.rows.as_slice(),
                ]
                .concat(),
            )
        });
        let bytes = bytes.ok_or_else(|| PyLookupError::new_err("nothing was recorded"))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// A recording that another process made, read as `like` was: a recording of the same database.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8], like: &Self) -> PyResult<Self> {
        let (described, rows) = Bodies(data)
            .next()
            .transpose()?
            .and_then(|described| Some((described, data.get(LENGTH_BYTES + described.len()..)?)))
            .ok_or_else(malformed)?;
        let reading = like.with(|tape| tape.reading.clone());
        let described = Described::all_from_bytes(described).ok_or_else(malformed)?;
        let scope = reading.scope(py);
        let codec = |column: &Described| scope.known(column.type_oid);
        let codecs: Option<Vec<_>> = described.iter().map(codec).collect();
        let unknown = || PyLookupError::new_err("a type is not known yet");
        let columns = Columns::as_described(py, described, codecs.ok_or_else(unknown)?)?;
        let tape = Tape {
            columns: Some(Arc::new(columns)),
            rows: Arc::new(rows.to_vec()),
            is_too_long: false,
            reading,
        };
        Ok(Self {
            wish: RowKind::Tuple,
            limit: like.limit,
            tape: Mutex::new(tape),
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.wish.traverse(&visit)
    }
}

impl Recording {
    /// Begins anew: how to read rows with these columns.
    pub(super) fn begin(&self, py: Python<'_>, columns: &Columns) -> PyResult<RowPlan> {
        let plan = RowPlan::new(py, &self.wish, columns)?;
        let kept = Arc::new(columns.again(py)?);
        let old = self.with(|tape| {
            let fresh = Tape {
                columns: Some(kept),
                ..Tape::default()
            };
            std::mem::replace(tape, fresh)
        });
        drop(old);
        Ok(plan)
    }

    /// Keeps a row that was read.
    pub(super) fn take(&self, scope: &Scope<'_, '_>, row: &DataRow<'_>) {
        let body = row.body();
        self.with(|tape| {
            if tape.rows.is_empty() {
                tape.reading = Reading {
                    settings: scope.settings.clone(),
                    catalogue: scope.catalogue.and_then(Catalogue::shared_by),
                };
            }
            let fits = tape.rows.len() + LENGTH_BYTES + body.len() <= self.limit;
            match u32::try_from(body.len()) {
                Ok(length) if fits && !tape.is_too_long => {
                    let rows = Arc::make_mut(&mut tape.rows);
                    rows.extend_from_slice(&length.to_be_bytes());
                    rows.extend_from_slice(body);
                }
                _ => {
                    tape.is_too_long = true;
                    tape.rows = Arc::default();
                }
            }
        });
    }

    /// Works with the tape; `work` must not run Python code.
    fn with<R>(&self, work: impl FnOnce(&mut Tape) -> R) -> R {
        work(&mut self.tape.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Rows, each after its length.
struct Bodies<'a>(&'a [u8]);

impl<'a> Iterator for Bodies<'a> {
    type Item = PyResult<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first_chunk::<LENGTH_BYTES>().or_else(|| {
            // fewer bytes than a length, but some: not ours
            (!self.0.is_empty()).then_some((&[u8::MAX; LENGTH_BYTES], self.0))
        })?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((body, rest)) = rest.split_at_checked(length) else {
            self.0 = &[];
            return Some(Err(malformed()));
        };
        self.0 = rest;
        Some(Ok(body))
    }
}

fn wish(row: Option<&Bound<'_, PyAny>>, value: bool) -> PyResult<RowKind> {
    if value {
        Ok(RowKind::Value)
    } else {
        RowKind::from_argument(row)
    }
}

fn malformed() -> PyErr {
    PyValueError::new_err("these bytes are no recording")
}

fn unreadable(unread: Unread) -> PyErr {
    match unread {
        Unread::Raised(error) => error,
        Unread::Stale(_) => {
            PyLookupError::new_err("a value names a type that is not known any more")
        }
    }
}
