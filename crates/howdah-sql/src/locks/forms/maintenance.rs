//! `TRUNCATE`, `VACUUM`, `ANALYZE`, `CLUSTER`.

use super::{Form, Found, Roles};
use crate::ast::{Cluster, DropBehavior, ObjectName, Truncate, Vacuum};
use crate::locks::known::Relation;
use crate::locks::table::Role;

pub(super) fn truncate(statement: &Truncate, found: &mut Found<'_>) {
    let mut affected: Vec<ObjectName> = Vec::new();
    for it in &statement.tables {
        let table = found.known.named(&it.table);
        if it.only {
            affected.push(table);
        } else {
            affected.extend(found.known.with_descendants(&table));
        }
    }
    let parents: Vec<ObjectName> = affected
        .iter()
        .filter_map(|it| found.known.partitioned_parent(it))
        .collect();
    if statement.behavior == DropBehavior::Cascade {
        add_referring(&mut affected, found);
    }
    let roles = Roles::none()
        .with(Role::Parent, parents)
        .with(Role::Affected, affected.clone());
    found.add(Form::Truncate, &roles);
    if statement.restart_identity {
        let sequences = affected.iter().flat_map(|it| found.known.sequences(it));
        let roles = Roles::none().with(Role::Sequences, sequences.collect::<Vec<_>>());
        found.add(Form::RestartIdentity, &roles);
    }
}

/// Tables that refer to these are emptied with them, and those that refer to those.
fn add_referring(tables: &mut Vec<ObjectName>, found: &Found<'_>) {
    let mut next = 0;
    while let Some(table) = tables.get(next).cloned() {
        for key in found.known.keys_to(&table) {
            // what inherits from it does not refer
            for referring in found.known.with_partitions(&key.table) {
                if !tables.contains(&referring) {
                    tables.push(referring);
                }
            }
        }
        next += 1;
    }
}

pub(super) fn vacuum(statement: &Vacuum, found: &mut Found<'_>) {
    // `ANALYZE t` has no such option, `VACUUM ANALYZE t` and `VACUUM (ANALYZE) t` have it
    let is_vacuum = !statement.analyze || statement.options.iter().any(|it| it.name == "analyze");
    let mut affected = Vec::new();
    let mut reads = Vec::new();
    for it in &statement.tables {
        let table = found.known.named(&it.table);
        let partitioned = found.known.is_partitioned(&table);
        let children = if it.only {
            Vec::new()
        } else {
            found.known.descendants(&table)
        };
        affected.push(table);
        if partitioned || found.known.version >= 18 {
            affected.extend(children);
        } else if statement.analyze {
            reads.extend(children); // of one inherited from, for statistics of the whole
        }
    }
    if statement.tables.is_empty() {
        affected = found.known.tables();
        affected.retain(|it| {
            matches!(
                found.known.kind(it),
                Some(Relation::Table | Relation::MaterializedView)
            )
        });
        if found.known.may_have_more_tables() {
            found.unknown_because("which tables there are: each is locked, one after the other");
        }
    }
    let form = match (statement.full, is_vacuum) {
        (true, _) => Form::VacuumFull,
        (false, true) => Form::Vacuum,
        (false, false) => Form::Analyze,
    };
    let roles = Roles::none()
        .with(Role::Affected, affected)
        .with(Role::Reads, reads);
    found.add(form, &roles);
}

pub(super) fn cluster(statement: &Cluster, found: &mut Found<'_>) {
    if statement.repack {
        found.refuse_because("REPACK comes with PostgreSQL 19");
    }
    let Some(table) = &statement.table else {
        found.unknown_because("which tables were clustered before");
        found.add(Form::ClusterMany, &Roles::none());
        return;
    };
    let table = found.known.named(table);
    if found.known.is_partitioned(&table) {
        if found.known.version < 15 {
            found.refuse_because("a partitioned table cannot be clustered before 15");
        } else if statement.index.is_none() {
            found.refuse_because("a partitioned table remembers no index it was clustered by");
        }
        let mut leaves = found.known.descendants(&table);
        leaves.retain(|it| found.known.has_storage(it));
        let roles = Roles::of(&table, true).with(Role::Affected, leaves);
        found.add(Form::ClusterMany, &roles);
    } else {
        found.add(Form::Cluster, &Roles::of(&table, true));
    }
}
