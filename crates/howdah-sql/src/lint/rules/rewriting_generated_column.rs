//! `GENERATED … STORED` columns of tables that exist: added, or given another expression.

use super::support::model;
use crate::ast::{ColumnChange, ColumnDef, ConstraintKind, Expr, Name, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::locks::table::Form;

pub(crate) static RULE: Rule = Rule {
    name: "rewriting-generated-column",
    summary: "a stored generated column that is computed for every row",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["adding-field-with-default"],
        eugene: &["E11"],
        strong_migrations: &["add_column_generated_stored"],
        pgls: &["addingFieldWithDefault"],
    },
    page: r"
## What it finds

`ADD COLUMN … GENERATED ALWAYS AS (…) STORED`, and `SET EXPRESSION` (17) of such a column.

## Why it hurts

The column is computed for every row: the table and all of its indexes are written anew, and nobody can read it meanwhile.

## The safe way

A virtual column (18) is computed when it is read and costs nothing. Where the value has to be stored, a plain column that a
trigger fills does the same, and older rows are filled in batches.

```sql pg=18
ALTER TABLE orders ADD COLUMN total numeric GENERATED ALWAYS AS (price * amount) VIRTUAL;
```

## Examples

```sql
ALTER TABLE orders ADD COLUMN total numeric GENERATED ALWAYS AS (price * amount) STORED; -- error: rewriting-generated-column
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action, column) in model::new_columns(at) {
        let Some(expr) = stored(column) else {
            continue;
        };
        if model::row(&at.effects_of(table, action), &[Form::AddColumnStored]).is_some() {
            found.push(added(at, &table.name, column, expr));
        }
    }
    for (table, action, column, change) in model::column_changes(at) {
        if let ColumnChange::SetExpression(expr) = change
            && model::row(&at.effects_of(table, action), &[Form::SetExpression]).is_some()
        {
            found.push(changed(&table.name, column, expr));
        }
    }
}

fn stored(column: &ColumnDef) -> Option<&Expr> {
    column.constraints.iter().find_map(|it| match &it.kind {
        ConstraintKind::Generated { expr, stored: true } => Some(expr),
        _ => None,
    })
}

fn added(at: &At<'_>, table: &ObjectName, column: &ColumnDef, expr: &Expr) -> Finding {
    let name = &column.name;
    let type_name = at.written(column.type_name.as_ref().map_or(column.span, |it| it.span));
    let finding = Finding::new(
        &RULE,
        column.span,
        format!("`{table}.{name}` is computed and stored in every row of `{table}`"),
    )
    .label("stored in each row");
    if at.since(18) {
        return finding.instead(
            "compute it when it is read, which touches no row",
            format!(
                "ALTER TABLE {table} ADD COLUMN {name} {type_name} \
                 GENERATED ALWAYS AS ({}) VIRTUAL;",
                expr.text
            ),
        );
    }
    finding
        .note(
            "since PostgreSQL 18 a `VIRTUAL` column costs nothing: it is computed when it is read",
        )
        .instead(
            "add a plain column, let a trigger fill it in new rows, and fill the older ones in \
             batches",
            format!("ALTER TABLE {table} ADD COLUMN {name} {type_name};"),
        )
}

fn changed(table: &ObjectName, column: &Name, expr: &Expr) -> Finding {
    Finding::new(
        &RULE,
        expr.span,
        format!("`{table}.{column}` is computed anew and stored in every row of `{table}`"),
    )
    .label("stored in each row")
    .advice("add another column with the new expression, filled in batches, and switch to it")
}
