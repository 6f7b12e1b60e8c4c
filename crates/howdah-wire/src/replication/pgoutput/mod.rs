//! The messages of `pgoutput`, versions 1 to 4 of its protocol (PostgreSQL 18 documentation, 54.9).
//!
//! No IO. Within a block of a transaction that is streamed while it is in progress, messages of
//! changes say which transaction they belong to: [`Logical::parse`] must be told whether it is in one.

mod begin;
mod change;
mod commit;
mod message;
mod prepared;
mod relation;
mod streamed;
mod tuple;

pub use begin::Begin;
pub use change::{Change, OldRow, Truncate};
pub use commit::Commit;
pub use message::LogicalMessage;
pub use prepared::{Prepared, RolledBack};
pub use relation::{Relation, RelationColumn, TypeName};
pub use streamed::StreamAbort;
pub use tuple::{Datum, Tuple};

use super::Lsn;
use crate::{Error, Oid, Reader};

/// A message of logical decoding.
#[derive(Debug, Clone, Copy)]
pub enum Logical<'a> {
    /// A transaction begins, whole: its commit follows.
    Begin(Begin),
    /// It has committed.
    Commit(Commit),
    /// Where a transaction came from, if it was itself replicated.
    Origin {
        /// Its commit at the origin.
        lsn: Lsn,
        /// The origin's name.
        name: &'a [u8],
    },
    /// What the changes to come need to know of a table.
    Relation(Option<u32>, Relation<'a>),
    /// A type that is not built in.
    Type(Option<u32>, TypeName<'a>),
    /// A row was inserted.
    Insert(Option<u32>, Change<'a>),
    /// A row was updated.
    Update(Option<u32>, Change<'a>),
    /// A row was deleted.
    Delete(Option<u32>, Change<'a>),
    /// Tables were emptied.
    Truncate(Option<u32>, Truncate<'a>),
    /// What `pg_logical_emit_message` wrote.
    Message(Option<u32>, LogicalMessage<'a>),
    /// A block of a transaction in progress begins.
    StreamStart {
        /// The transaction.
        xid: u32,
        /// It is the transaction's first.
        first: bool,
    },
    /// The block ends.
    StreamStop,
    /// A transaction that was streamed in blocks has committed.
    StreamCommit(u32, Commit),
    /// A transaction that was streamed in blocks, or a part of it, was rolled back.
    StreamAbort(StreamAbort),
    /// A transaction begins that will be prepared.
    BeginPrepare(Prepared<'a>),
    /// It was prepared.
    Prepare(Prepared<'a>),
    /// A prepared transaction was committed.
    CommitPrepared(Prepared<'a>),
    /// A prepared transaction was rolled back.
    RollbackPrepared(RolledBack<'a>),
    /// A transaction that was streamed in blocks was prepared.
    StreamPrepare(Prepared<'a>),
}

impl<'a> Logical<'a> {
    /// Parses a payload; `in_block` after StreamStart and before StreamStop.
    ///
    /// # Errors
    /// [`Error`] for what is no message of pgoutput.
    pub fn parse(payload: &'a [u8], in_block: bool) -> Result<Self, Error> {
        let mut reader = Reader::new("pgoutput", payload);
        let message = Self::read(&mut reader, in_block)?;
        reader.finish()?;
        Ok(message)
    }

    fn read(reader: &mut Reader<'a>, in_block: bool) -> Result<Self, Error> {
        let kind = reader.u8("a kind")?;
        if let b'R' | b'Y' | b'I' | b'U' | b'D' | b'T' | b'M' = kind {
            let xid = in_block.then(|| reader.u32("a transaction")).transpose()?;
            return Self::read_change(kind, reader, xid);
        }
        Ok(match kind {
            b'B' => Self::Begin(Begin::read(reader)?),
            b'C' => Self::Commit(Commit::read(reader)?),
            b'O' => Self::Origin {
                lsn: reader.u64("a commit")?,
                name: reader.cstr("a name")?,
            },
            b'S' => Self::StreamStart {
                xid: reader.u32("a transaction")?,
                first: reader.u8("a flag")? == 1,
            },
            b'E' => Self::StreamStop,
            b'c' => {
                let xid = reader.u32("a transaction")?;
                Self::StreamCommit(xid, Commit::read(reader)?)
            }
            b'A' => Self::StreamAbort(StreamAbort::read(reader)?),
            b'b' => Self::BeginPrepare(Prepared::read(reader)?),
            b'P' => Self::Prepare(Prepared::read_flagged(reader)?),
            b'K' => Self::CommitPrepared(Prepared::read_flagged(reader)?),
            b'r' => Self::RollbackPrepared(RolledBack::read(reader)?),
            b'p' => Self::StreamPrepare(Prepared::read_flagged(reader)?),
            unknown => return Err(Error::UnknownMessage(unknown)),
        })
    }

    fn read_change(kind: u8, reader: &mut Reader<'a>, xid: Option<u32>) -> Result<Self, Error> {
        Ok(match kind {
            b'R' => Self::Relation(xid, Relation::read(reader)?),
            b'Y' => Self::Type(xid, TypeName::read(reader)?),
            b'I' => Self::Insert(xid, Change::read(reader, true)?),
            b'U' => Self::Update(xid, Change::read(reader, true)?),
            b'D' => Self::Delete(xid, Change::read(reader, false)?),
            b'T' => Self::Truncate(xid, Truncate::read(reader)?),
            _ => Self::Message(xid, LogicalMessage::read(reader)?),
        })
    }
}

fn oid(reader: &mut Reader<'_>) -> Result<Oid, Error> {
    reader.u32("an oid")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::replication::Envelope;

    proptest! {
        #[test]
        fn no_payload_panics(
            kind in proptest::sample::select(b"BCORYIUDTMSEcAbPKrp".to_vec()),
            mut rest in proptest::collection::vec(any::<u8>(), 0..80),
            in_block in any::<bool>(),
        ) {
            rest.insert(0, kind);
            if let Ok(message) = Logical::parse(&rest, in_block) {
                if let Logical::Insert(_, change) | Logical::Update(_, change) = message {
                    let _ = change.new.map(|tuple| tuple.values().count());
                }
                if let Logical::Relation(_, relation) = message {
                    prop_assert!(relation.columns().count() <= rest.len());
                }
            }
        }

        #[test]
        fn no_envelope_panics(data in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Envelope::parse(&data);
        }
    }

    #[test]
    fn an_insert_within_a_block_names_its_transaction() {
        let payload = b"I\0\0\0\x07\0\0\x40\0N\0\x02t\0\0\0\x01an";
        let Ok(Logical::Insert(Some(7), change)) = Logical::parse(payload, true) else {
            panic!("an insert");
        };
        assert_eq!(change.relation, 0x4000);
        let values: Vec<_> = change
            .new
            .into_iter()
            .flat_map(|new| new.values())
            .collect();
        assert!(matches!(
            values.as_slice(),
            [Datum::Text(b"a"), Datum::Null]
        ));
    }
}
