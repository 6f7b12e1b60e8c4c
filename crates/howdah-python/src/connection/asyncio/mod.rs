//! The asyncio mover: a connection that an event loop calls.
//!
//! ```text
//!   await conn.fetch(…)                         the loop: the socket is readable
//!        │ Reply.__next__                             │ Pump.readable
//!        ▼                                            ▼
//!      Link::submit ── send at once            Link::receive ── decode ── Reply done
//!        │                                            │
//!        └── yields a Waker to the task               └── the task goes on, here and now
//! ```
//!
//! The socket is registered with `loop.add_reader` once, when the connection begins. What `await`
//! sees is one native object; the task is resumed from the reader's callback itself instead of
//! through the loop's queue, which saves one turn of the loop and one system call for each statement.

mod connecting;
mod connection;
mod link;
mod reply;
mod waker;

use pyo3::prelude::*;

pub(crate) use connection::AsyncConnection;

/// Adds this module's names to `_native`.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<connecting::Connecting>()?;
    module.add_class::<connection::AsyncConnection>()?;
    module.add_class::<link::Pump>()?;
    module.add_class::<reply::Reply>()?;
    module.add_class::<waker::Waker>()
}
