//! `TRUNCATE` of the tables that it names.

use super::support::words;
use crate::ast::{DropBehavior, Kind, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "truncated-table",
    summary: "a table that is emptied",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Data,
    aliases: Aliases {
        pgls: &["banTruncate"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`TRUNCATE` of a table that was there before. With `CASCADE` it is `cascading-truncate`.

## Why it hurts

All rows go; no trigger for rows fires; transactions with an older snapshot see an empty table. Readers and writers wait for it.

## The safe way

`DELETE` in batches, where the table is in use.

```sql
DELETE FROM session WHERE id < 1000;
```

## Examples

```sql
TRUNCATE session; -- warning: truncated-table
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Kind::Truncate(truncate) = &at.statement.kind else {
        return;
    };
    if truncate.behavior == DropBehavior::Cascade {
        return;
    }
    let shared: Vec<&ObjectName> = truncate
        .tables
        .iter()
        .map(|it| &it.table)
        .filter(|it| at.is_shared(it))
        .collect();
    if shared.is_empty() {
        return;
    }
    let names: Vec<String> = shared.iter().map(|it| format!("`{it}`")).collect();
    found.push(
        Finding::new(
            &RULE,
            at.statement.span,
            format!("every row of {} goes", words::listed(&names)),
        )
        .label("not seen by older snapshots either"),
    );
}
