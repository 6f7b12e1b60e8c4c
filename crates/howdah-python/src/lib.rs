//! The native module `howdah._native`.
#![allow(unsafe_code)] // the one crate that speaks CPython's C-API; each site says why it is sound
#![deny(clippy::undocumented_unsafe_blocks)]

mod config;
mod connection;
mod host;
mod orm;
mod placeholders;
mod pool;
mod replication;
mod row;
mod schema;
mod server;
mod sql;
mod trace;
mod types;

use pyo3::prelude::*;

/// The native half of the `howdah` package.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("version", env!("CARGO_PKG_VERSION"))?;
    types::register(module)?;
    row::register(module)?;
    config::register(module)?;
    connection::register(module)?;
    orm::register(module)?;
    pool::register(module)?;
    replication::register(module)?;
    schema::register(module)?;
    server::register(module)?;
    sql::register(module)?;
    module.add_class::<trace::TraceRecorder>()?;
    module.add_function(wrap_pyfunction!(
        placeholders::convert_placeholders,
        module
    )?)
}
