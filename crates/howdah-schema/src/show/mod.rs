//! Schemas for people to read.
//!
//! No IO. Called by `howdah schema show`. What is shown of an object is all that the value holds of it; in short, one
//! line for each object.

mod layout;
mod others;
mod overview;
mod relation;
mod select;

pub use overview::overview;
pub use select::{Patterns, Selected};

use crate::snapshot::Snapshot;
use crate::value::Schema;

/// The objects of a part, each with all that belongs to it; what refers to them is sought in the whole.
#[must_use]
pub fn details(whole: &Snapshot, part: &Schema) -> String {
    let mut blocks: Vec<String> = others::before_relations(part);
    blocks.extend(part.tables.iter().map(|it| relation::table(whole, it)));
    blocks.extend(part.views.iter().map(|it| relation::view(whole, it)));
    blocks.extend(others::after_relations(part));
    blocks.join("\n")
}
