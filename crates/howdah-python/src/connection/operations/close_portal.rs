use howdah_wire::backend::{Message, ServerError};
use howdah_wire::frontend::Target;
use pyo3::prelude::*;

use super::super::faults;
use super::{Context, Flow, Operation, Reception, Signal};

/// Closes a portal, which an SQL cursor is too, whether it still exists or not: unlike the command
/// CLOSE, the message is no error where the portal is gone, and is taken in a failed transaction.
pub(crate) struct ClosePortal {
    portal: String,
    error: Option<ServerError>,
}

impl ClosePortal {
    pub(crate) const fn new(portal: String) -> Self {
        Self {
            portal,
            error: None,
        }
    }
}

impl Operation for ClosePortal {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let requested = cx.session.close(Target::Portal(&self.portal));
        requested.map_err(|error| faults::protocol(cx.py, &error))?;
        cx.session.sync();
        Ok(())
    }

    fn on(&mut self, _: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        if let Message::ErrorResponse(fields) = message {
            self.error = Some(fields.to_owned());
        }
        Signal::Continue
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        match self.error.take() {
            Some(error) => Err(faults::server_error(cx.py, &error, None)),
            None => Ok(Flow::Done(cx.py.None())),
        }
    }
}
