//! PostgreSQL's eight lock modes. No IO.
use std::fmt;
use serde::{Serialize, Serializer};

/// The mode of a lock on a relation, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode { /// r
 AccessShare, /// r
 RowShare, /// r
 RowExclusive, /// r
 ShareUpdateExclusive, /// r
 Share, /// r
 ShareRowExclusive, /// r
 Exclusive, /// r
 AccessExclusive }

impl Mode {
    /// x
    pub fn from_pg_locks(text: &str) -> Option<Self> {
        Some(match text {
            "AccessShareLock" => Self::AccessShare, "RowShareLock" => Self::RowShare,
            "RowExclusiveLock" => Self::RowExclusive, "ShareUpdateExclusiveLock" => Self::ShareUpdateExclusive,
            "ShareLock" => Self::Share, "ShareRowExclusiveLock" => Self::ShareRowExclusive,
            "ExclusiveLock" => Self::Exclusive, "AccessExclusiveLock" => Self::AccessExclusive, _ => return None })
    }
}
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(match self {
        Self::AccessShare => "ACCESS SHARE", Self::RowShare => "ROW SHARE", Self::RowExclusive => "ROW EXCLUSIVE",
        Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE", Self::Share => "SHARE",
        Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE", Self::Exclusive => "EXCLUSIVE", Self::AccessExclusive => "ACCESS EXCLUSIVE" }) }
}
impl Serialize for Mode { fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) } }
