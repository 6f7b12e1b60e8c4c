//! `BEGIN` within a transaction, `COMMIT` without one.

use crate::ast::{Kind, Transaction};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "misnested-transaction",
    summary: "`BEGIN` within a transaction, or `COMMIT` without one",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases {
        squawk: &["transaction-nesting"],
        pgls: &["transactionNesting"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

`BEGIN` while a transaction is open, `COMMIT` and `ROLLBACK` while none is; the transaction of the tool that runs the script
counts, if it is configured (`assume-in-transaction`).

## Why it hurts

PostgreSQL does not nest transactions: the second `BEGIN` is a warning and nothing else, and the first `COMMIT` ends it all,
also what the tool believes to be its own. Statements behind it are committed one by one.

## The safe way

One of the two, the script or the tool. For a part that may be taken back, a savepoint:

```sql
BEGIN;
SAVEPOINT part;
RELEASE part;
COMMIT;
```

## Examples

```sql
BEGIN;
BEGIN; -- warning: misnested-transaction
COMMIT;
COMMIT; -- warning: misnested-transaction
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let Kind::Transaction(change) = &at.statement.kind else {
        return;
    };
    let open = at.session.transaction.as_ref();
    let message = match (change, open) {
        (Transaction::Begin(_), Some(open)) if open.begin.is_none() => {
            "the tool that runs this script has begun a transaction already"
        }
        (Transaction::Begin(_), Some(_)) => "a transaction is open already, and they do not nest",
        (Transaction::Commit { .. } | Transaction::Rollback { .. }, None) => {
            "there is no transaction to end"
        }
        (Transaction::Commit { .. } | Transaction::Rollback { .. }, Some(open))
            if open.begin.is_none() =>
        {
            "this ends the transaction of the tool that runs the script"
        }
        _ => return,
    };
    found.push(
        Finding::new(&RULE, at.statement.span, message).label("only a warning for PostgreSQL"),
    );
}
