//! Blocking sends and receives under a deadline and an interrupt. IO; used while connecting and for
//! cancel requests, where both matter and speed does not.

use std::io;
use std::time::Instant;

use howdah_wire::backend::Message;

use crate::error::{Error, Kind};
use crate::transport::Transport;
use crate::wait::Interest;
use crate::{Handshake, HandshakeError, Interrupt, Progress, ServerError, Session};

/// A transport that never blocks for longer than it may.
pub(crate) struct Guarded<'a> {
    pub(crate) transport: &'a mut Transport,
    pub(crate) deadline: Option<Instant>,
    pub(crate) interrupt: &'a Interrupt,
}

impl Guarded<'_> {
    /// Sends all of `bytes`.
    pub(crate) fn send_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let sent = self.retry(Interest::Writable, |transport| transport.send(bytes))?;
            bytes = bytes.get(sent..).unwrap_or_default();
        }
        while self.transport.wants_write() {
            self.retry(Interest::Writable, Transport::flush_pending)?;
        }
        Ok(())
    }

    /// Receives at least one byte; 0 is the end of the stream.
    pub(crate) fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.retry(Interest::Readable, |transport| transport.try_receive(into))
    }

    /// Carries the TLS handshake to its end.
    pub(crate) fn shake_tls(&mut self) -> io::Result<()> {
        loop {
            match self.transport.shake_hands() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let sending = self.transport.wants_write();
                    let interest = if sending {
                        Interest::Both
                    } else {
                        Interest::Readable
                    };
                    self.transport
                        .wait_or(interest, self.deadline, self.interrupt)?;
                }
                outcome => return outcome,
            }
        }
    }

    fn retry<T>(
        &mut self,
        interest: Interest,
        mut attempt: impl FnMut(&mut Transport) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match attempt(self.transport) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.transport
                        .wait_or(interest, self.deadline, self.interrupt)?;
                }
                Err(error)
                    if error.kind() == io::ErrorKind::Interrupted
                        && !self.interrupt.ends_on_signal() => {}
                outcome => return outcome,
            }
        }
    }

    /// Carries a handshake to its end.
    pub(crate) fn shake_hands(
        &mut self,
        mut handshake: Handshake,
    ) -> Result<(Session, Vec<ServerError>), ShakeError> {
        loop {
            let outgoing = handshake.outgoing().len();
            self.send_all(handshake.outgoing())?;
            handshake.sent(outgoing);
            match self.receive(handshake.spare())? {
                0 => return Err(ShakeError::Io(closed())),
                received => handshake.fed(received),
            }
            match handshake.advance()? {
                Progress::Waiting(next) => handshake = next,
                Progress::Ready(session, notices) => return Ok((session, notices)),
            }
        }
    }

    /// Asks a simple query and answers the first value of the first row.
    pub(crate) fn ask(&mut self, session: &mut Session, sql: &str) -> Result<String, Error> {
        session.query(sql)?;
        let outgoing = session.outgoing().len();
        self.send_all(session.outgoing())
            .map_err(|error| Error::io("cannot send", error))?;
        session.sent(outgoing);
        let mut value = String::new();
        loop {
            match session.next_event()? {
                Some(Message::DataRow(row)) => {
                    let text = row.values().value()?.unwrap_or_default();
                    value = String::from_utf8_lossy(text).into_owned();
                }
                Some(Message::ErrorResponse(fields)) => {
                    return Err(Error::from_server(Box::new(fields.to_owned())));
                }
                Some(Message::ReadyForQuery(_)) => return Ok(value),
                Some(_) => {}
                None => match self.receive(session.spare()) {
                    Ok(0) => return Err(Error::io("cannot receive", closed())),
                    Ok(received) => session.fed(received),
                    Err(error) => return Err(Error::io("cannot receive", error)),
                },
            }
        }
    }
}

/// Why a handshake failed.
pub(crate) enum ShakeError {
    Io(io::Error),
    Handshake(HandshakeError),
}

impl From<io::Error> for ShakeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<HandshakeError> for ShakeError {
    fn from(error: HandshakeError) -> Self {
        Self::Handshake(error)
    }
}

impl From<ShakeError> for Error {
    fn from(error: ShakeError) -> Self {
        match error {
            ShakeError::Handshake(error) => error.into(),
            ShakeError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => Self::new(
                Kind::Io,
                "the server closed the connection during the login",
            )
            .with_hint("the server's log says why")
            .with_source(error),
            ShakeError::Io(error) => Self::io("the login failed", error),
        }
    }
}

pub(crate) fn closed() -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the server closed the connection",
    )
}
