//! `CONCURRENTLY` on PostgreSQL 14.0 to 14.3.

use crate::ast::Kind;
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "corruptible-index-build",
    summary: "an index built `CONCURRENTLY` on PostgreSQL 14.0 to 14.3, which may lack rows",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Data,
    aliases: Aliases {
        strong_migrations: &["add_index_corruption"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`CREATE INDEX CONCURRENTLY` and `REINDEX CONCURRENTLY` where the server is PostgreSQL 14.

## Why it hurts

In 14.0 to 14.3 rows that are written meanwhile may be missing from the index. Which minor version it is, the linter does not know.

## The safe way

14.4 or later. Indexes that were built before can be tested:

```sql
SELECT bt_index_check('orders_number_idx', true);
```

## Examples

```sql pg=14
CREATE INDEX CONCURRENTLY orders_number_idx ON orders (number); -- note: corruptible-index-build
```

```sql pg=15
CREATE INDEX CONCURRENTLY orders_number_idx ON orders (number);
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let is_concurrent = match &at.statement.kind {
        Kind::CreateIndex(index) => index.concurrently.is_some(),
        Kind::Reindex(reindex) => reindex.concurrently,
        _ => false,
    };
    if is_concurrent && at.settings.version == 14 {
        let message = "on PostgreSQL 14.0 to 14.3 this index may lack rows";
        let finding = Finding::new(&RULE, at.statement.span, message);
        found.push(finding.label("fixed in 14.4").advice("`SELECT version()`"));
    }
}
