//! Streaming replication: what travels in CopyData once START_REPLICATION was answered.
//!
//! No IO. [`Envelope`] is what the server sends, [`standby_status`] what it is answered with;
//! [`pgoutput`] reads the payload of logical decoding's own plugin.

mod envelope;
mod standby_status;

pub mod pgoutput;

pub use envelope::Envelope;
pub use standby_status::{StandbyStatus, standby_status};

/// A position in the write-ahead log, in bytes from its start.
pub type Lsn = u64;
