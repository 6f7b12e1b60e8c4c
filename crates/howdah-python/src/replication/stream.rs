//! A connection for replication commands, and the stream that one of them starts.
//!
//! IO: the connection's socket, with the interpreter released; while it streams its socket belongs to
//! the thread of `receiver`. Python's faces are in `howdah.replication`; asyncio calls what waits here
//! in threads of its own, and the rest on its loop when [`ReplicationConnection::fileno`] is readable.

use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use howdah_driver::{Connection, Error, Interrupt, Kind};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyDict, PyList};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::decoder::ChangeDecoder;
use super::receiver::Receiver;
use super::shared::{End, Shared};
use crate::config::Config;
use crate::connection::faults;
use crate::connection::public::{connect_error, deadline};
use crate::types::Catalogue;

/// How long to wait for the server's goodbye.
const PATIENCE: Duration = Duration::from_secs(1);

/// A connection that speaks the replication protocol.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct ReplicationConnection {
    state: Mutex<State>,
    catalogue: Arc<Catalogue>,
    /// A stream was started before.
    streamed: AtomicBool,
    /// What a signal's handler raised while something waited.
    raised: Arc<Mutex<Option<PyErr>>>,
}

enum State {
    Idle(Box<Connection>),
    Streaming(Arc<Shared>, JoinHandle<()>),
    Closed,
}

#[pymethods]
impl ReplicationConnection {
    /// Connects; `password` is what the configuration's callable answered, where that was awaited.
    #[new]
    #[pyo3(signature = (config, password=None))]
    fn new(py: Python<'_>, config: &Config, password: Option<&str>) -> PyResult<Self> {
        let options = match password {
            Some(password) => config.options().with_password(password),
            None => config.for_login(py)?,
        };
        let raised: Arc<Mutex<Option<PyErr>>> = Arc::default();
        let keep = Arc::clone(&raised);
        let interrupt = Interrupt::never().with_signal_check(move || {
            Python::attach(|py| match py.check_signals() {
                Ok(()) => false,
                Err(error) => {
                    *lock(&keep) = Some(error);
                    true
                }
            })
        });
        let connection = py.detach(|| Connection::establish(&options, interrupt));
        if let Some(error) = lock(&raised).take() {
            return Err(error);
        }
        let connection = connection.map_err(|error| connect_error(py, &error))?;
        let catalogue = Catalogue::shared(&format!(
            "{}\0{}\0{}",
            connection.peer(),
            options.dbname(),
            options.user()
        ));
        Ok(Self {
            state: Mutex::new(State::Idle(Box::new(connection))),
            catalogue,
            streamed: AtomicBool::new(false),
            raised,
        })
    }

    /// Run a command; its rows as dicts of text.
    fn command<'py>(&self, py: Python<'py>, sql: &str) -> PyResult<Bound<'py, PyList>> {
        let mut state = self.lock(py);
        let State::Idle(connection) = &mut *state else {
            return Err(engaged(py, &state));
        };
        let answer = py.detach(|| connection.query(sql));
        let rows = answer.map_err(|error| self.failure(py, &error, Some(sql)))?;
        let list = PyList::empty(py);
        for row in &rows {
            let dict = PyDict::new(py);
            for (position, name) in rows.columns().iter().enumerate() {
                dict.set_item(name, row.get(position))?;
            }
            list.append(dict)?;
        }
        Ok(list)
    }

    /// Start a stream by `START_REPLICATION` and receive it in the background.
    fn start(&self, py: Python<'_>, sql: &str, position: u64, interval: f64) -> PyResult<()> {
        let interval = crate::connection::public::duration(interval)?;
        let mut state = self.lock(py);
        let State::Idle(_) = &*state else {
            return Err(engaged(py, &state));
        };
        if self.streamed.swap(true, Ordering::Relaxed) {
            return Err(spent(py));
        }
        let shared = Arc::new(Shared::new(position)?);
        let State::Idle(connection) = std::mem::replace(&mut *state, State::Closed) else {
            return Ok(());
        };
        let stream = py.detach(|| connection.replicate(sql));
        let stream = stream.map_err(|error| self.failure(py, &error, Some(sql)))?;
        let receiver = Receiver::new(stream, Arc::clone(&shared), interval);
        let thread = std::thread::Builder::new().name("howdah replication".to_owned());
        let thread = thread.spawn(move || receiver.run())?;
        *state = State::Streaming(shared, thread);
        Ok(())
    }

    /// What has arrived, waiting for it up to `timeout` seconds (None for ever): pieces, none if
    /// the time has passed, None at the stream's end.
    #[pyo3(signature = (timeout))]
    fn take<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyList>>> {
        let deadline = timeout.map(deadline).transpose()?.flatten();
        let shared = self.shared(py)?;
        loop {
            let Some(pieces) = shared.take() else {
                return self.ended(py).map(|()| None);
            };
            let passed = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if !pieces.is_empty() || passed {
                let pieces = pieces.iter().map(|piece| PyBytes::new(py, piece));
                return PyList::new(py, pieces.collect::<Vec<_>>()).map(Some);
            }
            py.detach(|| wait(&shared, deadline))?;
            py.check_signals()?;
        }
    }

    /// Readable when `take` has something to answer.
    fn fileno(&self, py: Python<'_>) -> PyResult<RawFd> {
        Ok(self.shared(py)?.full_fd().as_raw_fd())
    }

    /// Tell the server that everything before `position` is safe.
    fn confirm(&self, py: Python<'_>, position: u64) -> PyResult<()> {
        self.shared(py)?.confirm(position);
        Ok(())
    }

    /// The position confirmed last.
    fn confirmed(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.shared(py)?.confirmed())
    }

    /// End the stream, after telling the server what was confirmed.
    fn finish(&self, py: Python<'_>) {
        let mut state = self.lock(py);
        if let State::Streaming(shared, _) = &*state {
            shared.stop();
        }
        Self::join(py, &mut state);
    }

    /// Close the connection; closing twice is no error.
    fn close(&self, py: Python<'_>) {
        self.finish(py);
        let mut state = self.lock(py);
        if let State::Idle(connection) = std::mem::replace(&mut *state, State::Closed) {
            py.detach(|| connection.close(PATIENCE));
        }
    }

    /// Whether nothing can be asked of it any more.
    #[getter]
    fn closed(&self, py: Python<'_>) -> bool {
        matches!(*self.lock(py), State::Closed)
    }

    /// A decoder for the pieces of a stream.
    fn decoder(&self) -> ChangeDecoder {
        ChangeDecoder::new(Arc::clone(&self.catalogue))
    }
}

impl ReplicationConnection {
    fn lock<'a>(&'a self, py: Python<'_>) -> MutexGuard<'a, State> {
        self.state
            .lock_py_attached(py)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn shared(&self, py: Python<'_>) -> PyResult<Arc<Shared>> {
        match &*self.lock(py) {
            State::Streaming(shared, _) => Ok(Arc::clone(shared)),
            _ => Err(faults::fault(
                py,
                "InterfaceError",
                "no replication stream is open on this connection",
            )),
        }
    }

    /// Takes the connection back from a thread that ends; the error that ended it.
    fn join(py: Python<'_>, state: &mut State) -> Option<Error> {
        let State::Streaming(..) = state else {
            return None;
        };
        let State::Streaming(shared, thread) = std::mem::replace(state, State::Closed) else {
            return None;
        };
        // a thread that panicked has reported it
        let _ = py.detach(|| thread.join());
        match shared.take_end() {
            Some(End::Closed(Some(connection))) => *state = State::Idle(connection),
            Some(End::Failed(error)) => return Some(error),
            _ => {}
        }
        None
    }

    #[cold]
    fn ended(&self, py: Python<'_>) -> PyResult<()> {
        let failure = Self::join(py, &mut self.lock(py));
        failure.map_or(Ok(()), |error| Err(self.failure(py, &error, None)))
    }

    #[cold]
    fn failure(&self, py: Python<'_>, error: &Error, sql: Option<&str>) -> PyErr {
        if let Some(raised) = lock(&self.raised).take() {
            return raised;
        }
        match (error.server(), error.kind()) {
            (Some(refusal), _) => faults::server_error(py, refusal, sql),
            (None, Kind::Misuse) => {
                faults::fault_with_hint(py, "ProgrammingError", error.message(), error.hint())
            }
            (None, _) => faults::connection_lost(py, error.message()),
        }
    }
}

impl Drop for ReplicationConnection {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let State::Streaming(shared, _) = state {
            // the thread ends by itself, and the connection with it
            shared.stop();
        }
    }
}

#[cold]
fn engaged(py: Python<'_>, state: &State) -> PyErr {
    let message = match state {
        State::Closed => "the connection is closed",
        _ => "a replication stream is open on this connection",
    };
    faults::fault(py, "InterfaceError", message)
}

/// PostgreSQL (up to 18 at least) ends the second logical stream of a connection at once: it remembers
/// that the first one is done.
#[cold]
fn spent(py: Python<'_>) -> PyErr {
    faults::fault_with_hint(
        py,
        "InterfaceError",
        "a connection streams once, and this one has",
        Some("open another connection"),
    )
}

/// Waits once; ends early for a signal.
fn wait(shared: &Shared, deadline: Option<Instant>) -> PyResult<()> {
    let mut fds = [PollFd::from_borrowed_fd(shared.full_fd(), PollFlags::IN)];
    let timeout = deadline.map(|deadline| {
        let left = deadline.saturating_duration_since(Instant::now());
        Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        }
    });
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(std::io::Error::from(error).into()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
