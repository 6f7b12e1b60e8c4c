//! What a database tells beside its schema: sizes, what is invalid, what goes on.
//!
//! IO: one query. Invariant: what the server's statistics do not know stays unknown.

use howdah_driver::{Connection, Row};
use howdah_sql::ast::ObjectName;
use howdah_sql::catalog::{Catalog, Size};

const FACTS: &str = include_str!("facts.sql");

/// Adds them to a catalog that knows the schema.
pub(super) fn tell(connection: &mut Connection, catalog: &mut Catalog) -> anyhow::Result<()> {
    let rows = connection.query(FACTS)?;
    for row in &rows {
        let text = |column| row.get(column).unwrap_or_default();
        let name = ObjectName::qualified(text(0), text(1));
        let is_true = |column| row.get(column) == Some("t");
        if is_true(2) {
            if !is_true(3) {
                catalog.set_invalid(&name);
            }
            continue;
        }
        if let Some(rows) = number(row, 4) {
            let size = Size {
                rows,
                bytes: number(row, 5),
                index_bytes: number(row, 6),
            };
            catalog.set_size(&name, size);
        }
        if is_true(7) {
            catalog.set_autovacuum(&name);
        }
    }
    Ok(())
}

fn number(row: &Row, column: usize) -> Option<u64> {
    row.get(column)?.parse().ok()
}
