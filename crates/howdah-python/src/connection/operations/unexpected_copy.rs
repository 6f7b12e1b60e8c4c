use howdah_wire::backend::Message;
use pyo3::prelude::*;

use super::super::faults;
use super::{Context, Signal};

/// Notices a COPY where a statement with rows was expected, and gives it up.
#[derive(Default)]
pub(super) struct UnexpectedCopy(Option<Direction>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    FromClient,
    ToClient,
}

impl UnexpectedCopy {
    pub(super) fn on(&mut self, message: &Message<'_>) -> Signal {
        self.0 = match message {
            Message::CopyInResponse(_) => Some(Direction::FromClient),
            Message::CopyOutResponse(_) => Some(Direction::ToClient),
            _ => return Signal::Continue,
        };
        Signal::Turn
    }

    /// Ends a COPY that was noticed with an error that shows the way. The server waits for the
    /// data of one from the client; what comes of one to the client passes by.
    pub(super) fn refuse(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let Some(direction) = self.0.take() else {
            return Ok(());
        };
        if direction == Direction::FromClient {
            let given_up = cx
                .session
                .copy_fail("COPY was executed as an ordinary statement");
            given_up.map_err(|error| faults::protocol(cx.py, &error))?;
        }
        Err(faults::fault_with_hint(
            cx.py,
            "ProgrammingError",
            "COPY from or to the client cannot be executed as an ordinary statement",
            Some("use `copy_in`, `copy_rows`, `copy_out` or `copy_out_rows`"),
        ))
    }
}
