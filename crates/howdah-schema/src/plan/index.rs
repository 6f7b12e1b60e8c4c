//! Indexes: built and dropped beside readers and writers. No IO.

use super::leftover::{State, aside};
use super::units::{Outcome, apart, deployed, object, plain};
use super::{Deploy, Kind, Situation, Step, Undo, constraint, partitioned};
use crate::ddl;
use crate::diff::{Action, Change, Definition, Entity};
use crate::identifiers::quoted;
use crate::naming::object_name;
use crate::value::{Index, Name, Table};

pub(crate) fn created(situation: &Situation<'_>, change: &Change) -> Outcome {
    let (Entity::Index(table, name), Some(Definition::Index(index))) = (&change.entity, &change.to)
    else {
        return Outcome::Left;
    };
    // of columns that are there, the old program does not know that values must differ
    let deploy = if index.unique && !is_about_new_columns(situation, table, index) {
        Deploy::Contract
    } else {
        Deploy::Expand
    };
    let mut steps = Vec::new();
    let waiting = (table.clone(), aside(name));
    match situation.leftovers.get(&waiting) {
        // the one whose place it takes has gone already
        Some(State::Done) => {
            let rename = renamed(table, &waiting.1, name, &object(change));
            let undo = format!("drop index concurrently {}", table.sibling(name.as_str()));
            steps.push(rename.undone_by(undo));
            let rest = change.statements.iter().skip(1);
            steps.extend(rest.map(|sql| quick(sql, change)));
            return Outcome::Steps(apart(deployed(steps, deploy)), deploy);
        }
        Some(_) => steps.push(cleared(table, &waiting.1, &object(change))),
        None => {}
    }
    if situation.is_small(table) || is_foreign(situation, table) {
        let reason = "the table is new or small: the index is built at once";
        let mut forms = apart(deployed(steps, deploy));
        forms.push(deployed(plain(change, reason), deploy));
        return Outcome::Steps(forms, deploy);
    }
    build(situation, table, name, index, &object(change), &mut steps);
    let rest = change.statements.iter().skip(1);
    steps.extend(rest.map(|sql| quick(sql, change)));
    Outcome::Steps(apart(deployed(steps, deploy)), deploy)
}

fn is_about_new_columns(situation: &Situation<'_>, table: &Name, it: &Index) -> bool {
    let columns: Vec<&String> = it
        .elements
        .iter()
        .filter_map(|it| it.column.as_ref())
        .collect();
    let expressions = it.elements.iter().filter_map(|it| it.expression.as_deref());
    let texts: Vec<&str> = expressions.chain(it.predicate.as_deref()).collect();
    constraint::are_new(situation, table, &columns, &texts)
}

/// What belongs to the index, and goes with it.
fn quick(sql: &str, change: &Change) -> Step {
    Step::ddl(sql, object(change), "it changes the catalog alone").goes_along()
}

fn renamed(table: &Name, from: &str, to: &str, object: &str) -> Step {
    let rename = |from: &str, to: &str| {
        format!(
            "alter index {} rename to {}",
            table.sibling(from),
            quoted(to)
        )
    };
    let reason = "the new index takes the name of the old one";
    Step::ddl(rename(from, to), object.to_owned(), reason).undone_by(rename(to, from))
}

fn is_foreign(situation: &Situation<'_>, table: &Name) -> bool {
    situation
        .table(table)
        .is_some_and(|it| it.foreign.is_some())
}

/// The steps that build an index under a name without stopping writers.
pub(crate) fn build(
    situation: &Situation<'_>,
    table: &Name,
    name: &str,
    index: &Index,
    object: &str,
    out: &mut Vec<Step>,
) {
    let named = Index {
        name: Some(name.to_owned()),
        comment: None,
        ..index.clone()
    };
    if situation.is_partitioned(table) {
        build_on_partitions(situation, table, &named, object, out);
        out.push(partitioned::guard(table, name, object));
        return;
    }
    let left = situation.leftovers.get(&(table.clone(), name.to_owned()));
    if left == Some(&State::Done) {
        return;
    }
    if left == Some(&State::Invalid) {
        out.push(cleared(table, name, object));
    }
    out.push(concurrently(table, &named, object));
}

/// As [`build`], of an index that a key takes, and that goes with the key.
pub(crate) fn build_for_key(
    situation: &Situation<'_>,
    table: &Name,
    name: &str,
    index: &Index,
    object: &str,
    out: &mut Vec<Step>,
) {
    let first = out.len();
    build(situation, table, name, index, object, out);
    let undo = dropped_if_there(&table.sibling(name));
    let built = out.iter_mut().skip(first);
    for step in built.filter(|it| it.kind == Kind::ConcurrentIndex) {
        step.undo = Some(vec![Undo::of(vec![undo.clone()])]);
    }
}

fn dropped_if_there(name: &Name) -> String {
    format!("drop index concurrently if exists {name}")
}

/// An index whose build was interrupted goes before it is built again.
pub(crate) fn cleared(table: &Name, name: &str, object: &str) -> Step {
    let sql = format!("drop index concurrently {}", table.sibling(name));
    let reason = "a build that was interrupted has left it, and nothing uses it";
    let step = Step::ddl(sql, object.to_owned(), reason).of_kind(Kind::ConcurrentDrop);
    step.goes_along()
}

fn concurrently(table: &Name, index: &Index, object: &str) -> Step {
    let plain = ddl::index::create(table, index);
    let name = table.sibling(index.name.as_deref().unwrap_or_default());
    let reason = "the index is built while writers go on";
    let mut step = Step::ddl(
        with_word(&plain, "index", "concurrently"),
        object.to_owned(),
        reason,
    );
    step = step.of_kind(Kind::ConcurrentIndex);
    step.builds_index = Some(name.to_string());
    step.undone_by(format!("drop index concurrently {name}"))
}

/// `create index … on t` with a word after the first of another.
fn with_word(sql: &str, after: &str, word: &str) -> String {
    sql.replacen(&format!("{after} "), &format!("{after} {word} "), 1)
}

/// A partitioned table's index is made by itself, those of the partitions beside writers, and then attached.
fn build_on_partitions(
    situation: &Situation<'_>,
    table: &Name,
    index: &Index,
    object: &str,
    out: &mut Vec<Step>,
) {
    let name = table.sibling(index.name.as_deref().unwrap_or_default());
    let only = ddl::index::create(table, index).replacen(" on ", " on only ", 1);
    let reason = "a partitioned table cannot be indexed concurrently: its index waits for those of the partitions";
    // with it go those of the partitions that are attached
    let undo = format!("drop index if exists {name}");
    out.push(Step::ddl(only, object.to_owned(), reason).undone_by(undo.clone()));
    for partition in situation.partitions(table) {
        let own = Index {
            name: Some(name_on(
                partition,
                index.name.as_deref().unwrap_or_default(),
            )),
            ..index.clone()
        };
        let own_name = partition
            .name
            .sibling(own.name.as_deref().unwrap_or_default());
        if partition.partition_by.is_some() {
            build_on_partitions(situation, &partition.name, &own, object, out);
        } else if situation.is_small(&partition.name) {
            let sql = ddl::index::create(&partition.name, &own);
            let step = Step::ddl(sql, object.to_owned(), "the partition is new or small");
            out.push(step.undone_by(format!("drop index if exists {own_name}")));
        } else {
            let step = concurrently(&partition.name, &own, object);
            out.push(step.undone_by(dropped_if_there(&own_name)));
        }
        let attach = format!("alter index {name} attach partition {own_name}");
        let reason = "the index is there already: attaching it changes the catalog alone";
        out.push(Step::ddl(attach, object.to_owned(), reason).undone_by(undo.clone()));
    }
}

/// The name of a partition's part of an index: one that no other index of the partition has.
pub(super) fn name_on(partition: &Table, whole: &str) -> String {
    let taken = |name: &String| {
        let indexes = partition.indexes.iter().filter_map(|it| it.name.as_ref());
        let keys = partition
            .constraints
            .iter()
            .filter_map(|it| it.name.as_ref());
        indexes.chain(keys).any(|it| it == name)
    };
    let numbered = (0..).map(|number| match number {
        0 => object_name(&partition.name.name, whole, ""),
        number => object_name(&partition.name.name, whole, &number.to_string()),
    });
    let mut free = numbered.filter(|it| !taken(it));
    free.next().unwrap_or_default()
}

pub(crate) fn dropped(situation: &Situation<'_>, change: &Change) -> Outcome {
    let (Entity::Index(table, _), Some(Definition::Index(index))) = (&change.entity, &change.from)
    else {
        return Outcome::Left;
    };
    let mut steps = Vec::new();
    drop(situation, table, change, &mut steps);
    let deploy = if index.invalid {
        Deploy::Expand
    } else {
        Deploy::Contract
    };
    let steps = steps.into_iter().map(|it| it.deployed(deploy));
    Outcome::Steps(apart(steps), deploy)
}

fn drop(situation: &Situation<'_>, table: &Name, change: &Change, out: &mut Vec<Step>) {
    let before = situation.from.table(table);
    let is_partitioned = before.is_some_and(|it| it.partition_by.is_some());
    // of a table that is made again, this is the old one
    let is_small = match before {
        Some(_) => situation.has_few_rows(table),
        None => situation.is_small(table),
    };
    let concurrently = !is_small && !is_partitioned;
    for sql in &change.statements {
        let reason = "the old program may still need the index";
        out.push(if concurrently && sql.starts_with("drop index") {
            let sql = with_word(sql, "index", "concurrently");
            Step::ddl(sql, object(change), reason).of_kind(Kind::ConcurrentDrop)
        } else {
            Step::ddl(sql.clone(), object(change), reason)
        });
    }
    if let Some(step) = out.last_mut().filter(|_| !change.statements.is_empty()) {
        step.undo = situation.way_back(change);
    }
}

/// An index that becomes another: the new one is built beside the old.
pub(crate) fn replaced(situation: &Situation<'_>, changes: &[&Change]) -> Option<Outcome> {
    let find = |action: Action| {
        changes
            .iter()
            .find(|it| it.action == action && matches!(it.entity, Entity::Index(..)))
    };
    let (old, new) = (find(Action::Drop)?, find(Action::Create)?);
    let (Entity::Index(table, name), Some(Definition::Index(index))) = (&new.entity, &new.to)
    else {
        return None;
    };
    let of_it = |it: &&&Change| match &it.entity {
        Entity::Comment(of) => **of == new.entity,
        other => *other == new.entity,
    };
    let is_alone = changes.iter().filter(of_it).count() == changes.len();
    if !is_alone || situation.is_small(table) {
        return None;
    }
    let other = aside(name);
    let mut steps = Vec::new();
    build(situation, table, &other, index, &object(new), &mut steps);
    // a rule that the old program does not know
    let begin = if index.unique {
        Deploy::Contract
    } else {
        Deploy::Expand
    };
    let begun = apart(deployed(steps, begin));
    let mut steps = Vec::new();
    drop(situation, table, old, &mut steps);
    steps.push(renamed(table, &other, name, &object(new)));
    partitioned::rename_indexes(situation, table, (&other, name), &object(new), &mut steps);
    let rest = changes
        .iter()
        .filter(|it| !matches!(it.entity, Entity::Index(..)));
    steps.extend(rest.flat_map(|it| plain(it, "it changes the catalog alone")));
    let more = new.statements.iter().skip(1);
    steps.extend(more.map(|sql| quick(sql, new)));
    let ended = apart(deployed(steps, Deploy::Contract));
    let forms = begun.into_iter().chain(ended).collect();
    Some(Outcome::Steps(forms, Deploy::Contract))
}
