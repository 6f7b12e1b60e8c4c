//! A schema as a value.
//!
//! ```text
//!   catalog of a server ── read ──▶ Schema ── ddl ─────▶ statements, in an order that runs
//!   models (as JSON) ──── serde ──▶   │    ── models ──▶ Python source of models
//!   snapshot files ──── snapshot ──▶  │    ── show ────▶ text for people
//!                                     ├─ catalog ──▶ what the lock model and the linter ask
//!                                     └─ naming: names for what was declared without one
//! ```
//!
//! IO: [`read`] asks the server that it is given; nothing else does any. Callers: `howdah models`, `howdah schema`, and
//! `howdah.orm.schema` through the native module.
//!
//! Names are relative to a *base schema*, by default `public`: what lies in it has no schema in the value, and
//! expressions name it bare. So the same value can be made in any schema, and two schemas can be compared.
//!
//! Invariants: a schema that was read, made elsewhere and read again is equal; two readings of one catalog
//! are equal, whatever the order of the catalog's rows.

#![forbid(unsafe_code)]

pub mod catalog;
pub mod ddl;
mod dependencies;
pub mod diff;
pub mod identifiers;
pub mod models;
pub mod naming;
pub mod plan;
pub mod read;
pub mod refresh;
pub mod show;
pub mod snapshot;
pub mod value;

pub use read::read;
pub use snapshot::Snapshot;
pub use value::Schema;
