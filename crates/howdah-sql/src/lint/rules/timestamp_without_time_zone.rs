//! `timestamp` without a time zone.

use super::support::types::{self, Typed};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "timestamp-without-time-zone",
    summary: "`timestamp`, which does not say which moment it means",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Design,
    aliases: Aliases {
        squawk: &["prefer-timestamptz"],
        pgls: &["preferTimestamptz"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

Columns of type `timestamp` (without time zone).

## Why it hurts

It is what a clock on some wall shows. Two programs with different settings write different values for the same moment, and the difference
of two of them is wrong twice a year.

## The safe way

```sql
CREATE TABLE visit (at timestamptz);
```

## Examples

```sql
CREATE TABLE visit (at timestamp); -- note: timestamp-without-time-zone
```

```sql fixed
CREATE TABLE visit (at timestamptz); -- note: timestamp-without-time-zone
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for typed in types::typed(at) {
        if typed.element() == Some("timestamp") {
            found.push(finding(&typed));
        }
    }
}

fn finding(typed: &Typed<'_>) -> Finding {
    let message = format!(
        "`{}.{}` does not say which moment it means",
        typed.table, typed.name
    );
    let finding = Finding::new(&RULE, typed.type_name.span, message)
        .label("without time zone")
        .advice("`timestamptz` holds the moment, and shows it in the time zone of whoever asks");
    let plain = typed.type_name.modifiers.is_empty() && typed.type_name.array_dimensions == 0;
    let has_default = typed.definition.is_some_and(|it| it.default().is_some());
    // a default that was written for a clock on the wall may mean another moment
    if typed.is_new() && plain && !has_default {
        let edit = Edit::replace(typed.type_name.span, "timestamptz");
        return finding.change("make it `timestamptz`", vec![edit]);
    }
    finding
}
