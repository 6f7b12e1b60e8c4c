//! Several `ALTER TABLE` of one table that each work through all of its rows.

use super::support::model;
use crate::ast::{AlterTable, Kind};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "repeated-alter-table",
    summary: "one `ALTER TABLE` after another, of one table in one transaction",
    severity: Severity::Note,
    default: Default::Off,
    group: Group::Locks,
    aliases: Aliases {
        eugene: &["W12"],
        pgls: &["multipleAlterTable"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

An `ALTER TABLE` right behind one of the same table, in the same transaction, where this one reads or writes the rows.

## Why it hurts

Each of them works through the table on its own. One statement with several actions does it once.

## The safe way

```sql
ALTER TABLE orders ADD COLUMN a bigint, ADD COLUMN b bigint;
```

## Examples

```sql
BEGIN;
ALTER TABLE orders ADD CHECK (a > 0);
ALTER TABLE orders ADD CHECK (b > 0); -- note: repeated-alter-table
COMMIT;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Some(table) = at.alters_existing_table() else {
        return;
    };
    let before = at.preceding().last();
    let Some(Kind::AlterTable(AlterTable { name, .. })) = before.map(|it| &it.kind) else {
        return;
    };
    if *name == table.name && at.in_transaction() && model::works(at.effects) {
        let message = format!("`{name}` is worked through once more");
        let finding = Finding::new(&RULE, at.statement.span, message);
        found.push(
            finding
                .label("the same table")
                .advice("one `ALTER TABLE` with both actions"),
        );
    }
}
