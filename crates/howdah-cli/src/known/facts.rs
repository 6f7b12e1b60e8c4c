//! What a database tells beside its schema: sizes, what is invalid, what goes on.
//!
//! No IO. Invariant: what the server's statistics do not know stays unknown.

use howdah_schema::value::{Facts, RelationFacts, Vacuum};
use howdah_sql::ast::ObjectName;
use howdah_sql::catalog::{Catalog, Size};

/// Adds them to a catalog that knows the schema.
pub(super) fn tell(catalog: &mut Catalog, facts: &Facts) {
    for relation in &facts.relations {
        let name = ObjectName {
            schema: relation.name.schema.clone(),
            ..ObjectName::new(&relation.name.name)
        };
        if let Some(rows) = relation.rows {
            catalog.set_size(&name, size(rows, relation));
        }
        for index in &relation.invalid_indexes {
            catalog.set_invalid(&ObjectName {
                name: index.clone(),
                ..name.clone()
            });
        }
        if relation.vacuum == Some(Vacuum::Automatic) {
            catalog.set_autovacuum(&name);
        }
    }
    add_up_partitions(catalog);
}

/// PostgreSQL's major version.
pub(super) fn version(facts: &Facts) -> Option<u32> {
    Some(facts.server_version / 10_000).filter(|it| *it > 0)
}

fn size(rows: u64, relation: &RelationFacts) -> Size {
    Size {
        rows,
        bytes: Some(relation.bytes),
        index_bytes: Some(relation.index_bytes),
    }
}

/// A partitioned table is as large as its partitions are together.
fn add_up_partitions(catalog: &mut Catalog) {
    let partitioned = catalog.relations().filter(|it| it.is_partitioned());
    let names: Vec<ObjectName> = partitioned.map(|it| it.name.clone()).collect();
    for name in names {
        let mut sum = Size {
            rows: 0,
            bytes: Some(0),
            index_bytes: Some(0),
        };
        let descendants = catalog.descendants(&name).into_iter();
        let leaves = descendants.filter(|it| !it.is_partitioned());
        let Some(sizes) = leaves.map(|it| it.size).collect::<Option<Vec<_>>>() else {
            continue;
        };
        for size in sizes {
            sum.rows += size.rows;
            sum.bytes = sum.bytes.zip(size.bytes).map(|(a, b)| a + b);
            sum.index_bytes = sum.index_bytes.zip(size.index_bytes).map(|(a, b)| a + b);
        }
        catalog.set_size(&name, sum);
    }
}
