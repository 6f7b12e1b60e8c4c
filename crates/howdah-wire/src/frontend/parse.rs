use super::{count, cstr, message};
use crate::{Error, Oid};

/// Appends Parse. A type of 0, or a missing one, leaves the choice to the server.
///
/// # Errors
/// [`Error::Misuse`] for a zero byte in a text or more than 65535 types.
pub fn parse(out: &mut Vec<u8>, statement: &str, sql: &str, types: &[Oid]) -> Result<(), Error> {
    message(out, b'P', |out| {
        cstr(out, statement)?;
        cstr(out, sql)?;
        count(out, types.len())?;
        for oid in types {
            out.extend_from_slice(&oid.to_be_bytes());
        }
        Ok(())
    })
}
