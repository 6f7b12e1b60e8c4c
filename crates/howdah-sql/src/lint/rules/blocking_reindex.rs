//! `REINDEX` without `CONCURRENTLY`.

use super::support::{known, model};
use crate::ast::{Kind, ObjectName, Reindex, ReindexTarget};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-reindex",
    summary: "an index built again while nobody can write, and few can read",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["require-concurrent-reindex"],
        eugene: &[],
        strong_migrations: &[],
        pgls: &["requireConcurrentReindex"],
    },
    page: r"
## What it finds

`REINDEX` without `CONCURRENTLY`.

## Why it hurts

Nobody can write to the table while the index is built. Reads wait as well, though only the index is locked against them:
planning a query looks at every index of its tables.

## The safe way

Since PostgreSQL 12, outside a transaction:

```sql
REINDEX INDEX CONCURRENTLY orders_number_idx;
```

## Examples

```sql
REINDEX INDEX orders_number_idx; -- error: blocking-reindex
REINDEX TABLE orders; -- error: blocking-reindex
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Kind::Reindex(reindex) = &at.statement.kind else {
        return;
    };
    let is_partitioned = |it: &ObjectName| known::is_partitioned(at.catalog, it);
    if !at.since(14) && reindex.name.as_ref().is_some_and(is_partitioned) {
        // nothing happens, or the server refuses, which is another rule's
        return;
    }
    let is_shared = reindex.name.as_ref().is_none_or(|it| at.is_shared(it));
    let locks = at.effects.locks.iter().any(|it| it.mode.blocks_writes());
    let names_none = !matches!(reindex.target, ReindexTarget::Index | ReindexTarget::Table);
    let blocks = locks || model::works(at.effects) || names_none;
    if !reindex.concurrently && is_shared && blocks {
        found.push(finding(at, reindex));
    }
}

fn finding(at: &At<'_>, reindex: &Reindex) -> Finding {
    let what = reindex
        .name
        .as_ref()
        .map_or_else(|| "the database".to_owned(), |it| format!("`{it}`"));
    let message = match reindex.target {
        ReindexTarget::Index => format!("{what} is built again, and cannot be read meanwhile"),
        ReindexTarget::Table => {
            format!("the indexes of {what} are built again, and cannot be read meanwhile")
        }
        _ => format!("every index of {what} is built again, and cannot be read meanwhile"),
    };
    let finding = Finding::new(&RULE, at.statement.span, message)
        .label("blocks writes, and reads that plan with it");
    if reindex.target == ReindexTarget::System {
        return finding.note("indexes of the system's catalogs cannot be built `CONCURRENTLY`");
    }
    if !at.since(12) {
        return finding
            .note("`REINDEX CONCURRENTLY` exists since PostgreSQL 12")
            .advice(
                "build a new index `CONCURRENTLY` beside the old one, drop the old one, and rename",
            );
    }
    let word = match reindex.target {
        ReindexTarget::Index => "index",
        ReindexTarget::Table => "table",
        ReindexTarget::Schema => "schema",
        _ => "database",
    };
    let written = at.written(at.statement.span);
    let mut words = crate::text::tokens(written);
    let Some(word) = words.find(|it| it.span.of(written).eq_ignore_ascii_case(word)) else {
        return finding;
    };
    let (before, after) = written.split_at(word.span.end as usize);
    let safe = format!("{before} CONCURRENTLY{after};");
    if at.in_transaction() {
        return finding
            .note("`CONCURRENTLY` is refused within a transaction")
            .instead("in a migration of its own, outside a transaction", safe);
    }
    let edit = Edit::insert(at.statement.span.start + word.span.end, " CONCURRENTLY");
    finding
        .instead(
            "build it without blocking; when that fails, drop the invalid index `…_ccnew`",
            safe,
        )
        .fix(
            "add `CONCURRENTLY`, for which no transaction may be open",
            vec![edit],
        )
}
