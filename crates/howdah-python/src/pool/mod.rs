//! The quick way of both pools: lending a connection that is idle, and taking back one that is clean.
//!
//! No waiting: what is lent was peeked at, which is one system call. Everything else (the queue,
//! opening, cleaning, growing old) is decided in Python by `_pool_policy.Roster`, which switches the
//! quick way off while somebody waits.

mod entry;
mod shelf;

use pyo3::prelude::*;

/// Adds this module's names to `_native`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<entry::Entry>()?;
    module.add_class::<shelf::Shelf>()
}
