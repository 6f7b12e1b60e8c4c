//! Tables named without their schema.

use crate::ast::{Kind, ObjectName, Persistence};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "unqualified-table",
    summary: "a table named without its schema",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Design,
    aliases: Aliases {
        squawk: &["require-table-schema"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`CREATE TABLE`, `ALTER TABLE` and `DROP TABLE` of a name without a schema, while the script has not set `search_path`.

## Why it hurts

Which table is meant depends on whoever runs the script.

## The safe way

```sql
CREATE TABLE shop.orders (id bigint);
```

## Examples

```sql
CREATE TABLE orders (id bigint); -- note: unqualified-table
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if at.session.value("search_path").is_some() {
        return;
    }
    match &at.statement.kind {
        Kind::CreateTable(table) if table.persistence != Persistence::Temporary => {
            look(&table.name, found);
        }
        Kind::CreateTableAs(table) if table.persistence != Persistence::Temporary => {
            look(&table.name, found);
        }
        Kind::AlterTable(table) => look(&table.name, found),
        Kind::Drop(drop) if drop.kind == crate::ast::ObjectKind::Table => {
            drop.objects.iter().for_each(|it| look(&it.name, found));
        }
        _ => {}
    }
}

fn look(name: &ObjectName, found: &mut Vec<Finding>) {
    if name.schema.is_none() {
        let message = format!("which `{name}` this is depends on `search_path`");
        found.push(Finding::new(&RULE, name.span, message).label("no schema"));
    }
}
