//! `REFRESH MATERIALIZED VIEW` without `CONCURRENTLY`.

use super::support::known;
use crate::ast::{Kind, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-refresh",
    summary: "a materialized view that nobody can read until its query has ended",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &[],
        eugene: &[],
        strong_migrations: &[],
        pgls: &[
            "requireConcurrentRefreshMatview",
            "concurrentRefreshMatviewLock",
        ],
    },
    page: r"
## What it finds

`REFRESH MATERIALIZED VIEW` without `CONCURRENTLY`.

## Why it hurts

The view is locked against readers until its query has ended, and its indexes are built again.

## The safe way

`CONCURRENTLY` runs the query beside the old contents and then writes what differs. It takes a unique index on columns, without
a condition, that covers all rows. Another refresh of the same view waits.

```sql
CREATE UNIQUE INDEX CONCURRENTLY sales_day_idx ON sales (day);
REFRESH MATERIALIZED VIEW CONCURRENTLY sales;
```

## Examples

```sql
REFRESH MATERIALIZED VIEW sales; -- warning: blocking-refresh
```

```sql
REFRESH MATERIALIZED VIEW CONCURRENTLY sales;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if let Kind::Refresh(refresh) = &at.statement.kind
        && !refresh.concurrently
        && at.is_shared(&refresh.name)
    {
        found.push(finding(at, &refresh.name, refresh.with_data));
    }
}

fn finding(at: &At<'_>, view: &ObjectName, with_data: bool) -> Finding {
    if !with_data {
        let message = format!("`{view}` cannot be read any more until it is refreshed again");
        return Finding::new(&RULE, at.statement.span, message).label("empties it");
    }
    let message = format!("nobody can read `{view}` until its query has ended");
    let finding = Finding::new(&RULE, at.statement.span, message).label("blocks reads");
    let refresh = format!("REFRESH MATERIALIZED VIEW CONCURRENTLY {view};");
    if known::has_unique_index(at.catalog, view) {
        return finding.instead("it has a unique index, so write only what differs", refresh);
    }
    finding.instead(
        "give it a unique index, and write only what differs",
        format!("CREATE UNIQUE INDEX CONCURRENTLY ON {view} (…);\n{refresh}"),
    )
}
