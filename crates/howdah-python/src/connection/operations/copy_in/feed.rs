use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyBaseException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyList;

/// Hands the items of an asynchronous iterable to a COPY that is under way, a batch at a time.
///
/// The task that iterates pushes a batch and asks the connection to go on (`copy_resume`); the COPY
/// takes it when everything before was sent, and calls `on_room()` for the next.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct CopyFeed(Mutex<Inner>);

struct Inner {
    batch: Option<Py<PyList>>,
    failure: Option<Py<PyBaseException>>,
    ended: bool,
    on_room: Option<Py<PyAny>>,
}

/// What a feed has for the COPY.
pub(super) enum Fed<'py> {
    Batch(Bound<'py, PyList>),
    Nothing,
    End,
}

impl CopyFeed {
    /// The batch that waits; tells the other side that there is room for another.
    pub(super) fn take<'py>(&self, py: Python<'py>) -> PyResult<Fed<'py>> {
        let mut inner = self.lock();
        let Some(batch) = inner.batch.take() else {
            return match inner.failure.take() {
                Some(failure) => Err(PyErr::from_value(failure.into_bound(py).into_any())),
                None if inner.ended => Ok(Fed::End),
                None => Ok(Fed::Nothing),
            };
        };
        let on_room = inner.on_room.as_ref().map(|call| call.clone_ref(py));
        drop(inner);
        if let Some(on_room) = on_room {
            on_room.call0(py)?;
        }
        Ok(Fed::Batch(batch.into_bound(py)))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl CopyFeed {
    #[new]
    const fn new(on_room: Py<PyAny>) -> Self {
        Self(Mutex::new(Inner {
            batch: None,
            failure: None,
            ended: false,
            on_room: Some(on_room),
        }))
    }

    /// Gives the next items; there must be room, as `on_room` has told.
    fn push(&self, batch: Py<PyList>) {
        self.lock().batch = Some(batch);
    }

    /// There are no more items.
    fn end(&self) {
        self.lock().ended = true;
    }

    /// The COPY must fail with this exception.
    fn fail(&self, error: Py<PyBaseException>) {
        self.lock().failure = Some(error);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(inner) = self.0.try_lock() {
            visit.call(&inner.on_room)?;
            visit.call(&inner.batch)?;
            visit.call(&inner.failure)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        if let Ok(mut inner) = self.0.try_lock() {
            inner.on_room = None;
            inner.batch = None;
            inner.failure = None;
        }
    }
}
