use howdah_wire::backend::{Message, ServerError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use super::super::faults;
use super::{Context, Flow, Operation, Reception, Signal, UnexpectedCopy};

/// COPY … TO STDOUT: its data in the pieces that the server sends, one for each row.
pub(crate) struct CopyOut {
    sql: Py<PyString>,
    pieces: Option<Py<PyList>>,
    copy: UnexpectedCopy,
    error: Option<ServerError>,
    failure: Option<PyErr>,
}

impl CopyOut {
    pub(crate) fn new(sql: Py<PyString>) -> Self {
        Self {
            sql,
            pieces: None,
            copy: UnexpectedCopy::default(),
            error: None,
            failure: None,
        }
    }

    fn push(&mut self, py: Python<'_>, data: &[u8]) {
        if let Some(pieces) = &self.pieces
            && let Err(error) = pieces.bind(py).append(PyBytes::new(py, data))
        {
            self.failure = Some(error);
        }
    }
}

impl Operation for CopyOut {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let sql = self.sql.bind(cx.py).to_str()?;
        cx.session
            .query(sql)
            .map_err(|error| faults::protocol(cx.py, &error))
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        let py = reception.scope.py;
        match message {
            Message::CopyOutResponse(_) => self.pieces = Some(PyList::empty(py).unbind()),
            Message::CopyData(data) => self.push(py, data),
            Message::ErrorResponse(fields) => self.error = Some(fields.to_owned()),
            _ => return self.copy.on(message),
        }
        Signal::Continue
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        self.copy.refuse(cx)?;
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if let Some(error) = self.error.take() {
            return Err(faults::server_error(
                cx.py,
                &error,
                self.sql.bind(cx.py).to_str().ok(),
            ));
        }
        match self.pieces.take() {
            Some(pieces) => Ok(Flow::Done(pieces.into_any())),
            None => Err(faults::fault_with_hint(
                cx.py,
                "ProgrammingError",
                "the statement is no COPY to the client",
                Some("write `copy … to stdout`"),
            )),
        }
    }
}
