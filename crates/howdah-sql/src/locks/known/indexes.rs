//! Indexes: those that are there, and those that a statement makes.

use super::Known;
use crate::ast::{Constraint, CreateIndex, Name, ObjectName};
use crate::catalog::{Catalog, Index};

/// An index, as far as the lock model looks at it.
#[derive(Clone, Debug)]
pub(in crate::locks) struct IndexFacts {
    pub(in crate::locks) name: ObjectName,
    /// Its key columns, where they are columns.
    pub(in crate::locks) keys: Vec<String>,
    columns: Vec<String>,
    pub(in crate::locks) has_expressions: bool,
    pub(in crate::locks) is_partial: bool,
}

impl IndexFacts {
    /// Whether a column is anywhere in it.
    pub(in crate::locks) fn mentions(&self, column: &str) -> bool {
        self.columns.iter().any(|it| it == column)
    }
}

impl Known<'_> {
    pub(in crate::locks) fn indexes(&self, table: &ObjectName) -> Vec<IndexFacts> {
        self.catalog
            .indexes(table)
            .map(|it| self.facts(it))
            .collect()
    }

    fn facts(&self, index: &Index) -> IndexFacts {
        let keys = index.elements.iter().filter_map(|it| it.column.as_ref());
        IndexFacts {
            name: self.named(&index.name),
            keys: keys.map(|it| it.text.clone()).collect(),
            columns: index.columns().into_iter().map(str::to_owned).collect(),
            has_expressions: index.has_expressions(),
            is_partial: index.predicate.is_some(),
        }
    }

    pub(in crate::locks) fn index_names(&self, table: &ObjectName) -> Vec<ObjectName> {
        self.catalog
            .indexes(table)
            .map(|it| self.named(&it.name))
            .collect()
    }

    /// Indexes of a table and its descendants in which a column appears.
    pub(in crate::locks) fn indexes_with_column(
        &self,
        table: &ObjectName,
        column: &str,
    ) -> Vec<ObjectName> {
        let family = self.with_descendants(table);
        let indexes = family.iter().flat_map(|it| self.catalog.indexes(it));
        indexes
            .filter(|it| it.columns().contains(&column))
            .map(|it| self.named(&it.name))
            .collect()
    }

    /// An index by the name that a statement about a table gives: it is in the table's schema.
    pub(in crate::locks) fn index_named(&self, table: &ObjectName, name: &Name) -> ObjectName {
        self.named(&self.beside(table, name))
    }

    fn beside(&self, table: &ObjectName, name: &str) -> ObjectName {
        ObjectName {
            schema: self.catalog.resolve(table).schema,
            ..ObjectName::new(name)
        }
    }

    pub(in crate::locks) fn index_of(&self, table: &ObjectName, name: &Name) -> Option<IndexFacts> {
        let index = self.catalog.index(&self.beside(table, name))?;
        Some(self.facts(index))
    }

    /// An index, and its parts in the partitions.
    pub(in crate::locks) fn index_and_partitions(&self, name: &ObjectName) -> Vec<ObjectName> {
        let mut found = vec![self.named(name)];
        let Some(index) = self.catalog.index(name) else {
            return found;
        };
        for table in self.descendants(&index.table) {
            for part in self.catalog.indexes(&table) {
                let parent = part.parent.as_ref().map(|it| self.named(it));
                if parent.is_some_and(|it| found.contains(&it)) {
                    found.push(self.named(&part.name));
                }
            }
        }
        found
    }

    pub(in crate::locks) fn table_of_index(&self, name: &ObjectName) -> Option<ObjectName> {
        self.catalog.index(name).map(|it| self.named(&it.table))
    }

    /// The indexes of a partition that are parts of the parent's.
    pub(in crate::locks) fn attached_indexes(&self, partition: &ObjectName) -> Vec<ObjectName> {
        let attached = self
            .catalog
            .indexes(partition)
            .filter(|it| it.parent.is_some());
        attached.map(|it| self.named(&it.name)).collect()
    }

    pub(in crate::locks) fn exists_beside(&self, table: &ObjectName, name: &Name) -> bool {
        self.catalog.exists(&self.beside(table, name))
    }

    /// The indexes that a new constraint of a table builds.
    pub(in crate::locks) fn new_indexes(
        &self,
        table: &ObjectName,
        constraint: &Constraint,
    ) -> Vec<ObjectName> {
        match &constraint.name {
            Some(name) if !self.is_partitioned(table) => vec![self.index_named(table, name)],
            _ => self.built_for(table),
        }
    }

    /// The indexes that `CREATE INDEX` builds.
    pub(in crate::locks) fn indexes_of_statement(
        &self,
        statement: &CreateIndex,
    ) -> Vec<ObjectName> {
        match &statement.name {
            Some(name) if !self.is_partitioned(&statement.table) => {
                vec![self.index_named(&statement.table, name)]
            }
            _ => self.built_for(&statement.table),
        }
    }

    /// The indexes that a table and its partitions have after the statement and had not before. The
    /// names are those that PostgreSQL chooses, so the statement is tried on a copy of the catalog.
    pub(in crate::locks) fn built_for(&self, table: &ObjectName) -> Vec<ObjectName> {
        let mut after = self.catalog.trial();
        after.apply(self.statement);
        let is_new = |it: &&Index| self.catalog.index(&it.name).is_none();
        let mut tables: Vec<ObjectName> = vec![after.resolve(table)];
        tables.extend(after.descendants(table).iter().map(|it| it.name.clone()));
        tables.retain(|it| has_rows(&after, it));
        let indexes = tables.iter().flat_map(|it| after.indexes(it));
        indexes
            .filter(is_new)
            .map(|it| self.named(&it.name))
            .collect()
    }
}

fn has_rows(catalog: &Catalog, table: &ObjectName) -> bool {
    catalog
        .relation(table)
        .is_none_or(|it| !it.is_partitioned())
}
