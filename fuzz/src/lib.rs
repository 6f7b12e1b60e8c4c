//! The entry functions of the fuzz targets, which are those that `cargo test` calls as well.

/// howdah-wire's: see `entry`.
#[path = "../../crates/howdah-wire/tests/support/mod.rs"]
pub mod wire;

/// howdah-driver's.
#[path = "../../crates/howdah-driver/tests/entry/mod.rs"]
pub mod driver;

/// The linter's.
#[path = "../../crates/howdah-sql/tests/lint_entry/mod.rs"]
pub mod lint;
