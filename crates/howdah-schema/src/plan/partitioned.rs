//! Keys and indexes of partitioned tables: built partition by partition beside writers, and then attached.
//!
//! No IO. PostgreSQL builds nothing concurrently for a partitioned table as a whole; what its partitions have already, it
//! takes over without reading a row.
//!
//! Invariant: partitions that no migration has made, as a job makes one for each month, are not left out in silence: the
//! last statement fails where one of them has no index.

use super::constraint::{dropped_if_there, index_of, use_index};
use super::{Kind, Situation, Step, index};
use crate::ddl;
use crate::identifiers::{literal, quoted};
use crate::naming::object_name;
use crate::value::{Constraint, Index, Name};

/// A key of the whole, that each partition takes when it has it.
pub(super) fn key(
    situation: &Situation<'_>,
    table: &Name,
    it: &Constraint,
    object: &str,
    out: &mut Vec<Step>,
) {
    only(table, it, object, out);
    for partition in situation.partitions(table) {
        let own = of_partition(&partition.name, it);
        if situation.is_partitioned(&partition.name) {
            key(situation, &partition.name, &own, object, out);
        } else if let Some(index) = index_of(&own) {
            let name = own.name.clone().unwrap_or_default();
            index::build_for_key(situation, &partition.name, &name, &index, object, out);
            out.push(use_index(&partition.name, &own, &name, object));
        }
        attach(table, it, &partition.name, &own, object, out);
    }
}

/// The indexes of the partitions for a key that takes another's place, under names of their own.
pub(super) fn waiting(
    situation: &Situation<'_>,
    table: &Name,
    name: &str,
    index: &Index,
    object: &str,
    out: &mut Vec<Step>,
) {
    for partition in situation.partitions(table) {
        let own = object_name(&partition.name.name, name, "");
        if situation.is_partitioned(&partition.name) {
            waiting(situation, &partition.name, &own, index, object, out);
        } else {
            index::build_for_key(situation, &partition.name, &own, index, object, out);
        }
    }
}

/// The key of the whole of the indexes that [`waiting`] has built: a matter of the catalog alone.
pub(super) fn taken(
    situation: &Situation<'_>,
    table: &Name,
    it: &Constraint,
    index: &str,
    object: &str,
    out: &mut Vec<Step>,
) {
    only(table, it, object, out);
    for partition in situation.partitions(table) {
        let own = of_partition(&partition.name, it);
        let index = object_name(&partition.name.name, index, "");
        if situation.is_partitioned(&partition.name) {
            taken(situation, &partition.name, &own, &index, object, out);
        } else {
            out.push(use_index(&partition.name, &own, &index, object));
        }
        attach(table, it, &partition.name, &own, object, out);
    }
}

/// Fails where a partition has no part in an index.
pub(super) fn guard(table: &Name, index: &str, object: &str) -> Step {
    let index = literal(&table.sibling(index).to_string());
    let table = literal(&table.to_string());
    let sql = format!(
        "do $howdah$
declare
    missing text := (
        select string_agg(p.inhrelid::regclass::text, ', ') from pg_catalog.pg_inherits p
        where p.inhparent = {table}::regclass and not exists (
            select from pg_catalog.pg_inherits i join pg_catalog.pg_index x on x.indexrelid = i.inhrelid
            where i.inhparent = {index}::regclass and x.indrelid = p.inhrelid and x.indisvalid));
begin
    if missing is not null then
        raise exception '% has no index on %', {index}, missing
            using hint = 'build it there, attach it, and run this again';
    end if;
end $howdah$"
    );
    let reason = "a partition that no migration has made would be left out";
    let step = Step::ddl(sql, object.to_owned(), reason).of_kind(Kind::Guard);
    step.goes_along()
}

/// The foreign keys of the partitions get a new name with that of the whole, as nothing else gives it to them.
pub(super) fn rename_keys(
    situation: &Situation<'_>,
    table: &Name,
    names: (&str, &str),
    object: &str,
    out: &mut Vec<Step>,
) {
    for partition in situation.partitions(table) {
        let rename = |from: &str, to: &str| {
            let (from, to, of) = (quoted(from), quoted(to), &partition.name);
            format!("alter table {of} rename constraint {from} to {to}")
        };
        let (from, to) = names;
        let step = Step::ddl(rename(from, to), object.to_owned(), "its parts, too");
        out.push(step.undone_by(rename(to, from)));
        rename_keys(situation, &partition.name, names, object, out);
    }
}

/// The indexes of the partitions are called after that of the whole.
pub(super) fn rename_indexes(
    situation: &Situation<'_>,
    table: &Name,
    (from, to): (&str, &str),
    object: &str,
    out: &mut Vec<Step>,
) {
    if !situation.is_partitioned(table) {
        return;
    }
    for partition in situation.partitions(table) {
        let name = &partition.name;
        let own = |whole: &str| index::name_on(partition, whole);
        let (from, to) = (own(from), own(to));
        let rename = |from: &str, to: &str| {
            format!(
                "alter index {} rename to {}",
                name.sibling(from),
                quoted(to)
            )
        };
        let step = Step::ddl(rename(&from, &to), object.to_owned(), "its parts, too");
        out.push(step.undone_by(rename(&to, &from)));
        rename_indexes(situation, name, (&from, &to), object, out);
    }
}

fn of_partition(partition: &Name, it: &Constraint) -> Constraint {
    let name = it.name.as_deref().unwrap_or_default();
    Constraint {
        name: Some(object_name(&partition.name, name, "")),
        comment: None,
        ..it.clone()
    }
}

fn only(table: &Name, it: &Constraint, object: &str, out: &mut Vec<Step>) {
    let definition = ddl::constraint::definition(it);
    let sql = format!("alter table only {table} add {definition}");
    let reason = "the key of a partitioned table waits for those of the partitions";
    let undo = dropped_if_there(table, it);
    out.push(Step::ddl(sql, object.to_owned(), reason).undone_by(undo));
}

fn attach(
    table: &Name,
    it: &Constraint,
    partition: &Name,
    own: &Constraint,
    object: &str,
    out: &mut Vec<Step>,
) {
    let name =
        |table: &Name, it: &Constraint| table.sibling(it.name.as_deref().unwrap_or_default());
    let (whole, own) = (name(table, it), name(partition, own));
    let sql = format!("alter index {whole} attach partition {own}");
    let reason = "the partition's key is there already";
    let undo = dropped_if_there(table, it);
    out.push(Step::ddl(sql, object.to_owned(), reason).undone_by(undo));
}
