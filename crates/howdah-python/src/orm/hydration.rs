//! `Hydration`: what the rows of a statement become; and `Load`, one use of it.
//!
//! No IO. A hydration is made once for each shape of a statement; a load is what `row=` takes.
//! Invariant: the parents and slots that entities name exist.

use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::cohort::Cohort;
use super::entity::Part;
use super::guarded::Guarded;
use super::layout::Slot;
use super::objects::{Home, Objects};
use crate::connection::columns::Columns;

/// What the rows of one statement become.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Hydration {
    /// The parts of a row.
    pub(super) parts: Vec<Part>,
    /// For each part, the part into which it is written, and the slot there.
    pub(super) parents: Vec<Option<(usize, Slot)>>,
    /// A row is a tuple of the parts that are shown, else the first part alone.
    pub(super) is_tuple: bool,
    /// A row is one object, of all columns, none of which needs more than decoding.
    pub(super) is_simple: bool,
    /// How many columns a row must have.
    pub(super) width: usize,
}

#[pymethods]
impl Hydration {
    #[new]
    fn new(entities: &Bound<'_, PyAny>, result: &str) -> PyResult<Self> {
        let mut parts = Vec::new();
        for entity in entities.try_iter()? {
            parts.push(Part::from_argument(&entity?)?);
        }
        let is_tuple = match result {
            "one" if parts.is_empty() => {
                return Err(PyValueError::new_err("`one` needs an entity"));
            }
            "one" => false,
            "tuple" => true,
            _ => return Err(PyValueError::new_err("`result` must be `one` or `tuple`")),
        };
        let parents = (0..parts.len()).map(|index| parent_of(entities.py(), &parts, index));
        Ok(Self {
            parents: parents.collect::<PyResult<_>>()?,
            is_simple: match parts.as_slice() {
                [Part::Object(entity)] => !is_tuple && entity.get().is_simple(),
                _ => false,
            },
            width: parts.iter().map(Part::width).sum(),
            parts,
            is_tuple,
        })
    }

    /// One use, by a statement that `executor` executes. With `alone`, it gives one object at most.
    #[pyo3(signature = (executor, *, alone=false))]
    fn start(slf: Py<Self>, executor: Py<PyAny>, alone: bool) -> Load {
        Load {
            hydration: slf,
            executor,
            alone,
            cohorts: Guarded::new(Vec::new()),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.parts.iter().try_for_each(|part| part.visit(&visit))
    }
}

/// The parent of a part, checked.
fn parent_of(py: Python<'_>, parts: &[Part], index: usize) -> PyResult<Option<(usize, Slot)>> {
    let Some(Part::Object(entity)) = parts.get(index) else {
        return Ok(None);
    };
    let Some((parent, name)) = &entity.get().parent else {
        return Ok(None);
    };
    match parts.get(*parent).filter(|_| *parent < index) {
        Some(Part::Object(owner)) => {
            let slot = owner.get().layout.get().slot_named(name.bind(py))?;
            Ok(Some((*parent, slot)))
        }
        _ => {
            let message = format!("entity {index}: its parent {parent} is no entity before it");
            Err(PyValueError::new_err(message))
        }
    }
}

/// One use of a hydration: what `row=` takes.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Load {
    hydration: Py<Hydration>,
    executor: Py<PyAny>,
    /// There is one object at most, which needs no cohort until something of it is missing.
    alone: bool,
    /// Of the statement, or batch of a stream, that began last.
    cohorts: Guarded<Vec<Option<Py<Cohort>>>>,
}

#[pymethods]
impl Load {
    /// The cohort of each entity, None for those that are plain values and before the statement.
    #[getter]
    fn cohorts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let cohorts = self.cohorts.with(py, |cohorts| {
            let cohorts = cohorts
                .iter()
                .map(|cohort| Some(cohort.as_ref()?.clone_ref(py)));
            cohorts.collect::<Vec<_>>()
        });
        if cohorts.is_empty() {
            return PyTuple::new(py, self.hydration.get().parts.iter().map(|_| py.None()));
        }
        PyTuple::new(py, cohorts)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.hydration)?;
        visit.call(&self.executor)?;
        let visited = self
            .cohorts
            .visit(|cohorts| cohorts.iter().try_for_each(|cohort| visit.call(cohort)));
        visited.unwrap_or(Ok(()))
    }

    fn __clear__(&self, py: Python<'_>) {
        drop(self.cohorts.with(py, std::mem::take));
    }
}

impl Load {
    /// How to make objects of rows with these columns: in cohorts of their own.
    ///
    /// # Errors
    /// `ProgrammingError` where there are more or fewer columns than the entities take.
    pub(crate) fn begin(&self, py: Python<'_>, columns: &Columns) -> PyResult<Objects> {
        let plan = self.hydration.get();
        let homes = plan.parts.iter().map(|part| self.home(py, part));
        let homes = homes.collect::<PyResult<Vec<_>>>()?;
        if !self.alone {
            let cohorts = homes.iter().map(|home| match home {
                Home::Cohort(cohort) => Some(cohort.clone_ref(py)),
                _ => None,
            });
            let cohorts = cohorts.collect();
            let old = self
                .cohorts
                .with(py, |held| std::mem::replace(held, cohorts));
            drop(old);
        }
        Objects::new(py, self.hydration.clone_ref(py), homes, columns)
    }

    /// Where the objects of a part belong.
    fn home(&self, py: Python<'_>, part: &Part) -> PyResult<Home> {
        Ok(match part {
            Part::Value(_) => Home::None,
            Part::Object(_) if self.alone => Home::Alone(self.executor.clone_ref(py)),
            Part::Object(entity) => {
                let layout = entity.get().layout.clone_ref(py);
                let executor = self.executor.clone_ref(py);
                Home::Cohort(Py::new(py, Cohort::new(layout, executor))?)
            }
        })
    }
}
