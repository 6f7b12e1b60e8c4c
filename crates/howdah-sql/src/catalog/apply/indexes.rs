//! Indexes come and go, those of partitions with them.

use std::sync::Arc;

use super::super::store::beside;
use super::super::{Catalog, Index, choose};
use crate::ast::{CreateIndex, ObjectName, Reindex, ReindexTarget, RelationKind};

impl Catalog {
    pub(super) fn create_index(&mut self, index: &CreateIndex) {
        let table = self.resolve(&index.table);
        let name = match &index.name {
            Some(name) => beside(&table, name),
            None => {
                let columns = choose::joined_columns(
                    &index.elements,
                    index.include.iter().map(|name| &**name),
                );
                beside(&table, &self.index_name(&table, &columns, "idx"))
            }
        };
        if self.exists(&name) {
            return;
        }
        let made = Index {
            name,
            method: index
                .method
                .as_ref()
                .map_or("btree", |method| method)
                .to_owned(),
            elements: index.elements.clone(),
            include: index
                .include
                .iter()
                .map(|column| column.text.clone())
                .collect(),
            predicate: index.predicate.clone(),
            unique: index.unique,
            options: index.options.clone(),
            tablespace: index.tablespace.as_ref().map(|it| it.text.clone()),
            parent: None,
            valid: !index.only || self.child_names(&table).is_empty(),
            constraint: None,
            made: self.now_unless(index.if_not_exists),
            table,
        };
        if index.only {
            self.objects().put_index(Arc::new(made));
        } else {
            self.put_with_partitions(made);
        }
    }

    /// Takes an index in, and its part for each partition of a partitioned table.
    pub(super) fn put_with_partitions(&mut self, index: Index) {
        let partitioned = self
            .relation(&index.table)
            .is_some_and(super::super::relation::Relation::is_partitioned);
        let partitions = if partitioned {
            self.partition_names(&index.table)
        } else {
            Vec::new()
        };
        let index = Arc::new(index);
        self.objects().put_index(Arc::clone(&index));
        for partition in partitions {
            self.put_part(&index, &partition);
        }
    }

    /// A partition's part of an index: one that is there already and alike, or a new one.
    pub(super) fn put_part(&mut self, index: &Index, partition: &ObjectName) {
        let alike = |it: &&Index| it.parent.is_none() && it.is_like(index);
        let found = self
            .indexes(partition)
            .find(alike)
            .map(|it| it.name.clone());
        if let Some(name) = found {
            self.objects()
                .change_index(&name, |it| it.parent = Some(index.name.clone()));
            return;
        }
        let label = match (&index.constraint, index.unique) {
            (None, _) => "idx",
            (Some(name), true) if name.ends_with("_pkey") => "pkey",
            (Some(_), true) => "key",
            (Some(_), false) => "excl",
        };
        let columns = match label {
            "pkey" => String::new(),
            _ => choose::joined_columns(&index.elements, index.include.iter().map(String::as_str)),
        };
        let name = self.index_name(partition, &columns, label);
        self.put_with_partitions(Index {
            name: beside(partition, &name),
            table: partition.clone(),
            parent: Some(index.name.clone()),
            constraint: index.constraint.as_ref().map(|_| name.clone()),
            made: self.now(),
            ..index.clone()
        });
    }

    /// Gives a table indexes like another's, as parts of those for a partition.
    pub(super) fn copy_indexes(&mut self, from: &ObjectName, to: &ObjectName, parts: bool) {
        let indexes: Vec<Index> = self.indexes(from).cloned().collect();
        for index in indexes {
            self.put_part(&index, to);
            if !parts {
                let copied = self
                    .indexes(to)
                    .find(|it| it.parent.as_ref() == Some(&index.name));
                if let Some(name) = copied.map(|it| it.name.clone()) {
                    self.objects().change_index(&name, |it| it.parent = None);
                }
            }
        }
    }

    /// Removes an index with its parts.
    pub(super) fn drop_index(&mut self, name: &ObjectName) {
        let name = self.resolve(name);
        let Some(index) = self.objects().take_index(&name) else {
            return;
        };
        if let Some(constraint) = &index.constraint {
            self.relink(&index.table, |table| {
                table.constraints.retain(|it| it.name != *constraint);
            });
        }
        let parts = self.parts_of(&name, &index.table);
        for part in parts {
            self.drop_index(&part);
        }
    }

    /// The indexes of partitions that are parts of an index.
    fn parts_of(&self, name: &ObjectName, table: &ObjectName) -> Vec<ObjectName> {
        let children = self.child_names(table);
        let indexes = children.iter().flat_map(|child| self.indexes(child));
        let parts = indexes.filter(|index| index.parent.as_ref() == Some(name));
        parts.map(|index| index.name.clone()).collect()
    }

    /// `ALTER INDEX … ATTACH PARTITION`: the last part makes an index valid that was `ON ONLY`.
    pub(super) fn attach_index(&mut self, parent: &ObjectName, part: &ObjectName) {
        let parent = self.resolve(parent);
        self.change_index(part, |index| index.parent = Some(parent.clone()));
        let Some(table) = self.objects.index(&parent).map(|it| it.table.clone()) else {
            return;
        };
        let whole = self.parts_of(&parent, &table).len() == self.child_names(&table).len();
        self.change_index(&parent, |index| index.valid |= whole);
    }

    /// A rebuilt index is valid again.
    pub(super) fn reindexed(&mut self, reindex: &Reindex) {
        let Some(name) = &reindex.name else {
            return;
        };
        match reindex.target {
            ReindexTarget::Index => self.change_index(name, |index| index.valid = true),
            ReindexTarget::Table => {
                let names: Vec<ObjectName> = self.indexes(name).map(|it| it.name.clone()).collect();
                for name in names {
                    self.change_index(&name, |index| index.valid = true);
                }
            }
            _ => {}
        }
    }

    /// The partitions of a table, one level down.
    pub(super) fn partition_names(&self, table: &ObjectName) -> Vec<ObjectName> {
        let partitions = self.children(table).filter(|child| child.is_partition());
        let real = partitions.filter(|child| child.kind != RelationKind::ForeignTable);
        real.map(|child| child.name.clone()).collect()
    }

    /// The partitions of a table, all levels.
    pub(super) fn partitions_below(&self, table: &ObjectName) -> Vec<ObjectName> {
        let below = self
            .descendants(table)
            .into_iter()
            .filter(|it| it.is_partition());
        below.map(|it| it.name.clone()).collect()
    }
}

impl Index {
    /// Whether it indexes the same in the same way, so that it can be a part of the other.
    fn is_like(&self, other: &Index) -> bool {
        let element = |it: &crate::ast::IndexElement| {
            (
                it.expr.node.clone(),
                it.collation.clone(),
                it.operator_class.clone(),
            )
        };
        self.method == other.method
            && self.unique == other.unique
            && self.include == other.include
            && self.predicate == other.predicate
            && (other.constraint.is_none() || self.constraint.is_some())
            && self.elements.len() == other.elements.len()
            && self
                .elements
                .iter()
                .map(element)
                .eq(other.elements.iter().map(element))
    }
}
