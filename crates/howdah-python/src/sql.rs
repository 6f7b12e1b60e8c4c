//! SQL scripts for the package: where statements begin and end, what they do to other sessions, and the statements of a
//! workload.
//!
//! No IO. Called by `howdah.migrations`.

use std::iter;

use howdah_sql::text::{Lines, Span};
use howdah_trace::Ready;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::json;

/// Characters from, characters up to, line, data behind `COPY … FROM STDIN`.
type Statement = (usize, usize, u32, Option<String>);

/// The statements of a script, in order, comments between them left out.
#[pyfunction]
fn sql_split(py: Python<'_>, text: &str) -> Vec<Statement> {
    py.detach(|| statements(text))
}

fn statements(text: &str) -> Vec<Statement> {
    let lines = Lines::new(text);
    let (mut bytes, mut characters) = (0, 0);
    let mut character = |offset: u32| {
        characters += Span::new(bytes, offset as usize).of(text).chars().count();
        bytes = offset as usize;
        characters
    };
    howdah_sql::split(text)
        .into_iter()
        .map(|piece| {
            let start = character(piece.span.start);
            let end = character(piece.span.end);
            let line = lines.position(piece.span.start).line;
            let data = piece.copy_data.map(|data| data.of(text).to_owned());
            (start, end, line, data)
        })
        .collect()
}

/// What the statements of a migration's steps lock and work on, as JSON.
#[pyfunction]
fn sql_effects(
    py: Python<'_>,
    steps: &str,
    schema: Option<&str>,
    version: Option<u32>,
) -> PyResult<String> {
    py.detach(|| howdah_cli::locks::planned(steps, schema, version))
        .map_err(|error| PyValueError::new_err(format!("{error:#}")))
}

/// The statements of a workload, in order, as JSON.
#[pyfunction]
fn sql_workload(py: Python<'_>, text: &str) -> PyResult<String> {
    py.detach(|| workload(text))
        .map_err(|error| PyValueError::new_err(format!("{error:#}")))
}

fn workload(text: &str) -> anyhow::Result<String> {
    let recorded = howdah_trace::read_workload(text)?;
    let lines = recorded.iter().map(|it| {
        let ways = iter::once(Ready::as_written(it)).chain(Ready::numbered(it));
        json!({
            "line": it.line,
            "site": it.site,
            "sql": it.sql,
            "ways": ways.collect::<Vec<_>>(),
        })
    });
    Ok(serde_json::to_string(&lines.collect::<Vec<_>>())?)
}

/// Puts the functions into the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(sql_split, module)?)?;
    module.add_function(wrap_pyfunction!(sql_effects, module)?)?;
    module.add_function(wrap_pyfunction!(sql_workload, module)?)
}
