//! Statements under observation: what locks they take, what they rewrite, read, build and wait for.
//!
//! ```text
//!  scripts ──▶ Tracer ──▶ Report: a Step for each statement, and the application's statements that would wait
//!                │
//!                ▼ SQL
//!             Observer ──▶ Observation: locks, rewrites, builds, reads, waits, WAL, time, error
//!               ├─ the subject: the session that runs it
//!               ├─ the watcher: a second session that looks on
//!               └─ gates: sessions that hold locks until the statement is seen waiting for them
//! ```
//!
//! IO: connections, by the driver; a temporary server, by `howdah-server`. Callers: `howdah migrate trace`,
//! `howdah lint --trace`, and this crate's own tests, which prove the lock model of `howdah-sql` by comparing it
//! with what servers do. Invariants: what is reported was measured, never deduced; what is seen does not depend on
//! how long anything takes.

#![forbid(unsafe_code)]

mod blocks;
mod compare;
mod error;
mod grouping;
mod lasting;
mod observe;
mod recording;
mod render;
mod report;
mod scratch;
mod tracer;
mod workload;

pub use compare::differences;
pub use error::{Error, Result};
pub use observe::{
    Failure, Lock, Mode, Observation, Observer, Read, Relation, Row, Session, Wait, WaitFor, Way,
};
pub use recording::{Ran, Recorder};
pub use render::{markdown, text};
pub use report::{Block, Place, Report, Step};
pub use scratch::Scratch;
pub use tracer::{Options, Programs, Source, Tracer};
pub use workload::{Params, Ready, Recorded, Unusable, Workload, WouldWait, read_workload};
