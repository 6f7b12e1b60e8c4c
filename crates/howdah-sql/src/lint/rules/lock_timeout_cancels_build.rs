//! `CONCURRENTLY` with a `lock_timeout` that is sure to cancel it.

use crate::ast::Kind;
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::session::Timeout;
use crate::lint::severity::Severity;
use crate::locks::InTransaction;

pub(crate) static RULE: Rule = Rule {
    name: "lock-timeout-cancels-build",
    summary: "`CONCURRENTLY` with a timeout that is likely to cancel it half-way",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases::NONE,
    page: r"
## What it finds

`CREATE INDEX`, `DROP INDEX`, `REINDEX` and `DETACH PARTITION` with `CONCURRENTLY` while the script has set a `lock_timeout` or
`statement_timeout` of less than ten minutes.

## Why it hurts

These statements wait by design: for every transaction that writes to the table, and at last for every older transaction of the
database, whatever it reads. `lock_timeout` counts for each of these waits. When it strikes, an invalid index is left that
every write has to keep up to date and no query uses; and `IF NOT EXISTS` takes it for the index the next time.

## The safe way

No timeout for that one statement: it blocks nobody while it waits.

```sql
SET lock_timeout = 0;
CREATE INDEX CONCURRENTLY orders_number_idx ON orders (number);
SET lock_timeout = '2s';
```

## Examples

```sql
SET lock_timeout = '2s';
CREATE INDEX CONCURRENTLY orders_number_idx ON orders (number); -- warning: lock-timeout-cancels-build
```
",
    check: Check::Statement(check),
};

/// What takes longer than this to wait for has a reason.
const LONG_MS: u64 = 600_000;

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let is_concurrent =
        at.effects.in_transaction == InTransaction::Forbidden && !at.effects.waits_for.is_empty();
    if !is_concurrent {
        return;
    }
    for parameter in ["lock_timeout", "statement_timeout"] {
        if let Timeout::Milliseconds(ms) = at.session.timeout(parameter)
            && ms < LONG_MS
        {
            found.push(finding(at, parameter));
        }
    }
}

fn finding(at: &At<'_>, parameter: &str) -> Finding {
    let value = at.session.value(parameter).unwrap_or_default();
    let written = at.written(at.statement.span);
    let leaves = match &at.statement.kind {
        Kind::CreateIndex(_) | Kind::Reindex(_) => ", and leaves an invalid index",
        Kind::Drop(_) => ", and leaves the index invalid",
        _ => ", and leaves it half done",
    };
    let quoted = format!("'{}'", value.replace('\'', "''"));
    let mut finding = Finding::new(
        &RULE,
        at.statement.span,
        format!(
            "`{parameter}` of `{value}` cancels this when another transaction takes longer{leaves}"
        ),
    )
    .label("waits by design")
    .instead(
        "no timeout for this one: it blocks nobody while it waits",
        format!("SET {parameter} = 0;\n{written};\nSET {parameter} = {quoted};"),
    );
    for wait in &at.effects.waits_for {
        finding = finding.note(format!("it waits for {wait}"));
    }
    if at.in_transaction() {
        return finding;
    }
    let edits = vec![
        Edit::insert(at.statement.span.start, format!("SET {parameter} = 0;\n")),
        Edit::insert(
            at.statement.span.end,
            format!(";\nSET {parameter} = {quoted}"),
        ),
    ];
    finding.fix("switch the timeout off for this statement", edits)
}
