//! Statements that PostgreSQL will refuse, as far as the schema and the version tell.

use super::refused::versions::Missing;
use super::refused::{Refusal, dependants, existence, forms, versions};
use crate::ast::Kind;
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "refused-statement",
    summary: "a statement that PostgreSQL will refuse",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases::NONE,
    page: r"
## What it finds

Statements that parse and yet fail:

- what the version has not: `MERGE` before 15, `uuidv7()` before 18, `DETACH … CONCURRENTLY` before 14;
- forms that the object does not allow: `CONCURRENTLY` on a partitioned table, a unique key without the columns that the
  table is partitioned by, a second primary key, `NOT VALID` for a partitioned table's foreign key before 18;
- what others depend on, without `CASCADE`: a table that a foreign key refers to, a column that a view shows, the index of a
  constraint;
- what is there already; and with `--db` or a snapshot, what is not there.

## Why it hurts

The migration fails where it stands, and what ran before it in other transactions stays.

## The safe way

What the message says.

```sql
ALTER TABLE orders DETACH PARTITION orders_2020;
```

## Examples

```sql before
CREATE TABLE orders (day date) PARTITION BY RANGE (day);
CREATE TABLE orders_2020 PARTITION OF orders FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
```

```sql
CREATE INDEX CONCURRENTLY orders_day_idx ON orders (day); -- error: refused-statement
```

```sql pg=14
MERGE INTO orders USING new ON orders.id = new.id WHEN NOT MATCHED THEN INSERT VALUES (new.id); -- error: refused-statement
```

```sql pg=13
ALTER TABLE orders DETACH PARTITION orders_2020 CONCURRENTLY; -- error: refused-statement
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if let Some(refusal) = existence::refusal(at) {
        found.push(refused(at, refusal).alone());
        return;
    }
    let missing = versions::missing(at);
    if !missing.is_empty() {
        found.extend(missing.iter().map(|it| of_version(at, it)));
        return;
    }
    if let Some(why) = &at.effects.refused {
        found.push(refused(at, (at.statement.span, why.clone())));
        return;
    }
    let mut refusals = Vec::new();
    forms::refusals(at, &mut refusals);
    dependants::refusals(at, &mut refusals);
    found.extend(refusals.into_iter().map(|it| refused(at, it)));
}

fn refused(at: &At<'_>, (span, why): Refusal) -> Finding {
    let version = at.settings.version;
    let message = format!("PostgreSQL {version} refuses this: {why}");
    Finding::new(&RULE, span, message).label("fails")
}

/// What the version lacks.
fn of_version(at: &At<'_>, missing: &Missing) -> Finding {
    let Missing { name, since, .. } = missing;
    let version = at.settings.version;
    let message = format!("{name} exists since PostgreSQL {since}, and this is for {version}");
    let mut finding = Finding::new(&RULE, missing.span, message).label("fails");
    if missing.is_function && !at.catalog.is_complete() {
        finding = finding
            .severity(Severity::Warning)
            .note("unless somebody has made a function of that name");
    }
    if matches!(at.statement.kind, Kind::Set(_)) {
        // a dump of a newer version sets it and goes on
        finding = finding.severity(Severity::Warning);
    }
    finding = finding.note(format!(
        "`--pg-version` or `pg-version` of the configuration says for which version, here {version}"
    ));
    if missing.instead.is_empty() {
        finding
    } else {
        finding.advice(format!("before {since}: {}", missing.instead))
    }
}
