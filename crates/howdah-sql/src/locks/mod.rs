//! The lock model: what a statement locks, rewrites, scans and builds, and what it waits for.
//!
//! No IO. What PostgreSQL does is said in one place, the [`table`]; `forms` tells which of its lines
//! a statement is, and which relations it means. Read by the lint rules, by `howdah locks` and by
//! the planner of migrations; compared with real servers by the proof in `howdah-trace`.

mod document;
mod effects;
mod forms;
mod known;
mod mode;
mod proofs;
pub mod table;
mod volatility;

pub use document::document;
pub use effects::{Effects, Held, InTransaction, LockTaken, Wait, Whom};
pub use forms::effects;
pub use mode::{Blocks, Mode};
