use std::sync::Arc;

use howdah_wire::backend::{Message, ServerError};
use howdah_wire::{Oid, Session};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator, PyString};

use super::super::faults;
use super::super::parameters;
use super::super::unknown_type;
use super::{Context, Flow, Operation, Reception, Signal, scope};
use crate::types::Codec;

/// How much is encoded before it is sent, so that memory stays bounded.
const PIECE_BYTES: usize = 64 * 1024;

/// The course of a COPY to the server, whatever its data comes from.
struct Course {
    sql: Py<PyString>,
    /// The server has asked for data.
    asked: bool,
    sending: bool,
    affected: u64,
    error: Option<ServerError>,
    failure: Option<PyErr>,
}

impl Course {
    const fn new(sql: Py<PyString>) -> Self {
        Self {
            sql,
            asked: false,
            sending: false,
            affected: 0,
            error: None,
            failure: None,
        }
    }

    fn start(&self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let sql = self.sql.bind(cx.py).to_str()?;
        cx.session
            .query(sql)
            .map_err(|error| faults::protocol(cx.py, &error))
    }

    fn on(&mut self, message: &Message<'_>) -> Signal {
        match message {
            Message::CopyInResponse(_) => {
                self.asked = true;
                self.sending = true;
            }
            Message::CopyOutResponse(_) => return Signal::Turn,
            Message::CommandComplete(tag) => self.affected += tag.rows().unwrap_or(0),
            Message::ErrorResponse(fields) => {
                self.sending = false;
                self.error = Some(fields.to_owned());
            }
            _ => {}
        }
        Signal::Continue
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if !cx.session.is_idle() {
            return Err(not_copy_in(cx.py));
        }
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
        if !self.asked {
            return Err(not_copy_in(cx.py));
        }
        Ok(Flow::Done(
            self.affected.into_pyobject(cx.py)?.into_any().unbind(),
        ))
    }

    /// Ends the data, for which the server would wait whatever cancel it gets.
    fn give_up(&mut self, session: &mut Session) -> Result<(), howdah_wire::Error> {
        if std::mem::take(&mut self.sending) {
            session.copy_fail("the statement was given up")?;
        }
        Ok(())
    }

    /// Sends what `piece` requests until enough waits, to the end of the data or to an error,
    /// which makes the server forget all of it.
    fn refill(
        &mut self,
        cx: &mut Context<'_, '_>,
        mut piece: impl FnMut(&mut Context<'_, '_>) -> PyResult<bool>,
    ) -> PyResult<bool> {
        if !self.sending {
            return Ok(false);
        }
        while cx.session.outgoing().len() < PIECE_BYTES {
            let ended = match piece(cx) {
                Ok(true) => continue,
                Ok(false) => cx.session.copy_done(),
                Err(failure) => {
                    self.failure = Some(failure);
                    cx.session
                        .copy_fail("the client could not provide the data")
                }
            };
            self.sending = false;
            ended.map_err(|error| faults::protocol(cx.py, &error))?;
            break;
        }
        Ok(true)
    }
}

/// COPY … FROM STDIN with data in the format that the statement names.
pub(crate) struct CopyIn {
    course: Course,
    chunks: Py<PyIterator>,
}

impl CopyIn {
    pub(crate) const fn new(sql: Py<PyString>, chunks: Py<PyIterator>) -> Self {
        Self {
            course: Course::new(sql),
            chunks,
        }
    }
}

impl Operation for CopyIn {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        self.course.start(cx)
    }

    fn on(&mut self, _: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        self.course.on(message)
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        self.course.turn(cx)
    }

    fn give_up(&mut self, session: &mut Session) -> Result<(), howdah_wire::Error> {
        self.course.give_up(session)
    }

    fn refill(&mut self, cx: &mut Context<'_, '_>) -> PyResult<bool> {
        let chunks = &self.chunks;
        self.course
            .refill(cx, |cx| match chunks.bind(cx.py).clone().next() {
                None => Ok(false),
                Some(chunk) => send_chunk(cx, &chunk?).map(|()| true),
            })
    }
}

fn send_chunk(cx: &mut Context<'_, '_>, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
    let sent = if let Ok(bytes) = chunk.cast::<PyBytes>() {
        cx.session.copy_data(bytes.as_bytes())
    } else if let Ok(text) = chunk.cast::<PyString>() {
        cx.session.copy_data(text.to_str()?.as_bytes())
    } else if let Ok(bytes) = chunk.extract::<Vec<u8>>() {
        cx.session.copy_data(&bytes)
    } else {
        let found = chunk.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "a piece of COPY must be bytes or str, not {found}"
        )));
    };
    sent.map_err(|error| faults::protocol(cx.py, &error))
}

/// COPY … FROM STDIN (FORMAT binary) with rows of Python values.
pub(crate) struct CopyRows {
    course: Course,
    types: Vec<Oid>,
    codecs: Vec<Arc<Codec>>,
    rows: Py<PyIterator>,
    sent: u64,
    begun: bool,
    ended: bool,
}

impl CopyRows {
    pub(crate) fn new(sql: Py<PyString>, types: Vec<Oid>, rows: Py<PyIterator>) -> Self {
        let course = Course::new(sql);
        Self {
            course,
            types,
            codecs: Vec::new(),
            rows,
            sent: 0,
            begun: false,
            ended: false,
        }
    }

    fn piece(&mut self, cx: &mut Context<'_, '_>) -> PyResult<bool> {
        if !std::mem::replace(&mut self.begun, true) {
            // PostgreSQL 18 documentation, COPY, "Binary Format": signature, flags, extension
            let header = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
            return send(cx, header);
        }
        match self.rows.bind(cx.py).clone().next() {
            Some(row) => self.send_row(cx, &row?),
            None if self.ended => Ok(false),
            None => {
                self.ended = true;
                send(cx, &(-1_i16).to_be_bytes())
            }
        }
    }

    fn send_row(&mut self, cx: &mut Context<'_, '_>, row: &Bound<'_, PyAny>) -> PyResult<bool> {
        let values = parameters::as_tuple(row)?;
        self.sent += 1;
        if values.len() != self.codecs.len() {
            let (found, expected) = (values.len(), self.codecs.len());
            let message = format!(
                "row {}: expected {expected} values, found {found}",
                self.sent
            );
            return Err(faults::fault(cx.py, "DataError", message));
        }
        let scope = scope(cx.py, cx.settings, cx.catalogue);
        let (codecs, sent) = (&self.codecs, self.sent);
        cx.session
            .copy_data_with(|out| -> Result<(), Unsent> {
                out.extend_from_slice(&(codecs.len() as i16).to_be_bytes());
                for (index, (codec, value)) in codecs.iter().zip(values.iter()).enumerate() {
                    parameters::write_field(&scope, codec, &value, out).map_err(|refused| {
                        let place =
                            format!("row {sent}, column {} of type `{}`", index + 1, codec.name);
                        Unsent::Python(parameters::refused_at(&place, &value, refused))
                    })?;
                }
                Ok(())
            })
            .map_err(|unsent| match unsent {
                Unsent::Python(error) => error,
                Unsent::Wire(error) => faults::protocol(cx.py, &error),
            })?;
        Ok(true)
    }
}

enum Unsent {
    Python(PyErr),
    Wire(howdah_wire::Error),
}

impl From<howdah_wire::Error> for Unsent {
    fn from(error: howdah_wire::Error) -> Self {
        Self::Wire(error)
    }
}

impl Operation for CopyRows {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let scope = scope(cx.py, cx.settings, cx.catalogue);
        let codec = |&oid| scope.known(oid).ok_or_else(|| unknown_type(cx.py, oid));
        self.codecs = self.types.iter().map(codec).collect::<PyResult<_>>()?;
        self.course.start(cx)
    }

    fn on(&mut self, _: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        self.course.on(message)
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        self.course.turn(cx)
    }

    fn give_up(&mut self, session: &mut Session) -> Result<(), howdah_wire::Error> {
        self.course.give_up(session)
    }

    fn refill(&mut self, cx: &mut Context<'_, '_>) -> PyResult<bool> {
        let spare = Course::new(self.course.sql.clone_ref(cx.py));
        let mut course = std::mem::replace(&mut self.course, spare);
        let refilled = course.refill(cx, |cx| self.piece(cx));
        self.course = course;
        refilled
    }
}

fn send(cx: &mut Context<'_, '_>, bytes: &[u8]) -> PyResult<bool> {
    cx.session
        .copy_data(bytes)
        .map_err(|error| faults::protocol(cx.py, &error))?;
    Ok(true)
}

fn not_copy_in(py: Python<'_>) -> PyErr {
    let message = "the statement is no COPY from the client";
    faults::fault_with_hint(
        py,
        "ProgrammingError",
        message,
        Some("write `copy … from stdin`"),
    )
}
