//! What comes back before anybody could miss it: dropped and made again in one transaction.
//!
//! No IO. Asked by the rules about what is dropped and renamed. Invariant: no further than [`NEAR`] statements are looked at,
//! so that long scripts cost no more for each.

use crate::ast::{
    Action, AlterTable, ColumnChange, Constraint, Drop, Kind, Name, ObjectChange, ObjectKind,
    ObjectName, ObjectRef, RelationKind, RoutineParameter, Statement, Transaction,
};
use crate::lint::context::At;

/// Statements that are looked at, forwards or backwards.
const NEAR: usize = 100;

/// Those that follow in the same transaction.
fn rest_of_transaction<'a>(at: &At<'a>) -> impl Iterator<Item = &'a Statement> + use<'a> {
    let is_end = |it: &Kind| {
        matches!(
            it,
            Kind::Transaction(Transaction::Commit { .. } | Transaction::Rollback { .. })
        )
    };
    let following: &'a [Statement] = if at.in_transaction() {
        at.following()
    } else {
        &[]
    };
    let following = following.iter().take(NEAR);
    following.take_while(move |it| !is_end(&it.kind))
}

/// Whether an object is made again.
pub(super) fn is_made_again(at: &At<'_>, drop: &Drop, object: &ObjectRef) -> bool {
    rest_of_transaction(at).any(|it| makes(&it.kind, drop.kind, object))
}

fn makes(kind: &Kind, dropped: ObjectKind, object: &ObjectRef) -> bool {
    let name = &object.name;
    match (kind, dropped) {
        (Kind::CreateView(it), ObjectKind::View) => it.name == *name,
        (Kind::CreateMaterializedView(it), ObjectKind::MaterializedView) => it.name == *name,
        (Kind::CreateType(it), ObjectKind::Type) => it.name == *name,
        (Kind::CreateDomain(it), ObjectKind::Domain) => it.name == *name,
        (Kind::CreateFunction(it), kind) if is_routine(kind, it.procedure) => {
            it.name == *name && takes_the_same(&it.parameters, object)
        }
        (Kind::CreateTrigger(it), ObjectKind::Trigger) => {
            it.name.text == name.name && Some(&it.table) == object.on.as_ref()
        }
        (Kind::CreatePolicy(it), ObjectKind::Policy) => {
            it.name.text == name.name && Some(&it.table) == object.on.as_ref()
        }
        (Kind::CreateIndex(it), ObjectKind::Index) => {
            it.name.as_ref().is_some_and(|it| it.text == name.name)
        }
        (Kind::AlterTable(it), _) if is_kind(it.kind, dropped) => takes(it, name),
        _ => false,
    }
}

fn is_routine(dropped: ObjectKind, procedure: bool) -> bool {
    match dropped {
        ObjectKind::Routine => true,
        ObjectKind::Procedure => procedure,
        ObjectKind::Function => !procedure,
        _ => false,
    }
}

fn is_kind(kind: RelationKind, dropped: ObjectKind) -> bool {
    matches!(
        (kind, dropped),
        (RelationKind::View, ObjectKind::View)
            | (RelationKind::MaterializedView, ObjectKind::MaterializedView)
            | (RelationKind::Index, ObjectKind::Index)
    )
}

/// Whether a routine can be called as the one that is dropped; arguments that are not said may be any.
fn takes_the_same(parameters: &[RoutineParameter], object: &ObjectRef) -> bool {
    let Some(arguments) = &object.arguments else {
        return true;
    };
    let inputs = parameters.iter().filter(|it| it.input);
    let types: Vec<_> = inputs.map(|it| &it.type_name).collect();
    types.len() == arguments.len() && types.iter().zip(arguments).all(|(a, b)| **a == *b)
}

/// Whether something is granted on it again.
pub(super) fn is_granted_again(at: &At<'_>, name: &ObjectName) -> bool {
    rest_of_transaction(at).any(|it| match &it.kind {
        Kind::Grant(it) => !it.revoke && it.objects.iter().any(|it| it.name == *name),
        _ => false,
    })
}

/// Whether a constraint of that name is added again.
pub(super) fn is_added_again(at: &At<'_>, table: &AlterTable, name: &Name) -> bool {
    let adds = |it: &Constraint| it.name.as_ref() == Some(name);
    let has = |action: &Action| matches!(action, Action::AddConstraint(it) if adds(it));
    is_done(at, table, has)
}

/// Whether a column gets back what it loses.
pub(super) fn is_changed_back(
    at: &At<'_>,
    table: &AlterTable,
    column: &Name,
    back: fn(&ColumnChange) -> bool,
) -> bool {
    is_done(at, table, |action| match action {
        Action::AlterColumn { column: it, change } => it == column && back(change),
        _ => false,
    })
}

/// Whether the statement or one behind it does something to the table.
fn is_done(at: &At<'_>, table: &AlterTable, is: impl Fn(&Action) -> bool) -> bool {
    let within = |it: &AlterTable| it.actions.iter().any(|it| is(&it.kind));
    within(table)
        || rest_of_transaction(at).any(|it| match &it.kind {
            Kind::AlterTable(other) => other.name == table.name && within(other),
            _ => false,
        })
}

/// Whether another table or view takes a table's name, wherever the script says so.
pub(super) fn is_name_taken(at: &At<'_>, name: &ObjectName) -> bool {
    let mut following = at.following().iter().take(NEAR);
    following.any(|it| match &it.kind {
        Kind::CreateView(view) => view.name == *name,
        Kind::CreateTable(table) => table.name == *name,
        Kind::CreateTableAs(table) => table.name == *name,
        Kind::AlterTable(table) => takes(table, name),
        _ => false,
    })
}

fn takes(table: &AlterTable, name: &ObjectName) -> bool {
    let is_renamed = |it: &Action| matches!(it, Action::Rename(to) if to.text == name.name);
    table.name.schema == name.schema && table.actions.iter().any(|it| is_renamed(&it.kind))
}

/// Whether another type takes the name of one that is renamed.
pub(super) fn is_type_taken(at: &At<'_>, name: &ObjectName) -> bool {
    rest_of_transaction(at).any(|it| match &it.kind {
        Kind::CreateType(it) => it.name == *name,
        Kind::CreateDomain(it) => it.name == *name,
        kind => renames_type(kind, name),
    })
}

/// Whether the script itself gave a type its name, so that no program knows it.
pub(super) fn is_type_renamed(at: &At<'_>, name: &ObjectName) -> bool {
    let mut preceding = at.preceding().iter().rev().take(NEAR);
    preceding.any(|it| renames_type(&it.kind, name))
}

fn renames_type(kind: &Kind, name: &ObjectName) -> bool {
    matches!(kind, Kind::AlterObject(it) if it.object.name.schema == name.schema
        && matches!(it.kind, ObjectKind::Type | ObjectKind::Domain)
        && matches!(&it.change, ObjectChange::Rename(to) if to.text == name.name))
}
