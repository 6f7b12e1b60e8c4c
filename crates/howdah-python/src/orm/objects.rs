//! Rows of one statement on their way to objects.
//!
//! No IO. Made by [`super::hydration::Load::begin`] for each execution (or batch of a stream), called
//! by `connection::rows` for each row. Invariant: a statement whose columns are not as many as its
//! parts take never gets here, and an object is in its cohort only when all its columns are written.

use howdah_wire::backend::DataRow;
use pyo3::prelude::*;

use super::cohort::Cohort;
use super::entity::{Entity, Part};
use super::guarded::Guarded;
use super::hydration::Hydration;
use super::instance::Instance;
use super::known::Known;
use super::layout::Slot;
use crate::connection::columns::{Columns, Read, Unread};
use crate::connection::faults;
use crate::row::RowBuilder;
use crate::types::Scope;

/// How to make objects of the rows of one statement.
pub(crate) struct Objects {
    hydration: Py<Hydration>,
    parts: Vec<Reading>,
    /// Rows are one object each, of all columns, none of which needs more than decoding.
    simple: bool,
    shown: usize,
}

/// One part of the rows: what is needed besides the plan.
struct Reading {
    /// The first of its columns.
    at: usize,
    /// Where its objects belong.
    home: Home,
    /// No value of it needs the collector.
    atomic: bool,
    /// The objects that rows have made, if it has a key.
    known: Option<Guarded<Known>>,
}

/// Where the objects of a part belong.
pub(super) enum Home {
    /// The part makes none.
    None,
    Cohort(Py<Cohort>),
    /// There is one at most: what loads what it lacks is enough to know.
    Alone(Py<PyAny>),
}

/// The values of columns, as they came.
type Raw<'a> = [Option<&'a [u8]>];

/// Up to so many columns are split, and parts put together, without asking for memory.
const FEW_COLUMNS: usize = 24;
const FEW_PARTS: usize = 6;

impl Objects {
    /// # Errors
    /// `ProgrammingError` where the columns are not as many as the parts take.
    pub(super) fn new(
        py: Python<'_>,
        hydration: Py<Hydration>,
        homes: Vec<Home>,
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
        let mut parts = Vec::with_capacity(plan.parts.len());
        for (part, home) in plan.parts.iter().zip(homes) {
            let end = at + part.width();
            parts.push(Reading {
                at,
                home,
                atomic: !part.has_converters() && columns.are_atomic(at..end),
                known: part.has_key().then(|| Guarded::new(Known::default())),
            });
            at = end;
        }
        Ok(Self {
            parts,
            simple: plan.is_simple,
            shown: plan.parts.iter().filter(|part| part.is_shown()).count(),
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
            && let [Part::Object(entity)] = self.hydration.get().parts.as_slice()
            && let [reading] = self.parts.as_slice()
        {
            return reading.read_whole(scope, columns, row, entity.get());
        }
        self.read_parts(scope, columns, row)
    }

    fn read_parts<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        columns: &Columns,
        row: &DataRow<'_>,
    ) -> Read<'py> {
        let plan = self.hydration.get();
        let (mut few, mut many) = ([None; FEW_COLUMNS], Vec::new());
        let raw = room(&mut few, &mut many, plan.width);
        columns.split(scope, row, raw)?;
        let (mut few, mut many) = ([const { None }; FEW_PARTS], Vec::new());
        let items = room(&mut few, &mut many, plan.parts.len());
        for (index, (part, reading)) in plan.parts.iter().zip(&self.parts).enumerate() {
            let values = raw.get(reading.at..).unwrap_or_default();
            let item = match part {
                Part::Value(converter) => {
                    let value = values.first().copied().flatten();
                    convert(
                        columns.decode(scope, reading.at, value)?,
                        converter.as_ref(),
                    )?
                }
                Part::Object(entity) => reading.object(scope, columns, entity.get(), values)?,
            };
            if let Some(Some((parent, slot))) = plan.parents.get(index)
                && let Some(Some(parent)) = items.get(*parent)
            {
                write_into(parent, *slot, &item);
            }
            if let Some(place) = items.get_mut(index) {
                *place = Some(item);
            }
        }
        self.row(scope.py, items)
    }

    /// The row of these items.
    fn row<'py>(&self, py: Python<'py>, items: &mut [Option<Bound<'py, PyAny>>]) -> Read<'py> {
        let plan = self.hydration.get();
        if !plan.is_tuple {
            let first = items.first_mut().and_then(Option::take);
            return Ok(first.unwrap_or_else(|| py.None().into_bound(py)));
        }
        let mut tuple = RowBuilder::tuple(py, self.shown)?;
        let shown = items.iter_mut().zip(&plan.parts);
        let shown = shown.filter_map(|(item, part)| item.take().filter(|_| part.is_shown()));
        for (index, item) in shown.enumerate() {
            tuple.set(index, item);
        }
        Ok(tuple.finish(false))
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        Python::attach(|py| {
            for reading in &self.parts {
                if let Home::Cohort(cohort) = &reading.home {
                    cohort.get().settle(py);
                }
            }
        });
    }
}

impl Reading {
    /// An object of all columns of a row.
    #[inline]
    fn read_whole<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        columns: &Columns,
        row: &DataRow<'_>,
        entity: &Entity,
    ) -> Read<'py> {
        let object = entity.layout.get().allocate(scope.py)?;
        columns.read_values(scope, row, |index, value| {
            if let Some(slot) = entity.slots.get(index) {
                drop(slot.replace(&object, value));
            }
            Ok(())
        })?;
        self.admit(entity, &object)?;
        Ok(object.into_any())
    }

    /// The object of an entity: a new one, one that an earlier row made, or None.
    fn object<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        columns: &Columns,
        entity: &Entity,
        values: &Raw<'_>,
    ) -> Read<'py> {
        let py = scope.py;
        if entity.optional && entity.is_absent(values) {
            return Ok(py.None().into_bound(py));
        }
        let Some(known) = &self.known else {
            let object = self.make(scope, columns, entity, values)?;
            return Ok(object.into_any());
        };
        let found = known.with(py, |known| known.find(py, entity.key_of(values)));
        if let Some(found) = found {
            return Ok(found.into_bound(py));
        }
        let object = self.make(scope, columns, entity, values)?.into_any();
        let kept = object.clone().unbind();
        known.with(py, |known| known.add(kept));
        Ok(object)
    }

    fn make<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        columns: &Columns,
        entity: &Entity,
        values: &Raw<'_>,
    ) -> Result<Instance<'py>, Unread> {
        let object = entity.layout.get().allocate(scope.py)?;
        let targets = entity.slots.iter().zip(&entity.converters);
        for (column, ((slot, converter), value)) in (self.at..).zip(targets.zip(values)) {
            let value = columns.decode(scope, column, *value)?;
            drop(slot.replace(&object, convert(value, converter.as_ref())?));
        }
        self.admit(entity, &object)?;
        Ok(object)
    }

    /// Makes a whole object a member of the cohort, and known to the collector where it must be.
    #[inline]
    fn admit(&self, entity: &Entity, object: &Instance<'_>) -> PyResult<()> {
        if !self.atomic && entity.layout.get().is_plain() {
            object.track();
        }
        let py = object.as_any().py();
        match &self.home {
            Home::Cohort(cohort) => return Cohort::add(cohort.bind(py), object),
            Home::Alone(executor) => object.come_by(executor.bind(py)),
            Home::None => {}
        }
        Ok(())
    }
}

/// `length` empty places: those on the stack, if they are enough.
fn room<'a, T, const N: usize>(
    few: &'a mut [Option<T>; N],
    many: &'a mut Vec<Option<T>>,
    length: usize,
) -> &'a mut [Option<T>] {
    match few.get_mut(..length) {
        Some(few) => few,
        None => {
            many.resize_with(length, || None);
            many
        }
    }
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

/// Writes an item into a slot of what an earlier part of the row has made: an object, or None.
fn write_into<'py>(parent: &Bound<'py, PyAny>, slot: Slot, item: &Bound<'py, PyAny>) {
    if !parent.is_none() {
        // SAFETY: the part is one of objects, whose model has the slot (checked by `Hydration`)
        let parent = unsafe { Instance::of_unchecked(parent.clone()) };
        slot.put(&parent, item.clone());
    }
}
