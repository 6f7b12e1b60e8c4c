//! `UNIQUE` constraints whose index is built under the lock.

use super::support::{known, model, partitioned, recipes};
use crate::ast::{Action, Constraint, ConstraintKind, KeyConstraint, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::Span;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-unique-constraint",
    summary: "a `UNIQUE` constraint whose index is built while nobody can use the table",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["disallowed-unique-constraint"],
        eugene: &["E7"],
        strong_migrations: &["add_unique_constraint"],
        pgls: &["disallowUniqueConstraint"],
    },
    page: r"
## What it finds

`ADD UNIQUE` without `USING INDEX`, and `ADD COLUMN … UNIQUE`.

## Why it hurts

The constraint's index is built under a lock that keeps out readers and writers. `NOT VALID` does not exist for it.

## The safe way

Build the index without blocking, outside a transaction, then make it the constraint's:

```sql
CREATE UNIQUE INDEX CONCURRENTLY orders_number_key ON orders (number);
ALTER TABLE orders ADD CONSTRAINT orders_number_key UNIQUE USING INDEX orders_number_key;
```

## Examples

```sql
ALTER TABLE orders ADD UNIQUE (number); -- error: blocking-unique-constraint
ALTER TABLE orders ADD COLUMN code text UNIQUE; -- error: blocking-unique-constraint
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action) in model::actions(at) {
        match &action.kind {
            Action::AddConstraint(constraint) => {
                if let ConstraintKind::Unique(key) = &constraint.kind
                    && key.using_index.is_none()
                    && !known::is_only_of_partitions(at.catalog, table)
                    && model::works(&at.effects_of(table, action))
                {
                    let finding = base(&table.name, constraint.span);
                    found.push(advised(at, finding, &table.name, constraint, key, None));
                }
            }
            Action::AddColumn { column, .. } => {
                for constraint in &column.constraints {
                    if let ConstraintKind::Unique(key) = &constraint.kind
                        && model::works(&at.effects_of(table, action))
                    {
                        let key = KeyConstraint {
                            columns: vec![column.name.clone()],
                            ..key.clone()
                        };
                        let definition = recipes::column_without(at, column, constraint);
                        let finding = base(&table.name, constraint.span);
                        let before = Some(definition.as_str());
                        found.push(advised(at, finding, &table.name, constraint, &key, before));
                    }
                }
            }
            _ => {}
        }
    }
}

fn base(table: &ObjectName, span: Span) -> Finding {
    let message = format!("an index over all of `{table}` is built while nobody can use it");
    Finding::new(&RULE, span, message).label("builds an index")
}

fn advised(
    at: &At<'_>,
    finding: Finding,
    table: &ObjectName,
    constraint: &Constraint,
    key: &KeyConstraint,
    column: Option<&str>,
) -> Finding {
    let name = constraint.name.as_ref().map(ToString::to_string);
    let columns: Vec<&str> = key.columns.iter().map(|it| it.text.as_str()).collect();
    let name = name.unwrap_or_else(|| at.constraint_name(table, &columns, "key"));
    let timing = recipes::timing(constraint);
    let is_partitioned = known::is_partitioned(at.catalog, table);
    let mut steps = if is_partitioned {
        partitioned::key(at, table, &name, "UNIQUE", key, timing)
    } else {
        recipes::key_using_index(table, &name, "UNIQUE", key, timing)
    };
    if let Some(column) = column {
        steps = format!("ALTER TABLE {table} ADD COLUMN {column};\n{steps}");
    }
    if is_partitioned {
        return finding
            .note("of a partitioned table an index cannot be built `CONCURRENTLY`")
            .instead(
                "make the constraint on the parent alone, where it stays invalid, then each \
                 partition's without blocking, outside a transaction, and attach them",
                steps,
            );
    }
    finding.instead(
        "build the index without blocking, outside a transaction, then make it the constraint's",
        steps,
    )
}
