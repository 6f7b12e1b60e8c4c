//! The table: what each form of a statement locks, rewrites, scans and builds, by version.
//!
//! No IO. One line is one form under one condition for a range of versions; the files beside this
//! one hold the lines by subject, `form.rs` their names. Which form a statement is, and which
//! relations play the roles, is decided in [`super::forms`]; nothing about locks is said there.
//! Every line is compared with real servers by the proof in `howdah-trace`, and
//! `docs/lock-model.md` is written from here.

// a line of the table reads more easily without the enum before each word
#![allow(clippy::enum_glob_use)]

mod columns;
mod constraints;
mod data;
mod form;
mod indexes;
mod maintenance;
mod objects;
mod partitions;
mod relations;
mod types;

pub use form::Form;

use super::effects::{Held, InTransaction, Whom};
use super::mode::Mode;

/// The oldest and the newest major version that the table speaks of.
pub const VERSIONS: std::ops::RangeInclusive<u32> = 10..=18;

/// A line of the table.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// Which form it is.
    pub form: Form,
    /// SQL with `t` for the table, `p` for the one it refers to; `; ` between alternatives.
    pub sql: &'static str,
    /// Under which condition; empty where there is none.
    pub when: &'static str,
    /// Why, or what to know about it; may be empty.
    pub note: &'static str,
    /// The lock on each relation that it touches.
    pub locks: &'static [(Role, Mode)],
    /// What gets a new file with the rows written anew.
    pub rewrites: &'static [Role],
    /// What gets a new, empty file.
    pub empties: &'static [Role],
    /// What is read from end to end.
    pub scans: &'static [Role],
    /// Which indexes are built.
    pub builds: &'static [Role],
    /// Whether it runs in a transaction block.
    pub in_transaction: InTransaction,
    /// For how long the locks are held.
    pub held: Held,
    /// What it waits for beside holders of conflicting locks.
    pub waits: &'static [(Whom, Role)],
    /// The first major version that does it like this.
    pub since: u32,
    /// The last one.
    pub until: u32,
}

/// The part that a relation plays in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// What the statement names.
    Table,
    /// Its partitions, and theirs.
    Partitions,
    /// Its partitions, or the tables that inherit from it, and theirs.
    Descendants,
    /// Those of the table and its descendants that are read or written, see the condition.
    Affected,
    /// Indexes of the affected tables; a partitioned table has none with a file.
    AffectedIndexes,
    /// Those of the affected tables that have indexes.
    Indexed,
    /// Its own indexes.
    Indexes,
    /// Its indexes and those of its descendants; a partitioned table itself has none with a file.
    AllIndexes,
    /// The index or indexes that the statement names, makes or drops.
    Index,
    /// Indexes in which the column appears, as a column, in an expression or a predicate.
    ColumnIndexes,
    /// Sequences that belong to its columns.
    Sequences,
    /// The table that a foreign key refers to, and its partitions.
    Referenced,
    /// Tables whose foreign keys refer to it, and their partitions.
    Referencing,
    /// The partitioned table, or the one inherited from.
    Parent,
    /// Indexes of the partitioned table.
    ParentIndexes,
    /// The partition, and its own partitions.
    Child,
    /// The default partition of the same parent.
    DefaultPartition,
    /// Relations that a query or an expression reads.
    Reads,
    /// Relations that a query writes.
    Writes,
    /// Tables with a column of the type, and those declared `OF` it.
    Users,
    /// What else goes with it: views, constraints of other tables, whatever `CASCADE` finds.
    Dependents,
}

impl Role {
    /// As the documentation writes it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Table => "t",
            Self::Partitions => "its partitions",
            Self::Descendants => "its partitions and children",
            Self::Affected => "those affected",
            Self::AffectedIndexes => "indexes of those affected",
            Self::Indexed => "those with indexes",
            Self::Indexes => "its indexes",
            Self::AllIndexes => "its indexes and theirs",
            Self::Index => "the index",
            Self::ColumnIndexes => "indexes with the column",
            Self::Sequences => "its sequences",
            Self::Referenced => "the referenced table",
            Self::Referencing => "tables that refer to it",
            Self::Parent => "the parent",
            Self::ParentIndexes => "the parent's indexes",
            Self::Child => "the partition",
            Self::DefaultPartition => "the default partition",
            Self::Reads => "what is read",
            Self::Writes => "what is written",
            Self::Users => "tables that use the type",
            Self::Dependents => "what depends on it",
        }
    }
}

/// All lines, by subject.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    SECTIONS.iter().flat_map(|section| section.rows)
}

/// A subject with its lines.
#[derive(Debug)]
pub struct Section {
    /// Its heading in the documentation.
    pub title: &'static str,
    /// Its lines.
    pub rows: &'static [Row],
}

/// The subjects.
pub const SECTIONS: &[Section] = &[
    section("Columns", columns::ROWS),
    section("A column's type", types::ROWS),
    section("Constraints", constraints::ROWS),
    section("Partitions and inheritance", partitions::ROWS),
    section("Indexes", indexes::ROWS),
    section("Tables, views and sequences as a whole", relations::ROWS),
    section("Other objects", objects::ROWS),
    section("Maintenance", maintenance::ROWS),
    section("Reading and writing", data::ROWS),
];

const fn section(title: &'static str, rows: &'static [Row]) -> Section {
    Section { title, rows }
}

/// The line for a form in a version; None where that version has no such statement. Versions
/// beyond the table's ends are taken for its ends.
#[must_use]
pub fn row(form: Form, version: u32) -> Option<&'static Row> {
    let version = version.clamp(*VERSIONS.start(), *VERSIONS.end());
    rows().find(|row| row.form == form && (row.since..=row.until).contains(&version))
}

/// The first version that has a form, and how it is written.
#[must_use]
pub fn first_version(form: Form) -> Option<(u32, &'static str)> {
    let lines = rows().filter(|row| row.form == form);
    lines.map(|row| (row.since, row.sql)).min()
}

/// A line without effects, for [`Row`]'s builders.
const fn line(form: Form, sql: &'static str, when: &'static str) -> Row {
    Row {
        form,
        sql,
        when,
        note: "",
        locks: &[],
        rewrites: &[],
        empties: &[],
        scans: &[],
        builds: &[],
        in_transaction: InTransaction::Allowed,
        held: Held::Transaction,
        waits: &[],
        since: *VERSIONS.start(),
        until: *VERSIONS.end(),
    }
}

impl Row {
    const fn locks(mut self, locks: &'static [(Role, Mode)]) -> Self {
        self.locks = locks;
        self
    }

    const fn rewrites(mut self, roles: &'static [Role]) -> Self {
        self.rewrites = roles;
        self
    }

    const fn empties(mut self, roles: &'static [Role]) -> Self {
        self.empties = roles;
        self
    }

    const fn scans(mut self, roles: &'static [Role]) -> Self {
        self.scans = roles;
        self
    }

    const fn builds(mut self, roles: &'static [Role]) -> Self {
        self.builds = roles;
        self
    }

    /// It commits in between, or refuses to be undone.
    const fn alone(mut self, held: Held) -> Self {
        self.in_transaction = InTransaction::Forbidden;
        self.held = held;
        self
    }

    const fn waits(mut self, waits: &'static [(Whom, Role)]) -> Self {
        self.waits = waits;
        self
    }

    const fn since(mut self, version: u32) -> Self {
        self.since = version;
        self
    }

    const fn until(mut self, version: u32) -> Self {
        self.until = version;
        self
    }

    const fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_one_line_for_a_version() {
        for row in rows() {
            for version in row.since..=row.until {
                let lines: Vec<_> = rows()
                    .filter(|other| {
                        other.form == row.form && (other.since..=other.until).contains(&version)
                    })
                    .collect();
                assert_eq!(lines.len(), 1, "{:?} in {version}", row.form);
            }
        }
    }

    #[test]
    fn versions_of_a_form_have_no_gap() {
        for row in rows().filter(|row| row.until < *VERSIONS.end()) {
            assert!(
                row.until >= row.since && super::row(row.form, row.until + 1).is_some(),
                "{:?} ends in {}",
                row.form,
                row.until
            );
        }
    }

    #[test]
    fn what_is_written_anew_is_locked_against_everybody() {
        for row in rows() {
            for role in row.rewrites.iter().chain(row.empties) {
                let locked =
                    row.locks.contains(&(*role, Mode::AccessExclusive)) || *role == Role::Affected;
                assert!(locked, "{:?}: {role:?}", row.form);
            }
        }
    }
}
