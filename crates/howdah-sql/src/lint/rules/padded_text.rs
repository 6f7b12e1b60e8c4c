//! `char(n)`, which is padded with spaces.

use super::support::types::{self, Typed};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "padded-text",
    summary: "`char(n)`, which is padded with spaces",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Design,
    aliases: Aliases {
        squawk: &["ban-char-field"],
        pgls: &["banCharField"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

Columns of type `char(n)`, `character(n)` and `bpchar`.

## Why it hurts

Values are padded with spaces to their length, which are there when they are read and are not when they are compared: `'a '` equals `'a'`,
but `LIKE 'a'` finds neither. It is not faster and takes more room.

## The safe way

```sql
CREATE TABLE country (code text CHECK (length(code) = 2));
```

## Examples

```sql
CREATE TABLE country (code char(2)); -- warning: padded-text
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for typed in types::typed(at) {
        if typed.element() == Some("bpchar") {
            found.push(finding(&typed));
        }
    }
}

fn finding(typed: &Typed<'_>) -> Finding {
    let message = format!(
        "values of `{}.{}` are padded with spaces",
        typed.table, typed.name
    );
    let finding = Finding::new(&RULE, typed.type_name.span, message)
        .label("padded")
        .advice("`text`, with a `CHECK` where the length matters");
    // of a table that holds rows already, the spaces are part of the values
    if typed.is_new() {
        let array = "[]".repeat(typed.type_name.array_dimensions as usize);
        let edit = Edit::replace(typed.type_name.span, format!("text{array}"));
        return finding.change("make it `text`", vec![edit]);
    }
    finding
}
