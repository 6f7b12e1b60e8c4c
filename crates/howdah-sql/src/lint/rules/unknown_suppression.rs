//! Comments that would silence something if they were written otherwise. Reported by the engine.

use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "unknown-suppression",
    summary: "a comment that ignores a rule that does not exist",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Script,
    aliases: Aliases {
        squawk: &["unused-ignore"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`-- howdah: ignore NAME` where no rule has that name, neither howdah's nor another tool's; `ignore` without any name;
and comments that are nearly one of these.

## Why it hurts

It does nothing, and whoever reads it believes that it does.

## The safe way

`howdah lint --list` lists the names. To silence a whole file, write `-- howdah: ignore-file`.

## Examples

```sql
-- howdah: ignore required-column-without-defalt -- warning: unknown-suppression
SELECT 1;
-- howdah: ignore -- warning: unknown-suppression
SELECT 1;
-- howdah: ingore syntax-error -- warning: unknown-suppression
SELECT 1;
```
",
    check: Check::Engine,
};
