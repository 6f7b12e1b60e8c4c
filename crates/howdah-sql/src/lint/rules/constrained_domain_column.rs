//! `ADD COLUMN` of a domain that has constraints: they are tested by writing every row anew.

use super::support::model;
use crate::ast::{ColumnDef, ObjectName, TypeName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::locks::table::Form;

pub(crate) static RULE: Rule = Rule {
    name: "constrained-domain-column",
    summary: "a new column of a domain with constraints, which rewrites the table",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases::NONE,
    page: r"
## What it finds

`ADD COLUMN` whose type is a domain with a `CHECK` or `NOT NULL`. The domain has to be known: from the same script, a
snapshot of the schema or a database.

## Why it hurts

PostgreSQL tests the domain for every row, even for `NULL`, and writes the table and all of its indexes anew meanwhile.
Nothing in the statement shows it.

## The safe way

A column of the domain's base type with the same constraint, which is tested in a second step that blocks nobody.

```sql
ALTER TABLE orders ADD COLUMN mail text;
ALTER TABLE orders ADD CONSTRAINT orders_mail_check CHECK (mail LIKE '%@%') NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_mail_check;
```

## Examples

```sql before
CREATE TABLE orders (id bigint PRIMARY KEY);
CREATE DOMAIN address AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN plain AS text;
```

```sql
ALTER TABLE orders ADD COLUMN mail address; -- error: constrained-domain-column
ALTER TABLE orders ADD COLUMN name plain;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action, column) in model::new_columns(at) {
        let Some(domain) = &column.type_name else {
            continue;
        };
        if model::row(
            &at.effects_of(table, action),
            &[Form::AddColumnConstrainedDomain],
        )
        .is_some()
        {
            found.push(finding(&table.name, column, domain));
        }
    }
}

fn finding(table: &ObjectName, column: &ColumnDef, domain: &TypeName) -> Finding {
    let name = &column.name;
    Finding::new(
        &RULE,
        domain.span,
        format!("the constraints of `{domain}` are tested for every row of `{table}`"),
    )
    .label("a domain with constraints")
    .advice(format!(
        "give `{name}` the domain's base type, and `{table}` its constraint, `NOT VALID` first"
    ))
}
