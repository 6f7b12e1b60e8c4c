//! Which process of a family of forks this is. A child shares the sockets of its parent, whose
//! sessions both would garble; comparing generations costs no system call.
//!
//! No IO. Written after a fork, read before each statement.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

static GENERATION: AtomicU64 = AtomicU64::new(0);

/// The process that made something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Maker(u64);

impl Default for Maker {
    fn default() -> Self {
        Self(GENERATION.load(Ordering::Relaxed))
    }
}

impl Maker {
    /// Whether this process was forked from the one that made it.
    #[inline]
    pub(crate) fn is_parent(self) -> bool {
        self.0 != GENERATION.load(Ordering::Relaxed)
    }
}

/// Called in a child that was forked, before any other code of the program.
#[pyfunction]
fn begin_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Has Python tell of its forks.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let calls = PyDict::new(py);
    calls.set_item("after_in_child", wrap_pyfunction!(begin_child, module)?)?;
    py.import("os")?
        .call_method(intern!(py, "register_at_fork"), (), Some(&calls))
        .map(drop)
}
