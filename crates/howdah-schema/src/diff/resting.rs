//! What rests on a column, and would be in the way of dropping it.
//!
//! No IO. Caller: the planner, which puts a column in another's place. Indexes and constraints are not told: they are
//! built again on the other column.

use std::collections::{BTreeSet, VecDeque};

use super::definition::Definition;
use super::entity::Entity;
use super::model::{Model, Node};
use crate::value::{Name, Schema};

/// The views, policies, triggers … that can go and come back within a moment, in no order that counts.
///
/// # Errors
///
/// The first thing that cannot.
pub(crate) fn resting_on(
    schema: &Schema,
    table: &Name,
    column: &str,
) -> Result<BTreeSet<Entity>, String> {
    let model = Model::of(schema);
    let mut found = BTreeSet::new();
    let mut next = VecDeque::from([Entity::Column(table.clone(), column.to_owned())]);
    while let Some(used) = next.pop_front() {
        let users = model.nodes.iter().filter(|(_, it)| it.uses.contains(&used));
        for (entity, node) in users {
            if found.contains(entity) || goes_along(entity, &used, &found) {
                continue;
            }
            if !is_quick(entity, node) {
                let kind = node.definition.kind(entity);
                return Err(format!("the {kind} `{entity}` rests on it"));
            }
            found.insert(entity.clone());
            next.push_back(entity.clone());
        }
    }
    Ok(found)
}

/// What these need, directly.
pub(crate) fn uses_of(schema: &Schema, entities: &BTreeSet<Entity>) -> BTreeSet<Entity> {
    let model = Model::of(schema);
    let nodes = entities.iter().filter_map(|it| model.nodes.get(it));
    let is_schema = |it: &&Entity| matches!(it, Entity::Schema(_));
    let uses = nodes.flat_map(|it| &it.uses);
    uses.filter(|it| !is_schema(it)).cloned().collect()
}

/// Whether it is a part of what goes, or goes with the column by itself.
fn goes_along(entity: &Entity, used: &Entity, found: &BTreeSet<Entity>) -> bool {
    match entity {
        Entity::Default(..)
        | Entity::Index(..)
        | Entity::Constraint(..)
        | Entity::OwnedBy(_)
        | Entity::Sequence(_)
        | Entity::Comment(_)
        | Entity::Grants(_)
        | Entity::Other("comment" | "clustering", _) => true,
        // a part of a view
        _ if matches!(used, Entity::Relation(_)) && entity.relation().is_some() => {
            entity.relation() == used.relation() || found.contains(entity)
        }
        _ => false,
    }
}

/// Whether it comes back without reading rows, and nothing else rests on it but what is asked for.
fn is_quick(entity: &Entity, node: &Node) -> bool {
    match (entity, &node.definition) {
        (Entity::Relation(_), Definition::View(it)) => !it.materialized,
        (Entity::Policy(..) | Entity::Trigger(..) | Entity::Other("rule" | "statistics", _), _) => {
            true
        }
        _ => false,
    }
}

/// The schema without these.
pub(crate) fn without(schema: &Schema, gone: &BTreeSet<Entity>) -> Schema {
    let mut schema = schema.clone();
    let has = |entity: Entity| gone.contains(&entity);
    schema
        .views
        .retain(|it| !has(Entity::Relation(it.name.clone())));
    let views = schema.views.iter_mut();
    let views = views.map(|it| (&it.name, &mut it.triggers, &mut it.rules, None));
    let tables = schema.tables.iter_mut();
    let tables = tables.map(|it| {
        let policies = Some(&mut it.policies);
        (&it.name, &mut it.triggers, &mut it.rules, policies)
    });
    for (name, triggers, rules, policies) in tables.chain(views) {
        triggers.retain(|it| !has(Entity::Trigger(name.clone(), it.name.clone())));
        let rule = |rule: &str| format!("{} on {name}", crate::identifiers::quoted(rule));
        rules.retain(|it| !has(Entity::Other("rule", rule(&it.name))));
        if let Some(policies) = policies {
            policies.retain(|it| !has(Entity::Policy(name.clone(), it.name.clone())));
        }
    }
    schema
        .statistics
        .retain(|it| !has(Entity::Other("statistics", it.name.to_string())));
    schema
}
