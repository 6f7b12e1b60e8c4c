//! Objects on their way into the database, and what comes back into them.
//!
//! No IO. Called by the writing half of `howdah.orm`. Invariant: what is written into slots here is
//! what the database has: it is never recorded as a change of the program.

use std::collections::HashMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::cohort::Cohort;
use super::instance::{Instance, is_container};
use super::layout::{Layout, Slot};

/// Adds this module's names to `_native`.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(group_by_filled, module)?)?;
    module.add_function(wrap_pyfunction!(write_slots, module)?)?;
    module.add_function(wrap_pyfunction!(leave_cohort, module)?)?;
    module.add_function(wrap_pyfunction!(join_cohort, module)?)?;
    module.add_function(wrap_pyfunction!(restore_changes, module)?)
}

/// The objects that have a value in the same columns, with the names of these columns.
#[pyfunction]
fn group_by_filled<'py>(
    layout: &Bound<'py, Layout>,
    objects: &Bound<'py, PyAny>,
) -> PyResult<Vec<(Bound<'py, PyTuple>, Bound<'py, PyList>)>> {
    let py = layout.py();
    let names = layout.get().columns(py)?;
    let slots = slots(layout.get(), names.as_any())?;
    let mut places: HashMap<Box<[bool]>, usize> = HashMap::new();
    let mut groups: Vec<(Bound<'py, PyTuple>, Bound<'py, PyList>)> = Vec::new();
    for object in objects.try_iter()? {
        let object = layout.get().own(object?)?;
        let filled: Box<[bool]> = slots.iter().map(|it| it.read(&object).is_some()).collect();
        let known = places.get(&filled).and_then(|&place| groups.get(place));
        if let Some((_, members)) = known {
            members.append(object.into_any())?;
            continue;
        }
        let present = names
            .iter()
            .zip(&filled)
            .filter(|(_, is_filled)| **is_filled);
        let present = PyTuple::new(py, present.map(|(name, _)| name).collect::<Vec<_>>())?;
        groups.push((present, PyList::new(py, [object.into_any()])?));
        places.insert(filled, groups.len() - 1);
    }
    Ok(groups)
}

/// Writes a row of values into the slots of each object.
///
/// # Errors
/// `ValueError` where there are not as many rows as objects, or values as columns.
#[pyfunction]
fn write_slots(
    layout: &Bound<'_, Layout>,
    objects: &Bound<'_, PyAny>,
    names: &Bound<'_, PyAny>,
    rows: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let slots = slots(layout.get(), names)?;
    let mut rows = rows.try_iter()?;
    for object in objects.try_iter()? {
        let object = layout.get().own(object?)?;
        let row = rows.next().ok_or_else(|| uneven("rows"))??;
        let row = row.cast_into::<PyTuple>()?;
        if row.len() != slots.len() {
            return Err(uneven("values"));
        }
        for (slot, value) in slots.iter().zip(row.iter()) {
            if is_container(&value) {
                object.track();
            }
            drop(slot.replace(&object, value));
        }
    }
    match rows.next() {
        None => Ok(()),
        Some(_) => Err(uneven("rows")),
    }
}

fn uneven(what: &str) -> PyErr {
    PyValueError::new_err(format!("there are not as many {what} as expected"))
}

/// Makes objects new ones, which no database knows: without cohort and changes.
#[pyfunction]
fn leave_cohort(objects: &Bound<'_, PyAny>) -> PyResult<()> {
    for object in objects.try_iter()? {
        Instance::of(object?)?.leave();
    }
    Ok(())
}

/// Makes an object the last member of a cohort; it leaves the one that it was in.
#[pyfunction]
fn join_cohort<'py>(cohort: &Bound<'py, Cohort>, object: Bound<'py, PyAny>) -> PyResult<()> {
    let object = cohort.get().layout().get().own(object)?;
    object.leave();
    Cohort::add(cohort, &object)
}

/// Has an object know its changes again, which a transaction wrote and then undid: old values by
/// attribute name. They go before what was recorded since.
#[pyfunction]
fn restore_changes(object: Bound<'_, PyAny>, changes: &Bound<'_, PyDict>) -> PyResult<()> {
    let object = Instance::of(object)?;
    for (name, old) in changes.iter() {
        object.restore(&name.cast_into::<PyString>()?, &old)?;
    }
    Ok(())
}

fn slots(layout: &Layout, names: &Bound<'_, PyAny>) -> PyResult<Vec<Slot>> {
    let slot =
        |name: PyResult<Bound<'_, PyAny>>| layout.column_named(&name?.cast_into::<PyString>()?);
    names.try_iter()?.map(slot).collect()
}
