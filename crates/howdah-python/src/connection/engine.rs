//! The engine of a connection: runs one operation at a time over a session.
//!
//! No IO: whoever moves the bytes calls [`Engine::begin`], sends what is outgoing, feeds what
//! arrives and calls [`Engine::advance`] until it answers the result.
//!
//! Invariant: an operation that fails or is given up while the server still owes answers is replaced
//! by `Drain`, so that the next operation begins on an idle session.

use std::sync::Arc;

use howdah_wire::backend::{Message, ServerError};
use howdah_wire::{Session, TransactionStatus};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::faults;
use super::operations::{Batch, Context, Drain, Flow, Operation, Reception, Signal, scope};
use super::prelude::{self, Prelude};
use super::schema::SchemaWatch;
use super::state::{Loss, Remark, State};
use super::statement::Statements;
use crate::types::{Catalogue, Settings};

/// What an operation came to.
pub(crate) type Outcome = PyResult<Py<PyAny>>;

/// A connection without its socket.
pub(crate) struct Engine {
    session: Session,
    statements: Statements,
    catalogue: Arc<Catalogue>,
    settings: Arc<Settings>,
    state: Arc<State>,
    operation: Option<Box<dyn Operation>>,
    /// What begins, the last first, when what must come before it has ended: a stream that was
    /// dropped in the middle, a pipeline's statements, or commands that cannot travel with it.
    following: Vec<Box<dyn Operation>>,
    /// The commands that travel ahead of the operation, until they are answered.
    prelude: Option<Prelude>,
    /// The operation has failed or was given up; what is awaited is the end of its answers.
    giving_up: bool,
    remarks: Vec<Remark>,
    /// Nobody waits for the operation: it was sent ahead of whatever comes next.
    unattended: bool,
    /// The error with which the server announced the end of the session.
    farewell: Option<ServerError>,
    /// The session's `client_encoding` was changed: texts would be taken for other ones.
    foreign_encoding: bool,
    schema: SchemaWatch,
}

impl Engine {
    pub(crate) fn new(
        session: Session,
        statement_cache_size: usize,
        catalogue: Arc<Catalogue>,
        state: Arc<State>,
    ) -> Self {
        state.set_parameters(&session);
        Self {
            session,
            statements: Statements::new(statement_cache_size),
            catalogue,
            settings: state.settings(),
            state,
            operation: None,
            following: Vec::new(),
            prelude: None,
            giving_up: false,
            unattended: false,
            remarks: Vec::new(),
            farewell: None,
            foreign_encoding: false,
            schema: SchemaWatch::default(),
        }
    }

    pub(crate) const fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// What the server said of the statement `sql` when it prepared it last; None where it is not
    /// prepared.
    pub(crate) fn described(
        &self,
        py: Python<'_>,
        sql: &Bound<'_, PyString>,
    ) -> PyResult<Option<Py<PyAny>>> {
        let statement = self.statements.peek(sql)?;
        statement
            .map(|statement| statement.described(py))
            .transpose()
    }

    /// Whether an operation is under way.
    pub(crate) const fn is_busy(&self) -> bool {
        self.operation.is_some()
    }

    /// Whether a COPY to the client is open, of which a part may wait for its reader.
    pub(crate) fn is_copying(&self) -> bool {
        self.state.is_copying()
    }

    /// Whether an operation is under way that nobody waits for.
    pub(crate) const fn is_unattended(&self) -> bool {
        self.unattended
    }

    /// Starts an operation that nobody waits for; what it changes is no change of the session.
    pub(crate) fn begin_unattended(
        &mut self,
        py: Python<'_>,
        operation: Box<dyn Operation>,
    ) -> Option<Outcome> {
        let ended = self.begin(py, operation);
        self.unattended = ended.is_none();
        self.state.set_busy(false);
        ended
    }

    /// Starts an operation; answers its result if it ended at once: as an error where another operation
    /// is under way, or a stream holds the connection.
    pub(crate) fn begin(
        &mut self,
        py: Python<'_>,
        operation: Box<dyn Operation>,
    ) -> Option<Outcome> {
        if let Err(refusal) = self.admit(py, operation.as_ref()) {
            return Some(Err(refusal));
        }
        self.take_settings();
        self.state.set_busy(true);
        if !self.is_open() {
            return self.launch(py, operation);
        }
        if operation.continues_unit() {
            // what waits for a statement waits for one that comes after the stream
            return self.start(py, operation);
        }
        self.following.push(operation);
        self.start(py, Box::new(Drain::new(None)))
    }

    /// Refuses an operation that cannot begin now.
    #[inline]
    fn admit(&self, py: Python<'_>, operation: &dyn Operation) -> PyResult<()> {
        if self.operation.is_some() {
            let message = "another operation is in progress on this connection";
            return Err(faults::fault(py, "InterfaceError", message));
        }
        if self.foreign_encoding && !operation.is_plain(py) {
            return Err(foreign_encoding(py));
        }
        if !self.is_open() || operation.continues_unit() || self.state.stream_was_dropped() {
            return Ok(());
        }
        Err(occupied(py, self.state.is_copying()))
    }

    /// Whether a stream or a COPY keeps a unit of requests open.
    #[inline]
    fn is_open(&self) -> bool {
        self.session.has_open_unit() || self.state.is_copying()
    }

    /// Takes over what the program has chosen since the last operation.
    #[inline]
    fn take_settings(&mut self) {
        let settings = self.state.settings();
        if !settings.has_codecs_of(&self.settings) {
            self.statements.forget_all();
        }
        self.settings = settings;
    }

    /// Starts an operation, ahead of it the statements that a pipeline has queued and the commands
    /// that wait for a statement.
    #[inline]
    fn launch(&mut self, py: Python<'_>, operation: Box<dyn Operation>) -> Option<Outcome> {
        if self.state.has_queued() {
            self.following.push(operation);
            let batch = Batch::new(self.state.take_queued(), true);
            return self.launch(py, Box::new(batch));
        }
        if self.state.has_deferred() {
            return self.launch_with_prelude(py, operation);
        }
        self.start(py, operation)
    }

    #[cold]
    fn launch_with_prelude(
        &mut self,
        py: Python<'_>,
        operation: Box<dyn Operation>,
    ) -> Option<Outcome> {
        let Some(commands) = self.state.take_deferred() else {
            return Some(self.end(Err(prelude::refused(py))));
        };
        match Prelude::request(&mut self.session, commands) {
            Ok(prelude) => self.prelude = Some(prelude),
            Err(error) => return self.fail(py, faults::protocol(py, &error)),
        }
        if operation.joins_unit(py, &mut self.statements) {
            return self.start(py, operation);
        }
        self.following.push(operation);
        self.start(py, Box::new(Drain::new(None)))
    }

    #[inline]
    fn start(&mut self, py: Python<'_>, operation: Box<dyn Operation>) -> Option<Outcome> {
        self.operation = Some(operation);
        self.statements
            .expect_schema(self.catalogue.schema_version());
        match self.give_turn(py, |operation, cx| operation.start(cx))? {
            Ok(()) => None,
            Err(error) => self.fail(py, error),
        }
    }

    /// Works through what has arrived; answers the operation's result when it has ended.
    ///
    /// # Errors
    /// A protocol error: the connection must be dropped.
    #[inline]
    pub(crate) fn advance(
        &mut self,
        py: Python<'_>,
    ) -> Result<Option<Outcome>, howdah_wire::Error> {
        while self.take_answers(py)? == Signal::Turn {
            if let Some(outcome) = self.turn(py) {
                return Ok(Some(outcome));
            }
        }
        Ok(None)
    }

    /// Hands answers to the operation until it gets the turn or no whole message is left.
    #[inline]
    fn take_answers(&mut self, py: Python<'_>) -> Result<Signal, howdah_wire::Error> {
        let reception = Reception {
            scope: scope(py, &self.settings, &self.catalogue),
            catalogue: &self.catalogue,
        };
        if self.operation.is_none() && self.state.is_copying() {
            // the rest of a COPY waits for whoever reads it
            return Ok(Signal::Continue);
        }
        loop {
            // rows of a command ahead of the operation are not the operation's
            let is_alone = self.prelude.as_ref().is_none_or(Prelude::is_settled);
            if is_alone && let Some(operation) = &mut self.operation {
                operation.on_rows(&reception, &mut self.session)?;
            }
            let Some(message) = self.session.next_event()? else {
                return Ok(Signal::Continue);
            };
            match &message {
                Message::ReadyForQuery(status) => {
                    self.state.set_status(*status);
                    if *status == TransactionStatus::Idle {
                        self.schema.ended(&self.catalogue);
                    }
                    return Ok(Signal::Turn);
                }
                Message::NoticeResponse(_) | Message::NotificationResponse(_) => {
                    self.remarks.extend(remark(&message));
                    continue;
                }
                Message::ParameterStatus(..) => {
                    self.state.set_parameters(&self.session);
                    if !self.unattended {
                        self.state.note_session_change();
                    }
                    let encoding = self.session.parameter("client_encoding");
                    self.foreign_encoding = encoding.is_some_and(|encoding| encoding != "UTF8");
                    continue;
                }
                Message::CommandComplete(tag) => {
                    self.schema.ran(tag.as_str(), &self.catalogue);
                    if changes_session(tag.as_str()) {
                        if !self.unattended {
                            self.state.note_session_change();
                        }
                        if drops_statements(tag.as_str()) {
                            self.statements.clear();
                        }
                    }
                }
                Message::ErrorResponse(fields) => {
                    self.farewell = Some(fields.to_owned()).filter(ServerError::is_fatal);
                }
                _ => {}
            }
            if let Some(prelude) = &mut self.prelude
                && prelude.takes(&message)
            {
                continue;
            }
            if let Some(operation) = &mut self.operation
                && operation.on(&reception, &message) == Signal::Turn
            {
                return Ok(Signal::Turn);
            }
        }
    }

    /// Lets the operation request more, now that everything was sent; whether it did.
    pub(crate) fn refill(&mut self, py: Python<'_>) -> PyResult<bool> {
        let refilled = self.give_turn(py, |operation, cx| operation.refill(cx));
        refilled.unwrap_or(Ok(false))
    }

    /// Gives up the operation: its answers will pass by, then `failure` is its outcome.
    ///
    /// A unit that is still open must not commit what it has done so far, and a cancel may come when
    /// the server is between two of its requests: the unit is made to fail.
    pub(crate) fn abandon(&mut self, py: Python<'_>, failure: PyErr) -> Option<Outcome> {
        match self.doom() {
            Ok(()) => self.fail(py, failure),
            Err(error) => self.fail(py, faults::protocol(py, &error)),
        }
    }

    fn doom(&mut self) -> Result<(), howdah_wire::Error> {
        if let Some(operation) = &mut self.operation {
            operation.give_up(&mut self.session)?;
        }
        self.session.fail_unit()
    }

    /// The outcome for an operation whose connection was lost.
    pub(crate) fn lost(&mut self, py: Python<'_>, why: &str) -> PyErr {
        self.operation = None;
        self.following.clear();
        self.prelude = None;
        self.state.set_busy(false);
        self.catalogue.forget();
        let loss = match self.farewell.take() {
            Some(error) => Loss::Farewell(error),
            None => Loss::Line(why.to_owned()),
        };
        let error = loss.error(py);
        self.remark_end();
        self.state.lose(loss);
        error
    }

    /// Whether the server has announced the end of the session.
    pub(crate) const fn is_leaving(&self) -> bool {
        self.farewell.is_some()
    }

    /// Whether the server has said something besides its answers.
    pub(crate) const fn has_remarks(&self) -> bool {
        !self.remarks.is_empty()
    }

    /// Has the end of the connection told, with the remarks.
    pub(crate) fn remark_end(&mut self) {
        self.remarks.push(Remark::End);
    }

    /// Takes the remarks that wait for delivery.
    #[inline]
    pub(crate) fn take_remarks(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.remarks)
    }

    /// Hands the operation under way, if any, all that it may work with.
    #[inline]
    fn give_turn<T>(
        &mut self,
        py: Python<'_>,
        work: impl FnOnce(&mut dyn Operation, &mut Context<'_, '_>) -> T,
    ) -> Option<T> {
        let operation = self.operation.as_deref_mut()?;
        let mut cx = Context {
            py,
            session: &mut self.session,
            statements: &mut self.statements,
            catalogue: &self.catalogue,
            settings: &self.settings,
            state: &self.state,
        };
        Some(work(operation, &mut cx))
    }

    fn turn(&mut self, py: Python<'_>) -> Option<Outcome> {
        if let Some(prelude) = self.prelude.take_if(|prelude| prelude.is_settled())
            && let Some(error) = prelude.failure(py, &self.state)
            && !self.giving_up
        {
            return self.fail(py, error);
        }
        match self.give_turn(py, |operation, cx| operation.turn(cx))? {
            Ok(Flow::Continue) => None,
            Ok(Flow::Done(value)) => match self.following.pop() {
                Some(following) => self.launch(py, following),
                None => Some(self.end(Ok(value))),
            },
            Err(error) => self.fail(py, error),
        }
    }

    /// Ends the operation with an error, at once where the session is idle, else after a drain.
    #[cold]
    fn fail(&mut self, py: Python<'_>, error: PyErr) -> Option<Outcome> {
        self.following.clear();
        if self.session.is_idle() {
            return Some(self.end(Err(error)));
        }
        self.giving_up = true;
        self.operation = Some(Box::new(Drain::new(Some(error))));
        let drained = self.give_turn(py, |operation, cx| operation.start(cx))?;
        drained.err().map(|error| self.end(Err(error)))
    }

    #[inline]
    fn end(&mut self, outcome: Outcome) -> Outcome {
        self.operation = None;
        self.giving_up = false;
        self.unattended = false;
        self.state.set_busy(false);
        outcome
    }
}

/// Whether a command of this tag may leave something that outlives its transaction and can be seen
/// by the session's next user: a setting, a listener, a cursor, a temporary table …
#[inline]
fn changes_session(tag: &str) -> bool {
    const TAGS: [&str; 10] = [
        "SET",
        "RESET",
        "LISTEN",
        "UNLISTEN",
        "CREATE ",
        "DECLARE ",
        "PREPARE",
        "DISCARD",
        "DEALLOCATE",
        "LOAD",
    ];
    // the tags of ordinary statements start with other letters than most of these
    matches!(
        tag.as_bytes().first(),
        Some(b'S' | b'R' | b'L' | b'U' | b'C' | b'D' | b'P')
    ) && !tag.starts_with("SELECT")
        && TAGS.iter().any(|prefix| tag.starts_with(prefix))
}

/// Whether a command of this tag makes the server forget all prepared statements.
fn drops_statements(tag: &str) -> bool {
    matches!(tag, "DEALLOCATE ALL" | "DISCARD ALL")
}

/// The error for a statement that came amid a stream or a COPY.
#[cold]
fn occupied(py: Python<'_>, is_copying: bool) -> PyErr {
    let (message, hint) = if is_copying {
        (
            "a COPY is open on this connection",
            "read it to its end or close it first",
        )
    } else {
        (
            "a stream is open on this connection",
            "read it to its end or close it first, or open it within a transaction block",
        )
    };
    faults::fault_with_hint(py, "InterfaceError", message, Some(hint))
}

#[cold]
fn foreign_encoding(py: Python<'_>) -> PyErr {
    faults::fault_with_hint(
        py,
        "InterfaceError",
        "the session's `client_encoding` is not `UTF8`, the only encoding that is understood",
        Some("execute `reset client_encoding`"),
    )
}

fn remark(message: &Message<'_>) -> Option<Remark> {
    match message {
        Message::NoticeResponse(fields) => Some(Remark::Notice(fields.to_owned())),
        Message::NotificationResponse(notification) => Some(Remark::Notification {
            channel: String::from_utf8_lossy(notification.channel).into_owned(),
            payload: String::from_utf8_lossy(notification.payload).into_owned(),
            process_id: notification.process_id,
        }),
        _ => None,
    }
}
