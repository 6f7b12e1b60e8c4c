//! How long a statement may take, and how long the server has to end one that was given up.
//!
//! No IO; reads the clock.

use std::time::{Duration, Instant};

use pyo3::prelude::*;

use super::super::faults;
use super::super::public;

/// How long after its timeout a statement's call may last: until then the server has to take the
/// cancel and to end the statement, or else the connection is closed. The caller waits for this, so
/// it is short; it is enough for a cancel under TLS to a server on another continent.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// When a cancel is repeated that has not ended its statement; twice as long after each. One that comes
/// before its statement begins has no effect.
const REPEAT: Duration = Duration::from_millis(100);

/// How long a statement may take.
pub(super) struct Patience {
    deadline: Option<Instant>,
    /// The statement was given up and cancelled; what is waited for is the end of its answers.
    cancelled: Option<Cancelled>,
}

/// When a statement that was cancelled is cancelled again.
struct Cancelled {
    repeat: Instant,
    pause: Duration,
    /// What ended the wait for it; none where it is ended for good order, and nothing else failed.
    cause: Option<PyErr>,
}

impl Patience {
    #[inline]
    pub(super) fn new(timeout: Option<f64>) -> PyResult<Self> {
        let deadline = match timeout {
            None => None,
            Some(seconds) => public::deadline(seconds)?,
        };
        Ok(Self {
            deadline,
            cancelled: None,
        })
    }

    /// When the wait must end.
    #[inline]
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// From now on the wait is for the end of a cancelled statement.
    pub(super) fn bear_cancelled(&mut self, grace: Duration, cause: Option<PyErr>) {
        let now = Instant::now();
        self.deadline = now.checked_add(grace);
        self.cancelled = Some(Cancelled {
            repeat: now + REPEAT,
            pause: REPEAT,
            cause,
        });
    }

    /// Whether the statement was cancelled.
    pub(super) const fn has_cancelled(&self) -> bool {
        self.cancelled.is_some()
    }

    /// What is left until the deadline.
    pub(super) fn remaining(&self) -> Duration {
        self.deadline.map_or(Duration::MAX, |deadline| {
            deadline.saturating_duration_since(Instant::now())
        })
    }

    /// Whether it is time for another cancel; asked once for each.
    pub(super) fn must_cancel_again(&mut self) -> bool {
        let Some(cancelled) = &mut self.cancelled else {
            return false;
        };
        let now = Instant::now();
        let due = now >= cancelled.repeat;
        if due {
            cancelled.pause *= 2;
            cancelled.repeat = now + cancelled.pause;
        }
        due
    }

    /// When a wait must end, ready or not.
    pub(super) fn wakes(&self) -> Option<Instant> {
        let repeat = self.cancelled.as_ref().map(|cancelled| cancelled.repeat);
        repeat.into_iter().chain(self.deadline).min()
    }

    /// Whether the deadline has passed, however ready the socket is.
    pub(super) fn is_over(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// What is raised once the deadline has passed; none where only `lost` says what happened.
    #[cold]
    pub(super) fn failure(&mut self, py: Python<'_>) -> Option<PyErr> {
        match &mut self.cancelled {
            Some(cancelled) => cancelled.cause.take(),
            None => Some(timed_out(py)),
        }
    }
}

#[cold]
fn timed_out(py: Python<'_>) -> PyErr {
    let message = "the statement took longer than its timeout and was cancelled";
    faults::fault(py, "QueryTimeout", message)
}
