//! Whose things are: `alter … owner to`, where both schemas say it.
//!
//! No IO. Invariant: the owner is no part of any other definition, so nothing is made again for its sake.

use super::alter::{Alteration, Aspect};
use super::definition::{Definition, Statements};
use super::entity::Entity;
use super::model::{Model, Node, routine_entity};
use crate::ddl::{definition, owner, routine, table, view};
use crate::identifiers::quoted;
use crate::value::Schema;

/// The word for an owner.
pub(super) const OWNER: &str = "owner";

/// Adds the owners that the schema tells.
pub(super) fn add(model: &mut Model<'_>, schema: &Schema) {
    let mut own = |of: Entity, what: String, owner: &Option<String>| {
        if let Some(statement) = owner::alter(&what, owner.as_deref()) {
            let create = vec![statement];
            let drop = Vec::new();
            let node = Node::new(Definition::Other(Statements { create, drop }));
            model.add(Entity::Other(OWNER, format!("of {what}")), node.of(of));
        }
    };
    for it in &schema.schemas {
        let what = format!("schema {}", quoted(&it.name));
        own(Entity::Schema(it.name.clone()), what, &it.owner);
    }
    for it in &schema.servers {
        let what = format!("server {}", quoted(&it.name));
        own(Entity::Server(it.name.clone()), what, &it.owner);
    }
    let enums = schema.enums.iter().map(|it| (&it.name, &it.owner));
    let composites = schema.composites.iter().map(|it| (&it.name, &it.owner));
    let ranges = schema.ranges.iter().map(|it| (&it.name, &it.owner));
    for (name, owner) in enums.chain(composites).chain(ranges) {
        own(Entity::Type(name.clone()), format!("type {name}"), owner);
    }
    for it in &schema.domains {
        let what = format!("domain {}", it.name);
        own(Entity::Type(it.name.clone()), what, &it.owner);
    }
    for it in &schema.sequences {
        let what = format!("sequence {}", it.name);
        own(Entity::Sequence(it.name.clone()), what, &it.owner);
    }
    for it in &schema.routines {
        let what = format!("{} {}", it.kind.sql(), routine::designation(it));
        own(routine_entity(it), what, &it.owner);
    }
    for it in &schema.definitions {
        let of = Entity::Other(it.kind.sql(), it.designation.clone());
        own(of, definition::designation(it), &it.owner);
    }
    for it in &schema.tables {
        let what = format!("{} {}", table::kind(it), it.name);
        own(Entity::Relation(it.name.clone()), what, &it.owner);
    }
    for it in &schema.views {
        let what = format!("{} {}", view::kind(it), it.name);
        own(Entity::Relation(it.name.clone()), what, &it.owner);
    }
    let others = [
        schema
            .collations
            .iter()
            .map(|it| ("collation", it.name.to_string(), &it.owner))
            .collect::<Vec<_>>(),
        schema
            .statistics
            .iter()
            .map(|it| ("statistics", it.name.to_string(), &it.owner))
            .collect(),
        schema
            .publications
            .iter()
            .map(|it| ("publication", quoted(&it.name).into_owned(), &it.owner))
            .collect(),
        schema
            .event_triggers
            .iter()
            .map(|it| ("event trigger", quoted(&it.name).into_owned(), &it.owner))
            .collect(),
    ];
    for (kind, name, owner) in others.into_iter().flatten() {
        let what = format!("{kind} {name}");
        own(Entity::Other(kind, name), what, owner);
    }
}

/// Whether a schema says whose anything is.
pub(super) fn are_told(schema: &Schema) -> bool {
    let mut bare = schema.clone();
    bare.forget_owners();
    bare != *schema
}

/// The owner changes in place.
pub(super) fn alter(to: &Statements) -> Vec<Alteration> {
    vec![Alteration {
        aspect: Aspect::Replace,
        statements: to.create.clone(),
        loses: None,
    }]
}
