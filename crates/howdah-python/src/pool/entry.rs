//! A connection and what its pool must know of it. No IO but the peek of [`Entry::is_alive`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::connection::{AsyncConnection, Base, State, SyncConnection};

/// A connection of a pool.
#[pyclass(frozen, generic, module = "howdah._native")]
pub(crate) struct Entry {
    connection: Py<PyAny>,
    expires_at: f64,
    /// The bits of the seconds of `time.monotonic`.
    idle_since: AtomicU64,
    /// What `Session` keeps of the connection; none for what is no connection of ours.
    session: Option<Session>,
}

/// Where to look whether somebody has changed the session.
struct Session {
    line: Line,
    state: Arc<State>,
    /// The open `transaction()` blocks.
    blocks: Py<PyList>,
    /// [`State::session_changes`] and [`State::local_changes`] when it was last clean.
    changes: AtomicU64,
    local_changes: AtomicU64,
}

enum Line {
    Blocking(Py<SyncConnection>),
    Asyncio(Py<AsyncConnection>),
}

impl Entry {
    pub(super) const fn connection(&self) -> &Py<PyAny> {
        &self.connection
    }

    pub(super) const fn expires_at(&self) -> f64 {
        self.expires_at
    }

    pub(super) fn note_idle(&self, now: f64) {
        self.idle_since.store(now.to_bits(), Ordering::Relaxed);
    }

    /// Whether the connection can be lent as it is: open, idle, and nothing in it was changed, except
    /// on the server where `any_session` will do. Runs nothing of Python's.
    pub(super) fn is_untouched(&self, py: Python<'_>, any_session: bool) -> bool {
        let Some(session) = &self.session else {
            return false;
        };
        session.state.is_at_rest()
            && session.state.local_changes() == session.local_changes.load(Ordering::Relaxed)
            && (any_session || !session.is_dirty())
            && session.blocks.bind(py).is_empty()
    }
}

impl Session {
    fn of(connection: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let line = if let Ok(blocking) = connection.cast::<SyncConnection>() {
            Line::Blocking(blocking.clone().unbind())
        } else if let Ok(asyncio) = connection.cast::<AsyncConnection>() {
            Line::Asyncio(asyncio.clone().unbind())
        } else {
            return Ok(None);
        };
        let state = Arc::clone(connection.cast::<Base>()?.get().state());
        let blocks = connection.getattr("_blocks")?.cast_into()?.unbind();
        let session = Self {
            line,
            blocks,
            changes: AtomicU64::default(),
            local_changes: AtomicU64::default(),
            state,
        };
        session.remember();
        Ok(Some(session))
    }

    fn remember(&self) {
        let state = &self.state;
        self.changes
            .store(state.session_changes(), Ordering::Relaxed);
        self.local_changes
            .store(state.local_changes(), Ordering::Relaxed);
    }

    fn is_dirty(&self) -> bool {
        self.state.session_changes() != self.changes.load(Ordering::Relaxed)
    }
}

#[pymethods]
impl Entry {
    #[new]
    fn new(connection: Bound<'_, PyAny>, expires_at: f64) -> PyResult<Self> {
        Ok(Self {
            session: Session::of(&connection)?,
            connection: connection.unbind(),
            expires_at,
            idle_since: AtomicU64::default(),
        })
    }

    /// The connection.
    #[getter(connection)]
    fn py_connection(&self, py: Python<'_>) -> Py<PyAny> {
        self.connection.clone_ref(py)
    }

    /// When it becomes too old to be used again.
    #[getter(expires_at)]
    const fn py_expires_at(&self) -> f64 {
        self.expires_at
    }

    /// Since when nobody uses it.
    #[getter]
    fn idle_since(&self) -> f64 {
        f64::from_bits(self.idle_since.load(Ordering::Relaxed))
    }

    #[setter]
    fn set_idle_since(&self, now: f64) {
        self.note_idle(now);
    }

    /// Whether the connection is open and its server has not hung up, seen without waiting.
    pub(super) fn is_alive(&self, py: Python<'_>) -> PyResult<bool> {
        match &self.session {
            Some(session) => match &session.line {
                Line::Blocking(connection) => Ok(connection.get().is_alive(py)),
                Line::Asyncio(connection) => connection.get().is_alive(py),
            },
            None => Ok(true),
        }
    }

    /// Whether the connection can be lent again as it is.
    #[getter]
    fn is_clean(&self, py: Python<'_>) -> bool {
        self.is_untouched(py, false)
    }

    /// Whether the session was changed on the server since it was last clean.
    #[getter]
    fn is_dirty(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_dirty)
    }

    /// The session is clean as it is now.
    fn remember(&self) {
        if let Some(session) = &self.session {
            session.remember();
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(session) = &self.session {
            visit.call(&session.blocks)?;
            match &session.line {
                Line::Blocking(connection) => visit.call(connection)?,
                Line::Asyncio(connection) => visit.call(connection)?,
            }
        }
        visit.call(&self.connection)
    }
}
