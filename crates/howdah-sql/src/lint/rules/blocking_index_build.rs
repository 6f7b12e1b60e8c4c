//! `CREATE INDEX` without `CONCURRENTLY`.

use super::support::{known, model, partitioned};
use crate::ast::{CreateIndex, Kind};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-index-build",
    summary: "an index that is built while nobody can write to the table",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["require-concurrent-index-creation"],
        eugene: &["E6"],
        strong_migrations: &["add_index", "add_reference"],
        pgls: &["requireConcurrentIndexCreation"],
    },
    page: r"
## What it finds

`CREATE INDEX` without `CONCURRENTLY` on a table or materialized view that was there before.

## Why it hurts

The table is read and sorted while nobody can write to it. Reads go on.

## The safe way

`CONCURRENTLY`, outside a transaction. It waits for every older transaction of the database, so set `lock_timeout` off for it; when it
fails, it leaves an invalid index that has to be dropped before it is tried again.

```sql
SET lock_timeout = 0;
CREATE INDEX CONCURRENTLY orders_number_idx ON orders (number);
```

Of a partitioned table it is impossible: make an invalid index on the parent, build each partition's concurrently, attach them.

## Examples

```sql
CREATE INDEX orders_number_idx ON orders (number); -- error: blocking-index-build
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Kind::CreateIndex(index) = &at.statement.kind else {
        return;
    };
    // `ON ONLY` is what a partitioned table's index is made with, and builds nothing there
    let is_only = index.only && !known::is_table(at.catalog, &index.table);
    if index.concurrently.is_none()
        && !is_only
        && at.is_shared(&index.table)
        && model::works(at.effects)
    {
        found.push(finding(at, index));
    }
}

fn finding(at: &At<'_>, index: &CreateIndex) -> Finding {
    let table = &index.table;
    let written = at.written(at.statement.span);
    let message = format!("an index over all of `{table}` is built while nobody can write to it");
    let finding = Finding::new(&RULE, at.statement.span, message).label("blocks writes");
    if known::is_partitioned(at.catalog, table) {
        return of_partitioned(at, index, finding);
    }
    let Some(position) = keyword_end(written, "index") else {
        return finding;
    };
    let (before, after) = written.split_at(position);
    let safe = format!("{before} CONCURRENTLY{after};");
    if at.in_transaction() {
        return finding
            .note("`CONCURRENTLY` is refused within a transaction")
            .instead("in a migration of its own, outside a transaction", safe);
    }
    let edit = Edit::insert(at.statement.span.start + position as u32, " CONCURRENTLY");
    finding
        .instead(
            "build it without blocking; it takes longer, and waits for older transactions",
            safe,
        )
        .fix(
            "add `CONCURRENTLY`, for which no transaction may be open",
            vec![edit],
        )
}

fn of_partitioned(at: &At<'_>, index: &CreateIndex, finding: Finding) -> Finding {
    let table = &index.table;
    let columns: Vec<&str> = index
        .elements
        .iter()
        .flat_map(|it| it.expr.columns())
        .collect();
    let name = match &index.name {
        Some(name) => name.to_string(),
        None => at.constraint_name(table, &columns, "idx"),
    };
    // what stands behind the table's name says what the index is over
    let elements = at.written(crate::text::Span {
        start: table.span.end,
        end: at.statement.span.end,
    });
    finding
        .note("of a partitioned table an index cannot be built `CONCURRENTLY`")
        .instead(
            "make the index invalid on the parent, build each partition's without blocking, and \
             attach them",
            partitioned::index(at, table, &name, elements.trim(), index.unique),
        )
}

/// Where a keyword ends that stands near the beginning.
fn keyword_end(written: &str, keyword: &str) -> Option<usize> {
    let mut words =
        crate::text::tokens(written).filter(|it| it.kind == crate::text::TokenKind::Word);
    let word = words.find(|it| it.span.of(written).eq_ignore_ascii_case(keyword))?;
    Some(word.span.end as usize)
}
