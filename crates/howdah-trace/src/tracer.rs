//! Running scripts under observation, statement by statement.
//!
//! IO: that of the [`Observer`]. A statement is run as the script has it: within its `BEGIN` … `COMMIT`, else as a
//! transaction of its own, else, if it makes transactions itself, alone. Invariant: on a given database nothing
//! stays unless the caller has said so, and nobody is kept waiting by gates.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use howdah_driver::Config;
use howdah_sql::ast::Statement;
use howdah_sql::catalog::Catalog;
use howdah_sql::locks::effects;
use howdah_sql::text::{Lines, pieces};

use crate::blocks::{ENDS, Open, Turn, begins_with};
use crate::compare::differences;
use crate::error::{Error, Result};
use crate::grouping::{Grouping, end_of_up, step_begins};
use crate::lasting::lasting;
use crate::observe::{Failure, Lock, Observation, Observer, Way};
use crate::report::{Block, Place, Report, Step};
use crate::workload::{Recorded, Workload};

/// Why a statement is not run on a given database.
const NOT_ROLLED_BACK: &str = "it cannot be rolled back; a scratch copy can run it";

const FAILED_BEFORE: &str = "an earlier statement failed";

/// On a database that others use, nobody shall stand behind a statement that waits; unless the role or the address says
/// how long it may, and a script can say it, too.
const PATIENCE: &str = "select pg_catalog.set_config('lock_timeout', '5s', false) \
     where pg_catalog.current_setting('lock_timeout') = '0'";

/// A script with the name that the report gives it.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The file's name, or `-`.
    pub name: String,
    /// What is in it.
    pub text: String,
    /// It is run in one transaction, if it says nothing of transactions.
    pub one_transaction: bool,
    /// It makes what is there before: only what fails of it is told.
    pub is_before: bool,
    /// It is no script but a program, which is run by [`Programs`]; its text is not read.
    pub is_program: bool,
    /// If the text was made of another file: offsets, and the lines there from which what follows was made.
    pub places: Vec<(u32, u32)>,
}

impl Source {
    fn line(&self, lines: &Lines<'_>, offset: u32) -> u32 {
        let place = self.places.iter().rev().find(|it| it.0 <= offset);
        place.map_or_else(|| lines.position(offset).line, |it| it.1)
    }
}

/// Runs migrations that are programs.
pub trait Programs: fmt::Debug {
    /// Runs one on the database that is traced, and gives what a [`Recorder`](crate::Recorder) saw of it. What it failed
    /// with is in the last step.
    ///
    /// # Errors
    /// It could not be run or looked at.
    fn run(
        &self,
        source: &Source,
    ) -> std::result::Result<Vec<Step>, Box<dyn std::error::Error + Send + Sync>>;
}

/// How to trace.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the database is, and what becomes of it.
    pub place: Place,
    /// The application's statements.
    pub workload: Vec<Recorded>,
    /// What exists before; with it, what is seen is compared with the lock model.
    pub known: Option<Catalog>,
    /// Who runs programs, if there is somebody; on a database where nothing may stay they are not run.
    pub programs: Option<Arc<dyn Programs>>,
}

/// Traces scripts on one database.
pub struct Tracer {
    pub(crate) observer: Observer,
    pub(crate) options: Options,
    config: Config,
    workload: Option<Workload>,
    pub(crate) steps: Vec<Step>,
    ignored: Vec<String>,
    left_open: Vec<String>,
    /// The transaction block that is open in the script.
    pub(crate) block: Option<Open>,
    /// The line of the statement that comes next.
    pub(crate) line: u32,
    /// Which statements share a transaction.
    grouping: Grouping,
    /// A statement failed: what follows would tell nothing.
    pub(crate) failed: bool,
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
    /// Connects.
    ///
    /// # Errors
    /// Those of connecting.
    pub fn connect(config: &Config, options: Options) -> Result<Self> {
        let mut observer = Observer::connect(config)?;
        if options.place == Place::RolledBack {
            observer.run("begin")?;
            observer.run(PATIENCE)?;
        }
        Ok(Self {
            observer,
            options,
            config: config.clone(),
            workload: None,
            steps: Vec::new(),
            ignored: Vec::new(),
            left_open: Vec::new(),
            block: None,
            line: 1,
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
            if !source.is_before && self.workload.is_none() {
                self.workload = Some(self.measured()?);
            }
            let first = self.steps.len();
            if source.is_program {
                self.program(source)?;
            } else {
                self.script(source)?;
            }
            if source.is_before {
                let failed = |step: &Step| step.seen.as_ref().is_some_and(|it| it.error.is_some());
                let told = self.steps.split_off(first).into_iter().filter(failed);
                self.steps.extend(told);
            }
        }
        let workload = self.workload.take().unwrap_or_default();
        if self.options.place == Place::RolledBack {
            self.observer.run("rollback")?;
        }
        for step in &mut self.steps {
            if let Some(seen) = &step.seen {
                let locks: Vec<Lock> = seen.locks.iter().chain(&seen.held).cloned().collect();
                step.would_wait = workload.waiting(&locks);
            }
        }
        Ok(Report {
            server_version: self.observer.version_text().to_owned(),
            place: self.options.place,
            steps: self.steps,
            ignored: self.ignored,
            left_open: self.left_open,
            unusable: workload.unusable().to_vec(),
        })
    }

    /// The locks of the workload on what there is now.
    fn measured(&self) -> Result<Workload> {
        Workload::measure(&self.config, self.options.workload.clone())
    }

    fn script(&mut self, source: &Source) -> Result<()> {
        let script = howdah_sql::parse(&source.text);
        let lines = Lines::new(&source.text);
        self.grouping = Grouping::of(&script, &source.text, source.one_transaction);
        let end = end_of_up(&source.text);
        if self.grouping == Grouping::Whole {
            self.begin("begin")?;
        }
        for command in &script.psql_commands {
            let line = source.line(&lines, command.start);
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
            self.line = source.line(&lines, statement.span.start);
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
            match self.transaction(&statement.kind, written.sql)? {
                Turn::Other => self.statement(source, written)?,
                Turn::Refused(failure) => self.refused(source, written.sql, failure),
                Turn::Done => {}
            }
            if let Some(known) = self.options.known.as_mut().filter(|_| !self.failed) {
                known.apply(statement);
            }
        }
        match &self.block {
            // what a script leaves open does not reach into the next one
            Some(open) if self.grouping == Grouping::Written => {
                let place = format!("{}:{}", source.name, open.line);
                self.left_open.extend((!self.failed).then_some(place));
                self.end("rollback")?;
            }
            Some(_) => self.commit_block()?,
            None => {}
        }
        Ok(())
    }

    /// Runs a program, if nothing has failed before, and takes over what was seen.
    fn program(&mut self, source: &Source) -> Result<()> {
        let programs = match (&self.options.programs, self.options.place) {
            (Some(programs), Place::Scratch | Place::Committed) if !self.failed => programs,
            (_, place) => {
                let mut step = self.new_step(source, &source.name);
                step.skipped = Some(match place {
                    Place::RolledBack => NOT_ROLLED_BACK.to_owned(),
                    _ if self.failed => FAILED_BEFORE.to_owned(),
                    _ => "nobody is here to run it".to_owned(),
                });
                self.steps.push(step);
                return Ok(());
            }
        };
        let steps = programs.run(source).map_err(|why| Error::Program {
            file: source.name.clone(),
            source: why,
        })?;
        for step in &steps {
            let failed = step.seen.as_ref().is_some_and(|it| it.error.is_some());
            self.failed |= failed;
            if let Some(known) = self.options.known.as_mut().filter(|_| !failed) {
                for statement in &howdah_sql::parse(&step.sql).statements {
                    known.apply(statement);
                }
            }
        }
        self.steps.extend(steps);
        Ok(())
    }

    fn statement(&mut self, source: &Source, written: Written<'_>) -> Result<()> {
        let mut step = self.new_step(source, written.sql);
        let is_rolled_back = self.options.place == Place::RolledBack;
        if self.failed {
            step.skipped = Some(FAILED_BEFORE.to_owned());
        } else if is_rolled_back && begins_with(written.sql, ENDS) {
            step.skipped = Some(NOT_ROLLED_BACK.to_owned());
        } else if let Some(why) = is_rolled_back
            .then(|| lasting(written.statement, written.sql))
            .flatten()
        {
            step.skipped = Some(why);
        } else {
            self.run(written, &mut step)?;
            step.differences = self.differences(written.statement, &step);
        }
        if is_rolled_back && !self.observer.in_transaction() {
            let (file, line) = (source.name.clone(), self.line);
            return Err(Error::Ended { file, line });
        }
        self.steps.push(step);
        Ok(())
    }

    fn new_step(&self, source: &Source, sql: &str) -> Step {
        Step {
            file: source.name.clone(),
            line: self.line,
            sql: sql.to_owned(),
            block: if self.block.is_some() {
                Block::Shared
            } else {
                Block::Own
            },
            seen: None,
            skipped: None,
            runs: 1,
            held_for: Duration::ZERO,
            would_wait: Vec::new(),
            differences: Vec::new(),
        }
    }

    /// A statement about transactions is in the report if it failed.
    fn refused(&mut self, source: &Source, sql: &str, failure: Failure) {
        let mut step = self.new_step(source, sql);
        let seen = Observation::failed(Way::Transaction, Duration::ZERO, 0, failure);
        step.seen = Some(seen);
        self.steps.push(step);
    }

    fn run(&mut self, written: Written<'_>, step: &mut Step) -> Result<()> {
        let is_own = self.block.is_none() && self.options.place != Place::RolledBack;
        if is_own {
            self.observer.run("begin")?;
        } else {
            self.observer.run("savepoint howdah_trace")?;
        }
        let start = Instant::now();
        let mut seen = match written.copied {
            Some(lines) => self.observer.observe_copy(written.sql, lines)?,
            None => self.observer.observe(written.sql)?,
        };
        let alone = Observer::needs_no_transaction(&seen);
        if seen.error.is_none() && self.block.is_none() {
            seen.error = self.deferred()?;
        }
        let failed = seen.error.is_some();
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
            self.commit_block()?;
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

/// What may be a name in a statement; too many are no harm.
fn words(sql: &str) -> Vec<&str> {
    sql.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .collect()
}
