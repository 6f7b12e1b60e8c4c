//! PostgreSQL's programs and clusters: find, initialise, start, stop.
//!
//! ```text
//!  Search ──find──► Programs ┐
//!  Cluster (a directory) ────┼──start──► Server ──► Address (URL)
//!  Account (for root) ───────┘
//! ```
//!
//! IO: files, processes and one bind of a TCP port. What must be in a cluster before its first
//! connection is put there by `initdb` and a stand-alone backend; only replication slots, and the
//! question which replica is ahead, need a connection (`slots`). Used by the `howdah` command and the Python module. Invariants:
//! - what is called `pgdata` is a complete data directory, and is never removed but by
//!   [`destroy`];
//! - all changes happen under the cluster's lock, so that two starts give one server;
//! - only a process that was proven to be the cluster's postmaster is ever signalled;
//! - the server listens on loopback and in a private directory only.
//!
//! Processes are handled as Linux has them (pidfd, `/proc`).

mod account;
mod cluster;
mod error;
mod event;
mod files;
mod initialise;
mod launch;
mod lock;
pub mod log;
mod making;
mod members;
mod password;
mod port;
mod postmaster;
mod process;
mod programs;
mod promote;
mod recover;
mod server;
mod settings;
mod shards;
mod slots;
mod standby;
mod start;
mod status;
mod stop;
mod temporary;
mod url;
mod wait;

pub use account::Account;
pub use cluster::{Authentication, Cluster, DATA_VARIABLE};
pub use error::{Error, Kind, Result};
pub use event::{Event, Observer};
pub use making::{DEFAULT_USER, Making};
pub use members::{MOST_REPLICAS, destroy, start, stop};
pub use password::Password;
pub use programs::{BINDIR_VARIABLE, CACHE_VARIABLE, Origin, Programs, Search, Version};
pub use promote::promote;
pub use server::Server;
pub use shards::MOST_SHARDS;
pub use start::StartOptions;
pub use status::{ServerState, Status, address, status};
pub use stop::StopMode;
pub use temporary::start_temporary;
pub use url::{Address, HOST, socket_file};
