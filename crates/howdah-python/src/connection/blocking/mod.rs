//! The blocking mover: a connection for ordinary threads.
//!
//! ```text
//!   conn.fetch(…)
//!        │ SyncConnection
//!        ▼
//!      Link::run ── Turns: the line, while one thread has it
//!        │
//!        ▼
//!      send, receive, wait ── Patience: until when, and what a cancelled statement is given
//! ```
//!
//! IO: send and receive on the socket, each once for a typical statement; the interpreter is
//! released while it waits. Deadlines cost one more system call (`poll`), others none.
//!
//! Invariant: one thread at a time holds the line. Whatever ends a wait early (a signal whose handler
//! raises, a deadline) cancels the statement on the server and leaves the connection usable, or
//! closes it when the server does not answer in time: it never stays between two answers.

mod connecting;
mod connection;
mod link;
mod patience;
mod turns;
mod waiting;

pub(crate) use connection::SyncConnection;
