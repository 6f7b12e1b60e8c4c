//! Statements that PostgreSQL refuses within a transaction block.

use crate::ast::Kind;
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::locks::InTransaction;

pub(crate) static RULE: Rule = Rule {
    name: "forbidden-in-transaction",
    summary: "a statement that PostgreSQL refuses within a transaction",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases {
        squawk: &["ban-concurrent-index-creation-in-transaction"],
        eugene: &[],
        strong_migrations: &[],
        pgls: &["banConcurrentIndexCreationInTransaction"],
    },
    page: r"
## What it finds

Statements that commit by themselves, within a transaction: everything `CONCURRENTLY`, `VACUUM`, `CREATE` and `DROP DATABASE` and
`TABLESPACE`, `ALTER SYSTEM`, `CREATE SUBSCRIPTION`, before PostgreSQL 12 `ALTER TYPE … ADD VALUE`. The transaction may be
the script's, a `DO` body, or the one that the migration tool is told to begin.

## Why it hurts

PostgreSQL refuses it, and the migration fails.

## The safe way

A migration of its own, which its tool runs without a transaction. (`howdah migrate` finds out by itself; Django has `atomic = False`,
Alembic `autocommit_block()`.)

```sql
CREATE INDEX CONCURRENTLY orders_number_idx ON orders (number);
```

## Examples

```sql
BEGIN;
CREATE INDEX CONCURRENTLY orders_number_idx ON orders (number); -- error: forbidden-in-transaction
COMMIT;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let is_forbidden = at.effects.in_transaction == InTransaction::Forbidden;
    // what a `DO` may not, the statements in it tell
    if !is_forbidden || !at.in_transaction() || matches!(at.statement.kind, Kind::Do(_)) {
        return;
    }
    let begin = at.session.transaction.as_ref().and_then(|it| it.begin);
    let by = match begin {
        _ if at.in_do => "a `DO` body is part of a transaction".to_owned(),
        Some(_) => "the transaction begins at the `BEGIN` before".to_owned(),
        None => "the tool that runs this script begins a transaction (`assume-in-transaction`)"
            .to_owned(),
    };
    let words = words(at);
    found.push(
        Finding::new(
            &RULE,
            at.statement.span,
            format!("PostgreSQL refuses `{words}` within a transaction"),
        )
        .label("commits by itself")
        .note(by)
        .instead(
            "in a migration of its own, outside a transaction",
            format!("{};", at.written(at.statement.span)),
        ),
    );
}

/// What it is called, in capitals.
fn words(at: &At<'_>) -> String {
    let written = at.written(at.statement.span);
    let words = written.split_whitespace().take(2).map(str::to_uppercase);
    let words: Vec<String> = words.collect();
    let concurrently = match &at.statement.kind {
        Kind::CreateIndex(_) | Kind::Drop(_) | Kind::Reindex(_) | Kind::AlterTable(_) => {
            written.to_ascii_lowercase().contains("concurrently")
        }
        _ => false,
    };
    match (words.first().map(String::as_str), concurrently) {
        (Some("VACUUM"), _) => "VACUUM".to_owned(),
        (_, true) => format!("{} … CONCURRENTLY", words.join(" ")),
        _ => words.join(" "),
    }
}
