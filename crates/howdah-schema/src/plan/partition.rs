//! Partitions: made apart and attached, with what spares attaching to read rows. No IO.
//!
//! `create table … partition of` takes the parent from everybody, and reads its default partition meanwhile;
//! `attach` does neither where constraints have proven what it asks for.

use super::column::rewritten;
use super::leftover::State;
use super::units::{Form, Outcome, deployed, object, plain};
use super::{Deploy, Kind, Situation, Step};
use crate::ddl;
use crate::diff::{Change, Entity};
use crate::identifiers::quoted;
use crate::naming::object_name;
use crate::value::{Name, PartitionMethod, PartitionOf, Schema, Table};

/// A table that is made: a partition by itself at first, where its parent is in use.
pub(crate) fn created(situation: &Situation<'_>, change: &Change) -> Outcome {
    let apart = joining(situation, change)
        .filter(|(_, of)| !situation.is_small(&of.parent) || situation.hazard(change).is_some());
    let apart = apart.filter(|(it, _)| it.foreign.is_none());
    let Some((table, of)) = apart else {
        let reason = "nothing uses yet what is made";
        return Outcome::Steps(vec![plain(change, reason)], Deploy::Expand);
    };
    let create = ddl::table::create_apart(table, of, situation.to);
    let reason = "its parent is not locked while it is made";
    let create = Step::ddl(create, object(change), reason);
    // one with an order of its own is attached by a statement that comes here later
    let attached_by = usize::from(!of.columns.is_empty());
    let extras = change.statements.iter().skip(1 + attached_by);
    let extras = extras.map(|sql| Step::ddl(sql.clone(), object(change), reason));
    let drop = format!("drop table {}", table.name);
    let made: Form = std::iter::once(create.undone_by(drop))
        .chain(extras)
        .collect();
    let mut forms = vec![made];
    match attached(situation, change, table, of, false) {
        Ok(rest) => forms.extend(rest),
        Err(reason) => return asked(situation, change, reason),
    }
    Outcome::Steps(forms, Deploy::Expand)
}

/// A table that is there becomes a partition.
pub(crate) fn joined(situation: &Situation<'_>, change: &Change) -> Outcome {
    let Some((table, of)) = joining(situation, change) else {
        let reason = "it changes the catalog alone, or the table is small";
        return Outcome::Steps(vec![plain(change, reason)], Deploy::Expand);
    };
    match attached(
        situation,
        change,
        table,
        of,
        !situation.is_small(&table.name),
    ) {
        Ok(forms) => Outcome::Steps(forms, Deploy::Expand),
        Err(reason) => asked(situation, change, reason),
    }
}

fn asked(situation: &Situation<'_>, change: &Change, reason: String) -> Outcome {
    let id = format!("attach {}", object(change));
    rewritten(situation, change, &id, reason)
}

/// The partition and whose it becomes, where that is there already.
fn joining<'a>(
    situation: &'a Situation<'_>,
    change: &Change,
) -> Option<(&'a Table, &'a PartitionOf)> {
    let Entity::Relation(name) = &change.entity else {
        return None;
    };
    let table = situation.table(name)?;
    let of = table.partition_of.as_ref()?;
    (!situation.is_made(&of.parent)).then_some((table, of))
}

/// The forms that attach it, the proofs before; an error tells which rows would be read while nobody else can.
fn attached(
    situation: &Situation<'_>,
    change: &Change,
    table: &Table,
    of: &PartitionOf,
    is_read: bool,
) -> Result<Vec<Form>, String> {
    let parent = situation.table(&of.parent);
    let condition = parent.and_then(|it| condition(it, &of.bounds));
    let mut proofs = Vec::new();
    if is_read {
        // its rows must be in the bounds of the parent's parent, too
        let is_deep = parent.is_none_or(|it| it.partition_of.is_some());
        let condition = condition.clone().filter(|_| !is_deep);
        proofs.push((table, condition));
    }
    let default = default_of(situation.to, &of.parent).filter(|it| it.name != table.name);
    if let Some(default) = default.filter(|it| !situation.is_small(&it.name)) {
        proofs.push((default, condition.map(|it| format!("not ({it})"))));
    }
    let (mut forms, mut last) = (Vec::new(), Vec::new());
    for (read, condition) in proofs {
        let condition = condition.ok_or_else(|| {
            format!(
                "all rows of `{}` would be read while nobody else can",
                read.name
            )
        })?;
        let name = bounds_name(read, table);
        forms.extend(proven(situation, change, &read.name, &name, &condition));
        let (add, drop) = statements(&read.name, &name, &condition);
        let reason = "attaching asked for it";
        last.push(Step::ddl(drop, object(change), reason).undone_by(add));
    }
    let (name, parent) = (&table.name, &of.parent);
    let sql = format!("alter table {parent} attach partition {name} {}", of.bounds);
    let reason = "what it would read is proven, or nothing is in it: readers and writers of the parent go on";
    let attach = Step::ddl(sql, object(change), reason);
    let detach = format!("alter table {parent} detach partition {name}");
    last.insert(0, attach.undone_by(detach));
    forms.push(last);
    Ok(forms)
}

/// The constraint is added unproven, and proven while readers and writers go on.
fn proven(
    situation: &Situation<'_>,
    change: &Change,
    table: &Name,
    name: &str,
    condition: &str,
) -> Vec<Form> {
    let left = situation.leftovers.get(&(table.clone(), name.to_owned()));
    let (add, drop) = statements(table, name, condition);
    let reason = "it spares attaching to read the rows";
    let add = Step::ddl(add, object(change), reason).undone_by(drop);
    let sql = format!("alter table {table} validate constraint {}", quoted(name));
    let reason = "rows are read while readers and writers go on";
    let validate = Step::ddl(sql, object(change), reason).of_kind(Kind::Validate);
    let add = left.is_none().then(|| vec![add]);
    let validate = (left != Some(&State::Done)).then(|| vec![validate]);
    let forms = add.into_iter().chain(validate);
    forms.map(|it| deployed(it, Deploy::Expand)).collect()
}

fn statements(table: &Name, name: &str, condition: &str) -> (String, String) {
    let name = quoted(name);
    (
        format!("alter table {table} add constraint {name} check ({condition}) not valid"),
        format!("alter table {table} drop constraint {name}"),
    )
}

/// The name of the constraint that says which rows of a table are, or are not, a partition's.
pub(super) fn bounds_name(table: &Table, partition: &Table) -> String {
    if table.name == partition.name {
        return object_name(&table.name.name, "", "bounds");
    }
    object_name(&table.name.name, &partition.name.name, "bounds")
}

/// The partition that takes what no other does.
pub(super) fn default_of<'a>(schema: &'a Schema, parent: &Name) -> Option<&'a Table> {
    schema.tables.iter().find(|it| {
        let of = it.partition_of.as_ref().filter(|of| of.parent == *parent);
        of.is_some_and(|of| of.bounds.eq_ignore_ascii_case("default"))
    })
}

/// Which rows are within bounds, as PostgreSQL itself says it; nothing where the key is not a single column.
fn condition(parent: &Table, bounds: &str) -> Option<String> {
    let by = parent.partition_by.as_ref()?;
    let key = by.keys.as_str();
    if !is_name(key) {
        return None;
    }
    match by.method {
        PartitionMethod::Range => {
            let (from, to) = bounds
                .strip_prefix("FOR VALUES FROM (")?
                .split_once(") TO (")?;
            let (from, to) = (single(from)?, single(to.strip_suffix(')')?)?);
            let least = (from != "MINVALUE").then(|| format!(" and {key} >= {from}"));
            let below = (to != "MAXVALUE").then(|| format!(" and {key} < {to}"));
            let (least, below) = (least.unwrap_or_default(), below.unwrap_or_default());
            Some(format!("{key} is not null{least}{below}"))
        }
        PartitionMethod::List => {
            let list = values(bounds.strip_prefix("FOR VALUES IN (")?.strip_suffix(')')?);
            let (nulls, rest): (Vec<&str>, Vec<&str>) =
                list.into_iter().partition(|it| *it == "NULL");
            let equal = rest.iter().map(|it| format!("{key} = {it}"));
            let equal = equal.collect::<Vec<_>>().join(" or ");
            Some(match (nulls.is_empty(), rest.is_empty()) {
                (true, _) => format!("{key} is not null and ({equal})"),
                (false, true) => format!("{key} is null"),
                (false, false) => format!("{key} is null or {equal}"),
            })
        }
        PartitionMethod::Hash => None,
    }
}

/// Whether it is a name, and no expression.
fn is_name(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    match inner {
        Some(inner) => !inner.replace("\"\"", "").contains('"'),
        None => text
            .chars()
            .all(|it| it.is_alphanumeric() || it == '_' || it == '$'),
    }
}

fn single(list: &str) -> Option<&str> {
    match values(list).as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

/// The literals between commas.
fn values(list: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let parts = list.split(|it: char| {
        is_quoted ^= it == '\'';
        it == ',' && !is_quoted
    });
    parts.map(str::trim).collect()
}
