//! The linter on texts that nobody would write: it never panics, and says the same again.
#![allow(missing_docs, unreachable_pub)]

mod lint_entry;

use howdah_sql::lint::Settings;
use proptest::prelude::*;

/// Words and pieces of statements, so that many texts are nearly SQL.
const PIECES: &[&str] = &[
    "ALTER TABLE t ",
    "ADD COLUMN c int NOT NULL",
    "ADD COLUMN d uuid DEFAULT gen_random_uuid()",
    ", ",
    "ALTER COLUMN c TYPE bigint USING c::bigint",
    "DROP COLUMN c",
    "SET NOT NULL",
    "ADD CONSTRAINT k ",
    "FOREIGN KEY (a) REFERENCES p (id)",
    "CHECK (a > 0)",
    " NOT VALID",
    "VALIDATE CONSTRAINT k",
    "CREATE TABLE t (id bigint PRIMARY KEY)",
    "CREATE INDEX ",
    "CONCURRENTLY ",
    "i ON t (a)",
    "DROP TABLE t",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "; ",
    ";\n",
    "\n",
    " ",
    "-- howdah: ignore syntax-error\n",
    "-- squawk-ignore adding-required-field -- why\n",
    "-- howdah: ignore-file\n",
    "/* howdah: ignore */",
    "DO $$ BEGIN ",
    " END $$",
    "EXECUTE 'ALTER TABLE t ADD COLUMN e int NOT NULL'",
    "SET lock_timeout = '1s'",
    "UPDATE t SET a = 1",
    "DELETE FROM t",
    "VACUUM FULL t",
    "REINDEX TABLE t",
    "'",
    "\"",
    "$$",
    "(",
    ")",
    "ä",
    "\u{0}",
    "\\.",
    "\\set x 1\n",
    "COPY t FROM stdin;\n1\t2\n",
    "TRUNCATE t CASCADE",
    "CREATE TYPE e AS ENUM ('a')",
    "ALTER TYPE e ADD VALUE 'b'",
    "REFRESH MATERIALIZED VIEW m",
    "GENERATED ALWAYS AS IDENTITY",
    "PARTITION OF p DEFAULT",
];

fn nearly_sql() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        20 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_linted(text in nearly_sql(), version in 9..20_u32, assume_in_transaction: bool) {
        let settings = Settings { version, assume_in_transaction, ..Settings::default() };
        lint_entry::check(&text, &settings);
    }

    #[test]
    fn any_bytes_are_linted(data in prop::collection::vec(any::<u8>(), 0..200)) {
        lint_entry::lint(&data);
    }
}
