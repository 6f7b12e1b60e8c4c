//! Work in a transaction that already keeps others out of a table.

use super::support::model;
use crate::ast::{Kind, Query};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::session::HeldLock;
use crate::lint::severity::Severity;
use crate::locks::Mode;

pub(crate) static RULE: Rule = Rule {
    name: "lock-held-while-working",
    summary: "work done while the transaction keeps others out of a table",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &[],
        eugene: &["E4"],
        strong_migrations: &[],
        pgls: &["runningStatementWhileHoldingAccessExclusive"],
    },
    page: r"
## What it finds

A statement that takes time (writes rows, reads a table, builds an index) in a transaction that has locked a table
against readers or writers before.

## Why it hurts

Locks are held until the transaction ends. A change of the catalog holds its lock for a moment; with an `UPDATE`
behind it, for as long as that runs.

## The safe way

Work first and lock last, or a transaction for each:

```sql
BEGIN;
ALTER TABLE orders ADD COLUMN paid boolean;
COMMIT;
UPDATE orders SET paid = true WHERE id = 1;
```

## Examples

```sql
BEGIN;
ALTER TABLE orders ADD COLUMN paid boolean;
UPDATE orders SET paid = true WHERE closed; -- warning: lock-held-while-working
COMMIT;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if !at.in_transaction() || !takes_time(at) || keeps_books(&at.statement.kind) {
        return;
    }
    let Some(open) = &at.session.transaction else {
        return;
    };
    if let Some(held) = open.strongest().filter(|it| it.lock.mode.blocks_writes()) {
        found.push(finding(at, held));
    }
}

/// Tables in which tools for migrations note what they have done: a row each.
const BOOKS: [&str; 7] = [
    "alembic_version",
    "databasechangelog",
    "databasechangeloglock",
    "django_migrations",
    "flyway_schema_history",
    "goose_db_version",
    "schema_migrations",
];

fn keeps_books(kind: &Kind) -> bool {
    let written = kind.written();
    let is_book = |it: &&crate::ast::ObjectName| BOOKS.contains(&it.name.as_str());
    !written.is_empty() && written.iter().all(is_book)
}

fn takes_time(at: &At<'_>) -> bool {
    let reads = |query: &Query| !query.reads.is_empty();
    if !at.statement.within().is_empty() {
        return true;
    }
    match &at.statement.kind {
        Kind::Update(_)
        | Kind::Delete(_)
        | Kind::Merge(_)
        | Kind::Call(_)
        | Kind::Copy(_)
        | Kind::Refresh(_) => true,
        Kind::Insert(insert) => insert.source.as_ref().is_some_and(reads),
        Kind::CreateTableAs(made) => made.with_data && made.query.as_ref().is_some_and(reads),
        Kind::CreateMaterializedView(made) => made.with_data && reads(&made.query),
        // what changes the same table says itself that it works under its lock
        Kind::AlterTable(_) => {
            let blocks = at
                .effects
                .strongest()
                .is_some_and(|it| it.mode.blocks_writes());
            model::works(at.effects) && !blocks && !validates_held(at)
        }
        _ => false,
    }
}

/// `validation-under-lock` tells it.
fn validates_held(at: &At<'_>) -> bool {
    let mode = |it| at.session.transaction.as_ref()?.mode(it);
    let mut scans = at.effects.scans.iter();
    scans.any(|it| mode(it).is_some_and(Mode::blocks_writes))
}

fn finding(at: &At<'_>, held: &HeldLock) -> Finding {
    let table = &held.lock.relation;
    let who = if held.lock.mode.blocks_reads() {
        "readers and writers"
    } else {
        "writers"
    };
    let message = format!("this runs while {who} wait for `{table}`");
    let by = &held.by;
    Finding::new(&RULE, at.statement.span, message)
        .label("the lock is held until the transaction ends")
        .note(format!("`{table}` is locked since `{by}`"))
        .advice("do the work before in a transaction of its own, or after")
        .locks(vec![held.lock.clone()])
}
