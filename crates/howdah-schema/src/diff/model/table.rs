//! Tables and their columns. No IO.

use std::collections::{BTreeMap, HashSet};

use super::{Model, Node, name_as_text};
use crate::ddl::{table, words};
use crate::diff::{Definition, Entity, column};
use crate::identifiers::quoted;
use crate::naming::object_name;
use crate::value::{Column, NotNull, PartitionOf, Table};

impl Model<'_> {
    pub(super) fn add_table(&mut self, it: &Table) {
        let entity = Entity::Relation(it.name.clone());
        let on = format!("{} {}", table::kind(it), it.name);
        self.comment(&entity, on, it.comment.as_ref());
        self.grants(&entity, format!("table {}", it.name), None, &it.grants);
        let mut node = Node::new(Definition::Table(Box::new(shell(it))));
        let parents = it.partition_of.iter().map(|of| &of.parent);
        let parents = parents.chain(&it.inherits).cloned();
        node.uses.extend(parents.map(Entity::Relation));
        node.uses.extend(
            it.foreign
                .iter()
                .map(|it| Entity::Server(it.server.clone())),
        );
        if let Some(method) = &it.access_method {
            node.uses.extend(self.named_in(&name_as_text(method)));
        }
        if let Some(by) = &it.partition_by {
            node.uses.extend(self.named_in(&by.keys));
        }
        self.add(entity.clone(), node);
        for column in &it.columns {
            self.add_column(it, column);
        }
        let relation = Entity::Relation(it.name.clone());
        for column in &it.inherited {
            self.column_grants(&it.name, &column.name, &column.grants, &relation);
            let on = format!("column {}.{}", it.name, quoted(&column.name));
            self.comment_within(&relation, on, column.comment.as_ref());
        }
        for constraint in &it.constraints {
            self.add_constraint(it, constraint);
        }
        self.add_indexes(&it.name, &it.indexes);
        self.add_triggers(&it.name, &it.triggers);
        for policy in &it.policies {
            self.add_policy(&it.name, policy);
        }
        if let Some(identity) = &it.replica_identity {
            let mut node = Node::new(Definition::ReplicaIdentity(identity.clone())).of(entity);
            let met: HashSet<String> = words(identity).collect();
            let indexes = it.indexes.iter().filter_map(|index| index.name.as_ref());
            let keys = it.constraints.iter().filter_map(|it| it.name.as_ref());
            let indexes = indexes.map(|name| Entity::Index(it.name.clone(), name.clone()));
            let keys = keys.map(|name| Entity::Constraint(it.name.clone(), name.clone()));
            let is_met =
                |entity: &Entity| entity.occupies().is_some_and(|(_, it)| met.contains(it));
            node.uses.extend(indexes.chain(keys).filter(is_met));
            self.add(Entity::ReplicaIdentity(it.name.clone()), node);
        }
    }

    fn add_column(&mut self, table: &Table, it: &Column) {
        let relation = Entity::Relation(table.name.clone());
        let entity = Entity::Column(table.name.clone(), it.name.clone());
        let on = format!("column {}.{}", table.name, quoted(&it.name));
        self.comment(&entity, on, it.comment.as_ref());
        self.column_grants(&table.name, &it.name, &it.grants, &entity);
        let mut column = Column {
            default: None,
            comment: None,
            grants: None,
            was: None,
            ..it.clone()
        };
        if let Some(text) = column
            .not_null_constraint
            .as_mut()
            .and_then(|it| it.comment.take())
        {
            let name = column::not_null_name(&table.name, it);
            let on = format!("constraint {} on {}", quoted(&name), table.name);
            self.comment_within(&entity, on, Some(&text));
        }
        let usual = object_name(&table.name.name, &it.name, "not_null");
        if let Some(constraint) = &mut column.not_null_constraint {
            constraint.name.take_if(|name| *name == usual);
        }
        if let Some(identity) = &mut column.identity {
            let usual = object_name(&table.name.name, &it.name, "seq");
            identity.sequence.take_if(|name| *name == usual);
        }
        // with nothing special about it, it is the usual one
        column.not_null_constraint = column
            .not_null_constraint
            .filter(|it| *it != NotNull::default());
        let mut node = Node::new(Definition::Column(Box::new(column)));
        node.made_with = Some(relation.clone());
        node.uses.extend(self.types_in(&it.type_name));
        if let Some(collation) = &it.collation {
            node.uses.extend(self.named_in(&quoted(&collation.name)));
        }
        if let Some(generated) = &it.generated {
            node.uses.extend(self.named_in(&generated.expression));
            node.uses
                .extend(self.columns_in(&table.name, &generated.expression));
        }
        self.add(entity.clone(), node.of(relation));
        if let Some(default) = &it.default {
            let mut node = Node::new(Definition::Default(default.clone())).of(entity.clone());
            node.made_with = Some(entity);
            node.uses.extend(self.named_in(default));
            self.add(Entity::Default(table.name.clone(), it.name.clone()), node);
        }
    }
}

/// A table without what has statements of its own.
fn shell(it: &Table) -> Table {
    let mut inherited = it.inherited.clone();
    for column in &mut inherited {
        (column.comment, column.grants) = (None, None);
    }
    // the order of columns stays as it is made
    let partition_of = it.partition_of.as_ref().map(|of| PartitionOf {
        columns: Vec::new(),
        ..of.clone()
    });
    Table {
        inherited,
        partition_of,
        columns: Vec::new(),
        constraints: Vec::new(),
        indexes: Vec::new(),
        triggers: Vec::new(),
        trigger_states: BTreeMap::new(),
        rules: Vec::new(),
        policies: Vec::new(),
        replica_identity: None,
        clustered_on: None,
        comment: None,
        grants: None,
        owner: None,
        was: None,
        ..it.clone()
    }
}
