//! Which change comes after which, and why: one rule for each reason.
//!
//! No IO. Caller: the order. Invariant: a rule speaks of a change and its neighbours alone; what follows from several of
//! them is the order's matter.

use std::collections::{BTreeSet, HashMap};

use super::super::definition::Definition;
use super::super::draft::Draft;
use super::super::entity::Entity;
use super::super::{Action, Aspect};
use super::graph::Edges;
use crate::value::Name;

/// A reason: what it links with a change.
type Rule = fn(&Known<'_>, &Change<'_>, &mut dyn FnMut(usize, usize));

/// Without these, a server refuses a statement, or it does something else.
const MUST: [Rule; 14] = [
    parts_follow_each_other,
    follows_what_makes_its_needs,
    follows_what_changes_its_needs,
    leaves_before_its_needs_go,
    leaves_before_its_needs_change,
    goes_before_it_comes_back,
    frees_names,
    detached_before_it_changes,
    detached_before_others_join,
    left_before_the_parent_changes,
    default_privileges,
    columns_are_granted_after_tables,
    granted_columns_go_after_tables,
    row_security_and_policies,
];

/// These give way where the others go round in a circle with them.
const SHOULD: [Rule; 2] = [follows_what_it_mentions, rights_after_row_security];

/// For each change those that come after it.
pub(super) fn edges(drafts: &[Draft], hard: &BTreeSet<Entity>) -> Edges {
    let known = Known::of(drafts, hard);
    let mut edges = Edges::between(drafts.len());
    for (place, draft) in drafts.iter().enumerate() {
        let change = Change { place, draft };
        for rule in MUST {
            rule(&known, &change, &mut |first, second| {
                edges.must(first, second);
            });
        }
        for rule in SHOULD {
            rule(&known, &change, &mut |first, second| {
                edges.should(first, second);
            });
        }
    }
    edges
}

/// A change and where it stands among all of them.
struct Change<'a> {
    place: usize,
    draft: &'a Draft,
}

/// What is one change for a person, and what takes the place of something else.
fn parts_follow_each_other(known: &Known<'_>, it: &Change<'_>, link: &mut dyn FnMut(usize, usize)) {
    let joined = it
        .draft
        .joins
        .iter()
        .filter_map(|it| known.droppers.get(it));
    let before = joined.chain(&it.draft.follows);
    before.for_each(|first| link(*first, it.place));
}

fn follows_what_makes_its_needs(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    let makers = it.draft.needs.iter().filter_map(|it| known.makers.get(it));
    makers.for_each(|first| link(*first, it.place));
}

fn follows_what_it_mentions(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    let mentions = it.draft.mentions.iter();
    let makers = mentions.clone().filter_map(|it| known.makers.get(it));
    let alterers = mentions.flat_map(|entity| known.shapers(it.draft, entity));
    makers
        .chain(alterers)
        .for_each(|first| link(*first, it.place));
}

/// What is made, or rests on a type, is made of what its needs have become.
fn follows_what_changes_its_needs(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    let needs = it.draft.needs.iter();
    let alterers = needs.flat_map(|entity| known.shapers(it.draft, entity));
    alterers.for_each(|first| link(*first, it.place));
}

fn leaves_before_its_needs_go(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    let droppers = it
        .draft
        .releases
        .iter()
        .filter_map(|it| known.droppers.get(it));
    droppers.for_each(|second| link(it.place, *second));
}

/// A type does not change below what rests on it.
fn leaves_before_its_needs_change(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    let draft = it.draft;
    let is_default = matches!(draft.change.entity, Entity::Default(..));
    let is_slight = is_default || matches!(draft.change.entity, Entity::Constraint(..));
    for entity in &draft.releases {
        let is_hard = known.hard.contains(entity);
        let gives_way = !draft.drops.is_empty() && (is_hard || is_slight);
        let lets_go = draft.alters.is_some() && is_hard && !draft.needs.contains(entity);
        if gives_way || lets_go {
            let is_free = is_default && !is_hard;
            let alterers = known.alterers(entity);
            let alterers = alterers.filter(|it| !is_free || minds_default(known.draft(**it)));
            alterers.for_each(|second| link(it.place, *second));
        }
    }
}

fn goes_before_it_comes_back(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    for entity in &it.draft.drops {
        let makers = known.makers.get(entity).into_iter();
        let makers = makers.chain(known.takers_of(entity));
        makers.for_each(|second| link(it.place, *second));
    }
}

fn frees_names(known: &Known<'_>, it: &Change<'_>, link: &mut dyn FnMut(usize, usize)) {
    let takers = it.draft.frees.iter().filter_map(|it| known.takers.get(it));
    takers.flatten().for_each(|second| link(it.place, *second));
}

/// What a partition has from its parent cannot be changed before it has left it.
fn detached_before_it_changes(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    if it.draft.change.aspect == Some(Aspect::DetachPartition) {
        let parts = known.of_relation(it.draft.change.entity.relation());
        let parts = parts.filter(|(_, other)| other.alters != it.draft.alters);
        parts.for_each(|(part, _)| link(it.place, part));
    }
}

/// The values that a partition gives up another one may take.
fn detached_before_others_join(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    if it.draft.change.aspect == Some(Aspect::DetachPartition) {
        let others = known.drafts.iter().enumerate();
        let others = others.filter(|(_, other)| joins_parent(other, it.draft));
        others.for_each(|(other, _)| link(it.place, other));
    }
}

/// A partition that becomes a table of its own takes no part in what happens to its parent's columns.
fn left_before_the_parent_changes(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    let change = &it.draft.change;
    let stays_apart =
        matches!(&change.to, Some(Definition::Table(it)) if it.partition_of.is_none());
    if change.aspect != Some(Aspect::DetachPartition) || !stays_apart {
        return;
    }
    let is_column = |it: &Draft| matches!(it.change.entity, Entity::Column(..));
    let parents = it.draft.releases.iter().filter_map(Entity::relation);
    let changes = parents.flat_map(|it| known.of_relation(Some(it)));
    let columns = changes.filter(|(_, it)| is_column(it));
    columns.for_each(|(other, _)| link(it.place, other));
}

/// Switched on behind the policies that come, and off before those go: else nobody sees a row meanwhile.
fn row_security_and_policies(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    let Some(is_on) = guards(it.draft) else {
        return;
    };
    for (other, draft) in known.of_relation(it.draft.change.entity.relation()) {
        match (&draft.change.entity, draft.change.action) {
            (Entity::Policy(..), Action::Drop) if !is_on => link(it.place, other),
            (Entity::Policy(..), Action::Create | Action::Alter) if is_on => link(other, it.place),
            _ => (),
        }
    }
}

/// Nobody gets a right on rows that are about to be hidden from him.
fn rights_after_row_security(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    if guards(it.draft).is_some() {
        let parts = known.of_relation(it.draft.change.entity.relation());
        let grants = parts.filter(|(_, it)| matches!(it.change.entity, Entity::Grants(_)));
        grants.for_each(|(grant, _)| link(it.place, grant));
    }
}

/// What is made while they count has them.
fn default_privileges(known: &Known<'_>, it: &Change<'_>, link: &mut dyn FnMut(usize, usize)) {
    if matches!(
        it.draft.change.entity,
        Entity::Other("default privileges", _)
    ) {
        let made = known.drafts.iter().enumerate();
        let made = made.filter(|(_, it)| makes_object(it));
        made.for_each(|(made, _)| match it.draft.change.action {
            Action::Drop => link(it.place, made),
            Action::Create | Action::Alter | Action::Rename => link(made, it.place),
        });
    }
}

/// Revoking a right on a table takes it from its columns, too.
fn columns_are_granted_after_tables(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    if let Some(whole) = table_grants(it.draft) {
        let before = known.alterers(&whole).chain(known.droppers.get(&whole));
        before.for_each(|first| link(*first, it.place));
    }
}

/// On the way back, the columns are there again when the table's rights are changed.
fn granted_columns_go_after_tables(
    known: &Known<'_>,
    it: &Change<'_>,
    link: &mut dyn FnMut(usize, usize),
) {
    for whole in granted_columns(it.draft) {
        let makers = known.makers.get(&whole).into_iter();
        let before = known.alterers(&whole).chain(makers);
        let before = before.chain(known.droppers.get(&whole));
        before.for_each(|first| link(*first, it.place));
    }
}

/// Whether it switches row security, and whether it does so on.
fn guards(draft: &Draft) -> Option<bool> {
    match (&draft.change.aspect, &draft.change.to) {
        (Some(Aspect::RowSecurity), Some(Definition::Table(it))) => Some(it.row_security),
        (Some(Aspect::ForceRowSecurity), Some(Definition::Table(it))) => {
            Some(it.force_row_security)
        }
        _ => None,
    }
}

/// Whether it is refused as long as the column has a default.
fn minds_default(draft: Option<&Draft>) -> bool {
    let aspect = draft.and_then(|it| it.change.aspect.as_ref());
    matches!(aspect, Some(Aspect::Type | Aspect::AddIdentity))
}

/// Whether a relation is made or attached below what another one leaves.
fn joins_parent(draft: &Draft, leaves: &Draft) -> bool {
    let comes = draft.change.aspect == Some(Aspect::AttachPartition)
        || draft.change.action == Action::Create;
    let is_parent =
        |it: &&Entity| matches!(it, Entity::Relation(_)) && **it != leaves.change.entity;
    let mut parents = leaves.releases.iter().filter(is_parent);
    comes
        && matches!(draft.change.entity, Entity::Relation(_))
        && parents.any(|it| draft.needs.contains(it))
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
                | Entity::Other("aggregate", _)
        )
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
pub(in crate::diff) type Occupied = (Option<String>, String);

fn owned((schema, name): (Option<&str>, &str)) -> Occupied {
    (schema.map(str::to_owned), name.to_owned())
}

/// Who does what to whom.
pub(super) struct Known<'a> {
    drafts: &'a [Draft],
    hard: &'a BTreeSet<Entity>,
    pub(super) makers: HashMap<&'a Entity, usize>,
    pub(super) droppers: HashMap<&'a Entity, usize>,
    alterers: HashMap<&'a Entity, Vec<usize>>,
    takers: HashMap<Occupied, Vec<usize>>,
    relations: HashMap<&'a Name, Vec<usize>>,
}

impl<'a> Known<'a> {
    pub(super) fn of(drafts: &'a [Draft], hard: &'a BTreeSet<Entity>) -> Self {
        let mut known = Self {
            drafts,
            hard,
            makers: HashMap::new(),
            droppers: HashMap::new(),
            alterers: HashMap::new(),
            takers: HashMap::new(),
            relations: HashMap::new(),
        };
        for (place, draft) in drafts.iter().enumerate() {
            if let Some(name) = draft.change.entity.relation() {
                known.relations.entry(name).or_default().push(place);
            }
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

    /// What is made under the name that it has.
    pub(super) fn takers_of(&self, entity: &Entity) -> impl Iterator<Item = &usize> {
        let takers = entity.occupies().and_then(|it| self.takers.get(&owned(it)));
        takers.into_iter().flatten()
    }

    fn draft(&self, place: usize) -> Option<&'a Draft> {
        self.drafts.get(place)
    }

    fn alterers(&self, entity: &Entity) -> impl Iterator<Item = &usize> + Clone {
        self.alterers.get(entity).into_iter().flatten()
    }

    /// The changes of what a change needs that it takes part in.
    fn shapers(&self, draft: &Draft, entity: &Entity) -> impl Iterator<Item = &usize> {
        // a value of an enum may be new
        let is_new_value = matches!(entity, Entity::Type(_));
        let takes_part = draft.alters.is_none() || self.hard.contains(entity) || is_new_value;
        let shapes = |it: &&usize| self.draft(**it).and_then(guards).is_none();
        self.alterers(entity)
            .filter(move |it| takes_part && shapes(it))
    }

    /// What changes about a relation and its parts.
    fn of_relation(&self, name: Option<&Name>) -> impl Iterator<Item = (usize, &'a Draft)> {
        let places = name
            .and_then(|it| self.relations.get(it))
            .into_iter()
            .flatten();
        places.filter_map(|place| Some((*place, self.draft(*place)?)))
    }
}
