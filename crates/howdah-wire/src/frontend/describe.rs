use super::{Target, message, target};
use crate::Error;

/// Appends Describe: a statement is answered by ParameterDescription and RowDescription or
/// NoData, a portal by RowDescription or NoData.
///
/// # Errors
/// [`Error::Misuse`] for a zero byte in the name.
pub fn describe(out: &mut Vec<u8>, what: Target<'_>) -> Result<(), Error> {
    message(out, b'D', |out| target(out, what))
}
