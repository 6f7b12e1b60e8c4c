//! What both kinds of connection show: `_Base`, and how a connection begins.

use std::sync::Arc;
use std::time::{Duration, Instant};

use howdah_driver::{Canceller, Error, Established, Interrupt, Kind};
use howdah_wire::TransactionStatus;
use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::engine::Engine;
use super::faults;
use super::line::Line;
use super::operations::{Answer, is_copy};
use super::queue::{Entry, PendingResult};
use super::rows::RowKind;
use super::state::State;
use crate::config::Config;
use crate::types::{Catalogue, CodecLayer};

/// State common to both kinds of connection, read without waiting for anyone.
#[pyclass(name = "_Base", subclass, frozen, module = "howdah._native")]
pub(crate) struct Base {
    config: Py<Config>,
    state: Arc<State>,
    canceller: Option<Canceller>,
    protocol: (u16, u16),
    backend_pid: i32,
    fd: i32,
    tls: bool,
}

impl Base {
    pub(crate) fn new(config: &Bound<'_, Config>, established: &Established) -> Self {
        let session = &established.session;
        let version = session.version();
        Self {
            config: config.clone().unbind(),
            state: Arc::default(),
            canceller: established.canceller.clone(),
            protocol: (version.major, version.minor),
            backend_pid: session.cancel_key().map_or(0, |key| key.process_id),
            fd: established.transport.raw_fd(),
            tls: established.transport.is_tls(),
        }
    }

    pub(crate) const fn state(&self) -> &Arc<State> {
        &self.state
    }

    pub(crate) const fn canceller(&self) -> Option<&Canceller> {
        self.canceller.as_ref()
    }

    /// The engine and socket of the connection.
    pub(crate) fn line(&self, config: &Bound<'_, Config>, established: Established) -> Line {
        let config = config.get().options();
        let catalogue = Catalogue::shared(&format!(
            "{}\0{}\0{}",
            established.peer,
            config.dbname(),
            config.user()
        ));
        let Established {
            session, transport, ..
        } = established;
        let size = config.statement_cache_size();
        let engine = Engine::new(session, size, catalogue, Arc::clone(&self.state));
        Line::new(engine, transport)
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        // an event loop may find the end of the line later, when nobody is left to hear of it
        self.state.clear();
    }
}

#[pymethods]
impl Base {
    /// Whether the connection was closed, by this program, the server or the network.
    #[getter]
    fn closed(&self) -> bool {
        self.state.is_closed()
    }

    /// Raise what a statement on the connection would raise if the connection has ended.
    fn check_open(&self, py: Python<'_>) -> PyResult<()> {
        if self.state.is_closed() {
            return Err(self.state.closed_error(py));
        }
        Ok(())
    }

    /// Whether a statement, or the cancel of one, has not finished.
    #[getter]
    fn busy(&self) -> bool {
        self.state.is_busy()
    }

    /// `idle`, `active`, `in_transaction`, `failed`, or `unknown` after the connection was closed.
    #[getter]
    fn transaction_status(&self) -> &'static str {
        if self.state.is_closed() {
            return "unknown";
        }
        match self.state.status() {
            _ if self.state.is_busy() || self.state.is_streaming() => "active",
            TransactionStatus::Idle => "idle",
            TransactionStatus::InTransaction => "in_transaction",
            TransactionStatus::Failed => "failed",
        }
    }

    /// The server's version as `server_version_num`: 180004 for 18.4.
    #[getter]
    fn server_version(&self) -> u32 {
        self.state
            .parameter("server_version")
            .map_or(0, |version| version_number(&version))
    }

    /// The protocol's version, (3, 0) or (3, 2).
    #[getter]
    const fn protocol_version(&self) -> (u16, u16) {
        self.protocol
    }

    /// The process id of the server's process for this session.
    #[getter]
    const fn backend_pid(&self) -> i32 {
        self.backend_pid
    }

    /// The settings that the server reports, by name.
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let parameters = PyDict::new(py);
        for (name, value) in self.state.parameters() {
            parameters.set_item(name, value)?;
        }
        Ok(parameters)
    }

    /// Grows with everything noticed that outlives a statement and its transaction.
    #[getter]
    fn session_changes(&self) -> u64 {
        self.state.session_changes()
    }

    /// Note that something was chosen for the connection which a pool undoes.
    fn note_local_change(&self) {
        self.state.note_local_change();
    }

    /// The options that the connection was made with.
    #[getter]
    fn config(&self, py: Python<'_>) -> Py<Config> {
        self.config.clone_ref(py)
    }

    /// Whether TLS protects the connection.
    #[getter]
    const fn tls(&self) -> bool {
        self.tls
    }

    /// Have `command`, which opens a transaction or a savepoint, travel with the next statement.
    fn defer(&self, command: String) {
        self.state.defer(command);
    }

    /// Take a deferred command back, with those deferred after it; answers whether it was `waiting`
    /// until now, `refused` by the server, or `sent`.
    fn withdraw(&self, command: &str) -> &'static str {
        self.state.withdraw(command)
    }

    /// Forget all deferred commands.
    fn forget_deferred(&self) {
        self.state.forget_deferred();
    }

    /// Whether statements of a pipeline wait to be sent.
    #[getter]
    fn has_queued(&self) -> bool {
        self.state.has_queued()
    }

    /// Queue a statement; `answer` is `count`, `rows`, `first` or `value`.
    fn enqueue(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Py<PyTuple>,
        row: Option<&Bound<'_, PyAny>>,
        answer: &str,
    ) -> PyResult<PendingResult> {
        self.check_open(py)?;
        refuse_copy(py, query.bind(py).to_str()?)?;
        let (kind, answer) = match answer {
            "rows" => (RowKind::from_argument(row)?, Answer::Rows),
            "first" => (RowKind::from_argument(row)?, Answer::First),
            "value" => (RowKind::Value, Answer::First),
            _ => (RowKind::Row, Answer::Count),
        };
        let (entry, result) = Entry::new(query, args, kind, answer);
        self.state.enqueue(entry);
        Ok(result)
    }

    /// Forget the statements that wait; their results raise.
    fn forget_queued(&self) {
        drop(self.state.take_queued());
    }

    /// Call `handler(fields)` for each notice, with its fields by their one-letter codes.
    fn on_notice(&self, handler: Option<Py<PyAny>>) {
        self.state.set_notice_handler(handler);
    }

    /// Call `handler(channel, payload, backend_pid)` for each notification.
    fn on_notification(&self, handler: Option<Py<PyAny>>) {
        self.state.set_notification_handler(handler);
    }

    /// Call `handler()` once the connection was closed or lost.
    fn on_end(&self, handler: Option<Py<PyAny>>) {
        self.state.set_end_handler(handler);
    }

    /// Parse json and jsonb with `loads(bytes)` from the next statement on; None for howdah's own.
    fn set_json_loads(&self, loads: Option<Py<PyAny>>) {
        self.state.set_json_loads(loads);
        self.state.note_local_change();
    }

    /// What `set_json_loads` set.
    #[getter]
    fn json_loads(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let settings = self.state.settings();
        settings
            .json_loads
            .as_ref()
            .map(|loads| loads.clone_ref(py))
    }

    /// Take the codecs that the program chose from this layer, from the next statement on.
    fn set_codecs(&self, layer: &CodecLayer) {
        self.state.set_codecs(Arc::clone(&layer.0));
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.state.traverse(&visit)
    }

    fn __clear__(&self) {
        self.state.clear();
    }

    /// The socket's file descriptor; -1 once it is closed.
    fn fileno(&self) -> i32 {
        if self.state.is_closed() { -1 } else { self.fd }
    }

    /// Ask the server, on a connection of its own, to cancel what this one executes, and wait until
    /// it has taken the request, `timeout` seconds at most.
    fn cancel_blocking(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        if self.state.is_of_parent() {
            return Err(self.state.closed_error(py));
        }
        let Some(canceller) = &self.canceller else {
            let message = "the server gave no key to cancel statements with";
            return Err(faults::fault(py, "NotSupportedError", message));
        };
        let timeout = duration(timeout)?;
        let cancelled = py.detach(|| canceller.cancel(timeout, &Interrupt::never()));
        cancelled.map_err(|error| driver_error(py, "OperationalError", &error))
    }
}

/// COPY has an answer of its own kind, for which nobody would be there.
fn refuse_copy(py: Python<'_>, query: &str) -> PyResult<()> {
    if !is_copy(query) {
        return Ok(());
    }
    Err(faults::fault_with_hint(
        py,
        "ProgrammingError",
        "COPY is not possible in a pipeline",
        Some("use `copy_in`, `copy_rows` or `copy_out` of the connection, after `sync()`"),
    ))
}

/// The moment `seconds` from now; None where it is beyond what a clock can tell.
pub(crate) fn deadline(seconds: f64) -> PyResult<Option<Instant>> {
    Ok(Instant::now().checked_add(duration(seconds)?))
}

pub(crate) fn duration(seconds: f64) -> PyResult<Duration> {
    if seconds.is_nan() || seconds < 0.0 {
        return Err(PyValueError::new_err(format!(
            "a timeout must be a number of seconds from 0, not {seconds}"
        )));
    }
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// The exception for a connection that could not be made: the class of the SQLSTATE if a server
/// refused, and in each case a message that tells what was tried.
#[cold]
pub(crate) fn connect_error(py: Python<'_>, error: &Error) -> PyErr {
    let (exception, told) = if let Some(refusal) = error.server() {
        let exception = faults::server_error(py, refusal, None);
        let value = exception.value(py);
        let told = value
            .setattr(intern!(py, "message"), error.message())
            .and_then(|()| value.setattr(intern!(py, "hint"), error.hint()));
        (exception, told)
    } else {
        let (message, hint) = (error.message(), error.hint());
        let exception = faults::fault_with_hint(py, "ConnectionFailed", message, hint);
        let lasts = error.kind() == Kind::Configuration;
        let told = exception
            .value(py)
            .setattr(intern!(py, "is_lasting"), lasts);
        (exception, told)
    };
    told.map_or_else(|failure| failure, |()| exception)
}

#[cold]
fn driver_error(py: Python<'_>, class: &str, error: &Error) -> PyErr {
    let class = match error.kind() {
        Kind::Configuration => "ProgrammingError",
        _ => class,
    };
    faults::fault_with_hint(py, class, error.message(), error.hint())
}

/// `server_version_num` of a `server_version` such as `18.4`, `15.18 (Debian …)` or `19devel`.
fn version_number(version: &str) -> u32 {
    let digits = |part: &str| {
        let end = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        part.get(..end)
            .and_then(|digits| digits.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let mut parts = version.split('.');
    let major = parts.next().map_or(0, digits);
    let minor = parts.next().map_or(0, digits);
    major * 10_000 + minor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_become_numbers() {
        assert_eq!(version_number("18.4"), 180_004);
        assert_eq!(version_number("15.18 (Debian 15.18-0+deb12u1)"), 150_018);
        assert_eq!(version_number("19devel"), 190_000);
    }
}
