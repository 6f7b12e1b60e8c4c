//! Statements under observation: what locks they take, what they rewrite, read, build and wait for.
//!
//! ```text
//!  SQL ──▶ Observer ──▶ Observation: locks, rewrites, builds, reads, waits, WAL, time, error
//!            ├─ the subject: the session that runs it
//!            ├─ the watcher: a second session that looks on
//!            └─ gates: sessions that hold locks until the statement is seen waiting for them
//! ```
//!
//! IO: connections, by the driver. Callers: `howdah migrate trace`, `howdah lint --trace`, and this crate's own
//! tests, which prove the lock model of `howdah-sql` by comparing it with what servers do. Invariants: what is
//! reported was measured, never deduced; nothing here depends on how long something takes.

#![forbid(unsafe_code)]

mod error;
mod observe;

pub use error::{Error, Result};
pub use observe::{Failure, Lock, Mode, Observation, Observer, Read, Relation, Wait, WaitFor, Way};
