//! What statements are made of: pieces of SQL text, parameters, and columns of sources.
//!
//! No IO. Built by `howdah.orm`, whose expressions are fragments; immutable, so that any part can be
//! shared by any number of statements and threads. Invariant: text comes from the package and from
//! quoted identifiers alone; a value of the program is a [`Param`].

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// A piece of SQL: text, parameters, columns and other fragments, in order.
#[pyclass(frozen, subclass, module = "howdah._native")]
pub(crate) struct Fragment {
    pub(super) parts: Box<[Part]>,
    /// How tightly it holds together; see [`needs_parentheses`].
    pub(super) level: u8,
    /// What the package knows of its values; None where it knows nothing.
    pub(super) kind: Option<Py<PyAny>>,
}

/// One thing in a fragment.
pub(super) enum Part {
    Text(Box<str>),
    Param(Py<Param>),
    Fragment(Py<Fragment>),
    /// A source where it is brought in: `question as question_2`.
    Source(Py<Source>),
    /// A column of a source: `question_2.id`; the source's name alone without one.
    Column(Py<Source>, Option<Box<str>>),
    /// A whole statement, in parentheses.
    Statement(Py<PyAny>),
    /// A common table expression that the statement has, named or not.
    Declared(Py<Source>),
}

/// The level of what stands for itself: a column, a parameter, a call.
pub(super) const ATOM: u8 = 9;
/// `or` and `and` chain without parentheses.
const CHAINS: [u8; 2] = [1, 2];

/// Whether a fragment of level `inner` takes parentheses inside of one of level `outer`.
pub(super) fn needs_parentheses(outer: u8, inner: u8) -> bool {
    inner < outer || (inner == outer && inner != ATOM && inner != 0 && !CHAINS.contains(&inner))
}

#[pymethods]
impl Fragment {
    /// `parts` are text, `Param`s, sources, `(source, column)` pairs (a column None is the source's name), statements and
    /// fragments; `(source,)` is a common table expression that stands before the statement, whoever names it.
    #[new]
    #[pyo3(signature = (*parts, level = ATOM, kind = None))]
    fn new(parts: &Bound<'_, PyTuple>, level: u8, kind: Option<Py<PyAny>>) -> PyResult<Self> {
        let parts = parts.iter_borrowed().map(|part| Part::new(&part));
        Ok(Self {
            parts: parts.collect::<PyResult<_>>()?,
            level,
            kind,
        })
    }

    /// The `SqlType` of its values, as it was made with.
    #[getter]
    fn _type(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.kind.as_ref().map(|kind| kind.clone_ref(py))
    }

    /// 1 for `or`, 2 `and`, 3 `not`, 4 comparisons, 5 other operators, 9 for what needs no parentheses,
    /// 0 for a list of things.
    #[getter]
    fn _level(&self) -> u8 {
        self.level
    }
}

impl Part {
    fn new(part: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(text) = part.cast::<PyString>() {
            return Ok(Self::Text(text.to_str()?.into()));
        }
        if let Ok(fragment) = part.cast::<Fragment>() {
            return Ok(Self::Fragment(fragment.clone().unbind()));
        }
        if let Ok(param) = part.cast_exact::<Param>() {
            return Ok(Self::Param(param.clone().unbind()));
        }
        if let Ok(pair) = part.cast::<PyTuple>() {
            if pair.len() == 1 {
                let (source,): (Py<Source>,) = pair.extract()?;
                return Ok(Self::Declared(source));
            }
            let (source, column): (Py<Source>, Option<String>) = pair.extract()?;
            return Ok(Self::Column(source, column.map(Into::into)));
        }
        if let Ok(source) = part.cast::<Source>() {
            return Ok(Self::Source(source.clone().unbind()));
        }
        if is_statement(part)? {
            return Ok(Self::Statement(part.clone().unbind()));
        }
        let found = part.get_type().name()?;
        Err(PyTypeError::new_err(format!(
            "a fragment is made of text, parameters, sources, statements and fragments, not {found}"
        )))
    }
}

/// Whether `object` is a statement of `howdah.orm`: it has fields, and can write itself.
pub(super) fn is_statement(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    object
        .get_type()
        .hasattr(pyo3::intern!(object.py(), "_shape_fields"))
}

/// A value of the program on its way into a statement.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Param {
    #[pyo3(get)]
    pub(super) value: Py<PyAny>,
    /// The type that it is cast to, where PostgreSQL cannot know it from what is around.
    pub(super) cast: Option<Box<str>>,
}

#[pymethods]
impl Param {
    #[new]
    #[pyo3(signature = (value, cast = None))]
    fn new(value: Py<PyAny>, cast: Option<String>) -> Self {
        Self {
            value,
            cast: cast.map(Into::into),
        }
    }

    #[getter]
    fn cast(&self) -> Option<&str> {
        self.cast.as_deref()
    }
}

/// Something that has columns: a table, an alias of one, a subquery, a function's rows.
#[pyclass(frozen, subclass, module = "howdah._native")]
pub(crate) struct Source {
    /// Never given to two sources, also not after one has died.
    pub(super) serial: u64,
    /// What is written before `as`: a quoted table name. None for content.
    pub(super) table: Option<Box<str>>,
    /// The name, or the beginning of it where several sources would have the same.
    pub(super) label: Box<str>,
    /// A statement or fragment in the place of a table.
    pub(super) content: Option<Py<PyAny>>,
    /// What follows the name where it is brought in: `(id, name)`.
    pub(super) columns: Option<Box<str>>,
    /// A fresh alias on every use: told apart by where it stands, not by who it is.
    pub(super) is_alias: bool,
    /// The name is what SQL says: `excluded`. Never numbered, nothing to bring in but the name.
    pub(super) is_fixed: bool,
    /// Its content stands before the whole statement, and the name where it is brought in.
    pub(super) cte: Option<Cte>,
}

/// How a common table expression is declared.
pub(super) struct Cte {
    /// What is written before its parentheses: `materialized `, or nothing.
    pub(super) how: Box<str>,
    pub(super) is_recursive: bool,
    /// What is written behind its parentheses: `search …`, `cycle …`, or nothing.
    pub(super) after: Box<str>,
}

#[pymethods]
impl Source {
    #[new]
    #[pyo3(signature = (label, *, table=None, content=None, columns=None, alias=false, fixed=false, cte=None))]
    fn new(
        label: String,
        table: Option<String>,
        content: Option<Py<PyAny>>,
        columns: Option<String>,
        alias: bool,
        fixed: bool,
        cte: Option<(String, bool, String)>,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            serial: NEXT.fetch_add(1, Ordering::Relaxed),
            table: table.map(Into::into),
            label: label.into(),
            content,
            columns: columns.map(Into::into),
            is_alias: alias,
            is_fixed: fixed,
            cte: cte.map(|(how, is_recursive, after)| Cte {
                how: how.into(),
                is_recursive,
                after: after.into(),
            }),
        }
    }

    /// The name, before it is numbered.
    #[getter]
    fn label(&self) -> &str {
        &self.label
    }

    /// The statement or fragment in the place of a table.
    #[getter]
    fn content(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.content.as_ref().map(|content| content.clone_ref(py))
    }

    /// The quoted name of the table.
    #[getter]
    fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }
}
