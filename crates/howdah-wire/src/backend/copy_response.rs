use crate::{Error, Reader};

/// The start of a COPY: the overall format and each column's.
#[derive(Debug, Clone, Copy)]
pub struct CopyResponse<'a> {
    binary: bool,
    formats: &'a [u8],
}

impl<'a> CopyResponse<'a> {
    pub(super) fn parse(message: &'static str, body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(message, body);
        let binary = reader.u8("a format")? == 1;
        let columns = reader.count()?;
        let formats = reader.bytes(columns * 2, "the columns' formats")?;
        reader.finish()?;
        Ok(Self { binary, formats })
    }

    /// Whether the data is in COPY's binary format.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        self.binary
    }

    /// How many columns each row has.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.formats.len() / 2
    }
}
