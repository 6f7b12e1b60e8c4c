//! Statements outside a transaction that fail when the script is run again.

use crate::ast::{Action, AlterTable, Kind};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::{Span, TokenKind, tokens};

pub(crate) static RULE: Rule = Rule {
    name: "unrepeatable-statement",
    summary: "a statement outside a transaction that fails when the script is run again",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Failure,
    aliases: Aliases {
        squawk: &["prefer-robust-stmts"],
        pgls: &["preferRobustStmts"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`CREATE` without `IF NOT EXISTS` and `DROP` without `IF EXISTS`, columns and constraints included, outside a transaction in a script of several
statements. What is built `CONCURRENTLY` is another matter: see `invalid-index-kept`.

## Why it hurts

When a later statement fails, what ran before stays, and the script cannot be run again. (`howdah migrate` remembers each statement and goes on
where it stopped.)

## The safe way

A transaction, or:

```sql
CREATE TABLE IF NOT EXISTS orders (id bigint);
DROP TABLE IF EXISTS orders_old;
```

## Examples

```sql
CREATE TABLE orders (id bigint); -- note: unrepeatable-statement
DROP TABLE orders_old; -- note: unrepeatable-statement
```

```sql fixed
CREATE TABLE IF NOT EXISTS orders (id bigint); -- note: unrepeatable-statement
DROP TABLE IF EXISTS orders_old; -- note: unrepeatable-statement
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if at.in_transaction() || at.script.statements.len() < 2 {
        return;
    }
    let all = at.statement.span;
    match &at.statement.kind {
        Kind::CreateTable(it) if !it.if_not_exists => made(at, all, it.name.span, found),
        Kind::CreateTableAs(it) if !it.if_not_exists => made(at, all, it.name.span, found),
        Kind::CreateSequence(it) if !it.if_not_exists => made(at, all, it.name.span, found),
        Kind::CreateExtension(it) if !it.if_not_exists => made(at, all, it.name.span, found),
        Kind::CreateMaterializedView(it) if !it.if_not_exists => made(at, all, it.name.span, found),
        Kind::CreateSchema(it) if !it.if_not_exists => made(at, all, it.name.span, found),
        Kind::CreateIndex(it) if !it.if_not_exists && it.concurrently.is_none() => {
            if let Some(name) = &it.name {
                made(at, all, name.span, found);
            }
        }
        Kind::Drop(it) if !it.if_exists => {
            if let Some(first) = it.objects.first() {
                dropped(at, all, first.name.span, found);
            }
        }
        Kind::AlterTable(table) => actions(at, table, found),
        _ => {}
    }
}

fn actions(at: &At<'_>, table: &AlterTable, found: &mut Vec<Finding>) {
    for action in &table.actions {
        match &action.kind {
            Action::AddColumn {
                column,
                if_not_exists: false,
            } => {
                let adds = after_word(at, action.span, "column");
                let place = if adds {
                    column.name.span
                } else {
                    Span::default()
                };
                made(at, action.span, place, found);
            }
            Action::DropColumn {
                name,
                if_exists: false,
                ..
            }
            | Action::DropConstraint {
                name,
                if_exists: false,
                ..
            } => {
                let drops = after_word(at, action.span, "column")
                    || after_word(at, action.span, "constraint");
                let place = if drops { name.span } else { Span::default() };
                dropped(at, action.span, place, found);
            }
            _ => {}
        }
    }
}

/// Whether the optional `COLUMN` is written, behind which `IF` may stand.
fn after_word(at: &At<'_>, span: Span, word: &str) -> bool {
    let written = at.written(span);
    let mut words = tokens(written).filter(|it| it.kind == TokenKind::Word);
    words
        .nth(1)
        .is_some_and(|it| it.span.of(written).eq_ignore_ascii_case(word))
}

fn made(at: &At<'_>, span: Span, place: Span, found: &mut Vec<Finding>) {
    found.push(finding(
        at,
        span,
        place,
        "IF NOT EXISTS ",
        "this fails when the script is run again: it is there",
    ));
}

fn dropped(at: &At<'_>, span: Span, place: Span, found: &mut Vec<Finding>) {
    found.push(finding(
        at,
        span,
        place,
        "IF EXISTS ",
        "this fails when the script is run again: it is gone",
    ));
}

fn finding(at: &At<'_>, span: Span, place: Span, words: &str, message: &str) -> Finding {
    let finding = Finding::new(&RULE, span, message)
        .label("outside a transaction")
        .advice(format!(
            "`{}`, or a transaction around the script",
            words.trim()
        ));
    if place.is_empty() || at.in_do {
        return finding;
    }
    finding.fix(
        format!("add `{}`", words.trim()),
        vec![Edit::insert(place.start, words)],
    )
}
