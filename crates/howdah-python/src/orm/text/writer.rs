//! Writing the text of a statement from its fragments.
//!
//! No IO. Names of sources are given here: the label, with a number where two sources in one statement would have the
//! same. Invariant: every parameter written is one that the walk over the statement has met.

use std::fmt::Write;

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::fragment::{ATOM, Fragment, Param, Part, Source, needs_parentheses};
use super::identifiers::quoted;

/// What a statement becomes.
pub(super) struct Written {
    pub(super) text: String,
    /// For `$1`, `$2` …: the place of its value in the parameters.
    pub(super) order: Vec<usize>,
    pub(super) tables: Tables,
}

/// The tables that a statement names, as it writes them; `*` where its text is the program's own.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) read: Vec<String>,
    pub(super) written: Vec<String>,
}

/// What stands before the name of a table that is written.
const WRITING: [&str; 4] = ["insert into ", "update ", "delete from ", "merge into "];

/// The text of a statement.
pub(super) fn write(
    py: Python<'_>,
    fragment: &Fragment,
    params: &[Bound<'_, Param>],
) -> PyResult<Written> {
    let mut writer = Writer {
        py,
        params: Params::Numbered {
            met: params.iter().map(Bound::as_ptr).collect(),
            order: Vec::new(),
        },
        text: String::new(),
        names: Vec::new(),
        ctes: Vec::new(),
        is_recursive: false,
        tables: Tables::default(),
    };
    writer.fragment(fragment, 0)?;
    let text = writer.whole();
    let order = match writer.params {
        Params::Numbered { order, .. } => order,
        Params::Literal { .. } => Vec::new(),
    };
    Ok(Written {
        text,
        order,
        tables: writer.tables,
    })
}

/// The text of an expression as definitions have it: columns without their table unless `qualified`, and values as
/// literals, which `literal` writes.
#[pyfunction]
#[pyo3(signature = (fragment, literal, *, qualified = false))]
pub(crate) fn write_literally(
    py: Python<'_>,
    fragment: &Bound<'_, Fragment>,
    literal: Py<PyAny>,
    qualified: bool,
) -> PyResult<String> {
    let mut writer = Writer {
        py,
        params: Params::Literal { literal, qualified },
        text: String::new(),
        names: Vec::new(),
        ctes: Vec::new(),
        is_recursive: false,
        tables: Tables::default(),
    };
    writer.fragment(fragment.get(), 0)?;
    Ok(writer.whole())
}

/// What becomes of a parameter.
enum Params {
    /// `$1`: the objects that the walk met, and their order in the text.
    Numbered {
        met: Vec<*mut pyo3::ffi::PyObject>,
        order: Vec<usize>,
    },
    /// A literal, by this callable; columns are `qualified` by their table, or not.
    Literal { literal: Py<PyAny>, qualified: bool },
}

struct Writer<'py> {
    py: Python<'py>,
    params: Params,
    text: String,
    /// The sources met so far, by serial, with their names.
    names: Vec<(u64, String)>,
    /// The common table expressions met so far, by serial, with their text; each after those that it names.
    ctes: Vec<(u64, Option<String>)>,
    /// Whether one of them names itself.
    is_recursive: bool,
    tables: Tables,
}

impl Writer<'_> {
    fn fragment(&mut self, fragment: &Fragment, outer: u8) -> PyResult<()> {
        let wraps = needs_parentheses(outer, fragment.level);
        if wraps {
            self.text.push('(');
        }
        // what is inside of an atom, such as a call's arguments, is closed off by the atom itself
        let inner = if fragment.level == ATOM {
            0
        } else {
            fragment.level
        };
        for part in &fragment.parts {
            self.part(part, inner)?;
        }
        if wraps {
            self.text.push(')');
        }
        Ok(())
    }

    fn part(&mut self, part: &Part, level: u8) -> PyResult<()> {
        match part {
            Part::Text(text) => self.text.push_str(text),
            Part::Param(param) => self.param(param)?,
            Part::Fragment(fragment) => self.fragment(fragment.get(), level)?,
            Part::Source(source) => self.source(source.get())?,
            Part::Column(source, column) => self.column(source.get(), column.as_deref()),
            Part::Declared(source) => self.declare(source.get())?,
            Part::Statement(statement) => {
                self.text.push('(');
                self.statement(statement)?;
                self.text.push(')');
            }
        }
        Ok(())
    }

    fn column(&mut self, source: &Source, column: Option<&str>) {
        let is_alone = column.is_none();
        let is_bare = matches!(
            self.params,
            Params::Literal {
                qualified: false,
                ..
            }
        );
        if is_alone || !is_bare {
            let source = self.name(source);
            self.text.push_str(&source);
        }
        if let Some(column) = column {
            if !is_bare {
                self.text.push('.');
            }
            self.text.push_str(column);
        }
    }

    fn statement(&mut self, statement: &Py<PyAny>) -> PyResult<()> {
        let (fragment, _): (Py<Fragment>, Py<PyAny>) =
            statement.bind(self.py).call_method0("_write")?.extract()?;
        self.fragment(fragment.get(), 0)
    }

    fn param(&mut self, param: &Py<Param>) -> PyResult<()> {
        match &mut self.params {
            Params::Numbered { met, order } => {
                let Some(place) = met.iter().position(|known| *known == param.as_ptr()) else {
                    return Err(PyRuntimeError::new_err(
                        "a statement wrote a parameter that is none of its fields; please report this",
                    ));
                };
                let number = order.iter().position(|known| *known == place);
                let number = number.unwrap_or_else(|| {
                    order.push(place);
                    order.len() - 1
                });
                let _ = write!(self.text, "${}", number + 1); // into a String: cannot fail
            }
            Params::Literal { literal, .. } => {
                let written = literal.bind(self.py).call1((param,))?;
                let written = written.cast_into::<PyString>().map_err(PyErr::from)?;
                self.text.push_str(written.to_str()?);
                return Ok(());
            }
        }
        if let Some(cast) = &param.get().cast {
            self.text.push_str("::");
            self.text.push_str(cast);
        }
        Ok(())
    }

    /// A source where it is brought in.
    fn source(&mut self, source: &Source) -> PyResult<()> {
        let name = self.name(source);
        if source.is_fixed || source.cte.is_some() {
            self.declare(source)?;
            self.text.push_str(&name);
            return Ok(());
        }
        match (&source.table, &source.content) {
            (Some(table), _) => {
                self.note(table);
                self.text.push_str(table);
                if **table == *name {
                    return Ok(());
                }
            }
            (None, Some(content)) => self.content(content)?,
            (None, None) => {
                return Err(PyTypeError::new_err("a source without a table or content"));
            }
        }
        self.text.push_str(" as ");
        self.text.push_str(&name);
        if let Some(columns) = &source.columns {
            self.text.push_str(columns);
        }
        Ok(())
    }

    /// Remembers a table, whose name comes next.
    fn note(&mut self, table: &str) {
        let is_written = WRITING.iter().any(|words| self.text.ends_with(words));
        let tables = &mut self.tables;
        let known = if is_written {
            &mut tables.written
        } else {
            &mut tables.read
        };
        if !known.iter().any(|one| one == table) {
            known.push(table.to_owned());
        }
    }

    /// The whole statement: what is declared stands before it.
    fn whole(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        let declared: Vec<_> = self
            .ctes
            .iter()
            .filter_map(|(_, it)| it.as_deref())
            .collect();
        if declared.is_empty() {
            return text;
        }
        let word = if self.is_recursive { " recursive" } else { "" };
        format!("with{word} {} {text}", declared.join(", "))
    }

    /// Writes a common table expression, once, beside the statement.
    fn declare(&mut self, source: &Source) -> PyResult<()> {
        if let Some(table) = source.table.as_deref().filter(|_| source.is_fixed) {
            self.note(table);
        }
        let (Some(cte), Some(content)) = (&source.cte, &source.content) else {
            return Ok(());
        };
        if self.ctes.iter().any(|(serial, _)| *serial == source.serial) {
            return Ok(());
        }
        // known before its content is written, which may name it
        self.ctes.push((source.serial, None));
        self.is_recursive |= cte.is_recursive;
        let name = self.name(source);
        let outside = std::mem::take(&mut self.text);
        self.statement(content)?;
        let inside = std::mem::replace(&mut self.text, outside);
        let columns = source.columns.as_deref().unwrap_or_default();
        let declared = format!("{name}{columns} as {}({inside}){}", cte.how, cte.after);
        self.ctes.push((source.serial, Some(declared)));
        Ok(())
    }

    fn content(&mut self, content: &Py<PyAny>) -> PyResult<()> {
        if let Ok(source) = content.bind(self.py).cast::<Source>() {
            return self.source(source.get());
        }
        if let Ok(fragment) = content.bind(self.py).cast::<Fragment>() {
            return self.fragment(fragment.get(), 0);
        }
        self.text.push('(');
        self.statement(content)?;
        self.text.push(')');
        Ok(())
    }

    /// The quoted name of a source in this statement.
    fn name(&mut self, source: &Source) -> String {
        let known = self
            .names
            .iter()
            .find(|(serial, _)| *serial == source.serial);
        if let Some((_, name)) = known {
            return name.clone();
        }
        let mut name = quoted(&source.label).into_owned();
        let mut number = 1;
        while !source.is_fixed && self.names.iter().any(|(_, taken)| *taken == name) {
            number += 1;
            name = quoted(&format!("{}_{number}", source.label)).into_owned();
        }
        self.names.push((source.serial, name.clone()));
        name
    }
}
