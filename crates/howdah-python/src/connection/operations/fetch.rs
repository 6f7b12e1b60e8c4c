use std::sync::Arc;

use howdah_wire::backend::{Message, ServerError};
use howdah_wire::frontend::Target;
use howdah_wire::{Oid, Session, TransactionStatus};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use super::super::collector::{Collector, Keep, PyResultSet};
use super::super::faults;
use super::super::parameters::{self, Unwritten};
use super::super::rows::RowKind;
use super::super::statement::{Statement, Statements};
use super::introspection::Introspection;
use super::learning::Learning;
use super::preparation::Preparation;
use super::{Context, Flow, Operation, Reception, Signal, UnexpectedCopy, scope};

/// What the caller is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Rows,
    First,
    Count,
    /// Everything about the answer, as a list of one `Result`.
    Results,
}

/// Executes one statement: prepares it at its first use, then binds and executes it.
pub(crate) struct Fetch {
    sql: Py<PyString>,
    values: Py<PyTuple>,
    answer: Answer,
    kind: Arc<RowKind>,
    /// An answer that has told the columns already.
    like: Option<Py<PyResultSet>>,
    collector: Collector,
    phase: Phase,
    error: Option<ServerError>,
    copy: UnexpectedCopy,
    /// The cached statement was stale once already.
    renewed: bool,
    /// The server has taken the parameters.
    bound: bool,
    /// The columns are not those that were expected.
    changed: bool,
}

enum Phase {
    /// Nothing was requested yet.
    New,
    /// Parse and Describe are under way.
    Preparing(Preparation),
    /// A statement of which nothing was known is under way.
    Learning(Learning),
    Executing(Arc<Statement>),
    /// All rows are there; some wait for types that only their values named.
    Asking(Introspection),
}

impl Fetch {
    pub(crate) fn new(
        sql: Py<PyString>,
        values: Py<PyTuple>,
        kind: RowKind,
        answer: Answer,
    ) -> Self {
        let kind = Arc::new(kind);
        let collector = Collector::new(Arc::clone(&kind), answer.keep());
        let phase = Phase::New;
        Self {
            sql,
            values,
            answer,
            kind,
            like: None,
            collector,
            phase,
            error: None,
            copy: UnexpectedCopy::default(),
            renewed: false,
            bound: false,
            changed: false,
        }
    }

    /// Fetches tuples of a cursor whose columns are those of `like`: in one round trip, for nothing must
    /// be asked before. No statement is kept, since a cursor of that name may have others tomorrow.
    pub(crate) fn of_cursor(py: Python<'_>, sql: Py<PyString>, like: Py<PyResultSet>) -> Self {
        let values = PyTuple::empty(py).unbind();
        Self {
            like: Some(like),
            renewed: true,
            ..Self::new(sql, values, RowKind::Tuple, Answer::Rows)
        }
    }

    fn execute_like(&mut self, cx: &mut Context<'_, '_>, like: &PyResultSet) -> PyResult<()> {
        let scope = scope(cx.py, cx.settings, cx.catalogue);
        let columns = like
            .described()
            .map(|columns| columns.asked_again(&scope, !cx.statements.keeps()))
            .transpose()?;
        let sql = self.sql.bind(cx.py);
        let statement = Statement::new(String::new(), sql, Vec::new(), columns.map(Arc::new))
            .map_err(|error| faults::protocol(cx.py, &error))?;
        self.execute(cx, Arc::new(statement))
    }

    fn prepare(&mut self, cx: &mut Context<'_, '_>, signature: Box<[Oid]>) -> PyResult<()> {
        self.collector = Collector::new(Arc::clone(&self.kind), self.answer.keep());
        self.phase = Phase::Preparing(Preparation::start(cx, &self.sql, signature)?);
        cx.session.sync();
        Ok(())
    }

    /// Executes a statement that nobody knows yet: at once where no statement is to outlive its unit of
    /// requests, else by preparing it first.
    fn begin(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        if cx.statements.keeps() {
            return self.prepare(cx, Box::default());
        }
        let outside = cx.session.status() == TransactionStatus::Idle && !cx.session.has_open_unit();
        let (sql, values) = (self.sql.bind(cx.py), self.values.bind(cx.py));
        match Learning::start(cx, sql, values, outside)? {
            Some(learning) => self.phase = Phase::Learning(learning),
            None => self.prepare(cx, Box::default())?,
        }
        Ok(())
    }

    fn learned(&mut self, cx: &mut Context<'_, '_>, learning: Learning) -> PyResult<Flow> {
        let misguessed = learning.has_misguessed();
        if self.error.is_none() || misguessed {
            learning.keep(cx, self.sql.bind(cx.py))?;
        }
        if !misguessed || self.error.is_none() {
            return self.executed(cx);
        }
        self.error = None;
        match cx.statements.find(self.sql.bind(cx.py), &[])? {
            Some(statement) => self.execute(cx, statement)?,
            None => self.prepare(cx, Box::default())?,
        }
        Ok(Flow::Continue)
    }

    fn execute(&mut self, cx: &mut Context<'_, '_>, statement: Arc<Statement>) -> PyResult<()> {
        let values = self.values.bind(cx.py);
        parameters::check_count(cx.py, &statement, values.len())?;
        match request_execution(cx, &statement, "", values, 0) {
            Ok(()) => {}
            Err(Unwritten::Retype(signature)) => return self.retype(cx, signature),
            // values that do not fit may know the type better than what was learned before
            Err(Unwritten::Python(_))
                if !self.renewed && (statement.takes_rows() || statement.is_unnamed()) =>
            {
                return self.renew(cx, &statement);
            }
            Err(unwritten) => return Err(unwritten.into_error(cx.py)),
        }
        if let Some(columns) = &statement.columns {
            self.collector.expect(cx.py, columns)?;
        }
        cx.session.sync();
        (self.bound, self.changed) = (false, false);
        self.phase = Phase::Executing(statement);
        Ok(())
    }

    /// Prepares the statement for the types of the values, which the server's own choice refused.
    fn retype(&mut self, cx: &mut Context<'_, '_>, signature: Box<[Oid]>) -> PyResult<()> {
        match cx.statements.find(self.sql.bind(cx.py), &signature)? {
            Some(statement) => self.execute(cx, statement),
            None => self.prepare(cx, signature),
        }
    }

    /// Prepares a statement again that is older than what it is about: a table, a type.
    #[cold]
    fn renew(&mut self, cx: &mut Context<'_, '_>, statement: &Statement) -> PyResult<()> {
        self.renewed = true;
        if statement.takes_rows() {
            cx.catalogue.forget();
        }
        cx.statements.forget(statement);
        self.prepare(cx, Box::default())
    }

    fn executed(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if let Some(error) = self.error.take() {
            return self.recover(cx, &error);
        }
        if self.changed
            && let Phase::Executing(statement) = &self.phase
        {
            cx.statements.forget(statement);
        }
        if let Some(error) = self.collector.take_failure() {
            return Err(error);
        }
        let unknown = self.collector.unresolved(cx.catalogue);
        if !unknown.is_empty() {
            return self.ask(cx, &unknown);
        }
        let collector = std::mem::replace(
            &mut self.collector,
            Collector::new(Arc::clone(&self.kind), Keep::None),
        );
        self.answer.of(cx.py, collector).map(Flow::Done)
    }

    /// A cached statement that the server has lost, or whose result or parameters changed, is
    /// prepared again where the caller does not notice: outside of a transaction block.
    fn recover(&mut self, cx: &mut Context<'_, '_>, error: &ServerError) -> PyResult<Flow> {
        if let Phase::Executing(statement) = &self.phase
            && (is_stale(statement, error) || (!self.bound && is_outdated(statement, error)))
        {
            let statement = Arc::clone(statement);
            let may_help = cx.statements.refused(&statement, error) || !self.renewed;
            if may_help && cx.session.status() == TransactionStatus::Idle {
                self.renew(cx, &statement)?;
                return Ok(Flow::Continue);
            }
            cx.statements.forget(&statement);
        }
        Err(faults::execution_error(
            cx.py,
            error,
            self.sql.bind(cx.py).to_str().ok(),
        ))
    }

    /// Asks for types; the statement is forgotten, for its columns may have been built on old ones.
    #[cold]
    fn ask(&mut self, cx: &mut Context<'_, '_>, unknown: &[Oid]) -> PyResult<Flow> {
        if let Phase::Executing(statement) = &self.phase {
            cx.statements.forget(statement);
        }
        self.phase = Phase::Asking(Introspection::start(cx, unknown)?);
        Ok(Flow::Continue)
    }

    fn asked(&mut self, cx: &mut Context<'_, '_>, answer: Introspection) -> PyResult<Flow> {
        answer.finish(cx)?;
        self.collector
            .resolve_rows(&scope(cx.py, cx.settings, cx.catalogue));
        self.executed(cx)
    }
}

/// Whether an error says that the server has lost the statement, that it would return other columns
/// now, that a type of it was dropped (an internal error, which is never translated), or that a row
/// type has other attributes (which no other error of Bind says).
pub(super) fn is_stale(statement: &Statement, error: &ServerError) -> bool {
    match error.sqlstate() {
        "26000" | "0A000" => true,
        "XX000" => error.message().starts_with("cache lookup failed for type"),
        "42804" => statement.takes_rows(),
        _ => false,
    }
}

/// Whether an unnamed statement may have been refused for what was learned of it before: the types of
/// its parameters, or the number of its columns (08P01).
pub(super) fn is_outdated(statement: &Statement, error: &ServerError) -> bool {
    let sqlstate = error.sqlstate();
    statement.is_unnamed() && (sqlstate.starts_with("42") || sqlstate == "08P01")
}

impl Operation for Fetch {
    fn joins_unit(&self, _: Python<'_>, _: &mut Statements) -> bool {
        true
    }

    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        if let Some(like) = self.like.take() {
            return self.execute_like(cx, like.get());
        }
        parameters::check_limit(cx.py, self.values.bind(cx.py).len())?;
        match cx.statements.find(self.sql.bind(cx.py), &[])? {
            Some(statement) => self.execute(cx, statement),
            None => self.begin(cx),
        }
    }

    #[inline]
    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        match (message, &mut self.phase) {
            (Message::DataRow(row), Phase::Executing(_) | Phase::Learning(_)) => {
                self.collector.push(&reception.scope, row);
            }
            (_, Phase::Preparing(preparation)) => preparation.on(reception, message),
            (_, Phase::Asking(answer)) => answer.on(reception, message),
            (Message::ErrorResponse(fields), _) => self.error = Some(fields.to_owned()),
            (Message::CommandComplete(tag), _) => self.collector.complete(tag),
            (Message::BindComplete, Phase::Executing(_)) => self.bound = true,
            (Message::RowDescription(columns), Phase::Executing(statement)) => {
                if !statement.returns(columns) {
                    self.changed = true;
                    let (scope, catalogue) = (&reception.scope, reception.catalogue);
                    self.collector.describe(scope, catalogue, columns);
                }
            }
            (_, Phase::Learning(learning)) => {
                learning.on(reception, message, &mut self.collector);
                return self.copy.on(message);
            }
            _ => return self.copy.on(message),
        }
        Signal::Continue
    }

    #[inline]
    fn on_rows(
        &mut self,
        reception: &Reception<'_, '_>,
        session: &mut Session,
    ) -> Result<(), howdah_wire::Error> {
        if matches!(self.phase, Phase::Executing(_) | Phase::Learning(_)) {
            return self.collector.push_all(&reception.scope, session);
        }
        Ok(())
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        self.copy.refuse(cx)?;
        match std::mem::replace(&mut self.phase, Phase::New) {
            Phase::New => Err(faults::fault(
                cx.py,
                "InternalError",
                "a turn before the start",
            )),
            Phase::Preparing(mut preparation) => {
                match preparation.turn(cx)? {
                    Some(statement) => {
                        // one that was described just now needs no renewal
                        self.renewed |= statement.is_unnamed();
                        self.execute(cx, statement)?;
                    }
                    None => self.phase = Phase::Preparing(preparation),
                }
                Ok(Flow::Continue)
            }
            Phase::Learning(learning) => self.learned(cx, learning),
            Phase::Asking(answer) => self.asked(cx, answer),
            executing @ Phase::Executing(_) => {
                self.phase = executing;
                self.executed(cx)
            }
        }
    }
}

impl Answer {
    /// What `execute_many` answers.
    ///
    /// # Errors
    /// `TypeError` for `row=` where no rows are asked for.
    pub(crate) fn of_many(returning: bool, row: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        match (returning, row) {
            (true, _) => Ok(Self::Rows),
            (false, None) => Ok(Self::Count),
            (false, Some(_)) => {
                let message = "`row` says what the rows become that `returning=True` asks for";
                Err(PyTypeError::new_err(message))
            }
        }
    }

    /// What a collector must keep for it.
    pub(super) const fn keep(self) -> Keep {
        match self {
            Self::Rows | Self::Results => Keep::All,
            Self::First => Keep::First,
            Self::Count => Keep::None,
        }
    }

    /// The result that the caller is given.
    pub(super) fn of(self, py: Python<'_>, collector: Collector) -> PyResult<Py<PyAny>> {
        match self {
            Self::Rows => collector.into_rows(py),
            Self::First => collector.into_first(py),
            Self::Count => Ok(collector.affected().into_pyobject(py)?.into_any().unbind()),
            Self::Results => {
                let result = collector.into_result(py)?;
                Ok(PyList::new(py, [result])?.into_any().unbind())
            }
        }
    }
}

impl Unwritten {
    /// The exception where nothing else can be tried.
    pub(super) fn into_error(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Python(error) => error,
            Self::Wire(error) => faults::protocol(py, &error),
            Self::OtherFormats | Self::Retype(_) => {
                faults::fault(py, "InternalError", "parameters found no format")
            }
        }
    }
}

/// Requests Bind and Execute of a prepared statement; the caller requests Sync.
#[inline]
pub(super) fn request_execution(
    cx: &mut Context<'_, '_>,
    statement: &Statement,
    portal: &str,
    values: &Bound<'_, PyTuple>,
    max_rows: u32,
) -> Result<(), Unwritten> {
    cx.close_forgotten()?;
    bind_and_execute(cx, statement, portal, values, max_rows)
}

/// As [`request_execution`], without Close for statements that the cache has dropped: some of them
/// may still be wanted.
#[inline]
pub(super) fn bind_and_execute(
    cx: &mut Context<'_, '_>,
    statement: &Statement,
    portal: &str,
    values: &Bound<'_, PyTuple>,
    max_rows: u32,
) -> Result<(), Unwritten> {
    if statement.is_unnamed() {
        return request_unnamed(cx, statement, portal, values, max_rows);
    }
    let scope = scope(cx.py, cx.settings, cx.catalogue);
    let written = if portal.is_empty() {
        cx.session.bind(&statement.bind, |out| {
            parameters::write(&scope, statement, values, out)
        })
    } else {
        Err(Unwritten::OtherFormats)
    };
    match written {
        Err(Unwritten::OtherFormats) => {
            let (bind, bytes) = parameters::write_mixed(&scope, statement, portal, values)?;
            cx.session.bind(&bind, |out| {
                out.extend_from_slice(&bytes);
                Ok::<_, howdah_wire::Error>(())
            })?;
        }
        other => other?,
    }
    cx.session.execute(portal, max_rows)?;
    Ok(())
}

/// As [`request_execution`], for a statement that is prepared in the same unit. Its columns are described
/// again, since another server, or an altered table, may return others than those remembered.
fn request_unnamed(
    cx: &mut Context<'_, '_>,
    statement: &Statement,
    portal: &str,
    values: &Bound<'_, PyTuple>,
    max_rows: u32,
) -> Result<(), Unwritten> {
    let scope = scope(cx.py, cx.settings, cx.catalogue);
    // values that are refused leave nothing requested
    let mut bytes = Vec::new();
    let written = if portal.is_empty() {
        parameters::write(&scope, statement, values, &mut bytes)
    } else {
        Err(Unwritten::OtherFormats)
    };
    let mixed = match written {
        Ok(()) => None,
        Err(Unwritten::OtherFormats) => {
            Some(parameters::write_mixed(&scope, statement, portal, values)?)
        }
        Err(other) => return Err(other),
    };
    let (bind, bytes) = match &mixed {
        Some((bind, bytes)) => (bind, bytes),
        None => (&statement.bind, &bytes),
    };
    cx.statements
        .prepare_unnamed(cx.py, cx.session, statement)?;
    cx.session.bind(bind, |out| {
        out.extend_from_slice(bytes);
        Ok::<_, howdah_wire::Error>(())
    })?;
    if statement.columns.is_some() {
        cx.session.describe(Target::Portal(portal))?;
    }
    cx.session.execute(portal, max_rows)?;
    Ok(())
}
