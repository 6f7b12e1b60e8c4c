use super::oid;
use crate::{Error, Oid, Reader};

/// A table whose changes follow. Checked: iterating over its columns never fails.
#[derive(Debug, Clone, Copy)]
pub struct Relation<'a> {
    /// `pg_class.oid`.
    pub oid: Oid,
    /// Empty for `pg_catalog`.
    pub schema: &'a [u8],
    /// The table's name.
    pub name: &'a [u8],
    /// `pg_class.relreplident`: `d`, `n`, `f` or `i`.
    pub replica_identity: u8,
    count: usize,
    columns: &'a [u8],
}

/// A column that is replicated.
#[derive(Debug, Clone, Copy)]
pub struct RelationColumn<'a> {
    /// It belongs to the replica identity.
    pub is_key: bool,
    /// Its name.
    pub name: &'a [u8],
    /// `pg_type.oid`.
    pub type_oid: Oid,
    /// -1 for none.
    pub type_modifier: i32,
}

impl<'a> Relation<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let oid = oid(reader)?;
        let schema = reader.cstr("a schema")?;
        let name = reader.cstr("a name")?;
        let replica_identity = reader.u8("a replica identity")?;
        let count = reader.count()?;
        let mut ahead = *reader;
        for _ in 0..count {
            column(&mut ahead)?;
        }
        let columns = reader.bytes(reader.len() - ahead.len(), "columns")?;
        Ok(Self {
            oid,
            schema,
            name,
            replica_identity,
            count,
            columns,
        })
    }

    /// Its columns.
    pub fn columns(&self) -> impl Iterator<Item = RelationColumn<'a>> + use<'a> {
        let mut reader = Reader::new("Relation", self.columns);
        (0..self.count).map_while(move |_| column(&mut reader).ok())
    }
}

fn column<'a>(reader: &mut Reader<'a>) -> Result<RelationColumn<'a>, Error> {
    Ok(RelationColumn {
        is_key: reader.u8("flags")? & 1 != 0,
        name: reader.cstr("a name")?,
        type_oid: oid(reader)?,
        type_modifier: reader.i32("a modifier")?,
    })
}

/// The name of a type that is not built in.
#[derive(Debug, Clone, Copy)]
pub struct TypeName<'a> {
    /// `pg_type.oid`.
    pub oid: Oid,
    /// Empty for `pg_catalog`.
    pub schema: &'a [u8],
    /// The type's name.
    pub name: &'a [u8],
}

impl<'a> TypeName<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        Ok(Self {
            oid: oid(reader)?,
            schema: reader.cstr("a schema")?,
            name: reader.cstr("a name")?,
        })
    }
}
