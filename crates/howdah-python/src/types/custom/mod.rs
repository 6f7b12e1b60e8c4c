//! Codecs that a program chooses for a type, in place of howdah's own.
//!
//! No IO. `howdah.types.codecs`, `Pool.codecs` and `Connection.codecs` are [`layers`](layer), one
//! within the other. What they say together is an [`Overlay`]: it makes the codec of a chosen type,
//! and those of arrays, ranges, composites and domains that are made of it.
//!
//! Invariant: a connection reads and writes by one overlay from the beginning of an operation to its
//! end; when the choices change, its prepared statements are prepared again with the new codecs.

mod codec;
mod functions;
mod layer;
mod name;
mod overlay;

use pyo3::prelude::*;

pub(super) use codec::Chosen;
pub(crate) use layer::{CodecLayer, Layer, changes};
pub(crate) use overlay::Overlay;

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<codec::PyCodec>()?;
    module.add_class::<CodecLayer>()
}
