//! `howdah-schema` for Python: what models declare becomes statements.
//!
//! IO: reading, on a connection of its own. Called by `howdah.orm.schema`; a schema travels as JSON.

use howdah_driver::Connection;
use howdah_schema::{Schema, ddl, diff, models, naming, plan, read};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Adds this module's names to `_native`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(schema_complete, module)?)?;
    module.add_function(wrap_pyfunction!(schema_create, module)?)?;
    module.add_function(wrap_pyfunction!(schema_drop, module)?)?;
    module.add_function(wrap_pyfunction!(schema_read, module)?)?;
    module.add_function(wrap_pyfunction!(schema_models, module)?)?;
    module.add_function(wrap_pyfunction!(schema_diff, module)?)?;
    module.add_function(wrap_pyfunction!(schema_plan, module)?)?;
    module.add_function(wrap_pyfunction!(schema_refresh_order, module)?)
}

/// The schema with a name for everything.
#[pyfunction]
fn schema_complete(schema: &str) -> PyResult<String> {
    let schema = declared(schema)?;
    serde_json::to_string(&schema).map_err(refused)
}

/// The statements that make it.
#[pyfunction]
fn schema_create(schema: &str) -> PyResult<Vec<String>> {
    Ok(ddl::create(&declared(schema)?))
}

/// The statements that drop it.
#[pyfunction]
fn schema_drop(schema: &str) -> PyResult<Vec<String>> {
    Ok(ddl::drop(&declared(schema)?))
}

/// Python source of models for it.
#[pyfunction]
fn schema_models(schema: &str, title: &str) -> PyResult<String> {
    Ok(models::module(&declared(schema)?, title))
}

/// What makes one schema of the other, as JSON.
#[pyfunction]
fn schema_diff(py: Python<'_>, before: &str, after: &str, options: &str) -> PyResult<String> {
    let (from, to, options) = compared(before, after, options)?;
    let server_version = options.server_version;
    let found = py.detach(|| diff::diff(&from, &to, diff::Options { server_version }));
    serde_json::to_string(&found).map_err(refused)
}

/// The same in steps that do not block, as JSON.
#[pyfunction]
fn schema_plan(py: Python<'_>, before: &str, after: &str, options: &str) -> PyResult<String> {
    let (from, to, options) = compared(before, after, options)?;
    let found = py.detach(|| plan::plan(&from, &to, &options));
    serde_json::to_string(&found).map_err(refused)
}

/// Two schemas that are to be compared, and what a planner is told besides.
fn compared(from: &str, to: &str, options: &str) -> PyResult<(Schema, Schema, plan::Options)> {
    let options: plan::Options = serde_json::from_str(options)
        .map_err(|error| PyValueError::new_err(format!("the options cannot be read: {error}")))?;
    let mut to = declared(to)?;
    options.carry_names(&mut to);
    Ok((declared(from)?, to, options))
}

/// The schema of a database.
#[pyfunction]
fn schema_read(
    py: Python<'_>,
    url: &str,
    base: String,
    schemas: Option<Vec<String>>,
) -> PyResult<String> {
    let options = read::Options {
        base,
        schemas,
        owners: false,
    };
    let schema = py.detach(|| -> Result<Schema, read::Error> {
        let mut connection = Connection::connect(url, "howdah")?;
        read(&mut connection, &options)
    });
    let schema = schema.map_err(|error| PyValueError::new_err(error.to_string()))?;
    serde_json::to_string(&schema).map_err(refused)
}

/// The query for the materialized views, each after those that it reads.
#[pyfunction]
fn schema_refresh_order() -> &'static str {
    howdah_schema::read::REFRESH_ORDER
}

fn declared(schema: &str) -> PyResult<Schema> {
    let mut schema: Schema = serde_json::from_str(schema).map_err(refused)?;
    naming::complete(&mut schema);
    Ok(schema)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn refused(error: serde_json::Error) -> PyErr {
    PyValueError::new_err(format!("the schema cannot be read: {error}"))
}
