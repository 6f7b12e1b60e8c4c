use super::Lsn;
use crate::{Error, Reader};

/// What `pg_logical_emit_message` wrote.
#[derive(Debug, Clone, Copy)]
pub struct LogicalMessage<'a> {
    /// It belongs to a transaction, and came because that has committed.
    pub transactional: bool,
    /// Where it is in the log.
    pub lsn: Lsn,
    /// Whom it is for.
    pub prefix: &'a [u8],
    /// Anything.
    pub content: &'a [u8],
}

impl<'a> LogicalMessage<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let transactional = reader.u8("flags")? & 1 != 0;
        let lsn = reader.u64("a position")?;
        let prefix = reader.cstr("a prefix")?;
        let length = reader.u32("a length")?;
        let content = reader.bytes(length as usize, "a content")?;
        Ok(Self {
            transactional,
            lsn,
            prefix,
            content,
        })
    }
}
