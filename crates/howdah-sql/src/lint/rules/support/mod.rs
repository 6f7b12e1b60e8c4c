//! What several rules ask or say.
//!
//! No IO. `known` asks the catalog, `model` the lock model, `recipes` and `partitioned` write the statements that several
//! rules advise, `words` lists names.

pub(super) mod known;
pub(super) mod model;
pub(super) mod partitioned;
pub(super) mod recipes;
pub(super) mod types;
pub(super) mod words;
