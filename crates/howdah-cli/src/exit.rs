//! Exit codes, documented for users in `docs/cli.md`.
//!
//! No IO. 3 and 4 mean what they mean for `pg_ctl status`.

/// Done.
pub const OK: i32 = 0;
/// It failed; stderr says why.
pub const FAILURE: i32 = 1;
/// The arguments are wrong.
pub const USAGE: i32 = 2;
/// The server is not running.
pub const NOT_RUNNING: i32 = 3;
/// There is no cluster in the directory.
pub const NO_CLUSTER: i32 = 4;
/// Everything was read, and something was found that should not be there.
pub const FOUND: i32 = 5;
