//! What PostgreSQL brings: how volatile its functions are, and which types are stored alike.
//!
//! No IO. The tables are written from a real server's catalog by `tools/generate_builtins.py` and
//! held fresh by a test. Read by the lock model and the lint rules.

mod casts;
mod functions;
mod sets;
mod types;

use crate::ast::Volatility;

/// How volatile a built-in function is; the worst where several share the name. None for a name
/// that PostgreSQL's own functions do not have.
#[must_use]
pub fn volatility(function: &str) -> Option<Volatility> {
    let found = functions::FUNCTIONS.binary_search_by_key(&function, |(name, _)| name);
    let (_, volatility) = functions::FUNCTIONS.get(found.ok()?)?;
    Some(*volatility)
}

/// Whether a built-in function returns a set.
#[must_use]
pub fn returns_set(function: &str) -> bool {
    sets::SETS.binary_search(&function).is_ok()
}

/// Whether PostgreSQL brings a type of that name, as the catalog spells it.
#[must_use]
pub fn is_type(name: &str) -> bool {
    types::TYPES.binary_search(&name).is_ok()
}

/// How two types relate whose values are stored alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Indexes sort them alike, too.
    Same,
    /// Indexes have to be built again.
    SortedDifferently,
}

/// Types of extensions that are common and stored like a built-in type. As `citext--1.4.sql` and
/// its kin declare them: `WITHOUT FUNCTION`.
const OF_EXTENSIONS: &[(&str, &str, bool)] = &[
    ("citext", "bpchar", false),
    ("citext", "text", false),
    ("citext", "varchar", false),
    ("text", "citext", false),
    ("varchar", "citext", false),
];

/// How two types relate when a cast between them changes no byte of a value; None when it does.
#[must_use]
pub fn stored_alike(from: &str, to: &str) -> Option<Storage> {
    let found = casts::CASTS
        .iter()
        .chain(OF_EXTENSIONS)
        .find(|(source, target, _)| (*source, *target) == (from, to))?;
    Some(if found.2 {
        Storage::Same
    } else {
        Storage::SortedDifferently
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_in_order() {
        assert!(
            functions::FUNCTIONS.is_sorted_by(|a, b| a.0 < b.0),
            "binary search needs it"
        );
        assert!(sets::SETS.is_sorted_by(|a, b| a < b), "so do the others");
    }

    #[test]
    fn volatility_is_that_of_the_server() {
        assert_eq!(volatility("random"), Some(Volatility::Volatile));
        assert_eq!(volatility("clock_timestamp"), Some(Volatility::Volatile));
        assert_eq!(volatility("now"), Some(Volatility::Stable));
        assert_eq!(volatility("lower"), Some(Volatility::Immutable));
        assert_eq!(volatility("no_such_function"), None);
    }

    #[test]
    fn types_are_stored_alike_in_one_direction() {
        assert_eq!(stored_alike("varchar", "text"), Some(Storage::Same));
        assert_eq!(stored_alike("cidr", "inet"), Some(Storage::Same));
        assert_eq!(stored_alike("inet", "cidr"), None);
        assert_eq!(
            stored_alike("int4", "oid"),
            Some(Storage::SortedDifferently)
        );
        assert_eq!(stored_alike("int4", "int8"), None);
    }
}
