//! Statements that PostgreSQL will refuse, as far as the schema and the version tell.

use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "refused-statement",
    summary: "a statement that PostgreSQL will refuse",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases::NONE,
    page: r"
## What it finds

Statements that parse and yet fail: forms that the version has not (`DETACH … CONCURRENTLY` before 14), that the object does not
allow (`CONCURRENTLY` on a partitioned table, `NOT VALID` for its foreign key before 18, `DETACH … CONCURRENTLY` with a default
partition), and changes of what others depend on (the type of a column that a view shows).

## Why it hurts

The migration fails where it stands, and what ran before it in other transactions stays.

## The safe way

What the message says.

```sql
ALTER TABLE orders DETACH PARTITION orders_2020;
```

## Examples

```sql before
CREATE TABLE orders (day date) PARTITION BY RANGE (day);
CREATE TABLE orders_2020 PARTITION OF orders FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
```

```sql
CREATE INDEX CONCURRENTLY orders_day_idx ON orders (day); -- error: refused-statement
```

```sql pg=13
ALTER TABLE orders DETACH PARTITION orders_2020 CONCURRENTLY; -- error: refused-statement
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if let Some(why) = &at.effects.refused {
        found.push(
            Finding::new(&RULE, at.statement.span, format!("PostgreSQL {} refuses this: {why}", at.settings.version))
                .label("fails"),
        );
    }
}
