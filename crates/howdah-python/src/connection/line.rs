//! An engine on a socket: the part that both movers share.
//!
//! IO, but never waiting: what must wait is answered as [`Sent::Blocked`], and the mover decides how.

use std::io;
use std::time::{Duration, Instant};

use howdah_driver::Transport;
use pyo3::prelude::*;

use super::engine::{Engine, Outcome};
use super::operations::Operation;

/// How far sending came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Everything that the operation wants to send for now.
    All,
    /// The kernel's buffer is full.
    Blocked,
    /// There is more, but it is time to listen: to the server, which may have refused what it got,
    /// and to whoever wants to interrupt.
    More,
}

/// How many pieces of an operation are sent before it is time to listen …
const PIECES: usize = 4;
/// … and how long that may take, where they are slow to come.
const PIECES_TIME: Duration = Duration::from_millis(2);

/// A connection: engine and socket.
pub(crate) struct Line {
    pub(crate) engine: Engine,
    pub(crate) transport: Transport,
    /// The process that connected. A forked child shares the socket, and must not end it.
    process: u32,
}

impl Line {
    pub(crate) fn new(engine: Engine, transport: Transport) -> Self {
        Self {
            engine,
            transport,
            process: std::process::id(),
        }
    }

    /// Sends what waits, and what the operation has to add, as far as the kernel takes it.
    ///
    /// # Errors
    /// What the operation raised while it provided more, or the loss of the connection; after the
    /// latter [`super::state::State::is_closed`] is true.
    #[inline]
    pub(crate) fn send(&mut self, py: Python<'_>) -> PyResult<Sent> {
        let mut pieces = 0;
        let mut since: Option<Instant> = None;
        loop {
            let outgoing = self.engine.session().outgoing();
            if outgoing.is_empty() {
                if pieces == PIECES || since.is_some_and(|since| since.elapsed() >= PIECES_TIME) {
                    return Ok(Sent::More);
                }
                if self.transport.wants_write() {
                    match self.transport.flush_pending() {
                        Ok(()) => {}
                        Err(error) => return self.unsent(py, &error),
                    }
                }
                if !self.engine.refill(py)? {
                    return Ok(Sent::All);
                }
                pieces += 1;
                since.get_or_insert_with(Instant::now);
                continue;
            }
            match self.transport.send(outgoing) {
                Ok(count) => self.engine.session().sent(count),
                Err(error) => return self.unsent(py, &error),
            }
        }
    }

    /// Receives what is there without waiting; false where nothing is.
    ///
    /// # Errors
    /// The loss of the connection.
    pub(crate) fn try_receive(&mut self, py: Python<'_>) -> PyResult<Option<usize>> {
        loop {
            let spare = self.engine.session().spare();
            match self.transport.try_receive(spare) {
                Ok(0) => return Err(self.lost(py, "the server closed it")),
                Ok(count) => {
                    self.engine.session().fed(count);
                    return Ok(Some(count));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.lost(py, &error.to_string())),
            }
        }
    }

    /// Takes in what an idle server has said, without waiting. One that hung up, or said that it
    /// will, is lost.
    pub(crate) fn hear(&mut self, py: Python<'_>) {
        let attended = self.engine.is_busy() && !self.engine.is_unattended();
        if attended || self.engine.is_copying() {
            return;
        }
        // the loss of the connection shows in its state
        while let Ok(Some(_)) = self.try_receive(py) {
            if self.advance(py).is_err() {
                return;
            }
        }
        if self.engine.is_leaving() {
            self.lost(py, "the server closed it");
        }
    }

    /// Works through what has arrived.
    ///
    /// # Errors
    /// The loss of the connection, where the server broke the protocol, or where an operation failed
    /// that nobody waited for: the session is not what whoever comes next believes.
    #[inline]
    pub(crate) fn advance(&mut self, py: Python<'_>) -> PyResult<Option<Outcome>> {
        let unattended = self.engine.is_unattended();
        match self.engine.advance(py) {
            Ok(Some(Err(error))) if unattended => {
                let lost = self.lost(py, "its session could not be reset");
                lost.set_cause(py, Some(error));
                Err(lost)
            }
            Ok(outcome) => Ok(outcome),
            Err(error) => Err(self.lost(py, &error.to_string())),
        }
    }

    /// Starts an operation.
    #[inline]
    pub(crate) fn begin(
        &mut self,
        py: Python<'_>,
        operation: Box<dyn Operation>,
    ) -> Option<Outcome> {
        match self.engine.begin(py, operation) {
            // the part of a COPY that was received with an earlier one
            None if self.engine.session().has_unread() => {
                self.advance(py).unwrap_or_else(|error| Some(Err(error)))
            }
            begun => begun,
        }
    }

    /// Sends an operation whose answer nobody waits for, as far as the kernel takes it.
    ///
    /// # Errors
    /// Where it cannot begin, or the connection is lost.
    pub(crate) fn send_ahead(
        &mut self,
        py: Python<'_>,
        operation: Box<dyn Operation>,
    ) -> PyResult<()> {
        match self.engine.begin_unattended(py, operation) {
            Some(outcome) => outcome.map(drop),
            None => self.send(py).map(drop),
        }
    }

    /// Drops the connection and answers the error for whoever waits on it.
    #[cold]
    pub(crate) fn lost(&mut self, py: Python<'_>, why: &str) -> PyErr {
        self.shutdown();
        self.engine.lost(py, why)
    }

    /// Says goodbye, if the server can still hear it, and closes.
    pub(crate) fn close(&mut self, py: Python<'_>) {
        if !self.engine.is_busy() && self.is_own() {
            self.engine.session().terminate();
            // a full buffer or a dead peer must not keep anybody from closing
            let _ = self.send(py);
        }
        self.shutdown();
    }

    /// Ends the socket for both sides; in a forked child only this process lets go of it.
    pub(crate) fn shutdown(&mut self) {
        if self.is_own() {
            self.transport.shutdown();
        }
    }

    fn is_own(&self) -> bool {
        self.process == std::process::id()
    }

    /// After a failed send: a full buffer is normal, and a server that has said why it goes is
    /// listened to before the connection counts as lost.
    #[cold]
    fn unsent(&mut self, py: Python<'_>, error: &io::Error) -> PyResult<Sent> {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(Sent::Blocked),
            _ => {
                while let Ok(Some(_)) = self.try_receive(py) {}
                let _ = self.engine.advance(py);
                Err(self.lost(py, &error.to_string()))
            }
        }
    }
}
