//! `TRUNCATE … CASCADE`, which empties tables that it does not name.

use super::support::{known, words};
use crate::ast::{DropBehavior, Kind, ObjectName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "cascading-truncate",
    summary: "a `TRUNCATE` that empties tables it does not name",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Data,
    aliases: Aliases {
        squawk: &["ban-truncate-cascade"],
        pgls: &["banTruncateCascade"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`TRUNCATE … CASCADE`.

## Why it hurts

Every table with a foreign key to one of these is emptied as well, and every table that refers to those.

## The safe way

Name the tables. PostgreSQL refuses then if another one refers to them.

```sql
TRUNCATE orders, order_line;
```

## Examples

```sql
TRUNCATE orders CASCADE; -- error: cascading-truncate
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Kind::Truncate(truncate) = &at.statement.kind else {
        return;
    };
    let is_named = |it: &ObjectName| {
        truncate
            .tables
            .iter()
            .any(|named| named.table.name == it.name)
    };
    let all_new = truncate.tables.iter().all(|it| !at.is_shared(&it.table));
    let others: Vec<&ObjectName> = at
        .effects
        .empties
        .iter()
        .filter(|it| !is_named(it))
        .collect();
    if truncate.behavior != DropBehavior::Cascade || (all_new && others.is_empty()) {
        return;
    }
    let tables: Vec<String> = truncate
        .tables
        .iter()
        .map(|it| it.table.to_string())
        .collect();
    let meant: Vec<String> = tables
        .iter()
        .cloned()
        .chain(
            others
                .iter()
                .map(|it| known::spoken(at.catalog, it).to_string()),
        )
        .collect();
    let message = if others.is_empty() {
        format!(
            "every table that refers to `{}` is emptied as well",
            tables.join("`, `")
        )
    } else {
        let others: Vec<String> = others.iter().map(|it| format!("`{it}`")).collect();
        format!(
            "{} {} emptied as well",
            words::listed(&others),
            words::is(&others)
        )
    };
    found.push(
        Finding::new(&RULE, at.statement.span, message)
            .label("empties what it does not name")
            .instead(
                "name every table that is meant",
                format!("TRUNCATE {};", meant.join(", ")),
            ),
    );
}
