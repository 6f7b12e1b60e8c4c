//! `ALTER COLUMN … TYPE`: whether the rows are written anew, and what depends on the column.
//!
//! No IO. Follows `ATColumnChangeRequiresRewrite`, `CheckIndexCompatible` and
//! `TryReuseForeignKey`. Invariant: where something is not known, the worse is said, and why.

use super::{Form, Found, Roles};
use crate::ast::{Expr, Name, Node, ObjectName, TypeName};
use crate::builtin::{Storage, stored_alike};
use crate::locks::known::{ForeignKeyFacts, IndexFacts, Known};
use crate::locks::table::Role;

/// The change of one column.
pub(super) struct Change<'a> {
    pub(super) table: &'a ObjectName,
    pub(super) only: bool,
    pub(super) column: &'a Name,
    pub(super) to: &'a TypeName,
    pub(super) collation: Option<&'a ObjectName>,
    pub(super) using: Option<&'a Expr>,
}

/// What becomes of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    Stay,
    /// They stay, but indexes have to sort them anew.
    StayUnsorted,
    Change,
}

pub(super) fn visit(change: &Change<'_>, found: &mut Found<'_>) {
    if let Some(user) = found.known.forbids_type_change(change.table, change.column) {
        found.refuse_because(format!("{user} uses the column"));
    }
    let from = found.known.column_type(change.table, change.column);
    let values = match &from {
        Some(from) => values_after(change, from, found),
        None => {
            found.assume(format!(
                "the present type of column {} is not known here; taken for one that has to be \
                 converted",
                change.column
            ));
            Values::Change
        }
    };
    let roles = Roles::of(change.table, change.only);
    let indexes = found.known.indexes_with_column(change.table, change.column);
    let roles = roles.with(Role::ColumnIndexes, indexes);
    found.add(Form::ChangeType, &roles);
    let sequences = found
        .known
        .sequences_of_default(change.table, change.column);
    if !sequences.is_empty() {
        // the default is converted, and made again
        let roles = Roles::none().with(Role::Sequences, sequences);
        found.add(Form::DefaultOfSequence, &roles);
    }
    if values == Values::Change {
        found.add(Form::ChangeTypeRewrite, &roles);
    } else {
        rebuild_indexes(change, values, found);
        test_checks(change, found);
    }
    foreign_keys(change, from.as_ref(), found);
}

fn values_after(change: &Change<'_>, from: &TypeName, found: &mut Found<'_>) -> Values {
    let Some(steps) = conversions(change) else {
        return Values::Change; // USING computes something
    };
    let mut from = from.clone();
    let mut values = Values::Stay;
    for to in steps {
        match step(&from, to, found) {
            Values::Stay => {}
            Values::StayUnsorted => values = Values::StayUnsorted,
            Values::Change => return Values::Change,
        }
        from = to.clone();
    }
    values
}

/// The types that a value goes through: those of the casts in `USING`, then the new one. None where
/// `USING` is more than casts of the column.
fn conversions<'a>(change: &Change<'a>) -> Option<Vec<&'a TypeName>> {
    let mut types = vec![change.to];
    let mut node = change.using.map(|expr| &expr.node);
    while let Some(inner) = node {
        match inner {
            Node::Cast { operand, to } => {
                types.insert(0, to);
                node = Some(operand);
            }
            Node::Collate { operand, .. } => node = Some(operand),
            column if column.is_column(change.column) => break,
            _ => return None,
        }
    }
    Some(types)
}

/// One conversion, domains looked through: a value of a domain is one of its type.
fn step(from: &TypeName, to: &TypeName, found: &mut Found<'_>) -> Values {
    let same = found.known.is_same_type(from, to);
    if same && has_modifiers_of(from, to) {
        return Values::Stay;
    }
    if found.known.is_constrained_domain(to) == Some(true) {
        return Values::Change; // every value is tested
    }
    let (from, to) = (base_of_value(from, found), found.known.base_type(to));
    if found.known.is_same_type(&from, &to) {
        return match fits(&from, &to) {
            false => Values::Change,
            // the index's operators are those of the type by its name, not of its base
            true if !same && found.known.is_sorted_by_its_parts(&to) => Values::StayUnsorted,
            true => Values::Stay,
        };
    }
    if from.array_dimensions > 0 || to.array_dimensions > 0 {
        return Values::Change;
    }
    if is_moment(&from) && is_moment(&to) {
        return moment(&to, found);
    }
    let is_builtin = |it: &TypeName| it.name.schema.is_none() || it.is("citext");
    let alike = (is_builtin(&from) && is_builtin(&to))
        .then(|| stored_alike(&from.name.name, &to.name.name))
        .flatten();
    match alike {
        Some(_) if !to.modifiers.is_empty() => Values::Change,
        Some(Storage::Same) => Values::Stay,
        Some(Storage::SortedDifferently) => Values::StayUnsorted,
        None => Values::Change,
    }
}

/// The type below a domain: a cast from a domain does not look at its modifiers.
fn base_of_value(of: &TypeName, found: &Found<'_>) -> TypeName {
    let mut base = found.known.base_type(of);
    if found.known.is_domain(&of.name) && of.array_dimensions == 0 {
        base.modifiers.clear();
        base.modifier_text.clear();
    }
    base
}

fn has_modifiers_of(one: &TypeName, other: &TypeName) -> bool {
    one.modifiers == other.modifiers && one.modifier_text == other.modifier_text
}

/// Whether every value of a type fits into the same one with other modifiers, as the functions that
/// support length coercions know it (`varchar_support`, `numeric_support` and so on).
fn fits(from: &TypeName, to: &TypeName) -> bool {
    if has_modifiers_of(from, to) {
        return true;
    }
    if to.modifiers.is_empty() && to.modifier_text.is_empty() {
        return true; // nothing is cut
    }
    if to.array_dimensions > 0 || to.name.schema.is_some() {
        return false;
    }
    if to.is("interval") {
        return interval_fits(from, to);
    }
    if !to.modifier_text.is_empty() {
        return false;
    }
    let precision = |it: &TypeName| it.modifiers.first().copied();
    match to.name.name.as_str() {
        "varchar" | "varbit" => precision(from).is_some_and(|from| Some(from) <= precision(to)),
        "numeric" => {
            let scale = |it: &TypeName| it.modifiers.get(1).copied().unwrap_or(0);
            scale(from) == scale(to)
                && precision(from).is_some_and(|from| Some(from) <= precision(to))
        }
        // six digits are all that there are
        "timestamp" | "timestamptz" | "time" | "timetz" => {
            let digits = |it: &TypeName| precision(it).unwrap_or(6);
            digits(from).min(6) <= digits(to)
        }
        _ => false,
    }
}

/// Whether the fields and digits of an interval are among those of another (`interval_support`).
fn interval_fits(from: &TypeName, to: &TypeName) -> bool {
    let least_field = |it: &TypeName| {
        let fields = it.modifier_text.split('(').next().unwrap_or_default();
        match fields.split_whitespace().last() {
            Some("year") => 5,
            Some("month") => 4,
            Some("day") => 3,
            Some("hour") => 2,
            Some("minute") => 1,
            _ => 0,
        }
    };
    let digits = |it: &TypeName| {
        let written = it.modifier_text.trim_end_matches(')').rsplit('(').next();
        let written = written.and_then(|digits| digits.trim().parse().ok());
        it.modifiers.first().copied().or(written).unwrap_or(6)
    };
    least_field(to) <= least_field(from)
        && (least_field(from) > 0 || digits(from).min(6) <= digits(to))
}

fn is_moment(it: &TypeName) -> bool {
    it.is("timestamp") || it.is("timestamptz")
}

/// `timestamp` to `timestamptz` or back: in a time zone that is always UTC nothing changes, since 12.
fn moment(to: &TypeName, found: &mut Found<'_>) -> Values {
    if found.known.version < 12 || to.modifiers.first().is_some_and(|digits| *digits < 6) {
        return Values::Change;
    }
    match found.known.time_zone_is_utc() {
        Some(true) => Values::StayUnsorted,
        Some(false) => Values::Change,
        None => {
            found.assume(
                "the session's TimeZone is not known here; taken for one with an offset, in which \
                 every row is written anew (with UTC none is)",
            );
            Values::Change
        }
    }
}

/// Indexes whose definition does not fit the old file any more.
fn rebuild_indexes(change: &Change<'_>, values: Values, found: &mut Found<'_>) {
    let sorts_anew = values == Values::StayUnsorted || changes_collation(change, &found.known);
    for table in family(change, &found.known) {
        let is_partition = found.known.is_partition(&table);
        let stale: Vec<ObjectName> = found
            .known
            .indexes(&table)
            .into_iter()
            .filter(|index| index.mentions(change.column))
            .filter(|index| {
                is_partition
                    || index.has_expressions
                    || index.is_partial
                    || (sorts_anew && is_key(index, change.column))
            })
            .map(|index| index.name)
            .collect();
        if stale.is_empty() || !found.known.has_storage(&table) {
            continue;
        }
        let roles = Roles::of(&table, true)
            .with(Role::Index, stale)
            .with(Role::Affected, [table.clone()]);
        found.add(Form::ChangeTypeIndexes, &roles);
    }
}

fn is_key(index: &IndexFacts, column: &str) -> bool {
    index.keys.iter().any(|key| key == column)
}

fn changes_collation(change: &Change<'_>, known: &Known<'_>) -> bool {
    let new = change
        .collation
        .filter(|it| it.name != "default")
        .map(|it| it.name.as_str());
    let old = known.collation(change.table, change.column);
    new != old.as_ref().map(|it| it.name.as_str())
}

fn test_checks(change: &Change<'_>, found: &mut Found<'_>) {
    let affected: Vec<ObjectName> = family(change, &found.known)
        .into_iter()
        .filter(|table| {
            found.known.checks(table).iter().any(|check| {
                check.valid && check.expr.columns().contains(&change.column.text.as_str())
            })
        })
        .collect();
    if !affected.is_empty() {
        let roles = Roles::of(change.table, change.only).with(Role::Affected, affected);
        found.add(Form::ChangeTypeChecks, &roles);
    }
}

/// Foreign keys from the column and to it are made again; they are tested again if the column
/// compares by another operator then.
fn foreign_keys(change: &Change<'_>, from: Option<&TypeName>, found: &mut Found<'_>) {
    let has = |columns: &[String]| columns.iter().any(|name| *name == **change.column);
    let mut keys: Vec<(ForeignKeyFacts, ObjectName)> = Vec::new();
    for table in family(change, &found.known) {
        for key in found.known.foreign_keys(&table) {
            if has(&key.columns) {
                let other = key.referenced.clone();
                keys.push((key, other));
            }
        }
        for key in found.known.keys_to(&table) {
            if has(&key.referenced_columns) {
                let other = key.table.clone();
                keys.push((key, other));
            }
        }
    }
    let compares_alike = from.is_some_and(|from| {
        let (from, to) = (
            found.known.base_type(from),
            found.known.base_type(change.to),
        );
        from.name == to.name || stored_alike(&from.name.name, &to.name.name) == Some(Storage::Same)
    });
    for (key, other) in keys {
        let roles = Roles::of(change.table, change.only)
            .with(Role::Dependents, found.known.with_partitions(&other));
        if key.valid && !compares_alike {
            let both = found.known.with_partitions(&key.table);
            let both = both
                .into_iter()
                .chain(found.known.with_partitions(&key.referenced));
            let roles = roles.with(Role::Affected, both.collect::<Vec<_>>());
            found.add(Form::ChangeTypeForeignKeysChecked, &roles);
        } else {
            found.add(Form::ChangeTypeForeignKeys, &roles);
        }
    }
}

fn family(change: &Change<'_>, known: &Known<'_>) -> Vec<ObjectName> {
    if change.only {
        vec![change.table.clone()]
    } else {
        known.with_descendants(change.table)
    }
}
