//! `CREATE DOMAIN` with constraints.

use crate::ast::{ConstraintKind, Kind};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "constrained-domain",
    summary: "a domain with constraints, which are hard to change",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Design,
    aliases: Aliases {
        squawk: &["ban-create-domain-with-constraint"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`CREATE DOMAIN` with a `CHECK` or `NOT NULL`.

## Why it hurts

Another constraint later is tested in every table that uses the domain, while nobody can write to any of them; and a column of
such a domain cannot be added to a table without writing it anew.

## The safe way

A domain without constraints, or none, and a `CHECK` for each table.

```sql
CREATE DOMAIN address AS text;
```

## Examples

```sql
CREATE DOMAIN address AS text CHECK (VALUE LIKE '%@%'); -- note: constrained-domain
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Kind::CreateDomain(domain) = &at.statement.kind else {
        return;
    };
    let is_constraint =
        |it: &ConstraintKind| matches!(it, ConstraintKind::Check(_) | ConstraintKind::NotNull(_));
    if let Some(first) = domain.constraints.iter().find(|it| is_constraint(&it.kind)) {
        let message = format!("constraints of `{}` are hard to change", domain.name);
        found.push(
            Finding::new(&RULE, first.span, message).label("tested in every table that uses it"),
        );
    }
}
