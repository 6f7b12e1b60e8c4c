//! `ALTER COLUMN … TYPE` that costs more than a short lock.

use std::fmt::Write as _;

use super::support::{known, model, recipes, words};
use crate::ast::{ColumnChange, Expr, Name, ObjectName, TypeName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::locks::Effects;
use crate::locks::table::Form;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-type-change",
    summary: "another type for a column, with the table written or read under the lock",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["changing-column-type"],
        eugene: &["E5"],
        strong_migrations: &["change_column", "change_column_constraint"],
        pgls: &["changingColumnType"],
    },
    page: r"
## What it finds

`ALTER COLUMN … TYPE` where the rows are written anew, an index is built again, or a constraint is tested again.

## Why it hurts

All of it happens while nobody can use the table. Three costs hide in the same words:

- **The table is written anew** where values are stored differently or may not fit: `int` to `bigint`, `text` to
  `varchar(n)`, a smaller `numeric`, `json` to `jsonb`, anything with `USING f(c)`.
- **An index is built again**, and the table kept, where the order changes (another collation, `timestamp` to `timestamptz`), or
  where the column stands in an expression or the `WHERE` of an index, however harmless the change.
- **The rows are read** where a `CHECK` mentions the column.

Free are, since they change the catalog alone: a longer `varchar`, `varchar` to `text`, `numeric` with more digits before the
point, a longer or no precision of times, `cidr` to `inet`, a domain without constraints. `timestamp` to `timestamptz` is free
while the session's `TimeZone` is UTC.

## The safe way

A new column, written by the programs beside the old one, filled in batches, and read instead of it at last. For a `CHECK`: drop it, change the
type, and add it again `NOT VALID`.

```sql
ALTER TABLE orders ADD COLUMN number_new bigint;
```

## Examples

```sql before
CREATE TABLE orders (id bigint PRIMARY KEY, number int, note varchar(20));
```

```sql
ALTER TABLE orders ALTER COLUMN number TYPE bigint; -- error: blocking-type-change
ALTER TABLE orders ALTER COLUMN note TYPE varchar(40);
ALTER TABLE orders ALTER COLUMN note TYPE text;
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action, column, change) in model::column_changes(at) {
        let ColumnChange::Type { to, using, .. } = change else {
            continue;
        };
        let effects = at.effects_of(table, action);
        if model::works(&effects) {
            found.push(finding(
                at,
                &table.name,
                column,
                to,
                using.as_ref(),
                &effects,
            ));
        }
    }
}

/// Whether the column's type is not known, and there are types from which nothing is written.
fn may_be_free(at: &At<'_>, table: &ObjectName, column: &Name, to: &TypeName) -> bool {
    const WIDENED: [&str; 9] = [
        "citext",
        "inet",
        "interval",
        "numeric",
        "text",
        "time",
        "timestamp",
        "varbit",
        "varchar",
    ];
    known::column_type(at.catalog, table, column).is_none()
        && to.array_dimensions == 0
        && to.name.schema.is_none()
        && WIDENED.contains(&to.name.name.as_str())
}

fn finding(
    at: &At<'_>,
    table: &ObjectName,
    column: &Name,
    to: &TypeName,
    using: Option<&Expr>,
    effects: &Effects,
) -> Finding {
    let has = |form| model::row(effects, &[form]).is_some();
    let type_name = at.written(to.span);
    let rewrites = !effects.rewrites.is_empty();
    let is_guess = rewrites && using.is_none() && may_be_free(at, table, column, to);
    let (message, label) = if is_guess {
        let text = format!(
            "every row of `{table}` may be written anew to turn `{column}` into `{type_name}`: its present type is not \
             known here"
        );
        (text, "free only where every value fits as it is stored")
    } else if rewrites {
        let text =
            format!("every row of `{table}` is written anew to turn `{column}` into `{type_name}`");
        (text, "values are stored differently, or may not fit")
    } else if has(Form::ChangeTypeIndexes) {
        let text =
            format!("indexes of `{table}` are built again to turn `{column}` into `{type_name}`");
        (text, "an index depends on the type")
    } else {
        let text =
            format!("every row of `{table}` is tested again to turn `{column}` into `{type_name}`");
        (text, "a constraint depends on the column")
    };
    let mut finding = Finding::new(&RULE, to.span, message).label(label);
    if is_guess {
        finding = finding.severity(Severity::Warning);
    }
    if let Some(unknown) = &effects.unknown {
        finding = finding.note(unknown.clone());
    }
    for assumed in &effects.assumed {
        finding = finding.note(assumed.to_string());
    }
    if !rewrites && has(Form::ChangeTypeIndexes) {
        return finding.instead(
            "drop the index before, and build it again without blocking afterwards",
            indexes(at, table, column, type_name, effects),
        );
    }
    if !rewrites && has(Form::ChangeTypeChecks) {
        return finding.advice(
            "drop the `CHECK`, change the type, add it again `NOT VALID`, and validate it in a \
             transaction of its own",
        );
    }
    let gone = known::goes_with_column(at.catalog, table, &column.text);
    if !gone.is_empty() {
        finding = finding.note(format!(
            "{} would go with the old column: the new one needs its like before the switch",
            words::listed(&gone)
        ));
    }
    let next = Name::new(format!("{}_new", column.text));
    // assigned as `ALTER COLUMN TYPE` does it, which refuses what does not fit: a cast that is written cuts it off
    let value = using.map_or_else(|| column.to_string(), |it| it.text.clone());
    finding.instead(
        "a new column beside the old one: let programs write both, fill it, and switch",
        format!(
            "ALTER TABLE {table} ADD COLUMN {next} {type_name};\n\
             {}\n\
             {}\
             -- when programs read and write {next} alone\n\
             -- howdah: ignore dropped-column -- its values are in {next}\n\
             ALTER TABLE {table} DROP COLUMN {column};",
            recipes::backfill_from(table, &next, column, value),
            taken_over(at, table, column, &next),
        ),
    )
}

/// What the new column has of the old one: a default, its sequence, that null is refused.
fn taken_over(at: &At<'_>, table: &ObjectName, column: &Name, next: &Name) -> String {
    let relation = at.catalog.relation(table);
    let Some(old) = relation.and_then(|it| it.column(column)) else {
        return String::new();
    };
    let mut steps = String::new();
    let default = format!("ALTER TABLE {table} ALTER COLUMN {next} SET DEFAULT");
    if let (Some(sequence), None) = (&old.sequence, old.identity) {
        let sequence = known::spoken(at.catalog, sequence).to_string();
        let quoted = sequence.replace('\'', "''");
        let _ = writeln!(steps, "{default} nextval('{quoted}');");
        let _ = writeln!(steps, "ALTER SEQUENCE {sequence} OWNED BY {table}.{next};");
    } else if let Some(value) = &old.default {
        let _ = writeln!(steps, "{default} {};", value.text);
    }
    if old.not_null {
        let _ = writeln!(steps, "{}", recipes::not_null(at, table, next));
    }
    steps
}

fn indexes(
    at: &At<'_>,
    table: &ObjectName,
    column: &Name,
    type_name: &str,
    effects: &Effects,
) -> String {
    let mut steps = String::new();
    for index in &effects.builds {
        let _ = writeln!(steps, "DROP INDEX CONCURRENTLY {index};");
    }
    let _ = write!(
        steps,
        "ALTER TABLE {table} ALTER COLUMN {column} TYPE {type_name};"
    );
    for index in &effects.builds {
        let built = match at.catalog.index(index) {
            Some(index) => recipes::index(at, index),
            None => format!("CREATE INDEX CONCURRENTLY {} ON {table} …;", index.name),
        };
        let _ = write!(steps, "\n{built}");
    }
    steps
}
