//! The types that one database defines for itself, read by one query and shared by its connections.
//!
//! No IO: the connection runs [`TYPES_SQL`] for the OIDs it does not know and hands the rows to
//! [`Catalogue::add`]. Codecs are then found by OID. When a value refuses as stale (a column was
//! added to its type) the connection calls [`Catalogue::forget`] and asks again. Connections also
//! tell each other here that tables or types changed, so that none goes on with statements that were
//! prepared before ([`Catalogue::schema_version`]).
//!
//! Invariant: after `add(asked, …)` every asked OID has a codec, if only one for its text.

mod build;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

pub(super) use build::domain_over;

use super::{Codec, Refused};

/// Reads what is to be known of the types in `$1`, an `oid[]`; all columns come as text.
pub(crate) const TYPES_SQL: &str = include_str!("types.sql");

/// One row of the answer to [`TYPES_SQL`], in the text format.
pub(crate) type TypeRow = Vec<Option<Vec<u8>>>;

/// The custom types of one database.
#[derive(Default)]
pub(crate) struct Catalogue {
    custom: RwLock<HashMap<u32, Arc<Codec>>>,
    schema_version: AtomicU64,
    /// What its connections share; nobody does where it was made otherwise.
    me: Weak<Self>,
}

impl Catalogue {
    /// The catalogue of the database that `key` names (server, database and user), the same for all
    /// connections of the process; it lives as long as one of them holds it.
    pub(crate) fn shared(key: &str) -> Arc<Self> {
        static SHARED: Mutex<Option<HashMap<String, Weak<Catalogue>>>> = Mutex::new(None);
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = shared.get_or_insert_default();
        if let Some(catalogue) = shared.get(key).and_then(Weak::upgrade) {
            return catalogue;
        }
        shared.retain(|_, catalogue| catalogue.strong_count() > 0);
        let catalogue = Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            ..Self::default()
        });
        shared.insert(key.to_owned(), Arc::downgrade(&catalogue));
        catalogue
    }

    /// A share of it, if there are any.
    pub(crate) fn shared_by(&self) -> Option<Arc<Self>> {
        self.me.upgrade()
    }

    /// The codec of a custom type, if it was read before.
    pub(crate) fn codec(&self, oid: u32) -> Option<Arc<Codec>> {
        let custom = self.custom.read().unwrap_or_else(PoisonError::into_inner);
        custom.get(&oid).map(Arc::clone)
    }

    /// Takes in the answer to [`TYPES_SQL`] for the OIDs that were asked for.
    pub(crate) fn add(&self, asked: &[u32], rows: &[TypeRow]) -> Result<(), Refused> {
        let codecs = build::codecs(asked, rows)?;
        let mut custom = self.custom.write().unwrap_or_else(PoisonError::into_inner);
        custom.extend(codecs);
        Ok(())
    }

    /// Grows with every change of tables or types that one of the connections makes.
    #[inline]
    pub(crate) fn schema_version(&self) -> u64 {
        self.schema_version.load(Ordering::Acquire)
    }

    /// A connection has changed tables or types.
    #[cold]
    pub(crate) fn note_schema_change(&self) {
        self.schema_version.fetch_add(1, Ordering::AcqRel);
    }

    /// Drops all that was read: types changed, or the database is another one of the same name.
    pub(crate) fn forget(&self) {
        let mut custom = self.custom.write().unwrap_or_else(PoisonError::into_inner);
        custom.clear();
    }
}

/// The text of the parameter of [`TYPES_SQL`].
pub(crate) fn asked_parameter(oids: &[u32]) -> String {
    let oids: Vec<_> = oids.iter().map(u32::to_string).collect();
    format!("{{{}}}", oids.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_to_one_database_share_while_they_live() {
        let first = Catalogue::shared("one");
        assert!(Arc::ptr_eq(&first, &Catalogue::shared("one")));
        assert!(!Arc::ptr_eq(&first, &Catalogue::shared("two")));
        assert!(first.add(&[70_000], &[]).is_ok());
        assert!(Catalogue::shared("one").codec(70_000).is_some());
        drop(first);
        assert!(Catalogue::shared("one").codec(70_000).is_none());
    }

    #[test]
    fn what_is_forgotten_must_be_asked_again() {
        let catalogue = Catalogue::default();
        assert!(catalogue.add(&[70_000], &[]).is_ok());
        catalogue.forget();
        assert!(catalogue.codec(70_000).is_none());
    }

    #[test]
    fn oids_are_asked_as_an_array() {
        assert_eq!(asked_parameter(&[70_000, 70_001]), "{70000,70001}");
    }
}
