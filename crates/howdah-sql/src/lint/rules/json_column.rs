//! `json` where `jsonb` would do.

use super::support::types::{self, Typed};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "json-column",
    summary: "`json`, which cannot be compared",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Design,
    aliases: Aliases {
        squawk: &[],
        eugene: &["E3"],
        strong_migrations: &["add_column_json"],
        pgls: &["preferJsonb"],
    },
    page: r"
## What it finds

Columns of type `json`.

## Why it hurts

The type has no equality: `SELECT DISTINCT`, `GROUP BY` and `UNION` over such a table fail, queries of the release before among them, when the
column is added. Every access parses the text again, and no index finds anything in it.

## The safe way

```sql
ALTER TABLE orders ADD COLUMN details jsonb;
```

## Examples

```sql
ALTER TABLE orders ADD COLUMN details json; -- warning: json-column
```

```sql fixed
ALTER TABLE orders ADD COLUMN details jsonb; -- warning: json-column
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for typed in types::typed(at) {
        if typed.element() == Some("json") {
            found.push(finding(&typed));
        }
    }
}

fn finding(typed: &Typed<'_>) -> Finding {
    let table = typed.table;
    let message = if typed.with_table {
        format!(
            "`{table}.{}` cannot be compared: `DISTINCT`, `GROUP BY` and `UNION` fail",
            typed.name
        )
    } else {
        format!("`SELECT DISTINCT * FROM {table}` fails from now on: `json` has no equality")
    };
    let finding = Finding::new(&RULE, typed.type_name.span, message)
        .label("no equality, no index")
        .advice("`jsonb`; `json` keeps spaces and repeated keys, which few need");
    if typed.is_new() && typed.type_name.array_dimensions == 0 {
        let edit = Edit::replace(typed.type_name.span, "jsonb");
        return finding.change("make it `jsonb`", vec![edit]);
    }
    finding
}
