//! What a statement does to other sessions: the answer of the lock model.
//!
//! No IO. Made by [`super::effects`].

use std::borrow::Cow;
use std::fmt;

use super::mode::Mode;
use super::table::Row;
use crate::ast::ObjectName;

/// What a statement locks, reads, writes anew and waits for.
///
/// **Which locks these are.** Of every relation that was there before the transaction began, the
/// strongest lock that the statement takes: on tables, partitions, foreign tables, views and
/// sequences from `ACCESS SHARE` on; on indexes from `SHARE UPDATE EXCLUSIVE` on, because the weaker
/// ones only go along with reading and writing the table. Not among them are relations that the
/// transaction itself made (nobody else sees them), `TOAST` tables, composite types and the
/// catalogs.
///
/// **Which work this is.** Work that the statement always does. What the planner decides (how a
/// query reads its tables) is not told: a query's tables are locked, but not in `scans`.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// One for each relation, the strongest first, then by name.
    pub locks: Vec<LockTaken>,
    /// Relations whose file is written anew, with all that is in it.
    pub rewrites: Vec<ObjectName>,
    /// Tables that get a new, empty file: `TRUNCATE`.
    pub empties: Vec<ObjectName>,
    /// Tables whose rows are all read: by a check, for an index, or to be written anew.
    pub scans: Vec<ObjectName>,
    /// Indexes that are built, new ones and those that are built again.
    pub builds: Vec<ObjectName>,
    /// Whether it runs within a transaction block.
    pub in_transaction: InTransaction,
    /// What it waits for beside holders of conflicting locks; all of it: [`Effects::waits`].
    pub waits_for: Vec<Wait>,
    /// PostgreSQL will not do it, and why. The rest is empty then, or what the version would do
    /// that has it.
    pub refused: Option<String>,
    /// What of it cannot be told from the text and the catalog.
    pub unknown: Option<String>,
    /// The lines of the table that apply, in order.
    pub rows: Vec<&'static Row>,
    /// What was assumed where the answer depends on something that is not known.
    pub assumed: Vec<Cow<'static, str>>,
}

impl Effects {
    /// The strongest lock of all.
    #[must_use]
    pub fn strongest(&self) -> Option<&LockTaken> {
        self.locks.first()
    }

    /// Everybody whose end it waits for: by its locks, and beside them. `lock_timeout` bounds each
    /// wait.
    #[must_use]
    pub fn waits(&self) -> Vec<Wait> {
        let by_lock = self.locks.iter().filter_map(|lock| {
            let whom = match lock.mode {
                Mode::AccessShare | Mode::RowShare | Mode::RowExclusive => return None,
                Mode::ShareUpdateExclusive => Whom::Maintenance,
                Mode::Share | Mode::ShareRowExclusive | Mode::Exclusive => Whom::Writers,
                Mode::AccessExclusive => Whom::Users,
            };
            let relation = Some(lock.relation.clone());
            Some(Wait { whom, relation })
        });
        let mut waits: Vec<Wait> = by_lock.collect();
        for wait in &self.waits_for {
            if !waits.contains(wait) {
                waits.push(wait.clone());
            }
        }
        waits
    }

    /// The lock on that relation.
    #[must_use]
    pub fn lock_on(&self, relation: &ObjectName) -> Option<&LockTaken> {
        self.locks.iter().find(|lock| lock.relation == *relation)
    }
}

/// A lock that a statement takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockTaken {
    /// On what; as the catalog names it, without the schema where the search path finds it.
    pub relation: ObjectName,
    /// In which mode.
    pub mode: Mode,
    /// For how long.
    pub held: Held,
}

/// For how long a lock is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Held {
    /// Until the transaction ends.
    #[default]
    Transaction,
    /// Until the statement ends; it cannot run in a transaction block.
    Statement,
    /// Given back and taken again: the statement commits in between.
    Phases,
}

impl Held {
    /// One word, as `howdah locks --format json` prints it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
            Self::Statement => "statement",
            Self::Phases => "phases",
        }
    }
}

/// Whether a statement runs within a transaction block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InTransaction {
    /// It does.
    #[default]
    Allowed,
    /// PostgreSQL refuses: it commits by itself, or cannot be undone.
    Forbidden,
}

impl InTransaction {
    /// `allowed` or `forbidden`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Forbidden => "forbidden",
        }
    }
}

/// What a statement waits for beside holders of conflicting locks. `lock_timeout` holds for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Who has to end.
    pub whom: Whom,
    /// The relation that they use, where it matters.
    pub relation: Option<ObjectName>,
}

/// Whose end a statement waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whom {
    /// Transactions that hold a lock like its own: `VACUUM`, `ANALYZE`, other schema changes.
    Maintenance,
    /// Transactions that hold a lock with which `SHARE` conflicts.
    Writers,
    /// Transactions that hold any lock on it.
    Users,
    /// Transactions of this database with a snapshot that is older, whatever they read.
    OlderSnapshots,
    /// Every session of the database.
    Sessions,
}

impl Whom {
    /// Whether it matters which relation they use.
    #[must_use]
    pub fn is_of_a_relation(self) -> bool {
        matches!(self, Self::Maintenance | Self::Writers | Self::Users)
    }

    /// One word, as `howdah locks --format json` prints it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Maintenance => "maintenance",
            Self::Writers => "writers",
            Self::Users => "users",
            Self::OlderSnapshots => "older_snapshots",
            Self::Sessions => "sessions",
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.whom, &self.relation) {
            (Whom::Maintenance, Some(relation)) => {
                write!(f, "VACUUM and other schema changes of {relation}")
            }
            (Whom::Maintenance, None) => f.write_str("VACUUM and other schema changes"),
            (Whom::Writers, Some(relation)) => {
                write!(f, "every transaction that has written {relation}")
            }
            (Whom::Users, Some(relation)) => {
                write!(f, "every transaction that has used {relation}")
            }
            (Whom::Writers, None) => f.write_str("every transaction that has written"),
            (Whom::Users, None) => f.write_str("every transaction that has used it"),
            (Whom::OlderSnapshots, _) => {
                f.write_str("every older snapshot of the database, whatever it reads")
            }
            (Whom::Sessions, _) => f.write_str("every session of the database to leave"),
        }
    }
}
