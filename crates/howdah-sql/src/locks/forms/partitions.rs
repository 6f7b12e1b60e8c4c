//! Partitions and inheritance.

use super::{Form, Found, Roles};
use crate::ast::{DetachMode, Node, ObjectName, PartitionBound, PartitionOf};
use crate::locks::known::Known;
use crate::locks::proofs::{excludes_bound, proves_bound};
use crate::locks::table::Role;

pub(super) fn attach(
    parent: &ObjectName,
    partition: &ObjectName,
    bound: Option<&PartitionBound>,
    found: &mut Found<'_>,
) {
    let known = &found.known;
    let child = known.named(partition);
    let mut scanned = Vec::new();
    if !bound.is_some_and(|bound| is_within(parent, &child, bound, known)) {
        scanned.extend(known.with_descendants(&child));
    }
    scanned.extend(scanned_default(parent, bound, known));
    let mut given_up = Vec::new();
    for key in known.foreign_keys(parent) {
        if known.has_key_like(&child, &key) {
            given_up.extend(known.with_partitions(&key.referenced));
        } else {
            // the key is the partition's now, and its rows are looked up
            scanned.extend(known.with_descendants(&child));
            scanned.extend(known.with_partitions(&key.referenced));
        }
    }
    // the catalog is only asked what would be built where there is something to be like
    let built = match known.index_names(parent).as_slice() {
        [] => Vec::new(),
        _ => known.built_for(&child),
    };
    if !built.is_empty() {
        scanned.push(child.clone());
    }
    let roles = shared(parent, known)
        .with(Role::Child, known.with_descendants(&child))
        .with(Role::Affected, scanned)
        .with(Role::Index, built);
    found.add(Form::AttachPartition, &roles);
    if !given_up.is_empty() {
        let roles = Roles::none().with(Role::Referenced, given_up);
        found.add(Form::AttachPartitionWithKey, &roles);
    }
}

/// `CREATE TABLE … PARTITION OF`.
pub(super) fn create(of: &PartitionOf, found: &mut Found<'_>) {
    let parent = &found.known.named(&of.parent);
    let scanned = scanned_default(parent, Some(&of.bound), &found.known);
    let roles = shared(parent, &found.known).with(Role::Affected, scanned);
    found.add(Form::CreatePartition, &roles);
}

/// The roles around a partition that comes: the parent's foreign keys become its own.
fn shared(parent: &ObjectName, known: &Known<'_>) -> Roles {
    let referenced = known
        .foreign_keys(parent)
        .into_iter()
        .flat_map(|key| known.with_partitions(&key.referenced));
    let referring = known.keys_to(parent).into_iter().map(|key| key.table);
    Roles::none()
        .with(Role::Parent, [parent.clone()])
        .with(Role::ParentIndexes, known.index_names(parent))
        .with(Role::DefaultPartition, default_partition(parent, known))
        .with(Role::Referenced, referenced.collect::<Vec<_>>())
        .with(Role::Referencing, referring.collect::<Vec<_>>())
}

/// The default partition, and its own partitions.
pub(super) fn default_partition(parent: &ObjectName, known: &Known<'_>) -> Vec<ObjectName> {
    known
        .default_partition(parent)
        .map(|default| known.with_descendants(&default))
        .unwrap_or_default()
}

/// The default partition is looked through for rows that belong into the new one.
fn scanned_default(
    parent: &ObjectName,
    bound: Option<&PartitionBound>,
    known: &Known<'_>,
) -> Vec<ObjectName> {
    let key = known.partition_key(parent);
    let is_excluded = |default: &ObjectName| {
        let checks = known.valid_checks(default);
        let checks: Vec<&Node> = checks.iter().map(|check| &check.expr.node).collect();
        bound.is_some_and(|bound| excludes_bound(&checks, bound, &key))
    };
    let mut found = default_partition(parent, known);
    found.retain(|default| !is_excluded(default));
    found
}

fn is_within(
    parent: &ObjectName,
    child: &ObjectName,
    bound: &PartitionBound,
    known: &Known<'_>,
) -> bool {
    let checks = known.valid_checks(child);
    let checks: Vec<&Node> = checks.iter().map(|check| &check.expr.node).collect();
    let not_null = |column: &str| known.is_never_null(child, column);
    let is_whole = matches!(bound, PartitionBound::Default) && known.partitions(parent).is_empty();
    is_whole || proves_bound(&checks, bound, &known.partition_key(parent), &not_null)
}

pub(super) fn detach(
    parent: &ObjectName,
    partition: &ObjectName,
    mode: DetachMode,
    found: &mut Found<'_>,
) {
    let known = &found.known;
    let child = known.named(partition);
    let default = default_partition(parent, known);
    let has_default = !default.is_empty();
    // rows that refer to the partition's would lose them
    let mut below = Vec::new();
    let mut looked_through = Vec::new();
    let keys = known.keys_to(parent);
    let mut above = None;
    if !keys.is_empty() {
        above = known.partitioned_parent(parent);
        below = known.with_descendants(&child);
        below.retain(|it| known.has_storage(it));
        let referring = keys
            .iter()
            .flat_map(|key| known.with_descendants(&key.table));
        looked_through = below.iter().cloned().chain(referring).collect();
    }
    let roles = shared(parent, known)
        .with(Role::Child, [child.clone()])
        .with(Role::Descendants, below)
        .with(Role::Affected, looked_through)
        .with(Role::Reads, above)
        .with(Role::Index, known.attached_indexes(&child));
    let form = match mode {
        DetachMode::Plain => Form::DetachPartition,
        DetachMode::Concurrently => Form::DetachPartitionConcurrently,
        DetachMode::Finalize => Form::DetachPartitionFinalize,
    };
    if mode == DetachMode::Concurrently && has_default {
        found.refuse_because("the table has a default partition");
    }
    found.add(form, &roles);
}

pub(super) fn inherit(form: Form, table: &ObjectName, parent: &ObjectName, found: &mut Found<'_>) {
    let parent = found.known.named(parent);
    found.add(form, &Roles::of(table, false).with(Role::Parent, [parent]));
}
