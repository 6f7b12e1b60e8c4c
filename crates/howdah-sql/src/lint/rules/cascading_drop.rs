//! `DROP … CASCADE`, which drops what it does not name.

use super::support::{known, model};
use crate::ast::{Action, DropBehavior, Kind};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::Span;

pub(crate) static RULE: Rule = Rule {
    name: "cascading-drop",
    summary: "a `DROP … CASCADE`, which takes along what it does not name",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Data,
    aliases: Aliases::NONE,
    page: r"
## What it finds

`CASCADE` at a `DROP`, also at `DROP COLUMN` and `DROP CONSTRAINT`.

## Why it hurts

Views, foreign keys, columns and functions that depend on it go without being named: also those that somebody has made in the database by
hand, and those of the next release.

## The safe way

Name what is to go. PostgreSQL refuses then if anything else depends on it, and lists it.

```sql
DROP VIEW open_orders;
DROP TABLE orders;
```

## Examples

```sql
DROP VIEW orders CASCADE; -- warning: cascading-drop
ALTER TABLE orders DROP COLUMN note CASCADE; -- warning: cascading-drop
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    match &at.statement.kind {
        Kind::Drop(drop) if drop.behavior == DropBehavior::Cascade => {
            let mut objects = drop.objects.iter();
            if objects.any(|it| known::is_shared_as(at, drop.kind, &it.name)) {
                let names: Vec<String> =
                    drop.objects.iter().map(|it| it.name.to_string()).collect();
                found.push(finding(at, at.statement.span, &names.join("`, `")));
            }
        }
        Kind::DropOwned(owned) if owned.cascade => {
            found.push(finding(at, at.statement.span, "what they own"));
        }
        _ => {
            for (table, action) in model::actions(at) {
                if let Action::DropColumn {
                    name,
                    behavior: DropBehavior::Cascade,
                    ..
                }
                | Action::DropConstraint {
                    name,
                    behavior: DropBehavior::Cascade,
                    ..
                } = &action.kind
                {
                    found.push(finding(at, action.span, &format!("{}.{name}", table.name)));
                }
            }
        }
    }
}

fn finding(at: &At<'_>, span: Span, names: &str) -> Finding {
    let written = at.written(span);
    let without = written
        .get(..written.len().saturating_sub("cascade".len()))
        .unwrap_or(written);
    Finding::new(
        &RULE,
        span,
        format!("whatever depends on `{names}` is dropped with it, unnamed"),
    )
    .label("`CASCADE`")
    .advice(format!(
        "`{}` fails and lists what depends on it, if anything does",
        without.trim()
    ))
}
