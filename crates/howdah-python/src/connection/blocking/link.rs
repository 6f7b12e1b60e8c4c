//! A connection's line under threads: statements one after the other, each until its outcome.
//!
//! IO: waits on the calling thread. Called by `SyncConnection`.

use std::mem::ManuallyDrop;
use std::net::{Shutdown, TcpStream};
use std::os::fd::{FromRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use howdah_driver::{Canceller, Interrupt};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::super::engine::Outcome;
use super::super::faults;
use super::super::line::{Line, Sent};
use super::super::operations::Operation;
use super::super::state::State;
use super::patience::{GRACE, Patience};
use super::turns::{Held, Turns};
use super::waiting::{NOT_ENDED, listen, receive, wait_for_room};

/// How long what must end before a connection is closed, or goes on, may take: another thread's
/// statement, a COPY of which a part was not read.
const CLOSING_GRACE: Duration = Duration::from_secs(5);

/// A connection for threads.
pub(super) struct Link {
    turns: Turns,
    /// The holder waits for what the server says unasked: there is no statement to cancel.
    hearing: AtomicBool,
    state: Arc<State>,
    canceller: Option<Canceller>,
    fd: RawFd,
}

impl Link {
    pub(super) fn new(line: Line, state: Arc<State>, canceller: Option<Canceller>) -> Self {
        let fd = line.transport.raw_fd();
        Self {
            turns: Turns::new(line),
            hearing: AtomicBool::new(false),
            state,
            canceller,
            fd,
        }
    }

    #[inline]
    pub(super) const fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Runs an operation to its end, which `timeout` seconds bound, those included that it waits for its
    /// turn.
    #[inline]
    pub(super) fn run(
        &self,
        py: Python<'_>,
        operation: impl Operation + 'static,
        timeout: Option<f64>,
    ) -> Outcome {
        let mut patience = Patience::new(timeout)?;
        let mut line = self.take(py, &patience)?;
        if operation.cancels() {
            patience.bear_cancelled(CLOSING_GRACE, None);
            self.cancel(py, CLOSING_GRACE);
        } else if self.state.copy_was_dropped() {
            self.cancel(py, patience.remaining().min(CLOSING_GRACE));
        }
        let outcome = self.complete(py, &mut line, Box::new(operation), &mut patience);
        let remarks = line.engine.take_remarks();
        drop(line);
        if !remarks.is_empty() {
            self.state.deliver(py, remarks);
        }
        outcome
    }

    /// Sends an operation whose answer the next one takes in.
    pub(super) fn send_ahead(&self, py: Python<'_>, operation: Box<dyn Operation>) -> PyResult<()> {
        let mut line = self.take(py, &Patience::new(None)?)?;
        line.send_ahead(py, operation)
    }

    /// Waits until the server has said something unasked, and delivers it; false where `timeout`
    /// seconds pass first.
    pub(super) fn hear(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let patience = Patience::new(timeout)?;
        let mut line = self.take(py, &patience)?;
        let engine = &mut line.engine;
        if engine.session().has_open_unit() || engine.is_copying() {
            let message = "a stream or COPY is open on this connection";
            return Err(faults::fault(py, "InterfaceError", message));
        }
        self.hearing.store(true, Ordering::Release);
        let heard = listen(py, &mut line, &patience);
        self.hearing.store(false, Ordering::Release);
        let remarks = line.engine.take_remarks();
        drop(line);
        self.state.deliver(py, remarks);
        if heard.is_err() && self.state.is_closed() {
            return Err(self.state.closed_error(py));
        }
        heard
    }

    /// Whether the connection is open and its server has not hung up, seen without waiting.
    pub(super) fn is_alive(&self, py: Python<'_>) -> bool {
        if self.state.is_closed() {
            return false;
        }
        // whoever holds the line finds out by itself
        let Some(mut line) = self.turns.try_take() else {
            return true;
        };
        line.hear(py);
        let remarks = line.engine.take_remarks();
        drop(line);
        self.state.deliver(py, remarks);
        !self.state.is_closed()
    }

    /// What is known of a prepared statement, where nothing is under way.
    pub(super) fn described(
        &self,
        py: Python<'_>,
        sql: &Bound<'_, PyString>,
    ) -> PyResult<Option<Py<PyAny>>> {
        match self.turns.try_take() {
            Some(line) if !self.state.is_closed() => line.engine.described(py, sql),
            _ => Ok(None),
        }
    }

    /// Closes the connection; what another thread executes is cancelled.
    pub(super) fn close(&self, py: Python<'_>) -> PyResult<()> {
        if self.state.is_closed() {
            return Ok(());
        }
        if self.turns.are_elsewhere() {
            // nothing begins after this one
            self.state.close();
            self.interrupt(py)?;
        }
        let mut line = self.turns.take(py, None)?;
        self.state.close();
        line.close(py);
        line.engine.remark_end();
        let remarks = line.engine.take_remarks();
        drop(line);
        self.state.deliver(py, remarks);
        Ok(())
    }

    /// The line of an open connection.
    #[inline]
    fn take(&self, py: Python<'_>, patience: &Patience) -> PyResult<Held<'_>> {
        if self.state.is_closed() {
            return Err(self.state.closed_error(py));
        }
        let line = self.turns.take(py, patience.deadline())?;
        // whoever had it may have closed it
        if self.state.is_closed() {
            return Err(self.state.closed_error(py));
        }
        Ok(line)
    }

    #[inline]
    fn complete(
        &self,
        py: Python<'_>,
        line: &mut Line,
        operation: Box<dyn Operation>,
        patience: &mut Patience,
    ) -> Outcome {
        if line.engine.is_unattended() {
            self.wait_for_outcome(py, line, patience)?;
        }
        if let Some(outcome) = line.begin(py, operation) {
            return outcome;
        }
        self.wait_for_outcome(py, line, patience)
    }

    #[inline]
    fn wait_for_outcome(
        &self,
        py: Python<'_>,
        line: &mut Line,
        patience: &mut Patience,
    ) -> Outcome {
        loop {
            if patience.must_cancel_again() {
                self.cancel(py, patience.remaining());
            }
            let moved = match line.send(py) {
                Ok(Sent::All) => receive(py, line, patience),
                Ok(Sent::Blocked | Sent::More) => wait_for_room(py, line, patience),
                Err(error) => Err(error),
            };
            let ended = match moved {
                Ok(()) => line.advance(py)?,
                Err(error) => self.give_up(py, line, patience, error)?,
            };
            if let Some(outcome) = ended {
                return outcome;
            }
        }
    }

    /// The wait was ended by `error`: the server is told, and the rest of the answer passes by.
    #[cold]
    fn give_up(
        &self,
        py: Python<'_>,
        line: &mut Line,
        patience: &mut Patience,
        error: PyErr,
    ) -> PyResult<Option<Outcome>> {
        if self.state.is_closed() {
            return Err(error);
        }
        if patience.has_cancelled() {
            line.lost(py, NOT_ENDED);
            return Err(error);
        }
        patience.bear_cancelled(GRACE, Some(error.clone_ref(py)));
        self.cancel(py, GRACE);
        Ok(line.engine.abandon(py, error))
    }

    /// Tells the server to cancel what it executes, and waits until it has heard.
    #[cold]
    fn cancel(&self, py: Python<'_>, within: Duration) {
        if let Some(canceller) = &self.canceller {
            // a cancel that fails leaves the deadline to end the wait
            let _ = py.detach(|| canceller.cancel(within, &Interrupt::never()));
        }
    }

    /// Ends what another thread executes: by cancels, of which one that comes before its statement
    /// has no effect, or else with the socket.
    #[cold]
    fn interrupt(&self, py: Python<'_>) -> PyResult<()> {
        let started = Instant::now();
        while self.turns.are_elsewhere() && started.elapsed() < CLOSING_GRACE {
            if self.hearing.load(Ordering::Acquire) {
                break;
            }
            py.check_signals()?;
            self.cancel(py, CLOSING_GRACE.saturating_sub(started.elapsed()));
            py.detach(|| std::thread::sleep(Duration::from_millis(10)));
        }
        if self.turns.are_elsewhere() {
            // SAFETY: the line owns the descriptor and lives as long as `self`; it is not closed here.
            let socket = ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(self.fd) });
            // shutting down a socket that has ended already is no concern
            let _ = socket.shutdown(Shutdown::Both);
        }
        Ok(())
    }
}
