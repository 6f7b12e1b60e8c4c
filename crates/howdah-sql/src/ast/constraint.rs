//! Constraints of tables, columns and domains, and what `CREATE TABLE` writes like them.

use super::{Expr, IndexElement, Name, ObjectName, SequenceOption, StorageOption};
use crate::text::Span;

/// A constraint, or a default, an identity or a generated column: what stands behind a column or
/// between the columns.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// Where it stands, its name included.
    pub span: Span,
    /// `CONSTRAINT name`.
    pub name: Option<Name>,
    /// What it demands.
    pub kind: ConstraintKind,
    /// `NOT VALID`.
    pub not_valid: bool,
    /// `NO INHERIT`.
    pub no_inherit: bool,
    /// `NOT ENFORCED` (18).
    pub not_enforced: bool,
    /// `DEFERRABLE`, also implied by `INITIALLY DEFERRED`.
    pub deferrable: bool,
    /// `INITIALLY DEFERRED`.
    pub initially_deferred: bool,
}

/// What a constraint demands. Of a column's constraint, `columns` hold that column.
#[derive(Clone, Debug)]
pub enum ConstraintKind {
    /// `NOT NULL`; as a table's constraint since 18. A domain's has no column.
    NotNull(Option<Name>),
    /// `NULL`.
    Null,
    /// `DEFAULT x`.
    Default(Expr),
    /// `GENERATED ALWAYS AS (x)`.
    Generated {
        /// The expression.
        expr: Expr,
        /// `STORED`; since 18 `VIRTUAL` is what is not said.
        stored: bool,
    },
    /// `GENERATED … AS IDENTITY`.
    Identity {
        /// `ALWAYS`, not `BY DEFAULT`.
        always: bool,
        /// Of its sequence.
        options: Vec<SequenceOption>,
    },
    /// `CHECK (x)`.
    Check(Expr),
    /// `UNIQUE`.
    Unique(KeyConstraint),
    /// `PRIMARY KEY`.
    PrimaryKey(KeyConstraint),
    /// `EXCLUDE`.
    Exclude(Box<Exclusion>),
    /// `REFERENCES`, `FOREIGN KEY`.
    ForeignKey(ForeignKey),
}

/// A constraint that an index keeps.
#[derive(Clone, Debug, Default)]
pub struct KeyConstraint {
    /// The columns; empty with `USING INDEX`.
    pub columns: Vec<Name>,
    /// `INCLUDE (…)`.
    pub include: Vec<Name>,
    /// `USING INDEX name`.
    pub using_index: Option<Name>,
    /// `NULLS NOT DISTINCT` (15).
    pub nulls_not_distinct: bool,
    /// `WITHOUT OVERLAPS` (18).
    pub without_overlaps: bool,
    /// `WITH (…)`.
    pub options: Vec<StorageOption>,
    /// `USING INDEX TABLESPACE`.
    pub tablespace: Option<Name>,
}

/// `EXCLUDE USING gist (c WITH =)`.
#[derive(Clone, Debug)]
pub struct Exclusion {
    /// The access method; `btree` if it is not said.
    pub method: Option<Name>,
    /// What is compared, each with its operator.
    pub elements: Vec<(IndexElement, String)>,
    /// `INCLUDE (…)`.
    pub include: Vec<Name>,
    /// `WHERE (x)`.
    pub predicate: Option<Expr>,
}

/// A foreign key.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    /// The columns that refer.
    pub columns: Vec<Name>,
    /// The table referred to.
    pub references: ObjectName,
    /// Its columns; empty means its primary key.
    pub referenced_columns: Vec<Name>,
    /// `MATCH FULL`.
    pub match_full: bool,
    /// `ON DELETE`.
    pub on_delete: ReferentialAction,
    /// `ON UPDATE`.
    pub on_update: ReferentialAction,
    /// `PERIOD` (18).
    pub period: bool,
}

/// What happens to rows that refer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReferentialAction {
    /// `NO ACTION`.
    #[default]
    NoAction,
    /// `RESTRICT`.
    Restrict,
    /// `CASCADE`.
    Cascade,
    /// `SET NULL`.
    SetNull,
    /// `SET DEFAULT`.
    SetDefault,
}
