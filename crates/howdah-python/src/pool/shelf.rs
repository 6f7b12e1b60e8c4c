//! The connections that a pool has in store, and those that it has lent.
//!
//! Called by both pools without their lock, and by `_pool_policy.Roster`. Invariants: an entry is in
//! one place; what both sides agree on is agreed on under `inner`, so that nothing is put back while
//! somebody has begun to wait; nothing of Python's runs while that is locked.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::entry::Entry;

/// The store of a pool.
#[pyclass(frozen, generic, module = "howdah._native")]
pub(crate) struct Shelf {
    /// Whether a connection may be lent without more than a peek.
    lends: bool,
    /// Whether a connection that was not changed may be taken back as it is.
    takes_back: bool,
    /// Whether it may also if the session on the server was changed.
    any_session: bool,
    /// What tells the time in seconds, as the entries' ends are given: `time.monotonic`.
    clock: Py<PyAny>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Whether the quick way is open: the pool is, nobody waits, and there are not too many.
    quick: bool,
    /// The last returned is the last here, and the first to be lent.
    idle: Vec<Py<Entry>>,
    /// By the connection's address.
    lent: HashMap<usize, Py<Entry>>,
    /// Those among the lent that were found dead, and given to nobody.
    dead: Vec<Py<Entry>>,
    acquired: u64,
}

impl Inner {
    fn lend(&mut self, py: Python<'_>, entry: &Py<Entry>) {
        let place = address(entry.get().connection());
        self.acquired += 1;
        self.lent.insert(place, entry.clone_ref(py));
    }

    fn take_back(&mut self, py: Python<'_>, place: usize, now: f64, any_session: bool) -> bool {
        let Some(entry) = self.lent.get(&place).map(Py::get) else {
            return false;
        };
        if entry.expires_at() <= now || !entry.is_untouched(py, any_session) {
            return false;
        }
        entry.note_idle(now);
        self.idle.extend(self.lent.remove(&place));
        true
    }
}

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Shelf {
    /// `reset` says of which connections the quick way may take back: `if-dirty`, those that were not
    /// changed; `none`, those that are idle; else none.
    #[new]
    fn new(checks: bool, reset: &str, clock: Py<PyAny>) -> Self {
        Self {
            lends: !checks,
            takes_back: matches!(reset, "if-dirty" | "none"),
            any_session: reset == "none",
            clock,
            inner: Mutex::default(),
        }
    }

    /// The connection used last, if the quick way is open and it is alive.
    fn lend(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        if !self.lends {
            return Ok(None);
        }
        let entry = {
            let mut inner = self.lock();
            // a dead one is attended to first: the others may be dead too
            if !inner.quick || !inner.dead.is_empty() {
                return Ok(None);
            }
            let Some(entry) = inner.idle.pop() else {
                return Ok(None);
            };
            inner.lend(py, &entry);
            entry
        };
        // the program's handlers hear what the server said meanwhile
        if entry.get().is_alive(py)? {
            return Ok(Some(entry.get().connection().clone_ref(py)));
        }
        self.lock().dead.push(entry);
        Ok(None)
    }

    /// Put a connection back if the quick way is open and nothing of it must be undone; false if not.
    #[pyo3(signature = (connection, /))]
    fn take_back(&self, connection: &Bound<'_, PyAny>) -> PyResult<bool> {
        if !self.takes_back {
            return Ok(false);
        }
        let py = connection.py();
        let now: f64 = self.clock.call0(py)?.extract(py)?;
        let place = address(connection.as_unbound());
        let mut inner = self.lock();
        Ok(inner.quick && inner.take_back(py, place, now, self.any_session))
    }

    /// Whether the quick way is open.
    #[getter]
    fn quick(&self) -> bool {
        self.lock().quick
    }

    #[setter]
    fn set_quick(&self, quick: bool) {
        self.lock().quick = quick;
    }

    /// How many are idle, and how many are lent.
    #[getter]
    fn counts(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.idle.len(), inner.lent.len())
    }

    /// How often one was lent.
    #[getter]
    fn acquired(&self) -> u64 {
        self.lock().acquired
    }

    /// The idle entry used last, which is in the caller's hands now.
    fn pop(&self) -> Option<Py<Entry>> {
        self.lock().idle.pop()
    }

    /// Put an entry with the idle ones.
    fn push(&self, entry: Py<Entry>) {
        self.lock().idle.push(entry);
    }

    /// Take all idle entries, the one used last at the end.
    fn drain(&self) -> Vec<Py<Entry>> {
        std::mem::take(&mut self.lock().idle)
    }

    /// Note that somebody got this entry.
    fn note_lent(&self, py: Python<'_>, entry: &Bound<'_, Entry>) {
        self.lock().lend(py, entry.as_unbound());
    }

    /// The entry of a connection that was lent, which is in the caller's hands now.
    fn surrender(&self, connection: &Bound<'_, PyAny>) -> Option<Py<Entry>> {
        let place = address(connection.as_unbound());
        self.lock().lent.remove(&place)
    }

    /// One of those that were to be lent and found dead; it counts as lent.
    fn pop_dead(&self) -> Option<Py<Entry>> {
        self.lock().dead.pop()
    }

    /// All that are lent.
    fn all_lent(&self, py: Python<'_>) -> Vec<Py<Entry>> {
        let inner = self.lock();
        inner.lent.values().map(|it| it.clone_ref(py)).collect()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.clock)?;
        if let Ok(inner) = self.inner.try_lock() {
            let entries = inner.idle.iter().chain(inner.lent.values());
            for entry in entries.chain(&inner.dead) {
                visit.call(entry)?;
            }
        }
        Ok(())
    }

    fn __clear__(&self) {
        if let Ok(mut inner) = self.inner.try_lock() {
            let cleared = std::mem::take(&mut *inner);
            drop(inner);
            drop(cleared);
        }
    }
}

/// Tells connections apart: those that are lent stay where they are.
fn address(connection: &Py<PyAny>) -> usize {
    connection.as_ptr().addr()
}
