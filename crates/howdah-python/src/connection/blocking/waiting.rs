//! Waiting on the socket of a line, with the interpreter released.

use std::io;

use howdah_driver::Interest;
use pyo3::prelude::*;

use super::super::line::Line;
use super::patience::Patience;

/// Why a connection is closed whose server does not end a cancelled statement.
pub(super) const NOT_ENDED: &str = "a cancelled statement did not end";

/// Receives something, with the interpreter released, or nothing where it is time for another cancel.
#[inline]
pub(super) fn receive(py: Python<'_>, line: &mut Line, patience: &mut Patience) -> PyResult<()> {
    // a signal amid the decoding interrupts no system call
    py.check_signals()?;
    loop {
        if patience.deadline().is_some()
            && !line.transport.has_buffered()
            && !wait(py, line, Interest::Readable, patience)?
        {
            return Ok(());
        }
        let Line {
            engine, transport, ..
        } = line;
        let spare = engine.session().spare();
        match py.detach(|| transport.receive(spare)) {
            Ok(0) => return Err(line.lost(py, "the server closed it")),
            Ok(count) => {
                line.engine.session().fed(count);
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => py.check_signals()?,
            Err(error) => return Err(line.lost(py, &error.to_string())),
        }
    }
}

/// Waits until the server has said something unasked; false at the deadline.
pub(super) fn listen(py: Python<'_>, line: &mut Line, patience: &Patience) -> PyResult<bool> {
    loop {
        while line.try_receive(py)?.is_some() {
            line.advance(py)?;
        }
        if line.engine.is_leaving() {
            return Err(line.lost(py, "the server closed it"));
        }
        if line.engine.has_remarks() {
            return Ok(true);
        }
        py.check_signals()?;
        let transport = &line.transport;
        let deadline = patience.deadline();
        match py.detach(|| transport.wait(Interest::Readable, deadline)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(false),
            Err(error) => return Err(line.lost(py, &error.to_string())),
        }
    }
}

/// Waits until the kernel takes more, receiving what the server says meanwhile: a server that
/// cannot send reads no more either.
#[cold]
pub(super) fn wait_for_room(
    py: Python<'_>,
    line: &mut Line,
    patience: &mut Patience,
) -> PyResult<()> {
    py.check_signals()?;
    wait(py, line, Interest::Both, patience)?;
    line.try_receive(py).map(drop)
}

/// Waits until the socket is ready; false where it is time for another cancel.
fn wait(
    py: Python<'_>,
    line: &mut Line,
    interest: Interest,
    patience: &mut Patience,
) -> PyResult<bool> {
    loop {
        let transport = &line.transport;
        let wakes = patience.wakes();
        match py.detach(|| transport.wait(interest, wakes)) {
            _ if patience.is_over() => return Err(over(py, line, patience)),
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => py.check_signals()?,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(false),
            Err(error) => return Err(line.lost(py, &error.to_string())),
        }
    }
}

/// The deadline has passed.
#[cold]
fn over(py: Python<'_>, line: &mut Line, patience: &mut Patience) -> PyErr {
    let failure = patience.failure(py);
    failure.unwrap_or_else(|| line.lost(py, NOT_ENDED))
}
