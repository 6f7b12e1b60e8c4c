//! What was seen of one statement. No IO.

use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::catalog::Oid;
use howdah_sql::locks::Mode;

/// A table, index, view, sequence … of the database.
#[derive(Debug, Clone, Serialize)]
pub struct Relation {
    /// Its `oid`, which says that two names mean one relation.
    #[serde(skip)]
    pub oid: Oid,
    /// The schema it is in.
    pub schema: String,
    /// Its name there.
    pub name: String,
    /// `pg_class.relkind`: `r` table, `p` partitioned table, `i` index, `I` partitioned index, `v` view,
    /// `m` materialized view, `S` sequence, `t` TOAST table, `f` foreign table, `c` composite type.
    pub kind: char,
    /// For an index its table, for a TOAST table the table whose long values it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
}

impl Relation {
    /// Whether it is an index, also one of a partitioned table.
    #[must_use]
    pub fn is_index(&self) -> bool {
        matches!(self.kind, 'i' | 'I')
    }

    /// Whether it belongs to the storage of long values: nobody names these in a statement.
    #[must_use]
    pub fn is_toast(&self) -> bool {
        self.schema == "pg_toast"
    }
}

impl PartialEq for Relation {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Relation {}

impl PartialOrd for Relation {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By name.
impl Ord for Relation {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.schema, &self.name).cmp(&(&other.schema, &other.name))
    }
}

/// The schema is named unless it is `public`.
impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.schema != "public" {
            write!(f, "{}.", self.schema)?;
        }
        f.write_str(&self.name)
    }
}

/// A lock that a statement took or asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Lock {
    /// On what.
    pub relation: Relation,
    /// The mode as `pg_locks` writes it.
    #[serde(serialize_with = "mode_words")]
    pub mode: Mode,
}

/// How much was read of a relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Read {
    /// Of what.
    pub relation: Relation,
    /// How many times it was read from its beginning, or for an index searched.
    pub scans: u64,
    /// How many rows, or entries of an index, were read.
    pub rows: u64,
}

/// Whom a statement waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WaitFor {
    /// The end of every transaction that reads the relation.
    Readers,
    /// The end of every transaction that writes to the relation.
    Writers,
    /// The end of every transaction of the database that has an older snapshot.
    Snapshots,
}

/// A wait for the end of other transactions. Waits for locks are told as [`Lock`]s.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Wait {
    /// For whom.
    pub for_whom: WaitFor,
    /// Whose readers or writers; absent for snapshots.
    pub relation: Option<Relation>,
}

/// How the statement was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// In a transaction block: its locks are held until that ends.
    Transaction,
    /// By itself: it is one that makes transactions of its own.
    Alone,
}

/// What the statement failed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The five characters of PostgreSQL's list; empty where no server said so.
    pub sqlstate: String,
    /// What it said.
    pub message: String,
    /// What it advised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What one statement did.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    /// How it was run.
    pub way: Way,
    /// Locks on relations that existed before it and that it was the first to take in its transaction. A
    /// relation is here once for each mode.
    pub locks: Vec<Lock>,
    /// Locks that the transaction had taken before.
    pub held: Vec<Lock>,
    /// Tables and materialized views whose rows were written to a new file; without TOAST tables, which follow
    /// their table.
    pub rewrites: Vec<Relation>,
    /// Indexes that were built, of tables that existed before.
    pub builds: Vec<Relation>,
    /// What was read; `None` where the server cannot say.
    pub reads: Option<Vec<Read>>,
    /// Whose end it waited for; known of statements that were run alone between gates.
    pub waits: Vec<Wait>,
    /// Indexes that it left behind unusable.
    pub invalid: Vec<Relation>,
    /// How long it ran, without the time at gates.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// Write-ahead log of the whole server meanwhile.
    pub wal_bytes: u64,
    /// What it failed with.
    pub error: Option<Failure>,
}

/// With three decimals.
pub(crate) fn milliseconds<S: serde::Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1e6).round() / 1e3)
}

/// A mode in SQL's words: `ACCESS EXCLUSIVE`.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde calls"
)]
pub(crate) fn mode_words<S: serde::Serializer>(
    mode: &Mode,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(mode.words())
}
