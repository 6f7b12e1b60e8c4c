//! Names of types as they are used, and statements that make or change types and domains.

use std::fmt;

use super::{ColumnDef, Constraint, DropBehavior, Expr, Name, ObjectName, StorageOption};
use crate::text::Span;

/// A type as it is used: `numeric(10, 2)`, `text[]`, `shop.mood`.
///
/// Two are equal when they mean the same, however they were written.
#[derive(Clone, Debug, Default)]
pub struct TypeName {
    /// The catalog's name: `int` is `int4`, `varchar` and `character varying` are `varchar`,
    /// `timestamp with time zone` is `timestamptz`, `char` is `bpchar`. A schema that was written
    /// is kept, except `pg_catalog`. `serial` is kept as `serial4`, see [`TypeName::serial`].
    pub name: ObjectName,
    /// `(10, 2)`: what was written, or what an alias means (`char` is `bpchar(1)`).
    pub modifiers: Vec<i64>,
    /// Modifiers that are not integers, as they were written (`geometry(Point, 4326)`), and the
    /// fields of an interval (`day to second`); empty for most.
    pub modifier_text: String,
    /// How many `[]`; PostgreSQL does not tell one from two.
    pub array_dimensions: u32,
    /// `setof`, in what a function returns.
    pub set_of: bool,
    /// All of it.
    pub span: Span,
}

impl TypeName {
    /// The type behind `serial`, `bigserial` and `smallserial`: `int4`, `int8` or `int2`.
    #[must_use]
    pub fn serial(&self) -> Option<&'static str> {
        match (self.name.schema.as_deref(), self.name.name.as_str()) {
            (None, "serial4") => Some("int4"),
            (None, "serial8") => Some("int8"),
            (None, "serial2") => Some("int2"),
            _ => None,
        }
    }

    /// Whether it is the built-in type of that name, not an array.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.schema.is_none() && self.name.name == name && self.array_dimensions == 0
    }
}

impl PartialEq for TypeName {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.modifiers == other.modifiers
            && self.modifier_text == other.modifier_text
            && (self.array_dimensions > 0) == (other.array_dimensions > 0)
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is("char") {
            f.write_str("\"char\"")?; // without quotes it is `bpchar(1)`
        } else {
            write!(f, "{}", self.name)?;
        }
        if !self.modifier_text.is_empty() {
            write!(f, "({})", self.modifier_text)?;
        } else if !self.modifiers.is_empty() {
            let modifiers: Vec<String> = self.modifiers.iter().map(i64::to_string).collect();
            write!(f, "({})", modifiers.join(", "))?;
        }
        for _ in 0..self.array_dimensions {
            f.write_str("[]")?;
        }
        Ok(())
    }
}

/// `CREATE TYPE`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateType {
    /// The type's name.
    pub name: ObjectName,
    /// What kind of type, with its parts.
    pub kind: NewType,
}

/// The kinds of types that `CREATE TYPE` makes.
#[derive(Clone, Debug, PartialEq)]
pub enum NewType {
    /// `AS ENUM ('a', 'b')`.
    Enum(Vec<String>),
    /// `AS (a int, b text)`.
    Composite(Vec<ColumnDef>),
    /// `AS RANGE (subtype = …)`.
    Range(Vec<StorageOption>),
    /// `(input = …, output = …)`.
    Base(Vec<StorageOption>),
    /// `CREATE TYPE t;`
    Shell,
}

/// `ALTER TYPE`. Its owner, schema and name are changed by [`super::AlterObject`].
#[derive(Clone, Debug, PartialEq)]
pub struct AlterType {
    /// The type's name.
    pub name: ObjectName,
    /// What changes; more than one only for attributes of a composite type.
    pub actions: Vec<TypeAction>,
}

/// A change to a type.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeAction {
    /// `ADD VALUE [IF NOT EXISTS] 'v' [BEFORE | AFTER 'w']`.
    AddValue {
        /// The new value.
        value: String,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// Where it goes; at the end if it is not said.
        position: Option<ValuePosition>,
    },
    /// `RENAME VALUE 'a' TO 'b'`.
    RenameValue {
        /// The old value.
        from: String,
        /// The new value.
        to: String,
    },
    /// `ADD ATTRIBUTE`.
    AddAttribute {
        /// The attribute.
        attribute: ColumnDef,
        /// `CASCADE`.
        behavior: DropBehavior,
    },
    /// `DROP ATTRIBUTE`.
    DropAttribute {
        /// Its name.
        name: Name,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        behavior: DropBehavior,
    },
    /// `ALTER ATTRIBUTE … TYPE`.
    AlterAttribute {
        /// Its name.
        name: Name,
        /// The new type.
        to: TypeName,
        /// `CASCADE`.
        behavior: DropBehavior,
    },
    /// `RENAME ATTRIBUTE a TO b`.
    RenameAttribute {
        /// The old name.
        from: Name,
        /// The new name.
        to: Name,
        /// `CASCADE`.
        behavior: DropBehavior,
    },
    /// `SET (…)` of a base type.
    SetOptions(Vec<StorageOption>),
}

/// Where `ADD VALUE` puts a value.
#[derive(Clone, Debug, PartialEq)]
pub enum ValuePosition {
    /// Before that one.
    Before(String),
    /// After that one.
    After(String),
}

/// `CREATE DOMAIN`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateDomain {
    /// The domain's name.
    pub name: ObjectName,
    /// The type below it.
    pub base: TypeName,
    /// `COLLATE`.
    pub collation: Option<ObjectName>,
    /// `NOT NULL`, `CHECK`, `DEFAULT`.
    pub constraints: Vec<Constraint>,
}

/// `ALTER DOMAIN`. Its owner, schema and name are changed by [`super::AlterObject`].
#[derive(Clone, Debug, PartialEq)]
pub struct AlterDomain {
    /// The domain's name.
    pub name: ObjectName,
    /// What changes.
    pub action: DomainAction,
}

/// A change to a domain.
#[derive(Clone, Debug, PartialEq)]
pub enum DomainAction {
    /// `SET DEFAULT`.
    SetDefault(Expr),
    /// `DROP DEFAULT`.
    DropDefault,
    /// `SET NOT NULL`.
    SetNotNull,
    /// `DROP NOT NULL`.
    DropNotNull,
    /// `ADD CONSTRAINT`.
    AddConstraint(Constraint),
    /// `DROP CONSTRAINT`.
    DropConstraint {
        /// Its name.
        name: Name,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        behavior: DropBehavior,
    },
    /// `RENAME CONSTRAINT a TO b`.
    RenameConstraint {
        /// The old name.
        from: Name,
        /// The new name.
        to: Name,
    },
    /// `VALIDATE CONSTRAINT`.
    ValidateConstraint(Name),
}
