//! Which statements let programs wait while rows are read or written anew: the lock model's answer.
//!
//! No IO. Nothing is said here about locks: [`howdah_sql::locks`] knows them, and is asked with each statement on what is
//! there when it runs. Invariant: a table whose size is not known is large.

use std::collections::BTreeMap;
use std::fmt;

use howdah_sql::ast::{Kind, ObjectName, Statement};
use howdah_sql::catalog::Catalog;
use howdah_sql::locks::{self, Effects, Mode};

use super::Situation;
use crate::catalog;
use crate::diff::Change;
use crate::value::Name;

/// What a large table goes through while programs wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hazard {
    work: Work,
    /// Those that read it wait, too.
    stops_readers: bool,
    table: Name,
    locked: Name,
}

/// The gravest is the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Read,
    Build,
    Rewrite,
}

/// As the reason of a question.
impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, locked, .. } = self;
        let locked = if locked == table {
            "it".to_owned()
        } else {
            format!("`{locked}`")
        };
        let do_what = if self.stops_readers {
            "read"
        } else {
            "write to"
        };
        let those = format!("nobody can {do_what} {locked}");
        match self.work {
            Work::Read => write!(f, "all rows of `{table}` would be read while {those}"),
            Work::Build => write!(
                f,
                "an index of `{table}` would be built of all rows while {those}"
            ),
            Work::Rewrite => write!(
                f,
                "`{table}` and its indexes would be written anew while {those}"
            ),
        }
    }
}

impl Situation<'_> {
    /// The gravest that a change in its plain form would do.
    pub(crate) fn hazard(&self, change: &Change) -> Option<Hazard> {
        self.hazard_of(&change.statements)
    }

    /// The gravest that statements would do, run in one transaction.
    pub(crate) fn hazard_of<'a>(
        &self,
        statements: impl IntoIterator<Item = &'a String>,
    ) -> Option<Hazard> {
        let mut transaction = Transaction::begin(self);
        let found = statements
            .into_iter()
            .filter_map(|sql| transaction.run(sql));
        found.max_by_key(|it| it.work)
    }

    /// The first change of a transaction that programs would wait for, and why.
    pub(crate) fn hazard_among<'a>(&self, changes: &[&'a Change]) -> Option<(&'a Change, Hazard)> {
        let mut transaction = Transaction::begin(self);
        changes.iter().find_map(|change| {
            let found = change.statements.iter();
            let found = found.filter_map(|sql| transaction.run(sql));
            Some((*change, found.max_by_key(|it| it.work)?))
        })
    }

    /// What is there: at first what the schema says, then what the changes before have made of it.
    fn catalog(&self) -> &Catalog {
        self.catalog.get_or_init(|| catalog::of(self.from))
    }

    /// Takes changes for done.
    pub(crate) fn follow(&mut self, changes: &[&Change]) {
        self.catalog();
        let Some(catalog) = self.catalog.get_mut() else {
            return;
        };
        for sql in changes.iter().flat_map(|it| &it.statements) {
            catalog::follow(catalog, sql);
        }
    }

    /// The major version; beyond the table of the lock model it is its last.
    fn major(&self) -> u32 {
        self.options.server_version / 10_000
    }
}

/// Statements that are committed together: what one of them locks is locked while the next ones work.
struct Transaction<'a> {
    situation: &'a Situation<'a>,
    catalog: Catalog,
    held: BTreeMap<ObjectName, Mode>,
}

impl<'a> Transaction<'a> {
    fn begin(situation: &'a Situation<'_>) -> Self {
        let mut catalog = situation.catalog().clone();
        catalog::follow(&mut catalog, "begin");
        Self {
            situation,
            catalog,
            held: BTreeMap::new(),
        }
    }

    fn run(&mut self, sql: &str) -> Option<Hazard> {
        let statements = howdah_sql::parse(sql).statements.into_iter();
        let found = statements.filter_map(|statement| {
            let effects = locks::effects(&statement, &self.catalog, self.situation.major());
            self.hold(&effects);
            let hazard = self.worst(&effects);
            let hazard = hazard.or_else(|| self.computed(&statement, &effects));
            self.catalog.apply(&statement);
            hazard
        });
        found.max_by_key(|it| it.work)
    }

    fn hold(&mut self, effects: &Effects) {
        for lock in &effects.locks {
            let mode = self.held.entry(lock.relation.clone()).or_insert(lock.mode);
            *mode = lock.mode.max(*mode);
        }
    }

    /// What is computed of a large table while locks are held that programs wait for.
    fn computed(&self, statement: &Statement, effects: &Effects) -> Option<Hazard> {
        let is_computed =
            matches!(&statement.kind, Kind::CreateMaterializedView(it) if it.with_data);
        let (locked, mode) = self.held.iter().find(|(_, mode)| mode.blocks_writes())?;
        let mut reads = effects.locks.iter().map(|it| name(&it.relation));
        let table = reads.find(|it| !self.situation.is_small(it))?;
        is_computed.then(|| Hazard {
            work: Work::Read,
            stops_readers: mode.blocks_reads(),
            locked: name(locked),
            table,
        })
    }

    /// The gravest work of one statement while locks are held that programs wait for.
    fn worst(&self, effects: &Effects) -> Option<Hazard> {
        let worked_on = effects.rewrites.iter().chain(&effects.scans);
        let found = worked_on.filter_map(|relation| {
            let own = self.held.get_key_value(relation).into_iter();
            let mut locks = own.chain(&self.held);
            let (locked, mode) = locks.find(|(_, mode)| mode.blocks_writes())?;
            let index = self.catalog.index(relation);
            let table = self
                .catalog
                .shortest(index.map_or(relation, |it| &it.table));
            let table = name(&table);
            (!self.situation.is_small(&table)).then(|| Hazard {
                work: Work::of(relation, effects),
                stops_readers: mode.blocks_reads(),
                locked: name(locked),
                table,
            })
        });
        found.max_by_key(|it| it.work)
    }
}

impl Work {
    fn of(relation: &ObjectName, effects: &Effects) -> Self {
        if effects.rewrites.contains(relation) {
            Self::Rewrite
        } else if effects.builds.is_empty() {
            Self::Read
        } else {
            Self::Build
        }
    }
}

fn name(relation: &ObjectName) -> Name {
    Name {
        schema: relation.schema.clone(),
        name: relation.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::OnceCell;

    use super::super::Options;
    use super::super::expand::Obstacles;
    use super::super::leftover::Leftovers;
    use super::*;
    use crate::value::{Column, Domain, DomainCheck, Schema, Table};

    fn schema() -> Schema {
        let column = |name: &str, type_name: &str| Column {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
            ..Column::default()
        };
        let table = |name: &str| Table {
            name: Name::bare(name),
            columns: vec![
                column("id", "integer"),
                column("title", "character varying(20)"),
            ],
            ..Table::default()
        };
        let check = DomainCheck {
            name: Some("positive_check".to_owned()),
            expression: "(VALUE > 0)".to_owned(),
            ..DomainCheck::default()
        };
        Schema {
            tables: vec![table("book"), table("shop")],
            domains: vec![Domain {
                name: Name::bare("positive"),
                type_name: "integer".to_owned(),
                checks: vec![check],
                ..Domain::default()
            }],
            ..Schema::default()
        }
    }

    /// Of a plan in which `book` is large, or unknown, and `shop` is small.
    fn hazard(statements: &[&str]) -> Option<String> {
        let schema = schema();
        let options = Options {
            rows: [("shop".to_owned(), 12)].into(),
            ..Options::default()
        };
        let situation = Situation {
            start: &schema,
            from: &schema,
            to: &schema,
            options: &options,
            changes: &[],
            obstacles: &Obstacles::new(),
            leftovers: &Leftovers::new(),
            catalog: OnceCell::new(),
        };
        let statements: Vec<String> = statements.iter().map(|it| (*it).to_owned()).collect();
        situation
            .hazard_of(&statements)
            .map(|hazard| hazard.to_string())
    }

    #[test]
    fn what_changes_the_catalog_alone_is_none() {
        for sql in [
            "alter table book alter column title type text",
            "alter table book add column sold timestamptz default now()",
            "alter table book add constraint c check (id > 0) not valid",
            "alter table book drop column title",
            "create index concurrently i on book (title)",
        ] {
            assert_eq!(hazard(&[sql]), None, "{sql}");
        }
    }

    #[test]
    fn what_a_large_table_is_locked_for_is_told() {
        for (sql, expected) in [
            (
                "alter table book alter column id type bigint",
                "`book` and its indexes would be written anew while nobody can read it",
            ),
            (
                "alter table book add column key uuid default gen_random_uuid()",
                "`book` and its indexes would be written anew while nobody can read it",
            ),
            (
                "alter table book add column pages positive",
                "`book` and its indexes would be written anew while nobody can read it",
            ),
            (
                "alter table book alter column title set not null",
                "all rows of `book` would be read while nobody can read it",
            ),
            (
                "create index i on book (title)",
                "an index of `book` would be built of all rows while nobody can write to it",
            ),
        ] {
            assert_eq!(hazard(&[sql]).as_deref(), Some(expected), "{sql}");
            assert_eq!(hazard(&[&sql.replace("book", "shop")]), None, "{sql}");
        }
    }

    #[test]
    fn locks_of_a_transaction_are_held_while_its_next_statements_work() {
        let validate = "alter table book validate constraint c";
        let add = "alter table book add constraint c check (id > 0) not valid";
        assert_eq!(hazard(&[validate]), None);
        let expected = "all rows of `book` would be read while nobody can read it";
        assert_eq!(hazard(&[add, validate]).as_deref(), Some(expected));
        let drop = "alter table shop drop column title";
        let expected = "all rows of `book` would be read while nobody can read `shop`";
        assert_eq!(hazard(&[drop, validate]).as_deref(), Some(expected));
        let view = "create materialized view sold as select id from book";
        assert_eq!(hazard(&[view]), None);
        assert_eq!(hazard(&[drop, view]).as_deref(), Some(expected));
    }
}
