//! Begin and end of transactions.

use super::Name;

/// A statement about the transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum Transaction {
    /// `BEGIN`, `START TRANSACTION`, with its modes in lower case: `isolation level serializable`.
    Begin(Vec<String>),
    /// `COMMIT`, `END`.
    Commit {
        /// `AND CHAIN`: another begins at once.
        chain: bool,
    },
    /// `ROLLBACK`, `ABORT`.
    Rollback {
        /// `AND CHAIN`.
        chain: bool,
    },
    /// `SAVEPOINT`.
    Savepoint(Name),
    /// `RELEASE`.
    Release(Name),
    /// `ROLLBACK TO`.
    RollbackTo(Name),
    /// `PREPARE TRANSACTION`: ends it here, keeps its locks.
    Prepare(String),
    /// `COMMIT PREPARED`.
    CommitPrepared(String),
    /// `ROLLBACK PREPARED`.
    RollbackPrepared(String),
    /// `SET TRANSACTION`, with its modes in lower case.
    Set(Vec<String>),
    /// `SET SESSION CHARACTERISTICS`.
    SetSession(Vec<String>),
}
