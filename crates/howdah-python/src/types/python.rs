//! Python objects made and read where PyO3's safe calls would cost more than CPython's own.
//!
//! No IO. Called by the codecs; all their unsafe code is here and in `moment`, `identifier`. The
//! invariant: every function checks what it was given, so that its callers are safe code.
#![allow(unsafe_code)]

use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::{Decoded, Refused};

/// A `str` of text that the server sent; refuses what is not UTF-8.
#[inline]
pub(super) fn str_from_utf8<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    if bytes.is_ascii() {
        return str_from_ascii(py, bytes);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| {
        Refused::invalid("text that is not UTF-8: `client_encoding` must stay UTF8")
    })?;
    Ok(PyString::new(py, text).into_any())
}

#[inline]
fn str_from_ascii<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    debug_assert!(bytes.is_ascii());
    let length = bytes.len() as ffi::Py_ssize_t; // a slice is never longer than isize::MAX
    // SAFETY: the thread is attached (`py`). PyUnicode_New with a highest character of 127 makes an
    // ASCII string with room for `length` bytes and the NUL it wrote, which nobody else knows yet.
    unsafe {
        let object = ffi::PyUnicode_New(length, 127);
        let object = Bound::from_owned_ptr_or_err(py, object)?;
        if length > 0 {
            let data = ffi::PyUnicode_DATA(object.as_ptr()).cast::<u8>();
            ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len());
        }
        Ok(object)
    }
}

/// The UTF-8 of a `str`; refuses lone surrogates, which UTF-8 cannot carry.
pub(super) fn utf8<'a>(text: &'a Bound<'_, PyString>) -> Result<&'a str, Refused> {
    text.to_str()
        .map_err(|_| Refused::invalid("str with a lone surrogate: UTF-8 has no such character"))
}
