//! COPY … FROM STDIN: data on its way to the server.
//!
//! No IO. The operation takes pieces from a [`Source`] whenever everything before was sent, so that
//! memory stays bounded, and stops asking as soon as the server has refused. Invariant: whatever a
//! source raises makes the server forget all of the data, and is what the caller sees.

mod chunks;
mod feed;
mod progress;
mod rows;
mod supply;

use howdah_wire::backend::{Message, ServerError};
use howdah_wire::{Oid, Session};
use pyo3::prelude::*;
use pyo3::types::PyString;

pub(crate) use chunks::Chunks;
pub(crate) use feed::CopyFeed;
pub(crate) use progress::Progress;
pub(crate) use rows::{RowStatements, Rows};
pub(crate) use supply::Supply;

use super::super::{faults, known};
use super::introspection::Introspection;
use super::{Context, Flow, Limit, Operation, Reception, Signal, scope};
use crate::types::Scope;

/// How much is encoded before it is sent, so that memory stays bounded.
const PIECE_BYTES: usize = 64 * 1024;

/// What came of asking a source for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum More {
    /// There may be more at once.
    Now,
    /// There is nothing now; somebody will say when there is.
    Later,
    End,
}

/// Where the data of a COPY comes from.
pub(crate) trait Source: Send {
    /// The types that must be known before the first piece.
    fn types(&self) -> &[Oid] {
        &[]
    }

    /// The statement, now that the types are known.
    fn statement<'py>(&mut self, cx: &Context<'_, 'py>) -> PyResult<Bound<'py, PyString>>;

    /// Appends data until `limit` says that it is enough.
    fn fill(&mut self, scope: &Scope<'_, '_>, out: &mut Vec<u8>, limit: Limit) -> PyResult<More>;

    /// How many rows were taken; 0 where the source does not know.
    fn rows(&self) -> u64;
}

/// Sends the data of a source to the server.
pub(crate) struct CopyIn<S> {
    sql: Option<Py<PyString>>,
    source: S,
    progress: Progress,
    asking: Option<Introspection>,
    /// The server has asked for data.
    asked: bool,
    sending: bool,
    affected: u64,
    error: Option<ServerError>,
    failure: Option<PyErr>,
}

impl<S: Source> CopyIn<S> {
    pub(crate) const fn new(source: S, progress: Progress) -> Self {
        Self {
            sql: None,
            source,
            progress,
            asking: None,
            asked: false,
            sending: false,
            affected: 0,
            error: None,
            failure: None,
        }
    }

    fn request(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let sql = self.source.statement(cx)?;
        let requested = cx.session.query(sql.to_str()?);
        self.sql = Some(sql.unbind());
        requested.map_err(|error| faults::protocol(cx.py, &error))
    }

    /// Requests one piece of data; false where the data has ended, or for now.
    fn piece(&mut self, cx: &mut Context<'_, '_>) -> PyResult<bool> {
        let scope = scope(cx.py, cx.settings, cx.catalogue);
        let (source, mut more, mut sent) = (&mut self.source, More::Now, 0);
        let written = cx.session.copy_data_with(|out| {
            let begin = out.len();
            more = source.fill(&scope, out, Limit::at(begin + PIECE_BYTES))?;
            sent = out.len() - begin;
            if sent == 0 {
                Err(Unsent::Nothing)
            } else {
                Ok(())
            }
        });
        match written {
            Ok(()) | Err(Unsent::Nothing) => {}
            Err(Unsent::Python(error)) => return Err(error),
            Err(Unsent::Wire(error)) => return Err(faults::protocol(cx.py, &error)),
        }
        self.progress.add(cx.py, self.source.rows(), sent)?;
        if more == More::End {
            self.sending = false;
            let ended = cx.session.copy_done();
            ended.map_err(|error| faults::protocol(cx.py, &error))?;
        }
        Ok(more != More::Later || sent > 0)
    }

    fn finish(&mut self, cx: &Context<'_, '_>) -> PyResult<Flow> {
        self.progress
            .finish(cx.py, self.affected)
            .map_err(|error| self.too_late(cx.py, error))?;
        let affected = self.affected.into_pyobject(cx.py)?;
        Ok(Flow::Done(affected.into_any().unbind()))
    }

    /// Says of an error that came once the server had taken the rows that they are there.
    #[cold]
    fn too_late(&self, py: Python<'_>, error: PyErr) -> PyErr {
        let note = format!(
            "after the COPY had ended: {} rows were copied",
            self.affected
        );
        faults::noted(py, error, note)
    }
}

/// Why a piece was not sent.
enum Unsent {
    Nothing,
    Python(PyErr),
    Wire(howdah_wire::Error),
}

impl From<PyErr> for Unsent {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<howdah_wire::Error> for Unsent {
    fn from(error: howdah_wire::Error) -> Self {
        Self::Wire(error)
    }
}

impl<S: Source> Operation for CopyIn<S> {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let types = self.source.types().iter().copied();
        let unknown: Vec<_> = types
            .filter(|&oid| known(cx.catalogue, oid).is_none())
            .collect();
        if unknown.is_empty() {
            return self.request(cx);
        }
        self.asking = Some(Introspection::start(cx, &unknown)?);
        Ok(())
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        if let Some(asking) = &mut self.asking {
            asking.on(reception, message);
            return Signal::Continue;
        }
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
        if let Some(asking) = self.asking.take() {
            asking.finish(cx)?;
            self.request(cx)?;
            return Ok(Flow::Continue);
        }
        if !cx.session.is_idle() {
            return Err(not_copy_in(cx.py));
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if let Some(error) = self.error.take() {
            let sql = self.sql.as_ref().map(|sql| sql.bind(cx.py));
            let sql = sql.and_then(|sql| sql.to_str().ok());
            return Err(faults::server_error(cx.py, &error, sql));
        }
        if !self.asked {
            return Err(not_copy_in(cx.py));
        }
        self.finish(cx)
    }

    /// Ends the data, for which the server would wait whatever cancel it gets.
    fn give_up(&mut self, session: &mut Session) -> Result<(), howdah_wire::Error> {
        if std::mem::take(&mut self.sending) {
            session.copy_fail("the statement was given up")?;
        }
        Ok(())
    }

    fn refill(&mut self, cx: &mut Context<'_, '_>) -> PyResult<bool> {
        if !self.sending {
            return Ok(false);
        }
        self.piece(cx).or_else(|failure| {
            // makes the server forget all of it
            self.failure = Some(failure);
            self.sending = false;
            let ended = cx
                .session
                .copy_fail("the client could not provide the data");
            ended.map_err(|error| faults::protocol(cx.py, &error))?;
            Ok(true)
        })
    }
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
