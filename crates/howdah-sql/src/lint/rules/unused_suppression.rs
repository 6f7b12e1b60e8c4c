//! Comments that silence nothing. Reported by the engine.

use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "unused-suppression",
    summary: "a comment that ignores a rule where the rule finds nothing",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Script,
    aliases: Aliases {
        squawk: &["unused-ignore"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`-- howdah: ignore RULE` and `-- howdah: ignore-file RULE` where the rule finds nothing. A comment for Squawk of
the same kind is a note only, since Squawk finds hazards where there are none.

## Why it hurts

It says that there is a hazard, and silences the next one that comes to its place.

## The safe way

Delete the comment, or move it to what it is about: before the statement, behind it on the line of its end, or within
it on the line before the action.

## Examples

```sql
-- howdah: ignore required-column-without-default -- warning: unused-suppression
SELECT 1;
-- squawk-ignore required-column-without-default -- note: unused-suppression
SELECT 1;
```
",
    check: Check::Engine,
};
