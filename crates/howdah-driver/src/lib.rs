//! A blocking PostgreSQL connection: connection strings, sockets, TLS, cancel, COPY.
//!
//! The protocol itself is `howdah-wire`, which does no IO; this crate does the IO around it:
//!
//! ```text
//!   connection string,                    establish()
//!   PG* variables, files ──▶ Config ────────────────────▶ Established
//!                                     resolve, connect,      ├─ Transport: socket, TLS
//!                                     TLS, handshake         ├─ Session (howdah-wire)
//!                                                            └─ Canceller
//! ```
//!
//! Python's connections take [`Established`] apart and move the bytes themselves; [`Connection`]
//! does so for Rust. Invariants: nothing here waits longer than its deadline or after its
//! [`Interrupt`]; what `sslmode`, `require_auth` and `channel_binding` demand holds, or there is no
//! connection; no message shows a secret.
//!
//! ```no_run
//! use howdah_driver::Connection;
//!
//! let mut connection = Connection::connect("postgresql://localhost/music", "example")?;
//! for row in &connection.query_with("select id, name from artist where id < $1", &[Some("10")])? {
//!     println!("{:?} {:?}", row.get(0), row.named("name"));
//! }
//! # Ok::<(), howdah_driver::Error>(())
//! ```

#![forbid(unsafe_code)]

pub mod config;
pub mod connect;

mod cancel;
mod connection;
mod error;
mod interrupt;
mod tls;
mod transport;
mod wait;

pub use cancel::Canceller;
pub use config::Config;
pub use connect::{Established, Peer, establish};
pub use connection::{Connection, Notification, Replication, Roused, Row, Rows};
pub use error::{Error, Kind};
pub use howdah_wire::TransactionStatus;
pub use howdah_wire::backend::ServerError;
pub use interrupt::Interrupt;
pub use transport::Transport;
pub use wait::{Interest, Ready};

use howdah_wire::{Handshake, HandshakeError, Progress, ProtocolVersion, Session, Startup};
