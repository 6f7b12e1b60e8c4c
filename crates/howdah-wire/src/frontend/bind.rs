use super::{count, cstr};
use crate::Error;

/// Appends the part of Bind that stays the same for each execution of a statement: portal,
/// statement and the parameters' formats and count. Parameters, each with its length, and the
/// result formats follow; see [`crate::Session::bind`].
///
/// `formats` holds no code (all text), one (for all) or one for each parameter.
///
/// # Errors
/// [`Error::Misuse`] for a zero byte in a name or more than 65535 parameters.
pub fn bind_head(
    out: &mut Vec<u8>,
    portal: &str,
    statement: &str,
    formats: &[i16],
    parameters: usize,
) -> Result<(), Error> {
    cstr(out, portal)?;
    cstr(out, statement)?;
    count(out, formats.len())?;
    for format in formats {
        out.extend_from_slice(&format.to_be_bytes());
    }
    count(out, parameters)
}
