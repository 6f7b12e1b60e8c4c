//! A blocking PostgreSQL connection: connection strings, sockets, TLS, cancel, COPY.

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
pub use connection::{Connection, Notification, Row, Rows};
pub use error::{Error, Kind};
pub use howdah_wire::backend::ServerError;
pub use interrupt::Interrupt;
pub use transport::Transport;
pub use wait::{Interest, Ready};

use howdah_wire::{Handshake, HandshakeError, Progress, ProtocolVersion, Session, Startup};
