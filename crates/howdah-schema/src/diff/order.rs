//! In which order changes are made, and which must be made together.
//!
//! No IO. Invariant: an entity is there when it is needed, and whatever needs it has gone before it goes; where that
//! would go round in a circle, the kind decides.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::changes::{Changes, Draft};
use super::entity::Entity;
use super::{Action, Aspect, Change};

/// The changes in their order, each with its group and with the places of those that it comes after.
pub(super) fn ordered(changes: &Changes<'_>) -> Vec<Change> {
    let drafts = changes.drafts();
    let edges = edges(&drafts, &changes.hard);
    let groups = groups(&drafts, &edges);
    let changed_over = changed_over(&drafts, &groups);
    let ranks: Vec<u32> = drafts.iter().map(|it| rank(&it.change)).collect();
    let order = arranged(&edges, &groups, &ranks);
    let mut place = vec![0; drafts.len()];
    for (position, draft) in order.iter().enumerate() {
        if let Some(it) = place.get_mut(*draft) {
            *it = position;
        }
    }
    let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); drafts.len()];
    for (first, seconds) in edges.iter().enumerate() {
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

/// For each change those that come after it.
fn edges(drafts: &[Draft], hard: &BTreeSet<Entity>) -> Vec<BTreeSet<usize>> {
    let mut edges = vec![BTreeSet::new(); drafts.len()];
    let mut link = |first: usize, second: usize| {
        if let Some(it) = edges.get_mut(first).filter(|_| first != second) {
            it.insert(second);
        }
    };
    let known = Known::of(drafts);
    for (place, draft) in drafts.iter().enumerate() {
        if draft.change.aspect == Some(Aspect::DetachPartition) {
            // what it has from its parent cannot be changed before
            let relation = draft.change.entity.relation();
            let parts = drafts.iter().enumerate().filter(|(_, it)| {
                it.change.entity.relation() == relation && it.alters != draft.alters
            });
            parts.for_each(|(part, _)| link(place, part));
        }
        if guards(draft) {
            // switched on behind its policies, and off before they go: else nobody sees a row meanwhile
            let relation = draft.change.entity.relation();
            let policies = drafts
                .iter()
                .enumerate()
                .filter(|(_, it)| is_policy(it) && it.change.entity.relation() == relation);
            policies.for_each(|(policy, it)| match it.change.action {
                Action::Drop => link(place, policy),
                Action::Create | Action::Alter | Action::Rename => link(policy, place),
            });
        }
        if matches!(&draft.change.entity, Entity::Other("default privileges", _)) {
            // what is made while they count has them
            let made = drafts.iter().enumerate().filter(|(_, it)| makes_object(it));
            made.for_each(|(made, _)| match draft.change.action {
                Action::Drop => link(place, made),
                Action::Create | Action::Alter | Action::Rename => link(made, place),
            });
        }
        let joined = draft.joins.iter().filter_map(|it| known.droppers.get(it));
        joined.chain(&draft.follows).for_each(|it| link(*it, place));
        for entity in draft.needs.iter().chain(&draft.mentions) {
            if let Some(maker) = known.makers.get(entity) {
                link(*maker, place);
            }
            let is_new_value = matches!(entity, Entity::Type(_));
            if draft.alters.is_none() || hard.contains(entity) || is_new_value {
                let alterers = known.alterers.get(entity).into_iter().flatten();
                let ahead = alterers
                    .filter(|it| !is_policy(draft) || !drafts.get(**it).is_some_and(guards));
                ahead.for_each(|it| link(*it, place));
            }
        }
        for entity in &draft.releases {
            if let Some(dropper) = known.droppers.get(entity) {
                link(place, *dropper);
            }
            let gives_way = !draft.drops.is_empty()
                && (hard.contains(entity)
                    || matches!(
                        draft.change.entity,
                        Entity::Constraint(..) | Entity::Default(..)
                    ));
            let lets_go =
                draft.alters.is_some() && hard.contains(entity) && !draft.needs.contains(entity);
            if gives_way || lets_go {
                let is_default = matches!(draft.change.entity, Entity::Default(..));
                let is_free = is_default && !hard.contains(entity);
                let alterers = known.alterers.get(entity).into_iter().flatten();
                let alterers =
                    alterers.filter(|it| !is_free || drafts.get(**it).is_some_and(minds_default));
                alterers.for_each(|it| link(place, *it));
            }
        }
        if let Some(whole) = table_grants(draft) {
            // revoking a right on a table takes it from its columns, too
            let alterers = known.alterers.get(&whole).into_iter().flatten();
            let before = alterers.chain(known.droppers.get(&whole));
            before.for_each(|it| link(*it, place));
        }
        for whole in granted_columns(draft) {
            // on the way back, the columns are there again when the table's rights are changed
            let alterers = known.alterers.get(&whole).into_iter().flatten();
            let makers = known.makers.get(&whole).into_iter();
            let before = alterers.chain(makers).chain(known.droppers.get(&whole));
            before.for_each(|it| link(*it, place));
        }
        let freed = draft.frees.iter().filter_map(|it| known.takers.get(it));
        freed.flatten().for_each(|it| link(place, *it));
        for entity in &draft.drops {
            if let Some(maker) = known.makers.get(entity) {
                link(place, *maker);
            }
            let name = entity.occupies().map(owned);
            for maker in name
                .and_then(|it| known.takers.get(&it))
                .into_iter()
                .flatten()
            {
                link(place, *maker);
            }
        }
    }
    edges
}

/// Whether it is refused as long as the column has a default.
fn minds_default(draft: &Draft) -> bool {
    matches!(
        draft.change.aspect,
        Some(Aspect::Type | Aspect::AddIdentity)
    )
}

/// Whether it switches row security.
fn guards(draft: &Draft) -> bool {
    matches!(
        draft.change.aspect,
        Some(Aspect::RowSecurity | Aspect::ForceRowSecurity)
    )
}

/// Whether it makes something that has rights of its own.
fn makes_object(draft: &Draft) -> bool {
    let entity = &draft.change.entity;
    draft.change.action == Action::Create
        && matches!(
            entity,
            Entity::Schema(_)
                | Entity::Relation(_)
                | Entity::Routine(..)
                | Entity::Type(_)
                | Entity::Sequence(_)
        )
}

fn is_policy(draft: &Draft) -> bool {
    matches!(draft.change.entity, Entity::Policy(..))
}

/// The grants on the table, where a change grants something on a column.
fn table_grants(draft: &Draft) -> Option<Entity> {
    let Entity::Grants(owner) = &draft.change.entity else {
        return None;
    };
    let Entity::Column(table, _) = &**owner else {
        return None;
    };
    let whole = Entity::Relation(table.clone());
    draft
        .drops
        .is_empty()
        .then(|| Entity::Grants(Box::new(whole)))
}

/// The grants on tables of which it drops columns with grants of their own.
fn granted_columns(draft: &Draft) -> BTreeSet<Entity> {
    let column = |it: &Entity| match it {
        Entity::Grants(of) => match &**of {
            Entity::Column(table, _) if draft.drops.contains(of) => Some(table.clone()),
            _ => None,
        },
        _ => None,
    };
    let tables = draft.drops.iter().filter_map(column);
    tables
        .map(|table| Entity::Grants(Box::new(Entity::Relation(table))))
        .collect()
}

/// A schema and a name in it.
pub(super) type Occupied = (Option<String>, String);

fn owned((schema, name): (Option<&str>, &str)) -> Occupied {
    (schema.map(str::to_owned), name.to_owned())
}

/// Who does what to whom.
#[derive(Default)]
struct Known<'a> {
    makers: HashMap<&'a Entity, usize>,
    droppers: HashMap<&'a Entity, usize>,
    alterers: HashMap<&'a Entity, Vec<usize>>,
    takers: HashMap<Occupied, Vec<usize>>,
}

impl<'a> Known<'a> {
    fn of(drafts: &'a [Draft]) -> Self {
        let mut known = Self::default();
        for (place, draft) in drafts.iter().enumerate() {
            for entity in &draft.makes {
                known.makers.insert(entity, place);
                if let Some(name) = entity.occupies() {
                    known.takers.entry(owned(name)).or_default().push(place);
                }
            }
            for entity in &draft.drops {
                known.droppers.insert(entity, place);
            }
            if let Some(entity) = &draft.alters {
                known.alterers.entry(entity).or_default().push(place);
            }
        }
        known
    }
}

/// For each change the number of its group: what goes and comes back is one, with everything between.
fn groups(drafts: &[Draft], edges: &[BTreeSet<usize>]) -> Vec<usize> {
    let known = Known::of(drafts);
    let mut pairs = Vec::new();
    for (place, draft) in drafts.iter().enumerate() {
        for entity in &draft.drops {
            pairs.extend(known.makers.get(entity).map(|it| (place, *it)));
            let name = entity.occupies().map(owned);
            let takers = name.and_then(|it| known.takers.get(&it));
            pairs.extend(takers.into_iter().flatten().map(|it| (place, *it)));
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
    let mut next: Vec<BTreeSet<usize>> = edges.to_vec();
    for (drop, make) in pairs {
        for (one, other) in [(drop, make), (make, drop)] {
            next.get_mut(one).into_iter().for_each(|it| {
                it.insert(other);
            });
        }
    }
    circles(&next)
}

/// For each place the least of those that it leads to and that lead back to it.
fn circles(next: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut back: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); next.len()];
    for (first, seconds) in next.iter().enumerate() {
        for second in seconds {
            back.get_mut(*second).into_iter().for_each(|it| {
                it.insert(first);
            });
        }
    }
    let mut finished = Vec::with_capacity(next.len());
    let mut seen = HashSet::new();
    for start in 0..next.len() {
        visit(start, next, &mut seen, &mut finished);
    }
    let mut groups: Vec<usize> = (0..next.len()).collect();
    let mut seen = HashSet::new();
    for start in finished.into_iter().rev() {
        let mut circle = Vec::new();
        visit(start, &back, &mut seen, &mut circle);
        let least = circle.iter().min().copied().unwrap_or(start);
        for place in circle {
            groups.get_mut(place).into_iter().for_each(|it| *it = least);
        }
    }
    groups
}

/// Goes wherever a place leads, and tells the places in the order in which it leaves them.
fn visit(start: usize, next: &[BTreeSet<usize>], seen: &mut HashSet<usize>, left: &mut Vec<usize>) {
    if !seen.insert(start) {
        return;
    }
    let follow = |place: usize| next.get(place).into_iter().flatten();
    let mut path = vec![(start, follow(start))];
    while let Some((place, ways)) = path.last_mut() {
        match ways.find(|it| !seen.contains(*it)) {
            Some(way) => {
                seen.insert(*way);
                path.push((*way, follow(*way)));
            }
            None => {
                left.push(*place);
                path.pop();
            }
        }
    }
}

/// The places in an order in which groups stay together and nothing comes before what it follows.
fn arranged(edges: &[BTreeSet<usize>], groups: &[usize], ranks: &[u32]) -> Vec<usize> {
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for (place, group) in groups.iter().enumerate() {
        members.entry(*group).or_default().push(place);
    }
    let group_of = |place: usize| groups.get(place).copied().unwrap_or(place);
    let rank_of = |place: usize| ranks.get(place).copied().unwrap_or_default();
    let heads: Vec<usize> = {
        let all: BTreeSet<usize> = groups.iter().copied().collect();
        all.into_iter().collect()
    };
    let between = |head: usize| -> BTreeSet<usize> {
        let inside = members.get(&head).into_iter().flatten();
        let next = inside.filter_map(|it| edges.get(*it)).flatten();
        next.map(|it| group_of(*it))
            .filter(|it| *it != head)
            .collect()
    };
    let group_rank = |head: usize| match members.get(&head).map(Vec::as_slice) {
        Some([only]) => rank_of(*only),
        _ => RECREATED,
    };
    let mut order = Vec::with_capacity(edges.len());
    for head in topological(&heads, between, group_rank) {
        let inside = members.get(&head).cloned().unwrap_or_default();
        let own: HashSet<usize> = inside.iter().copied().collect();
        let next = |place: usize| -> BTreeSet<usize> {
            let all = edges.get(place).into_iter().flatten();
            all.filter(|it| own.contains(it)).copied().collect()
        };
        order.extend(topological(&inside, next, rank_of));
    }
    order
}

/// Each after those that lead to it, the lowest rank first where there is a choice, and in a circle.
fn topological(
    places: &[usize],
    next: impl Fn(usize) -> BTreeSet<usize>,
    rank: impl Fn(usize) -> u32,
) -> Vec<usize> {
    let next: HashMap<usize, BTreeSet<usize>> = places.iter().map(|it| (*it, next(*it))).collect();
    let mut waiting: HashMap<usize, usize> = places.iter().map(|it| (*it, 0)).collect();
    for second in next.values().flatten() {
        *waiting.entry(*second).or_default() += 1;
    }
    let key = |place: usize| (rank(place), place);
    let mut left: BTreeSet<(u32, usize)> = places.iter().map(|it| key(*it)).collect();
    let is_ready = |it: &&(u32, usize)| waiting.get(&it.1) == Some(&0);
    let mut ready: BTreeSet<(u32, usize)> = left.iter().filter(is_ready).copied().collect();
    let mut order = Vec::with_capacity(places.len());
    while let Some(it) = ready.pop_first().or_else(|| left.first().copied()) {
        left.remove(&it);
        order.push(it.1);
        for second in next.get(&it.1).into_iter().flatten() {
            let count = waiting.entry(*second).or_default();
            *count = count.saturating_sub(1);
            if *count == 0 && left.contains(&key(*second)) {
                ready.insert(key(*second));
            }
        }
    }
    order
}

/// What is dropped and made again comes after what is only added, and before what goes for good.
const RECREATED: u32 = 45;

fn rank(change: &Change) -> u32 {
    let kind = kind_rank(&change.entity);
    match change.action {
        Action::Rename => 3,
        Action::Create => kind,
        Action::Alter => 26,
        Action::Drop => 100 - kind,
    }
}

fn kind_rank(entity: &Entity) -> u32 {
    match entity {
        Entity::Schema(_) => 0,
        Entity::Extension(_) => 1,
        Entity::Server(_) => 2,
        Entity::Type(_) | Entity::Former(_) => 20,
        Entity::Sequence(_) => 21,
        Entity::Routine(..) => 22,
        Entity::Relation(_) => 24,
        Entity::Column(..) => 25,
        Entity::Default(..) => 27,
        Entity::OwnedBy(_) => 28,
        Entity::Index(..) => 30,
        Entity::Constraint(..) => 31,
        Entity::ReplicaIdentity(_) => 33,
        Entity::Trigger(..) => 36,
        Entity::Policy(..) => 37,
        Entity::Other("collation", _) => 3,
        Entity::Other("owner" | "state of trigger", _) => 38,
        Entity::Other("statistics" | "rule" | "clustering", _) => 35,
        Entity::Other("publication" | "published" | "default privileges", _) => 41,
        // they would fire at everything else
        Entity::Other("event trigger", _) => 42,
        Entity::Other(..) => 23,
        Entity::Comment(_) => 39,
        Entity::Grants(_) => 40,
    }
}
