use std::sync::Arc;

use howdah_wire::backend::{Message, ServerError};
use howdah_wire::frontend::Target;
use howdah_wire::{BindHead, Error, Session};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use super::super::collector::{Collector, Keep};
use super::super::faults;
use super::super::rows::RowKind;
use super::super::statement::Statements;
use super::introspection::Introspection;
use super::{Context, Flow, Operation, Reception, Signal, UnexpectedCopy, scope};

/// Executes one or more statements as one text by the simple protocol.
pub(crate) struct Simple {
    sql: Py<PyString>,
    kind: Arc<RowKind>,
    /// Every result with its rows, or only the number of rows that the last statement touched.
    results: bool,
    done: Vec<Collector>,
    current: Option<Collector>,
    error: Option<ServerError>,
    introspection: Option<Introspection>,
    copy: UnexpectedCopy,
    /// Portals are being closed before the text is sent.
    closing: bool,
}

impl Simple {
    pub(crate) fn new(sql: Py<PyString>, kind: RowKind, results: bool) -> Self {
        Self {
            sql,
            kind: Arc::new(kind),
            results,
            done: Vec::new(),
            current: None,
            error: None,
            introspection: None,
            copy: UnexpectedCopy::default(),
            closing: false,
        }
    }

    fn request_within(&self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let sql = self.sql.bind(cx.py).to_str()?;
        let requested = cx
            .close_portals()
            .and_then(|_| request_within(cx.session, sql));
        requested.map_err(|error| faults::protocol(cx.py, &error))
    }

    fn request(&self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let sql = self.sql.bind(cx.py).to_str()?;
        let requested = cx.session.query(sql);
        requested.map_err(|error| faults::protocol(cx.py, &error))
    }

    fn current(&mut self) -> &mut Collector {
        let keep = if self.results { Keep::All } else { Keep::None };
        self.current
            .get_or_insert_with(|| Collector::new(Arc::clone(&self.kind), keep))
    }

    fn complete(&mut self) {
        if let Some(collector) = self.current.take() {
            if !self.results {
                self.done.clear();
            }
            self.done.push(collector);
        }
    }

    fn finish(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if let Some(introspection) = self.introspection.take() {
            introspection.finish(cx)?;
            let scope = scope(cx.py, cx.settings, cx.catalogue);
            for collector in &mut self.done {
                collector.resolve_rows(&scope);
            }
        }
        if self.results {
            let unknown: Vec<_> = self
                .done
                .iter()
                .flat_map(|result| result.unresolved(cx.catalogue))
                .collect();
            if !unknown.is_empty() {
                self.introspection = Some(Introspection::start(cx, &unknown)?);
                return Ok(Flow::Continue);
            }
        }
        self.answer(cx.py).map(Flow::Done)
    }

    fn answer(&mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let mut done = std::mem::take(&mut self.done);
        if let Some(error) = done.iter_mut().find_map(Collector::take_failure) {
            return Err(error);
        }
        if !self.results {
            let affected = done.last().map_or(0, Collector::affected);
            return Ok(affected.into_pyobject(py)?.into_any().unbind());
        }
        let results: Vec<_> = done
            .into_iter()
            .map(|result| result.into_result(py))
            .collect::<PyResult<_>>()?;
        Ok(PyList::new(py, results)?.into_any().unbind())
    }
}

impl Operation for Simple {
    /// One statement can be asked for by the extended protocol as well.
    fn joins_unit(&self, py: Python<'_>, _: &mut Statements) -> bool {
        let sql = self.sql.bind(py).to_str().unwrap_or(";");
        !sql.trim_end_matches([';', ' ', '\t', '\r', '\n'])
            .contains(';')
    }

    fn is_plain(&self, py: Python<'_>) -> bool {
        self.sql.bind(py).to_str().is_ok_and(str::is_ascii)
    }

    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        if cx.session.has_open_unit() {
            return self.request_within(cx);
        }
        let closing = cx.close_portals();
        self.closing = closing.map_err(|error| faults::protocol(cx.py, &error))?;
        if self.closing {
            cx.session.sync();
            return Ok(());
        }
        self.request(cx)
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        if let Some(introspection) = &mut self.introspection {
            introspection.on(reception, message);
            return Signal::Continue;
        }
        match message {
            Message::RowDescription(columns) => {
                self.current()
                    .describe(&reception.scope, reception.catalogue, columns);
            }
            Message::DataRow(row) => self.current().push(&reception.scope, row),
            Message::CommandComplete(tag) => {
                self.current().complete(tag);
                self.complete();
            }
            Message::EmptyQueryResponse => {
                self.current();
                self.complete();
            }
            Message::ErrorResponse(fields) => self.error = Some(fields.to_owned()),
            _ => return self.copy.on(message),
        }
        Signal::Continue
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if std::mem::take(&mut self.closing) {
            self.request(cx)?;
            return Ok(Flow::Continue);
        }
        self.copy.refuse(cx)?;
        if let Some(error) = self.error.take() {
            return Err(faults::server_error(
                cx.py,
                &error,
                self.sql.bind(cx.py).to_str().ok(),
            ));
        }
        self.finish(cx)
    }
}

/// Requests one statement as the end of a unit, with the answers of the simple protocol.
fn request_within(session: &mut Session, sql: &str) -> Result<(), Error> {
    session.parse("", sql, &[])?;
    session.bind(&BindHead::new("", "", &[], 0, &[])?, |_| Ok::<_, Error>(()))?;
    session.describe(Target::Portal(""))?;
    session.execute("", 0)?;
    session.sync();
    Ok(())
}
