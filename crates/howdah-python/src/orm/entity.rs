//! `Entity`: one thing that the rows of a statement hold: an object, made of some of the columns.
//!
//! No IO. Checked when it is made, so that rows need no checks. Used by [`super::hydration`].

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::layout::{Layout, Slot};

/// An object of a model, from as many columns as it names.
///
/// - `key` names columns that tell one object from another: rows of the same key give the same
///   object.
/// - `optional`: where all columns of the key (without one: all columns) are NULL there is None.
/// - `parent`: the position of an earlier entity and the name of a slot of its model; the object is
///   written there.
/// - `shown`: whether the object is part of the row.
/// - `converters`: callables by column name, called with each value that is not None.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Entity {
    pub(super) layout: Py<Layout>,
    /// The slots of its columns.
    pub(super) slots: Vec<Slot>,
    pub(super) converters: Vec<Option<Py<PyAny>>>,
    /// The positions of the key's columns among its columns.
    pub(super) key: Vec<usize>,
    pub(super) optional: bool,
    /// The position of the parent among the entities, and the name of the slot.
    pub(super) parent: Option<(usize, Py<PyString>)>,
    pub(super) shown: bool,
}

#[pymethods]
impl Entity {
    #[new]
    #[pyo3(signature = (layout, columns, *, key=None, optional=false, parent=None, shown=true, converters=None))]
    fn new(
        layout: Bound<'_, Layout>,
        columns: &Bound<'_, PyAny>,
        key: Option<&Bound<'_, PyAny>>,
        optional: bool,
        parent: Option<(usize, Py<PyString>)>,
        shown: bool,
        converters: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let columns = names(columns)?;
        let slots = columns.iter().map(|name| layout.get().column_named(name));
        let slots = slots.collect::<PyResult<Vec<_>>>()?;
        for (index, slot) in slots.iter().enumerate() {
            if slots.iter().take(index).any(|earlier| earlier == slot) {
                return Err(PyValueError::new_err("a column is named twice"));
            }
        }
        Ok(Self {
            converters: chosen(&columns, converters)?,
            key: key.map_or(Ok(Vec::new()), |key| positions(&columns, &names(key)?))?,
            layout: layout.unbind(),
            slots,
            optional,
            parent,
            shown,
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.layout)?;
        for converter in &self.converters {
            visit.call(converter)?;
        }
        Ok(())
    }
}

impl Entity {
    /// Whether an object is made of every row, by decoding alone.
    pub(super) fn is_simple(&self) -> bool {
        self.key.is_empty() && !self.optional && self.converters.iter().all(Option::is_none)
    }

    /// Whether the values are those of no object: the other side of an outer join.
    pub(super) fn is_absent(&self, values: &[Option<&[u8]>]) -> bool {
        let is_null = |position: &usize| matches!(values.get(*position), Some(None));
        if self.key.is_empty() {
            let own = values.iter().take(self.slots.len());
            return own.flatten().next().is_none();
        }
        self.key.iter().all(is_null)
    }

    /// The values that tell an object from others.
    pub(super) fn key_of<'a>(
        &self,
        values: &[Option<&'a [u8]>],
    ) -> impl Iterator<Item = Option<&'a [u8]>> {
        let value = |position: &usize| values.get(*position).copied().flatten();
        self.key.iter().map(value)
    }
}

fn names<'py>(names: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyString>>> {
    if names.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err(
            "expected a sequence of names, found a string",
        ));
    }
    let mut listed = Vec::new();
    for name in names.try_iter()? {
        listed.push(name?.cast_into::<PyString>()?);
    }
    Ok(listed)
}

/// Where the columns of a key are.
fn positions(columns: &[Bound<'_, PyString>], key: &[Bound<'_, PyString>]) -> PyResult<Vec<usize>> {
    let mut positions = Vec::with_capacity(key.len());
    for name in key {
        let found = position(columns, name)?;
        let missing = || PyValueError::new_err(format!("key `{name}` is none of the columns"));
        positions.push(found.ok_or_else(missing)?);
    }
    Ok(positions)
}

/// The converter of each column, if it has one.
fn chosen(
    columns: &[Bound<'_, PyString>],
    converters: Option<&Bound<'_, PyDict>>,
) -> PyResult<Vec<Option<Py<PyAny>>>> {
    let mut chosen: Vec<_> = columns.iter().map(|_| None).collect();
    for (name, converter) in converters.into_iter().flatten() {
        let name = name.cast_into::<PyString>()?;
        if !converter.is_callable() {
            return Err(PyTypeError::new_err(format!(
                "converter of `{name}` cannot be called"
            )));
        }
        let found = position(columns, &name)?.and_then(|position| chosen.get_mut(position));
        let missing = || {
            PyValueError::new_err(format!(
                "converter of `{name}`, which is none of the columns"
            ))
        };
        *found.ok_or_else(missing)? = Some(converter.unbind());
    }
    Ok(chosen)
}

fn position(
    columns: &[Bound<'_, PyString>],
    name: &Bound<'_, PyString>,
) -> PyResult<Option<usize>> {
    let name = name.to_str()?;
    Ok(columns
        .iter()
        .position(|column| column.to_str().is_ok_and(|column| column == name)))
}

/// What a hydration takes for an entity.
pub(super) enum Part {
    Object(Py<Entity>),
    /// The next column's value, by way of a callable if there is one.
    Value(Option<Py<PyAny>>),
}

impl Part {
    /// # Errors
    /// `TypeError` for what is neither an `Entity`, None nor callable.
    pub(super) fn from_argument(part: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(entity) = part.cast::<Entity>() {
            Ok(Self::Object(entity.clone().unbind()))
        } else if part.is_none() {
            Ok(Self::Value(None))
        } else if part.is_callable() {
            Ok(Self::Value(Some(part.clone().unbind())))
        } else {
            let found = part.get_type().name()?;
            let message = format!("expected an Entity, None or a callable, found `{found}`");
            Err(PyTypeError::new_err(message))
        }
    }

    /// How many columns it takes.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Object(entity) => entity.get().slots.len(),
            Self::Value(_) => 1,
        }
    }

    pub(super) fn has_converters(&self) -> bool {
        match self {
            Self::Object(entity) => entity.get().converters.iter().any(Option::is_some),
            Self::Value(converter) => converter.is_some(),
        }
    }

    pub(super) fn has_key(&self) -> bool {
        match self {
            Self::Object(entity) => !entity.get().key.is_empty(),
            Self::Value(_) => false,
        }
    }

    pub(super) fn is_shown(&self) -> bool {
        match self {
            Self::Object(entity) => entity.get().shown,
            Self::Value(_) => true,
        }
    }

    pub(super) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Object(entity) => visit.call(entity),
            Self::Value(converter) => visit.call(converter),
        }
    }
}
