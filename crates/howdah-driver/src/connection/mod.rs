//! A small blocking connection for Rust: queries as text, COPY, notifications, cancel.
//!
//! IO: its socket. Callers: howdah's other crates (`server`, `schema`, `audit`, `cli`); Python has
//! movers of its own. Invariants: after any error but a lost connection, a broken protocol or a
//! server that does not heed a cancel, the connection is ready for the next statement; after one of
//! those it is closed and every call says so.

mod copy;
mod replication;
mod rows;

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use howdah_wire::backend::Message;
use howdah_wire::frontend::Target;
use howdah_wire::{BindHead, Session, TransactionStatus};

pub use replication::{Replication, Roused};
pub use rows::{Row, Rows};

use crate::connect::{Established, Peer, closed, establish};
use crate::error::{Error, Kind};
use crate::transport::Transport;
use crate::wait::Interest;
use crate::{Canceller, Config, Interrupt, ServerError};
use rows::Collector;

/// A message of NOTIFY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The channel.
    pub channel: String,
    /// The text that was sent along, which may be empty.
    pub payload: String,
    /// The server process of the session that sent it.
    pub process_id: i32,
}

/// Called with each notice of the server.
type NoticeHandler = Box<dyn FnMut(&ServerError) + Send>;

/// A connection to a server. It blocks; [`Connection::close`] says goodbye, dropping it does too,
/// if the kernel takes the message at once.
pub struct Connection {
    transport: Transport,
    session: Session,
    peer: Peer,
    canceller: Option<Canceller>,
    interrupt: Interrupt,
    timeout: Option<Duration>,
    on_notice: Option<NoticeHandler>,
    notifications: VecDeque<Notification>,
    open: bool,
}

/// How far the running statements are.
#[derive(Default)]
struct Course {
    /// The server waits for CopyData.
    copying: bool,
    /// The first error.
    failure: Option<Error>,
}

/// Whether a COPY to the server goes on.
enum Feed {
    More,
    Done,
}

/// How long a server may take to end a statement that it was told to cancel.
const CANCEL_PATIENCE: Duration = Duration::from_secs(5);

impl Connection {
    /// Connects as `dsn` says (see [`Config::parse`]).
    ///
    /// # Errors
    /// As [`Config::parse`] and [`establish`].
    pub fn connect(dsn: &str, application_name: &str) -> Result<Self, Error> {
        let config = Config::parse(Some(dsn), [], application_name)?;
        Self::establish(&config, Interrupt::never())
    }

    /// Connects; `interrupt` ends this and every later wait.
    ///
    /// # Errors
    /// As [`establish`].
    pub fn establish(config: &Config, interrupt: Interrupt) -> Result<Self, Error> {
        let Established {
            transport,
            session,
            peer,
            canceller,
            ..
        } = establish(config, &interrupt)?;
        Ok(Self {
            transport,
            session,
            peer,
            canceller,
            interrupt,
            timeout: None,
            on_notice: None,
            notifications: VecDeque::new(),
            open: true,
        })
    }

    /// Limits each statement from now on: after `timeout` it is cancelled and fails with
    /// [`Kind::Timeout`].
    pub fn set_timeout(&mut self, timeout: Option<Duration>) {
        self.timeout = timeout;
    }

    /// Calls `handler` with each notice from now on.
    pub fn on_notice(&mut self, handler: impl FnMut(&ServerError) + Send + 'static) {
        self.on_notice = Some(Box::new(handler));
    }

    /// Runs `sql`, which may hold several statements, and answers the last one's rows as text.
    ///
    /// # Errors
    /// The server's, [`Kind::Timeout`], [`Kind::Interrupted`], or a lost connection.
    pub fn query(&mut self, sql: &str) -> Result<Rows, Error> {
        self.request(|session| session.query(sql))?;
        self.collect()
    }

    /// Runs one statement with parameters `$1`, `$2` … as text, of the types that it implies.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub fn query_with(&mut self, sql: &str, parameters: &[Option<&str>]) -> Result<Rows, Error> {
        let head = BindHead::new("", "", &[], parameters.len(), &[])?;
        self.request(|session| {
            session.parse("", sql, &[])?;
            session.bind(&head, |out| append_values(out, parameters))?;
            session.describe(Target::Portal(""))?;
            session.execute("", 0)?;
            session.sync();
            Ok(())
        })?;
        self.collect()
    }

    /// Runs `sql` and answers how many rows its last statement affected (0 where that says
    /// nothing).
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub fn execute(&mut self, sql: &str) -> Result<u64, Error> {
        Ok(self.query(sql)?.affected().unwrap_or(0))
    }

    /// The next notification, from those that have arrived or within `timeout`.
    ///
    /// # Errors
    /// [`Kind::Interrupted`], or a lost connection.
    pub fn notification(&mut self, timeout: Duration) -> Result<Option<Notification>, Error> {
        self.check_open()?;
        let deadline = Instant::now().checked_add(timeout);
        loop {
            self.drain()?;
            if let Some(notification) = self.notifications.pop_front() {
                return Ok(Some(notification));
            }
            match self.move_bytes(deadline, false) {
                Ok(()) => {}
                Err(error) if error.kind() == Kind::Timeout => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Cancels this connection's statements from another thread; `None` if the server gave no key.
    #[must_use]
    pub fn canceller(&self) -> Option<Canceller> {
        self.canceller.clone()
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether TLS protects it.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.transport.is_tls()
    }

    /// The last value that the server reported for a setting.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.session.parameter(name)
    }

    /// Whether a transaction block is open.
    #[must_use]
    pub fn transaction_status(&self) -> TransactionStatus {
        self.session.status()
    }

    /// Ends the session and waits until the server has closed the connection, for at most
    /// `timeout`.
    pub fn close(mut self, timeout: Duration) {
        let deadline = Instant::now().checked_add(timeout);
        self.session.terminate();
        // what still comes is of no interest, only the end is
        while self.move_bytes(deadline, false).is_ok() && self.drain().is_ok() {}
        self.open = false;
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.open {
            return Ok(());
        }
        Err(Error::new(Kind::Misuse, "the connection is closed"))
    }

    fn request(
        &mut self,
        make: impl FnOnce(&mut Session) -> Result<(), howdah_wire::Error>,
    ) -> Result<(), Error> {
        self.check_open()?;
        make(&mut self.session).map_err(Error::from)
    }

    /// Runs what was requested and collects its rows.
    fn collect(&mut self) -> Result<Rows, Error> {
        let mut collector = Collector::default();
        self.run(
            |message| collector.take(message),
            |_| {
                Err(Error::new(
                    Kind::Misuse,
                    "COPY … FROM STDIN needs `copy_in`",
                ))
            },
        )?;
        Ok(collector.finish())
    }

    /// Moves bytes until every request is answered, with `feed` for a COPY to the server; the first
    /// error is told at the end.
    fn run(
        &mut self,
        mut take: impl FnMut(&Message<'_>) -> Result<(), Error>,
        mut feed: impl FnMut(&mut Session) -> Result<Feed, Error>,
    ) -> Result<(), Error> {
        let deadline = self
            .timeout
            .and_then(|timeout| Instant::now().checked_add(timeout));
        let mut course = Course::default();
        loop {
            self.step(&mut take, &mut course)?;
            if self.session.is_idle() {
                return course.failure.map_or(Ok(()), Err);
            }
            if course.copying && self.session.outgoing().is_empty() {
                self.feed(&mut feed, &mut course)?;
            }
            if let Err(error) = self.move_bytes(deadline, course.copying) {
                return Err(self.give_up(error, course.failure));
            }
        }
    }

    /// Gives the server the next piece of a COPY.
    fn feed(
        &mut self,
        feed: &mut impl FnMut(&mut Session) -> Result<Feed, Error>,
        course: &mut Course,
    ) -> Result<(), Error> {
        match feed(&mut self.session) {
            Ok(Feed::More) => {}
            Ok(Feed::Done) => course.copying = false,
            Err(error) => {
                self.session.copy_fail(error.message())?;
                course.copying = false;
                course.failure.get_or_insert(error);
            }
        }
        Ok(())
    }

    /// Handles the messages that have arrived.
    fn step(
        &mut self,
        take: &mut impl FnMut(&Message<'_>) -> Result<(), Error>,
        course: &mut Course,
    ) -> Result<(), Error> {
        loop {
            let message = match self.session.next_event() {
                Ok(Some(message)) => message,
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.open = false;
                    return Err(error.into());
                }
            };
            let taken = match message {
                Message::ErrorResponse(fields) => {
                    // it ends a COPY too: what is still sent is skipped
                    course.copying = false;
                    Err(Error::from_server(Box::new(fields.to_owned())))
                }
                Message::NoticeResponse(fields) => {
                    if let Some(handler) = &mut self.on_notice {
                        handler(&fields.to_owned());
                    }
                    Ok(())
                }
                Message::NotificationResponse(it) => {
                    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                    let (channel, payload) = (text(it.channel), text(it.payload));
                    let process_id = it.process_id;
                    self.notifications.push_back(Notification {
                        channel,
                        payload,
                        process_id,
                    });
                    Ok(())
                }
                message => {
                    course.copying |= matches!(message, Message::CopyInResponse(_));
                    take(&message)
                }
            };
            if let Err(error) = taken {
                course.failure.get_or_insert(error);
            }
        }
    }

    /// Handles messages that no request waits for.
    fn drain(&mut self) -> Result<(), Error> {
        let mut course = Course::default();
        self.step(&mut |_| Ok(()), &mut course)?;
        course.failure.map_or(Ok(()), Err)
    }

    /// Sends what the kernel takes, and waits for something to receive, or for room to send if
    /// there is `more`.
    fn move_bytes(&mut self, deadline: Option<Instant>, more: bool) -> Result<(), Error> {
        self.exchange(deadline, more).map_err(|error| {
            let kind = error.kind();
            if !matches!(kind, io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) {
                self.open = false;
            }
            Error::io("the connection failed", error)
        })
    }

    fn exchange(&mut self, deadline: Option<Instant>, more: bool) -> io::Result<()> {
        let sending = match self.send_some() {
            Ok(left) => left || more,
            // a server that ends a session says why first, and that may wait to be received
            Err(error) => {
                let received = self.receive_some()?;
                return if received > 0 { Ok(()) } else { Err(error) };
            }
        };
        let interest = if sending {
            Interest::Both
        } else {
            Interest::Readable
        };
        let ready = self
            .transport
            .wait_or(interest, deadline, &self.interrupt)?;
        if ready.readable {
            self.receive_some()?;
        }
        Ok(())
    }

    /// Receives what has arrived, which may be nothing.
    fn receive_some(&mut self) -> io::Result<usize> {
        match self.transport.try_receive(self.session.spare()) {
            Ok(0) => Err(closed()),
            Ok(received) => {
                self.session.fed(received);
                Ok(received)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Sends what the kernel takes; whether something is left.
    fn send_some(&mut self) -> io::Result<bool> {
        loop {
            let outgoing = self.session.outgoing();
            let sent = match (outgoing.is_empty(), self.transport.wants_write()) {
                (true, false) => return Ok(false),
                (true, true) => self.transport.flush_pending().map(|()| 0),
                (false, _) => self.transport.send(outgoing),
            };
            match sent {
                Ok(sent) => self.session.sent(sent),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }

    /// After a wait that ended early: cancels the statement and brings the connection back to
    /// where it can be used, or closes it. A FATAL error that came before the end of the stream
    /// says more than that end.
    fn give_up(&mut self, error: Error, failure: Option<Error>) -> Error {
        if !self.open {
            return failure.unwrap_or(error);
        }
        let deadline = Instant::now().checked_add(CANCEL_PATIENCE);
        // the interrupt has had its say; from here on the deadline alone counts
        let interrupt = std::mem::take(&mut self.interrupt);
        let cancel = |it: &Canceller| it.cancel(CANCEL_PATIENCE, &Interrupt::never());
        let cancelled = self.canceller.as_ref().is_some_and(|it| cancel(it).is_ok());
        if !cancelled || !self.settle(deadline) {
            self.open = false;
            self.transport.shutdown();
        }
        self.interrupt = interrupt;
        error
    }

    /// Waits until the cancelled statement has ended.
    fn settle(&mut self, deadline: Option<Instant>) -> bool {
        let mut course = Course::default();
        loop {
            if self.step(&mut |_| Ok(()), &mut course).is_err() {
                return false;
            }
            if self.session.is_idle() {
                return true;
            }
            if self.move_bytes(deadline, false).is_err() {
                return false;
            }
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.open {
            self.session.terminate();
            let _ = self.send_some();
        }
    }
}

fn append_values(out: &mut Vec<u8>, parameters: &[Option<&str>]) -> Result<(), howdah_wire::Error> {
    for parameter in parameters {
        let length = parameter.map_or(Ok(-1), |text| i32::try_from(text.len()));
        let length = length.map_err(|_| howdah_wire::Error::Misuse("a parameter exceeds 2 GiB"))?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(parameter.unwrap_or_default().as_bytes());
    }
    Ok(())
}
