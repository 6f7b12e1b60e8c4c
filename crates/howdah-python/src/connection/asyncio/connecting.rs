//! Connecting without blocking the loop: the blocking code in a thread of its own.
//!
//! IO in a thread that knows nothing of Python: resolving, connecting, TLS and authentication (whose
//! key derivation takes a millisecond of CPU) leave the loop alone. The loop watches
//! [`Connecting::fileno`], a pipe that becomes readable when the attempt has ended. An attempt that
//! is given up ends at once.

use std::io::PipeReader;
use std::os::fd::AsRawFd;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use howdah_driver::{Error, Established, Interrupt, establish};
use pyo3::prelude::*;

use super::super::faults;
use super::super::public::connect_error;
use crate::config::Config;

/// An attempt to connect.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Connecting {
    config: Py<Config>,
    ended: PipeReader,
    interrupt: Interrupt,
    result: Mutex<Receiver<Result<Established, Error>>>,
}

impl Connecting {
    /// The session, once the attempt has ended.
    pub(super) fn finish(&self, py: Python<'_>) -> PyResult<Established> {
        let result = self
            .result
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .try_recv();
        match result {
            Ok(result) => result.map_err(|error| connect_error(py, &error)),
            Err(_) => Err(faults::fault(
                py,
                "InterfaceError",
                "the attempt has not ended yet",
            )),
        }
    }

    pub(super) const fn config(&self) -> &Py<Config> {
        &self.config
    }
}

#[pymethods]
impl Connecting {
    #[new]
    #[pyo3(signature = (config, password=None))]
    fn new(config: Bound<'_, Config>, password: Option<&str>) -> PyResult<Self> {
        let (ended, bell) = std::io::pipe()?;
        let interrupt = Interrupt::new()?;
        let (sender, result) = sync_channel(1);
        let options = match password {
            Some(password) => config.get().options().with_password(password),
            None => config.get().options().clone(),
        };
        let watched = interrupt.clone();
        std::thread::Builder::new()
            .name("howdah-connect".into())
            .spawn(move || {
                // nobody may be left to hear of it
                let _ = sender.send(establish(&options, &watched));
                drop(bell);
            })?;
        Ok(Self {
            config: config.unbind(),
            ended,
            interrupt,
            result: Mutex::new(result),
        })
    }

    /// Readable when the attempt has ended.
    fn fileno(&self) -> i32 {
        self.ended.as_raw_fd()
    }

    /// Give the attempt up.
    fn abort(&self) {
        self.interrupt.trigger();
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        self.interrupt.trigger();
    }
}
