//! `ALTER TABLE`, and `ALTER` of views, sequences, materialized views: each action by its subject.
//!
//! No IO. PostgreSQL takes the strongest lock of all actions at once; the same comes of adding
//! their lines.

use super::{
    Form, Found, Roles, column_type, columns, constraints, indexes, partitions, relations,
};
use crate::ast::{Action, AlterTable, ColumnChange, RelationKind};
use crate::locks::known::Relation;

pub(super) fn visit(statement: &AlterTable, found: &mut Found<'_>) {
    if statement.if_exists && found.known.is_missing(&statement.name) {
        found.add(Form::NoRelation, &Roles::none());
        return;
    }
    match kind(statement, found) {
        Relation::Index => indexes::alter(statement, found),
        Relation::View => relations::alter_view(statement, found),
        Relation::Sequence => relations::alter_sequence(statement, found),
        Relation::Table | Relation::MaterializedView | Relation::ForeignTable => {
            for action in &statement.actions {
                visit_action(&action.kind, statement, found);
            }
        }
    }
}

/// What it alters: what the catalog says, or else the statement's own word.
fn kind(statement: &AlterTable, found: &Found<'_>) -> Relation {
    found
        .known
        .kind(&statement.name)
        .unwrap_or(match statement.kind {
            RelationKind::Table => Relation::Table,
            RelationKind::ForeignTable => Relation::ForeignTable,
            RelationKind::Index => Relation::Index,
            RelationKind::View => Relation::View,
            RelationKind::MaterializedView => Relation::MaterializedView,
            RelationKind::Sequence => Relation::Sequence,
        })
}

fn visit_action(action: &Action, statement: &AlterTable, found: &mut Found<'_>) {
    let table = &found.known.named(&statement.name);
    let only = statement.only;
    let roles = Roles::of(table, only);
    match action {
        Action::AddColumn {
            column,
            if_not_exists,
        } => columns::add(table, column, *if_not_exists, found),
        Action::DropColumn { name, behavior, .. } => {
            columns::drop(table, only, name, *behavior, found);
        }
        Action::AlterColumn {
            column,
            change:
                ColumnChange::Type {
                    to,
                    collation,
                    using,
                },
        } => {
            let change = column_type::Change {
                table,
                only,
                column,
                to,
                collation: collation.as_ref(),
                using: using.as_ref(),
            };
            column_type::visit(&change, found);
        }
        Action::AlterColumn { column, change } => {
            columns::alter(table, only, column, change, found);
        }
        Action::AddConstraint(constraint) => constraints::add(table, only, constraint, found),
        Action::AlterConstraint {
            name,
            enforced,
            inherit,
            ..
        } => constraints::alter(table, name, *enforced, *inherit, found),
        Action::ValidateConstraint(name) => constraints::validate(statement, name, found),
        Action::DropConstraint { name, behavior, .. } => {
            constraints::drop(table, only, name, *behavior, found);
        }
        Action::RenameConstraint { from, .. } => constraints::rename(table, only, from, found),
        Action::RenameColumn { .. } => found.add(Form::RenameColumn, &roles),
        Action::AttachPartition { partition, bound } => {
            partitions::attach(table, partition, bound.as_ref(), found);
        }
        Action::DetachPartition { partition, mode } => {
            partitions::detach(table, partition, *mode, found);
        }
        Action::Inherit(parent) => partitions::inherit(Form::Inherit, table, parent, found),
        Action::NoInherit(parent) => partitions::inherit(Form::NoInherit, table, parent, found),
        action => relations::alter_whole(action, table, found),
    }
}
