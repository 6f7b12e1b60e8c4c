//! Storage options that, unlike their siblings, lock out every reader.

use super::support::model;
use crate::ast::{Action, RelationKind};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::locks::table::Form;

pub(crate) static RULE: Rule = Rule {
    name: "exclusive-storage-option",
    summary: "a storage option that, unlike most, keeps readers out while it is set",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases::NONE,
    page: r"
## What it finds

`SET (…)` and `RESET (…)` of `user_catalog_table`, `security_barrier`, `security_invoker`, GIN's `fastupdate` and `gin_pending_list_limit`,
BRIN's `autosummarize` and `pages_per_range`.

## Why it hurts

Most storage options (`fillfactor`, `autovacuum_*`) are set beside readers and writers. These are not: the lock waits for
every transaction that uses the relation, and of an index everybody who plans a query of its table waits behind it.

## The safe way

A `lock_timeout`, and another try when it is exceeded.

```sql
SET lock_timeout = '2s';
```

## Examples

```sql
ALTER INDEX words_idx SET (fastupdate = off); -- warning: exclusive-storage-option
ALTER TABLE orders SET (fillfactor = 70);
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action) in model::actions(at) {
        if !matches!(action.kind, Action::SetOptions(_) | Action::ResetOptions(_)) {
            continue;
        }
        let forms = [Form::SetIndexOptionsExclusive, Form::SetOptionsExclusive];
        if model::row(&at.effects_of(table, action), &forms).is_none() {
            continue;
        }
        let name = &table.name;
        let message = match table.kind {
            RelationKind::Index => {
                format!("whoever plans a query of the table of `{name}` waits for this option")
            }
            _ => format!("readers and writers of `{name}` wait for this option"),
        };
        found.push(
            Finding::new(&RULE, action.span, message)
                .label("not beside readers")
                .advice("set a `lock_timeout`, and try again when it is exceeded"),
        );
    }
}
