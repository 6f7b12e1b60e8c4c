//! Statements of a pipeline: queued by the program, and the results that it will ask for.
//!
//! No IO. [`super::state::State`] holds the queue of a connection, [`super::operations::Batch`]
//! takes and executes it. Invariant: a result is settled once. Whoever drops a statement that has
//! none (a batch that was given up, a pipeline left by an exception) settles it as given up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::faults;
use super::operations::Answer;
use super::rows::RowKind;

/// A queued statement.
pub(crate) struct Entry {
    pub(crate) sql: Py<PyString>,
    pub(crate) values: Py<PyTuple>,
    pub(crate) answer: Answer,
    pub(crate) kind: Arc<RowKind>,
    result: Arc<Mutex<Stage>>,
}

enum Stage {
    Waiting,
    Done(Py<PyAny>),
    Failed(PyErr),
    GivenUp,
}

/// The result of a queued statement, as the program holds it.
#[pyclass(frozen, module = "howdah._native", name = "PendingResult")]
pub(crate) struct PendingResult(Arc<Mutex<Stage>>);

impl Entry {
    /// A statement, and the result that will come of it.
    pub(crate) fn new(
        sql: Py<PyString>,
        values: Py<PyTuple>,
        kind: RowKind,
        answer: Answer,
    ) -> (Self, PendingResult) {
        let result = Arc::new(Mutex::new(Stage::Waiting));
        let entry = Self {
            sql,
            values,
            answer,
            kind: Arc::new(kind),
            result: Arc::clone(&result),
        };
        (entry, PendingResult(result))
    }

    /// Settles the result.
    pub(crate) fn settle(&self, outcome: PyResult<Py<PyAny>>) {
        *lock(&self.result) = match outcome {
            Ok(value) => Stage::Done(value),
            Err(error) => Stage::Failed(error),
        };
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut result = lock(&self.result);
        if matches!(*result, Stage::Waiting) {
            *result = Stage::GivenUp;
        }
    }
}

#[pymethods]
impl PendingResult {
    /// Whether there is a result, or an error.
    #[getter]
    fn done(&self) -> bool {
        !matches!(*lock(&self.0), Stage::Waiting)
    }

    /// The result; raises the error where there is one.
    fn get(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        // released before an exception is made, which runs Python
        let (class, message) = match &*lock(&self.0) {
            Stage::Done(value) => return Ok(value.clone_ref(py)),
            Stage::Failed(error) => return Err(error.clone_ref(py)),
            Stage::Waiting => ("InterfaceError", "the statement has no result yet"),
            Stage::GivenUp => (
                "PipelineAborted",
                "the statement was given up before its result came",
            ),
        };
        Err(faults::fault(py, class, message))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(stage) = self.0.try_lock()
            && let Stage::Done(value) = &*stage
        {
            visit.call(value)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        if let Ok(mut stage) = self.0.try_lock() {
            *stage = Stage::GivenUp;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
