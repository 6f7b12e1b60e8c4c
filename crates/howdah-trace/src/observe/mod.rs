//! Running one statement under observation.
//!
//! IO: two sessions of its own on one database, and more between [`gates`]. What runs in a transaction is looked
//! at from within, before and after: its locks are held until the transaction ends, and its own counters say what
//! it read. What makes transactions of its own is looked at from a second session while it stands at gates.
//! Invariant: nothing is taken for seen because some time has passed.

mod alone;
mod catalog;
mod difference;
mod gates;
mod locks;
mod observation;
mod session;
mod within;

use std::time::Duration;

use howdah_driver::{Config, Connection, Interrupt, Kind, TransactionStatus};

use crate::error::{Doing, Error, Result};
use difference::Difference;

pub use howdah_sql::locks::Mode;
pub(crate) use locks::{Locked, own as own_locks};
pub use observation::{Failure, Lock, Observation, Read, Relation, Wait, WaitFor, Way};
pub(crate) use observation::{milliseconds, mode_words};
pub use session::{Row, Session};
pub(crate) use within::{Before, Took};

/// Fails a statement that makes transactions of its own within a transaction block.
const ACTIVE_SQL_TRANSACTION: &str = "25001";
/// Fails a procedure that commits within a transaction block.
const INVALID_TRANSACTION_TERMINATION: &str = "2D000";
/// The first version that writes its counters of reading when it is told to: 15.
const FLUSHES: u32 = 150_000;

/// The sessions that observe one database.
pub struct Observer {
    config: Config,
    subject: Connection,
    watcher: Connection,
    version: u32,
    version_text: String,
}

impl Observer {
    /// Connects twice.
    ///
    /// # Errors
    /// Those of connecting.
    pub fn connect(config: &Config) -> Result<Self> {
        let mut subject = connect(config)?;
        let watcher = connect(config)?;
        let version = subject
            .query("select pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('server_version')")
            .doing("asking for the server's version")?;
        let row = version.iter().next();
        let number = row.and_then(|row| row.get(0)?.parse().ok());
        let text = row.and_then(|row| row.get(1)?.split(' ').next());
        Ok(Self {
            config: config.clone(),
            subject,
            watcher,
            version: number.ok_or(Error::Answer("the server's version"))?,
            version_text: text.unwrap_or_default().to_owned(),
        })
    }

    /// The server's `server_version_num`: 180006 for 18.6.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The server's version as people write it: `18.1`.
    #[must_use]
    pub fn version_text(&self) -> &str {
        &self.version_text
    }

    /// Runs statements in the observed session without looking, as `BEGIN`, `SET` or a setup.
    ///
    /// # Errors
    /// Those of the statements.
    pub fn run(&mut self, sql: &str) -> Result<()> {
        self.subject.query(sql).doing("running statements")?;
        Ok(())
    }

    /// Runs one statement of a script without looking; gives what it failed with.
    ///
    /// # Errors
    /// As [`Observer::observe`].
    pub(crate) fn attempt(&mut self, sql: &str) -> Result<Option<Failure>> {
        let outcome = self.subject.query_with(sql, &[]);
        outcome.err().map(failure).transpose()
    }

    /// Whether a transaction is open, aborted or not.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.subject.transaction_status() != TransactionStatus::Idle
    }

    /// Runs one statement in the transaction that is open; after a failure the transaction is aborted. The server
    /// itself refuses a second one in the text: what is read here as one cannot hide the end of the transaction.
    ///
    /// # Errors
    /// A lost connection, or an answer of the server that cannot be understood. What the statement itself fails
    /// with is in the [`Observation`].
    pub fn observe(&mut self, sql: &str) -> Result<Observation> {
        self.observe_running(|subject| subject.query_with(sql, &[]).map(drop))
    }

    /// As [`Observer::observe`], for `COPY … FROM STDIN` with these lines.
    ///
    /// # Errors
    /// As [`Observer::observe`].
    pub fn observe_copy(&mut self, sql: &str, lines: &str) -> Result<Observation> {
        self.observe_running(|subject| subject.copy_in(sql, lines.as_bytes()).map(drop))
    }

    fn observe_running(
        &mut self,
        run: impl FnOnce(&mut Connection) -> std::result::Result<(), howdah_driver::Error>,
    ) -> Result<Observation> {
        let before = Before::see(&mut self.subject, &mut self.watcher)?;
        let outcome = run(&mut self.subject);
        let took = before.took(&mut self.watcher)?;
        match outcome {
            Ok(()) => before.seen(&mut self.subject, took),
            Err(error) => Ok(Observation::failed(
                Way::Transaction,
                took.duration,
                took.wal_bytes,
                failure(error)?,
            )),
        }
    }

    /// Whether the statement failed because it makes transactions of its own: then it can be observed
    /// [alone](Self::observe_alone).
    #[must_use]
    pub fn needs_no_transaction(observation: &Observation) -> bool {
        let error = observation.error.as_ref();
        error.is_some_and(Failure::needs_no_transaction)
    }
}

impl Failure {
    /// Whether a statement that makes transactions of its own was run within one.
    pub(crate) fn needs_no_transaction(&self) -> bool {
        let states = [ACTIVE_SQL_TRANSACTION, INVALID_TRANSACTION_TERMINATION];
        states.contains(&self.sqlstate.as_str())
    }
}

impl Observation {
    /// Of a statement that took nothing into its session, since it failed.
    pub(crate) fn failed(way: Way, duration: Duration, wal_bytes: u64, error: Failure) -> Self {
        Self {
            error: Some(error),
            ..Self::nothing(way, duration, wal_bytes)
        }
    }

    /// Of a statement that did nothing that could be seen.
    pub(crate) fn nothing(way: Way, duration: Duration, wal_bytes: u64) -> Self {
        Self {
            way,
            locks: Vec::new(),
            held: Vec::new(),
            rewrites: Vec::new(),
            builds: Vec::new(),
            reads: Some(Vec::new()),
            waits: Vec::new(),
            invalid: Vec::new(),
            duration,
            wal_bytes,
            error: None,
        }
    }
}

pub(crate) fn connect(config: &Config) -> Result<Connection> {
    Connection::establish(config, Interrupt::never()).doing("connecting")
}

/// Where the server's write-ahead log is, in bytes from its beginning.
fn wal_position(connection: &mut Connection) -> Result<u64> {
    let rows = connection
        .query("select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')")
        .doing("asking for the position of the write-ahead log")?;
    let position = rows.value().and_then(|text| text.parse().ok());
    position.ok_or(Error::Answer("the write-ahead log"))
}

/// The statement's own failure; that of the connection is an error.
pub(crate) fn failure(error: howdah_driver::Error) -> Result<Failure> {
    match (error.kind(), error.server()) {
        (Kind::Server, Some(server)) => Ok(Failure {
            sqlstate: server.sqlstate().to_owned(),
            message: server.message().to_owned(),
            hint: error.hint().map(str::to_owned),
        }),
        (Kind::Misuse, None) => Ok(Failure {
            sqlstate: String::new(),
            message: error.message().to_owned(),
            hint: None,
        }),
        _ => Err(Error::Driver {
            doing: "running the statement",
            source: error,
        }),
    }
}
