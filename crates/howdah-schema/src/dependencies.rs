//! Which of the names that a text has are those of what it needs.
//!
//! No IO. Texts are not parsed: a word of one may be the name of an object by chance. Where the schema was read from a
//! catalog, that has told what needs what; this is asked by what puts objects in order ([`crate::ddl`]) and by what
//! takes schemas apart ([`crate::diff`]). Invariant: only what the catalog knew is confirmed or denied.

use std::collections::{HashMap, HashSet};

use crate::value::{Address, Schema};

/// What the catalog told.
#[derive(Debug, Default)]
pub(crate) struct Told<'a> {
    needs: HashMap<&'a Address, HashSet<&'a Address>>,
    known: HashSet<&'a Address>,
}

impl<'a> Told<'a> {
    pub(crate) fn of(schema: &'a Schema) -> Self {
        let mut told = Self::default();
        for it in &schema.dependencies {
            told.known.insert(&it.of);
            told.known.extend(&it.on);
            told.needs.entry(&it.of).or_default().extend(&it.on);
        }
        told
    }

    /// Whether all needs of the object are known, among the objects that are.
    pub(crate) fn knows_needs_of(&self, of: &Address) -> bool {
        self.needs.contains_key(of)
    }

    /// Whether the object needs the other; nothing where that is not known.
    pub(crate) fn needs(&self, of: &Address, on: &Address) -> Option<bool> {
        let needs = self.needs.get(of)?;
        self.known.contains(on).then(|| needs.contains(on))
    }
}
