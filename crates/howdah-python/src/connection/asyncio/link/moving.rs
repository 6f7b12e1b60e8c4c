//! Bytes and statements in their order: receive, decode, start what waits, send.
//!
//! IO without waiting.

use pyo3::intern;
use pyo3::prelude::*;

use super::{Inner, Link};
use crate::connection::line::Sent;
use crate::connection::operations::Drain;

/// How many receives are worked through before other tasks get their turn.
const RECEIVES: usize = 4;

impl Link {
    /// The socket is readable.
    pub(super) fn receive(&self, py: Python<'_>) -> PyResult<()> {
        let mut inner = self.lock();
        if inner.is_unread(&self.state) {
            inner.deaf = true;
            return self.on_loop(py, intern!(py, "remove_reader"), (self.fd,));
        }
        for _ in 0..RECEIVES {
            let room = inner.line.engine.session().spare().len();
            let received = match inner.line.try_receive(py) {
                Ok(Some(count)) => count,
                Ok(None) => break,
                Err(error) => {
                    self.lose(py, &mut inner, &error)?;
                    break;
                }
            };
            self.work(py, &mut inner)?;
            if inner.pump.is_none()
                || inner.is_unread(&self.state)
                || (received < room && !inner.line.transport.has_buffered())
            {
                break;
            }
        }
        self.release(py, inner, false)
    }

    /// Works through what has arrived, and starts what was waiting.
    fn work(&self, py: Python<'_>, inner: &mut Inner) -> PyResult<()> {
        loop {
            match inner.line.advance(py) {
                Err(error) => return self.lose(py, inner, &error),
                Ok(None) => return self.send(py, inner),
                Ok(Some(outcome)) => {
                    inner.answer_current(outcome);
                    self.start_next(py, inner)?;
                }
            }
        }
    }

    /// Ends a COPY that nobody can read any more; what waits begins afterwards.
    #[cold]
    pub(super) fn end_copy(&self, py: Python<'_>, inner: &mut Inner) -> PyResult<()> {
        // it cannot end at once: the server owes the end of its answer
        drop(inner.line.begin(py, Box::new(Drain::new(None))));
        self.listen(py, inner)?;
        if inner.line.engine.is_busy() {
            return self.cancel(py, inner);
        }
        self.start_next(py, inner)
    }

    /// Has the loop tell again when there is something to receive.
    pub(super) fn listen(&self, py: Python<'_>, inner: &mut Inner) -> PyResult<()> {
        if inner.deaf
            && let Some(pump) = &inner.pump
        {
            inner.deaf = false;
            let readable = pump.getattr(py, intern!(py, "readable"))?;
            self.on_loop(py, intern!(py, "add_reader"), (self.fd, readable))?;
        }
        Ok(())
    }

    /// Starts the oldest waiting statement, if nothing is under way.
    pub(super) fn start_next(&self, py: Python<'_>, inner: &mut Inner) -> PyResult<()> {
        if inner.line.engine.is_busy() {
            return Ok(());
        }
        if inner
            .cancelling
            .as_ref()
            .is_some_and(|cancelling| cancelling.delivered.is_none())
            && let Some(cancelling) = inner.cancelling.take()
        {
            cancelling.stop(py)?;
        }
        while inner.cancelling.is_none()
            && let Some((operation, reply)) = inner.waiting.pop_front()
        {
            match inner.line.begin(py, operation) {
                Some(outcome) => inner.answered.push((reply, outcome)),
                None => {
                    inner.current = Some(reply);
                    return self.send(py, inner);
                }
            }
        }
        Ok(())
    }

    /// Sends what waits; a full buffer is continued when the loop says so, and a long operation too, so
    /// that other tasks get their turn.
    pub(super) fn send(&self, py: Python<'_>, inner: &mut Inner) -> PyResult<()> {
        let blocked = match inner.line.send(py) {
            Ok(sent) => sent != Sent::All,
            Err(error) if self.state.is_closed() => return self.lose(py, inner, &error),
            Err(error) => {
                // the operation raised while it provided more: its answers pass by
                if let Some(outcome) = inner.line.engine.abandon(py, error) {
                    inner.answer_current(outcome);
                }
                return self.send(py, inner);
            }
        };
        if blocked == inner.writing {
            return Ok(());
        }
        inner.writing = blocked;
        match (&inner.pump, blocked) {
            (Some(pump), true) => self.on_loop(
                py,
                intern!(py, "add_writer"),
                (self.fd, pump.getattr(py, intern!(py, "writable"))?),
            ),
            _ => self.on_loop(py, intern!(py, "remove_writer"), (self.fd,)),
        }
    }
}
