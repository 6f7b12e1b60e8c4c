//! The objects that rows have made, by the bytes of their key.
//!
//! No IO. One for each part with a key, while the rows of a statement are read. Keys are compared as
//! they came, so that a row's key is decoded only when its object is made. Rows of one object mostly
//! follow each other: the object found last is looked at first.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use pyo3::prelude::*;

#[derive(Default)]
pub(super) struct Known {
    hasher: RandomState,
    /// Positions among the entries.
    table: HashTable<usize>,
    entries: Vec<Entry>,
    /// The keys of all entries, one after the other.
    keys: Vec<u8>,
    /// The position of what was found or added last.
    last: usize,
    /// The key that was looked for last, and its hash.
    sought: Vec<u8>,
    hash: u64,
}

struct Entry {
    hash: u64,
    start: usize,
    end: usize,
    object: Py<PyAny>,
}

impl Known {
    /// The object of the key that these values make.
    pub(super) fn find<'a>(
        &mut self,
        py: Python<'_>,
        values: impl Iterator<Item = Option<&'a [u8]>>,
    ) -> Option<Py<PyAny>> {
        self.sought.clear();
        for value in values {
            // no value is as long as what stands for NULL
            let length = value.map_or(u32::MAX, |value| value.len() as u32);
            self.sought.extend_from_slice(&length.to_ne_bytes());
            self.sought.extend_from_slice(value.unwrap_or_default());
        }
        if !self.is_at(self.last) {
            self.hash = self.hasher.hash_one(&self.sought);
            let found = self.table.find(self.hash, |&entry| self.is_at(entry));
            self.last = *found?;
        }
        let entry = self.entries.get(self.last)?;
        Some(entry.object.clone_ref(py))
    }

    /// Remembers an object for the key that was looked for last, in vain.
    pub(super) fn add(&mut self, object: Py<PyAny>) {
        let start = self.keys.len();
        self.keys.extend_from_slice(&self.sought);
        self.last = self.entries.len();
        self.entries.push(Entry {
            hash: self.hash,
            start,
            end: self.keys.len(),
            object,
        });
        let hash_of = |&entry: &usize| self.entries.get(entry).map_or(0, |entry| entry.hash);
        self.table.insert_unique(self.hash, self.last, hash_of);
    }

    /// Whether the key that is looked for is that of an entry.
    fn is_at(&self, entry: usize) -> bool {
        let key = self.entries.get(entry);
        let key = key.and_then(|entry| self.keys.get(entry.start..entry.end));
        key == Some(self.sought.as_slice())
    }
}
