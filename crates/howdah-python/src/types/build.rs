//! Python objects made in place: lists filled from the front, instances without their `__init__`.
//!
//! No IO. Called by decoders of composed types. Invariant: an object leaves this module whole, so
//! that the callers are safe code.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyType};

use super::Refused;

/// A list whose length is known before its items.
pub(super) struct List<'py> {
    items: Bound<'py, PyList>,
    length: usize,
    filled: usize,
}

impl<'py> List<'py> {
    #[inline]
    pub(super) fn with_length(py: Python<'py>, length: usize) -> Result<Self, Refused> {
        let size = ffi::Py_ssize_t::try_from(length)
            .map_err(|_| Refused::invalid("list longer than memory"))?;
        // SAFETY: the thread is attached (`py`) and the size is not negative; PyList_New answers a
        // new list whose items are NULL, or NULL with an exception set.
        let items = unsafe {
            Bound::from_owned_ptr_or_err(py, ffi::PyList_New(size))?.cast_into_unchecked()
        };
        Ok(Self {
            items,
            length,
            filled: 0,
        })
    }

    /// Puts the next item; panics when the list is full.
    #[inline]
    pub(super) fn push(&mut self, item: Bound<'py, PyAny>) {
        assert!(
            self.filled < self.length,
            "a list is filled past its length"
        );
        // SAFETY: `filled` is below the length that the list was made with, nobody else has changed
        // the list since (it is not handed out before `finish`), and the slot is still NULL, so no
        // item is lost. The list takes over the reference.
        unsafe {
            ffi::PyList_SET_ITEM(
                self.items.as_ptr(),
                self.filled as ffi::Py_ssize_t,
                item.into_ptr(),
            );
        }
        self.filled += 1;
    }

    /// The list; panics when items are missing.
    #[inline]
    pub(super) fn finish(self) -> Bound<'py, PyList> {
        assert!(
            self.filled == self.length,
            "a list is handed out before it is full"
        );
        self.items
    }
}

/// An instance of a class with slots (or a dictionary), its attributes set without `__init__`.
///
/// Callers pass classes of this package or of `ipaddress`, never one that a user chose.
pub(super) fn instance<'py>(
    class: &Bound<'py, PyType>,
    attributes: &[(&Bound<'py, PyString>, &Bound<'py, PyAny>)],
) -> Result<Bound<'py, PyAny>, Refused> {
    // SAFETY: the thread is attached (`class` is bound); PyType_GenericAlloc answers a new zeroed
    // instance, which is what `object.__new__` makes of a class that Python code defined: its slots
    // are NULL until they are set, and reading an unset one raises AttributeError.
    let object = unsafe {
        let pointer = ffi::PyType_GenericAlloc(class.as_type_ptr(), 0);
        Bound::from_owned_ptr_or_err(class.py(), pointer)?
    };
    for (name, value) in attributes {
        // SAFETY: three live references. This is `object.__setattr__`, so that a class which
        // forbids assignment by its own `__setattr__` can still be filled once.
        let status =
            unsafe { ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value.as_ptr()) };
        if status != 0 {
            return Err(PyErr::fetch(class.py()).into());
        }
    }
    Ok(object)
}
