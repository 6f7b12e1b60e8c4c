use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use howdah_wire::TransactionStatus;
use howdah_wire::backend::{Message, ServerError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::super::collector::{Collector, Keep};
use super::super::faults;
use super::super::parameters;
use super::super::rows::RowKind;
use super::super::state::State;
use super::super::statement::Statement;
use super::fetch::{is_outdated, is_stale, request_execution};
use super::introspection::Introspection;
use super::preparation::Preparation;
use super::{ClosePortal, Context, Flow, Operation, Reception, Signal, scope};

/// A portal whose rows are fetched in batches.
///
/// Within a transaction block each batch is a unit of its own, so that other statements may run
/// between them. Outside of one, the unit stays open from the first batch to the last: its implicit
/// transaction keeps the portal alive, and no other statement can run until it ends.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Stream {
    portal: String,
    number: u64,
    state: Arc<State>,
    batch: u32,
    statement: Arc<Statement>,
    kind: Arc<RowKind>,
    in_block: bool,
    /// All rows were fetched, or the stream has failed or was closed.
    ended: AtomicBool,
    /// The first batch comes with the opening.
    first: Mutex<Option<Py<PyAny>>>,
}

#[pymethods]
impl Stream {
    /// What the server says of the columns.
    #[getter]
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match &self.statement.columns {
            Some(columns) => columns.public(py),
            None => Ok(PyTuple::empty(py)),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.kind.traverse(&visit)
    }
}

impl Stream {
    /// Whether there is nothing left to fetch.
    pub(crate) fn ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// The batch that came with the opening, once.
    pub(crate) fn take_first(&self) -> Option<Py<PyAny>> {
        self.first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Requests the end of the batch: of the whole unit where a block keeps the portal alive.
    fn request_end(&self, cx: &mut Context<'_, '_>) {
        if self.in_block {
            cx.session.sync();
        } else {
            cx.session.flush();
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.in_block {
            self.state.drop_stream(self.number);
        }
    }
}

/// One batch on its way.
struct Batch {
    collector: Collector,
    error: Option<ServerError>,
    /// The portal has more rows.
    suspended: bool,
    /// The columns are not those that were expected.
    changed: bool,
    /// Values of the batch name types that are being asked for.
    asking: Option<Introspection>,
}

impl Batch {
    fn new(py: Python<'_>, stream: &Stream) -> PyResult<Self> {
        let mut collector = Collector::new(Arc::clone(&stream.kind), Keep::All);
        if let Some(columns) = &stream.statement.columns {
            collector.expect(py, columns)?;
        }
        Ok(Self {
            collector,
            error: None,
            suspended: false,
            changed: false,
            asking: None,
        })
    }

    fn on(
        &mut self,
        reception: &Reception<'_, '_>,
        stream: &Stream,
        message: &Message<'_>,
    ) -> Signal {
        if let Some(asking) = &mut self.asking {
            asking.on(reception, message);
            return match message {
                Message::CommandComplete(_) | Message::ErrorResponse(_) => Signal::Turn,
                _ => Signal::Continue,
            };
        }
        match message {
            Message::DataRow(row) => self.collector.push(&reception.scope, row),
            Message::PortalSuspended => self.suspended = true,
            Message::CommandComplete(tag) => self.collector.complete(tag),
            Message::ErrorResponse(fields) => self.error = Some(fields.to_owned()),
            Message::CopyInResponse(_) | Message::CopyOutResponse(_) => {}
            Message::RowDescription(columns) => {
                if !stream.statement.returns(columns) {
                    self.changed = true;
                    self.collector.fail(changed_columns(reception.scope.py));
                }
                return Signal::Continue;
            }
            _ => return Signal::Continue,
        }
        if matches!(message, Message::DataRow(_)) {
            Signal::Continue
        } else {
            Signal::Turn
        }
    }

    /// Whether the batch is whole and read. Types that its values name are asked for within the
    /// unit, which keeps the portal alive.
    fn turn(&mut self, cx: &mut Context<'_, '_>, stream: &Stream) -> PyResult<bool> {
        match self.asking.take() {
            Some(asking) if !asking.is_complete() => {
                self.asking = Some(asking);
                return Ok(false);
            }
            Some(asking) => match asking.finish(cx) {
                Ok(()) => {
                    let scope = scope(cx.py, cx.settings, cx.catalogue);
                    self.collector.resolve_rows(&scope);
                }
                Err(error) => self.collector.fail(error),
            },
            None => {}
        }
        if !self.is_whole(cx, stream) {
            return Ok(false);
        }
        let unknown = self.collector.unresolved(cx.catalogue);
        if unknown.is_empty() || self.error.is_some() || self.collector.has_failed() {
            return Ok(true);
        }
        self.asking = Some(Introspection::start_within(cx, &unknown)?);
        if stream.in_block || stream.ended() {
            cx.session.sync();
        } else {
            cx.session.flush();
        }
        Ok(false)
    }

    /// Whether the batch is whole; ends the unit when nothing is left to fetch.
    fn is_whole(&self, cx: &mut Context<'_, '_>, stream: &Stream) -> bool {
        let failed = self.error.is_some() || self.collector.has_failed();
        if failed || !self.suspended {
            stream.end();
            if stream.in_block {
                cx.statements.forget_portal(&stream.portal);
            }
            if cx.session.has_open_unit() {
                cx.session.sync();
            }
            return cx.session.is_idle();
        }
        !stream.in_block || cx.session.is_idle()
    }

    fn finish(mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(error) = self.error.take() {
            return Err(faults::execution_error(py, &error, None));
        }
        match self.collector.take_failure() {
            Some(error) => Err(error),
            None => self.collector.into_rows(py),
        }
    }
}

/// The error where the rows on their way have other columns than those expected.
#[cold]
pub(super) fn changed_columns(py: Python<'_>) -> PyErr {
    faults::fault_with_hint(
        py,
        "DataError",
        "the statement returns other columns than before",
        Some("execute the statement again"),
    )
}

/// Opens a stream and fetches its first batch.
pub(crate) struct StreamOpen {
    sql: Py<PyString>,
    values: Py<PyTuple>,
    kind: Arc<RowKind>,
    batch: u32,
    preparation: Option<Preparation>,
    open: Option<(Py<Stream>, Batch)>,
    /// The cached statement was stale once already.
    renewed: bool,
}

impl StreamOpen {
    pub(crate) fn new(sql: Py<PyString>, values: Py<PyTuple>, kind: RowKind, batch: u32) -> Self {
        Self {
            sql,
            values,
            kind: Arc::new(kind),
            batch,
            preparation: None,
            open: None,
            renewed: false,
        }
    }

    fn prepare(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        self.preparation = Some(Preparation::start(cx, &self.sql, Box::default())?);
        cx.session.sync();
        Ok(())
    }

    /// Forgets a statement that the server has lost or that returns other columns now; whether it
    /// can be prepared again without the caller noticing.
    #[cold]
    fn forget_stale(&mut self, cx: &mut Context<'_, '_>, stream: &Stream, batch: &Batch) -> bool {
        let stale =
            |error| is_stale(&stream.statement, error) || is_outdated(&stream.statement, error);
        let error = batch.error.as_ref().filter(|error| stale(error));
        if !batch.changed && error.is_none() {
            return false;
        }
        let statement = &stream.statement;
        let helps = error.is_some_and(|error| cx.statements.refused(statement, error));
        cx.statements.forget(statement);
        (!std::mem::replace(&mut self.renewed, true) || helps) && !stream.in_block
    }

    fn bind(&mut self, cx: &mut Context<'_, '_>, statement: Arc<Statement>) -> PyResult<()> {
        static PORTALS: AtomicU64 = AtomicU64::new(1);
        if statement.columns.is_none() {
            let message = "the statement returns no rows to stream";
            return Err(faults::fault(cx.py, "ProgrammingError", message));
        }
        let values = self.values.bind(cx.py).clone();
        parameters::check_count(cx.py, &statement, values.len())?;
        let number = PORTALS.fetch_add(1, Ordering::Relaxed);
        let portal = format!("howdah_{number}");
        request_execution(cx, &statement, &portal, &values, self.batch)
            .map_err(|unwritten| unwritten.into_error(cx.py))?;
        let in_block = cx.session.status() == TransactionStatus::InTransaction;
        if !in_block {
            cx.state.begin_streaming(number);
        }
        let stream = Stream {
            portal,
            number,
            state: Arc::clone(cx.state),
            batch: self.batch,
            statement,
            kind: Arc::clone(&self.kind),
            in_block,
            ended: AtomicBool::new(false),
            first: Mutex::new(None),
        };
        stream.request_end(cx);
        let batch = Batch::new(cx.py, &stream)?;
        self.open = Some((Py::new(cx.py, stream)?, batch));
        Ok(())
    }
}

impl Operation for StreamOpen {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        parameters::check_limit(cx.py, self.values.bind(cx.py).len())?;
        match cx.statements.find(self.sql.bind(cx.py), &[])? {
            Some(statement) => self.bind(cx, statement),
            None => self.prepare(cx),
        }
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        match (&mut self.open, &mut self.preparation) {
            (Some((stream, batch)), _) => batch.on(reception, stream.get(), message),
            (None, Some(preparation)) => {
                preparation.on(reception, message);
                Signal::Continue
            }
            (None, None) => Signal::Continue,
        }
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if let Some(mut preparation) = self.preparation.take() {
            match preparation.turn(cx)? {
                Some(statement) => self.bind(cx, statement)?,
                None => self.preparation = Some(preparation),
            }
            return Ok(Flow::Continue);
        }
        let Some((stream, mut batch)) = self.open.take() else {
            return Ok(Flow::Continue);
        };
        if !batch.turn(cx, stream.get())? {
            self.open = Some((stream, batch));
            return Ok(Flow::Continue);
        }
        if self.forget_stale(cx, stream.get(), &batch) {
            self.prepare(cx)?;
            return Ok(Flow::Continue);
        }
        let rows = batch.finish(cx.py)?;
        *stream
            .get()
            .first
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(rows);
        Ok(Flow::Done(stream.into_any()))
    }
}

/// Fetches the next batch of a stream.
pub(crate) struct StreamNext {
    stream: Py<Stream>,
    batch: Option<Batch>,
}

impl StreamNext {
    pub(crate) const fn new(stream: Py<Stream>) -> Self {
        Self {
            stream,
            batch: None,
        }
    }
}

impl Operation for StreamNext {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let stream = self.stream.get();
        self.batch = Some(Batch::new(cx.py, stream)?);
        let requested = cx.session.execute(&stream.portal, stream.batch);
        requested.map_err(|error| faults::protocol(cx.py, &error))?;
        stream.request_end(cx);
        Ok(())
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        let stream = self.stream.get();
        self.batch.as_mut().map_or(Signal::Continue, |batch| {
            batch.on(reception, stream, message)
        })
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        let Some(mut batch) = self.batch.take() else {
            return Ok(Flow::Continue);
        };
        if !batch.turn(cx, self.stream.get())? {
            self.batch = Some(batch);
            return Ok(Flow::Continue);
        }
        batch.finish(cx.py).map(Flow::Done)
    }

    fn continues_unit(&self) -> bool {
        !self.stream.get().in_block
    }
}

/// Ends a stream before its last row: what still comes of the unit passes by.
pub(crate) struct StreamClose {
    stream: Py<Stream>,
    closing: ClosePortal,
}

impl StreamClose {
    pub(crate) fn new(stream: Py<Stream>) -> Self {
        let closing = ClosePortal::new(stream.get().portal.clone());
        Self { stream, closing }
    }
}

impl Operation for StreamClose {
    fn is_plain(&self, _py: Python<'_>) -> bool {
        true
    }

    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        self.stream.get().end();
        self.closing.start(cx)
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        self.closing.on(reception, message)
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        self.closing.turn(cx)
    }

    fn continues_unit(&self) -> bool {
        !self.stream.get().in_block
    }
}
