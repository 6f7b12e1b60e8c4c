//! What is no relation: triggers, types, domains, publications, functions, roles, transactions.

use super::{Form, Found, Roles, effects_of_body, visit};
use crate::ast::{
    AlterDomain, AlterObject, AlterType, Body, Comment, CreateFunction, CreateStatistics,
    CreateTrigger, DomainAction, DropBehavior, Expr, Grant, Kind, ObjectChange, ObjectKind,
    ObjectName, Policy, Publication, PublicationChange, Statement, StorageOption, Subscription,
    Transaction, TypeAction,
};
use crate::locks::table::Role;

pub(super) fn visit_object(statement: &Statement, found: &mut Found<'_>) {
    let none = Roles::none();
    match &statement.kind {
        Kind::CreateTrigger(it) => create_trigger(it, found),
        Kind::CreatePolicy(it) | Kind::AlterPolicy(it) => create_policy(it, found),
        Kind::CreateRule(it) => {
            let table = found.known.named(&it.table);
            let (reads, writes) = named_by(&it.actions, found);
            let roles = Roles::of(&table, true)
                .with(Role::Reads, reads)
                .with(Role::Writes, writes);
            found.add(Form::CreateRule, &roles);
        }
        Kind::CreateStatistics(it) => create_statistics(it, found),
        Kind::Comment(it) => comment(it, found),
        Kind::Publication(it) => publication(it, found),
        Kind::Subscription(it) => subscription(it, found),
        Kind::AlterType(it) => alter_type(it, found),
        Kind::AlterDomain(it) => alter_domain(it, found),
        Kind::AlterObject(it) => alter_object(it, found),
        Kind::CreateFunction(it) => create_function(it, found),
        Kind::Grant(it) => grant(it, found),
        Kind::CreateSchema(it) => {
            found.add(Form::NoRelation, &none);
            it.elements.iter().for_each(|element| visit(element, found));
        }
        Kind::CreateObject(it) => match it.kind {
            ObjectKind::Database | ObjectKind::Tablespace => found.add(Form::Alone, &none),
            _ => found.add(Form::NoRelation, &none),
        },
        Kind::AlterSystem(_) => found.add(Form::Alone, &none),
        Kind::Discard => {
            found.assume("taken for DISCARD ALL; the others run in a transaction block");
            found.add(Form::Alone, &none);
        }
        Kind::Transaction(Transaction::CommitPrepared(_) | Transaction::RollbackPrepared(_)) => {
            found.add(Form::Alone, &none);
        }
        Kind::Transaction(_) => found.add(Form::TransactionControl, &none),
        Kind::Do(it) => effects_of_body(it, found),
        Kind::Call(_) => found.unknown_because("what the procedure does"),
        Kind::Execute(_) => found.unknown_because("what the prepared statement does"),
        Kind::DropOwned(_) | Kind::ReassignOwned(_) => {
            found.unknown_because("what the role owns");
        }
        Kind::MoveTablespace(_) => found.unknown_because("what the tablespace holds"),
        Kind::CreateExtension(_) => {
            found.add(Form::NoRelation, &none);
        }
        _ => found.add(Form::NoRelation, &none),
    }
}

fn create_trigger(statement: &CreateTrigger, found: &mut Found<'_>) {
    let table = found.known.named(&statement.table);
    let affected = if statement.for_each_row && found.known.is_partitioned(&table) {
        found.known.descendants(&table)
    } else {
        Vec::new()
    };
    let other = statement.from.iter().map(|it| found.known.named(it));
    let roles = Roles::of(&table, true)
        .with(Role::Affected, affected)
        .with(Role::Reads, other.collect::<Vec<_>>());
    found.add(Form::CreateTrigger, &roles);
}

fn create_policy(statement: &Policy, found: &mut Found<'_>) {
    let table = found.known.named(&statement.table);
    let mut reads = Vec::new();
    for expr in statement.using.iter().chain(&statement.with_check) {
        reads.extend(read_by_expression(expr, found));
    }
    found.add(
        Form::CreatePolicy,
        &Roles::of(&table, true).with(Role::Reads, reads),
    );
}

/// The tables that subqueries of an expression name.
fn read_by_expression(expr: &Expr, found: &Found<'_>) -> Vec<ObjectName> {
    let mut reads = Vec::new();
    expr.node.walk(&mut |node| {
        if let crate::ast::Node::Subquery(query) = node {
            reads.extend(query.reads.iter().map(|it| found.known.named(it)));
        }
    });
    reads
}

fn create_statistics(statement: &CreateStatistics, found: &mut Found<'_>) {
    let table = found.known.named(&statement.table);
    found.add(Form::CreateStatistics, &Roles::of(&table, true));
}

fn comment(statement: &Comment, found: &mut Found<'_>) {
    let object = &statement.object;
    let (form, relation) = match statement.kind {
        ObjectKind::Table
        | ObjectKind::ForeignTable
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Sequence
        | ObjectKind::Index => (
            Form::CommentOnRelation,
            Some(found.known.named(&object.name)),
        ),
        ObjectKind::Column => (
            Form::CommentOnRelation,
            object.on.as_ref().map(|it| found.known.named(it)),
        ),
        ObjectKind::Constraint | ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => {
            let table = object.on.as_ref().filter(|it| !found.known.is_domain(it));
            (Form::CommentOnPart, table.map(|it| found.known.named(it)))
        }
        _ => (Form::NoRelation, None),
    };
    found.add(form, &Roles::none().with(Role::Table, relation));
}

fn publication(statement: &Publication, found: &mut Found<'_>) {
    let mut tables = Vec::new();
    for it in &statement.tables {
        let table = found.known.named(&it.name);
        if it.only || found.known.is_partitioned(&table) {
            tables.push(table);
        } else {
            tables.extend(found.known.with_descendants(&table));
        }
    }
    if tables.is_empty() {
        found.add(Form::NoRelation, &Roles::none());
        return;
    }
    let form = if statement.change == PublicationChange::Set {
        match found.known.published(&statement.name) {
            Some(before) => tables.extend(before),
            None => found.unknown_because("what was published before"),
        }
        Form::SetPublishedTables
    } else {
        Form::PublishTables
    };
    found.add(form, &Roles::none().with(Role::Affected, tables));
}

fn subscription(statement: &Subscription, found: &mut Found<'_>) {
    let is_off = |name: &str| {
        let off = |it: &StorageOption| {
            it.name == name && matches!(it.value.as_deref(), Some("false" | "off" | "0"))
        };
        statement.options.iter().any(off)
    };
    let alone = match statement.change.as_str() {
        "create" => !is_off("create_slot") && !is_off("connect"),
        "refresh publication" => true,
        "add publication" | "set publication" | "drop publication" => !is_off("refresh"),
        _ => false,
    };
    let form = if alone { Form::Alone } else { Form::NoRelation };
    found.add(form, &Roles::none());
}

fn alter_type(statement: &AlterType, found: &mut Found<'_>) {
    for action in &statement.actions {
        let (form, behavior) = match action {
            TypeAction::AddValue { .. } => (Form::AddEnumValue, DropBehavior::Restrict),
            TypeAction::RenameValue { .. } | TypeAction::SetOptions(_) => {
                (Form::AlterEnum, DropBehavior::Restrict)
            }
            TypeAction::AddAttribute { behavior, .. }
            | TypeAction::DropAttribute { behavior, .. }
            | TypeAction::RenameAttribute { behavior, .. } => (Form::AlterComposite, *behavior),
            TypeAction::AlterAttribute { behavior, .. } => (Form::AlterCompositeRewrite, *behavior),
        };
        let users = if behavior == DropBehavior::Cascade {
            found.known.tables_of_type(&statement.name)
        } else {
            Vec::new()
        };
        let roles = Roles::none()
            .with(Role::Users, users.clone())
            .with(Role::Affected, users);
        found.add(form, &roles);
    }
}

fn alter_domain(statement: &AlterDomain, found: &mut Found<'_>) {
    let tests = match &statement.action {
        DomainAction::AddConstraint(constraint) => !constraint.not_valid,
        DomainAction::SetNotNull | DomainAction::ValidateConstraint(_) => true,
        _ => false,
    };
    if !tests {
        found.add(Form::AlterDomain, &Roles::none());
        return;
    }
    let mut users = found.known.tables_using_domain(&statement.name);
    users.retain(|it| found.known.has_storage(it));
    found.add(Form::TestDomain, &Roles::none().with(Role::Users, users));
}

fn alter_object(statement: &AlterObject, found: &mut Found<'_>) {
    let on = statement.object.on.as_ref().map(|it| found.known.named(it));
    let form = match (statement.kind, &statement.change) {
        (ObjectKind::Trigger, ObjectChange::Rename(_)) => Form::RenameTrigger,
        (ObjectKind::Trigger, _) => Form::TriggerOther,
        (ObjectKind::Policy, _) => Form::DropPolicy,
        (ObjectKind::Rule, _) => Form::DropRule,
        (ObjectKind::Statistics, _) => Form::AlterStatistics,
        (ObjectKind::Database, ObjectChange::SetTablespace(_)) => Form::DropDatabase,
        _ => Form::NoRelation,
    };
    let roles = match &on {
        Some(table) => {
            let name = crate::ast::Name::new(statement.object.name.name.as_str());
            let affected = found.known.partitions_with_trigger(table, Some(&name));
            Roles::of(table, true).with(Role::Affected, affected)
        }
        None => Roles::none(),
    };
    found.add(form, &roles);
}

/// A body in SQL is looked through when it is made (`check_function_bodies`).
fn create_function(statement: &CreateFunction, found: &mut Found<'_>) {
    let parsed;
    let statements = match &statement.body {
        Body::Atomic(statements) => statements.as_slice(),
        Body::Text(text) if statement.language == "sql" => {
            parsed = crate::parse(&text.text).statements;
            &parsed
        }
        _ => &[],
    };
    let (mut reads, writes) = named_by(statements, found);
    if let Body::Return(expr) = &statement.body {
        reads.extend(read_by_expression(expr, found));
    }
    let reads = found.known.with_what_views_read(reads);
    let roles = Roles::none()
        .with(Role::Reads, reads)
        .with(Role::Writes, writes);
    found.add(Form::CreateFunction, &roles);
}

/// What statements name that are looked through but not run: what they read and what they write.
fn named_by(statements: &[Statement], found: &Found<'_>) -> (Vec<ObjectName>, Vec<ObjectName>) {
    let known = &found.known;
    let kinds = || statements.iter().map(|it| &it.kind);
    let queries = kinds().filter_map(Kind::query);
    let reads = queries.flat_map(|query| known.named_by(query));
    let writes = kinds().flat_map(Kind::written).map(|it| known.named(it));
    (reads.collect(), writes.collect())
}

fn grant(statement: &Grant, found: &mut Found<'_>) {
    let is_relation = matches!(
        statement.kind,
        Some(ObjectKind::Table | ObjectKind::Sequence | ObjectKind::View)
    );
    if !is_relation || statement.all_in_schema {
        found.add(Form::NoRelation, &Roles::none());
        return;
    }
    let relations: Vec<_> = statement
        .objects
        .iter()
        .map(|it| found.known.named(&it.name))
        .collect();
    found.add(Form::Grant, &Roles::none().with(Role::Table, relations));
}
