//! Exclusion constraints, which have no form that does not block.

use super::support::model;
use crate::ast::{Action, ConstraintKind};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-exclusion",
    summary: "an exclusion constraint that is built while nobody can use the table",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["constraint-missing-not-valid"],
        eugene: &["E8"],
        strong_migrations: &["add_exclusion_constraint"],
        pgls: &["avoidAddingExclusionConstraint"],
    },
    page: r"
## What it finds

`ADD … EXCLUDE` on a table that was there before.

## Why it hurts

The table is read twice and an index built under a lock that keeps out readers and writers. Neither `NOT VALID` nor
`USING INDEX` exist for it.

## The safe way

There is none in place. A new table that has the constraint from the start, written by the programs beside the old one and
filled in batches; or a window in which nobody uses the table.

## Examples

```sql
ALTER TABLE booking ADD EXCLUDE USING gist (room WITH =, during WITH &&); -- error: blocking-exclusion
```

```sql
CREATE TABLE booking (room int, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&));
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action) in model::actions(at) {
        let Action::AddConstraint(constraint) = &action.kind else {
            continue;
        };
        if !matches!(constraint.kind, ConstraintKind::Exclude(_))
            || !model::works(&at.effects_of(table, action))
        {
            continue;
        }
        let table = &table.name;
        let message = format!("an index over all of `{table}` is built while nobody can use it");
        found.push(
            Finding::new(&RULE, constraint.span, message)
                .label("there is no form that does not block")
                .note("`NOT VALID` and `USING INDEX` do not exist for exclusion constraints")
                .advice(format!(
                    "make a new table with the constraint, fill it in batches and switch; or wait \
                     for an hour in which `{table}` is not used"
                )),
        );
    }
}
