use super::{cstr, message};
use crate::Error;

/// Appends PasswordMessage: the password itself or its md5 response.
///
/// # Errors
/// [`Error::Misuse`] for a zero byte in the password.
pub fn password(out: &mut Vec<u8>, password: &str) -> Result<(), Error> {
    message(out, b'p', |out| cstr(out, password))
}

/// Appends SASLInitialResponse with the client's first message.
///
/// # Errors
/// [`Error::Misuse`] for a zero byte in the mechanism's name.
pub fn sasl_initial_response(out: &mut Vec<u8>, mechanism: &str, data: &[u8]) -> Result<(), Error> {
    message(out, b'p', |out| {
        cstr(out, mechanism)?;
        let length = i32::try_from(data.len())
            .map_err(|_| Error::Misuse("a SASL message would be longer than 2 GiB"))?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(data);
        Ok(())
    })
}

/// Appends SASLResponse.
///
/// # Errors
/// [`Error::Misuse`] for more than 2 GiB.
pub fn sasl_response(out: &mut Vec<u8>, data: &[u8]) -> Result<(), Error> {
    message(out, b'p', |out| {
        out.extend_from_slice(data);
        Ok(())
    })
}
