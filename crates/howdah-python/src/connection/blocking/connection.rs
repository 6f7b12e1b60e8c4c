//! `SyncConnection`: the methods of a connection that wait for their answers.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use super::super::collector::PyResultSet;
use super::super::engine::Outcome;
use super::super::operations::{
    Answer, Batch, Chunks, ClosePortal, CopyClose, CopyIn, CopyNext, CopyOpen, CopySource,
    Describe, Fetch, Many, Progress, RowStatements, Rows, Simple, Stream, StreamClose, StreamNext,
    StreamOpen, Supply,
};
use super::super::parameters::as_tuple;
use super::super::public::Base;
use super::super::rows::RowKind;
use super::connecting::connect;
use super::link::Link;
use crate::config::Config;

/// A connection whose methods wait for their answers.
#[pyclass(extends = Base, subclass, frozen, module = "howdah._native")]
pub(crate) struct SyncConnection {
    link: Link,
}

#[pymethods]
impl SyncConnection {
    #[new]
    fn new(py: Python<'_>, config: &Bound<'_, Config>) -> PyResult<PyClassInitializer<Self>> {
        let established = connect(py, config)?;
        let base = Base::new(config, &established);
        let line = base.line(config, established);
        let state = Arc::clone(base.state());
        let link = Link::new(line, state, base.canceller().cloned());
        Ok(PyClassInitializer::from(base).add_subclass(Self { link }))
    }

    /// Execute a statement; answers how many rows it touched, 0 where it does not say.
    #[pyo3(signature = (query, /, *args, timeout=None))]
    fn execute(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        timeout: Option<f64>,
    ) -> Outcome {
        if args.is_empty() {
            return self
                .link
                .run(py, Simple::new(query, RowKind::Row, false), timeout);
        }
        self.fetch_with(py, query, args, RowKind::Row, Answer::Count, timeout)
    }

    /// Execute a statement for each row of parameters, all or nothing; answers how many rows it
    /// touched, or with `returning` the rows.
    #[pyo3(signature = (query, rows, /, *, returning=false, row=None, timeout=None))]
    fn execute_many(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        rows: &Bound<'_, PyAny>,
        returning: bool,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> Outcome {
        let answer = Answer::of_many(returning, row)?;
        let kind = RowKind::from_argument(row)?;
        let operation = Many::new(query, rows.try_iter()?.unbind(), kind, answer);
        self.link.run(py, operation, timeout)
    }

    /// As `run` for each row of parameters: one result with the rows of all.
    fn run_many(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        rows: &Bound<'_, PyAny>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> Outcome {
        let kind = RowKind::from_argument(row)?;
        let operation = Many::new(query, rows.try_iter()?.unbind(), kind, Answer::Results);
        self.link.run(py, operation, timeout)
    }

    /// All rows of a statement.
    #[pyo3(signature = (query, /, *args, row=None, timeout=None))]
    fn fetch(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> Outcome {
        self.fetch_with(
            py,
            query,
            args,
            RowKind::from_argument(row)?,
            Answer::Rows,
            timeout,
        )
    }

    /// The first row of a statement, or None.
    #[pyo3(signature = (query, /, *args, row=None, timeout=None))]
    fn fetch_one(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> Outcome {
        self.fetch_with(
            py,
            query,
            args,
            RowKind::from_argument(row)?,
            Answer::First,
            timeout,
        )
    }

    /// The first value of the first row, or None.
    #[pyo3(signature = (query, /, *args, timeout=None))]
    fn fetch_value(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        timeout: Option<f64>,
    ) -> Outcome {
        self.fetch_with(py, query, args, RowKind::Value, Answer::First, timeout)
    }

    /// Every result of `query`; with `args=None` by the simple protocol.
    fn run(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Option<&Bound<'_, PyAny>>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> Outcome {
        let kind = RowKind::from_argument(row)?;
        let Some(args) = args else {
            return self.link.run(py, Simple::new(query, kind, true), timeout);
        };
        self.fetch_with(py, query, as_tuple(args)?, kind, Answer::Results, timeout)
    }

    /// The tuples of a FETCH from a cursor with the columns of a result that was given before.
    fn fetch_like(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        like: Py<PyResultSet>,
        timeout: Option<f64>,
    ) -> Outcome {
        self.link
            .run(py, Fetch::of_cursor(py, query, like), timeout)
    }

    /// Send commands whose answer the next call takes in; where they fail, the connection is lost.
    fn send_ahead(&self, py: Python<'_>, query: Py<PyString>) -> PyResult<()> {
        let operation = Simple::new(query, RowKind::Row, false);
        self.link.send_ahead(py, Box::new(operation))
    }

    /// Execute what a pipeline has queued. Its results tell the errors; with `raises` this does too.
    #[pyo3(signature = (*, raises, timeout=None))]
    fn run_queued(&self, py: Python<'_>, raises: bool, timeout: Option<f64>) -> Outcome {
        if !self.link.state().has_queued() {
            return Ok(py.None());
        }
        self.link.run(
            py,
            Batch::new(self.link.state().take_queued(), raises),
            timeout,
        )
    }

    /// Open a stream; its first batch comes with it.
    fn stream_open(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: &Bound<'_, PyAny>,
        row: Option<&Bound<'_, PyAny>>,
        batch: u32,
        timeout: Option<f64>,
    ) -> Outcome {
        let kind = RowKind::from_argument(row)?;
        let operation = StreamOpen::new(query, as_tuple(args)?.unbind(), kind, batch);
        self.link.run(py, operation, timeout)
    }

    /// The next batch of a stream; empty at its end.
    fn stream_next(&self, py: Python<'_>, stream: Py<Stream>, timeout: Option<f64>) -> Outcome {
        if let Some(first) = stream.get().take_first() {
            return Ok(first);
        }
        if stream.get().ended() {
            return Ok(PyList::empty(py).into_any().unbind());
        }
        self.link.run(py, StreamNext::new(stream), timeout)
    }

    /// End a stream, read to its end or not.
    fn stream_close(&self, py: Python<'_>, stream: Py<Stream>) -> Outcome {
        if stream.get().ended() || self.link.state().is_closed() {
            return Ok(py.None());
        }
        self.link.run(py, StreamClose::new(stream), None)
    }

    /// Prepare a statement; its parameters' types, by OID and name, and its columns or None.
    fn describe(&self, py: Python<'_>, query: Py<PyString>, timeout: Option<f64>) -> Outcome {
        self.link.run(py, Describe::new(query), timeout)
    }

    /// As `describe` told when `query` was prepared last, seen without waiting; None where it is not
    /// prepared, or the connection is at work.
    fn described(
        &self,
        py: Python<'_>,
        query: &Bound<'_, PyString>,
    ) -> PyResult<Option<Py<PyAny>>> {
        self.link.described(py, query)
    }

    /// Close a portal or SQL cursor; one that is gone is no error.
    fn close_portal(&self, py: Python<'_>, portal: String) -> Outcome {
        self.link.run(py, ClosePortal::new(portal), None)
    }

    /// COPY … FROM STDIN with chunks of data in the format that the statement names.
    #[pyo3(signature = (query, chunks, timeout, progress))]
    fn copy_send(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        chunks: &Bound<'_, PyAny>,
        timeout: Option<f64>,
        progress: Option<Py<PyAny>>,
    ) -> Outcome {
        let source = Chunks::new(query, Supply::new(chunks)?);
        let operation = CopyIn::new(source, Progress::new(progress));
        self.link.run(py, operation, timeout)
    }

    /// COPY … FROM STDIN with rows of values for columns of these names and types: by the statement
    /// `binary` where they all have a binary form, else by `text`; either may be None.
    #[pyo3(signature = (binary, text, columns, rows, timeout, progress))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the package's own call, all by position"
    )]
    fn copy_send_rows(
        &self,
        py: Python<'_>,
        binary: Option<Py<PyString>>,
        text: Option<Py<PyString>>,
        columns: Vec<(String, u32)>,
        rows: &Bound<'_, PyAny>,
        timeout: Option<f64>,
        progress: Option<Py<PyAny>>,
    ) -> Outcome {
        let statements = RowStatements { binary, text };
        let source = Rows::new(Supply::new(rows)?, statements, columns);
        let operation = CopyIn::new(source, Progress::new(progress));
        self.link.run(py, operation, timeout)
    }

    /// Open a COPY … TO STDOUT: of rows if `rows`, else of data with these options.
    #[pyo3(signature = (query, args, options, row, batch, timeout, progress))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the package's own call, all by position"
    )]
    fn copy_open(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: &Bound<'_, PyAny>,
        options: Option<String>,
        row: Option<&Bound<'_, PyAny>>,
        batch: usize,
        timeout: Option<f64>,
        progress: Option<Py<PyAny>>,
    ) -> Outcome {
        let operation = CopyOpen::from_arguments(query, args, options, row, batch, progress)?;
        self.link.run(py, operation, timeout)
    }

    /// The next batch of a COPY, of rows or of bytes; empty at its end.
    fn copy_next(&self, py: Python<'_>, source: Py<CopySource>, timeout: Option<f64>) -> Outcome {
        if source.get().ended() {
            return Ok(source.get().nothing(py));
        }
        self.link.run(py, CopyNext::new(source), timeout)
    }

    /// End a COPY, read to its end or not.
    fn copy_close(&self, py: Python<'_>, source: Py<CopySource>) -> Outcome {
        if source.get().ended() || self.link.state().is_closed() {
            return Ok(py.None());
        }
        self.link.run(py, CopyClose::new(source), None)
    }

    /// Wait until the server says something unasked, and hand it to the handlers; false where
    /// `timeout` seconds pass first.
    fn hear(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        self.link.hear(py, timeout)
    }

    /// Whether the connection is open and its server has not hung up, seen without waiting.
    pub(crate) fn is_alive(&self, py: Python<'_>) -> bool {
        self.link.is_alive(py)
    }

    /// Close the connection; closing twice is no error. What another thread executes is cancelled.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.link.close(py)
    }
}

impl SyncConnection {
    #[inline]
    fn fetch_with(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        kind: RowKind,
        answer: Answer,
        timeout: Option<f64>,
    ) -> Outcome {
        self.link
            .run(py, Fetch::new(query, args.unbind(), kind, answer), timeout)
    }
}
