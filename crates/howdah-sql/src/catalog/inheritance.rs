//! How what a child says of a column joins what its parent said.

use super::Column;

/// Adds to a column what was said of it again.
pub(super) fn merge(known: &mut Column, said: Column) {
    known.inherited = false;
    known.not_null |= said.not_null;
    if said.type_name.is_some() {
        known.type_name = said.type_name;
    }
    if said.collation.is_some() {
        known.collation = said.collation;
    }
    if said.default.is_some() {
        known.default = said.default;
    }
    if said.generated.is_some() {
        known.generated = said.generated;
    }
    if said.identity.is_some() {
        known.identity = said.identity;
    }
    if said.sequence.is_some() {
        known.sequence = said.sequence;
    }
}
