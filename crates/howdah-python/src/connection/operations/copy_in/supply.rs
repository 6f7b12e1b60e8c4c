use pyo3::prelude::*;
use pyo3::types::PyIterator;

use super::feed::{CopyFeed, Fed};

/// Where the items of a COPY come from, one at a time.
pub(crate) struct Supply {
    items: Option<Py<PyIterator>>,
    feed: Option<Py<CopyFeed>>,
}

/// The next item.
pub(super) enum Next<'py> {
    Item(Bound<'py, PyAny>),
    Later,
    End,
}

impl Supply {
    /// From an iterable, or from a [`CopyFeed`].
    ///
    /// # Errors
    /// `TypeError` for what is neither.
    pub(crate) fn new(source: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(feed) = source.cast::<CopyFeed>() {
            return Ok(Self {
                items: None,
                feed: Some(feed.clone().unbind()),
            });
        }
        Ok(Self {
            items: Some(source.try_iter()?.unbind()),
            feed: None,
        })
    }

    /// The next item.
    ///
    /// # Errors
    /// What the iterable raises.
    #[inline]
    pub(super) fn next<'py>(&mut self, py: Python<'py>) -> PyResult<Next<'py>> {
        loop {
            if let Some(items) = &self.items {
                if let Some(item) = items.bind_borrowed(py).to_owned().next() {
                    return item.map(Next::Item);
                }
                self.items = None;
            }
            let Some(feed) = &self.feed else {
                return Ok(Next::End);
            };
            match feed.get().take(py)? {
                Fed::Batch(batch) => self.items = Some(batch.try_iter()?.unbind()),
                Fed::Nothing => return Ok(Next::Later),
                Fed::End => return Ok(Next::End),
            }
        }
    }
}
