//! The answer to AuthenticationMD5Password. No IO; called by the handshake.

use md5::{Digest, Md5};

/// `"md5" || md5(md5(password || user) || salt)`, hexadecimal, as the protocol's chapter on the
/// start-up of a connection defines it.
#[must_use]
pub fn response(user: &str, password: &str, salt: [u8; 4]) -> String {
    let inner = hex(&Md5::new()
        .chain_update(password)
        .chain_update(user)
        .finalize());
    let outer = hex(&Md5::new().chain_update(inner).chain_update(salt).finalize());
    format!("md5{outer}")
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(nibble)
        .collect()
}

fn nibble(value: u8) -> Option<char> {
    char::from_digit(value.into(), 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    // coreutils: (printf penciluser | md5sum | cut -c-32 | tr -d '\n'; printf '\x2a\x3d\x0f\x60') | md5sum
    #[test]
    fn salts_the_hash_of_password_and_user() {
        let answer = response("user", "pencil", [0x2a, 0x3d, 0x0f, 0x60]);
        assert_eq!(answer, "md5a192ef73218293a420fbea13863f6c10");
    }
}
