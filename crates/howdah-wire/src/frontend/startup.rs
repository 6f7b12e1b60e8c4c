use super::{body, cstr};
use crate::{Error, ProtocolVersion};

/// 1234 in the upper half, 5679 in the lower.
const SSL_REQUEST_CODE: i32 = 80_877_103;

/// Appends StartupMessage. `parameters` holds `user`, `database` and any settings.
///
/// # Errors
/// [`Error::Misuse`] for a zero byte in a name or value, or an empty name (it would end the list).
pub fn startup(
    out: &mut Vec<u8>,
    version: ProtocolVersion,
    parameters: &[(&str, &str)],
) -> Result<(), Error> {
    let start = out.len();
    let written = body(out, |out| {
        out.extend_from_slice(&version.major.to_be_bytes());
        out.extend_from_slice(&version.minor.to_be_bytes());
        for (name, value) in parameters {
            if name.is_empty() {
                return Err(Error::Misuse("a startup parameter has an empty name"));
            }
            cstr(out, name)?;
            cstr(out, value)?;
        }
        out.push(0);
        Ok(())
    });
    if written.is_err() {
        out.truncate(start);
    }
    written
}

/// Appends SSLRequest, answered by the single byte `S` or `N`.
pub fn ssl_request(out: &mut Vec<u8>) {
    out.extend_from_slice(&8_i32.to_be_bytes());
    out.extend_from_slice(&SSL_REQUEST_CODE.to_be_bytes());
}
