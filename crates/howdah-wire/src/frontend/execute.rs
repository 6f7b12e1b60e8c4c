use super::{cstr, message};
use crate::Error;

/// Appends Execute. With `max_rows` over 0 the server pauses after so many with PortalSuspended.
///
/// # Errors
/// [`Error::Misuse`] for a zero byte in the name.
pub fn execute(out: &mut Vec<u8>, portal: &str, max_rows: u32) -> Result<(), Error> {
    message(out, b'E', |out| {
        cstr(out, portal)?;
        out.extend_from_slice(&max_rows.to_be_bytes());
        Ok(())
    })
}
