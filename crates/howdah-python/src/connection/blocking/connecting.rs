//! Connecting on the calling thread. IO, with the interpreter released.

use std::sync::{Arc, Mutex, PoisonError};

use howdah_driver::{Established, Interrupt, establish};
use pyo3::prelude::*;

use super::super::public::connect_error;
use crate::config::Config;

/// Connects; a signal's handler that raises ends it.
pub(super) fn connect(py: Python<'_>, config: &Bound<'_, Config>) -> PyResult<Established> {
    let raised: Arc<Mutex<Option<PyErr>>> = Arc::default();
    let keep = Arc::clone(&raised);
    let interrupt = Interrupt::never().with_signal_check(move || {
        Python::attach(|py| match py.check_signals() {
            Ok(()) => false,
            Err(error) => {
                *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                true
            }
        })
    });
    let options = config.get().for_login(py)?;
    let established = py.detach(|| establish(&options, &interrupt));
    if let Some(error) = raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(error);
    }
    established.map_err(|error| connect_error(py, &error))
}
