use std::sync::Arc;

use howdah_wire::backend::{Message, ServerError};
use howdah_wire::{BindHead, Oid, TransactionStatus};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use super::super::collector::{Collector, Keep};
use super::super::faults;
use super::super::parameters::{self, Unwritten};
use super::super::rows::RowKind;
use super::super::statement::Statement;
use super::introspection::Introspection;
use super::preparation::Preparation;
use super::{Context, Flow, Operation, Reception, Signal, scope};

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
    collector: Collector,
    phase: Phase,
    error: Option<ServerError>,
    /// The cached statement was stale once already.
    renewed: bool,
}

enum Phase {
    /// Nothing was requested yet.
    New,
    /// Parse and Describe are under way.
    Preparing(Preparation),
    /// Parse, Describe, Bind and Execute are under way in one unit, with results as text.
    Batched(Preparation),
    /// The batch is done; its rows wait for the types of their columns.
    Resolving(Preparation),
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
            collector,
            phase,
            error: None,
            renewed: false,
        }
    }

    fn prepare(&mut self, cx: &mut Context<'_, '_>, signature: Box<[Oid]>) -> PyResult<()> {
        self.collector = Collector::new(Arc::clone(&self.kind), self.answer.keep());
        let batched =
            signature.is_empty() && self.values.bind(cx.py).is_empty() && text_is_canonical(cx);
        let preparation = Preparation::start(cx, &self.sql, signature)?;
        if !batched {
            cx.session.sync();
            self.phase = Phase::Preparing(preparation);
            return Ok(());
        }
        let requested = BindHead::new("", preparation.name(), &[], 0, &[])
            .and_then(|bind| cx.session.bind(&bind, |_| Ok::<_, howdah_wire::Error>(())))
            .and_then(|()| cx.session.execute("", 0));
        cx.session.sync();
        self.phase = Phase::Batched(preparation);
        requested.map_err(|error| faults::protocol(cx.py, &error))
    }

    fn execute(&mut self, cx: &mut Context<'_, '_>, statement: Arc<Statement>) -> PyResult<()> {
        let values = self.values.bind(cx.py);
        parameters::check_count(cx.py, &statement, values.len())?;
        match request_execution(cx, &statement, "", values, 0) {
            Ok(()) => {}
            Err(Unwritten::Retype(signature)) => return self.retype(cx, signature),
            Err(unwritten) => return Err(unwritten.into_error(cx.py)),
        }
        if let Some(columns) = &statement.columns {
            self.collector.expect(cx.py, columns)?;
        }
        cx.session.sync();
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

    fn executed(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if let Some(error) = self.error.take() {
            return self.recover(cx, &error);
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

    /// A cached statement that the server has lost, or whose result changed, is prepared again
    /// where that can be done without the caller noticing: outside of a transaction block.
    fn recover(&mut self, cx: &mut Context<'_, '_>, error: &ServerError) -> PyResult<Flow> {
        let stale = matches!(error.sqlstate(), "26000" | "0A000");
        if let (Phase::Executing(statement), true) = (&self.phase, stale) {
            cx.statements.forget(statement);
            if !self.renewed && cx.session.status() == TransactionStatus::Idle {
                self.renewed = true;
                self.prepare(cx, Box::default())?;
                return Ok(Flow::Continue);
            }
        }
        Err(faults::server_error(
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
            .resolve_rows(&scope(cx.py, cx.settings, cx.catalogue), cx.catalogue);
        self.executed(cx)
    }

    /// The end of a batch: its rows are read, and the statement is kept for the next time.
    fn batched(
        &mut self,
        cx: &mut Context<'_, '_>,
        mut preparation: Preparation,
    ) -> PyResult<Flow> {
        if let Some(error) = self.error.take() {
            preparation.give_up(cx);
            // a statement with parameters was bound to none: say so before the server's words do
            check_unbound(cx.py, preparation.parameter_count())?;
            return Err(faults::server_error(
                cx.py,
                &error,
                self.sql.bind(cx.py).to_str().ok(),
            ));
        }
        if preparation.turn(cx)?.is_none() {
            self.phase = Phase::Resolving(preparation);
            return Ok(Flow::Continue);
        }
        let scope = scope(cx.py, cx.settings, cx.catalogue);
        self.collector.resolve_rows(&scope, cx.catalogue);
        self.executed(cx)
    }
}

impl Operation for Fetch {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        match cx.statements.find(self.sql.bind(cx.py), &[])? {
            Some(statement) => self.execute(cx, statement),
            None => self.prepare(cx, Box::default()),
        }
    }

    #[inline]
    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        match (message, &mut self.phase) {
            (Message::DataRow(row), Phase::Executing(_) | Phase::Batched(_)) => {
                self.collector.push(&reception.scope, row);
            }
            (_, Phase::Preparing(preparation) | Phase::Resolving(preparation)) => {
                preparation.on(reception, message);
            }
            (_, Phase::Asking(answer)) => answer.on(reception, message),
            (Message::ErrorResponse(fields), _) => self.error = Some(fields.to_owned()),
            (Message::CommandComplete(tag), _) => self.collector.complete(tag),
            (Message::CopyInResponse(_) | Message::CopyOutResponse(_), _) => return Signal::Turn,
            (Message::RowDescription(columns), Phase::Batched(preparation)) => {
                preparation.on(reception, message);
                self.collector
                    .describe(reception.scope.py, reception.catalogue, columns);
            }
            (_, Phase::Batched(preparation)) => preparation.on(reception, message),
            _ => {}
        }
        Signal::Continue
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if !cx.session.is_idle() {
            return Err(copy_in_disguise(cx));
        }
        match std::mem::replace(&mut self.phase, Phase::New) {
            Phase::New => Err(faults::fault(
                cx.py,
                "InternalError",
                "a turn before the start",
            )),
            Phase::Preparing(mut preparation) => {
                match preparation.turn(cx)? {
                    Some(statement) => self.execute(cx, statement)?,
                    None => self.phase = Phase::Preparing(preparation),
                }
                Ok(Flow::Continue)
            }
            Phase::Batched(preparation) | Phase::Resolving(preparation) => {
                self.batched(cx, preparation)
            }
            Phase::Asking(answer) => self.asked(cx, answer),
            executing @ Phase::Executing(_) => {
                self.phase = executing;
                self.executed(cx)
            }
        }
    }
}

impl Answer {
    const fn keep(self) -> Keep {
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
    let scope = scope(cx.py, cx.settings, cx.catalogue);
    cx.close_forgotten()?;
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

/// Text output depends on two settings, which the server reports: only their defaults are read.
fn text_is_canonical(cx: &Context<'_, '_>) -> bool {
    let date_style = cx
        .session
        .parameter("DateStyle")
        .is_some_and(|style| style.starts_with("ISO"));
    let interval_style = cx.session.parameter("IntervalStyle");
    date_style && interval_style.is_none_or(|style| style == "postgres")
}

fn check_unbound(py: Python<'_>, expected: usize) -> PyResult<()> {
    if expected == 0 {
        return Ok(());
    }
    let message = format!("the statement takes {expected} parameters, 0 were given");
    Err(faults::fault(py, "ProgrammingError", message))
}

/// COPY cannot be executed as a statement with rows: it is given up and the way is shown.
pub(super) fn copy_in_disguise(cx: &mut Context<'_, '_>) -> PyErr {
    // a COPY to the client needs no answer: its data passes by
    if let Err(error) = cx
        .session
        .copy_fail("COPY was executed as an ordinary statement")
    {
        return faults::protocol(cx.py, &error);
    }
    faults::fault_with_hint(
        cx.py,
        "ProgrammingError",
        "COPY from or to the client cannot be executed as an ordinary statement",
        Some("use `copy_in`, `copy_rows` or `copy_out`"),
    )
}
