//! Connections: one engine, moved by a blocking socket or by an asyncio loop.
//!
//! ```text
//! SyncConnection ─┐                                        ┌─ howdah_wire::Session
//!                 ├─ Line (engine + transport) ── Engine ──┼─ operations (state machines)
//! AsyncConnection ┘                                        └─ columns, rows, parameters
//! ```
//!
//! The engine does no IO: it turns calls into messages and messages into Python objects. A [`Line`]
//! adds the socket; `blocking` waits on it with the GIL released, `asyncio` is called by the loop.

mod arrow;
mod asyncio;
mod blocking;
mod collector;
pub(crate) mod columns;
mod engine;
pub(crate) mod faults;
mod forks;
mod guess;
mod line;
mod natural;
mod operations;
mod parameters;
mod prelude;
pub(crate) mod public;
mod queue;
mod recording;
mod rows;
mod schema;
mod state;
mod statement;

use std::sync::Arc;

use howdah_wire::Oid;
use pyo3::prelude::*;

pub(crate) use asyncio::AsyncConnection;
pub(crate) use blocking::SyncConnection;
pub(crate) use faults::fault_with_hint;
pub(crate) use public::Base;
pub(crate) use state::State;

use crate::types::{Catalogue, Codec, builtin};

/// Adds this module's names to `_native`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    forks::register(module)?;
    module.add_class::<blocking::SyncConnection>()?;
    module.add_class::<columns::Column>()?;
    module.add_class::<collector::PyResultSet>()?;
    module.add_class::<recording::Recording>()?;
    module.add_class::<operations::Stream>()?;
    module.add_class::<queue::PendingResult>()?;
    module.add_class::<operations::CopyFeed>()?;
    module.add_class::<operations::CopySource>()?;
    asyncio::register(module)
}

/// The codec of a type, if it is built in or was asked for before.
fn known(catalogue: &Catalogue, oid: Oid) -> Option<Arc<Codec>> {
    builtin(oid)
        .map(Arc::clone)
        .or_else(|| catalogue.codec(oid))
}

/// The error for a type that stayed unknown though the catalogue was asked.
#[cold]
fn unknown_type(py: Python<'_>, oid: Oid) -> PyErr {
    faults::fault(
        py,
        "InternalError",
        format!("the catalogue has no type with oid {oid}"),
    )
}
