//! State that the interpreter's lock protects.
//!
//! Invariant: nothing that is done with the state runs Python code. No reference is released, no
//! Python object is made: either could start a finalizer or the collector, which come back here.

use std::cell::RefCell;

use pyo3::prelude::*;

/// A value that only threads attached to the interpreter touch, one after the other.
pub(super) struct Guarded<T>(RefCell<T>);

// SAFETY: the value is reached by `with`, which needs an attached thread, and by `visit`, which the
// collector calls in one. The module does not declare that it can do without the interpreter's lock,
// so only one thread is attached at a time; `RefCell` refuses what one thread does by reentrance.
unsafe impl<T> Sync for Guarded<T> {}
// SAFETY: as above; the value is dropped by the object that it is part of, in an attached thread.
unsafe impl<T> Send for Guarded<T> {}

impl<T> Guarded<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    /// Works with the value; `work` must not run Python code.
    #[inline]
    pub(super) fn with<R>(&self, _attached: Python<'_>, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.0.borrow_mut())
    }

    /// Looks at the value for the collector.
    pub(super) fn visit<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        self.0.try_borrow().ok().map(|value| look(&value))
    }
}
