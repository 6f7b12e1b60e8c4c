//! `VALIDATE CONSTRAINT` in a transaction that already keeps others out of the table.

use super::support::model;
use crate::ast::{Action, Name};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::session::HeldLock;
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "validation-under-lock",
    summary: "`VALIDATE CONSTRAINT` while the transaction keeps writers out of the table",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["constraint-missing-not-valid"],
        eugene: &["E4"],
        strong_migrations: &[
            "validate_check_constraint",
            "validate_foreign_key",
            "validate_constraint",
        ],
        pgls: &["requireSeparateConstraintValidation"],
    },
    page: r"
## What it finds

`VALIDATE CONSTRAINT` in a transaction that has locked the table before, by `ADD CONSTRAINT … NOT VALID` or anything else that keeps
out writers or readers; and in the same `ALTER TABLE` as the `NOT VALID`.

## Why it hurts

`VALIDATE CONSTRAINT` itself blocks neither reads nor writes. But locks are held until the transaction ends, so the
table is read while those of before keep everybody out: the two steps are as bad as one.

## The safe way

A transaction of its own:

```sql
BEGIN;
ALTER TABLE orders ADD CONSTRAINT orders_price_check CHECK (price > 0) NOT VALID;
COMMIT;
ALTER TABLE orders VALIDATE CONSTRAINT orders_price_check;
```

## Examples

```sql
BEGIN;
ALTER TABLE orders ADD CONSTRAINT orders_price_check CHECK (price > 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_price_check; -- error: validation-under-lock
COMMIT;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action) in model::actions(at) {
        let Action::ValidateConstraint(name) = &action.kind else {
            continue;
        };
        let effects = at.effects_of(table, action);
        if effects.scans.is_empty() {
            continue;
        }
        let held = strongest(at, |lock| effects.scans.contains(&lock.lock.relation));
        if let Some(held) = held {
            let why = format!("`{}` is locked since `{}`", held.lock.relation, held.by);
            found.push(finding(
                at,
                &table.name.to_string(),
                name,
                action.span,
                &why,
            ));
        } else if table.actions.len() > 1 && at.effects.strongest().is_some_and(blocks) {
            let why = "the other actions of the statement take a lock that blocks".to_owned();
            found.push(finding(
                at,
                &table.name.to_string(),
                name,
                action.span,
                &why,
            ));
        }
    }
}

fn blocks(lock: &crate::locks::LockTaken) -> bool {
    lock.mode.blocks_writes()
}

fn strongest<'a>(at: &At<'a>, on: impl Fn(&HeldLock) -> bool) -> Option<&'a HeldLock> {
    let held = at.session.transaction.as_ref()?.held.iter();
    held.filter(|it| it.lock.mode.blocks_writes() && on(it))
        .max_by_key(|it| it.lock.mode)
}

fn finding(at: &At<'_>, table: &str, name: &Name, span: crate::text::Span, why: &str) -> Finding {
    let message = format!("`{table}` is read for `{name}` while this transaction keeps others out");
    let validate = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name};");
    let statements = match at.session.transaction.as_ref().map(|it| it.begin) {
        Some(Some(_)) => format!("COMMIT;\n{validate}"),
        _ => validate,
    };
    Finding::new(&RULE, span, message)
        .label("under the lock of before")
        .note(why)
        .instead("validate in a transaction of its own", statements)
}
