//! What several rules ask or say.
//!
//! No IO. `known` asks the catalog, `model` the lock model, `recipes` writes the statements that several rules advise.

pub(super) mod known;
pub(super) mod model;
pub(super) mod recipes;
pub(super) mod types;
