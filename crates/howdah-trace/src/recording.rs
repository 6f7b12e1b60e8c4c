//! Statements that a program runs in a session of its own, observed one by one.
//!
//! IO: queries of that session, between its statements, and a second session that looks on. Callers: the host that runs a
//! migration in Python. Invariant: a statement that comes again from the same line, but for its constants, is one step of the
//! report, whose times, log and rows are sums, so that the report of many batches can be read.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};

use howdah_driver::{Config, Connection};
use howdah_sql::text::{TokenKind, tokens};

use crate::error::Result;
use crate::observe::{Before, Failure, Observation, Relation, Session, Took, Way, connect};
use crate::report::{Block, Step};

/// Records what a program runs.
pub struct Recorder {
    watcher: Connection,
    file: String,
    before: Option<Before>,
    steps: Vec<Step>,
    /// The step of a statement at a line, by its [form](form).
    known: HashMap<(u32, String), usize>,
    /// Statements of the transaction that is open, and since when each has had its locks.
    open: Vec<(usize, Instant)>,
}

/// A statement that a program ran.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The statement, or the name of the function if none failed.
    pub sql: String,
    /// The line of the program that ran it.
    pub line: u32,
    /// How it stood to transactions.
    pub block: Block,
}

impl Recorder {
    /// Connects for looking on; `file` is the program's name in the report.
    ///
    /// # Errors
    /// Those of connecting.
    pub fn connect(config: &Config, file: &str) -> Result<Self> {
        Ok(Self {
            watcher: connect(config)?,
            file: file.to_owned(),
            before: None,
            steps: Vec::new(),
            known: HashMap::new(),
            open: Vec::new(),
        })
    }

    /// A statement is about to be run in `session`, which is in a transaction.
    ///
    /// # Errors
    /// Those of the sessions.
    pub fn begins(&mut self, session: &mut impl Session) -> Result<()> {
        self.before = Some(Before::see(session, &mut self.watcher)?);
        Ok(())
    }

    /// The statement has succeeded; its transaction is still open.
    ///
    /// # Errors
    /// Those of the sessions.
    pub fn succeeded(&mut self, session: &mut impl Session, ran: Ran) -> Result<()> {
        let Some(before) = self.before.take() else {
            return Ok(());
        };
        let took = before.took(&mut self.watcher)?;
        let begun = Instant::now()
            .checked_sub(took.duration)
            .unwrap_or_else(Instant::now);
        let seen = before.seen(session, took)?;
        let step = self.add(ran, seen);
        self.open.push((step, begun));
        Ok(())
    }

    /// The statement has failed, or the program has, between statements.
    ///
    /// # Errors
    /// Those of the watching session.
    pub fn failed(&mut self, ran: Ran, failure: Failure) -> Result<()> {
        let took = match self.before.take() {
            Some(before) => before.took(&mut self.watcher)?,
            None => Took::default(),
        };
        let seen = Observation::failed(Way::Transaction, took.duration, took.wal_bytes, failure);
        self.add(ran, seen);
        Ok(())
    }

    /// The statement was run outside of a transaction, and could not be looked at.
    pub fn unseen(&mut self, ran: Ran, duration: Duration) {
        let mut seen = Observation::nothing(Way::Alone, duration, 0);
        seen.reads = None;
        let step = self.add(ran, seen);
        if let Some(step) = self.steps.get_mut(step) {
            step.held_for = step.held_for.max(duration);
        }
    }

    /// The transaction has ended.
    pub fn ended(&mut self) {
        for (step, begun) in self.open.drain(..) {
            if let Some(step) = self.steps.get_mut(step) {
                step.held_for = step.held_for.max(begun.elapsed());
            }
        }
    }

    /// What was recorded, each statement where it came first.
    #[must_use]
    pub fn steps(self) -> Vec<Step> {
        self.steps
    }

    fn add(&mut self, ran: Ran, seen: Observation) -> usize {
        let next = self.steps.len();
        let at = match self.known.entry((ran.line, form(&ran.sql))) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => *new.insert(next),
        };
        match self.steps.get_mut(at) {
            Some(step) => {
                step.runs += 1;
                if let Some(before) = &mut step.seen {
                    merge(before, seen);
                }
            }
            None => self.steps.push(Step {
                file: self.file.clone(),
                line: ran.line,
                sql: ran.sql,
                block: ran.block,
                seen: Some(seen),
                skipped: None,
                runs: 1,
                held_for: Duration::ZERO,
                would_wait: Vec::new(),
                differences: Vec::new(),
            }),
        }
        at
    }
}

/// A statement without its constants.
fn form(sql: &str) -> String {
    let words = tokens(sql).map(|token| match token.kind {
        TokenKind::String | TokenKind::DollarString => "?",
        TokenKind::Number if !token.span.of(sql).starts_with('$') => "?",
        _ => token.span.of(sql),
    });
    words.collect()
}

/// Adds what a further run did.
fn merge(all: &mut Observation, one: Observation) {
    all.locks.extend(one.locks);
    all.locks.sort();
    all.locks.dedup();
    all.held.extend(one.held);
    all.held.sort();
    all.held.dedup();
    // what the first run of a transaction took, the next ones find there
    all.held.retain(|it| !all.locks.contains(it));
    for (all, one) in [
        (&mut all.rewrites, one.rewrites),
        (&mut all.builds, one.builds),
        (&mut all.invalid, one.invalid),
    ] {
        with_more(all, one);
    }
    if let (Some(all), Some(reads)) = (&mut all.reads, one.reads) {
        for read in reads {
            match all.iter_mut().find(|it| it.relation == read.relation) {
                Some(known) => {
                    known.scans += read.scans;
                    known.rows += read.rows;
                }
                None => all.push(read),
            }
        }
    }
    all.duration += one.duration;
    all.wal_bytes += one.wal_bytes;
    all.error = one.error;
}

fn with_more(all: &mut Vec<Relation>, more: Vec<Relation>) {
    all.extend(more);
    all.sort();
    all.dedup();
}
