//! Constraints of domains that are tested in every table that uses them.

use super::support::{known, words};
use crate::ast::{ConstraintKind, DomainAction, Kind, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-domain-constraint",
    summary: "a domain's constraint, tested in every table while nobody can write to it",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["ban-alter-domain-with-add-constraint"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`ALTER DOMAIN … ADD CONSTRAINT` without `NOT VALID`, and `ALTER DOMAIN … SET NOT NULL`.

## Why it hurts

Every table with a column of the domain is read while nobody can write to any of them, and all of the locks are held until the
last one is read. The statement names none of these tables.

## The safe way

`NOT VALID` locks no table. To test the rows, a `CHECK` of each table does it without blocking; `VALIDATE
CONSTRAINT` of a domain locks as the plain form does.

```sql
ALTER DOMAIN address ADD CONSTRAINT has_at CHECK (VALUE LIKE '%@%') NOT VALID;
```

## Examples

```sql
ALTER DOMAIN address ADD CONSTRAINT has_at CHECK (VALUE LIKE '%@%'); -- error: blocking-domain-constraint
ALTER DOMAIN address SET NOT NULL; -- error: blocking-domain-constraint
ALTER DOMAIN address VALIDATE CONSTRAINT has_at; -- error: blocking-domain-constraint
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Kind::AlterDomain(domain) = &at.statement.kind else {
        return;
    };
    let safe = match &domain.action {
        DomainAction::AddConstraint(it) if !it.not_valid => match &it.kind {
            ConstraintKind::Check(expr) => Some(format!(
                "ALTER DOMAIN {} ADD {}CHECK ({}) NOT VALID;",
                domain.name,
                it.name
                    .as_ref()
                    .map_or_else(String::new, |name| format!("CONSTRAINT {name} ")),
                expr.text
            )),
            _ => None,
        },
        DomainAction::SetNotNull => Some(format!(
            "ALTER DOMAIN {} ADD CHECK (VALUE IS NOT NULL) NOT VALID;",
            domain.name
        )),
        DomainAction::ValidateConstraint(_) => None,
        _ => return,
    };
    let is_unused = at.catalog.is_complete() && at.effects.locks.is_empty();
    if known::is_shared(at, &domain.name) && !is_unused {
        found.push(finding(at, &domain.name, safe));
    }
}

fn finding(at: &At<'_>, domain: &ObjectName, safe: Option<String>) -> Finding {
    let tables: Vec<String> = at
        .effects
        .scans
        .iter()
        .map(|it| format!("`{it}`"))
        .collect();
    let message = if tables.is_empty() {
        format!("every table with a column of `{domain}` is read while nobody can write to it")
    } else {
        format!(
            "{} {} read for `{domain}` while nobody can write to {}",
            words::listed(&tables),
            words::is(&tables),
            if tables.len() == 1 { "it" } else { "them" }
        )
    };
    let finding =
        Finding::new(&RULE, at.statement.span, message).label("reads every table that uses it");
    match safe {
        Some(safe) => finding.instead("demand it of new values, which locks no table", safe),
        None => finding
            .advice("leave it `NOT VALID`, and test each table's rows by a `CHECK` of its own"),
    }
}
