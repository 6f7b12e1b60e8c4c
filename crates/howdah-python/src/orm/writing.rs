//! Objects on their way into the database, and what comes back into them.
//!
//! No IO. Called by the writing half of `howdah.orm`. Invariant: what is written into slots here is
//! what the database has: it is never recorded as a change of the program.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use super::cohort::Cohort;
use super::instance::Instance;
use super::layout::{Layout, Slot};

/// Adds this module's names to `_native`.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(group_by_filled, module)?)?;
    module.add_function(wrap_pyfunction!(group_by_model, module)?)?;
    module.add_function(wrap_pyfunction!(instances, module)?)?;
    module.add_function(wrap_pyfunction!(write_slot, module)?)?;
    module.add_function(wrap_pyfunction!(write_slots, module)?)?;
    module.add_function(wrap_pyfunction!(leave_cohort, module)?)?;
    module.add_function(wrap_pyfunction!(join_cohort, module)?)?;
    module.add_function(wrap_pyfunction!(restore_changes, module)?)
}

/// One object of a model or many, as a list.
///
/// # Errors
/// `TypeError` for what is no object of a model.
#[pyfunction]
fn instances<'py>(objects: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = objects.py();
    if Instance::is_one(objects)? {
        return PyList::new(py, [objects]);
    }
    let found = PyList::empty(py);
    for object in objects.try_iter()? {
        found.append(Instance::of(object?)?.into_any())?;
    }
    Ok(found)
}

/// The objects of each class, in the order in which the classes come first.
#[pyfunction]
fn group_by_model<'py>(
    objects: &Bound<'py, PyList>,
) -> PyResult<Vec<(Bound<'py, PyType>, Bound<'py, PyList>)>> {
    let mut groups = Groups::default();
    for object in objects {
        let class = object.get_type();
        groups.add(object.py(), &class.as_ptr(), object, |_| Ok(class.clone()))?;
    }
    Ok(groups.found)
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
    let mut groups = Groups::default();
    let mut filled = Vec::with_capacity(slots.len());
    for object in objects.try_iter()? {
        let object = layout.get().own(object?)?;
        filled.clear();
        filled.extend(slots.iter().map(|slot| slot.read(&object).is_some()));
        groups.add(py, &filled, object.into_any(), |_| {
            let present = names.iter().zip(&filled);
            let present = present.filter(|(_, is_filled)| **is_filled);
            PyTuple::new(py, present.map(|(name, _)| name).collect::<Vec<_>>())
        })?;
    }
    Ok(groups.found)
}

/// Objects by what they have in common. Those that follow each other mostly have the same.
struct Groups<'py, K, N> {
    keys: Vec<K>,
    found: Vec<(N, Bound<'py, PyList>)>,
    last: usize,
}

impl<K, N> Default for Groups<'_, K, N> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            found: Vec::new(),
            last: 0,
        }
    }
}

impl<'py, K: PartialEq + Clone, N> Groups<'py, K, N> {
    /// Puts an object into the group of this key, which is named by `name` when it begins.
    #[inline]
    fn add(
        &mut self,
        py: Python<'py>,
        key: &K,
        object: Bound<'py, PyAny>,
        name: impl FnOnce(Bound<'py, PyAny>) -> PyResult<N>,
    ) -> PyResult<()> {
        if self.keys.get(self.last) != Some(key) {
            let known = self.keys.iter().position(|it| it == key);
            self.last = known.unwrap_or(self.keys.len());
        }
        if self.last == self.keys.len() {
            self.found.push((name(object.clone())?, PyList::empty(py)));
            self.keys.push(key.clone());
        }
        match self.found.get(self.last) {
            Some((_, members)) => members.append(object),
            None => Ok(()),
        }
    }
}

/// Writes a value into one slot of each object.
///
/// # Errors
/// `ValueError` where there are not as many values as objects.
#[pyfunction]
fn write_slot<'py>(
    layout: &Bound<'py, Layout>,
    objects: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    values: &Bound<'py, PyList>,
) -> PyResult<()> {
    let slot = layout.get().column_named(name)?;
    let mut values = values.iter();
    for object in objects.try_iter()? {
        let object = layout.get().own(object?)?;
        slot.put(&object, values.next().ok_or_else(|| uneven("values"))?);
    }
    match values.next() {
        None => Ok(()),
        Some(_) => Err(uneven("values")),
    }
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
            slot.put(&object, value);
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
