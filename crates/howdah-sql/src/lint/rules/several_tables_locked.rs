//! Transactions that keep readers away from more than one table.

use super::support::known;
use crate::ast::{Kind, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "several-tables-locked",
    summary: "one transaction that keeps readers away from several tables",
    severity: Severity::Note,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        pgls: &["avoidWideLockWindow"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

The second table that one transaction locks against readers.

## Why it hurts

While the second lock waits for running transactions, the first one is held: both tables stand still. And a program that uses
the two in the other order meets the migration in a deadlock.

## The safe way

A transaction for each table, with a `lock_timeout`:

```sql
BEGIN;
ALTER TABLE orders ADD COLUMN note text;
COMMIT;
BEGIN;
ALTER TABLE customer ADD COLUMN note text;
COMMIT;
```

## Examples

```sql
BEGIN;
ALTER TABLE orders ADD COLUMN note text;
ALTER TABLE customer ADD COLUMN note text; -- note: several-tables-locked
COMMIT;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Some(open) = &at.session.transaction else {
        return;
    };
    if matches!(at.statement.kind, Kind::Do(_)) {
        return;
    }
    if !at.effects.locks.iter().any(|it| it.mode.blocks_reads()) {
        return;
    }
    let held = open.held.iter().filter(|it| it.lock.mode.blocks_reads());
    let mut held = held.map(|it| &it.lock.relation).filter(|it| counts(at, it));
    let Some(first) = held.next() else {
        return;
    };
    // told once: of the second one
    if held.any(|it| it != first && !is_kin(at, it, first)) {
        return;
    }
    let is_other = |it: &ObjectName| counts(at, it) && it != first && !is_kin(at, it, first);
    let mut taken = at.effects.locks.iter().filter(|it| it.mode.blocks_reads());
    if let Some(other) = taken.find(|it| is_other(&it.relation)) {
        let message = format!(
            "`{first}` stands still while this waits for `{}`",
            other.relation
        );
        found.push(
            Finding::new(&RULE, at.statement.span, message)
                .locks(vec![other.clone()])
                .label("the second table of this transaction")
                .advice("a transaction for each table, with a `lock_timeout`"),
        );
    }
}

fn counts(at: &At<'_>, relation: &ObjectName) -> bool {
    at.is_shared(relation) && !known::is_other_than_table(at.catalog, relation)
}

/// Partitions of one table are locked together.
fn is_kin(at: &At<'_>, a: &ObjectName, b: &ObjectName) -> bool {
    known::ancestors(at.catalog, a).contains(b) || known::ancestors(at.catalog, b).contains(a)
}
