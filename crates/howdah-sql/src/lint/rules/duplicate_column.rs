//! A column named twice where it may be named once.

use std::collections::HashSet;

use crate::ast::{Kind, Name, NewType};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "duplicate-column",
    summary: "a column that one statement sets or makes twice",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases {
        squawk: &["ban-duplicate-column-assignments"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`UPDATE`, `INSERT` and `MERGE` that set a column twice, and `CREATE TABLE`, views and composite types that have a column twice.

## Why it hurts

PostgreSQL refuses it, when the statement runs.

## The safe way

Once.

```sql
UPDATE orders SET note = 'a' WHERE id = 1;
```

## Examples

```sql
UPDATE orders SET note = 'a', note = 'b' WHERE id = 1; -- error: duplicate-column
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    of_kind(&at.statement.kind, found);
    for within in at.statement.within() {
        of_kind(&within.kind, found);
    }
}

fn of_kind(kind: &Kind, found: &mut Vec<Finding>) {
    match kind {
        Kind::Update(update) => twice(update.sets.iter(), "set", found),
        Kind::Insert(insert) => {
            twice(insert.columns.iter(), "named", found);
            if let Some(conflict) = &insert.on_conflict {
                twice(conflict.sets.iter(), "set", found);
            }
        }
        Kind::Merge(merge) => {
            for sets in &merge.sets {
                twice(sets.iter(), "set", found);
            }
        }
        Kind::CreateTable(table) => twice(table.columns.iter().map(|it| &it.name), "made", found),
        Kind::CreateView(view) => twice(view.columns.iter(), "named", found),
        Kind::CreateType(made) => {
            if let NewType::Composite(attributes) = &made.kind {
                twice(attributes.iter().map(|it| &it.name), "made", found);
            }
        }
        _ => {}
    }
}

fn twice<'a>(names: impl Iterator<Item = &'a Name>, verb: &str, found: &mut Vec<Finding>) {
    let mut seen: HashSet<&Name> = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            let message = format!("`{name}` is {verb} twice");
            found.push(Finding::new(&RULE, name.span, message).label("again"));
        }
    }
}
