//! The choices of one scope: everywhere, a pool, a connection.
//!
//! No IO. A layer lies over its parent, whose choices it replaces type by type. Read by connections
//! when an operation begins, changed by Python at any moment. Invariant: [`changes`] grows after each
//! change of any layer, so whoever remembers it knows whether to look again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pyo3::prelude::*;

use super::codec::Chosen;
use super::name::Key;

static CHANGES: AtomicU64 = AtomicU64::new(0);

/// How often a choice was changed in this process.
#[inline]
pub(crate) fn changes() -> u64 {
    CHANGES.load(Ordering::Acquire)
}

/// The choices of one scope, over those of a wider one.
#[derive(Default)]
pub(crate) struct Layer {
    parent: Option<Arc<Layer>>,
    /// None is the choice of howdah's own codec, whatever the parent says.
    own: Mutex<HashMap<Key, Option<Chosen>>>,
}

impl Layer {
    /// The layer below all others.
    pub(crate) fn everywhere() -> Arc<Self> {
        static EVERYWHERE: OnceLock<Arc<Layer>> = OnceLock::new();
        Arc::clone(EVERYWHERE.get_or_init(Arc::default))
    }

    /// All choices that are in force in this scope.
    pub(super) fn in_force(&self) -> HashMap<Key, Chosen> {
        let mut chosen = self
            .parent
            .as_ref()
            .map_or_else(HashMap::new, |parent| parent.in_force());
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, choice) in own.iter() {
            match choice {
                Some(choice) => chosen.insert(key.clone(), choice.clone()),
                None => chosen.remove(key),
            };
        }
        chosen
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<Key, Option<Chosen>>) -> T) -> T {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = change(&mut own);
        CHANGES.fetch_add(1, Ordering::AcqRel);
        answer
    }
}

/// A layer as Python holds it; `howdah.types.Codecs` is its face.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct CodecLayer(pub(crate) Arc<Layer>);

#[pymethods]
impl CodecLayer {
    /// A layer over `parent`.
    #[new]
    fn new(parent: &Self) -> Self {
        Self(Arc::new(Layer {
            parent: Some(Arc::clone(&parent.0)),
            own: Mutex::default(),
        }))
    }

    /// The layer below all others.
    #[staticmethod]
    fn everywhere() -> Self {
        Self(Layer::everywhere())
    }

    /// The type in the one form that stands for it: its OID, or its name in one spelling.
    #[staticmethod]
    fn key<'py>(r#type: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Key::of(r#type)?.public(r#type.py())
    }

    /// Choose for a type: a `Codec`, the name of a preset, or None for howdah's own codec.
    fn set(&self, r#type: &Bound<'_, PyAny>, codec: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let key = Key::of(r#type)?;
        let choice = codec.map(Chosen::of).transpose()?;
        let replaced = self.0.change(|own| own.insert(key, choice));
        drop(replaced); // what Python code this frees runs when the layer is not locked
        Ok(())
    }

    /// Leave the type to the parent.
    fn unset(&self, r#type: &Bound<'_, PyAny>) -> PyResult<()> {
        let key = Key::of(r#type)?;
        let removed = self.0.change(|own| own.remove(&key));
        drop(removed);
        Ok(())
    }
}
