use howdah_wire::backend::Message;
use pyo3::prelude::*;

use super::{Context, Flow, Operation, Reception, Signal};

/// Lets the answers of an operation that was given up pass, until the session is idle.
pub(crate) struct Drain {
    /// What the caller is told in the end.
    failure: Option<PyErr>,
    copying: bool,
}

impl Drain {
    pub(crate) const fn new(failure: Option<PyErr>) -> Self {
        Self {
            failure,
            copying: false,
        }
    }
}

impl Operation for Drain {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        if cx.session.has_open_unit() {
            cx.session.sync();
        }
        Ok(())
    }

    fn on(&mut self, _: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        self.copying = matches!(message, Message::CopyInResponse(_));
        if self.copying {
            Signal::Turn
        } else {
            Signal::Continue
        }
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if std::mem::take(&mut self.copying) {
            let given_up = cx.session.copy_fail("the statement was given up");
            given_up.map_err(|error| super::super::faults::protocol(cx.py, &error))?;
        }
        if !cx.session.is_idle() {
            return Ok(Flow::Continue);
        }
        match self.failure.take() {
            Some(error) => Err(error),
            None => Ok(Flow::Done(cx.py.None())),
        }
    }

    fn continues_unit(&self) -> bool {
        true
    }
}
