//! What a catalog holds: relations with their columns and constraints, indexes, types, functions.
//!
//! Plain values, read by whoever has a [`super::Catalog`], changed by its `apply` alone. Names of
//! objects always carry their schema here.

use crate::ast::{
    ConstraintKind, CreateFunction, Expr, IndexElement, NewType, ObjectName, PartitionBound,
    PartitionBy, Persistence, Query, RelationKind, StorageOption, TypeName,
};

/// When an object came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// It was there before the script.
    #[default]
    Before,
    /// The script made it, in a transaction that has ended since.
    Script,
    /// The open transaction made it: nobody else sees it.
    Transaction,
}

/// The transaction that made an object, counted from one; zero if it was there before the script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Made(pub(super) u32);

/// How large a relation is, as its database says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Rows, by the planner's estimate or counted.
    pub rows: u64,
    /// Bytes of the heap, where known.
    pub bytes: Option<u64>,
    /// Bytes of all indexes, where known.
    pub index_bytes: Option<u64>,
}

/// A table, view, materialized view, foreign table or sequence.
#[derive(Clone, Debug, Default)]
pub struct Relation {
    /// Its name.
    pub name: ObjectName,
    /// What it is; never an index.
    pub kind: RelationKind,
    /// `TEMPORARY`, `UNLOGGED`.
    pub persistence: Persistence,
    /// Its columns in order, inherited ones included; empty where they cannot be told.
    pub columns: Vec<Column>,
    /// Its constraints, inherited ones included; `NOT NULL` too.
    pub constraints: Vec<TableConstraint>,
    /// Parents by `INHERITS`, and the partitioned table that it is a partition of.
    pub parents: Vec<ObjectName>,
    /// Which rows of its parent it takes, as a partition.
    pub bound: Option<PartitionBound>,
    /// How it is partitioned.
    pub partition_by: Option<PartitionBy>,
    /// Its triggers.
    pub triggers: Vec<Trigger>,
    /// Its rewrite rules, without a view's own.
    pub rules: Vec<Rule>,
    /// Its policies.
    pub policies: Vec<String>,
    /// `ENABLE ROW LEVEL SECURITY`.
    pub row_security: bool,
    /// `OF type`.
    pub of_type: Option<ObjectName>,
    /// The access method, where one was said.
    pub method: Option<String>,
    /// The tablespace, where one was said.
    pub tablespace: Option<String>,
    /// `WITH (…)`.
    pub options: Vec<StorageOption>,
    /// The index of `CLUSTER ON`.
    pub clustered_on: Option<String>,
    /// What a view shows.
    pub query: Option<Query>,
    /// Relations that a view reads.
    pub reads: Vec<ObjectName>,
    /// The column that a sequence belongs to.
    pub owned_by: Option<(ObjectName, String)>,
    /// When it came to be; see [`super::Catalog::age`].
    pub made: Made,
    /// How large it is, where known.
    pub size: Option<Size>,
    /// A worker of autovacuum is busy with it.
    pub autovacuum: bool,
}

impl Relation {
    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// A constraint by its name.
    #[must_use]
    pub fn constraint(&self, name: &str) -> Option<&TableConstraint> {
        self.constraints
            .iter()
            .find(|constraint| constraint.name == name)
    }

    /// Whether it is a partition.
    #[must_use]
    pub fn is_partition(&self) -> bool {
        self.bound.is_some()
    }

    /// Whether it holds no rows itself but in its partitions.
    #[must_use]
    pub fn is_partitioned(&self) -> bool {
        self.partition_by.is_some()
    }
}

/// A rewrite rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// `select`, `insert`, `update` or `delete`.
    pub event: String,
    /// Relations that its actions read.
    pub reads: Vec<ObjectName>,
    /// Relations whose rows its actions change.
    pub writes: Vec<ObjectName>,
}

impl Rule {
    /// Whether one of its actions reads or writes a relation.
    #[must_use]
    pub fn mentions(&self, relation: &ObjectName) -> bool {
        self.reads.contains(relation) || self.writes.contains(relation)
    }
}

/// A column.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, `serial` read as what is behind it; none where it cannot be told.
    pub type_name: Option<TypeName>,
    /// `COLLATE`.
    pub collation: Option<ObjectName>,
    /// No new row may have a null here.
    pub not_null: bool,
    /// Its default; of a `serial` the call of `nextval`.
    pub default: Option<Expr>,
    /// What generates it.
    pub generated: Option<Box<Generated>>,
    /// `GENERATED … AS IDENTITY`; true is `ALWAYS`.
    pub identity: Option<bool>,
    /// The sequence behind a `serial` or identity.
    pub sequence: Option<ObjectName>,
    /// It comes from a parent.
    pub inherited: bool,
}

/// A generated column's expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The expression.
    pub expr: Expr,
    /// `STORED`, not `VIRTUAL`.
    pub stored: bool,
}

/// A constraint of a table.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // as in `pg_constraint`: they are independent
pub struct TableConstraint {
    /// Its name, as PostgreSQL chooses it where none is written.
    pub name: String,
    /// What it demands, its columns and the table referred to filled in.
    pub kind: ConstraintKind,
    /// Every row has passed it.
    pub valid: bool,
    /// New rows are held to it.
    pub enforced: bool,
    /// `NO INHERIT`.
    pub no_inherit: bool,
    /// It comes from a parent.
    pub inherited: bool,
    /// `DEFERRABLE`.
    pub deferrable: bool,
    /// The index behind it.
    pub index: Option<ObjectName>,
}

impl TableConstraint {
    /// The columns that it is about: of a check, those that it mentions.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match &self.kind {
            ConstraintKind::Check(expr) => expr.columns(),
            ConstraintKind::NotNull(column) => column.iter().map(|name| &**name).collect(),
            ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => key
                .columns
                .iter()
                .chain(&key.include)
                .map(|name| &**name)
                .collect(),
            ConstraintKind::ForeignKey(key) => key.columns.iter().map(|name| &**name).collect(),
            ConstraintKind::Exclude(exclusion) => {
                let elements = exclusion.elements.iter();
                elements
                    .flat_map(|(element, _)| element.expr.columns())
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A trigger.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The function that it runs.
    pub function: ObjectName,
    /// `FOR EACH ROW`.
    pub for_each_row: bool,
    /// `insert`, `update`, `delete`, `truncate`.
    pub events: Vec<String>,
    /// It fires.
    pub enabled: bool,
    /// A partitioned table has it, too.
    pub inherited: bool,
}

/// An index.
#[derive(Clone, Debug)]
pub struct Index {
    /// Its name.
    pub name: ObjectName,
    /// Its table or materialized view.
    pub table: ObjectName,
    /// The access method.
    pub method: String,
    /// What is indexed.
    pub elements: Vec<IndexElement>,
    /// `INCLUDE`.
    pub include: Vec<String>,
    /// `WHERE`.
    pub predicate: Option<Expr>,
    /// `UNIQUE`.
    pub unique: bool,
    /// `WITH (…)`.
    pub options: Vec<StorageOption>,
    /// The tablespace, where one was said.
    pub tablespace: Option<String>,
    /// The index of the partitioned table that it is a part of.
    pub parent: Option<ObjectName>,
    /// It answers queries: not one that `CONCURRENTLY` left behind, nor an `ON ONLY` without all
    /// of its partitions' indexes.
    pub valid: bool,
    /// The constraint that it keeps.
    pub constraint: Option<String>,
    /// When it came to be; see [`super::Catalog::age`].
    pub made: Made,
}

impl Index {
    /// Columns anywhere in it: keys, expressions, `INCLUDE`, `WHERE`; each once.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let elements = self
            .elements
            .iter()
            .flat_map(|element| element.expr.columns());
        let include = self.include.iter().map(String::as_str);
        let predicate = self.predicate.iter().flat_map(Expr::columns);
        let mut found: Vec<&str> = Vec::new();
        for column in elements.chain(include).chain(predicate) {
            if !found.contains(&column) {
                found.push(column);
            }
        }
        found
    }

    /// Whether an element is an expression.
    #[must_use]
    pub fn has_expressions(&self) -> bool {
        self.elements.iter().any(|element| element.column.is_none())
    }
}

/// A type that a script made.
#[derive(Clone, Debug)]
pub struct Type {
    /// Its name.
    pub name: ObjectName,
    /// What it is.
    pub kind: TypeKind,
    /// When it came to be; see [`super::Catalog::age`].
    pub made: Made,
    /// Values that were added to an enum, and when: the same transaction cannot use them.
    pub new_values: Vec<(String, Made)>,
}

/// What a type is.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// An enum, composite, range or base type.
    Made(NewType),
    /// A domain.
    Domain(Box<Domain>),
}

/// A domain.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The type below it.
    pub base: TypeName,
    /// `NOT NULL`.
    pub not_null: bool,
    /// `DEFAULT`.
    pub default: Option<Expr>,
    /// Its checks, and `NOT NULL` where it has a name.
    pub constraints: Vec<TableConstraint>,
}

/// A function or procedure.
#[derive(Clone, Debug)]
pub struct Function {
    /// How it was made, changes followed.
    pub definition: CreateFunction,
    /// When it came to be; see [`super::Catalog::age`].
    pub made: Made,
    /// A hash of what tells it from others of its name.
    pub(super) signature: u64,
}

/// A publication.
#[derive(Clone, Debug, Default)]
pub struct Publication {
    /// `FOR ALL TABLES`.
    pub all_tables: bool,
    /// Schemas whose tables are published.
    pub schemas: Vec<String>,
    /// The tables.
    pub tables: Vec<ObjectName>,
}
