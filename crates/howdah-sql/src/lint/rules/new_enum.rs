//! `CREATE TYPE … AS ENUM`.

use crate::ast::{Kind, NewType};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "new-enum",
    summary: "an enum, whose values cannot be removed",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Design,
    aliases: Aliases {
        eugene: &["W13"],
        pgls: &["creatingEnum"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`CREATE TYPE … AS ENUM`.

## Why it hurts

A value can be added and renamed, never removed; and its order is hard to change.

## The safe way

`text` with a `CHECK`, or a table that is referred to.

```sql
CREATE TABLE person (mood text CHECK (mood IN ('happy', 'sad')));
```

## Examples

```sql
CREATE TYPE mood AS ENUM ('happy', 'sad'); -- note: new-enum
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if let Kind::CreateType(made) = &at.statement.kind
        && matches!(made.kind, NewType::Enum(_))
    {
        let message = format!("values of `{}` cannot be removed", made.name);
        found.push(Finding::new(&RULE, made.name.span, message).label("an enum"));
    }
}
