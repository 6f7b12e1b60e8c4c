use crate::{Error, Oid, Reader};

/// The columns of a result.
#[derive(Debug, Clone, Copy)]
pub struct RowDescription<'a> {
    count: usize,
    fields: Reader<'a>,
}

/// One column of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The column's name or alias.
    pub name: &'a [u8],
    /// The table's OID, 0 where the column is no plain column of a table.
    pub table_oid: Oid,
    /// The column's `attnum`, 0 where it is no plain column of a table.
    pub table_column: i16,
    /// The type's OID.
    pub type_oid: Oid,
    /// `pg_type.typlen`: bytes, negative for variable length.
    pub type_size: i16,
    /// `pg_attribute.atttypmod`, -1 for none.
    pub type_modifier: i32,
    /// 0 text, 1 binary; 0 where the format is not known yet.
    pub format: i16,
}

impl<'a> RowDescription<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("RowDescription", body);
        let count = reader.count()?;
        let fields = reader;
        for _ in 0..count {
            field(&mut reader)?;
        }
        reader.finish()?;
        Ok(Self { count, fields })
    }

    /// How many columns there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no column, as for `select from t`.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The columns in order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let mut reader = self.fields;
        (0..self.count).map_while(move |_| field(&mut reader).ok())
    }
}

fn field<'a>(reader: &mut Reader<'a>) -> Result<Field<'a>, Error> {
    Ok(Field {
        name: reader.cstr("a column's name")?,
        table_oid: reader.u32("a table's oid")?,
        table_column: reader.i16("a column's number")?,
        type_oid: reader.u32("a type's oid")?,
        type_size: reader.i16("a type's size")?,
        type_modifier: reader.i32("a type's modifier")?,
        format: reader.i16("a format")?,
    })
}
