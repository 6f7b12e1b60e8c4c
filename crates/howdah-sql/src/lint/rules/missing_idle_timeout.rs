//! Transactions that block, left open without a limit.

use super::support::model;
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::session::Timeout;
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "missing-idle-timeout",
    summary: "a transaction that blocks, and may be left open",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Locks,
    aliases: Aliases {
        pgls: &["requireIdleInTransactionTimeout"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

The first statement of a script that blocks within a transaction, while neither `idle_in_transaction_session_timeout`
nor `transaction_timeout` (17) is set.

## Why it hurts

When whoever runs the migration stops between two statements, a debugger or a broken connection, its locks stay.

## The safe way

```sql
SET idle_in_transaction_session_timeout = '10s';
```

## Examples

```sql
BEGIN;
ALTER TABLE orders ADD COLUMN note text; -- note: missing-idle-timeout
COMMIT;
```

```sql
ALTER TABLE orders ADD COLUMN note text;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let is_set = |name: &str| matches!(at.session.timeout(name), Timeout::Milliseconds(_));
    let limits = ["idle_in_transaction_session_timeout", "transaction_timeout"];
    if at.session.has_blocked || !at.session.in_transaction() || limits.into_iter().any(is_set) {
        return;
    }
    let Some(lock) = model::blocking(at) else {
        return;
    };
    let message = format!("if the client stops here, `{}` stays locked", lock.relation);
    found.push(
        Finding::new(&RULE, at.statement.span, message)
            .locks(vec![lock.clone()])
            .label("`idle_in_transaction_session_timeout` is not set")
            .instead(
                "let the server end a transaction that does nothing",
                "SET idle_in_transaction_session_timeout = '10s';",
            ),
    );
}
