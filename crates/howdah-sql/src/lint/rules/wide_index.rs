//! Indexes over many columns.

use crate::ast::Kind;
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "wide-index",
    summary: "an index over more than three columns",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Design,
    aliases: Aliases {
        strong_migrations: &["add_index_columns"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

An index that is not unique over more than three columns.

## Why it hurts

Later columns seldom help to find rows, and every write keeps all of them up to date; a row that changes one of them cannot be
updated in place.

## The safe way

The columns that find few rows.

```sql
CREATE INDEX CONCURRENTLY orders_customer_idx ON orders (customer, day);
```

## Examples

```sql
CREATE INDEX CONCURRENTLY orders_all_idx ON orders (a, b, c, d); -- note: wide-index
CREATE UNIQUE INDEX CONCURRENTLY orders_key ON orders (a, b, c, d);
```
",
    check: Check::Statement(check),
};

/// More than these seldom help.
const COLUMNS: usize = 3;

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if let Kind::CreateIndex(index) = &at.statement.kind
        && !index.unique
        && index.elements.len() > COLUMNS
        && let Some(beyond) = index.elements.get(COLUMNS)
    {
        let message = format!(
            "an index over {} columns of `{}`",
            index.elements.len(),
            index.table
        );
        found.push(Finding::new(&RULE, beyond.span, message).label("seldom helps to find rows"));
    }
}
