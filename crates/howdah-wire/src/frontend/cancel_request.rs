use super::body;
use crate::{CancelKey, Error};

/// 1234 in the upper half, 5678 in the lower: "not a protocol version" for servers.
const CANCEL_REQUEST_CODE: i32 = 80_877_102;

/// Appends a CancelRequest, which is sent alone on a connection of its own.
///
/// # Errors
/// None in practice: a key is at most 256 bytes.
pub fn cancel_request(out: &mut Vec<u8>, key: &CancelKey) -> Result<(), Error> {
    body(out, |out| {
        out.extend_from_slice(&CANCEL_REQUEST_CODE.to_be_bytes());
        out.extend_from_slice(&key.process_id.to_be_bytes());
        out.extend_from_slice(&key.secret);
        Ok(())
    })
}
