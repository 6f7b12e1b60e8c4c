//! What a script says of transactions, done where it is traced.
//!
//! IO: that of the [`Observer`](crate::Observer). Invariant: in the transaction that is rolled back in the end, a block
//! of the script is a savepoint, and nothing of the script begins or ends a transaction; there, too, what is deferred to
//! the end of a transaction happens at the end of a block.

use std::time::Duration;

use howdah_sql::ast::{Kind, Transaction};

use crate::error::Result;
use crate::observe::Failure;
use crate::report::Place;
use crate::tracer::Tracer;

/// The first words of statements that end a transaction, should the grammar not have known one as such; `PREPARE` of a
/// statement is let go with that of a transaction.
pub(crate) const ENDS: &[&str] = &["commit", "end", "rollback", "abort", "prepare"];

/// Triggers and foreign keys that wait for the end of the transaction do so no longer.
const NOW: &str = "set constraints all immediate";

/// A transaction block of a script.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    /// Its first step.
    first: usize,
    /// The line that it begins in.
    pub(crate) line: u32,
}

/// What came of a statement of a script, as far as it is about transactions.
pub(crate) enum Turn {
    /// It is none of these.
    Other,
    /// It was done, or would have done nothing.
    Done,
    /// It failed.
    Refused(Failure),
}

impl From<Option<Failure>> for Turn {
    fn from(failure: Option<Failure>) -> Self {
        failure.map_or(Self::Done, Self::Refused)
    }
}

impl Tracer {
    /// Does what the statement says, if it is about transactions.
    pub(crate) fn transaction(&mut self, kind: &Kind, sql: &str) -> Result<Turn> {
        let Kind::Transaction(transaction) = kind else {
            return Ok(Turn::Other);
        };
        if self.failed {
            return Ok(Turn::Done);
        }
        let in_block = self.block.is_some();
        let turn = match transaction {
            Transaction::Begin(_) if !in_block => self.begin(sql).map(|()| Turn::Done),
            Transaction::Commit { chain } | Transaction::Rollback { chain } if in_block => {
                let failure = self.end(sql)?;
                if *chain && failure.is_none() {
                    self.chain()?;
                }
                Ok(failure.into())
            }
            Transaction::Savepoint(_) | Transaction::Release(_) | Transaction::RollbackTo(_) => {
                self.savepoint(sql)
            }
            Transaction::Prepare(_)
            | Transaction::CommitPrepared(_)
            | Transaction::RollbackPrepared(_) => self.two_phase(transaction, sql),
            _ if self.options.place == Place::RolledBack => Ok(Turn::Done),
            _ => Ok(self.observer.attempt(sql)?.into()),
        }?;
        self.failed |= matches!(turn, Turn::Refused(_));
        Ok(turn)
    }

    fn savepoint(&mut self, sql: &str) -> Result<Turn> {
        if self.options.place == Place::RolledBack && self.block.is_none() {
            return Ok(Turn::Refused(outside(sql)));
        }
        Ok(self.observer.attempt(sql)?.into())
    }

    /// For what follows, preparing a transaction ends it. Where nothing may stay, the statement itself is not run.
    fn two_phase(&mut self, transaction: &Transaction, sql: &str) -> Result<Turn> {
        let ends_block = matches!(transaction, Transaction::Prepare(_)) && self.block.is_some();
        if self.options.place == Place::RolledBack {
            let failure = if ends_block {
                self.end("commit")?
            } else {
                None
            };
            return Ok(failure.map_or(Turn::Other, Turn::Refused));
        }
        let failure = if ends_block {
            self.end(sql)?
        } else {
            self.observer.attempt(sql)?
        };
        Ok(failure.into())
    }

    /// Ends the transaction of the step before, if a new one begins, and begins one.
    pub(crate) fn step(&mut self, begins: bool) -> Result<()> {
        if begins && self.block.is_some() {
            self.commit_block()?;
        }
        if self.block.is_none() {
            self.begin("begin")?;
        }
        Ok(())
    }

    pub(crate) fn begin(&mut self, sql: &str) -> Result<()> {
        self.observer.run(match self.options.place {
            Place::RolledBack => "savepoint howdah_block",
            Place::Scratch | Place::Committed => sql,
        })?;
        self.opened();
        Ok(())
    }

    /// The block that `AND CHAIN` has begun; on a server that was told so, it is there.
    fn chain(&mut self) -> Result<()> {
        if self.options.place == Place::RolledBack {
            return self.begin("begin");
        }
        self.opened();
        Ok(())
    }

    fn opened(&mut self) {
        self.block = Some(Open {
            first: self.steps.len(),
            line: self.line,
        });
    }

    /// Commits a block that no statement of the script ends: what fails then is its last statement.
    pub(crate) fn commit_block(&mut self) -> Result<()> {
        let failure = self.end("commit")?;
        let last = self.steps.iter_mut().rev().find_map(|it| it.seen.as_mut());
        if let (Some(failure), Some(seen)) = (failure, last) {
            seen.error = Some(failure);
        }
        Ok(())
    }

    /// Ends the block with that statement; gives what it failed with.
    pub(crate) fn end(&mut self, sql: &str) -> Result<Option<Failure>> {
        let is_undone = self.failed || begins_with(sql, &["rollback", "abort"]);
        let mut failure = None;
        match self.options.place {
            Place::Scratch | Place::Committed if self.failed => self.observer.run("rollback")?,
            Place::Scratch | Place::Committed => failure = self.observer.attempt(sql)?,
            Place::RolledBack => {
                if !is_undone {
                    failure = self.deferred()?;
                }
                self.observer.run(if is_undone || failure.is_some() {
                    "rollback to savepoint howdah_block"
                } else {
                    "release savepoint howdah_block"
                })?;
            }
        }
        if let Some(open) = self.block.take() {
            let mut held = Duration::ZERO;
            for step in self.steps.iter_mut().skip(open.first).rev() {
                held += step.held_for;
                step.held_for = held;
            }
        }
        self.failed |= failure.is_some();
        Ok(failure)
    }

    /// Does what was deferred to the end of the transaction, which may fail; what comes later may be deferred again.
    pub(crate) fn deferred(&mut self) -> Result<Option<Failure>> {
        let failure = self.observer.attempt(NOW)?;
        if failure.is_none() && self.options.place == Place::RolledBack {
            self.observer.run("set constraints all deferred")?;
        }
        Ok(failure)
    }
}

/// What the server says to a savepoint that no block is around, were it not for the transaction that is rolled back.
fn outside(sql: &str) -> Failure {
    let words: Vec<_> = sql.split_whitespace().take(2).collect();
    Failure {
        sqlstate: "25P01".to_owned(),
        message: format!(
            "`{}` can only be used in transaction blocks",
            words.join(" ")
        ),
        hint: None,
    }
}

pub(crate) fn begins_with(sql: &str, words: &[&str]) -> bool {
    let first = sql
        .split(|letter: char| !letter.is_ascii_alphabetic())
        .next();
    first.is_some_and(|first| words.iter().any(|it| it.eq_ignore_ascii_case(first)))
}
