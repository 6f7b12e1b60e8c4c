//! What any text is put through: by `cargo test` with arbitrary ones, by the fuzz target with found ones.

#![allow(unreachable_pub)] // the fuzz targets use it from another crate

use howdah_sql::ast::Kind;
use howdah_sql::catalog::Catalog;
use howdah_sql::locks::effects;
use howdah_sql::text::{Lines, tokens};
use howdah_sql::{parse, parse_do};

/// Reads a text as a script and follows it. Panics where an invariant does not hold.
pub fn script(text: &str) {
    let whole: usize = tokens(text).map(|token| token.span.of(text).len()).sum();
    assert_eq!(whole, text.len(), "every byte belongs to one token");
    let script = parse(text);
    let mut catalog = Catalog::default();
    let mut behind = 0;
    for statement in &script.statements {
        assert!(statement.span.start >= behind, "statements are in order");
        behind = statement.span.end;
        assert!(!statement.span.of(text).is_empty(), "a place of the text");
        if let Kind::Do(block) = &statement.kind {
            for inner in parse_do(block).script.statements {
                catalog.apply(&inner);
            }
        }
        let effects = effects(statement, &catalog, 18);
        assert!(effects.scans.is_sorted(), "{effects:?}");
        catalog.apply(statement);
    }
    let lines = Lines::new(text);
    for error in &script.errors {
        assert!(error.span.end as usize <= text.len(), "{error:?}");
        let position = lines.position(error.span.start);
        assert!(position.line <= lines.count());
    }
}
