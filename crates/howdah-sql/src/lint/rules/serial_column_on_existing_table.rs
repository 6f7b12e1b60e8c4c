//! `ADD COLUMN` of a serial or identity column: every row takes a number.

use super::support::{model, recipes};
use crate::ast::{ColumnDef, ConstraintKind, ObjectName, TypeName};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::locks::table::Form;
use crate::text::Span;

pub(crate) static RULE: Rule = Rule {
    name: "serial-column-on-existing-table",
    summary: "a new serial or identity column, which numbers every row",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &["adding-field-with-default"],
        eugene: &["E11"],
        strong_migrations: &["add_column_auto_incrementing"],
        pgls: &["addSerialColumn"],
    },
    page: r"
## What it finds

`ADD COLUMN` of type `serial`, `bigserial`, `smallserial`, or `GENERATED … AS IDENTITY`, on a table that was there before.

## Why it hurts

Every row takes a number from the new sequence: the table and all of its indexes are written anew, and nobody can read it
meanwhile.

## The safe way

Add a plain column, give new rows their numbers by a sequence, number the older ones in batches, and make it an identity at
last, which touches no row.

```sql
CREATE SEQUENCE orders_number_seq;
ALTER TABLE orders ADD COLUMN number bigint;
ALTER TABLE orders ALTER COLUMN number SET DEFAULT nextval('orders_number_seq');
```

## Examples

```sql
ALTER TABLE orders ADD COLUMN number bigserial; -- error: serial-column-on-existing-table
ALTER TABLE purchase ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY; -- error: serial-column-on-existing-table
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action, column) in model::new_columns(at) {
        let Some(span) = numbers(column) else {
            continue;
        };
        let forms = [Form::AddColumnSerial, Form::AddColumnIdentity];
        if model::row(&at.effects_of(table, action), &forms).is_some() {
            found.push(finding(at, &table.name, column, span));
        }
    }
}

/// Where it says that rows are numbered.
fn numbers(column: &ColumnDef) -> Option<Span> {
    let type_name = column.type_name.as_ref();
    let serial = type_name
        .filter(|it| it.serial().is_some())
        .map(|it| it.span);
    let mut constraints = column.constraints.iter();
    let identity = constraints.find(|it| matches!(it.kind, ConstraintKind::Identity { .. }));
    serial.or(identity.map(|it| it.span))
}

fn finding(at: &At<'_>, table: &ObjectName, column: &ColumnDef, span: Span) -> Finding {
    let name = &column.name;
    let type_name = column.type_name.as_ref();
    let plain = match type_name.and_then(TypeName::serial) {
        Some("int2") => "smallint".to_owned(),
        Some("int4") => "integer".to_owned(),
        Some(_) => "bigint".to_owned(),
        None => type_name.map_or_else(|| "bigint".to_owned(), ToString::to_string),
    };
    let sequence = ObjectName {
        name: format!("{}_{}_seq", table.name, name.text),
        ..table.clone()
    };
    let literal = sequence.to_string().replace('\'', "''");
    let numbered = format!(
        "CREATE SEQUENCE {sequence};\n\
         ALTER TABLE {table} ADD COLUMN {name} {plain};\n\
         ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT nextval('{literal}');\n\
         {}\n\
         ALTER SEQUENCE {sequence} OWNED BY {table}.{name};\n\
         {}",
        recipes::backfill(table, name, format_args!("nextval('{literal}')")),
        recipes::not_null(at, table, name)
    );
    let mut constraints = column.constraints.iter();
    let identity = constraints.find(|it| matches!(it.kind, ConstraintKind::Identity { .. }));
    let finding = Finding::new(
        &RULE,
        span,
        format!("`{table}.{name}` numbers every row of `{table}`"),
    )
    .label("a number for each row");
    let Some(identity) = identity else {
        return finding.instead(
            "add a plain column, number new rows by a sequence, and the older ones in batches",
            numbered,
        );
    };
    let written = at.written(identity.span);
    let of = table.to_string().replace('\'', "''");
    let column = name.text.replace('\'', "''");
    finding.instead(
        "add a plain column, number new rows by a sequence, the older ones in batches, and make it an identity at the end, \
         which reads nothing",
        format!(
            "{numbered}\n\
             BEGIN;\n\
             SET LOCAL lock_timeout = '2s';\n\
             ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT;\n\
             ALTER TABLE {table} ALTER COLUMN {name} ADD {written};\n\
             SELECT setval(pg_get_serial_sequence('{of}', '{column}'), nextval('{literal}'));\n\
             DROP SEQUENCE {sequence};\n\
             COMMIT;"
        ),
    )
}
