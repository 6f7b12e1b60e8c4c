//! What is added, and may surprise programs of the release before. All of it is opt-in.

use super::{Rule, off, page, part, push, squawk, squawk_and_pgls};
use crate::ast::{Action, ColumnChange, ConstraintKind, DomainAction, Kind, TypeAction};
use crate::lint::rules::support::{known, model};

pub(crate) static COLUMN: Rule = off(
    "new-column",
    "a column that programs do not know",
    squawk(&["ban-add-column"]),
    page!(
        finds: "`ADD COLUMN` of a table that was there before.",
        hurts: "`SELECT *`, `INSERT` without a list of columns and prepared statements over whole rows of the release before may fail.",
        safe: "A release that names its columns.",
        example: "ALTER TABLE orders ADD COLUMN note text; -- warning: new-column"
    ),
    |at, found| {
        for (table, action, column) in model::new_columns(at) {
            let message = format!(
                "{} is not known to programs that run",
                part(&table.name, &column.name.to_string())
            );
            push(found, &COLUMN, action.span, message);
        }
    },
);

pub(crate) static ATTRIBUTE: Rule = off(
    "new-attribute",
    "an attribute of a composite type that programs do not know",
    squawk(&["ban-add-composite-attribute"]),
    page!(
        finds: "`ALTER TYPE … ADD ATTRIBUTE`.",
        hurts: "Programs that read or write values of the type as rows of fixed length fail.",
        safe: "A new type beside it.",
        example: "ALTER TYPE address ADD ATTRIBUTE country text; -- warning: new-attribute"
    ),
    |at, found| {
        if let Kind::AlterType(altered) = &at.statement.kind
            && known::is_shared(at, &altered.name)
        {
            for action in &altered.actions {
                if let TypeAction::AddAttribute { attribute, .. } = action {
                    let name = part(&altered.name, &attribute.name.to_string());
                    push(
                        found,
                        &ATTRIBUTE,
                        attribute.span,
                        format!("{name} is not known to programs that run"),
                    );
                }
            }
        }
    },
);

pub(crate) static ENUM_VALUE: Rule = off(
    "new-enum-value",
    "a value of an enum that programs do not know",
    squawk_and_pgls(&["ban-add-enum-value"], &["avoidAlterEnumAddValue"]),
    page!(
        finds: "`ALTER TYPE … ADD VALUE` of a type that was there before.",
        hurts: "Programs of the release before that read the value fail where they have a list of them. It cannot be removed again.",
        safe: "First a release that can read it, then one that writes it.",
        example: "ALTER TYPE mood ADD VALUE 'glad'; -- warning: new-enum-value"
    ),
    |at, found| {
        if let Kind::AlterType(altered) = &at.statement.kind
            && known::is_shared(at, &altered.name)
        {
            for action in &altered.actions {
                if let TypeAction::AddValue { value, .. } = action {
                    let message = format!(
                        "`{value}` of `{}` is not known to programs that run",
                        altered.name
                    );
                    push(found, &ENUM_VALUE, at.statement.span, message);
                }
            }
        }
    },
);

pub(crate) static POLICY: Rule = off(
    "new-policy",
    "a policy that decides which rows programs see",
    squawk(&["ban-create-policy"]),
    page!(
        finds: "`CREATE POLICY` on a table that was there before.",
        hurts: "A restrictive one hides rows from programs that run; a permissive one shows more of them.",
        safe: "Try it with `SET ROLE` in a transaction that is rolled back.",
        example: "CREATE POLICY own ON orders USING (true); -- warning: new-policy"
    ),
    |at, found| {
        if let Kind::CreatePolicy(policy) = &at.statement.kind
            && at.is_shared(&policy.table)
        {
            let message = format!(
                "`{}` decides which rows of `{}` programs see",
                policy.name, policy.table
            );
            push(found, &POLICY, at.statement.span, message);
        }
    },
);

pub(crate) static TRIGGER: Rule = off(
    "new-trigger",
    "a trigger that runs with what programs write",
    super::Aliases {
        pgls: &["avoidCreateTrigger"],
        ..super::Aliases::NONE
    },
    page!(
        finds: "`CREATE TRIGGER` and `CREATE RULE` on a table that was there before, and `CREATE EVENT TRIGGER`.",
        hurts: "Every write of the release before runs it, and fails or slows down with it. Writers wait while it is made.",
        safe: "Try it on a copy under load.",
        example: "CREATE TRIGGER audit AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note(); -- warning: new-trigger"
    ),
    |at, found| {
        let message = match &at.statement.kind {
            Kind::CreateTrigger(it) if at.is_shared(&it.table) => {
                format!(
                    "`{}` runs with what programs write to `{}`",
                    it.name, it.table
                )
            }
            Kind::CreateRule(it) if at.is_shared(&it.table) => {
                format!(
                    "`{}` rewrites what programs do with `{}`",
                    it.name, it.table
                )
            }
            Kind::CreateEventTrigger(it) => {
                format!("`{}` runs with every change of the schema", it.name)
            }
            _ => return,
        };
        push(found, &TRIGGER, at.statement.span, message);
    },
);

pub(crate) static RESTRICTION: Rule = off(
    "new-write-restriction",
    "a constraint that refuses what programs write",
    squawk(&["ban-new-write-restriction"]),
    page!(
        finds: "`ADD CONSTRAINT`, `NOT VALID` or not, `SET NOT NULL`, unique indexes and constraints of domains, on what was there before.",
        hurts: "What the release before writes may be refused from now on.",
        safe: "First a release that keeps to it, then the constraint.",
        example: "ALTER TABLE orders ADD CONSTRAINT positive CHECK (price > 0) NOT VALID; -- warning: new-write-restriction"
    ),
    |at, found| {
        for (table, action) in model::actions(at) {
            let restricts = match &action.kind {
                Action::AddConstraint(it) => !it.not_enforced,
                Action::AlterColumn {
                    change: ColumnChange::SetNotNull,
                    ..
                } => true,
                Action::AddColumn { column, .. } => column.constraints.iter().any(|it| {
                    matches!(
                        it.kind,
                        ConstraintKind::Check(_)
                            | ConstraintKind::ForeignKey(_)
                            | ConstraintKind::Unique(_)
                    )
                }),
                _ => false,
            };
            if restricts {
                let message = format!(
                    "what programs write to `{}` may be refused from now on",
                    table.name
                );
                push(found, &RESTRICTION, action.span, message);
            }
        }
        match &at.statement.kind {
            Kind::CreateIndex(index) if index.unique && at.is_shared(&index.table) => {
                let message = format!(
                    "what programs write to `{}` may be refused from now on",
                    index.table
                );
                push(found, &RESTRICTION, at.statement.span, message);
            }
            Kind::AlterDomain(it)
                if matches!(
                    it.action,
                    DomainAction::AddConstraint(_) | DomainAction::SetNotNull
                ) && known::is_shared(at, &it.name) =>
            {
                let message = format!("values of `{}` may be refused from now on", it.name);
                push(found, &RESTRICTION, at.statement.span, message);
            }
            _ => {}
        }
    },
);
