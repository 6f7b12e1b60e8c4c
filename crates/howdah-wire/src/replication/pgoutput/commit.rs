use super::Lsn;
use crate::{Error, Reader};

/// A transaction has committed.
#[derive(Debug, Clone, Copy)]
pub struct Commit {
    /// Where its commit record is.
    pub lsn: Lsn,
    /// The end of that record: what a client confirms.
    pub end_lsn: Lsn,
    /// In microseconds since 2000.
    pub committed_at: i64,
}

impl Commit {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let _flags = reader.u8("flags")?;
        Ok(Self {
            lsn: reader.u64("a commit")?,
            end_lsn: reader.u64("an end")?,
            committed_at: reader.i64("a time")?,
        })
    }
}
