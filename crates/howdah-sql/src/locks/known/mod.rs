//! What the lock model asks the catalog.
//!
//! No IO. Names come in as they are written and go out as the catalog has them, without the schema
//! where the search path finds them. Invariant: of what is not known, nothing is made up: no
//! partitions, no indexes, no constraints; where that could make the answer better than the truth,
//! the caller says so.

mod constraints;
mod indexes;
mod queries;
mod types;

pub(super) use constraints::{ConstraintFacts, ForeignKeyFacts, Key};
pub(super) use indexes::IndexFacts;

use crate::ast::{
    CreateFunction, Name, Node, ObjectKind, ObjectName, Persistence, Query, RelationKind,
    Statement, TypeName,
};
use crate::catalog::{self, Age, Catalog, Column};

/// The catalog, for one version of PostgreSQL.
pub(super) struct Known<'a> {
    catalog: &'a Catalog,
    /// The statement that is asked about.
    statement: &'a Statement,
    pub(super) version: u32,
}

/// The kinds of relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Sequence,
    Index,
}

/// How a generated column is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generated {
    Stored,
    Virtual,
}

impl<'a> Known<'a> {
    pub(super) fn new(catalog: &'a Catalog, statement: &'a Statement, version: u32) -> Self {
        Self {
            catalog,
            statement,
            version,
        }
    }

    /// A relation's name as the answer has it.
    pub(super) fn named(&self, name: &ObjectName) -> ObjectName {
        self.catalog.shortest(name)
    }

    fn all(&self, relations: impl IntoIterator<Item = &'a catalog::Relation>) -> Vec<ObjectName> {
        let names = relations.into_iter().map(|it| self.named(&it.name));
        names.collect()
    }

    // --- what there is

    pub(super) fn kind(&self, name: &ObjectName) -> Option<Relation> {
        let Some(relation) = self.catalog.relation(name) else {
            return self.catalog.index(name).map(|_| Relation::Index);
        };
        Some(match relation.kind {
            RelationKind::Table => Relation::Table,
            RelationKind::ForeignTable => Relation::ForeignTable,
            RelationKind::Index => Relation::Index,
            RelationKind::View => Relation::View,
            RelationKind::MaterializedView => Relation::MaterializedView,
            RelationKind::Sequence => Relation::Sequence,
        })
    }

    /// A relation of which all is known, not what the script has said of it alone.
    fn fully(&self, name: &ObjectName) -> Option<&'a catalog::Relation> {
        self.catalog.relation(name).filter(|it| !it.partly_known)
    }

    pub(super) fn exists(&self, name: &ObjectName) -> bool {
        self.catalog.exists(name)
    }

    pub(super) fn is_missing(&self, name: &ObjectName) -> bool {
        self.catalog.is_missing(name)
    }

    /// Whether the open transaction made it, so that nobody else sees it.
    pub(super) fn is_new(&self, name: &ObjectName) -> bool {
        self.catalog.age_of(name) == Age::Transaction
    }

    /// Whether it has a file of rows or index entries; what is not known is taken to have one.
    pub(super) fn has_storage(&self, name: &ObjectName) -> bool {
        let table = match self.catalog.index(name) {
            Some(index) => self.catalog.relation(&index.table),
            None => self.catalog.relation(name),
        };
        table.is_none_or(|it| {
            !it.is_partitioned()
                && !matches!(it.kind, RelationKind::View | RelationKind::ForeignTable)
        })
    }

    pub(super) fn tables(&self) -> Vec<ObjectName> {
        self.all(self.catalog.relations_that(|it| {
            matches!(
                it.kind,
                RelationKind::Table | RelationKind::MaterializedView
            )
        }))
    }

    /// Whether there may be more than those: the script alters tables that nobody has told about.
    pub(super) fn may_have_more_tables(&self) -> bool {
        let told = self.catalog.relations_that(|it| it.partly_known);
        !told.is_empty() || self.tables().is_empty()
    }

    pub(super) fn tables_in_schema(&self, schema: &str) -> Vec<ObjectName> {
        let mut found = self.tables();
        found.retain(|it| self.catalog.resolve(it).schema.as_deref() == Some(schema));
        found
    }

    pub(super) fn relations_in_schema(&self, schema: &str) -> Vec<ObjectName> {
        let is_in = |it: &catalog::Relation| it.name.schema.as_deref() == Some(schema);
        self.all(self.catalog.relations_that(is_in))
    }

    // --- partitions and heirs

    pub(super) fn is_partitioned(&self, name: &ObjectName) -> bool {
        self.catalog
            .relation(name)
            .is_some_and(catalog::Relation::is_partitioned)
    }

    pub(super) fn is_partition(&self, name: &ObjectName) -> bool {
        self.catalog
            .relation(name)
            .is_some_and(catalog::Relation::is_partition)
    }

    /// The partitioned table that it is a partition of.
    pub(super) fn partitioned_parent(&self, name: &ObjectName) -> Option<ObjectName> {
        let relation = self.catalog.relation(name)?;
        relation.is_partition().then_some(())?;
        relation.parents.first().map(|parent| self.named(parent))
    }

    /// The direct partitions.
    pub(super) fn partitions(&self, parent: &ObjectName) -> Vec<ObjectName> {
        self.all(self.catalog.children(parent))
    }

    pub(super) fn default_partition(&self, parent: &ObjectName) -> Option<ObjectName> {
        let default = self.catalog.default_partition(parent)?;
        Some(self.named(&default.name))
    }

    /// The columns of the partition key; empty where an expression is in it.
    pub(super) fn partition_key(&self, parent: &ObjectName) -> Vec<String> {
        let by = self
            .catalog
            .relation(parent)
            .and_then(|it| it.partition_by.as_ref());
        let columns = by.map(|by| {
            let columns = by.elements.iter().map(|it| it.column.as_ref());
            columns
                .map(|it| it.map(|name| name.text.clone()))
                .collect::<Option<Vec<_>>>()
        });
        columns.flatten().unwrap_or_default()
    }

    pub(super) fn descendants(&self, name: &ObjectName) -> Vec<ObjectName> {
        self.all(self.catalog.descendants(name))
    }

    pub(super) fn with_descendants(&self, name: &ObjectName) -> Vec<ObjectName> {
        let mut found = vec![self.named(name)];
        found.extend(self.descendants(name));
        found
    }

    /// A table and its partitions; not those that inherit from it.
    pub(super) fn with_partitions(&self, name: &ObjectName) -> Vec<ObjectName> {
        if self.is_partitioned(name) {
            self.with_descendants(name)
        } else {
            vec![self.named(name)]
        }
    }

    /// A table that a foreign key refers to, and those of its partitions that have triggers for it: before 15 those
    /// that have rows.
    pub(super) fn with_keyed_partitions(&self, name: &ObjectName) -> Vec<ObjectName> {
        let mut found = self.with_partitions(name);
        let root = self.named(name);
        found.retain(|it| self.version >= 15 || *it == root || self.has_storage(it));
        found
    }

    /// The partitions that share a row trigger of a partitioned table; any, where no name is given.
    pub(super) fn partitions_with_trigger(
        &self,
        table: &ObjectName,
        name: Option<&Name>,
    ) -> Vec<ObjectName> {
        let Some(relation) = self.catalog.relation(table) else {
            return Vec::new();
        };
        let is_shared = relation.is_partitioned()
            && relation.triggers.iter().any(|trigger| {
                trigger.for_each_row && name.is_none_or(|name| trigger.name == name.text)
            });
        if is_shared {
            self.descendants(table)
        } else {
            Vec::new()
        }
    }

    /// Whether a table that is known has no trigger, policy or rule of that name.
    pub(super) fn lacks(&self, kind: ObjectKind, table: &ObjectName, name: &str) -> bool {
        self.fully(table).is_some_and(|it| match kind {
            ObjectKind::Trigger => !it.triggers.iter().any(|trigger| trigger.name == name),
            ObjectKind::Policy => !it.policies.iter().any(|policy| policy == name),
            ObjectKind::Rule => !it.rules.iter().any(|rule| rule.name == name),
            _ => false,
        })
    }

    // --- columns

    fn column(&self, table: &ObjectName, column: &str) -> Option<&'a Column> {
        self.catalog.relation(table)?.column(column)
    }

    /// Whether the columns are known.
    pub(super) fn has_columns(&self, table: &ObjectName) -> bool {
        self.catalog
            .relation(table)
            .is_some_and(catalog::Relation::knows_columns)
    }

    pub(super) fn has_column(&self, table: &ObjectName, column: &str) -> bool {
        self.column(table, column).is_some()
    }

    pub(super) fn column_type(&self, table: &ObjectName, column: &str) -> Option<TypeName> {
        self.column(table, column)?.type_name.clone()
    }

    pub(super) fn collation(&self, table: &ObjectName, column: &str) -> Option<ObjectName> {
        self.column(table, column)?.collation.clone()
    }

    /// Whether new rows have to have a value.
    pub(super) fn is_not_null(&self, table: &ObjectName, column: &str) -> Option<bool> {
        Some(self.column(table, column)?.not_null)
    }

    /// Whether every row has a value because the column says so: not by a `NOT NULL NOT VALID`.
    pub(super) fn is_never_null(&self, table: &ObjectName, column: &str) -> bool {
        match self.is_not_null(table, column) {
            Some(not_null) => not_null && !self.has_unproven_not_null(table, column),
            // of a table that nobody has told about, what the script has demanded of it is known
            None => self.has_proven_not_null(table, column),
        }
    }

    pub(super) fn generated(&self, table: &ObjectName, column: &str) -> Option<Generated> {
        let generated = self.column(table, column)?.generated.as_ref()?;
        Some(if generated.stored {
            Generated::Stored
        } else {
            Generated::Virtual
        })
    }

    /// The sequences that a column's default draws from.
    pub(super) fn sequences_of_default(&self, table: &ObjectName, column: &str) -> Vec<ObjectName> {
        let column = self.column(table, column);
        column
            .filter(|it| it.identity.is_none())
            .map_or_else(Vec::new, |it| self.sequences_behind(it))
    }

    /// Those of all columns.
    pub(super) fn sequences_of_all_defaults(&self, table: &ObjectName) -> Vec<ObjectName> {
        let columns = self.catalog.relation(table).map(|it| it.columns.as_slice());
        let columns = columns.unwrap_or_default().iter();
        columns
            .filter(|it| it.identity.is_none())
            .flat_map(|it| self.sequences_behind(it))
            .collect()
    }

    pub(super) fn sequences(&self, table: &ObjectName) -> Vec<ObjectName> {
        self.all(self.catalog.sequences_of(table))
    }

    pub(super) fn sequences_of_column(&self, table: &ObjectName, column: &str) -> Vec<ObjectName> {
        let owned = self.catalog.sequences_of(table).filter(|it| {
            let owner = it.owned_by.as_ref();
            owner.is_some_and(|(_, owner)| owner == column)
        });
        self.all(owned)
    }

    /// Sequences that give a number to a new row of which these columns are written; none named
    /// means all of them.
    pub(super) fn sequences_of_defaults(
        &self,
        table: &ObjectName,
        written: &[Name],
    ) -> Vec<ObjectName> {
        let Some(relation) = self.catalog.relation(table) else {
            return Vec::new();
        };
        if written.is_empty() {
            return Vec::new();
        }
        let left = relation
            .columns
            .iter()
            .filter(|column| !written.iter().any(|name| name.text == column.name));
        left.flat_map(|column| self.sequences_behind(column))
            .collect()
    }

    /// The sequences that a column's default draws from.
    fn sequences_behind(&self, column: &Column) -> Vec<ObjectName> {
        let mut found: Vec<ObjectName> = column.sequence.iter().map(|it| self.named(it)).collect();
        if let Some(default) = &column.default {
            found.extend(self.sequences_in(&default.node));
        }
        found.sort();
        found.dedup();
        found
    }

    /// The sequences that an expression draws from.
    pub(super) fn sequences_in(&self, node: &Node) -> Vec<ObjectName> {
        let mut found = Vec::new();
        node.walk(&mut |node| found.extend(self.drawn_by(node)));
        found
    }

    /// The sequences that a query draws from.
    pub(super) fn sequences_of_query(&self, query: &Query) -> Vec<ObjectName> {
        let mut found = Vec::new();
        query.walk(&mut |node| found.extend(self.drawn_by(node)));
        found
    }

    fn drawn_by(&self, node: &Node) -> Option<ObjectName> {
        match node {
            Node::Call(call) => queries::sequence_of(call).map(|it| self.named(&it)),
            _ => None,
        }
    }

    pub(super) fn tables_with_default_of(&self, sequence: &ObjectName) -> Vec<ObjectName> {
        let sequence = self.named(sequence);
        let draws = |it: &catalog::Relation| {
            let mut columns = it.columns.iter();
            columns.any(|column| self.sequences_behind(column).contains(&sequence))
        };
        self.all(self.catalog.relations_that(draws))
    }

    // --- the whole of a table

    pub(super) fn is_logged(&self, table: &ObjectName) -> Option<bool> {
        let relation = self.fully(table)?;
        Some(relation.persistence == Persistence::Permanent)
    }

    /// Whether a table or index is known to be in a tablespace.
    pub(super) fn is_in_tablespace(&self, name: &ObjectName, space: &Name) -> bool {
        let known = match self.catalog.index(name) {
            Some(index) => Some(index.tablespace.as_deref()),
            None => self.fully(name).map(|it| it.tablespace.as_deref()),
        };
        known.is_some_and(|it| it.unwrap_or("pg_default") == space.text)
    }

    pub(super) fn access_method(&self, table: &ObjectName) -> Option<&'a str> {
        let relation = self.fully(table)?;
        Some(relation.method.as_deref().unwrap_or("heap"))
    }

    pub(super) fn table_of_statistics(&self, name: &ObjectName) -> Option<ObjectName> {
        self.catalog.statistics(name).map(|it| self.named(it))
    }

    pub(super) fn published(&self, publication: &str) -> Option<Vec<ObjectName>> {
        let publication = self.catalog.publication(publication)?;
        Some(publication.tables.iter().map(|it| self.named(it)).collect())
    }

    pub(super) fn function(
        &self,
        name: &ObjectName,
        arguments: usize,
    ) -> Option<&'a CreateFunction> {
        self.catalog
            .function(name, arguments)
            .map(|it| &it.definition)
    }

    /// Whether the session's time zone has no offset; None where nobody has said which it is.
    pub(super) fn time_zone_is_utc(&self) -> Option<bool> {
        let zone = self.catalog.time_zone()?.to_ascii_lowercase();
        let zone = zone.trim_start_matches("etc/");
        Some(matches!(
            zone,
            "utc"
                | "gmt"
                | "uct"
                | "zulu"
                | "universal"
                | "greenwich"
                | "0"
                | "+0"
                | "+00"
                | "+00:00"
        ))
    }
}
