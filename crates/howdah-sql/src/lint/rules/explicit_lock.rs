//! `LOCK TABLE` that keeps others out.

use crate::ast::Kind;
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::locks::Mode;

pub(crate) static RULE: Rule = Rule {
    name: "explicit-lock",
    summary: "`LOCK TABLE` that keeps out writers or readers until the transaction ends",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases::NONE,
    page: r"
## What it finds

`LOCK TABLE` in a mode that conflicts with reading or writing. A mode that is not said is the strongest, `ACCESS EXCLUSIVE`.

## Why it hurts

Whoever needs the table waits until the transaction has ended, whatever else it does; and while the lock itself waits for
running transactions, all that come later wait behind it.

## The safe way

The weakest mode that does, `NOWAIT` or a `lock_timeout`, and nothing else in the transaction.

```sql
BEGIN;
LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;
COMMIT;
```

## Examples

```sql
BEGIN;
LOCK TABLE orders; -- warning: explicit-lock
LOCK TABLE customer IN SHARE MODE; -- warning: explicit-lock
COMMIT;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Kind::Lock(lock) = &at.statement.kind else {
        return;
    };
    let Some(mode) = Mode::named(&lock.mode) else {
        return;
    };
    if !mode.blocks_writes() {
        return;
    }
    for relation in lock.relations.iter().filter(|it| at.is_shared(&it.table)) {
        let name = &relation.table;
        let message = format!(
            "`{name}` is kept from {} until the transaction ends",
            mode.blocks().words()
        );
        found.push(
            Finding::new(&RULE, name.span, message)
                .label(format!("{mode}"))
                .advice("take the weakest mode that does, with `NOWAIT` or a `lock_timeout`"),
        );
    }
}
