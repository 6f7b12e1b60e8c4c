//! A connection's line under an event loop.
//!
//! IO without waiting: called by the loop when the socket is ready and by tasks that submit
//! statements. Statements of several tasks are answered one after the other, in the order in which
//! they were awaited.
//!
//! Invariants: tasks and handlers run after `inner` was released. What operations themselves call
//! (iterators of parameters, loaders, signal handlers amid them) runs while it is locked, so whatever
//! that code can reach uses [`Link::enter`], which refuses instead of waiting for itself. After a
//! statement was given up, nothing is sent until the server has closed the
//! connection that carried the cancel and the answers have ended: a cancel never hits a later
//! statement. Both are bounded by [`GRACE`], after which the connection is dropped.

mod cancelling;
mod moving;
mod pump;

use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use howdah_driver::{Canceller, Interrupt};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use self::cancelling::{Cancelling, GRACE};
pub(crate) use self::pump::{Holder, Pump};
use super::reply::Reply;
use crate::connection::engine::Outcome;
use crate::connection::faults;
use crate::connection::line::Line;
use crate::connection::operations::Operation;
use crate::connection::state::State;

/// What became of a submitted statement.
pub(super) enum Submitted {
    Waiting,
    Ended(Outcome),
}

/// What became of a statement that its task gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GivenUp {
    Done,
    /// By the loop's next turn: the task was cancelled from within the connection's own work.
    Soon,
    /// It was answered already.
    TooLate,
}

/// A connection under an event loop.
pub(crate) struct Link {
    inner: Mutex<Inner>,
    state: Arc<State>,
    canceller: Option<Canceller>,
    event_loop: Py<PyAny>,
    fd: i32,
}

struct Inner {
    line: Line,
    /// Who waits for the operation under way; none for one that was given up.
    current: Option<Py<Reply>>,
    waiting: VecDeque<(Box<dyn Operation>, Py<Reply>)>,
    /// The loop tells when the socket is writable.
    writing: bool,
    /// The loop does not tell when the socket is readable: a COPY waits for its reader.
    deaf: bool,
    cancelling: Option<Cancelling>,
    /// The loop's callbacks; gone once the connection is closed.
    pump: Option<Py<Pump>>,
    /// Whoever was answered while the lock was held.
    answered: Vec<(Py<Reply>, Outcome)>,
}

impl Link {
    /// Registers the socket with the loop.
    pub(super) fn open(
        py: Python<'_>,
        line: Line,
        state: Arc<State>,
        canceller: Option<Canceller>,
        event_loop: Py<PyAny>,
    ) -> PyResult<Arc<Holder>> {
        let fd = line.transport.raw_fd();
        let inner = Inner {
            line,
            current: None,
            waiting: VecDeque::new(),
            writing: false,
            deaf: false,
            cancelling: None,
            pump: None,
            answered: Vec::new(),
        };
        let link = Arc::new(Self {
            inner: Mutex::new(inner),
            state,
            canceller,
            event_loop,
            fd,
        });
        let pump = Py::new(py, Pump(Arc::clone(&link)))?;
        link.on_loop(
            py,
            intern!(py, "add_reader"),
            (fd, pump.getattr(py, intern!(py, "readable"))?),
        )?;
        link.lock().pump = Some(pump);
        Ok(Arc::new(Holder(link)))
    }

    pub(super) const fn event_loop(&self) -> &Py<PyAny> {
        &self.event_loop
    }

    /// Sends a statement now, or when those before it are answered.
    pub(super) fn submit(
        &self,
        py: Python<'_>,
        operation: Box<dyn Operation>,
        reply: &Py<Reply>,
    ) -> PyResult<Submitted> {
        let mut inner = self.enter().ok_or_else(|| faults::reentered(py))?;
        if self.state.is_closed() {
            return Err(self.state.closed_error(py));
        }
        if inner.is_engaged() {
            inner.waiting.push_back((operation, reply.clone_ref(py)));
            return Ok(Submitted::Waiting);
        }
        if self.state.copy_was_dropped() {
            inner.waiting.push_back((operation, reply.clone_ref(py)));
            self.end_copy(py, &mut inner)?;
            return Ok(Submitted::Waiting);
        }
        let cancels = operation.cancels();
        if let Some(outcome) = inner.line.begin(py, operation) {
            return Ok(Submitted::Ended(outcome));
        }
        inner.current = Some(reply.clone_ref(py));
        self.listen(py, &mut inner)?;
        if cancels {
            self.cancel(py, &mut inner)?;
        }
        self.send(py, &mut inner)?;
        // a connection that breaks while sending answers at once
        let ended = inner.answered.pop();
        if self.state.is_closed() {
            self.release(py, inner, true)?;
        }
        Ok(match ended {
            Some((_, outcome)) => Submitted::Ended(outcome),
            None => Submitted::Waiting,
        })
    }

    /// Goes on sending, now that the operation has more.
    pub(super) fn resume(&self, py: Python<'_>) -> PyResult<()> {
        if self.state.is_of_parent() {
            return Ok(());
        }
        // from within the connection's own work it goes on by itself
        let Some(mut inner) = self.enter() else {
            return Ok(());
        };
        if inner.line.engine.is_busy() && !inner.writing {
            self.send(py, &mut inner)?;
        }
        self.release(py, inner, true)
    }

    /// Sends a statement whose answer nobody waits for, before all that come after it; false where
    /// something else is under way.
    pub(super) fn send_ahead(
        &self,
        py: Python<'_>,
        operation: Box<dyn Operation>,
    ) -> PyResult<bool> {
        let mut inner = self.enter().ok_or_else(|| faults::reentered(py))?;
        if self.state.is_closed() {
            return Err(self.state.closed_error(py));
        }
        if inner.is_engaged() {
            return Ok(false);
        }
        if let Some(outcome) = inner.line.engine.begin_unattended(py, operation) {
            return outcome.map(|_| true);
        }
        self.send(py, &mut inner)?;
        Ok(true)
    }

    /// Gives up a statement.
    pub(super) fn abandon(&self, py: Python<'_>, reply: &Py<Reply>) -> PyResult<GivenUp> {
        if self.state.is_of_parent() {
            // the parent still waits for it
            return Ok(GivenUp::Done);
        }
        let Some(mut inner) = self.enter() else {
            let again = reply.getattr(py, intern!(py, "_give_up"))?;
            self.on_loop(py, intern!(py, "call_soon_threadsafe"), (again,))?;
            return Ok(GivenUp::Soon);
        };
        let before = inner.waiting.len();
        inner.waiting.retain(|(_, waiting)| !waiting.is(reply));
        if inner.waiting.len() < before {
            return Ok(GivenUp::Done);
        }
        if !inner
            .current
            .as_ref()
            .is_some_and(|current| current.is(reply))
        {
            return Ok(GivenUp::TooLate);
        }
        inner.current = None;
        let failure = faults::fault(py, "InterfaceError", "the statement was given up");
        if inner.line.engine.abandon(py, failure).is_none() {
            self.cancel(py, &mut inner)?;
            self.send(py, &mut inner)?;
        }
        Ok(GivenUp::Done)
    }

    /// What is known of a prepared statement, where nothing of the connection's is at work.
    pub(super) fn described(
        &self,
        py: Python<'_>,
        sql: &Bound<'_, PyString>,
    ) -> PyResult<Option<Py<PyAny>>> {
        match self.enter() {
            Some(inner) if !self.state.is_closed() => inner.line.engine.described(py, sql),
            _ => Ok(None),
        }
    }

    /// Closes the connection: whoever waits is told, and what the server executes is cancelled.
    ///
    /// # Errors
    /// `InterfaceError` from within the connection's own work.
    pub(super) fn close(&self, py: Python<'_>) -> PyResult<()> {
        if self.state.is_of_parent() {
            // its loop still watches the socket, and shares what it watches with
            return Ok(());
        }
        let mut inner = self.enter().ok_or_else(|| faults::reentered(py))?;
        if self.state.is_closed() && inner.pump.is_none() {
            return Ok(());
        }
        self.state.close();
        if inner.line.engine.is_busy()
            && let Some(canceller) = self.canceller.clone()
        {
            std::thread::spawn(move || canceller.cancel(GRACE, &Interrupt::never()));
        }
        inner.line.close(py);
        self.leave_loop(py, &mut inner)?;
        inner.fail_all(|| self.state.closed_error(py));
        inner.line.engine.remark_end();
        self.release(py, inner, true)
    }

    /// Whether the connection is open, after hearing what an idle server has said.
    pub(super) fn is_alive(&self, py: Python<'_>) -> PyResult<bool> {
        let Some(mut inner) = self.enter() else {
            // the work under way finds out by itself
            return Ok(!self.state.is_closed());
        };
        if self.state.is_closed() {
            return Ok(false);
        }
        if !inner.is_engaged() {
            inner.line.hear(py);
            if self.state.is_closed() {
                self.lose(py, &mut inner, &self.state.closed_error(py))?;
            }
            self.release(py, inner, true)?;
        }
        Ok(!self.state.is_closed())
    }

    /// Shuts the socket without touching the loop: from a destructor, which may run anywhere. The
    /// loop then finds the end of the stream and leaves by itself.
    pub(super) fn shut(&self) {
        self.state.close();
        if let Some(mut inner) = self.enter() {
            inner.line.shutdown();
        }
    }

    /// The connection was lost: whoever waits is told why.
    fn lose(&self, py: Python<'_>, inner: &mut Inner, error: &PyErr) -> PyResult<()> {
        self.leave_loop(py, inner)?;
        inner.fail_all(|| error.clone_ref(py));
        Ok(())
    }

    /// The loop forgets the connection.
    fn leave_loop(&self, py: Python<'_>, inner: &mut Inner) -> PyResult<()> {
        if inner.pump.take().is_none() {
            return Ok(());
        }
        self.on_loop(py, intern!(py, "remove_reader"), (self.fd,))?;
        if std::mem::take(&mut inner.writing) {
            self.on_loop(py, intern!(py, "remove_writer"), (self.fd,))?;
        }
        if let Some(cancelling) = inner.cancelling.take() {
            cancelling.stop(py)?;
            if let Some(reader) = cancelling.delivered {
                self.on_loop(py, intern!(py, "remove_reader"), (reader.as_raw_fd(),))?;
            }
        }
        Ok(())
    }

    /// Releases the lock, then delivers remarks and resumes whoever was answered: within the loop's
    /// callback, or later where a task may be running.
    fn release(
        &self,
        py: Python<'_>,
        mut inner: MutexGuard<'_, Inner>,
        later: bool,
    ) -> PyResult<()> {
        let remarks = inner.line.engine.take_remarks();
        let answered = std::mem::take(&mut inner.answered);
        drop(inner);
        self.state.deliver(py, remarks);
        let mut raised = Ok(());
        for (reply, outcome) in answered {
            let resumed = if later {
                reply.get().complete_later(py, outcome)
            } else {
                reply.get().complete(py, outcome)
            };
            raised = raised.and(resumed);
        }
        raised
    }

    fn on_loop<'py>(
        &self,
        py: Python<'py>,
        method: &Bound<'py, PyString>,
        args: impl pyo3::call::PyCallArgs<'py>,
    ) -> PyResult<()> {
        self.event_loop
            .bind(py)
            .call_method1(method, args)
            .map(drop)
    }

    fn call_later(
        &self,
        py: Python<'_>,
        delay: Duration,
        callback: Py<PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let call_later = intern!(py, "call_later");
        self.event_loop
            .call_method1(py, call_later, (delay.as_secs_f64(), callback))
    }

    /// The lock, or `None` from within the connection's own work.
    #[inline]
    fn enter(&self) -> Option<MutexGuard<'_, Inner>> {
        match self.inner.try_lock() {
            Ok(inner) => Some(inner),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The lock, for callbacks of the loop: no work of this connection is under way beneath them.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Whether a new statement must wait.
    fn is_engaged(&self) -> bool {
        self.line.engine.is_busy() || self.cancelling.is_some() || !self.waiting.is_empty()
    }

    /// Whether what arrives is part of a COPY whose reader has not asked for more.
    fn is_unread(&self, state: &State) -> bool {
        state.is_copying() && !self.line.engine.is_busy()
    }

    fn answer_current(&mut self, outcome: Outcome) {
        if let Some(reply) = self.current.take() {
            self.answered.push((reply, outcome));
        }
    }

    fn fail_all(&mut self, error: impl Fn() -> PyErr) {
        let waiting = std::mem::take(&mut self.waiting)
            .into_iter()
            .map(|(_, reply)| reply);
        let all = self.current.take().into_iter().chain(waiting);
        self.answered.extend(all.map(|reply| (reply, Err(error()))));
    }
}
