//! The rows of one statement on their way to Python.
//!
//! No IO. Rows become objects as they arrive. Only where a column's type is not known yet (the first
//! time that a type of this database is seen, in an answer that could not wait) rows are kept as
//! bytes until the catalogue has been asked.

use std::sync::Arc;

use howdah_wire::backend::{CommandTag, DataRow, RowDescription};
use howdah_wire::{Oid, Session};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::columns::{Columns, Described, Unread, refusal};
use super::rows::{RowKind, RowPlan};
use super::{faults, known, unknown_type};
use crate::types::{Catalogue, Refused, Scope};

/// Which rows the caller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    All,
    First,
    None,
}

/// The answer to one statement, while it comes and when it is whole.
pub(crate) struct Collector {
    kind: Arc<RowKind>,
    shape: Known,
    kept: Kept,
    tag: String,
    affected: Option<u64>,
    /// Rows that wait for their types.
    raw: Vec<Box<[u8]>>,
    /// Types that values named and nobody knows.
    missing: Vec<Oid>,
    /// Asked for before: missing again, they have no answer.
    asked: Vec<Oid>,
    /// The first row that could not be read; later ones are let pass.
    failed: Option<PyErr>,
}

/// The rows that were read and that the caller wants.
enum Kept {
    /// The caller's list itself, from the first row on: one made of all rows at their end would hold an
    /// event loop for as long as there are rows, and the garbage collector would go through it as a
    /// new object.
    All(Option<Py<PyList>>),
    First(Option<Py<PyAny>>),
    None,
}

/// What is known of the columns.
enum Known {
    NoRows,
    Ready(Arc<Columns>, Arc<RowPlan>),
    Unresolved(Vec<Described>),
}

/// One statement's answer, as `run` gives it.
#[pyclass(frozen, name = "Result", module = "howdah._native")]
pub(crate) struct PyResultSet {
    /// None if the statement returns no rows.
    #[pyo3(get)]
    rows: Option<Py<PyList>>,
    /// None if the statement returns no rows.
    #[pyo3(get)]
    columns: Option<Py<PyTuple>>,
    /// The command tag, such as `INSERT 0 3`.
    #[pyo3(get)]
    tag: String,
    /// Rows affected or returned, by the tag; -1 if it has none.
    #[pyo3(get)]
    count: i64,
    /// What `columns` was made of.
    described: Option<Arc<Columns>>,
}

impl PyResultSet {
    /// The columns; none if the statement returns no rows.
    pub(crate) fn described(&self) -> Option<&Columns> {
        self.described.as_deref()
    }
}

impl Collector {
    pub(crate) fn new(kind: Arc<RowKind>, keep: Keep) -> Self {
        Self {
            kind,
            shape: Known::NoRows,
            kept: Kept::new(keep),
            tag: String::new(),
            affected: None,
            raw: Vec::new(),
            missing: Vec::new(),
            asked: Vec::new(),
            failed: None,
        }
    }

    /// Expects rows with columns that are known.
    #[inline]
    pub(crate) fn expect(&mut self, py: Python<'_>, columns: &Arc<Columns>) -> PyResult<()> {
        let plan = columns.plan(py, &self.kind)?;
        self.shape = Known::Ready(Arc::clone(columns), plan);
        Ok(())
    }

    /// Expects rows with columns, and in formats, as described just now.
    pub(crate) fn describe(
        &mut self,
        scope: &Scope<'_, '_>,
        catalogue: &Catalogue,
        description: &RowDescription<'_>,
    ) {
        let described = Described::all(description);
        self.shape = Known::Unresolved(described);
        if self.unresolved(catalogue).is_empty() {
            self.resolve(scope);
        }
    }

    /// Takes a row.
    #[inline]
    pub(crate) fn push(&mut self, scope: &Scope<'_, '_>, row: &DataRow<'_>) {
        if self.failed.is_some() || self.kept.is_enough() {
            return;
        }
        match &self.shape {
            Known::Ready(columns, plan) if self.missing.is_empty() => {
                let read = plan.read(scope, columns, row);
                if let Err(unread) = read.and_then(|read| Ok(self.kept.take(read)?)) {
                    self.postpone(row, unread);
                }
            }
            _ => self.raw.push(row.body().into()),
        }
    }

    /// Takes all rows that have arrived and come next.
    ///
    /// # Errors
    /// Where the server broke the protocol.
    #[inline]
    pub(crate) fn push_all(
        &mut self,
        scope: &Scope<'_, '_>,
        session: &mut Session,
    ) -> Result<(), howdah_wire::Error> {
        while let Some(row) = session.next_row()? {
            self.push(scope, &row);
        }
        Ok(())
    }

    /// A row that needs a type which nobody knows waits, and those after it.
    #[cold]
    fn postpone(&mut self, row: &DataRow<'_>, unread: Unread) {
        match unread {
            Unread::Raised(error) => self.failed = Some(error),
            Unread::Stale(oid) => {
                self.missing.push(oid);
                self.raw.push(row.body().into());
            }
        }
    }

    /// Takes the end of the statement.
    #[inline]
    pub(crate) fn complete(&mut self, tag: &CommandTag<'_>) {
        self.affected = tag.rows();
        self.tag.clear();
        self.tag.push_str(tag.as_str());
    }

    /// Replaces the count of the last statement by that of all whose rows were collected.
    pub(crate) fn set_affected(&mut self, count: u64) {
        self.affected = Some(count);
    }

    /// The types that must be asked for before the rows can be read.
    #[inline]
    pub(crate) fn unresolved(&self, catalogue: &Catalogue) -> Vec<Oid> {
        match &self.shape {
            Known::Unresolved(described) => {
                let oids = described.iter().map(|column| column.type_oid);
                oids.filter(|&oid| known(catalogue, oid).is_none())
                    .collect()
            }
            _ => self.missing.clone(),
        }
    }

    /// Reads the rows that were kept as bytes, now that their types were asked for. A value may name
    /// several types, each found missing only when those before it are known; then the rest waits
    /// for another answer.
    pub(crate) fn resolve_rows(&mut self, scope: &Scope<'_, '_>) {
        self.resolve(scope);
        self.asked.append(&mut self.missing);
        for body in std::mem::take(&mut self.raw) {
            match DataRow::parse(&body) {
                Ok(row) => self.push(scope, &row),
                Err(error) => self.failed = Some(faults::protocol(scope.py, &error)),
            }
        }
        if let Some(&oid) = self.missing.iter().find(|&oid| self.asked.contains(oid))
            && self.failed.is_none()
        {
            let stale = Refused::stale(oid);
            self.failed = Some(refusal(scope.py, "a value of the result", stale));
        }
    }

    /// Makes the columns known.
    fn resolve(&mut self, scope: &Scope<'_, '_>) {
        let Known::Unresolved(described) = &mut self.shape else {
            return;
        };
        let described = std::mem::take(described);
        match self.ready(scope, described) {
            Ok(ready) => self.shape = ready,
            Err(error) => self.failed = Some(error),
        }
    }

    fn ready(&self, scope: &Scope<'_, '_>, described: Vec<Described>) -> PyResult<Known> {
        let py = scope.py;
        let codec = |oid| scope.known(oid).ok_or_else(|| unknown_type(py, oid));
        let codecs = described.iter().map(|column| codec(column.type_oid));
        let codecs = codecs.collect::<PyResult<_>>()?;
        let columns = Columns::as_described(py, described, codecs)?;
        let plan = columns.plan(py, &self.kind)?;
        Ok(Known::Ready(Arc::new(columns), plan))
    }

    /// The error that rows met on their way, if any.
    #[inline]
    pub(crate) fn take_failure(&mut self) -> Option<PyErr> {
        self.failed.take()
    }

    /// Fails with an error met elsewhere, unless it has failed already.
    pub(crate) fn fail(&mut self, error: PyErr) {
        self.failed.get_or_insert(error);
    }

    /// Whether a row could not be read.
    pub(crate) const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// All rows.
    ///
    /// # Errors
    /// `ProgrammingError` where the statement returns none.
    #[inline]
    pub(crate) fn into_rows(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if matches!(self.shape, Known::NoRows) {
            return Err(self.no_rows(py));
        }
        Ok(self.kept.into_list(py).into_any())
    }

    /// The first row or value, `None` if there is none.
    ///
    /// # Errors
    /// `ProgrammingError` where the statement returns no rows at all.
    #[inline]
    pub(crate) fn into_first(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if matches!(self.shape, Known::NoRows) {
            return Err(self.no_rows(py));
        }
        Ok(self.kept.into_first().unwrap_or_else(|| py.None()))
    }

    /// How many rows the statement touched; 0 for statements that do not say.
    pub(crate) fn affected(&self) -> u64 {
        self.affected.unwrap_or(0)
    }

    /// Everything about the answer.
    pub(crate) fn into_result(self, py: Python<'_>) -> PyResult<Py<PyResultSet>> {
        let (rows, columns, described) = match self.shape {
            Known::Ready(described, _) => {
                let rows = self.kept.into_list(py);
                let columns = described.public(py)?.unbind();
                (Some(rows), Some(columns), Some(described))
            }
            _ => (None, None, None),
        };
        let count = self
            .affected
            .map_or(-1, |count| i64::try_from(count).unwrap_or(i64::MAX));
        Py::new(
            py,
            PyResultSet {
                rows,
                columns,
                tag: self.tag,
                count,
                described,
            },
        )
    }

    #[cold]
    fn no_rows(&self, py: Python<'_>) -> PyErr {
        let what = if self.tag.is_empty() {
            "an empty statement".to_owned()
        } else {
            format!("`{}`", self.tag)
        };
        faults::fault_with_hint(
            py,
            "ProgrammingError",
            format!("{what} returns no rows"),
            Some("use `execute`, or add a `returning` clause"),
        )
    }
}

impl Kept {
    const fn new(keep: Keep) -> Self {
        match keep {
            Keep::All => Self::All(None),
            Keep::First => Self::First(None),
            Keep::None => Self::None,
        }
    }

    /// Whether no further row is wanted.
    #[inline]
    const fn is_enough(&self) -> bool {
        match self {
            Self::All(_) => false,
            Self::First(first) => first.is_some(),
            Self::None => true,
        }
    }

    #[inline]
    fn take(&mut self, row: Bound<'_, PyAny>) -> PyResult<()> {
        match self {
            Self::All(Some(rows)) => rows.bind(row.py()).append(row),
            Self::All(rows) => {
                *rows = Some(PyList::new(row.py(), [row])?.unbind());
                Ok(())
            }
            Self::First(first) => {
                *first = Some(row.unbind());
                Ok(())
            }
            Self::None => Ok(()),
        }
    }

    #[inline]
    fn into_list(self, py: Python<'_>) -> Py<PyList> {
        match self {
            Self::All(Some(rows)) => rows,
            _ => PyList::empty(py).unbind(),
        }
    }

    #[inline]
    fn into_first(self) -> Option<Py<PyAny>> {
        match self {
            Self::First(first) => first,
            _ => None,
        }
    }
}
