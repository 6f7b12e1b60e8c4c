//! `DETACH PARTITION` without `CONCURRENTLY`.

use super::support::{known, model};
use crate::ast::{Action, DetachMode, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::Span;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-partition-detach",
    summary: "a partition detached with a lock on the whole partitioned table",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["require-concurrent-partition-detach"],
        eugene: &[],
        strong_migrations: &[],
        pgls: &["requireConcurrentDetachPartition"],
    },
    page: r"
## What it finds

`DETACH PARTITION` without `CONCURRENTLY`.

## Why it hurts

The partitioned table and its default partition are locked against readers and writers. The work is short, but the lock waits for
every transaction that uses any partition.

## The safe way

Since PostgreSQL 14, outside a transaction and where there is no default partition:

```sql
ALTER TABLE orders DETACH PARTITION orders_2020 CONCURRENTLY;
```

When it is interrupted, `ALTER TABLE orders DETACH PARTITION orders_2020 FINALIZE` ends it.

## Examples

```sql
ALTER TABLE orders DETACH PARTITION orders_2020; -- warning: blocking-partition-detach
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action) in model::actions(at) {
        if let Action::DetachPartition {
            partition,
            mode: DetachMode::Plain,
        } = &action.kind
        {
            found.push(finding(at, &table.name, partition, action.span));
        }
    }
}

fn finding(at: &At<'_>, table: &ObjectName, partition: &ObjectName, span: Span) -> Finding {
    let message =
        format!("to detach `{partition}`, all of `{table}` is locked against readers and writers");
    let finding = Finding::new(&RULE, span, message).label("locks every partition's parent");
    let retry = "set `lock_timeout`, and try again when it is exceeded";
    if !at.since(14) {
        return finding
            .note("`CONCURRENTLY` exists since PostgreSQL 14")
            .advice(retry);
    }
    if let Some(default) = known::default_partition(at.catalog, table) {
        return finding
            .note(format!(
                "`CONCURRENTLY` is refused where there is a default partition: `{default}`"
            ))
            .advice(retry);
    }
    let safe = format!("ALTER TABLE {table} DETACH PARTITION {partition} CONCURRENTLY;");
    if at.in_transaction() {
        return finding
            .note("`CONCURRENTLY` is refused within a transaction")
            .instead("in a migration of its own, outside a transaction", safe);
    }
    let finding = finding
        .note("`CONCURRENTLY` is refused where there is a default partition")
        .instead("detach it without blocking", safe);
    if known::is_partitioned(at.catalog, table) {
        let edit = Edit::insert(partition.span.end, " CONCURRENTLY");
        return finding.fix(
            "add `CONCURRENTLY`, for which no transaction may be open",
            vec![edit],
        );
    }
    finding
}
