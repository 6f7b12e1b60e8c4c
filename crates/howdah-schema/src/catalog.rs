//! A schema as the catalog that the lock model and the linter ask.
//!
//! No IO. It goes through the same statements as a script's would, so there is one way to know a table.

use howdah_sql::catalog::Catalog;

use crate::ddl;
use crate::value::Schema;

/// What a schema says exists, and nothing else; names must be complete (see [`crate::naming`]).
#[must_use]
pub fn of(schema: &Schema) -> Catalog {
    let mut catalog = Catalog::default();
    follow(&mut catalog, &(ddl::create(schema).join(";\n") + ";\n"));
    catalog.settled().completed()
}

/// What the statements of a script make of a catalog.
pub fn follow(catalog: &mut Catalog, script: &str) {
    for statement in &howdah_sql::parse(script).statements {
        catalog.apply(statement);
    }
}
