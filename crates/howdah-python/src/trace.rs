//! `_native.TraceRecorder`: what a migration in Python runs, observed.
//!
//! IO: a session of its own, and queries by the function that it is given. Called by `howdah.migrations._tracing`, which is
//! started by [`traced`]. Invariant: what is asked between statements runs in the session of the migration itself.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use howdah_driver::Config;
use howdah_trace::{Block, Error, Failure, Ran, Recorder, Session, Step};
use pyo3::prelude::*;

/// Records statements of a session that Python drives.
#[pyclass(name = "TraceRecorder", frozen, module = "howdah._native")]
pub(crate) struct TraceRecorder {
    /// Taken when the migration has ended.
    recorder: Mutex<Option<Recorder>>,
}

#[pymethods]
impl TraceRecorder {
    /// A statement is about to be run.
    fn begins(&self, ask: Bound<'_, PyAny>) -> PyResult<()> {
        self.with(|recorder| recorder.begins(&mut Asked(ask)))
    }

    /// It has succeeded.
    fn succeeded(
        &self,
        ask: Bound<'_, PyAny>,
        sql: String,
        line: u32,
        shared: bool,
    ) -> PyResult<()> {
        self.with(|recorder| recorder.succeeded(&mut Asked(ask), ran(sql, line, shared)))
    }

    /// It has failed, or the program has.
    #[pyo3(signature = (sql, line, message, sqlstate, hint))]
    fn failed(
        &self,
        sql: String,
        line: u32,
        message: String,
        sqlstate: String,
        hint: Option<String>,
    ) -> PyResult<()> {
        let failure = Failure {
            sqlstate,
            message,
            hint,
        };
        self.with(|recorder| recorder.failed(ran(sql, line, true), failure))
    }

    /// It was run outside of a transaction.
    fn unseen(&self, sql: String, line: u32, seconds: f64) -> PyResult<()> {
        let block = Block::None;
        let duration = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        self.with(|recorder| {
            recorder.unseen(Ran { sql, line, block }, duration);
            Ok(())
        })
    }

    /// The transaction has ended.
    fn ended(&self) -> PyResult<()> {
        self.with(|recorder| {
            recorder.ended();
            Ok(())
        })
    }
}

impl TraceRecorder {
    fn with<T>(&self, call: impl FnOnce(&mut Recorder) -> Result<T, Error>) -> PyResult<T> {
        let mut recorder = self
            .recorder
            .try_lock()
            .map_err(|_| unlooked("another one is being looked at"))?;
        let recorder = recorder
            .as_mut()
            .ok_or_else(|| unlooked("the migration has ended"))?;
        call(recorder).map_err(|error| unlooked(&format!("{:#}", anyhow::Error::from(error))))
    }
}

fn unlooked(why: &str) -> PyErr {
    pyo3::exceptions::PyRuntimeError::new_err(format!("the statement cannot be looked at: {why}"))
}

fn ran(sql: String, line: u32, shared: bool) -> Ran {
    let block = if shared { Block::Shared } else { Block::Own };
    Ran { sql, line, block }
}

/// A function of Python that gives the rows of a query.
struct Asked<'py>(Bound<'py, PyAny>);

impl Session for Asked<'_> {
    fn rows(&mut self, sql: &str, doing: &'static str) -> Result<Vec<Vec<Option<String>>>, Error> {
        let answer = self.0.call1((sql,)).and_then(|it| it.extract());
        answer.map_err(|error| Error::Session {
            doing,
            why: error.to_string(),
        })
    }
}

/// Runs a migration in Python on a database.
pub(crate) fn traced(file: &str, url: &str) -> anyhow::Result<Vec<Step>> {
    let config = Config::parse(Some(url), [], "howdah trace")?;
    let recorder = Mutex::new(Some(Recorder::connect(&config, file)?));
    let steps = Python::attach(|py| -> PyResult<Vec<Step>> {
        let recorder = Bound::new(py, TraceRecorder { recorder })?;
        let run = py.import("howdah.migrations._tracing")?.getattr("run")?;
        run.call1((file, url, &recorder))?;
        let recorder = recorder.get().recorder.lock();
        let recorder = recorder.unwrap_or_else(PoisonError::into_inner).take();
        Ok(recorder.map(Recorder::steps).unwrap_or_default())
    });
    steps.map_err(|error| Python::attach(|py| crate::host::failure(py, &error)))
}
