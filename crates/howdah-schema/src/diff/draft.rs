//! The changes as drafts: each with its statements, and with what its place depends on.
//!
//! No IO. Caller: the order. What is dropped, made and altered has been decided before, by [`super::changes`].

use std::collections::{BTreeMap, BTreeSet};

use super::alter::{self, Aspect};
use super::changes::Changes;
use super::definition::Definition;
use super::entity::Entity;
use super::grants;
use super::make;
use super::model::{Model, Node};
use super::order::Occupied;
use super::undo::unproven;
use super::{Action, Change};
use crate::naming::object_name;
use crate::value::{Column, ConstraintKind, DefaultPrivileges, Name, OwnedBy};

/// A change with what its place depends on.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) change: Change,
    pub(super) drops: BTreeSet<Entity>,
    pub(super) makes: BTreeSet<Entity>,
    pub(super) alters: Option<Entity>,
    /// What it needs until it has happened.
    pub(super) releases: BTreeSet<Entity>,
    /// What it needs to happen.
    pub(super) needs: BTreeSet<Entity>,
    /// What it should come after, where that is possible.
    pub(super) mentions: BTreeSet<Entity>,
    /// Names that nothing says it has, and that it gives free.
    pub(super) frees: Vec<Occupied>,
    /// What must go in the same transaction before it.
    pub(super) joins: Vec<Entity>,
    /// The change of the same entity that comes before it.
    pub(super) follows: Option<usize>,
}

impl Changes<'_> {
    /// All changes, in no order that counts.
    pub(super) fn drafts(&self) -> Vec<Draft> {
        let formers = self.formers();
        let mut drafts = Vec::new();
        self.draft_drops(&formers, &mut drafts);
        self.draft_creations(&mut drafts);
        self.draft_alterations(&formers, &mut drafts);
        drafts
    }

    fn draft_drops(&self, formers: &BTreeSet<Name>, out: &mut Vec<Draft>) {
        let mut carried: BTreeMap<Entity, Vec<Entity>> = BTreeMap::new();
        for entity in &self.dropped {
            let carrier = self.carrier(entity).unwrap_or_else(|| entity.clone());
            carried.entry(carrier).or_default().push(entity.clone());
        }
        for (entity, parts) in carried {
            let Some(node) = self.from.nodes.get(&entity) else {
                continue;
            };
            if matches!(entity, Entity::Other(super::owners::OWNER, _)) {
                continue; // everything has an owner: another one, if it is made again
            }
            let drops: BTreeSet<Entity> = parts.into_iter().collect();
            // what goes with several columns does not hold one of them until another has gone
            let uses = drops.iter().flat_map(|part| {
                let node = self.from.nodes.get(part);
                let all = node.into_iter().flat_map(|it| &it.uses);
                let own = node.filter(|_| *part != entity).map(|it| &it.goes_with);
                all.filter(move |it| {
                    self.hard.contains(it) || own.is_none_or(|own| !own.contains(it))
                })
                .cloned()
            });
            let releases: BTreeSet<Entity> = uses.filter(|it| !drops.contains(it)).collect();
            let former = match &entity {
                Entity::Type(name) if formers.contains(name) => Some(name),
                _ => None,
            };
            let mut change = Change::new(entity.clone(), Action::Drop);
            change.object.kind = node.definition.kind(&entity);
            change.from = Some(node.definition.clone());
            change.is_made_again = self.to.nodes.contains_key(&entity);
            change.undo = self.restored(&drops);
            if let Some(name) = former {
                let aside = former_name(name);
                let kind = node.definition.kind(&entity);
                change.statements = vec![format!(
                    "alter {kind} {name} rename to {}",
                    crate::identifiers::quoted(&aside.name)
                )];
                out.push(last_of_former(kind, name, &releases, formers));
            } else {
                change.statements.extend(self.detached(node));
                change
                    .statements
                    .extend(make::drop(&entity, &node.definition));
                change.loses =
                    loss(&entity, &node.definition).filter(|_| !self.is_taken_over(node));
            }
            let mut draft = Draft::new(change, drops, releases);
            let gone = draft
                .drops
                .iter()
                .filter_map(|it| identity_sequence(self.from, it));
            draft.frees = gone.collect();
            self.grant_columns_again(&mut draft.change);
            out.push(draft);
        }
    }

    /// What takes a partition from its parent, if a foreign key leads to that, and so to the partition.
    fn detached(&self, node: &Node) -> Option<String> {
        let Definition::Table(it) = &node.definition else {
            return None;
        };
        let parent = &it.partition_of.as_ref()?.parent;
        let family: Vec<&Name> = self
            .from
            .lineage(parent)
            .iter()
            .map(|it| &it.name)
            .collect();
        let tables = self.from.schema.tables.iter();
        let mut kinds = tables.flat_map(|it| &it.constraints).map(|it| &it.kind);
        let leads_there = |it: &ConstraintKind| matches!(it, ConstraintKind::ForeignKey { references, .. } if family.contains(&references));
        let name = &it.name;
        kinds
            .any(leads_there)
            .then(|| format!("alter table {parent} detach partition {name}"))
    }

    /// Revoking a right on a table takes it from the columns, too.
    fn grant_columns_again(&self, change: &mut Change) {
        let is_kept =
            |it: &Entity| self.from.nodes.contains_key(it) && self.to.nodes.contains_key(it);
        grant_columns(change, self.to, is_kept);
        for back in change.undo.iter_mut().flatten() {
            // columns that go are there again before
            grant_columns(back, self.from, |_| true);
        }
    }

    fn draft_creations(&self, out: &mut Vec<Draft>) {
        let mut parts: BTreeMap<Entity, Vec<Entity>> = BTreeMap::new();
        for entity in self.to.nodes.keys().filter(|it| self.is_made(it)) {
            let maker = self.maker(entity).unwrap_or_else(|| entity.clone());
            parts.entry(maker).or_default().push(entity.clone());
        }
        for (entity, parts) in parts {
            let Some(node) = self.to.nodes.get(&entity) else {
                continue;
            };
            let makes: BTreeSet<Entity> = parts.into_iter().collect();
            let nodes: Vec<&Node> = makes
                .iter()
                .filter_map(|it| self.to.nodes.get(it))
                .collect();
            let all = |of: fn(&Node) -> &BTreeSet<Entity>| -> BTreeSet<Entity> {
                let all = nodes.iter().flat_map(|it| of(it).iter().cloned());
                all.filter(|it| !makes.contains(it)).collect()
            };
            let mut change = Change::new(entity.clone(), Action::Create);
            change.object.kind = node.definition.kind(&entity);
            change.statements = make::create(&entity, &node.definition, self.to);
            if let (Entity::Column(table, _), Definition::Column(column)) =
                (&entity, &node.definition)
            {
                change
                    .statements
                    .extend(super::column::extras(table, column));
            }
            if let Definition::OwnedBy(owner) = &node.definition {
                change.statements.extend(self.count_on(&entity, owner));
            }
            change.statements.extend(self.settled_rights(&makes));
            change.to = Some(node.definition.clone());
            let drop = make::drop(&entity, &node.definition);
            let mut change = change.undone_by(Action::Drop, drop);
            self.grant_columns_again(&mut change);
            change.is_made_again = self.dropped.contains(&entity);
            let (needs, mentions) = (all(|it| &it.uses), all(|it| &it.mentions));
            let mut draft = Draft::new(change, BTreeSet::new(), BTreeSet::new());
            draft.makes = makes;
            draft.needs = needs;
            draft.mentions = mentions;
            out.push(draft);
        }
    }

    /// What takes the rights from new objects that default privileges give them.
    fn settled_rights(&self, made: &BTreeSet<Entity>) -> Vec<String> {
        let stay = |it: &&DefaultPrivileges| self.from.schema.default_privileges.contains(it);
        let in_force = self.to.schema.default_privileges.iter().filter(stay);
        let in_force: Vec<&DefaultPrivileges> = in_force.collect();
        let rights = made
            .iter()
            .filter_map(|it| self.to.rights.get_key_value(it));
        rights
            .flat_map(|(it, which)| grants::settled(it, which, self.to.schema, &in_force))
            .collect()
    }

    /// What gave a column its numbers before it had them by itself.
    fn counted_by(&self, column: &Entity) -> Vec<Entity> {
        let Entity::Column(table, name) = column else {
            return Vec::new();
        };
        let is_owned = |(entity, node): &(&Entity, &Node)| {
            matches!(entity, Entity::Sequence(_)) && node.goes_with.contains(column)
        };
        let sequences = self.from.nodes.iter().filter(is_owned);
        let sequences = sequences.map(|(entity, _)| entity.clone());
        let default = Entity::Default(table.clone(), name.clone());
        sequences.chain([default]).collect()
    }

    /// Whether the column that a sequence belongs to counts by itself from now on.
    fn is_taken_over(&self, node: &Node) -> bool {
        let identity = |it: &Entity| match &self.to.nodes.get(it)?.definition {
            Definition::Column(it) => it.identity.as_ref(),
            _ => None,
        };
        node.goes_with.iter().any(|it| identity(it).is_some())
    }

    /// Lets a new sequence go on after the numbers that its column has already.
    fn count_on(&self, sequence: &Entity, owner: &OwnedBy) -> Option<String> {
        let column = Entity::Column(owner.table.clone(), owner.column.clone());
        let is_new = !self.from.nodes.contains_key(&column) || self.dropped.contains(&column);
        let default = self
            .to
            .nodes
            .get(&Entity::Default(owner.table.clone(), owner.column.clone()))?;
        let counts =
            matches!(&default.definition, Definition::Default(it) if it.contains("nextval"));
        (!is_new && counts).then(|| {
            let sequence = crate::identifiers::literal(&sequence.to_string());
            super::column::count_on(&sequence, &owner.table, &owner.column, 1)
        })
    }

    fn draft_alterations(&self, formers: &BTreeSet<Name>, out: &mut Vec<Draft>) {
        let entities: BTreeSet<&Entity> = self.altered.keys().chain(&self.retyped).collect();
        for entity in entities.into_iter().filter(|it| !self.dropped.contains(it)) {
            let (Some(from), Some(to)) = (self.from.nodes.get(entity), self.to.nodes.get(entity))
            else {
                continue;
            };
            let retyped = self.retyped.contains(entity);
            let there = alter::alter(
                entity,
                &from.definition,
                &to.definition,
                self.version,
                retyped,
            );
            let back = alter::alter(
                entity,
                &to.definition,
                &from.definition,
                self.version,
                retyped,
            );
            let mut again = back.is_none().then(|| self.made_again(entity)).flatten();
            let back = back.unwrap_or_default();
            let mut follows = None;
            for it in there.unwrap_or_default() {
                let mut change = Change::new(entity.clone(), Action::Alter);
                change.object.kind = to.definition.kind(entity);
                let undo = back
                    .iter()
                    .find(|other| reverses(&it.aspect, &other.aspect));
                change.statements = it.statements;
                change.loses = it.loses;
                change.from = Some(from.definition.clone());
                change.to = Some(to.definition.clone());
                if let Some(undo) = undo {
                    change = change.undone_by(Action::Alter, undo.statements.clone());
                    for back in change.undo.iter_mut().flatten() {
                        back.aspect = Some(undo.aspect.clone());
                    }
                } else if it.aspect == Aspect::AdvanceIdentity {
                    change.undo = Some(Vec::new());
                } else if matches!(it.aspect, Aspect::Validate | Aspect::ValidateCheck(_)) {
                    change = change.undone_by(Action::Alter, unproven(self.from, entity, from));
                } else if let Some(again) = &mut again {
                    // the first of them takes all of them back
                    change.undo = Some(std::mem::take(again));
                }
                change.aspect = Some(it.aspect);
                let mut draft = Draft::new(change, BTreeSet::new(), from.uses.clone());
                for name in formers {
                    if draft.releases.remove(&Entity::Type(name.clone())) {
                        draft.releases.insert(Entity::Former(name.clone()));
                    }
                }
                if draft.change.aspect == Some(Aspect::DropIdentity) {
                    draft.frees.extend(identity_sequence(self.from, entity));
                }
                if draft.change.aspect == Some(Aspect::AddIdentity) {
                    draft.joins = self.counted_by(entity);
                }
                self.grant_columns_again(&mut draft.change);
                draft.alters = Some(entity.clone());
                draft.needs.clone_from(&to.uses);
                draft.follows = follows;
                follows = Some(out.len());
                out.push(draft);
            }
        }
    }
}

impl Draft {
    fn new(change: Change, drops: BTreeSet<Entity>, releases: BTreeSet<Entity>) -> Self {
        Self {
            change,
            drops,
            makes: BTreeSet::new(),
            alters: None,
            releases,
            needs: BTreeSet::new(),
            mentions: BTreeSet::new(),
            frees: Vec::new(),
            joins: Vec::new(),
            follows: None,
        }
    }
}

fn grant_columns(change: &mut Change, then: &Model<'_>, is_there: impl Fn(&Entity) -> bool) {
    let Entity::Grants(owner) = &change.entity else {
        return;
    };
    let Entity::Relation(table) = &**owner else {
        return;
    };
    if !change.statements.iter().any(|it| it.starts_with("revoke")) {
        return;
    }
    for (entity, node) in &then.nodes {
        if let Entity::Grants(of) = entity
            && matches!(&**of, Entity::Column(it, _) if it == table)
            && is_there(entity)
        {
            change
                .statements
                .extend(make::create(entity, &node.definition, then));
        }
    }
}

/// `set` is taken back by `drop`.
fn reverses(one: &Aspect, other: &Aspect) -> bool {
    let pair = |a: &Aspect, b: &Aspect| {
        matches!(
            (a, b),
            (Aspect::SetNotNull, Aspect::DropNotNull)
                | (Aspect::AddIdentity, Aspect::DropIdentity)
                | (Aspect::AttachPartition, Aspect::DetachPartition)
                | (Aspect::Options, Aspect::ResetOptions)
        ) || matches!((a, b), (Aspect::Inherit(a), Aspect::NoInherit(b)) if a == b)
            || matches!((a, b), (Aspect::AddCheck(a), Aspect::DropCheck(b))
                | (Aspect::InheritedNotNull(a), Aspect::InheritedNull(b)) if a == b)
            || matches!((a, b), (Aspect::Attribute(a), Aspect::Attribute(b))
                if a.starts_with('+') && b.starts_with('-') && a.get(1..) == b.get(1..))
    };
    let is_same = one == other
        && !matches!(
            one,
            Aspect::Validate
                | Aspect::ValidateCheck(_)
                | Aspect::AddCheck(_)
                | Aspect::DropCheck(_)
                | Aspect::Attribute(_)
        );
    is_same || pair(one, other) || pair(other, one)
}

/// The name that the sequence of an identity column has.
fn identity_sequence(model: &Model<'_>, entity: &Entity) -> Option<Occupied> {
    let Entity::Column(table, name) = entity else {
        return None;
    };
    match &model.nodes.get(entity)?.definition {
        Definition::Column(it) => {
            let sequence = super::column::identity_sequence(table, name, it.identity.as_ref()?);
            Some((sequence.schema, sequence.name))
        }
        _ => None,
    }
}

/// What drops a type that has stepped aside, when its columns have changed over.
fn last_of_former(
    kind: &str,
    name: &Name,
    releases: &BTreeSet<Entity>,
    formers: &BTreeSet<Name>,
) -> Draft {
    let former = |name: &Name| Entity::Former(name.clone());
    let mut change = Change::new(former(name), Action::Drop);
    change.statements = vec![format!("drop {kind} {}", former_name(name))];
    change.is_made_again = true;
    change.undo = Some(Vec::new());
    let under = releases.iter().filter_map(|it| match it {
        Entity::Type(name) if formers.contains(name) => Some(former(name)),
        _ => None,
    });
    let mut draft = Draft::new(change, BTreeSet::from([former(name)]), under.collect());
    draft.needs.insert(Entity::Type(name.clone()));
    draft
}

/// Under which name a type waits for its columns to change over.
fn former_name(name: &Name) -> Name {
    name.sibling(object_name(&name.name, "", "former"))
}

/// Which data goes when it is dropped.
fn loss(entity: &Entity, definition: &Definition) -> Option<String> {
    let is_stored = |it: &Column| it.generated.is_none();
    match definition {
        Definition::Table(it) if it.foreign.is_none() => Some(format!("the rows of `{entity}`")),
        Definition::Column(it) if is_stored(it) => Some(format!("the values of `{entity}`")),
        Definition::Sequence(_) => Some(format!("the number that `{entity}` has come to")),
        _ => None,
    }
}
