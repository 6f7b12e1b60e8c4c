use super::Lsn;
use crate::{Error, Reader};

/// A step of a transaction that is committed in two phases.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<'a> {
    /// Where the step's record is.
    pub lsn: Lsn,
    /// The end of that record.
    pub end_lsn: Lsn,
    /// When, in microseconds since 2000.
    pub at: i64,
    /// The transaction.
    pub xid: u32,
    /// Its global identifier.
    pub gid: &'a [u8],
}

impl<'a> Prepared<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        Ok(Self {
            lsn: reader.u64("a position")?,
            end_lsn: reader.u64("an end")?,
            at: reader.i64("a time")?,
            xid: reader.u32("a transaction")?,
            gid: reader.cstr("an identifier")?,
        })
    }

    pub(super) fn read_flagged(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let _flags = reader.u8("flags")?;
        Self::read(reader)
    }
}

/// A prepared transaction was rolled back.
#[derive(Debug, Clone, Copy)]
pub struct RolledBack<'a> {
    /// The end of the record of its preparation.
    pub prepared_lsn: Lsn,
    /// The end of the record of its rollback.
    pub end_lsn: Lsn,
    /// When it was prepared, in microseconds since 2000.
    pub prepared_at: i64,
    /// When it was rolled back, in microseconds since 2000.
    pub at: i64,
    /// The transaction.
    pub xid: u32,
    /// Its global identifier.
    pub gid: &'a [u8],
}

impl<'a> RolledBack<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let _flags = reader.u8("flags")?;
        Ok(Self {
            prepared_lsn: reader.u64("a position")?,
            end_lsn: reader.u64("an end")?,
            prepared_at: reader.i64("a time")?,
            at: reader.i64("a time")?,
            xid: reader.u32("a transaction")?,
            gid: reader.cstr("an identifier")?,
        })
    }
}
