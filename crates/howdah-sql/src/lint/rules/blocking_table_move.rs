//! Tables and indexes copied into another file: tablespace, persistence, access method.

use super::support::model;
use crate::ast::{Action, Kind, ObjectName, RelationKind};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-table-move",
    summary: "a table or index copied into another file while nobody can use it",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases::NONE,
    page: r"
## What it finds

`SET TABLESPACE`, `SET LOGGED`, `SET UNLOGGED` and `SET ACCESS METHOD` of what was there before, indexes too.

## Why it hurts

All of it is copied while nobody can use the table; of an index, while nobody can plan a query of its table. `SET UNLOGGED` also
means that a crash empties the table, and that replicas have none of it.

## The safe way

A new table with the property, filled in batches; of an index, a new one that is built concurrently:

```sql
CREATE INDEX CONCURRENTLY orders_number_idx2 ON orders (number) TABLESPACE fast;
DROP INDEX CONCURRENTLY orders_number_idx;
ALTER INDEX orders_number_idx2 RENAME TO orders_number_idx;
```

## Examples

```sql
ALTER TABLE orders SET TABLESPACE fast; -- error: blocking-table-move
ALTER TABLE orders SET UNLOGGED; -- error: blocking-table-move
ALTER INDEX orders_number_idx SET TABLESPACE fast; -- error: blocking-table-move
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action) in model::actions(at) {
        let moves = matches!(
            action.kind,
            Action::SetTablespace(_)
                | Action::SetLogged
                | Action::SetUnlogged
                | Action::SetAccessMethod(_)
        );
        if moves && model::works(&at.effects_of(table, action)) {
            let unlogged = matches!(action.kind, Action::SetUnlogged);
            found.push(finding(at, table.kind, &table.name, action.span, unlogged));
        }
    }
    if let Kind::MoveTablespace(all) = &at.statement.kind {
        let message = format!("all of `{}` is copied while nobody can use it", all.from);
        found.push(
            Finding::new(&RULE, at.statement.span, message)
                .label("copies every file")
                .advice("move one relation at a time, each in a transaction of its own"),
        );
    }
}

fn finding(
    at: &At<'_>,
    kind: RelationKind,
    name: &ObjectName,
    span: crate::text::Span,
    unlogged: bool,
) -> Finding {
    let message = format!("`{name}` is copied while nobody can use it");
    let mut finding = Finding::new(&RULE, span, message).label("copies all of it");
    if unlogged {
        finding = finding.note("a crash empties an unlogged table, and replicas have none of it");
    }
    if kind == RelationKind::Index && at.since(14) {
        let written = at.written(span);
        let tablespace = written
            .rsplit(char::is_whitespace)
            .next()
            .unwrap_or_default();
        return finding.instead(
            "build it again in its new place without blocking",
            format!("REINDEX (TABLESPACE {tablespace}) INDEX CONCURRENTLY {name};"),
        );
    }
    if kind == RelationKind::Index {
        return finding.advice("build another one `CONCURRENTLY` there, drop this one, and rename");
    }
    finding.advice(format!(
        "a new table beside `{name}`, filled in batches, and a switch of names"
    ))
}
