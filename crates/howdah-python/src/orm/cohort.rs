//! `Cohort`: the objects of one model that one statement made.
//!
//! No IO. What one of them lacks is loaded for all. Invariants: every member that is not null is an
//! object that was not freed yet and whose link leads here; an object leaves before it is freed
//! ([`super::instance`]). Members are not owned: one that is kept keeps no other alive.
//!
//! Members of atomic values are unknown to the collector, until something is put into `state` or a
//! slot. So an executor that refers to members (which a connection or a pool never does) would keep
//! them, and itself, for good.

use std::ptr;

use pyo3::exceptions::PyOverflowError;
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::filling::{Filling, Parents};
use super::guarded::Guarded;
use super::instance::{self, Instance};
use super::key;
use super::layout::Layout;

/// The objects of one model that one statement made.
#[pyclass(frozen, weakref, module = "howdah._native")]
pub(crate) struct Cohort {
    layout: Py<Layout>,
    held: Guarded<Held>,
    /// Who the members belong to, by the relations that lead back.
    parents: Guarded<Vec<Parents>>,
    members: Guarded<Members>,
}

struct Held {
    executor: Option<Py<PyAny>>,
    state: Option<Py<PyDict>>,
}

#[derive(Default)]
struct Members {
    /// In the order of their rows; null where one is gone.
    places: Vec<*mut ffi::PyObject>,
    gone: usize,
    /// Something of the cohort may lead back to a member: the collector must know them all.
    tracked: bool,
}

/// Up to this many places nothing is gained by using fewer.
const FEW: usize = 16;

#[pymethods]
impl Cohort {
    /// Where the slots of the members are.
    #[getter(layout)]
    fn py_layout(&self, py: Python<'_>) -> Py<Layout> {
        self.layout.clone_ref(py)
    }

    /// What loaded the members, and loads what they lack.
    #[getter]
    fn executor(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.held
            .with(py, |held| Some(held.executor.as_ref()?.clone_ref(py)))
    }

    #[setter]
    fn set_executor(&self, py: Python<'_>, executor: Py<PyAny>) {
        let old = self.held.with(py, |held| held.executor.replace(executor));
        drop(old);
    }

    /// A dict for whatever is to be known of the cohort.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyDict> {
        self.track_members(py);
        let new = PyDict::new(py).unbind();
        let state = self.held.with(py, |held| {
            held.state
                .get_or_insert_with(|| new.clone_ref(py))
                .clone_ref(py)
        });
        state.into_bound(py)
    }

    /// The members that are alive, in order.
    fn members<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let members = self.alive(py);
        PyList::new(py, members.into_iter().map(Instance::into_any))
    }

    /// The values of a column in the members that have one, in order; of several columns, tuples.
    ///
    /// `missing` names an attribute: only members that lack it count.
    #[pyo3(signature = (name, *, distinct=false, nulls=true, missing=None))]
    fn values<'py>(
        &self,
        name: &Bound<'py, PyAny>,
        distinct: bool,
        nulls: bool,
        missing: Option<&Bound<'py, PyString>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let values = key::keys(self, name, nulls, missing)?;
        if distinct {
            return key::distinct(name.py(), values);
        }
        PyList::new(name.py(), values)
    }

    /// Give each member what `found` has for its key, else None (with `missing=False` nothing).
    #[pyo3(signature = (name, key, found, *, missing=true, overwrite=false))]
    fn fill<'py>(
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyString>,
        key: &Bound<'py, PyAny>,
        found: &Bound<'py, PyDict>,
        missing: bool,
        overwrite: bool,
    ) -> PyResult<()> {
        Filling::new(slf, name, key, overwrite)?.values(found, missing)
    }

    /// Give each member a list, made by `collection`, of the children whose `foreign_key` is its key,
    /// in their order. With `back` the children can be given their parents, see `fill_parents`.
    #[pyo3(signature = (name, key, children, foreign_key, collection, back=None, *, overwrite=false))]
    #[expect(
        clippy::too_many_arguments,
        reason = "two tables, the columns that join them, and what becomes of it"
    )]
    fn fill_many<'py>(
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyString>,
        key: &Bound<'py, PyAny>,
        children: Option<&Bound<'py, Self>>,
        foreign_key: &Bound<'py, PyAny>,
        collection: &Bound<'py, PyAny>,
        back: Option<&Bound<'py, PyString>>,
        overwrite: bool,
    ) -> PyResult<()> {
        let filling = Filling::new(slf, name, key, overwrite)?;
        filling.children(children, foreign_key, collection, back)
    }

    /// Give each member a list, made by `collection`, of the objects that `pairs` of key and object
    /// have for its key.
    #[pyo3(signature = (name, key, pairs, collection, *, overwrite=false))]
    fn fill_pairs<'py>(
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyString>,
        key: &Bound<'py, PyAny>,
        pairs: &Bound<'py, PyAny>,
        collection: &Bound<'py, PyAny>,
        overwrite: bool,
    ) -> PyResult<()> {
        Filling::new(slf, name, key, overwrite)?.pairs(pairs, collection)
    }

    /// Give each member that lacks it the object that it was found for, where that is alive and the
    /// members were found by the other side of this relation; others stay as they are. It is known
    /// once: a relation that the program has forgotten is loaded.
    fn fill_parents(&self, name: &Bound<'_, PyString>) -> PyResult<()> {
        let py = name.py();
        let slot = self.layout.get().slot_named(name)?;
        let parents: Vec<_> = self.parents.with(py, |all| {
            let (found, rest) = std::mem::take(all)
                .into_iter()
                .partition(|one| one.slot == slot);
            *all = rest;
            found
        });
        for one in parents {
            one.give_to(self.alive(py), py)?;
        }
        Ok(())
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.members.with(py, |members| members.alive().count())
    }

    /// In bytes, with the list of the members.
    fn __sizeof__(&self, py: Python<'_>) -> usize {
        let capacity = self.members.with(py, |members| members.places.capacity());
        size_of::<ffi::PyObject>() + size_of::<Self>() + capacity * size_of::<*mut ffi::PyObject>()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let layout = self.layout.bind(py).repr()?;
        Ok(format!("Cohort({layout}, {} alive)", self.__len__(py)))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.layout)?;
        let visited = self.held.visit(|held| {
            visit.call(&held.executor)?;
            visit.call(&held.state)
        });
        visited.unwrap_or(Ok(()))?;
        let visited = self
            .parents
            .visit(|all| all.iter().try_for_each(|one| visit.call(&one.cohort)));
        visited.unwrap_or(Ok(()))
    }

    fn __clear__(&self, py: Python<'_>) {
        let held = self
            .held
            .with(py, |held| (held.executor.take(), held.state.take()));
        drop(held);
        drop(self.parents.with(py, std::mem::take));
    }
}

impl Cohort {
    pub(super) fn new(layout: Py<Layout>, executor: Py<PyAny>) -> Self {
        let held = Held {
            executor: Some(executor),
            state: None,
        };
        Self {
            layout,
            held: Guarded::new(held),
            parents: Guarded::new(Vec::new()),
            members: Guarded::new(Members::default()),
        }
    }

    pub(super) const fn layout(&self) -> &Py<Layout> {
        &self.layout
    }

    /// Learns who the members, or some of them, belong to.
    pub(super) fn remember_parents(&self, py: Python<'_>, parents: Parents) {
        self.parents.with(py, |all| all.push(parents));
    }

    /// Makes an object of the layout's model, which is in no cohort, the last member.
    ///
    /// # Errors
    /// `OverflowError` behind 4 thousand million members.
    #[inline]
    pub(super) fn add<'py>(slf: &Bound<'py, Self>, object: &Instance<'py>) -> PyResult<()> {
        let added = slf.get().members.with(slf.py(), |members| {
            let place = u32::try_from(members.places.len()).ok()?;
            members.places.push(object.as_ptr());
            Some((place, members.tracked))
        });
        let (place, tracked) = added.ok_or_else(|| PyOverflowError::new_err("a cohort is full"))?;
        object.join(slf, place);
        if tracked {
            object.track();
        }
        Ok(())
    }

    /// Takes out the member at `place`, which does not link here any more.
    pub(super) fn remove(&self, py: Python<'_>, place: u32) {
        self.members.with(py, |members| members.remove(place));
    }

    /// Has the collector visit all members, those that will come as well.
    fn track_members(&self, py: Python<'_>) {
        let begins = |members: &mut Members| !std::mem::replace(&mut members.tracked, true);
        if self.members.with(py, begins) {
            for member in self.alive(py) {
                member.track();
            }
        }
    }

    /// Gives back memory that further members would have used.
    pub(super) fn settle(&self, py: Python<'_>) {
        self.members.with(py, |members| {
            if members.places.len() > FEW {
                members.places.shrink_to_fit();
            }
        });
    }

    /// The members that are alive, in order.
    pub(super) fn alive<'py>(&self, py: Python<'py>) -> Vec<Instance<'py>> {
        self.members.with(py, |members| {
            // SAFETY: by this module's invariant members were not freed, and are objects of models;
            // those that are being freed, whose values may run code, are left out.
            let strong =
                |member| unsafe { Instance::of_unchecked(Bound::from_borrowed_ptr(py, member)) };
            members.alive().map(strong).collect()
        })
    }
}

impl Members {
    /// The members that have references.
    fn alive(&self) -> impl Iterator<Item = *mut ffi::PyObject> {
        // SAFETY: members were not freed
        let has_references = |member: *mut ffi::PyObject| unsafe { ffi::Py_REFCNT(member) > 0 };
        let present = self.places.iter().filter(|member| !member.is_null());
        present
            .copied()
            .filter(move |&member| has_references(member))
    }

    fn remove(&mut self, place: u32) {
        if let Some(member) = self.places.get_mut(place as usize) {
            *member = ptr::null_mut();
            self.gone += 1;
        }
        if self.places.len() > FEW && self.gone > self.places.len() / 4 * 3 {
            self.close_gaps();
        }
    }

    /// Drops the places of members that are gone, so that few members take little memory.
    fn close_gaps(&mut self) {
        self.places.retain(|member| !member.is_null());
        self.places.shrink_to_fit();
        self.gone = 0;
        for (place, &member) in (0..).zip(&self.places) {
            // SAFETY: members were not freed, and are objects of models
            unsafe { instance::set_place(member, place) };
        }
    }
}
