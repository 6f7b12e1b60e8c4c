//! Constraints, and what they are about. No IO.

use std::collections::BTreeSet;

use super::{Model, Node};
use crate::ddl::constraint;
use crate::diff::{Definition, Entity};
use crate::identifiers::quoted;
use crate::value::{Constraint, ConstraintKind, Index, Name, Table};

impl Model<'_> {
    pub(super) fn add_constraint(&mut self, table: &Table, it: &Constraint) {
        let name = it.name.clone().unwrap_or_default();
        let relation = Entity::Relation(table.name.clone());
        let entity = Entity::Constraint(table.name.clone(), name);
        let quoted_name = quoted(it.name.as_deref().unwrap_or_default());
        let on = format!("constraint {quoted_name} on {}", table.name);
        self.comment(&entity, on, it.comment.as_ref());
        let mut node = Node::new(Definition::Constraint(Box::new(Constraint {
            comment: None,
            ..it.clone()
        })));
        if !constraint::comes_later(it) {
            node.made_with = Some(relation.clone());
        }
        let own = self.column_entities(&table.name, columns_of(&it.kind));
        node.goes_with.extend(own.iter().cloned());
        node.uses.extend(own);
        for text in texts_of(&it.kind) {
            node.uses.extend(self.columns_in(&table.name, text));
            node.uses.extend(self.named_in(text));
        }
        node.goes_with.push(relation.clone());
        node.uses.insert(relation);
        if let ConstraintKind::ForeignKey {
            references,
            referenced_columns,
            ..
        } = &it.kind
        {
            node.uses.insert(Entity::Relation(references.clone()));
            let theirs = self.column_entities(references, referenced_columns);
            node.uses.extend(theirs);
            node.uses.extend(self.keys(references, referenced_columns));
        }
        self.add(entity, node);
    }

    /// The keys of a table that a foreign key to these columns may rest on.
    fn keys(&self, table: &Name, columns: &[String]) -> Vec<Entity> {
        let Some(table) = self.table(table) else {
            return Vec::new();
        };
        let wanted: BTreeSet<&String> = columns.iter().collect();
        let is_key = |it: &&Constraint| match &it.kind {
            ConstraintKind::PrimaryKey { columns, .. } => {
                wanted.is_empty() || columns.iter().collect::<BTreeSet<_>>() == wanted
            }
            ConstraintKind::Unique { columns, .. } => {
                columns.iter().collect::<BTreeSet<_>>() == wanted
            }
            _ => false,
        };
        let named = |name: &Option<String>| name.clone().unwrap_or_default();
        let keys = table.constraints.iter().filter(is_key);
        let keys = keys.map(|it| Entity::Constraint(table.name.clone(), named(&it.name)));
        let is_unique = |it: &&Index| {
            let columns = it.elements.iter().filter_map(|it| it.column.as_ref());
            it.unique && it.predicate.is_none() && columns.collect::<BTreeSet<_>>() == wanted
        };
        let indexes = table.indexes.iter().filter(is_unique);
        keys.chain(indexes.map(|it| Entity::Index(table.name.clone(), named(&it.name))))
            .collect()
    }
}

/// The table's columns that a constraint is about, where it does not name them in an expression.
pub(crate) fn columns_of(kind: &ConstraintKind) -> Vec<&String> {
    match kind {
        ConstraintKind::PrimaryKey {
            columns, include, ..
        }
        | ConstraintKind::Unique {
            columns, include, ..
        } => columns.iter().chain(include).collect(),
        ConstraintKind::ForeignKey { columns, .. } => columns.iter().collect(),
        ConstraintKind::Check { .. } => Vec::new(),
        ConstraintKind::Exclude {
            elements, include, ..
        } => {
            let columns = elements.iter().filter_map(|it| it.column.as_ref());
            columns.chain(include).collect()
        }
    }
}

/// The expressions of a constraint.
pub(crate) fn texts_of(kind: &ConstraintKind) -> Vec<&str> {
    match kind {
        ConstraintKind::Check { expression, .. } => vec![expression],
        ConstraintKind::Exclude {
            elements,
            predicate,
            ..
        } => {
            let expressions = elements.iter().filter_map(|it| it.expression.as_deref());
            expressions.chain(predicate.as_deref()).collect()
        }
        _ => Vec::new(),
    }
}
