//! Cancels on their way to the server, beside the line.
//!
//! IO: a thread for each cancel, which knows nothing of Python and rings a pipe; timers of the loop.
//! Invariant: no cancel is under way when the next statement is sent.

use std::io::{PipeReader, Write};
use std::os::fd::AsRawFd;
use std::time::Duration;

use howdah_driver::{Canceller, Interrupt};
use pyo3::intern;
use pyo3::prelude::*;

use super::{Inner, Link};

/// How long a cancelled statement may take to end before the connection is dropped.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// When a cancel is repeated that has not ended its statement; twice as long after each. One that comes
/// before its statement begins has no effect.
const REPEAT: Duration = Duration::from_millis(100);
/// A cancel on its way.
pub(super) struct Cancelling {
    /// Readable when the server has closed the connection that carried it; none once it was.
    pub(super) delivered: Option<PipeReader>,
    /// The loop's timer for [`GRACE`].
    timer: Py<PyAny>,
    /// The loop's timer for the next attempt, and how long it takes.
    repeat: Option<Py<PyAny>>,
    pause: Duration,
}

impl Cancelling {
    /// Takes its timers from the loop.
    pub(super) fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let cancel = intern!(py, "cancel");
        for timer in std::iter::once(&self.timer).chain(&self.repeat) {
            timer.call_method0(py, cancel)?;
        }
        Ok(())
    }
}

impl Link {
    /// Has the server cancel what it executes. Where it gave no key for that, the statement has the
    /// same time to end by itself.
    pub(super) fn cancel(&self, py: Python<'_>, inner: &mut Inner) -> PyResult<()> {
        let Some(pump) = &inner.pump else {
            return Ok(());
        };
        let timer = self.call_later(py, GRACE, pump.getattr(py, intern!(py, "grace_ended"))?)?;
        inner.cancelling = Some(Cancelling {
            delivered: None,
            timer,
            repeat: None,
            pause: REPEAT,
        });
        self.send_cancel(py, inner)
    }

    /// Sends a cancel in a thread of its own, which knows nothing of Python.
    fn send_cancel(&self, py: Python<'_>, inner: &mut Inner) -> PyResult<()> {
        if let (Some(pump), Some(cancelling), Some(canceller)) =
            (&inner.pump, &mut inner.cancelling, &self.canceller)
        {
            let reader = deliver(canceller.clone())?;
            let callback = pump.getattr(py, intern!(py, "delivered"))?;
            self.on_loop(
                py,
                intern!(py, "add_reader"),
                (reader.as_raw_fd(), callback),
            )?;
            cancelling.delivered = Some(reader);
        }
        Ok(())
    }

    /// The server has taken the cancel.
    pub(super) fn delivered(&self, py: Python<'_>) -> PyResult<()> {
        let mut inner = self.lock();
        let reader = inner
            .cancelling
            .as_mut()
            .and_then(|cancelling| cancelling.delivered.take());
        if let Some(reader) = reader {
            self.on_loop(py, intern!(py, "remove_reader"), (reader.as_raw_fd(),))?;
        }
        self.start_next(py, &mut inner)?;
        if let Inner {
            pump: Some(pump),
            cancelling: Some(cancelling),
            ..
        } = &mut *inner
        {
            let repeat = pump.getattr(py, intern!(py, "cancel_again"))?;
            cancelling.repeat = Some(self.call_later(py, cancelling.pause, repeat)?);
            cancelling.pause *= 2;
        }
        self.release(py, inner, false)
    }

    /// A cancel that was delivered has not ended the statement yet.
    pub(super) fn cancel_again(&self, py: Python<'_>) -> PyResult<()> {
        self.send_cancel(py, &mut self.lock())
    }

    /// A cancelled statement did not end in time.
    pub(super) fn grace_ended(&self, py: Python<'_>) -> PyResult<()> {
        let mut inner = self.lock();
        if inner.cancelling.is_some() {
            let error = inner.line.lost(py, "a cancelled statement did not end");
            self.lose(py, &mut inner, &error)?;
        }
        self.release(py, inner, false)
    }
}

/// Sends a cancel; what comes back is readable when the server has taken it.
fn deliver(canceller: Canceller) -> std::io::Result<PipeReader> {
    let (reader, mut bell) = std::io::pipe()?;
    std::thread::spawn(move || {
        // a cancel that fails leaves the timer to end the wait
        if canceller.cancel(GRACE, &Interrupt::never()).is_ok() {
            let _ = bell.write_all(&[1]);
        } else {
            std::thread::sleep(GRACE);
        }
    });
    Ok(reader)
}
