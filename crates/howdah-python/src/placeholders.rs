//! `%s` and `%(name)s`, the `pyformat` placeholders of PEP 249, as PostgreSQL's `$1`.
//!
//! No IO. Called by the package's cursors with parameters; texts without parameters stay as they
//! are. As in every driver of this style a `%` is a placeholder wherever it stands, in literals
//! and comments too, and `%%` is a percent sign. Only a composed text (`howdah.sql`) knows which of its
//! parts the program wrote: it has a template, in which the percent signs of the others are doubled.
//!
//! Invariant: the same query text gives the same Python string as long as it is cached, so that
//! the statement cache behind meets a string whose hash is known.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use pyo3::exceptions::PyKeyError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyMapping, PySequence, PyString, PyTuple};

/// Enough for the distinct statements of a large program; at the limit all are forgotten.
const CACHED_QUERIES: usize = 1024;
/// Longer texts are mostly generated ones that never come again.
const CACHED_QUERY_BYTES: usize = 16 * 1024;

const HINT_PERCENT: &str = "write `%s` for every type of value, and `%%` for a percent sign";

static CACHE: LazyLock<Mutex<HashMap<String, Arc<Ready>>>> = LazyLock::new(Mutex::default);

/// A parsed query, as Python objects.
struct Ready {
    sql: Py<PyString>,
    slots: Slots<Py<PyString>>,
}

/// What fills `$1…`.
#[derive(Debug, PartialEq, Eq)]
enum Slots<Name> {
    Positional(usize),
    /// The name behind each `$n`; one that occurs twice has one number.
    Named(Vec<Name>),
}

#[derive(Debug, PartialEq, Eq)]
struct Parsed {
    sql: String,
    slots: Slots<String>,
}

/// A query that cannot be understood, or parameters that do not fit it.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    message: String,
    hint: &'static str,
}

/// `%s` and `%(name)s` to `$1…`, `%%` to `%`; answers the text and the parameters in order.
///
/// # Errors
/// `howdah.ProgrammingError` where text and parameters do not fit.
#[pyfunction]
pub(crate) fn convert_placeholders<'py>(
    py: Python<'py>,
    query: &Bound<'py, PyString>,
    params: &Bound<'py, PyAny>,
) -> PyResult<(Py<PyString>, Bound<'py, PyList>)> {
    let ready = if query.is_exact_instance_of::<PyString>() {
        ready(py, query.to_str()?)?
    } else {
        ready(py, template(query)?.to_str()?)?
    };
    let arguments = match &ready.slots {
        Slots::Positional(count) => positional(*count, params)?,
        Slots::Named(names) => named(names, params)?,
    };
    Ok((ready.sql.clone_ref(py), arguments))
}

/// Where the placeholders of a query are that is more than a `str`.
fn template<'py>(query: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyString>> {
    match query.getattr_opt(intern!(query.py(), "_template"))? {
        Some(template) => Ok(template.cast_into()?),
        None => Ok(query.clone()),
    }
}

/// The query parsed, from the cache if it was seen before.
fn ready(py: Python<'_>, query: &str) -> PyResult<Arc<Ready>> {
    if let Some(known) = cache(|queries| queries.get(query).cloned()) {
        return Ok(known);
    }
    let parsed = parse(query).map_err(|fault| programming_error(py, &fault))?;
    let ready = Arc::new(Ready {
        sql: PyString::new(py, &parsed.sql).unbind(),
        slots: match parsed.slots {
            Slots::Positional(count) => Slots::Positional(count),
            Slots::Named(names) => Slots::Named(
                names
                    .iter()
                    .map(|name| PyString::intern(py, name).unbind())
                    .collect(),
            ),
        },
    });
    if query.len() <= CACHED_QUERY_BYTES {
        cache(|queries| {
            if queries.len() >= CACHED_QUERIES {
                queries.clear();
            }
            queries.insert(query.to_owned(), Arc::clone(&ready));
        });
    }
    Ok(ready)
}

/// Works on the cache. No Python code may run in `work`: another thread would wait for the lock.
fn cache<T>(work: impl FnOnce(&mut HashMap<String, Arc<Ready>>) -> T) -> T {
    work(&mut CACHE.lock().unwrap_or_else(PoisonError::into_inner))
}

fn positional<'py>(count: usize, params: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = params.py();
    let is_text = params.is_instance_of::<PyString>()
        || params.is_instance_of::<PyBytes>()
        || params.is_instance_of::<PyByteArray>();
    let given = if let Ok(tuple) = params.cast::<PyTuple>() {
        tuple.to_list()
    } else if let (Ok(sequence), false) = (params.cast::<PySequence>(), is_text) {
        sequence.to_list()?
    } else if count == 0 && params.cast::<PyMapping>().is_ok() {
        return Ok(PyList::empty(py));
    } else {
        return Err(unfit(
            params,
            "a sequence of parameters for its `%s` placeholders",
        )?);
    };
    if given.len() == count {
        return Ok(given);
    }
    let message = format!(
        "the query has {count} `%s` placeholder{}, but {} parameter{} given",
        if count == 1 { "" } else { "s" },
        given.len(),
        if given.len() == 1 { " was" } else { "s were" },
    );
    let hint = if count == 0 { HINT_PERCENT } else { "" };
    Err(programming_error(py, &Fault { message, hint }))
}

fn named<'py>(names: &[Py<PyString>], params: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = params.py();
    if !params.is_instance_of::<PyDict>() && params.cast::<PyMapping>().is_err() {
        return Err(unfit(
            params,
            "a mapping of parameters for its `%(name)s` placeholders",
        )?);
    }
    let values = PyList::empty(py);
    for name in names {
        match params.get_item(name) {
            Ok(value) => values.append(value)?,
            Err(error) if error.is_instance_of::<PyKeyError>(py) => {
                let message = format!("parameter `{}` is missing", name.bind(py));
                return Err(programming_error(py, &Fault { message, hint: "" }));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(values)
}

fn unfit(params: &Bound<'_, PyAny>, wanted: &str) -> PyResult<PyErr> {
    let found = params.get_type().qualname()?;
    let message = format!("the query takes {wanted}, but a `{found}` was given");
    let hint = if params.is_instance_of::<PyString>() {
        "one parameter is written `(value,)`, with a comma"
    } else {
        ""
    };
    Ok(programming_error(params.py(), &Fault { message, hint }))
}

/// An instance of `howdah.errors.ProgrammingError`.
fn programming_error(py: Python<'_>, fault: &Fault) -> PyErr {
    let build = || {
        let keywords = PyDict::new(py);
        if !fault.hint.is_empty() {
            keywords.set_item("hint", fault.hint)?;
        }
        py.import("howdah.errors")?
            .getattr("ProgrammingError")?
            .call((&fault.message,), Some(&keywords))
    };
    build().map_or_else(|error| error, PyErr::from_value)
}

/// Reads the placeholders of a query.
fn parse(query: &str) -> Result<Parsed, Fault> {
    let mut sql = String::with_capacity(query.len() + 8);
    let mut names: Vec<String> = Vec::new();
    let mut positional = 0;
    let mut rest = query;
    while let Some((before, after)) = rest.split_once('%') {
        sql.push_str(before);
        let place = || query.len() - after.len() - 1;
        if let Some(tail) = after.strip_prefix('%') {
            sql.push('%');
            rest = tail;
            continue;
        }
        let number;
        if let Some(tail) = after.strip_prefix('s') {
            positional += 1;
            number = positional;
            rest = tail;
        } else if let Some(inside) = after.strip_prefix('(') {
            let (name, tail) = name(inside).ok_or_else(|| malformed(query, place()))?;
            number = number_of(name, &mut names);
            rest = tail;
        } else {
            return Err(malformed(query, place()));
        }
        sql.push('$');
        sql.push_str(&number.to_string());
    }
    sql.push_str(rest);
    match (positional, names.is_empty()) {
        (_, true) => Ok(Parsed {
            sql,
            slots: Slots::Positional(positional),
        }),
        (0, false) => Ok(Parsed {
            sql,
            slots: Slots::Named(names),
        }),
        (_, false) => Err(Fault {
            message: "the query mixes `%s` and `%(name)s` placeholders".to_owned(),
            hint: "use one of the two",
        }),
    }
}

/// The name before `)s`, and what follows.
fn name(inside: &str) -> Option<(&str, &str)> {
    let (name, after) = inside.split_once(')')?;
    Some((name, after.strip_prefix('s')?))
}

/// The `$n` of a name, counted from 1.
fn number_of(name: &str, names: &mut Vec<String>) -> usize {
    if let Some(index) = names.iter().position(|known| known == name) {
        return index + 1;
    }
    names.push(name.to_owned());
    names.len()
}

/// What stands at a `%` that is none of `%s`, `%(name)s` and `%%`.
fn malformed(query: &str, place: usize) -> Fault {
    let (before, from) = query.split_at(place);
    let shown: String = from.chars().take(2).collect();
    let what = if from.starts_with("%(") {
        "malformed"
    } else {
        "unknown"
    };
    Fault {
        message: format!(
            "{what} placeholder `{shown}` at character {}",
            before.chars().count() + 1
        ),
        hint: if what == "unknown" {
            HINT_PERCENT
        } else {
            "write `%(name)s`, ending in `)s`"
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(query: &str) -> (String, usize) {
        match parse(query).unwrap() {
            Parsed {
                sql,
                slots: Slots::Positional(count),
            } => (sql, count),
            Parsed {
                sql,
                slots: Slots::Named(names),
            } => (sql, names.len()),
        }
    }

    fn fault(query: &str) -> String {
        parse(query).unwrap_err().message
    }

    #[test]
    fn positional_placeholders_are_numbered_in_order() {
        assert_eq!(
            sql("select %s, '%%', %s::int"),
            ("select $1, '%', $2::int".into(), 2)
        );
        assert_eq!(sql("select 1"), ("select 1".into(), 0));
        assert_eq!(sql("%%s %s%s"), ("%s $1$2".into(), 2));
    }

    #[test]
    fn a_repeated_name_is_one_parameter() {
        let parsed = parse("select %(a)s, %(b b)s, %(a)s").unwrap();
        assert_eq!(parsed.sql, "select $1, $2, $1");
        assert_eq!(parsed.slots, Slots::Named(vec!["a".into(), "b b".into()]));
    }

    #[test]
    fn faults_say_where_in_characters() {
        assert_eq!(
            fault("select 'ü', %d"),
            "unknown placeholder `%d` at character 13"
        );
        assert_eq!(
            fault("a like 'x%"),
            "unknown placeholder `%` at character 10"
        );
        assert_eq!(
            fault("select %(a)d"),
            "malformed placeholder `%(` at character 8"
        );
        assert_eq!(
            fault("select %(a"),
            "malformed placeholder `%(` at character 8"
        );
        assert_eq!(
            fault("%s %(a)s"),
            "the query mixes `%s` and `%(name)s` placeholders"
        );
    }
}
