//! What can be wrong with a server's bytes or with the use of this crate.

/// An error of the protocol layer. After any of them but [`Error::Misuse`] the connection cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A message ended before the value that it should hold.
    #[error("malformed `{message}` message: expected {expected}, found its end")]
    Truncated {
        /// The message's name in PostgreSQL's documentation.
        message: &'static str,
        /// The value that was being read.
        expected: &'static str,
    },
    /// A message held bytes after its last value.
    #[error("malformed `{message}` message: {left} bytes after its last value")]
    Trailing {
        /// The message's name in PostgreSQL's documentation.
        message: &'static str,
        /// How many bytes were left.
        left: usize,
    },
    /// A value in a message is outside what the protocol allows.
    #[error("malformed `{message}` message: {problem}")]
    Malformed {
        /// The message's name in PostgreSQL's documentation.
        message: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A message that the protocol does not know.
    #[error("unknown message type {0:#04x}: the peer does not speak PostgreSQL's protocol")]
    UnknownMessage(u8),
    /// A length that no server sends.
    #[error("message type {kind:#04x} announces {length} bytes, more than the limit of {limit}")]
    TooLong {
        /// The message's type byte.
        kind: u8,
        /// The announced length in bytes.
        length: u64,
        /// The longest that is accepted here, in bytes.
        limit: u64,
    },
    /// A login in which the server talks without end.
    #[error("the server has sent over {limit} bytes and is not ready for queries yet")]
    Talkative {
        /// How many bytes a login may take.
        limit: u64,
    },
    /// A message that no outstanding request asked for.
    #[error("unexpected `{found}` message while waiting for {expected}")]
    Unexpected {
        /// The message's name in PostgreSQL's documentation.
        found: &'static str,
        /// What the oldest unanswered request waits for.
        expected: &'static str,
    },
    /// The caller asked for what cannot be sent (never caused by data from a server).
    #[error("{0}")]
    Misuse(&'static str),
}
