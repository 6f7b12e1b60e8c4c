//! The embedded server and the command for Python: `howdah-server` and `howdah-cli` in PyO3.
//!
//! IO: theirs, with the interpreter detached. Called by `howdah/server.py` and
//! `howdah/__main__.py`, which give it its public shape. Invariant: a forked child of the process
//! that started a temporary server never ends it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use howdah_server::{
    Cluster, Error, Event, Kind, Making, Observer, Password, Search, Server, StartOptions,
    StopMode, log, promote, start, start_temporary, status,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<EmbeddedServer>()?;
    module.add_function(wrap_pyfunction!(server_start, module)?)?;
    module.add_function(wrap_pyfunction!(server_promote, module)?)?;
    module.add_function(wrap_pyfunction!(cli_main, module)?)
}

/// Runs the `howdah` command; the first argument is the program's name.
#[pyfunction]
fn cli_main(py: Python<'_>, arguments: Vec<OsString>, package_bindirs: Vec<PathBuf>) -> i32 {
    let context = howdah_cli::Context {
        package_bindirs,
        host: Some(Arc::new(crate::host::Python)),
    };
    py.detach(|| howdah_cli::run(arguments, &context))
}

/// The options of `server_start` by name, as Python passes them.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Options {
    data: Option<PathBuf>,
    temporary: bool,
    keep: bool,
    port: Option<u16>,
    bindir: Option<PathBuf>,
    packages: Vec<PathBuf>,
    account: Option<String>,
    settings: Vec<(String, String)>,
    user: Option<String>,
    password: Option<String>,
    database: Option<String>,
    authentication: Option<String>,
    hba: String,
    files: Vec<(String, Vec<u8>)>,
    replicas: Option<u32>,
    shards: Option<u32>,
    synchronous: bool,
    timeout: f64,
    on_event: Option<Py<PyAny>>,
}

/// Starts or attaches; the options are those of the stub, all of them required.
#[pyfunction]
#[pyo3(signature = (**options))]
fn server_start(
    py: Python<'_>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<(EmbeddedServer, Vec<EmbeddedServer>, Vec<EmbeddedServer>)> {
    let options: Options = match options {
        Some(options) => options.extract()?,
        None => return Err(PyValueError::new_err("server_start needs its options")),
    };
    let Options {
        data,
        temporary,
        keep,
        ..
    } = &options;
    let start_options = options.for_start().map_err(|error| raise(py, &error))?;
    watched(py, options.on_event.as_ref(), |observer| {
        if *temporary {
            return start_temporary(data.as_deref(), *keep, &start_options, observer);
        }
        let cluster = match data {
            Some(directory) => Cluster::in_directory(directory)?,
            None => Cluster::default_location()?,
        };
        start(&cluster, &start_options, observer)
    })
    .map(|mut server| {
        let [replicas, shards] = [server.take_replicas(), server.take_shards()]
            .map(|others| others.into_iter().map(EmbeddedServer::new).collect());
        (EmbeddedServer::new(server), replicas, shards)
    })
}

/// Promotes a replica of the cluster in `data`; answers its number.
#[pyfunction]
fn server_promote(
    py: Python<'_>,
    data: PathBuf,
    number: Option<u32>,
    timeout: f64,
    on_event: Option<&Bound<'_, PyAny>>,
) -> PyResult<u32> {
    let on_event = on_event.map(|callable| callable.clone().unbind());
    watched(py, on_event.as_ref(), move |observer| {
        let cluster = Cluster::in_directory(&data)?;
        promote(&cluster, number, duration(timeout), observer)?;
        cluster.primary_number()
    })
}

impl Options {
    fn for_start(&self) -> Result<StartOptions, Error> {
        Ok(StartOptions {
            search: Search {
                explicit: self.bindir.clone(),
                packages: self.packages.clone(),
            },
            account: self.account.clone(),
            port: self.port,
            settings: self.settings.clone(),
            making: Making {
                user: self.user.clone(),
                database: self.database.clone(),
                password: self.password.as_deref().map(Password::chosen).transpose()?,
                authentication: self.authentication.as_deref().map(str::parse).transpose()?,
                hba: self.hba.clone(),
                files: self.files.clone(),
            },
            replicas: self.replicas,
            shards: self.shards,
            synchronous: self.synchronous,
            timeout: duration(self.timeout),
        })
    }
}

/// A running server and its cluster; `howdah.server.Server` is its face.
#[pyclass(frozen, module = "howdah._native")]
struct EmbeddedServer {
    server: Mutex<Server>,
    /// The process that started it, since a forked child has this object too.
    owner: u32,
}

#[pymethods]
impl EmbeddedServer {
    #[getter]
    fn url(&self) -> String {
        self.lock().address().url()
    }

    #[getter]
    fn socket_url(&self) -> String {
        self.lock().address().socket_url()
    }

    #[getter]
    fn display_url(&self) -> String {
        self.lock().address().to_string()
    }

    #[getter]
    fn user(&self) -> String {
        self.lock().address().user.clone()
    }

    #[getter]
    fn password(&self) -> String {
        self.lock().address().password.reveal().to_owned()
    }

    #[getter]
    fn database(&self) -> String {
        self.lock().address().database.clone()
    }

    #[getter]
    fn port(&self) -> u16 {
        self.lock().address().port
    }

    #[getter]
    fn socket_directory(&self) -> OsString {
        self.lock().address().socket_directory.clone().into()
    }

    #[getter]
    fn data(&self) -> OsString {
        self.lock().cluster().home().into()
    }

    #[getter]
    fn pgdata(&self) -> OsString {
        self.lock().cluster().pgdata().into()
    }

    #[getter]
    fn log_file(&self) -> OsString {
        self.lock().cluster().log().into()
    }

    #[getter]
    fn version(&self) -> String {
        self.lock().version().to_owned()
    }

    #[getter]
    fn pid(&self) -> u32 {
        self.lock().pid()
    }

    #[getter]
    fn launched(&self) -> bool {
        self.lock().was_launched()
    }

    #[getter]
    fn made(&self) -> bool {
        self.lock().was_made()
    }

    #[getter]
    fn temporary(&self) -> bool {
        self.lock().is_owned()
    }

    #[getter]
    fn number(&self) -> u32 {
        self.lock().number()
    }

    #[getter]
    fn home(&self) -> OsString {
        self.lock().home().home().into()
    }

    fn state(&self, py: Python<'_>) -> PyResult<&'static str> {
        let answer = py.detach(|| status(self.lock().cluster()));
        match answer {
            Ok(status) => Ok(status.state.name()),
            Err(error) if error.kind() == Kind::NoCluster => Ok("destroyed"),
            Err(error) => Err(raise(py, &error)),
        }
    }

    fn logs(&self, py: Python<'_>, lines: Option<usize>) -> PyResult<String> {
        py.detach(|| log::read(self.lock().cluster(), lines))
            .map_err(|error| raise(py, &error))
    }

    fn stop(&self, py: Python<'_>, mode: &str, timeout: f64) -> PyResult<bool> {
        let mode = match mode {
            "smart" => StopMode::Smart,
            "fast" => StopMode::Fast,
            "immediate" => StopMode::Immediate,
            other => {
                let message =
                    format!("no stop mode `{other}`, expected `smart`, `fast` or `immediate`");
                return Err(PyValueError::new_err(message));
            }
        };
        let stopped = watched(py, None, |observer| {
            self.lock().stop(mode, duration(timeout), observer)
        })?;
        Ok(stopped.is_some())
    }

    fn destroy(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        watched(py, None, |observer| {
            self.lock().destroy(duration(timeout), observer)
        })
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        if std::process::id() != self.owner {
            return Ok(());
        }
        py.detach(|| self.lock().close())
            .map_err(|error| raise(py, &error))
    }
}

impl EmbeddedServer {
    fn new(server: Server) -> Self {
        Self {
            server: Mutex::new(server),
            owner: std::process::id(),
        }
    }

    /// A panic under the lock left no half-made state: every change is one assignment.
    fn lock(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes events to Python and asks it for signals, attaching only for that.
struct PythonObserver<'a> {
    on_event: Option<&'a Py<PyAny>>,
    raised: Option<PyErr>,
}

impl Observer for PythonObserver<'_> {
    fn event(&mut self, event: &Event) {
        let Some(on_event) = self.on_event else {
            return;
        };
        let outcome = Python::attach(|py| on_event.call1(py, (event.to_string(),)).map(drop));
        self.raised = self.raised.take().or(outcome.err());
    }

    fn interrupted(&mut self) -> bool {
        if self.raised.is_none() {
            self.raised = Python::attach(|py| py.check_signals().err());
        }
        self.raised.is_some()
    }
}

/// Runs `work` detached from the interpreter; what Python raised meanwhile takes precedence.
fn watched<T: Send>(
    py: Python<'_>,
    on_event: Option<&Py<PyAny>>,
    work: impl FnOnce(&mut dyn Observer) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let (outcome, raised) = py.detach(|| {
        let mut observer = PythonObserver {
            on_event,
            raised: None,
        };
        let outcome = work(&mut observer);
        (outcome, observer.raised)
    });
    match raised {
        Some(raised) => Err(raised),
        None => outcome.map_err(|error| raise(py, &error)),
    }
}

/// The error as `howdah.server.ServerError`.
fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let class = py.import("howdah.server")?.getattr("ServerError")?;
        let keywords = PyDict::new(py);
        keywords.set_item("hint", error.hint())?;
        let raised = class.call((error.to_string(),), Some(&keywords))?;
        raised.setattr("kind", error.kind().name())?;
        Ok(PyErr::from_value(raised))
    };
    make().unwrap_or_else(|failure| failure)
}

/// Seconds from Python; what is no duration waits not at all, or as long as there is time.
fn duration(seconds: f64) -> Duration {
    const LONGEST: Duration = Duration::from_hours(366 * 24);
    Duration::try_from_secs_f64(seconds.max(0.0)).map_or(LONGEST, |given| given.min(LONGEST))
}
