//! What tells the objects of a cohort apart, and joins them to those of another: values of columns.
//!
//! No IO. Used by [`super::filling`]. Invariant: a key of which a part is not loaded is no key.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::cohort::Cohort;
use super::instance::Instance;
use super::layout::{Layout, Slot};

/// The columns that make a key: of one column its value, of several a tuple of theirs.
#[derive(Clone)]
pub(super) enum Key {
    One(Slot),
    Several(Vec<Slot>),
}

/// The key of one object.
pub(super) enum KeyOf<'py> {
    Known(Bound<'py, PyAny>),
    /// It, or a part of it, is None.
    Null(Bound<'py, PyAny>),
    /// It, or a part of it, is not loaded.
    Missing,
}

impl Key {
    /// The column of this name, or the columns of these names.
    ///
    /// # Errors
    /// `ValueError` where the model has no such column.
    pub(super) fn named(layout: &Layout, name: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(name) = name.cast::<PyString>() {
            return Ok(Self::One(layout.column_named(name)?));
        }
        let slot = |name: PyResult<Bound<'_, PyAny>>| {
            let name = name?.cast_into::<PyString>()?;
            layout.column_named(&name)
        };
        let slots = name.try_iter()?.map(slot).collect::<PyResult<_>>()?;
        Ok(Self::Several(slots))
    }

    #[inline]
    pub(super) fn of<'py>(&self, object: &Instance<'py>) -> PyResult<KeyOf<'py>> {
        match self {
            Self::One(slot) => Ok(match slot.read(object) {
                Some(value) if value.is_none() => KeyOf::Null(value),
                Some(value) => KeyOf::Known(value),
                None => KeyOf::Missing,
            }),
            Self::Several(slots) => {
                let values: Option<Vec<_>> = slots.iter().map(|slot| slot.read(object)).collect();
                let Some(values) = values else {
                    return Ok(KeyOf::Missing);
                };
                let is_null = values.iter().any(PyAnyMethods::is_none);
                let key = PyTuple::new(object.as_any().py(), values)?.into_any();
                Ok(if is_null {
                    KeyOf::Null(key)
                } else {
                    KeyOf::Known(key)
                })
            }
        }
    }
}

/// The values of a key in the members of a cohort that have one: in those, if `missing` names an
/// attribute, that lack it.
pub(super) fn keys<'py>(
    cohort: &Cohort,
    name: &Bound<'py, PyAny>,
    nulls: bool,
    missing: Option<&Bound<'py, PyString>>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let layout = cohort.layout().get();
    let key = Key::named(layout, name)?;
    let missing = missing.map(|name| layout.slot_named(name)).transpose()?;
    let mut values = Vec::new();
    for member in cohort.alive(name.py()) {
        if missing.is_some_and(|slot| slot.read(&member).is_some()) {
            continue;
        }
        match key.of(&member)? {
            KeyOf::Known(value) => values.push(value),
            KeyOf::Null(value) if nulls => values.push(value),
            _ => {}
        }
    }
    Ok(values)
}

/// Each value once, in the order of its first.
pub(super) fn distinct<'py>(
    py: Python<'py>,
    values: Vec<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyList>> {
    let seen = PyDict::new(py);
    for value in values {
        seen.set_item(value, py.None())?;
    }
    Ok(seen.keys())
}
