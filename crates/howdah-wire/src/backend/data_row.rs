use crate::{Error, Reader};

/// A row of values, NULL or bytes in the format that Bind asked for.
#[derive(Debug, Clone, Copy)]
pub struct DataRow<'a> {
    columns: usize,
    values: Reader<'a>,
}

impl<'a> DataRow<'a> {
    #[inline]
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut values = Reader::new("DataRow", body);
        let columns = values.count()?;
        Ok(Self { columns, values })
    }

    /// How many values the row says to hold.
    #[inline]
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// A cursor for [`Reader::value`]; whoever reads calls it once for each column, then `finish`.
    #[inline]
    #[must_use]
    pub const fn values(&self) -> Reader<'a> {
        self.values
    }
}
