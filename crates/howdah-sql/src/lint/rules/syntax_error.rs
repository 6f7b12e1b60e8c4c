//! What PostgreSQL's grammar refuses. Reported by the engine.

use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "syntax-error",
    summary: "PostgreSQL does not understand this",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Script,
    aliases: Aliases {
        squawk: &["syntax-error"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

Text that PostgreSQL's grammar refuses. The statements around it are checked as if it were not there.

## Why it hurts

The migration fails where it stands, and what ran before it in other transactions stays.

## The safe way

Write what the message asks for.

## Examples

```sql
ALTER TABLE orders ADD COLUMN; -- error: syntax-error
DROP TABLE old_orders;
```
",
    check: Check::Engine,
};
