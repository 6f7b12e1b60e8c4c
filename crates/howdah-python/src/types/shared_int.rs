//! Python `int`s that many values share.
//!
//! No IO. CPython keeps one object for each number up to 256. Databases are full of numbers slightly
//! above: years, quantities, keys of small tables. Those below [`SHARED`] are kept here from their
//! first use on, which spares making and freeing an object (some 20 ns together) for each value;
//! all others pay one comparison. At most 128 kB of table and 512 kB of numbers.
//!
//! Invariant: a slot is null or holds a reference, never released, to the `int` of its index.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::IntoPyObjectExt;
use pyo3::ffi;
use pyo3::prelude::*;

const SHARED: usize = 1 << 14;

static TABLE: [AtomicPtr<ffi::PyObject>; SHARED] =
    [const { AtomicPtr::new(ptr::null_mut()) }; SHARED];

/// The `int` of a number.
#[inline]
pub(super) fn int(py: Python<'_>, number: i64) -> PyResult<Bound<'_, PyAny>> {
    let slot = usize::try_from(number)
        .ok()
        .and_then(|index| TABLE.get(index));
    let Some(slot) = slot else {
        return number.into_bound_py_any(py);
    };
    let shared = slot.load(Ordering::Acquire);
    if shared.is_null() {
        return share(py, number, slot);
    }
    // SAFETY: by this module's invariant a slot that is not null refers to a live object.
    Ok(unsafe { Bound::from_borrowed_ptr(py, shared) })
}

#[cold]
fn share<'py>(
    py: Python<'py>,
    number: i64,
    slot: &AtomicPtr<ffi::PyObject>,
) -> PyResult<Bound<'py, PyAny>> {
    let made = number.into_bound_py_any(py)?;
    let kept = made.clone().into_ptr();
    let won = slot.compare_exchange(ptr::null_mut(), kept, Ordering::AcqRel, Ordering::Acquire);
    if won.is_err() {
        // SAFETY: another thread filled the slot first, so the reference in `kept` is still ours.
        drop(unsafe { Bound::from_owned_ptr(py, kept) });
    }
    Ok(made)
}
