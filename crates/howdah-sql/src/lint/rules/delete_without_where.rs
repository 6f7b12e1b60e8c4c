//! `DELETE` of every row.

use super::support::known;
use crate::ast::{Delete, Kind};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::Span;

pub(crate) static RULE: Rule = Rule {
    name: "delete-without-where",
    summary: "a `DELETE` of every row of a table",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Data,
    aliases: Aliases {
        pgls: &["banDeleteWithoutWhere"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`DELETE` without `WHERE` from a table that was there before, in a `WITH`, too.

## Why it hurts

All rows go, in one transaction that locks each of them and fires the triggers and foreign keys of each.

## The safe way

A `WHERE`, in batches. If all of it is meant to go, say so: `WHERE true` is silent.

```sql
DELETE FROM session WHERE ended < now() - interval '1 year';
```

## Examples

```sql
DELETE FROM session; -- error: delete-without-where
DELETE FROM session WHERE true;
WITH gone AS (DELETE FROM session RETURNING *) -- error: delete-without-where
INSERT INTO session_archive SELECT * FROM gone;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for statement in at.statement.changes() {
        if let Kind::Delete(delete) = &statement.kind {
            found.extend(of_delete(at, delete, statement.span));
        }
    }
}

fn of_delete(at: &At<'_>, delete: &Delete, span: Span) -> Option<Finding> {
    if delete.condition.is_some() || delete.current_of || !at.is_shared(&delete.table) {
        return None;
    }
    let table = &delete.table;
    let message = match known::rows(at.catalog, table) {
        Some(rows) => format!("all {rows} rows of `{table}` are deleted"),
        None => format!("every row of `{table}` is deleted"),
    };
    let mut finding = Finding::new(&RULE, span, message)
        .label("no `WHERE`")
        .advice("a `WHERE`, in batches; `WHERE true` says that all of it is meant");
    for trigger in known::row_triggers(at.catalog, table, "delete") {
        finding = finding.note(format!("the trigger `{trigger}` runs for each row"));
    }
    Some(finding)
}
