//! Constraints: added unproven and then proven, keys by an index that is there. No IO.

use super::index;
use super::leftover::{State, aside};
use super::units::{Outcome, apart, constraint_of, deployed, object, plain};
use super::{Deploy, Kind, Question, Situation, Step, partitioned};
use crate::ddl;
use crate::diff::{Action, Change, Entity};
use crate::identifiers::quoted;
use crate::value::{Constraint, ConstraintKind, Element, Index, Name};

pub(crate) fn created(situation: &Situation<'_>, change: &Change) -> Outcome {
    let (Entity::Constraint(table, _), Some(it)) =
        (&change.entity, constraint_of(change.to.as_ref()))
    else {
        return Outcome::Left;
    };
    let is_quick = it.not_valid || it.not_enforced;
    // of columns that are there, the old program does not know the rule
    let is_new = is_about_new_columns(situation, table, it);
    if is_quick || situation.is_made(table) || is_small(situation, table, it) {
        let reason = if is_quick {
            "rows that are there are not read"
        } else {
            "the table is new or small: its rows are read at once"
        };
        let deploy = if is_new {
            Deploy::Expand
        } else {
            Deploy::Contract
        };
        return Outcome::Steps(vec![deployed(plain(change, reason), deploy)], deploy);
    }
    let mut steps = Vec::new();
    let ready = match &it.kind {
        ConstraintKind::Check { .. } | ConstraintKind::ForeignKey { .. } => {
            prove_later(situation, table, it, &object(change), &mut steps);
            Deploy::Migrate
        }
        ConstraintKind::PrimaryKey {
            without_overlaps: false,
            ..
        }
        | ConstraintKind::Unique {
            without_overlaps: false,
            ..
        } => {
            key(situation, table, it, &object(change), &mut steps);
            Deploy::Expand
        }
        _ => return asked(situation, change, is_new),
    };
    if is_new {
        return Outcome::Steps(apart(steps), ready);
    }
    let steps = deployed(steps, Deploy::Contract);
    Outcome::Steps(apart(steps), Deploy::Contract)
}

/// What reads the table under a lock has no other form.
fn asked(situation: &Situation<'_>, change: &Change, is_new: bool) -> Outcome {
    let deploy = if is_new {
        Deploy::Expand
    } else {
        Deploy::Contract
    };
    let id = format!("block {}", object(change));
    match situation.options.answers.get(&id).map(String::as_str) {
        Some("block") => {
            let reason = "it was answered that readers and writers may wait";
            Outcome::Steps(vec![deployed(plain(change, reason), deploy)], deploy)
        }
        Some("keep") => Outcome::Left,
        _ => {
            let question = Question::new(
                id,
                object(change),
                "may readers and writers wait while its index is built?".to_owned(),
                "an exclusion constraint has no form that lets them go on".to_owned(),
            );
            let question = question
                .answer("block", "build it at once")
                .answer("keep", "leave it out");
            Outcome::Asked(question)
        }
    }
}

/// Whether the old program writes none of its columns.
fn is_about_new_columns(situation: &Situation<'_>, table: &Name, it: &Constraint) -> bool {
    let columns = crate::diff::columns_of(&it.kind);
    let texts = crate::diff::texts_of(&it.kind);
    are_new(situation, table, &columns, &texts)
}

/// Whether the table had neither the columns nor those that the texts name.
pub(super) fn are_new(
    situation: &Situation<'_>,
    table: &Name,
    columns: &[&String],
    texts: &[&str],
) -> bool {
    let Some(before) = situation.from.table(table) else {
        return true;
    };
    let words: Vec<String> = texts.iter().flat_map(|it| ddl::words(it)).collect();
    let own = before.columns.iter().map(|it| &it.name);
    // a parent's columns are not listed
    let inherits = before.partition_of.is_some() || !before.inherits.is_empty();
    let mut own = own.filter(|it| columns.contains(it) || words.contains(it));
    own.next().is_none() && !inherits
}

/// A foreign key reads the other table, too.
fn is_small(situation: &Situation<'_>, table: &Name, it: &Constraint) -> bool {
    let other = match &it.kind {
        ConstraintKind::ForeignKey { references, .. } => situation.is_small(references),
        _ => true,
    };
    situation.is_small(table) && other
}

/// Added without reading rows, and proven while readers and writers go on.
pub(super) fn prove_later(
    situation: &Situation<'_>,
    table: &Name,
    it: &Constraint,
    object: &str,
    out: &mut Vec<Step>,
) {
    let is_foreign_key = matches!(it.kind, ConstraintKind::ForeignKey { .. });
    let whole = situation.is_partitioned(table);
    if whole && is_foreign_key && situation.options.server_version < 180_000 {
        // before 18 that of a partitioned table cannot wait for its proof: it takes over the proven ones of its partitions
        for partition in situation.partitions(table) {
            prove_later(situation, &partition.name, it, object, out);
        }
        let sql = format!(
            "alter table {table} add {}",
            ddl::constraint::definition(it)
        );
        let reason = "the partitions have proven it already";
        let drop = dropped_if_there(table, it);
        let step = Step::ddl(sql, object.to_owned(), reason).undone_by(drop);
        out.push(step.deployed(Deploy::Migrate));
        return;
    }
    let unproven = Constraint {
        not_valid: true,
        ..it.clone()
    };
    let add = format!(
        "alter table {table} add {}",
        ddl::constraint::definition(&unproven)
    );
    let own = (table.clone(), it.name.clone().unwrap_or_default());
    let left = situation.leftovers.get(&own);
    if left == Some(&State::Done) {
        return;
    }
    if left == Some(&State::Unproven) {
        out.push(proof(table, it, object));
        return;
    }
    let reason = "new rows keep it from now on; those that are there are not read";
    let step = Step::ddl(add, object.to_owned(), reason);
    out.push(step.undone_by(dropped_if_there(table, it)));
    out.push(proof(table, it, object));
}

/// Reads the rows that were there before the constraint.
pub(super) fn proof(table: &Name, it: &Constraint, object: &str) -> Step {
    let name = quoted(it.name.as_deref().unwrap_or_default());
    let sql = format!("alter table {table} validate constraint {name}");
    let reason = "rows are read while readers and writers go on";
    let step = Step::ddl(sql, object.to_owned(), reason);
    let step = step.of_kind(Kind::Validate).deployed(Deploy::Migrate);
    step.goes_along()
}

/// That of a partition goes with that of the whole.
pub(super) fn dropped_if_there(table: &Name, it: &Constraint) -> String {
    let name = quoted(it.name.as_deref().unwrap_or_default());
    format!("alter table {table} drop constraint if exists {name}")
}

/// A key takes an index that was built while writers went on.
fn key(
    situation: &Situation<'_>,
    table: &Name,
    it: &Constraint,
    object: &str,
    out: &mut Vec<Step>,
) {
    let name = it.name.as_deref().unwrap_or_default();
    let Some(index) = index_of(it) else { return };
    if situation.is_partitioned(table) {
        partitioned::key(situation, table, it, object, out);
        out.push(partitioned::guard(table, name, object));
        return;
    }
    index::build_for_key(situation, table, name, &index, object, out);
    out.push(use_index(table, it, name, object));
}

pub(super) fn use_index(table: &Name, it: &Constraint, index: &str, object: &str) -> Step {
    let word = match it.kind {
        ConstraintKind::PrimaryKey { .. } => "primary key",
        _ => "unique",
    };
    let name = quoted(it.name.as_deref().unwrap_or_default());
    let deferral = ddl::constraint::deferral(it.deferral);
    let index = quoted(index);
    let sql =
        format!("alter table {table} add constraint {name} {word} using index {index}{deferral}");
    let reason = "the index is there already: the key takes it";
    Step::ddl(sql, object.to_owned(), reason).undone_by(dropped_if_there(table, it))
}

/// The index that a key takes.
pub(super) fn index_of(it: &Constraint) -> Option<Index> {
    let (columns, include, options, nulls_not_distinct) = match &it.kind {
        ConstraintKind::PrimaryKey {
            columns,
            include,
            options,
            ..
        } => (columns, include, options, false),
        ConstraintKind::Unique {
            columns,
            include,
            options,
            nulls_not_distinct,
            ..
        } => (columns, include, options, *nulls_not_distinct),
        _ => return None,
    };
    let element = |column: &String| Element {
        column: Some(column.clone()),
        ..Default::default()
    };
    Some(Index {
        unique: true,
        nulls_not_distinct,
        elements: columns.iter().map(element).collect(),
        include: include.clone(),
        options: options.clone(),
        tablespace: it.tablespace.clone(),
        ..Default::default()
    })
}

/// A constraint that becomes another under the same name: the new one is proven before the old one goes.
pub(crate) fn replaced(situation: &Situation<'_>, changes: &[&Change]) -> Option<Outcome> {
    let new = changes.iter().find(|it| it.action == Action::Create)?;
    let (Entity::Constraint(table, name), Some(it)) = (&new.entity, constraint_of(new.to.as_ref()))
    else {
        return None;
    };
    let of_it = |it: &&&Change| match &it.entity {
        Entity::Comment(of) => **of == new.entity,
        other => *other == new.entity,
    };
    let old = changes
        .iter()
        .find(|it| it.action == Action::Drop && it.entity == new.entity)?;
    let is_alone = changes.iter().filter(of_it).count() == changes.len();
    if !is_alone || is_small(situation, table, it) || it.not_valid || it.not_enforced {
        return None;
    }
    let own = quoted(name);
    let mut steps = Vec::new();
    let other = aside(name);
    let mut last: Vec<Step> = plain(old, "the new one takes its place in the same transaction");
    if let Some(step) = last.last_mut() {
        step.undo = situation.way_back(old);
    }
    match &it.kind {
        ConstraintKind::Check { .. } | ConstraintKind::ForeignKey { .. } => {
            let under = Constraint {
                name: Some(other.clone()),
                ..(*it).clone()
            };
            prove_later(situation, table, &under, &object(new), &mut steps);
            let quoted_other = quoted(&other);
            let rename = format!("alter table {table} rename constraint {quoted_other} to {own}");
            let back = format!("alter table {table} rename constraint {own} to {quoted_other}");
            let reason = "the new one takes the name of the old one";
            last.push(Step::ddl(rename, object(new), reason).undone_by(back));
            if matches!(it.kind, ConstraintKind::ForeignKey { .. }) {
                let names = (other.as_str(), name.as_str());
                partitioned::rename_keys(situation, table, names, &object(new), &mut last);
            }
        }
        ConstraintKind::PrimaryKey {
            without_overlaps: false,
            ..
        }
        | ConstraintKind::Unique {
            without_overlaps: false,
            ..
        } => {
            let (index, what) = (index_of(it)?, object(new));
            if situation.is_partitioned(table) {
                partitioned::waiting(situation, table, &other, &index, &what, &mut steps);
                partitioned::taken(situation, table, it, &other, &what, &mut last);
                last.push(partitioned::guard(table, name, &what));
            } else {
                index::build_for_key(situation, table, &other, &index, &what, &mut steps);
                last.push(use_index(table, it, &other, &what));
            }
        }
        _ => return None,
    }
    let comments = changes
        .iter()
        .filter(|it| matches!(it.entity, Entity::Comment(_)));
    last.extend(comments.flat_map(|it| plain(it, "it changes the catalog alone")));
    let mut forms = apart(deployed(steps, Deploy::Contract));
    forms.push(deployed(last, Deploy::Contract));
    Some(Outcome::Steps(forms, Deploy::Contract))
}
