//! `int` and `smallint` columns.

use super::support::types::{self, Typed};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "narrow-integer",
    summary: "an integer that may be too small one day",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Design,
    aliases: Aliases {
        squawk: &["prefer-bigint-over-int", "prefer-bigint-over-smallint"],
        pgls: &[
            "preferBigInt",
            "preferBigintOverInt",
            "preferBigintOverSmallint",
        ],
        ..Aliases::NONE
    },
    page: r"
## What it finds

Columns of type `int` and `smallint`, and their serials.

## Why it hurts

To change it to `bigint` later means to write the table anew. For a primary key `narrow-primary-key` says the same.

## The safe way

```sql
CREATE TABLE orders (amount bigint);
```

## Examples

```sql
CREATE TABLE orders (amount int); -- note: narrow-integer
```

```sql fixed
CREATE TABLE orders (amount bigint); -- note: narrow-integer
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for typed in types::typed(at) {
        if let Some(wide) = types::wider(&typed) {
            found.push(finding(&typed, wide));
        }
    }
}

fn finding(typed: &Typed<'_>, wide: &str) -> Finding {
    let message = format!("`{}.{}` may be too small one day", typed.table, typed.name);
    let finding = Finding::new(&RULE, typed.type_name.span, message)
        .label(format!("`{wide}` costs a few bytes"));
    if typed.is_new() && typed.type_name.array_dimensions == 0 {
        let edit = Edit::replace(typed.type_name.span, wide);
        return finding.change(format!("make it `{wide}`"), vec![edit]);
    }
    finding
}
