//! `howdah-schema` for Python: what models declare becomes statements.
//!
//! No IO. Called by `howdah.orm.schema`; a schema travels as JSON.

use howdah_schema::{Schema, ddl, naming};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Adds this module's names to `_native`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(schema_complete, module)?)?;
    module.add_function(wrap_pyfunction!(schema_create, module)?)?;
    module.add_function(wrap_pyfunction!(schema_drop, module)?)?;
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

fn refused(error: serde_json::Error) -> PyErr {
    PyValueError::new_err(format!("the schema cannot be read: {error}"))
}
