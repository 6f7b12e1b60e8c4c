//! Rows of one statement on their way to objects.
//!
//! No IO. Made by [`super::hydration::Load::begin`] for each execution (or batch of a stream), called
//! by `connection::rows` for each row. Invariant: a statement whose columns are not as many as its
//! parts take never gets here, and an object is in its cohort only when all its columns are written.

use std::collections::HashMap;

use howdah_wire::backend::DataRow;
use pyo3::prelude::*;

use super::cohort::Cohort;
use super::entity::{Entity, Part};
use super::guarded::Guarded;
use super::hydration::Hydration;
use super::instance::{Instance, is_container};
use crate::connection::columns::{Columns, Read, Unread};
use crate::connection::faults;
use crate::row::RowBuilder;
use crate::types::Scope;

/// How to make objects of the rows of one statement.
pub(crate) struct Objects {
    hydration: Py<Hydration>,
    /// For each part that is an object.
    cohorts: Vec<Option<Py<Cohort>>>,
    /// For each part: no value of it needs the collector.
    atomic: Vec<bool>,
    /// For each part with a key, the objects that rows have made.
    known: Guarded<Vec<Known>>,
    /// Rows are one object each, of all columns, none of which needs more than decoding.
    simple: bool,
    shown: usize,
}

/// Objects by the bytes of their key: of each value the length and the bytes.
type Known = HashMap<Box<[u8]>, Py<PyAny>>;

/// The values of a part, as they came.
type Raw<'a> = &'a [Option<&'a [u8]>];

impl Objects {
    /// # Errors
    /// `ProgrammingError` where the columns are not as many as the parts take.
    pub(super) fn new(
        py: Python<'_>,
        hydration: Py<Hydration>,
        cohorts: Vec<Option<Py<Cohort>>>,
        columns: &Columns,
    ) -> PyResult<Self> {
        let plan = hydration.get();
        if plan.width != columns.len() {
            let (expected, found) = (plan.width, columns.len());
            let message =
                format!("the objects take {expected} columns, the statement returns {found}");
            return Err(faults::fault(py, "ProgrammingError", message));
        }
        let mut at = 0;
        let mut atomic = Vec::with_capacity(plan.parts.len());
        for part in &plan.parts {
            let converts = part.has_converters();
            atomic.push(!converts && columns.are_atomic(at..at + part.width()));
            at += part.width();
        }
        let simple = match plan.parts.as_slice() {
            [Part::Object(entity)] => !plan.is_tuple && entity.get().is_simple(),
            _ => false,
        };
        Ok(Self {
            simple,
            shown: plan.parts.iter().filter(|part| part.is_shown()).count(),
            known: Guarded::new(plan.parts.iter().map(|_| Known::new()).collect()),
            cohorts,
            atomic,
            hydration,
        })
    }

    /// The object or tuple for one row.
    #[inline]
    pub(crate) fn read<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        columns: &Columns,
        row: &DataRow<'_>,
    ) -> Read<'py> {
        if self.simple
            && let ([Part::Object(entity)], [Some(cohort)], [atomic]) = (
                self.hydration.get().parts.as_slice(),
                self.cohorts.as_slice(),
                self.atomic.as_slice(),
            )
        {
            let cohort = cohort.bind(scope.py);
            return read_one(scope, columns, row, entity.get(), cohort, *atomic);
        }
        self.read_parts(scope, columns, row)
    }

    fn read_parts<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        columns: &Columns,
        row: &DataRow<'_>,
    ) -> Read<'py> {
        let raw = columns.split(scope, row)?;
        let plan = self.hydration.get();
        let mut items = Vec::with_capacity(plan.parts.len());
        let mut at = 0;
        for (index, part) in plan.parts.iter().enumerate() {
            let values = raw.get(at..at + part.width()).unwrap_or_default();
            let item = match part {
                Part::Value(converter) => {
                    let value = columns.decode(scope, at, values.first().copied().flatten())?;
                    convert(value, converter.as_ref())?
                }
                Part::Object(entity) => {
                    self.object(scope, columns, (index, at), entity.get(), values)?
                }
            };
            if let Some(Some((parent, slot))) = plan.parents.get(index)
                && let Some(parent) = items.get(*parent)
            {
                write_into(scope.py, parent, *slot, &item);
            }
            items.push(item);
            at += part.width();
        }
        self.row(scope.py, items)
    }

    fn row<'py>(&self, py: Python<'py>, items: Vec<Bound<'py, PyAny>>) -> Read<'py> {
        let plan = self.hydration.get();
        let mut items = items.into_iter().zip(&plan.parts);
        if !plan.is_tuple {
            let first = items.next().map(|(item, _)| item);
            return Ok(first.unwrap_or_else(|| py.None().into_bound(py)));
        }
        let mut tuple = RowBuilder::tuple(py, self.shown)?;
        let shown = items.filter(|(_, part)| part.is_shown());
        for (index, (item, _)) in shown.enumerate() {
            tuple.set(index, item);
        }
        Ok(tuple.finish(false))
    }

    /// The object of an entity: a new one, one that an earlier row made, or None.
    fn object<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        columns: &Columns,
        (index, at): (usize, usize),
        entity: &Entity,
        values: Raw<'_>,
    ) -> Read<'py> {
        let py = scope.py;
        if entity.optional && entity.is_absent(values) {
            return Ok(py.None().into_bound(py));
        }
        if entity.key.is_empty() {
            let object = self.make(scope, columns, (index, at), entity, values)?;
            return Ok(object.into_any());
        }
        let key = entity.key_of(values);
        if let Some(known) = self.find(py, index, &key) {
            return Ok(known);
        }
        let object = self
            .make(scope, columns, (index, at), entity, values)?
            .into_any();
        let kept = object.clone().unbind();
        let replaced = self.known.with(py, |known| {
            known.get_mut(index)?.insert(key.into_boxed_slice(), kept)
        });
        drop(replaced);
        Ok(object)
    }

    fn find<'py>(&self, py: Python<'py>, index: usize, key: &[u8]) -> Option<Bound<'py, PyAny>> {
        self.known
            .with(py, |known| Some(known.get(index)?.get(key)?.clone_ref(py)))
            .map(|known| known.into_bound(py))
    }

    fn make<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        columns: &Columns,
        (index, at): (usize, usize),
        entity: &Entity,
        values: Raw<'_>,
    ) -> Result<Instance<'py>, Unread> {
        let layout = entity.layout.get();
        let object = layout.allocate(scope.py)?;
        let targets = entity.slots.iter().zip(&entity.converters);
        for (offset, ((slot, converter), value)) in targets.zip(values).enumerate() {
            let value = columns.decode(scope, at + offset, *value)?;
            let value = convert(value, converter.as_ref())?;
            drop(slot.replace(&object, value));
        }
        if layout.is_plain() && !self.atomic.get(index).copied().unwrap_or(false) {
            object.track();
        }
        if let Some(Some(cohort)) = self.cohorts.get(index) {
            Cohort::add(cohort.bind(scope.py), &object)?;
        }
        Ok(object)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        Python::attach(|py| {
            for cohort in self.cohorts.iter().flatten() {
                cohort.get().settle(py);
            }
        });
    }
}

/// One object of all columns.
#[inline]
fn read_one<'py>(
    scope: &Scope<'_, 'py>,
    columns: &Columns,
    row: &DataRow<'_>,
    entity: &Entity,
    cohort: &Bound<'py, Cohort>,
    atomic: bool,
) -> Read<'py> {
    let layout = entity.layout.get();
    let object = layout.allocate(scope.py)?;
    columns.read_values(scope, row, |index, value| {
        if let Some(slot) = entity.slots.get(index) {
            drop(slot.replace(&object, value));
        }
        Ok(())
    })?;
    if layout.is_plain() && !atomic {
        object.track();
    }
    Cohort::add(cohort, &object)?;
    Ok(object.into_any())
}

fn convert<'py>(
    value: Bound<'py, PyAny>,
    converter: Option<&Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    match converter {
        Some(converter) if !value.is_none() => converter.bind(value.py()).call1((value,)),
        _ => Ok(value),
    }
}

/// Writes an item into a slot of an object that an earlier part of the row made, if it did.
fn write_into<'py>(
    _py: Python<'py>,
    parent: &Bound<'py, PyAny>,
    slot: super::layout::Slot,
    item: &Bound<'py, PyAny>,
) {
    if parent.is_none() {
        return;
    }
    // SAFETY: what an object part makes is None or an object of its layout's model
    let parent = unsafe { Instance::of_unchecked(parent.clone()) };
    if is_container(item) {
        parent.track();
    }
    drop(slot.replace(&parent, item.clone()));
}
