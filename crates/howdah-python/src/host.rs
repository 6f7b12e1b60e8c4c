//! What the `howdah` command asks of Python: models, and `howdah migrate`.
//!
//! IO: imports the modules of the package that answer, and what these do. Called by `howdah-cli` with the interpreter
//! detached. Invariant: an exception becomes an error whose text is the exception's own.

use howdah_cli::Host;
use pyo3::prelude::*;

/// The interpreter that runs the command.
#[derive(Debug)]
pub(crate) struct Python;

impl Host for Python {
    fn declared(&self, module: &str) -> anyhow::Result<String> {
        ask("howdah.migrations._models", "declared", module)
    }

    fn rendered(&self, project: &str) -> anyhow::Result<String> {
        ask("howdah._rendered", "rendered", project)
    }

    fn traced(&self, file: &str, url: &str) -> anyhow::Result<Vec<howdah_trace::Step>> {
        crate::trace::traced(file, url)
    }

    fn migrate(&self, arguments: &str) -> anyhow::Result<i32> {
        ask("howdah.migrations._command", "run", arguments)
    }
}

/// What a function of the package answers.
fn ask<T>(module: &str, function: &str, argument: &str) -> anyhow::Result<T>
where
    T: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>,
{
    pyo3::Python::attach(|py| {
        let answer = py
            .import(module)
            .and_then(|module| module.getattr(function)?.call1((argument,)));
        answer
            .and_then(|answer| answer.extract())
            .map_err(|error| failure(py, &error))
    })
}

/// An exception as an error.
pub(crate) fn failure(py: pyo3::Python<'_>, error: &PyErr) -> anyhow::Error {
    anyhow::anyhow!(told(py, error))
}

/// The text of an exception of ours, which says it all; of another, also its kind.
fn told(py: pyo3::Python<'_>, error: &PyErr) -> String {
    let value = error.value(py);
    let is_ours = value.hasattr("hint").unwrap_or(false);
    if is_ours {
        value.to_string()
    } else {
        error.to_string()
    }
}
