//! `ADD VALUE` without a place.

use crate::ast::{Kind, TypeAction};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "unordered-enum-value",
    summary: "a value of an enum that sorts behind all others without saying so",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Design,
    aliases: Aliases {
        squawk: &["require-enum-value-ordering"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`ALTER TYPE … ADD VALUE` without `BEFORE` or `AFTER`.

## Why it hurts

The value sorts behind all others. Where databases were migrated in another order, it sorts differently in each, and the order of an enum is hard to
change.

## The safe way

```sql
ALTER TYPE mood ADD VALUE 'glad' AFTER 'happy';
```

## Examples

```sql
ALTER TYPE mood ADD VALUE 'glad'; -- note: unordered-enum-value
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Kind::AlterType(altered) = &at.statement.kind else {
        return;
    };
    for action in &altered.actions {
        if let TypeAction::AddValue {
            value,
            position: None,
            ..
        } = action
        {
            let message = format!(
                "`{value}` sorts behind all other values of `{}`",
                altered.name
            );
            let finding = Finding::new(&RULE, at.statement.span, message);
            found.push(finding.label("neither `BEFORE` nor `AFTER`"));
        }
    }
}
