//! `CREATE TABLE … PARTITION OF` a table that others use.

use super::support::known;
use crate::ast::{CreateTable, Kind, ObjectName, PartitionOf};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-partition-creation",
    summary: "a partition made with a lock on the whole partitioned table",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases::NONE,
    page: r"
## What it finds

`CREATE TABLE … PARTITION OF` a table that was there before.

## Why it hurts

The partitioned table and its default partition are locked against readers and writers, which waits for every transaction
that uses any partition; and the default partition is read for rows that would belong into the new one.

## The safe way

Make the table alone and attach it, which leaves the partitioned table to its readers and writers (since PostgreSQL 12):

```sql
CREATE TABLE orders_2025 (LIKE orders INCLUDING ALL EXCLUDING IDENTITY);
ALTER TABLE orders ATTACH PARTITION orders_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
```

## Examples

```sql
CREATE TABLE orders_2025 PARTITION OF orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); -- warning: blocking-partition-creation
```

```sql
CREATE TABLE visit (day date) PARTITION BY RANGE (day);
CREATE TABLE visit_2025 PARTITION OF visit FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if let Kind::CreateTable(table) = &at.statement.kind
        && let Some(partition) = &table.partition_of
        && is_used(at, &partition.parent)
        && !is_there(at, table)
    {
        found.push(finding(at, table, partition));
    }
}

/// Whether programs know the table, or its default partition, which is read.
fn is_used(at: &At<'_>, parent: &ObjectName) -> bool {
    let default = known::default_partition(at.catalog, parent);
    !at.catalog.is_new(parent) || default.is_some_and(|it| at.is_shared(&it))
}

/// Nothing is made where `IF NOT EXISTS` finds it.
fn is_there(at: &At<'_>, table: &CreateTable) -> bool {
    table.if_not_exists && at.effects.locks.is_empty()
}

fn finding(at: &At<'_>, table: &CreateTable, partition: &PartitionOf) -> Finding {
    let (name, parent): (&ObjectName, &ObjectName) = (&table.name, &partition.parent);
    let message =
        format!("to make `{name}`, all of `{parent}` is locked against readers and writers");
    let finding =
        Finding::new(&RULE, parent.span, message).label("locked with its default partition");
    if !at.since(12) {
        return finding
            .note("before PostgreSQL 12 `ATTACH PARTITION` takes the same lock")
            .advice("set `lock_timeout`, and try again when it is exceeded");
    }
    let finding = match known::default_partition(at.catalog, parent) {
        Some(default) => finding.note(format!(
            "the default partition `{default}` is locked all the same, and read unless a `CHECK` excludes the new rows"
        )),
        None => finding,
    };
    let written = at.written(at.statement.span);
    let start = parent.span.end.saturating_sub(at.statement.span.start) as usize;
    let bound = written.get(start..).unwrap_or_default().trim();
    let is_plain =
        table.columns.is_empty() && table.constraints.is_empty() && table.partition_by.is_none();
    if !is_plain {
        return finding.advice(format!(
            "`CREATE TABLE {name} (LIKE {parent} INCLUDING ALL EXCLUDING IDENTITY, …)`, then `ATTACH PARTITION`"
        ));
    }
    finding.instead(
        "make the table alone, then attach it",
        format!(
            "CREATE TABLE {name} (LIKE {parent} INCLUDING ALL EXCLUDING IDENTITY);\n\
             ALTER TABLE {parent} ATTACH PARTITION {name} {bound};"
        ),
    )
}
