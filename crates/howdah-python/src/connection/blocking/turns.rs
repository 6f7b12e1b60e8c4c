//! Whose turn it is: one thread at a time holds the line of a connection.
//!
//! No IO. A thread that waits for its turn releases the interpreter, notices signals, and waits no
//! longer than its deadline.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use super::super::faults;
use super::super::line::Line;

thread_local! {
    static THREAD: u8 = const { 0 };
}

/// The line, and whose turn it is.
pub(super) struct Turns {
    line: Mutex<Line>,
    /// Which thread holds the line: the address of its [`THREAD`], 0 for none.
    holder: AtomicUsize,
    queue: Queue,
}

impl Turns {
    pub(super) fn new(line: Line) -> Self {
        Self {
            line: Mutex::new(line),
            holder: AtomicUsize::new(0),
            queue: Queue::default(),
        }
    }

    /// The line, waiting for another thread's statement with the interpreter released.
    ///
    /// # Errors
    /// `InterfaceError` where this thread holds it already: a handler or an iterator of parameters
    /// that uses the connection which is waiting for it. `QueryTimeout` at the deadline. What the
    /// handler of a signal raised.
    #[inline]
    pub(super) fn take(&self, py: Python<'_>, deadline: Option<Instant>) -> PyResult<Held<'_>> {
        let me = this_thread();
        let line = match self.line.try_lock() {
            Ok(line) => line,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if self.holder.load(Ordering::Relaxed) == me => {
                return Err(faults::reentered(py));
            }
            Err(TryLockError::WouldBlock) => self.queue.wait(py, &self.line, deadline)?,
        };
        Ok(self.held(line, me))
    }

    /// The line, if nobody has it.
    pub(super) fn try_take(&self) -> Option<Held<'_>> {
        let line = self.line.try_lock().ok()?;
        Some(self.held(line, this_thread()))
    }

    /// Whether another thread executes something.
    pub(super) fn are_elsewhere(&self) -> bool {
        let holder = self.holder.load(Ordering::Relaxed);
        holder != 0 && holder != this_thread()
    }

    #[inline]
    fn held<'a>(&'a self, line: MutexGuard<'a, Line>, me: usize) -> Held<'a> {
        self.holder.store(me, Ordering::Relaxed);
        Held {
            line,
            holder: &self.holder,
            _bell: Bell(&self.queue),
        }
    }
}

fn this_thread() -> usize {
    THREAD.with(|me| std::ptr::from_ref(me).addr())
}

/// The line while one thread holds it.
pub(super) struct Held<'a> {
    line: MutexGuard<'a, Line>,
    holder: &'a AtomicUsize,
    /// Dropped, and so rung, after the line.
    _bell: Bell<'a>,
}

impl Deref for Held<'_> {
    type Target = Line;

    #[inline]
    fn deref(&self) -> &Line {
        &self.line
    }
}

impl DerefMut for Held<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Line {
        &mut self.line
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.holder.store(0, Ordering::Relaxed);
    }
}

/// The threads that wait for the line. A mutex alone would keep signals from them.
#[derive(Default)]
struct Queue {
    waiting: AtomicUsize,
    gate: Mutex<()>,
    released: Condvar,
}

/// How late a signal or a deadline may be noticed, or a ring that came too early be made good.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

impl Queue {
    /// The lock of `line`, once whoever holds it lets go.
    #[cold]
    fn wait<'a, T: Send>(
        &self,
        py: Python<'_>,
        line: &'a Mutex<T>,
        deadline: Option<Instant>,
    ) -> PyResult<MutexGuard<'a, T>> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let taken = loop {
            py.detach(|| {
                let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
                if matches!(line.try_lock(), Err(TryLockError::WouldBlock)) {
                    drop(self.released.wait_timeout(gate, LOOK_AGAIN));
                }
            });
            match line.try_lock() {
                Ok(taken) => break Ok(taken),
                Err(TryLockError::Poisoned(poisoned)) => break Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
            if let Err(raised) = py.check_signals() {
                break Err(raised);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break Err(never_came(py));
            }
        };
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        taken
    }
}

/// Tells who waits that the line is free.
struct Bell<'a>(&'a Queue);

impl Drop for Bell<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.0.waiting.load(Ordering::SeqCst) > 0 {
            drop(self.0.gate.lock());
            self.0.released.notify_one();
        }
    }
}

#[cold]
fn never_came(py: Python<'_>) -> PyErr {
    let message = "the statement was not sent within its timeout: another thread's was under way";
    faults::fault(py, "QueryTimeout", message)
}
