//! What is dropped, and was there for programs of the release before.

use std::fmt::Write as _;

use super::{
    Aliases, Group, Rule, Severity, off, on, page, part, push, replaced, shared, squawk,
    squawk_and_pgls,
};
use crate::ast::{
    Action, ColumnChange, DomainAction, Drop, DropBehavior, Kind, ObjectKind, ObjectRef, TypeAction,
};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rules::support::{known, model, recipes};

/// `DROP` of one of these kinds.
fn drops(
    at: &At<'_>,
    found: &mut Vec<Finding>,
    rule: &'static Rule,
    kinds: &[ObjectKind],
    consequence: &str,
) {
    let Kind::Drop(drop) = &at.statement.kind else {
        return;
    };
    if !kinds.contains(&drop.kind) {
        return;
    }
    let mut objects = drop.objects.iter();
    if objects.all(|it| replaced::is_made_again(at, drop, it)) {
        found.extend(loses_rights(at, drop, rule));
    } else if let Some(names) = shared(at, drop) {
        let message = format!("{names} {consequence}");
        push(found, rule, at.statement.span, message);
    }
}

/// A view that is dropped and made again is another one for those who were granted something on it.
fn loses_rights(at: &At<'_>, drop: &Drop, rule: &'static Rule) -> Option<Finding> {
    let is_granted = |it: &ObjectRef| replaced::is_granted_again(at, &it.name);
    if drop.kind != ObjectKind::View || drop.objects.iter().any(is_granted) {
        return None;
    }
    let message = format!(
        "{} is made anew: what was granted on it is gone",
        shared(at, drop)?
    );
    let finding = Finding::new(rule, at.statement.span, message).severity(Severity::Note);
    Some(finding.advice(
        "`CREATE OR REPLACE VIEW` keeps it, where columns are added at the end alone; or `GRANT` again",
    ))
}

/// What a column loses.
fn loses(
    at: &At<'_>,
    found: &mut Vec<Finding>,
    rule: &'static Rule,
    is: fn(&ColumnChange) -> bool,
    back: fn(&ColumnChange) -> bool,
    consequence: &str,
) {
    for (table, action, column, change) in model::column_changes(at) {
        if is(change) && !replaced::is_changed_back(at, table, column, back) {
            let message = format!("{} {consequence}", part(&table.name, &column.to_string()));
            push(found, rule, action.span, message);
        }
    }
}

pub(crate) static TABLE: Rule = Rule {
    severity: Severity::Error,
    group: Group::Data,
    ..on(
        "dropped-table",
        "a table that is dropped with its rows",
        squawk_and_pgls(&["ban-drop-table"], &["banDropTable"]),
        page!(
            finds: "`DROP TABLE`, `DROP FOREIGN TABLE` and `DROP MATERIALIZED VIEW` of what was there before.",
            hurts: "The rows go, for good; programs of the release before fail. Tables that it refers to are locked against readers while it goes.",
            safe: "Rename it first, and drop it when nobody has missed it for a while.\n\n```sql\nALTER TABLE orders RENAME TO orders_old;\n```",
            example: "DROP TABLE orders; -- error: dropped-table"
        ),
        |at, found| {
            if let Kind::Drop(drop) = &at.statement.kind
                && matches!(
                    drop.kind,
                    ObjectKind::Table | ObjectKind::ForeignTable | ObjectKind::MaterializedView
                )
                && let Some(names) = shared(at, drop)
                && !drop
                    .objects
                    .iter()
                    .all(|it| replaced::is_made_again(at, drop, it))
            {
                let mut renames = String::new();
                for object in drop
                    .objects
                    .iter()
                    .filter(|it| known::is_shared_as(at, drop.kind, &it.name))
                {
                    let kind = drop.kind.words().to_uppercase();
                    let old = at.constraint_name(&object.name, &[], "old");
                    let _ = writeln!(renames, "ALTER {kind} {} RENAME TO {old};", object.name);
                }
                let message = if names.contains("`, `") {
                    format!("{names} are dropped with their rows")
                } else {
                    format!("{names} is dropped with its rows")
                };
                let mut finding = Finding::new(&TABLE, at.statement.span, message)
                    .label("for good")
                    .instead(
                        "rename it first, and drop it when nobody misses it",
                        renames.trim_end(),
                    );
                for view in drop
                    .objects
                    .iter()
                    .flat_map(|it| known::views(at.catalog, &it.name))
                {
                    finding = finding.note(format!("the view `{view}` reads it"));
                }
                found.push(finding);
            }
        },
    )
};

pub(crate) static COLUMN: Rule = Rule {
    severity: Severity::Error,
    group: Group::Data,
    aliases: Aliases {
        squawk: &["ban-drop-column"],
        eugene: &[],
        strong_migrations: &["remove_column"],
        pgls: &["banDropColumn"],
    },
    ..on(
        "dropped-column",
        "a column that is dropped with its values",
        Aliases::NONE,
        page!(
            finds: "`DROP COLUMN` of a table that was there before.",
            hurts: "The values go, for good, and with them its indexes and constraints, also those over other columns. Programs of the release before fail, and so do prepared `SELECT *`.",
            safe: "First a release that does not use it, which must be able to insert without it; then the drop, in a later one.\n\n```sql\nALTER TABLE orders ALTER COLUMN note DROP NOT NULL;\n```",
            example: "ALTER TABLE orders DROP COLUMN note; -- error: dropped-column"
        ),
        |at, found| {
            for (table, action) in model::actions(at) {
                if let Action::DropColumn { name, .. } = &action.kind {
                    let message = format!(
                        "{} is dropped with its values",
                        part(&table.name, &name.to_string())
                    );
                    let mut finding = Finding::new(&COLUMN, action.span, message)
                        .label("for good")
                        .instead(
                            "deploy a release first that does not use it, and let it insert without",
                            format!(
                                "ALTER TABLE {} ALTER COLUMN {name} DROP NOT NULL;",
                                table.name
                            ),
                        );
                    for gone in known::goes_with_column(at.catalog, &table.name, name) {
                        finding = finding.note(format!("{gone} goes with it"));
                    }
                    found.push(finding);
                }
            }
        },
    )
};

pub(crate) static DATABASE: Rule = Rule {
    severity: Severity::Error,
    group: Group::Data,
    ..on(
        "dropped-database",
        "a database that is dropped",
        squawk_and_pgls(&["ban-drop-database"], &["banDropDatabase"]),
        page!(
            finds: "`DROP DATABASE`.",
            hurts: "Everything in it goes, for good.",
            safe: "Rename it, and drop it by hand when nobody has missed it.\n\n```sql\nALTER DATABASE shop RENAME TO shop_old;\n```",
            example: "DROP DATABASE shop; -- error: dropped-database"
        ),
        |at, found| {
            drops(
                at,
                found,
                &DATABASE,
                &[ObjectKind::Database],
                "is dropped with everything in it",
            );
        },
    )
};

pub(crate) static SCHEMA: Rule = Rule {
    severity: Severity::Error,
    group: Group::Data,
    ..on(
        "dropped-schema",
        "a schema that is dropped",
        squawk_and_pgls(&["ban-drop-schema"], &["banDropSchema"]),
        page!(
            finds: "`DROP SCHEMA` of one that was there before, and `DROP OWNED`.",
            hurts: "Everything in it goes, if `CASCADE` is said; programs whose `search_path` names it find other tables, or none.",
            safe: "Rename it, and drop it when nobody has missed it.\n\n```sql\nREVOKE USAGE ON SCHEMA shop FROM public;\n```",
            example: "DROP SCHEMA shop CASCADE; -- error: dropped-schema\nDROP SCHEMA shop; -- warning: dropped-schema\nDROP OWNED BY clerk; -- error: dropped-schema"
        ),
        |at, found| {
            if let Kind::DropOwned(owned) = &at.statement.kind {
                let roles: Vec<String> = owned.roles.iter().map(|it| format!("`{it}`")).collect();
                let message = format!(
                    "everything that {} owns in this database is dropped, tables with their rows",
                    roles.join(", ")
                );
                push(found, &SCHEMA, at.statement.span, message);
            }
            let Kind::Drop(drop) = &at.statement.kind else {
                return;
            };
            let (consequence, severity) = match drop.behavior {
                DropBehavior::Cascade => ("is dropped, with everything in it", SCHEMA.severity),
                DropBehavior::Restrict => (
                    "is dropped, which it has to be empty for",
                    Severity::Warning,
                ),
            };
            let before = found.len();
            drops(at, found, &SCHEMA, &[ObjectKind::Schema], consequence);
            for finding in found.iter_mut().skip(before) {
                finding.severity = severity;
            }
        },
    )
};

pub(crate) static NOT_NULL: Rule = Rule {
    aliases: Aliases {
        squawk: &["ban-drop-not-null"],
        pgls: &["banDropNotNull"],
        ..Aliases::NONE
    },
    ..on(
        "dropped-not-null",
        "a column that may be `NULL` from now on",
        Aliases::NONE,
        page!(
            finds: "`DROP NOT NULL` of a column or a domain.",
            hurts: "Programs of the release before do not expect `NULL` there, and fail when the new release writes one.",
            safe: "First a release that can read `NULL`, then the drop.",
            example: "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL; -- warning: dropped-not-null"
        ),
        |at, found| {
            let is = |it: &ColumnChange| matches!(it, ColumnChange::DropNotNull);
            loses(
                at,
                found,
                &NOT_NULL,
                is,
                |it| matches!(it, ColumnChange::SetNotNull),
                "may be `NULL` from now on: do programs that run expect it?",
            );
            if let Kind::AlterDomain(domain) = &at.statement.kind
                && matches!(domain.action, DomainAction::DropNotNull)
                && known::is_shared(at, &domain.name)
            {
                let message = format!("values of `{}` may be `NULL` from now on", domain.name);
                push(found, &NOT_NULL, at.statement.span, message);
            }
        },
    )
};

pub(crate) static DEFAULT: Rule = on(
    "dropped-default",
    "a column that is not filled any more",
    squawk(&["ban-drop-default"]),
    page!(
        finds: "`DROP DEFAULT`, and `SET DEFAULT NULL`, of a column or a domain.",
        hurts: "Programs of the release before leave the column out when they insert, and get `NULL`, or an error where it is `NOT NULL`.",
        safe: "First a release that always writes the column, then the drop.",
        example: "ALTER TABLE orders ALTER COLUMN paid DROP DEFAULT; -- warning: dropped-default"
    ),
    |at, found| {
        let is = |it: &ColumnChange| match it {
            ColumnChange::DropDefault => true,
            ColumnChange::SetDefault(expr) => expr.node == crate::ast::Node::Null,
            _ => false,
        };
        loses(
            at,
            found,
            &DEFAULT,
            is,
            |it| match it {
                ColumnChange::SetDefault(expr) => expr.node != crate::ast::Node::Null,
                ColumnChange::AddIdentity { .. } => true,
                _ => false,
            },
            "is not filled any more where an `INSERT` leaves it out",
        );
        if let Kind::AlterDomain(domain) = &at.statement.kind
            && matches!(domain.action, DomainAction::DropDefault)
        {
            let message = format!("columns of `{}` are not filled any more", domain.name);
            push(found, &DEFAULT, at.statement.span, message);
        }
    },
);

pub(crate) static GENERATED_EXPRESSION: Rule = on(
    "dropped-generated-expression",
    "a generated column that is not computed any more",
    squawk(&["ban-drop-generated-expression"]),
    page!(
        finds: "`DROP EXPRESSION` (13).",
        hurts: "Programs of the release before do not write the column, and new rows have `NULL` in it.",
        safe: "First a trigger that fills it, or a release that does.",
        example: "ALTER TABLE orders ALTER COLUMN total DROP EXPRESSION; -- warning: dropped-generated-expression"
    ),
    |at, found| {
        let is = |it: &ColumnChange| matches!(it, ColumnChange::DropExpression { .. });
        loses(
            at,
            found,
            &GENERATED_EXPRESSION,
            is,
            |_| false,
            "is not computed any more",
        );
    },
);

pub(crate) static CONSTRAINT: Rule = on(
    "dropped-constraint",
    "a constraint that programs may rely on",
    squawk(&["ban-drop-constraint"]),
    page!(
        finds: "`DROP CONSTRAINT` of a table or domain, and `ALTER CONSTRAINT … NOT ENFORCED` (18).",
        hurts: "What it refused can be written from now on; `ON CONFLICT` of the release before needs the unique constraint it names. A foreign key's drop locks both tables against readers.",
        safe: "Say what takes its place first: a wider constraint `NOT VALID`, validated, then the drop.",
        example: "ALTER TABLE orders DROP CONSTRAINT orders_price_check; -- warning: dropped-constraint"
    ),
    |at, found| {
        for (table, action) in model::actions(at) {
            let (name, what) = match &action.kind {
                Action::DropConstraint { name, .. } => {
                    (name, "is gone: what it refused can be written")
                }
                Action::AlterConstraint {
                    name,
                    enforced: Some(false),
                    ..
                } => (name, "is not tested any more"),
                _ => continue,
            };
            let is_dropped = matches!(action.kind, Action::DropConstraint { .. });
            let is_harmless = recipes::is_proof(name)
                || is_dropped
                    && (known::is_said_by_columns(at.catalog, &table.name, name)
                        || replaced::is_added_again(at, table, name));
            if !is_harmless {
                let message = format!("{} {what}", part(&table.name, &name.to_string()));
                push(found, &CONSTRAINT, action.span, message);
            }
        }
        if let Kind::AlterDomain(domain) = &at.statement.kind
            && let DomainAction::DropConstraint { name, .. } = &domain.action
            && known::is_shared(at, &domain.name)
        {
            let message = format!(
                "{} is gone: what it refused can be written",
                part(&domain.name, &name.to_string())
            );
            push(found, &CONSTRAINT, at.statement.span, message);
        }
    },
);

pub(crate) static VIEW: Rule = on(
    "dropped-view",
    "a view that is dropped",
    squawk(&["ban-drop-view"]),
    page!(
        finds: "`DROP VIEW` of one that was there before.",
        hurts: "Programs of the release before that read it fail.",
        safe: "First a release that does not use it. To change its columns, `CREATE OR REPLACE VIEW` with the new ones at the end.\n\n```sql\nCREATE OR REPLACE VIEW open_orders AS SELECT 1 AS id, 2 AS added;\n```",
        example: "DROP VIEW open_orders; -- warning: dropped-view"
    ),
    |at, found| {
        drops(
            at,
            found,
            &VIEW,
            &[ObjectKind::View],
            "is gone for programs that read it",
        );
    },
);

pub(crate) static FUNCTION: Rule = on(
    "dropped-function",
    "a function or procedure that is dropped",
    squawk(&["ban-drop-function"]),
    page!(
        finds: "`DROP FUNCTION`, `PROCEDURE`, `ROUTINE` and `AGGREGATE`.",
        hurts: "Programs of the release before that call it fail.",
        safe: "First a release that does not use it. A new version can stand beside the old one under another name or with other arguments.",
        example: "DROP FUNCTION total(int); -- warning: dropped-function"
    ),
    |at, found| {
        let kinds = [
            ObjectKind::Function,
            ObjectKind::Procedure,
            ObjectKind::Routine,
            ObjectKind::Aggregate,
        ];
        drops(
            at,
            found,
            &FUNCTION,
            &kinds,
            "is gone for programs that call it",
        );
    },
);

pub(crate) static TYPE: Rule = on(
    "dropped-type",
    "a type, domain, cast or operator that is dropped",
    squawk(&["ban-drop-type", "ban-drop-domain"]),
    page!(
        finds: "`DROP TYPE`, `DOMAIN`, `CAST`, `OPERATOR`, `COLLATION` and their kin, and `DROP ATTRIBUTE` of a composite type.",
        hurts: "Statements of the release before that name it fail, those in prepared statements and function bodies too.",
        safe: "First a release that does not use it.",
        example: "DROP TYPE mood; -- warning: dropped-type"
    ),
    |at, found| {
        let kinds = [
            ObjectKind::Type,
            ObjectKind::Domain,
            ObjectKind::Cast,
            ObjectKind::Collation,
            ObjectKind::Conversion,
            ObjectKind::Operator,
            ObjectKind::OperatorClass,
            ObjectKind::OperatorFamily,
            ObjectKind::TextSearchConfiguration,
            ObjectKind::TextSearchDictionary,
        ];
        if let Kind::Drop(drop) = &at.statement.kind
            && drop
                .objects
                .iter()
                .all(|it| replaced::is_type_renamed(at, &it.name))
        {
            return;
        }
        drops(
            at,
            found,
            &TYPE,
            &kinds,
            "is gone for statements that use it",
        );
        if let Kind::AlterType(altered) = &at.statement.kind {
            for action in &altered.actions {
                if let TypeAction::DropAttribute { name, .. } = action {
                    let message = format!(
                        "{} is gone for programs that read it",
                        part(&altered.name, &name.to_string())
                    );
                    push(found, &TYPE, name.span, message);
                }
            }
        }
    },
);

pub(crate) static SEQUENCE: Rule = on(
    "dropped-sequence",
    "a sequence that is dropped",
    squawk(&["ban-drop-sequence"]),
    page!(
        finds: "`DROP SEQUENCE` of one that was there before.",
        hurts: "Its position goes: a new one begins at 1 and hands out numbers that are taken. Programs of the release before that call `nextval` fail.",
        safe: "First a release that does not use it.",
        example: "DROP SEQUENCE invoice_number; -- warning: dropped-sequence"
    ),
    |at, found| {
        drops(
            at,
            found,
            &SEQUENCE,
            &[ObjectKind::Sequence],
            "is gone, and its position with it",
        );
    },
);

pub(crate) static EXTENSION: Rule = on(
    "dropped-extension",
    "an extension that is dropped",
    squawk(&["ban-drop-extension"]),
    page!(
        finds: "`DROP EXTENSION`.",
        hurts: "Its types, functions and operators go, and with `CASCADE` the columns and indexes that use them.",
        safe: "First a release that does not use it, and no `CASCADE`.",
        example: "DROP EXTENSION hstore; -- warning: dropped-extension"
    ),
    |at, found| {
        drops(
            at,
            found,
            &EXTENSION,
            &[ObjectKind::Extension],
            "is gone with its types, functions and operators",
        );
    },
);

pub(crate) static TRIGGER: Rule = off(
    "dropped-trigger",
    "a trigger that is dropped",
    squawk_and_pgls(&["ban-drop-trigger"], &["banDropTrigger"]),
    page!(
        finds: "`DROP TRIGGER` and `DROP EVENT TRIGGER`.",
        hurts: "What it did, nobody does: programs of the release before rely on it.",
        safe: "First a release that does it itself.",
        example: "DROP TRIGGER audit ON orders; -- warning: dropped-trigger"
    ),
    |at, found| {
        let kinds = [ObjectKind::Trigger, ObjectKind::EventTrigger];
        drops(at, found, &TRIGGER, &kinds, "does not fire any more");
    },
);

pub(crate) static INDEX: Rule = off(
    "dropped-index",
    "an index that queries may need",
    squawk(&["ban-drop-index"]),
    page!(
        finds: "`DROP INDEX`, `CONCURRENTLY` or not.",
        hurts: "Queries of the release before may need it; a unique one guards what is written, and `ON CONFLICT` needs it.",
        safe: "Look at `idx_scan` of `pg_stat_user_indexes`, on replicas too.",
        example: "DROP INDEX CONCURRENTLY orders_number_idx; -- warning: dropped-index"
    ),
    |at, found| {
        drops(
            at,
            found,
            &INDEX,
            &[ObjectKind::Index],
            "is gone for queries that need it",
        );
    },
);

pub(crate) static POLICY: Rule = off(
    "dropped-policy",
    "a policy or rule that is dropped",
    squawk(&["ban-drop-policy"]),
    page!(
        finds: "`DROP POLICY` and `DROP RULE`.",
        hurts: "Other rows are seen or written from now on: more, if it was restrictive, fewer, if it was not.",
        safe: "The new policy first, then the drop, in one transaction.",
        example: "DROP POLICY own ON orders; -- warning: dropped-policy"
    ),
    |at, found| {
        let kinds = [ObjectKind::Policy, ObjectKind::Rule];
        drops(at, found, &POLICY, &kinds, "does not hold any more");
    },
);
