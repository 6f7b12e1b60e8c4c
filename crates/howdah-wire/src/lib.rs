//! The PostgreSQL protocol as values: bytes in, events out; requests in, bytes out.
//!
//! This crate opens no socket, reads no file, asks no clock and draws no random number: times,
//! nonces and bytes are arguments. Whoever moves the bytes (`howdah-driver` for Rust,
//! `howdah-python` for Python's blocking and asyncio connections) works in this circle:
//!
//! ```text
//!            requests                     outgoing()/sent(n)
//!   caller ───────────▶ ┌─────────────┐ ───────────────────▶ socket
//!                       │   Session   │
//!   caller ◀─────────── └─────────────┘ ◀─────────────────── socket
//!          next_event()                     spare()/fed(n)
//! ```
//!
//! Invariants: no bytes from a server can make this crate panic or read outside a message; every
//! answer belongs to the oldest unanswered request, and an answer that no request asked for is an
//! [`Error`], never passed on.

#![forbid(unsafe_code)]

pub mod auth;
pub mod backend;
pub mod frontend;
pub mod replication;

mod error;
mod expected;
mod handshake;
mod inbox;
mod outbox;
mod reader;
mod secret;
mod session;

pub use error::Error;
pub use handshake::{Handshake, HandshakeError, Progress, Startup};
pub use inbox::Inbox;
pub use outbox::Outbox;
pub use reader::Reader;
pub use secret::Secret;
pub use session::{BindHead, CancelKey, ProtocolVersion, Session, TransactionStatus};

/// An object identifier, as `pg_type.oid` and friends.
pub type Oid = u32;
