//! Statements of a pipeline: queued by the program, and the results that it will ask for.
//!
//! No IO. [`super::state::State`] holds the queue of a connection, [`super::operations::Batch`]
//! takes and executes it. Invariant: a result is settled once. Whoever drops a statement that has
//! none (a batch that was given up, a pipeline left by an exception) settles it as given up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyBaseException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTraceback, PyTuple};

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
    Failed(Failure),
    GivenUp,
}

/// An exception that is raised whenever it is asked for. The frames that it passed through may hold
/// the result, so the collector must see it; and each time it starts with the traceback that it had.
struct Failure {
    exception: Py<PyBaseException>,
    traceback: Option<Py<PyTraceback>>,
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
    pub(crate) fn settle(&self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) {
        *lock(&self.result) = match outcome {
            Ok(value) => Stage::Done(value),
            Err(error) => Stage::Failed(Failure::new(py, error)),
        };
    }
}

impl Failure {
    fn new(py: Python<'_>, error: PyErr) -> Self {
        Self {
            traceback: error.traceback(py).map(Bound::unbind),
            exception: error.into_value(py),
        }
    }

    fn error(&self, py: Python<'_>) -> PyErr {
        let error = PyErr::from_value(self.exception.bind(py).clone().into_any());
        let traceback = self.traceback.as_ref().map(|found| found.bind(py).clone());
        error.set_traceback(py, traceback);
        error
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
            Stage::Failed(failure) => return Err(failure.error(py)),
            Stage::Waiting => ("InterfaceError", "the statement has no result yet"),
            Stage::GivenUp => (
                "PipelineAborted",
                "the statement was given up before its result came",
            ),
        };
        Err(faults::fault(py, class, message))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(stage) = self.0.try_lock() {
            match &*stage {
                Stage::Done(value) => visit.call(value)?,
                Stage::Failed(failure) => {
                    visit.call(&failure.exception)?;
                    visit.call(&failure.traceback)?;
                }
                Stage::Waiting | Stage::GivenUp => {}
            }
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
