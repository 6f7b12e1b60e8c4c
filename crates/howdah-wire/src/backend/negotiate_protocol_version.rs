use crate::{Error, Reader};

/// The server's answer to a version or option that it does not know.
#[derive(Debug, Clone, Copy)]
pub struct NegotiateProtocolVersion<'a> {
    version: u32,
    unknown: Reader<'a>,
    count: usize,
}

impl<'a> NegotiateProtocolVersion<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("NegotiateProtocolVersion", body);
        let version = reader.u32("a version")?;
        let count = usize::try_from(reader.i32("a count")?).unwrap_or_default();
        let unknown = reader;
        for _ in 0..count {
            reader.cstr("an option's name")?;
        }
        reader.finish()?;
        Ok(Self {
            version,
            unknown,
            count,
        })
    }

    /// The newest minor version that the server speaks. Servers before 18 put the minor number
    /// alone here, later ones the whole version.
    #[must_use]
    pub const fn minor(&self) -> u16 {
        (self.version & 0xffff) as u16
    }

    /// The options of the startup message that the server does not know.
    pub fn unknown_options(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut names = self.unknown;
        (0..self.count).map_while(move |_| names.cstr("an option's name").ok())
    }
}
