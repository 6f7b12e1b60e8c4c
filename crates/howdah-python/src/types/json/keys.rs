//! Names of members that were seen before, as Python strings made once.
//!
//! No IO. A table that forgets: each name has one place, and a newer name takes it from an older one.
//! Invariant: what it hands out is equal to what was asked for.

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::types::{Refused, python};

const PLACES: usize = 512;
/// Longer names are rare and would only make the table larger.
const LONGEST: usize = 24;

pub(super) struct Keys(Vec<Option<Entry>>);

struct Entry {
    length: u8,
    name: [u8; LONGEST],
    object: Py<PyString>,
}

impl Keys {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn find<'py>(
        &mut self,
        py: Python<'py>,
        name: &[u8],
    ) -> Result<Bound<'py, PyAny>, Refused> {
        if name.len() > LONGEST {
            return python::str_from_utf8(py, name);
        }
        if self.0.is_empty() {
            self.0.resize_with(PLACES, || None);
        }
        let Some(place) = self.0.get_mut(place_of(name)) else {
            return python::str_from_utf8(py, name);
        };
        match place {
            Some(entry) if entry.name() == name => Ok(entry.object.bind(py).clone().into_any()),
            _ => {
                let entry = Entry::new(py, name)?;
                let object = entry.object.bind(py).clone().into_any();
                *place = Some(entry);
                Ok(object)
            }
        }
    }
}

impl Entry {
    fn new(py: Python<'_>, text: &[u8]) -> Result<Self, Refused> {
        // interned: user code that looks the name up by a literal compares pointers
        let object = PyString::intern(py, python::str_of(text)?).unbind();
        let mut name = [0; LONGEST];
        name.iter_mut()
            .zip(text)
            .for_each(|(place, byte)| *place = *byte);
        Ok(Self {
            length: text.len() as u8,
            name,
            object,
        })
    }

    fn name(&self) -> &[u8] {
        self.name
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }
}

/// Cheap rather than good: names are short, and nothing is lost when two meet.
fn place_of(name: &[u8]) -> usize {
    let mixed = name
        .iter()
        .fold(0_u64, |mixed, byte| mixed.rotate_left(7) ^ u64::from(*byte));
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize % PLACES
}
