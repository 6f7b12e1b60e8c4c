//! What behaves differently from now on. Most of it is opt-in: it is often what the migration is for.

use super::{Rule, off, on, page, part, push, squawk, squawk_and_pgls};
use crate::ast::{
    Action, AlterTable, ColumnChange, Firing, Kind, ObjectChange, ObjectKind, RelationKind,
    RowSecurity,
};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rules::support::{known, model};

/// Actions of an `ALTER TABLE` of which something is to be said.
fn alters(
    at: &At<'_>,
    found: &mut Vec<Finding>,
    rule: &'static Rule,
    says: fn(&AlterTable, &Action) -> Option<String>,
) {
    for (table, action) in model::actions(at) {
        if let Some(message) = says(table, &action.kind) {
            push(found, rule, action.span, message);
        }
    }
}

/// Changes of one of these kinds of objects.
fn changes(
    at: &At<'_>,
    found: &mut Vec<Finding>,
    rule: &'static Rule,
    kinds: &[ObjectKind],
    is: fn(&ObjectChange) -> bool,
    consequence: &str,
) {
    if let Kind::AlterObject(altered) = &at.statement.kind
        && kinds.contains(&altered.kind)
        && is(&altered.change)
    {
        let message = format!("`{}` {consequence}", super::described(&altered.object));
        push(found, rule, at.statement.span, message);
    }
}

/// Neither a name nor a schema nor an owner.
fn is_option(change: &ObjectChange) -> bool {
    !matches!(
        change,
        ObjectChange::Rename(_) | ObjectChange::SetSchema(_) | ObjectChange::OwnerTo(_)
    )
}

pub(crate) static IDENTITY: Rule = on(
    "changed-identity",
    "an identity that is added, changed or dropped",
    squawk(&["ban-alter-identity"]),
    page!(
        finds: "`ADD GENERATED`, `SET GENERATED`, `RESTART` and `DROP IDENTITY` of a column that was there before.",
        hurts: "With `ALWAYS`, programs of the release before that write the column fail; without the identity, those that leave it out; `RESTART` hands out numbers that are taken.",
        safe: "`BY DEFAULT` lets both write. Give its sequence the position behind the highest number.\n\n```sql\nSELECT setval(pg_get_serial_sequence('orders', 'id'), max(id)) FROM orders;\n```",
        example: "ALTER TABLE orders ALTER COLUMN id SET GENERATED ALWAYS; -- warning: changed-identity"
    ),
    |at, found| {
        for (table, action, column, change) in model::column_changes(at) {
            let what = match change {
                ColumnChange::AddIdentity { always: true, .. }
                | ColumnChange::SetIdentity {
                    always: Some(true), ..
                } => "refuses the values that programs write",
                ColumnChange::AddIdentity { .. } => "is filled from a sequence that begins anew",
                ColumnChange::SetIdentity { .. } => "is numbered otherwise from now on",
                ColumnChange::DropIdentity { .. } => "is not numbered any more",
                _ => continue,
            };
            let message = format!("{} {what}", part(&table.name, &column.to_string()));
            push(found, &IDENTITY, action.span, message);
        }
    },
);

pub(crate) static TRIGGER: Rule = off(
    "disabled-trigger",
    "a trigger or rule that is switched on or off",
    squawk_and_pgls(&["ban-disable-trigger"], &["avoidEnableDisableTrigger"]),
    page!(
        finds: "`DISABLE TRIGGER`, `ENABLE TRIGGER`, the same of rules and event triggers.",
        hurts: "What the trigger guards or keeps up to date is not, for everybody and until it is switched on again; `ALL` includes foreign keys. Writers wait for it.",
        safe: "For one session: `SET LOCAL session_replication_role = replica`, where triggers are to be silent for its own writes.",
        example: "ALTER TABLE orders DISABLE TRIGGER audit; -- warning: disabled-trigger"
    ),
    |at, found| {
        alters(at, found, &TRIGGER, |table, action| match action {
            Action::Trigger { firing, .. } | Action::Rule { firing, .. } => {
                let what = if *firing == Firing::Never {
                    "does not fire"
                } else {
                    "fires"
                };
                Some(format!(
                    "a trigger or rule of `{}` {what} from now on, for everybody",
                    table.name
                ))
            }
            _ => None,
        });
        let kinds = [ObjectKind::EventTrigger];
        let is = |it: &ObjectChange| matches!(it, ObjectChange::Enable | ObjectChange::Disable);
        changes(at, found, &TRIGGER, &kinds, is, "is switched for everybody");
    },
);

pub(crate) static REPLICATION: Rule = off(
    "changed-replication",
    "a table's replica identity, or a publication, that changes",
    squawk(&["ban-replica-identity"]),
    page!(
        finds: "`REPLICA IDENTITY`, and `ALTER` and `DROP PUBLICATION`.",
        hurts: "Subscribers get other rows or other keys, or none: `REPLICA IDENTITY NOTHING` makes `UPDATE` and `DELETE` of a published table fail.",
        safe: "Change the subscribers first.",
        example: "ALTER TABLE orders REPLICA IDENTITY FULL; -- warning: changed-replication"
    ),
    |at, found| {
        alters(at, found, &REPLICATION, |table, action| match action {
            Action::ReplicaIdentity(_) => Some(format!(
                "rows of `{}` are identified otherwise for subscribers",
                table.name
            )),
            _ => None,
        });
        match &at.statement.kind {
            Kind::Publication(it) if it.change != crate::ast::PublicationChange::Create => {
                let message = format!("`{}` publishes other tables from now on", it.name);
                push(found, &REPLICATION, at.statement.span, message);
            }
            Kind::Drop(drop) if drop.kind == ObjectKind::Publication => {
                push(
                    found,
                    &REPLICATION,
                    at.statement.span,
                    "its subscribers get nothing any more".to_owned(),
                );
            }
            _ => changes(
                at,
                found,
                &REPLICATION,
                &[ObjectKind::Publication],
                is_option,
                "publishes otherwise from now on",
            ),
        }
    },
);

pub(crate) static PRIVILEGE: Rule = off(
    "revoked-privilege",
    "a privilege or owner that programs may need",
    squawk(&["ban-revoke"]),
    page!(
        finds: "`REVOKE`, `OWNER TO`, `DROP OWNED`, `REASSIGN OWNED` and `DROP ROLE`.",
        hurts: "Programs that run with the role fail, those that only read too.",
        safe: "Look at who is connected (`pg_stat_activity.usename`), and grant the new role before the old one loses.",
        example: "REVOKE INSERT ON orders FROM shop; -- warning: revoked-privilege"
    ),
    |at, found| {
        let message = match &at.statement.kind {
            Kind::Grant(grant) if grant.revoke => {
                let roles: Vec<String> = grant.roles.iter().map(|it| format!("`{it}`")).collect();
                format!("{} may do less from now on", roles.join(", "))
            }
            Kind::AlterDefaultPrivileges(it) if it.revoke => {
                "what is made from now on grants less".to_owned()
            }
            Kind::DropOwned(_) => {
                "what the role owns is dropped, and its privileges with it".to_owned()
            }
            Kind::ReassignOwned(_) => "the old owner may do less from now on".to_owned(),
            Kind::Drop(drop) if drop.kind == ObjectKind::Role => {
                "programs that log in with the role fail".to_owned()
            }
            Kind::AlterObject(it)
                if matches!(it.change, ObjectChange::OwnerTo(_))
                    && known::is_shared(at, &it.object.name) =>
            {
                format!(
                    "the old owner of `{}` may do less from now on",
                    it.object.name
                )
            }
            _ => {
                alters(at, found, &PRIVILEGE, |table, action| match action {
                    Action::OwnerTo(_) => Some(format!(
                        "the old owner of `{}` may do less from now on",
                        table.name
                    )),
                    _ => None,
                });
                return;
            }
        };
        push(found, &PRIVILEGE, at.statement.span, message);
    },
);

pub(crate) static DEFAULT: Rule = Rule {
    aliases: super::Aliases {
        squawk: &["ban-set-default"],
        eugene: &[],
        strong_migrations: &["change_column_default"],
        pgls: &[],
    },
    ..off(
        "changed-default",
        "a default that changes under programs that run",
        super::Aliases::NONE,
        page!(
            finds: "`SET DEFAULT` of a column or a domain.",
            hurts: "Programs of the release before leave the column out and get the new value; those that remember the default of when they started (Rails does) go on writing the old one.",
            safe: "First a release that always writes the column.",
            example: "ALTER TABLE orders ALTER COLUMN paid SET DEFAULT true; -- warning: changed-default"
        ),
        |at, found| {
            for (table, action, column, change) in model::column_changes(at) {
                if let ColumnChange::SetDefault(expr) = change
                    && expr.node != crate::ast::Node::Null
                {
                    let message = format!(
                        "{} is filled otherwise from now on",
                        part(&table.name, &column.to_string())
                    );
                    push(found, &DEFAULT, action.span, message);
                }
            }
            if let Kind::AlterDomain(it) = &at.statement.kind
                && matches!(it.action, crate::ast::DomainAction::SetDefault(_))
            {
                let message = format!("columns of `{}` are filled otherwise from now on", it.name);
                push(found, &DEFAULT, at.statement.span, message);
            }
        },
    )
};

pub(crate) static EXPRESSION: Rule = off(
    "changed-generated-expression",
    "a generated column that is computed otherwise",
    squawk(&["ban-alter-generated-expression"]),
    page!(
        finds: "`SET EXPRESSION` (17).",
        hurts: "Programs of the release before read other values, also in rows that nobody has changed.",
        safe: "A new column with the new expression.",
        example: "ALTER TABLE orders ALTER COLUMN total SET EXPRESSION AS (price * 2); -- warning: changed-generated-expression"
    ),
    |at, found| {
        for (table, action, column, change) in model::column_changes(at) {
            if let ColumnChange::SetExpression(_) = change {
                let message = format!(
                    "{} is computed otherwise from now on",
                    part(&table.name, &column.to_string())
                );
                push(found, &EXPRESSION, action.span, message);
            }
        }
    },
);

pub(crate) static DEFINITION: Rule = off(
    "replaced-definition",
    "a view or function that is replaced",
    squawk(&["ban-replace-view-function"]),
    page!(
        finds: "`CREATE OR REPLACE` of a view, function, procedure, aggregate, trigger or rule.",
        hurts: "Programs of the release before get what the new one gives.",
        safe: "The new one beside the old one under another name.",
        example: "CREATE OR REPLACE VIEW open_orders AS SELECT 1 AS id; -- warning: replaced-definition"
    ),
    |at, found| {
        let (replaces, name) = match &at.statement.kind {
            Kind::CreateView(it) => (it.or_replace, it.name.to_string()),
            Kind::CreateFunction(it) => (it.or_replace, it.name.to_string()),
            Kind::CreateAggregate(it) => (it.or_replace, it.name.to_string()),
            Kind::CreateTrigger(it) => (it.or_replace, it.name.to_string()),
            Kind::CreateRule(it) => (it.or_replace, it.name.to_string()),
            _ => return,
        };
        if replaces {
            push(
                found,
                &DEFINITION,
                at.statement.span,
                format!("`{name}` does something else from now on"),
            );
        }
    },
);

pub(crate) static POLICY_ROLES: Rule = off(
    "changed-policy-roles",
    "a policy that holds for other roles",
    squawk(&["ban-alter-policy-roles"]),
    page!(
        finds: "`ALTER POLICY … TO`.",
        hurts: "Roles that it no longer names see or write no rows, if no other policy lets them.",
        safe: "A new policy beside it first.",
        example: "ALTER POLICY own ON orders TO shop; -- warning: changed-policy-roles"
    ),
    |at, found| {
        if let Kind::AlterPolicy(it) = &at.statement.kind
            && !it.roles.is_empty()
        {
            let message = format!(
                "`{}` on `{}` holds for other roles from now on",
                it.name, it.table
            );
            push(found, &POLICY_ROLES, at.statement.span, message);
        }
    },
);

pub(crate) static POLICY_CONDITION: Rule = off(
    "changed-policy-condition",
    "a policy that lets other rows through",
    squawk(&["ban-alter-policy-condition"]),
    page!(
        finds: "`ALTER POLICY … USING` and `WITH CHECK`.",
        hurts: "Programs see other rows, or are refused what they could write.",
        safe: "A new policy beside it first.",
        example: "ALTER POLICY own ON orders USING (true); -- warning: changed-policy-condition"
    ),
    |at, found| {
        if let Kind::AlterPolicy(it) = &at.statement.kind
            && (it.using.is_some() || it.with_check.is_some())
        {
            let message = format!(
                "`{}` on `{}` lets other rows through from now on",
                it.name, it.table
            );
            push(found, &POLICY_CONDITION, at.statement.span, message);
        }
    },
);

pub(crate) static ROW_SECURITY: Rule = off(
    "changed-row-security",
    "row-level security that is switched on or off",
    squawk(&["ban-alter-row-level-security"]),
    page!(
        finds: "`ENABLE`, `DISABLE`, `FORCE` and `NO FORCE ROW LEVEL SECURITY`.",
        hurts: "Without a policy nobody but the owner sees a row once it is on; everybody sees all once it is off.",
        safe: "The policies first, then `ENABLE`, in one transaction.",
        example: "ALTER TABLE orders ENABLE ROW LEVEL SECURITY; -- warning: changed-row-security"
    ),
    |at, found| {
        alters(at, found, &ROW_SECURITY, |table, action| match action {
            Action::RowSecurity(RowSecurity::Enable | RowSecurity::Force) => Some(format!(
                "of `{}` only rows that a policy lets through are seen from now on",
                table.name
            )),
            Action::RowSecurity(_) => {
                Some(format!("policies of `{}` do not hold any more", table.name))
            }
            _ => None,
        });
    },
);

pub(crate) static FUNCTION: Rule = off(
    "changed-function-options",
    "a function whose properties change",
    squawk(&["ban-alter-function-options"]),
    page!(
        finds: "`ALTER FUNCTION`, `PROCEDURE`, `ROUTINE`: volatility, `SECURITY`, `SET`.",
        hurts: "Plans and results may change: an index on a function that is not immutable any more is wrong.",
        safe: "A new function beside it.",
        example: "ALTER FUNCTION total(int) STABLE; -- warning: changed-function-options"
    ),
    |at, found| {
        if let Kind::AlterFunction(it) = &at.statement.kind {
            push(
                found,
                &FUNCTION,
                at.statement.span,
                format!("`{}` behaves otherwise from now on", it.name),
            );
        }
    },
);

pub(crate) static VIEW: Rule = off(
    "changed-view-options",
    "a view whose properties change",
    squawk(&["ban-alter-view-options"]),
    page!(
        finds: "`ALTER VIEW … SET (…)`, `RESET (…)`, and defaults of its columns.",
        hurts: "`security_invoker` and `check_option` decide who sees and writes which rows through it.",
        safe: "A new view beside it.",
        example: "ALTER VIEW open_orders SET (security_invoker = true); -- warning: changed-view-options"
    ),
    |at, found| {
        alters(at, found, &VIEW, |table, action| match action {
            Action::SetOptions(_) | Action::ResetOptions(_) | Action::AlterColumn { .. }
                if table.kind == RelationKind::View =>
            {
                Some(format!("`{}` behaves otherwise from now on", table.name))
            }
            _ => None,
        });
    },
);

pub(crate) static ROLE: Rule = off(
    "changed-role-options",
    "a role whose properties or settings change",
    squawk(&["ban-alter-role-options"]),
    page!(
        finds: "`ALTER ROLE`, `ALTER USER`: `NOLOGIN`, `CONNECTION LIMIT`, a password, `SET`.",
        hurts: "Programs that log in with it fail the next time, or run with other settings.",
        safe: "A new role beside it, until the last program has changed.",
        example: "ALTER ROLE shop NOLOGIN; -- warning: changed-role-options"
    ),
    |at, found| match &at.statement.kind {
        Kind::AlterRole(it) => {
            push(
                found,
                &ROLE,
                at.statement.span,
                format!("`{}` may do or is told something else from now on", it.name),
            );
        }
        _ => changes(
            at,
            found,
            &ROLE,
            &[ObjectKind::Role],
            is_option,
            "runs with other settings from its next login on",
        ),
    },
);

pub(crate) static DATABASE: Rule = off(
    "changed-database-options",
    "a database whose properties or settings change",
    squawk(&["ban-alter-database-options"]),
    page!(
        finds: "`ALTER DATABASE`: `SET`, `CONNECTION LIMIT`, `ALLOW_CONNECTIONS`, `SET TABLESPACE`.",
        hurts: "Every session that begins from now on has it; a time zone or `search_path` changes what statements mean.",
        safe: "The setting for one role first.",
        example: "ALTER DATABASE shop SET timezone = 'UTC'; -- warning: changed-database-options"
    ),
    |at, found| {
        changes(
            at,
            found,
            &DATABASE,
            &[ObjectKind::Database],
            is_option,
            "has other settings for new sessions",
        );
    },
);

pub(crate) static SYSTEM: Rule = off(
    "changed-system-setting",
    "a setting of the whole server that changes",
    squawk(&["ban-alter-system-options"]),
    page!(
        finds: "`ALTER SYSTEM`.",
        hurts: "It is for all databases of the server, takes effect at the next reload or restart, and nobody looks for it in a migration.",
        safe: "The server's configuration, or `ALTER DATABASE … SET`.",
        example: "ALTER SYSTEM SET work_mem = '1GB'; -- warning: changed-system-setting"
    ),
    |at, found| {
        if let Kind::AlterSystem(it) = &at.statement.kind {
            push(
                found,
                &SYSTEM,
                at.statement.span,
                format!("`{}` changes for the whole server", it.name),
            );
        }
    },
);

pub(crate) static EXTENSION: Rule = off(
    "changed-extension",
    "an extension that is updated",
    squawk(&["ban-alter-extension"]),
    page!(
        finds: "`ALTER EXTENSION`.",
        hurts: "Its update runs whatever its authors wrote: functions and types may change under programs that run.",
        safe: "Read its update script, and try it on a copy.",
        example: "ALTER EXTENSION hstore UPDATE; -- warning: changed-extension"
    ),
    |at, found| {
        changes(
            at,
            found,
            &EXTENSION,
            &[ObjectKind::Extension],
            is_option,
            "does something else from now on",
        );
    },
);

pub(crate) static SEQUENCE: Rule = off(
    "changed-sequence",
    "a sequence that counts otherwise",
    squawk(&["ban-alter-sequence-values"]),
    page!(
        finds: "`ALTER SEQUENCE`: `RESTART`, `INCREMENT`, limits, `CYCLE`.",
        hurts: "It may hand out numbers that are taken, or end; whoever calls `nextval` waits for the statement.",
        safe: "`setval` waits for nobody.\n\n```sql\nSELECT setval('invoice_number', 1000);\n```",
        example: "ALTER SEQUENCE invoice_number RESTART; -- warning: changed-sequence"
    ),
    |at, found| {
        alters(at, found, &SEQUENCE, |table, action| match action {
            Action::Sequence(options)
                if options
                    .iter()
                    .any(|it| !matches!(it, crate::ast::SequenceOption::OwnedBy(_))) =>
            {
                Some(format!("`{}` counts otherwise from now on", table.name))
            }
            _ => None,
        });
    },
);

pub(crate) static INHERITANCE: Rule = off(
    "detached-inheritance",
    "a table whose rows are not seen through its parent any more",
    squawk(&["ban-detach-inheritance"]),
    page!(
        finds: "`NO INHERIT` and `DETACH PARTITION`.",
        hurts: "Programs that read the parent do not see them.",
        safe: "First a release that does not need them.",
        example: "ALTER TABLE orders DETACH PARTITION orders_2020 CONCURRENTLY; -- warning: detached-inheritance"
    ),
    |at, found| {
        alters(at, found, &INHERITANCE, |table, action| match action {
            Action::NoInherit(parent) => Some(format!(
                "rows of `{}` are not seen through `{parent}` any more",
                table.name
            )),
            Action::DetachPartition { partition, .. } => Some(format!(
                "rows of `{partition}` are not seen through `{}` any more",
                table.name
            )),
            _ => None,
        });
    },
);
