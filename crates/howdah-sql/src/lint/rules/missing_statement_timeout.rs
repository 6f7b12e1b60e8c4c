//! Statements that block, run without a limit.

use super::support::model;
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::session::Timeout;
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "missing-statement-timeout",
    summary: "a statement that blocks, run without a limit",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["require-statement-timeout", "require-timeout-settings"],
        eugene: &[],
        strong_migrations: &["statement_timeout"],
        pgls: &["requireStatementTimeout"],
    },
    page: r"
## What it finds

The first statement of a script that locks a table against writers or readers while `statement_timeout` is not set, or is 0.

## Why it hurts

Whatever takes longer than expected blocks for as long as it takes. `lock_timeout` does not help: it limits the waiting, not the
work.

## The safe way

```sql
SET statement_timeout = '5min';
ALTER TABLE orders ADD COLUMN note text;
```

## Examples

```sql
ALTER TABLE orders ADD COLUMN note text; -- note: missing-statement-timeout
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if at.session.has_blocked
        || matches!(
            at.session.timeout("statement_timeout"),
            Timeout::Milliseconds(_)
        )
    {
        return;
    }
    let Some(lock) = model::blocking(at) else {
        return;
    };
    let local = if at.in_transaction() { "LOCAL " } else { "" };
    let message = format!(
        "this may keep others away from `{}` without a limit",
        lock.relation
    );
    found.push(
        Finding::new(&RULE, at.statement.span, message)
            .locks(vec![lock.clone()])
            .label("`statement_timeout` is not set")
            .instead(
                "give up what takes too long",
                format!("SET {local}statement_timeout = '5min';"),
            ),
    );
}
