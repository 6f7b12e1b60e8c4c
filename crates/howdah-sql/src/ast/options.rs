//! Lists of options that many statements share.

use super::{Name, ObjectName, TypeName};
use crate::text::Span;

/// `CASCADE` or `RESTRICT`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DropBehavior {
    /// `RESTRICT`, or nothing.
    #[default]
    Restrict,
    /// `CASCADE`.
    Cascade,
}

/// `name = value` within parentheses: `fillfactor = 70`, `toast.autovacuum_enabled = off`.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageOption {
    /// Where it stands.
    pub span: Span,
    /// In lower case, a namespace with its point before it.
    pub name: String,
    /// As it was written, a string constant without its quotes; none where only the name stands.
    pub value: Option<String>,
}

/// An option of a sequence, also of an identity column's.
#[derive(Clone, Debug, PartialEq)]
pub enum SequenceOption {
    /// `AS bigint`.
    Type(TypeName),
    /// `INCREMENT BY`.
    Increment(i64),
    /// `START WITH`.
    Start(i64),
    /// `RESTART [WITH n]`.
    Restart(Option<i64>),
    /// `MINVALUE n`, `NO MINVALUE`.
    MinValue(Option<i64>),
    /// `MAXVALUE n`, `NO MAXVALUE`.
    MaxValue(Option<i64>),
    /// `CACHE n`.
    Cache(i64),
    /// `CYCLE`, `NO CYCLE`.
    Cycle(bool),
    /// `OWNED BY t.c`: the table and its column; none is `NONE`.
    OwnedBy(Option<(ObjectName, Name)>),
    /// `SEQUENCE NAME s`, as pg_dump writes it.
    Name(ObjectName),
    /// `LOGGED`, `UNLOGGED`.
    Logged(bool),
}
