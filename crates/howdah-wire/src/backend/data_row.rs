use crate::{Error, Reader};

const NAME: &str = "DataRow";
const COUNT_BYTES: usize = 2;

/// A row of values, NULL or bytes in the format that Bind asked for.
#[derive(Debug, Clone, Copy)]
pub struct DataRow<'a> {
    /// What the count at the front says.
    columns: usize,
    body: &'a [u8],
}

impl<'a> DataRow<'a> {
    /// Reads the body of a DataRow, as [`DataRow::body`] gave it.
    ///
    /// # Errors
    /// [`Error`] where it does not even hold a count.
    #[inline]
    pub fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let columns = Reader::new(NAME, body).count()?;
        Ok(Self { columns, body })
    }

    /// The message's body, for keeping a row until its types are known.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.body
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
    pub fn values(&self) -> Reader<'a> {
        Reader::new(NAME, self.body.get(COUNT_BYTES..).unwrap_or_default())
    }
}
