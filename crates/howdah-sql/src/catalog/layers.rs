//! A map by names in two layers: what many catalogs have in common, and what one of them has changed.
//!
//! No IO. Used by the store. Invariant: what is shared is never written to, so that a copy costs as much as its changes,
//! however large the database is that it began with.

use std::sync::Arc;

use hashbrown::{Equivalent, HashMap};

use crate::ast::ObjectName;

/// How objects are called in maps.
pub(super) type Key = Arc<ObjectName>;

/// By name, in no order.
pub(super) type Map<V> = HashMap<Key, V>;

/// A name with its schema that nothing was copied for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Path<'a> {
    pub(super) schema: Option<&'a str>,
    pub(super) name: &'a str,
}

impl<'a> From<&'a ObjectName> for Path<'a> {
    fn from(name: &'a ObjectName) -> Self {
        Self {
            schema: name.schema.as_deref(),
            name: &name.name,
        }
    }
}

impl Equivalent<Key> for Path<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.name == key.name && self.schema == key.schema.as_deref()
    }
}

/// The map.
#[derive(Clone, Debug)]
pub(super) struct Layers<V> {
    shared: Arc<Map<V>>,
    /// None: what is shared is gone.
    own: Map<Option<V>>,
}

impl<V> Default for Layers<V> {
    fn default() -> Self {
        Self {
            shared: Arc::default(),
            own: Map::default(),
        }
    }
}

impl<V: Clone> Layers<V> {
    pub(super) fn get<'a>(&self, name: impl Into<Path<'a>>) -> Option<&V> {
        self.entry(name).map(|(_, value)| value)
    }

    /// The name that it has here, with what is kept under it.
    pub(super) fn entry<'a>(&self, name: impl Into<Path<'a>>) -> Option<(&Key, &V)> {
        let name = name.into();
        match self.own.get_key_value(&name) {
            Some((key, value)) => value.as_ref().map(|value| (key, value)),
            None => self.shared.get_key_value(&name),
        }
    }

    pub(super) fn get_mut<'a>(&mut self, name: impl Into<Path<'a>>) -> Option<&mut V> {
        let name = name.into();
        if !self.own.contains_key(&name) {
            let (key, value) = self.shared.get_key_value(&name)?;
            self.own.insert(Arc::clone(key), Some(value.clone()));
        }
        self.own.get_mut(&name)?.as_mut()
    }

    pub(super) fn insert(&mut self, key: Key, value: V) {
        self.own.insert(key, Some(value));
    }

    pub(super) fn remove<'a>(&mut self, name: impl Into<Path<'a>>) -> Option<V> {
        let name = name.into();
        let Some((key, shared)) = self.shared.get_key_value(&name) else {
            return self.own.remove(&name).flatten();
        };
        match self.own.insert(Arc::clone(key), None) {
            Some(own) => own,
            None => Some(shared.clone()),
        }
    }

    /// All of them, in no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        let shared = self.shared.iter();
        let rest = shared.filter(|(key, _)| !self.own.contains_key(&Path::from(&***key)));
        let own = self.own.values().flatten();
        own.chain(rest.map(|(_, value)| value))
    }

    /// Makes what has changed common to all copies that are made from now on.
    pub(super) fn share(&mut self) {
        if self.own.is_empty() {
            return;
        }
        let shared = Arc::make_mut(&mut self.shared);
        for (key, value) in self.own.drain() {
            match value {
                Some(value) => drop(shared.insert(key, value)),
                None => drop(shared.remove(&Path::from(&*key))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(layers: &Layers<u32>) -> Vec<u32> {
        let mut all: Vec<u32> = layers.values().copied().collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn a_copy_changes_nothing_that_is_shared() {
        let [a, b, c] = ["a", "b", "c"].map(ObjectName::new);
        let mut layers = Layers::default();
        layers.insert(Arc::new(a.clone()), 1);
        layers.insert(Arc::new(b.clone()), 2);
        layers.share();
        let mut copy = layers.clone();
        *copy.get_mut(&a).unwrap() = 10;
        assert_eq!(copy.remove(&b), Some(2));
        assert_eq!(copy.remove(&b), None);
        copy.insert(Arc::new(c.clone()), 3);
        assert_eq!(found(&copy), [3, 10]);
        assert_eq!(found(&layers), [1, 2]);
        copy.share();
        assert_eq!(found(&copy), [3, 10]);
        assert_eq!((copy.get(&a), copy.get(&b)), (Some(&10), None));
        assert_eq!(layers.get(&b), Some(&2));
    }
}
