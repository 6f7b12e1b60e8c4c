//! `VACUUM FULL` and `CLUSTER`.

use super::support::words;
use crate::ast::{Kind, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "offline-rewrite",
    summary: "a table that nobody can use until it is written anew",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["prefer-repack"],
        eugene: &[],
        strong_migrations: &[],
        pgls: &["banVacuumFull"],
    },
    page: r"
## What it finds

`VACUUM FULL` and `CLUSTER`.

## Why it hurts

The table and all of its indexes are written anew while nobody can read it, and the disk holds both copies meanwhile.

## The safe way

A plain `VACUUM` makes the room of dead rows usable again. To give it back to the operating system, `pg_repack` or
`pg_squeeze` write the table beside itself; PostgreSQL 19 has `REPACK (CONCURRENTLY)`.

```sql
VACUUM orders;
```

## Examples

```sql
VACUUM FULL orders; -- error: offline-rewrite
CLUSTER orders USING orders_pkey; -- error: offline-rewrite
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let (tables, what): (Vec<&ObjectName>, _) = match &at.statement.kind {
        Kind::Vacuum(vacuum) if vacuum.full => (
            vacuum.tables.iter().map(|it| &it.table).collect(),
            "VACUUM FULL",
        ),
        Kind::Cluster(cluster) if !cluster.concurrently => {
            (cluster.table.iter().collect(), "CLUSTER")
        }
        _ => return,
    };
    let is_whole = tables.is_empty();
    let shared: Vec<String> = tables
        .iter()
        .filter(|it| at.is_shared(it))
        .map(|it| format!("`{it}`"))
        .collect();
    if shared.is_empty() && !is_whole {
        return;
    }
    let message = match &at.statement.kind {
        Kind::Cluster(_) if is_whole => {
            "every table that was clustered before is written anew, and nobody can use it meanwhile"
                .to_owned()
        }
        _ if is_whole => {
            "every table of the database is written anew, and nobody can use it meanwhile"
                .to_owned()
        }
        _ => format!(
            "nobody can use {} until {} written anew",
            words::listed(&shared),
            words::it_is(&shared)
        ),
    };
    let finding = Finding::new(&RULE, at.statement.span, message)
        .label(format!("`{what}` works on a copy, under the lock"));
    found.push(advised(at, finding, &tables));
}

fn advised(at: &At<'_>, finding: Finding, tables: &[&ObjectName]) -> Finding {
    let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
    let names = if names.is_empty() {
        String::new()
    } else {
        format!(" {}", names.join(", "))
    };
    if at.since(19) {
        return finding.instead(
            "write it beside itself",
            format!("REPACK (CONCURRENTLY){names};"),
        );
    }
    finding
        .instead("make the room of dead rows usable again, which blocks nobody", format!("VACUUM{names};"))
        .advice("`pg_repack` and `pg_squeeze` write a table beside itself; `REPACK (CONCURRENTLY)` comes with PostgreSQL 19")
}
