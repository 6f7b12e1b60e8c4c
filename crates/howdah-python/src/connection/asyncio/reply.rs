//! What an asynchronous method returns: the statement, and the way to wait for its answer.
//!
//! A `Reply` is awaitable, and a coroutine as far as `asyncio.create_task` cares. Nothing is sent
//! before it is awaited; one that never is warns like a coroutine that never was.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use pyo3::exceptions::{PyRuntimeError, PyRuntimeWarning, PyStopIteration};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::super::engine::Outcome;
use super::super::operations::Operation;
use super::link::{GivenUp, Holder, Link, Submitted};
use super::waker::Waker;

/// The awaitable answer of one statement.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Reply {
    /// Keeps the connection open for as long as somebody may await the answer.
    holder: Arc<Holder>,
    stage: Mutex<Stage>,
}

enum Stage {
    New {
        operation: Box<dyn Operation>,
        timeout: Option<f64>,
    },
    /// Submitted; the task sees this waker. The handle is the timer of the timeout.
    Waiting {
        waker: Py<Waker>,
        timer: Option<Py<PyAny>>,
    },
    Done(Outcome),
    Consumed,
}

impl Reply {
    pub(super) fn new(
        holder: &Arc<Holder>,
        operation: impl Operation + 'static,
        timeout: Option<f64>,
    ) -> Self {
        let stage = Stage::New {
            operation: Box::new(operation),
            timeout,
        };
        Self {
            holder: Arc::clone(holder),
            stage: Mutex::new(stage),
        }
    }

    /// A reply whose answer is there.
    pub(super) fn ready(holder: &Arc<Holder>, outcome: Outcome) -> Self {
        Self {
            holder: Arc::clone(holder),
            stage: Mutex::new(Stage::Done(outcome)),
        }
    }

    pub(super) fn link(&self) -> &Arc<Link> {
        self.holder.link()
    }

    /// Takes the answer and resumes the task that waits for it.
    ///
    /// # Errors
    /// What the task lets through to its loop.
    pub(super) fn complete(&self, py: Python<'_>, outcome: Outcome) -> PyResult<()> {
        match self.settle(py, outcome)? {
            Some(waker) => Waker::wake(waker.bind(py)),
            None => Ok(()),
        }
    }

    /// Takes the answer and has the loop resume the task.
    pub(super) fn complete_later(&self, py: Python<'_>, outcome: Outcome) -> PyResult<()> {
        match self.settle(py, outcome)? {
            Some(waker) => Waker::schedule(waker.bind(py), self.link().event_loop().bind(py)),
            None => Ok(()),
        }
    }

    /// Gives the statement up, for a task that is cancelled.
    pub(super) fn give_up(&self, py: Python<'_>, slf: &Py<Self>) -> PyResult<GivenUp> {
        let given_up = self.link().abandon(py, slf)?;
        if given_up != GivenUp::Done {
            return Ok(given_up);
        }
        let stage = std::mem::replace(&mut *self.lock(), Stage::Consumed);
        if let Stage::Waiting {
            timer: Some(timer), ..
        } = stage
        {
            timer.call_method0(py, pyo3::intern!(py, "cancel"))?;
        }
        Ok(GivenUp::Done)
    }

    /// The deadline has passed.
    fn expire(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        if slf.get().link().abandon(py, slf.as_unbound())? == GivenUp::Done {
            let message = "the statement took longer than its timeout and was cancelled";
            let error = super::super::faults::fault(py, "QueryTimeout", message);
            slf.get().complete(py, Err(error))?;
        }
        Ok(())
    }

    fn settle(&self, py: Python<'_>, outcome: Outcome) -> PyResult<Option<Py<Waker>>> {
        let mut stage = self.lock();
        if !matches!(*stage, Stage::Waiting { .. }) {
            return Ok(None);
        }
        let waiting = std::mem::replace(&mut *stage, Stage::Done(outcome));
        drop(stage);
        let Stage::Waiting { waker, timer } = waiting else {
            return Ok(None);
        };
        if let Some(timer) = timer {
            timer.call_method0(py, pyo3::intern!(py, "cancel"))?;
        }
        Ok(Some(waker))
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(
        slf: &Bound<'_, Self>,
        operation: Box<dyn Operation>,
        timeout: Option<f64>,
    ) -> PyResult<Py<Waker>> {
        let (py, reply) = (slf.py(), slf.get());
        let deadline = match timeout {
            Some(seconds) => super::super::public::deadline(seconds)?,
            None => None,
        };
        match reply.link().submit(py, operation, slf.as_unbound())? {
            Submitted::Ended(outcome) => Err(finished(outcome)),
            Submitted::Waiting => {
                let waker = Py::new(py, Waker::new(slf.clone().unbind()))?;
                let timer = match deadline {
                    Some(deadline) => Some(start_timer(slf, deadline)?),
                    None => None,
                };
                *reply.lock() = Stage::Waiting {
                    waker: waker.clone_ref(py),
                    timer,
                };
                Ok(waker)
            }
        }
    }
}

#[pymethods]
impl Reply {
    const fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    const fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(slf: &Bound<'_, Self>) -> PyResult<Py<Waker>> {
        let stage = std::mem::replace(&mut *slf.get().lock(), Stage::Consumed);
        match stage {
            Stage::New { operation, timeout } => Self::start(slf, operation, timeout),
            Stage::Done(outcome) => Err(finished(outcome)),
            waiting @ Stage::Waiting { .. } => {
                *slf.get().lock() = waiting;
                Err(PyRuntimeError::new_err(
                    "the statement is being awaited already",
                ))
            }
            Stage::Consumed => Err(PyRuntimeError::new_err(
                "cannot reuse already awaited statement",
            )),
        }
    }

    /// As a coroutine's `send`.
    fn send(slf: &Bound<'_, Self>, _value: &Bound<'_, PyAny>) -> PyResult<Py<Waker>> {
        Self::__next__(slf)
    }

    /// As a coroutine's `throw`: the statement is given up.
    #[pyo3(signature = (kind, value=None, traceback=None))]
    fn throw(
        slf: &Bound<'_, Self>,
        kind: &Bound<'_, PyAny>,
        value: Option<&Bound<'_, PyAny>>,
        traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Waker>> {
        let _ = traceback;
        Self::close(slf)?;
        Err(match value {
            Some(value) if !value.is_none() => PyErr::from_value(value.clone()),
            _ if kind.is_instance_of::<pyo3::types::PyType>() => PyErr::from_value(kind.call0()?),
            _ => PyErr::from_value(kind.clone()),
        })
    }

    /// As a coroutine's `close`: the statement is given up.
    fn close(slf: &Bound<'_, Self>) -> PyResult<()> {
        slf.get().give_up(slf.py(), slf.as_unbound())?;
        *slf.get().lock() = Stage::Consumed;
        Ok(())
    }

    /// Called by the timer of a timeout.
    fn _expire(slf: &Bound<'_, Self>) -> PyResult<()> {
        Self::expire(slf)
    }

    /// Called by the loop for a task that was cancelled from within the connection's own work.
    fn _give_up(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let waker = match &*slf.get().lock() {
            Stage::Waiting { waker, .. } => Some(waker.clone_ref(py)),
            _ => None,
        };
        let given_up = slf.get().give_up(py, slf.as_unbound())?;
        match waker {
            Some(waker) if given_up == GivenUp::Done => {
                Waker::schedule(waker.bind(py), slf.get().link().event_loop().bind(py))
            }
            _ => Ok(()),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(stage) = self.stage.try_lock() {
            match &*stage {
                Stage::Waiting { waker, timer } => {
                    visit.call(waker)?;
                    visit.call(timer)?;
                }
                Stage::Done(Ok(value)) => visit.call(value)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn __clear__(&self) {
        if let Ok(mut stage) = self.stage.try_lock() {
            *stage = Stage::Consumed;
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        let stage = self.stage.get_mut().unwrap_or_else(PoisonError::into_inner);
        if matches!(stage, Stage::New { .. }) {
            Python::attach(|py| {
                let message = c"a statement was never awaited: it was not sent";
                let category = py.get_type::<PyRuntimeWarning>();
                if let Err(error) = PyErr::warn(py, &category, message, 1) {
                    error.write_unraisable(py, None);
                }
            });
        }
    }
}

/// The end of an iteration with a result: what `await` gives back.
fn finished(outcome: Outcome) -> PyErr {
    match outcome {
        // wrapped, for a tuple would be taken as the exception's arguments
        Ok(value) => PyStopIteration::new_err((value,)),
        Err(error) => error,
    }
}

fn start_timer(slf: &Bound<'_, Reply>, deadline: Instant) -> PyResult<Py<PyAny>> {
    let seconds = deadline.saturating_duration_since(Instant::now());
    let event_loop = slf.get().link().event_loop().bind(slf.py());
    let expire = slf.getattr(pyo3::intern!(slf.py(), "_expire"))?;
    let call_later = pyo3::intern!(slf.py(), "call_later");
    Ok(event_loop
        .call_method1(call_later, (seconds.as_secs_f64(), expire))?
        .unbind())
}
