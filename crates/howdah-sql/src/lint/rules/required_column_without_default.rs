//! `ADD COLUMN … NOT NULL` without anything to fill it with.

use super::support::recipes;
use crate::ast::{Action, AlterTable, ColumnDef, ConstraintKind, Node};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::Span;

pub(crate) static RULE: Rule = Rule {
    name: "required-column-without-default",
    summary: "a new `NOT NULL` column that nothing fills",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases {
        squawk: &["adding-required-field"],
        pgls: &["addingRequiredField"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`ADD COLUMN … NOT NULL` without a default, an identity or a generated expression, on a table that was there before.

## Why it hurts

The statement fails as soon as the table has a row: `column ... contains null values`. On an empty table it succeeds, so
it passes every test and fails in production. And the release before, which does not know the column, cannot insert
any more.

## The safe way

With a default that is not volatile the column is filled without touching a row, since PostgreSQL 11:

```sql
ALTER TABLE orders ADD COLUMN note text DEFAULT '' NOT NULL;
```

Without one: add the column, let the programs write it, fill what is older in batches, and demand it at last.

```sql
ALTER TABLE orders ADD COLUMN note text;
ALTER TABLE orders ADD CONSTRAINT orders_note_present CHECK (note IS NOT NULL) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_note_present;
ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT orders_note_present;
```

## Examples

```sql
ALTER TABLE orders ADD COLUMN note text NOT NULL; -- error: required-column-without-default
```

A table that the same script makes has no rows yet:

```sql
CREATE TABLE orders (id bigint PRIMARY KEY);
ALTER TABLE orders ADD COLUMN note text NOT NULL;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Some(table) = at.alters_existing_table() else {
        return;
    };
    for action in &table.actions {
        if let Action::AddColumn { column, .. } = &action.kind
            && is_required(column)
            && !is_filled(column)
        {
            found.push(finding(at, table, column));
        }
    }
}

fn is_required(column: &ColumnDef) -> bool {
    let is_not_null = |it: &ConstraintKind| {
        matches!(
            it,
            ConstraintKind::NotNull(_) | ConstraintKind::PrimaryKey(_)
        )
    };
    column.constraints.iter().any(|it| is_not_null(&it.kind))
}

fn is_filled(column: &ColumnDef) -> bool {
    let is_serial = column
        .type_name
        .as_ref()
        .is_some_and(|it| it.serial().is_some());
    let fills = |it: &ConstraintKind| match it {
        ConstraintKind::Default(value) => value.node != Node::Null,
        ConstraintKind::Generated { .. } | ConstraintKind::Identity { .. } => true,
        _ => false,
    };
    is_serial || column.constraints.iter().any(|it| fills(&it.kind))
}

fn finding(at: &At<'_>, table: &AlterTable, column: &ColumnDef) -> Finding {
    let (table, name) = (&table.name, &column.name);
    let type_name = at.written(column.type_name.as_ref().map_or(column.span, |it| it.span));
    let definition = Span {
        start: name.span.start,
        end: column.span.end,
    };
    let finding = Finding::new(
        &RULE,
        definition,
        format!(
            "`{table}.{name}` is required and has no default: this fails if `{table}` has a row"
        ),
    )
    .label("nothing fills it")
    .note("the release before does not know the column, and can no longer insert");
    let default = format!("ALTER TABLE {table} ADD COLUMN {name} {type_name} DEFAULT … NOT NULL;");
    let later = format!(
        "ALTER TABLE {table} ADD COLUMN {name} {type_name};\n\
         {}\n\
         {}",
        recipes::backfill(table, name, "…"),
        recipes::not_null(at, table, name)
    );
    let demanded = "demand it after programs write it and older rows are filled";
    if at.since(11) {
        finding
            .instead(
                "give it a default, which costs nothing since PostgreSQL 11",
                default,
            )
            .instead(format!("or {demanded}"), later)
    } else {
        finding.instead(demanded, later)
    }
}
