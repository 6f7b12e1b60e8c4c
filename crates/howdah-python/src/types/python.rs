//! Python objects made and read where PyO3's safe calls would cost more than CPython's own.
//!
//! No IO. Called by the codecs; the unsafe code of scalars is here and in `uuid`. The
//! invariant: every function checks what it was given, so that its callers are safe code.

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
    let text = str_of(bytes)?;
    if text.len() <= SHORT {
        return str_from_short(py, text);
    }
    Ok(PyString::new(py, text).into_any())
}

/// Up to here, in bytes, CPython's own decoder spends more on setting up than on decoding.
const SHORT: usize = 48;

/// Copies characters into a string of the width that the widest of them needs.
fn str_from_short<'py>(py: Python<'py>, text: &str) -> Decoded<'py> {
    let (length, widest) = text.chars().fold((0, 0), |(length, widest), character| {
        (length + 1, widest.max(u32::from(character)))
    });
    // SAFETY: the thread is attached (`py`). PyUnicode_New makes a string of `length` characters,
    // each as wide as `widest` needs: 1, 2 or 4 bytes, as PyUnicode_KIND says, none of which cuts a
    // character of `text`. Nobody else knows the object yet.
    unsafe {
        let object = ffi::PyUnicode_New(length, widest);
        let object = Bound::from_owned_ptr_or_err(py, object)?;
        let data = ffi::PyUnicode_DATA(object.as_ptr());
        let characters = text.chars().map(u32::from).enumerate();
        match ffi::PyUnicode_KIND(object.as_ptr()) {
            ffi::PyUnicode_1BYTE_KIND => {
                characters.for_each(|(at, code)| data.cast::<u8>().add(at).write(code as u8));
            }
            ffi::PyUnicode_2BYTE_KIND => {
                characters.for_each(|(at, code)| data.cast::<u16>().add(at).write(code as u16));
            }
            _ => characters.for_each(|(at, code)| data.cast::<u32>().add(at).write(code)),
        }
        Ok(object)
    }
}

/// The text that the server sent, if it is UTF-8.
pub(super) fn str_of(bytes: &[u8]) -> Result<&str, Refused> {
    std::str::from_utf8(bytes)
        .map_err(|_| Refused::advised("text that is not UTF-8", "leave `client_encoding` at UTF8"))
}

/// A `str` of UTF-8 that may have surrogates in it, each as three bytes.
pub(super) fn str_with_surrogates<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let length = bytes.len() as ffi::Py_ssize_t;
    // SAFETY: the thread is attached; pointer and length are of one slice, which is only read, and
    // the name of the error handler ends with NUL.
    unsafe {
        let data = bytes.as_ptr().cast();
        let object = ffi::PyUnicode_DecodeUTF8(data, length, c"surrogatepass".as_ptr());
        Ok(Bound::from_owned_ptr_or_err(py, object)?)
    }
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
