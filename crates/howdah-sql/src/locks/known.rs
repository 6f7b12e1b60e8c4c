//! What the lock model asks the catalog.
//!
//! No IO. Invariant: of what is not known, nothing is made up: no partitions, no indexes, no
//! constraints; where that would make the answer better than the truth may be, the caller says so.

use crate::ast::{
    Constraint, ConstraintKind, CreateFunction, CreateIndex, Expr, Name, Node, ObjectKind,
    ObjectName, Query, TypeName,
};
use crate::catalog::Catalog;

/// The catalog, for one version of PostgreSQL.
pub(super) struct Known<'a> {
    catalog: &'a Catalog,
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

/// An index, as far as the lock model looks at it.
#[derive(Clone, Debug)]
pub(super) struct IndexFacts {
    pub(super) name: ObjectName,
    /// Its key columns, where they are columns.
    pub(super) keys: Vec<String>,
    /// Columns anywhere in it.
    pub(super) columns: Vec<String>,
    pub(super) has_expressions: bool,
    pub(super) is_partial: bool,
}

impl IndexFacts {
    pub(super) fn mentions(&self, column: &str) -> bool {
        self.columns.iter().any(|it| it == column)
    }
}

#[derive(Clone, Debug)]
pub(super) struct CheckFacts<'a> {
    pub(super) expr: &'a Expr,
    /// Every row has passed it.
    pub(super) valid: bool,
}

#[derive(Clone, Debug)]
pub(super) struct ForeignKeyFacts {
    pub(super) table: ObjectName,
    pub(super) columns: Vec<String>,
    pub(super) referenced: ObjectName,
    pub(super) referenced_columns: Vec<String>,
    pub(super) valid: bool,
    /// `ON DELETE CASCADE`, `SET NULL`, `SET DEFAULT`.
    pub(super) changes_on_delete: bool,
}

/// What a constraint is.
#[derive(Clone, Debug)]
pub(super) enum Key {
    Check,
    NotNull(String),
    Foreign(ForeignKeyFacts),
    /// With its index.
    Index(ObjectName),
}

#[derive(Clone, Debug)]
pub(super) struct ConstraintFacts {
    pub(super) name: String,
    pub(super) key: Key,
    pub(super) valid: bool,
}

impl ConstraintFacts {
    pub(super) fn of(_table: &ObjectName, _c: &Constraint) -> Self { Self { name: String::new(), key: Key::Check, valid: false } }
}
impl<'a> Known<'a> {
    pub(super) fn new(catalog: &'a Catalog, version: u32) -> Self { Self { catalog, version } }
    pub(super) fn named(&self, n: &ObjectName) -> ObjectName { let _ = self.catalog; n.clone() }
    pub(super) fn kind(&self, _n: &ObjectName) -> Option<Relation> { None }
    pub(super) fn exists(&self, n: &ObjectName) -> bool { self.kind(n).is_some() }
    pub(super) fn is_missing(&self, _n: &ObjectName) -> bool { false }
    pub(super) fn is_new(&self, _n: &ObjectName) -> bool { false }
    pub(super) fn has_storage(&self, _n: &ObjectName) -> bool { true }
    pub(super) fn is_partitioned(&self, _n: &ObjectName) -> bool { false }
    pub(super) fn is_partition(&self, n: &ObjectName) -> bool { self.partitioned_parent(n).is_some() }
    pub(super) fn partitioned_parent(&self, _n: &ObjectName) -> Option<ObjectName> { None }
    pub(super) fn partitions(&self, _n: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn partition_key(&self, _n: &ObjectName) -> Vec<String> { vec![] }
    pub(super) fn default_partition(&self, _n: &ObjectName) -> Option<ObjectName> { None }
    pub(super) fn descendants(&self, _n: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn with_descendants(&self, n: &ObjectName) -> Vec<ObjectName> { vec![n.clone()] }
    pub(super) fn with_partitions(&self, n: &ObjectName) -> Vec<ObjectName> { vec![n.clone()] }
    pub(super) fn indexes(&self, _n: &ObjectName) -> Vec<IndexFacts> { vec![] }
    pub(super) fn index_names(&self, _n: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn indexes_with_column(&self, _n: &ObjectName, _c: &str) -> Vec<ObjectName> { vec![] }
    pub(super) fn index(&self, n: &ObjectName) -> ObjectName { n.clone() }
    pub(super) fn index_named(&self, _t: &ObjectName, n: &Name) -> ObjectName { ObjectName::new(n.text.clone()) }
    pub(super) fn index_of(&self, _t: &ObjectName, _n: &Name) -> Option<IndexFacts> { None }
    pub(super) fn index_and_partitions(&self, n: &ObjectName) -> Vec<ObjectName> { vec![n.clone()] }
    pub(super) fn table_of_index(&self, _n: &ObjectName) -> Option<ObjectName> { None }
    pub(super) fn attached_indexes(&self, _n: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn indexes_to_attach(&self, _p: &ObjectName, _c: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn new_indexes(&self, _t: &ObjectName, _c: &Constraint) -> Vec<ObjectName> { vec![] }
    pub(super) fn indexes_of_statement(&self, _s: &CreateIndex) -> Vec<ObjectName> { vec![] }
    pub(super) fn exists_beside(&self, _t: &ObjectName, _n: &Name) -> bool { false }
    pub(super) fn has_columns(&self, _n: &ObjectName) -> bool { false }
    pub(super) fn has_column(&self, _n: &ObjectName, _c: &str) -> bool { false }
    pub(super) fn column_type(&self, _n: &ObjectName, _c: &str) -> Option<TypeName> { None }
    pub(super) fn collation(&self, _n: &ObjectName, _c: &str) -> Option<ObjectName> { None }
    pub(super) fn is_not_null(&self, _n: &ObjectName, _c: &str) -> Option<bool> { None }
    pub(super) fn generated(&self, _n: &ObjectName, _c: &str) -> Option<Generated> { None }
    pub(super) fn checks(&self, _n: &ObjectName) -> Vec<CheckFacts<'a>> { vec![] }
    pub(super) fn valid_checks(&self, n: &ObjectName) -> Vec<CheckFacts<'a>> { let mut c = self.checks(n); c.retain(|it| it.valid); c }
    pub(super) fn foreign_keys(&self, _n: &ObjectName) -> Vec<ForeignKeyFacts> { vec![] }
    pub(super) fn keys_to(&self, _n: &ObjectName) -> Vec<ForeignKeyFacts> { vec![] }
    pub(super) fn keys_by_index(&self, _n: &ObjectName, _c: &str) -> Vec<ObjectName> { vec![] }
    pub(super) fn constraint(&self, _n: &ObjectName, _c: &str) -> Option<ConstraintFacts> { None }
    pub(super) fn sequences(&self, _n: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn sequences_of_column(&self, _n: &ObjectName, _c: &str) -> Vec<ObjectName> { vec![] }
    pub(super) fn sequences_of_defaults(&self, _n: &ObjectName, _c: &[Name]) -> Vec<ObjectName> { vec![] }
    pub(super) fn dependents(&self, _n: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn dependents_of_column(&self, _n: &ObjectName, _c: &str) -> Vec<ObjectName> { vec![] }
    pub(super) fn forbids_type_change(&self, _n: &ObjectName, _c: &str) -> Option<String> { None }
    pub(super) fn read_by(&self, q: &Query) -> Vec<ObjectName> { q.reads.clone() }
    pub(super) fn read_by_view(&self, _n: &ObjectName) -> Option<Vec<ObjectName>> { None }
    pub(super) fn partitions_with_trigger(&self, _n: &ObjectName, _t: Option<&Name>) -> Vec<ObjectName> { vec![] }
    pub(super) fn is_logged(&self, _n: &ObjectName) -> Option<bool> { None }
    pub(super) fn is_in_tablespace(&self, _n: &ObjectName, _s: &Name) -> bool { false }
    pub(super) fn access_method(&self, _n: &ObjectName) -> Option<&'a str> { None }
    pub(super) fn function(&self, _n: &ObjectName, _a: usize) -> Option<&'a CreateFunction> { None }
    pub(super) fn is_domain(&self, _n: &ObjectName) -> bool { false }
    pub(super) fn is_constrained_domain(&self, _n: &TypeName) -> Option<bool> { None }
    pub(super) fn base_type(&self, n: &TypeName) -> TypeName { n.clone() }
    pub(super) fn domain_default(&self, _n: &TypeName) -> Option<Node> { None }
    pub(super) fn tables(&self) -> Vec<ObjectName> { vec![] }
    pub(super) fn tables_in_schema(&self, _n: &str) -> Vec<ObjectName> { vec![] }
    pub(super) fn relations_in_schema(&self, _n: &str) -> Vec<ObjectName> { vec![] }
    pub(super) fn tables_using_type(&self, _n: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn tables_using_domain(&self, _n: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn tables_of_type(&self, _n: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn tables_using_function(&self, _n: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn tables_with_default_of(&self, _n: &ObjectName) -> Vec<ObjectName> { vec![] }
    pub(super) fn table_of_statistics(&self, _n: &ObjectName) -> Option<ObjectName> { None }
    pub(super) fn published(&self, _n: &str) -> Option<Vec<ObjectName>> { None }
    pub(super) fn lacks(&self, _k: ObjectKind, _t: &ObjectName, _n: &str) -> bool { false }
    pub(super) fn time_zone_is_utc(&self) -> Option<bool> { None }
}
