use super::{cstr, message};
use crate::Error;

/// Appends Query, the simple protocol's only request: one or more statements as one text.
///
/// # Errors
/// [`Error::Misuse`] for a zero byte in the text.
pub fn query(out: &mut Vec<u8>, sql: &str) -> Result<(), Error> {
    message(out, b'Q', |out| cstr(out, sql))
}
