//! `CREATE INDEX CONCURRENTLY IF NOT EXISTS`, which is content with an index that is invalid.

use super::support::{known, recipes};
use crate::ast::{CreateIndex, Kind, Name};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;

pub(crate) static RULE: Rule = Rule {
    name: "invalid-index-kept",
    summary: "`IF NOT EXISTS` that is content with the invalid index of a failed build",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases::NONE,
    page: r"
## What it finds

`CREATE INDEX CONCURRENTLY IF NOT EXISTS`.

## Why it hurts

A concurrent build that fails leaves an invalid index of that name: every write keeps it up to date, no query uses it, and a `UNIQUE`
one may refuse rows. Run again, `IF NOT EXISTS` finds the name taken and succeeds: the migration is done, the index is not.

## The safe way

Drop what a failed build has left, then build without `IF NOT EXISTS`. Where the index may be valid already, look first:

```sql
SELECT indisvalid FROM pg_index WHERE indexrelid = 'orders_number_idx'::regclass;
```

## Examples

```sql
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_number_idx ON orders (number); -- warning: invalid-index-kept
```

```sql
DROP INDEX CONCURRENTLY IF EXISTS orders_number_idx;
CREATE INDEX CONCURRENTLY orders_number_idx ON orders (number);
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    if let Kind::CreateIndex(index) = &at.statement.kind
        && index.if_not_exists
        && index.concurrently.is_some()
        && let Some(name) = &index.name
    {
        found.push(finding(at, index, name));
    }
}

fn finding(at: &At<'_>, index: &CreateIndex, name: &Name) -> Finding {
    let full = recipes::beside(&index.table, &name.to_string());
    let written = at.written(at.statement.span);
    let build = without_if_not_exists(written);
    let is_invalid = known::is_invalid_index(at.catalog, &index.table, name);
    let (message, severity) = if is_invalid {
        (
            format!("`{name}` is invalid, and this keeps it so"),
            Severity::Error,
        )
    } else {
        (
            format!("when a build of `{name}` has failed before, this keeps what it left"),
            RULE.severity,
        )
    };
    Finding::new(&RULE, name.span, message)
        .severity(severity)
        .label("may be invalid")
        .note("a build that fails leaves an invalid index, which takes the name")
        .instead(
            "drop what is left, then build; if it may be valid, look at `pg_index.indisvalid` first",
            format!("DROP INDEX CONCURRENTLY IF EXISTS {full};\n{build};"),
        )
}

fn without_if_not_exists(written: &str) -> String {
    let words = crate::text::tokens(written).filter(|it| it.kind == crate::text::TokenKind::Word);
    let words: Vec<_> = words.map(|it| it.span).collect();
    let is = |index: usize, word: &str| {
        words
            .get(index)
            .is_some_and(|it| it.of(written).eq_ignore_ascii_case(word))
    };
    for index in 0..words.len() {
        if is(index, "if")
            && is(index + 1, "not")
            && let (Some(first), Some(next)) = (words.get(index), words.get(index + 3))
        {
            let before = written.get(..first.start as usize).unwrap_or_default();
            let after = written.get(next.start as usize..).unwrap_or_default();
            return format!("{before}{after}");
        }
    }
    written.to_owned()
}
