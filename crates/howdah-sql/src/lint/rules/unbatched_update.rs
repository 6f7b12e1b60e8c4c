//! `UPDATE` of a whole table in one statement.

use super::support::{known, words};
use crate::ast::{Kind, Node, ObjectName, Update};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::Span;

pub(crate) static RULE: Rule = Rule {
    name: "unbatched-update",
    summary: "an `UPDATE` of a whole table in one statement",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &[],
        eugene: &[],
        strong_migrations: &["backfill"],
        pgls: &["banUpdateWithoutWhere"],
    },
    page: r"
## What it finds

`UPDATE` without `WHERE`, and with one that only asks whether the columns that it sets are `NULL`, as a backfill does, or joins another table in
use.

## Why it hurts

Every row is locked until the last one is written, and written twice: the table doubles, its indexes grow, replicas fall behind, and
`VACUUM` can clean up nothing that is newer than the statement.

## The safe way

Batches, each a transaction of its own:

```sql
UPDATE orders SET paid = false
WHERE paid IS NULL AND ctid = ANY (ARRAY(SELECT ctid FROM orders WHERE paid IS NULL LIMIT 1000));
```

`howdah migrate` does this from one statement, with pauses and progress.

## Examples

```sql
UPDATE orders SET paid = false; -- warning: unbatched-update
UPDATE orders SET paid = false WHERE paid IS NULL; -- warning: unbatched-update
UPDATE orders SET country = users.country FROM users WHERE users.id = orders.user_id; -- warning: unbatched-update
WITH done AS (UPDATE orders SET paid = false RETURNING id) -- warning: unbatched-update
SELECT count(*) FROM done;
```

```sql
UPDATE orders SET paid = true WHERE id = 12;
```
",
    check: Check::Statement(check),
};

/// So many rows are a batch.
const BATCH_ROWS: u64 = 10_000;

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for statement in at.statement.changes() {
        if let Kind::Update(update) = &statement.kind
            && at.is_shared(&update.table)
            && !update.current_of
            && (is_whole(update) || is_whole_join(at, update))
        {
            found.push(finding(at, update, statement.span));
        }
    }
}

fn is_whole(update: &Update) -> bool {
    update
        .condition
        .as_ref()
        .is_none_or(|it| asks_what_it_sets(&it.node, update))
}

/// `c IS NULL` for columns that are set, and constants.
fn asks_what_it_sets(node: &Node, update: &Update) -> bool {
    match node {
        Node::Boolean(_) => true,
        Node::IsNull { operand, .. } => update.sets.iter().any(|it| operand.is_column(it)),
        Node::And(parts) | Node::Or(parts) => parts.iter().all(|it| asks_what_it_sets(it, update)),
        Node::Not(part) => asks_what_it_sets(part, update),
        _ => false,
    }
}

fn listed(tables: &[ObjectName]) -> String {
    let names: Vec<String> = tables.iter().map(|it| format!("`{it}`")).collect();
    words::listed(&names)
}

/// Nothing but `t.a = u.b` chooses the rows, and `u` is a table in use: whatever has its like there is written.
fn is_whole_join(at: &At<'_>, update: &Update) -> bool {
    let from = &update.query.from;
    let joins = |it: &Update| {
        it.condition
            .as_ref()
            .is_some_and(|it| joins_only(&it.node, update))
    };
    !from.is_empty() && from.iter().all(|it| at.is_shared(it)) && joins(update)
}

fn joins_only(node: &Node, update: &Update) -> bool {
    match node {
        Node::And(parts) => parts.iter().all(|it| joins_only(it, update)),
        Node::Binary {
            operator,
            left,
            right,
        } if operator == "=" => match (&**left, &**right) {
            (Node::Column(left), Node::Column(right)) => {
                left.len() == 1 || right.len() == 1 || left.first() != right.first()
            }
            _ => false,
        },
        node => asks_what_it_sets(node, update),
    }
}

fn finding(at: &At<'_>, update: &Update, span: Span) -> Finding {
    let table = &update.table;
    let rows = known::rows(at.catalog, table);
    let message = match rows {
        _ if !is_whole(update) => format!(
            "every row of `{table}` that has its like in {} is written and locked by one statement",
            listed(&update.query.from)
        ),
        Some(rows) => {
            format!("all {rows} rows of `{table}` are written and locked by one statement")
        }
        None => format!("every row of `{table}` is written and locked by one statement"),
    };
    let severity = match rows {
        Some(rows) if rows <= BATCH_ROWS => Severity::Note,
        _ => RULE.severity,
    };
    let written = at.written(span);
    let mut finding = Finding::new(&RULE, span, message)
        .severity(severity)
        .label("one transaction for all rows");
    for trigger in known::row_triggers(at.catalog, table, "update") {
        finding = finding.note(format!("the trigger `{trigger}` runs for each row"));
    }
    let condition = update.condition.as_ref();
    // a joined table cannot be asked for places
    let is_alone = !at.in_do && span == at.statement.span && update.query.from.is_empty();
    let condition = condition.filter(|it| is_alone && !matches!(it.node, Node::Boolean(_)));
    let Some(condition) = condition else {
        return finding.advice(
            "in batches, each a transaction of its own, with a `WHERE` that finds the rows not done yet",
        );
    };
    // a place is unique within a partition alone, so the rows are asked twice
    let asked = match &condition.node {
        Node::Or(_) => format!("({})", condition.text),
        _ => condition.text.clone(),
    };
    let end = condition.span.start.saturating_sub(span.start) as usize;
    let head = written.get(..end).unwrap_or(written);
    finding.instead(
        "in batches, each a transaction of its own, until no row is left",
        format!(
            "{head}{asked} AND ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {} LIMIT 1000));",
            condition.text
        ),
    )
}
