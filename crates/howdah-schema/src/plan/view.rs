//! Views that are made again, with what rests on them. No IO.
//!
//! A materialized view is computed under another name, and takes its place in a moment.

use std::collections::BTreeSet;

use super::leftover::aside;
use super::units::{Form, Outcome, apart, deployed, object, plain};
use super::{Deploy, Question, Situation, Step};
use crate::ddl;
use crate::diff::{Action, Change, Definition, Entity};
use crate::identifiers::quoted;
use crate::value::{Index, Name, View};

/// The form of changes that only views are part of.
pub(crate) fn replaced(situation: &Situation<'_>, changes: &[&Change]) -> Option<Outcome> {
    let again = made_again(changes);
    if again.is_empty() || !changes.iter().all(|it| is_of_views(situation, it)) {
        return None;
    }
    let deploy = match deploy(situation, changes, &again) {
        Ok(deploy) => deploy,
        Err(question) => return Some(Outcome::Asked(*question)),
    };
    let computed: Vec<(&Change, &View)> = again
        .iter()
        .filter_map(|it| Some((*it, computed(situation, it)?)))
        .collect();
    let names: BTreeSet<&str> = again.iter().map(|it| name(it)).collect();
    // what is computed of another that changes along with it has to wait for that
    let waits = computed.iter().any(|(_, it)| {
        let mut words = ddl::words(&it.query);
        words.any(|word| word != it.name.name && names.contains(&*word))
    });
    if waits {
        return None;
    }
    let mut forms = Vec::new();
    for (change, view) in &computed {
        forms.extend(beside(situation, changes, change, view));
    }
    let swapped = changes.iter().flat_map(|it| swap(it, &computed));
    forms.push(swapped.collect());
    let forms = forms.into_iter();
    let forms = forms.map(|it| deployed(it, deploy)).collect();
    Some(Outcome::Steps(forms, deploy))
}

/// Why readers would wait for long while a materialized view is made again.
pub(crate) fn hazard<'a>(
    situation: &Situation<'_>,
    change: &'a Change,
) -> Option<(&'a Change, String)> {
    let is_made = change.action == Action::Create && change.is_made_again;
    let view = computed(situation, change).filter(|_| is_made)?;
    let reason = format!(
        "the query of `{}` would run while nobody can read it",
        view.name
    );
    Some((change, reason))
}

/// Whether views among the changes lose columns that the old program may ask for.
pub(crate) fn lose_columns(situation: &Situation<'_>, changes: &[&Change]) -> bool {
    let again = made_again(changes);
    again.iter().any(|it| !lost(situation, it).is_empty())
}

fn made_again<'a>(changes: &[&'a Change]) -> Vec<&'a Change> {
    let is_view = |it: &&&Change| matches!(it.to, Some(Definition::View(_)));
    let created = changes
        .iter()
        .filter(|it| it.action == Action::Create && it.is_made_again);
    created.filter(is_view).copied().collect()
}

fn name(change: &Change) -> &str {
    change.entity.relation().map_or("", |it| &it.name)
}

fn is_of_views(situation: &Situation<'_>, change: &Change) -> bool {
    const QUICK: [&str; 5] = ["rule", "clustering", "statistics", "comment", "owner"];
    match &change.entity {
        Entity::Other(kind, _) => QUICK.contains(kind),
        entity => entity.relation().is_some_and(|name| {
            let all = situation.from.views.iter().chain(&situation.to.views);
            all.into_iter().any(|it| it.name == *name)
        }),
    }
}

/// The materialized view that a change makes, where that takes time.
fn computed<'a>(situation: &Situation<'_>, change: &'a Change) -> Option<&'a View> {
    let rows = situation.rows(change.entity.relation()?);
    let is_small = rows.is_some_and(|it| it <= situation.options.small_rows);
    match &change.to {
        Some(Definition::View(it)) if it.materialized && !it.without_data && !is_small => Some(it),
        _ => None,
    }
}

fn view<'a>(all: &'a [View], change: &Change) -> Option<&'a View> {
    all.iter()
        .find(|it| Some(&it.name) == change.entity.relation())
}

/// The columns that one has and the other has not.
fn missing(from: Option<&View>, to: Option<&View>) -> Vec<String> {
    let (Some(from), Some(to)) = (from, to) else {
        return Vec::new();
    };
    // of a view that no server has seen, they are not known
    let stays = |name: &str| to.columns.is_empty() || to.columns.iter().any(|it| it.name == name);
    let columns = from.columns.iter().map(|it| it.name.clone());
    columns.filter(|it| !stays(it)).collect()
}

fn lost(situation: &Situation<'_>, change: &Change) -> Vec<String> {
    let (from, to) = (&situation.from.views, &situation.to.views);
    missing(view(from, change), view(to, change))
}

/// When views are exchanged: one that only loses columns, when the old program is gone.
fn deploy(
    situation: &Situation<'_>,
    changes: &[&Change],
    again: &[&Change],
) -> Result<Deploy, Box<Question>> {
    if !lose_columns(situation, changes) {
        return Ok(Deploy::Expand);
    }
    let (from, to) = (&situation.from.views, &situation.to.views);
    let torn = again.iter().find_map(|it| {
        let gained = missing(view(to, it), view(from, it));
        let lost = lost(situation, it);
        (!gained.is_empty() && !lost.is_empty()).then_some((it, gained, lost))
    });
    let Some((change, gained, lost)) = torn else {
        return Ok(Deploy::Contract);
    };
    let id = format!("replace {}", object(change));
    match situation.options.answers.get(&id).map(String::as_str) {
        Some("contract") => Ok(Deploy::Contract),
        Some("expand") => Ok(Deploy::Expand),
        _ => {
            let question = Question::new(
                id,
                object(change),
                "is it exchanged before the new program comes, or after the old one is gone?"
                    .to_owned(),
                format!(
                    "it loses `{}` and gets `{}`",
                    lost.join("`, `"),
                    gained.join("`, `")
                ),
            );
            let question = question
                .answer(
                    "contract",
                    "after: the new program does without what it gets",
                )
                .answer(
                    "expand",
                    "before: the old program does without what it loses",
                );
            Err(Box::new(question))
        }
    }
}

/// The view with its indexes, under another name.
fn beside(
    situation: &Situation<'_>,
    changes: &[&Change],
    change: &Change,
    view: &View,
) -> Vec<Form> {
    let other = waiting(&view.name);
    let drop = format!("drop materialized view {other}");
    let mut steps = Vec::new();
    if situation
        .leftovers
        .contains_key(&(view.name.clone(), other.name.clone()))
    {
        let reason = "what an interrupted run has computed may be old";
        steps.push(Step::ddl(drop.clone(), object(change), reason));
    }
    let under = View {
        name: other.clone(),
        ..view.clone()
    };
    let reason = "it is computed while the old one is read";
    let create = Step::ddl(ddl::view::create(&under), object(change), reason);
    steps.push(create.undone_by(drop));
    for index in indexes(changes, &view.name) {
        let under = Index {
            name: Some(aside(index.name.as_deref().unwrap_or_default())),
            ..index.clone()
        };
        let reason = "nothing uses yet what is made";
        let sql = ddl::index::create(&other, &under);
        let drop = other.sibling(under.name.as_deref().unwrap_or_default());
        let step = Step::ddl(sql, object(change), reason);
        steps.push(step.undone_by(format!("drop index {drop}")));
    }
    apart(steps)
}

/// Under which name a materialized view waits.
pub(super) fn waiting(name: &Name) -> Name {
    name.sibling(aside(&name.name))
}

/// The indexes that are made again with it.
fn indexes<'a>(changes: &[&'a Change], name: &Name) -> Vec<&'a Index> {
    let made = changes
        .iter()
        .filter(|it| it.entity.relation() == Some(name));
    let indexes = made.filter_map(|it| match &it.to {
        Some(Definition::Index(index)) if it.action == Action::Create => Some(&**index),
        _ => None,
    });
    indexes.collect()
}

/// A change in the moment of the exchange: what is there under another name gets its own.
fn swap(change: &Change, computed: &[(&Change, &View)]) -> Vec<Step> {
    let reason = "the new one takes the place of the old one in the same transaction";
    let steps = plain(change, reason);
    let Some(relation) = change
        .entity
        .relation()
        .filter(|_| change.action == Action::Create)
    else {
        return steps;
    };
    if computed.iter().all(|(_, it)| it.name != *relation) {
        return steps;
    }
    let (kind, other, own) = match &change.entity {
        Entity::Relation(name) => ("materialized view", waiting(name), name.clone()),
        Entity::Index(_, name) => (
            "index",
            relation.sibling(aside(name)),
            relation.sibling(name.as_str()),
        ),
        _ => return steps,
    };
    let rename =
        |from: &Name, to: &Name| format!("alter {kind} {from} rename to {}", quoted(&to.name));
    let renamed = Step::ddl(rename(&other, &own), object(change), reason);
    let rest = steps
        .into_iter()
        .skip(1)
        .map(|it| Step { undo: None, ..it });
    std::iter::once(renamed.undone_by(rename(&own, &other)))
        .chain(rest)
        .collect()
}
