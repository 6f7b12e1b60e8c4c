//! Commands that travel with the next statement: BEGIN and SAVEPOINT of a block just entered.
//!
//! No IO. Requested by the engine as the first of the statement's unit, without a Sync between:
//! where one fails the server skips the statement, so nothing ever runs outside of the transaction
//! that it belongs to.
//!
//! Invariant: each command is waiting (not requested), requested, or refused (it, or one before it,
//! failed); [`super::state::State`] holds the first and the last kind, a [`Prelude`] the second.

use howdah_wire::backend::{Message, ServerError};
use howdah_wire::{BindHead, Error, Session};
use pyo3::prelude::*;

use super::faults;
use super::state::State;

/// Commands that were requested ahead of an operation, until they are answered.
pub(crate) struct Prelude {
    commands: Vec<String>,
    completed: usize,
    error: Option<ServerError>,
}

impl Prelude {
    /// Requests the commands; the unit is ended by whoever comes after them.
    pub(crate) fn request(session: &mut Session, commands: Vec<String>) -> Result<Self, Error> {
        let bind = BindHead::new("", "", &[], 0, &[])?;
        for command in &commands {
            session.parse("", command, &[])?;
            session.bind(&bind, |_| Ok::<_, Error>(()))?;
            session.execute("", 0)?;
        }
        Ok(Self {
            commands,
            completed: 0,
            error: None,
        })
    }

    /// Takes an answer; false for what belongs to the operation.
    pub(crate) fn takes(&mut self, message: &Message<'_>) -> bool {
        if self.is_settled() {
            return false;
        }
        match message {
            Message::CommandComplete(_) => self.completed += 1,
            Message::ErrorResponse(fields) => self.error = Some(fields.to_owned()),
            _ => {}
        }
        true
    }

    /// Whether nothing more is expected.
    pub(crate) const fn is_settled(&self) -> bool {
        self.completed == self.commands.len() || self.error.is_some()
    }

    /// The error that kept the operation from being executed, if any. The commands that have no
    /// effect are handed back as refused.
    pub(crate) fn failure(self, py: Python<'_>, state: &State) -> Option<PyErr> {
        let error = self.error?;
        let refused: Vec<_> = self.commands.into_iter().skip(self.completed).collect();
        let failure = faults::server_error(py, &error, refused.first().map(String::as_str));
        state.refuse_deferred(refused);
        Some(failure)
    }
}

/// Commands that are not, or not effectively, at the server.
#[derive(Default)]
pub(crate) struct Deferred {
    pub(crate) waiting: Vec<String>,
    pub(crate) refused: Vec<String>,
}

impl Deferred {
    /// Takes out `command` and what came after it, which was meant within its block; tells where
    /// it was.
    pub(crate) fn withdraw(&mut self, command: &str) -> &'static str {
        let place = |list: &[String]| list.iter().position(|found| found == command);
        if let Some(at) = place(&self.waiting) {
            self.waiting.truncate(at);
            return "waiting";
        }
        if let Some(at) = place(&self.refused) {
            self.refused.truncate(at);
            return "refused";
        }
        "sent"
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.refused.is_empty()
    }
}

/// The error for whatever is asked within a transaction that could not begin.
#[cold]
pub(crate) fn refused(py: Python<'_>) -> PyErr {
    faults::fault_with_hint(
        py,
        "InFailedSqlTransaction",
        "the transaction could not begin: nothing is executed until its end",
        Some("leave the `transaction()` block, or roll back"),
    )
}
