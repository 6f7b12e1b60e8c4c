//! Locks on tables that the statement does not name.

use super::support::{known, words};
use crate::ast::{Action, Kind, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::session::Timeout;
use crate::lint::severity::Severity;
use crate::locks::LockTaken;
use crate::text::{TokenKind, tokens, unquote_identifier};

pub(crate) static RULE: Rule = Rule {
    name: "hidden-lock",
    summary: "a statement that locks a table it does not name",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases::NONE,
    page: r"
## What it finds

Statements that keep writers or readers out of a table whose name does not appear in them: dropping a table or a foreign key locks the
referenced table, `TRUNCATE … CASCADE` those that refer, a partition the default partition, `DROP … CASCADE` what
depends. The schema has to be known: from the same script, a snapshot or a database.

## Why it hurts

The statement looks like it were about one table that nobody uses any more, and stops all who use another one.

## The safe way

A `lock_timeout`, and another try when it is exceeded. A foreign key dropped before, in a transaction of its own, makes the drop of
the table harmless for the other. With a limit it is a note.

```sql
SET lock_timeout = '2s';
```

## Examples

```sql before
CREATE TABLE customer (id bigint PRIMARY KEY);
CREATE TABLE visit (customer bigint CONSTRAINT visit_customer REFERENCES customer);
```

```sql
DROP TABLE visit; -- warning: hidden-lock
```

```sql
ALTER TABLE visit DROP CONSTRAINT visit_customer; -- warning: hidden-lock
```

```sql
SET lock_timeout = '2s';
DROP TABLE visit; -- note: hidden-lock
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if matches!(at.statement.kind, Kind::Do(_)) {
        return;
    }
    let blocking: Vec<&LockTaken> = at
        .effects
        .locks
        .iter()
        .filter(|it| it.mode.blocks_writes() && known::is_table(at.catalog, &it.relation))
        .filter(|it| at.is_shared(&it.relation))
        .collect();
    if blocking.is_empty() {
        return;
    }
    let words = words(at.written(at.statement.span));
    let is_named = |name: &ObjectName| words.contains(&name.name);
    // partitions go along with their parent: whoever names it knows them
    let goes_along = |name: &ObjectName| {
        let mut parents = known::ancestors(at.catalog, name).into_iter();
        parents.any(|it| is_named(&it))
    };
    // but of one that comes or goes, the default partition is another
    let moves = moves_partition(&at.statement.kind);
    let is_default = |name: &ObjectName| known::is_default_partition(at.catalog, name);
    let hidden: Vec<&LockTaken> = blocking
        .into_iter()
        .filter(|it| !is_named(&it.relation))
        .filter(|it| !goes_along(&it.relation) || (moves && is_default(&it.relation)))
        .collect();
    let Some(first) = hidden.first() else {
        return;
    };
    let names: Vec<String> = hidden
        .iter()
        .map(|it| format!("`{}`", it.relation))
        .collect();
    let message = format!(
        "this keeps {} away from {}",
        kept(first),
        words::listed(&names)
    );
    let finding = Finding::new(&RULE, at.statement.span, message)
        .label("locks more than it names")
        .locks(hidden.into_iter().cloned().collect());
    let is_limited = matches!(at.session.timeout("lock_timeout"), Timeout::Milliseconds(_));
    found.push(if is_limited {
        finding.severity(Severity::Note)
    } else {
        finding.advice("set a `lock_timeout`, and try again when it is exceeded")
    });
}

fn moves_partition(kind: &Kind) -> bool {
    let moves = |it: &Action| {
        matches!(
            it,
            Action::AttachPartition { .. } | Action::DetachPartition { .. }
        )
    };
    match kind {
        Kind::CreateTable(table) => table.partition_of.is_some(),
        Kind::AlterTable(table) => table.actions.iter().any(|it| moves(&it.kind)),
        _ => false,
    }
}

fn kept(lock: &LockTaken) -> &'static str {
    if lock.mode.blocks_reads() {
        "readers and writers"
    } else {
        "writers"
    }
}

fn words(written: &str) -> Vec<String> {
    let is_name = |kind| matches!(kind, TokenKind::Word | TokenKind::QuotedIdentifier);
    let tokens = tokens(written).filter(|it| is_name(it.kind));
    tokens
        .map(|it| unquote_identifier(it.span.of(written)))
        .collect()
}
