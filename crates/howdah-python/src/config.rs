//! `Config` for Python: the driver's validated connection options.
//!
//! IO: what `howdah_driver::Config` reads (service file, passfile, PG* variables). Callers: the
//! package's `connect` functions and pools, and both kinds of connection, which take it. Invariant:
//! no text made here shows a secret.

use std::ffi::CString;
use std::time::{Duration, Instant};

use howdah_driver::{Config as Options, Error};
use pyo3::exceptions::{PyTypeError, PyUserWarning};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyMapping, PyString};

use crate::connection::fault_with_hint;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Config>()
}

/// Validated connection options. Its repr never shows a secret.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Config {
    options: Options,
    /// Called for the password of each new connection.
    password_source: Option<Py<PyAny>>,
}

#[pymethods]
impl Config {
    #[staticmethod]
    fn parse(
        py: Python<'_>,
        dsn: Option<&str>,
        options: &Bound<'_, PyAny>,
        default_application_name: &str,
    ) -> PyResult<Self> {
        let (options, source) = without_source(options)?;
        let pairs = pairs(&options)?;
        let given = pairs
            .iter()
            .filter_map(|(name, text)| Some((name.as_str(), text.as_deref()?)));
        let parsed = Options::parse(dsn, given, default_application_name);
        Self::checked(py, parsed, source)
    }

    #[pyo3(signature = (**options))]
    fn replace(&self, py: Python<'_>, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let Some(options) = options else {
            return Ok(Self {
                options: self.options.clone(),
                password_source: self.password_source(py),
            });
        };
        let (others, source) = without_source(options.as_any())?;
        let source = if options.contains("password")? {
            source
        } else {
            self.password_source(py)
        };
        let pairs = pairs(&others)?;
        let pairs = pairs
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_deref()));
        Self::checked(py, self.options.replace(pairs), source)
    }

    /// What is called for the password of each new connection; None where the password is fixed.
    #[getter]
    fn password_source(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let source = self.password_source.as_ref();
        source.map(|source| source.clone_ref(py))
    }

    #[getter]
    fn hosts(&self) -> Vec<(&str, u16)> {
        self.options
            .hosts()
            .iter()
            .map(|host| (host.name.as_str(), host.port))
            .collect()
    }

    #[getter]
    fn user(&self) -> &str {
        self.options.user()
    }

    #[getter]
    fn dbname(&self) -> &str {
        self.options.dbname()
    }

    fn get(&self, option: &str) -> Option<&str> {
        self.options.get(option)
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.options)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.password_source)
    }
}

impl Config {
    /// The options to log in with, for a connection that can wait for a password.
    ///
    /// # Errors
    /// What the callable raised; `ProgrammingError` where it answered an awaitable.
    pub(crate) fn for_login(&self, py: Python<'_>) -> PyResult<Options> {
        let Some(source) = &self.password_source else {
            return Ok(self.options.clone());
        };
        let asked = Instant::now();
        let answer = source.bind(py).call0()?;
        if answer.hasattr("__await__")? {
            if answer.hasattr("close")? {
                answer.call_method0("close")?; // nobody will await it, and nobody need be warned
            }
            return Err(fault_with_hint(
                py,
                "ProgrammingError",
                "the `password` callable is asynchronous and the connection is not",
                Some("give an ordinary function, or connect with `connect_async`"),
            ));
        }
        let Ok(password) = answer.cast::<PyString>() else {
            return Err(PyTypeError::new_err(format!(
                "the `password` callable: expected str, found `{}`",
                answer.get_type().name()?
            )));
        };
        self.check_patience(py, asked.elapsed())?;
        Ok(self.options.with_password(password.to_str()?))
    }

    /// Nobody can interrupt a callable; one that took longer than an attempt to connect may take
    /// has kept the caller waiting long enough.
    fn check_patience(&self, py: Python<'_>, taken: Duration) -> PyResult<()> {
        match self.options.connect_timeout() {
            Some(timeout) if taken >= timeout => Err(fault_with_hint(
                py,
                "ConnectionFailed",
                format!(
                    "the `password` callable took {:.1} s, `connect_timeout` is {} s",
                    taken.as_secs_f64(),
                    timeout.as_secs()
                ),
                None,
            )),
            _ => Ok(()),
        }
    }

    /// The driver's own value, for whoever connects.
    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    fn checked(
        py: Python<'_>,
        parsed: Result<Options, Error>,
        password_source: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let options = parsed.map_err(|error| refused(py, &error))?;
        for warning in options.warnings() {
            let text = CString::new(warning.as_str())?;
            PyErr::warn(py, &py.get_type::<PyUserWarning>(), &text, 2)?;
        }
        Ok(Self {
            options,
            password_source,
        })
    }
}

/// The options, with a password that is called for taken out; then no other one is sought.
fn without_source<'py>(
    options: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyDict>, Option<Py<PyAny>>)> {
    let others = PyDict::new(options.py());
    others.update(options.cast::<PyMapping>()?)?;
    let Some(password) = others.get_item("password")?.filter(Bound::is_callable) else {
        return Ok((others, None));
    };
    // a text, if an empty one, keeps the environment's password out
    others.set_item("password", "")?;
    Ok((others, Some(password.unbind())))
}

/// Options with their values as text.
fn pairs(options: &Bound<'_, PyDict>) -> PyResult<Vec<(String, Option<String>)>> {
    let mut pairs = Vec::new();
    for item in options.items() {
        let (name, value): (String, Option<Bound<'_, PyAny>>) = item.extract()?;
        let text = value.map(|value| text(&name, &value)).transpose()?;
        pairs.push((name, text));
    }
    Ok(pairs)
}

/// A value as a connection string would spell it.
fn text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return text.extract();
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(if flag.is_true() { "1" } else { "0" }.to_owned());
    }
    if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() {
        let text: String = value.str()?.extract()?;
        return Ok(text.strip_suffix(".0").unwrap_or(&text).to_owned());
    }
    if value.hasattr("__fspath__")? {
        return value.call_method0("__fspath__")?.extract();
    }
    Err(PyTypeError::new_err(format!(
        "connection option `{name}`: expected str, int, bool or a path, found `{}`",
        value.get_type().name()?
    )))
}

/// `howdah.errors.ProgrammingError`, with the hint apart.
fn refused(py: Python<'_>, error: &Error) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let class = py.import("howdah.errors")?.getattr("ProgrammingError")?;
        let keywords = PyDict::new(py);
        keywords.set_item("hint", error.hint())?;
        Ok(PyErr::from_value(
            class.call((error.message(),), Some(&keywords))?,
        ))
    };
    make().unwrap_or_else(|failure| failure)
}
