//! Placeholder header.

mod options;

pub use options::{AllowDrop, Options};
