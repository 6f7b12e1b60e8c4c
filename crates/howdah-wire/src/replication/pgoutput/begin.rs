use super::Lsn;
use crate::{Error, Reader};

/// A transaction begins.
#[derive(Debug, Clone, Copy)]
pub struct Begin {
    /// Where its commit record is.
    pub final_lsn: Lsn,
    /// When it committed, in microseconds since 2000.
    pub committed_at: i64,
    /// The transaction.
    pub xid: u32,
}

impl Begin {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self {
            final_lsn: reader.u64("a commit")?,
            committed_at: reader.i64("a time")?,
            xid: reader.u32("a transaction")?,
        })
    }
}
