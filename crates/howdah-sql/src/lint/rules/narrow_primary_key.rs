//! Primary keys of 32 bits or less.

use super::support::types::{self, Typed};
use crate::ast::{ConstraintKind, CreateTable, Kind};
use crate::lint::context::At;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "narrow-primary-key",
    summary: "a primary key that runs out of numbers",
    severity: Severity::Warning,
    default: Default::On,
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

A primary key of one column of type `int`, `smallint`, `serial` or `smallserial` in a new table, and such columns with an identity.

## Why it hurts

After 2,147,483,647 rows, deleted ones and failed inserts among them, no row can be inserted any more; and to make it a `bigint` then means to
write the table anew, with all that refer to it.

## The safe way

```sql
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
```

## Examples

```sql
CREATE TABLE orders (id serial PRIMARY KEY); -- warning: narrow-primary-key
```

```sql fixed
CREATE TABLE orders (id bigserial PRIMARY KEY); -- warning: narrow-primary-key
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Kind::CreateTable(table) = &at.statement.kind else {
        return;
    };
    for typed in types::typed(at) {
        if let Some(wide) = types::wider(&typed)
            && typed.type_name.array_dimensions == 0
            && counts(&typed)
            && is_key(table, &typed)
        {
            found.push(finding(&typed, wide));
        }
    }
}

/// Whether rows are numbered: a key that refers to another table is as large as that.
fn counts(typed: &Typed<'_>) -> bool {
    let constraints = typed.definition.iter().flat_map(|it| &it.constraints);
    !constraints
        .into_iter()
        .any(|it| matches!(it.kind, ConstraintKind::ForeignKey(_)))
}

fn is_key(table: &CreateTable, typed: &Typed<'_>) -> bool {
    let own = typed.definition.iter().flat_map(|it| &it.constraints);
    let is_own = |it: &ConstraintKind| {
        matches!(
            it,
            ConstraintKind::PrimaryKey(_) | ConstraintKind::Identity { .. }
        )
    };
    let is_only = |it: &ConstraintKind| match it {
        ConstraintKind::PrimaryKey(key) => key.columns == std::slice::from_ref(typed.name),
        _ => false,
    };
    let refers = table.constraints.iter().any(|it| match &it.kind {
        ConstraintKind::ForeignKey(key) => key.columns.contains(typed.name),
        _ => false,
    });
    !refers
        && (own.into_iter().any(|it| is_own(&it.kind))
            || table.constraints.iter().any(|it| is_only(&it.kind)))
}

fn finding(typed: &Typed<'_>, wide: &str) -> Finding {
    let most = if wide == "bigint" && typed.type_name.is("int2")
        || typed.type_name.serial() == Some("int2")
    {
        "32,767"
    } else {
        "2,147,483,647"
    };
    let message = format!(
        "`{}` cannot have more than {most} rows, deleted ones among them",
        typed.table
    );
    Finding::new(&RULE, typed.type_name.span, message)
        .label(format!("make it `{wide}`"))
        .change(
            format!("make it `{wide}`"),
            vec![Edit::replace(typed.type_name.span, wide)],
        )
}
