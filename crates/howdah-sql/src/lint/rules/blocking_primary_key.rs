//! Primary keys whose index is built, or whose columns are tested, under the lock.

use std::fmt::Write as _;

use super::support::{known, model, partitioned, recipes};
use crate::ast::{Action, Constraint, ConstraintKind, KeyConstraint, Name, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::locks::table::Form;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-primary-key",
    summary: "a primary key that is built or tested while nobody can use the table",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["adding-serial-primary-key-field"],
        eugene: &["E7", "W14"],
        strong_migrations: &[],
        pgls: &["addingPrimaryKeyConstraint"],
    },
    page: r"
## What it finds

`ADD PRIMARY KEY` without `USING INDEX`, `ADD COLUMN … PRIMARY KEY`, and `ADD PRIMARY KEY USING INDEX` where a column of the
index may be `NULL`.

## Why it hurts

The index is built under a lock that keeps out readers and writers. A column that may be `NULL` is tested in a second
reading of the table: `USING INDEX` spares the first and hides a `SET NOT NULL`.

## The safe way

Build the index without blocking, prove that no row is `NULL`, and make it the primary key:

```sql
CREATE UNIQUE INDEX CONCURRENTLY orders_pkey ON orders (id);
ALTER TABLE orders ADD CONSTRAINT orders_id_present CHECK (id IS NOT NULL) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_id_present;
ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_pkey;
ALTER TABLE orders DROP CONSTRAINT orders_id_present;
```

## Examples

```sql
ALTER TABLE orders ADD PRIMARY KEY (id); -- error: blocking-primary-key
```

```sql before
CREATE TABLE orders (id bigint, number bigint NOT NULL);
CREATE UNIQUE INDEX by_id ON orders (id);
CREATE UNIQUE INDEX by_number ON orders (number);
```

```sql
ALTER TABLE orders ADD PRIMARY KEY USING INDEX by_id; -- error: blocking-primary-key
```

```sql
ALTER TABLE orders ADD PRIMARY KEY USING INDEX by_number;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action) in model::actions(at) {
        match &action.kind {
            Action::AddConstraint(constraint) => {
                let ConstraintKind::PrimaryKey(key) = &constraint.kind else {
                    continue;
                };
                if known::is_only_of_partitions(at.catalog, table) {
                    continue;
                }
                let effects = at.effects_of(table, action);
                if let Some(index) = &key.using_index {
                    if model::row(&effects, &[Form::AddPrimaryKeyUsingIndex]).is_some() {
                        found.push(hidden(at, &table.name, constraint, index));
                    }
                } else if model::works(&effects) {
                    found.push(built(at, &table.name, constraint, key, &key.columns, None));
                }
            }
            Action::AddColumn { column, .. } => {
                for constraint in &column.constraints {
                    if let ConstraintKind::PrimaryKey(key) = &constraint.kind
                        && model::works(&at.effects_of(table, action))
                    {
                        let columns = std::slice::from_ref(&column.name);
                        let definition = recipes::column_without(at, column, constraint);
                        let before = format!(
                            "ALTER TABLE {} ADD COLUMN {definition};\n{}\n",
                            table.name,
                            recipes::backfill(&table.name, &column.name, "…")
                        );
                        let before = Some(before.as_str());
                        found.push(built(at, &table.name, constraint, key, columns, before));
                    }
                }
            }
            _ => {}
        }
    }
}

fn built(
    at: &At<'_>,
    table: &ObjectName,
    constraint: &Constraint,
    key: &KeyConstraint,
    columns: &[Name],
    before: Option<&str>,
) -> Finding {
    let before = before.unwrap_or_default();
    let name = name(at, table, constraint);
    let finding = Finding::new(
        &RULE,
        constraint.span,
        format!("the primary key of `{table}` is built while nobody can use it"),
    )
    .label("builds an index");
    let key = KeyConstraint {
        columns: columns.to_vec(),
        ..key.clone()
    };
    if known::is_partitioned(at.catalog, table) {
        let timing = recipes::timing(constraint);
        let demanded = partitioned::not_null(at, table, columns);
        let made = partitioned::key(at, table, &name, "PRIMARY KEY", &key, timing);
        return finding
            .note("of a partitioned table an index cannot be built `CONCURRENTLY`")
            .instead(
                "prove that no row is `NULL`, make the key on the parent alone, where it stays \
                 invalid, then each partition's without blocking, outside a transaction, and \
                 attach them",
                format!("{before}{demanded}{made}"),
            );
    }
    let index = recipes::unique_index(table, &name, &key);
    finding.instead(
        "build the index without blocking, prove that no row is `NULL`, then make it the key",
        format!(
            "{before}{index}\n{}",
            demanded(at, table, constraint, &name, &name, columns)
        ),
    )
}

fn hidden(at: &At<'_>, table: &ObjectName, constraint: &Constraint, index: &Name) -> Finding {
    let name = constraint.name.as_ref().unwrap_or(index).to_string();
    let columns = known::index_columns(at.catalog, table, index);
    let nullable: Vec<Name> = columns
        .into_iter()
        .filter(|it| known::may_be_null(at.catalog, table, it))
        .map(Name::new)
        .collect();
    let finding = Finding::new(
        &RULE,
        constraint.span,
        format!("a `SET NOT NULL` hides in this: `{table}` is read while nobody can use it"),
    )
    .label("reads the whole table");
    if nullable.is_empty() {
        return finding
            .note("whether the columns of the index may be `NULL` is not known here")
            .advice("prove it by a valid `CHECK (… IS NOT NULL)` first; without a database or schema it cannot be seen");
    }
    finding.instead(
        "prove first that no row is `NULL`",
        demanded(at, table, constraint, &name, &index.to_string(), &nullable),
    )
}

/// The index made the key, with a proof that spares the reading.
fn demanded(
    at: &At<'_>,
    table: &ObjectName,
    constraint: &Constraint,
    name: &str,
    index: &str,
    columns: &[Name],
) -> String {
    let mut steps = String::new();
    let mut after = String::new();
    for column in columns {
        let proof = at.constraint_name(table, &[&column.text], "present");
        let check = format!("CHECK ({column} IS NOT NULL)");
        steps += &recipes::validated(table, &proof, check);
        steps += "\n";
        let _ = write!(after, "\nALTER TABLE {table} DROP CONSTRAINT {proof};");
    }
    let timing = recipes::timing(constraint);
    format!(
        "{steps}ALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {index}{timing};{after}"
    )
}

fn name(at: &At<'_>, table: &ObjectName, constraint: &Constraint) -> String {
    match &constraint.name {
        Some(name) => name.to_string(),
        None => at.constraint_name(table, &[], "pkey"),
    }
}
