//! Locks that block, waited for without a limit.

use super::support::{known, model};
use crate::ast::{Kind, ObjectKind};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::session::Timeout;
use crate::lint::severity::Severity;
use crate::locks::table::Form;

pub(crate) static RULE: Rule = Rule {
    name: "missing-lock-timeout",
    summary: "a lock that blocks, waited for without a limit",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["require-lock-timeout", "require-timeout-settings"],
        eugene: &["E9"],
        strong_migrations: &["lock_timeout"],
        pgls: &["lockTimeoutWarning"],
    },
    page: r"
## What it finds

The first statement that locks a table against writers or readers while `lock_timeout` is not set, or is 0; and the first of
each further stretch of a script that has lost its limit.
`SET LOCAL` outside of a transaction sets nothing; `set_config` counts.

## Why it hurts

However short the lock is held: it waits for every transaction that uses the table, and all that come after it queue up behind
it, also those that only read. One forgotten transaction and one harmless `ALTER TABLE` stop the application.

## The safe way

Give up soon, and try again. `howdah migrate` does this by itself.

```sql
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN note text;
```

What is built `CONCURRENTLY` is better off without: it waits by design, and a timeout leaves an invalid index.

## Examples

```sql
ALTER TABLE orders ADD COLUMN note text; -- warning: missing-lock-timeout
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if at.session.has_blocked {
        return;
    }
    let Some(lock) = model::blocking(at) else {
        return;
    };
    if matches!(&at.statement.kind, Kind::Lock(it) if it.nowait) {
        return;
    }
    let timeout = at.session.timeout("lock_timeout");
    let label = match timeout {
        Timeout::Milliseconds(_) => return,
        Timeout::Off => "`lock_timeout` is 0: it waits for ever",
        Timeout::Unknown => "`lock_timeout` is not set",
    };
    let message = format!(
        "this waits for `{}` without a limit, and others queue up behind it",
        lock.relation
    );
    let local = if at.in_transaction() { "LOCAL " } else { "" };
    let set = format!("SET {local}lock_timeout = '2s';");
    let finding = Finding::new(&RULE, at.statement.span, message)
        .locks(vec![lock.clone()])
        .label(label)
        .note(length(at))
        .instead("give up soon, and run the migration again", set.clone());
    found.push(if can_be_edited(at) {
        let edit = Edit::insert(at.statement.span.start, format!("{set}\n"));
        finding.fix("set `lock_timeout` before it", vec![edit])
    } else {
        finding
    });
}

fn length(at: &At<'_>) -> &'static str {
    if model::works(at.effects) {
        "the lock is held for as long as it works through the rows"
    } else if model::row(at.effects, &[Form::AddColumnDefault]).is_some() {
        "no row is read or written since PostgreSQL 11, which keeps the default in the catalog: the lock is short, the \
         wait for it need not be"
    } else {
        "no row is read or written: the lock is short, the wait for it need not be"
    }
}

/// A timeout that lasts would cancel what is built concurrently further down.
fn can_be_edited(at: &At<'_>) -> bool {
    let builds = |it: &crate::ast::Statement| known::is_concurrent(it);
    // it is better built `CONCURRENTLY`, which needs no limit
    let is_avoidable = matches!(&at.statement.kind, Kind::CreateIndex(_) | Kind::Reindex(_))
        || matches!(&at.statement.kind, Kind::Drop(it) if it.kind == ObjectKind::Index);
    let is_avoidable = is_avoidable && !at.in_transaction();
    !is_avoidable && !at.in_do && (at.in_transaction() || !at.following().iter().any(builds))
}
