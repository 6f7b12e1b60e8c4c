//! In which order changes are made, and which must be made together.
//!
//! ```text
//!   rules: what comes after what ── groups: what must be together ── graph: all in a line, by rank where nothing else decides
//! ```
//!
//! No IO. Invariant: an entity is there when it is needed, and whatever needs it has gone before it goes; what went
//! because of several changes comes back after the last of them. Where that would go round in a circle, the kind decides.

mod graph;
mod rank;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use super::changes::Changes;
use super::draft::Draft;
use super::entity::Entity;
use super::{Aspect, Change};
use graph::{Edges, arranged, circles};
use rules::Known;

pub(super) use rules::Occupied;

/// The changes in their order, each with its group and with the places of those that it comes after.
pub(super) fn ordered(changes: &Changes<'_>) -> Vec<Change> {
    let drafts = changes.drafts();
    let edges = rules::edges(&drafts, &changes.hard);
    let groups = groups(&drafts, &changes.hard, &edges);
    let changed_over = changed_over(&drafts, &groups);
    let ranks: Vec<u32> = drafts.iter().map(|it| rank::rank(&it.change)).collect();
    let order = arranged(&edges, &groups, &ranks);
    let mut place = vec![0; drafts.len()];
    for (position, draft) in order.iter().enumerate() {
        if let Some(it) = place.get_mut(*draft) {
            *it = position;
        }
    }
    let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); drafts.len()];
    for (first, seconds) in edges.all().iter().enumerate() {
        for second in seconds {
            if let (Some(it), Some(first), Some(own)) =
                (after.get_mut(*second), place.get(first), place.get(*second))
                && first < own
            {
                it.insert(*first);
            }
        }
    }
    let mut all: Vec<(usize, Change)> = Vec::with_capacity(drafts.len());
    for (draft, (it, after)) in drafts.into_iter().zip(after).enumerate() {
        let mut change = it.change;
        change.after = after.into_iter().collect();
        change.group = groups.get(draft).copied().unwrap_or(draft);
        all.push((place.get(draft).copied().unwrap_or_default(), change));
    }
    all.sort_by_key(|(place, _)| *place);
    let mut all: Vec<Change> = all.into_iter().map(|(_, change)| change).collect();
    for (group, entities) in changed_over {
        // a type that has stepped aside does so on the way back, too
        let members = all.iter_mut().rev().filter(|it| it.group == group);
        for (place, change) in members.enumerate() {
            let whole = (place == 0).then(|| changes.taken_back(&entities));
            change.undo = whole.unwrap_or_else(|| Some(Vec::new()));
        }
    }
    all
}

/// The groups in which a type steps aside under another name, with all that they change.
fn changed_over(drafts: &[Draft], groups: &[usize]) -> BTreeMap<usize, BTreeSet<Entity>> {
    let is_former = |it: &Draft| matches!(it.change.entity, Entity::Former(_));
    let all = || drafts.iter().zip(groups);
    let with = all().filter(|(it, _)| is_former(it));
    let mut found: BTreeMap<usize, BTreeSet<Entity>> =
        with.map(|(_, group)| (*group, BTreeSet::new())).collect();
    for (draft, group) in all().filter(|(it, _)| !is_former(it)) {
        if let Some(entities) = found.get_mut(group) {
            let concerned = draft.drops.iter().chain(&draft.makes).chain(&draft.alters);
            entities.extend(concerned.cloned());
        }
    }
    found
}

/// For each change the number of its group: what goes and comes back is one, with everything between.
fn groups(drafts: &[Draft], hard: &BTreeSet<Entity>, edges: &Edges) -> Vec<usize> {
    let known = Known::of(drafts, hard);
    let mut pairs = Vec::new();
    for (place, draft) in drafts.iter().enumerate() {
        for entity in &draft.drops {
            pairs.extend(known.makers.get(entity).map(|it| (place, *it)));
            pairs.extend(known.takers_of(entity).map(|it| (place, *it)));
        }
        let joined = draft.joins.iter().filter_map(|it| known.droppers.get(it));
        pairs.extend(joined.map(|it| (*it, place)));
        if draft.change.aspect == Some(Aspect::DetachPartition) {
            // its rows are the parent's before and after, and meanwhile
            let again = drafts.iter().position(|it| {
                it.change.aspect == Some(Aspect::AttachPartition)
                    && it.change.entity == draft.change.entity
            });
            pairs.extend(again.map(|it| (place, it)));
        }
        if draft.change.aspect == Some(Aspect::AdvanceIdentity) {
            // numbers must be set before anybody takes one
            pairs.extend(draft.follows.map(|it| (it, place)));
        }
        if matches!(draft.change.entity, Entity::Former(_)) {
            let begins = draft.needs.iter().filter_map(|it| known.makers.get(it));
            pairs.extend(begins.map(|it| (place, *it)));
        }
    }
    // with a way back from each end, what is between goes round in a circle
    let mut next = edges.all().to_vec();
    for (drop, make) in pairs {
        for (one, other) in [(drop, make), (make, drop)] {
            next.get_mut(one).into_iter().for_each(|it| {
                it.insert(other);
            });
        }
    }
    circles(&next)
}
