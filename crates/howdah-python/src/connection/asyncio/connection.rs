//! `AsyncConnection`: the methods of a connection under asyncio.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use super::super::collector::PyResultSet;
use super::super::operations::{
    Answer, Batch, Chunks, ClosePortal, CopyClose, CopyIn, CopyNext, CopyOpen, CopySource,
    Describe, Fetch, Many, Progress, RowStatements, Rows, Simple, Stream, StreamClose, StreamNext,
    StreamOpen, Supply,
};
use super::super::parameters::as_tuple;
use super::super::public::Base;
use super::super::rows::RowKind;
use super::connecting::Connecting;
use super::link::{Holder, Link};
use super::reply::Reply;

/// A connection whose methods are awaited.
#[pyclass(extends = Base, subclass, frozen, module = "howdah._native")]
pub(crate) struct AsyncConnection {
    holder: Arc<Holder>,
}

#[pymethods]
impl AsyncConnection {
    /// From an attempt that has ended, under the loop that is running.
    #[new]
    fn new(
        py: Python<'_>,
        attempt: &Connecting,
        event_loop: Py<PyAny>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let established = attempt.finish(py)?;
        let config = attempt.config().bind(py);
        let base = Base::new(config, &established);
        let line = base.line(config, established);
        let state = Arc::clone(base.state());
        let holder = Link::open(py, line, state, base.canceller().cloned(), event_loop)?;
        Ok(PyClassInitializer::from(base).add_subclass(Self { holder }))
    }

    /// As `SyncConnection.execute`, awaited.
    #[pyo3(signature = (query, /, *args, timeout=None))]
    fn execute(
        &self,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        timeout: Option<f64>,
    ) -> Reply {
        if args.is_empty() {
            let operation = Simple::new(query, RowKind::Row, false);
            return Reply::new(&self.holder, operation, timeout);
        }
        self.reply(query, args, RowKind::Row, Answer::Count, timeout)
    }

    /// As `SyncConnection.execute_many`, awaited.
    #[pyo3(signature = (query, rows, /, *, returning=false, row=None, timeout=None))]
    fn execute_many(
        &self,
        query: Py<PyString>,
        rows: &Bound<'_, PyAny>,
        returning: bool,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<Reply> {
        let answer = Answer::of_many(returning, row)?;
        let kind = RowKind::from_argument(row)?;
        let operation = Many::new(query, rows.try_iter()?.unbind(), kind, answer);
        Ok(Reply::new(&self.holder, operation, timeout))
    }

    /// As `SyncConnection.run_many`, awaited.
    fn run_many(
        &self,
        query: Py<PyString>,
        rows: &Bound<'_, PyAny>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<Reply> {
        let kind = RowKind::from_argument(row)?;
        let operation = Many::new(query, rows.try_iter()?.unbind(), kind, Answer::Results);
        Ok(Reply::new(&self.holder, operation, timeout))
    }

    /// As `SyncConnection.fetch`, awaited.
    #[pyo3(signature = (query, /, *args, row=None, timeout=None))]
    fn fetch(
        &self,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<Reply> {
        Ok(self.reply(
            query,
            args,
            RowKind::from_argument(row)?,
            Answer::Rows,
            timeout,
        ))
    }

    /// As `SyncConnection.fetch_one`, awaited.
    #[pyo3(signature = (query, /, *args, row=None, timeout=None))]
    fn fetch_one(
        &self,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<Reply> {
        Ok(self.reply(
            query,
            args,
            RowKind::from_argument(row)?,
            Answer::First,
            timeout,
        ))
    }

    /// As `SyncConnection.fetch_value`, awaited.
    #[pyo3(signature = (query, /, *args, timeout=None))]
    fn fetch_value(
        &self,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        timeout: Option<f64>,
    ) -> Reply {
        self.reply(query, args, RowKind::Value, Answer::First, timeout)
    }

    /// As `SyncConnection.run`, awaited.
    fn run(
        &self,
        query: Py<PyString>,
        args: Option<&Bound<'_, PyAny>>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<Reply> {
        let kind = RowKind::from_argument(row)?;
        let Some(args) = args else {
            return Ok(Reply::new(
                &self.holder,
                Simple::new(query, kind, true),
                timeout,
            ));
        };
        Ok(self.reply(query, as_tuple(args)?, kind, Answer::Results, timeout))
    }

    /// As `SyncConnection.fetch_like`, awaited.
    fn fetch_like(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        like: Py<PyResultSet>,
        timeout: Option<f64>,
    ) -> Reply {
        Reply::new(&self.holder, Fetch::of_cursor(py, query, like), timeout)
    }

    /// As `SyncConnection.send_ahead`, which never waits.
    fn send_ahead(&self, py: Python<'_>, query: Py<PyString>) -> PyResult<bool> {
        let operation = Simple::new(query, RowKind::Row, false);
        self.holder.link().send_ahead(py, Box::new(operation))
    }

    /// As `SyncConnection.run_queued`, awaited.
    #[pyo3(signature = (*, raises, timeout=None))]
    fn run_queued(slf: &Bound<'_, Self>, raises: bool, timeout: Option<f64>) -> Reply {
        let holder = &slf.get().holder;
        let state = slf.as_super().get().state();
        if !state.has_queued() {
            return Reply::ready(holder, Ok(slf.py().None()));
        }
        Reply::new(holder, Batch::new(state.take_queued(), raises), timeout)
    }

    /// As `SyncConnection.stream_open`, awaited.
    fn stream_open(
        &self,
        query: Py<PyString>,
        args: &Bound<'_, PyAny>,
        row: Option<&Bound<'_, PyAny>>,
        batch: u32,
        timeout: Option<f64>,
    ) -> PyResult<Reply> {
        let kind = RowKind::from_argument(row)?;
        let operation = StreamOpen::new(query, as_tuple(args)?.unbind(), kind, batch);
        Ok(Reply::new(&self.holder, operation, timeout))
    }

    /// As `SyncConnection.stream_next`, awaited.
    fn stream_next(&self, py: Python<'_>, stream: Py<Stream>, timeout: Option<f64>) -> Reply {
        if let Some(first) = stream.get().take_first() {
            return Reply::ready(&self.holder, Ok(first));
        }
        if stream.get().ended() {
            return Reply::ready(&self.holder, Ok(PyList::empty(py).into_any().unbind()));
        }
        Reply::new(&self.holder, StreamNext::new(stream), timeout)
    }

    /// As `SyncConnection.stream_close`, awaited.
    fn stream_close(slf: &Bound<'_, Self>, stream: Py<Stream>) -> Reply {
        let holder = &slf.get().holder;
        if stream.get().ended() || slf.as_super().get().state().is_closed() {
            return Reply::ready(holder, Ok(slf.py().None()));
        }
        Reply::new(holder, StreamClose::new(stream), None)
    }

    /// As `SyncConnection.describe`, awaited.
    fn describe(&self, query: Py<PyString>, timeout: Option<f64>) -> Reply {
        Reply::new(&self.holder, Describe::new(query), timeout)
    }

    /// As `SyncConnection.described`.
    fn described(
        &self,
        py: Python<'_>,
        query: &Bound<'_, PyString>,
    ) -> PyResult<Option<Py<PyAny>>> {
        self.holder.link().described(py, query)
    }

    /// As `SyncConnection.close_portal`, awaited.
    fn close_portal(&self, portal: String) -> Reply {
        Reply::new(&self.holder, ClosePortal::new(portal), None)
    }

    /// As `SyncConnection.copy_send`, awaited; `chunks` may be a `CopyFeed`.
    #[pyo3(signature = (query, chunks, timeout, progress))]
    fn copy_send(
        &self,
        query: Py<PyString>,
        chunks: &Bound<'_, PyAny>,
        timeout: Option<f64>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Reply> {
        let source = Chunks::new(query, Supply::new(chunks)?);
        let operation = CopyIn::new(source, Progress::new(progress));
        Ok(Reply::new(&self.holder, operation, timeout))
    }

    /// As `SyncConnection.copy_send_rows`, awaited; `rows` may be a `CopyFeed`.
    #[pyo3(signature = (binary, text, columns, rows, timeout, progress))]
    fn copy_send_rows(
        &self,
        binary: Option<Py<PyString>>,
        text: Option<Py<PyString>>,
        columns: Vec<(String, u32)>,
        rows: &Bound<'_, PyAny>,
        timeout: Option<f64>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Reply> {
        let statements = RowStatements { binary, text };
        let source = Rows::new(Supply::new(rows)?, statements, columns);
        let operation = CopyIn::new(source, Progress::new(progress));
        Ok(Reply::new(&self.holder, operation, timeout))
    }

    /// Goes on with a COPY whose feed was given more.
    fn copy_resume(&self, py: Python<'_>) -> PyResult<()> {
        self.holder.link().resume(py)
    }

    /// As `SyncConnection.copy_open`, awaited.
    #[pyo3(signature = (query, args, options, row, batch, timeout, progress))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the package's own call, all by position"
    )]
    fn copy_open(
        &self,
        query: Py<PyString>,
        args: &Bound<'_, PyAny>,
        options: Option<String>,
        row: Option<&Bound<'_, PyAny>>,
        batch: usize,
        timeout: Option<f64>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Reply> {
        let operation = CopyOpen::from_arguments(query, args, options, row, batch, progress)?;
        Ok(Reply::new(&self.holder, operation, timeout))
    }

    /// As `SyncConnection.copy_next`, awaited.
    fn copy_next(&self, py: Python<'_>, source: Py<CopySource>, timeout: Option<f64>) -> Reply {
        if source.get().ended() {
            return Reply::ready(&self.holder, Ok(source.get().nothing(py)));
        }
        Reply::new(&self.holder, CopyNext::new(source), timeout)
    }

    /// As `SyncConnection.copy_close`, awaited.
    fn copy_close(slf: &Bound<'_, Self>, source: Py<CopySource>) -> Reply {
        let holder = &slf.get().holder;
        if source.get().ended() || slf.as_super().get().state().is_closed() {
            return Reply::ready(holder, Ok(slf.py().None()));
        }
        Reply::new(holder, CopyClose::new(source), None)
    }

    /// Whether the connection is open and its server has not hung up, seen without waiting.
    pub(crate) fn is_alive(&self, py: Python<'_>) -> PyResult<bool> {
        self.holder.link().is_alive(py)
    }

    /// Close the connection; closing twice is no error. Never waits.
    fn close(&self, py: Python<'_>) -> PyResult<Reply> {
        self.holder.link().close(py)?;
        Ok(Reply::ready(&self.holder, Ok(py.None())))
    }

    /// Close the connection without waiting, from ordinary code.
    fn abort(&self, py: Python<'_>) -> PyResult<()> {
        self.holder.link().close(py)
    }
}

impl AsyncConnection {
    #[inline]
    fn reply(
        &self,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        kind: RowKind,
        answer: Answer,
        timeout: Option<f64>,
    ) -> Reply {
        Reply::new(
            &self.holder,
            Fetch::new(query, args.unbind(), kind, answer),
            timeout,
        )
    }
}
