//! `varchar(n)` where `text` would do.

use super::support::types::{self, Typed};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "limited-text",
    summary: "`varchar(n)`, whose limit has to be changed one day",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Design,
    aliases: Aliases {
        squawk: &["prefer-text-field"],
        pgls: &["preferTextField"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

Columns of type `varchar(n)`.

## Why it hurts

It stores as `text` does. A smaller limit means to write the table anew; a `CHECK` can be changed without blocking.

## The safe way

```sql
CREATE TABLE person (name text CHECK (length(name) <= 100));
```

## Examples

```sql
CREATE TABLE person (name varchar(100)); -- note: limited-text
```

```sql fixed
CREATE TABLE person (name text); -- note: limited-text
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for typed in types::typed(at) {
        if typed.element() == Some("varchar") && !typed.type_name.modifiers.is_empty() {
            found.push(finding(&typed));
        }
    }
}

fn finding(typed: &Typed<'_>) -> Finding {
    let message = format!(
        "the limit of `{}.{}` can only grow without blocking",
        typed.table, typed.name
    );
    let finding = Finding::new(&RULE, typed.type_name.span, message)
        .label("a limit in the type")
        .advice("`text`, with a `CHECK` where the length matters");
    if typed.is_new() && typed.type_name.array_dimensions == 0 {
        let edit = Edit::replace(typed.type_name.span, "text");
        return finding.change("make it `text`", vec![edit]);
    }
    finding
}
