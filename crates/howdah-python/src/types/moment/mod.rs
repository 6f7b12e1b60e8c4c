//! `date`, `time`, `timetz`, `timestamp`, `timestamptz` and `interval`.
//!
//! No IO. Python's own types where they hold the value, and the value classes of `howdah.types` where
//! they do not: infinities, years outside 1-9999, 24:00, intervals with months. Both formats become
//! the integer of the binary format first, so that they cannot disagree. The classes of
//! `howdah.types` carry that integer in `_wire`. Invariant: no value is clipped or moved to another
//! zone, except that `timestamptz`, which is a moment without a zone, is always told in UTC.

mod civil;
mod date;
mod interval;
mod text;
mod time;
mod timestamp;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDelta, PyDeltaAccess, PyType};

pub(super) use self::date::DATE;
pub(super) use self::interval::INTERVAL;
pub(super) use self::time::{TIME, TIMETZ};
pub(super) use self::timestamp::{TIMESTAMP, TIMESTAMPTZ};
use super::{Decoded, Refused};

/// A class of `howdah.types` for what Python's class cannot hold.
struct Beyond {
    name: &'static str,
    class: PyOnceLock<Py<PyType>>,
}

impl Beyond {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            class: PyOnceLock::new(),
        }
    }

    fn class<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        self.class.import(py, "howdah.types", self.name)
    }

    #[cold]
    fn decode<'py, T>(&self, py: Python<'py>, wire: T) -> Decoded<'py>
    where
        T: IntoPyObject<'py>,
    {
        let class = self.class(py)?;
        Ok(class.call_method1(intern!(py, "_from_wire"), (wire,))?)
    }

    /// The value on the wire, if `value` is one of ours.
    fn encode<'py, T>(&self, value: &Bound<'py, PyAny>) -> Result<Option<T>, Refused>
    where
        T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
    {
        let py = value.py();
        if !value.is_instance(self.class(py)?)? {
            return Ok(None);
        }
        Ok(Some(value.getattr(intern!(py, "_wire"))?.extract()?))
    }
}

/// `value.utcoffset()` in microseconds east, None for a naive value.
fn utc_offset(value: &Bound<'_, PyAny>) -> Result<Option<i64>, Refused> {
    let offset = value.call_method0(intern!(value.py(), "utcoffset"))?;
    let Ok(offset) = offset.cast::<PyDelta>() else {
        return Ok(None);
    };
    let seconds = i64::from(offset.get_days()) * 86_400 + i64::from(offset.get_seconds());
    Ok(Some(
        seconds * text::SECOND + i64::from(offset.get_microseconds()),
    ))
}
