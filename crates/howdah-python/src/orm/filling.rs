//! What a load has found, given to the members of a cohort.
//!
//! No IO. Called by `howdah.orm` when relations or deferred columns were fetched. Invariant: a slot
//! that has a value keeps it, unless overwriting is asked for: what a program has set is not lost.

use std::cell::RefCell;
use std::collections::HashSet;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyWeakrefReference};

use super::cohort::Cohort;
use super::instance::Instance;
use super::key::{Key, KeyOf};
use super::layout::Slot;

/// What is given to the members of a cohort: which slot it is written to, and how they are known.
pub(super) struct Filling<'py> {
    cohort: Bound<'py, Cohort>,
    members: Vec<Instance<'py>>,
    slot: Slot,
    key: Key,
    overwrite: bool,
}

impl<'py> Filling<'py> {
    /// # Errors
    /// `ValueError` where the model has no such attribute, or the key is none of its columns.
    pub(super) fn new(
        cohort: &Bound<'py, Cohort>,
        name: &Bound<'py, PyString>,
        key: &Bound<'py, PyAny>,
        overwrite: bool,
    ) -> PyResult<Self> {
        let layout = cohort.get().layout().get();
        Ok(Self {
            cohort: cohort.clone(),
            slot: layout.slot_named(name)?,
            key: Key::named(layout, key)?,
            members: cohort.get().alive(name.py()),
            overwrite,
        })
    }

    /// Gives each member what `found` has for its key; else None, or nothing without `missing`.
    pub(super) fn values(&self, found: &Bound<'py, PyDict>, missing: bool) -> PyResult<()> {
        self.each(|member, key| {
            match key.map_or(Ok(None), |key| found.get_item(key))? {
                Some(value) => self.slot.put(member, value),
                None if missing => self
                    .slot
                    .put(member, found.py().None().into_bound(found.py())),
                None => {}
            }
            Ok(())
        })
    }

    /// Gives each member a collection of the children whose `foreign_key` is its key. With `back`, the
    /// children's cohort learns whose they are.
    pub(super) fn children(
        &self,
        children: Option<&Bound<'py, Cohort>>,
        foreign_key: &Bound<'py, PyAny>,
        collection: &Bound<'py, PyAny>,
        back: Option<&Bound<'py, PyString>>,
    ) -> PyResult<()> {
        let groups = Groups::new(collection);
        let Some(cohort) = children.map(Bound::get) else {
            return self.groups(&groups);
        };
        let layout = cohort.layout().get();
        let foreign_key = Key::named(layout, foreign_key)?;
        let back = back.map(|back| layout.slot_named(back)).transpose()?;
        for child in cohort.alive(collection.py()) {
            match foreign_key.of(&child)? {
                KeyOf::Known(key) => groups.add(&key, child.as_any())?,
                KeyOf::Null(_) => {}
                KeyOf::Missing => return Err(no_foreign_key()),
            }
        }
        self.groups(&groups)?;
        if let Some(slot) = back {
            let parents = Parents {
                slot,
                foreign_key,
                cohort: PyWeakrefReference::new(&self.cohort)?.unbind(),
                key: self.key.clone(),
            };
            cohort.remember_parents(collection.py(), parents);
        }
        Ok(())
    }

    /// Gives each member a collection of the objects that `pairs` of key and object have for its key.
    pub(super) fn pairs(
        &self,
        pairs: &Bound<'py, PyAny>,
        collection: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let groups = Groups::new(collection);
        for pair in pairs.try_iter()? {
            let (key, object) = pair?.extract::<(Bound<'py, PyAny>, Bound<'py, PyAny>)>()?;
            groups.add(&key, &object)?;
        }
        self.groups(&groups)
    }

    /// Gives each member the group of its key.
    fn groups(&self, groups: &Groups<'py>) -> PyResult<()> {
        let given = RefCell::new(HashSet::new());
        self.each(|member, key| {
            let group = match key {
                Some(key) => groups.of(&key)?,
                None => None,
            };
            let group = match group {
                Some(group) if given.borrow_mut().insert(group.as_ptr()) => group,
                Some(taken) => groups.copy(&taken)?,
                None => groups.empty()?,
            };
            self.slot.put(member, group.into_any());
            Ok(())
        })
    }

    /// Calls `work` with each member that is to be given something and its key, None for NULL.
    fn each(
        &self,
        work: impl Fn(&Instance<'py>, Option<Bound<'py, PyAny>>) -> PyResult<()>,
    ) -> PyResult<()> {
        for member in &self.members {
            if !self.overwrite && self.slot.read(member).is_some() {
                continue;
            }
            match self.key.of(member)? {
                KeyOf::Known(key) => work(member, Some(key))?,
                KeyOf::Null(_) => work(member, None)?,
                KeyOf::Missing => {}
            }
        }
        Ok(())
    }
}

/// Who the objects of a cohort belong to: those that a relation led from. They are not kept alive, so that
/// objects that know each other are no circle of references.
pub(super) struct Parents {
    /// The relation that leads back.
    pub(super) slot: Slot,
    foreign_key: Key,
    pub(super) cohort: Py<PyWeakrefReference>,
    key: Key,
}

impl Parents {
    /// Gives those of the members that lack them their parents, as far as these are alive.
    pub(super) fn give_to<'py>(
        &self,
        members: Vec<Instance<'py>>,
        py: Python<'py>,
    ) -> PyResult<()> {
        let Some(parents) = self.cohort.bind(py).upgrade_as::<Cohort>()? else {
            return Ok(());
        };
        let found = PyDict::new(py);
        for parent in parents.get().alive(py) {
            if let KeyOf::Known(key) = self.key.of(&parent)? {
                found.set_item(key, parent.into_any())?;
            }
        }
        for member in members {
            if self.slot.read(&member).is_none()
                && let KeyOf::Known(key) = self.foreign_key.of(&member)?
                && let Some(parent) = found.get_item(key)?
            {
                self.slot.put(&member, parent);
            }
        }
        Ok(())
    }
}

/// Objects by key, in the order of their coming.
struct Groups<'py> {
    by_key: Bound<'py, PyDict>,
    /// Makes an empty list.
    collection: Bound<'py, PyAny>,
}

impl<'py> Groups<'py> {
    fn new(collection: &Bound<'py, PyAny>) -> Self {
        Self {
            by_key: PyDict::new(collection.py()),
            collection: collection.clone(),
        }
    }

    fn add(&self, key: &Bound<'py, PyAny>, object: &Bound<'py, PyAny>) -> PyResult<()> {
        if let Some(group) = self.of(key)? {
            return group.append(object);
        }
        let group = self.empty()?;
        group.append(object)?;
        self.by_key.set_item(key, group)
    }

    fn of(&self, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyList>>> {
        let found = self.by_key.get_item(key)?;
        Ok(found.map(Bound::cast_into).transpose()?)
    }

    fn empty(&self) -> PyResult<Bound<'py, PyList>> {
        Ok(self.collection.call0()?.cast_into()?)
    }

    fn copy(&self, group: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyList>> {
        let copy = self.empty()?;
        for object in group {
            copy.append(object)?;
        }
        Ok(copy)
    }
}

#[cold]
fn no_foreign_key() -> PyErr {
    PyValueError::new_err("the foreign key of a child is not loaded")
}
