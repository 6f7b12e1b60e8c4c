//! What takes changes back: what was dropped comes back with all its parts, in an order that works.
//!
//! No IO. Callers: the changes, for each of them; their order, for what is made together. It is found as changes are:
//! by comparing the few entities that are concerned, from the later schema back to the earlier one.

use std::collections::BTreeSet;

use super::changes::Changes;
use super::definition::Definition;
use super::entity::Entity;
use super::model::{Model, Node};
use super::{Change, make, order};
use crate::identifiers::quoted;
use crate::value::Constraint;

impl Changes<'_> {
    /// What makes these again, all that have gone with one.
    pub(super) fn restored(&self, parts: &BTreeSet<Entity>) -> Option<Vec<Change>> {
        let nothing = self.from.part(&BTreeSet::new());
        self.way(&nothing, &self.from.part(parts))
    }

    /// What takes back changes of these, which are made together.
    pub(super) fn taken_back(&self, entities: &BTreeSet<Entity>) -> Option<Vec<Change>> {
        self.way(&self.to.part(entities), &self.from.part(entities))
    }

    /// What takes back an alteration that has no counterpart: it is made again, and what rests on it; nothing where that
    /// changes, too, and may or may not be there at that time.
    pub(super) fn made_again(&self, entity: &Entity) -> Option<Vec<Change>> {
        if self.is_way_back {
            return None;
        }
        let mut parts = BTreeSet::from([entity.clone()]);
        let both = || self.from.nodes.iter().chain(&self.to.nodes);
        let mut is_more = true;
        while is_more {
            let rests = |node: &Node| !node.uses.is_disjoint(&parts);
            let more = both().filter(|(it, node)| !parts.contains(*it) && rests(node));
            let more: BTreeSet<Entity> = more.map(|(it, _)| it.clone()).collect();
            is_more = !more.is_empty();
            parts.extend(more);
        }
        let definition = |model: &Model<'_>, it: &Entity| {
            let node = model.nodes.get(it);
            node.map(|it| it.definition.clone())
        };
        let mut others = parts.iter().filter(|it| *it != entity);
        let is_steady = others.all(|it| definition(self.from, it) == definition(self.to, it));
        is_steady.then(|| self.taken_back(&parts)).flatten()
    }

    fn way(&self, after: &Model<'_>, before: &Model<'_>) -> Option<Vec<Change>> {
        (!self.is_way_back).then(|| order::ordered(&Changes::back(after, before, self.version)))
    }
}

/// What makes a constraint unproven again.
pub(super) fn unproven(model: &Model<'_>, entity: &Entity, from: &Node) -> Vec<String> {
    match (entity, &from.definition) {
        (Entity::Constraint(table, name), Definition::Constraint(it)) => {
            let constraint = Constraint {
                comment: None,
                ..(**it).clone()
            };
            let add = crate::ddl::constraint::definition(&constraint);
            let mut statements = vec![
                format!("alter table {table} drop constraint {}", quoted(name)),
                format!("alter table {table} add {add}"),
            ];
            let comment = Entity::Comment(Box::new(entity.clone()));
            let comment = model.nodes.get_key_value(&comment);
            statements.extend(
                comment
                    .into_iter()
                    .flat_map(|(entity, it)| make::create(entity, &it.definition, model)),
            );
            statements
        }
        (Entity::Column(table, name), Definition::Column(it)) => {
            let constraint = quoted(&super::column::not_null_name(table, it)).into_owned();
            let inherit = it
                .not_null_constraint
                .as_ref()
                .is_some_and(|it| it.no_inherit);
            let inherit = if inherit { " no inherit" } else { "" };
            let column = quoted(name);
            vec![
                format!("alter table {table} drop constraint {constraint}"),
                format!(
                    "alter table {table} add constraint {constraint} not null {column}{inherit} not valid"
                ),
            ]
        }
        (_, Definition::Domain(domain)) => {
            let mut checks = domain.checks.iter().filter(|it| it.not_valid);
            let (Some(check), None) = (checks.next(), checks.next()) else {
                return Vec::new(); // which of them is proven is not told here
            };
            let name = quoted(check.name.as_deref().unwrap_or_default());
            let drop = format!("alter domain {} drop constraint {name}", domain.name);
            vec![drop, crate::ddl::types::add_check(&domain.name, check)]
        }
        _ => Vec::new(),
    }
}
