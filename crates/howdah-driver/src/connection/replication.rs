//! A replication stream: a connection on which both sides send at any time.
//!
//! IO: its socket; once the stream has begun only [`Replication::wait`] and [`Replication::end`] wait.
//! Invariant: pieces are handed on in order, none is lost or told twice.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use howdah_wire::backend::Message;

use super::{Connection, Course};
use crate::error::{Error, Kind};
use crate::wait::{Interest, wait_beside};

/// A connection that streams.
#[derive(Debug)]
pub struct Replication {
    connection: Connection,
    /// What came together with the answer to the command.
    early: Vec<Box<[u8]>>,
}

/// Why a wait has ended; neither for the deadline, a signal or room to send.
#[derive(Debug, Clone, Copy)]
pub struct Roused {
    /// There is something to receive.
    pub readable: bool,
    /// The bell is readable.
    pub by_bell: bool,
}

impl Connection {
    /// Starts the stream of a `START_REPLICATION` command.
    ///
    /// # Errors
    /// As [`Connection::query`]; the connection is lost with it.
    pub fn replicate(mut self, sql: &str) -> Result<Replication, Error> {
        self.request(|session| session.query(sql))?;
        let (mut started, mut early) = (false, Vec::new());
        let mut course = Course::default();
        loop {
            let mut take = |message: &Message<'_>| {
                match message {
                    Message::CopyBothResponse(_) => started = true,
                    Message::CopyData(data) => early.push(Box::from(*data)),
                    _ => {}
                }
                Ok(())
            };
            self.step(&mut take, &mut course)?;
            if let Some(failure) = course.failure {
                return Err(failure);
            }
            if started {
                return Ok(Replication {
                    connection: self,
                    early,
                });
            }
            if self.session.is_idle() {
                return Err(Error::new(Kind::Misuse, "the command starts no stream"));
            }
            self.move_bytes(None, false)?;
        }
    }
}

impl Replication {
    /// Waits for something to receive, if that is wanted, for room to send what waits, for `bell`
    /// to be readable, or for the deadline.
    ///
    /// # Errors
    /// If the kernel cannot wait.
    pub fn wait(
        &self,
        receive: bool,
        bell: BorrowedFd<'_>,
        deadline: Instant,
    ) -> Result<Roused, Error> {
        let transport = &self.connection.transport;
        let sending = !self.connection.session.outgoing().is_empty() || transport.wants_write();
        let interest = match (receive, sending) {
            (true, true) => Some(Interest::Both),
            (true, false) => Some(Interest::Readable),
            (false, true) => Some(Interest::Writable),
            (false, false) => None,
        };
        if receive && transport.has_buffered() {
            return Ok(Roused {
                readable: true,
                by_bell: false,
            });
        }
        let waited = wait_beside(transport.as_fd(), interest, bell, deadline);
        let (ready, by_bell) = waited.map_err(|error| Error::io("the connection failed", error))?;
        Ok(Roused {
            readable: receive && ready.readable,
            by_bell,
        })
    }

    /// Queues a message to the server.
    ///
    /// # Errors
    /// None in practice.
    pub fn queue(&mut self, data: &[u8]) -> Result<(), Error> {
        Ok(self.connection.session.copy_data(data)?)
    }

    /// Sends what the kernel takes.
    ///
    /// # Errors
    /// A lost connection.
    pub fn send(&mut self) -> Result<(), Error> {
        let sent = self.connection.send_some().map(drop);
        sent.map_err(|error| Error::io("the connection failed", error))
    }

    /// Receives what is there and hands on each piece; whether the stream goes on.
    ///
    /// # Errors
    /// The server's, or a lost connection. What came before it was handed on.
    pub fn receive(&mut self, mut take: impl FnMut(&[u8])) -> Result<bool, Error> {
        for piece in std::mem::take(&mut self.early) {
            take(&piece);
        }
        let received = self.connection.receive_some();
        let mut course = Course::default();
        let mut take = |message: &Message<'_>| {
            if let Message::CopyData(data) = message {
                take(data);
            }
            Ok(())
        };
        self.connection.step(&mut take, &mut course)?;
        if let Some(failure) = course.failure {
            return Err(failure);
        }
        received.map_err(|error| Error::io("the connection failed", error))?;
        Ok(!self.connection.session.is_idle())
    }

    /// Ends the stream and answers the connection, if the server agrees within `patience`. What it
    /// still sends is let pass.
    #[must_use]
    pub fn end(mut self, patience: Duration) -> Option<Connection> {
        let deadline = Instant::now().checked_add(patience);
        self.connection.session.copy_done().ok()?;
        let mut course = Course::default();
        loop {
            self.connection.step(&mut |_| Ok(()), &mut course).ok()?;
            if self.connection.session.is_idle() {
                return Some(self.connection);
            }
            self.connection.move_bytes(deadline, false).ok()?;
        }
    }
}
