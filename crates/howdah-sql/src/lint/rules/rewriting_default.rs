//! `ADD COLUMN … DEFAULT` with a value that has to be written into every row.

use super::support::{model, recipes};
use crate::ast::{AlterTable, ColumnDef, Expr};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::locks::table::Form;

pub(crate) static RULE: Rule = Rule {
    name: "rewriting-default",
    summary: "a new column whose default is written into every row",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["adding-field-with-default"],
        eugene: &["E10"],
        strong_migrations: &["add_column_default", "add_column_default_callable"],
        pgls: &["addingFieldWithDefault"],
    },
    page: r"
## What it finds

`ADD COLUMN … DEFAULT` where every row gets a value of its own: `random()`, `clock_timestamp()`, `gen_random_uuid()`,
`nextval()`, a function that is volatile. Before PostgreSQL 11: every default but `NULL`.

## Why it hurts

The table and all of its indexes are written anew, and nobody can read it meanwhile.

Since PostgreSQL 11 a default that is constant or stable (`now()`, `current_user`, `'x' || 'y'`) is computed once and kept in
the catalog: such a column costs nothing but a short lock, `NOT NULL` or not.

## The safe way

Add the column without it, set the default for new rows, and fill the older ones in batches.

```sql
ALTER TABLE orders ADD COLUMN token uuid;
ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid();
```

## Examples

```sql
ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid(); -- error: rewriting-default
```

```sql
ALTER TABLE orders ADD COLUMN paid boolean DEFAULT false NOT NULL;
ALTER TABLE orders ADD COLUMN changed timestamptz DEFAULT now();
```

What was true before 11:

```sql pg=10
ALTER TABLE orders ADD COLUMN paid boolean DEFAULT false NOT NULL; -- error: rewriting-default
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action, column) in model::new_columns(at) {
        let Some(default) = column.default() else {
            continue;
        };
        let effects = at.effects_of(table, action);
        let forms = [Form::AddColumnDefault, Form::AddColumnVolatileDefault];
        if let Some(row) = model::row(&effects, &forms)
            && !row.rewrites.is_empty()
        {
            let volatile = row.form == Form::AddColumnVolatileDefault;
            found.push(finding(at, table, column, default, volatile));
        }
    }
}

fn finding(
    at: &At<'_>,
    table: &AlterTable,
    column: &ColumnDef,
    default: &Expr,
    volatile: bool,
) -> Finding {
    let (table, name) = (&table.name, &column.name);
    let type_name = at.written(column.type_name.as_ref().map_or(column.span, |it| it.span));
    let value = &default.text;
    let mut steps = format!(
        "ALTER TABLE {table} ADD COLUMN {name} {type_name};\n\
         ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {value};\n{}",
        recipes::backfill(table, name, value)
    );
    if column.is_not_null() {
        steps = format!("{steps}\n{}", recipes::not_null(at, table, name));
    }
    let message = format!("the default of `{table}.{name}` is written into every row of `{table}`");
    let finding = Finding::new(&RULE, default.span, message);
    let finding = if volatile {
        finding.label("a new value for each row").note(
            "since PostgreSQL 11 only a volatile default costs a rewrite; this one is volatile",
        )
    } else {
        finding
            .label("written into each row before PostgreSQL 11")
            .note("since PostgreSQL 11 this default is computed once, and no row is touched")
    };
    finding.instead(
        "add the column, then its default, and fill older rows in batches",
        steps,
    )
}
