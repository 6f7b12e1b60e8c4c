//! Statements that PostgreSQL will refuse, as far as the schema and the version tell.

use super::support::known;
use crate::ast::{Action, ColumnChange, ConstraintKind, Drop, DropBehavior, Kind, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "refused-statement",
    summary: "a statement that PostgreSQL will refuse",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases::NONE,
    page: r"
## What it finds

Statements that parse and yet fail: forms that the version has not (`DETACH … CONCURRENTLY` before 14), that the object does not
allow (`CONCURRENTLY` on a partitioned table, `NOT VALID` for its foreign key before 18, `DETACH … CONCURRENTLY` with a default
partition), and changes of what others depend on (the type of a column that a view shows).

## Why it hurts

The migration fails where it stands, and what ran before it in other transactions stays.

## The safe way

What the message says.

```sql
ALTER TABLE orders DETACH PARTITION orders_2020;
```

## Examples

```sql before
CREATE TABLE orders (day date) PARTITION BY RANGE (day);
CREATE TABLE orders_2020 PARTITION OF orders FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
```

```sql
CREATE INDEX CONCURRENTLY orders_day_idx ON orders (day); -- error: refused-statement
```

```sql pg=13
ALTER TABLE orders DETACH PARTITION orders_2020 CONCURRENTLY; -- error: refused-statement
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let version = at.settings.version;
    if let Some(why) = &at.effects.refused {
        let message = format!("PostgreSQL {version} refuses this: {why}");
        found.push(Finding::new(&RULE, at.statement.span, message).label("fails"));
        return;
    }
    if let Kind::Drop(drop) = &at.statement.kind
        && let Some(why) = concurrent_drop(drop)
    {
        let message = format!("PostgreSQL {version} refuses this: {why}");
        found.push(Finding::new(&RULE, at.statement.span, message).label("fails"));
    }
    let Kind::AlterTable(table) = &at.statement.kind else {
        return;
    };
    for action in &table.actions {
        if let Some(why) = foreseen(at, &table.name, &action.kind) {
            let message = format!("PostgreSQL {version} refuses this: {why}");
            found.push(Finding::new(&RULE, action.span, message).label("fails"));
        }
    }
}

fn concurrent_drop(drop: &Drop) -> Option<&'static str> {
    if !drop.concurrently {
        return None;
    }
    if drop.objects.len() > 1 {
        return Some("`CONCURRENTLY` drops one index at a time");
    }
    (drop.behavior == DropBehavior::Cascade).then_some("`CONCURRENTLY` does not go with `CASCADE`")
}

/// What depends on the objects that are known, not on the form of the statement.
fn foreseen(at: &At<'_>, table: &ObjectName, action: &Action) -> Option<String> {
    match action {
        Action::AddConstraint(constraint)
            if constraint.not_valid
                && matches!(constraint.kind, ConstraintKind::ForeignKey(_))
                && !at.since(18)
                && known::is_partitioned(at.catalog, table) =>
        {
            Some(format!(
                "`{table}` is partitioned, and its foreign keys cannot be `NOT VALID` before 18"
            ))
        }
        Action::AlterColumn {
            column,
            change: ColumnChange::Type { .. },
        } => {
            let view = known::view_with_column(at.catalog, table, column)?;
            Some(format!(
                "the view `{view}` depends on the type of `{column}`"
            ))
        }
        Action::DropColumn {
            name,
            behavior: DropBehavior::Restrict,
            ..
        } => {
            let view = known::view_with_column(at.catalog, table, name)?;
            Some(format!("the view `{view}` depends on `{name}`"))
        }
        _ => None,
    }
}
