//! What a connection does to tables and types, for the statements that were prepared before.
//!
//! No IO. The engine shows it each command tag and each end of a transaction. Invariant: after a
//! change, and again when its transaction has ended either way, the catalogue's schema version has
//! grown: statements of all connections to the database that are older are prepared again.

use crate::types::Catalogue;

/// The changes of the open transaction.
#[derive(Default)]
pub(crate) struct SchemaWatch {
    /// Tables or types were changed, which counts for others when the transaction ends.
    changed: bool,
    /// Something was made, which statements may name that were prepared since.
    grown: bool,
}

impl SchemaWatch {
    /// A command of this tag has run.
    #[inline]
    pub(crate) fn ran(&mut self, tag: &str, catalogue: &Catalogue) {
        let initial = tag.as_bytes().first();
        if !matches!(initial, Some(b'A' | b'C' | b'D' | b'R')) {
            return;
        }
        // what is undone, perhaps to a savepoint, changes once more
        let undone = tag == "ROLLBACK" && (self.grown || self.changed);
        if undone || changes_schema(tag) {
            self.changed = true;
            catalogue.note_schema_change();
        }
        self.grown |= tag.starts_with("CREATE ");
    }

    /// The transaction has ended.
    #[inline]
    pub(crate) fn ended(&mut self, catalogue: &Catalogue) {
        if self.changed {
            catalogue.note_schema_change();
        }
        *self = Self::default();
    }
}

/// Whether a command of this tag may change what a prepared statement returns, or what its names mean.
///
/// CREATE TABLE does so only where a table hides another one, and is too ordinary for temporary
/// tables to be counted, unless it is undone.
fn changes_schema(tag: &str) -> bool {
    tag.starts_with("ALTER ")
        || tag.starts_with("DROP ") && tag != "DROP INDEX"
        || tag == "CREATE VIEW"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The versions after each tag and after the end of the transaction.
    fn versions(tags: &[&str]) -> Vec<u64> {
        let (mut watch, catalogue) = (SchemaWatch::default(), Catalogue::default());
        let mut seen: Vec<_> = tags
            .iter()
            .map(|tag| {
                watch.ran(tag, &catalogue);
                catalogue.schema_version()
            })
            .collect();
        watch.ended(&catalogue);
        seen.push(catalogue.schema_version());
        seen
    }

    #[test]
    fn a_change_counts_at_once_and_at_the_end() {
        assert_eq!(
            versions(&["ALTER TABLE", "SELECT 1", "COMMIT"]),
            [1, 1, 1, 2]
        );
        assert_eq!(versions(&["CREATE VIEW", "ROLLBACK"]), [1, 2, 3]);
        assert_eq!(
            versions(&["ALTER TABLE", "ROLLBACK", "COMMIT"]),
            [1, 2, 2, 3]
        );
    }

    #[test]
    fn what_is_made_counts_only_if_it_is_undone() {
        assert_eq!(versions(&["CREATE TABLE", "COMMIT"]), [0, 0, 0]);
        assert_eq!(versions(&["CREATE TABLE", "ROLLBACK"]), [0, 1, 2]);
        assert_eq!(versions(&["ROLLBACK"]), [0, 0]);
    }

    #[test]
    fn ordinary_commands_count_nothing() {
        let tags = [
            "INSERT 0 1",
            "DELETE 3",
            "CREATE INDEX",
            "DROP INDEX",
            "COMMIT",
        ];
        assert_eq!(versions(&tags), [0; 6]);
    }
}
