//! An established session: a queue of requests and the answers that belong to them.
//!
//! Requests are appended to the outbox and, at the same time, to the queue of what is expected.
//! Each message from the server must be an answer to the front of that queue; the exceptions are
//! the three that a server may send at any time (ParameterStatus, NoticeResponse,
//! NotificationResponse) and the error with which it ends a session.
//!
//! Invariant: `expected` holds exactly the requests that the server has not answered completely.
//! After an ErrorResponse to an extended request the server skips everything up to the next Sync
//! (PostgreSQL 18 documentation, 54.2.3), so those requests leave the queue unanswered.

use std::collections::BTreeMap;

use crate::backend::{DataRow, Message};
use crate::expected::{Expected, Queue, Stray};
use crate::frontend::{self, Target};
use crate::{Error, Inbox, Oid, Outbox};

/// Whether a transaction block is open, as the last ReadyForQuery said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransactionStatus {
    /// No transaction block is open.
    #[default]
    Idle,
    /// A transaction block is open.
    InTransaction,
    /// A transaction block is open and has failed: only its end is accepted.
    Failed,
}

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProtocolVersion {
    /// Always 3 today.
    pub major: u16,
    /// 0 for servers up to 17, 2 for newer ones.
    pub minor: u16,
}

impl ProtocolVersion {
    /// Spoken by every supported server.
    pub const V3_0: Self = Self { major: 3, minor: 0 };
    /// Spoken since PostgreSQL 18: cancel keys of more than four bytes.
    pub const V3_2: Self = Self { major: 3, minor: 2 };
}

/// What a CancelRequest must carry. Its secret never shows in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct CancelKey {
    /// The server process of the session.
    pub process_id: i32,
    /// 4 bytes up to protocol 3.0, up to 256 since.
    pub secret: Box<[u8]>,
}

impl std::fmt::Debug for CancelKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "CancelKey {{ process_id: {}, secret: *** }}",
            self.process_id
        )
    }
}

/// The part of a Bind message that is the same for each execution of a statement.
#[derive(Debug, Clone)]
pub struct BindHead {
    head: Box<[u8]>,
    result_formats: Box<[u8]>,
}

impl BindHead {
    /// Prepares Bind of `statement` to `portal`. Formats are 0 for text and 1 for binary, each
    /// list empty (all text), of one member (for all) or with one for each value.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a zero byte in a name or more than 65535 values.
    pub fn new(
        portal: &str,
        statement: &str,
        parameter_formats: &[i16],
        parameters: usize,
        result_formats: &[i16],
    ) -> Result<Self, Error> {
        let mut head = vec![b'B', 0, 0, 0, 0];
        frontend::bind_head(&mut head, portal, statement, parameter_formats, parameters)?;
        let count = u16::try_from(result_formats.len())
            .map_err(|_| Error::Misuse("a result has at most 65535 columns"))?;
        let formats = result_formats
            .iter()
            .flat_map(|format| format.to_be_bytes());
        let result_formats = count.to_be_bytes().into_iter().chain(formats).collect();
        Ok(Self {
            head: head.into(),
            result_formats,
        })
    }
}

/// An established session, without its socket.
#[derive(Debug)]
pub struct Session {
    inbox: Inbox,
    outbox: Outbox,
    expected: Queue,
    /// An extended request failed and its Sync was not requested yet.
    skipping: bool,
    /// Extended requests were made since the last Sync.
    open_unit: bool,
    status: TransactionStatus,
    parameters: BTreeMap<String, String>,
    cancel_key: Option<CancelKey>,
    version: ProtocolVersion,
}

impl Session {
    /// The session that a handshake has established: its inbox with what was received beyond the
    /// handshake, and what the server said of itself.
    #[must_use]
    pub fn new(
        mut inbox: Inbox,
        version: ProtocolVersion,
        parameters: BTreeMap<String, String>,
        cancel_key: Option<CancelKey>,
    ) -> Self {
        inbox.lift_limit();
        Self {
            inbox,
            outbox: Outbox::default(),
            expected: Queue::default(),
            skipping: false,
            open_unit: false,
            status: TransactionStatus::Idle,
            parameters,
            cancel_key,
            version,
        }
    }

    /// Room for received bytes; never empty.
    #[inline]
    pub fn spare(&mut self) -> &mut [u8] {
        self.inbox.spare()
    }

    /// Says that `count` bytes were received into [`Session::spare`].
    #[inline]
    pub fn fed(&mut self, count: usize) {
        self.inbox.fed(count);
    }

    /// Whether a message has arrived in part, or has not been asked for yet.
    #[must_use]
    pub const fn has_unread(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// Bytes that wait to be sent.
    #[inline]
    #[must_use]
    pub fn outgoing(&self) -> &[u8] {
        self.outbox.outgoing()
    }

    /// Says that the first `count` bytes of [`Session::outgoing`] were sent.
    #[inline]
    pub fn sent(&mut self, count: usize) {
        self.outbox.sent(count);
    }

    /// Whether the server owes no answer and no unit of requests is open.
    #[inline]
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.expected.is_settled() && !self.open_unit
    }

    /// Whether extended requests were made since the last Sync.
    #[must_use]
    pub const fn has_open_unit(&self) -> bool {
        self.open_unit
    }

    /// The transaction status that the last ReadyForQuery told.
    #[inline]
    #[must_use]
    pub const fn status(&self) -> TransactionStatus {
        self.status
    }

    /// The last value that the server reported for a setting.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// All settings that the server reports, by name.
    #[must_use]
    pub const fn parameters(&self) -> &BTreeMap<String, String> {
        &self.parameters
    }

    /// The key that cancels this session's statements, if the server gave one.
    #[must_use]
    pub const fn cancel_key(&self) -> Option<&CancelKey> {
        self.cancel_key.as_ref()
    }

    /// The version of the protocol that was agreed on.
    #[must_use]
    pub const fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// The next message, or `None` until more bytes are fed.
    ///
    /// # Errors
    /// Any error means that the two sides no longer agree: the connection must be dropped.
    #[inline]
    pub fn next_event(&mut self) -> Result<Option<Message<'_>>, Error> {
        if self.expected.front() == Some(Expected::Stray) {
            self.settle_stray()?;
        }
        let Some(frame) = self.inbox.frame()? else {
            return Ok(None);
        };
        let message = Message::parse(frame.kind, frame.body)?;
        match message {
            Message::ParameterStatus(name, value) => {
                let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                self.parameters.insert(text(name), text(value));
            }
            Message::NoticeResponse(_) | Message::NotificationResponse(_) => {}
            Message::ErrorResponse(_) => {
                // without a request: the server ends the session (57P01 and others)
                // `message` borrows the inbox, so not `self.end_copy_in()`
                if self.expected.end_copy_in() {
                    frontend::sync(self.outbox.buffer());
                }
                self.skipping = self.expected.skip_to_sync();
            }
            Message::ReadyForQuery(status) => {
                self.expected.step(&message)?;
                self.status = status;
            }
            _ => self.expected.step(&message)?,
        }
        Ok(Some(message))
    }

    /// The next row, if a row is the next message and rows were asked for: the short way for
    /// results of many rows. Whatever else comes next is left for [`Session::next_event`].
    ///
    /// # Errors
    /// As [`Session::next_event`].
    #[inline]
    pub fn next_row(&mut self) -> Result<Option<DataRow<'_>>, Error> {
        match self.expected.front() {
            Some(Expected::Execute | Expected::Query) => {}
            _ => return Ok(None),
        }
        self.inbox.frame_of(b'D').map(DataRow::parse).transpose()
    }

    /// The next piece of a COPY to the client, if one is the next message: the short way for a COPY
    /// of many rows. Whatever else comes next is left for [`Session::next_event`].
    #[inline]
    pub fn next_copy_data(&mut self) -> Option<&[u8]> {
        match self.expected.front() {
            Some(Expected::Execute | Expected::Query) => self.inbox.frame_of(b'd'),
            _ => None,
        }
    }

    /// Requests a simple query: one or more statements, answered in text.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a zero byte in the text, or within an open unit of extended requests.
    pub fn query(&mut self, sql: &str) -> Result<(), Error> {
        if self.open_unit {
            return Err(Error::Misuse(
                "a simple query within a unit of extended requests",
            ));
        }
        frontend::query(self.outbox.buffer(), sql)?;
        self.expected.push(Expected::Query);
        Ok(())
    }

    /// Requests that a statement be prepared; types of 0 or left out are the server's choice.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a zero byte in a text or more than 65535 types.
    pub fn parse(&mut self, statement: &str, sql: &str, types: &[Oid]) -> Result<(), Error> {
        frontend::parse(self.outbox.buffer(), statement, sql, types)?;
        self.expect(Expected::Parse);
        Ok(())
    }

    /// Requests the description of a statement or portal.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a zero byte in the name.
    pub fn describe(&mut self, what: Target<'_>) -> Result<(), Error> {
        frontend::describe(self.outbox.buffer(), what)?;
        self.expect(match what {
            Target::Statement(_) => Expected::Parameters,
            Target::Portal(_) => Expected::Columns,
        });
        Ok(())
    }

    /// Requests that a statement be bound to parameters. `write` appends each parameter with its
    /// length ([`BindHead::new`] was told how many); if it fails, nothing was requested.
    ///
    /// # Errors
    /// What `write` answered, or [`Error::Misuse`] for more than 2 GiB.
    #[inline]
    pub fn bind<E: From<Error>>(
        &mut self,
        head: &BindHead,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.outbox.position();
        self.outbox.buffer().extend_from_slice(&head.head);
        if let Err(error) = write(self.outbox.buffer()) {
            self.outbox.truncate(start);
            return Err(error);
        }
        self.outbox.buffer().extend_from_slice(&head.result_formats);
        if !self.outbox.patch_length(start + 1) {
            self.outbox.truncate(start);
            return Err(Error::Misuse("the parameters of one statement exceed 2 GiB").into());
        }
        self.expect(Expected::Bind);
        Ok(())
    }

    /// Requests a portal's rows; with `max_rows` over 0 the server pauses after so many.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a zero byte in the name.
    #[inline]
    pub fn execute(&mut self, portal: &str, max_rows: u32) -> Result<(), Error> {
        frontend::execute(self.outbox.buffer(), portal, max_rows)?;
        self.expect(Expected::Execute);
        Ok(())
    }

    /// Requests that the server forget a statement or portal.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a zero byte in the name.
    pub fn close(&mut self, what: Target<'_>) -> Result<(), Error> {
        frontend::close(self.outbox.buffer(), what)?;
        self.expect(Expected::Close);
        Ok(())
    }

    /// Ends the unit of requests; the server commits it unless a transaction block is open.
    #[inline]
    pub fn sync(&mut self) {
        frontend::sync(self.outbox.buffer());
        self.expected.push(Expected::Sync);
        self.skipping = false;
        self.open_unit = false;
    }

    /// Makes the open unit fail, so that it cannot commit what it has done so far: the server is
    /// asked for a portal that does not exist. Without an open unit, nothing is requested.
    ///
    /// # Errors
    /// None in practice.
    pub fn fail_unit(&mut self) -> Result<(), Error> {
        if !self.open_unit {
            return Ok(());
        }
        self.describe(Target::Portal("howdah_gave_this_unit_up"))
    }

    /// Asks for the answers so far without ending the unit.
    pub fn flush(&mut self) {
        frontend::flush(self.outbox.buffer());
    }

    /// Sends a piece of a COPY to the server.
    ///
    /// # Errors
    /// [`Error::Misuse`] for more than 2 GiB.
    pub fn copy_data(&mut self, data: &[u8]) -> Result<(), Error> {
        frontend::copy_data(self.outbox.buffer(), data)
    }

    /// Sends a piece of a COPY that `write` appends; if it fails, nothing is sent.
    ///
    /// # Errors
    /// What `write` answered, or [`Error::Misuse`] for more than 2 GiB.
    pub fn copy_data_with<E: From<Error>>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.outbox.position();
        self.outbox.buffer().extend_from_slice(&[b'd', 0, 0, 0, 0]);
        let written = write(self.outbox.buffer());
        let written = match written {
            Ok(()) if !self.outbox.patch_length(start + 1) => {
                Err(Error::Misuse("a piece of COPY exceeds 2 GiB").into())
            }
            other => other,
        };
        if written.is_err() {
            self.outbox.truncate(start);
        }
        written
    }

    /// Ends a COPY to the server. A Sync that was requested before is sent again, for a server
    /// that is copying ignores it.
    ///
    /// # Errors
    /// None in practice.
    pub fn copy_done(&mut self) -> Result<(), Error> {
        frontend::copy_done(self.outbox.buffer())?;
        self.end_copy_in();
        Ok(())
    }

    /// Gives up a COPY to the server, whose error will quote `reason`. A Sync that was requested
    /// before is sent again, for a server that is copying ignores it.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a zero byte in the reason.
    pub fn copy_fail(&mut self, reason: &str) -> Result<(), Error> {
        frontend::copy_fail(self.outbox.buffer(), reason)?;
        self.end_copy_in();
        Ok(())
    }

    /// Says goodbye; nothing may be requested after it.
    pub fn terminate(&mut self) {
        frontend::terminate(self.outbox.buffer());
    }

    fn end_copy_in(&mut self) {
        if self.expected.end_copy_in() {
            frontend::sync(self.outbox.buffer());
        }
    }

    /// Takes a ReadyForQuery that nobody waits for out of the way.
    #[cold]
    fn settle_stray(&mut self) -> Result<(), Error> {
        let Some(next) = self.inbox.next_kind() else {
            return Ok(());
        };
        if self.expected.meet_stray(next) == Stray::Absent {
            return Ok(());
        }
        if let Some(frame) = self.inbox.frame()? {
            Message::parse(frame.kind, frame.body)?;
            self.expected.pass_stray();
        }
        Ok(())
    }

    #[inline]
    fn expect(&mut self, answer: Expected) {
        self.open_unit = true;
        if !self.skipping {
            self.expected.push(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session::new(
            Inbox::default(),
            ProtocolVersion::V3_0,
            BTreeMap::new(),
            None,
        )
    }

    fn feed(session: &mut Session, bytes: &[u8]) {
        session.spare()[..bytes.len()].copy_from_slice(bytes);
        session.fed(bytes.len());
    }

    fn names(session: &mut Session) -> Result<Vec<&'static str>, Error> {
        let mut names = Vec::new();
        while let Some(event) = session.next_event()? {
            names.push(event.name());
        }
        Ok(names)
    }

    const PARSED: &[u8] = b"1\0\0\0\x04";
    const READY: &[u8] = b"Z\0\0\0\x05I";
    const ERROR: &[u8] = b"E\0\0\0\x0cC22012\0\0";

    #[test]
    fn an_error_skips_the_rest_of_its_unit_only() {
        let mut session = session();
        session.parse("", "select 1/0", &[]).unwrap();
        session.execute("", 0).unwrap();
        session.sync();
        session.parse("", "select 1", &[]).unwrap();
        session.sync();
        feed(&mut session, &[ERROR, READY, PARSED, READY].concat());
        let expected = [
            "ErrorResponse",
            "ReadyForQuery",
            "ParseComplete",
            "ReadyForQuery",
        ];
        assert_eq!(names(&mut session).unwrap(), expected);
        assert!(session.is_idle());
    }

    #[test]
    fn requests_after_an_error_wait_for_nothing_until_sync() {
        let mut session = session();
        session.parse("", "x", &[]).unwrap();
        session.flush();
        feed(&mut session, ERROR);
        assert_eq!(names(&mut session).unwrap(), ["ErrorResponse"]);
        session.execute("", 0).unwrap();
        assert!(!session.is_idle());
        session.sync();
        feed(&mut session, READY);
        assert_eq!(names(&mut session).unwrap(), ["ReadyForQuery"]);
        assert!(session.is_idle());
    }

    #[test]
    fn an_answer_without_a_request_is_an_error() {
        let mut session = session();
        feed(&mut session, PARSED);
        assert!(matches!(
            session.next_event(),
            Err(Error::Unexpected { .. })
        ));
    }

    #[test]
    fn failed_parameters_leave_no_request() {
        let mut session = session();
        let head = BindHead::new("", "s", &[1], 1, &[1]).unwrap();
        let refused = session.bind(&head, |out| {
            out.push(0);
            Err(Error::Misuse("no"))
        });
        assert_eq!(refused, Err(Error::Misuse("no")));
        assert!(session.is_idle() && session.outgoing().is_empty());
    }

    #[test]
    fn only_an_open_unit_is_made_to_fail() {
        let mut session = session();
        session.fail_unit().unwrap();
        assert!(session.is_idle() && session.outgoing().is_empty());
        session.parse("", "select 1", &[]).unwrap();
        session.fail_unit().unwrap();
        session.sync();
        feed(&mut session, &[PARSED, ERROR, READY].concat());
        let expected = ["ParseComplete", "ErrorResponse", "ReadyForQuery"];
        assert_eq!(names(&mut session).unwrap(), expected);
        assert!(session.is_idle());
    }

    #[test]
    fn a_farewell_needs_no_request() {
        let mut session = session();
        feed(&mut session, ERROR);
        assert_eq!(names(&mut session).unwrap(), ["ErrorResponse"]);
    }
}
