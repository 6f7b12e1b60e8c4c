//! What a task waits on: as much of a future as asyncio's tasks ask for.
//!
//! A task that is handed an object with `_asyncio_future_blocking` registers its wake-up with
//! `add_done_callback` and calls `result` when woken (asyncio, `Task.__step`). The object is not a
//! `Future` so that waking needs no turn of the loop.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use super::link::GivenUp;
use super::reply::Reply;

/// The future that one awaiting task sees.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Waker {
    inner: Mutex<Inner>,
}

struct Inner {
    reply: Option<Py<Reply>>,
    callback: Option<(Py<PyAny>, Option<Py<PyAny>>)>,
    blocking: bool,
    done: bool,
    cancelled: bool,
    /// What `Task.cancel` was given.
    message: Option<Py<PyAny>>,
}

impl Waker {
    pub(super) const fn new(reply: Py<Reply>) -> Self {
        let inner = Inner {
            reply: Some(reply),
            callback: None,
            blocking: true,
            done: false,
            cancelled: false,
            message: None,
        };
        Self {
            inner: Mutex::new(inner),
        }
    }

    /// Resumes the task here and now. Only from a callback of the loop, where no task runs.
    ///
    /// # Errors
    /// What a task lets through to its loop: `KeyboardInterrupt` and `SystemExit`.
    pub(super) fn wake(slf: &Bound<'_, Self>) -> PyResult<()> {
        match slf.get().finish() {
            None => Ok(()),
            Some((callback, None)) => callback.call1(slf.py(), (slf,)).map(drop),
            Some((callback, Some(context))) => {
                let run = pyo3::intern!(slf.py(), "run");
                context
                    .call_method1(slf.py(), run, (callback, slf))
                    .map(drop)
            }
        }
    }

    /// Has the loop resume the task at its next turn.
    pub(super) fn schedule(slf: &Bound<'_, Self>, event_loop: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some((callback, context)) = slf.get().finish() else {
            return Ok(());
        };
        call_soon(event_loop, slf, callback, context)
    }

    fn finish(&self) -> Option<(Py<PyAny>, Option<Py<PyAny>>)> {
        let mut inner = self.lock();
        inner.done = true;
        inner.reply = None;
        inner.callback.take()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reply(&self, py: Python<'_>) -> Option<Py<Reply>> {
        self.lock().reply.as_ref().map(|reply| reply.clone_ref(py))
    }
}

#[pymethods]
impl Waker {
    #[getter]
    fn _asyncio_future_blocking(&self) -> bool {
        self.lock().blocking
    }

    #[setter(_asyncio_future_blocking)]
    fn set_blocking(&self, blocking: bool) {
        self.lock().blocking = blocking;
    }

    fn get_loop(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.reply(py) {
            Some(reply) => Ok(reply.get().link().event_loop().clone_ref(py)),
            None => Err(PyRuntimeError::new_err("the statement has ended")),
        }
    }

    #[pyo3(signature = (callback, *, context=None))]
    fn add_done_callback(
        slf: &Bound<'_, Self>,
        callback: Py<PyAny>,
        context: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let mut inner = slf.get().lock();
        if inner.callback.is_some() || inner.done {
            return Err(PyRuntimeError::new_err(
                "one task alone can await a statement",
            ));
        }
        inner.callback = Some((callback, context));
        Ok(())
    }

    fn remove_done_callback(&self, callback: &Bound<'_, PyAny>) -> PyResult<usize> {
        let mut inner = self.lock();
        let found = match &inner.callback {
            Some((found, _)) => found.bind(callback.py()).eq(callback)?,
            None => false,
        };
        if found {
            inner.callback = None;
        }
        Ok(usize::from(found))
    }

    fn done(&self) -> bool {
        self.lock().done
    }

    fn cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// Called by a task that was woken, to learn whether it was by a cancellation.
    fn result(&self, py: Python<'_>) -> PyResult<()> {
        let inner = self.lock();
        if !inner.cancelled {
            return Ok(());
        }
        let message = inner.message.as_ref().map(|message| message.clone_ref(py));
        drop(inner);
        Err(cancelled_error(py, message.as_ref()))
    }

    /// Called by `Task.cancel`: the statement is given up and the task is woken with
    /// `CancelledError`. False where the statement has already ended.
    #[pyo3(signature = (msg=None))]
    fn cancel(slf: &Bound<'_, Self>, msg: Option<Py<PyAny>>) -> PyResult<bool> {
        let py = slf.py();
        let Some(reply) = slf.get().reply(py) else {
            return Ok(false);
        };
        let given_up = reply.get().give_up(py, &reply)?;
        if given_up == GivenUp::TooLate {
            return Ok(false);
        }
        let mut inner = slf.get().lock();
        inner.cancelled = true;
        inner.message = msg;
        drop(inner);
        if given_up == GivenUp::Soon {
            return Ok(true);
        }
        let event_loop = reply.get().link().event_loop().clone_ref(py);
        Self::schedule(slf, event_loop.bind(py))?;
        Ok(true)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(inner) = self.inner.try_lock() {
            visit.call(&inner.reply)?;
            if let Some((callback, context)) = &inner.callback {
                visit.call(callback)?;
                visit.call(context)?;
            }
            visit.call(&inner.message)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        if let Ok(mut inner) = self.inner.try_lock() {
            inner.reply = None;
            inner.callback = None;
            inner.message = None;
        }
    }
}

fn call_soon(
    event_loop: &Bound<'_, PyAny>,
    waker: &Bound<'_, Waker>,
    callback: Py<PyAny>,
    context: Option<Py<PyAny>>,
) -> PyResult<()> {
    let options = PyDict::new(waker.py());
    if let Some(context) = context {
        options.set_item(pyo3::intern!(waker.py(), "context"), context)?;
    }
    let call_soon = pyo3::intern!(waker.py(), "call_soon");
    event_loop
        .call_method(call_soon, (callback, waker), Some(&options))
        .map(drop)
}

fn cancelled_error(py: Python<'_>, message: Option<&Py<PyAny>>) -> PyErr {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let raised = CLASS
        .get_or_try_init(py, || {
            py.import("asyncio")?
                .getattr("CancelledError")
                .map(Bound::unbind)
        })
        .and_then(|class| match message {
            Some(message) => class.bind(py).call1((message,)),
            None => class.bind(py).call0(),
        });
    raised.map_or_else(|error| error, PyErr::from_value)
}
