use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// How often the caller hears of a COPY that goes on.
const PACE: Duration = Duration::from_millis(100);

/// Tells the caller how far a COPY has come: `callback(rows, bytes)`.
pub(crate) struct Progress {
    callback: Option<Py<PyAny>>,
    bytes: u64,
    told: Instant,
}

impl Progress {
    pub(crate) fn new(callback: Option<Py<PyAny>>) -> Self {
        Self {
            callback,
            bytes: 0,
            told: Instant::now(),
        }
    }

    /// Counts bytes, and tells from time to time.
    ///
    /// # Errors
    /// What the callback raises.
    pub(crate) fn add(&mut self, py: Python<'_>, rows: u64, bytes: usize) -> PyResult<()> {
        self.bytes += bytes as u64;
        if self.callback.is_some() && self.told.elapsed() >= PACE {
            self.told = Instant::now();
            return self.tell(py, rows);
        }
        Ok(())
    }

    /// Tells how it ended.
    ///
    /// # Errors
    /// What the callback raises.
    pub(crate) fn finish(&self, py: Python<'_>, rows: u64) -> PyResult<()> {
        self.tell(py, rows)
    }

    fn tell(&self, py: Python<'_>, rows: u64) -> PyResult<()> {
        match &self.callback {
            Some(callback) => callback.call1(py, (rows, self.bytes)).map(drop),
            None => Ok(()),
        }
    }
}
