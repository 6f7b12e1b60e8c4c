//! What a load has found, given to the members of a cohort.
//!
//! No IO. Called by `howdah.orm` when relations or deferred columns were fetched. Invariant: a slot
//! that has a value keeps it, unless overwriting is asked for: what a program has set is not lost.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::cohort::Cohort;
use super::instance::Instance;
use super::layout::{Layout, Slot};

/// What is given to the members of a cohort: which slot it is written to, and how they are known.
pub(super) struct Filling<'py> {
    members: Vec<Instance<'py>>,
    slot: Slot,
    key: Key,
    overwrite: bool,
}

impl<'py> Filling<'py> {
    /// # Errors
    /// `ValueError` where the model has no such attribute, or the key is none of its columns.
    pub(super) fn new(
        cohort: &Cohort,
        name: &Bound<'py, PyString>,
        key: &Bound<'py, PyAny>,
        overwrite: bool,
    ) -> PyResult<Self> {
        let layout = cohort.layout().get();
        Ok(Self {
            slot: layout.slot_named(name)?,
            key: Key::named(layout, key)?,
            members: cohort.alive(name.py()),
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

    /// Gives each member a `wrap` of the children whose `foreign_key` is its key.
    pub(super) fn children(
        &self,
        children: &Bound<'py, PyAny>,
        foreign_key: &Bound<'py, PyAny>,
        wrap: &Bound<'py, PyAny>,
        back: Option<&Bound<'py, PyString>>,
    ) -> PyResult<()> {
        let children = Children::of(children)?;
        let Some(layout) = children.layout.as_ref().map(Bound::get) else {
            return self.groups(&Groups::new(wrap.py()), wrap, |_, _| Ok(()));
        };
        let foreign_key = Key::named(layout, foreign_key)?;
        let back = back.map(|back| layout.slot_named(back)).transpose()?;
        let groups = Groups::new(wrap.py());
        for child in &children.objects {
            match foreign_key.of(child)? {
                KeyOf::Known(key) => groups.add(key, child.as_any())?,
                KeyOf::Null(_) => {}
                KeyOf::Missing => return Err(no_foreign_key()),
            }
        }
        self.groups(&groups, wrap, |member, group| {
            let Some(back) = back else {
                return Ok(());
            };
            for child in group {
                let child = layout.own(child)?;
                if self.overwrite || back.read(&child).is_none() {
                    back.put(&child, member.as_any().clone());
                }
            }
            Ok(())
        })
    }

    /// Gives each member a `wrap` of the objects that `pairs` of key and object have for its key.
    pub(super) fn pairs(
        &self,
        pairs: &Bound<'py, PyAny>,
        wrap: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let groups = Groups::new(wrap.py());
        for pair in pairs.try_iter()? {
            let (key, object) = pair?.extract::<(Bound<'py, PyAny>, Bound<'py, PyAny>)>()?;
            groups.add(key, &object)?;
        }
        self.groups(&groups, wrap, |_, _| Ok(()))
    }

    /// Gives each member the group of its key, and tells `given`.
    fn groups(
        &self,
        groups: &Groups<'py>,
        wrap: &Bound<'py, PyAny>,
        given: impl Fn(&Instance<'py>, Bound<'py, PyList>) -> PyResult<()>,
    ) -> PyResult<()> {
        self.each(|member, key| {
            let group = match key {
                Some(key) => groups.of(&key)?,
                None => None,
            };
            let group = group.unwrap_or_else(|| PyList::empty(wrap.py()));
            self.slot.put(member, wrap.call1((&group,))?);
            given(member, group)
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

/// The objects that a load found, and their layout; none is known where there are none.
struct Children<'py> {
    layout: Option<Bound<'py, Layout>>,
    objects: Vec<Instance<'py>>,
}

impl<'py> Children<'py> {
    /// # Errors
    /// `TypeError` for what is no cohort, nor a list of loaded objects of one model.
    fn of(children: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = children.py();
        if let Ok(cohort) = children.cast::<Cohort>() {
            return Ok(Self {
                layout: Some(cohort.get().layout().bind(py).clone()),
                objects: cohort.get().alive(py),
            });
        }
        let mut layout: Option<Bound<'py, Layout>> = None;
        let mut objects = Vec::new();
        for child in children.try_iter()? {
            let child = Instance::of(child?)?;
            if layout.is_none() {
                let cohort = child.cohort();
                let cohort = cohort.ok_or_else(|| {
                    PyTypeError::new_err("expected loaded objects, found one without a cohort")
                })?;
                layout = Some(cohort.get().layout().bind(py).clone());
            }
            if let Some(layout) = &layout {
                objects.push(layout.get().own(child.into_any())?);
            }
        }
        Ok(Self { layout, objects })
    }
}

/// Objects by key, in the order of their coming.
struct Groups<'py>(Bound<'py, PyDict>);

impl<'py> Groups<'py> {
    fn new(py: Python<'py>) -> Self {
        Self(PyDict::new(py))
    }

    fn add(&self, key: Bound<'py, PyAny>, object: &Bound<'py, PyAny>) -> PyResult<()> {
        match self.of(&key)? {
            Some(group) => group.append(object),
            None => self.0.set_item(key, PyList::new(object.py(), [object])?),
        }
    }

    fn of(&self, key: impl IntoPyObject<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        let found = self.0.get_item(key)?;
        Ok(found.map(Bound::cast_into).transpose()?)
    }
}

/// The columns that make a key: of one column its value, of several a tuple of theirs.
enum Key {
    One(Slot),
    Several(Vec<Slot>),
}

/// The key of one object.
enum KeyOf<'py> {
    Known(Bound<'py, PyAny>),
    /// It, or a part of it, is None.
    Null(Bound<'py, PyAny>),
    /// It, or a part of it, is not loaded.
    Missing,
}

impl Key {
    /// The column of this name, or the columns of these names.
    fn named(layout: &Layout, name: &Bound<'_, PyAny>) -> PyResult<Self> {
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

    fn of<'py>(&self, object: &Instance<'py>) -> PyResult<KeyOf<'py>> {
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

#[cold]
fn no_foreign_key() -> PyErr {
    PyValueError::new_err("the foreign key of a child is not loaded")
}
