use super::{Target, message, target};
use crate::Error;

/// Appends Close: the server forgets the statement or portal, and it is no error if it knew none.
///
/// # Errors
/// [`Error::Misuse`] for a zero byte in the name.
pub fn close(out: &mut Vec<u8>, what: Target<'_>) -> Result<(), Error> {
    message(out, b'C', |out| target(out, what))
}
