//! `DROP`, of anything.

use super::{Form, Found, Roles, partitions};
use crate::ast::{Drop, DropBehavior, Name, ObjectKind, ObjectName, ObjectRef};
use crate::locks::table::Role;

pub(super) fn visit(statement: &Drop, found: &mut Found<'_>) {
    for object in &statement.objects {
        one(statement, object, found);
    }
}

fn one(statement: &Drop, object: &ObjectRef, found: &mut Found<'_>) {
    let cascade = statement.behavior == DropBehavior::Cascade;
    let name = &object.name;
    match statement.kind {
        ObjectKind::Table | ObjectKind::ForeignTable => {
            unless_missing(statement, name, found, |table, found| {
                drop_table(table, cascade, found);
            });
        }
        ObjectKind::View | ObjectKind::MaterializedView => {
            unless_missing(statement, name, found, |view, found| {
                let form = if statement.kind == ObjectKind::View {
                    Form::DropView
                } else {
                    Form::DropMaterializedView
                };
                let dependents = dependents(view, cascade, found);
                found.add(
                    form,
                    &Roles::of(view, true).with(Role::Dependents, dependents),
                );
            });
        }
        ObjectKind::Sequence => unless_missing(statement, name, found, |sequence, found| {
            let users = if cascade {
                found.known.tables_with_default_of(sequence)
            } else {
                Vec::new()
            };
            let roles = Roles::of(sequence, true).with(Role::Dependents, users);
            found.add(Form::DropSequence, &roles);
        }),
        ObjectKind::Index => drop_index(statement, name, found),
        ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => {
            of_table(statement.kind, object, found);
        }
        ObjectKind::Statistics => {
            let table = found.known.table_of_statistics(name);
            if table.is_none() && !statement.if_exists {
                found.unknown_because("of which table the statistics are");
            }
            let roles = Roles::none().with(Role::Table, table);
            found.add(Form::CreateStatistics, &roles);
        }
        ObjectKind::Type | ObjectKind::Domain if cascade => {
            let users = found.known.losers_of_type(name);
            found.add(Form::DropType, &Roles::none().with(Role::Dependents, users));
            for table in found.known.tables_of_type(name) {
                drop_table(&table, true, found);
            }
        }
        ObjectKind::Schema if cascade => {
            let all = found.known.relations_in_schema(&name.name);
            let indexes = all.iter().flat_map(|it| found.known.index_names(it));
            let all: Vec<_> = all.iter().cloned().chain(indexes).collect();
            let roles = Roles::none().with(Role::Dependents, all);
            found.add(Form::DropSchema, &roles);
        }
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine if cascade => {
            let users = found.known.tables_using_function(name);
            found.add(
                Form::DropOther,
                &Roles::none().with(Role::Dependents, users),
            );
        }
        ObjectKind::Extension if cascade => {
            found.unknown_because("which tables use what the extension brought");
            found.add(Form::DropOther, &Roles::none());
        }
        ObjectKind::Database => found.add(Form::DropDatabase, &Roles::none()),
        ObjectKind::Tablespace => found.add(Form::Alone, &Roles::none()),
        ObjectKind::Subscription => {
            found.assume("the subscription is taken for one with a replication slot");
            found.add(Form::Alone, &Roles::none());
        }
        _ => found.add(Form::NoRelation, &Roles::none()),
    }
}

fn unless_missing(
    statement: &Drop,
    name: &ObjectName,
    found: &mut Found<'_>,
    act: impl FnOnce(&ObjectName, &mut Found<'_>),
) {
    if statement.if_exists && found.known.is_missing(name) {
        found.add(Form::NoRelation, &Roles::none());
    } else {
        let relation = found.known.named(name);
        act(&relation, found);
    }
}

fn dependents(relation: &ObjectName, cascade: bool, found: &Found<'_>) -> Vec<ObjectName> {
    if cascade {
        found.known.dependents(relation)
    } else {
        Vec::new()
    }
}

fn drop_table(table: &ObjectName, cascade: bool, found: &mut Found<'_>) {
    let known = &found.known;
    let mut dropped = vec![table.clone()];
    if known.is_partitioned(table) || cascade {
        dropped.extend(known.descendants(table));
    }
    let mut referenced = Vec::new();
    let mut others = Vec::new();
    for it in &dropped {
        for key in known
            .foreign_keys(it)
            .into_iter()
            .filter(|key| !key.inherited)
        {
            referenced.extend(known.with_keyed_partitions(&key.referenced));
            if known.version < 15 && known.is_partitioned(&key.referenced) {
                // before 15 only the partitions have triggers for it
                referenced.retain(|other| *other != known.named(&key.referenced));
            }
        }
        if cascade {
            others.extend(
                known
                    .keys_to(it)
                    .iter()
                    .flat_map(|key| known.with_partitions(&key.table)),
            );
            others.extend(known.dependents(it));
        }
    }
    others.extend(dropped.iter().skip(1).cloned());
    let parent = known.partitioned_parent(table);
    let default = parent
        .iter()
        .flat_map(|it| partitions::default_partition(it, known));
    let roles = Roles::of(table, !known.is_partitioned(table))
        .with(
            Role::AllIndexes,
            dropped
                .iter()
                .flat_map(|it| known.index_names(it))
                .collect::<Vec<_>>(),
        )
        .with(
            Role::Sequences,
            dropped
                .iter()
                .flat_map(|it| known.sequences(it))
                .collect::<Vec<_>>(),
        )
        .with(Role::DefaultPartition, default.collect::<Vec<_>>())
        .with(Role::Parent, parent)
        .with(Role::Referenced, referenced)
        .with(Role::Dependents, others);
    found.add(Form::DropTable, &roles);
}

fn drop_index(statement: &Drop, name: &ObjectName, found: &mut Found<'_>) {
    let index = found.known.named(name);
    let table = found.known.table_of_index(&index);
    if table.is_none() {
        if statement.if_exists && found.known.is_missing(name) {
            let form = if statement.concurrently {
                Form::DropIndexConcurrentlyMissing
            } else {
                Form::NoRelation
            };
            found.add(form, &Roles::none());
            return;
        }
        found.unknown_because("of which table the index is");
    }
    let partitioned = table
        .as_ref()
        .is_some_and(|it| found.known.is_partitioned(it));
    if statement.concurrently && partitioned {
        found.refuse_because("a partitioned table's index cannot be dropped concurrently");
    }
    let roles = match &table {
        Some(table) => Roles::of(table, false),
        None => Roles::none(),
    };
    let roles = roles.with(Role::Index, found.known.index_and_partitions(&index));
    let form = if statement.concurrently {
        Form::DropIndexConcurrently
    } else {
        Form::DropIndex
    };
    found.add(form, &roles);
}

/// A trigger, policy or rule of a table.
fn of_table(kind: ObjectKind, object: &ObjectRef, found: &mut Found<'_>) {
    let Some(table) = &object.on else {
        found.unknown_because("of which table it is");
        return;
    };
    let table = found.known.named(table);
    let roles = Roles::of(&table, true);
    if found.known.lacks(kind, &table, &object.name.name) {
        found.add(Form::NoRelation, &Roles::none());
        return;
    }
    match kind {
        ObjectKind::Trigger => {
            let name = Name::new(object.name.name.as_str());
            let affected = found.known.partitions_with_trigger(&table, Some(&name));
            found.add(Form::DropTrigger, &roles.with(Role::Affected, affected));
        }
        ObjectKind::Policy => found.add(Form::DropPolicy, &roles),
        _ => found.add(Form::DropRule, &roles),
    }
}
