//! Who holds a link: the loop, and those who can use the connection.

use std::sync::Arc;

use pyo3::prelude::*;

use super::Link;

/// Ends the connection with the last of those who can use it: the connection and its replies.
pub(crate) struct Holder(pub(super) Arc<Link>);

/// What the loop calls. Holds the link for as long as the loop knows the socket.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Pump(pub(super) Arc<Link>);

impl Holder {
    pub(in super::super) const fn link(&self) -> &Arc<Link> {
        &self.0
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.shut();
    }
}

#[pymethods]
impl Pump {
    fn readable(&self, py: Python<'_>) -> PyResult<()> {
        self.in_its_process(|link| link.receive(py))
    }

    fn writable(&self, py: Python<'_>) -> PyResult<()> {
        self.in_its_process(|link| {
            let mut inner = link.lock();
            link.send(py, &mut inner)?;
            link.release(py, inner, false)
        })
    }

    fn delivered(&self, py: Python<'_>) -> PyResult<()> {
        self.in_its_process(|link| link.delivered(py))
    }

    fn cancel_again(&self, py: Python<'_>) -> PyResult<()> {
        self.in_its_process(|link| link.cancel_again(py))
    }

    fn grace_ended(&self, py: Python<'_>) -> PyResult<()> {
        self.in_its_process(|link| link.grace_ended(py))
    }
}

impl Pump {
    /// A forked child that goes on with its parent's loop must leave the parent's answers alone.
    #[inline]
    fn in_its_process(&self, work: impl FnOnce(&Link) -> PyResult<()>) -> PyResult<()> {
        if self.0.state.is_of_parent() {
            return Ok(());
        }
        work(&self.0)
    }
}
