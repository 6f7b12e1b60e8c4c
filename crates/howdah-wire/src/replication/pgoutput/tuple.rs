use crate::{Error, Reader};

/// A row's values as the server sent them. Checked: iterating never fails.
#[derive(Debug, Clone, Copy)]
pub struct Tuple<'a> {
    columns: usize,
    data: &'a [u8],
}

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datum<'a> {
    /// Null; in a key also what does not belong to it.
    Null,
    /// A value kept out of line that did not change, and therefore was not sent.
    Unchanged,
    /// In the text format.
    Text(&'a [u8]),
    /// In the binary format.
    Binary(&'a [u8]),
}

impl<'a> Tuple<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let columns = reader.count()?;
        let mut ahead = *reader;
        for _ in 0..columns {
            datum(&mut ahead)?;
        }
        let data = reader.bytes(reader.len() - ahead.len(), "values")?;
        Ok(Self { columns, data })
    }

    /// How many values it has.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Its values.
    pub fn values(&self) -> impl Iterator<Item = Datum<'a>> + use<'a> {
        let mut reader = Reader::new("TupleData", self.data);
        (0..self.columns).map_while(move |_| datum(&mut reader).ok())
    }
}

fn datum<'a>(reader: &mut Reader<'a>) -> Result<Datum<'a>, Error> {
    let made = match reader.u8("a kind of value")? {
        b'n' => return Ok(Datum::Null),
        b'u' => return Ok(Datum::Unchanged),
        b't' => Datum::Text,
        b'b' => Datum::Binary,
        unknown => return Err(Error::UnknownMessage(unknown)),
    };
    let length = reader.u32("a length")?;
    reader.bytes(length as usize, "a value").map(made)
}
