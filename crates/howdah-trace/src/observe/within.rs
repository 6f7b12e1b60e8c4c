//! Looking from within a transaction: before a statement, and after it.
//!
//! IO: queries of the session that runs the statement, and one of the watcher. Callers: [`Observer`](super::Observer), and
//! [`Recorder`](crate::Recorder) for what programs run. Invariant: locks are held until the transaction ends, and the
//! session's own counters say what it read, so nothing is missed however short it was.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use howdah_driver::Connection;

use super::catalog::{Counters, Moment};
use super::difference::Difference;
use super::locks::{self, Locked};
use super::session::Session;
use super::{Observation, Way, wal_position};
use crate::error::Result;

/// What was there before a statement.
pub(crate) struct Before {
    held: BTreeSet<Locked>,
    moment: Moment,
    wal: u64,
    start: Instant,
}

/// What the statement took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Took {
    pub(crate) duration: Duration,
    pub(crate) wal_bytes: u64,
}

impl Before {
    /// Looks; the clock runs from here on.
    pub(crate) fn see(subject: &mut impl Session, watcher: &mut Connection) -> Result<Self> {
        Ok(Self {
            held: locks::own(subject)?,
            moment: Moment::see(subject, Counters::Transaction)?,
            wal: wal_position(watcher)?,
            start: Instant::now(),
        })
    }

    /// The statement has ended.
    pub(crate) fn took(&self, watcher: &mut Connection) -> Result<Took> {
        let duration = self.start.elapsed();
        let wal_bytes = wal_position(watcher)?.saturating_sub(self.wal);
        Ok(Took {
            duration,
            wal_bytes,
        })
    }

    /// What a statement did that has succeeded.
    pub(crate) fn seen(self, subject: &mut impl Session, took: Took) -> Result<Observation> {
        let taken = locks::own(subject)?;
        let after = Moment::see(subject, Counters::Transaction)?;
        let difference = Difference::between(&self.moment, &after);
        let new = taken.difference(&self.held).copied();
        Ok(Observation {
            way: Way::Transaction,
            locks: locks::named(new, &self.moment),
            held: locks::named(self.held.iter().copied(), &self.moment),
            rewrites: difference.rewrites,
            builds: difference.builds,
            reads: Some(difference.reads),
            waits: Vec::new(),
            invalid: difference.invalid,
            duration: took.duration,
            wal_bytes: took.wal_bytes,
            error: None,
        })
    }
}
