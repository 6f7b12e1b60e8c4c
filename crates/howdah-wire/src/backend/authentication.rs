use crate::{Error, Reader};

/// What the server demands before it lets a session begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication<'a> {
    /// Nothing more: authentication succeeded.
    Ok,
    /// The password itself.
    CleartextPassword,
    /// The password's md5 with this salt.
    Md5Password([u8; 4]),
    /// One of the mechanisms in this list of zero-terminated names, which an empty one ends.
    Sasl(&'a [u8]),
    /// The next message of the SASL exchange.
    SaslContinue(&'a [u8]),
    /// The last message of the SASL exchange.
    SaslFinal(&'a [u8]),
    /// A method that howdah does not speak, by its code: 2 Kerberos V5, 7 GSS, 9 SSPI, …
    Unsupported(i32),
}

impl<'a> Authentication<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("Authentication", body);
        let parsed = match reader.i32("a method")? {
            0 => Self::Ok,
            3 => Self::CleartextPassword,
            5 => Self::Md5Password(salt(&mut reader)?),
            10 => Self::Sasl(reader.rest()),
            11 => Self::SaslContinue(reader.rest()),
            12 => Self::SaslFinal(reader.rest()),
            method => {
                reader.rest();
                Self::Unsupported(method)
            }
        };
        reader.finish()?;
        Ok(parsed)
    }

    /// The names in the list of [`Authentication::Sasl`].
    pub fn mechanisms(list: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        list.split(|&byte| byte == 0)
            .take_while(|name| !name.is_empty())
    }
}

fn salt(reader: &mut Reader<'_>) -> Result<[u8; 4], Error> {
    Ok(reader.u32("a salt")?.to_be_bytes())
}
