//! A TCP port for a server.
//!
//! IO: binds and closes a loopback socket to see whether a port is free. Another program can take
//! the port between that and the server's own bind, so the caller of an automatic choice must be
//! ready to choose again when the server says so.

use std::net::TcpListener;

use crate::error::{Error, Kind, Result};
use crate::url::HOST;

/// Below the kernel's range for outgoing connections (32768 and up on Linux): a port kept for the
/// next start is then not taken meanwhile by some passing connection.
const FIRST: u16 = 15_432;
const COUNT: u16 = 17_000;
const ATTEMPTS: usize = 200;

/// What the caller wants of the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// This one or none.
    Exactly(u16),
    /// This one if it is free (that of the last start), so that URLs stay valid.
    Preferably(u16),
    /// Any.
    Any,
}

/// A port that is free now.
pub(crate) fn choose(wish: Wish) -> Result<u16> {
    match wish {
        Wish::Exactly(0) => Err(Error::new(Kind::Misuse, "port 0 is not a port")
            .with_hint("leave the port out to have a free one chosen")),
        Wish::Exactly(port) | Wish::Preferably(port) if is_free(port) => Ok(port),
        Wish::Exactly(port) => Err(taken(port)),
        Wish::Preferably(_) | Wish::Any => any(),
    }
}

/// The error for a port that another program holds.
pub(crate) fn taken(port: u16) -> Error {
    let message = format!("port {port} on {HOST} is taken by another program");
    Error::new(Kind::Port, message)
        .with_hint("choose another port, or leave it out to have a free one chosen")
}

fn any() -> Result<u16> {
    for _ in 0..ATTEMPTS {
        let mut bytes = [0_u8; 2];
        getrandom::fill(&mut bytes).map_err(|source| {
            Error::new(Kind::Io, "the system gives no random bytes").with_source(source)
        })?;
        let port = FIRST + u16::from_ne_bytes(bytes) % COUNT;
        if is_free(port) {
            return Ok(port);
        }
    }
    let message = format!("no free port found in {ATTEMPTS} attempts from {FIRST} up");
    Err(Error::new(Kind::Port, message).with_hint("name a port that you know to be free"))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((HOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_refused_when_named_and_avoided_when_preferred() {
        let listener = TcpListener::bind((HOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(choose(Wish::Exactly(port)).unwrap_err().kind(), Kind::Port);
        assert_ne!(choose(Wish::Preferably(port)).unwrap(), port);
        drop(listener);
        assert_eq!(choose(Wish::Exactly(port)).unwrap(), port);
    }

    #[test]
    fn an_automatic_port_is_below_the_range_of_outgoing_connections() {
        assert!((FIRST..32_768).contains(&choose(Wish::Any).unwrap()));
    }
}
