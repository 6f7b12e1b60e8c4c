//! What a row becomes: a `Row`, a tuple, a dict, an object of a class or of the ORM, its first value.
//!
//! No IO. [`RowKind`] is the wish of the caller (`row=` in `fetch`); [`RowPlan`] is that wish made
//! concrete for the columns of one statement, so that nothing is looked up for each row.

use howdah_wire::backend::DataRow;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::columns::{Columns, Read};
use super::faults;
use super::recording::Recording;
use crate::orm::{Load, Objects};
use crate::row::row_type;
use crate::types::Scope;

/// What the caller wants a row to be.
pub(crate) enum RowKind {
    /// `howdah.Row`, the default.
    Row,
    /// A plain tuple.
    Tuple,
    /// A dict by column name.
    Dict,
    /// The first column's value alone.
    Value,
    /// Objects of the ORM.
    Load(Py<Load>),
    /// What the recording says, which keeps the rows as they came, too.
    Recorded(Py<Recording>),
    /// An object of this class, or what this callable makes of the columns as keywords.
    Made(Py<PyAny>),
}

impl RowKind {
    /// Reads the argument `row=`.
    ///
    /// # Errors
    /// `TypeError` for what cannot be called.
    pub(crate) fn from_argument(wish: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(wish) = wish else {
            return Ok(Self::Row);
        };
        let py = wish.py();
        if wish.is(py.get_type::<PyTuple>()) {
            Ok(Self::Tuple)
        } else if wish.is(py.get_type::<PyDict>()) {
            Ok(Self::Dict)
        } else if wish.is(row_type(py)?) {
            Ok(Self::Row)
        } else if let Ok(load) = wish.cast::<Load>() {
            Ok(Self::Load(load.clone().unbind()))
        } else if let Ok(recording) = wish.cast::<Recording>() {
            Ok(Self::Recorded(recording.clone().unbind()))
        } else if wish.is_callable() {
            Ok(Self::Made(wish.clone().unbind()))
        } else {
            let found = wish.get_type().name()?;
            Err(PyTypeError::new_err(format!(
                "`row` must be howdah.Row, tuple, dict, a dataclass or another callable that takes \
                 the columns as keywords, not {found}"
            )))
        }
    }

    /// Shows the collector what whoever keeps this kind holds.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Made(callable) => visit.call(callable),
            Self::Recorded(recording) => visit.call(recording),
            _ => Ok(()),
        }
    }
}

/// How the rows of one statement are made.
pub(crate) enum RowPlan {
    Row,
    Tuple,
    Dict(Py<PyTuple>),
    Value,
    Objects(Objects),
    Recorded(Box<Self>, Py<Recording>),
    /// A dataclass whose generated `__init__` is done here: allocate, write the fields.
    Dataclass(Dataclass),
    /// Anything else: called with the columns as keywords.
    Call {
        callable: Py<PyAny>,
        names: Py<PyTuple>,
    },
}

/// A dataclass and what its fields get.
pub(crate) struct Dataclass {
    class: Py<PyType>,
    /// For each column, the name of its field.
    fields: Vec<Py<PyString>>,
    /// Fields without a column, which have a default value …
    defaults: Vec<(Py<PyAny>, Py<PyAny>)>,
    /// … or a function that makes one.
    factories: Vec<(Py<PyAny>, Py<PyAny>)>,
    post_init: bool,
}

impl RowPlan {
    pub(crate) fn new(py: Python<'_>, kind: &RowKind, columns: &Columns) -> PyResult<Self> {
        let names = columns.shape().get().names(py);
        Ok(match kind {
            RowKind::Row => Self::Row,
            RowKind::Tuple => Self::Tuple,
            RowKind::Dict => Self::Dict(names.clone().unbind()),
            RowKind::Value if columns.len() == 0 => {
                let message = "the statement returns rows without columns: there is no value";
                return Err(faults::fault(py, "ProgrammingError", message));
            }
            RowKind::Value => Self::Value,
            RowKind::Load(load) => Self::Objects(load.get().begin(py, columns)?),
            RowKind::Recorded(recording) => {
                let plan = recording.get().begin(py, columns)?;
                Self::Recorded(Box::new(plan), recording.clone_ref(py))
            }
            RowKind::Made(callable) => match Dataclass::new(callable.bind(py), names)? {
                Some(dataclass) => Self::Dataclass(dataclass),
                None => Self::Call {
                    callable: callable.clone_ref(py),
                    names: names.clone().unbind(),
                },
            },
        })
    }

    /// Whether the plan may outlive its statement's execution. What is called may hold the
    /// connection, which keeps its plans and would never be collected then.
    pub(crate) const fn is_kept(&self) -> bool {
        !matches!(self, Self::Call { .. })
    }

    /// Whether this plan makes what `kind` wishes.
    pub(crate) fn is_for(&self, kind: &RowKind) -> bool {
        match (self, kind) {
            (Self::Row, RowKind::Row)
            | (Self::Tuple, RowKind::Tuple)
            | (Self::Dict(_), RowKind::Dict)
            | (Self::Value, RowKind::Value) => true,
            (Self::Dataclass(dataclass), RowKind::Made(wish)) => dataclass.class.is(wish),
            _ => false,
        }
    }

    /// The object for one row.
    #[inline]
    pub(crate) fn read<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        columns: &Columns,
        row: &DataRow<'_>,
    ) -> Read<'py> {
        match self {
            Self::Row => columns.read_row(scope, row),
            Self::Tuple => columns.read_tuple(scope, row),
            Self::Dict(names) => read_dict(scope, columns, names.bind(scope.py), row),
            Self::Value => columns.read_first(scope, row),
            Self::Objects(objects) => objects.read(scope, columns, row),
            Self::Recorded(plan, recording) => {
                let read = plan.read(scope, columns, row)?;
                recording.get().take(scope, row);
                Ok(read)
            }
            Self::Dataclass(dataclass) => dataclass.read(scope, columns, row),
            Self::Call { callable, names } => {
                let values = columns.read_tuple(scope, row)?.cast_into::<PyTuple>();
                let values = values.map_err(PyErr::from)?;
                Ok(call_with_keywords(
                    callable.bind(scope.py),
                    names.bind(scope.py),
                    &values,
                )?)
            }
        }
    }
}

fn read_dict<'py>(
    scope: &Scope<'_, 'py>,
    columns: &Columns,
    names: &Bound<'py, PyTuple>,
    row: &DataRow<'_>,
) -> Read<'py> {
    let dict = PyDict::new(scope.py);
    columns.read_values(scope, row, |index, value| {
        dict.set_item(names.get_borrowed_item(index)?, value)
    })?;
    Ok(dict.into_any())
}

fn call_with_keywords<'py>(
    callable: &Bound<'py, PyAny>,
    names: &Bound<'py, PyTuple>,
    values: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let values: Vec<_> = values.iter_borrowed().map(pyo3::Borrowed::as_ptr).collect();
    // SAFETY: the vectorcall protocol with no positional and `names.len()` keyword arguments; the
    // tuple that the caller holds keeps the values alive during the call.
    unsafe {
        let made = ffi::PyObject_Vectorcall(callable.as_ptr(), values.as_ptr(), 0, names.as_ptr());
        Bound::from_owned_ptr_or_err(callable.py(), made)
    }
}

impl Dataclass {
    /// A plan for `class`, or None where it must be called: no dataclass, an `__init__`, `__new__`
    /// or metaclass of its own, or `InitVar` fields.
    fn new(class: &Bound<'_, PyAny>, names: &Bound<'_, PyTuple>) -> PyResult<Option<Self>> {
        let py = class.py();
        let plan = planner(py)?.call1((class, names))?;
        if plan.is_none() {
            return Ok(None);
        }
        let (defaults, factories, post_init) = plan.extract()?;
        let fields = names
            .iter()
            .map(|name| Ok(name.cast_into::<PyString>()?.unbind()));
        Ok(Some(Self {
            class: class.clone().cast_into::<PyType>()?.unbind(),
            fields: fields.collect::<PyResult<_>>()?,
            defaults,
            factories,
            post_init,
        }))
    }

    fn read<'py>(&self, scope: &Scope<'_, 'py>, columns: &Columns, row: &DataRow<'_>) -> Read<'py> {
        let py = scope.py;
        let object = self.allocate(py)?;
        columns.read_values(scope, row, |index, value| match self.fields.get(index) {
            Some(field) => write_field(&object, field.bind(py), &value),
            None => Ok(()),
        })?;
        for (field, value) in &self.defaults {
            write_field(&object, field.bind(py), value.bind(py))?;
        }
        for (field, factory) in &self.factories {
            write_field(&object, field.bind(py), &factory.bind(py).call0()?)?;
        }
        if self.post_init {
            object.call_method0(pyo3::intern!(py, "__post_init__"))?;
        }
        Ok(object)
    }

    /// `object.__new__(class)`.
    fn allocate<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let class = self.class.bind(py).as_type_ptr();
        // SAFETY: the planner has checked that the class inherits `object.__new__`, which takes
        // the class, an empty tuple and no keywords.
        unsafe {
            let new = ffi::PyBaseObject_Type.tp_new;
            let object = match new {
                Some(new) => new(class, PyTuple::empty(py).as_ptr(), std::ptr::null_mut()),
                None => std::ptr::null_mut(),
            };
            Bound::from_owned_ptr_or_err(py, object)
        }
    }
}

/// `object.__setattr__(object, name, value)`, which works for frozen dataclasses too.
fn write_field(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    // SAFETY: three live references; the function answers -1 with an exception set
    let written =
        unsafe { ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value.as_ptr()) };
    if written == 0 {
        Ok(())
    } else {
        Err(PyErr::fetch(object.py()))
    }
}

/// `howdah._rows.plan_dataclass`, which reads a class once for each statement.
fn planner(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static PLANNER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let planner = PLANNER.get_or_try_init(py, || {
        py.import("howdah._rows")?
            .getattr("plan_dataclass")
            .map(Bound::unbind)
    })?;
    Ok(planner.bind(py))
}
