//! Indexes, triggers and policies. No IO.

use super::{Model, Node};
use crate::diff::{Definition, Entity};
use crate::identifiers::quoted;
use crate::value::{Index, Name, Policy, Trigger};

impl Model<'_> {
    pub(super) fn add_indexes(&mut self, relation: &Name, indexes: &[Index]) {
        for it in indexes {
            let name = it.name.clone().unwrap_or_default();
            let entity = Entity::Index(relation.clone(), name);
            self.comment(&entity, format!("index {entity}"), it.comment.as_ref());
            let owner = Entity::Relation(relation.clone());
            let mut node = Node::new(Definition::Index(Box::new(Index {
                comment: None,
                ..it.clone()
            })))
            .of(owner);
            let columns = it.elements.iter().filter_map(|it| it.column.as_ref());
            let own = self.column_entities(relation, columns.chain(&it.include));
            node.goes_with.extend(own.iter().cloned());
            node.uses.extend(own);
            let expressions = it.elements.iter().filter_map(|it| it.expression.as_deref());
            for text in expressions.chain(it.predicate.as_deref()) {
                node.uses.extend(self.columns_in(relation, text));
                node.uses.extend(self.named_in(text));
            }
            if let Some(whole) = &it.part_of {
                let parent = self.table(relation).and_then(|it| it.partition_of.as_ref());
                let whole = parent.map(|of| Entity::Index(of.parent.clone(), whole.name.clone()));
                node.uses.extend(whole.clone());
                node.goes_with.extend(whole);
            }
            self.add(entity, node);
        }
    }

    pub(super) fn add_triggers(&mut self, relation: &Name, triggers: &[Trigger]) {
        for it in triggers {
            let entity = Entity::Trigger(relation.clone(), it.name.clone());
            let on = format!("trigger {} on {relation}", quoted(&it.name));
            self.comment(&entity, on, it.comment.as_ref());
            let mut node = Node::new(Definition::Trigger(Box::new(Trigger {
                comment: None,
                ..it.clone()
            })))
            .of(Entity::Relation(relation.clone()));
            node.uses
                .extend(self.column_entities(relation, &it.columns));
            if let Some(condition) = &it.condition {
                node.uses.extend(self.columns_in(relation, condition));
                node.uses.extend(self.named_in(condition));
            }
            node.uses
                .extend(it.from.iter().cloned().map(Entity::Relation));
            let named = self.named.get(it.function.name.as_str());
            let is_routine = |it: &&Entity| matches!(it, Entity::Routine(..));
            node.uses
                .extend(named.into_iter().flatten().filter(is_routine).cloned());
            self.add(entity, node);
        }
    }

    pub(super) fn add_policy(&mut self, relation: &Name, it: &Policy) {
        let entity = Entity::Policy(relation.clone(), it.name.clone());
        let on = format!("policy {} on {relation}", quoted(&it.name));
        self.comment(&entity, on, it.comment.as_ref());
        let mut node = Node::new(Definition::Policy(Box::new(Policy {
            comment: None,
            ..it.clone()
        })))
        .of(Entity::Relation(relation.clone()));
        for text in it.using.iter().chain(&it.check) {
            node.uses.extend(self.columns_in(relation, text));
            node.uses.extend(self.queried_in(text));
        }
        self.add(entity, node);
    }
}
