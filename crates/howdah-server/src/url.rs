//! Where a server listens, as a libpq URL.
//!
//! No IO. Invariant: the URL with its password is only ever given by [`Address::url`]; every other
//! rendering shows `***`.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::password::Password;

/// The address to bind and to connect to. Always loopback: the server is for this machine.
pub const HOST: &str = "127.0.0.1";

/// How to reach a running server as its superuser.
#[derive(Debug, Clone)]
pub struct Address {
    /// The superuser's name.
    pub user: String,
    /// The superuser's password.
    pub password: Password,
    /// The TCP port on [`HOST`].
    pub port: u16,
    /// The database named in the URL.
    pub database: String,
    /// The directory of the unix socket.
    pub socket_directory: PathBuf,
}

impl Address {
    /// `postgresql://user:password@127.0.0.1:port/database`: holds the secret.
    #[must_use]
    pub fn url(&self) -> String {
        self.render(&encode(self.password.reveal()))
    }

    /// `postgresql:///database?host=/dir&port=…&user=…&password=…`: the same through the unix
    /// socket; holds the secret.
    #[must_use]
    pub fn socket_url(&self) -> String {
        format!(
            "postgresql:///{}?host={}&port={}&user={}&password={}",
            encode(&self.database),
            encode(&self.socket_directory.to_string_lossy()),
            self.port,
            encode(&self.user),
            encode(self.password.reveal()),
        )
    }

    fn render(&self, password: &str) -> String {
        let (user, database) = (encode(&self.user), encode(&self.database));
        format!(
            "postgresql://{user}:{password}@{HOST}:{}/{database}",
            self.port
        )
    }
}

/// With the password as `***`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render("***"))
    }
}

/// The file of the unix socket in `directory`.
#[must_use]
pub fn socket_file(directory: &Path, port: u16) -> PathBuf {
    directory.join(format!(".s.PGSQL.{port}"))
}

/// Percent-encodes all but the unreserved characters of RFC 3986, 2.3.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                let digit = |nibble: u8| {
                    DIGITS
                        .get(usize::from(nibble))
                        .copied()
                        .map_or('0', char::from)
                };
                encoded.extend(['%', digit(other >> 4), digit(other & 15)]);
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address {
            user: "amy@home".to_owned(),
            password: Password::chosen("p/ß").unwrap(),
            port: 5433,
            database: "a b".to_owned(),
            socket_directory: PathBuf::from("/run/x"),
        }
    }

    #[test]
    fn the_url_escapes_every_part() {
        assert_eq!(
            address().url(),
            "postgresql://amy%40home:p%2F%C3%9F@127.0.0.1:5433/a%20b"
        );
        assert_eq!(
            address().socket_url(),
            "postgresql:///a%20b?host=%2Frun%2Fx&port=5433&user=amy%40home&password=p%2F%C3%9F"
        );
    }

    #[test]
    fn shown_to_people_the_password_is_hidden() {
        assert_eq!(
            address().to_string(),
            "postgresql://amy%40home:***@127.0.0.1:5433/a%20b"
        );
        assert!(!format!("{:?}", address()).contains("p/ß"));
    }
}
