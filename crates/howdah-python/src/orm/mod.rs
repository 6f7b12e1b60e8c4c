//! The native half of `howdah.orm`. [`text`] writes statements; rows become instances of models, their
//! slots written in place:
//!
//! ```text
//! Hydration ── start(executor) ──▶ Load ──(row=)──▶ Objects ── reads rows ──▶ Instance … in a Cohort
//!     └─ Entity … └─ Layout (where the slots of a model are)
//! ```
//!
//! No IO. Called by `howdah.orm` and, row by row, by `connection::rows`.

mod changes;
mod cohort;
mod constructor;
mod entity;
mod filling;
mod guarded;
mod hydration;
mod instance;
mod key;
mod known;
mod layout;
mod objects;
mod rows;
mod text;
mod writing;

use pyo3::prelude::*;

pub(crate) use hydration::Load;
pub(crate) use objects::Objects;
pub(crate) use rows::ObjectRows;

/// Adds this module's names to `_native`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("Instance", instance::instance_type(module.py())?)?;
    module.add("NOT_LOADED", changes::not_loaded(module.py())?)?;
    module.add_class::<changes::NotLoaded>()?;
    module.add_class::<cohort::Cohort>()?;
    module.add_class::<constructor::Constructor>()?;
    module.add_class::<entity::Entity>()?;
    module.add_class::<hydration::Hydration>()?;
    module.add_class::<Load>()?;
    module.add_class::<layout::Layout>()?;
    module.add_class::<ObjectRows>()?;
    writing::register(module)?;
    text::register(module)
}
