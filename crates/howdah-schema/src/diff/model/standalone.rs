//! What belongs to no table: schemas, extensions, servers, sequences, routines. No IO.

use super::{Model, Node, name_as_text};
use crate::ddl::routine;
use crate::diff::{Definition, Entity};
use crate::identifiers::quoted;
use crate::value::{Extension, Grants, Routine, Sequence, Server};

impl Model<'_> {
    pub(super) fn add_schema(&mut self, name: &str, comment: Option<&String>, grants: &Grants) {
        let entity = Entity::Schema(name.to_owned());
        let on = format!("schema {}", quoted(name));
        self.comment(&entity, on.clone(), comment);
        self.grants(&entity, on, None, grants);
        self.add(entity, Node::new(Definition::Schema));
    }

    pub(super) fn add_extension(&mut self, it: &Extension) {
        let entity = Entity::Extension(it.name.clone());
        let on = format!("extension {}", quoted(&it.name));
        self.comment(&entity, on, it.comment.as_ref());
        let mut node = Node::new(Definition::Extension(Extension {
            comment: None,
            ..it.clone()
        }));
        node.uses.extend(it.schema.clone().map(Entity::Schema));
        self.add(entity, node);
    }

    pub(super) fn add_server(&mut self, it: &Server) {
        let entity = Entity::Server(it.name.clone());
        let name = quoted(&it.name);
        self.comment(&entity, format!("server {name}"), it.comment.as_ref());
        self.grants(&entity, format!("foreign server {name}"), None, &it.grants);
        let definition = Definition::Server(Server {
            comment: None,
            grants: None,
            owner: None,
            ..it.clone()
        });
        let mut node = Node::new(definition);
        node.uses.extend(self.named_in(&name_as_text(&it.wrapper)));
        self.add(entity, node);
    }

    pub(super) fn add_sequences(&mut self) {
        for it in &self.schema.sequences {
            let entity = Entity::Sequence(it.name.clone());
            let on = format!("sequence {}", it.name);
            self.comment(&entity, on.clone(), it.comment.as_ref());
            self.grants(&entity, on, None, &it.grants);
            let mut node = Node::new(Definition::Sequence(Sequence {
                owned_by: None,
                comment: None,
                grants: None,
                owner: None,
                ..it.clone()
            }));
            if let Some(owner) = &it.owned_by {
                let column = Entity::Column(owner.table.clone(), owner.column.clone());
                node.goes_with.push(column.clone());
                let mut owned = Node::new(Definition::OwnedBy(owner.clone())).of(entity.clone());
                owned.uses.insert(column);
                self.add(Entity::OwnedBy(it.name.clone()), owned);
            }
            self.add(entity, node);
        }
    }

    pub(super) fn add_routine(&mut self, it: &Routine) {
        let entity = routine_entity(it);
        let on = format!("{} {}", it.kind.sql(), routine::designation(it));
        self.comment(&entity, on.clone(), it.comment.as_ref());
        self.grants(&entity, on, Some("execute"), &it.grants);
        let mut node = Node::new(Definition::Routine(Box::new(Routine {
            comment: None,
            grants: None,
            owner: None,
            ..it.clone()
        })));
        node.uses.extend(self.types_in(&it.arguments));
        node.uses
            .extend(self.types_in(it.returns.as_deref().unwrap_or_default()));
        if it.atomic {
            node.uses.extend(self.queried_in(&it.body));
            // also those of a row that is an argument
            let columns = node.uses.iter().filter_map(|used| match used {
                Entity::Relation(row) => Some(self.columns_in(row, &it.body)),
                _ => None,
            });
            let columns: Vec<Entity> = columns.flatten().collect();
            node.uses.extend(columns);
        } else {
            node.mentions = self.queried_in(&it.body);
        }
        self.add(entity, node);
    }
}

pub(in crate::diff) fn routine_entity(it: &Routine) -> Entity {
    Entity::Routine(it.name.clone(), it.signature.clone().unwrap_or_default())
}
