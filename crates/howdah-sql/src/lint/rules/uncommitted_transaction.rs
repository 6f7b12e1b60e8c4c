//! A transaction that the script begins and does not end.

use crate::lint::context::Whole;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "uncommitted-transaction",
    summary: "a transaction that is begun and never ended",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases {
        squawk: &["ban-uncommitted-transaction"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`BEGIN` or `START TRANSACTION` without `COMMIT` or `ROLLBACK` behind it.

## Why it hurts

Nothing of it stays: the transaction is rolled back when the session ends. Until then its locks are held.

## The safe way

```sql
BEGIN;
ALTER TABLE orders ADD COLUMN note text;
COMMIT;
```

## Examples

```sql
BEGIN; -- error: uncommitted-transaction
ALTER TABLE orders ADD COLUMN note text;
```
",
    check: Check::Script(check),
};

fn check(whole: &Whole<'_>, found: &mut Vec<Finding>) {
    let Some(begin) = whole.session.transaction.as_ref().and_then(|it| it.begin) else {
        return;
    };
    let end = whole
        .script
        .statements
        .last()
        .map_or(begin.end, |it| it.span.end);
    let is_closed = whole
        .text
        .get(end as usize..)
        .is_some_and(|it| it.trim_start().starts_with(';'));
    let text = if is_closed {
        "\nCOMMIT;\n"
    } else {
        ";\nCOMMIT"
    };
    let place = if is_closed {
        whole.text.len() as u32
    } else {
        end
    };
    found.push(
        Finding::new(&RULE, begin, "this transaction is never committed")
            .label("begins here")
            .note("it is rolled back when the session ends")
            .instead("end it", "COMMIT;")
            .fix("add `COMMIT`", vec![Edit::insert(place, text)]),
    );
}
