//! Constraints: `ADD`, `VALIDATE`, `ALTER`, `DROP`, `RENAME`.

use super::{Form, Found, Roles, columns};
use crate::ast::{
    Action, AlterTable, Constraint, ConstraintKind, DropBehavior, ForeignKey, KeyConstraint, Name,
    ObjectName,
};
use crate::locks::known::{ConstraintFacts, Key};
use crate::locks::table::Role;

pub(super) fn add(table: &ObjectName, only: bool, constraint: &Constraint, found: &mut Found<'_>) {
    let roles = Roles::of(table, only);
    match &constraint.kind {
        ConstraintKind::Check(_) => found.add(check(constraint), &roles),
        ConstraintKind::NotNull(_) if constraint.not_valid => {
            found.add(Form::AddNotNullNotValid, &roles);
        }
        ConstraintKind::NotNull(Some(column)) => {
            let unproven = columns::unproven(table, only, &[column.text.as_str()], &found.known);
            found.add(Form::AddNotNull, &roles.with(Role::Affected, unproven));
        }
        ConstraintKind::ForeignKey(key) => foreign_key(constraint, key, &roles, found),
        ConstraintKind::Unique(key) if key.using_index.is_some() => {
            found.add(Form::AddUniqueUsingIndex, &roles);
            rename_index(table, constraint, key, found);
        }
        ConstraintKind::PrimaryKey(key) if key.using_index.is_some() => {
            primary_key_using(table, constraint, key, found);
        }
        ConstraintKind::Unique(_) => {
            let indexes = built(table, only, constraint, found);
            found.add(Form::AddUnique, &roles.with(Role::Index, indexes));
        }
        ConstraintKind::PrimaryKey(key) => {
            let indexes = built(table, only, constraint, found);
            let names: Vec<&str> = key.columns.iter().map(|name| name.text.as_str()).collect();
            let nullable = columns::unproven(table, only, &names, &found.known);
            let roles = roles
                .with(Role::Index, indexes)
                .with(Role::Affected, nullable);
            add_primary_key(table, roles, found);
        }
        ConstraintKind::Exclude(_) => {
            let indexes = found.known.new_indexes(table, constraint);
            found.add(Form::AddExclude, &roles.with(Role::Index, indexes));
        }
        _ => found.unknown_because("what this constraint does"),
    }
}

/// A constraint that comes with a new column, which has a value already.
pub(super) fn add_with_column(table: &ObjectName, constraint: &Constraint, found: &mut Found<'_>) {
    let roles = Roles::of(table, false);
    match &constraint.kind {
        // the column is new: whether it may be NULL is no question for the rows
        ConstraintKind::PrimaryKey(_) => {
            let indexes = found.known.new_indexes(table, constraint);
            let roles = roles.with(Role::Index, indexes).with(Role::Affected, []);
            add_primary_key(table, roles, found);
        }
        _ => add(table, false, constraint, found),
    }
}

/// The indexes that a constraint needs; of a partitioned table alone it is one without rows, and not valid.
fn built(
    table: &ObjectName,
    only: bool,
    constraint: &Constraint,
    found: &Found<'_>,
) -> Vec<ObjectName> {
    if only && found.known.is_partitioned(table) {
        return Vec::new();
    }
    found.known.new_indexes(table, constraint)
}

/// Heirs are locked as for `SET NOT NULL`; partitions before 18 as for the index.
fn add_primary_key(table: &ObjectName, roles: Roles, found: &mut Found<'_>) {
    let roles = if found.known.version < 18 && found.known.is_partitioned(table) {
        roles.with(Role::Descendants, [])
    } else {
        roles
    };
    found.add(Form::AddPrimaryKey, &roles);
}

fn check(constraint: &Constraint) -> Form {
    if constraint.not_enforced {
        Form::AddCheckNotEnforced
    } else if constraint.not_valid {
        Form::AddCheckNotValid
    } else if constraint.no_inherit {
        Form::AddCheckNoInherit
    } else {
        Form::AddCheck
    }
}

fn foreign_key(constraint: &Constraint, key: &ForeignKey, roles: &Roles, found: &mut Found<'_>) {
    let roles = roles.clone().with(
        Role::Referenced,
        found.known.with_partitions(&key.references),
    );
    let form = if constraint.not_enforced {
        Form::AddForeignKeyNotEnforced
    } else if constraint.not_valid {
        Form::AddForeignKeyNotValid
    } else if found.known.refers_nowhere(key) {
        Form::AddForeignKeyOfNulls
    } else {
        Form::AddForeignKey
    };
    found.add(form, &roles);
}

fn primary_key_using(
    table: &ObjectName,
    constraint: &Constraint,
    key: &KeyConstraint,
    found: &mut Found<'_>,
) {
    let keys = key
        .using_index
        .as_ref()
        .and_then(|name| found.known.index_of(table, name))
        .map(|index| index.keys);
    let unproven = match keys {
        Some(keys) => {
            let names: Vec<&str> = keys.iter().map(String::as_str).collect();
            columns::unproven(table, false, &names, &found.known)
        }
        None => {
            found.assume(
                "the index is not known here; taken for one with a column that may be NULL",
            );
            found.known.with_descendants(table)
        }
    };
    let form = if unproven.is_empty() {
        Form::AddPrimaryKeyUsingIndexProven
    } else {
        Form::AddPrimaryKeyUsingIndex
    };
    found.add(
        form,
        &Roles::of(table, false).with(Role::Affected, unproven),
    );
    rename_index(table, constraint, key, found);
}

/// An index takes the name of the constraint that it serves.
fn rename_index(
    table: &ObjectName,
    constraint: &Constraint,
    key: &KeyConstraint,
    found: &mut Found<'_>,
) {
    if let (Some(name), Some(index)) = (&constraint.name, &key.using_index)
        && name != index
    {
        let index = found.known.index_named(table, index);
        let roles = Roles::of(table, true).with(Role::Index, [index]);
        found.add(Form::UsingIndexRenames, &roles);
    }
}

pub(super) fn validate(statement: &AlterTable, name: &Name, found: &mut Found<'_>) {
    let table = &found.known.named(&statement.name);
    let roles = Roles::of(table, statement.only);
    let added = statement
        .actions
        .iter()
        .find_map(|action| match &action.kind {
            Action::AddConstraint(constraint) if constraint.name.as_ref() == Some(name) => {
                Some(constraint)
            }
            _ => None,
        });
    let facts = match added {
        Some(constraint) => Some(ConstraintFacts::of(table, constraint)),
        None => found.known.constraint(table, name),
    };
    match facts {
        Some(facts) if facts.valid => found.add(Form::ValidateValid, &roles),
        Some(ConstraintFacts {
            key: Key::Foreign(key),
            ..
        }) => {
            let referenced = found.known.named(&key.referenced);
            let roles = roles.with(Role::Parent, [referenced]);
            found.add(Form::ValidateForeignKey, &roles);
        }
        Some(ConstraintFacts {
            key: Key::NotNull, ..
        }) => found.add(Form::ValidateNotNull, &roles),
        Some(_) => found.add(Form::ValidateCheck, &roles),
        None => {
            found.assume(format!(
                "constraint {name} is not known here; taken for a CHECK"
            ));
            found.add(Form::ValidateCheck, &roles);
        }
    }
}

pub(super) fn alter(
    table: &ObjectName,
    name: &Name,
    enforced: Option<bool>,
    inherit: Option<bool>,
    found: &mut Found<'_>,
) {
    let referenced = match found.known.constraint(table, name).map(|facts| facts.key) {
        Some(Key::Foreign(key)) => found.known.with_partitions(&key.referenced),
        _ => Vec::new(),
    };
    let roles = Roles::of(table, false).with(Role::Referenced, referenced);
    let form = match (enforced, inherit) {
        (Some(true), _) => Form::AlterConstraintEnforced,
        (Some(false), _) => Form::AlterConstraintNotEnforced,
        (None, Some(_)) => Form::AlterConstraintInherit,
        (None, None) => Form::AlterConstraint,
    };
    found.add(form, &roles);
}

pub(super) fn drop(
    table: &ObjectName,
    only: bool,
    name: &Name,
    behavior: DropBehavior,
    found: &mut Found<'_>,
) {
    let facts = found.known.constraint(table, name);
    let Some(facts) = facts else {
        if found.known.has_columns(table) {
            found.add(Form::DropConstraintMissing, &Roles::of(table, only));
        } else {
            found.assume(format!(
                "constraint {name} is not known here; taken for a CHECK, which locks no other table"
            ));
            found.add(Form::DropConstraint, &Roles::of(table, false));
        }
        return;
    };
    let roles = Roles::of(table, false);
    match facts.key {
        Key::Check | Key::NotNull => found.add(Form::DropConstraint, &roles),
        Key::Foreign(key) => {
            let referenced = found.known.with_keyed_partitions(&key.referenced);
            found.add(
                Form::DropForeignKey,
                &roles.with(Role::Referenced, referenced),
            );
        }
        Key::Index(index) => {
            let referring = match behavior {
                DropBehavior::Cascade => found.known.keys_by_index(table, name),
                DropBehavior::Restrict => Vec::new(),
            };
            let roles = roles
                .with(Role::Index, found.known.index_and_partitions(&index))
                .with(Role::Dependents, referring);
            found.add(Form::DropKey, &roles);
        }
    }
}

pub(super) fn rename(table: &ObjectName, only: bool, name: &Name, found: &mut Found<'_>) {
    let family = if only {
        Vec::new()
    } else {
        found.known.descendants(table)
    };
    let (affected, index) = match found.known.constraint(table, name).map(|facts| facts.key) {
        Some(Key::Index(index)) => (Vec::new(), vec![index]),
        Some(Key::Foreign(_)) => (Vec::new(), Vec::new()),
        Some(Key::Check | Key::NotNull) | None => (family, Vec::new()),
    };
    let roles = Roles::of(table, only)
        .with(Role::Affected, affected)
        .with(Role::Index, index);
    found.add(Form::RenameConstraint, &roles);
}
