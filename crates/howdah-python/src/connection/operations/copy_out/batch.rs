use std::sync::Arc;

use howdah_wire::Reader;
use howdah_wire::backend::DataRow;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::{Form, Kept};
use crate::connection::arrow::ArrowBatch;
use crate::connection::collector::{Collector, Keep};
use crate::connection::columns::refusal;
use crate::connection::faults;
use crate::types::{Catalogue, Refused, Scope};

/// Signature, flags and the length of the extension (PostgreSQL 18 documentation, COPY, "Binary
/// Format"); no extension exists, and a server that sends one is not understood.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// One batch on its way.
pub(super) struct Batch {
    content: Content,
    /// How many bytes or rows are wanted.
    wanted: usize,
    pub(super) rows: u64,
    pub(super) received: usize,
}

enum Content {
    Bytes(Vec<u8>),
    Rows(Box<Collector>),
    Arrow(ArrowBatch),
}

impl Batch {
    pub(super) fn new(py: Python<'_>, form: &Form, wanted: usize) -> PyResult<Self> {
        let content = match form {
            Form::Data => Content::Bytes(Vec::with_capacity(wanted)),
            Form::Arrow(fields) => Content::Arrow(ArrowBatch::new(fields)),
            Form::Rows(kind, columns) => {
                let mut collector = Collector::new(Arc::clone(kind), Keep::All);
                collector.expect(py, columns)?;
                Content::Rows(Box::new(collector))
            }
        };
        Ok(Self {
            content,
            wanted,
            rows: 0,
            received: 0,
        })
    }

    /// A batch without content, which says that the COPY has ended.
    pub(super) fn nothing(py: Python<'_>, rows: bool) -> Py<PyAny> {
        if rows {
            PyList::empty(py).into_any().unbind()
        } else {
            PyBytes::new(py, &[]).into_any().unbind()
        }
    }

    /// Takes a piece as the server sent it; whether the batch is full.
    #[inline]
    pub(super) fn take(
        &mut self,
        scope: &Scope<'_, '_>,
        form: &Form,
        kept: &mut Kept,
        data: &[u8],
    ) -> bool {
        self.received += data.len();
        match &mut self.content {
            Content::Bytes(bytes) => {
                // "one CopyData message per row", as servers do it so far (54.2.6)
                self.rows += 1;
                bytes.extend_from_slice(data);
            }
            Content::Rows(collector) => {
                self.rows += take_rows(kept, data, |row| match row {
                    Ok(row) => collector.push(scope, &row),
                    Err(error) => collector.fail(faults::protocol(scope.py, &error)),
                });
            }
            Content::Arrow(batch) => {
                let Form::Arrow(fields) = form else {
                    return true;
                };
                self.rows += take_rows(kept, data, |row| match row {
                    Ok(row) => batch.push(scope.py, fields, &row),
                    Err(error) => batch.fail(faults::protocol(scope.py, &error)),
                });
            }
        }
        self.is_full()
    }

    fn is_full(&self) -> bool {
        self.would_be_full_at(self.wanted as u64)
    }

    /// Whether the next piece may fill it.
    #[inline]
    pub(super) fn is_almost_full(&self) -> bool {
        self.would_be_full_at(self.wanted as u64 - 1)
    }

    #[inline]
    fn would_be_full_at(&self, rows: u64) -> bool {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() >= self.wanted,
            Content::Rows(collector) => self.rows >= rows || collector.has_failed(),
            Content::Arrow(batch) => self.rows >= rows || batch.is_full(),
        }
    }

    /// What the caller is given.
    pub(super) fn finish(self, py: Python<'_>, catalogue: &Catalogue) -> PyResult<Py<PyAny>> {
        match self.content {
            Content::Bytes(bytes) => Ok(PyBytes::new(py, &bytes).into_any().unbind()),
            Content::Rows(mut collector) => {
                if let Some(error) = collector.take_failure() {
                    return Err(error);
                }
                if let Some(&oid) = collector.unresolved(catalogue).first() {
                    // it cannot be asked for before the COPY has ended
                    return Err(refusal(py, "a value of the COPY", Refused::stale(oid)));
                }
                collector.into_rows(py)
            }
            Content::Arrow(batch) => batch.finish(py),
        }
    }
}

/// Takes all whole rows of what came, keeping the rest; answers how many.
#[inline]
fn take_rows(
    kept: &mut Kept,
    data: &[u8],
    take: impl FnMut(Result<DataRow<'_>, howdah_wire::Error>),
) -> u64 {
    if kept.rest.is_empty() {
        let (rows, taken) = take_whole_rows(data, &mut kept.begun, take);
        if let Some(rest) = data.get(taken..) {
            kept.rest.extend_from_slice(rest);
        }
        return rows;
    }
    kept.rest.extend_from_slice(data);
    let (rows, taken) = take_whole_rows(&kept.rest, &mut kept.begun, take);
    kept.rest.drain(..taken);
    rows
}

/// Takes all whole rows of `data`, which follows what was taken before; answers how many rows and
/// bytes.
#[inline]
fn take_whole_rows(
    data: &[u8],
    begun: &mut bool,
    mut take: impl FnMut(Result<DataRow<'_>, howdah_wire::Error>),
) -> (u64, usize) {
    let (mut rows, mut at) = (0, 0);
    if !*begun {
        match data.get(..HEADER.len()) {
            None => return (0, 0),
            Some(HEADER) => {}
            Some(_) => take(Err(howdah_wire::Error::Malformed {
                message: "CopyData",
                problem: "an unknown header",
            })),
        }
        *begun = true;
        at = HEADER.len();
    }
    while let Some(size) = data.get(at..).and_then(row_size) {
        let Some(body) = data.get(at..at + size) else {
            break;
        };
        at += size;
        if size == 2 && body == (-1_i16).to_be_bytes() {
            continue;
        }
        rows += 1;
        take(DataRow::parse(body));
    }
    (rows, at)
}

/// The length of the row at the front of `data`, None where it is not whole. A row of the binary
/// format is laid out as the body of a DataRow; -1 instead of a count is the end.
#[inline]
fn row_size(data: &[u8]) -> Option<usize> {
    let mut reader = Reader::new("a row of COPY", data);
    let before = data.len();
    let columns = reader.i16("a count").ok()?;
    for _ in 0..columns.max(0) {
        reader.value().ok()?;
    }
    Some(before - reader.len())
}
