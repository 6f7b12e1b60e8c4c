use super::{Tuple, oid};
use crate::{Error, Oid, Reader};

/// A row that was inserted, updated or deleted.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The table, as a Relation described it.
    pub relation: Oid,
    /// What is known of the row before; of an update only where its identity changed, or with
    /// REPLICA IDENTITY FULL.
    pub old: Option<OldRow<'a>>,
    /// The row after an insert or update.
    pub new: Option<Tuple<'a>>,
}

/// What is known of a row before its change.
#[derive(Debug, Clone, Copy)]
pub enum OldRow<'a> {
    /// The columns of its identity; the others are null.
    Key(Tuple<'a>),
    /// All columns.
    Full(Tuple<'a>),
}

impl<'a> Change<'a> {
    pub(super) fn read(reader: &mut Reader<'a>, has_new: bool) -> Result<Self, Error> {
        let relation = oid(reader)?;
        let mut old = None;
        let mut part = reader.u8("a part")?;
        if let b'K' | b'O' = part {
            let tuple = Tuple::read(reader)?;
            old = Some(if part == b'K' {
                OldRow::Key(tuple)
            } else {
                OldRow::Full(tuple)
            });
            if !has_new {
                return Ok(Self {
                    relation,
                    old,
                    new: None,
                });
            }
            part = reader.u8("a part")?;
        }
        if part != b'N' || !has_new {
            return Err(Error::UnknownMessage(part));
        }
        let new = Some(Tuple::read(reader)?);
        Ok(Self { relation, old, new })
    }
}

/// Tables were emptied.
#[derive(Debug, Clone, Copy)]
pub struct Truncate<'a> {
    /// With CASCADE.
    pub cascade: bool,
    /// With RESTART IDENTITY.
    pub restart_identity: bool,
    relations: &'a [u8],
}

impl<'a> Truncate<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let count = reader.u32("a count")? as usize;
        let options = reader.u8("options")?;
        let relations = reader.bytes(count.saturating_mul(4), "tables")?;
        Ok(Self {
            cascade: options & 1 != 0,
            restart_identity: options & 2 != 0,
            relations,
        })
    }

    /// The tables.
    pub fn relations(&self) -> impl Iterator<Item = Oid> + use<'a> {
        let (oids, _) = self.relations.as_chunks::<4>();
        oids.iter().map(|oid| Oid::from_be_bytes(*oid))
    }
}
