use std::collections::HashMap;
use std::sync::Arc;

use howdah_wire::backend::{Message, ServerError};
use howdah_wire::{BindHead, Error, Oid, Session, TransactionStatus};
use pyo3::prelude::*;

use super::super::collector::{Collector, Keep};
use super::super::faults;
use super::super::parameters::{self, Unwritten};
use super::super::queue::Entry;
use super::super::statement::{Statement, Statements};
use super::fetch::{bind_and_execute, is_outdated, is_stale};
use super::introspection::Introspection;
use super::preparation::Preparation;
use super::stream::changed_columns;
use super::{Context, Flow, Operation, Reception, Signal, UnexpectedCopy, scope};

/// How many bytes are encoded before they are sent, so that memory stays bounded.
const PIECE_BYTES: usize = 32 * 1024;

/// The savepoint that keeps a transaction whole while statements are prepared ahead of their turn.
const GUARD: &str = "howdah_pipeline";

/// Executes the statements of a pipeline under one Sync: all of them take effect or none.
///
/// Statements that are not prepared yet are prepared all at once, in one round trip before the first
/// is executed. That may be too early, where one needs what another will create, and then fails
/// without harm: outside of a transaction each is a unit of its own, within one a savepoint is rolled
/// back. Such a statement is prepared again when its turn comes, within the unit, and one whose
/// preparation cannot last (the unnamed statement) at its turn alone.
pub(crate) struct Batch {
    jobs: Vec<Job>,
    phase: Phase,
    /// The next job to be requested.
    next: usize,
    /// The job whose answers come.
    current: usize,
    failure: Option<Failure>,
    /// An error is the outcome of the operation too, not only of its statement.
    raises: bool,
    /// A cached statement was stale once already.
    renewed: bool,
    copy: UnexpectedCopy,
}

struct Job {
    entry: Entry,
    statement: Option<Arc<Statement>>,
    collector: Collector,
    tag_is_plain: bool,
}

enum Phase {
    New,
    /// Parse and Describe of all new statements are under way.
    Ahead(Ahead),
    /// Types of those statements are asked for.
    AskingAhead(Ahead, Introspection),
    Running,
    /// The next job is prepared within the unit.
    InTurn(Preparation),
    /// Types of that job are asked for within the unit.
    AskingInTurn(Preparation, Introspection),
    /// Sync was requested.
    Ending,
    /// All rows are there; some wait for types that only their values named.
    Resolving(Introspection),
}

/// Preparations ahead of their turn, each with the jobs that it is for.
#[derive(Default)]
struct Ahead {
    preparations: Vec<(Preparation, Vec<usize>)>,
    /// The preparation whose answers come.
    current: usize,
}

struct Failure {
    job: usize,
    error: Fault,
}

enum Fault {
    Server(ServerError),
    Client(PyErr),
}

impl Batch {
    pub(crate) fn new(entries: Vec<Entry>, raises: bool) -> Self {
        Self {
            jobs: entries.into_iter().map(Job::new).collect(),
            phase: Phase::New,
            next: 0,
            current: 0,
            failure: None,
            raises,
            renewed: false,
            copy: UnexpectedCopy::default(),
        }
    }

    /// Finds what is prepared, and prepares the rest ahead.
    fn begin(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let mut new: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, job) in self.jobs.iter_mut().enumerate() {
            let sql = job.entry.sql.bind(cx.py);
            job.statement = cx.statements.find(sql, &[])?;
            if job.statement.is_none() && cx.statements.keeps() && Preparation::lasts(sql.to_str()?)
            {
                new.entry(sql.to_str()?.to_owned()).or_default().push(index);
            }
        }
        // one alone is prepared no sooner ahead of its turn
        if new.len() + usize::from(self.jobs.iter().any(|job| job.statement.is_some())) < 2 {
            self.phase = Phase::Running;
            return Ok(());
        }
        self.phase = Phase::Ahead(self.prepare_ahead(cx, new)?);
        Ok(())
    }

    fn prepare_ahead(
        &self,
        cx: &mut Context<'_, '_>,
        new: HashMap<String, Vec<usize>>,
    ) -> PyResult<Ahead> {
        let guarded = cx.session.status() != TransactionStatus::Idle;
        if guarded {
            let guard = request_guard(cx.session);
            guard.map_err(|error| faults::protocol(cx.py, &error))?;
        }
        let mut ahead = Ahead::default();
        let mut ordered: Vec<_> = new.into_values().collect();
        ordered.sort_unstable();
        for jobs in ordered {
            let Some(job) = jobs.first().and_then(|&first| self.jobs.get(first)) else {
                continue;
            };
            let preparation = Preparation::start_keeping(cx, &job.entry.sql, Box::default())?;
            ahead.preparations.push((preparation, jobs));
            if !guarded {
                cx.session.sync();
            }
        }
        if guarded {
            cx.session.sync();
            let undone = cx.session.query(&format!(
                "rollback to savepoint {GUARD}; release savepoint {GUARD}"
            ));
            undone.map_err(|error| faults::protocol(cx.py, &error))?;
        }
        Ok(ahead)
    }

    /// All preparations were answered: asks for the types that they named and nobody knows.
    fn prepared_ahead(&mut self, cx: &mut Context<'_, '_>, ahead: Ahead) -> PyResult<()> {
        let described = ahead.preparations.iter();
        let mut unknown: Vec<_> = described
            .filter(|(preparation, _)| preparation.is_described())
            .flat_map(|(preparation, _)| preparation.unknown_types(cx))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        if unknown.is_empty() {
            return self.know_ahead(cx, ahead);
        }
        let asking = Introspection::start(cx, &unknown)?;
        self.phase = Phase::AskingAhead(ahead, asking);
        Ok(())
    }

    /// Hands the statements to their jobs; those that could not be prepared wait for their turn.
    fn know_ahead(&mut self, cx: &mut Context<'_, '_>, ahead: Ahead) -> PyResult<()> {
        for (mut preparation, jobs) in ahead.preparations {
            if !preparation.is_described() {
                preparation.give_up(cx);
                continue;
            }
            let statement = preparation.finish(cx)?;
            for index in jobs {
                if let Some(job) = self.jobs.get_mut(index) {
                    job.statement = Some(Arc::clone(&statement));
                }
            }
        }
        self.phase = Phase::Running;
        Ok(())
    }

    /// Requests jobs up to the size of a piece, or to one that must be prepared, or to the end.
    fn request(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        while cx.session.outgoing().len() < PIECE_BYTES {
            let Some(job) = self.jobs.get_mut(self.next) else {
                self.end(cx);
                return Ok(());
            };
            let sql = job.entry.sql.clone_ref(cx.py).into_bound(cx.py);
            if job.statement.is_none() {
                // one like it may have been prepared since
                job.statement = cx.statements.find(&sql, &[])?;
            }
            let Some(statement) = job.statement.clone() else {
                return self.prepare_in_turn(cx, Box::default());
            };
            match job.execute(cx, &statement) {
                Ok(()) => self.next += 1,
                Err(Unwritten::Retype(signature)) => match cx.statements.find(&sql, &signature)? {
                    Some(fitting) => job.statement = Some(fitting),
                    None => return self.prepare_in_turn(cx, signature),
                },
                Err(unwritten) => return Err(unwritten.into_error(cx.py)),
            }
        }
        cx.session.flush();
        Ok(())
    }

    fn prepare_in_turn(&mut self, cx: &mut Context<'_, '_>, signature: Box<[Oid]>) -> PyResult<()> {
        let Some(job) = self.jobs.get(self.next) else {
            return Ok(());
        };
        let preparation = Preparation::start_keeping(cx, &job.entry.sql, signature)?;
        cx.session.flush();
        self.phase = Phase::InTurn(preparation);
        Ok(())
    }

    fn prepared_in_turn(
        &mut self,
        cx: &mut Context<'_, '_>,
        preparation: Preparation,
    ) -> PyResult<()> {
        let unknown = preparation.unknown_types(cx);
        if unknown.is_empty() {
            return self.know_in_turn(cx, preparation);
        }
        let asking = Introspection::start_within(cx, &unknown)?;
        cx.session.flush();
        self.phase = Phase::AskingInTurn(preparation, asking);
        Ok(())
    }

    fn know_in_turn(
        &mut self,
        cx: &mut Context<'_, '_>,
        mut preparation: Preparation,
    ) -> PyResult<()> {
        let statement = preparation.finish(cx)?;
        if let Some(job) = self.jobs.get_mut(self.next) {
            job.statement = Some(statement);
        }
        self.phase = Phase::Running;
        Ok(())
    }

    fn end(&mut self, cx: &mut Context<'_, '_>) {
        cx.session.sync();
        self.phase = Phase::Ending;
    }

    /// The next job cannot be requested: those before it must not take effect either.
    fn refuse(&mut self, cx: &mut Context<'_, '_>, error: PyErr) -> PyResult<()> {
        let failed = cx.session.fail_unit();
        failed.map_err(|error| faults::protocol(cx.py, &error))?;
        self.failure.get_or_insert(Failure {
            job: self.next,
            error: Fault::Client(error),
        });
        self.end(cx);
        Ok(())
    }

    fn ended(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if let Some(failure) = self.failure.take() {
            if self.may_renew(cx, &failure) {
                self.renew(cx, failure.job)?;
                return Ok(Flow::Continue);
            }
            return self.fail(cx, failure);
        }
        let jobs = self.jobs.iter().filter(|job| !job.collector.has_failed());
        let mut unknown: Vec<_> = jobs
            .flat_map(|job| job.collector.unresolved(cx.catalogue))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() {
            self.phase = Phase::Resolving(Introspection::start(cx, &unknown)?);
            return Ok(Flow::Continue);
        }
        for job in std::mem::take(&mut self.jobs) {
            job.answer(cx.py);
        }
        Ok(Flow::Done(cx.py.None()))
    }

    /// Whether the failed job's statement was stale and nothing has come of the whole batch.
    fn may_renew(&self, cx: &mut Context<'_, '_>, failure: &Failure) -> bool {
        let (Fault::Server(error), Some(job)) = (&failure.error, self.jobs.get(failure.job)) else {
            return false;
        };
        let may_help = match &job.statement {
            None => cx.statements.refused_new(error),
            Some(statement) => {
                let helps = cx.statements.refused(statement, error) || !self.renewed;
                helps && (is_stale(statement, error) || is_outdated(statement, error))
            }
        };
        may_help
            && cx.session.status() == TransactionStatus::Idle
            && self.jobs.iter().all(|job| job.tag_is_plain)
    }

    #[cold]
    fn renew(&mut self, cx: &mut Context<'_, '_>, stale: usize) -> PyResult<()> {
        self.renewed = true;
        if let Some(statement) = self.jobs.get(stale).and_then(|job| job.statement.clone()) {
            if statement.takes_rows() {
                cx.catalogue.forget();
            }
            cx.statements.forget(&statement);
        }
        for job in &mut self.jobs {
            job.collector = Collector::new(Arc::clone(&job.entry.kind), job.entry.answer.keep());
        }
        (self.next, self.current) = (0, 0);
        self.begin(cx)
    }

    /// Settles all results of a batch that has come to nothing.
    fn fail(&mut self, cx: &mut Context<'_, '_>, failure: Failure) -> PyResult<Flow> {
        let (py, number, count) = (cx.py, failure.job + 1, self.jobs.len());
        let error = match (failure.error, self.jobs.get(failure.job)) {
            (Fault::Client(error), _) => error,
            (Fault::Server(error), Some(job)) => {
                if let Some(statement) = &job.statement
                    && (is_stale(statement, &error) || is_outdated(statement, &error))
                {
                    cx.statements.forget(statement);
                }
                faults::server_error(py, &error, job.entry.sql.bind(py).to_str().ok())
            }
            (Fault::Server(error), None) => faults::server_error(py, &error, None),
        };
        let note = format!("in statement {number} of {count} of the pipeline's batch");
        let error = faults::noted(py, error, note);
        for (index, job) in self.jobs.iter().enumerate() {
            let told = if index == failure.job {
                error.clone_ref(py)
            } else {
                aborted(py, &error, number, index > failure.job)
            };
            job.entry.settle(py, Err(told));
        }
        if self.raises {
            Err(error)
        } else {
            Ok(Flow::Done(py.None()))
        }
    }

    fn on_job(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        let Some(job) = self.jobs.get_mut(self.current) else {
            return Signal::Continue;
        };
        match message {
            Message::DataRow(row) => job.collector.push(&reception.scope, row),
            Message::RowDescription(columns) => {
                let expected = job.statement.as_ref();
                if expected.is_some_and(|statement| !statement.returns(columns)) {
                    job.collector.fail(changed_columns(reception.scope.py));
                }
            }
            Message::CommandComplete(tag) => {
                job.collector.complete(tag);
                job.tag_is_plain = is_plain(tag.as_str());
                self.current += 1;
            }
            Message::EmptyQueryResponse => self.current += 1,
            _ => return self.copy.on(message),
        }
        Signal::Continue
    }
}

impl Job {
    fn new(entry: Entry) -> Self {
        let collector = Collector::new(Arc::clone(&entry.kind), entry.answer.keep());
        Self {
            entry,
            statement: None,
            collector,
            tag_is_plain: true,
        }
    }

    fn execute(
        &mut self,
        cx: &mut Context<'_, '_>,
        statement: &Statement,
    ) -> Result<(), Unwritten> {
        let values = self.entry.values.bind(cx.py);
        parameters::check_count(cx.py, statement, values.len())?;
        bind_and_execute(cx, statement, "", values, 0)?;
        if let Some(columns) = &statement.columns {
            self.collector.expect(cx.py, columns)?;
        }
        Ok(())
    }

    fn answer(mut self, py: Python<'_>) {
        let none = Collector::new(Arc::clone(&self.entry.kind), Keep::None);
        let mut collector = std::mem::replace(&mut self.collector, none);
        let outcome = match collector.take_failure() {
            Some(error) => Err(error),
            None => self.entry.answer.of(py, collector),
        };
        self.entry.settle(py, outcome);
    }
}

impl Ahead {
    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) {
        let Some((preparation, _)) = self.preparations.get_mut(self.current) else {
            return;
        };
        match message {
            // of the savepoint
            Message::BindComplete | Message::CommandComplete(_) => {}
            Message::RowDescription(_) | Message::NoData | Message::ErrorResponse(_) => {
                preparation.on(reception, message);
                self.current += 1;
            }
            _ => preparation.on(reception, message),
        }
    }
}

impl Operation for Batch {
    fn joins_unit(&self, py: Python<'_>, statements: &mut Statements) -> bool {
        self.jobs.iter().all(|job| {
            let found = statements.find(job.entry.sql.bind(py), &[]);
            found.is_ok_and(|found| found.is_some())
        })
    }

    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        for job in &self.jobs {
            parameters::check_limit(cx.py, job.entry.values.bind(cx.py).len())?;
        }
        self.begin(cx)
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        match &mut self.phase {
            Phase::Ahead(ahead) => ahead.on(reception, message),
            Phase::AskingAhead(_, asking) | Phase::Resolving(asking) => {
                asking.on(reception, message);
            }
            _ => return self.on_unit(reception, message),
        }
        Signal::Continue
    }

    fn on_rows(
        &mut self,
        reception: &Reception<'_, '_>,
        session: &mut Session,
    ) -> Result<(), Error> {
        match (&self.phase, self.jobs.get_mut(self.current)) {
            (Phase::Running | Phase::InTurn(_) | Phase::Ending, Some(job)) => {
                job.collector.push_all(&reception.scope, session)
            }
            _ => Ok(()),
        }
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        self.copy.refuse(cx)?;
        if self.failure.is_some() && cx.session.has_open_unit() {
            self.end(cx);
            return Ok(Flow::Continue);
        }
        match std::mem::replace(&mut self.phase, Phase::Running) {
            Phase::Ahead(ahead) if cx.session.is_idle() => self.prepared_ahead(cx, ahead)?,
            Phase::AskingAhead(ahead, asking) => {
                asking.finish(cx)?;
                self.know_ahead(cx, ahead)?;
            }
            Phase::InTurn(preparation) if preparation.is_described() => {
                self.prepared_in_turn(cx, preparation)?;
            }
            Phase::AskingInTurn(preparation, asking) if asking.is_complete() => {
                asking.finish(cx)?;
                self.know_in_turn(cx, preparation)?;
            }
            Phase::Ending if cx.session.is_idle() => {
                self.phase = Phase::Ending;
                return self.ended(cx);
            }
            Phase::Resolving(asking) => {
                asking.finish(cx)?;
                let scope = scope(cx.py, cx.settings, cx.catalogue);
                for job in &mut self.jobs {
                    job.collector.resolve_rows(&scope);
                }
                return self.ended(cx);
            }
            phase => self.phase = phase,
        }
        Ok(Flow::Continue)
    }

    fn refill(&mut self, cx: &mut Context<'_, '_>) -> PyResult<bool> {
        if !matches!(self.phase, Phase::Running) {
            return Ok(false);
        }
        if self.failure.is_some() {
            self.end(cx);
        } else if let Err(error) = self.request(cx) {
            self.refuse(cx, error)?;
        }
        Ok(true)
    }
}

impl Batch {
    /// Takes an answer of the unit that executes the jobs.
    fn on_unit(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        if let Message::ErrorResponse(fields) = message {
            let error = Fault::Server(fields.to_owned());
            let job = self.current;
            self.failure.get_or_insert(Failure { job, error });
            return Signal::Turn;
        }
        if self.current < self.next {
            return self.on_job(reception, message);
        }
        match &mut self.phase {
            Phase::InTurn(preparation) => {
                preparation.on(reception, message);
                match message {
                    Message::RowDescription(_) | Message::NoData => Signal::Turn,
                    _ => Signal::Continue,
                }
            }
            Phase::AskingInTurn(_, asking) => {
                asking.on(reception, message);
                if asking.is_complete() {
                    Signal::Turn
                } else {
                    Signal::Continue
                }
            }
            _ => Signal::Continue,
        }
    }
}

/// Requests the savepoint as the first of a unit.
fn request_guard(session: &mut Session) -> Result<(), Error> {
    session.parse("", &format!("savepoint {GUARD}"), &[])?;
    session.bind(&BindHead::new("", "", &[], 0, &[])?, |_| Ok::<_, Error>(()))?;
    session.execute("", 0)
}

/// Whether a command of this tag is undone with the unit that it is part of.
fn is_plain(tag: &str) -> bool {
    ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"]
        .iter()
        .any(|plain| tag.starts_with(plain))
}

/// The error for the other statements of a batch that has failed.
#[cold]
fn aborted(py: Python<'_>, cause: &PyErr, number: usize, later: bool) -> PyErr {
    let what = if later { "not executed" } else { "undone" };
    let message = format!("the statement was {what}: statement {number} of its batch failed");
    let hint = "the statements of a batch take effect together or not at all";
    let error = faults::fault_with_hint(py, "PipelineAborted", message, Some(hint));
    error.set_cause(py, Some(cause.clone_ref(py)));
    error
}
