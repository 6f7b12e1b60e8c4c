//! COPY … TO STDOUT: data on its way from the server, in batches.
//!
//! No IO. [`CopyOpen`] begins the COPY, [`CopyNext`] takes a batch, [`CopyClose`] ends it early. The
//! server sends without being asked, so between two batches nobody reads the socket: that is what
//! keeps memory bounded. Invariant: rows are read with the types that the query had just before.

mod batch;
mod description;
mod literals;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use howdah_wire::backend::{Message, ServerError};
use howdah_wire::{Error, Session};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use self::batch::Batch;
use self::description::Description;
use super::super::arrow::ArrowField;
use super::super::columns::Columns;
use super::super::faults;
use super::super::parameters::{self, as_tuple};
use super::super::rows::RowKind;
use super::super::state::State;
use super::copy_in::Progress;
use super::{Context, Drain, Flow, Operation, Reception, Signal};

/// What the caller is given of a COPY.
enum Form {
    /// The data as it comes.
    Data,
    Rows(Arc<RowKind>, Arc<Columns>),
    /// Columns in Arrow's layout.
    Arrow(Vec<ArrowField>),
}

/// What the caller wishes for.
enum Wish {
    Data,
    Rows(Arc<RowKind>),
    Arrow,
}

/// A COPY to the client that is open.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct CopySource {
    number: u64,
    state: Arc<State>,
    sql: Py<PyString>,
    /// How many bytes or rows make a batch.
    batch: usize,
    form: Form,
    ended: AtomicBool,
    count: AtomicU64,
    /// What was received of a row that is not whole, and how far the caller knows.
    kept: Mutex<Kept>,
}

struct Kept {
    rest: Vec<u8>,
    begun: bool,
    progress: Progress,
}

#[pymethods]
impl CopySource {
    /// What the server said of the columns; empty where data is not read as rows.
    #[getter]
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match &self.form {
            Form::Rows(_, columns) => columns.public(py),
            _ => Ok(PyTuple::empty(py)),
        }
    }

    /// Names and types of the columns in Arrow; empty where the data is not read so.
    #[getter]
    fn arrow_fields(&self) -> Vec<(String, String)> {
        match &self.form {
            Form::Arrow(fields) => fields
                .iter()
                .map(|field| (field.name.clone(), field.kind.name()))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// How many rows have come.
    #[getter]
    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.form {
            Form::Rows(kind, _) => kind.traverse(&visit),
            _ => Ok(()),
        }
    }
}

impl CopySource {
    /// Whether there is nothing left to read.
    pub(crate) fn ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// An empty batch.
    pub(crate) fn nothing(&self, py: Python<'_>) -> Py<PyAny> {
        Batch::nothing(py, !matches!(self.form, Form::Data))
    }
}

impl Drop for CopySource {
    fn drop(&mut self) {
        if !self.ended() {
            self.state.drop_stream(self.number);
        }
    }
}

/// Begins a COPY to the client.
pub(crate) struct CopyOpen {
    /// With `$1` … for its parameters.
    query: Py<PyString>,
    values: Py<PyTuple>,
    /// The options of COPY, without the parentheses around them.
    options: String,
    wish: Wish,
    batch: usize,
    progress: Option<Progress>,
    description: Option<Description>,
    form: Form,
    sql: Option<Py<PyString>>,
    begun: bool,
    error: Option<ServerError>,
}

impl CopyOpen {
    /// A COPY of `query` with these options, or of rows where there are none.
    ///
    /// # Errors
    /// `TypeError` for what is no sequence of parameters, or no kind of row.
    pub(crate) fn from_arguments(
        query: Py<PyString>,
        args: &Bound<'_, PyAny>,
        options: Option<String>,
        row: Option<&Bound<'_, PyAny>>,
        batch: usize,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let wish = match &options {
            Some(_) => Wish::Data,
            None if row.is_some_and(|row| row.eq("arrow").unwrap_or(false)) => Wish::Arrow,
            None => Wish::Rows(Arc::new(RowKind::from_argument(row)?)),
        };
        Ok(Self {
            query,
            values: as_tuple(args)?.unbind(),
            options: options.unwrap_or_else(|| "format binary".to_owned()),
            wish,
            batch: batch.max(1),
            progress: Some(Progress::new(progress)),
            description: None,
            form: Form::Data,
            sql: None,
            begun: false,
            error: None,
        })
    }

    /// The query is known well enough: requests the COPY.
    fn request(
        &mut self,
        cx: &mut Context<'_, '_>,
        described: Option<&Description>,
    ) -> PyResult<()> {
        let mut query = self.query.bind(cx.py).to_str()?.to_owned();
        if let Some(described) = described {
            let parameters = described.parameters(cx)?;
            query = literals::fill(cx, &query, &parameters, self.values.bind(cx.py))?;
            match &self.wish {
                Wish::Data => {}
                Wish::Rows(kind) => {
                    let columns = Arc::new(described.columns(cx)?);
                    query = description::readable(&query, &columns.in_binary());
                    self.form = Form::Rows(Arc::clone(kind), columns);
                }
                Wish::Arrow => {
                    query = description::readable(&query, &described.in_arrow());
                    self.form = Form::Arrow(described.arrow_fields());
                }
            }
        }
        let sql = format!("copy (\n{query}\n) to stdout ({})", self.options);
        let requested = cx.session.query(&sql);
        self.sql = Some(PyString::new(cx.py, &sql).unbind());
        requested.map_err(|error| faults::protocol(cx.py, &error))
    }

    fn opened(&mut self, cx: &Context<'_, '_>) -> PyResult<Flow> {
        static COPIES: AtomicU64 = AtomicU64::new(1);
        // apart from the numbers of streams
        let number = (1 << 63) | COPIES.fetch_add(1, Ordering::Relaxed);
        cx.state.begin_copying(number);
        let source = CopySource {
            number,
            state: Arc::clone(cx.state),
            sql: match &self.sql {
                Some(sql) => sql.clone_ref(cx.py),
                None => self.query.clone_ref(cx.py),
            },
            batch: self.batch,
            form: std::mem::replace(&mut self.form, Form::Data),
            ended: AtomicBool::new(false),
            count: AtomicU64::new(0),
            kept: Mutex::new(Kept {
                rest: Vec::new(),
                begun: false,
                progress: self.progress.take().unwrap_or_else(|| Progress::new(None)),
            }),
        };
        Ok(Flow::Done(Py::new(cx.py, source)?.into_any()))
    }
}

impl Operation for CopyOpen {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let given = self.values.bind(cx.py).len();
        parameters::check_limit(cx.py, given)?;
        if given == 0 && matches!(self.wish, Wish::Data) {
            return self.request(cx, None);
        }
        self.description = Some(Description::start(cx, &self.query)?);
        Ok(())
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        if let Some(description) = &mut self.description {
            description.on(reception, message);
            return Signal::Continue;
        }
        match message {
            Message::CopyOutResponse(_) => {
                self.begun = true;
                return Signal::Turn;
            }
            Message::ErrorResponse(fields) => self.error = Some(fields.to_owned()),
            _ => {}
        }
        Signal::Continue
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if let Some(mut description) = self.description.take() {
            if description.turn(cx)? {
                self.request(cx, Some(&description))?;
            } else {
                self.description = Some(description);
            }
            return Ok(Flow::Continue);
        }
        if self.begun {
            return self.opened(cx);
        }
        let sql = self
            .sql
            .as_ref()
            .and_then(|sql| sql.bind(cx.py).to_str().ok());
        Err(match self.error.take() {
            Some(error) => faults::server_error(cx.py, &error, sql),
            None => faults::fault(cx.py, "InternalError", "the server did not begin the COPY"),
        })
    }
}

/// Takes the next batch of a COPY to the client.
pub(crate) struct CopyNext {
    source: Py<CopySource>,
    batch: Option<Batch>,
    error: Option<ServerError>,
}

impl CopyNext {
    pub(crate) const fn new(source: Py<CopySource>) -> Self {
        Self {
            source,
            batch: None,
            error: None,
        }
    }

    fn take(&mut self, reception: &Reception<'_, '_>, data: &[u8]) -> bool {
        let source = self.source.get();
        let mut kept = source.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut self.batch {
            Some(batch) => batch.take(&reception.scope, &source.form, &mut kept, data),
            None => false,
        }
    }

    fn finish(&mut self, cx: &Context<'_, '_>) -> PyResult<Flow> {
        let source = self.source.get();
        let idle = cx.session.is_idle();
        if idle {
            source.end();
        }
        if let Some(error) = self.error.take() {
            let sql = source.sql.bind(cx.py).to_str().ok();
            return Err(faults::server_error(cx.py, &error, sql));
        }
        let mut kept = source.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if idle && !kept.rest.is_empty() {
            let message = "the data of the COPY ended within a row";
            return Err(faults::fault(cx.py, "InternalError", message));
        }
        let Some(batch) = self.batch.take() else {
            return Ok(Flow::Done(source.nothing(cx.py)));
        };
        let rows = source.count.fetch_add(batch.rows, Ordering::Relaxed) + batch.rows;
        let bytes = batch.received;
        let taken = batch
            .finish(cx.py, cx.catalogue)
            .inspect_err(|_| source.end())?;
        kept.progress.add(cx.py, rows, bytes)?;
        if idle {
            kept.progress.finish(cx.py, rows)?;
        }
        Ok(Flow::Done(taken))
    }
}

impl Operation for CopyNext {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let source = self.source.get();
        self.batch = Some(Batch::new(cx.py, &source.form, source.batch)?);
        Ok(())
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        match message {
            Message::CopyData(data) if self.take(reception, data) => return Signal::Turn,
            Message::ErrorResponse(fields) => self.error = Some(fields.to_owned()),
            _ => {}
        }
        Signal::Continue
    }

    fn on_rows(
        &mut self,
        reception: &Reception<'_, '_>,
        session: &mut Session,
    ) -> Result<(), Error> {
        let source = self.source.get();
        let mut kept = source.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(batch) = &mut self.batch else {
            return Ok(());
        };
        while !batch.is_almost_full()
            && let Some(data) = session.next_copy_data()
        {
            batch.take(&reception.scope, &source.form, &mut kept, data);
        }
        Ok(())
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        self.finish(cx)
    }

    fn continues_unit(&self) -> bool {
        true
    }
}

/// Ends a COPY to the client before its end: what still comes passes by.
pub(crate) struct CopyClose {
    source: Py<CopySource>,
    drain: Drain,
}

impl CopyClose {
    pub(crate) const fn new(source: Py<CopySource>) -> Self {
        Self {
            source,
            drain: Drain::new(None),
        }
    }
}

impl Operation for CopyClose {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        self.source.get().end();
        self.drain.start(cx)
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        self.drain.on(reception, message)
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        self.drain.turn(cx)
    }

    fn continues_unit(&self) -> bool {
        true
    }

    fn cancels(&self) -> bool {
        true
    }

    fn is_plain(&self, _py: Python<'_>) -> bool {
        true
    }
}
