use std::sync::Arc;

use howdah_wire::backend::{Message, ServerError};
use howdah_wire::{Oid, Session};
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyString, PyTuple};

use super::super::collector::Collector;
use super::super::faults;
use super::super::parameters::{self, Unwritten};
use super::super::rows::RowKind;
use super::super::statement::{Statement, Statements};
use super::fetch::{Answer, is_outdated, request_execution};
use super::introspection::Introspection;
use super::preparation::Preparation;
use super::stream::changed_columns;
use super::{Context, Flow, Limit, Operation, Reception, Signal, UnexpectedCopy, scope};

/// How many bytes are encoded before they are sent, so that memory stays bounded.
const BATCH_BYTES: usize = 32 * 1024;

/// Executes one statement for many rows of parameters, in batches under one Sync: all or nothing.
pub(crate) struct Many {
    sql: Py<PyString>,
    rows: Py<PyIterator>,
    answer: Answer,
    /// What all executions returned, one after the other.
    collector: Collector,
    phase: Phase,
    /// Rows that were encoded.
    encoded: u64,
    /// Executions that the server has completed.
    completed: u64,
    affected: u64,
    error: Option<ServerError>,
    failure: Option<PyErr>,
    copy: UnexpectedCopy,
}

enum Phase {
    New,
    Preparing(Preparation),
    Sending(Arc<Statement>),
    /// Sync was requested.
    Ending(Arc<Statement>),
    /// All rows are there; some wait for types that only their values named.
    Asking(Introspection),
}

impl Many {
    pub(crate) fn new(
        sql: Py<PyString>,
        rows: Py<PyIterator>,
        kind: RowKind,
        answer: Answer,
    ) -> Self {
        Self {
            sql,
            rows,
            answer,
            collector: Collector::new(Arc::new(kind), answer.keep()),
            phase: Phase::New,
            encoded: 0,
            completed: 0,
            affected: 0,
            error: None,
            failure: None,
            copy: UnexpectedCopy::default(),
        }
    }

    fn prepare(&mut self, cx: &mut Context<'_, '_>, signature: Box<[Oid]>) -> PyResult<()> {
        self.phase = Phase::Preparing(Preparation::start(cx, &self.sql, signature)?);
        cx.session.sync();
        Ok(())
    }

    /// Encodes rows up to the size of a batch, or as many as a slow source gives in time, or to the end,
    /// which is a Sync.
    fn encode_batch(
        &mut self,
        cx: &mut Context<'_, '_>,
        statement: &Arc<Statement>,
    ) -> PyResult<()> {
        let mut limit = Limit::at(BATCH_BYTES);
        loop {
            let Some(row) = self.rows.bind(cx.py).clone().next() else {
                self.end(cx, statement);
                return Ok(());
            };
            let row = parameters::as_tuple(&row?)?;
            parameters::check_count(cx.py, statement, row.len())?;
            match request_execution(cx, statement, "", &row, 0) {
                Ok(()) => self.encoded += 1,
                Err(Unwritten::Retype(signature)) if self.encoded == 0 => {
                    return self.retype(cx, signature, &row);
                }
                Err(Unwritten::Retype(_)) => return Err(misfit(cx, statement, &row)),
                Err(unwritten) => return Err(unwritten.into_error(cx.py)),
            }
            if limit.ends_after_item(cx.session.outgoing().len()) {
                cx.session.flush();
                return Ok(());
            }
        }
    }

    /// The values of the first row have types of their own: the statement is prepared for them, and
    /// the row is put back.
    fn retype(
        &mut self,
        cx: &mut Context<'_, '_>,
        signature: Box<[Oid]>,
        row: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let chain = cx.py.import("itertools")?.getattr("chain")?;
        let rows = chain.call1(((row,), self.rows.bind(cx.py)))?;
        self.rows = rows.try_iter()?.unbind();
        match cx.statements.find(self.sql.bind(cx.py), &signature)? {
            Some(statement) => self.proceed(cx, statement),
            None => self.prepare(cx, signature),
        }
    }

    /// The statement is prepared: rows of parameters may follow.
    fn proceed(&mut self, cx: &Context<'_, '_>, statement: Arc<Statement>) -> PyResult<()> {
        match &statement.columns {
            Some(columns) if self.answer != Answer::Count => {
                self.collector.expect(cx.py, columns)?;
            }
            None if self.answer == Answer::Rows => return Err(nothing_returned(cx.py)),
            _ => {}
        }
        self.phase = Phase::Sending(statement);
        Ok(())
    }

    fn end(&mut self, cx: &mut Context<'_, '_>, statement: &Arc<Statement>) {
        cx.session.sync();
        self.phase = Phase::Ending(Arc::clone(statement));
    }

    /// A row could not be encoded. Nothing of the rows before it may stay, so the unit must fail on
    /// the server too.
    fn fail(
        &mut self,
        cx: &mut Context<'_, '_>,
        statement: &Arc<Statement>,
        error: PyErr,
    ) -> PyResult<()> {
        let note = format!("in row {} of the parameters", self.encoded + 1);
        self.failure = Some(faults::noted(cx.py, error, note));
        if self.encoded > 0 {
            let failed = cx.session.fail_unit();
            failed.map_err(|error| faults::protocol(cx.py, &error))?;
        }
        self.end(cx, statement);
        Ok(())
    }

    fn ended(&mut self, cx: &mut Context<'_, '_>, statement: &Statement) -> PyResult<Flow> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if let Some(error) = self.error.take() {
            if matches!(error.sqlstate(), "26000" | "0A000") || is_outdated(statement, &error) {
                cx.statements.refused(statement, &error);
                cx.statements.forget(statement);
            }
            let sql = self.sql.bind(cx.py).to_str().ok();
            let raised = faults::server_error(cx.py, &error, sql);
            let note = format!("in row {} of the parameters", self.completed + 1);
            return Err(faults::noted(cx.py, raised, note));
        }
        self.answer(cx)
    }

    fn answer(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if self.answer == Answer::Count {
            let affected = self.affected.into_pyobject(cx.py)?;
            return Ok(Flow::Done(affected.into_any().unbind()));
        }
        if let Some(error) = self.collector.take_failure() {
            return Err(error);
        }
        let unknown = self.collector.unresolved(cx.catalogue);
        if !unknown.is_empty() {
            self.phase = Phase::Asking(Introspection::start(cx, &unknown)?);
            return Ok(Flow::Continue);
        }
        let done = Collector::new(Arc::new(RowKind::Row), Answer::Count.keep());
        let mut collector = std::mem::replace(&mut self.collector, done);
        collector.set_affected(self.affected);
        self.answer.of(cx.py, collector).map(Flow::Done)
    }
}

impl Operation for Many {
    fn joins_unit(&self, _: Python<'_>, _: &mut Statements) -> bool {
        true
    }

    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        match cx.statements.find(self.sql.bind(cx.py), &[])? {
            Some(statement) => self.proceed(cx, statement),
            None => self.prepare(cx, Box::default()),
        }
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        match (message, &mut self.phase) {
            (_, Phase::Preparing(preparation)) => preparation.on(reception, message),
            (_, Phase::Asking(asking)) => asking.on(reception, message),
            (Message::DataRow(row), _) => self.collector.push(&reception.scope, row),
            (
                Message::RowDescription(columns),
                Phase::Sending(statement) | Phase::Ending(statement),
            ) => {
                if self.answer != Answer::Count && !statement.returns(columns) {
                    self.collector.fail(changed_columns(reception.scope.py));
                }
            }
            (Message::ErrorResponse(fields), _) => self.error = Some(fields.to_owned()),
            (Message::CommandComplete(tag), _) => {
                self.completed += 1;
                self.affected += tag.rows().unwrap_or(0);
                self.collector.complete(tag);
            }
            _ => return self.copy.on(message),
        }
        Signal::Continue
    }

    fn on_rows(
        &mut self,
        reception: &Reception<'_, '_>,
        session: &mut Session,
    ) -> Result<(), howdah_wire::Error> {
        if matches!(self.phase, Phase::Sending(_) | Phase::Ending(_)) {
            return self.collector.push_all(&reception.scope, session);
        }
        Ok(())
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        self.copy.refuse(cx)?;
        match std::mem::replace(&mut self.phase, Phase::New) {
            Phase::Preparing(mut preparation) => {
                match preparation.turn(cx)? {
                    Some(statement) => self.proceed(cx, statement)?,
                    None => self.phase = Phase::Preparing(preparation),
                }
                Ok(Flow::Continue)
            }
            Phase::Asking(asking) => {
                asking.finish(cx)?;
                let scope = scope(cx.py, cx.settings, cx.catalogue);
                self.collector.resolve_rows(&scope);
                self.answer(cx)
            }
            Phase::Ending(statement) => self.ended(cx, &statement),
            phase => {
                self.phase = phase;
                Ok(Flow::Continue)
            }
        }
    }

    fn refill(&mut self, cx: &mut Context<'_, '_>) -> PyResult<bool> {
        let Phase::Sending(statement) = &self.phase else {
            return Ok(false);
        };
        let statement = Arc::clone(statement);
        if self.error.is_some() {
            self.end(cx, &statement);
        } else if let Err(error) = self.encode_batch(cx, &statement) {
            self.fail(cx, &statement, error)?;
        }
        Ok(true)
    }
}

/// The error where rows are asked for and none can come, found before anything was executed.
#[cold]
fn nothing_returned(py: Python<'_>) -> PyErr {
    let message = "the statement returns no rows, so there is nothing for `returning`";
    let hint = "add a `returning` clause to the statement";
    faults::fault_with_hint(py, "ProgrammingError", message, Some(hint))
}

/// The error for a row whose values have other types than those of the rows before it.
fn misfit(cx: &Context<'_, '_>, statement: &Statement, row: &Bound<'_, PyTuple>) -> PyErr {
    let scope = scope(cx.py, cx.settings, cx.catalogue);
    match parameters::write_mixed(&scope, statement, "", row) {
        Err(unwritten) => unwritten.into_error(cx.py),
        Ok(_) => faults::fault(cx.py, "InternalError", "a row was refused and then taken"),
    }
}
