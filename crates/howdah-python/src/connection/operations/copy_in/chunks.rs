use std::sync::Arc;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::supply::{Next, Supply};
use super::{Context, Limit, More, Source};
use crate::types::Scope;

/// Data in the format that the statement names, in chunks of any size.
pub(crate) struct Chunks {
    sql: Py<PyString>,
    supply: Supply,
    /// The chunk that is being sent, and how far it was.
    chunk: Option<(Chunk, usize)>,
}

enum Chunk {
    Bytes(Py<PyBytes>),
    /// `bytearray`, `memoryview`, `mmap` …; held, so that it cannot be resized meanwhile.
    Buffer(Arc<PyBuffer<u8>>),
}

impl Chunks {
    pub(crate) const fn new(sql: Py<PyString>, supply: Supply) -> Self {
        Self {
            sql,
            supply,
            chunk: None,
        }
    }
}

impl Source for Chunks {
    fn statement<'py>(&mut self, cx: &Context<'_, 'py>) -> PyResult<Bound<'py, PyString>> {
        Ok(self.sql.bind(cx.py).clone())
    }

    fn fill(
        &mut self,
        scope: &Scope<'_, '_>,
        out: &mut Vec<u8>,
        mut limit: Limit,
    ) -> PyResult<More> {
        let py = scope.py;
        loop {
            let (chunk, sent) = match &mut self.chunk {
                Some((chunk, sent)) => (chunk, sent),
                none => match self.supply.next(py)? {
                    Next::Item(item) => {
                        let (chunk, sent) = none.insert((Chunk::new(&item)?, 0));
                        (chunk, sent)
                    }
                    Next::Later => return Ok(More::Later),
                    Next::End => return Ok(More::End),
                },
            };
            *sent += chunk.append(py, *sent, limit.room(out.len()), out);
            if *sent == chunk.len(py) {
                self.chunk = None;
            }
            if limit.ends_after_item(out.len()) {
                return Ok(More::Now);
            }
        }
    }

    fn rows(&self) -> u64 {
        0
    }
}

impl Chunk {
    fn new(item: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = item.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.clone().unbind()));
        }
        if let Ok(text) = item.cast::<PyString>() {
            return Ok(Self::Bytes(text.encode_utf8()?.unbind()));
        }
        let Ok(buffer) = PyBuffer::<u8>::get(item) else {
            let found = item.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "a piece of COPY must be bytes or str, not {found}"
            )));
        };
        if !buffer.is_c_contiguous() {
            return Err(PyValueError::new_err(
                "a piece of COPY must be a contiguous buffer",
            ));
        }
        Ok(Self::Buffer(Arc::new(buffer)))
    }

    fn len(&self, py: Python<'_>) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.as_bytes(py).len(),
            Self::Buffer(buffer) => buffer.len_bytes(),
        }
    }

    /// Appends at most `room` bytes from `start`; answers how many.
    fn append(&self, py: Python<'_>, start: usize, room: usize, out: &mut Vec<u8>) -> usize {
        let whole = match self {
            Self::Bytes(bytes) => bytes.as_bytes(py),
            Self::Buffer(buffer) => {
                // SAFETY: a contiguous buffer of this length, which cannot move while `buffer` holds
                // it; nothing writes to it while this thread is attached and runs no Python code.
                unsafe {
                    std::slice::from_raw_parts(buffer.buf_ptr().cast::<u8>(), buffer.len_bytes())
                }
            }
        };
        let end = whole.len().min(start + room);
        let part = whole.get(start..end).unwrap_or_default();
        out.extend_from_slice(part);
        part.len()
    }
}
