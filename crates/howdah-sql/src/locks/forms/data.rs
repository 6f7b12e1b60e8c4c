//! Reading and writing, and what only looks like it: `LOCK`, `EXPLAIN`.

use super::{Form, Found, Roles, visit};
use crate::ast::{Copy, Delete, Explain, Insert, Lock, Merge, Name, ObjectName, Query, Update};
use crate::locks::known::Relation;
use crate::locks::mode::Mode;
use crate::locks::table::Role;

pub(super) fn read(query: &Query, found: &mut Found<'_>) {
    let reads = found.known.read_by(query);
    if query.locks_rows.is_some() {
        let locked = found.known.locked_by(query);
        let rest: Vec<_> = reads
            .into_iter()
            .filter(|it| !locked.contains(it))
            .collect();
        let roles = Roles::none()
            .with(Role::Affected, locked)
            .with(Role::Reads, rest);
        found.add(Form::SelectForUpdate, &roles);
    } else if !reads.is_empty() || query.writes.is_empty() {
        found.add(Form::Select, &Roles::none().with(Role::Reads, reads));
    }
    write_within(query, found);
    use_sequences(query, found);
}

/// What `INSERT`, `UPDATE` and `DELETE` within `WITH` write.
fn write_within(query: &Query, found: &mut Found<'_>) {
    for table in &query.writes {
        let written = family(table, query.is_only(table), found);
        write(&written, Vec::new(), Vec::new(), found);
        fire_rules(table, None, found);
    }
}

/// What rules do when a relation is written. Rules of the relations that they write are not followed.
fn fire_rules(table: &ObjectName, event: Option<&str>, found: &mut Found<'_>) {
    let known = &found.known;
    let done: Vec<_> = known
        .rules(table, event)
        .map(|rule| known.done_by_rule(rule))
        .collect();
    for (reads, writes) in done {
        write(&writes, Vec::new(), reads, found);
    }
}

/// `nextval('s')` and its kin.
fn use_sequences(query: &Query, found: &mut Found<'_>) {
    let sequences = found.known.sequences_of_query(query);
    if !sequences.is_empty() {
        let roles = Roles::none().with(Role::Affected, sequences);
        found.add(Form::UseSequence, &roles);
    }
}

fn write(
    writes: &[ObjectName],
    referenced: Vec<ObjectName>,
    reads: Vec<ObjectName>,
    found: &mut Found<'_>,
) {
    // through a view rows are written to its table
    let below = writes
        .iter()
        .filter(|it| found.known.kind(it) == Some(Relation::View))
        .flat_map(|it| found.known.read_by_view(it).unwrap_or_default());
    let writes: Vec<_> = writes.iter().cloned().chain(below).collect();
    let roles = Roles::none()
        .with(Role::Writes, writes)
        .with(Role::Referenced, referenced)
        .with(Role::Reads, reads);
    found.add(Form::Write, &roles);
}

pub(super) fn insert(statement: &Insert, found: &mut Found<'_>) {
    let table = found.known.named(&statement.table);
    if found.known.is_partitioned(&table) {
        found.unknown_because("which partitions the rows belong to");
    }
    let has = |name: &str| statement.columns.is_empty() || names(&statement.columns, name);
    let referenced = referenced_by(&table, &has, found);
    write(
        std::slice::from_ref(&table),
        referenced,
        found.known.read_by(&statement.query),
        found,
    );
    fire_rules(&table, Some("insert"), found);
    let sequences = found
        .known
        .sequences_of_defaults(&table, &statement.columns);
    if !sequences.is_empty() {
        found.add(
            Form::UseSequence,
            &Roles::none().with(Role::Affected, sequences),
        );
    }
    write_within(&statement.query, found);
    use_sequences(&statement.query, found);
}

pub(super) fn update(statement: &Update, found: &mut Found<'_>) {
    let table = found.known.named(&statement.table);
    let referenced = referenced_by(&table, &|name| names(&statement.sets, name), found);
    let writes = family(&table, statement.only, found);
    write(
        &writes,
        referenced,
        found.known.read_by(&statement.query),
        found,
    );
    fire_rules(&table, Some("update"), found);
    write_within(&statement.query, found);
    use_sequences(&statement.query, found);
}

pub(super) fn delete(statement: &Delete, found: &mut Found<'_>) {
    let table = found.known.named(&statement.table);
    let mut writes = family(&table, statement.only, found);
    let mut looked_up = Vec::new();
    for key in found.known.keys_to(&table) {
        let referring = found.known.with_descendants(&key.table);
        if key.changes_on_delete {
            writes.extend(referring);
        } else {
            looked_up.extend(referring);
        }
    }
    write(
        &writes,
        looked_up,
        found.known.read_by(&statement.query),
        found,
    );
    fire_rules(&table, Some("delete"), found);
    write_within(&statement.query, found);
    use_sequences(&statement.query, found);
}

pub(super) fn merge(statement: &Merge, found: &mut Found<'_>) {
    let table = found.known.named(&statement.table);
    let writes = family(&table, statement.only, found);
    // an INSERT without a list writes every column
    let writes_it = |sets: &[Name], name: &str| sets.is_empty() || names(sets, name);
    let written = |name: &str| statement.sets.iter().any(|it| writes_it(it, name));
    let referenced = referenced_by(&table, &written, found);
    write(
        &writes,
        referenced,
        found.known.read_by(&statement.query),
        found,
    );
    write_within(&statement.query, found);
    use_sequences(&statement.query, found);
}

pub(super) fn copy(statement: &Copy, found: &mut Found<'_>) {
    match (&statement.table, &statement.query) {
        (Some(table), _) if statement.from => {
            let table = found.known.named(table);
            let has = |name: &str| statement.columns.is_empty() || names(&statement.columns, name);
            let referenced = referenced_by(&table, &has, found);
            write(&[table], referenced, Vec::new(), found);
        }
        (Some(table), _) => {
            let table = found.known.named(table);
            found.add(Form::Select, &Roles::none().with(Role::Reads, [table]));
        }
        (None, Some(query)) => read(query, found),
        (None, None) => found.unknown_because("what is copied"),
    }
}

pub(super) fn explain(statement: &Explain, found: &mut Found<'_>) {
    visit(&statement.statement, found);
}

pub(super) fn lock(statement: &Lock, found: &mut Found<'_>) {
    let Some(mode) = Mode::named(&statement.mode) else {
        found.unknown_because("which mode that is");
        return;
    };
    found.add(Form::Lock, &Roles::none());
    for it in &statement.relations {
        let relation = found.known.named(&it.table);
        for each in family(&relation, it.only, found) {
            for below in found.known.read_by_view(&each).unwrap_or_default() {
                found.lock_as_told(&below, mode);
            }
            found.lock_as_told(&each, mode);
        }
    }
}

fn family(table: &ObjectName, only: bool, found: &Found<'_>) -> Vec<ObjectName> {
    if only {
        vec![found.known.named(table)]
    } else {
        found.known.with_descendants(table)
    }
}

fn names(columns: &[Name], name: &str) -> bool {
    columns.iter().any(|column| **column == *name)
}

/// The tables in which rows are looked up when these columns are written.
fn referenced_by(
    table: &ObjectName,
    is_written: &dyn Fn(&str) -> bool,
    found: &Found<'_>,
) -> Vec<ObjectName> {
    found
        .known
        .foreign_keys(table)
        .into_iter()
        .filter(|key| key.columns.iter().any(|column| is_written(column)))
        .map(|key| found.known.named(&key.referenced))
        .collect()
}
