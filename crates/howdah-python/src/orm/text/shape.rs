//! Finding a statement of the same shape again.
//!
//! No IO. The *shape* is all of a statement but its parameters' values. A walk over the statement writes
//! it into bytes, which are the key, and collects the parameters on the way: a statement that was met
//! before costs the walk and one lookup. Invariant: two statements with equal keys have the same
//! text, and their parameters are met in the same order.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::{PyRecursionError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFrozenSet, PyInt, PyList, PyString, PyTuple};

use super::fragment::{Fragment, Param, Part, Source, is_statement};
use super::writer;

/// Deeper statements are refused: no person writes them, and the stack is finite.
const DEEPEST: usize = 1_000;
/// So many shapes are remembered; a program has hundreds.
const MOST_SHAPES: usize = 8_192;

/// The statements that were met, by shape.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Shapes {
    known: Mutex<HashMap<Box<[u8]>, Py<Compiled>>>,
}

/// The text of a statement and where its parameters come from.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Compiled {
    /// The statement's text.
    #[pyo3(get)]
    sql: Py<PyString>,
    /// What the package wants to know of it later: how its rows are read.
    #[pyo3(get)]
    extra: Py<PyAny>,
    /// The names of the tables that it reads, `*` where its text is the program's own …
    #[pyo3(get)]
    reads: Py<PyFrozenSet>,
    /// … and of those that it writes.
    #[pyo3(get)]
    writes: Py<PyFrozenSet>,
    /// For `$1`, `$2` …: which of the parameters that the walk meets.
    order: Vec<usize>,
}

#[pymethods]
impl Shapes {
    #[new]
    fn new() -> Self {
        Self {
            known: Mutex::default(),
        }
    }

    /// The compiled form of a statement with its parameters' values, in order.
    ///
    /// A shape that was never met is written by `statement._write()`, which answers a fragment and
    /// what `Compiled.extra` shall be.
    fn compile<'py>(
        &self,
        statement: &Bound<'py, PyAny>,
    ) -> PyResult<(Py<Compiled>, Bound<'py, PyTuple>)> {
        let py = statement.py();
        let walk = Walk::over(statement)?;
        let known = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(walk.key.as_slice()).map(|it| it.clone_ref(py))
        };
        let compiled = match known {
            Some(compiled) => compiled,
            None => self.add(statement, &walk)?,
        };
        let values = compiled.get().values(py, &walk.params)?;
        Ok((compiled, values))
    }

    fn __len__(&self) -> usize {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

impl Shapes {
    #[cold]
    fn add(&self, statement: &Bound<'_, PyAny>, walk: &Walk<'_>) -> PyResult<Py<Compiled>> {
        let py = statement.py();
        let (fragment, extra): (Py<Fragment>, Py<PyAny>) =
            statement.call_method0("_write")?.extract()?;
        let written = writer::write(py, fragment.get(), &walk.params)?;
        let compiled = Compiled {
            sql: PyString::new(py, &written.text).unbind(),
            extra,
            reads: PyFrozenSet::new(py, written.tables.read)?.unbind(),
            writes: PyFrozenSet::new(py, written.tables.written)?.unbind(),
            order: written.order,
        };
        let compiled = Py::new(py, compiled)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_SHAPES {
            // texts that are made anew all the time fill it; what is in use comes back at once
            known.clear();
        }
        known.insert(walk.key.as_slice().into(), compiled.clone_ref(py));
        Ok(compiled)
    }
}

impl Compiled {
    fn values<'py>(
        &self,
        py: Python<'py>,
        params: &[Bound<'py, Param>],
    ) -> PyResult<Bound<'py, PyTuple>> {
        let value = |&index: &usize| match params.get(index) {
            Some(param) => Ok(param.get().value.clone_ref(py)),
            None => Err(PyTypeError::new_err(
                "a statement has fewer parameters than its shape",
            )),
        };
        let values: Vec<_> = self.order.iter().map(value).collect::<PyResult<_>>()?;
        PyTuple::new(py, values)
    }
}

/// The sources that a statement's fields use, in the order in which they are met; those of
/// statements inside are their own.
#[pyfunction]
pub(crate) fn sources<'py>(fields: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, Source>>> {
    let mut walk = Walk {
        stays_outside: true,
        ..Walk::default()
    };
    walk.visit(fields)?;
    Ok(walk.sources)
}

/// One walk over a statement.
#[derive(Default)]
struct Walk<'py> {
    key: Vec<u8>,
    params: Vec<Bound<'py, Param>>,
    sources: Vec<Bound<'py, Source>>,
    depth: usize,
    /// Do not enter the statements inside.
    stays_outside: bool,
}

impl<'py> Walk<'py> {
    fn over(statement: &Bound<'py, PyAny>) -> PyResult<Self> {
        let mut walk = Self {
            key: Vec::with_capacity(512),
            ..Self::default()
        };
        walk.statement(statement)?;
        Ok(walk)
    }

    fn visit(&mut self, object: &Bound<'py, PyAny>) -> PyResult<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(PyRecursionError::new_err(format!(
                "the statement is nested more than {DEEPEST} levels deep"
            )));
        }
        self.object(object)?;
        self.depth -= 1;
        Ok(())
    }

    fn object(&mut self, object: &Bound<'py, PyAny>) -> PyResult<()> {
        if object.is_none() {
            self.key.push(b'n');
        } else if let Ok(fragment) = object.cast::<Fragment>() {
            self.fragment(fragment)?;
        } else if let Ok(items) = object.cast_exact::<PyTuple>() {
            self.count(b'(', items.len());
            for item in items.iter() {
                self.visit(&item)?;
            }
        } else if let Ok(items) = object.cast_exact::<PyList>() {
            self.count(b'(', items.len());
            for item in items.iter() {
                self.visit(&item)?;
            }
        } else if let Ok(text) = object.cast_exact::<PyString>() {
            self.text(text.to_str()?);
        } else if let Ok(flag) = object.cast_exact::<PyBool>() {
            self.key.push(if flag.is_true() { b'+' } else { b'-' });
        } else if let Ok(number) = object.cast_exact::<PyInt>() {
            self.count(b'i', number.extract::<i64>()? as usize);
        } else if let Ok(param) = object.cast_exact::<Param>() {
            self.param(param);
        } else if let Ok(source) = object.cast::<Source>() {
            self.source(source)?;
        } else if is_statement(object)? {
            self.statement(object)?;
        } else {
            let found = object.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "a statement has a field of type {found}"
            )));
        }
        Ok(())
    }

    fn fragment(&mut self, fragment: &Bound<'py, Fragment>) -> PyResult<()> {
        let py = fragment.py();
        let parts = &fragment.get().parts;
        self.count(b'F', parts.len());
        self.key.push(fragment.get().level);
        for part in parts {
            match part {
                Part::Text(text) => self.text(text),
                Part::Param(param) => self.param(param.bind(py)),
                Part::Fragment(inner) => self.visit(inner.bind(py).as_any())?,
                Part::Source(source) => {
                    self.key.push(b'S');
                    self.source(source.bind(py))?;
                }
                Part::Column(source, name) => {
                    self.source(source.bind(py))?;
                    self.text(name.as_deref().unwrap_or_default());
                }
                Part::Statement(statement) => self.visit(statement.bind(py))?,
                Part::Declared(source) => {
                    self.key.push(b'D');
                    // it is declared, not read from
                    if !self.stays_outside {
                        self.source(source.bind(py))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn param(&mut self, param: &Bound<'py, Param>) {
        self.key.push(b'$');
        if let Some(cast) = &param.get().cast {
            self.text(cast);
        }
        self.params.push(param.clone());
    }

    fn source(&mut self, source: &Bound<'py, Source>) -> PyResult<()> {
        let met = self.sources.iter().position(|known| known.is(source));
        let is_new = met.is_none();
        let place = met.unwrap_or_else(|| {
            self.sources.push(source.clone());
            self.sources.len() - 1
        });
        self.count(b's', place);
        if !is_new {
            return Ok(());
        }
        let it = source.get();
        if !it.is_alias {
            self.key.extend_from_slice(&it.serial.to_le_bytes());
        }
        self.text(it.table.as_deref().unwrap_or_default());
        self.text(&it.label);
        self.text(it.columns.as_deref().unwrap_or_default());
        self.key.push(u8::from(it.is_fixed));
        if let Some(cte) = &it.cte {
            self.key.push(b'c' + u8::from(cte.is_recursive));
            self.text(&cte.how);
            self.text(&cte.after);
        }
        match &it.content {
            Some(content) if !self.stays_outside => self.visit(content.bind(source.py())),
            _ => Ok(()),
        }
    }

    fn statement(&mut self, statement: &Bound<'py, PyAny>) -> PyResult<()> {
        self.key.push(b'{');
        if self.stays_outside {
            return Ok(());
        }
        let fields = statement.call_method0(pyo3::intern!(statement.py(), "_shape_fields"))?;
        self.visit(&fields)
    }

    fn text(&mut self, text: &str) {
        self.count(b't', text.len());
        self.key.extend_from_slice(text.as_bytes());
    }

    /// A mark with a number.
    fn count(&mut self, mark: u8, number: usize) {
        self.key.push(mark);
        match u8::try_from(number) {
            Ok(small) if small < u8::MAX => self.key.push(small),
            _ => {
                self.key.push(u8::MAX);
                self.key.extend_from_slice(&(number as u64).to_le_bytes());
            }
        }
    }
}
