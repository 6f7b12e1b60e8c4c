//! What a connection can be asked to do, one file each.
//!
//! An operation is a small state machine without IO: it requests messages of the [`Session`], takes
//! the answers, and is given a turn whenever the server waits for it. Both movers (blocking and
//! asyncio) run the same operations.
//!
//! Invariant: an operation ends (with [`Flow::Done`] or an error) only when the session is idle, or
//! with a unit of requests deliberately left open by a stream. Whatever else happens, `Drain` takes
//! over until the session is idle again.

mod batch;
mod close_portal;
mod copy_in;
mod copy_out;
mod describe;
mod drain;
mod fetch;
mod introspection;
mod learning;
mod limit;
mod many;
mod preparation;
mod simple;
mod stream;
mod unexpected_copy;

use std::sync::Arc;

use howdah_wire::Session;
use howdah_wire::backend::Message;
use pyo3::prelude::*;

pub(crate) use batch::Batch;
pub(crate) use close_portal::ClosePortal;
pub(crate) use copy_in::{Chunks, CopyFeed, CopyIn, Progress, RowStatements, Rows, Supply};
pub(crate) use copy_out::{CopyClose, CopyNext, CopyOpen, CopySource};
pub(crate) use describe::Describe;
pub(crate) use drain::Drain;
pub(crate) use fetch::{Answer, Fetch};
pub(crate) use many::Many;
pub(crate) use preparation::is_copy;
pub(crate) use simple::Simple;
pub(crate) use stream::{Stream, StreamClose, StreamNext, StreamOpen};

use self::limit::Limit;
use self::unexpected_copy::UnexpectedCopy;
use super::state::State;
use super::statement::Statements;
use crate::types::{Catalogue, Scope, Settings};

/// What an operation works with when it has the turn.
pub(crate) struct Context<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) session: &'a mut Session,
    pub(crate) statements: &'a mut Statements,
    pub(crate) catalogue: &'a Arc<Catalogue>,
    pub(crate) settings: &'a Settings,
    pub(crate) state: &'a Arc<State>,
}

/// What an operation works with while it takes an answer, which borrows the session.
pub(crate) struct Reception<'a, 'py> {
    pub(crate) scope: Scope<'a, 'py>,
    pub(crate) catalogue: &'a Arc<Catalogue>,
}

/// What an answer asks of the operation next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Wait for the next answer.
    Continue,
    /// The server waits for the operation (besides ReadyForQuery, which always means that).
    Turn,
}

/// What came of a turn.
pub(crate) enum Flow {
    /// More was requested.
    Continue,
    /// The operation has ended with this result.
    Done(Py<PyAny>),
}

/// Something to do on a connection.
pub(crate) trait Operation: Send {
    /// Requests what is needed first.
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()>;

    /// Takes an answer other than ReadyForQuery.
    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal;

    /// Takes all rows that have arrived and come next.
    ///
    /// # Errors
    /// Where the server broke the protocol.
    fn on_rows(
        &mut self,
        reception: &Reception<'_, '_>,
        session: &mut Session,
    ) -> Result<(), howdah_wire::Error> {
        while let Some(row) = session.next_row()? {
            self.on(reception, &Message::DataRow(row));
        }
        Ok(())
    }

    /// The server is ready for more, or `on` asked for the turn.
    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow>;

    /// Everything requested was sent; an operation with more to send requests it now and answers
    /// true.
    fn refill(&mut self, _cx: &mut Context<'_, '_>) -> PyResult<bool> {
        Ok(false)
    }

    /// The caller has given up: requests what makes the server stop waiting for more.
    ///
    /// # Errors
    /// Of the protocol.
    fn give_up(&mut self, _session: &mut Session) -> Result<(), howdah_wire::Error> {
        Ok(())
    }

    /// Whether what it sends is the same in every encoding.
    fn is_plain(&self, _py: Python<'_>) -> bool {
        false
    }

    /// Whether its first requests may follow others in one unit, without a Sync between.
    fn joins_unit(&self, _py: Python<'_>, _statements: &mut Statements) -> bool {
        false
    }

    /// Whether the server must be told to cancel what it is doing, so that this can end soon.
    fn cancels(&self) -> bool {
        false
    }

    /// Whether this continues a unit of requests that a stream has left open.
    fn continues_unit(&self) -> bool {
        false
    }
}

impl Context<'_, '_> {
    /// Requests Close for statements that the cache has dropped, and for portals that were read;
    /// part of the next unit.
    pub(crate) fn close_forgotten(&mut self) -> Result<(), howdah_wire::Error> {
        self.close_portals()?;
        for name in self.statements.take_forgotten() {
            self.session
                .close(howdah_wire::frontend::Target::Statement(&name))?;
        }
        Ok(())
    }

    /// Requests Close for portals that were read; whether there were any.
    pub(crate) fn close_portals(&mut self) -> Result<bool, howdah_wire::Error> {
        let portals = self.statements.take_portals();
        for portal in &portals {
            self.session
                .close(howdah_wire::frontend::Target::Portal(portal))?;
        }
        Ok(!portals.is_empty())
    }
}

/// What decoders and encoders need to know of the connection.
#[inline]
pub(crate) const fn scope<'a, 'py>(
    py: Python<'py>,
    settings: &'a Settings,
    catalogue: &'a Catalogue,
) -> Scope<'a, 'py> {
    Scope {
        py,
        settings,
        catalogue: Some(catalogue),
    }
}
