//! What has another name or schema from now on.

use super::{Aliases, Rule, on, page, part, push, replaced, squawk};
use crate::ast::{Action, AlterTable, Kind, Name, ObjectChange, RelationKind, TypeAction};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rules::support::{known, model};

pub(crate) static COLUMN: Rule = Rule {
    aliases: Aliases {
        squawk: &["renaming-column"],
        eugene: &[],
        strong_migrations: &["rename_column"],
        pgls: &["renamingColumn"],
    },
    ..on(
        "renamed-column",
        "a column that has another name from now on",
        Aliases::NONE,
        page!(
            finds: "`RENAME COLUMN` of a table or view, and `RENAME ATTRIBUTE` of a composite type.",
            hurts: "Programs of the release before fail at once, until each of them runs the new one. (Views, indexes and constraints follow the name.)",
            safe: "A column of the new name beside the old one, written by both until the last program has changed. Or leave the name, and rename it in the model alone.",
            example: "ALTER TABLE orders RENAME COLUMN note TO remark; -- warning: renamed-column"
        ),
        |at, found| {
            for (table, action) in model::actions(at) {
                if let Action::RenameColumn { from, to } = &action.kind {
                    found.push(column(at, table, action.span, from, to));
                }
            }
            if let Kind::AlterType(altered) = &at.statement.kind {
                for action in &altered.actions {
                    if let TypeAction::RenameAttribute { from, .. } = action {
                        let message = format!(
                            "{} is gone for programs that run",
                            part(&altered.name, &from.to_string())
                        );
                        push(found, &COLUMN, from.span, message);
                    }
                }
            }
        },
    )
};

fn column(
    at: &At<'_>,
    table: &AlterTable,
    span: crate::text::Span,
    from: &Name,
    to: &Name,
) -> Finding {
    let name = &table.name;
    let message = format!(
        "{} is gone for programs that run",
        part(name, &from.to_string())
    );
    let type_name = known::column_type(at.catalog, name, from).unwrap_or_else(|| "…".to_owned());
    let finding = Finding::new(&COLUMN, span, message).label("fails at once");
    if table.kind == RelationKind::View {
        return finding.advice("a view can show the column under both names");
    }
    finding.instead(
        "a column beside it, that programs write as well until the last one reads it",
        format!("ALTER TABLE {name} ADD COLUMN {to} {type_name};"),
    )
}

pub(crate) static TABLE: Rule = Rule {
    aliases: Aliases {
        squawk: &["renaming-table"],
        eugene: &[],
        strong_migrations: &["rename_table"],
        pgls: &["renamingTable"],
    },
    ..on(
        "renamed-table",
        "a table that has another name from now on",
        Aliases::NONE,
        page!(
            finds: "`ALTER TABLE … RENAME TO` of a table that was there before.",
            hurts: "Programs of the release before fail at once, until each of them runs the new one.",
            safe: "A view of the old name in the same transaction; what is inserted, updated and deleted goes through it.\n\n```sql\nBEGIN;\nALTER TABLE orders_old SET SCHEMA archive;\nCREATE VIEW orders AS SELECT 1 AS id;\nCOMMIT;\n```",
            example: "ALTER TABLE orders RENAME TO purchase; -- warning: renamed-table"
        ),
        |at, found| {
            for (table, action) in model::actions(at) {
                let Action::Rename(to) = &action.kind else {
                    continue;
                };
                let kinds = [
                    RelationKind::Table,
                    RelationKind::ForeignTable,
                    RelationKind::MaterializedView,
                ];
                if !kinds.contains(&table.kind)
                    || known::is_other_than_table(at.catalog, &table.name)
                    || at.catalog.is_new(&table.name)
                {
                    continue;
                }
                // a view of the old name is the way out, or a table that takes it, wherever it comes in the script
                if !replaced::is_name_taken(at, &table.name) {
                    found.push(table_finding(table, action.span, to));
                }
            }
        },
    )
};

fn table_finding(table: &AlterTable, span: crate::text::Span, to: &Name) -> Finding {
    let name = &table.name;
    let new = super::super::support::recipes::beside(name, &to.to_string());
    Finding::new(
        &TABLE,
        span,
        format!("`{name}` is gone for programs that run"),
    )
    .label("fails at once")
    .instead(
        "leave a view of the old name until the last program has changed",
        format!(
            "BEGIN;\n\
                 ALTER TABLE {name} RENAME TO {to};\n\
                 CREATE VIEW {name} AS SELECT * FROM {new};\n\
                 COMMIT;"
        ),
    )
}

pub(crate) static OBJECT: Rule = Rule {
    aliases: Aliases {
        squawk: &["renaming-object"],
        eugene: &[],
        strong_migrations: &["rename_enum_value", "rename_schema"],
        pgls: &[],
    },
    ..on(
        "renamed-object",
        "a view, function, type, schema, role or value that has another name",
        Aliases::NONE,
        page!(
            finds: "`RENAME` of a view, sequence, constraint, function, type, value of an enum, schema, role, database and so on.",
            hurts: "Statements of the release before that name it fail: calls, casts, `ON CONFLICT ON CONSTRAINT`, logins.",
            safe: "The new one beside the old one, until the last program has changed. Of an enum's value: add the new one, write both, move the rows.\n\n```sql\nALTER TYPE mood ADD VALUE 'glad' AFTER 'happy';\n```",
            example: "ALTER TYPE mood RENAME VALUE 'happy' TO 'glad'; -- warning: renamed-object\nALTER FUNCTION total(int) RENAME TO sum_of; -- warning: renamed-object"
        ),
        |at, found| match &at.statement.kind {
            Kind::AlterObject(altered) => {
                if let ObjectChange::Rename(to) = &altered.change
                    && known::is_shared(
                        at,
                        altered.object.on.as_ref().unwrap_or(&altered.object.name),
                    )
                    && !replaced::is_type_taken(at, &altered.object.name)
                {
                    let message = format!(
                        "`{}` is `{to}` from now on",
                        super::described(&altered.object)
                    );
                    push(found, &OBJECT, at.statement.span, message);
                }
            }
            Kind::AlterType(altered) => {
                for action in &altered.actions {
                    if let TypeAction::RenameValue { from, to } = action {
                        let name = &altered.name;
                        let literal = |it: &str| format!("'{}'", it.replace('\'', "''"));
                        found.push(
                            Finding::new(
                                &OBJECT,
                                at.statement.span,
                                format!("`{from}` of `{name}` is `{to}` from now on"),
                            )
                            .label("programs that run write the old one")
                            .instead(
                                "add the new value, let programs know both, then move the rows",
                                format!(
                                    "ALTER TYPE {name} ADD VALUE {} AFTER {};",
                                    literal(to),
                                    literal(from)
                                ),
                            ),
                        );
                    }
                }
            }
            _ => {
                for (table, action) in model::actions(at) {
                    let message = match &action.kind {
                        Action::RenameConstraint { from, to } => {
                            format!(
                                "{} is `{to}` from now on",
                                part(&table.name, &from.to_string())
                            )
                        }
                        Action::Rename(to)
                            if matches!(
                                table.kind,
                                RelationKind::View | RelationKind::Sequence
                            ) =>
                        {
                            format!("`{}` is `{to}` from now on", table.name)
                        }
                        _ => continue,
                    };
                    push(found, &OBJECT, action.span, message);
                }
            }
        },
    )
};

pub(crate) static SCHEMA: Rule = on(
    "moved-object",
    "a table, view, function or type that lies in another schema from now on",
    squawk(&["ban-set-schema"]),
    page!(
        finds: "`SET SCHEMA`.",
        hurts: "Programs of the release before that name it with its schema, or whose `search_path` lacks the new one, fail at once.",
        safe: "A view of the old name, as for `renamed-table`, or the new schema in everybody's `search_path` before.",
        example: "ALTER TABLE orders SET SCHEMA shop; -- warning: moved-object"
    ),
    |at, found| {
        if let Kind::AlterObject(altered) = &at.statement.kind
            && let ObjectChange::SetSchema(to) = &altered.change
            && known::is_shared(at, &altered.object.name)
        {
            let message = format!(
                "`{}` lies in `{to}` from now on",
                super::described(&altered.object)
            );
            push(found, &SCHEMA, at.statement.span, message);
        }
        for (table, action) in model::actions(at) {
            if let Action::SetSchema(to) = &action.kind {
                let message = format!("`{}` lies in `{to}` from now on", table.name);
                push(found, &SCHEMA, action.span, message);
            }
        }
    },
);
