//! Foreign keys without an index on the referring columns.

use super::support::known;
use crate::ast::{
    Action, ColumnDef, Constraint, ConstraintKind, CreateTable, Kind, Name, ObjectName, Script,
};
use crate::lint::context::Whole;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "unindexed-foreign-key",
    summary: "a foreign key whose columns no index begins with",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Design,
    aliases: Aliases {
        eugene: &["E15"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

Foreign keys that the script makes, where at its end no index of the referring table begins with their columns.

## Why it hurts

Whoever deletes a row of the referenced table, or changes its key, reads all of the referring table for it, with the row locked.

## The safe way

```sql
CREATE INDEX CONCURRENTLY orders_customer_idx ON orders (customer);
```

## Examples

```sql
CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint REFERENCES customer); -- warning: unindexed-foreign-key
```

```sql
CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint REFERENCES customer);
CREATE INDEX ON orders (customer);
```
",
    check: Check::Script(check),
};

fn check(whole: &Whole<'_>, found: &mut Vec<Finding>) {
    for statement in &whole.script.statements {
        match &statement.kind {
            Kind::CreateTable(table) => of_new_table(whole, table, found),
            Kind::AlterTable(table) => {
                for action in &table.actions {
                    match &action.kind {
                        Action::AddConstraint(it) => look(whole, &table.name, it, &[], found),
                        Action::AddColumn { column, .. } => {
                            for it in &column.constraints {
                                of_new_column(whole, &table.name, column, it, found);
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// A column that is new has those indexes alone that the script makes, whatever else is known of its table.
fn of_new_column(
    whole: &Whole<'_>,
    table: &ObjectName,
    column: &ColumnDef,
    constraint: &Constraint,
    found: &mut Vec<Finding>,
) {
    let ConstraintKind::ForeignKey(key) = &constraint.kind else {
        return;
    };
    let is_key = |it: &Constraint| {
        matches!(
            it.kind,
            ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_)
        )
    };
    let columns = std::slice::from_ref(&column.name);
    let has_index = column.constraints.iter().any(is_key)
        || known::has_index(whole.catalog, table, columns)
        || is_indexed(whole.script, table, &column.name);
    if !has_index {
        found.push(finding(table, constraint, columns, &key.references));
    }
}

/// Whether the script makes an index of a table that nobody knows.
fn is_indexed(script: &Script, table: &ObjectName, column: &Name) -> bool {
    script.statements.iter().any(|it| {
        matches!(&it.kind, Kind::CreateIndex(index)
            if index.table == *table
                && index.elements.first().is_some_and(|it| it.column.as_ref() == Some(column)))
    })
}

fn of_new_table(whole: &Whole<'_>, table: &CreateTable, found: &mut Vec<Finding>) {
    for column in &table.columns {
        for it in &column.constraints {
            look(
                whole,
                &table.name,
                it,
                std::slice::from_ref(&column.name),
                found,
            );
        }
    }
    for it in &table.constraints {
        look(whole, &table.name, it, &[], found);
    }
}

fn look(
    whole: &Whole<'_>,
    table: &ObjectName,
    constraint: &Constraint,
    own: &[Name],
    found: &mut Vec<Finding>,
) {
    let ConstraintKind::ForeignKey(key) = &constraint.kind else {
        return;
    };
    let columns = if own.is_empty() { &key.columns } else { own };
    // of a table that is dropped again, or not known in full, nothing can be said
    if known::lacks_index(whole.catalog, table, columns) {
        found.push(finding(table, constraint, columns, &key.references));
    }
}

fn finding(
    table: &ObjectName,
    constraint: &Constraint,
    columns: &[Name],
    references: &ObjectName,
) -> Finding {
    let list: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let list = list.join(", ");
    let message = format!(
        "to delete from `{references}`, all of `{table}` is read: no index begins with `{list}`"
    );
    Finding::new(&RULE, constraint.span, message)
        .label("no index")
        .instead(
            "add one",
            format!("CREATE INDEX CONCURRENTLY ON {table} ({list});"),
        )
}
