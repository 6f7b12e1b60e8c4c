//! The choices of a connection, applied to the codecs of its types.
//!
//! No IO. Made from a [`Layer`] when its choices have changed, then asked for each codec that a
//! statement or a value needs. Wholes whose parts are replaced are made anew from the new parts.
//!
//! Invariant: for one plain codec the answer is one codec, as long as the overlay lives.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use pyo3::sync::PyOnceLock;

use super::super::{Codec, Field, Structure, array, catalogue, composite, multirange, range};
use super::codec::Chosen;
use super::functions::over;
use super::layer::Layer;
use super::name::{Key, Name};

/// The codecs that replace others on a connection.
pub(crate) struct Overlay {
    chosen: HashMap<Key, Chosen>,
    /// By OID; where nothing was chosen a codec stands for itself.
    made: RwLock<HashMap<u32, Made>>,
}

/// A plain codec, and what stands for it.
type Made = (Arc<Codec>, Arc<Codec>);

impl Overlay {
    /// What a layer and its parents say; None where they say nothing.
    pub(crate) fn of(layer: &Layer) -> Option<Arc<Self>> {
        let chosen = layer.in_force();
        (!chosen.is_empty()).then(|| {
            Arc::new(Self {
                chosen,
                made: RwLock::default(),
            })
        })
    }

    /// Whether the other one says the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.chosen == other.chosen
    }

    /// The codec that stands for `plain` here.
    pub(crate) fn codec(&self, plain: &Arc<Codec>) -> Arc<Codec> {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        match made.get(&plain.oid) {
            Some((of, codec)) if Arc::ptr_eq(of, plain) => return Arc::clone(codec),
            _ => drop(made),
        }
        let codec = self.make(plain);
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        match made.get(&plain.oid) {
            // another thread was faster
            Some((of, kept)) if Arc::ptr_eq(of, plain) => Arc::clone(kept),
            _ => {
                made.insert(plain.oid, (Arc::clone(plain), Arc::clone(&codec)));
                codec
            }
        }
    }

    fn make(&self, plain: &Arc<Codec>) -> Arc<Codec> {
        if let Some(chosen) = self.chosen(plain) {
            return Arc::new(over(plain, chosen));
        }
        let codec = match &plain.base {
            Some(base) => self.domain(plain, base),
            None => self.whole(plain),
        };
        codec.map_or_else(|| Arc::clone(plain), Arc::new)
    }

    fn chosen(&self, plain: &Codec) -> Option<&Chosen> {
        if let Some(chosen) = self.chosen.get(&Key::Oid(plain.oid)) {
            return Some(chosen);
        }
        let name = Name::parse(&plain.name)?;
        let anywhere = Name {
            schema: None,
            name: name.name.clone(),
        };
        self.chosen
            .get(&Key::Name(name))
            .or_else(|| self.chosen.get(&Key::Name(anywhere)))
    }

    fn domain(&self, plain: &Codec, base: &Arc<Codec>) -> Option<Codec> {
        let part = self.replaced(base)?;
        Some(catalogue::domain_over(plain.oid, plain.name.clone(), &part))
    }

    /// A type whose parts are replaced; None where none is.
    fn whole(&self, plain: &Codec) -> Option<Codec> {
        let (functions, structure) = match &plain.structure {
            Structure::Scalar | Structure::Compound | Structure::Chosen { .. } => return None,
            Structure::Array { element, delimiter } => {
                let element = self.replaced(element)?;
                let functions = if *delimiter == b' ' {
                    array::VECTOR
                } else {
                    array::functions(&element)
                };
                let delimiter = *delimiter;
                (functions, Structure::Array { element, delimiter })
            }
            Structure::Range { subtype } => {
                let subtype = self.replaced(subtype)?;
                (range::functions(&subtype), Structure::Range { subtype })
            }
            Structure::Multirange { range } => {
                let range = self.replaced(range)?;
                (
                    multirange::functions(&range),
                    Structure::Multirange { range },
                )
            }
            Structure::Composite { fields, .. } => {
                let fields = self.fields(fields)?;
                let shape = Arc::new(PyOnceLock::new());
                (
                    composite::functions(&fields),
                    Structure::Composite { fields, shape },
                )
            }
        };
        Some(Codec::new(
            plain.oid,
            plain.name.clone(),
            functions,
            structure,
        ))
    }

    fn fields(&self, fields: &[Field]) -> Option<Vec<Field>> {
        let replaced: Vec<_> = fields
            .iter()
            .map(|field| Field {
                name: field.name.clone(),
                codec: self.codec(&field.codec),
            })
            .collect();
        let same = |(old, new): (&Field, &Field)| Arc::ptr_eq(&old.codec, &new.codec);
        (!fields.iter().zip(&replaced).all(same)).then_some(replaced)
    }

    fn replaced(&self, part: &Arc<Codec>) -> Option<Arc<Codec>> {
        let codec = self.codec(part);
        (!Arc::ptr_eq(&codec, part)).then_some(codec)
    }
}
