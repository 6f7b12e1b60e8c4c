//! The queue of requests that the server has not answered: which message answers which request.
//!
//! No IO. Caller: [`crate::Session`]. Invariant: the queue holds exactly the requests that are not
//! answered completely, in their order, and at most one [`Expected::Stray`] between two answers.

use std::collections::VecDeque;

use crate::Error;
use crate::backend::Message;

/// A request, or the part of it, that the server has not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Parse,
    Bind,
    Close,
    /// Describe of a statement: its parameters, then its columns.
    Parameters,
    /// The columns of a statement or portal.
    Columns,
    Execute,
    /// An Execute for which the server waits for the data of a COPY.
    CopyIn,
    Sync,
    Query,
    /// A ReadyForQuery that may come or not, see [`Queue::end_copy_in`].
    Stray,
}

impl Expected {
    const fn answer(self) -> &'static str {
        match self {
            Self::Parse => "`ParseComplete`",
            Self::Bind => "`BindComplete`",
            Self::Close => "`CloseComplete`",
            Self::Parameters => "`ParameterDescription`",
            Self::Columns => "`RowDescription` or `NoData`",
            Self::Execute => "rows or `CommandComplete`",
            Self::CopyIn => "the end of a COPY",
            Self::Sync | Self::Stray => "`ReadyForQuery`",
            Self::Query => "the results of a simple query",
        }
    }
}

/// What an answer does to the request at the front of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Stay,
    Done,
    Now(Expected),
}

/// What the next message means for a [`Expected::Stray`] at the front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stray {
    /// There is none, or the message is no answer.
    Absent,
    /// The message is the stray one: nobody asked for it.
    Here,
}

/// The unanswered requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Queue(VecDeque<Expected>);

impl Queue {
    #[inline]
    pub(crate) fn push(&mut self, request: Expected) {
        self.0.push_back(request);
    }

    #[inline]
    pub(crate) fn front(&self) -> Option<Expected> {
        self.0.front().copied()
    }

    /// Whether the server owes no answer.
    #[inline]
    pub(crate) fn is_settled(&self) -> bool {
        match self.front() {
            None => true,
            Some(Expected::Stray) => self.0.len() == 1,
            Some(_) => false,
        }
    }

    /// Moves past the request that `message` answers.
    #[inline]
    pub(crate) fn step(&mut self, message: &Message<'_>) -> Result<(), Error> {
        let front = self.0.front_mut();
        let step = front.as_deref().and_then(|&front| answers(front, message));
        match (step, front) {
            (Some(Step::Stay), _) => {}
            (Some(Step::Now(next)), Some(front)) => *front = next,
            (Some(_), _) => {
                self.0.pop_front();
            }
            (None, front) => {
                let expected = front.map_or("a request", |front| front.answer());
                return Err(Error::Unexpected {
                    found: message.name(),
                    expected,
                });
            }
        }
        Ok(())
    }

    /// Drops what the server will not answer after an error; whether it still waits for a Sync.
    pub(crate) fn skip_to_sync(&mut self) -> bool {
        if matches!(self.front(), None | Some(Expected::Query)) {
            return false;
        }
        while let Some(front) = self.front() {
            if front == Expected::Sync {
                return false;
            }
            self.0.pop_front();
        }
        true
    }

    /// Notes that the COPY at the front ends, from whichever side; whether a Sync must be sent.
    ///
    /// A server that is copying ignores Sync ("the backend will ignore Flush or Sync messages
    /// received during copy-in", PostgreSQL 18 documentation, 54.2.6), so a Sync that was sent
    /// before the COPY's end must be sent again. But a server that gave up before it read the
    /// first one, as a trigger of the table may make it, answers both. Nothing tells which it was
    /// until the next answer comes: [`Expected::Stray`] stands for the second ReadyForQuery.
    pub(crate) fn end_copy_in(&mut self) -> bool {
        let Some(front) = self.0.front_mut().filter(|it| **it == Expected::CopyIn) else {
            return false;
        };
        *front = Expected::Execute;
        let sync = self.0.iter().position(|it| *it == Expected::Sync);
        if let Some(sync) = sync {
            self.0.insert(sync + 1, Expected::Stray);
        }
        sync.is_some()
    }

    /// Finds out, by the type of the next message, what has become of a stray ReadyForQuery.
    #[cold]
    pub(crate) fn meet_stray(&mut self, next: u8) -> Stray {
        match next {
            b'S' | b'N' | b'A' => Stray::Absent,
            // of two in succession the order does not matter, and the one that is due comes
            b'Z' if self.0.get(1) == Some(&Expected::Sync) => {
                self.0.swap(0, 1);
                Stray::Absent
            }
            b'Z' => Stray::Here,
            // an answer to a later request, or the end: it would have come before
            _ => {
                self.0.pop_front();
                Stray::Absent
            }
        }
    }

    /// Forgets the stray ReadyForQuery that has come.
    pub(crate) fn pass_stray(&mut self) {
        self.0.pop_front();
    }
}

/// What `message` does to the request at the front, or `None` where it is no answer to it.
const fn answers(front: Expected, message: &Message<'_>) -> Option<Step> {
    use Expected as X;
    use Message as M;
    Some(match (front, message) {
        (X::Parse, M::ParseComplete)
        | (X::Bind, M::BindComplete)
        | (X::Close, M::CloseComplete)
        | (X::Columns, M::RowDescription(_) | M::NoData)
        | (X::Execute, M::CommandComplete(_) | M::EmptyQueryResponse | M::PortalSuspended)
        | (X::CopyIn, M::CommandComplete(_))
        | (X::Sync | X::Query, M::ReadyForQuery(_)) => Step::Done,
        (X::Parameters, M::ParameterDescription(_)) => Step::Now(X::Columns),
        (X::Execute, M::CopyInResponse(_)) => Step::Now(X::CopyIn),
        (
            X::Execute | X::Query,
            M::DataRow(_)
            | M::CopyOutResponse(_)
            | M::CopyBothResponse(_)
            | M::CopyData(_)
            | M::CopyDone,
        )
        | (
            X::Query,
            M::RowDescription(_)
            | M::CopyInResponse(_)
            | M::CommandComplete(_)
            | M::EmptyQueryResponse,
        ) => Step::Stay,
        _ => return None,
    })
}
