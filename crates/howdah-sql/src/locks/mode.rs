//! PostgreSQL's eight table-level lock modes, and who is kept out by each.
//!
//! No IO. The order is that of strength as `lockdefs.h` numbers them, and the conflicts are those of
//! table 13.2 of PostgreSQL's documentation.

use std::fmt;

/// A mode of a lock on a relation, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Reading.
    AccessShare,
    /// `SELECT … FOR UPDATE` and its kin, and the checks of foreign keys.
    RowShare,
    /// Writing rows.
    RowExclusive,
    /// `VACUUM`, `CREATE INDEX CONCURRENTLY`, `VALIDATE CONSTRAINT`: keeps out its own kind.
    ShareUpdateExclusive,
    /// `CREATE INDEX`.
    Share,
    /// `CREATE TRIGGER`, `ADD FOREIGN KEY`.
    ShareRowExclusive,
    /// `REFRESH MATERIALIZED VIEW CONCURRENTLY`: leaves readers alone.
    Exclusive,
    /// Most of `ALTER TABLE`: keeps out everybody.
    AccessExclusive,
}

use Mode::{
    AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive,
    ShareUpdateExclusive,
};

/// What an application cannot do to a relation while somebody holds a lock on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blocks {
    /// Neither reads nor writes wait.
    Nothing,
    /// Reads and writes go on; other changes of the schema and `VACUUM` wait.
    SchemaChanges,
    /// `SELECT` goes on, writes wait.
    Writes,
    /// `SELECT` goes on; writes wait, and `SELECT … FOR UPDATE` too.
    WritesAndRowLocks,
    /// Everything waits.
    ReadsAndWrites,
}

impl Mode {
    /// All of them, weakest first.
    pub const ALL: [Self; 8] = [
        AccessShare,
        RowShare,
        RowExclusive,
        ShareUpdateExclusive,
        Share,
        ShareRowExclusive,
        Exclusive,
        AccessExclusive,
    ];

    /// Whether two transactions cannot hold these on one relation at a time.
    #[must_use]
    pub fn conflicts(self, other: Self) -> bool {
        let (weaker, stronger) = if self < other {
            (self, other)
        } else {
            (other, self)
        };
        match stronger {
            AccessExclusive => true,
            Exclusive => weaker >= RowShare,
            ShareRowExclusive => weaker >= RowExclusive,
            Share => matches!(weaker, RowExclusive | ShareUpdateExclusive),
            ShareUpdateExclusive => weaker == ShareUpdateExclusive,
            AccessShare | RowShare | RowExclusive => false,
        }
    }

    /// Whether a plain `SELECT` has to wait.
    #[must_use]
    pub fn blocks_reads(self) -> bool {
        self.conflicts(AccessShare)
    }

    /// Whether `INSERT`, `UPDATE` and `DELETE` have to wait.
    #[must_use]
    pub fn blocks_writes(self) -> bool {
        self.conflicts(RowExclusive)
    }

    /// What an application cannot do meanwhile.
    #[must_use]
    pub fn blocks(self) -> Blocks {
        match self {
            AccessShare | RowShare | RowExclusive => Blocks::Nothing,
            ShareUpdateExclusive => Blocks::SchemaChanges,
            Share | ShareRowExclusive => Blocks::Writes,
            Exclusive => Blocks::WritesAndRowLocks,
            AccessExclusive => Blocks::ReadsAndWrites,
        }
    }

    /// SQL's words, as `LOCK TABLE` and the documentation write them: `ACCESS EXCLUSIVE`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            AccessShare => "ACCESS SHARE",
            RowShare => "ROW SHARE",
            RowExclusive => "ROW EXCLUSIVE",
            ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Share => "SHARE",
            ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Exclusive => "EXCLUSIVE",
            AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// The name in `pg_locks.mode`: `AccessExclusiveLock`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AccessShare => "AccessShareLock",
            RowShare => "RowShareLock",
            RowExclusive => "RowExclusiveLock",
            ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Share => "ShareLock",
            ShareRowExclusive => "ShareRowExclusiveLock",
            Exclusive => "ExclusiveLock",
            AccessExclusive => "AccessExclusiveLock",
        }
    }

    /// The mode that either of [`Mode::words`] or [`Mode::name`] stands for, in any case.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let is = |mode: &Self| {
            text.eq_ignore_ascii_case(mode.words()) || text.eq_ignore_ascii_case(mode.name())
        };
        Self::ALL.into_iter().find(is)
    }
}

/// SQL's words.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

impl Blocks {
    /// In words, to stand behind "blocks".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing but an ACCESS EXCLUSIVE lock",
            Self::SchemaChanges => "other schema changes and VACUUM, neither reads nor writes",
            Self::Writes => "writes",
            Self::WritesAndRowLocks => "writes and SELECT … FOR UPDATE",
            Self::ReadsAndWrites => "reads and writes",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table 13.2 of PostgreSQL's documentation, a line for each mode, weakest first.
    const CONFLICTS: [&str; 8] = [
        ".......X", "......XX", "....XXXX", "...XXXXX", "..XX.XXX", "..XXXXXX", ".XXXXXXX",
        "XXXXXXXX",
    ];

    #[test]
    fn conflicts_are_those_of_the_documentation() {
        for (mode, line) in Mode::ALL.into_iter().zip(CONFLICTS) {
            let found: String = Mode::ALL
                .into_iter()
                .map(|other| if mode.conflicts(other) { 'X' } else { '.' })
                .collect();
            assert_eq!(found, line, "{mode}");
        }
    }

    #[test]
    fn names_are_read_in_both_spellings() {
        for mode in Mode::ALL {
            assert_eq!(Mode::named(&mode.words().to_lowercase()), Some(mode));
            assert_eq!(Mode::named(mode.name()), Some(mode));
        }
        assert_eq!(Mode::named("exclusively"), None);
    }
}
