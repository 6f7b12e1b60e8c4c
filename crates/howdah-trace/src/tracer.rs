//! Running scripts under observation, statement by statement.
//!
//! IO: that of the [`Observer`]. A statement is run as the script has it: within its `BEGIN` … `COMMIT`, else as a
//! transaction of its own, else, if it makes transactions itself, alone. Invariant: on a given database nothing
//! stays unless the caller has said so, and nobody is kept waiting by gates.

use std::time::{Duration, Instant};

use howdah_driver::Config;
use howdah_sql::ast::{Kind, Statement, Transaction};
use howdah_sql::catalog::Catalog;
use howdah_sql::locks::effects;
use howdah_sql::text::{Lines, pieces};

use crate::compare::differences;
use crate::error::{Error, Result};
use crate::grouping::{Grouping, end_of_up, step_begins};
use crate::observe::{Lock, Observer, Way};
use crate::report::{Block, Place, Report, Step};
use crate::workload::{Recorded, Workload};

/// Why a statement is not run on a given database.
const NOT_ROLLED_BACK: &str = "it cannot be rolled back; a scratch copy can run it";

/// The first words of statements that end a transaction, should the grammar not have known one as such; `PREPARE` of a
/// statement is let go with that of a transaction.
const ENDS: &[&str] = &["commit", "end", "rollback", "abort", "prepare"];

/// A script with the name that the report gives it.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file's name, or `-`.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// How to trace.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the database is, and what becomes of it.
    pub place: Place,
    /// Run each script in one transaction, as Django and Alembic do, if it says nothing of transactions.
    pub one_transaction: bool,
    /// The application's statements.
    pub workload: Vec<Recorded>,
    /// What exists before; with it, what is seen is compared with the lock model.
    pub known: Option<Catalog>,
}

/// Traces scripts on one database.
pub struct Tracer {
    observer: Observer,
    options: Options,
    workload: Workload,
    steps: Vec<Step>,
    ignored: Vec<String>,
    /// The first step of the transaction block that is open in the script.
    block: Option<usize>,
    /// Which statements share a transaction.
    grouping: Grouping,
    /// A statement failed: what follows would tell nothing.
    failed: bool,
}

/// A statement as the script has it.
#[derive(Clone, Copy)]
struct Written<'a> {
    statement: &'a Statement,
    sql: &'a str,
    /// The lines behind `COPY … FROM STDIN`.
    copied: Option<&'a str>,
}

impl Tracer {
    /// Connects, and asks for the locks of the workload.
    ///
    /// # Errors
    /// Those of connecting.
    pub fn connect(config: &Config, options: Options) -> Result<Self> {
        let workload = Workload::measure(config, options.workload.clone())?;
        let mut observer = Observer::connect(config)?;
        if options.place == Place::RolledBack {
            observer.run("begin")?;
        }
        Ok(Self {
            observer,
            options,
            workload,
            steps: Vec::new(),
            ignored: Vec::new(),
            block: None,
            grouping: Grouping::Written,
            failed: false,
        })
    }

    /// Traces the scripts in order, up to the first statement that fails.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn trace(mut self, sources: &[Source]) -> Result<Report> {
        for source in sources {
            self.script(source)?;
        }
        if self.options.place == Place::RolledBack {
            self.observer.run("rollback")?;
        }
        for step in &mut self.steps {
            if let Some(seen) = &step.seen {
                let locks: Vec<Lock> = seen.locks.iter().chain(&seen.held).cloned().collect();
                step.would_wait = self.workload.waiting(&locks);
            }
        }
        Ok(Report {
            server_version: self.observer.version_text().to_owned(),
            place: self.options.place,
            steps: self.steps,
            ignored: self.ignored,
            unusable: self.workload.unusable().to_vec(),
        })
    }

    fn script(&mut self, source: &Source) -> Result<()> {
        let script = howdah_sql::parse(&source.text);
        let lines = Lines::new(&source.text);
        self.grouping = Grouping::of(&script, &source.text, self.options.one_transaction);
        let end = end_of_up(&source.text);
        if self.grouping == Grouping::Whole {
            self.begin("begin")?;
        }
        for command in &script.psql_commands {
            let line = lines.position(command.start).line;
            let command = command.of(&source.text).trim_end();
            self.ignored
                .push(format!("{}:{line}: {command}", source.name));
        }
        let mut read = 0;
        let pieces = pieces(&source.text).statements;
        for (statement, piece) in script.statements.iter().zip(&pieces) {
            if statement.span.end > end {
                break;
            }
            if self.grouping == Grouping::Steps {
                self.step(step_begins(
                    &script,
                    &source.text,
                    read,
                    statement.span.start,
                ))?;
                read = statement.span.end;
            }
            let written = Written {
                statement,
                sql: statement.span.of(&source.text),
                copied: piece.copy_data.map(|data| data.of(&source.text)),
            };
            if !self.transaction(&statement.kind, written.sql)? {
                let line = lines.position(statement.span.start).line;
                self.statement(source, line, written)?;
            }
            if let Some(known) = self.options.known.as_mut().filter(|_| !self.failed) {
                known.apply(statement);
            }
        }
        // what a script leaves open does not reach into the next one
        let left_open = self.grouping == Grouping::Written;
        if self.block.is_some() {
            self.end(if left_open { "rollback" } else { "commit" })?;
        }
        Ok(())
    }

    /// Ends the transaction of the step before, if a new one begins, and begins one.
    fn step(&mut self, begins: bool) -> Result<()> {
        if begins && self.block.is_some() {
            self.end("commit")?;
        }
        if self.block.is_none() {
            self.begin("begin")?;
        }
        Ok(())
    }

    /// Whether the statement begins or ends a block; then that is done.
    fn transaction(&mut self, kind: &Kind, sql: &str) -> Result<bool> {
        let Kind::Transaction(transaction) = kind else {
            return Ok(false);
        };
        let in_block = self.block.is_some();
        match transaction {
            _ if self.failed => {}
            Transaction::Begin(_) if !in_block => self.begin(sql)?,
            Transaction::Commit { chain } | Transaction::Rollback { chain } if in_block => {
                self.end(sql)?;
                if *chain {
                    self.chain()?;
                }
            }
            Transaction::Savepoint(_) | Transaction::Release(_) | Transaction::RollbackTo(_)
                if in_block =>
            {
                self.observer.run(sql)?;
            }
            _ if self.options.place == Place::RolledBack => return Ok(!is_two_phase(transaction)),
            _ => self.observer.run(sql)?,
        }
        Ok(true)
    }

    /// In the transaction that is rolled back in the end, a block of the script is a savepoint.
    fn begin(&mut self, sql: &str) -> Result<()> {
        self.observer.run(match self.options.place {
            Place::RolledBack => "savepoint howdah_block",
            Place::Scratch | Place::Committed => sql,
        })?;
        self.block = Some(self.steps.len());
        Ok(())
    }

    /// The block that `AND CHAIN` has begun; on a server that was told so, it is there.
    fn chain(&mut self) -> Result<()> {
        if self.options.place == Place::RolledBack {
            return self.begin("begin");
        }
        self.block = Some(self.steps.len());
        Ok(())
    }

    fn end(&mut self, sql: &str) -> Result<()> {
        let is_undone = self.failed || begins_with(sql, &["rollback", "abort"]);
        self.observer.run(match self.options.place {
            Place::RolledBack if is_undone => "rollback to savepoint howdah_block",
            Place::RolledBack => "release savepoint howdah_block",
            Place::Scratch | Place::Committed if self.failed => "rollback",
            Place::Scratch | Place::Committed => sql,
        })?;
        if let Some(first) = self.block.take() {
            let mut held = Duration::ZERO;
            for step in self.steps.iter_mut().skip(first).rev() {
                held += step.held_for;
                step.held_for = held;
            }
        }
        Ok(())
    }

    fn statement(&mut self, source: &Source, line: u32, written: Written<'_>) -> Result<()> {
        let mut step = Step {
            file: source.name.clone(),
            line,
            sql: written.sql.to_owned(),
            block: if self.block.is_some() {
                Block::Shared
            } else {
                Block::Own
            },
            seen: None,
            skipped: None,
            held_for: Duration::ZERO,
            would_wait: Vec::new(),
            differences: Vec::new(),
        };
        let is_rolled_back = self.options.place == Place::RolledBack;
        if self.failed {
            step.skipped = Some("an earlier statement failed".to_owned());
        } else if is_rolled_back && begins_with(written.sql, ENDS) {
            step.skipped = Some(NOT_ROLLED_BACK.to_owned());
        } else {
            self.run(written, &mut step)?;
            step.differences = self.differences(written.statement, &step);
        }
        if is_rolled_back && !self.observer.in_transaction() {
            let file = source.name.clone();
            return Err(Error::Ended { file, line });
        }
        self.steps.push(step);
        Ok(())
    }

    fn run(&mut self, written: Written<'_>, step: &mut Step) -> Result<()> {
        let is_own = self.block.is_none() && self.options.place != Place::RolledBack;
        if is_own {
            self.observer.run("begin")?;
        } else {
            self.observer.run("savepoint howdah_trace")?;
        }
        let start = Instant::now();
        let seen = match written.copied {
            Some(lines) => self.observer.observe_copy(written.sql, lines)?,
            None => self.observer.observe(written.sql)?,
        };
        let failed = seen.error.is_some();
        let alone = Observer::needs_no_transaction(&seen);
        self.observer.run(match (is_own, failed) {
            (true, false) => "commit",
            (true, true) => "rollback",
            (false, false) => "release howdah_trace",
            (false, true) => "rollback to howdah_trace",
        })?;
        step.held_for = if is_own {
            start.elapsed()
        } else {
            seen.duration
        };
        if alone && self.grouping == Grouping::Steps && self.block.is_some() {
            self.end("commit")?;
        }
        if alone && self.block.is_none() {
            step.block = Block::None;
            return self.alone(written.sql, step);
        }
        self.failed = failed;
        step.seen = Some(seen);
        Ok(())
    }

    /// Where the lock model says something else. Without gates too little is seen to say so.
    fn differences(&self, statement: &Statement, step: &Step) -> Vec<String> {
        let (Some(known), Some(seen)) = (&self.options.known, &step.seen) else {
            return Vec::new();
        };
        if seen.way == Way::Alone && self.options.place != Place::Scratch {
            return Vec::new();
        }
        let model = effects(statement, known, self.observer.version() / 10_000);
        match model.unknown {
            Some(_) => Vec::new(),
            None => differences(&statement.kind, seen, &model),
        }
    }

    /// Runs what makes its own transactions.
    fn alone(&mut self, sql: &str, step: &mut Step) -> Result<()> {
        if self.options.place == Place::RolledBack {
            step.skipped = Some(NOT_ROLLED_BACK.to_owned());
            return Ok(());
        }
        let tables = match self.options.place {
            Place::Scratch => self.observer.tables_near(&words(sql))?,
            Place::RolledBack | Place::Committed => Vec::new(),
        };
        let seen = self.observer.observe_alone(sql, &tables)?;
        step.held_for = seen.duration;
        self.failed = seen.error.is_some();
        step.seen = Some(seen);
        Ok(())
    }
}

/// Whether it ends the transaction to be continued elsewhere, or continues such a one.
fn is_two_phase(transaction: &Transaction) -> bool {
    matches!(
        transaction,
        Transaction::Prepare(_) | Transaction::CommitPrepared(_) | Transaction::RollbackPrepared(_)
    )
}

fn begins_with(sql: &str, words: &[&str]) -> bool {
    let first = sql
        .split(|letter: char| !letter.is_ascii_alphabetic())
        .next();
    first.is_some_and(|first| words.iter().any(|it| it.eq_ignore_ascii_case(first)))
}

/// What may be a name in a statement; too many are no harm.
fn words(sql: &str) -> Vec<&str> {
    sql.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .collect()
}
