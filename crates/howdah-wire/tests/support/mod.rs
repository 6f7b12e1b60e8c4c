//! What the tests of whole streams and the fuzz targets (`fuzz/`) share. No IO but reading the
//! captured streams.

pub mod asked;
pub mod changes;
pub mod entry;
pub mod events;
pub mod step;
pub mod streams;
