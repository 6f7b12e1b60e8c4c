//! `SET NOT NULL` without a proof: the table is read while nobody can use it.

use super::support::{model, recipes};
use crate::ast::{Action, ColumnChange, ConstraintKind, Name, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::locks::table::Form;
use crate::text::Span;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-not-null",
    summary: "`NOT NULL` that is tested for every row while nobody can use the table",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["adding-not-nullable-field"],
        eugene: &["E2"],
        strong_migrations: &[
            "change_column_null_postgresql",
            "change_column_null",
            "change_column_with_not_null",
        ],
        pgls: &["addingNotNullField"],
    },
    page: r"
## What it finds

`ALTER COLUMN … SET NOT NULL` where nothing proves that no row is `NULL`, and `ADD CONSTRAINT … NOT NULL` (18) without
`NOT VALID`.

## Why it hurts

Every row is read under a lock that keeps out readers and writers.

Since PostgreSQL 12 a valid `CHECK` spares the reading: `c IS NOT NULL`, also as a part of an `AND`, or `NOT (c IS NULL)`.
`c > 0` proves nothing, since it holds for `NULL`, and a constraint that is not validated proves nothing either.

## The safe way

```sql
ALTER TABLE orders ADD CONSTRAINT orders_note_present CHECK (note IS NOT NULL) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_note_present;
ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT orders_note_present;
```

Since PostgreSQL 18 the constraint itself can wait for its test:

```sql pg=18
ALTER TABLE orders ADD CONSTRAINT orders_note_not_null NOT NULL note NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_note_not_null;
```

## Examples

```sql
ALTER TABLE orders ALTER COLUMN note SET NOT NULL; -- error: blocking-not-null
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action) in model::actions(at) {
        let (column, span) = match &action.kind {
            Action::AlterColumn {
                column,
                change: ColumnChange::SetNotNull,
            } => (column, action.span),
            Action::AddConstraint(constraint) => match &constraint.kind {
                ConstraintKind::NotNull(Some(column)) => (column, constraint.span),
                _ => continue,
            },
            _ => continue,
        };
        let effects = at.effects_of(table, action);
        let forms = [Form::SetNotNull, Form::AddNotNull];
        if model::row(&effects, &forms).is_some() && model::works(&effects) {
            found.push(finding(at, &table.name, column, span));
        }
    }
}

fn finding(at: &At<'_>, table: &ObjectName, column: &Name, span: Span) -> Finding {
    let message =
        format!("every row of `{table}` is tested for `{column}` while nobody can use it");
    let finding = Finding::new(&RULE, span, message).label("reads the whole table");
    let steps = recipes::not_null(at, table, column);
    if at.since(18) {
        finding.instead(
            "demand it of new rows, then test the others without blocking",
            steps,
        )
    } else if at.since(12) {
        finding
            .note("since PostgreSQL 12 a valid `CHECK` that proves it spares the reading")
            .instead(
                "prove it first, which blocks nobody; each statement in its own transaction",
                steps,
            )
    } else {
        finding
            .note("before PostgreSQL 12 nothing spares the reading: keep the `CHECK` instead")
            .instead("demand it by a constraint, which blocks nobody", steps)
    }
}
