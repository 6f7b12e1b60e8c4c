//! What a trace found, as a value. No IO.

use std::time::Duration;

use serde::Serialize;

use crate::observe::{Observation, milliseconds};
use crate::workload::{Unusable, WouldWait};

/// Where statements were traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// On a database that nobody else uses; everything was committed.
    Scratch,
    /// On a given database, in one transaction that was rolled back.
    RolledBack,
    /// On a given database; everything was committed.
    Committed,
}

/// How a statement stands to transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// It is a transaction of its own.
    Own,
    /// It shares one with its neighbours: `BEGIN` … `COMMIT`.
    Shared,
    /// It makes transactions as it goes.
    None,
}

/// One statement of a script.
#[derive(Debug, Serialize)]
pub struct Step {
    /// The script.
    pub file: String,
    /// The line that it begins in, from 1.
    pub line: u32,
    /// The statement.
    pub sql: String,
    /// Its transaction.
    pub block: Block,
    /// What it did; absent if it was not run.
    #[serde(flatten)]
    pub seen: Option<Observation>,
    /// Why it was not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// How often it was run, by a program: times, log and rows are the sums.
    #[serde(skip_serializing_if = "is_one")]
    pub runs: u64,
    /// How long its locks were held: to the end of its transaction; the longest time, of one that was run often.
    #[serde(rename = "held_ms", serialize_with = "milliseconds")]
    pub held_for: Duration,
    /// Statements of the application that would have waited meanwhile.
    pub would_wait: Vec<WouldWait>,
    /// Where the lock model says something else; each a fault of howdah.
    pub differences: Vec<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde calls"
)]
fn is_one(runs: &u64) -> bool {
    *runs == 1
}

/// All statements of a trace.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The server's version: `18.1`.
    pub server_version: String,
    /// Where it was.
    pub place: Place,
    /// In order.
    pub steps: Vec<Step>,
    /// Commands of psql, which were passed over: `a.sql:3: \set x 1`.
    pub ignored: Vec<String>,
    /// Where transactions begin that no statement ends; what they did was rolled back: `a.sql:3`.
    pub left_open: Vec<String>,
    /// Statements of the workload that the server refused before any migration.
    pub unusable: Vec<Unusable>,
}

impl Report {
    /// Whether every statement was run, none failed, and no transaction was left open.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let fine = |step: &Step| step.seen.as_ref().is_some_and(|seen| seen.error.is_none());
        self.left_open.is_empty() && self.steps.iter().all(fine)
    }
}
