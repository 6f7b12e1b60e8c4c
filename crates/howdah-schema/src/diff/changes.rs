//! Which entities are dropped, made and changed, and what of that needs what.
//!
//! No IO. An entity that cannot be changed in place is dropped and made again, and with it whatever rests on it and
//! would be in the way; a type that columns have steps aside under another name until they have changed over.

use std::collections::{BTreeMap, BTreeSet};

use super::alter::{self, Alteration, Aspect};
use super::column::{are_comparable, base};
use super::definition::Definition;
use super::entity::Entity;
use super::model::{Model, Node};
use crate::value::{ConstraintKind, Name};

/// What happens to whom.
pub(super) struct Changes<'a> {
    pub(super) from: &'a Model<'a>,
    pub(super) to: &'a Model<'a>,
    pub(super) version: u32,
    /// What takes its changes back is not asked for.
    pub(super) is_way_back: bool,
    /// Dropped, for good or to be made again.
    pub(super) dropped: BTreeSet<Entity>,
    pub(super) altered: BTreeMap<Entity, Vec<Alteration>>,
    /// Columns whose type changes: what rests on them must step aside.
    pub(super) hard: BTreeSet<Entity>,
    /// Columns whose type is made again under the same name.
    pub(super) retyped: BTreeSet<Entity>,
    /// What differs although no statement would change it.
    pub(super) unexplained: Vec<Entity>,
}

impl<'a> Changes<'a> {
    pub(super) fn between(from: &'a Model<'a>, to: &'a Model<'a>, version: u32) -> Self {
        let mut changes = Self {
            from,
            to,
            version,
            is_way_back: false,
            dropped: BTreeSet::new(),
            altered: BTreeMap::new(),
            hard: BTreeSet::new(),
            retyped: BTreeSet::new(),
            unexplained: Vec::new(),
        };
        changes.compare();
        while changes.step_aside() {}
        changes
    }

    /// As [`Self::between`], of what takes something back.
    pub(super) fn back(from: &'a Model<'a>, to: &'a Model<'a>, version: u32) -> Self {
        Self {
            is_way_back: true,
            ..Self::between(from, to, version)
        }
    }

    fn compare(&mut self) {
        for (entity, node) in &self.from.nodes {
            let Some(other) = self.to.nodes.get(entity) else {
                self.dropped.insert(entity.clone());
                continue;
            };
            if node.definition == other.definition {
                continue;
            }
            let found = alter::alter(
                entity,
                &node.definition,
                &other.definition,
                self.version,
                false,
            );
            match found {
                None => {
                    self.dropped.insert(entity.clone());
                }
                Some(list) if list.is_empty() => self.unexplained.push(entity.clone()),
                Some(list) => {
                    if matches!(entity, Entity::Column(..))
                        && list.iter().any(|it| it.aspect == Aspect::Type)
                    {
                        self.hard.insert(entity.clone());
                    }
                    self.altered.insert(entity.clone(), list);
                }
            }
        }
    }

    /// Lets what is in the way step aside; whether anything did.
    fn step_aside(&mut self) -> bool {
        let mut aside = Vec::new();
        let mut retyped = Vec::new();
        for (entity, node) in &self.from.nodes {
            if self.dropped.contains(entity) {
                continue;
            }
            let is_plain_column =
                matches!(&node.definition, Definition::Column(it) if it.generated.is_none());
            if is_plain_column {
                if node.goes_with.iter().any(|it| self.dropped.contains(it)) {
                    aside.push(entity.clone());
                } else if !self.retyped.contains(entity) && self.is_retyped(entity, node) {
                    retyped.push(entity.clone());
                }
            } else if self.is_in_the_way(entity, node) {
                aside.push(entity.clone());
            }
        }
        let has_changed = !aside.is_empty() || !retyped.is_empty();
        self.dropped.extend(aside);
        for entity in retyped {
            self.hard.insert(entity.clone());
            self.retyped.insert(entity);
        }
        has_changed
    }

    /// Whether the column's type is made again.
    fn is_retyped(&self, entity: &Entity, node: &Node) -> bool {
        let Some(other) = self.to.nodes.get(entity) else {
            return false;
        };
        let is_made_again = |it: &Entity| {
            matches!(it, Entity::Type(_))
                && self.dropped.contains(it)
                && self.to.nodes.contains_key(it)
        };
        let mut types = node.uses.iter().filter(|it| is_made_again(it));
        types.any(|it| other.uses.contains(it))
    }

    fn is_in_the_way(&self, entity: &Entity, node: &Node) -> bool {
        let later = self.to.nodes.get(entity);
        let lets_go = |it: &Entity| {
            let still = later.is_some_and(|later| later.uses.contains(it));
            self.altered.contains_key(entity) && !still
        };
        node.uses.iter().any(|used| {
            let blocks = self.dropped.contains(used)
                || (self.hard.contains(used) && self.minds_type(entity, node, used));
            blocks && !lets_go(used)
        })
    }

    /// Whether PostgreSQL refuses to change the type of a column because of what rests on it.
    fn minds_type(&self, entity: &Entity, node: &Node, column: &Entity) -> bool {
        match (entity, &node.definition) {
            (
                Entity::Relation(_)
                | Entity::Policy(..)
                | Entity::Trigger(..)
                | Entity::Routine(..)
                | Entity::Column(..),
                _,
            ) => true,
            (Entity::Other(kind, _), _) => *kind != "statistics",
            (Entity::Default(..), _) => {
                let types = self.types_of(column);
                self.retyped.contains(column)
                    || types.is_none_or(|(from, to)| base(&from) != base(&to))
            }
            (Entity::Constraint(..), Definition::Constraint(it)) => {
                let is_foreign_key = matches!(it.kind, ConstraintKind::ForeignKey { .. });
                let types = self.types_of(column);
                is_foreign_key
                    && (self.retyped.contains(column)
                        || types.is_none_or(|(from, to)| !are_comparable(&from, &to)))
            }
            _ => false,
        }
    }

    fn types_of(&self, column: &Entity) -> Option<(String, String)> {
        Some((type_name(self.from, column)?, type_name(self.to, column)?))
    }

    /// With whose statement it is dropped.
    pub(super) fn carrier(&self, entity: &Entity) -> Option<Entity> {
        let node = self.from.nodes.get(entity)?;
        if self.holds_two_together(node) {
            return None;
        }
        let owners = node.goes_with.iter().filter(|it| self.dropped.contains(it));
        let carriers = owners.map(|it| self.carrier(it).unwrap_or_else(|| it.clone()));
        let carriers: BTreeSet<Entity> = carriers.collect();
        // what several let go is dropped before them, and so comes back after them
        let is_shared = carriers.len() > 1 && !is_of_partition(node);
        carriers.into_iter().next().filter(|_| !is_shared)
    }

    /// Whether it is a foreign key between two tables that both go.
    fn holds_two_together(&self, node: &Node) -> bool {
        let Definition::Constraint(it) = &node.definition else {
            return false;
        };
        let ConstraintKind::ForeignKey { references, .. } = &it.kind else {
            return false;
        };
        let other = Entity::Relation(references.clone());
        !node.goes_with.contains(&other) && self.dropped.contains(&other)
    }

    /// With whose statement it is made.
    pub(super) fn maker(&self, entity: &Entity) -> Option<Entity> {
        let owner = self.to.nodes.get(entity)?.made_with.as_ref()?;
        self.is_made(owner)
            .then(|| self.maker(owner).unwrap_or_else(|| owner.clone()))
    }

    pub(super) fn is_made(&self, entity: &Entity) -> bool {
        self.to.nodes.contains_key(entity)
            && (self.dropped.contains(entity) || !self.from.nodes.contains_key(entity))
    }

    /// The types that stay under another name until the columns have changed over.
    pub(super) fn formers(&self) -> BTreeSet<Name> {
        let mut formers = BTreeSet::new();
        let columns = self.altered.keys().chain(&self.retyped);
        let stays = |it: &&Entity| matches!(it, Entity::Column(..)) && !self.dropped.contains(it);
        let mut users: Vec<&Entity> = columns.filter(stays).collect();
        while let Some(user) = users.pop() {
            for used in self
                .from
                .nodes
                .get(user)
                .into_iter()
                .flat_map(|it| &it.uses)
            {
                if let Entity::Type(name) = used
                    && self.dropped.contains(used)
                    && self.to.nodes.contains_key(used)
                    && formers.insert(name.clone())
                {
                    users.push(used);
                }
            }
        }
        formers
    }
}

/// The index of a partition goes with that of the whole alone.
fn is_of_partition(node: &Node) -> bool {
    matches!(&node.definition, Definition::Index(it) if it.part_of.is_some())
}

fn type_name(model: &Model<'_>, column: &Entity) -> Option<String> {
    match &model.nodes.get(column)?.definition {
        Definition::Column(it) => Some(it.type_name.clone()),
        _ => None,
    }
}
