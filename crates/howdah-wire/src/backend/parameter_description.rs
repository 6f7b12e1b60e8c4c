use crate::{Error, Oid, Reader};

/// The types of a prepared statement's parameters.
#[derive(Debug, Clone, Copy)]
pub struct ParameterDescription<'a> {
    oids: &'a [u8],
}

impl<'a> ParameterDescription<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("ParameterDescription", body);
        // up to 65535 parameters: the documentation's Int16 is unsigned here
        let count = usize::from(reader.i16("a count")?.cast_unsigned());
        let oids = reader.bytes(count * 4, "the parameters' types")?;
        reader.finish()?;
        Ok(Self { oids })
    }

    /// The types in the parameters' order.
    #[must_use]
    pub fn types(&self) -> impl ExactSizeIterator<Item = Oid> + 'a {
        let (oids, _) = self.oids.as_chunks::<4>();
        oids.iter().map(|oid| Oid::from_be_bytes(*oid))
    }
}
