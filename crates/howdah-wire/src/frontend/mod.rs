//! The messages that a client sends, one file each, as functions that append to a buffer.
//!
//! Invariant: a message is appended whole or, on an error, not at all. Text with a zero byte is
//! refused, for it would end early on the wire and shift everything after it.

mod bind;
mod cancel_request;
mod close;
mod copy;
mod describe;
mod execute;
mod parse;
mod password;
mod query;
mod startup;
mod sync;

pub use bind::bind_head;
pub use cancel_request::cancel_request;
pub use close::close;
pub use copy::{copy_data, copy_done, copy_fail};
pub use describe::describe;
pub use execute::execute;
pub use parse::parse;
pub use password::{password, sasl_initial_response, sasl_response};
pub use query::query;
pub use startup::{ssl_request, startup};
pub use sync::{flush, sync, terminate};

use crate::Error;

/// What Describe and Close speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A prepared statement, by name; the empty name is the unnamed one.
    Statement(&'a str),
    /// A portal, by name; the empty name is the unnamed one.
    Portal(&'a str),
}

/// Appends the message `kind` with the body that `write` appends.
fn message(
    out: &mut Vec<u8>,
    kind: u8,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let start = out.len();
    out.push(kind);
    let written = body(out, write);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

/// Appends a length and the body that `write` appends; on an error the buffer may keep a part.
fn body(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out)?;
    let length = i32::try_from(out.len() - start)
        .map_err(|_| Error::Misuse("a message to the server would be longer than 2 GiB"))?;
    if let Some(field) = out.get_mut(start..start + 4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

/// Appends text and its final zero byte.
fn cstr(out: &mut Vec<u8>, text: &str) -> Result<(), Error> {
    if text.as_bytes().contains(&0) {
        return Err(Error::Misuse("text for the server contains a zero byte"));
    }
    out.extend_from_slice(text.as_bytes());
    out.push(0);
    Ok(())
}

/// Appends a count of list members.
fn count(out: &mut Vec<u8>, members: usize) -> Result<(), Error> {
    let members = u16::try_from(members)
        .map_err(|_| Error::Misuse("a statement takes at most 65535 parameters"))?;
    out.extend_from_slice(&members.to_be_bytes());
    Ok(())
}

fn target(out: &mut Vec<u8>, target: Target<'_>) -> Result<(), Error> {
    let (kind, name) = match target {
        Target::Statement(name) => (b'S', name),
        Target::Portal(name) => (b'P', name),
    };
    out.push(kind);
    cstr(out, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_message_leaves_no_trace() {
        let mut out = b"before".to_vec();
        assert!(query(&mut out, "select 1\0; drop table t").is_err());
        assert_eq!(out, b"before");
    }

    #[test]
    fn parse_is_laid_out_as_documented() {
        let mut out = Vec::new();
        parse(&mut out, "s1", "select $1", &[23]).unwrap();
        assert_eq!(out, b"P\0\0\0\x17s1\0select $1\0\0\x01\0\0\0\x17");
    }
}
