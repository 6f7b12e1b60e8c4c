//! `DROP INDEX` without `CONCURRENTLY`.

use super::support::known;
use crate::ast::{Drop, DropBehavior, Kind, ObjectKind, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-index-drop",
    summary: "an index dropped with a lock on its table that waits for every reader",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["require-concurrent-index-deletion"],
        eugene: &[],
        strong_migrations: &["remove_index"],
        pgls: &["requireConcurrentIndexDeletion"],
    },
    page: r"
## What it finds

`DROP INDEX` without `CONCURRENTLY` of an index that was there before.

## Why it hurts

It locks the table against readers and writers. The dropping itself is quick, but the lock waits for every transaction that uses the
table, and all that come after it wait behind it.

## The safe way

Outside a transaction:

```sql
DROP INDEX CONCURRENTLY orders_number_idx;
```

## Examples

```sql
DROP INDEX orders_number_idx; -- warning: blocking-index-drop
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Kind::Drop(drop) = &at.statement.kind else {
        return;
    };
    let is_plain = drop.kind == ObjectKind::Index && !drop.concurrently;
    if is_plain
        && drop
            .objects
            .iter()
            .any(|it| is_of_shared_table(at, &it.name))
    {
        found.push(finding(at, drop));
    }
}

/// It is the table that is locked: an index that the script itself has built is no new table.
fn is_of_shared_table(at: &At<'_>, index: &ObjectName) -> bool {
    at.is_shared(at.catalog.index(index).map_or(index, |it| &it.table))
}

fn finding(at: &At<'_>, drop: &Drop) -> Finding {
    let names: Vec<String> = drop.objects.iter().map(|it| it.name.to_string()).collect();
    let finding = Finding::new(
        &RULE,
        at.statement.span,
        format!(
            "to drop `{}`, its table is locked against readers and writers",
            names.join("`, `")
        ),
    )
    .label("waits for every reader");
    if drop
        .objects
        .iter()
        .any(|it| known::is_partitioned(at.catalog, &it.name))
    {
        return finding
            .note("an index of a partitioned table cannot be dropped `CONCURRENTLY`")
            .advice("set `lock_timeout`, and try again when it is exceeded");
    }
    let if_exists = if drop.if_exists { "IF EXISTS " } else { "" };
    let steps: Vec<String> = names
        .iter()
        .map(|name| format!("DROP INDEX CONCURRENTLY {if_exists}{name};"))
        .collect();
    let steps = steps.join("\n");
    if at.in_transaction() {
        return finding
            .note("`CONCURRENTLY` is refused within a transaction")
            .instead("in a migration of its own, outside a transaction", steps);
    }
    let finding = finding.instead("drop it without blocking", steps);
    // CONCURRENTLY takes one index and no CASCADE
    if let [only] = drop.objects.as_slice()
        && drop.behavior == DropBehavior::Restrict
    {
        let place = if drop.if_exists {
            if_position(at)
        } else {
            Some(only.name.span.start)
        };
        if let Some(place) = place {
            let edit = Edit::insert(place, "CONCURRENTLY ");
            return finding.fix(
                "add `CONCURRENTLY`, for which no transaction may be open",
                vec![edit],
            );
        }
    }
    finding
}

fn if_position(at: &At<'_>) -> Option<u32> {
    let written = at.written(at.statement.span);
    let mut words = crate::text::tokens(written);
    let word = words.find(|it| it.span.of(written).eq_ignore_ascii_case("if"))?;
    Some(at.statement.span.start + word.span.start)
}
