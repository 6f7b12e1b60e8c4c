use super::{cstr, message};
use crate::Error;

/// Appends CopyData. The server does not care where the boundaries of these messages lie.
///
/// # Errors
/// [`Error::Misuse`] for more than 2 GiB.
pub fn copy_data(out: &mut Vec<u8>, data: &[u8]) -> Result<(), Error> {
    message(out, b'd', |out| {
        out.extend_from_slice(data);
        Ok(())
    })
}

/// Appends CopyDone: all data was sent.
///
/// # Errors
/// None in practice.
pub fn copy_done(out: &mut Vec<u8>) -> Result<(), Error> {
    message(out, b'c', |_| Ok(()))
}

/// Appends CopyFail: the server must forget the data, and its error will quote `reason`.
///
/// # Errors
/// [`Error::Misuse`] for a zero byte in the reason.
pub fn copy_fail(out: &mut Vec<u8>, reason: &str) -> Result<(), Error> {
    message(out, b'f', |out| cstr(out, reason))
}
