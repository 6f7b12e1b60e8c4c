//! `ATTACH PARTITION` of a table whose rows have to be read.

use std::fmt::Write as _;

use super::support::{known, recipes, words};
use crate::ast::{Action, Expr, Kind, Name, ObjectName, PartitionBound};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::Span;

pub(crate) static RULE: Rule = Rule {
    name: "scanning-partition-attach",
    summary: "a partition attached by reading its rows while nobody can use it",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &[],
        eugene: &[],
        strong_migrations: &[],
        pgls: &["avoidAttachingPartition"],
    },
    page: r"
## What it finds

`ATTACH PARTITION` where no `CHECK` proves that the rows belong into the partition, or where the default partition has to be read
because none excludes them from it.

## Why it hurts

The new partition, and the default partition, are locked against readers and writers while their rows are read. The
partitioned table itself goes on (since PostgreSQL 12; before, it is locked as well).

## The safe way

A `CHECK` that says the bound, validated before, spares the reading; one that excludes it does so for the default partition,
which is locked for a moment all the same.

```sql
ALTER TABLE orders_2024 ADD CONSTRAINT orders_2024_bound
    CHECK (day IS NOT NULL AND day >= '2024-01-01' AND day < '2025-01-01') NOT VALID;
ALTER TABLE orders_2024 VALIDATE CONSTRAINT orders_2024_bound;
```

## Examples

```sql before
CREATE TABLE orders (day date) PARTITION BY RANGE (day);
CREATE TABLE orders_2024 (day date);
CREATE TABLE orders_2025 (day date, CHECK (day IS NOT NULL AND day >= '2025-01-01' AND day < '2026-01-01'));
```

```sql
ALTER TABLE orders ATTACH PARTITION orders_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'); -- warning: scanning-partition-attach
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    // the partitioned table may be new, and what is attached to it is not
    let Kind::AlterTable(table) = &at.statement.kind else {
        return;
    };
    for action in &table.actions {
        if let Action::AttachPartition {
            partition,
            bound: Some(bound),
        } = &action.kind
        {
            let effects = at.effects_of(table, action);
            let read: Vec<&ObjectName> =
                effects.scans.iter().filter(|it| at.is_shared(it)).collect();
            if !read.is_empty() {
                found.push(finding(
                    at,
                    &table.name,
                    partition,
                    bound,
                    &read,
                    action.span,
                ));
            }
        }
    }
}

fn finding(
    at: &At<'_>,
    table: &ObjectName,
    partition: &ObjectName,
    bound: &PartitionBound,
    read: &[&ObjectName],
    span: Span,
) -> Finding {
    let is_read = |it: &ObjectName| {
        let it = at.catalog.resolve(it);
        read.iter().any(|other| at.catalog.resolve(other) == it)
    };
    let names: Vec<String> = read.iter().map(|it| format!("`{it}`")).collect();
    let message = format!(
        "{} {} read while nobody can use {}",
        words::listed(&names),
        words::is(&names),
        if names.len() == 1 { "it" } else { "them" }
    );
    let finding = Finding::new(&RULE, span, message).label("no `CHECK` proves the bound");
    let key = known::partition_key(at.catalog, table);
    let Some(condition) = condition(&key, bound) else {
        return finding.advice("prove the bound by a `CHECK` that is validated before");
    };
    let mut steps = String::new();
    let mut after = String::new();
    let mut prove = |table: &ObjectName, condition: &str| {
        let name = at.constraint_name(table, &[], "bound");
        steps += &recipes::validated(table, &name, format!("CHECK ({condition})"));
        steps += "\n";
        let _ = write!(after, "\nALTER TABLE {table} DROP CONSTRAINT {name};");
    };
    if is_read(partition) {
        prove(partition, &condition);
    }
    if let (Some(default), Some(outside)) = (
        known::default_partition(at.catalog, table).filter(|it| is_read(it)),
        outside(&key, bound),
    ) {
        prove(&default, &outside);
    }
    let _ = write!(steps, "{};{after}", at.written(at.statement.span));
    finding.instead("prove the bound before, which blocks nobody", steps)
}

/// What a partition's rows fulfil, where one column is the key.
fn condition(key: &[Name], bound: &PartitionBound) -> Option<String> {
    let [column] = key else {
        return None;
    };
    match bound {
        PartitionBound::In(values) => {
            let values: Vec<&str> = values.iter().map(|it| it.text.as_str()).collect();
            let is_null = |it: &&str| it.eq_ignore_ascii_case("null");
            if values.iter().any(is_null) {
                return None;
            }
            Some(format!(
                "{column} IS NOT NULL AND {column} IN ({})",
                values.join(", ")
            ))
        }
        PartitionBound::Range { from, to } => {
            let mut condition = format!("{column} IS NOT NULL");
            for (operator, values) in [(">=", from), ("<", to)] {
                if let Some(value) = limit(values) {
                    let _ = write!(condition, " AND {column} {operator} {value}");
                }
            }
            Some(condition)
        }
        PartitionBound::Default | PartitionBound::Hash { .. } => None,
    }
}

/// What the rows of the default partition fulfil that would not belong into the new one.
fn outside(key: &[Name], bound: &PartitionBound) -> Option<String> {
    let [column] = key else {
        return None;
    };
    match bound {
        PartitionBound::In(values) => {
            let values: Vec<&str> = values.iter().map(|it| it.text.as_str()).collect();
            Some(format!("{column} NOT IN ({})", values.join(", ")))
        }
        PartitionBound::Range { from, to } => {
            let sides = [("<", from), (">=", to)];
            let sides = sides.iter().filter_map(|(operator, values)| {
                Some(format!("{column} {operator} {}", limit(values)?))
            });
            let sides: Vec<String> = sides.collect();
            (!sides.is_empty()).then(|| sides.join(" OR "))
        }
        PartitionBound::Default | PartitionBound::Hash { .. } => None,
    }
}

fn limit(values: &[Expr]) -> Option<&str> {
    let value = values.first()?.text.as_str();
    let is_open = ["minvalue", "maxvalue"]
        .iter()
        .any(|it| value.eq_ignore_ascii_case(it));
    (!is_open).then_some(value)
}
