//! What the receiving thread and the program share.
//!
//! IO: two pipes, one to wake the thread, one that is readable when there is something to take.
//! Invariants: the position that is reported as flushed never passes what the program confirmed,
//! unless it has confirmed every transaction that was received; the queue holds no more than one
//! receive above [`BUDGET_BYTES`].

use std::collections::VecDeque;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use howdah_driver::{Connection, Error};
use howdah_wire::replication::pgoutput::Logical;
use howdah_wire::replication::{Envelope, Lsn, StandbyStatus};

/// When so much waits to be taken, nothing more is received.
const BUDGET_BYTES: usize = 4 << 20;

/// Between the thread and the program.
pub(super) struct Shared {
    inner: Mutex<Inner>,
    /// Readable when something waits in the queue or the stream has ended.
    full: (PipeReader, PipeWriter),
    /// Readable when the thread has something to do.
    wake: (PipeReader, PipeWriter),
}

/// How the stream ended.
pub(super) enum End {
    /// As the program wished; the connection, if it can be used again.
    Closed(Option<Box<Connection>>),
    Failed(Error),
}

#[derive(Default)]
struct Inner {
    queue: VecDeque<Box<[u8]>>,
    queued_bytes: usize,
    progress: Progress,
    /// The thread was woken and has not noticed yet.
    waking: bool,
    stopping: bool,
    /// The thread has said its last; `end` is there until somebody takes it.
    ended: bool,
    end: Option<End>,
}

/// How far the stream has come.
#[derive(Debug, Default)]
struct Progress {
    written: Lsn,
    confirmed: Lsn,
    /// The end of the last transaction that was received.
    last_end: Lsn,
    /// How far the server's log was sent.
    log_end: Lsn,
    /// Amid the changes of a transaction.
    in_transaction: bool,
    in_block: bool,
}

impl Progress {
    /// Notes what a piece says; whether it is one for the program, and whether the server wants an
    /// answer. A malformed piece is left for the decoder to complain about.
    fn note(&mut self, data: &[u8]) -> (bool, bool) {
        match Envelope::parse(data) {
            Ok(Envelope::Keepalive { end, reply }) => {
                self.written = self.written.max(end);
                self.log_end = self.log_end.max(end);
                (false, reply)
            }
            Ok(Envelope::XLogData { start, payload, .. }) => {
                self.written = self.written.max(start);
                if let Ok(message) = Logical::parse(payload, self.in_block) {
                    self.note_message(&message);
                }
                (true, false)
            }
            Err(_) => (true, false),
        }
    }

    fn note_message(&mut self, message: &Logical<'_>) {
        match message {
            Logical::Begin(_) | Logical::BeginPrepare(_) => self.in_transaction = true,
            Logical::StreamStart { .. } => self.in_block = true,
            Logical::StreamStop => self.in_block = false,
            Logical::Commit(commit) | Logical::StreamCommit(_, commit) => {
                self.ended(commit.end_lsn);
            }
            Logical::Prepare(step)
            | Logical::CommitPrepared(step)
            | Logical::StreamPrepare(step) => self.ended(step.end_lsn),
            Logical::RollbackPrepared(step) => self.ended(step.end_lsn),
            Logical::Message(_, message) if !message.transactional => {
                self.last_end = self.last_end.max(message.lsn);
            }
            _ => {}
        }
    }

    fn ended(&mut self, end: Lsn) {
        self.in_transaction = false;
        self.last_end = self.last_end.max(end);
        self.written = self.written.max(end);
    }

    /// Where nothing that was received waits for confirmation, all of the log that was sent is
    /// confirmed: else a quiet table would keep the server's log for ever.
    fn status(&self) -> StandbyStatus {
        let all = self.confirmed >= self.last_end && !self.in_transaction && !self.in_block;
        let flushed = if all {
            self.confirmed.max(self.log_end)
        } else {
            self.confirmed
        };
        StandbyStatus {
            written: self.written.max(flushed),
            flushed,
        }
    }
}

impl Shared {
    pub(super) fn new(start: Lsn) -> io::Result<Self> {
        let progress = Progress {
            written: start,
            confirmed: start,
            last_end: start,
            ..Progress::default()
        };
        Ok(Self {
            inner: Mutex::new(Inner {
                progress,
                ..Inner::default()
            }),
            full: io::pipe()?,
            wake: io::pipe()?,
        })
    }

    // The thread

    /// Takes in a piece; whether the server wants an answer.
    pub(super) fn push(&self, data: &[u8]) -> bool {
        let mut inner = self.lock();
        let (wanted, reply) = inner.progress.note(data);
        if wanted {
            inner.queued_bytes += data.len();
            inner.queue.push_back(data.into());
            if inner.queue.len() == 1 {
                ring(&self.full.1);
            }
        }
        reply
    }

    pub(super) fn has_room(&self) -> bool {
        self.lock().queued_bytes < BUDGET_BYTES
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    pub(super) fn status(&self) -> StandbyStatus {
        self.lock().progress.status()
    }

    pub(super) fn end(&self, end: End) {
        let mut inner = self.lock();
        inner.ended = true;
        inner.end = Some(end);
        ring(&self.full.1);
    }

    pub(super) fn wake_fd(&self) -> BorrowedFd<'_> {
        self.wake.0.as_fd()
    }

    /// After `wake_fd` was readable.
    pub(super) fn woken(&self) {
        let mut inner = self.lock();
        if std::mem::take(&mut inner.waking) {
            let _ = (&self.wake.0).read(&mut [0]);
        }
    }

    // The program

    /// Readable when [`Shared::take`] has something to answer.
    pub(super) fn full_fd(&self) -> BorrowedFd<'_> {
        self.full.0.as_fd()
    }

    /// All that waits; None at the stream's end.
    pub(super) fn take(&self) -> Option<Vec<Box<[u8]>>> {
        let mut inner = self.lock();
        let had_room = inner.queued_bytes < BUDGET_BYTES;
        let pieces: Vec<_> = std::mem::take(&mut inner.queue).into();
        inner.queued_bytes = 0;
        if !pieces.is_empty() {
            // the byte that the first of them rang; the one of the stream's end stays
            let _ = (&self.full.0).read(&mut [0]);
            if !had_room {
                self.wake(&mut inner);
            }
            return Some(pieces);
        }
        (!inner.ended).then(Vec::new)
    }

    /// How the stream ended: to whom asks first.
    pub(super) fn take_end(&self) -> Option<End> {
        self.lock().end.take()
    }

    /// Everything before `lsn` is safe.
    pub(super) fn confirm(&self, lsn: Lsn) {
        let mut inner = self.lock();
        if lsn > inner.progress.confirmed {
            inner.progress.confirmed = lsn;
            self.wake(&mut inner);
        }
    }

    pub(super) fn confirmed(&self) -> Lsn {
        self.lock().progress.confirmed
    }

    pub(super) fn stop(&self) {
        let mut inner = self.lock();
        inner.stopping = true;
        self.wake(&mut inner);
    }

    /// Rings once, however often there is a reason before the thread listens.
    fn wake(&self, inner: &mut Inner) {
        if !std::mem::replace(&mut inner.waking, true) {
            ring(&self.wake.1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One byte. No more than two are ever in a pipe, so this does not wait.
fn ring(mut bell: &PipeWriter) {
    let _ = bell.write(&[1]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_seen_by_whoever_did_not_take_it() {
        let shared = Shared::new(0).unwrap();
        assert_eq!(shared.take().map(|pieces| pieces.len()), Some(0));
        shared.end(End::Closed(None));
        assert!(matches!(shared.take_end(), Some(End::Closed(None))));
        assert!(
            shared.take().is_none(),
            "a reader beside the one who closed"
        );
        assert!(shared.take_end().is_none());
    }
}
