//! Tables, views and sequences as a whole, but for dropping them.

use super::{Form, Found, Roles, columns, partitions};
use crate::ast::{
    Action, AlterTable, ConstraintKind, CreateMaterializedView, CreateSequence, CreateTable,
    CreateTableAs, CreateView, Name, ObjectName, Query, Refresh, ReplicaIdentity, SequenceOption,
    StorageOption, TriggerTarget,
};
use crate::locks::table::Role;

/// The options of a table that need more than `SHARE UPDATE EXCLUSIVE`, as `reloptions.c` lists
/// them.
const EXCLUSIVE_OPTIONS: &[&str] = &["user_catalog_table"];

pub(super) fn create_table(statement: &CreateTable, found: &mut Found<'_>) {
    if statement.if_not_exists && found.known.exists(&statement.name) {
        found.add(Form::NoRelation, &Roles::none());
        return;
    }
    found.add(Form::CreateTable, &Roles::none());
    let of_columns = statement.columns.iter().flat_map(|it| &it.constraints);
    for constraint in of_columns.chain(&statement.constraints) {
        if let ConstraintKind::ForeignKey(key) = &constraint.kind
            && key.references != statement.name
        {
            let referenced = found.known.with_partitions(&key.references);
            let roles = Roles::none().with(Role::Referenced, referenced);
            found.add(Form::CreateTableReferences, &roles);
        }
    }
    for column in &statement.columns {
        if let Some(default) = column.default() {
            columns::default_of_sequence(&default.node, false, found);
        }
    }
    for like in &statement.likes {
        let source = found.known.named(&like.source);
        if like.copies("defaults") {
            let sequences = found.known.sequences_of_all_defaults(&source);
            let roles = Roles::none().with(Role::Sequences, sequences);
            found.add(Form::DefaultOfSequence, &roles);
        }
        found.add(
            Form::CreateTableLike,
            &Roles::none().with(Role::Reads, [source]),
        );
    }
    for parent in &statement.inherits {
        let parent = found.known.named(parent);
        found.add(
            Form::CreateInheriting,
            &Roles::none().with(Role::Parent, [parent]),
        );
    }
    if let Some(of) = &statement.partition_of {
        partitions::create(of, found);
    }
}

pub(super) fn create_table_as(statement: &CreateTableAs, found: &mut Found<'_>) {
    if statement.if_not_exists && found.known.exists(&statement.name) {
        found.add(Form::NoRelation, &Roles::none());
        return;
    }
    match &statement.query {
        Some(query) => reading(Form::CreateTableAs, query, statement.with_data, found),
        None => {
            found.add(Form::CreateTable, &Roles::none());
            found.unknown_because("what the prepared statement reads");
        }
    }
}

/// A line that reads what a query reads. A query that is only looked at opens the tables it names,
/// one that runs opens their partitions and what views are made of as well.
fn reading(form: Form, query: &Query, runs: bool, found: &mut Found<'_>) {
    let reads = if runs {
        found.known.read_by(query)
    } else {
        found.known.named_by(query)
    };
    found.add(form, &Roles::none().with(Role::Reads, reads));
}

pub(super) fn create_view(statement: &CreateView, found: &mut Found<'_>) {
    if statement.or_replace && found.known.exists(&statement.name) {
        let reads = found.known.named_by(&statement.query);
        let view = found.known.named(&statement.name);
        found.add(
            Form::ReplaceView,
            &Roles::of(&view, true).with(Role::Reads, reads),
        );
    } else {
        let mut reads = found.known.named_by(&statement.query);
        reads.retain(|it| !statement.recursive || *it != found.known.named(&statement.name));
        found.add(Form::CreateView, &Roles::none().with(Role::Reads, reads));
    }
}

pub(super) fn create_materialized_view(statement: &CreateMaterializedView, found: &mut Found<'_>) {
    let runs =
        statement.with_data && !(statement.if_not_exists && found.known.exists(&statement.name));
    reading(Form::CreateMaterializedView, &statement.query, runs, found);
}

pub(super) fn refresh(statement: &Refresh, found: &mut Found<'_>) {
    let view = found.known.named(&statement.name);
    let form = match (statement.concurrently, statement.with_data) {
        (true, _) => Form::RefreshConcurrently,
        (false, true) => Form::Refresh,
        (false, false) => Form::RefreshEmpty,
    };
    let reads = found.known.read_by_view(&view);
    if reads.is_none() && statement.with_data {
        found.unknown_because("what the view reads: its query is not known here");
    }
    let roles = Roles::of(&view, true).with(Role::Reads, reads.unwrap_or_default());
    found.add(form, &roles);
}

pub(super) fn create_sequence(statement: &CreateSequence, found: &mut Found<'_>) {
    found.add(Form::CreateSequence, &Roles::none());
    own(&statement.options, found);
}

fn own(options: &[SequenceOption], found: &mut Found<'_>) {
    for option in options {
        if let SequenceOption::OwnedBy(Some((table, _))) = option {
            let table = found.known.named(table);
            found.add(Form::OwnSequence, &Roles::none().with(Role::Reads, [table]));
        }
    }
}

pub(super) fn alter_sequence(statement: &AlterTable, found: &mut Found<'_>) {
    let sequence = found.known.named(&statement.name);
    let roles = Roles::of(&sequence, true);
    for action in &statement.actions {
        match &action.kind {
            Action::Sequence(options) => {
                let is_logging = |it: &SequenceOption| matches!(it, SequenceOption::Logged(_));
                if options.iter().any(is_logging) {
                    found.add(Form::AlterSequenceExclusive, &roles);
                } else {
                    found.add(Form::AlterSequence, &roles);
                }
                own(options, found);
            }
            _ => found.add(Form::AlterSequenceExclusive, &roles),
        }
    }
}

pub(super) fn alter_view(statement: &AlterTable, found: &mut Found<'_>) {
    let view = found.known.named(&statement.name);
    found.add(Form::AlterView, &Roles::of(&view, true));
}

/// The actions of `ALTER TABLE` that are about the whole of it.
pub(super) fn alter_whole(action: &Action, table: &ObjectName, found: &mut Found<'_>) {
    let roles = Roles::of(table, true);
    let owned = || {
        roles
            .clone()
            .with(Role::Sequences, found.known.sequences(table))
    };
    match action {
        Action::Rename(_) => found.add(Form::RenameTable, &roles),
        Action::SetSchema(_) => found.add(Form::SetSchema, &owned()),
        Action::OwnerTo(role) if matches!(role.text.as_str(), "current_user" | "current_role") => {
            found.assume("the table is taken for one that belongs to the current user already");
            found.add(Form::OwnerSame, &roles);
        }
        Action::OwnerTo(_) => found.add(Form::OwnerTo, &owned()),
        Action::Trigger { target, .. } => switch_trigger(table, target, found),
        Action::Rule { .. } => found.add(Form::SwitchRule, &roles),
        Action::RowSecurity(_) => found.add(Form::RowSecurity, &roles),
        Action::ClusterOn(index) => {
            let index = found.known.index_named(table, index);
            found.add(Form::ClusterOn, &roles.with(Role::Index, [index]));
        }
        Action::SetWithoutCluster => found.add(Form::SetWithoutCluster, &roles),
        Action::SetLogged | Action::SetUnlogged => {
            let logged = matches!(action, Action::SetLogged);
            let same =
                found.known.is_logged(table) == Some(logged) || found.known.is_partitioned(table);
            let form = if same {
                Form::SetLoggedSame
            } else {
                Form::SetLogged
            };
            found.add(form, &owned());
        }
        Action::SetTablespace(space) => {
            let same =
                found.known.is_in_tablespace(table, space) || found.known.is_partitioned(table);
            let form = if same {
                Form::SetTablespaceSame
            } else {
                Form::SetTablespace
            };
            found.add(form, &roles);
        }
        Action::SetAccessMethod(method) => set_access_method(table, method.as_ref(), found),
        Action::SetOptions(options) | Action::ResetOptions(options) => {
            set_options(options, &roles, found);
        }
        Action::ReplicaIdentity(ReplicaIdentity::Index(index)) => {
            let index = found.known.index_named(table, index);
            found.add(Form::ReplicaIdentity, &roles.with(Role::Index, [index]));
        }
        Action::ReplicaIdentity(_) => found.add(Form::ReplicaIdentity, &roles),
        Action::OfType(_)
        | Action::NotOf
        | Action::SetWithoutOids
        | Action::ForeignOptions
        | Action::DependsOnExtension => found.add(Form::TableOther, &roles),
        _ => found.unknown_because("what this action of ALTER TABLE does"),
    }
}

fn set_options(options: &[StorageOption], roles: &Roles, found: &mut Found<'_>) {
    let is_exclusive = |it: &StorageOption| EXCLUSIVE_OPTIONS.contains(&it.name.as_str());
    if options.iter().any(is_exclusive) {
        found.add(Form::SetOptionsExclusive, roles);
    } else {
        found.add(Form::SetOptions, roles);
    }
}

fn set_access_method(table: &ObjectName, method: Option<&Name>, found: &mut Found<'_>) {
    let wanted = method.map_or("heap", |name| name.text.as_str());
    let same =
        found.known.access_method(table) == Some(wanted) || found.known.is_partitioned(table);
    let form = if same {
        Form::SetAccessMethodSame
    } else {
        Form::SetAccessMethod
    };
    found.add(form, &Roles::of(table, true));
}

/// Triggers for each row of a partitioned table are its partitions' triggers, too.
fn switch_trigger(table: &ObjectName, target: &TriggerTarget, found: &mut Found<'_>) {
    let name = match target {
        TriggerTarget::Named(name) => Some(name),
        TriggerTarget::All | TriggerTarget::User => None,
    };
    // those behind foreign keys are for each row, too; before 15 they are not followed
    let known = &found.known;
    let has_key = || !known.foreign_keys(table).is_empty() || !known.keys_to(table).is_empty();
    let affected = if matches!(target, TriggerTarget::All) && known.version >= 15 && has_key() {
        let mut partitions = known.with_partitions(table);
        partitions.retain(|it| it != table);
        partitions
    } else {
        known.partitions_with_trigger(table, name)
    };
    found.add(
        Form::SwitchTrigger,
        &Roles::of(table, true).with(Role::Affected, affected),
    );
}
