//! Python exceptions for what goes wrong on a connection. No IO; called where errors are rare.

use howdah_wire::backend::ServerError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyModule, PyString};

/// What the server reported, as the class of its SQLSTATE; `query` is what its position refers to.
#[cold]
pub(crate) fn server_error(py: Python<'_>, error: &ServerError, query: Option<&str>) -> PyErr {
    let made = fields(py, error).and_then(|fields| {
        errors(py)?
            .getattr(intern!(py, "from_fields"))?
            .call1((fields, query))
    });
    made.map_or_else(|error| error, PyErr::from_value)
}

/// As [`server_error`] for the execution of a prepared statement: where somebody else changed a table
/// and a transaction keeps the statement from being prepared again, it says what helps.
#[cold]
pub(crate) fn execution_error(py: Python<'_>, error: &ServerError, query: Option<&str>) -> PyErr {
    let raised = server_error(py, error, query);
    if is_outdated_plan(error) {
        let hint = "the table was changed since the statement was prepared: repeat the transaction";
        if let Err(failure) = raised.value(py).setattr(intern!(py, "hint"), hint) {
            return failure;
        }
    }
    raised
}

/// Whether it is "cached plan must not change result type", in every language.
pub(crate) fn is_outdated_plan(error: &ServerError) -> bool {
    error.sqlstate() == "0A000" && error.field(b'R') == Some("RevalidateCachedQuery")
}

/// The fields of a server's message by their one-letter codes.
pub(crate) fn fields<'py>(py: Python<'py>, error: &ServerError) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    for (code, text) in error.fields() {
        fields.set_item(code, text)?;
    }
    Ok(fields)
}

/// The exception `howdah.errors.<class>` with this message.
#[cold]
pub(crate) fn fault(py: Python<'_>, class: &str, message: impl Into<String>) -> PyErr {
    fault_with_hint(py, class, message, None)
}

/// The exception `howdah.errors.<class>` with this message and cure.
#[cold]
pub(crate) fn fault_with_hint(
    py: Python<'_>,
    class: &str,
    message: impl Into<String>,
    hint: Option<&str>,
) -> PyErr {
    let made = || {
        let options = PyDict::new(py);
        options.set_item(intern!(py, "hint"), hint)?;
        errors(py)?
            .getattr(PyString::intern(py, class))?
            .call((message.into(),), Some(&options))
    };
    made().map_or_else(|error| error, PyErr::from_value)
}

/// The exception with a note of where it was met; the failure of its own `add_note` instead, if any.
#[cold]
pub(crate) fn noted(py: Python<'_>, error: PyErr, note: String) -> PyErr {
    // a name that is not interned takes the place of another in the interpreter's cache of attributes
    let added = error
        .value(py)
        .call_method1(intern!(py, "add_note"), (note,));
    added.map_or_else(|failed| failed, |_| error)
}

/// The connection is gone: the server or the network ended it.
#[cold]
pub(crate) fn connection_lost(py: Python<'_>, why: &str) -> PyErr {
    fault(
        py,
        "ConnectionLost",
        format!("the connection to the server was lost: {why}"),
    )
}

/// Python code that an operation runs uses the connection that is waiting for it.
#[cold]
pub(crate) fn reentered(py: Python<'_>) -> PyErr {
    let message = "the connection is used from within its own operation";
    fault(py, "InterfaceError", message)
}

/// The two sides no longer agree on the protocol.
#[cold]
pub(crate) fn protocol(py: Python<'_>, error: &howdah_wire::Error) -> PyErr {
    match error {
        howdah_wire::Error::Misuse(why) => fault(py, "ProgrammingError", *why),
        _ => connection_lost(py, &format!("{error}; the connection was dropped")),
    }
}

fn errors(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("howdah.errors").map(Bound::unbind))?;
    Ok(module.bind(py))
}
