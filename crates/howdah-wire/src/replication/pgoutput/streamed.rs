use super::Lsn;
use crate::{Error, Reader};

/// A transaction that was streamed in blocks was rolled back, or a subtransaction of it.
#[derive(Debug, Clone, Copy)]
pub struct StreamAbort {
    /// The transaction.
    pub xid: u32,
    /// What was rolled back: the transaction itself, or a subtransaction.
    pub subxid: u32,
    /// Where and when (microseconds since 2000), for streams that are applied in parallel.
    pub abort: Option<(Lsn, i64)>,
}

impl StreamAbort {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let (xid, subxid) = (reader.u32("a transaction")?, reader.u32("a transaction")?);
        let abort = if reader.is_empty() {
            None
        } else {
            Some((reader.u64("a position")?, reader.i64("a time")?))
        };
        Ok(Self { xid, subxid, abort })
    }
}
