//! Logical replication for Python: a stream received in the background, and its decoder.
//!
//! ```text
//! howdah.replication ── ReplicationStream ── Shared ◄── thread ── howdah_driver::Replication
//!                    └─ ChangeDecoder: pieces of the stream to typed changes
//! ```
//!
//! IO: the connection's socket, in a thread that knows nothing of Python: the server is answered in
//! time however long the program works on a change.

mod decoder;
mod receiver;
mod rows;
mod shared;
mod stream;

use pyo3::prelude::*;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<stream::ReplicationConnection>()?;
    module.add_class::<decoder::ChangeDecoder>()
}
