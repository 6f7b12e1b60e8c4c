//! `Config` for Python: the driver's validated connection options.
//!
//! IO: what `howdah_driver::Config` reads (service file, passfile, PG* variables). Callers: the
//! package's `connect` functions and pools, and both kinds of connection, which take it. Invariant:
//! no text made here shows a secret.

use std::ffi::CString;

use howdah_driver::{Config as Options, Error};
use pyo3::exceptions::{PyTypeError, PyUserWarning};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Config>()
}

/// Validated connection options. Its repr never shows a secret.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Config {
    options: Options,
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
        let pairs = pairs(&options.call_method0("items")?)?;
        let given = pairs
            .iter()
            .filter_map(|(name, text)| Some((name.as_str(), text.as_deref()?)));
        Self::checked(py, Options::parse(dsn, given, default_application_name))
    }

    #[pyo3(signature = (**options))]
    fn replace(&self, py: Python<'_>, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let pairs = options.map_or(Ok(Vec::new()), |options| pairs(options.items().as_any()))?;
        let pairs = pairs
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_deref()));
        Self::checked(py, self.options.replace(pairs))
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
}

impl Config {
    /// The driver's own value, for whoever connects.
    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    fn checked(py: Python<'_>, parsed: Result<Options, Error>) -> PyResult<Self> {
        let options = parsed.map_err(|error| refused(py, &error))?;
        for warning in options.warnings() {
            let text = CString::new(warning.as_str())?;
            PyErr::warn(py, &py.get_type::<PyUserWarning>(), &text, 2)?;
        }
        Ok(Self { options })
    }
}

/// Options with their values as text.
fn pairs(items: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Option<String>)>> {
    let mut pairs = Vec::new();
    for item in items.try_iter()? {
        let (name, value): (String, Option<Bound<'_, PyAny>>) = item?.extract()?;
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
