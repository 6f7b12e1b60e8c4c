//! `CHECK` constraints that are tested for every row under the lock.

use super::support::{model, recipes};
use crate::ast::{Action, AlterAction, AlterTable, Constraint, ConstraintKind, Expr, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::locks::table::Form;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-check",
    summary: "a `CHECK` that is tested for every row while nobody can use the table",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["constraint-missing-not-valid"],
        eugene: &["E1"],
        strong_migrations: &["add_check_constraint"],
        pgls: &["constraintMissingNotValid"],
    },
    page: r"
## What it finds

`ADD CONSTRAINT … CHECK` without `NOT VALID`, and `ADD COLUMN` with a `CHECK`.

## Why it hurts

Every row is tested under a lock that keeps out readers and writers.

## The safe way

Demand it of new rows, which takes the lock for a moment, and test the others in a transaction of its own, which blocks nobody:

```sql
ALTER TABLE orders ADD CONSTRAINT orders_price_check CHECK (price > 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_price_check;
```

## Examples

```sql
ALTER TABLE orders ADD CONSTRAINT orders_price_check CHECK (price > 0); -- error: blocking-check
ALTER TABLE orders ADD COLUMN amount int CHECK (amount > 0); -- error: blocking-check
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action) in model::actions(at) {
        match &action.kind {
            Action::AddConstraint(constraint) => {
                if let ConstraintKind::Check(expr) = &constraint.kind
                    && tests(at, table, action)
                {
                    found.push(of_table(at, &table.name, constraint, expr));
                }
            }
            Action::AddColumn { column, .. } => {
                for constraint in &column.constraints {
                    if let ConstraintKind::Check(expr) = &constraint.kind
                        && tests(at, table, action)
                    {
                        let definition = recipes::column_without(at, column, constraint);
                        found.push(of_column(at, &table.name, constraint, expr, &definition));
                    }
                }
            }
            _ => {}
        }
    }
}

fn tests(at: &At<'_>, table: &AlterTable, action: &AlterAction) -> bool {
    let forms = [Form::AddCheck, Form::AddCheckNoInherit];
    let effects = at.effects_of(table, action);
    model::row(&effects, &forms).is_some() && !effects.scans.is_empty()
}

fn of_table(at: &At<'_>, table: &ObjectName, constraint: &Constraint, expr: &Expr) -> Finding {
    let name = name(at, table, constraint, expr);
    let inherit = if constraint.no_inherit {
        " NO INHERIT"
    } else {
        ""
    };
    let check = format!("CHECK ({}){inherit}", expr.text);
    base(table, constraint, &name).instead(
        "demand it of new rows, then test the others in a transaction of its own",
        recipes::validated(table, &name, check),
    )
}

fn of_column(
    at: &At<'_>,
    table: &ObjectName,
    constraint: &Constraint,
    expr: &Expr,
    definition: &str,
) -> Finding {
    let name = name(at, table, constraint, expr);
    let steps = recipes::validated(table, &name, format_args!("CHECK ({})", expr.text));
    base(table, constraint, &name)
        .note("a new column's `CHECK` is tested for every row, though all of them hold the same value")
        .instead(
            "add the column alone, then the constraint in two steps",
            format!("ALTER TABLE {table} ADD COLUMN {definition};\n{steps}"),
        )
}

fn base(table: &ObjectName, constraint: &Constraint, name: &str) -> Finding {
    Finding::new(
        &RULE,
        constraint.span,
        format!("every row of `{table}` is tested for `{name}` while nobody can use it"),
    )
    .label("reads the whole table")
}

fn name(at: &At<'_>, table: &ObjectName, constraint: &Constraint, expr: &Expr) -> String {
    match &constraint.name {
        Some(name) => name.to_string(),
        None => match expr.columns().as_slice() {
            // as PostgreSQL itself: the column's name only where there is one
            [column] => at.constraint_name(table, &[column], "check"),
            _ => at.constraint_name(table, &[], "check"),
        },
    }
}
